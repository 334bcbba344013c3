//! Parquet: columns that know what they hold, read row by row into the same typed columns as CSV.
//!
//! Numbers and decimals are numbers; texts, truths, dates and times are text. Rows have no lines there, so
//! messages give the number of the row, from 1.

use crate::error::{DataError, Place, shown};
use crate::read::{Kind, Layout};
use crate::table::{Column, Lines, Table, Texts, Values, clean, is_missing, number_text};
use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use parquet::schema::types::Type;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Rows of a part.
const PART: usize = 16_384;

/// What a file is said to hold: its columns, each with what it holds.
pub(crate) struct Opened {
    reader: SerializedFileReader<File>,
    fields: Vec<Arc<Type>>,
}

/// A table that is read in parts.
pub(crate) struct Parts {
    rows: RowIter<'static>,
    nanoseconds: Vec<Option<Nanoseconds>>,
    /// How many were given.
    given: u64,
}

impl Opened {
    /// Looks at what stands at the end of the file.
    pub(crate) fn new(name: &str, file: File) -> Result<Self, DataError> {
        let reader = guarded(name, 0, || SerializedFileReader::new(file))?;
        let schema = reader.metadata().file_metadata().schema_descr().root_schema();
        let fields = schema.get_fields().to_vec();
        Ok(Opened { reader, fields })
    }

    /// The names of the columns.
    pub(crate) fn names(&self) -> Vec<String> {
        self.fields.iter().map(|field| clean(field.name()).to_owned()).collect()
    }

    /// What a column holds.
    pub(crate) fn kind(&self, at: usize) -> Kind {
        let field = &self.fields[at];
        match field.is_primitive() && is_number(field) {
            true => Kind::Number,
            false => Kind::Text,
        }
    }

    /// The rows of the columns that are kept.
    pub(crate) fn parts(self, layout: &Layout) -> Result<Parts, DataError> {
        let file = &layout.file;
        let mut kept = Vec::new();
        for (field, (name, kind)) in self.fields.iter().zip(&layout.columns) {
            if kind.is_none() {
                continue;
            }
            if !field.is_primitive() || field.get_basic_info().repetition() == Repetition::REPEATED
            {
                let (file, column) = (file.clone(), shown(name));
                return Err(DataError::Nested { file, column });
            }
            kept.push(Arc::clone(field));
        }
        let nanoseconds = kept.iter().map(|field| nanoseconds(field)).collect();
        let schema = self.reader.metadata().file_metadata().schema_descr().root_schema();
        let name = schema.name().to_owned();
        let rows = guarded(file, 0, || {
            let kept = Type::group_type_builder(&name).with_fields(kept).build()?;
            RowIter::from_file_into(Box::new(self.reader)).project(Some(kept))
        })?;
        Ok(Parts { rows, nanoseconds, given: 0 })
    }
}

impl Parts {
    /// The next part; `None` at the end.
    pub(crate) fn next(&mut self, layout: &Layout) -> Result<Option<Table>, DataError> {
        self.take(layout, PART)
    }

    /// All that is left, at once.
    pub(crate) fn rest(&mut self, layout: &Layout) -> Result<Option<Table>, DataError> {
        self.take(layout, usize::MAX)
    }

    fn take(&mut self, layout: &Layout, most: usize) -> Result<Option<Table>, DataError> {
        let kept = || layout.columns.iter().filter_map(|(name, kind)| Some((name, kind.as_ref()?)));
        let mut columns: Vec<(&String, Values)> = kept()
            .map(|(name, kind)| match kind {
                Kind::Number => (name, Values::Numbers(Vec::new())),
                Kind::Text => (name, Values::Texts(Texts::default())),
            })
            .collect();
        let mut lines = Lines::default();
        let mut count = 0;
        while count < most
            && let Some(row) = guarded(&layout.file, self.given, || self.rows.next().transpose())?
        {
            self.given += 1;
            push(layout, &self.nanoseconds, &mut columns, &row, self.given)?;
            lines.note(count, self.given);
            count += 1;
        }
        if count == 0 {
            return Ok(None);
        }
        let columns = columns.into_iter();
        let columns =
            columns.map(|(name, cells)| Column::from_parts(name.clone(), cells)).collect();
        Ok(Some(Table::from_parts(layout.file.clone(), columns, lines)))
    }
}

/// How many cells a Parquet file has; `None` if it is none.
pub fn parquet_cells(file: File) -> Option<u64> {
    let reader = guarded("", 0, || SerializedFileReader::new(file)).ok()?;
    let metadata = reader.metadata().file_metadata();
    let columns = metadata.schema_descr().num_columns() as u64;
    Some(u64::try_from(metadata.num_rows()).ok()?.saturating_mul(columns))
}

/// Adds a row.
fn push(
    layout: &Layout,
    nanoseconds: &[Option<Nanoseconds>],
    columns: &mut [(&String, Values)],
    row: &Row,
    number: u64,
) -> Result<(), DataError> {
    let cells = row.get_column_iter().zip(nanoseconds);
    for (((_, field), nanoseconds), (name, values)) in cells.zip(columns) {
        let at = || Place { file: layout.file.clone(), line: number, column: shown(name) };
        let cell = match (nanoseconds, field) {
            (Some(text), Field::Long(x)) => Cell::Text(text(x.div_euclid(1_000_000_000))),
            _ => cell_of(field).map_err(|cell| DataError::NotUtf8 { at: at(), cell })?,
        };
        let missing = match &cell {
            Cell::Missing => true,
            Cell::Number(x) => x.is_nan(),
            Cell::Text(text) => is_missing(clean(text)),
        };
        if missing {
            if !layout.keeps_missing() {
                return Err(DataError::Missing { at: at(), cell: String::new() });
            }
            values.push_missing();
            continue;
        }
        match (values, cell) {
            (Values::Numbers(numbers), Cell::Number(x)) if x.is_finite() => numbers.push(x),
            (_, Cell::Number(x)) if !x.is_finite() => {
                return Err(DataError::NonFinite { at: at(), cell: x.to_string() });
            }
            (Values::Texts(texts), Cell::Number(x)) => texts.push(&number_text(x)),
            (Values::Texts(texts), Cell::Text(text)) => texts.push(clean(&text)),
            (Values::Numbers(_), cell) => {
                let cell = if let Cell::Text(text) = cell { shown(&text) } else { String::new() };
                return Err(DataError::NotANumber { at: at(), cell });
            }
            (Values::Texts(_), Cell::Missing) => {}
        }
    }
    Ok(())
}

