//! How good a network is on some rows, computed on plain numbers.

use super::settings::Loss;
use gradling::Real;
use gradling_data::{Matrix, Targets, Task, metrics};

/// The mean loss, and the accuracy or R².
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figures {
    pub(super) loss: f64,
    pub(super) score: f64,
}

/// What the score of a task is called.
pub(super) fn score_name(task: Task) -> &'static str {
    match task {
        Task::Regression => "R²",
        Task::Binary | Task::Classes(_) => "accuracy",
    }
}

impl Figures {
    /// The figures of a network's outputs, one row a sample; `None` of no rows.
    pub(super) fn of(outputs: &Matrix, targets: &Targets, loss: Loss) -> Option<Figures> {
        let (loss, score) = match targets {
            Targets::Numbers(truth) => {
                let errors = outputs.data.iter().zip(truth).map(|(y, t)| (y - t) * (y - t));
                (errors.sum::<f64>(), metrics::r2(&outputs.data, truth))
            }
            Targets::Classes(truth) => {
                let rows = (0..outputs.rows).map(|row| outputs.row(row));
                let cost = if loss == Loss::Hinge { hinge } else { cross_entropy };
                let loss = rows.zip(truth).map(|(outputs, &class)| cost(outputs, class));
                (loss.sum(), metrics::accuracy(&classes(outputs), truth))
            }
        };
        // The metrics refuse no rows, and lists of different lengths, which these are not.
        Some(Figures { loss: loss / outputs.rows as f64, score: score.ok()? })
    }
}

/// The most probable class of each row of outputs, the first of those at a tie.
fn classes(outputs: &Matrix) -> Vec<usize> {
    let class = |outputs: &[f64]| match outputs {
        [logit] => usize::from(*logit > 0.0),
        logits => {
            (1..logits.len()).fold(0, |best, i| if logits[i] > logits[best] { i } else { best })
        }
    };
    (0..outputs.rows).map(|row| class(outputs.row(row))).collect()
}

/// As the engine's `binary_cross_entropy` of one output and `cross_entropy` of many.
fn cross_entropy(outputs: &[f64], class: usize) -> f64 {
    if let &[logit] = outputs {
        return Real::softplus(logit) - class as f64 * logit;
    }
    let top = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = outputs.iter().map(|z| Real::exp(z - top)).sum();
    top + Real::ln(sum) - outputs[class]
}

/// As the engine's `hinge` for one output, of label -1 for the first class and 1 for the second.
fn hinge(outputs: &[f64], class: usize) -> f64 {
    let label = if class == 1 { 1.0 } else { -1.0 };
    outputs.iter().map(|score| (1.0 - label * score).max(0.0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradling::{Rng, Value, mean, nn::Activation, nn::Init, nn::Mlp, nn::loss};

    #[test]
    fn the_loss_on_plain_numbers_is_that_of_the_engine() {
        for outputs in [1, 3] {
            let mut rng = Rng::new(5);
            let mlp = Mlp::with(2, &[(outputs, Activation::Linear)], Init::Uniform, &mut rng);
            let inputs = Matrix { rows: 3, cols: 2, data: vec![1.0, -2.0, 0.5, 30.0, -9.0, 4.0] };
            let truth = vec![1, 0, outputs.min(2)];
            let losses: Vec<Value> = (0..3)
                .map(|row| match mlp.forward(inputs.row(row))[..] {
                    [logit] => loss::binary_cross_entropy(logit, truth[row] as f64),
                    ref logits => loss::cross_entropy(logits, truth[row]),
                })
                .collect();
            let data = (0..3).flat_map(|row| mlp.forward(inputs.row(row))).map(Value::data);
            let outputs = Matrix { rows: 3, cols: outputs, data: data.collect() };
            let classes = Targets::Classes(truth);
            let figures = Figures::of(&outputs, &classes, Loss::CrossEntropy).unwrap();
            assert!((figures.loss - mean(&losses).data()).abs() < 1e-12);
        }
    }
}
