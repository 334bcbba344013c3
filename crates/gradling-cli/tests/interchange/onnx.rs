//! ONNX that a model is exported to: checked by onnx, and run by onnxruntime and by tract on every row, equal
//! to `gradling predict` within 1e-5.
//!
//! These need programs that `cargo xtask test` sets up and names: the Python of an environment with onnx and
//! onnxruntime, and the program of `interop/tract`.

use crate::case::{Case, cases, program};
use gradling_data::{Code, Labels, TargetCode};
use serde_json::{Map, Value as Json, json};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Rows and what is predicted of them, as JSON, in a file.
fn said(case: &Case) -> PathBuf {
    // JSON has no number for a missing one; null is read as NaN.
    let number = |cell: &str| json!(cell.parse::<f64>().ok());
    let features = case.model.encoder().features().iter().enumerate();
    let columns: Map<String, Json> = features
        .map(|(i, feature)| {
            let cells = case.rows.iter().map(|row| match feature.code {
                Code::OneHot(_) => json!(row[i]),
                _ => number(&row[i]),
            });
            (feature.name.clone(), cells.collect())
        })
        .collect();
    let texts = matches!(case.model.encoder().target_code(), TargetCode::Classes(Labels::Texts(_)));
    let label = |label: &String| if texts { json!(label) } else { number(label) };
    let predictions: Vec<Json> = case.predicted.iter().map(|(first, _)| label(first)).collect();
    let probabilities: Option<Vec<&Vec<f64>>> = case
        .model
        .encoder()
        .label(0)
        .map(|_| case.predicted.iter().map(|(_, numbers)| numbers).collect());
    let order: Vec<&str> =
        case.model.encoder().features().iter().map(|feature| feature.name.as_str()).collect();
    let all = json!({
        "order": order, "columns": columns, "predictions": predictions, "probabilities": probabilities,
    });
    let path = case.folder.path().join("said.json");
    fs::write(&path, all.to_string()).unwrap();
    path
}

fn set_up(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is set by `cargo xtask test`"))
}

#[test]
#[ignore = "needs onnx and onnxruntime: cargo xtask test"]
fn onnx_accepts_the_file_and_onnxruntime_predicts_the_same() {
    let python = set_up("GRADLING_TEST_ONNX");
    let check = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interchange/check.py");
    for case in cases() {
        let path = case.export("onnx", "model.onnx");
        let mut python = Command::new(&python);
        let worst = program(python.arg(check).arg(path).arg(said(&case)), "");
        eprintln!("{}: {}", case.name, worst.trim());
    }
}

#[test]
#[ignore = "needs the program of interop/tract: cargo xtask test interop"]
fn tract_predicts_the_same() {
    let tract = set_up("GRADLING_TEST_TRACT");
    for case in cases() {
        let path = case.export("onnx", "model.onnx");
        let mut tract = Command::new(&tract);
        let printed = program(tract.arg(path).arg(said(&case)), "");
        case.compare_numbers(&printed, 1e-5);
    }
}
