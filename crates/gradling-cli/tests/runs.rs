//! What a training run can do besides: try settings, judge by folds, tell programs, draw and report.

use assert_cmd::cargo::cargo_bin;
use gradling_data::samples;
use serde_json::Value as Json;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("moons.csv"), samples::MOONS).unwrap();
    fs::write(folder.path().join("iris.csv"), samples::IRIS).unwrap();
    folder
}

const MOONS: [&str; 6] = ["train", "moons.csv", "--target", "label", "--epochs", "20"];

#[track_caller]
fn done(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new(cargo_bin!("gradling"));
    let Output { status, stdout, stderr } =
        command.current_dir(folder).args(args).output().unwrap();
    assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn lines(stdout: &str) -> Vec<Json> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn record(folder: &Path, name: &str) -> Json {
    serde_json::from_slice(&fs::read(folder.join(name).join("record.json")).unwrap()).unwrap()
}

#[test]
fn a_sweep_ranks_by_the_validation_rows_and_trains_with_the_best() {
    let folder = folder();
    let path = folder.path();
    let sweep = ["--sweep", "layers=16;4,4", "rate=0.02,0.0001", "--json", "--out", "out"];
    let told = lines(&done(path, &[&MOONS[..], &sweep].concat()));
    let tried: Vec<&Json> = told.iter().filter(|line| line["event"] == "tried").collect();
    assert_eq!(tried.len(), 4);
    let loss = |line: &Json| line["validation"]["loss"].as_f64().unwrap();
    assert!(tried.windows(2).all(|pair| loss(pair[0]) <= loss(pair[1])));
    // A rate a hundredth as large learns next to nothing in 20 epochs.
    assert_eq!(tried[0]["settings"]["rate"], "0.02");

    // Each is what training with these settings alone comes to, whatever the number of threads.
    for line in &tried {
        let option = |name: &str| line["settings"][name].as_str().unwrap().to_owned();
        let (layers, rate) = (option("layers"), option("rate"));
        let alone = ["--layers", &layers, "--rate", &rate, "--validation", "0.1", "--json"];
        let alone = lines(&done(path, &[&MOONS[..], &alone].concat()));
        let found = alone.last().unwrap()["validation"]["loss"].as_f64().unwrap();
        assert!((found - loss(line)).abs() < 1e-9, "{found} instead of {}", loss(line));
    }
    let settings = &record(path, "out")["settings"];
    let layers = settings["layers"].as_array().unwrap().iter().map(Json::to_string);
    assert_eq!(layers.collect::<Vec<_>>().join(","), tried[0]["settings"]["layers"]);
    assert_eq!(settings["rate"], 0.02);
}

#[test]
fn folds_hold_out_every_row_once() {
    let folder = folder();
    let told = lines(&done(folder.path(), &[&MOONS[..], &["--folds", "4", "--json"]].concat()));
    let scores: Vec<f64> = told.iter().filter_map(|line| line["score"].as_f64()).collect();
    assert_eq!((told.len(), scores.len()), (5, 4));
    // Of 200 rows each fold holds 50.
    assert!(scores.iter().all(|score| (score * 50.0).fract().abs() < 1e-9));
    let mean = scores.iter().sum::<f64>() / 4.0;
    assert!((told[4]["mean"].as_f64().unwrap() - mean).abs() < 1e-12);
}

#[test]
fn lines_of_json_tell_each_epoch_and_what_the_record_says() {
    let folder = folder();
    let told = lines(&done(folder.path(), &[&MOONS[..], &["--json", "--out", "out"]].concat()));
    let events: Vec<&str> = told.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, [&["start"], &["epoch"; 20][..], &["end"]].concat());
    let record = record(folder.path(), "out");
    assert_eq!(told[0]["settings"], record["settings"]);
    assert_eq!(told[21]["judgement"], record["judgement"]);
    for (line, epoch) in told[1..21].iter().zip(record["epochs"].as_array().unwrap()) {
        assert_eq!(line["epoch"], epoch["epoch"]);
        assert_eq!(line["training"]["loss"], epoch["training"]["loss"]);
    }
}

