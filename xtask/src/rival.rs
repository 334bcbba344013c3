//! The engine of the TensorFlow playground, timed beside ours in one page of one browser.

use crate::process::{root, run};
use crate::{install, site};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Where it is from; `TENSORFLOW_PLAYGROUND` names a clone or a work tree that is there already.
const SOURCE: &str = "https://github.com/tensorflow/playground";
const PLACE: &str = "TENSORFLOW_PLAYGROUND";
/// The version that is compared.
const COMMIT: &str = "02469bd3751764b20486015d4202b792af5362a6";
/// What turns its one file of TypeScript into a module.
const ESBUILD: &str = "esbuild@0.25.12";

/// Builds both and prints what the page measured.
///
/// # Errors
/// What could not be had, built or measured.
pub(crate) fn compare() -> Result<(), String> {
    let site = site::build()?;
    let chromium = install::chromium()?;
    let work = root().join("target/tensorflow-playground");
    fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    let source = work.join("nn.ts");
    fs::write(&source, engine(&work)?).map_err(|error| format!("{}: {error}", source.display()))?;

    if !work.join("node_modules/esbuild").exists() {
        let mut install = Command::new(install::npm()?);
        install.current_dir(&work).args(["install", "--no-audit", "--no-fund", "--loglevel=error"]);
        run(install.arg("--no-package-lock").arg(ESBUILD))?;
    }
    let page = work.join("page");
    copy(&site, &page)?;
    copy(&root().join("playground/bench"), &page.join("bench"))?;
    let mut build = Command::new(work.join("node_modules/.bin/esbuild"));
    build.current_dir(&work).args([
        "nn.ts",
        "--format=esm",
        "--target=es2022",
        "--log-level=error",
    ]);
    run(build.arg(format!("--outfile={}", page.join("bench/nn.js").display())))?;

    let mut measure = Command::new("node");
    measure.current_dir(root().join("playground/bench")).arg("tensorflow-run.js").arg(&page);
    run(measure.env("GRADLING_CHROMIUM", chromium))
}

/// The text of its engine.
fn engine(work: &std::path::Path) -> Result<Vec<u8>, String> {
    let repository = match std::env::var_os(PLACE) {
        Some(place) => PathBuf::from(place),
        None => {
            let clone = work.join("source");
            if !clone.exists() {
                run(Command::new("git").args(["clone", "--quiet", SOURCE]).arg(&clone))?;
            }
            clone
        }
    };
    let file = format!("{COMMIT}:src/nn.ts");
    let shown = Command::new("git").arg("-C").arg(&repository).args(["show", &file]).output();
    let shown = shown.map_err(|error| format!("git: {error}"))?;
    if shown.status.success() {
        return Ok(shown.stdout);
    }
    Err(format!(
        "{} has no {file}; set {PLACE} to a clone of {SOURCE}: {}",
        repository.display(),
        String::from_utf8_lossy(&shown.stderr).trim()
    ))
}

fn copy(from: &std::path::Path, to: &std::path::Path) -> Result<(), String> {
    let at = |error: std::io::Error| format!("{}: {error}", from.display());
    fs::create_dir_all(to).map_err(at)?;
    for entry in fs::read_dir(from).map_err(at)? {
        let entry = entry.map_err(at)?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target).map_err(at)?;
        }
    }
    Ok(())
}
