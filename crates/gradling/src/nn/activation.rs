//! What a neuron does with its weighted sum.

use crate::{Op, Value};
use std::fmt;
use std::str::FromStr;

/// The function a neuron applies to w·x + b.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// None: the sum itself.
    Linear,
    /// The hyperbolic tangent, between -1 and 1.
    #[default]
    Tanh,
    /// max(z, 0).
    Relu,
    /// z above 0, else 0.01 z.
    LeakyRelu,
    /// z Φ(z).
    Gelu,
    /// ln(1 + eᶻ).
    Softplus,
    /// 1 / (1 + e⁻ᶻ), between 0 and 1.
    Sigmoid,
    /// The sine.
    Sin,
}

/// The slope of [`Activation::LeakyRelu`] below 0, as in PyTorch.
const LEAK: f64 = 0.01;

impl Activation {
    /// All of them.
    pub const ALL: &'static [Activation] = &[
        Activation::Linear,
        Activation::Tanh,
        Activation::Relu,
        Activation::LeakyRelu,
        Activation::Gelu,
        Activation::Softplus,
        Activation::Sigmoid,
        Activation::Sin,
    ];

    /// The name in text: `linear`, and else that of the operation.
    pub fn name(self) -> &'static str {
        self.op().map_or("linear", Op::name)
    }

    /// The operation, if there is one.
    pub(crate) fn op(self) -> Option<Op> {
        Some(match self {
            Activation::Linear => return None,
            Activation::Tanh => Op::Tanh,
            Activation::Relu => Op::Relu,
            Activation::LeakyRelu => Op::LeakyRelu,
            Activation::Gelu => Op::Gelu,
            Activation::Softplus => Op::Softplus,
            Activation::Sigmoid => Op::Sigmoid,
            Activation::Sin => Op::Sin,
        })
    }

    /// Applies it.
    #[inline]
    #[track_caller]
    pub fn apply(self, z: Value) -> Value {
        z.check_live(); // here, to name the caller's place
        self.apply_to(z, 1)
    }

    /// Applies it to `count` neighbours, which must be live, and returns the first result; the results
    /// are neighbours, too.
    pub(crate) fn apply_to(self, first: Value, count: usize) -> Value {
        #[inline(always)]
        fn each(first: Value, count: usize, apply: impl Fn(Value) -> Value) -> Value {
            let result = apply(first);
            for i in 1..count {
                apply(first.neighbour(i));
            }
            result
        }
        match self {
            Activation::Linear => first,
            Activation::Tanh => each(first, count, Value::tanh),
            Activation::Relu => each(first, count, Value::relu),
            Activation::LeakyRelu => each(first, count, |z| z.leaky_relu(LEAK)),
            Activation::Gelu => each(first, count, Value::gelu),
            Activation::Softplus => each(first, count, Value::softplus),
            Activation::Sigmoid => each(first, count, Value::sigmoid),
            Activation::Sin => each(first, count, Value::sin),
        }
    }

    /// The gain that keeps the spread of values from layer to layer, after PyTorch's
    /// `nn.init.calculate_gain`; 1 where that names none.
    pub fn gain(self) -> f64 {
        match self {
            Activation::Tanh => 5.0 / 3.0,
            Activation::Relu => 2.0_f64.sqrt(),
            Activation::LeakyRelu => (2.0 / (1.0 + LEAK * LEAK)).sqrt(),
            _ => 1.0,
        }
    }

    /// The word in front of `Neuron` in print, as micrograd has `ReLUNeuron` and `LinearNeuron`.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Activation::Linear => "Linear",
            Activation::Tanh => "Tanh",
            Activation::Relu => "ReLU",
            Activation::LeakyRelu => "LeakyReLU",
            Activation::Gelu => "GELU",
            Activation::Softplus => "Softplus",
            Activation::Sigmoid => "Sigmoid",
            Activation::Sin => "Sin",
        }
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No activation has this name; the message lists those there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownActivation(String);

impl fmt::Display for UnknownActivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Activation::ALL.iter().map(|a| a.name()).collect();
        write!(f, "no activation is called `{}`: there are {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownActivation {}

impl FromStr for Activation {
    type Err = UnknownActivation;
    fn from_str(name: &str) -> Result<Self, UnknownActivation> {
        let found = Activation::ALL.iter().copied().find(|a| a.name() == name);
        found.ok_or_else(|| UnknownActivation(name.to_owned()))
    }
}
