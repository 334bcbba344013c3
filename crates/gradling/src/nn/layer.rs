//! One layer: neurons that see the same inputs.

use super::neuron::as_inputs;
use super::{Activation, Init, Module, Neuron};
use crate::group::{Name, within};
use crate::tape::{self, Stale, Tape};
use crate::value::{Value, live};
use crate::{Rng, many};
use std::fmt;

/// Neurons that see the same inputs.
#[derive(Clone, Debug)]
pub struct Layer {
    neurons: Vec<Neuron>,
}

impl Layer {
    /// A layer of `outputs` neurons with `inputs` inputs each, drawn by `init`.
    ///
    /// # Panics
    /// If `inputs` or `outputs` is 0.
    #[track_caller]
    pub fn new(
        inputs: usize,
        outputs: usize,
        activation: Activation,
        init: Init,
        rng: &mut Rng,
    ) -> Self {
        assert!(inputs > 0, "a layer needs at least one input");
        let neuron = |_| {
            let drawn = init.draw(inputs, outputs, activation, rng);
            Neuron::from_numbers(&drawn[..inputs], drawn[inputs], activation)
        };
        Layer::of((0..outputs).map(neuron).collect())
    }

    /// A layer of these neurons.
    ///
    /// # Panics
    /// If there are none, or they differ in inputs or activation.
    #[track_caller]
    pub fn of(neurons: Vec<Neuron>) -> Self {
        assert!(!neurons.is_empty(), "a layer needs at least one neuron");
        let alike =
            |a: &Neuron, b: &Neuron| a.inputs() == b.inputs() && a.activation() == b.activation();
        assert!(
            neurons.windows(2).all(|pair| alike(&pair[0], &pair[1])),
            "the neurons of a layer must have the same number of inputs and the same activation"
        );
        Layer { neurons }
    }

    /// The neurons.
    pub fn neurons(&self) -> &[Neuron] {
        &self.neurons
    }

    /// How many inputs each neuron takes.
    pub fn inputs(&self) -> usize {
        self.neurons[0].inputs()
    }

    /// How many outputs there are: one for each neuron.
    pub fn outputs(&self) -> usize {
        self.neurons.len()
    }

    /// The activation of its neurons.
    pub fn activation(&self) -> Activation {
        self.neurons[0].activation()
    }

    /// Applies each neuron to inputs: values or plain numbers.
    ///
    /// # Panics
    /// If there are not [`inputs`](Layer::inputs) many.
    #[track_caller]
    pub fn forward<X: Copy + Into<Value>>(&self, x: &[X]) -> Vec<Value> {
        self.forward_as(Name::Text("layer".to_owned()), &as_inputs("layer", self.inputs(), x))
    }

    /// All sums, then all activations: so the outputs are neighbours on the tape, and the next layer's
    /// sums are loops over slices.
    #[track_caller]
    pub(crate) fn forward_as(&self, name: Name, x: &[Value]) -> Vec<Value> {
        let activation = self.activation();
        let outputs = within(name, self.neurons.len() as u32, || {
            let sums = tape::with(|tape| self.push_sums(tape, x))?;
            Ok(sums.into_iter().map(|z| activation.apply(z)).collect())
        });
        live(outputs)
    }

    fn push_sums(&self, tape: &mut Tape, x: &[Value]) -> Result<Vec<Value>, Stale> {
        many::check(tape, x)?;
        self.neurons.iter().try_for_each(|neuron| neuron.check(tape))?;
        let first = many::neighbours(x);
        Ok(self.neurons.iter().map(|neuron| neuron.push_sum(tape, x, first)).collect())
    }
}

impl Module for Layer {
    #[track_caller]
    fn parameters(&self) -> Vec<Value> {
        super::parameters_of(&self.neurons)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::list(f, "Layer", &self.neurons)
    }
}
