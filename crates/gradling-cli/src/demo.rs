//! `gradling demo`: the whole story, from one slope to a network that has learned from real data.

mod flowers;
mod network;
mod neuron;
mod slope;

use crate::failure::Failure;
use crate::output::print;
use anstyle::Style;
use std::io::{self, Write};
use std::path::PathBuf;

/// Watch it work: a slope, a neuron, and networks that learn, in under a second.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the networks begin; the same seed gives the same numbers on every machine.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where the picture of the neuron goes.
    #[arg(long, value_name = "FILE.svg", default_value = "neuron.svg")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let neuron = neuron::Neuron::new();
    // First of all, so that a file that cannot be written does not end the story in the middle.
    neuron.draw(&args.out)?;
    print(|out| {
        slope::tell(out)?;
        neuron.tell(out, &args.out)?;
        network::tell(out, args.seed)?;
        flowers::tell(out, args.seed)?;
        whats_next(out)
    })
}

/// Between the left edge of the terminal and everything below a heading.
const MARGIN: &str = "   ";

fn heading(out: &mut dyn Write, number: usize, text: &str) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}{number}. {text}{bold:#}\n")
}

/// Writes some lines of explanation and an empty one.
fn say(out: &mut dyn Write, text: &str) -> io::Result<()> {
    for line in text.lines() {
        writeln!(out, "{MARGIN}{line}")?;
    }
    writeln!(out)
}

/// A bar of blocks: `share`, from 0 to 1, of `width` letters.
fn bar(share: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

fn whats_next(out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}Now yours{bold:#}\n")?;
    for (does, typed) in [
        ("a formula, with every gradient:", "gradling eval 'x = 2; x^3 - 5*x'"),
        ("a table, a network for it:", "gradling train table.csv --target COLUMN"),
    ] {
        writeln!(out, "{MARGIN}{does:<33}{bold}{typed}{bold:#}")?;
    }
    Ok(())
}
