//! Models on their way to PyTorch and back, with PyTorch itself.
//!
//! These need a Python with torch and safetensors, which `cargo xtask test torch` sets up and names.

use crate::case::{cases, done, program};
use gradling_data::samples;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

fn torch(script: &str) -> Command {
    let python = std::env::var("GRADLING_TEST_TORCH");
    let python = python.expect("GRADLING_TEST_TORCH is set by `cargo xtask test torch`");
    let mut command = Command::new(python);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(format!("{}/tests/interchange/{script}", env!("CARGO_MANIFEST_DIR")));
    command
}

#[test]
#[ignore = "needs torch: cargo xtask test torch"]
fn torch_predicts_the_same_from_what_is_exported() {
    for case in cases() {
        for (dtype, tolerance) in [("f64", 1e-12), ("f32", 1e-5)] {
            let args = ["export", "out", "--to", "pytorch", "--dtype", dtype, "-o", dtype];
            done(case.folder.path(), &args);
            let folder = case.folder.path().join(dtype);
            let printed = program(torch("twin/run.py").arg(&folder), &case.cells());
            match dtype {
                "f64" => case.compare(&printed, tolerance),
                // Of two classes that are as good as equal either may come first.
                _ => case.compare_numbers(&printed, tolerance),
            }
        }
    }
}

#[test]
#[ignore = "needs torch: cargo xtask test torch"]
fn networks_that_torch_wrote_predict_what_torch_does() {
    for (table, target, layers, activations) in [
        (samples::DIABETES, "progression", "10,6,5,1", "relu,gelu"),
        (samples::BREAST_CANCER, "diagnosis", "30,7,1", "tanh"),
        (samples::IRIS, "species", "4,8,8,8,3", "softplus,sigmoid,leaky_relu"),
        (samples::MOONS, "label", "2,5,2", "relu"),
    ] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("table.csv"), table).unwrap();
        let mut write = torch("sequential.py");
        write.current_dir(folder.path()).args(["table.csv", target, layers, activations]);
        let said = program(&mut write, "");
        let args = ["--target", target, "--inputs", "standard", "--activation", activations];
        let import = ["import", "net.safetensors", "--table", "table.csv", "-o", "out"];
        done(folder.path(), &[&import[..], &args].concat());
        let ours = done(folder.path(), &["predict", "out", "table.csv"]);
        let (ours, theirs): (Vec<&str>, Vec<&str>) =
            (ours.lines().collect(), said.lines().collect());
        assert_eq!(ours.len(), theirs.len() + 1);
        for (ours, theirs) in ours[1..].iter().zip(theirs) {
            // Labels come first, and none of these has a comma.
            let classes = usize::from(ours.contains(','));
            let ours: Vec<f64> =
                ours.split(',').skip(classes).map(|x| x.parse().unwrap()).collect();
            let theirs: Vec<f64> = theirs.split(',').map(|x| x.parse().unwrap()).collect();
            assert_eq!(ours.len(), theirs.len(), "{target}");
            for (ours, theirs) in ours.iter().zip(theirs) {
                let difference = (ours - theirs).abs();
                assert!(difference <= 1e-6 * theirs.abs().max(1.0), "{target}: {ours}, {theirs}");
            }
        }
    }
}
