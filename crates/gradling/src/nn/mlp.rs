//! Layers in sequence.

use super::layer::Inputs;
use super::neuron::as_inputs;
use super::{Activation, Init, Layer, Module};
use crate::group::Name;
use crate::{Rng, Value};
use std::fmt;

/// A multilayer perceptron: layers in sequence.
#[derive(Clone, Debug)]
pub struct Mlp {
    layers: Vec<Layer>,
}

impl Mlp {
    /// A network with `inputs` inputs and layers of these sizes, one activation throughout, weights and
    /// biases uniform in -1..1: the network of micrograd's lecture.
    ///
    /// # Panics
    /// If a size is 0 or there is no layer.
    #[track_caller]
    pub fn new(inputs: usize, outputs: &[usize], activation: Activation, rng: &mut Rng) -> Self {
        let layers: Vec<_> = outputs.iter().map(|&n| (n, activation)).collect();
        Mlp::with(inputs, &layers, Init::Uniform, rng)
    }

    /// A network with an activation for each layer, drawn by `init`.
    ///
    /// ```
    /// use gradling::Rng;
    /// use gradling::nn::{Activation::*, Init, Mlp};
    /// let mlp = Mlp::with(2, &[(2, Relu), (1, Linear)], Init::KaimingUniform, &mut Rng::new(0));
    /// assert_eq!(
    ///     mlp.to_string(),
    ///     "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    /// );
    /// ```
    ///
    /// # Panics
    /// If a size is 0 or there is no layer.
    #[track_caller]
    pub fn with(inputs: usize, layers: &[(usize, Activation)], init: Init, rng: &mut Rng) -> Self {
        let mut inputs = inputs;
        let mut made = Vec::with_capacity(layers.len());
        for &(outputs, activation) in layers {
            made.push(Layer::new(inputs, outputs, activation, init, rng));
            inputs = outputs;
        }
        Mlp::of(made)
    }

    /// A network of these layers.
    ///
    /// # Panics
    /// If there are none, or one has not as many inputs as the one before has outputs.
    #[track_caller]
    pub fn of(layers: Vec<Layer>) -> Self {
        assert!(!layers.is_empty(), "a network needs at least one layer");
        for (i, pair) in layers.windows(2).enumerate() {
            let (outputs, inputs) = (pair[0].outputs(), pair[1].inputs());
            assert!(
                outputs == inputs,
                "layer {} gives {outputs} outputs, and layer {} takes {inputs} inputs",
                i + 1,
                i + 2
            );
        }
        Mlp { layers }
    }

    /// The layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// How many inputs it takes.
    pub fn inputs(&self) -> usize {
        self.layers[0].inputs()
    }

    /// How many outputs it gives.
    pub fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs()
    }

    /// Applies the layers to inputs, values or plain numbers; one output for each neuron of the last.
    ///
    /// # Panics
    /// If there are not [`inputs`](Mlp::inputs) many.
    #[track_caller]
    pub fn forward<X: Copy + Into<Value>>(&self, x: &[X]) -> Vec<Value> {
        let first = self.push(x);
        self.layers[self.layers.len() - 1].outputs_from(first)
    }

    /// Applies the layers and returns the first output.
    #[track_caller]
    fn push<X: Copy + Into<Value>>(&self, x: &[X]) -> Value {
        let x = as_inputs("network", self.inputs(), x);
        let (first, rest) = self.layers.split_first().expect("a network has a layer");
        let name = |number| Name::Numbered("layer", number);
        let outputs = first.push(name(1), Inputs::Listed(&x));
        rest.iter().zip(2..).fold(outputs, |outputs, (layer, number)| {
            layer.push(name(number), Inputs::Neighbours(outputs))
        })
    }

    /// The one output of a network with one neuron in its last layer.
    ///
    /// # Panics
    /// If there are more outputs, or not [`inputs`](Mlp::inputs) many inputs.
    #[track_caller]
    pub fn predict<X: Copy + Into<Value>>(&self, x: &[X]) -> Value {
        let outputs = self.outputs();
        assert!(outputs == 1, "this network has {outputs} outputs, not one: use forward");
        self.push(x)
    }
}

impl Module for Mlp {
    #[track_caller]
    fn parameters(&self) -> Vec<Value> {
        super::parameters_of(&self.layers)
    }
}

impl fmt::Display for Mlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::list(f, "MLP", &self.layers)
    }
}
