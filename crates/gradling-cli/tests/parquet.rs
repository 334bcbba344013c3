//! Parquet, where it is built for it: every command that reads a table reads one, whole and in parts.
//!
//! `data/flats.parquet` was written by pyarrow 26.0.1, with zstd and row groups of 7,000: of row i of 20,000, `a` is
//! (7 i mod 50) / 10, `b` 13 i mod 23, `kind` is one of three by i / 3 and missing where i mod 1000 is 5, `lift`
//! tells whether i mod 4 is 0, and `y` whether `a` is above 2.
#![cfg(feature = "parquet")]

use assert_cmd::cargo::cargo_bin;
use serde_json::Value as Json;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const PARQUET: &[u8] = include_bytes!("data/flats.parquet");
/// By sha256sum.
const SHA256: &str = "c3a1367e5dc089fa51b76dbf1f99485e09a7533bf50a1d3278534c9a49ef64bd";

/// The same rows as CSV, and as Parquet under a name that does not tell.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut csv = "a,b,kind,lift,y\n".to_owned();
    for i in 0..20_000 {
        let a = f64::from(i * 7 % 50) / 10.0;
        let kind = if i % 1000 == 5 { "" } else { ["red", "green", "blue"][i as usize / 3 % 3] };
        let y = if a > 2.0 { "yes" } else { "no" };
        writeln!(csv, "{a},{},{kind},{},{y}", i * 13 % 23, i % 4 == 0).unwrap();
    }
    fs::write(folder.path().join("flats.csv"), csv).unwrap();
    fs::write(folder.path().join("flats"), PARQUET).unwrap();
    folder
}

fn gradling(folder: &Path, args: &[&str]) -> Output {
    Command::new(cargo_bin!("gradling")).current_dir(folder).args(args).output().unwrap()
}

#[track_caller]
fn done(folder: &Path, args: &[&str]) -> String {
    let Output { status, stdout, stderr } = gradling(folder, args);
    assert_eq!((status.code(), String::from_utf8(stderr).unwrap()), (Some(0), String::new()));
    String::from_utf8(stdout).unwrap()
}

#[test]
fn a_parquet_file_is_inspected_as_its_csv_is() {
    let folder = folder();
    let told = |file: &str| -> Json {
        serde_json::from_str(&done(folder.path(), &["inspect", file, "--json"])).unwrap()
    };
    let (parquet, csv) = (told("flats"), told("flats.csv"));
    for key in ["rows", "columns", "findings", "suggested_target"] {
        assert_eq!(parquet[key], csv[key], "{key}");
    }
}

#[test]
fn a_parquet_file_trains_the_network_that_its_csv_does_in_memory_and_streamed() {
    let folder = folder();
    let path = folder.path();
    let record = |file: &str, memory: &str| -> Json {
        let more = ["--missing", "indicator", "--epochs", "2", "--memory", memory];
        let said = done(path, &[&["train", file, "--out", "out"], &more[..]].concat());
        assert_eq!(said.contains("streamed from the disk"), memory == "1MB", "{said}");
        serde_json::from_slice(&fs::read(path.join("out/record.json")).unwrap()).unwrap()
    };
    let csv = record("flats.csv", "1GB");
    let parquet = record("flats", "1GB");
    for key in ["epochs", "judgement", "result"] {
        assert_eq!(parquet[key], csv[key], "{key}");
    }
    let streamed = record("flats", "1MB");
    let accuracy = |record: &Json| record["judgement"]["accuracy"].as_f64().unwrap();
    assert!((accuracy(&streamed) - accuracy(&csv)).abs() < 0.02);
    for record in [&parquet, &streamed] {
        assert_eq!(record["data"]["sha256"], SHA256);
        assert_eq!(record["data"]["rows"], 20_000);
    }
    assert_eq!(
        done(path, &["predict", "out", "flats"]),
        done(path, &["predict", "out", "flats.csv"])
    );
}

#[test]
fn what_is_wrong_with_a_value_is_told_with_its_row() {
    let folder = folder();
    let Output { status, stderr, .. } = gradling(folder.path(), &["train", "flats"]);
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2));
    assert!(stderr.contains("flats:6, column \"kind\""), "{stderr}");
}

#[test]
fn damage_is_told_by_an_error_alone() {
    let folder = folder();
    let path = folder.path();
    // Where the file says where its columns are.
    for place in (3_850..4_400).step_by(11) {
        let mut damaged = PARQUET.to_vec();
        damaged[place] ^= 0x55;
        fs::write(path.join("damaged"), damaged).unwrap();
        let output = gradling(path, &["inspect", "damaged"]);
        let said = String::from_utf8(output.stderr).unwrap();
        match output.status.code() {
            Some(0) => assert_eq!(said, "", "{place}"),
            Some(2) => assert!(
                said.starts_with("error: ") && !said.contains("panicked"),
                "{place}: {said}"
            ),
            code => panic!("{place}: {code:?} {said}"),
        }
    }
}
