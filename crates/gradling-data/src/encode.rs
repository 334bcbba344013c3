//! From table rows to the numbers a network sees, and from its answers back to labels and units.

use crate::dates::is_date;
use crate::error::{DataError, shown};
use crate::matrix::Matrix;
use crate::missing::{Fill, Missing};
use crate::number::NumberFormat;
use crate::read::{TableReader, missing_columns};
use crate::standard::Standard;
use crate::table::{Column, MISSING, Table, Texts, Values, check_names};
use crate::target::{Labels, Target, sorted_texts, too_many_values};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;

/// How each column becomes numbers, learned from training rows alone.
///
/// A column of numbers becomes one input, its standard score. A column of text becomes one input
/// for each of its values, 1 where the row has that value and else 0, and a last one for all
/// values that the training rows did not hold.
///
/// It can be saved with serde, and is checked when it is loaded. (For JSON, let serde_json have
/// its feature `float_roundtrip`, so that numbers come back bit for bit.)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Encoder {
    features: Vec<Feature>,
    target: String,
    target_code: TargetCode,
    #[serde(skip_serializing_if = "NumberFormat::is_plain")]
    numbers: NumberFormat,
}

/// A feature column, and how it becomes inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Name of the column.
    pub name: String,
    /// How it is encoded.
    pub code: Code,
    /// What stands in for a missing value; `None` where that is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Fill>,
}

impl Feature {
    /// How many inputs it makes, one after the other.
    pub fn width(&self) -> usize {
        let told = usize::from(matches!(self.missing, Some(Fill::Indicated(_))));
        match &self.code {
            Code::Number(_) => 1 + told,
            Code::OneHot(values) => values.len() + 1,
        }
    }
}

/// How a feature is encoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// One input: the standard score.
    Number(Standard),
    /// One input for each of these values, sorted, and one for any other.
    OneHot(Vec<String>),
}

/// How the target is encoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetCode {
    /// A quantity: the standard score.
    Number(Standard),
    /// A class: its position among the labels.
    Classes(Labels),
}

/// Inputs, one row a sample, and the text values that were not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// The inputs, one row for each row asked for, [`Encoder::inputs`] columns.
    pub matrix: Matrix,
    /// Values that went into an "other" input.
    pub unseen: Vec<Unseen>,
    /// Places, among the rows asked for and ascending, of rows that miss a value and have no inputs for it,
    /// by [`Missing::Drop`]. Their inputs are 0, and mean nothing.
    pub incomplete: Vec<usize>,
}

/// A text value that the training rows did not hold. Shown, it is a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// Name of the column.
    pub column: String,
    /// The value.
    pub value: String,
    /// In how many rows it stands.
    pub rows: usize,
    /// The line of the first of them.
    pub line: u64,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unseen { column, value, rows, line } = self;
        let value = shown(value);
        let rows = if *rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
        write!(
            f,
            "column {column:?}: {value:?} was not in training, so it counts as \"other\" ({rows}, first on line {line})"
        )
    }
}

/// Encoded targets, one for each row asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Targets {
    /// Standard scores.
    Numbers(Vec<f64>),
    /// Classes, from 0.
    Classes(Vec<usize>),
}

impl Encoder {
    /// Learns from the given rows of a table: every column but the target is a feature. Missing values
    /// are an error.
    ///
    /// # Errors
    /// As [`fit_with`](Encoder::fit_with).
    pub fn fit(table: &Table, rows: &[usize], target: &Target) -> Result<Self, DataError> {
        Encoder::fit_with(table, rows, target, Missing::Error)
    }

