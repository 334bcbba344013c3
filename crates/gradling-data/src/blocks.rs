//! Text in blocks of whole records, so that a table of any size passes through a little memory, and several
//! blocks can be read at once.
//!
//! Without a quote, a record ends where a line ends. With one, a short machine follows the quotes as the csv
//! crate does: a quote opens at the start of a cell alone, and two within quotes are one.

use crate::error::DataError;
use memchr::{memchr, memchr_iter, memrchr};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Read;
use std::sync::Arc;

/// Bytes of a block, unless a record is longer.
const SIZE: usize = 1 << 20;
/// The longest record.
const MOST: usize = 1 << 28;

/// Whole records as they are in the file.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) bytes: Vec<u8>,
    /// The line on which they start.
    pub(crate) line: u64,
    /// Whether there is a quote among them.
    pub(crate) quoted: bool,
}

/// The blocks of a text.
pub(crate) struct Blocks<R> {
    file: Arc<str>,
    input: R,
    /// What was read and not given.
    buffer: Vec<u8>,
    line: u64,
    ended: bool,
    separator: u8,
    hash: Option<Sha256>,
}

impl<R: Read> Blocks<R> {
    /// Nothing is read yet.
    pub(crate) fn new(file: Arc<str>, input: R) -> Self {
        let buffer = Vec::new();
        Blocks { file, input, buffer, line: 1, ended: false, separator: b',', hash: None }
    }

    /// From here on, takes the sum of what is read: call it before anything is.
    pub(crate) fn hashed(self) -> Self {
        Blocks { hash: Some(Sha256::new()), ..self }
    }

    pub(crate) fn separate(&mut self, separator: u8) {
        self.separator = separator;
    }

    /// The first bytes: of so many lines at least, or of all that there are. Without a byte order mark.
    pub(crate) fn head(&mut self, lines: usize) -> Result<&[u8], DataError> {
        let mut want = SIZE;
        loop {
            self.fill(want)?;
            if self.ended
                || want >= MOST / 4
                || memchr_iter(b'\n', &self.buffer).nth(lines).is_some()
            {
                break;
            }
            want *= 2;
        }
        if self.buffer.starts_with(b"\xef\xbb\xbf") {
            self.buffer.drain(..3);
        }
        Ok(&self.buffer)
    }

    /// Whether the head is the whole text.
    pub(crate) fn is_whole(&self) -> bool {
        self.ended
    }

    /// Passes over the header: so many bytes.
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.line += memchr_iter(b'\n', &self.buffer[..bytes]).count() as u64;
        self.buffer.drain(..bytes);
    }

    /// The next block; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Raw>, DataError> {
        let mut want = SIZE;
        loop {
            self.fill(want)?;
            if self.buffer.is_empty() {
                return Ok(None);
            }
            let quoted = memchr(b'"', &self.buffer).is_some();
            let cut = if self.ended {
                self.buffer.len()
            } else if quoted {
                last_end(&self.buffer, self.separator)
            } else {
                memrchr(b'\n', &self.buffer).map_or(0, |at| at + 1)
            };
            if cut > 0 {
                let rest = self.buffer.split_off(cut);
                let bytes = std::mem::replace(&mut self.buffer, rest);
                let line = self.line;
                self.line += memchr_iter(b'\n', &bytes).count() as u64;
                return Ok(Some(Raw { bytes, line, quoted }));
            }
            want = 2 * self.buffer.len().max(SIZE);
            if want > MOST {
                return Err(DataError::LongRow { file: self.file.to_string(), line: self.line });
            }
        }
    }

    /// SHA-256 of all bytes, once they are read; `None` if it was not asked for.
    pub(crate) fn hash(&self) -> Option<String> {
        self.hash.clone().map(digits)
    }

    /// Reads until there are so many bytes, or no more.
    fn fill(&mut self, want: usize) -> Result<(), DataError> {
        let have = self.buffer.len();
        if self.ended || have >= want {
            return Ok(());
        }
        let most = (want - have) as u64;
        let read = self.input.by_ref().take(most).read_to_end(&mut self.buffer);
        let read =
            read.map_err(|source| DataError::Read { file: self.file.to_string(), source })? as u64;
        self.ended = read < most;
        if let Some(hash) = &mut self.hash {
            hash.update(&self.buffer[have..]);
        }
        Ok(())
    }
}

/// SHA-256 of all that is read, in hexadecimal.
#[cfg(feature = "parquet")]
pub(crate) fn sum(input: &mut impl Read) -> std::io::Result<String> {
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; SIZE]);
    loop {
        match input.read(&mut buffer)? {
            0 => return Ok(digits(hash)),
            count => hash.update(&buffer[..count]),
        }
    }
}

fn digits(hash: Sha256) -> String {
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Where the machine stands within a record.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Start,
    Plain,
    Quoted,
    /// After a quote within quotes.
    Closing,
}

/// Goes through text from the start of a record, and calls `each` with every separator and line end that is
/// outside of quotes, until it says so.
pub(crate) fn walk(bytes: &[u8], separator: u8, mut each: impl FnMut(usize, u8) -> bool) {
    let mut state = State::Start;
    for (at, &byte) in bytes.iter().enumerate() {
        state = match (state, byte) {
            (State::Quoted, b'"') => State::Closing,
            (State::Quoted, _) => State::Quoted,
            (State::Start, b'"') | (State::Closing, b'"') => State::Quoted,
            _ if byte == separator || byte == b'\n' => {
                if each(at, byte) {
                    return;
                }
                State::Start
            }
            _ => State::Plain,
        };
    }
}

/// Behind the last record that ends within these bytes; 0 if none does.
fn last_end(bytes: &[u8], separator: u8) -> usize {
    let mut last = 0;
    walk(bytes, separator, |at, byte| {
        if byte == b'\n' {
            last = at + 1;
        }
        false
    });
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The ends of records, by the csv crate.
    fn ends(bytes: &[u8]) -> Vec<usize> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(bytes);
        let mut record = csv::ByteRecord::new();
        let mut ends = Vec::new();
        while reader.read_byte_record(&mut record).unwrap() {
            ends.push(reader.position().byte() as usize);
        }
        ends
    }

    proptest! {
        #[test]
        fn a_block_ends_where_the_csv_crate_ends_a_record(text in "[ab,\"\n\r]{0,40}") {
            let end = last_end(text.as_bytes(), b',');
            let known = ends(text.as_bytes());
            // A record that the end of the text closes is not one that a line end does; blank lines are
            // no records there.
            let blank = text[..end].trim_end_matches('\n').len();
            prop_assert!(
                end == 0 || known.iter().any(|&at| (blank..=end).contains(&at)) || blank == 0,
                "{:?} cut at {}, records end at {:?}", text, end, known
            );
        }
    }
}
