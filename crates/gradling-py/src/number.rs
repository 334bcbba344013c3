//! What stands beside a value in an expression.
#![allow(unsafe_code)]

use crate::object::{Kind, PyValue};
use gradling::Value;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt};

/// A number of Python's, and whether it is whole.
#[derive(Clone, Copy)]
pub(crate) struct Number {
    pub(crate) data: f64,
    pub(crate) is_int: bool,
}

/// A value, or a number that becomes one.
pub(crate) enum Operand<'a, 'py> {
    Value(&'a Bound<'py, PyValue>),
    Number(Number),
}

/// The name of an object's class, for messages.
pub(crate) fn class_of(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string())
}

impl<'a, 'py> Operand<'a, 'py> {
    /// Reads an operand; none if Python shall ask the other side of the operator, or else complain.
    #[inline]
    pub(crate) fn of(object: &'a Bound<'py, PyAny>) -> PyResult<Option<Self>> {
        if let Ok(value) = object.cast::<PyValue>() {
            return Ok(Some(Operand::Value(value)));
        }
        Ok(Number::of(object)?.map(Operand::Number))
    }

    /// The same for what stands beside a value, usually one of its own class, which is not asked for its bases then.
    #[inline]
    pub(crate) fn beside(
        value: &Bound<'py, PyValue>,
        object: &'a Bound<'py, PyAny>,
    ) -> PyResult<Option<Self>> {
        if object.get_type_ptr() == value.get_type_ptr() {
            // SAFETY: it has the class of a value.
            return Ok(Some(Operand::Value(unsafe { object.cast_unchecked() })));
        }
        Operand::of(object)
    }

    /// The id of a value; a number has none.
    pub(crate) fn id(&self) -> Option<u32> {
        match self {
            Operand::Value(value) => Some(value.get().id()),
            Operand::Number(_) => None,
        }
    }

    /// The value, on the tape: a number becomes a constant.
    pub(crate) fn value(&self, nodes: &mut crate::world::Nodes) -> Value {
        match self {
            Operand::Value(value) => value.get().value(),
            Operand::Number(number) => number.constant(nodes),
        }
    }
}

impl Number {
    /// Reads a number: an int, a float, or what numpy has of these.
    #[inline]
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Option<Number>> {
        if let Ok(number) = object.cast_exact::<PyFloat>() {
            return Ok(Some(Number { data: number.value(), is_int: false }));
        }
        if object.is_instance_of::<PyInt>() {
            let data: f64 = object.extract()?;
            // Beyond 2^53 a float is not the same number.
            return Ok(Some(Number { data, is_int: data.abs() <= 9_007_199_254_740_992.0 }));
        }
        if object.is_instance_of::<PyFloat>() {
            return Ok(Some(Number { data: object.extract()?, is_int: false }));
        }
        // A scalar or an array of numpy's, or of a library like it.
        let Ok(dimensions) = object.getattr(pyo3::intern!(object.py(), "ndim")) else {
            return Ok(None);
        };
        if dimensions.extract::<usize>()? > 0 {
            return Ok(None);
        }
        let data: f64 = object.call_method0(pyo3::intern!(object.py(), "__float__"))?.extract()?;
        let is_int =
            object.hasattr(pyo3::intern!(object.py(), "__index__"))? && data.fract() == 0.0;
        Ok(Some(Number { data, is_int }))
    }

    /// As [`of`](Number::of), where nothing but a number will do.
    pub(crate) fn wanted(object: &Bound<'_, PyAny>, what: &str) -> PyResult<Number> {
        Number::of(object)?.ok_or_else(|| {
            PyTypeError::new_err(format!("{what} must be a number, not {}", class_of(object)))
        })
    }

    pub(crate) fn constant(self, nodes: &mut crate::world::Nodes) -> Value {
        let value = Value::constant(self.data);
        if self.is_int {
            nodes.set_facts(value.id(), crate::world::INT);
        }
        value
    }
}

/// The values of a list, a tuple, an array of objects or anything else that can be iterated; numbers among
/// them become constants.
pub(crate) fn values<'py>(
    objects: &Bound<'py, PyAny>,
    what: &str,
    kind: Kind,
) -> PyResult<Vec<Bound<'py, PyValue>>> {
    let complain = |object: &Bound<'py, PyAny>| {
        PyTypeError::new_err(format!("{what} must be Values, not {}", class_of(object)))
    };
    let iterator = objects.try_iter().map_err(|_| complain(objects))?;
    iterator
        .map(|object| {
            let object = object?;
            match Operand::of(&object)?.ok_or_else(|| complain(&object))? {
                Operand::Value(value) => {
                    value.get().has_number()?;
                    Ok(value.clone())
                }
                Operand::Number(number) => {
                    PyValue::make(objects.py(), kind, |nodes| number.constant(nodes))
                }
            }
        })
        .collect()
}
