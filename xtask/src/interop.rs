//! Exported models, run by the programs of others: onnxruntime and PyTorch from PyPI, and tract.

use crate::process::{cargo, root, run};
use crate::python;
use std::process::Command;

/// What checks and runs ONNX.
const ONNX: &[&str] = &["onnx>=1.17,<2", "onnxruntime>=1.20,<2", "numpy>=2,<3"];

/// Exports models and runs them by onnxruntime.
///
/// # Errors
/// What could not be set up, or the first that failed.
pub(crate) fn onnx() -> Result<(), String> {
    let onnx = python::environment("onnx", ONNX)?;
    run(exported("onnx_accepts").env("GRADLING_TEST_ONNX", onnx))
}

/// The same, and runs them by tract, whose build takes longer than all else; checks that the fuzz targets
/// compile.
///
/// # Errors
/// As [`onnx`].
pub(crate) fn all() -> Result<(), String> {
    onnx()?;
    // Its own workspace.
    let place = root().join("target/tract");
    let build = ["build", "--quiet", "--locked", "--manifest-path", "interop/tract/Cargo.toml"];
    run(cargo().args(build).arg("--target-dir").arg(&place))?;
    let name = format!("gradling-interop-tract{}", std::env::consts::EXE_SUFFIX);
    run(exported("tract_predicts").env("GRADLING_TEST_TRACT", place.join("debug").join(name)))?;
    let fuzz = ["check", "--quiet", "--manifest-path", "fuzz/Cargo.toml"];
    run(cargo().args(fuzz).arg("--target-dir").arg(root().join("target/fuzz")))
}

/// Exports models to PyTorch and imports its own, with PyTorch itself.
///
/// # Errors
/// As [`onnx`].
pub(crate) fn torch() -> Result<(), String> {
    let torch = python::environment("compare/torch", python::TORCH)?;
    run(exported("torch::").env("GRADLING_TEST_TORCH", torch))
}

/// The tests of exported models that need a program of others.
fn exported(whose: &str) -> Command {
    let mut tests = cargo();
    tests.args(["test", "--package", "gradling-cli", "--test", "interchange", "--", "--ignored"]);
    tests.arg(whose);
    tests
}
