//! Making values: what the operators and methods of both classes share.

use crate::number::{Number, Operand, class_of};
use crate::object::{PyValue, is_subclass, plain};
use crate::world::{self, FLOAT_EXPONENT, INT, NO_NODE, Nodes};
use gradling::{Op, Value, shared};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// Whether an operation on ints gives an int.
fn keeps_int(op: Op) -> bool {
    matches!(op, Op::Add | Op::Sub | Op::Mul | Op::Neg | Op::Relu | Op::Abs | Op::Max | Op::Min)
}

pub(crate) fn one<'py>(a: &Bound<'py, PyValue>, op: Op) -> PyResult<Bound<'py, PyValue>> {
    PyValue::make_of(a.py(), a.get().kind, [a], |nodes| unary(nodes, op, a.get().value()))
}

/// Every element of an array of numpy's with the value; none if it is no array.
#[cold]
fn with_array(
    a: &Bound<'_, PyValue>,
    b: &Bound<'_, PyAny>,
    op: Op,
    side: Side,
) -> PyResult<Py<PyAny>> {
    let py = a.py();
    let function = match op {
        Op::Add => "add",
        Op::Sub => "subtract",
        Op::Mul => "multiply",
        Op::Div => "divide",
        Op::Pow => "power",
        _ => return Ok(py.NotImplemented()),
    };
    if !b.hasattr("__array_ufunc__")? || !b.hasattr("ndim")? {
        return Ok(py.NotImplemented());
    }
    let numpy = py.import("numpy")?;
    // A box of one object, which numpy takes as it is.
    let boxed = numpy.getattr("empty")?.call1(((), "object"))?;
    boxed.set_item((), a)?;
    let array = b.call_method1("astype", ("object",))?;
    let (x, y) = if side == Side::Left { (boxed, array) } else { (array, boxed) };
    Ok(numpy.getattr(function)?.call1((x, y))?.unbind())
}

/// Which side of the operator the value stands on whose method Python called.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Side {
    Left,
    Right,
}

#[inline]
pub(crate) fn two<'py>(
    a: &Bound<'py, PyValue>,
    b: &Bound<'py, PyAny>,
    op: Op,
    side: Side,
) -> PyResult<Py<PyAny>> {
    spelled(a, b, op, side, |nodes, mine, b| {
        let other = b.value(nodes);
        let (x, y) = if side == Side::Left { (mine, other) } else { (other, mine) };
        binary(nodes, op, x, y)
    })
}

/// What `spell` makes of a value and what stands beside it at the operator `op`.
#[inline]
pub(crate) fn spelled<'py>(
    a: &Bound<'py, PyValue>,
    b: &Bound<'py, PyAny>,
    op: Op,
    side: Side,
    spell: impl FnOnce(&mut Nodes, Value, &Operand<'_, 'py>) -> Value,
) -> PyResult<Py<PyAny>> {
    let Some(b) = Operand::beside(a, b)? else { return with_array(a, b, op, side) };
    let beside = match b {
        Operand::Value(b) => Some(b),
        Operand::Number(_) => None,
    };
    let inputs = std::iter::once(a).chain(beside);
    let result =
        PyValue::make_of(a.py(), a.get().kind, inputs, |nodes| spell(nodes, a.get().value(), &b))?;
    Ok(result.into_any().unbind())
}

/// A node of one, which is an int if that is and the operation keeps ints.
#[inline]
pub(crate) fn unary(nodes: &mut Nodes, op: Op, x: Value) -> Value {
    let value = match op {
        Op::Relu => x.relu(),
        op => Value::apply(op, &[x]),
    };
    if keeps_int(op) && nodes.facts(x.id()) & INT != 0 {
        nodes.set_facts(value.id(), INT);
    }
    value
}

/// A node of two, which is an int if they are and the operation keeps ints.
#[inline]
pub(crate) fn binary(nodes: &mut Nodes, op: Op, x: Value, y: Value) -> Value {
    let value = match op {
        Op::Add => x + y,
        Op::Mul => x * y,
        op => Value::apply(op, &[x, y]),
    };
    if keeps_int(op) && nodes.facts(x.id()) & nodes.facts(y.id()) & INT != 0 {
        nodes.set_facts(value.id(), INT);
    }
    value
}

/// A node to the power of a number.
pub(crate) fn power(nodes: &mut Nodes, x: Value, number: Number) -> Value {
    let value = x.pow(number.data);
    let is_int = nodes.facts(x.id()) & INT != 0 && number.is_int && number.data >= 0.0;
    let facts = if is_int { INT } else { 0 } | if number.is_int { 0 } else { FLOAT_EXPONENT };
    nodes.set_facts(value.id(), facts);
    value
}

/// An operation with a plain number.
pub(crate) fn with_number<'py>(
    a: &Bound<'py, PyValue>,
    number: Number,
    op: Op,
) -> PyResult<Bound<'py, PyValue>> {
    PyValue::make_of(a.py(), a.get().kind, [a], |nodes| {
        let x = a.get().value();
        match op {
            Op::LeakyRelu => x.leaky_relu(number.data),
            _ => power(nodes, x, number),
        }
    })
}

/// Makes an object mean a leaf, or a value made by hand from others.
pub(crate) fn initialise<'py>(
    object: &Bound<'py, PyValue>,
    data: &Bound<'py, PyAny>,
    children: Option<&Bound<'py, PyAny>>,
    op: &str,
    label: Option<String>,
) -> PyResult<()> {
    let data = Number::wanted(data, "the data of a Value")?;
    let inputs = match children {
        Some(children) => {
            crate::number::values(children, "the children of a Value", object.get().kind)?
        }
        None => Vec::new(),
    };
    let of_subclass = is_subclass(object);
    world::with(|nodes| {
        nodes.tidy();
        let before = object.get().id();
        let value = if inputs.is_empty() {
            Value::new(data.data)
        } else {
            shared::made_by_hand(data.data, &plain(&inputs), op)
        };
        if data.is_int {
            nodes.set_facts(value.id(), INT);
        }
        // A subclass may have named it before it called this.
        let label =
            label.or_else(|| (before != NO_NODE).then(|| shared::value(before).label()).flatten());
        if let Some(label) = label.filter(|label| !label.is_empty()) {
            value.set_label(label);
        }
        nodes.register(object, value);
        if before != NO_NODE {
            nodes.forget(before);
        } else if of_subclass {
            // The node's object keeps its class.
            nodes.pin(object.clone().unbind());
        }
    });
    PyValue::keep_by_hand(object, &inputs);
    Ok(())
}

/// An operation that has a name instead of an operator: there is no other side to ask.
pub(crate) fn named(a: &Bound<'_, PyValue>, b: &Bound<'_, PyAny>, op: Op) -> PyResult<Py<PyAny>> {
    let py = a.py();
    let result = two(a, b, op, Side::Left)?;
    if result.is(py.NotImplemented()) {
        let (name, class) = (op.name(), class_of(b));
        return Err(PyTypeError::new_err(format!(
            "{name}() takes a Value or a number, not {class}"
        )));
    }
    Ok(result)
}