#[test]
fn the_confusion_adds_up_to_the_held_out_rows_and_the_accuracy() {
    let folder = folder();
    let args = ["train", "iris.csv", "--target", "species", "--epochs", "30", "--out", "out"];
    done(folder.path(), &args);
    let record = record(folder.path(), "out");
    let judgement = &record["judgement"];
    let rows = judgement["confusion"]["rows"].as_array().unwrap();
    let count = |row: usize, column: usize| rows[row][column].as_f64().unwrap();
    let right: f64 = (0..3).map(|class| count(class, class)).sum();
    let all: f64 = (0..9).map(|i| count(i / 3, i % 3)).sum();
    assert_eq!(all, 30.0);
    assert_eq!(judgement["accuracy"].as_f64().unwrap(), right / all);
    let trust = &judgement["probabilities"];
    let bins = trust["reliability"].as_array().unwrap();
    let of_bins: f64 = bins.iter().map(|bin| bin["rows"].as_f64().unwrap()).sum();
    assert_eq!(of_bins, 30.0);
    // The loss of the network is that of its probabilities.
    let loss = record["result"]["held_out"]["loss"].as_f64().unwrap();
    assert!((trust["log_loss"].as_f64().unwrap() - loss).abs() < 1e-9);
}

#[test]
fn a_feature_that_the_target_is_made_of_is_needed_and_noise_is_not() {
    let folder = folder();
    let row = |i: u64| {
        let noise = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
        let colour = ["red", "blue", "green"][(i / 7 % 3) as usize];
        format!("{noise},{colour},{}\n", if colour == "red" { "a" } else { "b" })
    };
    let csv = "noise,colour,y\n".to_owned() + &(0..120).map(row).collect::<String>();
    fs::write(folder.path().join("d.csv"), csv).unwrap();
    let args = ["train", "d.csv", "--target", "y", "--importance", "5", "--out", "out"];
    let stdout = done(folder.path(), &args);
    assert!(stdout.contains("how much the held-out accuracy falls without a feature:"), "{stdout}");
    let importance = record(folder.path(), "out")["importance"].clone();
    assert_eq!(importance[0]["feature"], "colour");
    assert!(importance[0]["mean"].as_f64().unwrap() > 0.2, "{importance}");
    assert!(importance[1]["mean"].as_f64().unwrap().abs() < 0.1, "{importance}");
}

#[test]
fn the_report_opens_alone_and_shows_names_as_text() {
    let folder = folder();
    let name = "<script>alert(1)</script>";
    let row = |i: u32| format!("{},{},{}\n", i % 7, i % 5, if i % 7 > 3 { "a&b" } else { "<i>" });
    let csv = format!("x,\"{name}\",y\n") + &(0..60).map(row).collect::<String>();
    fs::write(folder.path().join("d.csv"), csv).unwrap();
    let args =
        ["train", "d.csv", "--target", "y", "--epochs", "3", "--out", "out", "--importance", "2"];
    done(folder.path(), &args);
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(!page.contains("<script") && !page.contains("<i>"), "a name became markup");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("a&amp;b"));
    for outside in ["src=", "href=", "url(", "@import", "<link", "<img"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'") && page.matches("<svg").count() == 2);
}

#[test]
fn a_live_view_is_plain_lines_where_there_is_no_terminal() {
    let folder = folder();
    let live = done(folder.path(), &[&MOONS[..], &["--live"]].concat());
    assert_eq!(live, done(folder.path(), &MOONS));
    assert!(!live.contains('\u{1b}'));
}

#[test]
fn event_files_begin_as_tensorboard_expects() {
    let folder = folder();
    done(folder.path(), &[&MOONS[..], &["--tensorboard", "events", "--quiet"]].concat());
    let files: Vec<_> = fs::read_dir(folder.path().join("events")).unwrap().collect();
    assert_eq!(files.len(), 1);
    let file = files[0].as_ref().unwrap();
    assert!(file.file_name().to_str().unwrap().starts_with("events.out.tfevents."));
    let bytes = fs::read(file.path()).unwrap();
    // Length, checksum, event, checksum, until the end: one for the version, one for each epoch.
    let (mut at, mut records) = (0, 0);
    while at < bytes.len() {
        let length = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
        at += 8 + 4 + length + 4;
        records += 1;
    }
    assert_eq!((at, records), (bytes.len(), 21));
}
