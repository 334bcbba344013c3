//! What a table holds, column by column, and what is suspicious: before anything is learned from it.
//!
//! It is made part by part, so that a table may be larger than memory; of different values it remembers
//! a limited number.

use crate::dates::is_date;
use crate::table::{Table, Values, number_text};
use serde::Serialize;
use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hasher};

/// So many different values of a column are counted.
const COUNTED: usize = 100_000;
/// With fewer rows, values that all differ are no sign of an identifier.
const ENOUGH: u64 = 20;
/// A class with a smaller share than this is rare.
const RARE: f64 = 0.1;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Numbers.
    Numbers,
    /// Text.
    Text,
    /// Text that is dates alone.
    Dates,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Numbers => "numbers",
            Kind::Text => "text",
            Kind::Dates => "dates",
        })
    }
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnSurvey {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// How many values are missing.
    pub missing: u64,
    /// How many values differ; `None` if they are more than 100,000.
    pub distinct: Option<usize>,
    /// Smallest number.
    pub min: Option<f64>,
    /// Mean of the numbers.
    pub mean: Option<f64>,
    /// Largest number.
    pub max: Option<f64>,
    /// The most frequent value and how often it stands there, the smallest at a tie; `None` if all
    /// differ, or more than 100,000 do.
    pub most_frequent: Option<(String, u64)>,
}

/// Something to know before training. Shown, it is a sentence with advice.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "finding")]
pub enum Finding {
    /// The same value in every row.
    Constant {
        /// The column.
        column: String,
        /// Its value.
        value: String,
    },
    /// No value at all.
    Empty {
        /// The column.
        column: String,
    },
    /// The same values as an earlier column.
    Duplicate {
        /// The column.
        column: String,
        /// The earlier one.
        of: String,
    },
    /// A different value in each row: an identifier, which says nothing of other rows.
    Identifier {
        /// The column.
        column: String,
    },
    /// Dates.
    Dates {
        /// The column.
        column: String,
    },
    /// Too many different texts to be categories.
    ManyValues {
        /// The column.
        column: String,
    },
    /// A class with few rows.
    Rare {
        /// The target.
        column: String,
        /// The class.
        value: String,
        /// Its rows.
        rows: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Constant { column, value } => {
                write!(f, "column {column:?} holds {value:?} in every row, so it tells nothing")
            }
            Finding::Empty { column } => {
                write!(f, "column {column:?} has no value at all; leave it out")
            }
            Finding::Duplicate { column, of } => {
                write!(f, "column {column:?} holds the same as {of:?}; leave one out")
            }
            Finding::Identifier { column } => write!(
                f,
                "column {column:?} looks like an identifier: no two rows have the same; leave it out"
            ),
            Finding::Dates { column } => write!(
                f,
                "column {column:?} holds dates; write what matters of them as numbers, or leave it out"
            ),
            Finding::ManyValues { column } => write!(
                f,
                "column {column:?} holds text with more than {} different values; leave it out or group them",
                crate::MAX_VALUES
            ),
            Finding::Rare { column, value, rows } => write!(
                f,
                "only {rows} rows have {column:?} {value:?}; weigh the classes, and look at more than accuracy"
            ),
        }
    }
}

impl Finding {
    /// The column it is about.
    pub fn column(&self) -> &str {
        match self {
            Finding::Constant { column, .. }
            | Finding::Empty { column }
            | Finding::Duplicate { column, .. }
            | Finding::Identifier { column }
            | Finding::Dates { column }
            | Finding::ManyValues { column }
            | Finding::Rare { column, .. } => column,
        }
    }
}

/// A table's columns and what they hold.
///
/// ```
/// use gradling_data::{Survey, Table};
///
/// let table = Table::read("t", "a,b,c\n1,x,1\n2,x,2\n".as_bytes())?;
/// let mut survey = Survey::default();
/// survey.add(&table);
/// let told: Vec<String> = survey.findings(None).iter().map(ToString::to_string).collect();
/// assert_eq!(told[0], r#"column "b" holds "x" in every row, so it tells nothing"#);
/// assert_eq!(told[1], r#"column "c" holds the same as "a"; leave one out"#);
/// # Ok::<(), gradling_data::DataError>(())
/// ```
#[derive(Debug, Default)]
pub struct Survey {
    rows: u64,
    columns: Vec<Gathered>,
}