    /// Learns from the given rows of a table, also what stands in for missing values. Means, deviations
    /// and labels are those of the values that are there.
    ///
    /// # Errors
    /// No row or a row that the table does not have, no feature column, a target column that is
    /// not there, a text column with more than [`MAX_VALUES`](crate::MAX_VALUES) values or with dates,
    /// a missing value where that is an error, a column without any value.
    pub fn fit_with(
        table: &Table,
        rows: &[usize],
        target: &Target,
        missing: Missing,
    ) -> Result<Self, DataError> {
        table.check_rows(rows)?;
        if rows.is_empty() {
            return Err(DataError::setting("the number of training rows", 0, "at least 1"));
        }
        let target_column = table.column(target.column())?;
        let feature = |column: &Column| {
            let (file, name) = (table.name(), column.name());
            if missing == Missing::Error
                && let Some(&row) = rows.iter().find(|&&row| column.is_missing(row))
            {
                return Err(table.missing(column, row));
            }
            let fill = Fill::learn(missing, file, name, column.values(), rows)?;
            let code = match column.values() {
                Values::Numbers(numbers) => {
                    let there = rows.iter().map(|&row| numbers[row]).filter(|x| !x.is_nan());
                    Code::Number(Standard::of(there))
                }
                Values::Texts(texts) => {
                    refuse_dates(table, column, texts)?;
                    let own = fill == Some(Fill::Text(String::new()));
                    let there = rows.iter().map(|&row| texts.get(row));
                    let there = there.filter(|text| own || !text.is_empty());
                    let values = sorted_texts(there).ok_or_else(|| too_many_values(table, name))?;
                    if values.is_empty() {
                        let (file, column) = (file.to_owned(), shown(name));
                        return Err(DataError::NoValue { file, column });
                    }
                    Code::OneHot(values)
                }
            };
            Ok(Feature { name: name.to_owned(), code, missing: fill })
        };
        let features = table
            .columns()
            .iter()
            .filter(|column| column.name() != target.column())
            .map(feature)
            .collect::<Result<Vec<_>, DataError>>()?;
        let target_code = match target.labels() {
            Some(labels) => TargetCode::Classes(labels.clone()),
            None => {
                let numbers: Result<Vec<f64>, _> =
                    rows.iter().map(|&row| table.number(target_column, row)).collect();
                TargetCode::Number(Standard::of(numbers?.into_iter()))
            }
        };
        Encoder::of_parts(table.name(), features, target.column(), target_code)
    }

    pub(crate) fn of_parts(
        file: &str,
        features: Vec<Feature>,
        target: &str,
        target_code: TargetCode,
    ) -> Result<Self, DataError> {
        if features.is_empty() {
            let (file, target) = (file.to_owned(), shown(target));
            return Err(DataError::NoFeatures { file, target });
        }
        let (target, numbers) = (target.to_owned(), NumberFormat::default());
        Ok(Encoder { features, target, target_code, numbers })
    }

    /// Remembers how the table wrote its numbers: [`reader`](Encoder::reader) reads them so.
    pub fn with_numbers(self, numbers: NumberFormat) -> Self {
        Encoder { numbers, ..self }
    }

    /// How the table wrote its numbers.
    pub fn numbers(&self) -> NumberFormat {
        self.numbers
    }

    /// How many inputs a row becomes.
    pub fn width(&self) -> usize {
        self.features.iter().map(Feature::width).sum()
    }

    /// Encodes the features of the given rows. Columns are found by name: their order does not
    /// matter, and further columns are ignored.
    ///
    /// # Errors
    /// Columns that are missing (all are named), text in a column of numbers, a number whose
    /// score is not finite, a column of numbers that was text in training, a missing value where
    /// that is an error.
    pub fn encode_features(&self, table: &Table, rows: &[usize]) -> Result<Features, DataError> {
        table.check_rows(rows)?;
        let columns = self.find_columns(table)?;
        let cols = self.width();
        let mut data = Matrix::room(rows.len(), cols)?;
        data.resize(rows.len() * cols, 0.0);
        let (mut unseen, mut incomplete, mut start) = (Vec::new(), Vec::new(), 0);
        for (feature, column) in self.features.iter().zip(columns) {
            let mut inputs = Inputs { table, column, feature, cols, start, incomplete };
            match (&feature.code, column.values()) {
                (Code::Number(standard), Values::Numbers(numbers)) => {
                    inputs.scores(&mut data, rows, standard, |row| Ok(numbers[row]))?;
                }
                (Code::Number(standard), Values::Texts(texts)) => {
                    let number = |row| match texts.codes()[row] {
                        MISSING => Ok(f64::NAN),
                        _ => table.number(column, row),
                    };
                    inputs.scores(&mut data, rows, standard, number)?;
                }
                (Code::OneHot(values), _) => {
                    unseen.extend(inputs.one_hot(&mut data, rows, values)?);
                }
            }
            incomplete = inputs.incomplete;
            start += feature.width();
        }
        incomplete.sort_unstable();
        incomplete.dedup();
        for &place in &incomplete {
            data[place * cols..][..cols].fill(0.0);
        }
        Ok(Features { matrix: Matrix { rows: rows.len(), cols, data }, unseen, incomplete })
    }

