//! A program gives what eager execution gives.

use gradling::nn::{Activation, Mlp, Module};
use gradling::{Level, Mode, Options, Program, Rng, Step, Value, eager, sum};

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b
        || (a.is_nan() && b.is_nan())
        || (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}

#[test]
fn a_network_has_the_loss_and_gradient_of_the_eager_tape() {
    let mut rng = Rng::new(1);
    let mlp = Mlp::new(2, &[16, 16, 1], Activation::Relu, &mut rng);
    let parameters = mlp.parameters();
    let step = |[x, y]: [&[Value]; 2]| {
        let score = mlp.forward(x)[0];
        let squares: Vec<Value> = parameters.iter().map(|p| p.pow(2)).collect();
        Step::mean((1.0 - y[0] * score).relu()).plus(1e-4 * sum(&squares)).with_outputs(&[score])
    };
    let program = Program::record(&parameters, [2, 1], step).unwrap();
    for rows in [1, 2, 3, 15, 16, 17, 100, 128, 129, 300] {
        let x: Vec<f64> = (0..2 * rows).map(|_| rng.uniform()).collect();
        let y: Vec<f64> = (0..rows).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        parameters.iter().for_each(|p| p.zero_grad());
        let (loss, outputs) = eager([2, 1], [&x, &y], step);
        loss.backward();
        let numbers: Vec<f64> = parameters.iter().map(|p| p.data()).collect();
        for level in Level::available() {
            for mode in [Mode::Fast, Mode::Strict] {
                let mut run =
                    program.compile_with::<f64>(Options::default().mode(mode).level(level));
                let mut gradient = vec![0.0; numbers.len()];
                let value = run.value_and_grad(&numbers, &[&x, &y], &mut gradient).unwrap();
                assert!(close(value, loss.data(), 1e-12), "{value} {}", loss.data());
                for (i, (p, g)) in parameters.iter().zip(&gradient).enumerate() {
                    assert!(close(p.grad(), *g, 1e-12), "{rows} {mode:?} {i}: {} {g}", p.grad());
                }
                let mut predicted = vec![0.0; rows];
                run.predict(&numbers, &[&x], &mut predicted).unwrap();
                for (a, b) in predicted.iter().zip(&outputs) {
                    assert!(close(*a, b[0].data(), 1e-12));
                    if mode == Mode::Strict {
                        assert_eq!(*a, b[0].data());
                    }
                }
            }
        }
    }
}