/// What was seen of a column so far.
#[derive(Debug)]
struct Gathered {
    name: String,
    missing: u64,
    /// The values in order, as one number.
    order: DefaultHasher,
    counts: Counts,
    /// Whether there were more different values than are counted.
    many: bool,
}

#[derive(Debug)]
enum Counts {
    Numbers {
        counts: HashMap<u64, u64>,
        min: f64,
        max: f64,
        /// In parts of a large unit, so that no sum is infinite.
        sum: f64,
        count: u64,
        /// The last number, while each is the one before and 1.
        ascending: Option<f64>,
        whole: bool,
    },
    Texts {
        counts: HashMap<String, u64>,
        /// Whether all were dates.
        dates: bool,
    },
}

/// Sums are taken of numbers divided by this.
const UNIT: f64 = 1_048_576.0;

impl Survey {
    /// Takes in a table, or its next part.
    ///
    /// # Panics
    /// If the part has other columns than those before it.
    pub fn add(&mut self, part: &Table) {
        if self.columns.is_empty() {
            self.columns =
                part.columns().iter().map(|c| Gathered::new(c.name(), c.values())).collect();
        }
        assert_eq!(
            self.columns.len(),
            part.columns().len(),
            "parts of one table have the same columns"
        );
        for (gathered, column) in self.columns.iter_mut().zip(part.columns()) {
            gathered.add(column.values());
        }
        self.rows += part.rows() as u64;
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The columns, in their order.
    pub fn columns(&self) -> Vec<ColumnSurvey> {
        self.columns.iter().map(Gathered::survey).collect()
    }

    /// What there is to know before training: of the columns, and of the classes of a target if one is
    /// given.
    pub fn findings(&self, target: Option<&str>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut seen: HashMap<u64, &str> = HashMap::new();
        for (gathered, survey) in self.columns.iter().zip(self.columns()) {
            let is_target = target == Some(gathered.name.as_str());
            let (column, present) = (gathered.name.clone(), self.rows - gathered.missing);
            let differ = survey.distinct.unwrap_or(usize::MAX) as u64;
            let text = matches!(gathered.counts, Counts::Texts { .. });
            let finding = if present == 0 {
                Some(Finding::Empty { column })
            } else if survey.distinct == Some(1) && gathered.missing == 0 {
                let value = gathered.only().unwrap_or_default();
                Some(Finding::Constant { column, value })
            } else if let Some(&of) = seen.get(&gathered.order.finish()) {
                Some(Finding::Duplicate { column, of: of.to_owned() })
            } else if is_target {
                None
            } else if survey.kind == Kind::Dates {
                Some(Finding::Dates { column })
            } else if self.rows >= ENOUGH && gathered.is_identifier(differ, present) {
                Some(Finding::Identifier { column })
            } else if text && differ > crate::MAX_VALUES as u64 {
                Some(Finding::ManyValues { column })
            } else {
                None
            };
            seen.entry(gathered.order.finish()).or_insert(&gathered.name);
            findings.extend(finding);
            if is_target {
                findings.extend(gathered.rare(present));
            }
        }
        findings
    }
}

impl Gathered {
    fn new(name: &str, values: &Values) -> Self {
        let counts = match values {
            Values::Numbers(_) => Counts::Numbers {
                counts: HashMap::new(),
                min: f64::INFINITY,
                max: f64::NEG_INFINITY,
                sum: 0.0,
                count: 0,
                ascending: None,
                whole: true,
            },
            Values::Texts(_) => Counts::Texts { counts: HashMap::new(), dates: true },
        };
        let order = DefaultHasher::new();
        Gathered { name: name.to_owned(), missing: 0, order, counts, many: false }
    }

