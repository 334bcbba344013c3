//! Lesson 4: training a network.
//!
//! `cargo run -p gradling --example 4_training`
//!
//! Four points, 41 parameters, and a loop of four lines: forward, clean slate, backward, step.

use gradling::nn::{Activation, Mlp, Module};
use gradling::{Rng, Value, scope};

pub(crate) fn main() {
    // What goes in, and what should come out.
    let xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]];
    let ys = [1.0, -1.0, -1.0, 1.0];

    // Three inputs, two layers of four neurons, one output; each neuron is tanh(w·x + b). Weights and
    // biases begin at random between -1 and 1, and the same seed gives the same beginning everywhere.
    let mlp = Mlp::new(3, &[4, 4, 1], Activation::Tanh, &mut Rng::new(0));
    println!("{mlp}: {} parameters", mlp.parameters().len());
    // (3 weights + 1 bias) * 4, (4 + 1) * 4, 4 + 1.
    assert_eq!(mlp.parameters().len(), 16 + 20 + 5);

    let rate = 0.05;
    let mut losses = Vec::new();
    for iteration in 0..20 {
        // The values of one iteration are given back at its end; the parameters, made outside, stay.
        let loss = scope(|| {
            // Forward: how wrong is it? The sum of the squared errors.
            let loss: Value = xs.iter().zip(ys).map(|(x, y)| (mlp.predict(x) - y).pow(2)).sum();
            // A clean slate, because gradients add up (lesson 3).
            mlp.zero_grad();
            // Backward: which way is worse, for each parameter?
            loss.backward();
            // A small step the other way.
            for parameter in mlp.parameters() {
                parameter.set_data(parameter.data() - rate * parameter.grad());
            }
            loss.data()
        });
        println!("{iteration:>2}  loss {loss:.4}");
        losses.push(loss);
    }

    println!("target, prediction:");
    for (x, y) in xs.iter().zip(ys) {
        let prediction = scope(|| mlp.predict(x).data());
        println!("{y:>4}  {prediction:>7.4}");
        assert!((prediction - y).abs() < 0.2, "it has learned all four");
    }
    assert!(losses[0] > 1.0 && losses[19] < 0.1);
    assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "each step was one down");
}
