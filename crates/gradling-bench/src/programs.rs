//! Compiled programs: beside kernels written by hand, beside the eager tape, and beside themselves on
//! another number of threads.

use crate::kernel::{self, Moons, Tanh};
use crate::moons::{answer, neuron, notebook, spelled_step};
use crate::{Case, Work};
use gradling::nn::{Activation, Init, Mlp, Module, loss};
use gradling::{Number, Options, Program, Rng, Step, Value, dot, eager, logsumexp, scope};

/// A program that is ready, with a batch to run it on: returns all gradients as one number.
fn gradient_of<T: Number, const N: usize>(
    program: &Program,
    threads: usize,
    parameters: &[f64],
    arrays: [&[f64]; N],
) -> Work {
    let numbers = |x: &[f64]| x.iter().map(|&x| T::from_f64(x)).collect::<Vec<T>>();
    let (parameters, arrays) = (numbers(parameters), arrays.map(numbers));
    let mut run = program.compile_with::<T>(Options::default().threads(threads));
    let mut gradient = vec![T::ZERO; parameters.len()];
    // Of a long gradient some; adding all up would be a good part of the time.
    let step = if parameters.len() > 50_000 { 100 } else { 1 };
    Box::new(move || {
        let arrays: [&[T]; N] = std::array::from_fn(|i| &arrays[i][..]);
        run.value_and_grad(&parameters, &arrays, &mut gradient).expect("the lengths fit");
        answer(gradient.iter().step_by(step).map(|g| g.to_f64()))
    })
}

/// The two-moons step for one sample, spelled in + and *.
fn moons_program(parameters: &[Value]) -> Program {
    Program::record(parameters, [2, 1], |[x, y]| {
        let p = parameters;
        let first: Vec<Value> = p[..48].chunks_exact(3).map(|p| neuron(p, x).relu()).collect();
        let second: Vec<Value> =
            p[48..320].chunks_exact(17).map(|p| neuron(p, &first).relu()).collect();
        let score = neuron(&p[320..], &second);
        let penalty = p.iter().fold(Value::constant(0.0), |sum, &p| sum + p * p);
        Step::mean(loss::hinge(score, y[0])).plus(1e-4 * penalty)
    })
    .expect("the step asks for no numbers")
}

fn moons<T: Number>() -> Work {
    let data = notebook();
    let points = data.xs.concat();
    scope(|| {
        let parameters: Vec<Value> = data.init_params.iter().map(|&p| Value::new(p)).collect();
        let program = moons_program(&parameters);
        gradient_of::<T, 2>(&program, 1, &data.init_params, [&points, &data.y])
    })
}

fn moons_by_hand<T: kernel::Number + Into<f64>>() -> Work {
    let data = notebook();
    let points: Vec<[T; 2]> = data.xs.iter().map(|x| x.map(T::of)).collect();
    let labels: Vec<T> = data.y.iter().map(|&y| T::of(y)).collect();
    let parameters: Vec<T> = data.init_params.iter().map(|&p| T::of(p)).collect();
    let mut gradient = vec![T::default(); parameters.len()];
    let mut network = Moons::new(&points, &labels);
    Box::new(move || {
        network.step(&parameters, &mut gradient);
        answer(gradient.iter().map(|&g| g.into()))
    })
}

/// The two-moons step in single precision, beside a kernel written for this one network.
pub fn moons_f32() -> Case {
    Case {
        name: "moons_step_f32",
        about: "two-moons step as a program, f32, one thread",
        ours: moons::<f32>(),
        reference: "kernel by hand, f32",
        theirs: moons_by_hand::<f32>(),
        tolerance: 1e-4,
    }
}

/// The same in double precision.
pub fn moons_f64() -> Case {
    Case {
        name: "moons_step_f64",
        about: "two-moons step as a program, f64, one thread",
        ours: moons::<f64>(),
        reference: "kernel by hand, f64",
        theirs: moons_by_hand::<f64>(),
        tolerance: 1e-10,
    }
}

/// The same beside the eager tape.
pub fn moons_eager() -> Case {
    let data = notebook();
    let parameters: Vec<Value> = data.init_params.iter().map(|&p| Value::new(p)).collect();
    Case {
        name: "moons_program",
        about: "two-moons step as a program, f32, one thread",
        ours: moons::<f32>(),
        reference: "the eager tape, f64",
        theirs: Box::new(move || spelled_step(&data, &parameters)),
        tolerance: 1e-4,
    }
}

/// The squared error of a small tanh network, 2-16-16-1.
pub fn tanh_16() -> Case {
    tanh("tanh_16", "squared error of 64 samples, tanh 2-16-16-1, f64", 2, 16)
}

/// The squared error of a wide one, 64-64-64-1.
pub fn tanh_64() -> Case {
    tanh("tanh_64", "squared error of 64 samples, tanh 64-64-64-1, f64", 64, 64)
}

