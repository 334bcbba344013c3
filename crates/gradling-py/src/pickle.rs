//! Values taken apart and put together again, for pickle and deepcopy.

use crate::object::{Kind, PyValue};
use crate::world::{self, FACTS, Nodes};
use gradling::{Arity, Op, Value};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::collections::HashMap;

/// A value that was made from others: the operation, its plain number, what it was made from (a leaf by its
/// place, or else the number of leaves and the place among these records), number, gradient, label, facts.
type Record = (String, Option<f64>, Vec<u32>, f64, Option<f64>, Option<String>, u8);

/// What a value was made from: the leaves, as objects, and a record of everything made from them, ending with
/// the value itself. Constants are records without inputs.
#[pyfunction]
pub(crate) fn dismantle<'py>(
    value: &Bound<'py, PyValue>,
) -> PyResult<(Vec<Bound<'py, PyValue>>, Vec<Record>)> {
    let py = value.py();
    let is_leaf = |value: &Value| value.op() == Op::Leaf && !value.is_constant();
    let count =
        world::with(|_| value.get().value().reached().iter().filter(|v| is_leaf(v)).count());
    let leaves = PyValue::objects(py, value.get().kind(), count, |_| {
        value.get().value().reached().into_iter().filter(|v| is_leaf(v)).collect()
    })?;
    let records = world::with(|nodes| {
        let (mut leaf, mut made) = (0, count as u32);
        let mut place = HashMap::new();
        let mut records = Vec::new();
        for value in value.get().value().reached() {
            let next = if is_leaf(&value) { &mut leaf } else { &mut made };
            place.insert(value, *next);
            *next += 1;
            if is_leaf(&value) {
                continue;
            }
            if value.op() == Op::Own {
                return Err(value.symbol());
            }
            let inputs = value.inputs().iter().map(|input| place[input]).collect();
            let (data, grad, facts) =
                (value.data(), value.computed_grad(), nodes.facts(value.id()));
            let op = value.op().name().to_owned();
            records.push((op, value.number(), inputs, data, grad, value.label(), facts));
        }
        Ok(records)
    });
    let records = records.map_err(|name| {
        PyValueError::new_err(format!(
            "`{name}` has a `_backward` by hand, which cannot be copied: copy the values it was made from"
        ))
    })?;
    Ok((leaves, records))
}

/// Puts together what `dismantle` took apart.
#[pyfunction]
pub(crate) fn assemble<'py>(
    py: Python<'py>,
    micrograd: bool,
    leaves: Vec<Bound<'py, PyValue>>,
    records: Vec<Record>,
) -> PyResult<Bound<'py, PyValue>> {
    for (i, (op, _, inputs, ..)) in records.iter().enumerate() {
        let known = leaves.len() + i;
        let takes = |op: Op| match op.arity() {
            Arity::Leaf => inputs.is_empty(),
            Arity::Fixed(count) => inputs.len() == count,
            Arity::Many => op != Op::Own && (op != Op::Dot || inputs.len() % 2 == 0),
        };
        if !Op::from_name(op).is_some_and(takes)
            || inputs.iter().any(|&input| input as usize >= known)
        {
            return Err(PyValueError::new_err(format!("record {i} of a pickled value is damaged")));
        }
    }
    if records.is_empty() {
        return Err(PyValueError::new_err("a pickled value has no records"));
    }
    let kind = if micrograd { Kind::Micrograd } else { Kind::Own };
    let make = |nodes: &mut Nodes| {
        let mut values: Vec<Value> = leaves.iter().map(|leaf| leaf.get().value()).collect();
        for (op, number, inputs, data, grad, label, facts) in records {
            let op = Op::from_name(&op).expect("looked at above");
            let inputs: Vec<Value> = inputs.iter().map(|&input| values[input as usize]).collect();
            let value = match (op, number) {
                (Op::Leaf, _) => Value::constant(data),
                (Op::Powf, Some(exponent)) => inputs[0].pow(exponent),
                (Op::LeakyRelu, Some(slope)) => inputs[0].leaky_relu(slope),
                _ => Value::apply(op, &inputs),
            };
            value.set_data(data);
            grad.into_iter().for_each(|grad| value.set_grad(grad));
            label.into_iter().for_each(|label| value.set_label(label));
            nodes.set_facts(value.id(), facts & FACTS);
            values.push(value);
        }
        *values.last().expect("there are records")
    };
    PyValue::make(py, kind, make)
}