    /// Encodes the target of the given rows.
    ///
    /// # Errors
    /// No target column, a label that is none of the classes, text where a number is needed.
    pub fn encode_targets(&self, table: &Table, rows: &[usize]) -> Result<Targets, DataError> {
        table.check_rows(rows)?;
        let column = table.column(&self.target)?;
        match &self.target_code {
            TargetCode::Classes(labels) => labels.encode(table, column, rows).map(Targets::Classes),
            TargetCode::Number(standard) => {
                let score = |&row: &usize| {
                    let score = standard.encode(table.number(column, row)?);
                    if score.is_finite() { Ok(score) } else { Err(too_large(table, column, row)) }
                };
                rows.iter().map(score).collect::<Result<_, _>>().map(Targets::Numbers)
            }
        }
    }

    /// A reader for tables to predict: it reads the feature columns alone, and as text those that
    /// were text in training, so that `007` stays `007`.
    pub fn reader(&self, name: impl Into<String>) -> TableReader {
        let (names, texts) = self.reading();
        self.settings(TableReader::new(name).only(names).text(texts))
    }

    /// What a reader has to know besides the columns.
    fn settings(&self, reader: TableReader) -> TableReader {
        let reader = reader.numbers(self.numbers);
        let filled = self.features.iter().any(|feature| feature.missing.is_some());
        if filled { reader.keep_missing() } else { reader }
    }

    /// A reader for tables to be judged on: as [`reader`](Encoder::reader), and the target too.
    pub fn reader_with_target(&self, name: impl Into<String>) -> TableReader {
        let (mut names, mut texts) = self.reading();
        names.push(&self.target);
        if let TargetCode::Classes(Labels::Texts(_)) = &self.target_code {
            texts.push(&self.target);
        }
        self.settings(TableReader::new(name).only(names).text(texts))
    }

    /// The same, with numbers as they are in place of their standard scores.
    pub fn with_raw_features(mut self) -> Self {
        for feature in &mut self.features {
            if let Code::Number(standard) = &mut feature.code {
                *standard = standard.raw();
            }
        }
        self
    }

    /// The same, with a quantity as it is in place of its standard score.
    pub fn with_raw_target(mut self) -> Self {
        if let TargetCode::Number(standard) = &mut self.target_code {
            *standard = standard.raw();
        }
        self
    }

    /// The feature columns, and those among them that hold text.
    fn reading(&self) -> (Vec<&str>, Vec<&str>) {
        let one_hot = |feature: &&Feature| matches!(feature.code, Code::OneHot(_));
        let names = self.features.iter().map(|feature| feature.name.as_str()).collect();
        let texts =
            self.features.iter().filter(one_hot).map(|feature| feature.name.as_str()).collect();
        (names, texts)
    }

