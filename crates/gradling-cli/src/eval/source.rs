//! Where the formula and the numbers for its names come from.

use super::Args;
use crate::failure::Failure;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

/// The longest formula that is read, in bytes: its graph then fits in memory.
const LONGEST: u64 = 16 << 20;

/// A formula and where it came from.
pub(super) struct Source {
    pub(super) text: String,
    /// The name of its file, if it has one.
    pub(super) name: Option<String>,
}

impl Source {
    /// Reads the formula; what is left of the words are numbers for names.
    pub(super) fn read(args: &Args) -> Result<(Source, impl Iterator<Item = &str>), Failure> {
        let mut words = args.expression.iter().chain(&args.bindings).map(String::as_str);
        let source = match &args.file {
            Some(path) if path.as_os_str() != "-" => Source::file(path)?,
            Some(_) => Source::stdin()?,
            None => match words.next() {
                None | Some("-") => Source::stdin()?,
                Some(text) => Source { text: formula(text)?.to_owned(), name: None },
            },
        };
        Ok((source, words))
    }

    fn file(path: &Path) -> Result<Source, Failure> {
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Ok(Source { text: text(file, &name)?, name: Some(name) }),
            Err(error) => Err(Failure::Input(format!("{name} cannot be read: {error}"))),
        }
    }

    fn stdin() -> Result<Source, Failure> {
        Ok(Source { text: text(io::stdin(), "stdin")?, name: None })
    }
}

pub(super) fn stdin_is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// A formula may begin with a minus, so an option that is misspelt looks like one.
fn formula(text: &str) -> Result<&str, Failure> {
    match text.strip_prefix("--") {
        Some(name) if name.chars().all(|c| c.is_ascii_lowercase() || c == '-') => {
            Err(Failure::Input(format!(
                "there is no option {text}; `gradling eval --help` lists those there are (and minus minus x \
                 is written -(-x))"
            )))
        }
        _ => Ok(text),
    }
}

fn text(from: impl Read, name: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    from.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::Input(format!("{name} cannot be read: {error}")))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::Input(format!(
            "{name} is longer than {} MiB, the most that a formula may have",
            LONGEST >> 20
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..good].iter().filter(|&&b| b == b'\n').count();
        Failure::Input(format!("{name} is not UTF-8 text: see byte {} (line {line})", good + 1))
    })
}

/// The numbers for names: words such as `x=-2`.
pub(super) fn numbers<'a>(
    words: impl Iterator<Item = &'a str>,
) -> Result<Vec<(&'a str, f64)>, Failure> {
    words.map(number).collect()
}

fn number(word: &str) -> Result<(&str, f64), Failure> {
    let (name, number) = match word.split_once('=') {
        Some((name, number)) if !name.trim().is_empty() => (name.trim(), number.trim()),
        _ => {
            return Err(Failure::Input(format!(
                "`{}` should be NAME=NUMBER, such as x=2; a formula with spaces in it needs quotes around \
                 it",
                word.escape_debug()
            )));
        }
    };
    number.parse().map(|number| (name, number)).map_err(|_| {
        Failure::Input(format!(
            "`{}` is given as `{}`, which is not a number: write {0}=2 or {0}=-1.5e-3",
            name.escape_debug(),
            number.escape_debug()
        ))
    })
}
