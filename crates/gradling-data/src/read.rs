//! Reading CSV: text to typed columns in one pass, each cell parsed once.
//!
//! The first 1,000 rows decide what a column holds. If all its cells there are numbers, it is a
//! column of numbers, and text in it is an error. If at least nine in ten are numbers, the others
//! are taken for mistakes, and the first of them is the error. Else it is text. So no cell has to
//! be kept as text for the case that its column turns out to be text later.

use crate::error::{DataError, Place, listed, shown};
use crate::table::{
    Column, Lines, Table, Texts, Values, check_names, clean, is_missing, unknown_column,
};
use csv::ByteRecord;
use std::collections::HashSet;
use std::io::{self, Read};
use std::str;

/// Rows that decide what the columns hold.
const HEAD: usize = 1000;
/// A column is meant to hold numbers when it has at least so many for each cell of text.
const NUMBERS_PER_TEXT: usize = 9;

/// How to read a CSV table.
///
/// White space around cells and blank lines are ignored. Lines may end in `\n` or `\r\n`, and a
/// byte order mark may come first. Empty cells, `?`, `NA`, `N/A` and `NaN` are missing values,
/// and so far an error.
///
/// ```
/// use gradling_data::TableReader;
///
/// let csv = "id;zip;rooms\n1;01067;3\n2;80331;4\n";
/// let table = TableReader::new("flats.csv").delimiter(b';').without(["id"]).text(["zip"]).read(csv.as_bytes())?;
/// assert_eq!(table.columns()[0].cell(0), "01067");
/// # Ok::<(), gradling_data::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TableReader {
    name: String,
    delimiter: u8,
    text: Vec<String>,
    keep: Keep,
}

#[derive(Debug, Clone)]
enum Keep {
    All,
    Without(Vec<String>),
    Only(Vec<String>),
}

impl TableReader {
    /// A reader of comma-separated text; `name` is used in messages.
    pub fn new(name: impl Into<String>) -> Self {
        TableReader { name: name.into(), delimiter: b',', text: Vec::new(), keep: Keep::All }
    }

    /// Another byte than the comma between cells, such as `b';'` or `b'\t'`.
    pub fn delimiter(self, delimiter: u8) -> Self {
        TableReader { delimiter, ..self }
    }

    /// Reads these columns as text, although they may look like numbers.
    pub fn text<S: Into<String>>(self, columns: impl IntoIterator<Item = S>) -> Self {
        TableReader { text: columns.into_iter().map(Into::into).collect(), ..self }
    }

    /// Leaves these columns out, whatever their cells hold.
    pub fn without<S: Into<String>>(self, columns: impl IntoIterator<Item = S>) -> Self {
        TableReader { keep: Keep::Without(columns.into_iter().map(Into::into).collect()), ..self }
    }

    /// Reads these columns alone, whatever the cells of the others hold.
    pub fn only<S: Into<String>>(self, columns: impl IntoIterator<Item = S>) -> Self {
        TableReader { keep: Keep::Only(columns.into_iter().map(Into::into).collect()), ..self }
    }

    /// Reads to the end of `input`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column: see [`DataError`].
    pub fn read(&self, input: impl Read) -> Result<Table, DataError> {
        let mut records = Records::new(&self.name, self.delimiter, input);
        let mut builder =
            Builder { file: &self.name, columns: Vec::new(), rows: 0, lines: Lines::default() };
        if !records.advance()? {
            return Err(DataError::Empty { file: self.name.clone() });
        }
        let names = self.names(&records)?;

        let mut head = Vec::with_capacity(HEAD);
        while head.len() < HEAD && records.advance()? {
            head.push((records.record.clone(), records.line));
        }
        if head.is_empty() {
            return Err(DataError::NoRows { file: self.name.clone() });
        }
        builder.columns = self.columns(names, &head)?;
        for (record, line) in &head {
            builder.push(record, *line)?;
        }
        drop(head);
        while records.advance()? {
            builder.push(&records.record, records.line)?;
        }

        let columns: Vec<Column> = builder
            .columns
            .into_iter()
            .filter_map(|(name, cells)| Some(Column::from_parts(name, cells?)))
            .collect();
        if columns.is_empty() {
            return Err(DataError::setting("the choice of columns", "empty", "at least one"));
        }
        Ok(Table::from_parts(self.name.clone(), columns, builder.lines))
    }

