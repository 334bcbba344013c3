//! A table in memory: named columns, each of finite numbers or of text, and where rows came from.
//!
//! A missing value is NaN among numbers and an empty text among texts; only a table that was read to
//! keep them has any.

use crate::encoding::{Encoding, Letters};
use crate::error::{DataError, Place, hint, listed, shown};
use indexmap::IndexSet;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;

/// Named columns of one length. Missing values are refused, or [kept](crate::TableReader::keep_missing).
#[derive(Debug, Clone)]
pub struct Table {
    name: String,
    columns: Vec<Column>,
    lines: Lines,
    letters: Letters,
    hash: Option<String>,
}

impl Table {
    /// A table from columns; `name` stands in messages where a file name would.
    ///
    /// # Errors
    /// Columns of different lengths, no column or no row, an empty or repeated name, a number
    /// that is not finite, a text that marks a missing value.
    pub fn new(name: impl Into<String>, columns: Vec<Column>) -> Result<Self, DataError> {
        let file = name.into();
        let Some(first) = columns.first() else {
            return Err(DataError::Empty { file });
        };
        let rows = first.len();
        check_names(&file, columns.iter().map(Column::name))?;
        if let Some(other) = columns.iter().find(|column| column.len() != rows) {
            return Err(DataError::Lengths {
                what: "columns of a table",
                left: rows,
                right: other.len(),
            });
        }
        if rows == 0 {
            return Err(DataError::NoRows { file });
        }
        let table = Table::from_parts(file, columns, Lines::default());
        for column in &table.columns {
            match &column.values {
                Values::Numbers(numbers) => {
                    if let Some(row) = numbers.iter().position(|x| !x.is_finite()) {
                        let cell = number_text(numbers[row]);
                        return Err(DataError::NonFinite {
                            at: table.place(row, &column.name),
                            cell,
                        });
                    }
                }
                Values::Texts(texts) => {
                    if let Some(row) = texts.iter().position(is_missing) {
                        let cell = column.cell(row);
                        return Err(DataError::Missing {
                            at: table.place(row, &column.name),
                            cell,
                        });
                    }
                }
            }
        }
        Ok(table)
    }

    /// Reads CSV with a header; short for [`TableReader`](crate::TableReader) without settings.
    ///
    /// # Errors
    /// As [`TableReader::read`](crate::TableReader::read).
    pub fn read(name: impl Into<String>, input: impl io::Read) -> Result<Self, DataError> {
        crate::TableReader::new(name).read(input)
    }

    pub(crate) fn from_parts(name: String, columns: Vec<Column>, lines: Lines) -> Self {
        Table { name, columns, lines, letters: Letters::default(), hash: None }
    }

    pub(crate) fn with_letters(self, letters: Letters) -> Self {
        Table { letters, ..self }
    }

    pub(crate) fn with_hash(self, hash: Option<String>) -> Self {
        Table { hash, ..self }
    }

    pub(crate) fn letters(&self) -> &Letters {
        &self.letters
    }

    /// The encoding of the file, and the first line that told it; `None` if all of it was ASCII.
    pub fn encoding(&self) -> Option<(Encoding, u64)> {
        self.letters.found
    }

    /// SHA-256 of the file's bytes, in hexadecimal; `None` of a table that was not read from a file.
    pub fn hash(&self) -> Option<&str> {
        self.hash.as_deref()
    }

    /// The table of these rows alone, in this order; their lines stay those of the file.
    ///
    /// # Errors
    /// A row that there is not, or no row.
    pub fn only_rows(&self, rows: &[usize]) -> Result<Table, DataError> {
        self.check_rows(rows)?;
        if rows.is_empty() {
            return Err(DataError::setting("the number of rows to keep", 0, "at least 1"));
        }
        let some = |column: &Column| {
            let values = match &column.values {
                Values::Numbers(numbers) => {
                    Values::Numbers(rows.iter().map(|&row| numbers[row]).collect())
                }
                Values::Texts(texts) => {
                    let mut kept = Texts::default();
                    for &row in rows {
                        match texts.get(row) {
                            "" => kept.push_missing(),
                            text => kept.push(text),
                        }
                    }
                    Values::Texts(kept)
                }
            };
            Column::from_parts(column.name.clone(), values)
        };
        let mut lines = Lines::default();
        for (place, &row) in rows.iter().enumerate() {
            lines.note(place, self.line(row));
        }
        let columns = self.columns.iter().map(some).collect();
        Ok(Table { name: self.name.clone(), columns, lines, hash: self.hash.clone(), ..*self })
    }

    /// The name that messages use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of rows: at least 1, but for a part of a [stream](crate::TableReader::stream).
    pub fn rows(&self) -> usize {
        self.columns[0].len()
    }

    /// All row numbers, `0..rows`, for the functions that work on some rows.
    pub fn row_ids(&self) -> Vec<usize> {
        (0..self.rows()).collect()
    }

