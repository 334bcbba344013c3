//! Every operation of the table, on inputs that nobody would choose, with operands of every class: one
//! that varies from sample to sample, a parameter, a plain number.
//!
//! The operations are taken from the table, so that a new one is tested by being there.

use super::evaluators::{assert_conforms, by, data, equal, on_the_tape, options, record, same};
use gradling::{Arity, Mode, Op, Step, Value, logsumexp, scope};

/// Signs of zero, subnormals, the ends of the range, infinities, NaN, ties, integers and not, and
/// arguments where functions change their formula or overflow.
const NASTY: [f64; 42] = [
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
    1e-8,
    -1e-8,
    1e-300,
    -1e-300,
    f64::MIN_POSITIVE,
    -f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    1e-310,
    f64::EPSILON,
    1.0 + f64::EPSILON,
    20.0,
    -20.0,
    36.9,
    -36.9,
    700.0,
    -700.0,
    745.0,
    -745.2,
    1e6 + 0.25,
    -1e6 - 0.25,
    1e22,
    1e300,
    f64::MAX,
    f64::MIN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// The numbers beside a value, for operations that take one.
const NUMBERS: [f64; 13] =
    [0.0, 1.0, 2.0, 3.0, 4.0, -1.0, -2.0, 0.5, -0.5, 1.0 / 3.0, -2.5, 7.0, f64::INFINITY];

/// Samples in a batch of one sample over and over: whole vectors, and a power of two, so that adding up
/// as many equal gradients is exact.
const COPIES: usize = 32;

/// What an operand of an operation is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    Varying,
    Parameter,
    Number,
}

const CLASSES: [Class; 3] = [Class::Varying, Class::Parameter, Class::Number];

/// An operation with its operands.
#[derive(Debug)]
struct Case<'a> {
    op: Op,
    number: Option<f64>,
    classes: &'a [Class],
    /// As many numbers as classes, for each sample.
    samples: Vec<Vec<f64>>,
}

impl Case<'_> {
    /// Runs the operation on all samples, in batches of those that have the same parameters and plain
    /// numbers, and gives every result of the tape and of a program to `see`.
    fn check(&self, mode: Mode, see: impl Fn(&[f64], f64, f64)) {
        let fixed = |sample: &[f64]| -> Vec<u64> {
            let pairs = sample.iter().zip(self.classes);
            pairs.filter(|(_, class)| **class != Class::Varying).map(|(x, _)| x.to_bits()).collect()
        };
        let mut samples: Vec<&[f64]> = self.samples.iter().map(|sample| &sample[..]).collect();
        samples.sort_by_key(|sample| fixed(sample));
        for batch in samples.chunk_by(|a, b| fixed(a) == fixed(b)) {
            scope(|| self.check_batch(mode, batch, &see));
        }
    }

    fn check_batch(&self, mode: Mode, batch: &[&[f64]], see: &impl Fn(&[f64], f64, f64)) {
        let parameters = self.parameters(batch[0]);
        let step = |[x]: [&[Value]; 1]| {
            let y = self.value(x, &parameters, batch[0]);
            Step::sum(y).with_outputs(&[y])
        };
        let width = [self.classes.len()];
        let all = batch.concat();
        let right = on_the_tape(&parameters, width, [&all], step).outputs;
        let program = record(&parameters, width, step);
        for options in options(mode) {
            let mut ours = vec![0.0; batch.len()];
            let mut run = program.compile_with::<f64>(options);
            run.predict(&data(&parameters), &[&all], &mut ours).unwrap();
            for (sample, (&ours, &right)) in batch.iter().zip(ours.iter().zip(&right)) {
                see(sample, ours, right);
            }
        }
    }

    /// The same for the gradients, a sample at a time: alone, and filling whole vectors.
    fn check_gradients(&self, mode: Mode, see: impl Fn(&[f64], f64, f64)) {
        for sample in &self.samples {
            scope(|| {
                let parameters = self.parameters(sample);
                let step = |[x]: [&[Value]; 1]| Step::sum(self.value(x, &parameters, sample));
                let width = [self.classes.len()];
                let right = on_the_tape(&parameters, width, [sample], step).gradient;
                let program = record(&parameters, width, step);
                for options in options(mode) {
                    let mut run = program.compile_with::<f64>(options);
                    for copies in [1, COPIES] {
                        let batch = sample.repeat(copies);
                        let ours = by(&mut run, &data(&parameters), &[&batch]).gradient;
                        for (&ours, &right) in ours.iter().zip(&right) {
                            see(sample, ours, right * copies as f64);
                        }
                    }
                }
            });
        }
    }

    /// A parameter for each operand. One that varies has -0 added to it, which changes nothing, -0
    /// neither, so that its gradient can be asked for.
    fn parameters(&self, sample: &[f64]) -> Vec<Value> {
        let number =
            |(class, &x): (&Class, &f64)| if *class == Class::Parameter { x } else { -0.0 };
        self.classes.iter().zip(sample).map(number).map(Value::new).collect()
    }

    /// The operation on operands of these classes.
    fn value(&self, x: &[Value], parameters: &[Value], sample: &[f64]) -> Value {
        let operand = |i: usize| match self.classes[i] {
            Class::Varying => x[i] + parameters[i],
            Class::Parameter => parameters[i],
            Class::Number => Value::constant(sample[i]),
        };
        let inputs: Vec<Value> = (0..self.classes.len()).map(operand).collect();
        match (self.op, self.number) {
            (Op::Powf, Some(c)) => inputs[0].pow(c),
            (Op::LeakyRelu, Some(c)) => inputs[0].leaky_relu(c),
            _ => Value::apply(self.op, &inputs),
        }
    }
}

