//! Networks as in micrograd: [`Neuron`], [`Layer`], [`Mlp`], and what trains them.
//!
//! The network of the lecture, 41 parameters, trained by gradient descent on four points:
//!
//! ```
//! use gradling::nn::{Activation, Mlp, Module, Optimizer, Sgd, loss};
//! use gradling::{Rng, Value, scope};
//!
//! let xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]];
//! let ys = [1.0, -1.0, -1.0, 1.0];
//! let mlp = Mlp::new(3, &[4, 4, 1], Activation::Tanh, &mut Rng::new(42));
//! let mut sgd = Sgd::new(0.05);
//!
//! let mut last = f64::INFINITY;
//! for _ in 0..20 {
//!     last = scope(|| {
//!         let predictions: Vec<Value> = xs.iter().map(|x| mlp.predict(x)).collect();
//!         let loss = loss::sum_squared_error(&predictions, &ys);
//!         mlp.zero_grad();
//!         loss.backward();
//!         sgd.step(&mlp.parameters());
//!         loss.data()
//!     });
//! }
//! assert!(last < 1.0);
//! ```
//!
//! For real data record the step once as a [`Program`](crate::Program) and give it to a [`Trainer`], which
//! does the same many times faster.

mod activation;
mod init;
mod layer;
pub mod loss;
mod mlp;
mod neuron;
mod optim;
mod schedule;
mod trainer;

pub use activation::Activation;
pub use init::Init;
pub use layer::Layer;
pub use mlp::Mlp;
pub use neuron::Neuron;
pub use optim::{Adam, AdamW, Memory, Optimizer, Sgd, WrongMemory};
pub use schedule::Schedule;
pub use trainer::{Diverged, Progress, TrainError, Trainer, WrongProgress};

use crate::Value;
use std::fmt;

/// Something with parameters.
pub trait Module {
    /// Its parameters: by layer, by neuron, weights before bias.
    #[track_caller]
    fn parameters(&self) -> Vec<Value>;

    /// Forgets the gradients of its parameters.
    #[track_caller]
    fn zero_grad(&self) {
        for parameter in self.parameters() {
            parameter.zero_grad();
        }
    }
}

/// The parameters of parts, one after the other.
#[track_caller]
fn parameters_of<M: Module>(parts: &[M]) -> Vec<Value> {
    let mut all = Vec::new();
    for part in parts {
        all.extend(part.parameters());
    }
    all
}

/// Prints parts as micrograd does: `MLP of [Layer of [TanhNeuron(3)], …]`.
fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, name: &str, parts: &[T]) -> fmt::Result {
    write!(f, "{name} of [")?;
    for (i, part) in parts.iter().enumerate() {
        write!(f, "{}{part}", if i > 0 { ", " } else { "" })?;
    }
    f.write_str("]")
}
