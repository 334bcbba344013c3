//! What a missing value means: a named strategy, and what it has learned for a column.

use crate::error::{DataError, shown};
use crate::table::{Table, Values};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// What to do about missing values, learned from training rows alone.
///
/// ```
/// use gradling_data::{Encoder, Missing, TableReader, Target};
///
/// let csv = "size,kind\n1,a\n,b\n5,b\n3,a\n";
/// let table = TableReader::new("toys").keep_missing().read(csv.as_bytes())?;
/// let target = Target::infer(&table, "kind")?;
/// let encoder = Encoder::fit_with(&table, &table.row_ids(), &target, Missing::Mean)?;
/// // The mean of 1, 5 and 3 has the score 0.
/// assert_eq!(encoder.encode_features(&table, &[1])?.matrix.data, [0.0]);
/// # Ok::<(), gradling_data::DataError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// A missing value is an error.
    #[default]
    Error,
    /// Rows with a missing value are not learned from, and get no prediction.
    Drop,
    /// The column's mean stands in; in a column of text, its most frequent value.
    Mean,
    /// The column's median stands in; in a column of text, its most frequent value.
    Median,
    /// The column's most frequent value stands in, the first of them in order at a tie.
    MostFrequent,
    /// The mean stands in, and one more input tells that the value was missing; in a column of text,
    /// to be missing is a value of its own, or "other" if no training row has it.
    Indicator,
}

impl Missing {
    /// All strategies.
    pub const ALL: [Missing; 6] = [
        Missing::Error,
        Missing::Drop,
        Missing::Mean,
        Missing::Median,
        Missing::MostFrequent,
        Missing::Indicator,
    ];

    /// The name, as settings have it.
    pub fn name(self) -> &'static str {
        match self {
            Missing::Error => "error",
            Missing::Drop => "drop",
            Missing::Mean => "mean",
            Missing::Median => "median",
            Missing::MostFrequent => "most-frequent",
            Missing::Indicator => "indicator",
        }
    }

    /// The rows that can be used: those with a value in the target column, and for
    /// [`Missing::Drop`] in every column.
    ///
    /// What there is to predict is inferred from a table of [these rows alone](Table::only_rows): a class that
    /// only other rows have is none.
    ///
    /// # Errors
    /// No such column, or a missing target where that is an error.
    pub fn usable(self, table: &Table, target: &str) -> Result<Vec<usize>, DataError> {
        let target = table.column(target)?;
        let rows = 0..table.rows();
        match self {
            Missing::Error => match rows.clone().find(|&row| target.is_missing(row)) {
                Some(row) => Err(table.missing(target, row)),
                None => Ok(rows.collect()),
            },
            Missing::Drop => {
                let whole = |row: &usize| table.columns().iter().all(|c| !c.is_missing(*row));
                Ok(rows.filter(whole).collect())
            }
            _ => Ok(rows.filter(|&row| !target.is_missing(row)).collect()),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Missing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = |missing: &&Missing| missing.name() == text;
        Missing::ALL.iter().find(known).copied().ok_or_else(|| {
            let names: Vec<&str> = Missing::ALL.iter().map(|missing| missing.name()).collect();
            format!("{text:?} is no way to treat missing values; write one of {}", names.join(", "))
        })
    }
}

/// What stands in for a missing value of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// The row has no prediction.
    Drop,
    /// This number.
    Number(f64),
    /// This number, and the column has one more input, behind the other: 1 where the value is missing, else 0.
    Indicated(f64),
    /// This text. The empty text is a value of its own, if it is among those of the column, and else "other".
    Text(String),
}

impl Fill {
    /// What a strategy learns from the values of a column.
    pub(crate) fn learn(
        missing: Missing,
        file: &str,
        column: &str,
        values: &Values,
        rows: &[usize],
    ) -> Result<Option<Fill>, DataError> {
        let none = || DataError::NoValue { file: file.to_owned(), column: shown(column) };
        match (missing, values) {
            (Missing::Error, _) => Ok(None),
            (Missing::Drop, _) => Ok(Some(Fill::Drop)),
            (_, Values::Numbers(numbers)) => {
                let there: Vec<f64> =
                    rows.iter().map(|&row| numbers[row]).filter(|x| !x.is_nan()).collect();
                if there.is_empty() {
                    return Err(none());
                }
                let gaps = there.len() < rows.len();
                Ok(Some(match missing {
                    Missing::Median => Fill::Number(median(there)),
                    Missing::MostFrequent => Fill::Number(most_frequent(&there)),
                    Missing::Indicator if gaps => Fill::Indicated(mean(&there)),
                    _ => Fill::Number(mean(&there)),
                }))
            }
            (_, Values::Texts(texts)) => {
                let mut counts: HashMap<&str, usize> = HashMap::new();
                rows.iter().for_each(|&row| *counts.entry(texts.get(row)).or_default() += 1);
                counts.remove("");
                let most = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)));
                match (missing, most) {
                    (Missing::Indicator, _) => Ok(Some(Fill::Text(String::new()))),
                    (_, Some((text, _))) => Ok(Some(Fill::Text(text.to_owned()))),
                    (_, None) => Err(none()),
                }
            }
        }
    }

    pub(crate) fn is_sound(&self, is_text: bool) -> bool {
        match self {
            Fill::Drop => true,
            Fill::Number(x) | Fill::Indicated(x) => !is_text && x.is_finite(),
            Fill::Text(_) => is_text,
        }
    }
}

/// The mean, by way of a running one, which cannot become infinite.
fn mean(numbers: &[f64]) -> f64 {
    let unit = numbers.iter().fold(1.0_f64, |unit, x| unit.max(x.abs()));
    numbers.iter().map(|x| x / unit).sum::<f64>() / numbers.len() as f64 * unit
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    let half = numbers.len() / 2;
    if numbers.len() % 2 == 1 {
        numbers[half]
    } else {
        numbers[half - 1] / 2.0 + numbers[half] / 2.0
    }
}

fn most_frequent(numbers: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = numbers.iter().map(|x| x + 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let (mut best, mut most) = (sorted[0], 0);
    for same in sorted.chunk_by(|a, b| a == b) {
        if same.len() > most {
            (best, most) = (same[0], same.len());
        }
    }
    best
}
