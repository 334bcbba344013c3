//! Temperature scaling (Guo et al., "On calibration of modern neural networks", 2017): one number that the
//! logits are divided by, so that probabilities fit rows that were not learned from.

use gradling::Real;
use gradling_data::Matrix;

/// What the logits were divided by, and the logits of the held-out rows before.
pub(super) struct Temperature {
    pub(super) temperature: f64,
    pub(super) before: Matrix,
}

/// ln of the lowest and the highest temperature.
const ENDS: (f64, f64) = (-4.0, 4.0);
/// Each step keeps 0.618 of the range: 8 · 0.618⁶⁴ is 3e-13.
const STEPS: usize = 64;

/// The temperature with the lowest cross-entropy of these logits; 1 if there are none.
///
/// As if one more row of each class had been seen with every row's logits, the probability of the true class is meant
/// to be (n + 1) / (n + k) for n rows of k classes (after Platt, 1999): else a network that is right on all rows
/// would be made to be certain of everything.
///
/// The cross-entropy is convex in 1/temperature, so it has one lowest place on the way, and the golden section
/// finds it.
pub(super) fn temperature(logits: &Matrix, truth: &[usize]) -> f64 {
    if truth.is_empty() {
        return 1.0;
    }
    let loss = |ln: f64| {
        let factor = Real::exp(-ln);
        let row =
            |(row, &class): (usize, &usize)| cost(logits.row(row), class, truth.len(), factor);
        truth.iter().enumerate().map(row).sum::<f64>()
    };
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = ENDS;
    let (mut a, mut b) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_a, mut at_b) = (loss(a), loss(b));
    for _ in 0..STEPS {
        if at_a <= at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - golden * (high - low);
            at_a = loss(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + golden * (high - low);
            at_b = loss(b);
        }
    }
    Real::exp(0.5 * (low + high))
}

/// The cross-entropy of a row whose logits are multiplied by a factor.
fn cost(logits: &[f64], class: usize, rows: usize, factor: f64) -> f64 {
    if let &[z] = logits {
        let target = if class == 1 { rows + 1 } else { 1 } as f64 / (rows + 2) as f64;
        return Real::softplus(z * factor) - target * z * factor;
    }
    let all = (rows + logits.len()) as f64;
    let top = logits.iter().map(|z| z * factor).fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|z| Real::exp(z * factor - top)).sum();
    let other: f64 = logits.iter().map(|z| z * factor).sum::<f64>() / all;
    top + Real::ln(sum) - (rows as f64 / all * logits[class] * factor + other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_temperature_is_where_the_slope_of_the_cross_entropy_is_0() {
        // Three of four rows with a logit of ±2 are right, and a row that is right is meant to have 5/6:
        // sigmoid(2 / T) = 3/4 · 5/6 + 1/4 · 1/6 = 2/3, so T = 2 / ln 2.
        let logits = Matrix { rows: 4, cols: 1, data: vec![2.0, 2.0, -2.0, 2.0] };
        let found = temperature(&logits, &[1, 1, 0, 0]);
        assert!((found - 2.0 / 2.0_f64.ln()).abs() < 1e-6, "{found}");
        // The same with a logit for each class.
        let data = logits.data.iter().flat_map(|z| [0.5, 0.5 + z]).collect();
        let found = temperature(&Matrix { rows: 4, cols: 2, data }, &[1, 1, 0, 0]);
        assert!((found - 2.0 / 2.0_f64.ln()).abs() < 1e-6, "{found}");
    }

    #[test]
    fn rows_that_are_all_right_do_not_make_a_network_certain() {
        // sigmoid(3 / T) = 11/12.
        let logits = Matrix { rows: 10, cols: 1, data: vec![3.0; 10] };
        let found = temperature(&logits, &[1; 10]);
        assert!((found - 3.0 / 11.0_f64.ln()).abs() < 1e-6, "{found}");
    }
}
