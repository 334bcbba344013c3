//! The network before its first step.

use super::settings::Settings;
use gradling::Rng;
use gradling::nn::{Activation, Init, Mlp};
use serde::Serialize;

/// The stream of random numbers for the first weights; others are those of splits, generated data and the
/// order of the rows.
const WEIGHTS: u64 = 3;

/// How first weights are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum InitName {
    /// Weights and biases from -1 to 1, as in micrograd.
    Uniform,
    /// Weights and biases within 1/√inputs, as PyTorch starts.
    FanIn,
    /// After Glorot and Bengio.
    XavierUniform,
    /// The same with normal weights.
    XavierNormal,
    /// After He and others.
    KaimingUniform,
    /// The same with normal weights.
    KaimingNormal,
}

impl InitName {
    fn init(self) -> Init {
        match self {
            InitName::Uniform => Init::Uniform,
            InitName::FanIn => Init::FanIn,
            InitName::XavierUniform => Init::XavierUniform,
            InitName::XavierNormal => Init::XavierNormal,
            InitName::KaimingUniform => Init::KaimingUniform,
            InitName::KaimingNormal => Init::KaimingNormal,
        }
    }
}

/// A network with layers of these sizes, inputs first.
pub(super) fn network(sizes: &[usize], settings: &Settings) -> Mlp {
    let hidden = settings.layers.iter().copied().zip(settings.activation.iter().copied());
    let mut layers: Vec<(usize, Activation)> = hidden.collect();
    layers.push((sizes[sizes.len() - 1], Activation::Linear));
    let mut rng = Rng::stream(settings.seed, WEIGHTS);
    Mlp::with(sizes[0], &layers, settings.init.init(), &mut rng)
}
