//! Operations of many inputs: one node each, and what is composed of them.
//!
//! Where the inputs are neighbours on the tape, as a neuron's weights and a layer's outputs are, the
//! node stores two numbers instead of a list, and computing it is a loop over slices.

use crate::op::Op;
use crate::tape::{self, Kind, Stale, Tape};
use crate::value::{Value, live};

/// x₀ + x₁ + …, as one node; 0 for no values.
///
/// Added in four interleaved partial sums, so the last digits can differ from those of a chain of `+`.
#[track_caller]
pub fn sum(values: &[Value]) -> Value {
    many(Op::Sum, values)
}

/// (x₀ + x₁ + …) / n, as one node; NaN for no values.
#[track_caller]
pub fn mean(values: &[Value]) -> Value {
    many(Op::Mean, values)
}

/// ln(e^x₀ + e^x₁ + …), as one node, without overflow; -∞ for no values. Its gradient is the softmax.
#[track_caller]
pub fn logsumexp(values: &[Value]) -> Value {
    many(Op::LogSumExp, values)
}

/// x₀w₀ + x₁w₁ + …, as one node.
///
/// # Panics
/// If the lengths differ.
#[track_caller]
pub fn dot(x: &[Value], w: &[Value]) -> Value {
    products(x, w, None)
}

/// x₀w₀ + x₁w₁ + … + b, as one node: a neuron before its activation.
///
/// # Panics
/// If the lengths of `x` and `w` differ.
#[track_caller]
pub fn affine(x: &[Value], w: &[Value], b: Value) -> Value {
    products(x, w, Some(b))
}

/// xᵢ - ln Σ e^xⱼ for each i: the logarithm of [`softmax`], without its rounding to 0.
#[track_caller]
pub fn log_softmax(values: &[Value]) -> Vec<Value> {
    let total = logsumexp(values);
    values.iter().map(|&x| x - total).collect()
}

/// e^xᵢ / Σ e^xⱼ for each i: positive numbers that add up to 1. Large inputs do not overflow.
#[track_caller]
pub fn softmax(values: &[Value]) -> Vec<Value> {
    log_softmax(values).into_iter().map(Value::exp).collect()
}

#[track_caller]
fn many(op: Op, values: &[Value]) -> Value {
    live(match neighbours(values) {
        Some(first) => tape::with(|tape| {
            check(tape, values)?;
            Ok(finish(tape, op, Kind::Neighbours, first, values.len()))
        }),
        None => listed(op, values, values.len()),
    })
}

#[track_caller]
fn products(x: &[Value], w: &[Value], b: Option<Value>) -> Value {
    assert!(
        x.len() == w.len(),
        "a dot needs two lists of the same length, and these have {} and {}",
        x.len(),
        w.len()
    );
    let op = if b.is_some() { Op::Affine } else { Op::Dot };
    live(match (neighbours(x), neighbours(w)) {
        (Some(first_x), Some(first_w)) => tape::with(|tape| {
            check(tape, x)?;
            check(tape, w)?;
            check(tape, b.as_slice())?;
            Ok(push_products(tape, first_x, first_w, x.len(), b.map(|b| b.id)))
        }),
        _ => {
            let all: Vec<Value> = x.iter().chain(w).copied().chain(b).collect();
            listed(op, &all, x.len())
        }
    })
}

/// A node whose inputs are listed in `args`; `count` is what the node's `b` says.
pub(crate) fn listed(op: Op, inputs: &[Value], count: usize) -> Result<Value, Stale> {
    tape::with(|tape| {
        check(tape, inputs)?;
        let place = tape.next_args();
        tape.args.extend(inputs.iter().map(|x| x.id));
        Ok(finish(tape, op, Kind::Plain, place, count))
    })
}

/// The first id, if the values are neighbours on the tape, in order.
#[inline]
pub(crate) fn neighbours(values: &[Value]) -> Option<u32> {
    let first = values.first()?.id;
    values.iter().zip(first..).all(|(x, id)| x.id == id).then_some(first)
}

#[inline]
pub(crate) fn check(tape: &Tape, values: &[Value]) -> Result<(), Stale> {
    values.iter().try_for_each(|x| tape.place(x.id, x.stamp).map(|_| ()))
}

/// Appends the dot of two runs of neighbours, plus a bias if there is one. Inputs are checked.
#[inline(always)]
pub(crate) fn push_products(
    tape: &mut Tape,
    x: u32,
    w: u32,
    count: usize,
    bias: Option<u32>,
) -> Value {
    let place = tape.next_args();
    let dot = tape.dot_of_neighbours(x as usize, w as usize, count);
    match bias {
        None => {
            tape.args.extend_from_slice(&[x, w]);
            Value::push(tape, dot, Op::Dot, Kind::Neighbours, place, count as u32)
        }
        Some(b) => {
            tape.args.extend_from_slice(&[x, w, b]);
            let data = dot + tape.data(b as usize);
            Value::push(tape, data, Op::Affine, Kind::Neighbours, place, count as u32)
        }
    }
}

/// Appends a node whose inputs are in place, and computes it.
#[inline]
pub(crate) fn finish(tape: &mut Tape, op: Op, kind: Kind, a: u32, count: usize) -> Value {
    let value = Value::push(tape, 0.0, op, kind, a, count as u32);
    let place = value.id as usize;
    tape.nodes[place].data = tape.compute(place);
    value
}
