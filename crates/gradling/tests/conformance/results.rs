//! What a step may give: anything, from any class of values, in any number, more than once.

use super::evaluators::{assert_conforms, by, data, on_the_tape, options, record};
use gradling::{Mode, Program, Step, Value, scope};

type Make = fn(&[Value], &[Value]) -> Step;

/// Steps of two inputs and three parameters, with a loss.
const STEPS: [(&str, Make); 18] = [
    ("the loss is an input", |x, _| Step::sum(x[1])),
    ("the loss is a parameter", |_, p| Step::sum(p[1])),
    ("the loss is a mean of a parameter", |_, p| Step::mean(p[1])),
    ("the loss is a plain number", |_, _| Step::sum(Value::constant(2.5))),
    ("the loss is computed from parameters", |_, p| Step::mean(p[0] * p[1].exp())),
    ("the loss is computed from plain numbers", |_, _| Step::sum(Value::constant(2.0).exp() * 3.0)),
    ("the loss is also an output", |x, p| {
        let y = x[0] * p[0];
        Step::sum(y).with_outputs(&[y])
    }),
    ("an output twice", |x, p| {
        let y = x[0] * p[0];
        Step::sum(y * y).with_outputs(&[y, x[1], y, y])
    }),
    ("outputs of every class", |x, p| {
        let outputs =
            [x[0], p[2], Value::constant(7.0), p[0] + p[1], x[1].exp(), Value::constant(2.0).ln()];
        Step::sum(x[0] * p[0]).with_outputs(&outputs)
    }),
    ("an output that the loss has nothing to do with", |x, p| {
        Step::sum(x[0] * p[0]).with_outputs(&[(x[1] * p[1]).exp()])
    }),
    ("added once: a parameter", |x, p| Step::mean(x[0] * p[0]).plus(p[0])),
    ("added once: a plain number", |x, p| Step::sum(x[0] * p[0]).plus(Value::constant(4.0))),
    ("added once: twice", |x, p| Step::mean(x[0] * p[0]).plus(p[0].pow(2)).plus(p[1].exp())),
    ("added once: what the samples use, too", |x, p| {
        let shared = (p[0] * p[1]).tanh();
        Step::mean(x[0] * shared + shared).plus(shared * p[2])
    }),
    ("added once to a loss that is a parameter", |_, p| Step::sum(p[0]).plus(p[0] * p[0])),
    ("a parameter that is used only once a step", |x, p| Step::sum(x[0]).plus(p[2].exp())),
    ("no gradient at all", |x, p| Step::sum(x[0].gt(p[0])).with_outputs(&[p[1].lt(x[1])])),
    ("made twice", |x, p| {
        let twice = || (x[0] * p[0] + x[1] * p[1]).tanh();
        Step::sum(twice() * twice()).with_outputs(&[twice()])
    }),
];

#[test]
fn any_value_may_be_a_result() {
    for (name, make) in STEPS {
        for rows in [1, 2, 16, 19, 200] {
            scope(|| {
                let p = [0.75, -0.5, 1.25].map(Value::new);
                let x: Vec<f64> = (0..2 * rows).map(|i| (i % 7) as f64 / 4.0 - 0.5).collect();
                assert_conforms(name, &p, [2], [&x], 1e-12, |[x]| make(x, &p));
            });
        }
    }
}

#[test]
fn the_numbers_of_a_run_are_those_it_is_given_and_plain_leaves_keep_theirs() {
    scope(|| {
        let (p, plain) = (Value::new(2.0), Value::new(10.0));
        let program = record(&[p], [1], |[x]| Step::sum(x[0] * p + plain));
        p.set_data(99.0);
        plain.set_data(99.0);
        for mode in [Mode::Strict, Mode::Fast] {
            for options in options(mode) {
                let mut run = program.compile_with::<f64>(options);
                for q in [2.0, -3.0, 0.5] {
                    let ours = by(&mut run, &[q], &[&[1.0, 4.0]]);
                    assert_eq!((ours.loss, ours.gradient[0]), (5.0 * q + 20.0, 5.0), "{options:?}");
                }
            }
        }
    });
}

