//! Lesson 1: what a gradient is.
//!
//! `cargo run -p gradling --example 1_slope`
//!
//! Raise one input of a function a little: how fast does the result move? That ratio is a slope. It can be
//! measured, one input at a time and a little off; or computed, exactly and for all inputs at once.

use gradling::Value;

/// The function of this lesson.
fn d(a: f64, b: f64, c: f64) -> f64 {
    a * b + c
}

pub(crate) fn main() {
    let (a, b, c) = (2.0, -3.0, 10.0);
    println!("d = a*b + c = {}", d(a, b, c));
    assert_eq!(d(a, b, c), 4.0);

    // Measured. Raising a by h adds b*h to the result, since a stands beside b: the slope should be b.
    let h = 0.0001;
    let by_a = (d(a + h, b, c) - d(a, b, c)) / h;
    let by_b = (d(a, b + h, c) - d(a, b, c)) / h;
    let by_c = (d(a, b, c + h) - d(a, b, c)) / h;
    println!("slopes, measured:    by a {by_a}, by b {by_b}, by c {by_c}");
    assert!((by_a + 3.0).abs() < 1e-9);
    assert!((by_b - 2.0).abs() < 1e-9);
    // Exactly 1 in mathematics; the digits at the end are lost where two nearly equal numbers are
    // subtracted.
    assert_eq!(by_c, 0.9999999999976694);

    // Computed. The same formula, over values that remember how they were made.
    let (a, b, c) = (Value::new(a), Value::new(b), Value::new(c));
    let d = a * b + c;
    d.backward();
    println!("gradients, computed: by a {}, by b {}, by c {}", a.grad(), b.grad(), c.grad());
    assert_eq!(d.data(), 4.0);
    assert_eq!((a.grad(), b.grad(), c.grad()), (-3.0, 2.0, 1.0));

    // What a gradient is for: a small step along it moves the result up, by about step * gradient².
    let step = 0.01;
    for x in [a, b, c] {
        x.set_data(x.data() + step * x.grad());
    }
    let before = d.data();
    d.recompute();
    let expected = step * (9.0 + 4.0 + 1.0);
    println!(
        "after a step along the gradient: {} (expected about {})",
        d.data(),
        before + expected
    );
    assert!((d.data() - before - expected).abs() < 0.001);
}
