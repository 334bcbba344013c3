//! Reading CSV: text to typed columns in one pass, each cell parsed once.
//!
//! The first 1,000 rows decide what a column holds. If all its cells there are numbers, it is a
//! column of numbers, and text in it is an error. If at least nine in ten are numbers, the others
//! are taken for mistakes, and the first of them is the error. Else it is text. So no cell has to
//! be kept as text for the case that its column turns out to be text later.
//!
//! A block without a quote is read line by line with numbers parsed in place; one with quotes goes
//! through the csv crate.

use crate::blocks::{Blocks, Raw};
use crate::encoding::{Encoding, Letters};
use crate::error::{DataError, Place, listed, shown};
use crate::number::{NumberFormat, quick};
use crate::separator;
use crate::table::{
    Column, Lines, Table, Texts, Values, check_names, clean, is_missing, unknown_column,
};
use csv::ByteRecord;
use memchr::memchr2;
use std::collections::HashSet;
use std::io::Read;
use std::str;
use std::sync::Arc;

/// Rows that decide what the columns hold.
const HEAD: usize = 1000;
/// A column is meant to hold numbers when it has at least so many for each cell of text.
const NUMBERS_PER_TEXT: usize = 9;

/// How to read a CSV table.
///
/// White space around cells and blank lines are ignored. Lines may end in `\n` or `\r\n`, and a
/// byte order mark may come first. Cells are separated by commas, semicolons or tabs, whichever the
/// first lines show, and letters are in UTF-8 or Windows-1252, whichever fits. Empty cells, `?`,
/// `NA`, `N/A` and `NaN` are missing values, and an error unless they are [kept](Self::keep_missing).
///
/// ```
/// use gradling_data::TableReader;
///
/// let csv = "id;zip;rooms\n1;01067;3\n2;80331;4\n";
/// let table = TableReader::new("flats.csv").without(["id"]).text(["zip"]).read(csv.as_bytes())?;
/// assert_eq!(table.columns()[0].cell(0), "01067");
/// # Ok::<(), gradling_data::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TableReader {
    name: String,
    delimiter: Option<u8>,
    encoding: Option<Encoding>,
    numbers: NumberFormat,
    missing: Empty,
    text: Vec<String>,
    keep: Keep,
}

/// What becomes of cells without a value.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Empty {
    Refused,
    Kept,
}

#[derive(Debug, Clone)]
enum Keep {
    All,
    Without(Vec<String>),
    Only(Vec<String>),
}

impl TableReader {
    /// A reader; `name` is used in messages.
    pub fn new(name: impl Into<String>) -> Self {
        TableReader {
            name: name.into(),
            delimiter: None,
            encoding: None,
            numbers: NumberFormat::default(),
            missing: Empty::Refused,
            text: Vec::new(),
            keep: Keep::All,
        }
    }

    /// This byte between cells, such as `b','` or `b'|'`, whatever the first lines look like.
    pub fn delimiter(self, delimiter: u8) -> Self {
        TableReader { delimiter: Some(delimiter), ..self }
    }

    /// Letters in this encoding alone.
    pub fn encoding(self, encoding: Encoding) -> Self {
        TableReader { encoding: Some(encoding), ..self }
    }

    /// Numbers written so.
    pub fn numbers(self, numbers: NumberFormat) -> Self {
        TableReader { numbers, ..self }
    }

    /// Keeps missing values in the table, rather than to refuse them: a
    /// [strategy](crate::Missing) says what they mean.
    pub fn keep_missing(self) -> Self {
        TableReader { missing: Empty::Kept, ..self }
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
        let blocks = Blocks::new(self.name.as_str().into(), input).hashed();
        let stream = self.start(blocks)?;
        let layout = Arc::clone(&stream.layout);
        let mut builder = Builder::new(&layout);
        let hash = match stream.source {
            Source::Text(mut blocks) => {
                while let Some(block) = blocks.next()? {
                    builder.push(&block)?;
                }
                blocks.hash()
            }
            #[cfg(feature = "parquet")]
            Source::Parquet(_, hash) => hash.clone(),
        };
        let table = builder.finish();
        if table.rows() == 0 {
            return Err(DataError::NoRows { file: self.name.clone() });
        }
        Ok(table.with_hash(hash))
    }

