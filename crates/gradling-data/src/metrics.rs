//! How good predictions are. Predictions come first, the truth second, one of each a row.

mod probabilities;
mod ranks;

pub use probabilities::{Bin, brier, calibration_error, log_loss, reliability};
pub use ranks::roc_auc;

use crate::MAX_VALUES;
use crate::error::DataError;

/// The share of classes that are right, `correct / n`, from 0 to 1.
///
/// # Errors
/// Lists of different lengths, or empty ones.
pub fn accuracy(predicted: &[usize], truth: &[usize]) -> Result<f64, DataError> {
    check(predicted, truth)?;
    let correct = predicted.iter().zip(truth).filter(|(p, t)| p == t).count();
    Ok(correct as f64 / truth.len() as f64)
}

/// Root of the mean squared error, `sqrt(Σ (p - t)² / n)`, in the unit of the truth.
///
/// # Errors
/// As [`accuracy`].
pub fn rmse(predicted: &[f64], truth: &[f64]) -> Result<f64, DataError> {
    check(predicted, truth)?;
    Ok((squared_error(predicted, truth) / truth.len() as f64).sqrt())
}

/// Mean of the absolute errors, `Σ |p - t| / n`, in the unit of the truth.
///
/// # Errors
/// As [`accuracy`].
pub fn mae(predicted: &[f64], truth: &[f64]) -> Result<f64, DataError> {
    check(predicted, truth)?;
    let errors = predicted.iter().zip(truth).map(|(p, t)| (p - t).abs());
    Ok(errors.sum::<f64>() / truth.len() as f64)
}

/// Coefficient of determination, `1 - Σ (p - t)² / Σ (t - mean t)²`: 1 is perfect, 0 is as good
/// as always predicting the mean, below 0 is worse.
///
/// Of a constant truth the formula says nothing; it is then 1 for a perfect prediction and 0 for
/// any other, as in scikit-learn.
///
/// # Errors
/// As [`accuracy`].
pub fn r2(predicted: &[f64], truth: &[f64]) -> Result<f64, DataError> {
    check(predicted, truth)?;
    let mean = truth.iter().sum::<f64>() / truth.len() as f64;
    let error = squared_error(predicted, truth);
    let spread: f64 = truth.iter().map(|t| (t - mean) * (t - mean)).sum();
    if truth.iter().all(|&t| t == truth[0]) {
        return Ok(if error == 0.0 { 1.0 } else { 0.0 });
    }
    Ok(1.0 - error / spread)
}

/// How often each class was taken for each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<usize>,
}

impl Confusion {
    /// Counts pairs of classes, all of them less than `classes`.
    ///
    /// # Errors
    /// As [`accuracy`]; a class that is not less than `classes`, or more than [`MAX_VALUES`]
    /// classes.
    pub fn new(predicted: &[usize], truth: &[usize], classes: usize) -> Result<Self, DataError> {
        check(predicted, truth)?;
        let at_most = |name, value, most: usize| {
            Err(DataError::setting(name, value, format!("at most {most}")))
        };
        if classes > MAX_VALUES {
            return at_most("the number of classes", classes, MAX_VALUES);
        }
        if let Some(&class) = predicted.iter().chain(truth).find(|&&class| class >= classes) {
            return at_most("a class", class, classes.saturating_sub(1));
        }
        let mut counts = vec![0; classes * classes];
        for (p, t) in predicted.iter().zip(truth) {
            counts[t * classes + p] += 1;
        }
        Ok(Confusion { classes, counts })
    }

    /// Rows of class `truth` that were predicted as class `predicted`; 0 for classes there are
    /// not.
    pub fn count(&self, truth: usize, predicted: usize) -> usize {
        if predicted >= self.classes {
            return 0;
        }
        self.rows().nth(truth).map_or(0, |row| row[predicted])
    }

    /// F1 of each class, `2 TP / (2 TP + FP + FN)`: the harmonic mean of how much of what was taken for
    /// the class is of it, and how much of it was found. `None` for a class that neither is there nor was
    /// predicted.
    pub fn f1(&self) -> Vec<Option<f64>> {
        let f1 = |class: usize| {
            let right = self.count(class, class);
            let there: usize = (0..self.classes).map(|other| self.count(class, other)).sum();
            let said: usize = (0..self.classes).map(|other| self.count(other, class)).sum();
            (there + said > 0).then(|| 2.0 * right as f64 / (there + said) as f64)
        };
        (0..self.classes).map(f1).collect()
    }

    /// The mean of [`f1`](Confusion::f1) over the classes that are there or were predicted, each of the
    /// same weight.
    pub fn f1_macro(&self) -> f64 {
        let all: Vec<f64> = self.f1().into_iter().flatten().collect();
        all.iter().sum::<f64>() / all.len().max(1) as f64
    }

    /// For each true class, from 0, how often each class was predicted.
    pub fn rows(&self) -> impl Iterator<Item = &[usize]> {
        self.counts.chunks_exact(self.classes)
    }
}

fn squared_error(predicted: &[f64], truth: &[f64]) -> f64 {
    predicted.iter().zip(truth).map(|(p, t)| (p - t) * (p - t)).sum()
}

fn check<P, T>(predicted: &[P], truth: &[T]) -> Result<(), DataError> {
    let (left, right) = (predicted.len(), truth.len());
    if left != right {
        return Err(DataError::Lengths { what: "predictions and truth", left, right });
    }
    if left == 0 {
        return Err(DataError::setting("the number of predictions", 0, "at least 1"));
    }
    Ok(())
}