    fn add(&mut self, values: &Values) {
        match (&mut self.counts, values) {
            (
                Counts::Numbers { counts, min, max, sum, count, ascending, whole },
                Values::Numbers(numbers),
            ) => {
                for &x in numbers {
                    let x = x + 0.0;
                    self.order.write_u64(x.to_bits());
                    if x.is_nan() {
                        self.missing += 1;
                        continue;
                    }
                    (*min, *max) = (min.min(x), max.max(x));
                    let follows = *count == 0 || ascending.is_some_and(|last| last + 1.0 == x);
                    *ascending = follows.then_some(x);
                    *whole &= x.fract() == 0.0;
                    *sum += x / UNIT;
                    *count += 1;
                    if !self.many {
                        *counts.entry(x.to_bits()).or_default() += 1;
                        self.many = counts.len() > COUNTED;
                    }
                }
            }
            (Counts::Texts { counts, dates }, Values::Texts(texts)) => {
                for text in texts.iter() {
                    self.order.write(text.as_bytes());
                    self.order.write_u8(0xff);
                    if text.is_empty() {
                        self.missing += 1;
                        continue;
                    }
                    if self.many {
                        continue;
                    }
                    match counts.get_mut(text) {
                        Some(count) => *count += 1,
                        None => {
                            *dates &= is_date(text);
                            counts.insert(text.to_owned(), 1);
                            self.many = counts.len() > COUNTED;
                        }
                    }
                }
            }
            _ => unreachable!("parts of one table hold the same in a column"),
        }
    }

    /// The values that were counted.
    fn values(&self) -> Vec<(String, u64)> {
        match &self.counts {
            Counts::Numbers { counts, .. } => {
                let mut values: Vec<(f64, u64)> =
                    counts.iter().map(|(&bits, &count)| (f64::from_bits(bits), count)).collect();
                values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
                values.into_iter().map(|(x, count)| (number_text(x), count)).collect()
            }
            Counts::Texts { counts, .. } => {
                let mut values: Vec<(String, u64)> =
                    counts.iter().map(|(text, &count)| (text.clone(), count)).collect();
                values.sort_unstable();
                values
            }
        }
    }

    /// The value of a column that has one.
    fn only(&self) -> Option<String> {
        self.values().into_iter().next().map(|(value, _)| value)
    }

    fn survey(&self) -> ColumnSurvey {
        let (kind, different) = match &self.counts {
            Counts::Numbers { counts, .. } => (Kind::Numbers, counts.len()),
            Counts::Texts { counts, dates: true } if !counts.is_empty() => {
                (Kind::Dates, counts.len())
            }
            Counts::Texts { counts, .. } => (Kind::Text, counts.len()),
        };
        let (min, mean, max) = match &self.counts {
            &Counts::Numbers { min, max, sum, count, .. } if count > 0 => {
                // Rounding may not lead out of the range.
                let mean = (sum / count as f64 * UNIT).clamp(min, max);
                (Some(min), Some(mean), Some(max))
            }
            _ => (None, None, None),
        };
        let most = if self.many {
            None
        } else {
            let values = self.values().into_iter();
            values.rev().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 1)
        };
        ColumnSurvey {
            name: self.name.clone(),
            kind,
            missing: self.missing,
            distinct: (!self.many).then_some(different),
            min,
            mean,
            max,
            most_frequent: most,
        }
    }

    /// Whether no two rows have the same, and that is no accident: text, or whole numbers that count up or
    /// are named as identifiers are.
    fn is_identifier(&self, differ: u64, present: u64) -> bool {
        if self.missing > 0 || differ < present {
            return false;
        }
        match &self.counts {
            Counts::Texts { .. } => true,
            Counts::Numbers { ascending: Some(_), .. } => true,
            Counts::Numbers { whole, .. } => {
                let name = self.name.to_ascii_lowercase();
                *whole && (name == "id" || name.ends_with("_id") || name.ends_with(" id"))
            }
        }
    }

    /// The rarest class, if it is rare, of a column with few different values.
    fn rare(&self, present: u64) -> Option<Finding> {
        let classes = self.values();
        let (value, rows) = classes.iter().min_by_key(|(_, count)| *count)?;
        let few = (2..=20).contains(&classes.len()) && !self.many;
        // Of many classes each is rare; it has to be so beside the others.
        let fair = present as f64 / classes.len() as f64;
        let rare = (*rows as f64) < RARE * present as f64 && (*rows as f64) < 0.5 * fair;
        (few && rare).then(|| Finding::Rare {
            column: self.name.clone(),
            value: value.clone(),
            rows: *rows,
        })
    }
}
