//! What other systems take for the same work, timed beside ours.

use crate::process::{cargo, root, run};
use crate::python;
use std::path::PathBuf;
use std::process::Command;

const MICROGRAD: &str = "micrograd";
const MICROGRAD_RUST: &str = "micrograd-rust";

/// The systems: name, and what PyPI installs for it.
const SYSTEMS: &[(&str, &[&str])] = &[
    (MICROGRAD, python::MICROGRAD),
    (MICROGRAD_RUST, &["micrograd-rust==0.1.0"]),
    ("torch", python::TORCH),
    ("jax", &["jax", "numpy"]),
];

/// Work that is compared. What a system takes for it is measured by `compare/{system}_{name}.py`.
struct Work {
    name: &'static str,
    /// The benchmarks that are ours: part of their names.
    ours: &'static str,
    /// What the scripts read.
    data: &'static [&'static str],
    /// Systems with a script for it.
    systems: &'static [&'static str],
    /// Those that are meant if none is named.
    default: &'static [&'static str],
}

/// One full-batch step of the two-moons network.
const STEP: Work = Work {
    name: "step",
    ours: "moons_step",
    data: &["crates/gradling/tests/golden/demo_notebook.json"],
    systems: &[MICROGRAD, MICROGRAD_RUST, "torch", "jax"],
    default: &["micrograd"],
};

/// Loss and gradient of two digit networks.
const DIGITS: Work = Work {
    name: "digits",
    ours: "digits",
    data: &[],
    systems: &["torch", "jax"],
    default: &["torch", "jax"],
};

/// Installs each system into an environment of its own, times its work and prints it beside ours.
///
/// # Errors
/// An unknown system, or what failed.
pub(crate) fn run_all(wanted: &[String]) -> Result<(), String> {
    let (work, wanted) = match wanted.split_first() {
        Some((first, rest)) if first == DIGITS.name => (DIGITS, rest),
        _ => (STEP, wanted),
    };
    let mut wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    if wanted.is_empty() {
        wanted.extend(work.default);
    }
    for name in wanted {
        let known = SYSTEMS.iter().find(|system| system.0 == name && work.systems.contains(&name));
        let (_, packages) = known.ok_or_else(|| {
            let systems = work.systems.join(", ");
            format!("`{name}` is none of the systems to compare: {systems}")
        })?;
        // The tests have an environment for micrograd already.
        let place = if name == MICROGRAD { name.to_owned() } else { format!("compare/{name}") };
        let python = python::environment(&place, packages)?;
        // Ours, theirs, ours again: a machine that changes its speed between shows.
        ours(&work)?;
        let script = root().join(format!("xtask/compare/{name}_{}.py", work.name));
        let data: Vec<PathBuf> = work.data.iter().map(|path| root().join(path)).collect();
        let mut theirs = Command::new(&python);
        theirs.arg(&script).args(&data);
        if name == MICROGRAD || name == MICROGRAD_RUST {
            // micrograd's script by the drop-in, before and after, and the step as a program.
            let built = python::build()?;
            let mut drop_in = Command::new(&built);
            let original = root().join("xtask/compare/micrograd_step.py");
            drop_in.args(["-m", "gradling.micrograd"]).arg(original).args(&data).arg("500");
            run(&mut drop_in)?;
            run(theirs.arg(if name == MICROGRAD { "5" } else { "20" }))?;
            let program = root().join("xtask/compare/gradling_program_step.py");
            run(Command::new(&built).arg(program).args(&data))?;
            run(&mut drop_in)?;
        } else {
            run(&mut theirs)?;
        }
        ours(&work)?;
    }
    Ok(())
}

/// Times steps of the package over Dask, beside the same steps in one process.
///
/// # Errors
/// What failed.
pub(crate) fn dask() -> Result<(), String> {
    let python = python::build()?;
    run(Command::new(python).arg(root().join("xtask/compare/dask_step.py")))
}

/// Runs our benchmarks of this work.
fn ours(work: &Work) -> Result<(), String> {
    let bench = ["run", "--quiet", "--release", "--package", "gradling-bench", "--", work.ours];
    run(cargo().args(bench))
}