    /// Reads the header and the first rows of `input`; the rest is read in parts, so that a table
    /// may be larger than memory.
    ///
    /// # Errors
    /// As [`read`](Self::read), of the header.
    pub fn stream<R: Read>(&self, input: R) -> Result<TableStream<R>, DataError> {
        self.start(Blocks::new(self.name.as_str().into(), input))
    }

    /// The same that also takes the [sum](TableStream::hash) of all bytes.
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn stream_hashed<R: Read>(&self, input: R) -> Result<TableStream<R>, DataError> {
        self.start(Blocks::new(self.name.as_str().into(), input).hashed())
    }

    fn start<R: Read>(&self, mut blocks: Blocks<R>) -> Result<TableStream<R>, DataError> {
        let head = blocks.head(HEAD + 1)?;
        refuse_other_files(&self.name, head)?;
        let delimiter = self.delimiter.unwrap_or_else(|| separator::find(head));
        if matches!(delimiter, b'"' | b'\n' | b'\r') || !delimiter.is_ascii() {
            let rule = "one character of ASCII, and neither a quote nor a line end";
            return Err(DataError::setting("the separator", char::from(delimiter), rule));
        }
        let whole = Raw { bytes: head.to_vec(), line: 1, quoted: true };
        let mut records = Records::new(&self.name, delimiter, &whole);
        let mut letters = Letters::asked(self.encoding);
        if !records.advance()? {
            return Err(DataError::Empty { file: self.name.clone() });
        }
        let names = self.names(&records, &mut letters)?;
        let end = records.reader.position().byte() as usize;

        let mut rows = Vec::with_capacity(HEAD);
        while rows.len() < HEAD && records.advance()? {
            rows.push(records.record.clone());
        }
        if rows.is_empty() {
            return Err(DataError::NoRows { file: self.name.clone() });
        }
        // The last one may be cut.
        if rows.len() < HEAD && rows.len() > 1 && !blocks.is_whole() {
            rows.pop();
        }
        let columns = self.columns(names, |at| match self.holds_numbers(&rows, at) {
            true => Kind::Number,
            false => Kind::Text,
        })?;
        blocks.skip(end);
        blocks.separate(delimiter);
        let layout = Layout {
            file: self.name.clone(),
            delimiter,
            numbers: self.numbers,
            missing: self.missing,
            letters,
            columns,
        };
        Ok(TableStream { layout: Arc::new(layout), source: Source::Text(blocks), letters })
    }

    /// Reads the header of a Parquet file; the rest is read in parts. Its columns say themselves what they
    /// hold, so of the settings those of columns and missing values alone count.
    ///
    /// # Errors
    /// A file that is damaged, columns as [`read`](Self::read) has them, or one that holds lists or groups.
    #[cfg(feature = "parquet")]
    pub fn stream_parquet<R>(&self, file: std::fs::File) -> Result<TableStream<R>, DataError> {
        let opened = crate::parquet::Opened::new(&self.name, file)?;
        let names = opened.names();
        check_names(&self.name, names.iter().map(String::as_str))?;
        let columns = self.columns(names, |at| opened.kind(at))?;
        let layout = Layout {
            file: self.name.clone(),
            delimiter: b',',
            numbers: self.numbers,
            missing: self.missing,
            letters: Letters::default(),
            columns,
        };
        let source = Source::Parquet(Box::new(opened.parts(&layout)?), None);
        Ok(TableStream { layout: Arc::new(layout), source, letters: Letters::default() })
    }

    /// The same that also takes the [sum](TableStream::hash) of all bytes.
    ///
    /// # Errors
    /// As [`stream_parquet`](Self::stream_parquet).
    #[cfg(feature = "parquet")]
    pub fn stream_parquet_hashed<R>(
        &self,
        file: std::fs::File,
    ) -> Result<TableStream<R>, DataError> {
        use std::io::Seek;
        let unread = |source| DataError::Read { file: self.name.clone(), source };
        let mut input = file.try_clone().map_err(unread)?;
        input.rewind().map_err(unread)?;
        let sum = crate::blocks::sum(&mut input).map_err(unread)?;
        let mut stream = self.stream_parquet(file)?;
        if let Source::Parquet(_, hash) = &mut stream.source {
            *hash = Some(sum);
        }
        Ok(stream)
    }

