//! What can be wrong with data: each error names its place, shows the cell and says what to do.

use crate::encoding::Encoding;
use std::fmt;
use std::io;

/// Why a table could not be read, encoded, split or generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The reader itself failed.
    #[error("{file}: cannot be read: {source}")]
    Read {
        /// Name of the table.
        file: String,
        /// What the reader said.
        source: io::Error,
    },
    /// There is no header.
    #[error("{file}: is empty; the first line must name the columns")]
    Empty {
        /// Name of the table.
        file: String,
    },
    /// There is a header, but no row.
    #[error("{file}: has a header but no rows; add at least one row below it")]
    NoRows {
        /// Name of the table.
        file: String,
    },
    /// Columns or lines are separated in a way that is not read here.
    #[error("{file}: {found}; {fix}")]
    Layout {
        /// Name of the table.
        file: String,
        /// What the header looks like.
        found: &'static str,
        /// What to do.
        fix: &'static str,
    },
    /// A Parquet file that cannot be read on.
    #[error("{file}: cannot be read at row {row}: {what}; write the file anew, or as CSV")]
    Parquet {
        /// Name of the table.
        file: String,
        /// The row, from 1.
        row: u64,
        /// What the reader said.
        what: String,
    },
    /// A column of a Parquet file holds lists or groups of values.
    #[error(
        "{file}: column {column:?} holds lists or groups; leave it out, or write a column for each value"
    )]
    Nested {
        /// Name of the table.
        file: String,
        /// The column.
        column: String,
    },
    /// A column has no name.
    #[error("{file}: column {position} has no name; name it in the first line")]
    EmptyName {
        /// Name of the table.
        file: String,
        /// Position of the column, from 1.
        position: usize,
    },
    /// Two columns have one name.
    #[error("{file}: columns {first} and {second} are both named {name:?}; rename one of them")]
    DuplicateName {
        /// Name of the table.
        file: String,
        /// The name.
        name: String,
        /// Position of the first one, from 1.
        first: usize,
        /// Position of the second one, from 1.
        second: usize,
    },
    /// A row has more or fewer cells than the header.
    #[error(
        "{file}:{line}: this row has {found} where the header names {expected}; {}",
        if *open_quote {
            "it runs over several lines, so look for a quote that is not closed"
        } else {
            "complete the row, and quote a cell that holds a comma"
        }
    )]
    Ragged {
        /// Name of the table.
        file: String,
        /// Line in the file, from 1.
        line: u64,
        /// Cells in the row, in words.
        found: String,
        /// Columns in the header.
        expected: usize,
        /// Whether a cell holds a line break, as it does after a stray quote.
        open_quote: bool,
    },
    /// The cell is not UTF-8 text.
    #[error("{at}: {cell:?} is not UTF-8 text; save the file as UTF-8")]
    NotUtf8 {
        /// Where.
        at: Place,
        /// The cell, with a mark for what could not be read.
        cell: String,
    },
    /// The cell is in another encoding than cells before it.
    #[error(
        "{file}:{at_line}{column}: there are letters of {encoding}, and on line {line} of {before}; save the whole file as UTF-8",
        file = at.file,
        at_line = at.line,
        column = if at.column.is_empty() { String::new() } else { format!(", column {:?}, {cell:?}", at.column) }
    )]
    Mixed {
        /// Where.
        at: Place,
        /// The cell.
        cell: String,
        /// How it is written.
        encoding: Encoding,
        /// How an earlier cell is written.
        before: Encoding,
        /// The line of that one.
        line: u64,
    },
    /// A row is too long to be one.
    #[error(
        "{file}:{line}: the row that starts here does not end within 256 MB; look for a quote that is not closed"
    )]
    LongRow {
        /// Name of the table.
        file: String,
        /// Line in the file, from 1.
        line: u64,
    },
    /// A column of dates.
    #[error(
        "{file}: column {column:?} holds dates such as {example:?}, which a network cannot use as they are; \
         write what matters of them as columns of numbers (year, month, weekday, days since a day), or leave the column out"
    )]
    Dates {
        /// Name of the table.
        file: String,
        /// The column.
        column: String,
        /// One of them.
        example: String,
    },
    /// A column without a value from which one could be learned.
    #[error("{file}: column {column:?} has no value in the rows to learn from; leave it out")]
    NoValue {
        /// Name of the table.
        file: String,
        /// The column.
        column: String,
    },
    /// The cell holds no value.
    #[error("{at}: the value is missing ({cell:?}); fill it in or remove the row")]
    Missing {
        /// Where.
        at: Place,
        /// The cell.
        cell: String,
    },
    /// The number is infinite, not a number, or too large to work with.
    #[error("{at}: {cell:?} is not a finite number, or is too large; correct it or remove the row")]
    NonFinite {
        /// Where.
        at: Place,
        /// The cell.
        cell: String,
    },
    /// The column holds numbers, the cell does not.
    #[error("{at}: the column holds numbers, but this cell is {cell:?}; write a number there")]
    NotANumber {
        /// Where.
        at: Place,
        /// The cell.
        cell: String,
    },
    /// The column holds text in the encoder, and numbers here.
    #[error(
        "{file}: column {column:?} must be read as text, as in training; read it with `Encoder::reader`"
    )]
    NotText {
        /// Name of the table.
        file: String,
        /// The column.
        column: String,
    },
    /// The label is none of the classes.
    #[error("{at}: {cell:?} is no known label; the labels are {known}")]
    UnknownLabel {
        /// Where.
        at: Place,
        /// The cell.
        cell: String,
        /// The labels, as a list.
        known: String,
    },
    /// No column has this name.
    #[error("{file}: there is no column {name:?}{hint}; the columns are {known}")]
    UnknownColumn {
        /// Name of the table.
        file: String,
        /// The name that was asked for.
        name: String,
        /// The closest name, if one is close.
        hint: String,
        /// The columns, as a list.
        known: String,
    },
    /// Columns that the encoder needs are not there.
    #[error("{file}: misses {missing}, which the model was trained on; add what is missing")]
    MissingColumns {
        /// Name of the table.
        file: String,
        /// The columns, as a list.
        missing: String,
    },
    /// All columns are the target.
    #[error("{file}: has no column besides the target {target:?}; add columns to predict it from")]
    NoFeatures {
        /// Name of the table.
        file: String,
        /// The target column.
        target: String,
    },
    /// The target is the same in each row.
    #[error(
        "{file}: column {column:?} holds {value:?} in every row, so there is nothing to learn; \
         add rows with other values or choose another target"
    )]
    OneValue {
        /// Name of the table.
        file: String,
        /// The target column.
        column: String,
        /// The value.
        value: String,
    },
    /// A text column has more than [`MAX_VALUES`](crate::MAX_VALUES) values.
    #[error(
        "{file}: column {column:?} holds more than {limit} different values, too many to be \
         categories; leave it out or group its values"
    )]
    TooManyValues {
        /// Name of the table.
        file: String,
        /// The column.
        column: String,
        /// The limit.
        limit: usize,
    },
    /// The target holds text, which is no quantity.
    #[error(
        "{file}: column {column:?} holds text, and regression needs numbers; choose classification"
    )]
    TextTarget {
        /// Name of the table.
        file: String,
        /// The target column.
        column: String,
    },
    /// There is not enough memory for the matrix.
    #[error(
        "a matrix of {rows} rows and {cols} columns does not fit in memory; encode fewer rows at a time"
    )]
    TooLarge {
        /// Rows.
        rows: usize,
        /// Columns.
        cols: usize,
    },
    /// Two lists that belong together differ in length.
    #[error("{what} must be of one length, but are {left} and {right}")]
    Lengths {
        /// What was compared.
        what: &'static str,
        /// Length of the first.
        left: usize,
        /// Length of the second.
        right: usize,
    },
    /// A setting is out of its range.
    #[error("{name} is {value}, but must be {rule}")]
    Setting {
        /// Which setting.
        name: &'static str,
        /// What it was.
        value: String,
        /// What it may be.
        rule: String,
    },
}