fn tanh(name: &'static str, about: &'static str, inputs: usize, hidden: usize) -> Case {
    const SAMPLES: usize = 64;
    let rng = &mut Rng::new(0);
    let mut rows = |count: usize, width: usize| -> Vec<Vec<f64>> {
        (0..count).map(|_| (0..width).map(|_| rng.normal()).collect()).collect()
    };
    let samples = rows(SAMPLES, inputs);
    let targets = rows(1, SAMPLES).remove(0);
    let layers = [(hidden, Activation::Tanh), (hidden, Activation::Tanh), (1, Activation::Linear)];
    let mlp = Mlp::with(inputs, &layers, Init::XavierUniform, rng);
    let parameters = mlp.parameters();
    let numbers: Vec<f64> = parameters.iter().map(|p| p.data()).collect();
    let program = Program::record(&parameters, [inputs, 1], |[x, y]| {
        Step::sum(loss::squared_error(mlp.predict(x), y[0]))
    })
    .expect("the step asks for no numbers");
    let ours = gradient_of::<f64, 2>(&program, 1, &numbers, [&samples.concat(), &targets]);
    let mut gradient = vec![0.0; numbers.len()];
    let mut network = Tanh::new(&samples, &targets, hidden);
    Case {
        name,
        about,
        ours,
        reference: "gradient by hand",
        theirs: Box::new(move || {
            network.step(&numbers, &mut gradient);
            answer(gradient.iter().copied())
        }),
        tolerance: 1e-9,
    }
}

/// A network for digits of 8 by 8 pixels.
pub fn digits_small() -> Case {
    digits("digits_64_32_10", "64-32-10, cross-entropy of 128 samples, f32", [64, 32, 10])
}

/// A network for digits of 28 by 28 pixels.
pub fn digits_large() -> Case {
    digits("digits_784_128_10", "784-128-10, cross-entropy of 128 samples, f32", [784, 128, 10])
}

/// Loss and gradient of a ReLU network with softmax cross-entropy, on all cores and on one.
fn digits(name: &'static str, about: &'static str, [inputs, hidden, outputs]: [usize; 3]) -> Case {
    const SAMPLES: usize = 128;
    let rng = &mut Rng::new(0);
    let layers = [(hidden, Activation::Relu), (outputs, Activation::Linear)];
    let (program, parameters) = scope(|| {
        let mlp = Mlp::with(inputs, &layers, Init::XavierUniform, rng);
        let parameters = mlp.parameters();
        let program = Program::record(&parameters, [inputs, outputs], |[x, y]| {
            let logits = mlp.forward(x);
            Step::mean(logsumexp(&logits) - dot(&logits, y))
        });
        let numbers: Vec<f64> = parameters.iter().map(|p| p.data()).collect();
        (program.expect("the step asks for no numbers"), numbers)
    });
    let x: Vec<f64> = (0..SAMPLES * inputs).map(|_| rng.normal()).collect();
    let is_class = |i: usize| i % outputs == (i / outputs) % outputs;
    let y: Vec<f64> = (0..SAMPLES * outputs).map(|i| f64::from(u8::from(is_class(i)))).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Case {
        name,
        about,
        ours: gradient_of::<f32, 2>(&program, 1, &parameters, [&x, &y]),
        reference: "all cores",
        theirs: gradient_of::<f32, 2>(&program, cores, &parameters, [&x, &y]),
        tolerance: 0.0,
    }
}

/// Many samples on two threads, beside one thread.
pub fn two_threads() -> Case {
    let rng = &mut Rng::new(0);
    let mlp = Mlp::new(64, &[64, 64, 1], Activation::Tanh, rng);
    let parameters = mlp.parameters();
    let program = Program::record(&parameters, [64, 1], |[x, y]| {
        Step::mean(loss::squared_error(mlp.predict(x), y[0]))
    })
    .expect("the step asks for no numbers");
    let numbers: Vec<f64> = parameters.iter().map(|p| p.data()).collect();
    let x: Vec<f64> = (0..4096 * 64).map(|_| rng.normal()).collect();
    let y: Vec<f64> = (0..4096).map(|_| rng.normal()).collect();
    Case {
        name: "two_threads",
        about: "64-64-64-1 on 4096 samples, f64, two threads",
        ours: gradient_of::<f64, 2>(&program, 2, &numbers, [&x, &y]),
        reference: "one thread",
        theirs: gradient_of::<f64, 2>(&program, 1, &numbers, [&x, &y]),
        tolerance: 0.0,
    }
}

/// Operations drawn at random, each on two of the 60 values before it: no layer in sight.
struct Unstructured {
    operations: Vec<(usize, usize, usize)>,
    parameters: Vec<Value>,
}