    /// The feature columns, in the order of the inputs.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// What each input is: `petal_length_cm`, `colour=red`, `colour=other`, `age=missing`.
    pub fn inputs(&self) -> Vec<String> {
        let mut inputs = Vec::new();
        for Feature { name, code, missing } in &self.features {
            match code {
                Code::Number(_) => {
                    inputs.push(name.clone());
                    if let Some(Fill::Indicated(_)) = missing {
                        inputs.push(format!("{name}=missing"));
                    }
                }
                Code::OneHot(values) => {
                    let shown = |value: &String| match value.as_str() {
                        "" => format!("{name}=missing"),
                        value => format!("{name}={value}"),
                    };
                    inputs.extend(values.iter().map(shown));
                    inputs.push(format!("{name}=other"));
                }
            }
        }
        inputs
    }

    /// Features that had one value in all training rows: they tell nothing.
    pub fn constant_features(&self) -> impl Iterator<Item = &str> {
        let constant = |feature: &&Feature| match &feature.code {
            Code::Number(standard) => standard.constant && feature.width() == 1,
            Code::OneHot(values) => values.len() == 1,
        };
        self.features.iter().filter(constant).map(|feature| feature.name.as_str())
    }

    /// Name of the target column.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// How the target is encoded.
    pub fn target_code(&self) -> &TargetCode {
        &self.target_code
    }

    /// The label of a class; `None` when there is no such class, or the target is a quantity.
    pub fn label(&self, class: usize) -> Option<String> {
        match &self.target_code {
            TargetCode::Classes(labels) => labels.get(class),
            TargetCode::Number(_) => None,
        }
    }

    /// The quantity, in its original unit, of a standard score; `None` when the target is a class.
    pub fn quantity(&self, score: f64) -> Option<f64> {
        match &self.target_code {
            TargetCode::Number(standard) => Some(standard.decode(score)),
            TargetCode::Classes(_) => None,
        }
    }

    /// The table's column for each feature.
    fn find_columns<'t>(&self, table: &'t Table) -> Result<Vec<&'t Column>, DataError> {
        let there: HashMap<&str, &Column> =
            table.columns().iter().map(|column| (column.name(), column)).collect();
        let found: Vec<&Column> = self
            .features
            .iter()
            .filter_map(|feature| there.get(feature.name.as_str()).copied())
            .collect();
        if found.len() == self.features.len() {
            return Ok(found);
        }
        let names = self.features.iter().map(|feature| feature.name.as_str());
        let missing: Vec<&str> = names.filter(|name| !there.contains_key(name)).collect();
        Err(missing_columns(table.name(), &missing))
    }
}

fn too_large(table: &Table, column: &Column, row: usize) -> DataError {
    let (at, cell) = (table.place(row, column.name()), shown(&column.cell(row)));
    DataError::NonFinite { at, cell }
}

/// Refuses a column of which all texts are dates.
fn refuse_dates(table: &Table, column: &Column, texts: &Texts) -> Result<(), DataError> {
    match texts.distinct().next() {
        Some(example) if texts.distinct().all(is_date) => Err(DataError::Dates {
            file: table.name().to_owned(),
            column: shown(column.name()),
            example: shown(example),
        }),
        _ => Ok(()),
    }
}

/// The inputs of one feature, at their place in a matrix.
struct Inputs<'a> {
    table: &'a Table,
    column: &'a Column,
    feature: &'a Feature,
    cols: usize,
    start: usize,
    incomplete: Vec<usize>,
}

