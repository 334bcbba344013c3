//! Every test of the project, and the set-up they need.

use crate::process::{cargo, root, run};
use crate::{interop, playground, python};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

const CARGO_DENY: &str = "0.20.2";

/// The bindings can be loaded by Python only, and are tested from there.
const NOT_PYTHON: &str = "--exclude=gradling-py";

/// Runs all of them; stops at the first that fails.
///
/// # Errors
/// What failed.
pub(crate) fn run_all() -> Result<(), String> {
    step("format", cargo().args(["fmt", "--all", "--check"]))?;
    let lint = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
    step("lints", cargo().args(lint))?;
    step("tests", cargo().args(["test", "--workspace", NOT_PYTHON, "--all-targets"]))?;
    let parquet = ["test", "--package", "gradling-cli", "--package", "gradling-data"];
    let parquet = parquet.iter().chain(&["--features", "parquet", "--test", "parquet"]);
    step("Parquet", cargo().args(parquet))?;
    // In release these have ten times the values: a chain of 10 million.
    let large =
        ["test", "--release", "--package", "gradling", "--test", "lifetimes", "--test", "memory"];
    step("large graphs", cargo().args(large))?;
    step("examples in the docs", cargo().args(["test", "--workspace", NOT_PYTHON, "--doc"]))?;
    let mut docs = cargo();
    docs.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--workspace", "--no-deps", "--quiet"]);
    step("docs", &mut docs)?;
    let mut deny = Command::new(cargo_deny()?);
    deny.current_dir(root()).args(["--log-level", "error", "check", "licenses", "bans", "sources"]);
    step("licences", &mut deny)?;
    timed("kernels in WebAssembly", playground::kernels)?;
    timed("exported models", interop::onnx)?;
    timed("playground", || playground::test(&[]))?;
    timed("Python", || python::test(&python::build()?))
}

fn step(name: &str, command: &mut Command) -> Result<(), String> {
    timed(name, || run(command))
}

fn timed(name: &str, body: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    eprintln!("== {name}");
    let begin = Instant::now();
    body()?;
    eprintln!("== {name}: passed in {} s\n", begin.elapsed().as_secs());
    Ok(())
}

/// cargo-deny, installed into `target/tools` where that was not done before: unoptimised, which is built in a
/// third of the time and takes two seconds.
fn cargo_deny() -> Result<PathBuf, String> {
    let tools = root().join("target/tools").join(CARGO_DENY);
    let deny = tools.join("bin/cargo-deny");
    if !deny.exists() {
        let mut install = cargo();
        install.args(["install", "--quiet", "--locked", "--debug", "--root"]).arg(&tools);
        step("install cargo-deny", install.arg(format!("cargo-deny@{CARGO_DENY}")))?;
    }
    Ok(deny)
}