    /// Reads all of a Parquet file.
    ///
    /// # Errors
    /// As [`stream_parquet`](Self::stream_parquet), and what is wrong with a value, with its row and column.
    #[cfg(feature = "parquet")]
    pub fn read_parquet(&self, file: std::fs::File) -> Result<Table, DataError> {
        let mut stream = self.stream_parquet_hashed::<std::io::Empty>(file)?;
        let rest = match &mut stream.source {
            Source::Parquet(parts, _) => parts.rest(&stream.layout)?,
            Source::Text(_) => None,
        };
        let table = rest.ok_or_else(|| DataError::NoRows { file: self.name.clone() })?;
        Ok(table.with_hash(stream.hash()))
    }

    /// The names in the header, checked.
    fn names(
        &self,
        records: &Records<'_>,
        letters: &mut Letters,
    ) -> Result<Vec<String>, DataError> {
        let name = |cell| {
            let at = || Place {
                file: self.name.clone(),
                line: records.line,
                column: shown(&String::from_utf8_lossy(cell)),
            };
            letters.decode(cell, at).map(|name| clean(&name).to_owned())
        };
        let names = records.record.iter().map(name).collect::<Result<Vec<_>, _>>()?;
        if names.iter().any(|name| name.replace("\r\n", "").contains('\r')) {
            return Err(DataError::Layout {
                file: self.name.clone(),
                found: "lines end in a carriage return alone, as on very old Macs",
                fix: "save the file with Unix or Windows line ends",
            });
        }
        check_names(&self.name, names.iter().map(String::as_str))?;
        Ok(names)
    }

    /// What each column that is kept holds, as text or as its place tells.
    fn columns(
        &self,
        names: Vec<String>,
        holds: impl Fn(usize) -> Kind,
    ) -> Result<Vec<(String, Option<Kind>)>, DataError> {
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
        let kind = |at: usize, name: &str| if text.contains(name) { Kind::Text } else { holds(at) };
        let columns = names.into_iter().enumerate().map(|(at, name)| {
            let kept = chosen.contains(&name) == keeps_chosen;
            let kind = kept.then(|| kind(at, &name));
            (name, kind)
        });
        let columns: Vec<(String, Option<Kind>)> = columns.collect();
        if columns.iter().all(|(_, kind)| kind.is_none()) {
            return Err(DataError::setting("the choice of columns", "empty", "at least one"));
        }
        Ok(columns)
    }

    /// Whether a column's cells in the head are numbers, but for mistakes.
    fn holds_numbers(&self, head: &[ByteRecord], at: usize) -> bool {
        let (mut numbers, mut texts) = (0, 0);
        for cell in head.iter().filter_map(|record| record.get(at)) {
            // Only the signs between thousands are not ASCII, and they are read by the format.
            let mut letters = Letters::asked(self.encoding);
            let at = || Place { file: String::new(), line: 0, column: String::new() };
            match letters.decode(cell, at).as_deref().map(clean) {
                Ok(cell) if is_missing(cell) => {}
                Ok(cell) if self.numbers.parse(cell).is_some() => numbers += 1,
                _ => texts += 1,
            }
        }
        texts == 0 || numbers >= NUMBERS_PER_TEXT * texts
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Number,
    Text,
}

/// What a table's cells are, as its header and first rows tell; `None` is a column that is left out.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) file: String,
    delimiter: u8,
    numbers: NumberFormat,
    missing: Empty,
    /// What the header has shown.
    letters: Letters,
    pub(crate) columns: Vec<(String, Option<Kind>)>,
}

#[cfg(feature = "parquet")]
impl Layout {
    pub(crate) fn keeps_missing(&self) -> bool {
        self.missing == Empty::Kept
    }
}