impl Inputs<'_> {
    /// Writes the standard score of each row.
    fn scores(
        &mut self,
        data: &mut [f64],
        rows: &[usize],
        standard: &Standard,
        number: impl Fn(usize) -> Result<f64, DataError>,
    ) -> Result<(), DataError> {
        for (place, &row) in rows.iter().enumerate() {
            let mut number = number(row)?;
            let at = place * self.cols + self.start;
            if number.is_nan() {
                number = match &self.feature.missing {
                    Some(Fill::Number(fill)) => *fill,
                    Some(Fill::Indicated(fill)) => {
                        data[at + 1] = 1.0;
                        *fill
                    }
                    Some(Fill::Drop) => {
                        self.incomplete.push(place);
                        continue;
                    }
                    Some(Fill::Text(_)) | None => return Err(self.table.missing(self.column, row)),
                };
            }
            let score = standard.encode(number);
            if !score.is_finite() {
                return Err(too_large(self.table, self.column, row));
            }
            data[at] = score;
        }
        Ok(())
    }

    /// Writes a 1 in the place of each row's value, and gives the values that went into the last place,
    /// "other".
    fn one_hot(
        &mut self,
        data: &mut [f64],
        rows: &[usize],
        values: &[String],
    ) -> Result<Vec<Unseen>, DataError> {
        let texts = match self.column.values() {
            // A part of a table may hold no value at all, and then does not tell what it would be.
            Values::Numbers(numbers) if numbers.iter().all(|x| x.is_nan()) => {
                &Texts::gaps(numbers.len())
            }
            _ => self.table.texts(self.column)?,
        };
        let place = |text: &str| values.binary_search_by(|value| value.as_str().cmp(text));
        let places: Vec<usize> =
            texts.distinct().map(|text| place(text).unwrap_or(values.len())).collect();
        let fill = match &self.feature.missing {
            Some(Fill::Text(fill)) => Some(place(fill).unwrap_or(values.len())),
            _ => None,
        };
        // For each different text that has no place: in how many rows it stands, and the first of them.
        let mut found = vec![(0, 0); places.len()];
        for (at, &row) in rows.iter().enumerate() {
            let code = texts.codes()[row];
            let place = match (code, fill, &self.feature.missing) {
                (MISSING, Some(fill), _) => fill,
                (MISSING, None, Some(Fill::Drop)) => {
                    self.incomplete.push(at);
                    continue;
                }
                (MISSING, None, _) => return Err(self.table.missing(self.column, row)),
                _ => places[code as usize],
            };
            data[at * self.cols + self.start + place] = 1.0;
            if code != MISSING && place == values.len() {
                let (count, first) = &mut found[code as usize];
                if *count == 0 || row < *first {
                    *first = row;
                }
                *count += 1;
            }
        }
        let seen = texts.distinct().zip(found).filter(|(_, (count, _))| *count > 0);
        let unseen = seen.map(|(value, (rows, first))| Unseen {
            column: self.column.name().to_owned(),
            value: value.to_owned(),
            rows,
            line: self.table.line(first),
        });
        Ok(unseen.collect())
    }
}

/// An encoder as a file holds it, to be checked before it is trusted.
#[derive(Deserialize)]
struct Unchecked {
    features: Vec<Feature>,
    target: String,
    target_code: TargetCode,
    #[serde(default)]
    numbers: NumberFormat,
}

impl TryFrom<Unchecked> for Encoder {
    type Error = String;

    fn try_from(unchecked: Unchecked) -> Result<Self, String> {
        let Unchecked { features, target, target_code, numbers } = unchecked;
        if features.is_empty() {
            return Err("encoder: it has no features".to_owned());
        }
        let names = features.iter().map(|feature| feature.name.as_str()).chain([target.as_str()]);
        check_names("encoder", names).map_err(|error| error.to_string())?;
        for Feature { name, code, missing } in &features {
            let is_text = matches!(code, Code::OneHot(_));
            let filled = missing.as_ref().is_none_or(|fill| fill.is_sound(is_text));
            let sound = filled
                && match code {
                    Code::Number(standard) => standard.is_sound(),
                    Code::OneHot(values) => {
                        (1..=crate::MAX_VALUES).contains(&values.len())
                            && values.is_sorted_by(|a, b| a < b)
                    }
                };
            if !sound {
                return Err(format!("encoder: the code of feature {name:?} is damaged"));
            }
        }
        let sound = match &target_code {
            TargetCode::Number(standard) => standard.is_sound(),
            TargetCode::Classes(labels) => labels.is_sound(),
        };
        if !sound {
            return Err(format!("encoder: the code of target {target:?} is damaged"));
        }
        Ok(Encoder { features, target, target_code, numbers })
    }
}
