//! From a file to encoded rows to train on and to judge by.

use super::rows::Rows;
use super::text::{count, plain};
use crate::failure::Failure;
use crate::reading::{Input, Reading};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use gradling_data::{
    DataError, Encoder, Encoding, Matrix, Missing, NumberFormat, Split, Survey, Table, TableReader,
    Target, Targets, Task, balanced_weights, folds, split, split_rows,
};
use std::path::Path;

/// What to learn of a table, and how it is read.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Source {
    /// The column to predict [default: one named target, label, class, outcome or y, else the last].
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Option<String>,
    /// What the target is.
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) task: AskedTask,
    /// What to do about missing values, as learned from the training rows.
    #[arg(long, value_name = "HOW", default_value = "error", value_parser = ways())]
    pub(crate) missing: Missing,
    /// How much each row counts: `balanced` lets every class count the same.
    #[arg(long, value_enum, value_name = "HOW", default_value = "none")]
    pub(crate) class_weight: ClassWeight,
    /// Columns to leave out, separated by commas.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(crate) without: Vec<String>,
    /// Columns to read as text although they look like numbers, separated by commas.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(crate) text: Vec<String>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

fn ways() -> impl TypedValueParser<Value = Missing> {
    PossibleValuesParser::new(Missing::ALL.iter().map(|missing| missing.name()))
        .try_map(|name| name.parse::<Missing>())
}

/// The task, if the target's values are not to tell.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum AskedTask {
    /// The target's values tell.
    Auto,
    /// The target is a quantity.
    Regression,
    /// Each value of the target is a class.
    Classes,
}

/// How much a row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ClassWeight {
    /// Each row the same.
    None,
    /// Each class the same.
    Balanced,
}

impl Source {
    /// The reader of a table of this name.
    pub(super) fn reader(&self, name: &str) -> Result<TableReader, Failure> {
        let reader = self.reading.reader(TableReader::new(name))?;
        let reader = reader.without(&self.without).text(&self.text);
        Ok(if self.missing == Missing::Error { reader } else { reader.keep_missing() })
    }

    /// The column to predict, and why if it was not asked for.
    pub(super) fn target_of(&self, table: &Table) -> (String, Option<&'static str>) {
        match &self.target {
            Some(name) => (name.clone(), None),
            None => {
                let (name, why) = Target::guess(table);
                (name.to_owned(), Some(why))
            }
        }
    }

    /// What is said of so many rows that cannot be used.
    pub(super) fn dropped(&self, rows: usize) -> Option<String> {
        let why = match self.missing {
            Missing::Drop => "a missing value",
            _ => "no target",
        };
        (rows > 0).then(|| format!("{} left out for {why}", count(rows, "row")))
    }

    /// Refuses to weigh classes where there are none.
    pub(super) fn check(&self, target: &Target) -> Result<(), Failure> {
        if self.class_weight == ClassWeight::Balanced && target.labels().is_none() {
            return Err(Failure::Input(format!(
                "--class-weight balanced needs classes, but {target}; leave it out, or say --task classes"
            )));
        }
        Ok(())
    }
}

/// What there is to learn from a table.
pub(super) struct Problem {
    /// The table's name, rows, SHA-256 and encoding, with the first line that told.
    pub(super) name: String,
    pub(super) rows: usize,
    pub(super) hash: Option<String>,
    pub(super) encoding: Option<(Encoding, u64)>,
    pub(super) target: Target,
    /// What the whole table holds.
    pub(super) survey: Survey,
    /// Why this target, if it was not asked for.
    pub(super) guessed: Option<&'static str>,
    /// Rows that cannot be used, and why.
    pub(super) dropped: Option<String>,
    pub(super) missing: Missing,
}

/// A table in memory and what to learn from it.
pub(super) struct Whole {
    pub(super) problem: Problem,
    table: Table,
    class_weight: ClassWeight,
    numbers: NumberFormat,
}

impl Whole {
    pub(super) fn read(path: &Path, source: &Source) -> Result<Self, Failure> {
        let reader = source.reader(&path.display().to_string())?;
        let table = Input::open(path)?.read(&reader).map_err(advise)?;
        let mut survey = Survey::default();
        survey.add(&table);

        let (name, guessed) = source.target_of(&table);
        let usable = source.missing.usable(&table, &name)?;
        let lost = table.rows() - usable.len();
        let table = if lost == 0 { table } else { table.only_rows(&usable)? };
        let target = match source.task {
            AskedTask::Auto => Target::infer(&table, &name),
            AskedTask::Regression => Target::regression(&table, &name),
            AskedTask::Classes => Target::classification(&table, &name),
        }?;
        source.check(&target)?;
        let problem = Problem {
            name: table.name().to_owned(),
            rows: table.rows(),
            hash: table.hash().map(str::to_owned),
            encoding: table.encoding(),
            target,
            survey,
            guessed,
            dropped: source.dropped(lost),
            missing: source.missing,
        };
        Ok(Whole {
            problem,
            table,
            class_weight: source.class_weight,
            numbers: source.reading.numbers()?.unwrap_or_default(),
        })
    }

