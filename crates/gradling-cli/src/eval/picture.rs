//! Pictures of the graph, into files or to stdout.

use super::Args;
use crate::failure::Failure;
use crate::output::{note, print, write_file};
use gradling::Value;
use gradling_graph::{Direction, Options, trace, trace_last};
use std::path::Path;

/// The most values that a picture shows: of a larger graph it shows the end.
const MOST_DRAWN: usize = 10_000;

/// What goes to stdout.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stdout {
    Table,
    Picture,
}

impl Stdout {
    pub(super) fn of(args: &Args) -> Result<Stdout, Failure> {
        let pictures = [&args.svg, &args.dot].into_iter().flatten();
        match (pictures.filter(|path| is_stdout(path)).count(), args.json) {
            (0, _) => Ok(Stdout::Table),
            (1, false) => Ok(Stdout::Picture),
            _ => Err(Failure::Input(
                "only one of --svg -, --dot - and --json can go to stdout: name a file for the others"
                    .to_owned(),
            )),
        }
    }
}

fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Writes the pictures that are asked for.
pub(super) fn write(args: &Args, root: Value) -> Result<(), Failure> {
    if let Some(path) = &args.svg {
        let graph = trace_last(root, MOST_DRAWN);
        let values = root.reached().len();
        if values > MOST_DRAWN {
            note(&format!("the picture shows the last {MOST_DRAWN} of {values} values"));
        }
        put(path, &graph.to_svg(&Options::new()))?;
    }
    if let Some(path) = &args.dot {
        put(path, &trace(root).to_dot(Direction::LeftToRight))?;
    }
    Ok(())
}

fn put(path: &Path, picture: &str) -> Result<(), Failure> {
    if is_stdout(path) {
        return print(|out| out.write_all(picture.as_bytes()));
    }
    write_file(path, picture)?;
    note(&format!("{} is written", path.display()));
    Ok(())
}
