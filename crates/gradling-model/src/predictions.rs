//! From the outputs of a network to what they mean.

use gradling::Real;
use gradling_data::{Encoder, Matrix, TargetCode};

/// What a model predicts, one row a sample.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictions {
    /// Quantities, in the unit of the target.
    Quantities(Vec<f64>),
    /// Probabilities of the classes, one column each; a row adds up to 1.
    Classes(Matrix),
}

impl Predictions {
    /// The meaning of a network's outputs: of one output for a quantity its standard score, of one for
    /// two classes the logit of the second, of one for each class the logits.
    pub(crate) fn of(outputs: Matrix, encoder: &Encoder) -> Self {
        match encoder.target_code() {
            TargetCode::Number(standard) => {
                let scores = outputs.data.iter();
                Predictions::Quantities(scores.map(|&z| standard.decode(z)).collect())
            }
            TargetCode::Classes(labels) => {
                let pairs = labels.len() == 2;
                let mut data = Vec::with_capacity(outputs.rows * labels.len());
                for row in 0..outputs.rows {
                    match outputs.row(row) {
                        &[z] if pairs => data.extend([Real::sigmoid(-z), Real::sigmoid(z)]),
                        logits => push_softmax(logits, &mut data),
                    }
                }
                Predictions::Classes(Matrix { rows: outputs.rows, cols: labels.len(), data })
            }
        }
    }

    /// How many samples there are.
    pub fn rows(&self) -> usize {
        match self {
            Predictions::Quantities(quantities) => quantities.len(),
            Predictions::Classes(probabilities) => probabilities.rows,
        }
    }

    /// The most probable class of each sample, the first of those at a tie; `None` for quantities.
    pub fn most_probable(&self) -> Option<Vec<usize>> {
        match self {
            Predictions::Quantities(_) => None,
            Predictions::Classes(p) => Some((0..p.rows).map(|row| largest(p.row(row))).collect()),
        }
    }
}

/// e^z / Σ e^z, shifted by the largest so that nothing overflows.
fn push_softmax(logits: &[f64], into: &mut Vec<f64>) {
    let start = into.len();
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    into.extend(logits.iter().map(|z| Real::exp(z - top)));
    let whole: f64 = into[start..].iter().sum();
    into[start..].iter_mut().for_each(|p| *p /= whole);
}

/// The place of the largest, the first at a tie.
fn largest(numbers: &[f64]) -> usize {
    let mut best = 0;
    for (place, &x) in numbers.iter().enumerate() {
        if x > numbers[best] {
            best = place;
        }
    }
    best
}
