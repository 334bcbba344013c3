//! Nothing is lost: a run that ends at any moment goes on, and ends with the same files.

mod files;

use assert_cmd::cargo::cargo_bin;
use files::files;
use gradling::Rng;
use gradling_data::samples;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const BASE: [&str; 8] =
    ["train", "moons.csv", "--target", "label", "--epochs", "6", "--batch", "32"];

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("moons.csv"), samples::MOONS).unwrap();
    folder
}

fn gradling(folder: &Path, args: &[&[&str]]) -> Command {
    let mut command = Command::new(cargo_bin!("gradling"));
    command.current_dir(folder).args(args.concat());
    command
}

fn run(folder: &Path, args: &[&[&str]]) -> (i32, String) {
    let Output { status, stderr, .. } = gradling(folder, args).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

#[track_caller]
fn done(folder: &Path, args: &[&[&str]]) {
    assert_eq!(run(folder, args), (0, String::new()));
}

#[track_caller]
fn refused(folder: &Path, args: &[&[&str]], message: &str) {
    let (code, stderr) = run(folder, args);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains(message), "{stderr} does not say\n{message}");
}

#[track_caller]
fn same(folder: &Path, a: &str, b: &str) {
    let (a, b) = (files(&folder.join(a)), files(&folder.join(b)));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    assert!(a.contains_key("model.safetensors") && a.contains_key("checkpoint.safetensors"));
    for (name, bytes) in &a {
        assert!(bytes == &b[name], "{name} differs");
    }
}

/// Kills runs with these options at random moments, `kills` times, and compares what they end with.
fn is_the_same_after_kills(options: &[&str], kills: usize) {
    let folder = folder();
    let path = folder.path();
    let start = Instant::now();
    done(path, &[&BASE, options, &["--out", "whole"]]);
    let takes = start.elapsed();

    let mut rng = Rng::new(kills as u64);
    let (mut killed, mut ended) = (0, 0);
    while killed < kills || ended == 0 {
        let how = if path.join("out").is_dir() { "--resume" } else { "--out" };
        let mut child = gradling(path, &[&BASE, options, &[how, "out"]])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // At any moment, but late often enough to come to an end.
        let wait = Duration::from_secs_f64(rng.between(0.0, 1.3) * takes.as_secs_f64());
        std::thread::sleep(if killed < kills { wait } else { 20 * takes });
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        match output.status.code() {
            None => killed += 1,
            Some(0) => {
                same(path, "whole", "out");
                fs::remove_dir_all(path.join("out")).unwrap();
                ended += 1;
            }
            Some(code) => panic!("exit code {code}: {}", String::from_utf8_lossy(&output.stderr)),
        }
    }
}

#[test]
fn a_run_killed_at_random_moments_ends_with_the_same_files() {
    is_the_same_after_kills(&["--checkpoint", "0s"], 30);
}

#[test]
fn a_run_with_checkpoints_by_epoch_ends_with_the_same_files() {
    let chosen = ["--patience", "3", "--optimizer", "nesterov", "--calibrate", "temperature"];
    is_the_same_after_kills(&[&["--checkpoint", "1"], &chosen[..]].concat(), 20);
}

/// What Ctrl-C and a system that goes down send.
#[cfg(unix)]
#[test]
fn a_run_that_was_told_to_end_goes_on_from_that_very_step() {
    use std::io::{BufRead, BufReader};
    let folder = folder();
    let path = folder.path();
    let base = ["train", "moons.csv", "--target", "label", "--epochs", "300", "--batch", "16"];
    // No checkpoint is due before the end.
    let more = ["--checkpoint", "60m"];
    done(path, &[&base, &more, &["--out", "whole"]]);
    let mut how = "--out";
    for signal in ["-INT", "-TERM"] {
        let mut child = gradling(path, &[&base, &more, &[how, "out"]])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        // The heading of the table: training is under way.
        while !line.starts_with("epoch ") {
            line.clear();
            assert!(stdout.read_line(&mut line).unwrap() > 0, "training did not begin");
        }
        std::thread::sleep(Duration::from_millis(30));
        let id = child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        assert!(path.join("out/model.safetensors").exists());
        how = "--resume";
    }
    done(path, &[&base, &more, &["--resume", "out"]]);
    same(path, "whole", "out");
    // What is done is done.
    done(path, &[&base, &more, &["--resume", "out"]]);
    same(path, "whole", "out");
}

