//! A trainer does what the loop over values does: the same losses, the same parameters.

use gradling::nn::{
    Activation, Adam, AdamW, Mlp, Module, Optimizer, Progress, Schedule, Sgd, TrainError, Trainer,
    loss,
};
use gradling::{Mode, Options, Program, Rng, RunError, Runner, Step, Value, eager, scope};
use std::ops::ControlFlow;

#[track_caller]
fn assert_close(ours: f64, right: f64) {
    assert!((ours - right).abs() <= 1e-12 * right.abs().max(1.0), "{ours} instead of {right}");
}

fn strict() -> Options {
    Options::default().mode(Mode::Strict)
}

/// Points of the plane and whether they lie inside a circle.
fn circle(rows: usize) -> (Vec<f64>, Vec<f64>) {
    let mut rng = Rng::new(11);
    let x: Vec<f64> = (0..2 * rows).map(|_| rng.between(-1.0, 1.0)).collect();
    let y = x.chunks(2).map(|p| f64::from(p[0] * p[0] + p[1] * p[1] < 0.5)).collect();
    (x, y)
}

fn rows_of(array: &[f64], width: usize, rows: &[usize]) -> Vec<f64> {
    rows.iter().flat_map(|&row| array[row * width..][..width].to_vec()).collect()
}

/// Ten epochs of batches of 16 rows out of 50, eagerly and by a trainer.
fn trains_as_values_do(
    step: impl Fn(&Mlp, [&[Value]; 2]) -> Step,
    epoch_loss: impl Fn(&[(f64, usize)]) -> f64,
) {
    const ROWS: usize = 50;
    let (x, y) = circle(ROWS);
    let mlp = Mlp::new(2, &[8, 1], Activation::Tanh, &mut Rng::new(3));
    let parameters = mlp.parameters();
    let schedule = Schedule::Cosine { from: 0.03, to: 0.0, steps: 40 };
    let program = Program::record(&parameters, [2, 1], |arrays| step(&mlp, arrays)).unwrap();
    let mut trainer =
        Trainer::new(program.compile_with::<f64>(strict()), &parameters, AdamW::new(9.0))
            .unwrap()
            .schedule(schedule)
            .batch(16)
            .seed(5);

    let mut adam = AdamW::new(9.0);
    let mut rng = Rng::stream(5, 4);
    let mut order: Vec<usize> = (0..ROWS).collect();
    for epoch in 0..10 {
        rng.shuffle(&mut order);
        let mut right = Vec::new();
        for rows in order.chunks(16) {
            scope(|| {
                let (x, y) = (rows_of(&x, 2, rows), rows_of(&y, 1, rows));
                let (loss, _) = eager([2, 1], [&x, &y], |arrays| step(&mlp, arrays));
                mlp.zero_grad();
                loss.backward();
                adam.set_rate(schedule.rate(epoch * 4 + right.len()));
                adam.step(&parameters);
                right.push((loss.data(), rows.len()));
            });
        }
        assert_eq!(right.iter().map(|step| step.1).collect::<Vec<_>>(), [16, 16, 16, 2]);
        let mut ours = Vec::new();
        let watch = |loss| {
            ours.push(loss);
            ControlFlow::<()>::Continue(())
        };
        let ControlFlow::Continue(loss) = trainer.epoch_while(&[&x, &y], watch).unwrap() else {
            panic!("nobody stopped it")
        };
        assert_eq!(ours.len(), 4);
        for (ours, (right, _)) in ours.iter().zip(&right) {
            assert_close(*ours, *right);
        }
        assert_close(loss, epoch_loss(&right));
    }
    assert_eq!(trainer.steps(), 40);
    for (ours, right) in trainer.parameters().iter().zip(&parameters) {
        assert_close(*ours, right.data());
    }
}

#[test]
fn batches_that_do_not_divide_give_the_losses_of_an_eager_loop_in_that_order() {
    trains_as_values_do(
        |mlp, [x, y]| Step::mean(loss::binary_cross_entropy(mlp.forward(x)[0], y[0])),
        |steps| steps.iter().map(|(loss, rows)| loss * *rows as f64).sum::<f64>() / 50.0,
    );
}

