//! Gradients as functions: gradients that can be differentiated again, Jacobians and Hessians.
//!
//! The same table and the same walk as `backward`, over anything that is [`Real`]: over numbers it
//! gives numbers, over values it records the graph of the gradient. Nothing here touches the gradients
//! kept by `backward`.

use crate::backward::{pull_many, pull_select};
use crate::op::{Arity, Op, Real};
use crate::program::refuse_varying;
use crate::value::{Value, live};
use crate::{many, tape};

/// d y / d x for each x of `xs`, as values that can be differentiated again. 0 for an x that y was not
/// made from.
///
/// ```
/// use gradling::{Value, grad};
/// let x = Value::new(2.0);
/// let y = x.pow(3);
/// let slope = grad(y, &[x])[0];
/// let curvature = grad(slope, &[x])[0];
/// assert_eq!((slope.data(), curvature.data()), (12.0, 12.0)); // 3x², 6x
/// ```
#[track_caller]
pub fn grad(y: Value, xs: &[Value]) -> Vec<Value> {
    pull_back(y, xs)
}

/// The matrix of d yᵢ / d xⱼ, one row for each y: one sweep a row.
#[track_caller]
pub fn jacobian(ys: &[Value], xs: &[Value]) -> Vec<Vec<f64>> {
    for &y in ys {
        refuse_varying(y, "jacobian");
    }
    // A loop, because a closure would hide the caller's place from the message of a panic.
    let mut rows = Vec::with_capacity(ys.len());
    for &y in ys {
        rows.push(pull_back(y, xs));
    }
    rows
}

/// The matrix of second derivatives ∂²y / ∂xᵢ∂xⱼ: the Jacobian of the gradient.
///
/// ```
/// use gradling::{Value, hessian};
/// let (a, b) = (Value::new(2.0), Value::new(3.0));
/// assert_eq!(hessian(a * a * b, &[a, b]), [[6.0, 4.0], [4.0, 0.0]]); // 2b, 2a; 2a, 0
/// ```
#[track_caller]
pub fn hessian(y: Value, xs: &[Value]) -> Vec<Vec<f64>> {
    check(y, xs);
    refuse_varying(y, "hessian");
    crate::scope(|| jacobian(&grad(y, xs), xs))
}

/// The Hessian of `y` times the vector `v`, without making the matrix: two sweeps.
///
/// # Panics
/// If `v` has not as many numbers as `xs` has values.
#[track_caller]
pub fn hvp(y: Value, xs: &[Value], v: &[f64]) -> Vec<f64> {
    assert!(
        v.len() == xs.len(),
        "a Hessian by {} values needs a vector of as many numbers, and this has {}",
        xs.len(),
        v.len()
    );
    check(y, xs);
    refuse_varying(y, "hvp");
    crate::scope(|| {
        let v: Vec<Value> = v.iter().map(|&v| Value::constant(v)).collect();
        pull_back(crate::dot(&grad(y, xs), &v), xs)
    })
}

impl Value {
    /// What `backward` adds to the gradient of each input, in order, when that of this value is `g`: one
    /// step of the chain rule. For `g` = 1 these are the local derivatives.
    ///
    /// ```
    /// use gradling::Value;
    /// let product = Value::new(2.0) * Value::new(-3.0);
    /// assert_eq!(product.pull(10.0), [-30.0, 20.0]);
    /// ```
    #[track_caller]
    pub fn pull(self, g: f64) -> Vec<f64> {
        refuse_varying(self, "pull");
        // + 0.0 makes zero of minus zero, as the sweep does.
        pull(self, &self.inputs(), g).into_iter().map(|pulled: f64| pulled + 0.0).collect()
    }
}

/// A value as the kind of thing the gradients are computed in.
trait Differentiable: Real {
    fn of(value: Value) -> Self;
    fn pull_own(value: Value, inputs: &[Value], g: Self) -> Vec<Self>;
}

