//! Which gradients are ints: micrograd computes them with Python's numbers, where an int stays an int until it
//! meets a float.

use crate::world::{FLOAT_EXPONENT, INT, INT_GRAD, Nodes};
use gradling::{Op, Value, shared};
use std::collections::{BTreeMap, BinaryHeap};

/// Graphs of more values than this have floats: nobody reads all of their gradients, and to follow the kind of
/// each would cost as much as computing it.
const MOST: usize = 128;

/// The values that a root was made from, and itself, newest first; none if there are too many.
pub(crate) struct Whole(Vec<Gradient>);

struct Gradient {
    value: Value,
    /// Whether the gradient is an int before.
    before: bool,
    /// Some part of it comes from a `_backward` by hand, which says itself whether it is one.
    by_hand: bool,
}

impl Whole {
    /// To be made before `root.backward()`: what a `_backward` by hand meets is told here.
    pub(crate) fn before(nodes: &mut Nodes, root: Value) -> Whole {
        // Inputs are older, so the newest that is open has all that was made from it behind it.
        let mut open = BinaryHeap::from([(root.id(), false)]);
        let mut known = Vec::new();
        while let Some((id, mut by_hand)) = open.pop() {
            // One that is used more often is there more often.
            while let Some(&(same, also)) = open.peek()
                && same == id
            {
                by_hand |= also;
                open.pop();
            }
            if known.len() == MOST {
                return Whole(Vec::new());
            }
            let value = shared::value(id);
            let before = value.computed_grad().is_none() || is(nodes, value, INT_GRAD);
            known.push(Gradient { value, before, by_hand });
            open.extend(value.inputs().iter().map(|input| (input.id(), value.op() == Op::Own)));
        }
        let whole = Whole(known);
        whole.after(nodes);
        whole
    }

    /// Tells of each gradient whether it is an int; to be called once more after `root.backward()`, since what
    /// was by hand is known then.
    pub(crate) fn after(&self, nodes: &mut Nodes) {
        let mut sums: BTreeMap<u32, bool> =
            self.0.iter().map(|g| (g.value.id(), g.before)).collect();
        for gradient in &self.0 {
            let value = gradient.value;
            let grad =
                if gradient.by_hand { is(nodes, value, INT_GRAD) } else { sums[&value.id()] };
            nodes.set_int_grad(value.id(), grad);
            let inputs = value.inputs();
            for (i, &input) in inputs.iter().enumerate() {
                // d value / d input, as micrograd spells it.
                let slope = match value.op() {
                    Op::Add | Op::Relu => true,
                    Op::Mul => is(nodes, inputs[1 - i], INT),
                    Op::Powf => {
                        is(nodes, input, INT)
                            && !is(nodes, value, FLOAT_EXPONENT)
                            && value.number().is_some_and(|n| n >= 1.0)
                    }
                    _ => false,
                };
                *sums.entry(input.id()).or_default() &= slope && grad;
            }
        }
    }
}

fn is(nodes: &Nodes, value: Value, fact: u8) -> bool {
    nodes.facts(value.id()) & fact != 0
}