enum Cell {
    Missing,
    Number(f64),
    Text(String),
}

/// What a value is here; the error is bytes that are no text, as far as they are.
fn cell_of(field: &Field) -> Result<Cell, String> {
    Ok(match field {
        Field::Null => Cell::Missing,
        Field::Bool(truth) => Cell::Text(truth.to_string()),
        Field::Byte(x) => Cell::Number((*x).into()),
        Field::Short(x) => Cell::Number((*x).into()),
        Field::Int(x) => Cell::Number((*x).into()),
        Field::Long(x) => Cell::Number(*x as f64),
        Field::UByte(x) => Cell::Number((*x).into()),
        Field::UShort(x) => Cell::Number((*x).into()),
        Field::UInt(x) => Cell::Number((*x).into()),
        Field::ULong(x) => Cell::Number(*x as f64),
        Field::Float16(x) => Cell::Number(x.to_f64()),
        Field::Float(x) => Cell::Number((*x).into()),
        Field::Double(x) => Cell::Number(*x),
        Field::Str(text) => Cell::Text(text.clone()),
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => Cell::Text(text.to_owned()),
            Err(_) => return Err(shown(&String::from_utf8_lossy(bytes.data()))),
        },
        Field::Date(days) => Cell::Text(date((*days).into())),
        Field::TimeMillis(x) => Cell::Text(time(i64::from(*x).div_euclid(1000))),
        Field::TimeMicros(x) => Cell::Text(time(x.div_euclid(1_000_000))),
        Field::TimestampMillis(x) => Cell::Text(timestamp(x.div_euclid(1000))),
        Field::TimestampMicros(x) => Cell::Text(timestamp(x.div_euclid(1_000_000))),
        // Written in full, so that it reads as it would in CSV.
        Field::Decimal(_) => {
            field.to_string().parse().map_or(Cell::Number(f64::INFINITY), Cell::Number)
        }
        // Refused when the file was opened.
        Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_) => Cell::Missing,
    })
}

/// Whether a column holds numbers, and not dates or times that are written as such.
fn is_number(field: &Type) -> bool {
    let info = field.get_basic_info();
    let decimal = info.converted_type() == ConvertedType::DECIMAL
        || matches!(info.logical_type_ref(), Some(LogicalType::Decimal { .. }));
    let dates = matches!(
        info.converted_type(),
        ConvertedType::DATE
            | ConvertedType::TIME_MILLIS
            | ConvertedType::TIME_MICROS
            | ConvertedType::TIMESTAMP_MILLIS
            | ConvertedType::TIMESTAMP_MICROS
    );
    match field.get_physical_type() {
        Physical::INT32 | Physical::INT64 => !dates && nanoseconds(field).is_none(),
        Physical::FLOAT | Physical::DOUBLE => true,
        Physical::FIXED_LEN_BYTE_ARRAY => {
            decimal || matches!(info.logical_type_ref(), Some(LogicalType::Float16))
        }
        Physical::BYTE_ARRAY => decimal,
        Physical::BOOLEAN | Physical::INT96 => false,
    }
}

/// The text of so many seconds.
type Nanoseconds = fn(i64) -> String;

/// How a column of nanoseconds is written, which the reader of the format takes for plain numbers.
fn nanoseconds(field: &Type) -> Option<Nanoseconds> {
    match field.get_basic_info().logical_type_ref() {
        Some(LogicalType::Timestamp(of)) if of.unit == TimeUnit::NANOS => Some(timestamp),
        Some(LogicalType::Time(of)) if of.unit == TimeUnit::NANOS => Some(time),
        _ => None,
    }
}

/// The date so many days after 1970-01-01 (Hinnant, chrono-Compatible Low-Level Date Algorithms, 2013).
fn date(days: i64) -> String {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) =
        (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    format!("{:04}-{month:02}-{day:02}", year + 400 * era + i64::from(month <= 2))
}

fn time(seconds: i64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn timestamp(seconds: i64) -> String {
    format!("{} {}", date(seconds.div_euclid(86_400)), time(seconds.rem_euclid(86_400)))
}

thread_local! {
    static READING: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether this thread reads Parquet now: a panic is then an error of its own, which a program need not report.
pub fn reads_parquet() -> bool {
    READING.get()
}

/// Reads, where some damage makes the reader of the format panic rather than give an error.
fn guarded<T>(
    file: &str,
    row: u64,
    read: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, DataError> {
    let damaged = |what: String| DataError::Parquet { file: file.to_owned(), row: row + 1, what };
    READING.set(true);
    let read = catch_unwind(AssertUnwindSafe(read));
    READING.set(false);
    match read {
        Ok(done) => done.map_err(|error| damaged(error.to_string())),
        Err(_) => Err(damaged("the file is damaged".to_owned())),
    }
}
