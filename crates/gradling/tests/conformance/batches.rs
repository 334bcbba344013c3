//! A batch of any size, cut and shared out in any way, in the memory of any batch before it.

use super::evaluators::{by, close, data, equal, on_the_tape, options, record, same};
use gradling::nn::{Activation, Mlp, Module};
use gradling::{Mode, Options, Program, Rng, Step, Value, scope, sum};

const SIZES: [usize; 18] =
    [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 127, 128, 129, 257, 1000];

struct Network {
    mlp: Mlp,
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Network {
    fn new() -> Self {
        let mut rng = Rng::new(12);
        let mlp = Mlp::new(3, &[5, 7, 2], Activation::Tanh, &mut rng);
        let mut draw =
            |n: usize| -> Vec<f64> { (0..n).map(|_| rng.uniform() * 4.0 - 2.0).collect() };
        let (x, y) = (draw(3 * 1000), draw(1000));
        Network { mlp, x, y }
    }

    fn step(&self, [x, y]: [&[Value]; 2]) -> Step {
        let out = self.mlp.forward(x);
        let penalty: Vec<Value> = self.mlp.parameters().iter().map(|p| p.pow(2)).collect();
        Step::mean((out[0] - y[0]).pow(2) + (out[1] * y[0]).exp())
            .plus(0.01 * sum(&penalty))
            .with_outputs(&[out[1], out[0]])
    }

    fn program(&self) -> Program {
        record(&self.mlp.parameters(), [3, 1], |x| self.step(x))
    }

    fn parameters(&self) -> Vec<f64> {
        data(&self.mlp.parameters())
    }

    fn batch(&self, rows: usize) -> [&[f64]; 2] {
        [&self.x[..3 * rows], &self.y[..rows]]
    }
}

#[test]
fn every_size_of_batch_gives_what_the_tape_gives() {
    let network = Network::new();
    let program = network.program();
    for rows in SIZES {
        let parameters = network.mlp.parameters();
        let right = on_the_tape(&parameters, [3, 1], network.batch(rows), |x| network.step(x));
        for mode in [Mode::Strict, Mode::Fast] {
            for options in options(mode) {
                let mut run = program.compile_with::<f64>(options);
                let ours = by(&mut run, &network.parameters(), &network.batch(rows));
                assert!(close(ours.loss, right.loss, 1e-12), "{rows} rows, {options:?}");
                for (&g, &right) in ours.gradient.iter().zip(&right.gradient) {
                    assert!(close(g, right, 1e-12), "{rows} rows, {options:?}: {g} not {right}");
                }
                for (&y, &right) in ours.outputs.iter().zip(&right.outputs) {
                    let agrees =
                        if mode == Mode::Strict { same(y, right) } else { close(y, right, 1e-13) };
                    assert!(agrees, "{rows} rows, {options:?}: {y} not {right}");
                }
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let network = Network::new();
    let program = network.program();
    for mode in [Mode::Strict, Mode::Fast] {
        for rows in [1, 17, 129, 257, 700, 1000] {
            let by_threads = |threads: usize| {
                let options = Options::default().mode(mode).threads(threads);
                let mut run = program.compile_with::<f64>(options);
                by(&mut run, &network.parameters(), &network.batch(rows))
            };
            let one = by_threads(1);
            for threads in [0, 2, 3, 5, 8, 64] {
                let many = by_threads(threads);
                let numbers = |r: &super::evaluators::Results| -> Vec<u64> {
                    let all = r.gradient.iter().chain(&r.outputs).chain([&r.loss]);
                    all.map(|x| x.to_bits()).collect()
                };
                assert_eq!(
                    numbers(&one),
                    numbers(&many),
                    "{mode:?}, {rows} rows, {threads} threads"
                );
            }
        }
    }
}

#[test]
fn work_that_is_shared_among_threads_gives_the_same_bits() {
    // Enough for other threads to be woken, in several chunks.
    let mut rng = Rng::new(5);
    let mlp = Mlp::new(8, &[32, 32, 1], Activation::Tanh, &mut rng);
    let program = Program::record(&mlp.parameters(), [8, 1], |[x, y]| {
        let prediction = mlp.forward(x)[0];
        Step::mean((prediction - y[0]).pow(2)).with_outputs(&[prediction])
    })
    .unwrap();
    let numbers: Vec<f64> = mlp.parameters().iter().map(|p| p.data()).collect();
    let x: Vec<f64> = (0..8 * 3001).map(|_| rng.normal()).collect();
    let y: Vec<f64> = (0..3001).map(|_| rng.normal()).collect();
    let by_threads = |threads: usize| {
        let mut run = program.compile_with::<f64>(Options::default().threads(threads));
        let mut gradient = vec![0.0; numbers.len()];
        let mut outputs = vec![0.0; 3001];
        let loss = run.value_and_grad(&numbers, &[&x, &y], &mut gradient).unwrap();
        run.predict(&numbers, &[&x], &mut outputs).unwrap();
        let all = gradient.into_iter().chain(outputs).chain([loss]);
        all.map(f64::to_bits).collect::<Vec<u64>>()
    };
    let one = by_threads(1);
    for threads in [2, 3, 8] {
        assert!(by_threads(threads) == one, "{threads} threads");
    }
}

#[test]
fn a_runner_remembers_nothing_of_the_batches_before() {
    let network = Network::new();
    let program = network.program();
    let nan = ([f64::NAN; 3 * 1000], [f64::NAN; 1000]);
    for mode in [Mode::Strict, Mode::Fast] {
        for options in options(mode) {
            let mut used = program.compile_with::<f64>(options);
            for rows in [1000, 3, 129, 1, 16, 257, 15, 1000] {
                let fresh = by(
                    &mut program.compile_with::<f64>(options),
                    &network.parameters(),
                    &network.batch(rows),
                );
                // Everything that can be left behind is left behind.
                by(&mut used, &vec![f64::NAN; network.parameters().len()], &[&nan.0, &nan.1]);
                let again = by(&mut used, &network.parameters(), &network.batch(rows));
                assert_eq!(fresh, again, "{rows} rows, {options:?}");
            }
        }
    }
}

#[test]
fn a_clone_of_a_runner_runs_on_its_own() {
    let network = Network::new();
    let mut run = network.program().compile::<f64>();
    let right = by(&mut run, &network.parameters(), &network.batch(100));
    let mut copy = run.clone();
    by(&mut copy, &vec![0.5; network.parameters().len()], &network.batch(1000));
    assert_eq!(by(&mut run, &network.parameters(), &network.batch(100)), right);
    assert_eq!(by(&mut copy, &network.parameters(), &network.batch(100)), right);
}

#[test]
fn a_runner_may_work_on_another_thread_than_the_tape() {
    let network = Network::new();
    let mut run = network.program().compile::<f64>();
    let parameters = network.parameters();
    let here = by(&mut run.clone(), &parameters, &network.batch(300));
    let (x, y) = (&network.x[..900], &network.y[..300]);
    let there = std::thread::scope(|threads| {
        threads.spawn(move || by(&mut run, &parameters, &[x, y])).join().unwrap()
    });
    assert_eq!(here, there);
}

#[test]
fn all_ways_to_ask_a_runner_give_one_answer() {
    let network = Network::new();
    let program = network.program();
    let parameters = network.parameters();
    for mode in [Mode::Strict, Mode::Fast] {
        for options in options(mode) {
            for rows in [1, 17, 300] {
                let batch = network.batch(rows);
                let mut run = program.compile_with::<f64>(options);
                let (mut gradient, mut one, mut two) =
                    (vec![0.0; parameters.len()], vec![0.0; 2 * rows], vec![0.0; 2 * rows]);
                let loss = run.value_and_grad(&parameters, &batch, &mut gradient).unwrap();
                let with_outputs = run.run(&parameters, &batch, &mut one).unwrap();
                let alone = run.value(&parameters, &batch).unwrap();
                // The target is not read, so it may be there, be empty or be missing.
                for arrays in [&batch[..], &[batch[0], &[]], &batch[..1]] {
                    run.predict(&parameters, arrays, &mut two).unwrap();
                    assert_eq!(one, two, "{options:?}, {rows} rows");
                }
                for loss in [with_outputs, alone].map(|other| (loss, other)) {
                    assert!(close(loss.0, loss.1, 1e-14), "{options:?}, {rows} rows: {loss:?}");
                }
            }
        }
    }
}

#[test]
fn samples_do_not_touch_each_other() {
    let network = Network::new();
    let program = network.program();
    for mode in [Mode::Strict, Mode::Fast] {
        for options in options(mode) {
            for rows in [2, 15, 17, 33, 130, 300] {
                let mut run = program.compile_with::<f64>(options);
                let clean = by(&mut run, &network.parameters(), &network.batch(rows)).outputs;
                for bad in [0, rows / 2, rows - 1] {
                    for nasty in [f64::NAN, f64::INFINITY, -1e300] {
                        let mut x = network.x[..3 * rows].to_vec();
                        x[3 * bad..3 * bad + 3].fill(nasty);
                        let arrays = [&x[..], &network.y[..rows]];
                        let ours = by(&mut run, &network.parameters(), &arrays).outputs;
                        for row in (0..rows).filter(|&row| row != bad) {
                            let at = 2 * row..2 * row + 2;
                            assert_eq!(
                                ours[at.clone()],
                                clean[at],
                                "{options:?}, {rows} rows, {bad} is bad"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn what_fills_a_vector_up_is_in_no_sum() {
    // Counting: the loss is the number of samples, and so is its gradient. The last sample, which is
    // what a vector is filled up with, counts a thousand times as much.
    scope(|| {
        let (p, w) = (Value::new(1.0), [Value::new(2.0), Value::new(3.0)]);
        let step = |[x]: [&[Value]; 1]| {
            // Through a plain value, through a layer of one row, through a value that does not vary.
            Step::sum(p * x[0] + x[0] * w[0] + x[1] * w[1] + p.exp())
        };
        let parameters = [p, w[0], w[1]];
        let program = record(&parameters, [2], step);
        let e = 1.0_f64.exp();
        for mode in [Mode::Strict, Mode::Fast] {
            for options in options(mode) {
                let mut run = program.compile_with::<f64>(options);
                for rows in SIZES {
                    let n = rows as f64;
                    let mut x = vec![1.0; 2 * rows];
                    x[2 * rows - 2..].fill(1000.0);
                    let ours = by(&mut run, &data(&parameters), &[&x]);
                    let total = n - 1.0 + 1000.0;
                    assert!(
                        close(ours.loss, 6.0 * total + n * e, 1e-14),
                        "{rows} rows, {options:?}: {ours:?}"
                    );
                    assert!(
                        close(ours.gradient[0], total + n * e, 1e-14),
                        "{rows} rows, {options:?}: {ours:?}"
                    );
                    assert_eq!(ours.gradient[1..], [total, total], "{rows} rows, {options:?}");
                }
            }
        }
    });
}

#[test]
fn a_batch_of_no_samples_has_no_loss_but_what_is_added_once() {
    scope(|| {
        let p = Value::new(3.0);
        let of = |step: fn(Value) -> Step| {
            record(&[p], [1], |[x]| step(p * x[0]).plus(p * p).with_outputs(&[x[0]]))
        };
        for mode in [Mode::Strict, Mode::Fast] {
            for options in options(mode) {
                let ours = by(&mut of(Step::sum).compile_with::<f64>(options), &[3.0], &[&[]]);
                assert_eq!(
                    (ours.loss, &ours.gradient[..], ours.outputs.len()),
                    (9.0, &[6.0][..], 0)
                );
                // A mean over nothing is not a number; its gradient is that of what is added once.
                let ours = by(&mut of(Step::mean).compile_with::<f64>(options), &[3.0], &[&[]]);
                assert!(ours.loss.is_nan(), "{ours:?}");
                assert!(equal(ours.gradient[0], 6.0), "{ours:?}");
            }
        }
    });
}
