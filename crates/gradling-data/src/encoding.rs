//! Which letters the bytes of a file stand for: UTF-8, or Windows-1252, which has all of Latin-1.
//!
//! Text that is not ASCII tells the two apart almost surely: hardly any bytes of Windows-1252 happen to be
//! UTF-8. A file whose cells do not agree is damaged, and is refused.

use crate::error::DataError;
use crate::error::{Place, shown};
use std::borrow::Cow;
use std::fmt;

/// How a file writes letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, of which ASCII is a part.
    Utf8,
    /// Windows-1252: what programs call Latin-1 or ANSI in western Europe and America.
    Windows1252,
}

impl Encoding {
    /// Takes what a later part of a file has [shown](crate::Table::encoding): parts that are parsed apart
    /// come together here, in their order.
    ///
    /// # Errors
    /// [`DataError::Mixed`] if it is not what an earlier one has shown.
    pub fn agree(
        before: Option<(Encoding, u64)>,
        part: &crate::Table,
    ) -> Result<Option<(Encoding, u64)>, DataError> {
        let mut letters = Letters { asked: None, found: before };
        letters.agree(part.name(), part.letters())?;
        Ok(letters.found)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Windows1252 => "Windows-1252 (Latin-1)",
        })
    }
}

/// What the bytes 0x80 to 0x9f are in Windows-1252; elsewhere it is Latin-1. Five are nothing.
/// <https://www.unicode.org/Public/MAPPINGS/VENDORS/MICSFT/WINDOWS/CP1252.TXT>
const HIGH: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘',
    '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// The text of bytes of Windows-1252, if they are that.
fn windows_1252(bytes: &[u8]) -> Option<String> {
    let letter = |&byte: &u8| match byte {
        0x80..=0x9f => Some(HIGH[usize::from(byte - 0x80)]).filter(|&letter| letter != '\0'),
        _ => Some(char::from(byte)),
    };
    bytes.iter().map(letter).collect()
}

/// The encoding of a file, as its cells have shown it so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Letters {
    /// What it was said to be.
    asked: Option<Encoding>,
    /// What the cells were, and the first line that told.
    pub(crate) found: Option<(Encoding, u64)>,
}

impl Letters {
    pub(crate) fn asked(asked: Option<Encoding>) -> Self {
        Letters { asked, found: None }
    }

    /// The text of a cell.
    pub(crate) fn decode<'c>(
        &mut self,
        cell: &'c [u8],
        at: impl Fn() -> Place,
    ) -> Result<Cow<'c, str>, DataError> {
        if cell.is_ascii() {
            // ASCII is UTF-8, so nothing is lost.
            return Ok(String::from_utf8_lossy(cell));
        }
        let wrong = || String::from_utf8_lossy(cell).into_owned();
        let (text, encoding) = match (self.asked, std::str::from_utf8(cell)) {
            (None | Some(Encoding::Utf8), Ok(text)) => (Cow::Borrowed(text), Encoding::Utf8),
            (Some(Encoding::Utf8), Err(_)) => {
                return Err(DataError::NotUtf8 { at: at(), cell: shown(&wrong()) });
            }
            _ => match windows_1252(cell) {
                Some(text) => (Cow::Owned(text), Encoding::Windows1252),
                None => return Err(DataError::NotUtf8 { at: at(), cell: shown(&wrong()) }),
            },
        };
        match self.found {
            None => self.found = Some((encoding, at().line)),
            Some((before, line)) if before != encoding => {
                let cell = shown(&text);
                return Err(DataError::Mixed { at: at(), cell, encoding, before, line });
            }
            Some(_) => {}
        }
        Ok(text)
    }

    /// Takes what a later part of the same file has shown.
    pub(crate) fn agree(&mut self, file: &str, later: &Letters) -> Result<(), DataError> {
        match (self.found, later.found) {
            (Some((before, line)), Some((encoding, later))) if before != encoding => {
                let at = Place { file: file.to_owned(), line: later, column: String::new() };
                Err(DataError::Mixed { at, cell: String::new(), encoding, before, line })
            }
            _ => {
                self.found = self.found.or(later.found);
                Ok(())
            }
        }
    }
}
