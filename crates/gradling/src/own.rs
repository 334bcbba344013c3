//! Operations of the user's own: a function and its derivative.

use crate::op::{Op, Real};
use crate::tape::{self, Kind, Tape};
use crate::value::{Value, live};
use std::fmt;
use std::rc::Rc;

type ValueOf = dyn Fn(&[f64]) -> f64;
type DerivativeOf = dyn Fn(&[Value], Value) -> Vec<Value>;

/// An operation that is not in the table: a name, a function of numbers, and its derivative.
///
/// The derivative is given as values, so that it holds for gradients of gradients too: from the inputs
/// and the result it makes the partial derivative of the result by each input.
///
/// ```
/// use gradling::{Operation, Value, grad};
/// let cube = Operation::new("cube", |x| x[0] * x[0] * x[0], |x, _| vec![3.0 * x[0] * x[0]]);
/// let x = Value::new(2.0);
/// let y = cube.call(&[x]);
/// y.backward();
/// assert_eq!((y.data(), x.grad()), (8.0, 12.0));
/// let slope = grad(y, &[x])[0];
/// assert_eq!(grad(slope, &[x])[0].data(), 12.0); // 6x
/// ```
#[derive(Clone)]
pub struct Operation(Rc<Parts>);

struct Parts {
    name: String,
    meaning: Meaning,
}

enum Meaning {
    /// Functions of the inputs.
    Functions { value: Box<ValueOf>, derivative: Box<DerivativeOf> },
    /// What adds to the gradients of the inputs; see [`shared::set_backward`](crate::shared::set_backward).
    ByHand(Box<dyn Fn(Value)>),
}

impl Operation {
    /// An operation of this name. `value` computes it from its inputs' numbers; `derivative` makes, from
    /// the inputs and the result, the partial derivative by each input, in order.
    pub fn new(
        name: impl Into<String>,
        value: impl Fn(&[f64]) -> f64 + 'static,
        derivative: impl Fn(&[Value], Value) -> Vec<Value> + 'static,
    ) -> Self {
        let (value, derivative) = (Box::new(value), Box::new(derivative));
        Operation::of(name.into(), Meaning::Functions { value, derivative })
    }

    pub(crate) fn by_hand(name: String, backward: impl Fn(Value) + 'static) -> Self {
        Operation::of(name, Meaning::ByHand(Box::new(backward)))
    }

    fn of(name: String, meaning: Meaning) -> Self {
        Operation(Rc::new(Parts { name, meaning }))
    }

    /// The name, as pictures show it.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Applies the operation.
    ///
    /// # Panics
    /// If a value was given back by its scope.
    #[track_caller]
    pub fn call(&self, inputs: &[Value]) -> Value {
        let numbers: Vec<f64> = live(tape::with(|tape| {
            inputs.iter().map(|x| tape.node(x.id, x.stamp).map(|node| node.data)).collect()
        }));
        // Without the tape in hand: it is the user's code.
        let data = self.value(&numbers).unwrap_or(f64::NAN);
        self.push(data, inputs)
    }

    /// Appends the result `data` of this operation.
    pub(crate) fn push(&self, data: f64, inputs: &[Value]) -> Value {
        tape::with(|tape| {
            let first = tape.list_own(self.clone(), inputs.iter().map(|input| input.id));
            let id = tape.push(data, Op::Own, Kind::Plain, first, inputs.len() as u32);
            Value::at(tape, id)
        })
    }

    /// The result, of an operation that is a function.
    pub(crate) fn value(&self, inputs: &[f64]) -> Option<f64> {
        match &self.0.meaning {
            Meaning::Functions { value, .. } => Some(value(inputs)),
            Meaning::ByHand(_) => None,
        }
    }

    /// What adds to the gradients of the inputs, of an operation that is given so.
    pub(crate) fn backward(&self) -> Option<&dyn Fn(Value)> {
        match &self.0.meaning {
            Meaning::Functions { .. } => None,
            Meaning::ByHand(backward) => Some(&**backward),
        }
    }

    /// The gradient of each input, given the gradient `g` of the result `y`.
    ///
    /// # Panics
    /// If the derivative does not give one value for each input.
    pub(crate) fn pull(&self, inputs: &[Value], y: Value, g: Value) -> Vec<Value> {
        let Meaning::Functions { derivative, .. } = &self.0.meaning else {
            panic!(
                "the `_backward` that `{}` was given adds numbers to gradients: there is no gradient of that",
                self.name()
            )
        };
        let mut partials = derivative(inputs, y);
        assert!(
            partials.len() == inputs.len(),
            "the derivative of `{}` gave {} values for {} inputs: it must give one for each, in order",
            self.name(),
            partials.len(),
            inputs.len(),
        );
        for partial in &mut partials {
            *partial = Real::mul(g, *partial);
        }
        partials
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operation({})", self.name())
    }
}

impl Tape {
    /// Lists the inputs of an own operation, and behind them its own place; returns where.
    pub(crate) fn list_own(
        &mut self,
        operation: Operation,
        inputs: impl Iterator<Item = u32>,
    ) -> u32 {
        let first = self.next_args();
        self.args.extend(inputs);
        self.args.push(self.own.len() as u32);
        self.own.push(operation);
        first
    }
}
