//! How a table is written: the flags that every command that reads one has.

use crate::failure::Failure;
use clap::ValueEnum;
use gradling_data::{DataError, Encoding, NumberFormat, Table, TableReader, TableStream};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How the table is written.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "How the table is written")]
pub(crate) struct Reading {
    /// What stands between cells: a character, or `tab` [default: what the first lines show].
    #[arg(long, value_name = "CHAR", value_parser = separator)]
    separator: Option<u8>,
    /// How letters are written [default: UTF-8, or Windows-1252 where it is not that].
    #[arg(long, value_name = "NAME")]
    encoding: Option<Letters>,
    /// The decimal sign: `.` or `,`.
    #[arg(long, value_name = "CHAR")]
    decimal: Option<char>,
    /// What stands between thousands: one of `. , ' _` or `space`.
    #[arg(long, value_name = "CHAR", value_parser = thousands)]
    thousands: Option<char>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Letters {
    #[value(name = "utf-8")]
    Utf8,
    #[value(name = "windows-1252", alias = "latin-1")]
    Windows1252,
}

fn separator(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        _ => match text.as_bytes() {
            [byte] if byte.is_ascii() => Ok(*byte),
            _ => Err("write one character of ASCII, or tab".to_owned()),
        },
    }
}

fn thousands(text: &str) -> Result<char, String> {
    match text {
        "space" => Ok(' '),
        _ => text.parse().map_err(|_| "write one character, or space".to_owned()),
    }
}

impl Reading {
    /// The reader with what was said of the table.
    pub(crate) fn reader(&self, mut reader: TableReader) -> Result<TableReader, Failure> {
        if let Some(separator) = self.separator {
            reader = reader.delimiter(separator);
        }
        if let Some(letters) = self.encoding {
            reader = reader.encoding(match letters {
                Letters::Utf8 => Encoding::Utf8,
                Letters::Windows1252 => Encoding::Windows1252,
            });
        }
        Ok(match self.numbers()? {
            Some(numbers) => reader.numbers(numbers),
            None => reader,
        })
    }

    /// How numbers are written, if anything was said of it.
    pub(crate) fn numbers(&self) -> Result<Option<NumberFormat>, Failure> {
        if self.decimal.is_none() && self.thousands.is_none() {
            return Ok(None);
        }
        Ok(Some(NumberFormat::new(self.decimal.unwrap_or('.'), self.thousands)?))
    }
}

/// The bytes of a file, or of stdin for `-`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read + Send>, Failure> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(file(path)?))
}

fn file(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| {
        Failure::Input(format!(
            "{} cannot be opened: {error}; give the path of a CSV file",
            path.display()
        ))
    })
}

/// A table: a file, or stdin for `-`.
pub(crate) enum Input {
    Text(Box<dyn Read + Send>),
    #[cfg(feature = "parquet")]
    Parquet(File),
}

impl Input {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        #[cfg(feature = "parquet")]
        if path.as_os_str() != "-" {
            let file = file(path)?;
            if is_parquet(&file) {
                return Ok(Input::Parquet(file));
            }
            return Ok(Input::Text(Box::new(file)));
        }
        open(path).map(Input::Text)
    }

    /// About the bytes that it would have as text, if that can be told before it is read.
    pub(crate) fn size(path: &Path) -> Option<u64> {
        // What has no size, such as stdin, can be gone through only once.
        let file = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        #[cfg(feature = "parquet")]
        if let Ok(file) = File::open(path)
            && is_parquet(&file)
        {
            const CELL: u64 = 8;
            return gradling_data::parquet_cells(file).map(|cells| cells.saturating_mul(CELL));
        }
        Some(file.len())
    }

    /// Reads all of it.
    pub(crate) fn read(self, reader: &TableReader) -> Result<Table, DataError> {
        match self {
            Input::Text(input) => reader.read(input),
            #[cfg(feature = "parquet")]
            Input::Parquet(file) => reader.read_parquet(file),
        }
    }

    /// Reads it in parts.
    pub(crate) fn stream(self, reader: &TableReader) -> Result<Parts, DataError> {
        match self {
            Input::Text(input) => reader.stream(input),
            #[cfg(feature = "parquet")]
            Input::Parquet(file) => reader.stream_parquet(file),
        }
    }

    /// The same that takes the sum of its bytes.
    pub(crate) fn stream_hashed(self, reader: &TableReader) -> Result<Parts, DataError> {
        match self {
            Input::Text(input) => reader.stream_hashed(input),
            #[cfg(feature = "parquet")]
            Input::Parquet(file) => reader.stream_parquet_hashed(file),
        }
    }
}

/// A table in parts.
pub(crate) type Parts = TableStream<Box<dyn Read + Send>>;

/// Keeps panics of the reader of Parquet, which become errors, from being reported as well.
#[cfg(feature = "parquet")]
pub(crate) fn quiet_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !gradling_data::reads_parquet() {
            report(info);
        }
    }));
}

/// Whether a file begins as Parquet does, whatever its name.
#[cfg(feature = "parquet")]
fn is_parquet(mut file: &File) -> bool {
    use std::io::Seek;
    let mut start = [0; 4];
    let read = file.read_exact(&mut start);
    // A pipe cannot go back, and is no Parquet file that can be read.
    let back = file.rewind();
    read.is_ok() && back.is_ok() && start == *b"PAR1"
}
