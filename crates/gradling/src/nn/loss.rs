//! How wrong a prediction is.
//!
//! The functions of one prediction give the loss of one sample; take their [`sum`](crate::sum()) or
//! [`mean`](crate::mean()) over the samples. Targets are values or plain numbers.

use crate::{Value, dot, logsumexp, mean, sum};

/// (prediction - target)².
#[track_caller]
pub fn squared_error(prediction: Value, target: impl Into<Value>) -> Value {
    (prediction - target.into()).pow(2)
}

/// Σ (prediction - target)².
///
/// # Panics
/// If there are not as many targets as predictions.
#[track_caller]
pub fn sum_squared_error<T: Copy + Into<Value>>(predictions: &[Value], targets: &[T]) -> Value {
    sum(&squared_errors(predictions, targets))
}

/// Σ (prediction - target)² / n.
///
/// # Panics
/// If there are not as many targets as predictions.
#[track_caller]
pub fn mean_squared_error<T: Copy + Into<Value>>(predictions: &[Value], targets: &[T]) -> Value {
    mean(&squared_errors(predictions, targets))
}

#[track_caller]
fn squared_errors<T: Copy + Into<Value>>(predictions: &[Value], targets: &[T]) -> Vec<Value> {
    assert!(
        predictions.len() == targets.len(),
        "there are {} predictions and {} targets",
        predictions.len(),
        targets.len()
    );
    let mut errors = Vec::with_capacity(predictions.len());
    for (&prediction, &target) in predictions.iter().zip(targets) {
        errors.push(squared_error(prediction, target));
    }
    errors
}

/// The hinge max(0, 1 - label·score) of a support vector machine, for a label of -1 or 1.
#[track_caller]
pub fn hinge(score: Value, label: impl Into<Value>) -> Value {
    (1.0 - label.into() * score).relu()
}

/// The cross-entropy of a class with probability sigmoid(logit), for a target of 0 or 1 (or a probability
/// between): ln(1 + e^logit) - target·logit, which does not overflow.
#[track_caller]
pub fn binary_cross_entropy(logit: Value, target: impl Into<Value>) -> Value {
    logit.softplus() - target.into() * logit
}

/// The cross-entropy of class `class` with probabilities softmax(logits): ln Σ e^logit - logit of the
/// class, which does not overflow.
///
/// # Panics
/// If there is no such class.
#[track_caller]
pub fn cross_entropy(logits: &[Value], class: usize) -> Value {
    assert!(
        class < logits.len(),
        "there is no class {class}: the {} logits are those of 0 to {}",
        logits.len(),
        logits.len().saturating_sub(1)
    );
    logsumexp(logits) - logits[class]
}

/// The cross-entropy of target probabilities t with probabilities softmax(z) of the logits z:
/// ln Σ e^z · Σ t - z·t, which does not overflow. With a 1 at one class and 0 else it is
/// [`cross_entropy`] of that class, for a class that is an input of a program; other targets are the soft
/// targets of Hinton et al. (2015).
///
/// # Panics
/// If there are not as many targets as logits.
#[track_caller]
pub fn soft_cross_entropy<T: Copy + Into<Value>>(logits: &[Value], targets: &[T]) -> Value {
    assert!(
        logits.len() == targets.len(),
        "there are {} logits and {} targets",
        logits.len(),
        targets.len()
    );
    let mut values = Vec::with_capacity(targets.len());
    for &target in targets {
        values.push(target.into());
    }
    logsumexp(logits) * sum(&values) - dot(logits, &values)
}