#[test]
fn a_sum_over_the_rows_stays_a_sum() {
    trains_as_values_do(
        |mlp, [x, y]| Step::sum(0.1 * loss::squared_error(mlp.forward(x)[0], y[0])),
        |steps| steps.iter().map(|(loss, _)| loss).sum(),
    );
}

/// The loss w·x, whose gradient by w is the mean of x.
fn line(start: f64) -> (Value, Program) {
    let w = Value::new(start);
    let program = Program::record(&[w], [1], |[x]| Step::mean(w * x[0])).unwrap();
    (w, program)
}

#[test]
fn each_step_takes_the_rate_of_the_schedule() {
    let (w, program) = line(10.0);
    let schedule = Schedule::Linear { from: 1.0, to: 0.0, steps: 4 };
    let mut trainer =
        Trainer::new(program.compile::<f64>(), &[w], Sgd::new(7.0)).unwrap().schedule(schedule);
    let mut path = Vec::new();
    for _ in 0..5 {
        trainer.step(&[&[1.0, 3.0]]).unwrap();
        path.push(trainer.parameters()[0]);
    }
    // Down by 2 · (1, ¾, ½, ¼, 0).
    assert_eq!(path, [8.0, 6.5, 5.5, 5.0, 5.0]);
    // Without a schedule, the rate that the optimiser has.
    let mut trainer = Trainer::new(program.compile::<f64>(), &[w], Sgd::new(7.0)).unwrap();
    trainer.step(&[&[1.0]]).unwrap();
    trainer.optimizer_mut().set_rate(1.0);
    trainer.step(&[&[1.0]]).unwrap();
    assert_eq!(trainer.parameters(), [10.0 - 7.0 - 1.0]);
}

#[test]
fn one_batch_of_all_rows_is_taken_in_their_order() {
    // In strict mode the order of the rows shows in the last bits of their sum.
    let (x, _) = circle(100);
    let (w, program) = line(1.0 / 3.0);
    let trainer =
        || Trainer::new(program.compile_with::<f64>(strict()), &[w], Sgd::new(0.1)).unwrap();
    let (mut steps, mut epochs, mut large) = (trainer(), trainer(), trainer().batch(1000));
    for _ in 0..5 {
        let loss = steps.step(&[&x]).unwrap();
        assert_eq!(epochs.epoch(&[&x]).unwrap(), loss);
        assert_eq!(large.epoch(&[&x]).unwrap(), loss);
    }
    assert_eq!(steps.parameters(), epochs.parameters());
}

#[test]
fn every_row_is_met_once_an_epoch_and_a_seed_gives_one_order() {
    let (w, program) = line(1.0);
    let x: Vec<f64> = (0..10).map(f64::from).collect();
    // A rate of 0 leaves w at 1, so that the loss of a batch of one row is the row.
    let order = |seed, shuffle| {
        let run = program.compile::<f64>();
        let trainer = Trainer::new(run, &[w], Sgd::new(0.0)).unwrap();
        let mut trainer = trainer.batch(1).seed(seed).shuffle(shuffle);
        let mut met = Vec::new();
        for _ in 0..2 {
            let watch = |loss| {
                met.push(loss);
                ControlFlow::<()>::Continue(())
            };
            assert_eq!(trainer.epoch_while(&[&x], watch).unwrap(), ControlFlow::Continue(4.5));
        }
        met
    };
    let met = order(1, true);
    assert_ne!(met[..10], met[10..]);
    for epoch in met.chunks(10) {
        let mut sorted = epoch.to_vec();
        sorted.sort_by(f64::total_cmp);
        assert_eq!(sorted, x);
    }
    assert_eq!(order(1, true), met);
    assert_ne!(order(2, true), met);
    assert_eq!(order(1, false), [&x[..], &x].concat());

    // Also after epochs in another order.
    let trainer = Trainer::new(program.compile::<f64>(), &[w], Sgd::new(0.0)).unwrap().batch(1);
    let mut trainer = trainer.seed(1);
    trainer.epoch(&[&x]).unwrap();
    let mut met = Vec::new();
    let watch = |loss| {
        met.push(loss);
        ControlFlow::<()>::Continue(())
    };
    let end = trainer.shuffle(false).epoch_while(&[&x], watch).unwrap();
    assert_eq!((end, met), (ControlFlow::Continue(4.5), x));
}

