//! Losses of rows whose classes count differently.

use gradling::Value;

/// The loss of a row of this class, times what the class weighs.
pub(super) fn weighed(loss: Value, class: Value, weights: Option<&[f64]>) -> Value {
    let Some(weights) = weights else { return loss };
    let of_class = |(number, &weight): (usize, &f64)| weight * class.eq(number as f64);
    let weight: Vec<Value> = weights.iter().enumerate().map(of_class).collect();
    loss * gradling::sum(&weight)
}
