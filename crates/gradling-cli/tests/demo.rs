//! `gradling demo` tells the same story everywhere.

mod terminal;

use std::fs;
use std::path::Path;
use terminal::{Run, gradling, run};

fn demo(folder: &Path, args: &[&str]) -> Run {
    run(gradling().arg("demo").args(args).current_dir(folder))
}

/// What stands behind the words of a line that begins with `word`.
fn numbers(story: &str, word: &str) -> Vec<f64> {
    let line = story.lines().find(|line| line.trim_start().starts_with(word)).unwrap();
    line.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn the_story_is_the_same_on_every_machine() {
    let folder = tempfile::tempdir().unwrap();
    let run = demo(folder.path(), &[]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out);
}

#[test]
fn slopes_are_printed_as_computed_beside_the_gradients() {
    let folder = tempfile::tempdir().unwrap();
    let story = demo(folder.path(), &[]).out;
    // Computed in Python: ((2 + 1e-4)*-3 + 10 - 4) / 1e-4 and so on.
    assert_eq!(numbers(&story, "a "), [-3.000000000010772, -3.0]);
    assert_eq!(numbers(&story, "b "), [2.0000000000042206, 2.0]);
    assert_eq!(numbers(&story, "c "), [0.9999999999976694, 1.0]);
}

#[test]
fn the_networks_learn_from_most_beginnings_and_the_others_are_owned_up_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut learned = 0;
    for seed in 0..30 {
        let story = demo(folder.path(), &["--seed", &seed.to_string()]).out;
        let (story, flowers) = story.split_once("4. Real data").unwrap();
        let (_, network) = story.split_once("3. A network").unwrap();
        let (first, last) = (numbers(network, "0  ")[0], numbers(network, "19 ")[0]);
        assert!(last < first, "seed {seed}: {first} to {last}");
        let is_slow = last > 0.4;
        assert_eq!(network.contains("steps do not get there"), is_slow, "seed {seed}");
        learned += u32::from(!is_slow);
        // Held-out accuracy of the irises after the last epoch, in percent.
        let accuracy = numbers(flowers, "15 ")[1];
        assert!(accuracy > 85.0, "seed {seed}: {accuracy}");
    }
    assert!(learned >= 27, "{learned}");
}

#[test]
fn a_seed_tells_the_story_and_another_seed_another() {
    let folder = tempfile::tempdir().unwrap();
    let story = |seed| demo(folder.path(), &["--seed", seed]).out;
    assert_eq!(story("0"), demo(folder.path(), &[]).out);
    assert_ne!(story("0"), story("1"));
    assert_eq!(demo(folder.path(), &["--seed", "-1"]).code, 2);
}

#[test]
fn the_picture_replaces_its_like_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("neuron.svg");
    demo(folder.path(), &[]);
    let picture = fs::read_to_string(&path).unwrap();
    assert!(picture.starts_with("<svg") && picture.ends_with("</svg>\n"));
    for label in ["x1", "x2", "w1", "w2", ">b<", "tanh", ">o<"] {
        assert!(picture.contains(label), "{label}");
    }
    assert_eq!(demo(folder.path(), &[]).code, 0, "its own picture may go");

    for precious in ["<svg>the children's first drawing</svg>", ""] {
        fs::write(&path, precious).unwrap();
        let run = demo(folder.path(), &[]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "nothing is told before that is clear");
        assert!(
            run.err.contains("neuron.svg is there already") && run.err.contains("--out"),
            "{}",
            run.err
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), precious);
    }
    let run = demo(folder.path(), &["--out", "other.svg"]);
    assert!(run.code == 0 && run.out.contains("Its picture is in other.svg"), "{}", run.err);
    assert_eq!(fs::read_to_string(folder.path().join("other.svg")).unwrap(), picture);
    let run = demo(folder.path(), &["--out", "no such folder/other.svg"]);
    assert!(run.code == 2 && run.err.contains("cannot be written"), "{}", run.err);
}
