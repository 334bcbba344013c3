//! A table that is larger than the memory a run is given: streamed, it teaches what it teaches in memory.

mod files;

use assert_cmd::cargo::cargo_bin;
use files::files;
use gradling::Rng;
use serde_json::Value as Json;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Enough for a few windows, and too little for the table.
const LITTLE: [&str; 2] = ["--memory", "1MB"];

/// A point within a circle or not, with a colour that tells a little.
fn table(rows: usize) -> String {
    let mut rng = Rng::new(3);
    let mut csv = "a,b,colour,inside\n".to_owned();
    for _ in 0..rows {
        let (a, b) = (rng.between(-1.0, 1.0), rng.between(-1.0, 1.0));
        let inside = if a * a + b * b < 0.5 { "yes" } else { "no" };
        let colour = ["red", "green", "blue"][(rng.between(0.0, 3.0) as usize).min(2)];
        writeln!(csv, "{a:.6},{b:.6},{colour},{inside}").unwrap();
    }
    csv
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("large.csv"), table(30_000)).unwrap();
    folder
}

fn gradling(folder: &Path, args: &[&[&str]]) -> Output {
    // Files of its own would be seen there.
    let temporary = folder.join("temporary");
    fs::create_dir_all(&temporary).unwrap();
    let mut command = Command::new(cargo_bin!("gradling"));
    command.current_dir(folder).env("TMPDIR", &temporary).args(args.concat());
    let output = command.output().unwrap();
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "temporary files are left");
    output
}

#[track_caller]
fn done(folder: &Path, args: &[&[&str]]) -> String {
    let Output { status, stdout, stderr } = gradling(folder, args);
    assert_eq!((status.code(), String::from_utf8(stderr).unwrap()), (Some(0), String::new()));
    String::from_utf8(stdout).unwrap()
}

#[track_caller]
fn refused(folder: &Path, args: &[&[&str]], message: &str) {
    let Output { status, stderr, .. } = gradling(folder, args);
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert!(stderr.contains(message), "{stderr} does not say\n{message}");
}

fn record(folder: &Path) -> Json {
    serde_json::from_slice(&fs::read(folder.join("record.json")).unwrap()).unwrap()
}

/// The encoder in a model.
fn encoder(folder: &Path) -> Json {
    let bytes = fs::read(folder.join("model.safetensors")).unwrap();
    let (_, metadata) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let record = metadata.metadata().as_ref().unwrap().values().next().unwrap();
    serde_json::from_str::<Json>(record).unwrap()["encoder"].take()
}

const BASE: [&str; 6] = ["train", "large.csv", "--epochs", "3", "--layers", "16"];