/// Where the rows of a stream come from.
enum Source<R> {
    Text(Blocks<R>),
    #[cfg(feature = "parquet")]
    /// With the sum of its bytes, if it was asked for.
    Parquet(Box<crate::parquet::Parts>, Option<String>),
}

/// A table that is read in parts, each a [`Table`] of some thousand rows with the same columns.
pub struct TableStream<R> {
    layout: Arc<Layout>,
    source: Source<R>,
    letters: Letters,
}

impl<R: Read> TableStream<R> {
    /// The next part as it stands in the file, to be parsed where it pleases: reading is done in
    /// order, and parsing may be done on several threads. `None` at the end.
    ///
    /// # Errors
    /// What the reader says.
    pub fn block(&mut self) -> Result<Option<Block>, DataError> {
        let layout = Arc::clone(&self.layout);
        let content = match &mut self.source {
            Source::Text(blocks) => blocks.next()?.map(Content::Text),
            #[cfg(feature = "parquet")]
            Source::Parquet(parts, _) => parts.next(&layout)?.map(Content::Table),
        };
        Ok(content.map(|content| Block { layout, content }))
    }

    /// The encoding, if a letter that is not ASCII has told.
    pub fn encoding(&self) -> Option<Encoding> {
        self.letters.found.map(|(encoding, _)| encoding)
    }

    /// SHA-256 of what was read so far, in hexadecimal; `None` if the stream was not to take it.
    pub fn hash(&self) -> Option<String> {
        match &self.source {
            Source::Text(blocks) => blocks.hash(),
            #[cfg(feature = "parquet")]
            Source::Parquet(_, hash) => hash.clone(),
        }
    }

    /// The byte between cells.
    pub fn delimiter(&self) -> u8 {
        self.layout.delimiter
    }

    /// The name that messages use.
    pub fn name(&self) -> &str {
        &self.layout.file
    }
}

impl<R: Read> Iterator for TableStream<R> {
    type Item = Result<Table, DataError>;

    /// The next part, parsed. It may have no row where there are only blank lines.
    fn next(&mut self) -> Option<Self::Item> {
        let part = self.block().transpose()?.and_then(|block| block.parse());
        Some(
            part.and_then(|part| {
                self.letters.agree(&self.layout.file, part.letters()).map(|()| part)
            }),
        )
    }
}

/// A part of a file: whole rows, not parsed.
#[derive(Debug)]
pub struct Block {
    layout: Arc<Layout>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Text(Raw),
    /// Parquet is unpacked as it is read.
    #[cfg(feature = "parquet")]
    Table(Table),
}

impl Block {
    /// The part as a table. It has no row where there are only blank lines.
    ///
    /// # Errors
    /// As [`TableReader::read`].
    pub fn parse(&self) -> Result<Table, DataError> {
        match &self.content {
            Content::Text(raw) => {
                let mut builder = Builder::new(&self.layout);
                builder.push(raw)?;
                Ok(builder.finish())
            }
            #[cfg(feature = "parquet")]
            Content::Table(table) => Ok(table.clone()),
        }
    }
}

/// The table while its rows come in.
struct Builder<'a> {
    layout: &'a Layout,
    columns: Vec<Option<Values>>,
    rows: usize,
    lines: Lines,
    letters: Letters,
}

impl<'a> Builder<'a> {
    fn new(layout: &'a Layout) -> Self {
        let store = |kind: &Kind| match kind {
            Kind::Number => Values::Numbers(Vec::new()),
            Kind::Text => Values::Texts(Texts::default()),
        };
        let columns = layout.columns.iter().map(|(_, kind)| kind.as_ref().map(store)).collect();
        let (lines, letters) = (Lines::default(), layout.letters);
        Builder { layout, columns, rows: 0, lines, letters }
    }

    fn finish(self) -> Table {
        let names = self.layout.columns.iter().map(|(name, _)| name.clone());
        let columns = names
            .zip(self.columns)
            .filter_map(|(name, cells)| Some(Column::from_parts(name, cells?)))
            .collect();
        Table::from_parts(self.layout.file.clone(), columns, self.lines).with_letters(self.letters)
    }

