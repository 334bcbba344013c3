//! A network of micrograd's in one call.
#![allow(unsafe_code)]

use crate::micrograd::{becomes_int, relu};
use crate::number::Operand;
use crate::object::{Kind, PyValue};
use crate::operations::binary;
use crate::world::{INT, Nodes};
use gradling::shared::{self, Spelled};
use gradling::{Op, Value};
use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyType};

/// A neuron's attributes, held so that they stay while nothing of Python's runs.
struct Neuron<'py> {
    w: Bound<'py, PyList>,
    /// How many weights it has.
    count: usize,
    b: Bound<'py, PyValue>,
    nonlin: bool,
}

/// Whether an object is of this class itself; asked so, its class is not counted.
#[inline]
fn is_a(object: &Bound<'_, PyAny>, class: &Bound<'_, PyType>) -> bool {
    object.get_type_ptr() == class.as_type_ptr()
}

/// What the layers make of x, as micrograd spells it: for each neuron
/// `sum((wi * xi for wi, xi in zip(w, x)), b)`, then `relu()` if it has `nonlin`. All attributes are read anew.
///
/// Returns `NotImplemented` where Python has to do it: if a neuron is not exactly of the class `neuron`, or a
/// layer not of the class `layer` where that is given, if a neuron does not have `w`, `b` and `nonlin` as its class
/// writes them, or if a value has a `_backward` by hand below it.
#[pyfunction]
#[pyo3(signature = (layers, x, neuron, layer=None))]
pub(crate) fn forward(
    layers: &Bound<'_, PyAny>,
    x: &Bound<'_, PyAny>,
    neuron: &Bound<'_, PyType>,
    layer: Option<&Bound<'_, PyType>>,
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
            Some(Operand::Value(value)) if !value.get().is_plain() => return declined(),
            Some(input) => inputs.push(input),
            None => return declined(),
        }
    }
    let mut network: Vec<Vec<Neuron<'_>>> = Vec::new();
    let mut width = inputs.len();
    for one in layers.try_iter()? {
        let one = one?;
        if layer.is_some_and(|layer| !is_a(&one, layer)) {
            return declined();
        }
        let neurons = one.getattr(pyo3::intern!(py, "neurons"))?;
        let Ok(neurons) = neurons.cast_exact::<PyList>() else { return declined() };
        let mut read = Vec::with_capacity(neurons.len());
        for one in neurons {
            if !is_a(&one, neuron) {
                return declined();
            }
            let Some(one) = Neuron::read(&one)? else { return declined() };
            if one.count != width {
                return Err(PyValueError::new_err(format!(
                    "a neuron with {} weights was given {width} inputs",
                    one.count
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
    let mut x: Vec<u32> = inputs.iter().filter_map(Operand::id).collect();
    // A number becomes a value of its own at each use, as it does there.
    let mut numbers = (x.len() < inputs.len()).then_some(inputs);
    let (mut w, mut neurons, mut made) = (Vec::new(), Vec::new(), Vec::new());
    for layer in network {
        w.clear();
        neurons.clear();
        for neuron in layer {
            for i in 0..neuron.count {
                w.push(neuron.weight(i).filter(|w| w.is_plain())?.id());
            }
            neurons.push(Spelled { bias: neuron.b.get().id(), relu: neuron.nonlin });
        }
        let ints = |nodes: &Nodes, ids: &[u32]| ids.iter().any(|&id| nodes.facts(id) & INT != 0);
        if let Some(inputs) = numbers.take() {
            x = one_by_one(nodes, &neurons, &w, inputs.len(), |nodes, i| inputs[i].value(nodes));
        } else if ints(nodes, &x) && ints(nodes, &w) {
            // What is an int stays one.
            x = one_by_one(nodes, &neurons, &w, x.len(), |_, i| shared::value(x[i]));
        } else {
            made.clear();
            shared::spelled_layer(&neurons, &w, &x, &mut made);
            x.clear();
            for (&(id, sum), neuron) in made.iter().zip(&neurons) {
                if neuron.relu && becomes_int(sum) {
                    nodes.set_int(id, true);
                }
                x.push(id);
            }
        }
    }
    Some(x.into_iter().map(shared::value).collect())
}

/// The outputs of a layer, made by one operation after the other from `width` inputs.
fn one_by_one(
    nodes: &mut Nodes,
    neurons: &[Spelled],
    w: &[u32],
    width: usize,
    x: impl Fn(&mut Nodes, usize) -> Value,
) -> Vec<u32> {
    let mut w = w.iter();
    let mut fire = |&Spelled { bias, relu: has_relu }: &Spelled| {
        let mut sum = shared::value(bias);
        for (i, &w) in (0..width).zip(&mut w) {
            let x = x(nodes, i);
            let product = binary(nodes, Op::Mul, shared::value(w), x);
            sum = binary(nodes, Op::Add, sum, product);
        }
        if has_relu { relu(nodes, sum) } else { sum }.id()
    };
    neurons.iter().map(&mut fire).collect()
}

impl<'py> Neuron<'py> {
    /// Its attributes, if they are what micrograd's own `__init__` writes first on a neuron: then they need not be
    /// looked up.
    fn read(neuron: &Bound<'py, PyAny>) -> PyResult<Option<Self>> {
        let py = neuron.py();
        // SAFETY: a neuron is an ordinary object, which has a dictionary.
        let written = unsafe {
            let written = ffi::PyObject_GenericGetDict(neuron.as_ptr(), std::ptr::null_mut());
            Bound::from_owned_ptr_or_err(py, written)?
        };
        let mut place = 0;
        let mut next = |name: &Bound<'py, PyString>| {
            let (mut key, mut found) = (std::ptr::null_mut(), std::ptr::null_mut());
            // SAFETY: the dictionary is alive, nobody changes it in between, and what it has it holds.
            unsafe {
                let next = ffi::PyDict_Next(written.as_ptr(), &mut place, &mut key, &mut found);
                (next != 0 && key == name.as_ptr()).then(|| Bound::from_borrowed_ptr(py, found))
            }
        };
        let attributes = (
            next(pyo3::intern!(py, "w")),
            next(pyo3::intern!(py, "b")),
            next(pyo3::intern!(py, "nonlin")),
        );
        let (Some(w), Some(b), Some(nonlin)) = attributes else { return Ok(None) };
        let (Ok(w), Ok(b)) = (w.cast_into_exact::<PyList>(), b.cast_into::<PyValue>()) else {
            return Ok(None);
        };
        let (count, nonlin) = (w.len(), nonlin.is_truthy()?);
        Ok(b.get().is_plain().then_some(Neuron { w, count, b, nonlin }))
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
}
