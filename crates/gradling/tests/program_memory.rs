//! A run of a program takes no memory that the run before it did not, counted by the allocator.

use gradling::nn::{Activation, Mlp, Module};
use gradling::{Level, Mode, Options, Program, Rng, Runner, Step, Value, logsumexp, scope};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const ROWS: usize = 300;

/// A layer, a sum, a logsumexp, a loss, a penalty: an instruction of each kind.
fn program() -> (Program, Vec<f64>) {
    scope(|| {
        let mlp = Mlp::new(3, &[8, 4], Activation::Tanh, &mut Rng::new(0));
        let parameters = mlp.parameters();
        let program = Program::record(&parameters, [3], |[x]| {
            let out = mlp.forward(x);
            let penalty: Vec<Value> = parameters.iter().map(|p| p.pow(2)).collect();
            Step::mean(logsumexp(&out) - out[0]).plus(gradling::sum(&penalty)).with_outputs(&out)
        });
        (program.unwrap(), parameters.iter().map(|p| p.data()).collect())
    })
}

/// Bytes that one call takes at its highest, beyond what was in use.
fn taken(call: impl FnOnce()) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    call();
    MEMORY.peak_usage().saturating_sub(before)
}

/// Batches in the order in which a runner gets them: the first is the largest.
const BATCHES: [usize; 7] = [ROWS, ROWS, 1, 17, 128, 0, ROWS];

/// The harness may allocate at any time, on a thread of its own; what a run takes, it takes every time.
const ATTEMPTS: usize = 5;

// One test alone in its file, since the allocator counts for all threads.
#[test]
fn a_run_after_the_first_takes_no_memory() {
    let (program, parameters) = program();
    let x: Vec<f64> = (0..3 * ROWS).map(|i| (i % 13) as f64 / 7.0 - 1.0).collect();
    let (mut gradient, mut outputs) = (vec![0.0; parameters.len()], vec![0.0; 4 * ROWS]);
    let mut all = |run: &mut Runner<f64>, rows: usize| {
        let x = [&x[..3 * rows]];
        run.value_and_grad(&parameters, &x, &mut gradient).unwrap();
        run.value(&parameters, &x).unwrap();
        run.predict(&parameters, &x, &mut outputs[..4 * rows]).unwrap();
        run.run(&parameters, &x, &mut outputs[..4 * rows]).unwrap();
    };
    for mode in [Mode::Fast, Mode::Strict] {
        for level in Level::available() {
            let options = Options::default().mode(mode).level(level).threads(1);
            let mut least = [usize::MAX; BATCHES.len()];
            for _ in 0..ATTEMPTS {
                let mut run = program.compile_with(options);
                for (least, rows) in least.iter_mut().zip(BATCHES) {
                    *least = (*least).min(taken(|| all(&mut run, rows)));
                }
            }
            assert!(least[0] > 0, "the allocator is not counted");
            assert_eq!(least[1..], [0; BATCHES.len() - 1], "{options:?}, batches of {BATCHES:?}");
        }
    }
}
