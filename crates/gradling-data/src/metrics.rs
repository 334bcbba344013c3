//! How good predictions are. Predictions come first, the truth second, one of each a row.

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

    /// For each true class, from 0, how often each class was predicted.
    pub fn rows(&self) -> impl Iterator<Item = &[usize]> {
        self.counts.chunks_exact(self.classes)
    }
}

fn squared_error(predicted: &[f64], truth: &[f64]) -> f64 {
    predicted.iter().zip(truth).map(|(p, t)| (p - t) * (p - t)).sum()
}

fn check<T>(predicted: &[T], truth: &[T]) -> Result<(), DataError> {
    let (left, right) = (predicted.len(), truth.len());
    if left != right {
        return Err(DataError::Lengths { what: "predictions and truth", left, right });
    }
    if left == 0 {
        return Err(DataError::setting("the number of predictions", 0, "at least 1"));
    }
    Ok(())
}
