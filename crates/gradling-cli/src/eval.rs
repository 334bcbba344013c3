//! `gradling eval`: a formula, all its values, and the gradient of each.

mod check;
mod error;
mod json;
mod picture;
mod source;

use crate::failure::Failure;
use crate::listing::{Listing, Show};
use crate::output::{note, print};
use source::Source;
use std::path::PathBuf;

/// Compute a formula, and the gradient of its result by everything in it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The formula: statements, separated by `;` or on lines of their own; the last one is the result.
    /// `-` reads it from stdin, and so does leaving it out when something is piped in.
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    expression: Option<String>,
    /// Numbers for names: for those the formula leaves open, or in place of its own `name = number`.
    #[arg(value_name = "NAME=NUMBER")]
    bindings: Vec<String>,
    /// Read the formula from a file; all other words are then numbers for names.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Nudge each value and show the slope beside its gradient; exit with 1 if they differ.
    #[arg(long)]
    check: bool,
    /// Draw the graph as SVG into a file, `-` for stdout.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the graph as DOT, for Graphviz, into a file, `-` for stdout.
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,
    /// Print every value as JSON, with all digits, instead of the table.
    #[arg(long)]
    json: bool,
    /// Show every row, however many there are, and constants too.
    #[arg(long)]
    all: bool,
}

impl Args {
    /// Whether there is nothing to read a formula from: help is wanted, then.
    pub(crate) fn is_lost(&self) -> bool {
        self.expression.is_none() && self.file.is_none() && source::stdin_is_terminal()
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let stdout = picture::Stdout::of(args)?;
    let (source, bindings) = Source::read(args)?;
    let shown = |error| Failure::Input(error::shown(&error, source.name.as_deref()));
    let script = gradling_expr::parse(&source.text).map_err(shown)?;
    let bindings = source::numbers(bindings)?;
    let evaluation = script.eval(bindings).map_err(shown)?;
    let root = evaluation.root;
    root.backward();
    let listing = Listing::new(evaluation.values(), root);

    let checked = if args.check { Some(check::slopes(&listing)?) } else { None };
    picture::write(args, root)?;
    match stdout {
        picture::Stdout::Table if args.json => {
            print(|out| json::write(out, &listing, checked.as_ref()))?;
        }
        picture::Stdout::Table => {
            let show = if args.all { Show::All } else { Show::Most };
            let mut left_out = 0;
            print(|out| {
                left_out = listing.write(out, "", show, checked.as_ref())?;
                Ok(())
            })?;
            if left_out > 0 {
                note(&format!("{left_out} rows from the middle are left out; --all shows them"));
            }
        }
        picture::Stdout::Picture => {}
    }
    if let Some(found) = root.first_non_finite() {
        note(&format!("{found}"));
    }
    match &checked {
        Some(slopes) => check::judge(&listing, slopes),
        None => Ok(()),
    }
}
