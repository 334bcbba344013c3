//! What cannot be recorded or run is refused, with the place and the fix, and leaves nothing behind.

use gradling::{
    Operation, Program, RecordError, RunError, Step, Value, hessian, hvp, jacobian, live_nodes,
    scope,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The error of recording a step of one input and one parameter.
#[track_caller]
fn refused(step: impl FnOnce(Value, Value) -> Step) -> RecordError {
    let p = Value::new(2.0);
    let nodes = live_nodes();
    let error = Program::record(&[p], [1], |[x]| step(x[0], p)).expect_err("it was recorded");
    assert_eq!(live_nodes(), nodes, "it left values behind");
    // Numbers can be asked for again, and other steps be recorded.
    assert_eq!((p * 2.0).data(), 4.0);
    Program::record(&[p], [1], |[x]| Step::sum(x[0] * p)).unwrap();
    error
}

#[test]
fn whatever_needs_the_number_of_a_sample_is_refused_at_the_line_that_asks() {
    type Ask = fn(Value);
    let asks: [(&str, Ask); 7] = [
        ("data", |y| assert!(y.data().is_nan())),
        ("backward", |y| y.backward()),
        ("check", |y| drop(y.check())),
        ("first_non_finite", |y| drop(y.first_non_finite())),
        ("jacobian", |y| drop(jacobian(&[y], &[y]))),
        ("hessian", |y| drop(hessian(y, &[y]))),
        ("hvp", |y| drop(hvp(y, &[y], &[1.0]))),
    ];
    for (name, ask) in asks {
        scope(|| {
            let error = refused(|x, p| {
                let y = x * p;
                ask(y);
                Step::sum(y)
            });
            let RecordError::NumberOfVarying { ref place, .. } = error else {
                panic!("{name}: {error}")
            };
            assert!(place.contains("refusals.rs:"), "{name} is said to be at {place}");
            let message = error.to_string();
            assert!(message.starts_with(place) && message.contains("select"), "{name}: {message}");
        });
    }
}

#[test]
fn a_value_that_is_shown_while_recorded_blames_no_line_of_the_library() {
    // What formats a value does not know who asked: it may show that there is no number, or refuse.
    for show in [|y: Value| y.to_string(), |y: Value| format!("{y:?}")] {
        scope(|| {
            let p = Value::new(2.0);
            let recorded = Program::record(&[p], [1], |[x]| {
                let text = show(x[0] * p);
                assert!(!text.is_empty());
                Step::sum(x[0])
            });
            if let Err(error) = recorded {
                assert!(!error.to_string().contains("src/"), "{error}");
            }
        });
    }
}

#[test]
fn numbers_that_are_the_same_for_every_sample_may_be_asked_for() {
    scope(|| {
        let plain = Value::new(3.0);
        let program = Program::record(&[], [1], |[x]| {
            let times = (plain * 2.0).data();
            Step::sum((0..times as usize).fold(x[0], |y, _| y + x[0]))
        });
        let loss = program.unwrap().compile::<f64>().value(&[], &[&[1.0, 2.0]]);
        assert_eq!(loss, Ok(21.0));
    });
}

#[test]
fn a_step_that_is_no_program_is_refused_in_words() {
    scope(|| {
        let own = Operation::new("mine", |x| x[0], |_, _| vec![Value::constant(1.0)]);
        let error = refused(|x, _| Step::sum(own.call(&[x])));
        assert_eq!(error, RecordError::OwnOperation("mine".to_owned()));
        assert!(error.to_string().contains("`mine`"));
        assert_eq!(
            refused(|_, p| Step::sum(own.call(&[p]))),
            RecordError::OwnOperation("mine".to_owned())
        );
        assert_eq!(refused(|x, p| Step::sum(x * p).plus(x * p)), RecordError::VaryingOnce);
        assert_eq!(refused(|_, _| Step::outputs(&[])), RecordError::Nothing);
        let nested = |x: Value, p: Value| {
            let inner = Program::record(&[p], [1], |[y]| Step::sum(y[0]));
            assert_eq!(inner.unwrap_err(), RecordError::Nested);
            Step::sum(x)
        };
        let p = Value::new(1.0);
        assert!(Program::record(&[p], [1], |[x]| nested(x[0], p)).is_ok());
    });
}

#[test]
fn parameters_that_are_no_leaves_of_their_own_are_refused() {
    scope(|| {
        let p = Value::new(2.0);
        let record = |parameters: &[Value]| {
            Program::record(parameters, [1], |[x]| Step::sum(x[0] * p)).map(drop)
        };
        assert_eq!(record(&[p, p * 2.0]), Err(RecordError::ComputedParameter(1)));
        assert_eq!(record(&[Value::new(1.0), p, p]), Err(RecordError::ParameterTwice(1, 2)));
    });
}

#[test]
fn a_plain_number_given_as_a_parameter_is_refused_or_is_one() {
    // Never taken for the number that it was, in silence.
    scope(|| {
        let p = Value::constant(2.0);
        let Ok(program) = Program::record(&[p], [1], |[x]| Step::sum(x[0] * p)) else { return };
        let mut gradient = [0.0];
        let loss = program.compile::<f64>().value_and_grad(&[5.0], &[&[1.0, 2.0]], &mut gradient);
        assert_eq!((loss, gradient), (Ok(15.0), [3.0]));
    });
}

#[test]
fn a_panic_of_the_step_goes_on_and_ends_the_recording() {
    scope(|| {
        let nodes = live_nodes();
        let recorded = catch_unwind(AssertUnwindSafe(|| {
            let _ = Program::record(&[], [1], |[x]| {
                let _ = x[0] * 2.0;
                panic!("of the user's own")
            });
        }));
        let message = recorded.unwrap_err();
        assert_eq!(message.downcast_ref::<&str>(), Some(&"of the user's own"));
        assert_eq!(live_nodes(), nodes);
        assert_eq!(refused(|_, _| Step::outputs(&[])), RecordError::Nothing);
    });
}

#[test]
fn inputs_of_a_recording_are_given_back_at_its_end() {
    let mut kept = None;
    Program::record(&[], [1], |[x]| {
        kept = Some(x[0]);
        Step::sum(x[0])
    })
    .unwrap();
    assert!(kept.is_some_and(|x| !x.is_live()));
}

#[test]
fn a_batch_of_the_wrong_shape_is_refused_and_writes_nothing() {
    scope(|| {
        let p = [1.0, 2.0].map(Value::new);
        let program = Program::record(&p, [2, 1], |[x, y]| {
            let out = x[0] * p[0] + x[1] * p[1];
            Step::mean((out - y[0]).pow(2)).with_outputs(&[out, out])
        })
        .unwrap();
        let mut run = program.compile::<f64>();
        let (x, y) = ([1.0; 4], [1.0; 2]);
        let mut gradient = [7.0; 2];
        let mut value_and_grad = |parameters: &[f64], arrays: &[&[f64]]| {
            let result = run.value_and_grad(parameters, arrays, &mut gradient);
            assert_eq!(gradient, [7.0; 2]);
            result.unwrap_err()
        };
        let errors = [
            (value_and_grad(&[1.0], &[&x, &y]), RunError::Parameters { expected: 2, found: 1 }),
            (value_and_grad(&[1.0; 2], &[&x]), RunError::Arrays { expected: 2, found: 1 }),
            (value_and_grad(&[1.0; 2], &[&x, &y, &y]), RunError::Arrays { expected: 2, found: 3 }),
            (
                value_and_grad(&[1.0; 2], &[&x[..3], &y]),
                RunError::Width { array: 0, width: 2, found: 3 },
            ),
            (
                value_and_grad(&[1.0; 2], &[&x, &y[..1]]),
                RunError::Rows { array: 1, expected: 2, found: 1 },
            ),
            (
                value_and_grad(&[1.0; 2], &[&x, &[]]),
                RunError::Rows { array: 1, expected: 2, found: 0 },
            ),
            (
                program
                    .compile::<f64>()
                    .value_and_grad(&[1.0; 2], &[&x, &y], &mut [0.0])
                    .unwrap_err(),
                RunError::Gradient { expected: 2, found: 1 },
            ),
        ];
        for (error, right) in errors {
            assert_eq!(error, right);
            let message = error.to_string();
            assert!(message.starts_with(|c: char| c.is_lowercase()), "{message}");
        }
        let mut outputs = [7.0; 3];
        let error = program.compile::<f64>().predict(&[1.0; 2], &[&x], &mut outputs).unwrap_err();
        assert_eq!((error, outputs), (RunError::Outputs { expected: 4, found: 3 }, [7.0; 3]));

        let no_loss = Program::record(&p, [1], |[x]| Step::outputs(&[x[0] * p[0]])).unwrap();
        let mut run = no_loss.compile::<f64>();
        assert_eq!(run.value(&[1.0; 2], &[&y]), Err(RunError::NoLoss));
        assert_eq!(run.value_and_grad(&[1.0; 2], &[&y], &mut [0.0; 2]), Err(RunError::NoLoss));
    });
}

#[test]
fn the_number_of_a_parameter_is_refused_for_it_changes_from_step_to_step() {
    let (p, fixed) = (Value::new(-2.0), Value::new(3.0));
    let by_parameter = |[x]: [&[Value]; 1]| {
        let y = if (2.0 * p).data() > 0.0 { p * x[0] } else { x[0] };
        Step::sum(y)
    };
    let line = line!() - 3;
    let message = Program::record(&[p], [1], by_parameter).unwrap_err().to_string();
    assert!(message.contains(&format!("{}:{line}", file!())), "{message}");
    assert!(message.contains("parameters") && message.contains("select"), "{message}");
    // A leaf that is no parameter is a constant, and may be asked.
    let by_constant = |[x]: [&[Value]; 1]| Step::sum(x[0] * fixed.data());
    assert!(Program::record(&[p], [1], by_constant).is_ok());
}
