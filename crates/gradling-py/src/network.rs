//! Networks of gradling's own: the same numbers and nodes as in Rust.

use crate::number::values;
use crate::object::{Kind, PyValue, plain};
use gradling::nn::{Activation, Init, Mlp, Module};
use gradling::{Rng, Value};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

fn activation(name: &str) -> PyResult<Activation> {
    name.parse().map_err(|error| PyValueError::new_err(format!("{error}")))
}

fn init(name: &str) -> PyResult<Init> {
    Ok(match name {
        "uniform" => Init::Uniform,
        "fan_in" => Init::FanIn,
        "xavier_uniform" => Init::XavierUniform,
        "xavier_normal" => Init::XavierNormal,
        "kaiming_uniform" => Init::KaimingUniform,
        "kaiming_normal" => Init::KaimingNormal,
        other => {
            return Err(PyValueError::new_err(format!(
                "there is no init {other:?}: there are uniform, fan_in, xavier_uniform, xavier_normal, \
                 kaiming_uniform and kaiming_normal"
            )));
        }
    })
}

/// The first parameters of a network of layers, each of so many neurons with an activation: for each neuron
/// its weights, then its bias.
#[pyfunction]
pub(crate) fn mlp_parameters<'py>(
    py: Python<'py>,
    inputs: usize,
    layers: Vec<(usize, String)>,
    init: &str,
    seed: u64,
) -> PyResult<Vec<Bound<'py, PyValue>>> {
    let init = self::init(init)?;
    let layers: Vec<(usize, Activation)> = layers
        .into_iter()
        .map(|(neurons, name)| Ok((neurons, activation(&name)?)))
        .collect::<PyResult<_>>()?;
    if inputs == 0 || layers.is_empty() || layers.iter().any(|&(neurons, _)| neurons == 0) {
        return Err(PyValueError::new_err(
            "a network needs an input, a layer and a neuron in each layer at least",
        ));
    }
    let before = std::iter::once(inputs).chain(layers.iter().map(|&(neurons, _)| neurons));
    let count = before.zip(&layers).map(|(inputs, &(neurons, _))| (inputs + 1) * neurons).sum();
    PyValue::objects(py, Kind::Own, count, |_| {
        Mlp::with(inputs, &layers, init, &mut Rng::new(seed)).parameters()
    })
}

/// The outputs of a layer: for each neuron the activation of w·x + b.
#[pyfunction]
pub(crate) fn dense<'py>(
    weights: Vec<Bound<'py, PyAny>>,
    biases: &Bound<'py, PyAny>,
    x: &Bound<'py, PyAny>,
    activation: &str,
) -> PyResult<Vec<Bound<'py, PyValue>>> {
    let activation = self::activation(activation)?;
    let py = x.py();
    let x = values(x, "the inputs of a layer", Kind::Own)?;
    let biases = values(biases, "the biases of a layer", Kind::Own)?;
    let weights: Vec<_> = weights
        .iter()
        .map(|w| values(w, "the weights of a layer", Kind::Own))
        .collect::<PyResult<_>>()?;
    if let Some(w) = weights.iter().find(|w| w.len() != x.len()) {
        return Err(PyValueError::new_err(format!(
            "a neuron with {} weights was given {} inputs",
            w.len(),
            x.len()
        )));
    }
    if weights.len() != biases.len() {
        return Err(PyValueError::new_err(format!(
            "{} neurons have {} biases",
            weights.len(),
            biases.len()
        )));
    }
    let outputs = PyValue::objects(py, Kind::Own, biases.len(), |_| {
        let x = plain(&x);
        let sums: Vec<Value> = weights
            .iter()
            .zip(&biases)
            .map(|(w, b)| gradling::affine(&x, &plain(w), b.get().value()))
            .collect();
        sums.into_iter().map(|sum| activation.apply(sum)).collect()
    })?;
    for (output, (w, b)) in outputs.iter().zip(weights.iter().zip(&biases)) {
        PyValue::keep_by_hand(output, x.iter().chain(w).chain([b]));
    }
    Ok(outputs)
}
