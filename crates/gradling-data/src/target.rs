//! The column to predict, and what predicting it means: a quantity or one of some classes.

use crate::MAX_VALUES;
use crate::error::{DataError, listed, shown};
use crate::table::{Column, MISSING, Table, Values, number_text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// Whole numbers are classes when there are at most so many different ones.
pub(crate) const MOST_NUMERIC_CLASSES: usize = 20;
/// And when each of them has, on average, at least so many rows.
const ROWS_PER_CLASS: usize = 2;

/// What there is to learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// A number: one output, squared error.
    Regression,
    /// One of two classes: one output.
    Binary,
    /// One of this many classes, 3 or more: one output each.
    Classes(usize),
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Task::Regression => f.write_str("regression"),
            Task::Binary => f.write_str("binary classification"),
            Task::Classes(count) => write!(f, "classification into {count} classes"),
        }
    }
}

/// The values of a target of classes, ascending; a class is a position among them, from 0.
///
/// Numbers ascend by value, text by its bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Labels {
    /// Labels that are numbers in the table.
    Numbers(Vec<f64>),
    /// Labels that are text.
    Texts(Vec<String>),
}

impl Labels {
    /// Number of classes, at least 2.
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        match self {
            Labels::Numbers(numbers) => numbers.len(),
            Labels::Texts(texts) => texts.len(),
        }
    }

    /// The label of a class.
    pub fn get(&self, class: usize) -> Option<String> {
        match self {
            Labels::Numbers(numbers) => numbers.get(class).copied().map(number_text),
            Labels::Texts(texts) => texts.get(class).cloned(),
        }
    }

    /// All labels, in the order of the classes.
    pub fn names(&self) -> Vec<String> {
        (0..self.len()).filter_map(|class| self.get(class)).collect()
    }

    /// The class of each of `rows`, which must be rows of the table.
    pub(crate) fn encode(
        &self,
        table: &Table,
        column: &Column,
        rows: &[usize],
    ) -> Result<Vec<usize>, DataError> {
        let unknown = |row: usize| DataError::UnknownLabel {
            at: table.place(row, column.name()),
            cell: shown(&column.cell(row)),
            known: listed(self.names().iter().map(String::as_str)),
        };
        match self {
            Labels::Numbers(labels) => rows
                .iter()
                .map(|&row| {
                    let number = plain_zero(table.number(column, row)?);
                    labels
                        .binary_search_by(|label| label.total_cmp(&number))
                        .map_err(|_| unknown(row))
                })
                .collect(),
            Labels::Texts(labels) => {
                let texts = table.texts(column)?;
                // One search for each different text, not for each row.
                let classes: Vec<Option<usize>> = texts
                    .distinct()
                    .map(|text| labels.binary_search_by(|label| label.as_str().cmp(text)).ok())
                    .collect();
                rows.iter()
                    .map(|&row| match texts.codes()[row] {
                        MISSING => Err(table.missing(column, row)),
                        code => classes[code as usize].ok_or_else(|| unknown(row)),
                    })
                    .collect()
            }
        }
    }

    pub(crate) fn is_sound(&self) -> bool {
        let ascending = match self {
            Labels::Numbers(numbers) => {
                numbers.iter().all(|x| x.is_finite() && x.to_bits() != (-0.0f64).to_bits())
                    && numbers.is_sorted_by(|a, b| a < b)
            }
            Labels::Texts(texts) => texts.is_sorted_by(|a, b| a < b),
        };
        ascending && (2..=MAX_VALUES).contains(&self.len())
    }
}

/// A column to predict, the task that follows from it, and why.
///
/// Shown, it is a sentence:
/// `column "digit" holds 10 different whole numbers in 1797 rows, few enough to be classes, so the
/// task is classification into 10 classes`.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    column: String,
    labels: Option<Labels>,
    reason: String,
}

impl Target {
    pub(crate) const QUANTITY: &str = "is taken as a quantity";

    /// The column that is most likely meant to be predicted, and why: one that is named `target`,
    /// `label`, `class`, `outcome` or `y`, whatever the case, or else the last one.
    pub fn guess(table: &Table) -> (&str, &'static str) {
        let names = || table.columns().iter().rev().map(Column::name);
        let meant = |wanted: &str| names().find(|name| name.eq_ignore_ascii_case(wanted));
        match ["target", "label", "class", "outcome", "y"].iter().find_map(|name| meant(name)) {
            Some(name) => (name, "its name tells"),
            None => (names().next().unwrap_or_default(), "the last column"),
        }
    }

    /// Finds the task from the values of a column:
    ///
    /// - text is classes;
    /// - whole numbers are classes when at most 20 of them differ and each has at least 2 rows on
    ///   average;
    /// - all other numbers are a quantity, so the task is regression.
    ///
    /// # Errors
    /// No such column, only one value in it, or text of more than [`MAX_VALUES`] values.
    pub fn infer(table: &Table, column: &str) -> Result<Self, DataError> {
        let numbers = match table.column(column)?.values() {
            Values::Texts(_) => return Target::classification(table, column),
            Values::Numbers(numbers) => numbers,
        };
        let whole = numbers.iter().all(|x| x.fract() == 0.0);
        let labels = if whole { distinct(numbers, MOST_NUMERIC_CLASSES) } else { None };
        let (labels, reason) = Target::decide(whole, labels, table.rows());
        Target::new(table, column, labels, reason)
    }