/// All numbers of the model in a folder.
fn weights(folder: &Path) -> Vec<f64> {
    let bytes = fs::read(folder.join("model.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut all = tensors.tensors();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    let numbers = |(_, tensor): &(String, safetensors::tensor::TensorView<'_>)| {
        let (numbers, _) = tensor.data().as_chunks::<8>();
        numbers.iter().map(|&number| f64::from_le_bytes(number)).collect::<Vec<_>>()
    };
    all.iter().flat_map(numbers).collect()
}

#[test]
fn a_streamed_run_learns_as_well_as_one_in_memory_and_its_model_predicts() {
    let folder = folder();
    let path = folder.path();
    let said = done(path, &[&BASE, &LITTLE, &["--out", "streamed"]]);
    assert!(said.contains("streamed from the disk"), "{said}");
    let said = done(path, &[&BASE, &["--out", "whole"]]);
    assert!(!said.contains("streamed"), "{said}");

    let (streamed, whole) = (record(&path.join("streamed")), record(&path.join("whole")));
    for key in ["rows", "features", "task", "labels", "reason", "sha256", "inputs"] {
        assert_eq!(streamed["data"][key], whole["data"][key], "{key}");
    }
    // 6,000 of 30,000, but for chance: 5 deviations are 346.
    let held = streamed["data"]["held_out_rows"].as_u64().unwrap();
    assert!(held.abs_diff(6_000) < 346, "{held}");
    assert_eq!(streamed["data"]["training_rows"].as_u64().unwrap() + held, 30_000);
    for record in [&streamed, &whole] {
        let accuracy = record["judgement"]["accuracy"].as_f64().unwrap();
        assert!(accuracy > 0.97, "{accuracy}");
    }
    let predicted = done(path, &[&["predict", "streamed", "large.csv"]]);
    let truth = fs::read_to_string(path.join("large.csv")).unwrap();
    let right = predicted.lines().zip(truth.lines()).skip(1).filter(|(predicted, truth)| {
        predicted.split(',').next().unwrap() == truth.rsplit(',').next().unwrap()
    });
    assert!(right.count() > 29_100);
}

#[test]
fn streamed_or_not_the_same_rows_teach_the_same_encoder() {
    let folder = folder();
    let path = folder.path();
    let all = ["--held-out", "0", "--epochs", "1"];
    done(path, &[&BASE, &all, &LITTLE, &["--out", "streamed"]]);
    done(path, &[&BASE, &all, &["--out", "whole"]]);
    let (mut streamed, mut whole) = (encoder(&path.join("streamed")), encoder(&path.join("whole")));
    // Means and deviations of parts are put together, so the last digits differ.
    for (streamed, whole) in streamed["features"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .zip(whole["features"].as_array_mut().unwrap())
    {
        for number in ["mean", "scale"] {
            let [a, b] =
                [&mut *streamed, &mut *whole].map(|of| of["code"]["number"][number].take());
            if let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) {
                assert!((a - b).abs() < 1e-12, "{a} {b}");
            }
        }
    }
    assert_eq!(streamed, whole);
}

#[test]
fn streamed_or_not_the_same_rows_in_their_order_teach_the_same_weights() {
    let folder = folder();
    let path = folder.path();
    let all = ["--held-out", "0", "--shuffle", "false", "--epochs", "1"];
    done(path, &[&BASE, &all, &LITTLE, &["--out", "streamed"]]);
    done(path, &[&BASE, &all, &["--out", "whole"]]);
    let [streamed, whole] = ["streamed", "whole"].map(|out| weights(&path.join(out)));
    assert_eq!(streamed.len(), whole.len());
    // One computes in single precision.
    for (a, b) in streamed.iter().zip(&whole) {
        assert!((a - b).abs() < 1e-4, "{a} {b}");
    }
}

#[test]
fn a_seed_gives_the_same_files_and_another_seed_others() {
    let folder = folder();
    let path = folder.path();
    let all = ["--calibrate", "temperature", "--class-weight", "balanced", "--importance", "1"];
    for (seed, out) in [("1", "a"), ("1", "b"), ("2", "c")] {
        done(path, &[&BASE, &LITTLE, &all, &["--seed", seed, "--out", out]]);
    }
    assert_eq!(files(&path.join("a")), files(&path.join("b")));
    let model = |out: &str| files(&path.join(out)).remove("model.safetensors").unwrap();
    assert_ne!(model("a"), model("c"));
}

#[cfg(unix)]
#[test]
fn a_streamed_run_that_was_killed_goes_on_to_the_same_files() {
    let folder = folder();
    let path = folder.path();
    let more = ["--patience", "2", "--checkpoint", "0s", "--batch", "1000"];
    let start = Instant::now();
    done(path, &[&BASE, &LITTLE, &more, &["--out", "whole"]]);
    let mut takes = start.elapsed();
    let mut rng = Rng::new(2);
    let (mut killed, mut ended) = (0, 0);
    while killed < 5 || ended == 0 {
        let how = if path.join("out").is_dir() { "--resume" } else { "--out" };
        let mut child = Command::new(cargo_bin!("gradling"))
            .current_dir(path)
            .args([&BASE[..], &LITTLE, &more, &[how, "out"]].concat())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // While it reads, or in the middle of an epoch; and at last not at all.
        let wait = takes.mul_f64(if killed < 5 { rng.between(0.3, 1.1) } else { 20.0 });
        let start = Instant::now();
        while start.elapsed() < wait && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = child.kill();
        match child.wait().unwrap().code() {
            None => killed += 1,
            Some(code) => {
                assert_eq!(code, 0);
                assert_eq!(files(&path.join("whole")), files(&path.join("out")));
                fs::remove_dir_all(path.join("out")).unwrap();
                ended += 1;
                // The machine may have been slower before.
                takes = takes.min(start.elapsed());
            }
        }
    }
}

#[test]
fn what_needs_the_table_in_memory_is_refused_by_name() {
    let folder = folder();
    let path = folder.path();
    for (name, value) in [("--folds", "3"), ("--repeat", "3"), ("--sweep", "rate=0.1,0.01")] {
        let message = format!("{name} needs the table in memory, and large.csv with ");
        refused(path, &[&BASE, &LITTLE, &[name, value]], &message);
    }
    let message = "--missing median: the way to treat missing values is median, but must be error";
    refused(path, &[&BASE, &LITTLE, &["--missing", "median"]], message);
    let message = "--batch 20000: with --memory 1MB at most";
    refused(path, &[&BASE, &LITTLE, &["--batch", "20000"]], message);
    refused(path, &[&BASE, &["--memory", "1"]], "such as 500MB");
    let nowhere = ["--out", "large.csv/model"];
    refused(path, &[&BASE, &LITTLE, &nowhere], "cannot be written to");
}

#[test]
fn a_bad_cell_far_down_is_named_with_its_line_and_leaves_nothing() {
    let folder = folder();
    let path = folder.path();
    let mut csv = table(30_000);
    csv.push_str("0.5,oops,red,yes\n");
    csv.push_str(&table(10)["a,b,colour,inside\n".len()..]);
    fs::write(path.join("wrong.csv"), csv).unwrap();
    refused(path, &[&["train", "wrong.csv", "--out", "out"], &LITTLE], "wrong.csv:30002");
    assert!(!path.join("out").exists());
}

#[test]
fn a_class_that_only_dropped_rows_have_is_no_class() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("gaps.csv"), table(30_000) + ",0.5,red,perhaps\n").unwrap();
    let base = ["train", "gaps.csv", "--epochs", "1", "--missing", "drop"];
    done(path, &[&base, &LITTLE, &["--out", "streamed"]]);
    done(path, &[&base, &["--out", "whole"]]);
    for out in ["streamed", "whole"] {
        let labels = &record(&path.join(out))["data"]["labels"];
        assert_eq!(labels, &serde_json::json!(["no", "yes"]), "{out}");
    }
}
