//! The network as values and as programs.

use super::Wrong;
use super::settings::{Loss, Training};
use gradling::nn::{Activation, Init, Layer, Mlp, Module, Neuron, loss};
use gradling::{Options, Program, Rng, Runner, Step, Value, scope, sum};
use gradling_data::Task;

/// Sizes of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How many inputs.
    pub inputs: usize,
    /// Neurons of each layer, outputs too.
    pub layers: Vec<usize>,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The layer, from 0.
    pub layer: usize,
    /// The neuron of it, from 0.
    pub neuron: usize,
    /// The input of its weight; none for the bias.
    pub input: Option<usize>,
}

impl Shape {
    /// How many parameters.
    pub fn parameters(&self) -> usize {
        self.first(self.layers.len())
    }

    /// How many inputs a layer has.
    pub fn inputs_of(&self, layer: usize) -> usize {
        if layer == 0 { self.inputs } else { self.layers[layer - 1] }
    }

    /// The place of the first parameter of a layer: by layer, by neuron, weights before bias.
    pub fn first(&self, layer: usize) -> usize {
        (0..layer).map(|l| (self.inputs_of(l) + 1) * self.layers[l]).sum()
    }

    /// Where a parameter stands.
    pub fn place(&self, parameter: usize) -> Option<Place> {
        let layer = (0..self.layers.len()).rfind(|&l| self.first(l) <= parameter)?;
        let (inputs, within) = (self.inputs_of(layer), parameter - self.first(layer));
        let (neuron, input) = (within / (inputs + 1), within % (inputs + 1));
        (neuron < self.layers[layer]).then_some(Place {
            layer,
            neuron,
            input: (input < inputs).then_some(input),
        })
    }

    /// Which parameters are weights: a penalty leaves biases alone.
    pub fn weights(&self) -> Vec<bool> {
        (0..self.parameters())
            .map(|p| self.place(p).is_some_and(|place| place.input.is_some()))
            .collect()
    }

    /// The first numbers, drawn from a seed.
    pub fn draw(&self, training: &Training, init: Init, seed: u64) -> Vec<f64> {
        scope(|| {
            let layers: Vec<_> = (0..self.layers.len())
                .map(|l| (self.layers[l], self.activation(training, l)))
                .collect();
            let mlp = Mlp::with(self.inputs, &layers, init, &mut Rng::new(seed));
            mlp.parameters().iter().map(|value| value.data()).collect()
        })
    }

    /// The activation of a layer; the last one has none.
    pub fn activation(&self, training: &Training, layer: usize) -> Activation {
        if layer + 1 == self.layers.len() { Activation::Linear } else { training.activation(layer) }
    }

    /// The network on the tape, with these numbers.
    pub fn mlp(&self, training: &Training, parameters: &[f64]) -> Mlp {
        let mut rest = parameters;
        let layer = |l: usize| {
            let (inputs, activation) = (self.inputs_of(l), self.activation(training, l));
            let neurons = (0..self.layers[l]).map(|_| {
                let (own, after) = rest.split_at(inputs + 1);
                rest = after;
                Neuron::from_numbers(&own[..inputs], own[inputs], activation)
            });
            Layer::of(neurons.collect())
        };
        Mlp::of((0..self.layers.len()).map(layer).collect())
    }

    /// The step of training for a batch of inputs and what scores are [`compared`] with: loss, and scores.
    ///
    /// # Errors
    /// If it cannot be recorded.
    pub fn program(&self, task: Task, training: &Training) -> Result<Runner<f32>, Wrong> {
        let targets = targets(task);
        let program = scope(|| {
            let mlp = self.mlp(training, &vec![0.0; self.parameters()]);
            Program::record(&mlp.parameters(), [self.inputs, targets], |[x, y]| {
                let scores = mlp.forward(x);
                Step::mean(loss_of(training.loss, task, &scores, y)).with_outputs(&scores)
            })
        });
        let program = program.map_err(|error| error.to_string())?;
        Ok(program.compile_with(Options::default().threads(1)))
    }

    /// Everything that is drawn of a sample: the outputs of all neurons, layer by layer.
    ///
    /// # Errors
    /// If it cannot be recorded.
    pub fn all_outputs(&self, training: &Training) -> Result<Runner<f32>, Wrong> {
        let program = scope(|| {
            let mlp = self.mlp(training, &vec![0.0; self.parameters()]);
            Program::record(&mlp.parameters(), [self.inputs], |[x]| {
                let (mut all, mut x) = (Vec::new(), x.to_vec());
                for layer in mlp.layers() {
                    x = layer.forward(&x);
                    all.extend_from_slice(&x);
                }
                Step::outputs(&all)
            })
        });
        let program = program.map_err(|error| error.to_string())?;
        Ok(program.compile_with(Options::default().threads(1)))
    }
}

/// How many outputs predict a task.
pub fn outputs(task: Task) -> usize {
    match task {
        Task::Regression | Task::Binary => 1,
        Task::Classes(count) => count,
    }
}

/// How many numbers a target is: the quantity, the class 0 or 1, or a 1 at the class among zeros.
pub fn targets(task: Task) -> usize {
    outputs(task)
}

/// What the loss compares a score with: for distances and margins of classes the side, -1 or 1, for the rest the
/// target itself.
pub fn compared(kind: Loss, task: Task, target: f64) -> f64 {
    match (task, kind) {
        (Task::Regression, _) | (_, Loss::CrossEntropy) => target,
        _ => 2.0 * target - 1.0,
    }
}

/// The loss of a sample, from its scores and what they are [`compared`] with.
pub fn loss_of(kind: Loss, task: Task, scores: &[Value], compared: &[Value]) -> Value {
    let each = |one: fn(Value, Value) -> Value| {
        let losses: Vec<Value> =
            scores.iter().zip(compared).map(|(&z, &side)| one(z, side)).collect();
        if losses.len() == 1 { losses[0] } else { sum(&losses) }
    };
    match (task, kind) {
        (Task::Regression, Loss::CrossEntropy | Loss::Squared) => {
            loss::squared_error(scores[0], compared[0])
        }
        (Task::Regression, Loss::Absolute | Loss::Hinge) => (scores[0] - compared[0]).abs(),
        (Task::Binary, Loss::CrossEntropy) => loss::binary_cross_entropy(scores[0], compared[0]),
        (Task::Classes(_), Loss::CrossEntropy) => loss::soft_cross_entropy(scores, compared),
        (_, Loss::Squared) => each(|z, side| loss::squared_error(z, side)),
        (_, Loss::Absolute) => each(|z, side| (z - side).abs()),
        (_, Loss::Hinge) => each(|z, side| loss::hinge(z, side)),
    }
}
