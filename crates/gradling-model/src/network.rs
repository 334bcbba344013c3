//! A network of plain numbers: what a trained `Mlp` computes, without a tape.
//!
//! It adds in the order in which the engine adds, so that its outputs are those of the
//! [`Mlp`] bit for bit.

use crate::ModelError;
use gradling::nn::{Activation, Layer, Mlp, Neuron};
use gradling::{Real, Value, scope};
use gradling_data::Matrix;

/// Layers in sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    layers: Vec<Dense>,
}

/// One layer: `activation(W x + b)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// The weights, one row of `inputs` numbers for each output.
    pub weights: Vec<f64>,
    /// The biases, one for each output.
    pub biases: Vec<f64>,
    /// The activation.
    pub activation: Activation,
}

impl Dense {
    /// How many inputs it takes.
    pub fn inputs(&self) -> usize {
        self.weights.len() / self.biases.len().max(1)
    }

    /// How many outputs it gives.
    pub fn outputs(&self) -> usize {
        self.biases.len()
    }

    /// The outputs for one sample, put in place of what `outputs` held.
    fn forward(&self, inputs: &[f64], outputs: &mut Vec<f64>) {
        outputs.clear();
        let rows = self.weights.chunks_exact(self.inputs());
        outputs.extend(
            rows.zip(&self.biases).map(|(w, b)| activate(self.activation, dot(inputs, w) + b)),
        );
    }
}

impl Network {
    /// A network of these layers.
    ///
    /// # Errors
    /// No layer, a layer without inputs or outputs or with weights that do not fill its rows, or one
    /// that takes not as many inputs as the one before gives outputs.
    pub fn new(layers: Vec<Dense>) -> Result<Self, ModelError> {
        let wrong = |reason: String| Err(ModelError::Shape(reason));
        if layers.is_empty() {
            return wrong("it has no layer".to_owned());
        }
        for (number, layer) in (1..).zip(&layers) {
            let (weights, outputs) = (layer.weights.len(), layer.outputs());
            if outputs == 0 || weights == 0 || !weights.is_multiple_of(outputs) {
                return wrong(format!("layer {number} has {weights} weights and {outputs} biases"));
            }
        }
        for (number, pair) in (1..).zip(layers.windows(2)) {
            let (outputs, inputs) = (pair[0].outputs(), pair[1].inputs());
            if outputs != inputs {
                return wrong(format!(
                    "layer {number} gives {outputs} outputs, and layer {} takes {inputs} inputs",
                    number + 1
                ));
            }
        }
        Ok(Network { layers })
    }

    /// The numbers that an `Mlp` holds now.
    pub fn of(mlp: &Mlp) -> Self {
        let dense = |layer: &Layer| {
            let neurons = layer.neurons();
            let weights = neurons.iter().flat_map(Neuron::weights).map(Value::data).collect();
            let biases = neurons.iter().map(|neuron| neuron.bias().data()).collect();
            Dense { weights, biases, activation: layer.activation() }
        };
        Network { layers: mlp.layers().iter().map(dense).collect() }
    }

    /// The same network on this thread's tape.
    pub fn to_mlp(&self) -> Mlp {
        let layer = |dense: &Dense| {
            let rows = dense.weights.chunks_exact(dense.inputs()).zip(&dense.biases);
            Layer::of(rows.map(|(w, &b)| Neuron::from_numbers(w, b, dense.activation)).collect())
        };
        Mlp::of(self.layers.iter().map(layer).collect())
    }

    /// The layers, at least one.
    pub fn layers(&self) -> &[Dense] {
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

    /// The number of weights and biases.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.weights.len() + layer.biases.len()).sum()
    }

    #[track_caller]
    pub(crate) fn check_inputs(&self, inputs: &Matrix) {
        assert!(
            inputs.cols == self.inputs(),
            "this network takes {} inputs, and it was given {}",
            self.inputs(),
            inputs.cols
        );
    }

