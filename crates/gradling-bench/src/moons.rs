//! One full-batch training step of micrograd's two-moons network: 2-16-16-1, 100 points, 337
//! parameters. Spelled out in operators it is 65,818 values, those that micrograd makes.

use crate::{Case, Scalar, Work};
use gradling::nn::{Activation, Layer, Mlp, Module, Neuron, loss};
use gradling::{Value, dot, mean, scope};
use serde::Deserialize;
use std::rc::Rc;

/// The points, labels and first parameters of micrograd's demo notebook.
#[derive(Deserialize)]
pub(crate) struct Notebook {
    #[serde(rename = "X")]
    pub(crate) xs: Vec<[f64; 2]>,
    pub(crate) y: Vec<f64>,
    pub(crate) init_params: Vec<f64>,
}

pub(crate) fn notebook() -> Rc<Notebook> {
    let json = include_str!("../../gradling/tests/golden/demo_notebook.json");
    Rc::new(serde_json::from_str(json).expect("the file is part of the project"))
}

/// w·x + b in single operations; the bias stands behind the weights.
pub(crate) fn neuron<T: Scalar>(parameters: &[T], x: &[T]) -> T {
    let (bias, weights) = parameters.split_last().expect("a neuron has a bias");
    weights.iter().zip(x).fold(*bias, |sum, (&w, &x)| w * x + sum)
}

fn total<T: Scalar>(terms: impl Iterator<Item = T>) -> T {
    terms.fold(T::number(0.0), |sum, term| sum + term)
}

/// The loss as micrograd's notebook spells it: hinge plus a penalty on every parameter.
fn spelled_loss<T: Scalar>(p: &[T], xs: &[[f64; 2]], ys: &[f64]) -> T {
    let (mut first, mut second) = (Vec::with_capacity(16), Vec::with_capacity(16));
    let mut hinges = Vec::with_capacity(xs.len());
    for (x, &y) in xs.iter().zip(ys) {
        let x = x.map(T::number);
        first.clear();
        first.extend(p[..48].chunks_exact(3).map(|p| neuron(p, &x).relu()));
        second.clear();
        second.extend(p[48..320].chunks_exact(17).map(|p| neuron(p, &first).relu()));
        let score = neuron(&p[320..], &second);
        hinges.push((T::number(1.0) + T::number(-y) * score).relu());
    }
    let data_loss = total(hinges.into_iter()) * T::number(1.0 / xs.len() as f64);
    data_loss + T::number(1e-4) * total(p.iter().map(|&p| p * p))
}

/// One number that all gradients take part in.
pub(crate) fn answer(gradients: impl Iterator<Item = f64>) -> f64 {
    gradients.zip(1..).map(|(g, i)| g * f64::from(i)).sum()
}

fn leaves(data: &Notebook) -> Vec<Value> {
    data.init_params.iter().map(|&p| Value::new(p)).collect()
}

/// Forward, backward and the gradients taken out, over leaves that stay.
pub(crate) fn spelled_step(data: &Notebook, parameters: &[Value]) -> f64 {
    parameters.iter().for_each(|p| p.zero_grad());
    scope(|| spelled_loss(parameters, &data.xs, &data.y).backward());
    answer(parameters.iter().map(|p| p.grad()))
}

/// The step written with `+` and `*`, beside echidna's eager tape.
pub fn step_by_operators() -> Case {
    let (data, theirs) = (notebook(), notebook());
    let parameters = leaves(&data);
    Case {
        name: "moons_step",
        about: "two-moons step in + and *, 65,818 values, forward and backward",
        ours: Box::new(move || spelled_step(&data, &parameters)),
        reference: "echidna 0.15 eager",
        theirs: Box::new(move || {
            let loss = |p: &[_]| spelled_loss(p, &theirs.xs, &theirs.y);
            answer(echidna::grad(loss, &theirs.init_params).into_iter())
        }),
        tolerance: 1e-10,
    }
}

/// The same step through `nn`.
fn nn_step(data: &Rc<Notebook>) -> Work {
    let data = Rc::clone(data);
    let mut rest = &data.init_params[..];
    let mut layer = |inputs: usize, outputs: usize, activation| {
        let (own, after) = rest.split_at(outputs * (inputs + 1));
        rest = after;
        let neuron = |p: &[f64]| Neuron::from_numbers(&p[..inputs], p[inputs], activation);
        Layer::of(own.chunks_exact(inputs + 1).map(neuron).collect())
    };
    let mlp = Mlp::of(vec![
        layer(2, 16, Activation::Relu),
        layer(16, 16, Activation::Relu),
        layer(16, 1, Activation::Linear),
    ]);
    let parameters = mlp.parameters();
    Box::new(move || {
        mlp.zero_grad();
        scope(|| {
            let hinge = |(x, &y): (&[f64; 2], &f64)| loss::hinge(mlp.predict(x), y);
            let hinges: Vec<Value> = data.xs.iter().zip(&data.y).map(hinge).collect();
            (mean(&hinges) + 1e-4 * dot(&parameters, &parameters)).backward();
        });
        answer(parameters.iter().map(|p| p.grad()))
    })
}

/// That step, beside the one written with `+` and `*`.
pub fn step_by_nn() -> Case {
    let data = notebook();
    let (ours, spelled) = (nn_step(&data), leaves(&data));
    Case {
        name: "moons_step_nn",
        about: "two-moons step through nn, forward and backward",
        ours,
        reference: "the same in + and *",
        theirs: Box::new(move || spelled_step(&data, &spelled)),
        tolerance: 1e-10,
    }
}

/// The loss and its gradient by the eager tape, for tests of what is written by hand.
#[cfg(test)]
pub(crate) fn eager_gradient(p: &[f64], xs: &[[f64; 2]], ys: &[f64]) -> (f64, Vec<f64>) {
    scope(|| {
        let parameters: Vec<Value> = p.iter().map(|&p| Value::new(p)).collect();
        let loss = spelled_loss(&parameters, xs, ys);
        loss.backward();
        (loss.data(), parameters.iter().map(|p| p.grad()).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spelled_step_records_the_values_that_micrograd_makes() {
        let data = notebook();
        let before = gradling::live_nodes();
        let loss = spelled_loss(&leaves(&data), &data.xs, &data.y);
        // micrograd negates a label in numpy before it becomes a value, as `-y` does here.
        assert_eq!(gradling::live_nodes() - before, 65_818);
        assert_eq!(loss.data(), 0.895_844_102_868_322_2);
    }
}
