//! An error of the formula, in colour: the place in the text, marked, and what to do.

use crate::listing::color;
use anstyle::{AnsiColor, Style};
use gradling_expr::{Error, Place};
use std::fmt::Write;

/// The error as a terminal shows it; `file` is where the formula came from.
pub(super) fn shown(error: &Error, file: Option<&str>) -> String {
    let (bold, blue) = (Style::new().bold(), color(AnsiColor::Blue).bold());
    let (red, green) = (color(AnsiColor::Red).bold(), color(AnsiColor::Green));
    let mut text = format!("{bold}{}{bold:#}", error.message);
    let mut margin = 1;
    if let Some(Place { line, column, excerpt, marked, .. }) = &error.place {
        margin = line.to_string().len();
        let file = file.map(|file| format!("{file}:")).unwrap_or_default();
        let (before, width) = (marked.start, marked.len());
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n{:margin$}{blue}-->{blue:#} {file}{line}:{column}\
             \n{:margin$} {blue}|{blue:#}\
             \n{blue}{line} |{blue:#} {excerpt}\
             \n{:margin$} {blue}|{blue:#} {:before$}{red}{:^<width$}{red:#}",
            "", "", "", "", "",
        );
    }
    if let Some(help) = &error.help {
        let _ = write!(text, "\n{:margin$} {blue}={blue:#} {green}help{green:#}: {help}", "");
    }
    text
}
