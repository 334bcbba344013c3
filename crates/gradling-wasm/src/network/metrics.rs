//! How good the network is, on the rows it learns from and on those held out.

use super::data::{Part, Problem};
use gradling_data::{Task, metrics};
use serde::Serialize;

/// Figures of some rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Mean loss of a row, without the penalty.
    pub loss: f64,
    /// Share of rows that are right, of classes.
    pub accuracy: Option<f64>,
    /// Coefficient of determination, of a regression.
    pub r2: Option<f64>,
    /// Root of the mean squared error, in the unit of the target.
    pub rmse: Option<f64>,
    /// For each true class how often each class was predicted.
    pub confusion: Vec<Vec<usize>>,
}

/// The class that scores speak for.
pub fn class_of(scores: &[f32]) -> usize {
    match scores {
        &[score] => usize::from(score > 0.0),
        _ => (0..scores.len()).fold(0, |best, k| if scores[k] > scores[best] { k } else { best }),
    }
}

/// The figures of rows with these scores.
pub fn figures(problem: &Problem, part: &Part, loss: f64, scores: &[f32]) -> Option<Figures> {
    if part.rows.is_empty() {
        return None;
    }
    let truth = part.rows.iter().map(|&row| problem.truth[row]);
    let mut figures = Figures { loss, ..Figures::default() };
    if problem.task == Task::Regression {
        let predicted: Vec<f64> = scores.iter().map(|&z| problem.quantity(f64::from(z))).collect();
        let truth: Vec<f64> = truth.map(|t| problem.quantity(t)).collect();
        figures.r2 = metrics::r2(&predicted, &truth).ok();
        figures.rmse = metrics::rmse(&predicted, &truth).ok();
        return Some(figures);
    }
    let predicted: Vec<usize> = scores.chunks(problem.outputs()).map(class_of).collect();
    let truth: Vec<usize> = truth.map(|t| t as usize).collect();
    figures.accuracy = metrics::accuracy(&predicted, &truth).ok();
    if let Ok(confusion) = metrics::Confusion::new(&predicted, &truth, problem.labels.len()) {
        figures.confusion = confusion.rows().map(<[usize]>::to_vec).collect();
    }
    Some(figures)
}