#[test]
fn parameters_may_be_many_none_or_not_used() {
    for mode in [Mode::Strict, Mode::Fast] {
        for options in options(mode) {
            scope(|| {
                let none = record(&[], [2], |[x]| Step::mean(x[0] * x[1]).with_outputs(&[x[1]]));
                let ours =
                    by(&mut none.compile_with::<f64>(options), &[], &[&[1.0, 2.0, 3.0, 4.0]]);
                assert_eq!((ours.loss, &ours.outputs[..]), (7.0, &[2.0, 4.0][..]));

                let plain = record(&[], [1], |_| Step::sum(Value::constant(2.5)));
                let ours = by(&mut plain.compile_with::<f64>(options), &[], &[&[1.0, 2.0]]);
                assert_eq!(ours.loss, 5.0);

                let p: Vec<Value> = (0..1000).map(|i| Value::new(f64::from(i))).collect();
                let one = record(&p, [1], |[x]| Step::sum(x[0] * p[500]));
                let ours = by(&mut one.compile_with::<f64>(options), &data(&p), &[&[1.0, 2.0]]);
                let right: Vec<f64> = (0..1000).map(|i| if i == 500 { 3.0 } else { 0.0 }).collect();
                assert_eq!((ours.loss, ours.gradient), (1500.0, right), "{options:?}");
            });
        }
    }
}

#[test]
fn arrays_may_be_of_no_width_and_not_be_read() {
    scope(|| {
        let p = Value::new(3.0);
        let program = record(&[p], [0, 2, 0, 1], |[none, x, _, _]| {
            assert!(none.is_empty());
            Step::sum(x[1] * p).with_outputs(&[x[0]])
        });
        for mode in [Mode::Strict, Mode::Fast] {
            for options in options(mode) {
                let mut run = program.compile_with::<f64>(options);
                let x = [1.0, 2.0, 3.0, 4.0];
                let (mut gradient, mut outputs) = ([0.0], [0.0; 2]);
                let arrays: [&[f64]; 4] = [&[], &x, &[], &[9.0, 9.0]];
                assert_eq!(run.value_and_grad(&[3.0], &arrays, &mut gradient), Ok(18.0));
                run.predict(&[3.0], &arrays[..2], &mut outputs).unwrap();
                assert_eq!((gradient, outputs), ([6.0], [1.0, 3.0]), "{options:?}");
            }
        }
    });
}

#[test]
fn inputs_that_are_not_read_in_any_order_of_the_read_ones() {
    // The first is read last, one is never read, and one is read by an output alone.
    scope(|| {
        let p = [0.5, -1.5].map(Value::new);
        let x: Vec<f64> = (0..6 * 21).map(|i| (i % 11) as f64 - 5.0).collect();
        assert_conforms("order", &p, [2, 4], [&x[..42], &x[42..]], 1e-13, |[a, b]| {
            let y = b[3] * p[0] + b[0] * p[1];
            Step::sum((y + a[0]).tanh()).with_outputs(&[b[2], y])
        });
    });
}

#[test]
fn outputs_without_a_loss_are_predicted() {
    scope(|| {
        let p = Value::new(0.5);
        let step = |[x]: [&[Value]; 1]| Step::outputs(&[x[0] * p, (x[0] - p).abs()]);
        let x: Vec<f64> = (0..50).map(f64::from).collect();
        let right = on_the_tape(&[p], [1], [&x], step).outputs;
        let program: Program = record(&[p], [1], step);
        for mode in [Mode::Strict, Mode::Fast] {
            for options in options(mode) {
                let mut ours = vec![0.0; right.len()];
                program.compile_with::<f64>(options).predict(&[0.5], &[&x], &mut ours).unwrap();
                assert_eq!(ours, right, "{options:?}");
            }
        }
    });
}
