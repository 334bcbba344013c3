//! A network of micrograd's in one call.
#![allow(unsafe_code)]

use crate::micrograd::relu;
use crate::number::Operand;
use crate::object::{Kind, PyValue};
use crate::operations::binary;
use crate::world::{INT, Nodes};
use gradling::{Op, Value, shared};
use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyType};

/// A neuron's attributes, held so that they stay while nothing of Python's runs.
struct Neuron<'py> {
    w: Bound<'py, PyList>,
    b: Bound<'py, PyValue>,
    nonlin: bool,
}

/// What the layers make of x, as micrograd spells it: for each neuron
/// `sum((wi * xi for wi, xi in zip(w, x)), b)`, then `relu()` if it has `nonlin`. The attributes `neurons`,
/// `w`, `b` and `nonlin` are read anew.
///
/// Returns `NotImplemented` where Python has to do it: if a neuron is not exactly of the class `neuron`, if its
/// weights are not a list of values, or if one of these has a `_backward` by hand below it.
#[pyfunction]
pub(crate) fn forward(
    layers: &Bound<'_, PyAny>,
    x: &Bound<'_, PyAny>,
    neuron: &Bound<'_, PyType>,
) -> PyResult<Py<PyAny>> {
    let py = layers.py();
    let declined = || Ok(py.NotImplemented());
    // Other threads might change a list while it is read.
    if cfg!(Py_GIL_DISABLED) {
        return declined();
    }
    let x: Vec<Bound<'_, PyAny>> = x.try_iter()?.collect::<PyResult<_>>()?;
    let mut inputs = Vec::with_capacity(x.len());
    for x in &x {
        match Operand::of(x)? {
            Some(Operand::Value(value)) if value.get().is_by_hand() => return declined(),
            Some(input) => inputs.push(input),
            None => return declined(),
        }
    }
    let mut network: Vec<Vec<Neuron<'_>>> = Vec::new();
    let mut width = inputs.len();
    for layer in layers.try_iter()? {
        let neurons = layer?.getattr(pyo3::intern!(py, "neurons"))?;
        let Ok(neurons) = neurons.cast_exact::<PyList>() else { return declined() };
        let mut read = Vec::with_capacity(neurons.len());
        for one in neurons {
            if !one.get_type().is(neuron) {
                return declined();
            }
            let Some(one) = Neuron::read(&one)? else { return declined() };
            if one.w.len() != width {
                return Err(PyValueError::new_err(format!(
                    "a neuron with {} weights was given {width} inputs",
                    one.w.len()
                )));
            }
            read.push(one);
        }
        width = read.len();
        network.push(read);
    }
    let mut plain = true;
    let results = PyValue::objects(py, Kind::Micrograd, width, |nodes| {
        let outputs = run(nodes, &network, &inputs);
        plain = outputs.is_some();
        outputs.unwrap_or_default()
    })?;
    if !plain {
        return declined();
    }
    Ok(results.into_pyobject(py)?.into_any().unbind())
}

/// The outputs of the last layer; none if some weight is not a plain value.
fn run(
    nodes: &mut Nodes,
    network: &[Vec<Neuron<'_>>],
    inputs: &[Operand<'_, '_>],
) -> Option<Vec<Value>> {
    let mut weights = Vec::new();
    let mut values: Option<Vec<Value>> = None;
    for layer in network {
        let mut outputs = Vec::with_capacity(layer.len());
        for neuron in layer {
            weights.clear();
            for i in 0..neuron.w.len() {
                weights.push(neuron.weight(i).filter(|w| !w.is_by_hand())?.id());
            }
            outputs.push(match &values {
                Some(values) => neuron.fire(nodes, &weights, values),
                None => neuron.fire_first(nodes, &weights, inputs),
            });
        }
        values = Some(outputs);
    }
    values
}

impl<'py> Neuron<'py> {
    fn read(neuron: &Bound<'py, PyAny>) -> PyResult<Option<Self>> {
        let py = neuron.py();
        // What was written on the neuron stands in its own dictionary; looking there first leaves its class out.
        // SAFETY: a neuron is an ordinary object, which has one.
        let written = unsafe {
            let written = ffi::PyObject_GenericGetDict(neuron.as_ptr(), std::ptr::null_mut());
            Bound::from_owned_ptr_or_err(py, written)?.cast_into::<PyDict>()?
        };
        let read = |name: &Bound<'py, PyString>| match written.get_item(name)? {
            Some(found) => Ok(found),
            None => neuron.getattr(name),
        };
        let Ok(w) = read(pyo3::intern!(py, "w"))?.cast_into_exact::<PyList>() else {
            return Ok(None);
        };
        let Ok(b) = read(pyo3::intern!(py, "b"))?.cast_into::<PyValue>() else {
            return Ok(None);
        };
        let nonlin = read(pyo3::intern!(py, "nonlin"))?.is_truthy()?;
        let plain = !b.get().is_by_hand();
        Ok(plain.then_some(Neuron { w, b, nonlin }))
    }

    /// A weight, if it is a value.
    #[inline]
    fn weight(&self, i: usize) -> Option<&PyValue> {
        // SAFETY: a list has so many items, and each lives as long as it is in the list, which nobody changes
        // while nothing of Python's runs.
        let item = unsafe {
            let item = ffi::PyList_GetItem(self.w.as_ptr(), i as ffi::Py_ssize_t);
            Borrowed::from_ptr_or_opt(self.w.py(), item)?
        };
        let value = match item.get_type_ptr() == self.b.get_type_ptr() {
            // SAFETY: the bias is a value, and this has the same class.
            true => unsafe { item.cast_unchecked::<PyValue>() },
            false => item.cast::<PyValue>().ok()?,
        };
        // SAFETY: as above; a value's contents do not move.
        Some(unsafe { &*std::ptr::from_ref(value.get()) })
    }

    /// The neuron's output for values; `w` are the ids of its weights.
    #[inline]
    fn fire(&self, nodes: &mut Nodes, w: &[u32], x: &[Value]) -> Value {
        let pairs = w.iter().copied().zip(x.iter().map(|x| x.id()));
        let int = |id: u32| nodes.facts(id) & INT != 0;
        if x.iter().any(|x| int(x.id())) && w.iter().any(|&w| int(w)) {
            // One by one, for ints that stay ints.
            let sum = pairs.fold(self.b.get().value(), |sum, (w, x)| {
                let product = binary(nodes, Op::Mul, shared::value(w), shared::value(x));
                binary(nodes, Op::Add, sum, product)
            });
            return self.activate(nodes, sum);
        }
        let sum = shared::spelled_dot(self.b.get().id(), pairs);
        self.activate(nodes, sum)
    }

    /// The same for what the network was called with. A number becomes a value of its own at each use, as it
    /// does there.
    fn fire_first(&self, nodes: &mut Nodes, w: &[u32], x: &[Operand<'_, '_>]) -> Value {
        let mut sum = self.b.get().value();
        for (&w, x) in w.iter().zip(x) {
            let x = x.value(nodes);
            let product = binary(nodes, Op::Mul, shared::value(w), x);
            sum = binary(nodes, Op::Add, sum, product);
        }
        self.activate(nodes, sum)
    }

    #[inline]
    fn activate(&self, nodes: &mut Nodes, sum: Value) -> Value {
        if self.nonlin { relu(nodes, sum) } else { sum }
    }
}