    fn push(&mut self, block: &Raw) -> Result<(), DataError> {
        if block.quoted { self.push_quoted(block) } else { self.push_lines(block) }
    }

    fn push_quoted(&mut self, block: &Raw) -> Result<(), DataError> {
        let mut records = Records::new(&self.layout.file, self.layout.delimiter, block);
        while records.advance()? {
            let (record, line) = (&records.record, records.line);
            if record.len() != self.columns.len() {
                return Err(self.ragged(record.len(), line, record.as_slice().contains(&b'\n')));
            }
            for (column, cell) in record.iter().enumerate() {
                self.push_cell(column, cell, line)?;
            }
            self.end_row(line);
        }
        Ok(())
    }

    /// Each line is a row.
    fn push_lines(&mut self, block: &Raw) -> Result<(), DataError> {
        let (bytes, delimiter) = (&block.bytes[..], self.layout.delimiter);
        let last = self.columns.len() - 1;
        let plain = self.layout.numbers.is_plain();
        let (mut at, mut line) = (0, block.line);
        'lines: while at < bytes.len() {
            if bytes[at] <= b' '
                && let Some(next) = behind_blank(bytes, at, delimiter)
            {
                (at, line) = (next, line + 1);
                continue;
            }
            let start = at;
            for column in 0..=last {
                if plain
                    && let Some(Values::Numbers(numbers)) = &mut self.columns[column]
                    && let Some((number, length)) = quick(&bytes[at..])
                {
                    let end = at + length;
                    let next = match bytes.get(end) {
                        Some(&byte) if byte == delimiter && column < last => end + 1,
                        Some(b'\n') if column == last => end + 1,
                        Some(b'\r') if column == last && bytes.get(end + 1) == Some(&b'\n') => {
                            end + 2
                        }
                        None if column == last => end,
                        _ => 0,
                    };
                    if next > 0 {
                        numbers.push(number);
                        at = next;
                        continue;
                    }
                }
                let end = memchr2(delimiter, b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
                let ends_line = bytes.get(end).is_none_or(|&byte| byte == b'\n');
                let pushed = match ends_line == (column == last) {
                    true => self.push_cell(column, &bytes[at..end], line),
                    false => Ok(()),
                };
                if pushed.is_err() || ends_line != (column == last) {
                    let row = bytes[start..].split(|&byte| byte == b'\n').next().unwrap_or(&[]);
                    let cells = 1 + row.iter().filter(|&&byte| byte == delimiter).count();
                    // A wrong number of cells explains a wrong cell.
                    return match pushed {
                        Err(error) if cells == self.columns.len() => Err(error),
                        _ => Err(self.ragged(cells, line, false)),
                    };
                }
                at = end + 1;
            }
            self.end_row(line);
            line += 1;
            if at >= bytes.len() {
                break 'lines;
            }
        }
        Ok(())
    }

    fn push_cell(&mut self, column: usize, cell: &[u8], line: u64) -> Result<(), DataError> {
        let Some(values) = &mut self.columns[column] else { return Ok(()) };
        let (file, name) = (&self.layout.file, &self.layout.columns[column].0);
        let at = || Place { file: file.clone(), line, column: shown(name) };
        let text = self.letters.decode(cell, at)?;
        let text = clean(&text);
        let cell = || shown(text);
        if is_missing(text) {
            return match self.layout.missing {
                Empty::Refused => Err(DataError::Missing { at: at(), cell: cell() }),
                Empty::Kept => {
                    values.push_missing();
                    Ok(())
                }
            };
        }
        match values {
            Values::Texts(texts) => texts.push(text),
            Values::Numbers(numbers) => match self.layout.numbers.parse(text) {
                Some(number) if number.is_finite() => numbers.push(number),
                Some(_) => return Err(DataError::NonFinite { at: at(), cell: cell() }),
                None => return Err(DataError::NotANumber { at: at(), cell: cell() }),
            },
        }
        Ok(())
    }

    fn end_row(&mut self, line: u64) {
        self.lines.note(self.rows, line);
        self.rows += 1;
    }

