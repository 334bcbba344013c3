//! The two-moons step of other systems, timed beside ours.

use crate::process::{cargo, read, root, run};
use std::path::PathBuf;
use std::process::Command;

/// What can be compared: its name, and what PyPI installs for it.
const SYSTEMS: &[(&str, &[&str])] =
    &[("micrograd", &["micrograd==0.1.0", "numpy"]), ("torch", &["torch", "numpy"])];

/// Installs each system into an environment of its own, times its step and prints it beside ours.
///
/// # Errors
/// An unknown system, or what failed.
pub(crate) fn run_all(wanted: &[String]) -> Result<(), String> {
    let wanted: Vec<&str> = if wanted.is_empty() {
        vec!["micrograd"]
    } else {
        wanted.iter().map(String::as_str).collect()
    };
    for name in wanted {
        let (_, packages) = SYSTEMS.iter().find(|system| system.0 == name).ok_or_else(|| {
            format!("`{name}` is none of the systems to compare: micrograd, torch")
        })?;
        let python = environment(name, packages)?;
        // Ours, theirs, ours again: a machine that changes its speed between shows.
        for turn in ["before", "after"] {
            if turn == "after" {
                let script = root().join(format!("xtask/compare/{name}_step.py"));
                let data = root().join("crates/gradling/tests/golden/demo_notebook.json");
                print!("{}", read(Command::new(&python).arg(script).arg(data))?);
            }
            let mut ours = cargo();
            ours.args([
                "run",
                "--quiet",
                "--release",
                "--package",
                "gradling-bench",
                "--",
                "moons_step",
            ]);
            print!("{}", read(&mut ours)?);
        }
    }
    Ok(())
}

/// The Python of an environment that holds these packages.
fn environment(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let environment = root().join("target/compare").join(name);
    let python = environment.join("bin/python");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    }
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    Ok(python)
}
