//! What a gradient is computed by.

use crate::number::values;
use crate::object::{Kind, PyValue};
use crate::world::{self, Nodes};
use gradling::Value;
use pyo3::prelude::*;

/// Values that a gradient is computed by, looked up once.
#[pyclass(name = "Parameters", module = "gradling._native", frozen)]
pub(crate) struct PyParameters(Vec<Py<PyValue>>);

#[pymethods]
impl PyParameters {
    #[new]
    fn new(values: &Bound<'_, PyAny>) -> PyResult<Self> {
        let values = self::values(values, "parameters", Kind::Own)?;
        Ok(PyParameters(values.into_iter().map(Bound::unbind).collect()))
    }
}

impl PyParameters {
    /// The class of the first, and so of what is made of them.
    pub(crate) fn kind(&self) -> Kind {
        self.0.first().map_or(Kind::Own, |value| value.get().kind())
    }

    /// Runs `body` with the values, on the tape.
    pub(crate) fn with<R>(&self, body: impl FnOnce(&mut Nodes, &[Value]) -> R) -> R {
        world::with(|nodes| {
            let values: Vec<Value> = self.0.iter().map(|value| value.get().value()).collect();
            body(nodes, &values)
        })
    }

    /// Their numbers.
    pub(crate) fn numbers(&self) -> Vec<f64> {
        self.with(|_, values| values.iter().map(|value| value.data()).collect())
    }

    /// Lets `body` give them other numbers, none of them an `int`.
    pub(crate) fn change<R>(&self, body: impl FnOnce(&[Value]) -> R) -> R {
        self.with(|nodes, values| {
            let result = body(values);
            values.iter().for_each(|value| nodes.set_int(value.id(), false));
            result
        })
    }
}
