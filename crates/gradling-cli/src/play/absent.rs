//! A build without the playground says how to get it.

use super::Args;
use crate::failure::Failure;

const HOW: &str = "\
this build of gradling is without the playground. In a checkout of gradling,
  cargo xtask play
builds and opens it, and
  cargo xtask site
  cargo install --path crates/gradling-cli --features playground
makes a `gradling play` that has it inside";

pub(super) fn say(Args { port: _, no_open: _ }: &Args) -> Result<(), Failure> {
    Err(Failure::Input(HOW.to_owned()))
}