#[test]
fn an_epoch_ends_when_it_is_told_to() {
    let (w, program) = line(1.0);
    let mut trainer = Trainer::new(program.compile::<f64>(), &[w], Sgd::new(0.1)).unwrap().batch(2);
    let mut count = 0;
    let watch = |_| {
        count += 1;
        if count == 3 { ControlFlow::Break("enough") } else { ControlFlow::Continue(()) }
    };
    assert_eq!(trainer.epoch_while(&[&[1.0; 20]], watch).unwrap(), ControlFlow::Break("enough"));
    assert_eq!(trainer.steps(), 3);
    // It goes on from there.
    trainer.epoch(&[&[1.0; 20]]).unwrap();
    assert_eq!(trainer.steps(), 13);
}

/// Every kind of optimiser that remembers something.
fn optimisers() -> Vec<Box<dyn Optimizer>> {
    vec![
        Box::new(Sgd::new(0.1).weight_decay(0.01)),
        Box::new(Sgd::new(0.1).momentum(0.9)),
        Box::new(Sgd::new(0.1).nesterov(0.9)),
        Box::new(Adam::new(0.05)),
        Box::new(AdamW::new(0.05)),
    ]
}

#[test]
fn a_trainer_that_is_given_the_progress_of_another_takes_its_very_steps() {
    const ROWS: usize = 50;
    let (x, y) = circle(ROWS);
    let mlp = Mlp::new(2, &[4, 1], Activation::Tanh, &mut Rng::new(3));
    let parameters = mlp.parameters();
    let program = Program::record(&parameters, [2, 1], |[x, y]| {
        Step::mean(loss::squared_error(mlp.forward(x)[0], y[0]))
    })
    .unwrap();
    for kind in 0..optimisers().len() {
        for batch in [16, ROWS] {
            let new = || {
                let optimiser = optimisers().remove(kind);
                Trainer::new(program.compile::<f64>(), &parameters, optimiser)
                    .unwrap()
                    .schedule(Schedule::Cosine { from: 0.1, to: 0.0, steps: 20 })
                    .batch(batch)
                    .seed(9)
            };
            let mut whole = new();
            let losses: Vec<f64> = (0..4).map(|_| whole.epoch(&[&x, &y]).unwrap()).collect();

            // After every single step another one takes over.
            let mut trainer = new();
            let mut met = Vec::new();
            while met.len() < 4 {
                let end = trainer.epoch_while(&[&x, &y], |_| ControlFlow::Break(())).unwrap();
                let progress = trainer.progress();
                trainer = new();
                trainer.go_on(progress.clone()).unwrap();
                assert_eq!(trainer.progress(), progress);
                if end.is_break() && progress.rows < ROWS {
                    continue;
                }
                // All rows were taken, and the epoch ends without a step.
                met.push(trainer.epoch(&[&x, &y]).unwrap());
            }
            assert_eq!(met, losses);
            assert_eq!(trainer.progress(), whole.progress());
        }
    }
}

