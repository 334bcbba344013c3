//! **Exact gradients of ordinary scalar code.**
//!
//! A [`Value`] is a number that remembers how it was made. Compute with values as with numbers, call
//! [`backward`](Value::backward), and every value knows its gradient:
//!
//! ```
//! use gradling::Value;
//!
//! // A neuron: inputs, weights, bias, activation.
//! let (x1, x2) = (Value::new(2.0), Value::new(0.0));
//! let (w1, w2) = (Value::new(-3.0), Value::new(1.0));
//! let b = Value::new(6.8813735870195432);
//! let o = (x1 * w1 + x2 * w2 + b).tanh();
//!
//! o.backward();
//! assert!((o.data() - 0.5_f64.sqrt()).abs() < 1e-15);
//! assert!((w1.grad() - 1.0).abs() < 1e-15);
//! ```

mod backward;
mod check;
mod column;
mod derivative;
mod group;
mod many;
mod math;
pub mod nn;
mod op;
mod own;
mod program;
mod random;
pub mod shared;
mod tape;
mod value;
mod walk;

pub use check::Slope;
pub use derivative::{grad, hessian, hvp, jacobian};
pub use group::{Group, group};
pub use many::{affine, dot, log_softmax, logsumexp, mean, softmax, sum};
pub use op::{Arity, Op, Real};
pub use own::Operation;
pub use program::{
    Explanation, Level, LoadError, Mode, Number, Options, Program, RecordError, Reduction,
    RunError, Runner, Step, eager,
};
pub use random::Rng;
pub use tape::{live_nodes, scope};
pub use value::{Exponent, Value};
pub use walk::NonFinite;

/// The examples of the project's README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
