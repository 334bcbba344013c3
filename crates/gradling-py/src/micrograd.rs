//! The class that spells operations as micrograd does.

use crate::number::{Number, Operand};
use crate::object::{Kind, PyValue, spells_anew};
use crate::operations::{Side, binary, power, spelled, unary};
use crate::world::Nodes;
use gradling::{Op, Value, shared};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// The class that micrograd's `Value` stands for: as `gradling.Value`, but it spells operations as micrograd
/// does. `-a` is `a * -1`, `a - b` is `a + b * -1`, `a / b` is `a * b**-1`, and a graph shows these nodes.
#[pyclass(name = "Value", module = "gradling.micrograd.engine", extends = PyValue, frozen, subclass)]
pub(crate) struct Micrograd;

const MINUS_ONE: Number = Number { data: -1.0, is_int: true };

/// x * -1
fn negative(nodes: &mut Nodes, x: Value) -> Value {
    let minus_one = MINUS_ONE.constant(nodes);
    binary(nodes, Op::Mul, x, minus_one)
}

/// Whether a ReLU makes an int of it: `0 if x < 0 else x`.
#[inline]
pub(crate) fn becomes_int(x: f64) -> bool {
    x < 0.0
}

/// max(x, 0)
#[inline]
pub(crate) fn relu(nodes: &mut Nodes, x: Value) -> Value {
    let y = unary(nodes, Op::Relu, x);
    // An int is only shown differently, so it may be told while a program is recorded.
    if becomes_int(shared::number(x)) {
        nodes.set_int(y.id(), true);
    }
    y
}

#[pymethods]
impl Micrograd {
    #[new]
    #[pyo3(signature = (*_arguments, **_named), text_signature = "(data, _children=(), _op='', label=None)")]
    fn new(
        _arguments: &Bound<'_, PyTuple>,
        _named: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        PyClassInitializer::from(PyValue::blank(Kind::Micrograd)).add_subclass(Micrograd)
    }

    fn __neg__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let a = slf.as_super();
        if spells_anew(a) {
            return slf.mul(-1);
        }
        let negative = |nodes: &mut Nodes| negative(nodes, a.get().value());
        Ok(PyValue::make_of(slf.py(), Kind::Micrograd, [a], negative)?.into_any())
    }

    /// max(x, 0), with gradient 0 at 0.
    fn relu<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        let x = slf.as_super();
        PyValue::make_of(slf.py(), Kind::Micrograd, [x], |nodes| relu(nodes, x.get().value()))
    }

    fn __sub__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        if spells_anew(slf.as_super()) {
            return Ok(slf.add(other.neg()?)?.unbind());
        }
        spelled(slf.as_super(), other, Op::Sub, Side::Left, |nodes, a, b| {
            let b = match b {
                Operand::Value(b) => negative(nodes, b.get().value()),
                Operand::Number(b) => Number { data: -b.data, ..*b }.constant(nodes),
            };
            binary(nodes, Op::Add, a, b)
        })
    }

    fn __rsub__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        if spells_anew(slf.as_super()) {
            return Ok(other.add(slf.neg()?)?.unbind());
        }
        spelled(slf.as_super(), other, Op::Sub, Side::Right, |nodes, a, b| {
            let a = negative(nodes, a);
            let b = b.value(nodes);
            binary(nodes, Op::Add, a, b)
        })
    }

    fn __truediv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        if spells_anew(slf.as_super()) {
            return Ok(slf.mul(other.pow(-1, slf.py().None())?)?.unbind());
        }
        spelled(slf.as_super(), other, Op::Div, Side::Left, |nodes, a, b| {
            let b = match b {
                Operand::Value(b) => power(nodes, b.get().value(), MINUS_ONE),
                Operand::Number(b) => Number { data: 1.0 / b.data, is_int: false }.constant(nodes),
            };
            binary(nodes, Op::Mul, a, b)
        })
    }

    fn __rtruediv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        if spells_anew(slf.as_super()) {
            return Ok(other.mul(slf.pow(-1, slf.py().None())?)?.unbind());
        }
        spelled(slf.as_super(), other, Op::Div, Side::Right, |nodes, a, b| {
            let a = power(nodes, a, MINUS_ONE);
            let b = b.value(nodes);
            binary(nodes, Op::Mul, a, b)
        })
    }
}