impl DataError {
    pub(crate) fn setting(
        name: &'static str,
        value: impl fmt::Display,
        rule: impl Into<String>,
    ) -> Self {
        DataError::Setting { name, value: value.to_string(), rule: rule.into() }
    }
}

/// A cell's place: `iris.csv:7, column "species"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name of the table.
    pub file: String,
    /// Line in the file, from 1; the header is line 1 unless blank lines come before it.
    pub line: u64,
    /// Name of the column.
    pub column: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}, column {:?}", self.file, self.line, self.column)
    }
}

/// Text as messages show it: a cell can be megabytes long when a quote is not closed.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// Names as a list, `"a", "b"`, cut after the first 20.
pub(crate) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const MOST: usize = 20;
    let more = names.len().saturating_sub(MOST);
    let mut list: Vec<String> = names.take(MOST).map(|name| format!("{:?}", shown(name))).collect();
    if more > 0 {
        list.push(format!("and {more} more"));
    }
    list.join(", ")
}

/// `, but there is "species"`: the closest of `names`, ignoring case, if it is close.
pub(crate) fn hint<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    const LONGEST: usize = 100;
    if wanted.len() > LONGEST {
        return String::new();
    }
    let wanted = wanted.to_lowercase();
    let allowed = 1 + wanted.chars().count() / 3;
    names
        .filter(|name| name.len() <= LONGEST)
        .map(|name| (strsim::damerau_levenshtein(&wanted, &name.to_lowercase()), name))
        .min_by_key(|&(distance, _)| distance)
        .filter(|&(distance, _)| distance <= allowed)
        .map(|(_, name)| format!(", but there is {name:?}"))
        .unwrap_or_default()
}
