//! Gradients written by hand: what a compiled program is measured against.
//!
//! Nothing here records or differentiates anything. Every sum and every derivative is spelled out for one
//! network, as one does who has an afternoon for it, and tests compare the results with the tape's.

mod lanes;
mod moons;
mod tanh;

pub use lanes::Number;
pub use moons::Moons;
pub use tanh::Tanh;
