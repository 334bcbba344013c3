//! Functions of several values.

use crate::number;
use crate::object::{Kind, PyValue, guarded, plain};
use crate::world;
use gradling::Value;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

type Objects<'py> = Vec<Bound<'py, PyValue>>;

fn values_of<'py>(objects: &Bound<'py, PyAny>, what: &str) -> PyResult<Objects<'py>> {
    number::values(objects, what, Kind::Own)
}

/// What is made of values of micrograd's is of its kind.
fn kind_of(inputs: &[Bound<'_, PyValue>]) -> Kind {
    inputs.first().map_or(Kind::Own, |input| input.get().kind())
}

/// One value of many.
fn one<'py>(
    py: Python<'py>,
    inputs: &[Bound<'py, PyValue>],
    compute: impl FnOnce(&[Value]) -> Value,
) -> PyResult<Bound<'py, PyValue>> {
    PyValue::make_of(py, kind_of(inputs), inputs, |_| compute(&plain(inputs)))
}

/// As many values of many.
fn all<'py>(
    py: Python<'py>,
    inputs: &[Bound<'py, PyValue>],
    compute: impl FnOnce(&[Value]) -> Vec<Value>,
) -> PyResult<Objects<'py>> {
    let results = PyValue::objects(py, kind_of(inputs), inputs.len(), |_| compute(&plain(inputs)))?;
    results.iter().for_each(|result| PyValue::keep_by_hand(result, inputs));
    Ok(results)
}

/// The sum of values, as one node.
#[pyfunction]
pub(crate) fn sum<'py>(values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyValue>> {
    one(values.py(), &values_of(values, "what is summed")?, gradling::sum)
}

/// The mean of values, as one node.
#[pyfunction]
pub(crate) fn mean<'py>(values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyValue>> {
    one(values.py(), &values_of(values, "what is averaged")?, gradling::mean)
}

/// ln(exp(x0) + exp(x1) + …), as one node, without overflow.
#[pyfunction]
pub(crate) fn logsumexp<'py>(values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyValue>> {
    one(values.py(), &values_of(values, "the values of a logsumexp")?, gradling::logsumexp)
}

/// x0 w0 + x1 w1 + …, as one node.
#[pyfunction]
pub(crate) fn dot<'py>(
    x: &Bound<'py, PyAny>,
    w: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyValue>> {
    let (mut both, w) =
        (values_of(x, "the values of a dot")?, values_of(w, "the values of a dot")?);
    let count = both.len();
    if w.len() != count {
        return Err(PyValueError::new_err(format!(
            "a dot needs two lists of the same length, and these have {count} and {}",
            w.len()
        )));
    }
    both.extend(w);
    one(x.py(), &both, |both| gradling::dot(&both[..count], &both[count..]))
}

/// exp(x) / Σ exp(x) for each x: positive numbers that add up to 1. Large inputs do not overflow.
#[pyfunction]
pub(crate) fn softmax<'py>(values: &Bound<'py, PyAny>) -> PyResult<Objects<'py>> {
    all(values.py(), &values_of(values, "the values of a softmax")?, gradling::softmax)
}

/// The logarithm of the softmax, without its rounding to 0.
#[pyfunction]
pub(crate) fn log_softmax<'py>(values: &Bound<'py, PyAny>) -> PyResult<Objects<'py>> {
    all(values.py(), &values_of(values, "the values of a softmax")?, gradling::log_softmax)
}

/// The gradient of y by each of the values, as values that can be differentiated again.
#[pyfunction]
pub(crate) fn grad<'py>(
    y: &Bound<'py, PyValue>,
    values: &Bound<'py, PyAny>,
) -> PyResult<Objects<'py>> {
    let inputs = values_of(values, "what to differentiate by")?;
    let results = guarded(|| {
        PyValue::objects(y.py(), y.get().kind(), inputs.len(), |_| {
            gradling::grad(y.get().value(), &plain(&inputs))
        })
    })??;
    results.iter().for_each(|result| PyValue::keep_by_hand(result, [y]));
    Ok(results)
}

/// The matrix of the slopes of every result by every value, as numbers: row i is that of result i.
#[pyfunction]
pub(crate) fn jacobian(
    results: &Bound<'_, PyAny>,
    values: &Bound<'_, PyAny>,
) -> PyResult<Vec<Vec<f64>>> {
    let results = values_of(results, "what to differentiate")?;
    let inputs = values_of(values, "what to differentiate by")?;
    guarded(|| world::with(|_| gradling::jacobian(&plain(&results), &plain(&inputs))))
}

/// The matrix of the second derivatives of y by every two of the values, as numbers.
#[pyfunction]
pub(crate) fn hessian(
    y: &Bound<'_, PyValue>,
    values: &Bound<'_, PyAny>,
) -> PyResult<Vec<Vec<f64>>> {
    let inputs = values_of(values, "what to differentiate by")?;
    guarded(|| world::with(|_| gradling::hessian(y.get().value(), &plain(&inputs))))
}

/// The product of the matrix of second derivatives with a vector of numbers, without the matrix.
#[pyfunction]
pub(crate) fn hvp(
    y: &Bound<'_, PyValue>,
    values: &Bound<'_, PyAny>,
    vector: Vec<f64>,
) -> PyResult<Vec<f64>> {
    let inputs = values_of(values, "what to differentiate by")?;
    if vector.len() != inputs.len() {
        return Err(PyValueError::new_err(format!(
            "the vector needs a number for each of the {} values, and it has {}",
            inputs.len(),
            vector.len()
        )));
    }
    guarded(|| world::with(|_| gradling::hvp(y.get().value(), &plain(&inputs), &vector)))
}

/// How many nodes the objects of this process can reach.
#[pyfunction]
pub(crate) fn live_nodes() -> usize {
    world::with(|nodes| {
        nodes.collect();
        gradling::live_nodes()
    })
}

/// The names of the engine's operations, in the order of its table.
#[pyfunction]
pub(crate) fn operations() -> Vec<&'static str> {
    gradling::Op::ALL.iter().map(|op| op.name()).collect()
}
