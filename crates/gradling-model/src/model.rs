//! A trained network and the encoder that feeds it.

use crate::{DataHash, ModelError, Network, Predictions, Predictor};
use gradling::Options;
use gradling::nn::Mlp;
use gradling_data::{Encoder, Matrix, TargetCode};

/// A trained network with all that is needed to predict from a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    encoder: Encoder,
    network: Network,
    seed: u64,
    version: String,
    data_hash: Option<DataHash>,
}

impl Model {
    /// A model of this version of gradling; `seed` is the one it was trained with.
    ///
    /// # Errors
    /// A network that takes not as many inputs as the encoder makes, or gives not one output for a
    /// quantity or two classes, and else one for each class; a weight or bias that is not finite.
    pub fn new(encoder: Encoder, network: Network, seed: u64) -> Result<Self, ModelError> {
        Model::of_version(env!("CARGO_PKG_VERSION").to_owned(), encoder, network, seed)
    }

    pub(crate) fn of_version(
        version: String,
        encoder: Encoder,
        network: Network,
        seed: u64,
    ) -> Result<Self, ModelError> {
        let fits = |what: &str, needed: usize, has: usize| {
            if needed == has {
                return Ok(());
            }
            let reason = format!("the table needs {needed} {what}, and the network has {has}");
            Err(ModelError::Shape(reason))
        };
        fits("inputs", encoder.width(), network.inputs())?;
        fits("outputs", outputs(&encoder), network.outputs())?;
        for (number, layer) in (1..).zip(network.layers()) {
            if layer.weights.iter().chain(&layer.biases).any(|x| !x.is_finite()) {
                let reason = format!("layer {number} holds a number that is not finite");
                return Err(ModelError::Shape(reason));
            }
        }
        Ok(Model { encoder, network, seed, version, data_hash: None })
    }

    /// The same model, which remembers the file it learned from.
    pub fn with_data_hash(self, hash: Option<DataHash>) -> Self {
        Model { data_hash: hash, ..self }
    }

    /// The hash of the file it learned from, if it is known.
    pub fn data_hash(&self) -> Option<DataHash> {
        self.data_hash
    }

    /// What turns rows of a table into inputs.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The network's numbers.
    pub fn numbers(&self) -> &Network {
        &self.network
    }

    /// The network on this thread's tape.
    pub fn network(&self) -> Mlp {
        self.network.to_mlp()
    }

    /// The seed it was trained with.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The version of gradling that trained it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The model made ready for a table of many rows. That takes about a microsecond for each weight and
    /// bias, as much as predicting some thousand rows by [`predict`](Model::predict), and each row after it
    /// takes a small part of what it takes there.
    pub fn predictor(&self) -> Predictor<'_> {
        Predictor::new(self, Options::default())
    }

    /// The same on so many threads, instead of all: one, where several predictors run side by side.
    pub fn predictor_on(&self, threads: usize) -> Predictor<'_> {
        Predictor::new(self, Options::default().threads(threads))
    }

    /// Predicts from encoded inputs, one row a sample. What comes out is not finite only if the
    /// inputs are so large that the network overflows.
    ///
    /// # Panics
    /// If the inputs are not those of [`encoder`](Model::encoder): of another number of columns.
    pub fn predict(&self, inputs: &Matrix) -> Predictions {
        Predictions::of(self.network.forward(inputs), &self.encoder)
    }
}

/// How many outputs predict an encoder's target.
fn outputs(encoder: &Encoder) -> usize {
    match encoder.target_code() {
        TargetCode::Number(_) => 1,
        TargetCode::Classes(labels) if labels.len() == 2 => 1,
        TargetCode::Classes(labels) => labels.len(),
    }
}
