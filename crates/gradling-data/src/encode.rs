//! From table rows to the numbers a network sees, and from its answers back to labels and units.

use crate::error::{DataError, shown};
use crate::matrix::Matrix;
use crate::read::{TableReader, missing_columns};
use crate::standard::Standard;
use crate::table::{Column, Table, Texts, Values, check_names};
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
}

/// A feature column, and how it becomes inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Name of the column.
    pub name: String,
    /// How it is encoded.
    pub code: Code,
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
    /// Learns from the given rows of a table: every column but the target is a feature.
    ///
    /// # Errors
    /// No row or a row that the table does not have, no feature column, a target column that is
    /// not there, a text column with more than [`MAX_VALUES`](crate::MAX_VALUES) values.
    pub fn fit(table: &Table, rows: &[usize], target: &Target) -> Result<Self, DataError> {
        table.check_rows(rows)?;
        if rows.is_empty() {
            return Err(DataError::setting("the number of training rows", 0, "at least 1"));
        }
        let target_column = table.column(target.column())?;
        let feature = |column: &Column| {
            let code = match column.values() {
                Values::Numbers(numbers) => {
                    Code::Number(Standard::of(rows.iter().map(|&row| numbers[row])))
                }
                Values::Texts(texts) => Code::OneHot(
                    sorted_texts(rows.iter().map(|&row| texts.get(row)))
                        .ok_or_else(|| too_many_values(table, column.name()))?,
                ),
            };
            Ok(Feature { name: column.name().to_owned(), code })
        };
        let features = table
            .columns()
            .iter()
            .filter(|column| column.name() != target.column())
            .map(feature)
            .collect::<Result<Vec<_>, DataError>>()?;
        if features.is_empty() {
            let (file, target) = (table.name().to_owned(), shown(target.column()));
            return Err(DataError::NoFeatures { file, target });
        }
        let target_code = match target.labels() {
            Some(labels) => TargetCode::Classes(labels.clone()),
            None => {
                let numbers: Result<Vec<f64>, _> =
                    rows.iter().map(|&row| table.number(target_column, row)).collect();
                TargetCode::Number(Standard::of(numbers?.into_iter()))
            }
        };
        Ok(Encoder { features, target: target.column().to_owned(), target_code })
    }

    /// Encodes the features of the given rows. Columns are found by name: their order does not
    /// matter, and further columns are ignored.
    ///
    /// # Errors
    /// Columns that are missing (all are named), text in a column of numbers, a number whose
    /// score is not finite, a column of numbers that was text in training.
    pub fn encode_features(&self, table: &Table, rows: &[usize]) -> Result<Features, DataError> {
        table.check_rows(rows)?;
        let columns = self.find_columns(table)?;
        let plans = columns
            .iter()
            .zip(&self.features)
            .map(|(column, feature)| Plan::new(table, column, &feature.code))
            .collect::<Result<Vec<_>, _>>()?;

        let cols = plans.iter().map(Plan::width).sum();
        let mut data = Matrix::room(rows.len(), cols)?;
        for &row in rows {
            for plan in &plans {
                match plan {
                    Plan::Number(column, standard) => {
                        data.push(score(table, column, standard, row)?);
                    }
                    Plan::OneHot { texts, places, width } => {
                        let start = data.len();
                        data.resize(start + width, 0.0);
                        data[start + places[texts.codes()[row] as usize]] = 1.0;
                    }
                }
            }
        }
        let unseen = columns
            .iter()
            .zip(&plans)
            .flat_map(|(column, plan)| plan.unseen(table, column, rows))
            .collect();
        Ok(Features { matrix: Matrix { rows: rows.len(), cols, data }, unseen })
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
                let scores = rows.iter().map(|&row| score(table, column, standard, row));
                scores.collect::<Result<_, _>>().map(Targets::Numbers)
            }
        }
    }

    /// A reader for tables to predict: it reads the feature columns alone, and as text those that
    /// were text in training, so that `007` stays `007`.
    pub fn reader(&self, name: impl Into<String>) -> TableReader {
        let (names, texts) = self.reading();
        TableReader::new(name).only(names).text(texts)
    }

    /// A reader for tables to be judged on: as [`reader`](Encoder::reader), and the target too.
    pub fn reader_with_target(&self, name: impl Into<String>) -> TableReader {
        let (mut names, mut texts) = self.reading();
        names.push(&self.target);
        if let TargetCode::Classes(Labels::Texts(_)) = &self.target_code {
            texts.push(&self.target);
        }
        TableReader::new(name).only(names).text(texts)
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

    /// What each input is: `petal_length_cm`, `colour=red`, `colour=other`.
    pub fn inputs(&self) -> Vec<String> {
        let mut inputs = Vec::new();
        for Feature { name, code } in &self.features {
            match code {
                Code::Number(_) => inputs.push(name.clone()),
                Code::OneHot(values) => {
                    inputs.extend(values.iter().map(|value| format!("{name}={value}")));
                    inputs.push(format!("{name}=other"));
                }
            }
        }
        inputs
    }

    /// Features that had one value in all training rows: they tell nothing.
    pub fn constant_features(&self) -> impl Iterator<Item = &str> {
        let constant = |code: &Code| match code {
            Code::Number(standard) => standard.constant,
            Code::OneHot(values) => values.len() == 1,
        };
        self.features
            .iter()
            .filter(move |feature| constant(&feature.code))
            .map(|feature| feature.name.as_str())
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

/// The standard score of a cell, if it is a number at all and its score a finite one.
fn score(
    table: &Table,
    column: &Column,
    standard: &Standard,
    row: usize,
) -> Result<f64, DataError> {
    let score = standard.encode(table.number(column, row)?);
    if score.is_finite() {
        return Ok(score);
    }
    let (at, cell) = (table.place(row, column.name()), shown(&column.cell(row)));
    Err(DataError::NonFinite { at, cell })
}

/// How to encode one column of one table.
enum Plan<'a> {
    Number(&'a Column, &'a Standard),
    /// `places` tells, for each different text of the column, which of `width` inputs is 1.
    OneHot {
        texts: &'a Texts,
        places: Vec<usize>,
        width: usize,
    },
}

impl<'a> Plan<'a> {
    fn new(table: &Table, column: &'a Column, code: &'a Code) -> Result<Self, DataError> {
        let values = match code {
            Code::Number(standard) => return Ok(Plan::Number(column, standard)),
            Code::OneHot(values) => values,
        };
        let texts = table.texts(column)?;
        let place = |text: &str| values.binary_search_by(|value| value.as_str().cmp(text));
        let places = texts.distinct().map(|text| place(text).unwrap_or(values.len())).collect();
        Ok(Plan::OneHot { texts, places, width: values.len() + 1 })
    }

    fn width(&self) -> usize {
        match self {
            Plan::Number(..) => 1,
            Plan::OneHot { width, .. } => *width,
        }
    }

    /// The texts that went into the last place, "other".
    fn unseen(&self, table: &Table, column: &Column, rows: &[usize]) -> Vec<Unseen> {
        let Plan::OneHot { texts, places, width } = self else {
            return Vec::new();
        };
        let other = width - 1;
        if !places.contains(&other) {
            return Vec::new();
        }
        // For each different text: in how many rows it stands, and the first of them.
        let mut found = vec![(0, 0); places.len()];
        for &row in rows {
            let (count, first) = &mut found[texts.codes()[row] as usize];
            if *count == 0 || row < *first {
                *first = row;
            }
            *count += 1;
        }
        let text_of = texts.distinct().zip(places).zip(found);
        text_of
            .filter(|&((_, &place), (count, _))| place == other && count > 0)
            .map(|((value, _), (rows, first))| {
                let (column, value) = (column.name().to_owned(), value.to_owned());
                Unseen { column, value, rows, line: table.line(first) }
            })
            .collect()
    }
}

/// An encoder as a file holds it, to be checked before it is trusted.
#[derive(Deserialize)]
struct Unchecked {
    features: Vec<Feature>,
    target: String,
    target_code: TargetCode,
}

impl TryFrom<Unchecked> for Encoder {
    type Error = String;

    fn try_from(Unchecked { features, target, target_code }: Unchecked) -> Result<Self, String> {
        if features.is_empty() {
            return Err("encoder: it has no features".to_owned());
        }
        let names = features.iter().map(|feature| feature.name.as_str()).chain([target.as_str()]);
        check_names("encoder", names).map_err(|error| error.to_string())?;
        for Feature { name, code } in &features {
            let sound = match code {
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
        Ok(Encoder { features, target, target_code })
    }
}