    /// The columns in their order, at least 1.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of this name.
    ///
    /// # Errors
    /// [`DataError::UnknownColumn`], with the columns that there are and the closest name.
    pub fn column(&self, name: &str) -> Result<&Column, DataError> {
        self.find(name)
            .ok_or_else(|| unknown_column(&self.name, name, self.columns.iter().map(Column::name)))
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The line of the file on which a row starts, from 1.
    pub fn line(&self, row: usize) -> u64 {
        self.lines.line(row)
    }

    /// The table with one more column at its end, such as predictions.
    ///
    /// # Errors
    /// As [`Table::new`].
    pub fn with_column(mut self, column: Column) -> Result<Self, DataError> {
        self.columns.push(column);
        let (lines, letters, hash) = (self.lines, self.letters, self.hash);
        Ok(Table { lines, letters, hash, ..Table::new(self.name, self.columns)? })
    }

    /// Writes the table as CSV with a header; numbers in the shortest form that reads back as
    /// they are.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_csv(&self, output: impl io::Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(output);
        writer.write_record(self.columns.iter().map(Column::name))?;
        for row in 0..self.rows() {
            for column in &self.columns {
                match &column.values {
                    Values::Numbers(_) => writer.write_field(column.cell(row))?,
                    Values::Texts(texts) => writer.write_field(texts.get(row))?,
                }
            }
            writer.write_record(None::<&[u8]>)?;
        }
        writer.flush()
    }

    pub(crate) fn place(&self, row: usize, column: &str) -> Place {
        Place { file: self.name.clone(), line: self.line(row), column: shown(column) }
    }

    /// The number in a cell; a text cell counts when it reads as a finite number.
    pub(crate) fn number(&self, column: &Column, row: usize) -> Result<f64, DataError> {
        match &column.values {
            Values::Numbers(numbers) if numbers[row].is_nan() => Err(self.missing(column, row)),
            Values::Numbers(numbers) => Ok(numbers[row]),
            Values::Texts(texts) => {
                texts.get(row).parse().ok().filter(|x: &f64| x.is_finite()).ok_or_else(|| {
                    DataError::NotANumber {
                        at: self.place(row, &column.name),
                        cell: shown(texts.get(row)),
                    }
                })
            }
        }
    }

    /// A value that is missing where one is needed.
    pub(crate) fn missing(&self, column: &Column, row: usize) -> DataError {
        DataError::Missing { at: self.place(row, &column.name), cell: String::new() }
    }

    /// The texts of a column that must hold text.
    pub(crate) fn texts<'t>(&self, column: &'t Column) -> Result<&'t Texts, DataError> {
        match &column.values {
            Values::Texts(texts) => Ok(texts),
            Values::Numbers(_) => {
                Err(DataError::NotText { file: self.name.clone(), column: shown(&column.name) })
            }
        }
    }

    /// Rows come from the caller, so they are checked before any is used as an index.
    pub(crate) fn check_rows(&self, rows: &[usize]) -> Result<(), DataError> {
        match rows.iter().find(|&&row| row >= self.rows()) {
            None => Ok(()),
            Some(row) => {
                let (rows, name) = (self.rows(), &self.name);
                let rule = format!("less than {rows}, the number of rows of {name}");
                Err(DataError::setting("row", row, rule))
            }
        }
    }
}

/// A name and its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    name: String,
    values: Values,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Finite numbers; NaN where a missing value was kept.
    Numbers(Vec<f64>),
    /// Text, none of it a mark for a missing value; empty where one was kept.
    Texts(Texts),
}

impl Values {
    pub(crate) fn push_missing(&mut self) {
        match self {
            Values::Numbers(numbers) => numbers.push(f64::NAN),
            Values::Texts(texts) => texts.push_missing(),
        }
    }
}

impl Column {
    /// A column of numbers.
    pub fn numbers(name: impl AsRef<str>, numbers: Vec<f64>) -> Self {
        Column::from_parts(clean(name.as_ref()).to_owned(), Values::Numbers(numbers))
    }

    /// A column of text; white space around a text is dropped, as it is in a file.
    pub fn texts<S: AsRef<str>>(name: impl AsRef<str>, cells: impl IntoIterator<Item = S>) -> Self {
        let mut texts = Texts::default();
        cells.into_iter().for_each(|cell| texts.push(clean(cell.as_ref())));
        Column::from_parts(clean(name.as_ref()).to_owned(), Values::Texts(texts))
    }

    pub(crate) fn from_parts(name: String, values: Values) -> Self {
        Column { name, values }
    }

    /// The column's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The column's values.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The cell as text, empty where it is missing.
    ///
    /// # Panics
    /// When there is no such row, as indexing does.
    pub fn cell(&self, row: usize) -> String {
        match &self.values {
            Values::Numbers(numbers) if numbers[row].is_nan() => String::new(),
            Values::Numbers(numbers) => number_text(numbers[row]),
            Values::Texts(texts) => texts.get(row).to_owned(),
        }
    }

    /// Whether the value of a row is missing.
    ///
    /// # Panics
    /// When there is no such row, as indexing does.
    pub fn is_missing(&self, row: usize) -> bool {
        match &self.values {
            Values::Numbers(numbers) => numbers[row].is_nan(),
            Values::Texts(texts) => texts.codes[row] == MISSING,
        }
    }

