//! Lesson 2: the chain rule, by hand, through one neuron.
//!
//! `cargo run -p gradling --example 2_neuron_by_hand`
//!
//! A neuron weighs its inputs, adds a bias and squashes the sum. Going back from its output, each
//! operation hands on the gradient that it got, times its own slope. That is all that `backward` does.

use gradling::Value;

pub(crate) fn main() {
    // Forward, one operation at a time.
    let (x1, x2) = (2.0, 0.0);
    let (w1, w2) = (-3.0, 1.0);
    let b = 6.881373587019543; // chosen so that the slopes below come out round
    let x1w1 = x1 * w1;
    let x2w2 = x2 * w2;
    let sum = x1w1 + x2w2;
    let n: f64 = sum + b;
    let o = n.tanh();
    println!("n = {n:.4}, o = tanh(n) = {o:.4}");
    assert!((o - 0.5_f64.sqrt()).abs() < 1e-15);

    // Backward, one operation at a time. First o by itself: it moves exactly as it moves.
    let grad_o = 1.0;
    // tanh has the slope 1 - tanh².
    let grad_n = grad_o * (1.0 - o * o);
    // A sum hands its gradient on to both sides unchanged.
    let (grad_sum, grad_b) = (grad_n, grad_n);
    let (grad_x1w1, grad_x2w2) = (grad_sum, grad_sum);
    // A product hands on its gradient times the other side.
    let (grad_x1, grad_w1) = (grad_x1w1 * w1, grad_x1w1 * x1);
    let (grad_x2, grad_w2) = (grad_x2w2 * w2, grad_x2w2 * x2);
    let names = ["x1", "w1", "x2", "w2", "b"];
    let by_hand = [grad_x1, grad_w1, grad_x2, grad_w2, grad_b];
    for (name, gradient) in names.iter().zip(by_hand) {
        println!("by hand, gradient of {name}: {gradient:.4}");
    }
    for (gradient, known) in by_hand.into_iter().zip([-1.5, 1.0, 0.5, 0.0, 0.5]) {
        assert!((gradient - known).abs() < 1e-14);
    }

    // The same by `backward`.
    let (x1, x2) = (Value::new(x1), Value::new(x2));
    let (w1, w2) = (Value::new(w1), Value::new(w2));
    let b = Value::new(b);
    let out = (x1 * w1 + x2 * w2 + b).tanh();
    out.backward();
    let leaves = [x1, w1, x2, w2, b];
    println!("by backward: {:.4?}", leaves.map(Value::grad));
    for (value, gradient) in leaves.into_iter().zip(by_hand) {
        assert!((value.grad() - gradient).abs() < 1e-14);
    }

    // tanh need not be one operation: with e = exp(2n) it is (e - 1) / (e + 1), and however a function is
    // taken apart, its gradient is the same.
    out.zero_graph_grad();
    let e = ((x1 * w1 + x2 * w2 + b) * 2.0).exp();
    let apart = (e - 1.0) / (e + 1.0);
    apart.backward();
    println!("tanh taken apart: o = {:.4}, {:.4?}", apart.data(), leaves.map(Value::grad));
    assert!((apart.data() - o).abs() < 1e-15);
    for (value, gradient) in leaves.into_iter().zip(by_hand) {
        assert!((value.grad() - gradient).abs() < 1e-14);
    }
}