    /// The classes of a column of numbers, if it has any, and why: by whether all are whole, the different
    /// ones unless they are too many, and the number of rows.
    pub(crate) fn decide(
        whole: bool,
        labels: Option<Vec<f64>>,
        rows: usize,
    ) -> (Option<Labels>, String) {
        if !whole {
            return (None, "holds numbers that are not all whole".to_owned());
        }
        let Some(labels) = labels else {
            return (None, format!("holds more than {MOST_NUMERIC_CLASSES} different numbers"));
        };
        let found = labels.len();
        let held = format!("holds {found} different whole numbers in {rows} rows");
        // A single value is no task at all, and is refused as such.
        if found > 1 && rows < ROWS_PER_CLASS * found {
            return (None, format!("{held}, fewer than {ROWS_PER_CLASS} rows each"));
        }
        (Some(Labels::Numbers(labels)), format!("{held}, few enough to be classes"))
    }

    pub(crate) fn of_parts(column: &str, labels: Option<Labels>, reason: String) -> Self {
        Target { column: column.to_owned(), labels, reason }
    }

    /// Takes the column for a quantity.
    ///
    /// # Errors
    /// No such column, only one value in it, or text.
    pub fn regression(table: &Table, column: &str) -> Result<Self, DataError> {
        match table.column(column)?.values() {
            Values::Numbers(_) => Target::new(table, column, None, Target::QUANTITY.to_owned()),
            Values::Texts(_) => {
                Err(DataError::TextTarget { file: table.name().to_owned(), column: shown(column) })
            }
        }
    }

    /// Takes each different value of the column for a class.
    ///
    /// # Errors
    /// No such column, only one value in it, or more than [`MAX_VALUES`].
    pub fn classification(table: &Table, column: &str) -> Result<Self, DataError> {
        let values = table.column(column)?.values();
        let (kind, labels) = match values {
            Values::Numbers(numbers) => {
                ("numbers", distinct(numbers, MAX_VALUES).map(Labels::Numbers))
            }
            Values::Texts(texts) => ("text", sorted_texts(texts.distinct()).map(Labels::Texts)),
        };
        let Some(labels) = labels else {
            return Err(too_many_values(table, column));
        };
        let reason = format!("holds {kind} with {} different values", labels.len());
        Target::new(table, column, Some(labels), reason)
    }

    fn new(
        table: &Table,
        column: &str,
        labels: Option<Labels>,
        reason: String,
    ) -> Result<Self, DataError> {
        let values = table.column(column)?;
        let one_value = match values.values() {
            Values::Numbers(numbers) => numbers.iter().all(|&x| x == numbers[0]),
            Values::Texts(texts) => texts.distinct().len() == 1,
        };
        if one_value {
            let (file, value) = (table.name().to_owned(), shown(&values.cell(0)));
            return Err(DataError::OneValue { file, column: shown(column), value });
        }
        Ok(Target { column: column.to_owned(), labels, reason })
    }

    /// The column's name.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// The classes; `None` for regression.
    pub fn labels(&self) -> Option<&Labels> {
        self.labels.as_ref()
    }

    /// The task.
    pub fn task(&self) -> Task {
        match self.labels.as_ref().map(Labels::len) {
            None => Task::Regression,
            Some(2) => Task::Binary,
            Some(count) => Task::Classes(count),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {:?} {}, so the task is {}", self.column, self.reason, self.task())
    }
}

/// The different numbers, ascending, or `None` as soon as there are more than `most`.
fn distinct(numbers: &[f64], most: usize) -> Option<Vec<f64>> {
    let mut found: Vec<f64> = Vec::new();
    for number in numbers.iter().copied().map(plain_zero) {
        if let Err(at) = found.binary_search_by(|known| known.total_cmp(&number)) {
            if found.len() == most {
                return None;
            }
            found.insert(at, number);
        }
    }
    Some(found)
}

/// The different texts, sorted, or `None` if there are more than [`MAX_VALUES`].
pub(crate) fn sorted_texts<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Vec<String>> {
    let mut found = BTreeSet::new();
    for text in texts {
        found.insert(text);
        if found.len() > MAX_VALUES {
            return None;
        }
    }
    Some(found.into_iter().map(str::to_owned).collect())
}

pub(crate) fn too_many_values(table: &Table, column: &str) -> DataError {
    DataError::TooManyValues {
        file: table.name().to_owned(),
        column: shown(column),
        limit: MAX_VALUES,
    }
}

/// -0 as 0, which is the same label but orders before it.
fn plain_zero(x: f64) -> f64 {
    x + 0.0
}
