//! One neuron: w·x + b, then an activation.

use super::{Activation, Module};
use crate::op::Op;
use crate::tape::{self, Kind, Tape};
use crate::value::{Value, live};
use crate::{affine, many};
use std::fmt;

/// A neuron: `activation(w·x + b)`.
///
/// Its parameters are neighbours on the tape, weights before bias, so that a handle to the first and a
/// count say which they are, and the weighted sum is one loop over a slice.
#[derive(Clone, Debug)]
pub struct Neuron {
    first: Value,
    inputs: usize,
    activation: Activation,
}

impl Neuron {
    /// A neuron with these weights and this bias: new leaves.
    ///
    /// # Panics
    /// If there is no weight.
    #[track_caller]
    pub fn from_numbers(weights: &[f64], bias: f64, activation: Activation) -> Self {
        assert!(!weights.is_empty(), "a neuron needs at least one input");
        let first = tape::with(|tape| {
            let mut leaf = |x: f64| Value::push(tape, x, Op::Leaf, Kind::Plain, 0, 0);
            let first = leaf(weights[0]);
            for &x in weights[1..].iter().chain([&bias]) {
                leaf(x);
            }
            first
        });
        Neuron { first, inputs: weights.len(), activation }
    }

    /// How many inputs it takes.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Its activation.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The weights, one for each input.
    pub fn weights(&self) -> Vec<Value> {
        (0..self.inputs).map(|i| self.parameter(i)).collect()
    }

    /// The bias.
    pub fn bias(&self) -> Value {
        self.parameter(self.inputs)
    }

    fn parameter(&self, i: usize) -> Value {
        self.first.neighbour(i)
    }

    /// Applies the neuron to inputs: values or plain numbers.
    ///
    /// # Panics
    /// If there are not [`inputs`](Neuron::inputs) many.
    #[track_caller]
    pub fn forward<X: Copy + Into<Value>>(&self, x: &[X]) -> Value {
        let x = as_inputs("neuron", self.inputs, x);
        self.activation.apply(affine(&x, &self.weights(), self.bias()))
    }

    /// Appends w·x + b for inputs that are checked; `neighbours` is the first of them if they are.
    #[inline(always)]
    pub(crate) fn push_sum(&self, tape: &mut Tape, x: &[Value], neighbours: Option<u32>) -> Value {
        let (weights, bias) = (self.first.id, self.bias().id);
        match neighbours {
            Some(first) => many::push_products(tape, first, weights, self.inputs, Some(bias)),
            None => {
                let place = tape.next_args();
                tape.args.extend(x.iter().map(|x| x.id));
                tape.args.extend(weights..=bias);
                many::finish(tape, Op::Affine, Kind::Plain, place, self.inputs)
            }
        }
    }

    /// Whether its parameters are on the tape still. They were made together, so the last one tells.
    #[inline]
    #[track_caller]
    pub(crate) fn check(&self, tape: &Tape) -> Result<(), tape::Stale> {
        let bias = self.bias();
        tape.place(bias.id, bias.stamp).map(|_| ())
    }
}

/// Inputs as values, if they are as many as they should be.
#[track_caller]
pub(crate) fn as_inputs<X: Copy + Into<Value>>(what: &str, wanted: usize, x: &[X]) -> Vec<Value> {
    assert!(x.len() == wanted, "this {what} takes {wanted} inputs, and it was given {}", x.len());
    x.iter().map(|&x| x.into()).collect()
}

impl Module for Neuron {
    #[track_caller]
    fn parameters(&self) -> Vec<Value> {
        live(tape::with(|tape| self.check(tape)));
        (0..=self.inputs).map(|i| self.parameter(i)).collect()
    }
}

impl fmt::Display for Neuron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Neuron({})", self.activation.title(), self.inputs)
    }
}
