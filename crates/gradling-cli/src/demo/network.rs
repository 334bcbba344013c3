//! The first network: 41 parameters, four points.

use super::{MARGIN, bar, heading, say};
use crate::table::{Align, Cell, Table};
use gradling::nn::{Activation, Mlp, Module, Optimizer, Sgd, loss};
use gradling::{Rng, Value, scope};
use std::io::{self, Write};

const XS: [[f64; 3]; 4] = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]];
const YS: [f64; 4] = [1.0, -1.0, -1.0, 1.0];
const RATE: f64 = 0.05;
const ITERATIONS: usize = 20;
/// A loss above this is worth a word: nearly all beginnings end well below.
const SLOW: f64 = 0.4;

pub(super) fn tell(out: &mut dyn Write, seed: u64) -> io::Result<()> {
    let mlp = Mlp::new(3, &[4, 4, 1], Activation::Tanh, &mut Rng::new(seed));
    let losses = train(&mlp);

    heading(out, 3, "A network")?;
    say(
        out,
        &format!(
            "Neurons in layers, MLP(3, [4, 4, 1]): {} parameters. Four points are to give\n\
             1, -1, -1, 1. The loss is the sum of squared errors; {ITERATIONS} times, each parameter\n\
             takes a step of {RATE} against its gradient.",
            mlp.parameters().len()
        ),
    )?;
    let worst = losses.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let mut table =
        Table::new([("iteration", Align::Point), ("loss", Align::Point), ("", Align::Left)]);
    for (iteration, &loss) in losses.iter().enumerate() {
        table.push([
            Cell::new(iteration.to_string()),
            Cell::new(format!("{loss:.4}")),
            Cell::new(bar(loss / worst, 36)),
        ]);
    }
    table.write(out, MARGIN)?;
    writeln!(out)?;

    let mut table = Table::new([
        ("point", Align::Left),
        ("target", Align::Point),
        ("prediction", Align::Point),
    ]);
    for (x, y) in XS.iter().zip(YS) {
        let prediction = scope(|| mlp.predict(x).data());
        let point = format!("{x:?}");
        table.push([
            Cell::new(point),
            Cell::new(y.to_string()),
            Cell::new(format!("{prediction:.4}")),
        ]);
    }
    table.write(out, MARGIN)?;
    writeln!(out)?;
    match losses.last() {
        Some(&loss) if loss > SLOW => say(
            out,
            &format!(
                "From this beginning {ITERATIONS} steps do not get there: it needs more of them, or\n\
                 another beginning. Try another --seed."
            ),
        ),
        _ => Ok(()),
    }
}

/// The loss before each step.
fn train(mlp: &Mlp) -> Vec<f64> {
    let mut sgd = Sgd::new(RATE);
    let mut iteration = || {
        scope(|| {
            let predictions: Vec<Value> = XS.iter().map(|x| mlp.predict(x)).collect();
            let loss = loss::sum_squared_error(&predictions, &YS);
            mlp.zero_grad();
            loss.backward();
            sgd.step(&mlp.parameters());
            loss.data()
        })
    };
    (0..ITERATIONS).map(|_| iteration()).collect()
}
