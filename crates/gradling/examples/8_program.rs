//! Lesson 8: record once, run fast.
//!
//! `cargo run --release -p gradling --example 8_program`
//!
//! Values make a new graph for every row of every step, and it is always the same graph. So write the step
//! for one row, record it once, and let a trainer run the recording over batches.

use gradling::nn::{Activation, Adam, Init, Mlp, Module, Optimizer, Schedule, Trainer, loss};
use gradling::{Program, Rng, Step, Value, eager, scope};
use std::f64::consts::PI;
use std::time::Instant;

const ROWS: usize = 200;
const EPOCHS: usize = 60;

/// Two half moons that reach into each other: points, and the moon each lies on, 1 or -1.
fn moons(rng: &mut Rng) -> (Vec<f64>, Vec<f64>) {
    let (mut points, mut sides) = (Vec::new(), Vec::new());
    for row in 0..ROWS {
        let (sin, cos) = (PI * rng.uniform()).sin_cos();
        let (x, y, side) =
            if row % 2 == 0 { (cos, sin, 1.0) } else { (1.0 - cos, 0.5 - sin, -1.0) };
        points.extend([x + 0.1 * rng.normal(), y + 0.1 * rng.normal()]);
        sides.push(side);
    }
    (points, sides)
}

/// The share of scores on the right side of 0.
fn accuracy(scores: &[f64], sides: &[f64]) -> f64 {
    let right = scores.iter().zip(sides).filter(|(score, side)| *score * *side > 0.0);
    right.count() as f64 / sides.len() as f64
}

/// The shortest time of some runs, in microseconds.
fn microseconds(mut run: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..20 {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed().as_secs_f64());
    }
    1e6 * best
}

pub(crate) fn main() {
    let mut rng = Rng::new(0);
    let (x, y) = moons(&mut rng);
    let layers = [(16, Activation::Relu), (16, Activation::Relu), (1, Activation::Linear)];
    let mlp = Mlp::with(2, &layers, Init::KaimingUniform, &mut rng);
    let parameters = mlp.parameters();

    // The step for one row, in values: two numbers and a side go in; a loss and a score come out.
    let step = |[x, y]: [&[Value]; 2]| {
        let score = mlp.forward(x)[0];
        Step::mean(loss::hinge(score, y[0])).with_outputs(&[score])
    };

    // Recorded once, for a row whose numbers are not known yet, and compiled for batches of rows.
    let program = Program::record(&parameters, [2, 1], step).expect("the step asks for no number");

    // The trainer deals the rows out in batches, in a new order each epoch; the rate falls to 0.
    let steps = EPOCHS * ROWS.div_ceil(32);
    let mut trainer = Trainer::new(program.compile::<f64>(), &parameters, Adam::new(0.02))
        .expect("these are the parameters it was recorded with")
        .schedule(Schedule::Cosine { from: 0.02, to: 0.0, steps })
        .batch(32)
        .seed(1);
    println!("epoch   loss");
    for epoch in 1..=EPOCHS {
        let loss = trainer.epoch(&[&x, &y]).expect("the arrays fit, and the loss is finite");
        if epoch % 10 == 0 {
            println!("{epoch:>5}   {loss:.4}");
        }
    }
    assert_eq!(trainer.steps(), steps);

    // New points from the same moons. Only the scores are wanted, so the sides can be left out.
    let (new_x, new_y) = moons(&mut rng);
    let scores = trainer.predict(&[&new_x]).expect("two numbers a row");
    let share = accuracy(&scores, &new_y);
    println!("accuracy on new points: {share:.3}");
    assert!(share > 0.97);

    // Back to values: the network computes what the program computes, and every value can be looked at.
    trainer.store(&parameters).expect("as many as were recorded");
    let eager_loss = scope(|| eager([2, 1], [&x, &y], step).0.data());
    let loss = trainer.loss(&[&x, &y]).expect("the arrays fit");
    assert!((loss - eager_loss).abs() < 1e-12);

    // What it is for: one step on all rows, both ways.
    let mut adam = Adam::new(0.0);
    let values = microseconds(|| {
        scope(|| {
            let (loss, _) = eager([2, 1], [&x, &y], step);
            mlp.zero_grad();
            loss.backward();
            adam.step(&parameters);
        });
    });
    let program = microseconds(|| {
        trainer.step(&[&x, &y]).expect("the arrays fit, and the loss is finite");
    });
    println!("a step on {ROWS} rows: {values:.0} µs in values, {program:.1} µs as a program");
}