    /// The outputs of the last layer, one row for each row of inputs.
    ///
    /// # Panics
    /// If the rows are not [`inputs`](Network::inputs) long.
    pub fn forward(&self, inputs: &Matrix) -> Matrix {
        self.check_inputs(inputs);
        let cols = self.outputs();
        let mut data = Vec::with_capacity(inputs.rows * cols);
        let (mut from, mut to) = (Vec::new(), Vec::new());
        for row in 0..inputs.rows {
            from.clear();
            from.extend_from_slice(inputs.row(row));
            for layer in &self.layers {
                layer.forward(&from, &mut to);
                std::mem::swap(&mut from, &mut to);
            }
            data.extend_from_slice(&from);
        }
        Matrix { rows: inputs.rows, cols, data }
    }
}

/// x·w in the engine's order: term i to partial sum i mod 4, then (0 + 1) + (2 + 3).
fn dot(x: &[f64], w: &[f64]) -> f64 {
    let mut parts = [0.0; 4];
    for (x, w) in x.chunks(4).zip(w.chunks(4)) {
        for ((part, x), w) in parts.iter_mut().zip(x).zip(w) {
            *part += x * w;
        }
    }
    (parts[0] + parts[1]) + (parts[2] + parts[3])
}

fn activate(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Linear => z,
        Activation::Tanh => Real::tanh(z),
        Activation::Relu => Real::relu(z),
        Activation::Gelu => Real::gelu(z),
        Activation::Softplus => Real::softplus(z),
        Activation::Sigmoid => Real::sigmoid(z),
        Activation::Sin => Real::sin(z),
        // Whatever else there is, the engine knows.
        other => scope(|| other.apply(Value::new(z)).data()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradling::Rng;
    use gradling::nn::Init;

    #[test]
    fn outputs_equal_those_of_the_mlp_bit_for_bit() {
        for &activation in Activation::ALL {
            // Sizes that fill the four partial sums, and sizes that do not.
            for sizes in [[1, 2, 3], [4, 8, 5], [7, 9, 1]] {
                let mut rng = Rng::new(3);
                let layers = [(sizes[1], activation), (sizes[2], Activation::Linear)];
                let mlp = Mlp::with(sizes[0], &layers, Init::Uniform, &mut rng);
                let network = Network::of(&mlp);
                let data: Vec<f64> = (0..10 * sizes[0]).map(|_| 3.0 * rng.normal()).collect();
                let inputs = Matrix { rows: 10, cols: sizes[0], data };
                let outputs = network.forward(&inputs);
                for row in 0..inputs.rows {
                    let right: Vec<f64> =
                        mlp.forward(inputs.row(row)).into_iter().map(Value::data).collect();
                    assert_eq!(outputs.row(row), right, "{activation}");
                }
                assert_eq!(Network::of(&network.to_mlp()), network);
            }
        }
    }

    #[test]
    fn layers_that_do_not_follow_on_each_other_are_refused() {
        let dense = |inputs: usize, outputs: usize| Dense {
            weights: vec![0.5; inputs * outputs],
            biases: vec![0.0; outputs],
            activation: Activation::Tanh,
        };
        let message = |layers| Network::new(layers).unwrap_err().to_string();
        assert_eq!(message(vec![]), "the network does not fit: it has no layer");
        assert_eq!(
            message(vec![dense(2, 3), dense(4, 1)]),
            "the network does not fit: layer 1 gives 3 outputs, and layer 2 takes 4 inputs"
        );
        let ragged = Dense { weights: vec![1.0; 5], ..dense(2, 3) };
        assert_eq!(
            message(vec![ragged]),
            "the network does not fit: layer 1 has 5 weights and 3 biases"
        );
        assert!(
            Network::new(vec![dense(0, 3)]).is_err() && Network::new(vec![dense(3, 0)]).is_err()
        );
    }
}
