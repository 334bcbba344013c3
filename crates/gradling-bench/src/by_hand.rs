//! Eager steps beside their gradients by hand: what recording and sweeping costs.

use crate::Case;
use crate::kernel::{Moons, Number, Tanh};
use crate::moons::{answer, nn_step, notebook};
use gradling::nn::{Activation, Init, Mlp, Module, loss};
use gradling::{Rng, Value, scope, sum};

/// The two-moons step beside the kernel in double precision.
pub fn moons_f64() -> Case {
    moons::<f64>("moons_f64", "kernel by hand, f64", 1e-10)
}

/// The two-moons step, in double precision as all that is eager, beside the kernel in single precision.
pub fn moons_f32() -> Case {
    moons::<f32>("moons_f32", "kernel by hand, f32", 1e-4)
}

fn moons<T: Number + Into<f64>>(
    name: &'static str,
    reference: &'static str,
    tolerance: f64,
) -> Case {
    let data = notebook();
    let points: Vec<[T; 2]> = data.xs.iter().map(|x| x.map(T::of)).collect();
    let labels: Vec<T> = data.y.iter().map(|&y| T::of(y)).collect();
    let parameters: Vec<T> = data.init_params.iter().map(|&p| T::of(p)).collect();
    let mut gradient = vec![T::default(); parameters.len()];
    let mut network = Moons::new(&points, &labels);
    Case {
        name,
        about: "two-moons step, forward and backward",
        ours: nn_step(&data),
        reference,
        theirs: Box::new(move || {
            network.step(&parameters, &mut gradient);
            answer(gradient.iter().map(|&g| g.into()))
        }),
        tolerance,
    }
}

/// How many samples the tanh networks see.
const SAMPLES: usize = 64;

/// The squared error of a small tanh network, 2-16-16-1.
pub fn tanh_16() -> Case {
    tanh("tanh_16", "squared error of 64 samples, tanh 2-16-16-1", 2, 16)
}

/// The squared error of a wide one, 64-64-64-1.
pub fn tanh_64() -> Case {
    tanh("tanh_64", "squared error of 64 samples, tanh 64-64-64-1", 64, 64)
}

fn tanh(name: &'static str, about: &'static str, inputs: usize, hidden: usize) -> Case {
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
    let mut gradient = vec![0.0; numbers.len()];
    let mut network = Tanh::new(&samples, &targets, hidden);
    Case {
        name,
        about,
        ours: Box::new(move || {
            mlp.zero_grad();
            scope(|| {
                let errors = samples.iter().zip(&targets);
                let errors = errors.map(|(x, &y)| loss::squared_error(mlp.predict(x), y));
                sum(&errors.collect::<Vec<Value>>()).backward();
            });
            answer(parameters.iter().map(|p| p.grad()))
        }),
        reference: "gradient by hand",
        theirs: Box::new(move || {
            network.step(&numbers, &mut gradient);
            answer(gradient.iter().copied())
        }),
        tolerance: 1e-9,
    }
}
