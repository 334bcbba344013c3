//! What the page needs of the machine, installed where that is possible and named where it is not.

use crate::process::{quiet, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What compiles to WebAssembly.
pub(crate) enum Wasm {
    /// rustup's own target.
    Rustup,
    /// Debian's compiler, which builds the standard library from its source.
    Debian,
}

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "lld-19"];
const DEBIAN_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std";

/// Finds or installs a compiler for WebAssembly.
///
/// # Errors
/// What to install.
pub(crate) fn wasm() -> Result<Wasm, String> {
    let has_target = || {
        let asked = ["--print", "target-libdir", "--target", TARGET];
        let folder = Command::new("rustc").args(asked).output().ok();
        let folder = folder.and_then(|output| String::from_utf8(output.stdout).ok());
        folder.is_some_and(|folder| Path::new(folder.trim()).is_dir())
    };
    if has_target() {
        return Ok(Wasm::Rustup);
    }
    let has_debian =
        || Path::new(DEBIAN_SOURCE).is_dir() && Path::new("/usr/bin/wasm-ld-19").exists();
    if !has_debian() {
        eprintln!("installing rustup's target {TARGET}");
        let added = run(Command::new("rustup").args(["target", "add", TARGET]));
        if added.is_ok() && has_target() {
            return Ok(Wasm::Rustup);
        }
        apt(DEBIAN)
            .map_err(|error| format!("the page needs `rustup target add {TARGET}`, or {error}"))?;
    }
    Ok(Wasm::Debian)
}

/// A browser for the tests, as a whole path: it is not started by a shell.
///
/// # Errors
/// What to install.
pub(crate) fn chromium() -> Result<String, String> {
    if let Ok(named) = std::env::var("GRADLING_CHROMIUM") {
        return Ok(named);
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let find = || {
        let folders: Vec<_> =
            std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
        let places = names.iter().flat_map(|name| folders.iter().map(move |at| at.join(name)));
        let starts = |place: &PathBuf| quiet(Command::new(place).arg("--version")).is_ok();
        let mut found = places.filter(|place| place.is_file()).filter(starts);
        found.next().map(|place| place.to_string_lossy().into_owned())
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    apt(&["chromium"]).map_err(|error| {
        format!("the tests of the page need Chromium: {error}, or name one in GRADLING_CHROMIUM")
    })?;
    find().ok_or_else(|| "Chromium was installed and does not start".to_owned())
}

/// npm, which comes with node 20 or newer.
///
/// # Errors
/// What to install.
pub(crate) fn npm() -> Result<&'static str, String> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    if quiet(Command::new(npm).arg("--version")).is_err() {
        apt(&["nodejs", "npm"])
            .map_err(|error| format!("the page needs node 20 or newer and npm: {error}"))?;
    }
    Ok(npm)
}

/// Installs Debian packages, where this is Debian and we may.
fn apt(packages: &[&str]) -> Result<(), String> {
    let named = packages.join(" ");
    let by_hand = format!("the packages {named} of Debian or Ubuntu (`apt-get install {named}`)");
    if quiet(Command::new("id").arg("-u")).ok().as_deref().map(str::trim) != Some("0") {
        return Err(by_hand);
    }
    eprintln!("installing {named}");
    let mut install = Command::new("apt-get");
    install.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    let updated = || run(Command::new("apt-get").args(["update", "--quiet"]));
    run(&mut install)
        .or_else(|_| updated().and_then(|()| run(&mut install)))
        .map_err(|error| format!("{by_hand}: {error}"))
}
