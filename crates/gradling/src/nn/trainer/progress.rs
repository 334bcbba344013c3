//! How far a trainer came: all that it needs to go on, as plain numbers that can be kept in a file.

use super::{Place, Trainer};
use crate::nn::{Memory, Optimizer, WrongMemory};
use crate::{Number, RunError};
use std::fmt;

/// All that changes in a [`Trainer`] while it trains. Another trainer of the same program with the same
/// settings, seed and rows, that is given it by [`go_on`](Trainer::go_on), takes the very steps that this
/// one would have taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// The parameters.
    pub parameters: Vec<f64>,
    /// What the optimiser remembers.
    pub optimizer: Memory,
    /// How many steps were taken.
    pub steps: usize,
    /// The order of the rows in the latest epoch; empty before the first, and where a batch is all rows.
    pub order: Vec<usize>,
    /// How many rows of it were taken, if the epoch was ended early; else 0.
    pub rows: usize,
    /// What the losses of these add up to.
    pub total: f64,
    /// The [position](crate::Rng::position) in the stream that orders are drawn from.
    pub position: u128,
}

/// Progress that was not made by such a trainer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WrongProgress {
    /// It is of another number of parameters.
    Parameters(RunError),
    /// It is that of another optimiser.
    Optimizer(WrongMemory),
    /// Its averages or its order do not fit the rest.
    Damaged,
}

impl fmt::Display for WrongProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WrongProgress::Parameters(error) => error.fmt(f),
            WrongProgress::Optimizer(error) => error.fmt(f),
            WrongProgress::Damaged => f.write_str(
                "the averages or the order of the rows do not fit the rest; begin anew instead",
            ),
        }
    }
}

impl std::error::Error for WrongProgress {}

impl<T: Number, O: Optimizer> Trainer<T, O> {
    /// How far it came: between epochs, or within one that `watch` ended early.
    pub fn progress(&self) -> Progress {
        Progress {
            parameters: self.parameters.clone(),
            optimizer: self.optimizer.memory(),
            steps: self.steps,
            order: self.order.clone(),
            rows: self.stopped.rows,
            total: self.stopped.total,
            position: self.rng.position(),
        }
    }

    /// Goes on from there: the next epoch is the rest of the one that was ended early, if one was.
    ///
    /// # Errors
    /// If it was not made by a trainer of the same program and optimiser. Nothing is changed then.
    pub fn go_on(&mut self, progress: Progress) -> Result<(), WrongProgress> {
        let Progress { parameters, optimizer, steps, order, rows, total, position } = progress;
        let (expected, found) = (self.parameters.len(), parameters.len());
        if found != expected {
            return Err(WrongProgress::Parameters(RunError::Parameters { expected, found }));
        }
        let full = |average: &Vec<f64>| average.is_empty() || average.len() == expected;
        if !optimizer.averages.iter().all(full) || !is_order(&order) {
            return Err(WrongProgress::Damaged);
        }
        // One batch of all rows has no order.
        if !order.is_empty() && rows > order.len() {
            return Err(WrongProgress::Damaged);
        }
        self.optimizer.recall(optimizer).map_err(WrongProgress::Optimizer)?;
        self.before.copy_from_slice(&parameters);
        self.parameters = parameters;
        self.convert();
        self.rng.set_position(position);
        (self.order, self.steps) = (order, steps);
        self.next = Place { rows, total };
        self.stopped = self.next;
        Ok(())
    }
}

/// Whether each row is there once.
fn is_order(order: &[usize]) -> bool {
    let mut met = vec![false; order.len()];
    order.iter().all(|&row| met.get_mut(row).is_some_and(|met| !std::mem::replace(met, true)))
}