    /// Holds out a share of the rows, and of the others a share for validation, and encodes by what the
    /// rest tells.
    pub(super) fn split(&self, held_out: f64, validation: f64, seed: u64) -> Result<Data, Failure> {
        self.encode(&split(&self.table, &self.problem.target, held_out, seed)?, validation, seed)
    }

    /// The same for each of so many folds, which are held out in turn.
    pub(super) fn folds(
        &self,
        count: usize,
        validation: f64,
        seed: u64,
    ) -> Result<Vec<Data>, Failure> {
        let parts = folds(&self.table, &self.problem.target, count, seed)?;
        parts.iter().map(|split| self.encode(split, validation, seed)).collect()
    }

    fn encode(&self, split: &Split, validation: f64, seed: u64) -> Result<Data, Failure> {
        let (table, target) = (&self.table, &self.problem.target);
        let parts = match validation > 0.0 {
            true => split_rows(table, target, &split.train, validation, seed)?,
            false => Split { train: split.train.clone(), held_out: Vec::new() },
        };
        let encoder = Encoder::fit_with(table, &parts.train, target, self.problem.missing);
        let encoder = encoder.map_err(advise)?.with_numbers(self.numbers);
        let samples = |rows: &[usize]| -> Result<Samples, Failure> {
            Ok(Samples {
                inputs: encoder.encode_features(table, rows)?.matrix,
                targets: encoder.encode_targets(table, rows)?,
            })
        };
        let (train, validation) = (samples(&parts.train)?, samples(&parts.held_out)?);
        let held_out = samples(&split.held_out)?;
        let class_weights = self.class_weights(&train)?;
        let task = target.task();
        Ok(Data { task, encoder, train, validation, held_out, class_weights, streamed: None })
    }

    /// How much each class counts, if not all rows count the same.
    fn class_weights(&self, train: &Samples) -> Result<Option<Vec<f64>>, Failure> {
        let (Targets::Classes(classes), Some(labels)) =
            (&train.targets, self.problem.target.labels())
        else {
            return Ok(None);
        };
        Ok(match self.class_weight {
            ClassWeight::None => None,
            ClassWeight::Balanced => Some(balanced_weights(classes, labels.len())?),
        })
    }
}

impl Problem {
    /// What was found out about the table, a line each.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some((encoding @ Encoding::Windows1252, line)) = self.encoding {
            notes.push(format!("letters are in {encoding}, as line {line} tells"));
        }
        if let Some(why) = self.guessed {
            let target = plain(self.target.column());
            notes.push(format!("no --target is given, so it is {target:?}: {why}"));
        }
        notes.extend(self.dropped.clone());
        let missing: u64 = self.survey.columns().iter().map(|column| column.missing).sum();
        if missing > 0 {
            let values = count(missing as usize, "missing value");
            notes.push(format!("{values}, treated as --missing {} says", self.missing));
        }
        notes
    }
}

/// Adds the flag that would help.
pub(super) fn advise(error: DataError) -> Failure {
    match error {
        DataError::Missing { .. } => Failure::Input(format!(
            "{error}, or choose a way with --missing, such as --missing median"
        )),
        DataError::Dates { ref column, .. }
        | DataError::NoValue { ref column, .. }
        | DataError::TooManyValues { ref column, .. } => {
            Failure::Input(format!("{error}: --without {column:?}"))
        }
        error => error.into(),
    }
}

/// Encoded rows in three parts: to learn from, to choose by, to judge by.
pub(super) struct Data {
    pub(super) task: Task,
    pub(super) encoder: Encoder,
    pub(super) train: Samples,
    pub(super) validation: Samples,
    pub(super) held_out: Samples,
    /// How much a row of each class counts in the loss; `None` if all rows count the same.
    pub(super) class_weights: Option<Vec<f64>>,
    /// Where the table is larger than memory, all rows to learn from: the three parts above are some of them
    /// each, to be looked at.
    pub(super) streamed: Option<Streamed>,
}

/// The rows of a table that is larger than memory.
pub(super) struct Streamed {
    pub(super) train: Rows,
    /// How many there are to choose by, and to judge by.
    pub(super) validation: usize,
    pub(super) held_out: usize,
}

impl Data {
    /// How many rows there are to learn from, to choose by and to judge by.
    pub(super) fn rows(&self) -> [usize; 3] {
        match &self.streamed {
            Some(Streamed { train, validation, held_out }) => {
                [train.count(), *validation, *held_out]
            }
            None => [self.train.rows(), self.validation.rows(), self.held_out.rows()],
        }
    }
}

/// Encoded rows: inputs and targets.
pub(super) struct Samples {
    pub(super) inputs: Matrix,
    pub(super) targets: Targets,
}

impl Samples {
    /// Adds a row, whose target is a score or the number of a class.
    pub(super) fn push(&mut self, inputs: &[f64], target: f64) {
        self.inputs.rows += 1;
        self.inputs.data.extend_from_slice(inputs);
        match &mut self.targets {
            Targets::Numbers(scores) => scores.push(target),
            Targets::Classes(classes) => classes.push(target as usize),
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.inputs.rows
    }
}
