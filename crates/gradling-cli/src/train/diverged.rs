//! Training that ran away: where the first number came from that is none, and what to try.

use super::settings::Settings;
use crate::number::short;
use gradling::nn::{Activation, Mlp};
use gradling::{NonFinite, Value};
use std::fmt;

/// Training ended because the loss was infinite or not a number.
#[derive(Debug)]
pub(super) struct Diverged {
    epoch: usize,
    what: String,
    rate: f64,
    bounded: bool,
}

impl Diverged {
    pub(super) fn new(epoch: usize, what: String, settings: &Settings) -> Self {
        let bounded = settings.activation.iter().all(|activation| {
            matches!(activation, Activation::Tanh | Activation::Sigmoid | Activation::Sin)
        });
        Diverged { epoch, what, rate: settings.rate, bounded }
    }
}

impl fmt::Display for Diverged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diverged { epoch, what, rate, bounded } = self;
        let rate = short((rate / 10.0).min(0.01));
        write!(f, "training diverged in epoch {epoch}: {what}; try --rate {rate}")?;
        if *bounded { Ok(()) } else { write!(f, " or --activation tanh") }
    }
}

impl std::error::Error for Diverged {}

/// A number that is infinite or not a number, and where in the network it is.
pub(super) fn what(mlp: &Mlp, found: &NonFinite) -> String {
    let (value, data) = (found.value, short(found.value.data()));
    if let Some(parameter) = parameter(mlp, value) {
        return format!("{parameter} became {data}");
    }
    let groups: Vec<String> = value.groups().into_iter().map(|group| group.name).collect();
    let place = if groups.is_empty() { "the loss".to_owned() } else { groups.join(", ") };
    let largest = found.inputs.iter().map(|input| input.data().abs()).fold(0.0, f64::max);
    format!(
        "{:?} in {place} gave {data} from numbers as large as {}",
        value.op().name(),
        short(largest)
    )
}

/// Which parameter a value is, if it is one.
fn parameter(mlp: &Mlp, value: Value) -> Option<String> {
    for (layer, neurons) in (1..).zip(mlp.layers()) {
        for (number, neuron) in (1..).zip(neurons.neurons()) {
            let place = format!("neuron {number} in layer {layer}");
            if neuron.bias() == value {
                return Some(format!("the bias of {place}"));
            }
            if let Some(weight) = neuron.weights().iter().position(|&weight| weight == value) {
                return Some(format!("weight {} of {place}", weight + 1));
            }
        }
    }
    None
}