#[test]
fn another_table_or_setting_is_refused_by_name() {
    let folder = folder();
    let path = folder.path();
    done(path, &[&BASE, &["--out", "out"]]);
    let before = files(&path.join("out"));
    let resume = ["--resume", "out"];
    let cases: [(&[&str], &str); 5] = [
        (
            &["--rate", "0.02"],
            "error: --rate is 0.02, and 0.01 in the checkpoint of out; leave it out",
        ),
        (&["--seed", "1"], "--seed is 1, and 0 in the checkpoint"),
        (&["--epochs", "7"], "--epochs is 7, and 6 in the checkpoint"),
        (&["--held-out", "0.3"], "--held-out is 0.3, and 0.2 in the checkpoint"),
        (&["--optimizer", "sgd"], "is"),
    ];
    for (changed, message) in cases {
        refused(path, &[&BASE, changed, &resume], message);
    }
    // Without any setting they are those of the folder.
    done(path, &[&["train", "moons.csv"], &resume]);

    let other = samples::MOONS.replacen("0.", "1.", 1);
    assert_ne!(other, samples::MOONS);
    fs::write(path.join("moons.csv"), other).unwrap();
    refused(
        path,
        &[&BASE, &resume],
        "error: moons.csv: the rows are not those that the checkpoint of out was made with; give the same table",
    );
    assert!(files(&path.join("out")) == before, "a file was changed");
}

#[test]
fn a_folder_without_a_checkpoint_and_a_damaged_one_are_told() {
    let folder = folder();
    let path = folder.path();
    refused(
        path,
        &[&BASE, &["--resume", "none"]],
        "error: none: there is no such folder to resume",
    );
    done(path, &[&BASE, &["--out", "out"]]);
    let file = path.join("out/checkpoint.safetensors");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    refused(
        path,
        &[&BASE, &["--resume", "out"]],
        "checkpoint.safetensors: is no checkpoint, or a damaged one (",
    );
    fs::remove_file(&file).unwrap();
    refused(
        path,
        &[&BASE, &["--resume", "out"]],
        "error: out holds a model and no checkpoint; begin anew",
    );
}

/// A limit on the size of files does what a full disk does: a write fails in the middle.
#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error_that_harms_no_file() {
    let folder = folder();
    let path = folder.path();
    let limited = |blocks: &str, args: &[&[&str]]| {
        let gradling = cargo_bin!("gradling").to_str().unwrap();
        // Without the signal that would end the process.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.current_dir(path).args(["-c", &script, gradling]).args(args.concat());
        let Output { status, stderr, .. } = command.output().unwrap();
        (status.code(), String::from_utf8(stderr).unwrap())
    };
    // Before anything is there.
    let (code, stderr) = limited("1", &[&BASE, &["--out", "fresh"]]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("checkpoint.safetensors cannot be written: "), "{stderr}");
    assert!(!path.join("fresh").exists());

    // Where another run has left its files, and where a run is to go on.
    done(path, &[&BASE, &["--out", "out"]]);
    let before = files(&path.join("out"));
    let (code, stderr) = limited("1", &[&BASE, &["--seed", "1", "--out", "out"]]);
    assert_eq!(code, Some(2), "{stderr}");
    let (code, stderr) = limited("1", &[&BASE, &["--resume", "out"]]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("; make room, then go on with --resume out"), "{stderr}");
    let after = files(&path.join("out"));
    for name in ["model.safetensors", "checkpoint.safetensors", "record.json"] {
        assert!(before[name] == after[name], "{name} was changed");
    }
    assert!(after.keys().all(|name| !name.ends_with(".new")), "{:?}", after.keys());
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_is_refused_before_the_first_step() {
    let folder = folder();
    let Output { status, stdout, stderr } =
        gradling(folder.path(), &[&BASE, &["--out", "/proc/self/out"]]).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!((status.code(), stdout.len()), (Some(2), 0), "{stderr}");
    assert!(stderr.starts_with("error: /proc/self/out cannot be written to: "), "{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn two_runs_do_not_write_to_one_folder() {
    let folder = folder();
    let path = folder.path();
    let long = ["train", "moons.csv", "--target", "label", "--epochs", "1000000", "--out", "out"];
    let mut first = gradling(path, &[&long]).stdout(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while !path.join("out/checkpoint.safetensors").exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "no checkpoint was written");
        std::thread::sleep(Duration::from_millis(5));
    }
    let (code, stderr) = run(path, &[&BASE, &["--out", "out"]]);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: out: another run writes to this folder; "), "{stderr}");
}
