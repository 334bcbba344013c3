//! Lesson 5: an operation of your own, and how to check it.
//!
//! `cargo run -p gradling --example 5_own_operation`
//!
//! An operation is a name, a function of numbers, and its derivative. From there on it is like any other:
//! it is drawn, differentiated, differentiated again, and checked against slopes.

use gradling::{Operation, Value, grad};

pub(crate) fn main() {
    // softsign(x) = x / (1 + |x|), a squashing function with slow tails. Its slope is 1 / (1 + |x|)².
    // The derivative is written with values, so that it has a derivative itself.
    let softsign = Operation::new(
        "softsign",
        |x| x[0] / (1.0 + x[0].abs()),
        |x, _y| vec![1.0 / (1.0 + x[0].abs()).pow(2)],
    );
    let x = Value::new(3.0).with_label("x");
    let y = softsign.call(&[x]);
    y.backward();
    println!("softsign(3) = {}, slope {}", y.data(), x.grad());
    assert_eq!((y.data(), x.grad()), (0.75, 0.0625));
    assert_eq!(y.symbol(), "softsign");

    // Never trust a derivative that has not met a slope: `check` nudges each leaf and looks.
    let w = Value::new(-0.7).with_label("w");
    let error = (softsign.call(&[x * w]) - 0.5).pow(2);
    for slope in error.check() {
        let by = slope.value.label().unwrap_or_default();
        println!("by {by}: gradient {:.9}, slope {:.9}", slope.grad, slope.slope);
        assert!((slope.grad - slope.slope).abs() < 1e-9);
    }

    // What the check is for: here the square was forgotten.
    let wrong = Operation::new(
        "softsign",
        |x| x[0] / (1.0 + x[0].abs()),
        |x, _y| vec![1.0 / (1.0 + x[0].abs())],
    );
    let found = wrong.call(&[x]).check()[0];
    println!("with a mistake: gradient {:.4}, slope {:.4}", found.grad, found.slope);
    assert!((found.grad - 0.25).abs() < 1e-12 && (found.slope - 0.0625).abs() < 1e-9);

    // Of several inputs: the length of a vector, x / length for each. The result is at hand as `y`.
    let length = Operation::new(
        "length",
        |x| x.iter().map(|x| x * x).sum::<f64>().sqrt(),
        |x, y| x.iter().map(|&x| x / y).collect(),
    );
    let point = [Value::new(3.0), Value::new(4.0)];
    let l = length.call(&point);
    let slopes = grad(l, &point);
    println!("length(3, 4) = {}, gradient ({}, {})", l.data(), slopes[0].data(), slopes[1].data());
    assert_eq!((l.data(), slopes[0].data(), slopes[1].data()), (5.0, 0.6, 0.8));
}