    /// The names in the header, checked.
    fn names<R: Read>(&self, records: &Records<'_, R>) -> Result<Vec<String>, DataError> {
        let names = records
            .record
            .iter()
            .map(|cell| match str::from_utf8(cell) {
                Ok(name) => Ok(clean(name).to_owned()),
                Err(_) => Err(not_utf8(&self.name, records.line, &lossy(cell), cell)),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let has = |mark| names.iter().any(|name| name.replace("\r\n", "").contains(mark));
        let one = names.len() == 1 && self.delimiter == b',';
        let commas = "write commas instead, or set the delimiter";
        let layout = if has('\r') {
            let fix = "save the file with Unix or Windows line ends";
            Some(("lines end in a carriage return alone, as on very old Macs", fix))
        } else if one && has(';') {
            Some(("cells are separated by semicolons", commas))
        } else if one && has('\t') {
            Some(("cells are separated by tabs", commas))
        } else {
            None
        };
        if let Some((found, fix)) = layout {
            return Err(DataError::Layout { file: self.name.clone(), found, fix });
        }
        check_names(&self.name, names.iter().map(String::as_str))?;
        Ok(names)
    }

    /// An empty store for each column that is kept: of numbers or of text, as the head tells.
    fn columns(
        &self,
        names: Vec<String>,
        head: &[(ByteRecord, u64)],
    ) -> Result<Vec<(String, Option<Values>)>, DataError> {
        // Sets, because a table may have as many columns as rows.
        let set = |names: &[String]| names.iter().cloned().collect::<HashSet<String>>();
        let (there, text) = (set(&names), set(&self.text));
        let absent = |list: &[String]| -> Vec<String> {
            list.iter().filter(|&name| !there.contains(name)).cloned().collect()
        };
        let (chosen, keeps_chosen): (&[String], bool) = match &self.keep {
            Keep::All => (&[], false),
            Keep::Without(without) => (without, false),
            Keep::Only(only) => (only, true),
        };
        let missing = absent(chosen);
        if keeps_chosen && !missing.is_empty() {
            let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
            return Err(missing_columns(&self.name, &missing));
        }
        if let Some(unknown) = missing.iter().chain(&absent(&self.text)).next() {
            return Err(unknown_column(&self.name, unknown, names.iter().map(String::as_str)));
        }
        let chosen = set(chosen);
        let store = |at: usize, name: &str| {
            if text.contains(name) || !holds_numbers(head, at) {
                Values::Texts(Texts::default())
            } else {
                Values::Numbers(Vec::new())
            }
        };
        let columns = names.into_iter().enumerate().map(|(at, name)| {
            let kept = chosen.contains(&name) == keeps_chosen;
            let values = kept.then(|| store(at, &name));
            (name, values)
        });
        Ok(columns.collect())
    }
}

/// Whether a column's cells in the head are numbers, but for mistakes.
fn holds_numbers(head: &[(ByteRecord, u64)], at: usize) -> bool {
    let (mut numbers, mut texts) = (0, 0);
    for cell in head.iter().filter_map(|(record, _)| record.get(at)) {
        match str::from_utf8(cell).map(clean) {
            Ok(cell) if is_missing(cell) => {}
            Ok(cell) if cell.parse::<f64>().is_ok() => numbers += 1,
            _ => texts += 1,
        }
    }
    texts == 0 || numbers >= NUMBERS_PER_TEXT * texts
}

/// The table while its rows come in; `None` is a column that is left out.
struct Builder<'a> {
    file: &'a str,
    columns: Vec<(String, Option<Values>)>,
    rows: usize,
    lines: Lines,
}

impl Builder<'_> {
    fn push(&mut self, record: &ByteRecord, line: u64) -> Result<(), DataError> {
        if record.len() != self.columns.len() {
            return Err(DataError::Ragged {
                file: self.file.to_owned(),
                line,
                found: if record.len() == 1 {
                    "1 cell".to_owned()
                } else {
                    format!("{} cells", record.len())
                },
                expected: self.columns.len(),
                open_quote: record.as_slice().contains(&b'\n'),
            });
        }
        for (cell, (name, values)) in record.iter().zip(&mut self.columns) {
            let Some(values) = values else { continue };
            let Ok(text) = str::from_utf8(cell) else {
                return Err(not_utf8(self.file, line, name, cell));
            };
            let (text, file) = (clean(text), self.file);
            let at = || Place { file: file.to_owned(), line, column: shown(name) };
            let cell = || shown(text);
            if is_missing(text) {
                return Err(DataError::Missing { at: at(), cell: cell() });
            }
            match values {
                Values::Texts(texts) => texts.push(text),
                Values::Numbers(numbers) => match text.parse::<f64>() {
                    Ok(number) if number.is_finite() => numbers.push(number),
                    Ok(_) => {
                        return Err(DataError::NonFinite { at: at(), cell: cell() });
                    }
                    Err(_) => {
                        return Err(DataError::NotANumber { at: at(), cell: cell() });
                    }
                },
            }
        }
        self.lines.note(self.rows, line);
        self.rows += 1;
        Ok(())
    }
}

