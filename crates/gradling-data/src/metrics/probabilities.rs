//! How far predicted probabilities can be trusted. One row of probabilities a sample, one column a class.

use super::check;
use crate::error::DataError;
use crate::matrix::Matrix;

/// The mean of -ln of the probability that the true class was given, which counts as no less than the
/// smallest number above 0.
///
/// # Errors
/// As [`accuracy`](super::accuracy), and a class that has no column.
pub fn log_loss(probabilities: &Matrix, truth: &[usize]) -> Result<f64, DataError> {
    let rows = rows(probabilities, truth)?;
    let loss = |(p, &class): (&[f64], &usize)| -p[class].max(f64::MIN_POSITIVE).ln();
    Ok(rows.zip(truth).map(loss).sum::<f64>() / truth.len() as f64)
}

/// The Brier score: the mean of Σ (p - t)² over the classes, t being 1 for the true one and else 0, and
/// half of it for two classes, which is the squared error of one probability.
///
/// # Errors
/// As [`log_loss`].
pub fn brier(probabilities: &Matrix, truth: &[usize]) -> Result<f64, DataError> {
    let rows = rows(probabilities, truth)?;
    let error = |(p, &class): (&[f64], &usize)| {
        let of = |(k, p): (usize, &f64)| (p - f64::from(u8::from(k == class))).powi(2);
        p.iter().enumerate().map(of).sum::<f64>()
    };
    let half = if probabilities.cols == 2 { 0.5 } else { 1.0 };
    Ok(half * rows.zip(truth).map(error).sum::<f64>() / truth.len() as f64)
}

/// Rows whose most probable class was about equally probable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// How many there are.
    pub rows: usize,
    /// The mean probability of their most probable classes.
    pub confidence: f64,
    /// The share of them where that class is the true one.
    pub accuracy: f64,
}

/// Parts the rows by the probability of their most probable class into `count` bins of one width from 0
/// to 1, each with its lower end but the last one with both, and gives those that hold rows.
///
/// # Errors
/// As [`log_loss`], and no bins.
pub fn reliability(
    probabilities: &Matrix,
    truth: &[usize],
    count: usize,
) -> Result<Vec<Bin>, DataError> {
    if count == 0 {
        return Err(DataError::setting("the number of bins", 0, "at least 1"));
    }
    let mut bins = vec![(0_usize, 0.0, 0_usize); count];
    for (p, &class) in rows(probabilities, truth)?.zip(truth) {
        let best = (1..p.len()).fold(0, |best, k| if p[k] > p[best] { k } else { best });
        let bin = &mut bins[((p[best] * count as f64) as usize).min(count - 1)];
        *bin = (bin.0 + 1, bin.1 + p[best], bin.2 + usize::from(best == class));
    }
    let bin = |(rows, confidence, right): (usize, f64, usize)| {
        let mean = |sum: f64| sum / rows as f64;
        (rows > 0).then(|| Bin { rows, confidence: mean(confidence), accuracy: mean(right as f64) })
    };
    Ok(bins.into_iter().filter_map(bin).collect())
}

/// The expected calibration error of these bins (Guo et al., 2017): how far confidence and accuracy lie
/// apart, on average over the rows.
pub fn calibration_error(bins: &[Bin]) -> f64 {
    let rows: usize = bins.iter().map(|bin| bin.rows).sum();
    let gap = |bin: &Bin| bin.rows as f64 * (bin.confidence - bin.accuracy).abs();
    bins.iter().map(gap).sum::<f64>() / rows.max(1) as f64
}

/// The rows, if there is one for each truth and a column for each class.
fn rows<'a>(
    probabilities: &'a Matrix,
    truth: &[usize],
) -> Result<impl Iterator<Item = &'a [f64]>, DataError> {
    let cols = probabilities.cols;
    if let Some(&class) = truth.iter().find(|&&class| class >= cols) {
        let rule = format!("at most {}", cols.saturating_sub(1));
        return Err(DataError::setting("a class", class, rule));
    }
    check(&vec![(); probabilities.rows], truth)?;
    Ok((0..probabilities.rows).map(|row| probabilities.row(row)))
}
