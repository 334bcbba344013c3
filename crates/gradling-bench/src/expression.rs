//! An expression heavy with transcendental functions.

use crate::{Case, Scalar};
use gradling::{Value, scope};

const INPUTS: usize = 16;
const ROUNDS: usize = 200;

fn inputs() -> Vec<f64> {
    (0..INPUTS).map(|i| 0.3 + 0.11 * i as f64).collect()
}

/// A bump, a wave, a logarithm and a saturation, 12 operations, 4 of them transcendental.
fn term<T: Scalar>(a: T, b: T, inner: T) -> T {
    let (half, one) = (T::number(0.5), T::number(1.0));
    let bump = (-(a * a) * half).exp();
    (a * b + inner).sin() * bump + (one + b * b).ln() + (inner * half).tanh()
}

fn pair<T: Scalar>(x: &[T], i: usize) -> (T, T) {
    (x[i % INPUTS], x[(7 * i + 3) % INPUTS])
}

/// A sum of terms, as a loss over points is.
fn sum_of_terms<T: Scalar>(x: &[T]) -> T {
    (0..ROUNDS).fold(T::number(0.0), |y, i| {
        let (a, b) = pair(x, i);
        y + term(a, b, a)
    })
}

/// Each term fed into the next, as a recurrence does: nothing can overlap.
fn recurrence<T: Scalar>(x: &[T]) -> T {
    (0..ROUNDS).fold(T::number(0.0), |y, i| {
        let (a, b) = pair(x, i);
        term(a, b, y)
    })
}

/// Value and gradient of one expression by both.
fn beside_echidna(
    name: &'static str,
    about: &'static str,
    ours: fn(&[Value]) -> Value,
    theirs: fn(&[echidna::Reverse<f64>]) -> echidna::Reverse<f64>,
) -> Case {
    let x: Vec<Value> = inputs().into_iter().map(Value::new).collect();
    let plain = inputs();
    Case {
        name,
        about,
        ours: Box::new(move || {
            x.iter().for_each(|x| x.zero_grad());
            scope(|| ours(&x).backward());
            x.iter().map(|x| x.grad()).sum()
        }),
        reference: "echidna 0.15 eager",
        theirs: Box::new(move || echidna::grad(theirs, &plain).iter().sum()),
        tolerance: 1e-9,
    }
}

/// A sum of terms, beside echidna's eager tape.
pub fn transcendental() -> Case {
    let about = "200 terms of exp, ln, sin and tanh, summed, forward and backward";
    beside_echidna("transcendental", about, sum_of_terms, sum_of_terms)
}

/// The same, each term fed into the next.
pub fn transcendental_recurrence() -> Case {
    let about = "200 terms of exp, ln, sin and tanh, each fed into the next, forward and backward";
    beside_echidna("transcendental_recurrence", about, recurrence, recurrence)
}