fn not_utf8(file: &str, line: u64, column: &str, cell: &[u8]) -> DataError {
    let at = Place { file: file.to_owned(), line, column: shown(column) };
    DataError::NotUtf8 { at, cell: shown(&lossy(cell)) }
}

fn lossy(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).into_owned()
}

pub(crate) fn missing_columns(file: &str, missing: &[&str]) -> DataError {
    let noun = if missing.len() == 1 { "the column" } else { "the columns" };
    let missing = format!("{noun} {}", listed(missing.iter().copied()));
    DataError::MissingColumns { file: file.to_owned(), missing }
}

/// The records of a CSV text, each with the line it starts on.
struct Records<'a, R> {
    file: &'a str,
    reader: csv::Reader<Whole<R>>,
    record: ByteRecord,
    line: u64,
}

impl<'a, R: Read> Records<'a, R> {
    fn new(file: &'a str, delimiter: u8, input: R) -> Self {
        let reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            // With '\n' alone a record ends exactly at a line end, so that its line can be told;
            // the '\r' before it goes with the white space around the last cell.
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(Whole { input, read: 0, last: b'\n' });
        Records { file, reader, record: ByteRecord::new(), line: 1 }
    }

    /// Moves to the next record that is not blank; `false` at the end.
    fn advance(&mut self) -> Result<bool, DataError> {
        loop {
            let more = self.reader.read_byte_record(&mut self.record).map_err(|error| {
                DataError::Read { file: self.file.to_owned(), source: error.into() }
            })?;
            if !more {
                return Ok(false);
            }
            let blank =
                self.record.len() == 1 && self.record[0].iter().all(u8::is_ascii_whitespace);
            if !blank {
                self.line = self.start();
                return Ok(true);
            }
        }
    }

    /// The csv crate tells the line before the blank lines that it skipped, so count backwards
    /// from the end of the record: its own line ends, and the one that closes it, which only the
    /// last record of a file may lack.
    fn start(&self) -> u64 {
        let end = self.reader.position();
        let source = self.reader.get_ref();
        let closed = end.byte() < source.read || source.last == b'\n';
        let inside = self.record.as_slice().iter().filter(|&&byte| byte == b'\n').count();
        let start = end.line().saturating_sub(inside as u64 + u64::from(closed));
        // A quote left open to the end of the file swallows the line end that seems to close it.
        start.max(self.record.position().map_or(1, csv::Position::line))
    }
}

/// A reader that fills each buffer as far as it can, so that a byte order mark is never split,
/// and remembers how much was read and how it ended.
struct Whole<R> {
    input: R,
    read: u64,
    last: u8,
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.input.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(&last) = buffer[..filled].last() {
            self.last = last;
            self.read += filled as u64;
        }
        Ok(filled)
    }
}