#[test]
fn progress_that_does_not_fit_is_refused_and_changes_nothing() {
    let (w, program) = line(1.0);
    let mut trainer =
        Trainer::new(program.compile::<f64>(), &[w], Adam::new(0.1)).unwrap().batch(2);
    trainer.epoch(&[&[1.0; 6]]).unwrap();
    let right = trainer.progress();
    let mut refused = |change: &dyn Fn(&mut Progress), message: &str| {
        let mut wrong = right.clone();
        change(&mut wrong);
        let error = trainer.go_on(wrong).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert_eq!(trainer.progress(), right);
    };
    refused(&|p| p.parameters.push(1.0), "2");
    refused(&|p| p.optimizer = Sgd::new(0.1).memory(), "keeps 2 running averages");
    refused(&|p| p.optimizer.averages[0].push(1.0), "do not fit");
    refused(&|p| p.order[0] = p.order[1], "do not fit");
    refused(&|p| p.order[0] = 7, "do not fit");
    refused(&|p| p.rows = 8, "do not fit");
}

#[test]
fn parameters_of_an_f32_program_add_up_steps_too_small_for_f32() {
    let (w, program) = line(1.0);
    let mut trainer = Trainer::new(program.compile::<f32>(), &[w], Sgd::new(1e-9)).unwrap();
    for _ in 0..1000 {
        trainer.step(&[&[1.0]]).unwrap();
    }
    assert_close(trainer.parameters()[0], 1.0 - 1e-6);
}

#[test]
fn predictions_and_stored_values_are_of_the_parameters_of_now() {
    let w = Value::new(2.0);
    let step = |[x, y]: [&[Value]; 2]| {
        Step::mean(loss::squared_error(w * x[0], y[0])).with_outputs(&[w * x[0], -x[0]])
    };
    let program = Program::record(&[w], [1, 1], step).unwrap();
    let mut trainer = Trainer::new(program.compile::<f64>(), &[w], Sgd::new(0.25)).unwrap();
    assert_eq!(trainer.predict(&[&[1.0, 3.0]]).unwrap(), [2.0, -1.0, 6.0, -3.0]);
    // (2x - y)² at x = 1, y = 4: the slope is -4.
    assert_eq!(trainer.step(&[&[1.0], &[4.0]]).unwrap(), 4.0);
    assert_eq!(trainer.loss(&[&[1.0], &[4.0]]).unwrap(), 1.0);
    assert_eq!(trainer.predict(&[&[1.0]]).unwrap(), [3.0, -1.0]);
    assert_eq!(w.data(), 2.0);
    trainer.store(&[w]).unwrap();
    assert_eq!(w.data(), 3.0);
}

#[test]
fn a_program_of_no_inputs_is_a_function_to_minimise() {
    let p = [Value::new(-1.0), Value::new(2.0)];
    let program = Program::record(&p, [], |[]| {
        let valley = 10.0 * (p[1] - p[0] * p[0]).pow(2) + (1.0 - p[0]).pow(2);
        Step::sum(Value::constant(0.0)).plus(valley)
    })
    .unwrap();
    let mut trainer = Trainer::new(program.compile::<f64>(), &p, Adam::new(0.05)).unwrap();
    for _ in 0..2000 {
        trainer.step(&[]).unwrap();
    }
    assert!(trainer.parameters().iter().all(|p| (p - 1.0).abs() < 1e-3));
}

// What goes wrong.

#[test]
fn a_loss_that_is_not_finite_stops_with_its_step_and_rows_and_the_last_good_parameters() {
    let (w, program) = line(1.0);
    let mut x = vec![1.0; 10];
    x[7] = f64::NAN;
    let run = program.compile::<f64>();
    let mut trainer = Trainer::new(run, &[w], Sgd::new(0.5)).unwrap().batch(2).seed(1);
    let mut losses = Vec::new();
    let watch = |loss| {
        losses.push(loss);
        ControlFlow::<()>::Continue(())
    };
    let error = trainer.epoch_while(&[&x], watch).unwrap_err();
    let message = error.to_string();
    let TrainError::Diverged(diverged) = error else { panic!("{error}") };
    assert!((1..5).contains(&losses.len()), "seed 1 meets the row after the first step");
    assert_eq!(diverged.step, losses.len());
    assert!(diverged.loss.is_nan() && diverged.rows.len() == 2 && diverged.rows.contains(&7));
    assert_eq!(diverged.parameters, [1.0 - 0.5 * losses.len() as f64]);
    assert_eq!(trainer.parameters(), [*losses.last().unwrap()]);
    assert_eq!(
        message,
        format!(
            "training diverged: the loss of step {} is NaN; try a smaller rate, and see that all inputs are \
             finite",
            losses.len()
        )
    );
}

