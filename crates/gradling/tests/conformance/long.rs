//! Long graphs on a small stack: no pass and no run recurses over what a user wrote.

use super::evaluators::{by, close, options};
use gradling::{Mode, Program, Step, Value, sum};

/// As in the tests of the tape, where debug builds take a tenth.
const LENGTH: u32 = 100_000;

/// Runs on a thread with a stack that a recursion over [`LENGTH`] values would overflow.
fn on_a_small_stack(test: impl FnOnce() + Send) {
    std::thread::scope(|threads| {
        let thread = std::thread::Builder::new().stack_size(256 * 1024);
        thread.spawn_scoped(threads, test).unwrap().join().unwrap();
    });
}

fn check(program: &Program, parameter: f64, x: f64, loss: f64, slope: f64) {
    for mode in [Mode::Strict, Mode::Fast] {
        let options = options(mode).last().unwrap();
        let ours = by(&mut program.compile_with::<f64>(options), &[parameter], &[&[x, x]]);
        assert!(close(ours.loss, 2.0 * loss, 1e-9), "{mode:?}: {} not {}", ours.loss, 2.0 * loss);
        assert!(
            close(ours.gradient[0], 2.0 * slope, 1e-9),
            "{mode:?}: {} not {}",
            ours.gradient[0],
            2.0 * slope
        );
    }
}

#[test]
fn a_chain_of_operations() {
    on_a_small_stack(|| {
        // y ← p tanh(y) with p = 1 and y = 0 stays 0, and has slope 1 by an addition to its start.
        let p = Value::new(0.0);
        let program = Program::record(&[p], [1], |[x]| {
            Step::sum((0..LENGTH).fold(x[0] + p, |y, _| y.tanh()))
        });
        check(&program.unwrap(), 0.0, 0.0, 0.0, 1.0);
    });
}

#[test]
fn a_chain_of_additions() {
    on_a_small_stack(|| {
        let p = Value::new(1.0);
        let program = Program::record(&[p], [1], |[x]| {
            Step::sum((0..LENGTH).fold(p, |y, i| if i % 2 == 0 { x[0] + y } else { y - -p }))
        });
        let n = f64::from(LENGTH / 2);
        check(&program.unwrap(), 1.0, 2.0, 2.0 * n + n + 1.0, n + 1.0);
    });
}

#[test]
fn a_chain_of_negations() {
    on_a_small_stack(|| {
        let p = Value::new(1.0);
        let program =
            Program::record(&[p], [1], |[x]| Step::sum((0..LENGTH).fold(x[0] * p, |y, _| -y)));
        check(&program.unwrap(), 1.0, 3.0, 3.0, 3.0);
    });
}

#[test]
fn a_chain_of_what_does_not_vary() {
    on_a_small_stack(|| {
        let p = Value::new(1.0);
        let program = Program::record(&[p], [1], |[x]| {
            Step::sum(x[0] * (0..LENGTH).fold(p, |y, _| (y * 1.0).abs()))
        });
        check(&program.unwrap(), 1.0, 3.0, 3.0, 3.0);
    });
}

#[test]
fn a_sum_of_very_many_terms() {
    on_a_small_stack(|| {
        let p = Value::new(2.0);
        let program = Program::record(&[p], [1], |[x]| {
            let terms: Vec<Value> = (0..LENGTH).map(|_| (x[0] * p).abs()).collect();
            Step::sum(sum(&terms))
        });
        let n = f64::from(LENGTH);
        check(&program.unwrap(), 2.0, 0.5, n, 0.5 * n);
    });
}
