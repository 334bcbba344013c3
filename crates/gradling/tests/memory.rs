//! What values cost and that it is given back, counted by the allocator.

use gradling::nn::{Activation, Mlp, Module, loss};
use gradling::{Operation, Rng, Value, group, live_nodes, scope};
use peak_alloc::PeakAlloc;
use std::sync::Mutex;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The allocator counts for all threads together, so the tests take turns.
static TURN: Mutex<()> = Mutex::new(());

/// What the test harness may allocate beside a test.
const SLACK: usize = 64 * 1024;

/// Runs a test on a thread, and so a tape, of its own; it is given what is in use at the start.
fn measured(test: impl FnOnce(usize) + Send) {
    let _turn = TURN.lock();
    std::thread::scope(|threads| {
        threads.spawn(|| test(MEMORY.current_usage()));
    });
}

/// A chain of values of two inputs, that makes the tape so long.
fn chain(nodes: usize) -> Value {
    let (x, w) = (Value::new(1.0), Value::new(1.0));
    let y = (2..nodes).fold(x, |y, i| if i % 2 == 0 { y * w } else { y - x });
    assert_eq!(live_nodes(), nodes);
    y
}

#[test]
fn a_value_of_two_inputs_takes_32_bytes_with_its_gradient() {
    // A tape grows by doubling from 1,024 values. This length fills it, so that room for more, which is
    // not a cost of the values there are, does not count.
    const NODES: usize = 1024 << 10;
    measured(|before| {
        MEMORY.reset_peak_usage();
        let y = chain(NODES);
        let built = MEMORY.current_usage() - before;
        assert!(built <= 24 * NODES + SLACK, "{} bytes a value", built as f64 / NODES as f64);
        y.backward();
        // One byte more for each 256 gradients tells whether they mean something.
        let swept = MEMORY.current_usage() - before;
        assert!(
            swept <= 32 * NODES + NODES / 256 + SLACK,
            "{} bytes a value",
            swept as f64 / NODES as f64
        );
        // While it grew, the smaller half was still there.
        let peak = MEMORY.peak_usage() - before;
        assert!(
            peak <= 36 * NODES + SLACK,
            "{} bytes a value at the peak",
            peak as f64 / NODES as f64
        );
    });
}

#[test]
fn values_without_a_gradient_take_no_room_for_one() {
    measured(|before| {
        let low = chain(1024);
        chain_on_top(1024 << 6);
        low.backward();
        let used = MEMORY.current_usage() - before;
        assert!(used <= 24 * (1024 << 6) + 8 * 1024 + SLACK, "{used}");
    });
}

fn chain_on_top(nodes: usize) {
    let x = Value::new(1.0);
    (live_nodes()..nodes).fold(x, |y, _| y + x);
}

#[test]
fn training_in_scopes_takes_no_more_memory_however_long() {
    measured(|_| {
        let mlp = Mlp::new(2, &[16, 16, 1], Activation::Tanh, &mut Rng::new(0));
        let step = |i: i32| {
            scope(|| {
                let y = mlp.predict(&[f64::from(i), 1.0]).with_label("prediction");
                let own = Operation::new("own", |x| x[0], |_, _| vec![Value::constant(1.0)]);
                let loss = group("loss", || loss::squared_error(own.call(&[y]), 0.5));
                mlp.zero_grad();
                loss.backward();
                assert!(loss.data().is_finite());
            });
        };
        (0..10).for_each(step);
        let early = MEMORY.current_usage();
        (0..2_000).for_each(step);
        let late = MEMORY.current_usage();
        assert!(late <= early + 4096, "{early} bytes after 10 steps, {late} after 2,000");
    });
}

#[test]
fn a_thread_gives_everything_back_at_its_end_but_one_small_cell() {
    const THREADS: usize = 50;
    let work = || {
        let own = Operation::new("own", |x| x[0], |_, _| vec![Value::constant(1.0)]);
        let y = group("part", || own.call(&[chain(50_000)]).pow(2).with_label("y"));
        y.backward();
        y.backward();
    };
    measured(|_| {
        std::thread::spawn(work).join().unwrap();
        let before = MEMORY.current_usage();
        for _ in 0..THREADS {
            std::thread::spawn(work).join().unwrap();
        }
        let left = MEMORY.current_usage().saturating_sub(before);
        assert!(left <= THREADS * 1024, "{} bytes are left of each thread", left / THREADS);
    });
}
