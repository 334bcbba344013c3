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
        let x = as_inputs("layer", self.inputs(), x);
        let first = self.push(Name::Text("layer".to_owned()), Inputs::Listed(&x));
        self.outputs_from(first)
    }

    /// The outputs that [`push`](Layer::push) made.
    pub(crate) fn outputs_from(&self, first: Value) -> Vec<Value> {
        (0..self.outputs()).map(|i| first.neighbour(i)).collect()
    }

    /// Applies the layer to as many inputs as it takes and returns the first of its outputs. It computes
    /// all sums, then all activations: so the outputs are neighbours on the tape, and the next layer's
    /// sums are loops over slices.
    #[track_caller]
    pub(crate) fn push(&self, name: Name, x: Inputs<'_>) -> Value {
        let activation = self.activation();
        let first = within(name, self.neurons.len() as u32, || {
            let sum = tape::with(|tape| self.push_sums(tape, x))?;
            Ok(activation.apply_to(sum, self.outputs()))
        });
        live(first)
    }

    /// Appends the sums and returns the first.
    fn push_sums(&self, tape: &mut Tape, x: Inputs<'_>) -> Result<Value, Stale> {
        let (listed, neighbours) = match x {
            Inputs::Listed(x) => (x, many::neighbours(x)),
            Inputs::Neighbours(first) => (&[][..], Some(first.id)),
        };
        many::check(tape, listed)?;
        self.neurons.iter().try_for_each(|neuron| neuron.check(tape))?;
        let mut sums = self.neurons.iter().map(|neuron| neuron.push_sum(tape, listed, neighbours));
        let first = sums.next().expect("a layer has a neuron");
        sums.for_each(drop);
        Ok(first)
    }
}

/// What a layer is applied to.
pub(crate) enum Inputs<'a> {
    /// These values.
    Listed(&'a [Value]),
    /// As many neighbours as it takes, from this one on: the outputs of the layer before.
    Neighbours(Value),
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