    fn ragged(&self, cells: usize, line: u64, open_quote: bool) -> DataError {
        let found = if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") };
        let (file, expected) = (self.layout.file.clone(), self.columns.len());
        DataError::Ragged { file, line, found, expected, open_quote }
    }
}

/// Behind the line that starts here, if it is blank.
fn behind_blank(bytes: &[u8], at: usize, delimiter: u8) -> Option<usize> {
    let line = bytes[at..].split(|&byte| byte == b'\n').next()?;
    let blank = line.iter().all(|byte| byte.is_ascii_whitespace() && *byte != delimiter);
    blank.then_some((at + line.len() + 1).min(bytes.len()))
}

/// Files of other kinds that have found their way here.
fn refuse_other_files(file: &str, head: &[u8]) -> Result<(), DataError> {
    let kinds: [(&[u8], &str, &str); 6] = [
        (
            b"PAR1",
            "is a Parquet file",
            "give it as a file to a gradling that was built with --features parquet, or save it as CSV, as by \
             pandas: read_parquet(…).to_csv(…, index=False)",
        ),
        (b"PK\x03\x04", "is a ZIP archive or a spreadsheet", "unpack it, or save the sheet as CSV"),
        (
            b"\x1f\x8b",
            "is compressed by gzip",
            "unpack it first, as by gzip -dc FILE | gradling … -",
        ),
        (
            b"\x28\xb5\x2f\xfd",
            "is compressed by zstd",
            "unpack it first, as by zstd -dc FILE | gradling … -",
        ),
        (b"\xff\xfe", "is UTF-16 text", "save the file as UTF-8"),
        (b"\xfe\xff", "is UTF-16 text", "save the file as UTF-8"),
    ];
    match kinds.iter().find(|(start, ..)| head.starts_with(start)) {
        Some(&(_, found, fix)) => Err(DataError::Layout { file: file.to_owned(), found, fix }),
        None => Ok(()),
    }
}

pub(crate) fn missing_columns(file: &str, missing: &[&str]) -> DataError {
    let noun = if missing.len() == 1 { "the column" } else { "the columns" };
    let missing = format!("{noun} {}", listed(missing.iter().copied()));
    DataError::MissingColumns { file: file.to_owned(), missing }
}

/// The records of a part of a CSV text, each with the line it starts on.
struct Records<'a> {
    file: &'a str,
    reader: csv::Reader<&'a [u8]>,
    bytes: &'a [u8],
    before: u64,
    record: ByteRecord,
    line: u64,
}

impl<'a> Records<'a> {
    fn new(file: &'a str, delimiter: u8, part: &'a Raw) -> Self {
        let reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            // With '\n' alone a record ends exactly at a line end, so that its line can be told;
            // the '\r' before it goes with the white space around the last cell.
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(&part.bytes[..]);
        let (bytes, before) = (&part.bytes[..], part.line - 1);
        Records { file, reader, bytes, before, record: ByteRecord::new(), line: part.line }
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
            let bare = self.record.len() == 1 && self.record[0].iter().all(u8::is_ascii_whitespace);
            // An empty cell in quotes is a missing value, and no blank line.
            if !bare || self.raw().contains(&b'"') {
                self.line = self.before + self.start();
                return Ok(true);
            }
        }
    }

    /// The bytes of the record, and of blank lines before it.
    fn raw(&self) -> &[u8] {
        let start = self.record.position().map_or(0, csv::Position::byte);
        &self.bytes[start as usize..self.reader.position().byte() as usize]
    }

    /// The csv crate tells the line before the blank lines that it skipped, so count backwards
    /// from the end of the record: its own line ends, and the one that closes it, which only the
    /// last record of a file may lack.
    fn start(&self) -> u64 {
        let end = self.reader.position();
        let closed = end.byte() < self.bytes.len() as u64 || self.bytes.last() == Some(&b'\n');
        let inside = self.record.as_slice().iter().filter(|&&byte| byte == b'\n').count();
        let start = end.line().saturating_sub(inside as u64 + u64::from(closed));
        // A quote left open to the end of the file swallows the line end that seems to close it.
        start.max(self.record.position().map_or(1, csv::Position::line))
    }
}
