//! Help, completions and version: what a newcomer sees first.

mod terminal;

use terminal::{gradling, run};

fn help(args: &[&str]) -> String {
    let run = run(gradling().args(args).arg("--help"));
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    run.out
}

#[test]
fn help_of_gradling() {
    insta::assert_snapshot!(help(&[]));
}

#[test]
fn help_of_eval() {
    insta::assert_snapshot!(help(&["eval"]));
}

#[test]
fn help_of_demo() {
    insta::assert_snapshot!(help(&["demo"]));
}

#[test]
fn help_of_completions() {
    insta::assert_snapshot!(help(&["completions"]));
}

#[test]
fn every_help_says_what_it_does_and_begins_with_examples() {
    for command in [
        "",
        "demo",
        "eval",
        "train",
        "predict",
        "export",
        "import",
        "inspect",
        "play",
        "completions",
    ] {
        let args: Vec<&str> = [command].into_iter().filter(|word| !word.is_empty()).collect();
        let help = help(&args);
        let examples = help.find("Examples:").unwrap_or_else(|| panic!("{command}: {help}"));
        assert!(help[..examples].trim().len() > 20, "{command} says what it does: {help}");
        assert!(examples < help.find("Usage:").unwrap(), "{command}: {help}");
        assert!(help[examples..].contains(&format!("gradling {command}")), "{command}: {help}");
        assert_eq!(help.matches("Examples:").count(), 1, "{command}: {help}");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{command}: {help}");
    }
}

#[test]
fn the_examples_for_eval_and_demo_run() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("model.txt"), "y = x^2 + 1").unwrap();
    let mut ran = 0;
    for command in ["eval", "demo"] {
        let help = help(&[command]);
        let examples = help.lines().filter_map(|line| line.strip_prefix("    gradling "));
        for example in examples.filter(|line| !line.contains("/tmp")) {
            // Split as a shell would, as far as these lines need it: quotes around a whole word.
            let words = example.split('\'').enumerate().flat_map(|(i, part)| match i % 2 {
                0 => part.split_whitespace().collect(),
                _ => vec![part],
            });
            let run = run(gradling().args(words).current_dir(&folder));
            assert_eq!(run.code, 0, "{example}: {}", run.err);
            ran += 1;
        }
    }
    assert!(ran >= 7, "{ran}");
}

#[test]
fn a_call_without_arguments_is_answered_with_help() {
    let run = run(&mut gradling());
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("Examples:"), "{}", run.err);
}

#[test]
fn completions_name_the_commands_and_their_options() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = run(gradling().args(["completions", shell]));
        assert_eq!(run.code, 0);
        for word in ["demo", "eval", "completions", "svg", "seed"] {
            assert!(run.out.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(run(gradling().args(["completions", "smash"])).code, 2);
}

#[test]
fn version_is_that_of_the_package() {
    let run = run(gradling().arg("--version"));
    assert_eq!(run.out, format!("gradling {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_misspelt_command_is_answered_with_the_nearest() {
    let run = run(gradling().arg("evl"));
    assert_eq!(run.code, 2);
    assert!(run.err.contains("'eval'"), "{}", run.err);
}
