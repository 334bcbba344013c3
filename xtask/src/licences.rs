//! The licence notices of everything that others wrote and the site contains.

use crate::install::TARGET;
use crate::process::{cargo, quiet, root};
use crate::site::VENDOR;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const HEAD: &str = "\
gradling is licensed under MIT or Apache-2.0, at your choice. The playground also contains the work of
others, listed here with their licences. The compiled engine contains the standard library of Rust
(MIT OR Apache-2.0, https://www.rust-lang.org) as well.
";

/// One package and where its files are.
struct Package {
    title: String,
    folder: PathBuf,
    authors: String,
}

/// The text: the crates compiled into the engine, then the libraries of the page.
///
/// # Errors
/// If a package has no licence that could be given.
pub(crate) fn all() -> Result<String, String> {
    let mut packages = crates()?;
    packages.extend(libraries()?);
    let mut text = HEAD.to_owned();
    // Many have the same text: it is given once, under all their names.
    let mut by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages {
        let notice = notice(&package)?;
        by_text.entry(notice).or_default().push(package.title);
    }
    for (notice, titles) in by_text {
        let _ = write!(text, "\n{}\n{}\n\n{notice}\n", "=".repeat(78), titles.join("\n"));
    }
    Ok(text)
}

/// The licence files of a package; where it has none, its title has the name of its licence.
fn notice(package: &Package) -> Result<String, String> {
    let entries = fs::read_dir(&package.folder)
        .map_err(|error| format!("{}: {error}", package.folder.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        let known = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
        file.is_file() && known.iter().any(|known| name.starts_with(known))
    });
    // Where there is a choice, the shortest licence will do.
    files.sort();
    if let Some(mit) = files.iter().find(|file| file.to_string_lossy().ends_with("-MIT")) {
        files = vec![mit.clone()];
    }
    let texts = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
    if texts.is_empty() {
        return without_file(package);
    }
    Ok(texts.iter().map(|text| text.trim()).collect::<Vec<_>>().join("\n\n"))
}

/// A package that names its licence and has no file with it: known ones are given by their text.
fn without_file(Package { title, authors, .. }: &Package) -> Result<String, String> {
    if !title.ends_with(", MIT") || authors.is_empty() {
        return Err(format!(
            "{title} comes without its licence: add its text to xtask/src/licences.rs"
        ));
    }
    let ours = read(&root().join("LICENSE-MIT"))?;
    let terms = ours.find("Permission is").map_or("", |at| &ours[at..]);
    Ok(format!("MIT License\n\nCopyright (c) {authors}\n\n{}", terms.trim_end()))
}

/// Crates that are compiled into the engine, without our own.
fn crates() -> Result<Vec<Package>, String> {
    let mut metadata = cargo();
    metadata.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET]);
    let metadata: Value = serde_json::from_str(&quiet(&mut metadata)?)
        .map_err(|error| format!("cargo metadata: {error}"))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let nodes = list(&metadata["resolve"]["nodes"]);
    let packages = list(&metadata["packages"]);
    let ours = packages.iter().find(|package| package["name"] == "gradling-wasm");
    let mut open = vec![ours.map(|package| text(&package["id"])).unwrap_or_default()];
    let mut seen: Vec<String> = Vec::new();
    while let Some(id) = open.pop() {
        if seen.contains(&id) {
            continue;
        }
        let node = nodes.iter().find(|node| node["id"] == id.as_str());
        for dependency in node.map(|node| list(&node["deps"])).unwrap_or_default() {
            let kinds = list(&dependency["dep_kinds"]);
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                open.push(text(&dependency["pkg"]));
            }
        }
        seen.push(id);
    }
    let mut found = Vec::new();
    for package in packages {
        if package["source"].is_null() || !seen.contains(&text(&package["id"])) {
            continue;
        }
        let (name, version) = (text(&package["name"]), text(&package["version"]));
        let manifest = PathBuf::from(text(&package["manifest_path"]));
        found.push(Package {
            title: format!("{name} {version}, {}", text(&package["license"])),
            folder: manifest.parent().map_or_else(PathBuf::new, Path::to_owned),
            authors: list(&package["authors"]).iter().map(text).collect::<Vec<_>>().join(", "),
        });
    }
    Ok(found)
}

/// Libraries that are copied into the page.
fn libraries() -> Result<Vec<Package>, String> {
    let mut names: Vec<&str> = VENDOR.iter().map(|(package, _, _)| *package).collect();
    names.dedup();
    let package = |name: &&str| {
        let folder = root().join("playground/node_modules").join(name);
        let about: Value = serde_json::from_str(&read(&folder.join("package.json"))?)
            .map_err(|error| format!("{name}: {error}"))?;
        let title = ["version", "license"].map(|key| about[key].as_str().unwrap_or_default());
        let author = about["author"]["name"].as_str().or(about["author"].as_str());
        let authors = author.unwrap_or_default().to_owned();
        Ok(Package { title: format!("{name} {}, {}", title[0], title[1]), folder, authors })
    };
    names.iter().map(package).collect()
}

fn read(file: &Path) -> Result<String, String> {
    let bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
