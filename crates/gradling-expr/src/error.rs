//! [`Error`]: what is wrong, where, and what to do.

use std::fmt;
use std::ops::Range;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many characters of a long line are shown on each side of where the error begins.
const AROUND: usize = 50;

/// Why a text has no value. [`Display`](fmt::Display) renders all of it, in plain text, without a line
/// break at the end; the parts are there for those who show it in colour or in an editor.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    /// What is wrong, in a few words: lower-case, one line.
    pub message: String,
    /// Where. None where the text is not at fault: a number from outside that nothing uses.
    pub place: Option<Place>,
    /// What to do.
    pub help: Option<String>,
}

/// A place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The part of the text, in bytes. Empty at the end of the text.
    pub span: Range<usize>,
    /// The line of text, cut around the place if it is long, and safe to print: tabs are spaces, and
    /// characters that would move the cursor or turn the line around are replaced.
    pub excerpt: String,
    /// Which columns of the excerpt to mark, as a terminal counts them. Never empty.
    pub marked: Range<usize>,
}

impl Error {
    /// An error at `span` of `text`; the place is computed here and only here.
    #[cold]
    pub(crate) fn at(text: &str, span: Range<usize>, message: impl Into<String>) -> Error {
        Error { message: message.into(), place: Some(Place::of(text, span)), help: None }
    }

    /// An error outside the text.
    #[cold]
    pub(crate) fn nowhere(message: impl Into<String>) -> Error {
        Error { message: message.into(), place: None, help: None }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Error {
        Error { help: Some(help.into()), ..self }
    }
}

impl Place {
    fn of(text: &str, span: Range<usize>) -> Place {
        let before = &text[..span.start];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = &text[line_start..];
        let line = &line[..line.find('\n').unwrap_or(line.len())];
        let line = line.strip_suffix('\r').unwrap_or(line);
        // At a line break the span begins one past the line that is shown.
        let start = (span.start - line_start).min(line.len());
        let end = (span.end - line_start).clamp(start, line.len());

        let first = line[..start].char_indices().rev().nth(AROUND - 1).map_or(0, |(i, _)| i);
        let after = line[start..].char_indices().nth(AROUND).map_or(line.len(), |(i, _)| start + i);
        let mut excerpt = String::from(if first > 0 { "…" } else { "" });
        excerpt.extend(line[first..start].chars().flat_map(printable));
        let left = excerpt.width();
        excerpt.extend(line[start..after.min(end)].chars().flat_map(printable));
        let right = excerpt.width();
        excerpt.extend(line[after.min(end)..after].chars().flat_map(printable));
        if after < line.len() {
            excerpt.push('…');
        }
        Place {
            line: before.matches('\n').count() + 1,
            column: text[line_start..span.start].chars().count() + 1,
            span,
            excerpt,
            marked: left..right.max(left + 1),
        }
    }
}

/// The character as an excerpt shows it.
fn printable(c: char) -> impl Iterator<Item = char> {
    let (shown, times) = match c {
        '\t' => (' ', 4),
        '\0'..'\x20' => (char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'), 1),
        _ if is_invisible(c) => ('\u{fffd}', 1),
        _ => (c, 1),
    };
    std::iter::repeat_n(shown, times)
}

/// Whether a character shows nothing of its own or turns the direction of what follows: controls,
/// line separators, direction marks, zero-width spaces.
pub(crate) fn is_invisible(c: char) -> bool {
    c.width().is_none()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The start of a text that may be long, for messages.
pub(crate) fn clip(text: &str) -> String {
    let mut clipped: String = text.chars().take(40).flat_map(printable).collect();
    if clipped.len() < text.len() && text.chars().nth(40).is_some() {
        clipped.push('…');
    }
    clipped
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        let mut margin = 1;
        if let Some(place) = &self.place {
            let Place { line, column, excerpt, marked, .. } = place;
            margin = line.to_string().len();
            write!(f, "\n{:margin$}--> {line}:{column}", "")?;
            write!(f, "\n{:margin$} |\n{line} | {excerpt}", "")?;
            let (before, width) = (marked.start, marked.len());
            write!(f, "\n{:margin$} | {:before$}{:^<width$}", "", "", "")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n{:margin$} = help: {help}", "")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
