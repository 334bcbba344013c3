//! Operations of the user's own: a function and its derivative.

use crate::op::{Op, Real};
use crate::tape::{self, Kind};
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
    value: Box<ValueOf>,
    derivative: Box<DerivativeOf>,
}

impl Operation {
    /// An operation of this name. `value` computes it from its inputs' numbers; `derivative` makes, from
    /// the inputs and the result, the partial derivative by each input, in order.
    pub fn new(
        name: impl Into<String>,
        value: impl Fn(&[f64]) -> f64 + 'static,
        derivative: impl Fn(&[Value], Value) -> Vec<Value> + 'static,
    ) -> Self {
        Operation(Rc::new(Parts {
            name: name.into(),
            value: Box::new(value),
            derivative: Box::new(derivative),
        }))
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
        let data = self.value(&numbers);
        tape::with(|tape| {
            let first = tape.next_args();
            tape.args.extend(inputs.iter().map(|input| input.id));
            // The operation's own place stands behind its inputs.
            tape.args.push(tape.own.len() as u32);
            tape.own.push(self.clone());
            let id = tape.push(data, Op::Own, Kind::Plain, first, inputs.len() as u32);
            Value::at(tape, id)
        })
    }

    pub(crate) fn value(&self, inputs: &[f64]) -> f64 {
        (self.0.value)(inputs)
    }

    /// The gradient of each input, given the gradient `g` of the result `y`.
    ///
    /// # Panics
    /// If the derivative does not give one value for each input.
    pub(crate) fn pull(&self, inputs: &[Value], y: Value, g: Value) -> Vec<Value> {
        let mut partials = (self.0.derivative)(inputs, y);
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