#[test]
fn a_rate_too_large_leaves_the_parameters_before_it() {
    let w = Value::new(1.0);
    let program = Program::record(&[w], [1], |[x]| Step::mean((w * x[0]).pow(4))).unwrap();
    let mut trainer = Trainer::new(program.compile::<f64>(), &[w], Sgd::new(1e100)).unwrap();
    assert_eq!(trainer.step(&[&[1.0]]).unwrap(), 1.0);
    let Err(TrainError::Diverged(diverged)) = trainer.step(&[&[1.0]]) else { panic!() };
    assert_eq!((diverged.step, diverged.loss, &diverged.rows[..]), (1, f64::INFINITY, &[0][..]));
    // 1 - 1e100 · 4.
    assert_eq!(diverged.parameters, [-4e100]);
    assert_eq!(trainer.parameters(), [1.0]);
    assert_eq!(trainer.loss(&[&[1.0]]).unwrap(), 1.0);
}

#[test]
fn a_slope_that_is_not_finite_is_told_by_its_parameter_and_does_no_harm() {
    let p = [Value::new(3.0), Value::new(0.0)];
    // √w at 0 is 0, and its slope infinite.
    let program = Program::record(&p, [1], |[x]| Step::mean(p[0] * x[0] + p[1].sqrt())).unwrap();
    let mut trainer = Trainer::new(program.compile::<f64>(), &p, Sgd::new(1.0)).unwrap();
    let error = trainer.step(&[&[1.0]]).unwrap_err();
    assert!(
        error.to_string().starts_with("training diverged: step 0 made parameter 1 -inf; "),
        "{error}"
    );
    assert_eq!(trainer.parameters(), [3.0, 0.0]);
}

#[test]
fn wrong_lengths_are_told_and_nothing_is_stepped() {
    let (w, program) = line(1.0);
    let run = || -> Runner<f64> { program.compile() };
    let parameters = RunError::Parameters { expected: 1, found: 2 };
    let made = Trainer::new(run(), &[w, w], Sgd::new(1.0)).map(|_| ());
    assert!(matches!(made, Err(TrainError::Run(error)) if error == parameters));
    let mut trainer = Trainer::from_numbers(run(), vec![1.0], Sgd::new(1.0)).unwrap();
    assert_eq!(trainer.store(&[w, w]), Err(parameters));

    let arrays = RunError::Arrays { expected: 1, found: 2 };
    let two: [&[f64]; 2] = [&[1.0], &[1.0]];
    assert_eq!(trainer.loss(&two), Err(arrays.clone()));
    assert!(matches!(trainer.step(&two), Err(TrainError::Run(error)) if error == arrays));
    assert!(matches!(trainer.epoch(&two), Err(TrainError::Run(error)) if error == arrays));
    for nothing in [trainer.step(&[&[]]), trainer.epoch(&[&[]])] {
        let error = nothing.unwrap_err();
        assert_eq!(error.to_string(), "there are no rows to learn from: give at least one");
    }
    assert_eq!((trainer.steps(), trainer.parameters()), (0, &[1.0][..]));

    let outputs = Program::record(&[w], [2], |[x]| Step::outputs(&[w * x[0] * x[1]])).unwrap();
    let mut trainer = Trainer::new(outputs.compile::<f64>(), &[w], Sgd::new(1.0)).unwrap();
    assert!(matches!(trainer.step(&[&[1.0, 2.0]]), Err(TrainError::Run(RunError::NoLoss))));
    let width = RunError::Width { array: 0, width: 2, found: 3 };
    assert_eq!(trainer.predict(&[&[1.0; 3]]), Err(width));
}