impl Differentiable for f64 {
    fn of(value: Value) -> f64 {
        value.data()
    }
    fn pull_own(value: Value, inputs: &[Value], g: f64) -> Vec<f64> {
        crate::scope(|| {
            let pulled = Value::pull_own(value, inputs, Value::constant(g));
            pulled.into_iter().map(Value::data).collect()
        })
    }
}

impl Differentiable for Value {
    fn of(value: Value) -> Value {
        value
    }
    fn pull_own(value: Value, inputs: &[Value], g: Value) -> Vec<Value> {
        let operation = tape::with(|tape| tape.own_at(value.id as usize).clone());
        operation.pull(inputs, value, g)
    }
}

/// Refuses values that were given back.
#[track_caller]
fn check(y: Value, xs: &[Value]) {
    live(tape::with(|tape| many::check(tape, &[y]).and_then(|()| many::check(tape, xs))));
}

/// The gradients of `y` by `xs`: a walk down over the values that lie between the two.
#[track_caller]
fn pull_back<R: Differentiable>(y: Value, xs: &[Value]) -> Vec<R> {
    check(y, xs);
    let between = between(y, xs);
    let place = |value: &Value| between.binary_search_by_key(&value.id, |value| value.id).ok();
    let mut grads: Vec<Option<R>> = vec![None; between.len()];
    if let Some(root) = grads.last_mut() {
        *root = Some(R::number(1.0));
    }
    for (i, &value) in between.iter().enumerate().rev() {
        let Some(g) = grads[i] else { continue };
        let inputs = value.inputs();
        let wanted: Vec<Option<usize>> = inputs.iter().map(place).collect();
        if wanted.iter().all(Option::is_none) {
            continue;
        }
        for (place, pulled) in wanted.into_iter().zip(pull(value, &inputs, g)) {
            if let Some(place) = place {
                grads[place] = Some(grads[place].map_or(pulled, |sum| sum + pulled));
            }
        }
    }
    let of = |x: &Value| place(x).and_then(|i| grads[i]);
    xs.iter().map(|x| of(x).unwrap_or_else(|| R::number(0.0))).collect()
}

/// The values that `y` was made from and that were made from one of `xs`, both ends included, ascending.
#[track_caller]
fn between(y: Value, xs: &[Value]) -> Vec<Value> {
    let mut order = y.reached();
    // Ascending, so the answer for every input of a value is there before it is asked for.
    let mut depends = vec![false; order.len()];
    tape::with(|tape| {
        let place = |id: u32| order.binary_search_by_key(&id, |value| value.id);
        xs.iter().filter_map(|x| place(x.id).ok()).for_each(|i| depends[i] = true);
        for (i, value) in order.iter().enumerate() {
            tape.inputs(value.id as usize, |input| {
                depends[i] = depends[i] || place(input).is_ok_and(|i| depends[i]);
            });
        }
    });
    let mut keep = depends.into_iter();
    order.retain(|_| keep.next() == Some(true));
    order
}

/// The gradient of each input of `value`, given its own.
fn pull<R: Differentiable>(value: Value, inputs: &[Value], g: R) -> Vec<R> {
    let x = |i: usize| R::of(inputs[i]);
    match value.op() {
        Op::Leaf => Vec::new(),
        Op::Own => R::pull_own(value, inputs, g),
        op @ (Op::Sum | Op::Mean | Op::LogSumExp) => {
            let y = R::of(value);
            (0..inputs.len()).map(|i| pull_many(op, inputs.len(), x(i), y, g)).collect()
        }
        op @ (Op::Dot | Op::Affine) => {
            let n = inputs.len() / 2;
            let bias = (op == Op::Affine).then_some(g);
            (n..2 * n).chain(0..n).map(|i| g * x(i)).chain(bias).collect()
        }
        Op::Select => {
            let (db, dc) = pull_select(x(0), g);
            vec![R::number(0.0), db, dc]
        }
        op => match (value.number(), op.arity()) {
            (Some(c), _) => vec![op.pull_number(x(0), c, g)],
            (None, Arity::Fixed(1)) => vec![op.pull1(x(0), R::of(value), g)],
            _ => {
                let (da, db) = op.pull2(x(0), x(1), g);
                vec![da, db]
            }
        },
    }
}
