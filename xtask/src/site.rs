//! The playground as a folder of files that any static host can serve: `target/site`.

use crate::install::{self, TARGET, Wasm};
use crate::process::{cargo, root, run};
use crate::{licences, playground};
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
use wasm_bindgen_cli_support::Bindgen;

/// Files of `playground/` that are the page; the rest there is its tests and tools.
const PAGE: &[&str] = &[
    "index.html",
    "manifest.webmanifest",
    "icon.svg",
    "service-worker.js",
    "shell",
    "expression",
    "network",
    "tour",
];

/// Libraries of the page: package, file in it, name in `vendor/`.
pub(crate) const VENDOR: &[(&str, &str, &str)] = &[
    ("uplot", "dist/uPlot.esm.js", "uplot.js"),
    ("uplot", "dist/uPlot.min.css", "uplot.css"),
    ("@panzoom/panzoom", "dist/panzoom.es.js", "panzoom.js"),
];

/// Builds the page and returns its folder. What did not change is not built again.
///
/// # Errors
/// What could not be built.
pub(crate) fn build() -> Result<PathBuf, String> {
    let site = root().join("target/site");
    let pages = root().join("playground");
    engine(&site.join("engine"))?;
    playground::packages()?;
    clear(&site, "engine")?;
    for name in PAGE {
        copy(&pages.join(name), &site.join(name))?;
    }
    for (package, file, name) in VENDOR {
        let from = pages.join("node_modules").join(package).join(file);
        copy(&from, &site.join("vendor").join(name))?;
    }
    write(&site.join("licences.txt"), licences::all()?.as_bytes())?;
    write(&site.join("site-files.js"), listed(&site)?.as_bytes())?;
    Ok(site)
}

/// Compiles a package as the page is compiled, and gives its module.
///
/// # Errors
/// What could not be compiled.
pub(crate) fn module(package: &str) -> Result<PathBuf, String> {
    let wasm = install::wasm()?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let (target, mut build) = match wasm {
        Wasm::Rustup => (target.join("wasm"), cargo()),
        Wasm::Debian => {
            let mut build = Command::new("/usr/bin/cargo");
            build.current_dir(root()).env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
            build.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
            build.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19");
            (target.join("wasm-debian"), build)
        }
    };
    build.args(["build", "--quiet", "--locked", "--profile", "page", "--package", package]);
    build.args(["--lib", "--target", TARGET, "--target-dir"]).arg(&target);
    if matches!(wasm, Wasm::Debian) {
        build.args(["-Z", "build-std=std,panic_abort"]);
    }
    build.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-C target-feature=+simd128");
    build.env_remove("RUSTFLAGS");
    run(&mut build)?;
    Ok(target.join(TARGET).join("page").join(format!("{}.wasm", package.replace('-', "_"))))
}

/// Compiles the engine and makes the module that JavaScript loads.
fn engine(out: &Path) -> Result<(), String> {
    let compiled = module("gradling-wasm")?;
    let made = out.join("gradling_wasm_bg.wasm");
    if changed(&made).is_some_and(|made| Some(made) > changed(&compiled)) {
        return Ok(());
    }
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&compiled).typescript(false).remove_name_section(true);
    bindgen.omit_default_module_path(false);
    let generated = bindgen.remove_producers_section(true).web(true);
    let generated = generated.and_then(|bindgen| bindgen.generate(out));
    generated.map_err(|error| format!("bindings of the engine: {error:#}"))
}

fn changed(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|file| file.modified()).ok()
}

/// The files of the site for the service worker, and a version that changes with any of them.
fn listed(site: &Path) -> Result<String, String> {
    let mut files = Vec::new();
    walk(site, &mut files)?;
    let mut hash = DefaultHasher::new();
    let mut names = Vec::new();
    for file in files {
        let name = file.strip_prefix(site).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        hash.write(name.as_bytes());
        hash.write(&fs::read(&file).map_err(|error| at(&file, &error))?);
        // The service worker is kept by the browser itself.
        if name != "service-worker.js" {
            names.push(name);
        }
    }
    let listed =
        serde_json::json!({ "version": format!("{:016x}", hash.finish()), "files": names });
    Ok(format!("self.SITE = {listed:#};\n"))
}

/// All files below a folder, in order.
fn walk(folder: &Path, into: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| at(folder, &error))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            walk(&path, into)?;
        } else {
            into.push(path);
        }
    }
    Ok(())
}

/// Empties a folder, but for one entry.
fn clear(folder: &Path, keep: &str) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    for entry in fs::read_dir(folder).map_err(|error| at(folder, &error))?.flatten() {
        let path = entry.path();
        let cleared = match path.is_dir() {
            _ if entry.file_name() == keep => continue,
            true => fs::remove_dir_all(&path),
            false => fs::remove_file(&path),
        };
        cleared.map_err(|error| at(&path, &error))?;
    }
    Ok(())
}

/// Copies a file or a folder.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if !from.is_dir() {
        let contents = fs::read(from).map_err(|error| at(from, &error))?;
        return write(to, &contents);
    }
    let mut files = Vec::new();
    walk(from, &mut files)?;
    files.iter().try_for_each(|file| {
        let inner = file.strip_prefix(from).unwrap_or(file);
        copy(file, &to.join(inner))
    })
}

fn write(file: &Path, contents: &[u8]) -> Result<(), String> {
    let folder = file.parent().unwrap_or(file);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(file, contents));
    written.map_err(|error| at(file, &error))
}

fn at(file: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", file.display())
}