/// Every list of N of these numbers.
fn every<const N: usize>(numbers: &[f64]) -> Vec<Vec<f64>> {
    let mut all: Vec<Vec<f64>> = vec![Vec::new()];
    for _ in 0..N {
        let longer = |start: &Vec<f64>| {
            let start = start.clone();
            numbers.iter().map(move |&x| [&start[..], &[x]].concat())
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// Every so-many-th nasty number, with both zeros, an infinity and NaN among them.
fn some(step: usize) -> Vec<f64> {
    let ends = [0.0, -0.0, f64::NEG_INFINITY, f64::NAN];
    NASTY.into_iter().skip(2).step_by(step).chain(ends).collect()
}

/// Calls `see` with every operation of a fixed number of inputs, at all classes of its operands, on
/// lists of numbers from `varying`; from `few` where a parameter or a plain number is among two
/// operands, since each number of these is a program of its own.
fn cases(varying: &[f64], few: &[f64], mut see: impl FnMut(Case<'_>)) {
    let pairs = || CLASSES.iter().flat_map(|&a| CLASSES.map(|b| [a, b]));
    for &op in Op::ALL {
        let Arity::Fixed(inputs) = op.arity() else { continue };
        let numbers = NUMBERS.map(Some);
        let numbers = if op.takes_number() { &numbers[..] } else { &[None] };
        for &number in numbers {
            match inputs {
                1 => CLASSES.iter().for_each(|&a| {
                    see(Case { op, number, classes: &[a], samples: every::<1>(varying) });
                }),
                2 => pairs().for_each(|classes| {
                    let vary = classes == [Class::Varying; 2];
                    let samples = every::<2>(if vary { varying } else { few });
                    see(Case { op, number, classes: &classes, samples });
                }),
                3 => pairs().for_each(|[a, b]| {
                    let samples = every::<3>(&[0.0, -0.0, -3.0, f64::NAN, f64::INFINITY]);
                    see(Case { op, number, classes: &[a, b, Class::Varying], samples });
                }),
                more => unreachable!("`{}` has {more} inputs: write its arm", op.name()),
            }
        }
    }
}

#[test]
fn a_strict_value_has_the_bits_of_the_tape() {
    cases(&NASTY, &some(2), |case| {
        case.check(Mode::Strict, |sample, ours, right| {
            assert!(
                same(ours, right),
                "{} {:?} of {sample:?}, {:?}: {ours:e} not {right:e}",
                case.op.name(),
                case.number,
                case.classes
            );
        });
    });
}

#[test]
fn a_strict_gradient_is_that_of_the_tape() {
    cases(&some(3), &some(5), |case| {
        // What does not vary is pulled once for all samples, with another last digit below the normal
        // numbers.
        let varies = case.classes.contains(&Class::Varying);
        case.check_gradients(Mode::Strict, |sample, ours, right| {
            let subnormal = !varies && near(ours, right, 0.0, 1e-320);
            assert!(
                equal(ours, right) || subnormal,
                "{} {:?} of {sample:?}, {:?}: {ours:e} not {right:e}",
                case.op.name(),
                case.number,
                case.classes
            );
        });
    });
}

/// NaN where the tape has NaN, infinite where it is infinite, else within a bound of relative size and
/// an absolute one for what is left below the smallest normal number.
fn near(ours: f64, right: f64, relative: f64, absolute: f64) -> bool {
    let both_finite = ours.is_finite() && right.is_finite();
    equal(ours, right) || (both_finite && (ours - right).abs() <= relative * right.abs() + absolute)
}

#[test]
fn a_fast_value_is_within_eight_units_of_the_tape_and_of_its_kind() {
    cases(&NASTY, &some(2), |case| {
        case.check(Mode::Fast, |sample, ours, right| {
            assert!(
                near(ours, right, 8.0 * f64::EPSILON, 5e-324),
                "{} {:?} of {sample:?}, {:?}: {ours:e} not {right:e}",
                case.op.name(),
                case.number,
                case.classes
            );
        });
    });
}

#[test]
fn a_fast_gradient_is_near_that_of_the_tape_and_of_its_kind() {
    cases(&some(3), &some(5), |case| {
        // A slope such as 1 - y² loses in relative size what y gains.
        let absolute = match case.op {
            Op::Tanh | Op::Sigmoid | Op::Gelu => 2.0 * f64::EPSILON * COPIES as f64,
            _ => 1e-320,
        };
        case.check_gradients(Mode::Fast, |sample, ours, right| {
            assert!(
                near(ours, right, 1e-13, absolute),
                "{} {:?} of {sample:?}, {:?}: {ours:e} not {right:e}",
                case.op.name(),
                case.number,
                case.classes
            );
        });
    });
}

/// An operation with a plain number on one side.
type WithNumber = fn(Value, f64) -> Value;

const WITH_NUMBER: [(&str, WithNumber); 8] = [
    ("x + c", |x, c| x + c),
    ("c + x", |x, c| c + x),
    ("x - c", |x, c| x - c),
    ("c - x", |x, c| c - x),
    ("x * c", |x, c| x * c),
    ("c * x", |x, c| c * x),
    ("x / c", |x, c| x / c),
    ("c / x", |x, c| c / x),
];

#[test]
fn a_plain_number_is_folded_only_where_it_changes_no_bit() {
    // The sign of a zero, too, which 1/x tells apart: x + 0 is not x, and neither is x * 0 always 0.
    for c in [0.0, -0.0, 1.0, -1.0, 2.0, f64::INFINITY, f64::NAN] {
        let step = |[x]: [&[Value]; 1]| Step::outputs(&WITH_NUMBER.map(|(_, with)| with(x[0], c)));
        let right = on_the_tape(&[], [1], [&NASTY], step).outputs;
        let program = record(&[], [1], step);
        for options in options(Mode::Strict).chain(options(Mode::Fast)) {
            let mut ours = vec![0.0; right.len()];
            program.compile_with::<f64>(options).predict(&[], &[&NASTY], &mut ours).unwrap();
            for (i, (&ours, &right)) in ours.iter().zip(&right).enumerate() {
                let (x, name) =
                    (NASTY[i / WITH_NUMBER.len()], WITH_NUMBER[i % WITH_NUMBER.len()].0);
                assert!(
                    same(ours, right),
                    "{options:?}, {name}, {x:e}, {c}: {ours:e} not {right:e}"
                );
            }
        }
    }
}

#[test]
fn operations_of_many_inputs_take_any_number_of_them() {
    let x: Vec<f64> = (0..70).map(|i| f64::from(i * 37 % 23) / 4.0 - 2.0).collect();
    for &op in Op::ALL {
        if op.arity() != Arity::Many || op == Op::Own {
            continue;
        }
        for n in [0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 70] {
            let takes = match op {
                Op::Dot => n % 2 == 0,
                Op::Affine => n % 2 == 1,
                _ => true,
            };
            // The mean of nothing and the logarithm of nothing are not numbers, and have no gradient.
            if !takes || (n == 0 && matches!(op, Op::Mean | Op::LogSumExp)) {
                continue;
            }
            // All parameters, none, and both by turns.
            for varies in
                [|_: usize| true, |_| false, |i: usize| i.is_multiple_of(2), |i| i % 3 == 1]
            {
                scope(|| {
                    let parameters: Vec<Value> = (0..n).map(|i| Value::new(x[i] / 2.0)).collect();
                    let rows: Vec<f64> =
                        (0..5).flat_map(|k| (0..n).map(move |i| (i * k) as f64 / 9.0)).collect();
                    // Something must tell how many rows there are.
                    let beside = [1.0; 5];
                    assert_conforms(
                        &format!("{} of {n}", op.name()),
                        &parameters,
                        [n, 1],
                        [&rows, &beside],
                        1e-13,
                        |[x, one]| {
                            let input = |i: usize| {
                                if varies(i) { x[i] * parameters[i] } else { parameters[i] }
                            };
                            let inputs: Vec<Value> = (0..n).map(input).collect();
                            let y = Value::apply(op, &inputs);
                            Step::mean(y * one[0]).with_outputs(&[y])
                        },
                    );
                });
            }
        }
    }
}

#[test]
fn a_logsumexp_keeps_its_kind_at_the_ends_of_the_range() {
    let ends = [0.0, -1000.0, 1000.0, 1e308, -1e308, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let samples = every::<3>(&ends);
    let rows = samples.concat();
    let step = |[x]: [&[Value]; 1]| Step::outputs(&[logsumexp(x)]);
    let right = on_the_tape(&[], [3], [&rows], step).outputs;
    let program = record(&[], [3], step);
    for mode in [Mode::Strict, Mode::Fast] {
        for options in options(mode) {
            let mut ours = vec![0.0; right.len()];
            program.compile_with::<f64>(options).predict(&[], &[&rows], &mut ours).unwrap();
            for (sample, (&ours, &right)) in samples.iter().zip(ours.iter().zip(&right)) {
                let agrees = match mode {
                    Mode::Strict => same(ours, right),
                    Mode::Fast => near(ours, right, 8.0 * f64::EPSILON, 0.0),
                };
                assert!(agrees, "{options:?} {sample:?}: {ours:e} not {right:e}");
            }
        }
    }
}
