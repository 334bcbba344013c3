//! Lesson 3: gradients add up.
//!
//! `cargo run -p gradling --example 3_accumulation`
//!
//! A value that is used twice moves the result in two ways, and its gradient is the sum of both. A
//! gradient that is overwritten instead of added to is the classic mistake of one's first engine.

use gradling::{Value, scope};

pub(crate) fn main() {
    // b = a + a: raising a by h raises b by 2h.
    let a = Value::new(3.0);
    let b = a + a;
    b.backward();
    println!("b = a + a:           b = {}, gradient of a = {}", b.data(), a.grad());
    assert_eq!((b.data(), a.grad()), (6.0, 2.0));

    // Two ways from a to f: through the product and through the sum. f = (a*b) * (a + b).
    let (a, b) = (Value::new(-2.0), Value::new(3.0));
    let (d, e) = (a * b, a + b);
    let f = d * e;
    f.backward();
    // By the product: e*b = 3; by the sum: d = -6.
    println!("f = (a*b) * (a + b): f = {}, gradient of a = 3 - 6 = {}", f.data(), a.grad());
    assert_eq!((f.data(), d.grad(), e.grad()), (-6.0, 1.0, -6.0));
    assert_eq!((a.grad(), b.grad()), (-3.0, -8.0));

    // Calling backward again adds the same once more. That is useful: gradients of several results, or
    // of a batch taken in pieces, sum up by themselves.
    f.backward();
    println!("backward again:      gradient of a = {}", a.grad());
    assert_eq!((a.grad(), b.grad()), (-6.0, -16.0));

    // It is also why training begins each step with a clean slate.
    f.zero_graph_grad();
    assert_eq!(a.grad(), 0.0);
    assert_eq!(a.computed_grad(), None);
    f.backward();
    println!("zeroed first:        gradient of a = {}", a.grad());
    assert_eq!(a.grad(), -3.0);

    // What forgetting it does. This should find the lowest place of (x - 3)², at x = 3, step by step.
    let descend = |forget: bool| {
        let x = Value::new(0.0);
        for _ in 0..20 {
            if forget {
                x.zero_grad();
            }
            // The graph of one step is given back at its end; x, made outside, stays.
            scope(|| (x - 3.0).pow(2).backward());
            x.set_data(x.data() - 0.1 * x.grad());
        }
        x.data()
    };
    let (right, wrong) = (descend(true), descend(false));
    println!("20 steps to x = 3:   {right:.4} with zero_grad, {wrong:.4} without");
    // Each step leaves 0.8 of the way: 3 (1 - 0.8^20).
    assert!((right - 3.0 * (1.0 - 0.8_f64.powi(20))).abs() < 1e-12);
    assert!((wrong - 3.0).abs() > 0.5);
}
