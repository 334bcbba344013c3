//! From a file to encoded rows to train on and to judge by.

use crate::failure::Failure;
use gradling_data::{
    Encoder, Matrix, Split, Table, Target, Targets, Task, folds, split, split_rows,
};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A table and what to learn from it.
pub(super) struct Problem {
    pub(super) table: Table,
    pub(super) target: Target,
}

/// The task, if the target's values are not to tell.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum AskedTask {
    /// The target's values tell.
    Auto,
    /// The target is a quantity.
    Regression,
    /// Each value of the target is a class.
    Classes,
}

impl Problem {
    pub(super) fn read(path: &Path, target: &str, task: AskedTask) -> Result<Self, Failure> {
        let table = Table::read(path.display().to_string(), open(path)?)?;
        let target = match task {
            AskedTask::Auto => Target::infer(&table, target),
            AskedTask::Regression => Target::regression(&table, target),
            AskedTask::Classes => Target::classification(&table, target),
        }?;
        Ok(Problem { table, target })
    }

    /// Holds out a share of the rows, and of the others a share for validation, and encodes by what the
    /// rest tells.
    pub(super) fn split(&self, held_out: f64, validation: f64, seed: u64) -> Result<Data, Failure> {
        self.encode(&split(&self.table, &self.target, held_out, seed)?, validation, seed)
    }

    /// The same for each of so many folds, which are held out in turn.
    pub(super) fn folds(
        &self,
        count: usize,
        validation: f64,
        seed: u64,
    ) -> Result<Vec<Data>, Failure> {
        let parts = folds(&self.table, &self.target, count, seed)?;
        parts.iter().map(|split| self.encode(split, validation, seed)).collect()
    }

    fn encode(&self, split: &Split, validation: f64, seed: u64) -> Result<Data, Failure> {
        let (table, target) = (&self.table, &self.target);
        let parts = match validation > 0.0 {
            true => split_rows(table, target, &split.train, validation, seed)?,
            false => Split { train: split.train.clone(), held_out: Vec::new() },
        };
        let encoder = Encoder::fit(table, &parts.train, target)?;
        let samples = |rows: &[usize]| -> Result<Samples, Failure> {
            Ok(Samples {
                inputs: encoder.encode_features(table, rows)?.matrix,
                targets: encoder.encode_targets(table, rows)?,
            })
        };
        let (train, validation) = (samples(&parts.train)?, samples(&parts.held_out)?);
        let held_out = samples(&split.held_out)?;
        Ok(Data { task: target.task(), encoder, train, validation, held_out })
    }
}

/// A file, or stdin for `-`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(Failure::Input(format!(
            "{} cannot be opened: {error}; give the path of a CSV file",
            path.display()
        ))),
    }
}

/// Encoded rows in three parts: to learn from, to choose by, to judge by.
pub(super) struct Data {
    pub(super) task: Task,
    pub(super) encoder: Encoder,
    pub(super) train: Samples,
    pub(super) validation: Samples,
    pub(super) held_out: Samples,
}

/// Encoded rows: inputs and targets.
pub(super) struct Samples {
    pub(super) inputs: Matrix,
    pub(super) targets: Targets,
}

impl Samples {
    pub(super) fn rows(&self) -> usize {
        self.inputs.rows
    }
}
