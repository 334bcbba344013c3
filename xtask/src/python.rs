//! The Python package and its tests, in environments of their own under `target`.

use crate::process::{cargo, root, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The original that we compare with, and what its programs use.
pub(crate) const MICROGRAD: &[&str] = &["micrograd==0.1.0", "numpy"];

/// PyTorch, some gigabytes, in the environment `compare/torch`.
pub(crate) const TORCH: &[&str] = &["torch", "numpy", "safetensors"];

/// Builds the package for the environment of the tests, and returns what runs Python there.
///
/// # Errors
/// What could not be installed or built.
pub(crate) fn build() -> Result<PathBuf, String> {
    let listed = std::fs::read_to_string(root().join("python/requirements.txt"))
        .map_err(|error| format!("python/requirements.txt: {error}"))?;
    let packages: Vec<&str> = listed.lines().filter(|line| !line.starts_with('#')).collect();
    let python = environment("python", &packages)?;
    let mut maturin = Command::new(beside(&python, "maturin"));
    maturin.args(["develop", "--release", "--quiet", "--locked"]);
    maturin.env("VIRTUAL_ENV", root().join("target/python")).env_remove("CONDA_PREFIX");
    run(maturin.current_dir(root()))?;
    Ok(python)
}

/// Runs the tests of the package, beside micrograd itself in another environment.
///
/// # Errors
/// The first that failed.
pub(crate) fn test(python: &Path) -> Result<(), String> {
    let micrograd = environment("micrograd", MICROGRAD)?;
    let with = |module: &str| {
        let mut command = Command::new(python);
        command.current_dir(root()).args(["-m", module]).env("OPENBLAS_NUM_THREADS", "1");
        command
    };
    run(cargo().args(["build", "--quiet", "--locked", "--package", "gradling-cli"]))?;
    let command =
        root().join("target/debug/gradling").with_extension(std::env::consts::EXE_EXTENSION);
    run(with("pytest")
        .env("MPLBACKEND", "Agg")
        .env("GRADLING_TEST_MICROGRAD", micrograd)
        .env("GRADLING_TEST_COMMAND", command))?;
    run(with("mypy").args(["--no-error-summary", "python/gradling"]))?;
    let allowed = "python/stubtest-allowlist.txt";
    run(with("mypy.stubtest").args(["gradling._native", "--allowlist", allowed]))
}

/// Something installed beside a Python.
fn beside(python: &Path, name: &str) -> PathBuf {
    python.with_file_name(name).with_extension(std::env::consts::EXE_EXTENSION)
}

/// The Python of a virtual environment `target/name` with packages from PyPI; it is made once for each list of
/// them.
///
/// # Errors
/// What could not be made or installed.
pub(crate) fn environment(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let place = root().join("target").join(name);
    let programs = place.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let python = programs.join("python").with_extension(std::env::consts::EXE_EXTENSION);
    let wanted = packages.join("\n");
    let installed = place.join("installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let base = base_python()?;
    let made = run(Command::new(base).args(["-m", "venv", "--clear"]).arg(&place));
    made.map_err(|error| {
        format!(
            "{error}\nOn Debian and Ubuntu virtual environments are in the package python3-venv."
        )
    })?;
    let mut install = Command::new(&python);
    install.current_dir(root()).args(["-m", "pip", "install", "--quiet"]);
    install.arg("--disable-pip-version-check").args(packages);
    run(&mut install)?;
    std::fs::write(&installed, wanted)
        .map_err(|error| format!("{}: {error}", installed.display()))?;
    Ok(python)
}

/// A Python that is new enough.
fn base_python() -> Result<&'static str, String> {
    let new_enough = "import sys; sys.exit(sys.version_info < (3, 10))";
    ["python3", "python"]
        .into_iter()
        .find(|python| run(Command::new(python).args(["-c", new_enough])).is_ok())
        .ok_or_else(|| {
            "Python 3.10 or newer is needed, as `python3`: on Debian and Ubuntu the packages python3 \
             and python3-venv"
                .to_owned()
        })
}
