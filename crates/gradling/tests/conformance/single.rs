//! Programs in single precision.
//!
//! Strict ones round what the tape computes: once for each operation. Fast ones have functions of their
//! own, held to the exact value by units in the last place.

use super::evaluators::{by, close, data, on_the_tape, options, record};
use gradling::nn::{Activation, Mlp, Module};
use gradling::{Arity, Mode, Op, Rng, Step, Value, scope};

/// Numbers of single precision that nobody would choose.
const NASTY: [f32; 35] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    3.0,
    -3.0,
    0.1,
    -0.1,
    1.5,
    -2.5,
    1e-5,
    -1e-5,
    1e-30,
    -1e-30,
    f32::MIN_POSITIVE,
    1e-45,
    -1e-45,
    1e-40,
    f32::EPSILON,
    9.0,
    -9.0,
    17.3,
    -17.3,
    88.0,
    -88.0,
    -104.5,
    1e6,
    1e30,
    f32::MAX,
    f32::INFINITY,
    f32::NAN,
];

/// The distance of two numbers in units of the last place of the second, which is exact; 0 for two NaN.
fn units(ours: f64, exact: f64) -> f64 {
    let right = exact as f32;
    if ours == f64::from(right) || (ours.is_nan() && right.is_nan()) {
        return 0.0;
    }
    let unit = f64::from(right.abs().next_up()) - f64::from(right.abs());
    (ours - exact).abs() / unit
}

/// Calls `see` with an operation, its inputs, what a program gives, and the tape in double precision.
fn each_value(mode: Mode, see: impl Fn(Op, &[f64], f64, f64)) {
    for &op in Op::ALL {
        let Arity::Fixed(inputs @ 1..=2) = op.arity() else { continue };
        let x: Vec<f64> = match inputs {
            1 => NASTY.map(f64::from).to_vec(),
            _ => NASTY
                .iter()
                .flat_map(|&a| NASTY.map(|b| [f64::from(a), f64::from(b)]))
                .flatten()
                .collect(),
        };
        let numbers: &[f64] =
            if op.takes_number() { &[0.0, 1.0, 2.0, -1.0, 0.5, -2.5] } else { &[0.0] };
        for &c in numbers {
            scope(|| {
                let step = |[x]: [&[Value]; 1]| {
                    let y = match op {
                        Op::Powf => x[0].pow(c),
                        Op::LeakyRelu => x[0].leaky_relu(c),
                        op => Value::apply(op, x),
                    };
                    Step::sum(y).with_outputs(&[y])
                };
                let right = on_the_tape(&[], [inputs], [&x], step).outputs;
                let program = record(&[], [inputs], step);
                for options in options(mode) {
                    let ours = by(&mut program.compile_with::<f32>(options), &[], &[&x]).outputs;
                    for (x, (&ours, &right)) in x.chunks(inputs).zip(ours.iter().zip(&right)) {
                        see(op, x, ours, right);
                    }
                }
            });
        }
    }
}

#[test]
fn a_strict_value_is_that_of_the_tape_rounded() {
    each_value(Mode::Strict, |op, x, ours, right| {
        let rounded = f64::from(right as f32);
        assert!(units(ours, rounded) == 0.0, "{} of {x:?}: {ours:e} not {rounded:e}", op.name());
    });
}

#[test]
fn a_fast_value_is_within_three_units_of_the_exact_one_and_of_its_kind() {
    each_value(Mode::Fast, |op, x, ours, right| {
        let off = units(ours, right);
        assert!(off <= 3.0, "{} of {x:?}: {ours:e} not {right:e}, {off} units", op.name());
    });
}

#[test]
fn a_network_has_the_numbers_of_the_tape_to_single_precision() {
    let mut rng = Rng::new(21);
    for activation in [Activation::Relu, Activation::Tanh, Activation::Sigmoid, Activation::Gelu] {
        scope(|| {
            let mlp = Mlp::new(4, &[9, 6, 2], activation, &mut rng);
            let parameters = mlp.parameters();
            // Numbers that single precision holds, so that both start from the same.
            let single = |x: f64| f64::from(x as f32);
            parameters.iter().for_each(|p| p.set_data(single(p.data())));
            let x: Vec<f64> = (0..4 * 150).map(|_| single(rng.between(-2.0, 2.0))).collect();
            let step = |[x]: [&[Value]; 1]| {
                let out = mlp.forward(x);
                Step::mean((out[0] - out[1]).pow(2)).with_outputs(&out)
            };
            let right = on_the_tape(&parameters, [4], [&x], step);
            let program = record(&parameters, [4], step);
            for mode in [Mode::Strict, Mode::Fast] {
                for options in options(mode) {
                    let ours =
                        by(&mut program.compile_with::<f32>(options), &data(&parameters), &[&x]);
                    for ((what, ours), (_, right)) in ours.named().zip(right.named()) {
                        assert!(
                            close(ours, right, 2e-5),
                            "{options:?}, {what}: {ours} not {right}"
                        );
                    }
                }
            }
        });
    }
}
