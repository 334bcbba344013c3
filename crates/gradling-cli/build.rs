//! The page must have been built before it can be embedded.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_PLAYGROUND").is_none() {
        return;
    }
    println!("cargo::rerun-if-changed=../../target/site");
    if !Path::new("../../target/site/index.html").exists() {
        println!(
            "cargo::error=the feature `playground` embeds target/site: run `cargo xtask site` first"
        );
    }
}
