//! What a benchmark is written over, so that gradling and its references run the same code.

use std::ops::{Add, Mul, Neg, Sub};

/// A number, or something that records.
pub trait Scalar:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Neg<Output = Self>
{
    /// A leaf for a plain number.
    fn number(x: f64) -> Self;
    /// max(x, 0).
    fn relu(self) -> Self;
    /// eˣ.
    fn exp(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// The sine.
    fn sin(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
}

impl Scalar for gradling::Value {
    fn number(x: f64) -> Self {
        Self::constant(x)
    }
    fn relu(self) -> Self {
        Self::relu(self)
    }
    fn exp(self) -> Self {
        Self::exp(self)
    }
    fn ln(self) -> Self {
        Self::ln(self)
    }
    fn sin(self) -> Self {
        Self::sin(self)
    }
    fn tanh(self) -> Self {
        Self::tanh(self)
    }
}

impl Scalar for echidna::Reverse<f64> {
    fn number(x: f64) -> Self {
        Self::constant(x)
    }
    fn relu(self) -> Self {
        num_traits::Float::max(self, Self::constant(0.0))
    }
    fn exp(self) -> Self {
        num_traits::Float::exp(self)
    }
    fn ln(self) -> Self {
        num_traits::Float::ln(self)
    }
    fn sin(self) -> Self {
        num_traits::Float::sin(self)
    }
    fn tanh(self) -> Self {
        num_traits::Float::tanh(self)
    }
}
