//! The playground: its packages, its tests in a real browser, and a look at it.

use crate::process::{cargo, root, run};
use crate::{install, site};
use std::fs;
use std::process::Command;

/// Installs what package-lock.json names, where it is not there already.
///
/// # Errors
/// What could not be installed.
pub(crate) fn packages() -> Result<(), String> {
    let folder = root().join("playground");
    let lock = fs::read_to_string(folder.join("package-lock.json"))
        .map_err(|error| format!("playground/package-lock.json: {error}"))?;
    let installed = folder.join("node_modules/.gradling-lock.json");
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let npm = install::npm()?;
    let clean = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    run(Command::new(npm).current_dir(&folder).args(clean))?;
    fs::write(&installed, lock).map_err(|error| format!("{}: {error}", installed.display()))
}

/// Builds the page and runs its tests, or those of the files whose name has one of the words.
///
/// # Errors
/// What failed.
pub(crate) fn test(words: &[String]) -> Result<(), String> {
    let site = site::build()?;
    let chromium = install::chromium()?;
    if words.is_empty() {
        let embedded = ["--package", "gradling-cli", "--features", "playground"];
        let lint = ["--all-targets", "--quiet", "--", "-D", "warnings"];
        run(cargo().arg("clippy").args(embedded).args(lint))?;
        run(cargo().arg("test").args(embedded).args(["--test", "play", "--test", "help"]))?;
    }
    let folder = root().join("playground/test");
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let wanted =
        |name: &String| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let mut files: Vec<String> =
        names.filter(|name| name.ends_with(".test.js")).filter(wanted).collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("no test of the page is named {}", words.join(" or ")));
    }
    // One file after the other: each has a browser. On a busy machine a browser may answer too late; what fails is
    // run once more, and named.
    for file in files {
        let mut node = Command::new("node");
        node.current_dir(&folder).arg("--test").arg(&file);
        node.env("GRADLING_SITE", &site).env("GRADLING_CHROMIUM", &chromium);
        if run(&mut node).is_err() {
            eprintln!("unsteady: {file} failed and is run once more");
            run(&mut node)?;
        }
    }
    Ok(())
}

/// Holds the kernels of WebAssembly to the bits of this machine's.
///
/// # Errors
/// What failed.
pub(crate) fn kernels() -> Result<(), String> {
    let module = site::module("gradling-kernels")?;
    let check = root().join("crates/gradling-kernels/tests/check.mjs");
    run(Command::new("node").arg(check).arg(module))
}

/// Builds the page and runs one of its scripts: measurements, pictures for the docs.
///
/// # Errors
/// What failed.
pub(crate) fn script(name: &str) -> Result<(), String> {
    let (site, chromium) = (site::build()?, install::chromium()?);
    let mut node = Command::new("node");
    node.current_dir(root().join("playground")).arg(name);
    run(node.env("GRADLING_SITE", site).env("GRADLING_CHROMIUM", chromium))
}

/// Builds the page, serves it on this machine and opens it.
///
/// # Errors
/// What failed.
pub(crate) fn play(args: &[String]) -> Result<(), String> {
    site::build()?;
    let play = ["run", "--quiet", "--package", "gradling-cli", "--features", "playground", "--"];
    run(cargo().args(play).arg("play").args(args))
}
