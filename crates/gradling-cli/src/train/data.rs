//! From a file to encoded rows to train on and to judge by.

use crate::failure::Failure;
use gradling_data::{Encoder, Matrix, Table, Target, Targets, Task, split};
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

    /// Holds out a share of the rows, and encodes by what the others tell.
    pub(super) fn split(&self, held_out: f64, seed: u64) -> Result<Data, Failure> {
        let parts = split(&self.table, &self.target, held_out, seed)?;
        let encoder = Encoder::fit(&self.table, &parts.train, &self.target)?;
        let samples = |rows: &[usize]| -> Result<Samples, Failure> {
            Ok(Samples {
                inputs: encoder.encode_features(&self.table, rows)?.matrix,
                targets: encoder.encode_targets(&self.table, rows)?,
            })
        };
        let (train, held_out) = (samples(&parts.train)?, samples(&parts.held_out)?);
        Ok(Data { task: self.target.task(), encoder, train, held_out })
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

/// Encoded rows in two parts.
pub(super) struct Data {
    pub(super) task: Task,
    pub(super) encoder: Encoder,
    pub(super) train: Samples,
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