/// How many inputs a sample has.
const INPUTS: usize = 10;

impl Unstructured {
    fn new(operations: usize) -> Self {
        let rng = &mut Rng::new(1);
        let parameters: Vec<Value> = (0..50).map(|_| Value::new(rng.between(-1.0, 1.0))).collect();
        let mut below = |n: usize| ((rng.uniform() * n as f64) as usize).min(n - 1);
        let recent = parameters.len() + INPUTS;
        let draw = |i: usize| (below(12), i + below(recent), i + below(recent));
        Unstructured { operations: (0..operations).map(draw).collect(), parameters }
    }

    /// Every value stays small, so that none overflows however many there are.
    fn loss(&self, x: &[Value]) -> Value {
        let mut all: Vec<Value> = self.parameters.iter().chain(x).copied().collect();
        for &(operation, a, b) in &self.operations {
            let (a, b) = (all[a], all[b]);
            all.push(match operation {
                0..4 => 0.6 * (a + b),
                4..8 => a * b,
                8 => a - b,
                9 => a.tanh(),
                10 => a.relu(),
                _ => a.max(b),
            });
        }
        let last = &all[all.len() - 20..];
        last.iter().map(|x| x.tanh()).reduce(|a, b| a + b).expect("there are 20")
    }
}

/// 10,000 operations without structure, beside the eager tape.
pub fn unstructured() -> Case {
    unstructured_of("unstructured", "10,000 operations at random, 64 samples, f64", 6_700)
}

/// A million, of which there is no end in memory that is near.
pub fn unstructured_million() -> Case {
    unstructured_of("unstructured_1m", "1,000,000 operations at random, 64 samples, f64", 670_000)
}

fn unstructured_of(name: &'static str, about: &'static str, operations: usize) -> Case {
    const SAMPLES: usize = 64;
    let graph = Unstructured::new(operations);
    let rng = &mut Rng::new(2);
    let x: Vec<f64> = (0..SAMPLES * INPUTS).map(|_| rng.between(-1.0, 1.0)).collect();
    let numbers: Vec<f64> = graph.parameters.iter().map(|p| p.data()).collect();
    let program = Program::record(&graph.parameters, [INPUTS], |[x]| Step::sum(graph.loss(x)))
        .expect("the step asks for no numbers");
    Case {
        name,
        about,
        ours: gradient_of::<f64, 1>(&program, 1, &numbers, [&x]),
        reference: "the eager tape",
        theirs: Box::new(move || {
            graph.parameters.iter().for_each(|p| p.zero_grad());
            // Sample by sample, as one writes it to keep memory small.
            for x in x.chunks_exact(INPUTS) {
                scope(|| {
                    let step = |[x]: [&[Value]; 1]| Step::sum(graph.loss(x));
                    eager([INPUTS], [x], step).0.backward();
                });
            }
            answer(graph.parameters.iter().map(|p| p.grad()))
        }),
        tolerance: 1e-9,
    }
}

/// Recording and compiling 642 operations, beside running them eagerly once with their gradient.
pub fn compile() -> Case {
    let rng = &mut Rng::new(0);
    let p: Vec<Value> = (0..337).map(|_| Value::new(rng.between(-1.0, 1.0))).collect();
    let eager_p = p.clone();
    let error = |p: &[Value], x: &[Value], y: Value| {
        let first: Vec<Value> = p[..48].chunks_exact(3).map(|p| neuron(p, x).tanh()).collect();
        let second: Vec<Value> =
            p[48..320].chunks_exact(17).map(|p| neuron(p, &first).tanh()).collect();
        let error = neuron(&p[320..], &second) - y;
        error * error
    };
    Case {
        name: "compile_642",
        about: "recording and compiling 642 operations, with the gradient",
        ours: Box::new(move || {
            let program = Program::record(&p, [2, 1], |[x, y]| Step::sum(error(&p, x, y[0])))
                .expect("the step asks for no numbers");
            let mut run = program.compile_with::<f64>(Options::default().threads(1));
            let numbers: Vec<f64> = p.iter().map(|p| p.data()).collect();
            let mut gradient = vec![0.0; p.len()];
            let arrays: [&[f64]; 2] = [&[0.5, -0.25], &[1.0]];
            run.value_and_grad(&numbers, &arrays, &mut gradient).expect("the lengths fit");
            answer(gradient.iter().copied())
        }),
        reference: "one eager step",
        theirs: Box::new(move || {
            eager_p.iter().for_each(|p| p.zero_grad());
            scope(|| {
                let step = |[x, y]: [&[Value]; 2]| Step::sum(error(&eager_p, x, y[0]));
                eager([2, 1], [&[0.5, -0.25], &[1.0]], step).0.backward();
            });
            answer(eager_p.iter().map(|p| p.grad()))
        }),
        tolerance: 1e-9,
    }
}