    fn len(&self) -> usize {
        match &self.values {
            Values::Numbers(numbers) => numbers.len(),
            Values::Texts(texts) => texts.codes.len(),
        }
    }
}

/// The code of a missing text.
pub(crate) const MISSING: u32 = u32::MAX;

/// Text cells: each different text is kept once, a cell is its number.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    codes: Vec<u32>,
    distinct: IndexSet<Box<str>>,
}

impl Texts {
    /// The text of a row, empty where it is missing.
    ///
    /// # Panics
    /// When there is no such row, as indexing does.
    pub fn get(&self, row: usize) -> &str {
        self.of(self.codes[row])
    }

    fn of(&self, code: u32) -> &str {
        if code == MISSING { "" } else { &self.distinct[code as usize] }
    }

    /// The text of each row, empty where it is missing.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.codes.iter().map(|&code| self.of(code))
    }

    /// The different texts, in the order in which they first appear.
    pub fn distinct(&self) -> impl ExactSizeIterator<Item = &str> {
        self.distinct.iter().map(|text| &**text)
    }

    /// For each row, the position of its text in [`distinct`](Texts::distinct), or [`MISSING`].
    pub(crate) fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// So many missing values.
    pub(crate) fn gaps(count: usize) -> Texts {
        Texts { codes: vec![MISSING; count], distinct: IndexSet::new() }
    }

    pub(crate) fn push_missing(&mut self) {
        self.codes.push(MISSING);
    }

    pub(crate) fn push(&mut self, text: &str) {
        let code = match self.distinct.get_index_of(text) {
            Some(code) => code,
            None => self.distinct.insert_full(text.into()).0,
        };
        // 2^32 different texts of a few bytes each need more than 200 GB: memory ends first.
        self.codes.push(code as u32);
    }
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        self.codes.len() == other.codes.len() && self.iter().eq(other.iter())
    }
}

/// Which line each row starts on: only the rows at which the count jumps are kept, as after a
/// blank line or a cell that holds a line break.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines {
    jumps: Vec<(usize, u64)>,
}

impl Lines {
    /// Notes the line of a row; rows come in order.
    pub(crate) fn note(&mut self, row: usize, line: u64) {
        if self.line(row) != line {
            self.jumps.push((row, line));
        }
    }

    fn line(&self, row: usize) -> u64 {
        let after = self.jumps.partition_point(|&(from, _)| from <= row);
        let (from, line) = if after == 0 { (0, 2) } else { self.jumps[after - 1] };
        line + (row - from) as u64
    }
}

/// Names must be there and differ: columns are found by name.
pub(crate) fn check_names<'a>(
    file: &str,
    names: impl Iterator<Item = &'a str>,
) -> Result<(), DataError> {
    let mut seen = HashMap::new();
    for (position, name) in (1..).zip(names) {
        if name.is_empty() {
            return Err(DataError::EmptyName { file: file.to_owned(), position });
        }
        match seen.entry(name) {
            Entry::Vacant(vacant) => vacant.insert(position),
            Entry::Occupied(first) => {
                let (file, name) = (file.to_owned(), shown(name));
                return Err(DataError::DuplicateName {
                    file,
                    name,
                    first: *first.get(),
                    second: position,
                });
            }
        };
    }
    Ok(())
}

pub(crate) fn unknown_column<'a>(
    file: &str,
    name: &str,
    names: impl ExactSizeIterator<Item = &'a str> + Clone,
) -> DataError {
    DataError::UnknownColumn {
        file: file.to_owned(),
        name: shown(name),
        hint: hint(name, names.clone()),
        known: listed(names),
    }
}

/// A cell without the white space around it, or a byte order mark that another program left.
pub(crate) fn clean(cell: &str) -> &str {
    cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// Whether a cell is one of the marks for "no value" that programs write.
pub(crate) fn is_missing(cell: &str) -> bool {
    ["", "?", "NA", "N/A", "NaN"].iter().any(|mark| cell.eq_ignore_ascii_case(mark))
}

/// The shortest text that reads back as the same number, without hundreds of zeros.
pub(crate) fn number_text(x: f64) -> String {
    let size = x.abs();
    if size == 0.0 || (1e-5..1e16).contains(&size) { x.to_string() } else { format!("{x:e}") }
}

/// Appends a number as [`Table::write_csv`] writes it: in the shortest form that reads back as it is.
pub fn write_number(out: &mut Vec<u8>, x: f64) {
    let size = x.abs();
    if !(1e-4..1e15).contains(&size) {
        out.extend_from_slice(number_text(x).as_bytes());
        return;
    }
    // In this range it is written without an exponent there too.
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(x);
    out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_written_the_same_in_both_ways(x in any::<f64>(), y in -1e4..1e4f64, n in -1_000_000i64..1_000_000) {
            for x in [x, y, n as f64, n as f64 / 1000.0] {
                let mut out = Vec::new();
                write_number(&mut out, x);
                prop_assert_eq!(String::from_utf8(out).unwrap(), number_text(x));
            }
        }
    }
}
