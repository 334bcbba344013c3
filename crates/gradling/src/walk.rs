//! What a value was made from: the walk down that pictures, replays and gradients of gradients share.

use crate::op::Op;
use crate::program::refuse_varying;
use crate::tape::{self, Tape};
use crate::value::{Value, live};
use std::collections::{BinaryHeap, HashMap};
use std::fmt;

impl Tape {
    /// The ids that `root` reaches, itself included, ascending. Marks are bits in words of 64, visited
    /// from the top by a heap, as the reverse sweep visits its blocks.
    pub(crate) fn reached(&self, root: usize) -> Vec<u32> {
        let mut marks: HashMap<u32, u64> = HashMap::new();
        let mut open = BinaryHeap::new();
        let mut ids = Vec::new();
        marks.insert(root as u32 >> 6, 1 << (root & 63));
        open.push(root as u32 >> 6);
        while let Some(word) = open.pop() {
            // Inputs in this same word are marked while it is worked off, from the top.
            let mut here = marks.remove(&word).unwrap_or(0);
            while here != 0 {
                let bit = here.ilog2();
                here &= !(1 << bit);
                let id = word << 6 | bit;
                ids.push(id);
                self.inputs(id as usize, |input| {
                    if input >> 6 == word {
                        here |= 1 << (input & 63);
                    } else {
                        *marks.entry(input >> 6).or_insert_with(|| {
                            open.push(input >> 6);
                            0
                        }) |= 1 << (input & 63);
                    }
                });
            }
        }
        ids.reverse();
        ids
    }
}

impl Value {
    /// This value and every one it was made from, each once, in the order of creation.
    #[track_caller]
    pub fn reached(self) -> Vec<Value> {
        live(tape::with(|tape| {
            let root = tape.place(self.id, self.stamp)?;
            Ok(tape.reached(root).into_iter().map(|id| Value::at(tape, id)).collect())
        }))
    }

    /// Computes this value again from the leaves it was made from, with their numbers of now.
    ///
    /// ```
    /// use gradling::Value;
    /// let x = Value::new(2.0);
    /// let y = x * x + 1.0;
    /// x.set_data(3.0);
    /// assert_eq!(y.data(), 5.0);
    /// y.recompute();
    /// assert_eq!(y.data(), 10.0);
    /// ```
    #[track_caller]
    pub fn recompute(self) {
        let order =
            live(tape::with(|tape| tape.place(self.id, self.stamp).map(|root| tape.reached(root))));
        replay(&order);
    }

    /// The oldest value below this one that is infinite or not a number, with what it was made from:
    /// where a NaN in a loss began.
    ///
    /// ```
    /// use gradling::Value;
    /// let x = Value::new(-1.0).with_label("x");
    /// let loss = x.ln() * 2.0 + 1.0;
    /// let found = loss.first_non_finite().unwrap();
    /// assert_eq!(found.to_string(), "ln gave NaN from x = -1");
    /// ```
    #[track_caller]
    pub fn first_non_finite(self) -> Option<NonFinite> {
        refuse_varying(self, "first_non_finite");
        let value = self.reached().into_iter().find(|value| !value.data().is_finite())?;
        Some(NonFinite { value, inputs: value.inputs() })
    }
}

/// Computes the values of these ids, ascending, from their inputs.
pub(crate) fn replay(order: &[u32]) {
    let mut rest = order;
    // Up to an own operation with the tape in hand; the operation is the user's code, which needs it.
    while let Some(own) = tape::with(|tape| {
        let mut places = rest.iter().map(|&id| id as usize);
        places.position(|place| {
            if tape.nodes[place].op() == Op::Own {
                return true;
            }
            tape.nodes[place].data = tape.compute(place);
            false
        })
    }) {
        let place = rest[own] as usize;
        let (operation, inputs) = tape::with(|tape| {
            let mut inputs = Vec::new();
            tape.inputs(place, |id| inputs.push(tape.data(id as usize)));
            (tape.own_at(place).clone(), inputs)
        });
        if let Some(data) = operation.value(&inputs) {
            tape::with(|tape| tape.nodes[place].data = data);
        }
        rest = &rest[own + 1..];
    }
}

/// What [`Value::first_non_finite`] found.
#[derive(Clone, Debug)]
pub struct NonFinite {
    /// The value that is infinite or not a number.
    pub value: Value,
    /// What it was made from; none for a leaf, whose number was given so.
    pub inputs: Vec<Value>,
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.value.is_live() {
            return f.write_str("a value that was given back since");
        }
        let name = |value: Value| value.label().unwrap_or_else(|| format!("value #{}", value.id()));
        let data = self.value.data();
        if self.inputs.is_empty() {
            return write!(f, "{} was given as {data}", name(self.value));
        }
        if let Some(label) = self.value.label() {
            write!(f, "{label}: ")?;
        }
        write!(f, "{} gave {data} from ", self.value.symbol())?;
        for (i, &input) in self.inputs.iter().enumerate() {
            write!(f, "{}{} = {}", if i > 0 { ", " } else { "" }, name(input), input.data())?;
        }
        Ok(())
    }
}
