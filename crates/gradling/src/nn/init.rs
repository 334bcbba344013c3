//! Where training starts: the first weights and biases.

use super::Activation;
use crate::Rng;

/// How first weights are drawn. Biases start at 0, save where said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Init {
    /// Weights and bias uniform in -1..1, as in micrograd's lecture.
    #[default]
    Uniform,
    /// Weights and bias uniform within ±1/√inputs, as PyTorch's `nn.Linear` starts.
    FanIn,
    /// Uniform within ±gain·√(6 / (inputs + outputs)) (Glorot and Bengio, 2010).
    XavierUniform,
    /// Normal with deviation gain·√(2 / (inputs + outputs)) (Glorot and Bengio, 2010).
    XavierNormal,
    /// Uniform within ±gain·√(3 / inputs) (He et al., 2015).
    KaimingUniform,
    /// Normal with deviation gain / √inputs (He et al., 2015).
    KaimingNormal,
}

impl Init {
    /// The weights, then the bias, of one neuron of a layer with so many inputs and outputs.
    pub(crate) fn draw(
        self,
        inputs: usize,
        outputs: usize,
        activation: Activation,
        rng: &mut Rng,
    ) -> Vec<f64> {
        let (fan_in, both) = (inputs as f64, (inputs + outputs) as f64);
        let gain = activation.gain();
        let mut draw = |bias: bool| {
            let mut within = |bound: f64| rng.between(-bound, bound);
            match self {
                Init::Uniform => within(1.0),
                Init::FanIn => within(1.0 / fan_in.sqrt()),
                _ if bias => 0.0,
                Init::XavierUniform => within(gain * (6.0 / both).sqrt()),
                Init::KaimingUniform => within(gain * (3.0 / fan_in).sqrt()),
                Init::XavierNormal => gain * (2.0 / both).sqrt() * rng.normal(),
                Init::KaimingNormal => gain / fan_in.sqrt() * rng.normal(),
            }
        };
        (0..=inputs).map(|i| draw(i == inputs)).collect()
    }
}
