//! A network of micrograd's in one call.
#![allow(unsafe_code)]

use crate::micrograd::{Micrograd, becomes_int, relu};
use crate::number::Operand;
use crate::object::{Kind, PyValue, is_subclass};
use crate::operations::binary;
use crate::world::Nodes;
use gradling::shared::{self, Spelled};
use gradling::{Op, Value};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList, PyType};
use pyo3::{PyTypeInfo, ffi, intern};
use std::ptr::null_mut;

/// What the layers make of x, as micrograd spells it: for each neuron
/// `sum((wi * xi for wi, xi in zip(w, x)), b)`, then `relu()` if it has `nonlin`. All attributes are read anew.
///
/// Returns `NotImplemented` where Python has to do it: if there is no layer, if a neuron is not exactly of the class
/// `neuron`, or a layer not of the class `layer` where that is given, if a neuron does not have `w`, `b` and `nonlin`
/// as its class writes them, if a layer has no inputs, if x can be gone through only once, or if a value has a class
/// of its own or a `_backward` by hand below it.
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
    if cfg!(Py_GIL_DISABLED) || x.cast::<PyIterator>().is_ok() {
        return declined();
    }
    // First all that may run Python.
    let x: Vec<Bound<'_, PyAny>> = x.try_iter()?.collect::<PyResult<_>>()?;
    let mut inputs = Vec::with_capacity(x.len());
    for x in &x {
        let Some(input) = Operand::of(x)? else { return declined() };
        inputs.push(input);
    }
    let mut lists = Vec::new();
    for one in layers.try_iter()? {
        let one = one?;
        if layer.is_some_and(|layer| one.get_type_ptr() != layer.as_type_ptr()) {
            return declined();
        }
        let Ok(neurons) = one.getattr(intern!(py, "neurons"))?.cast_into_exact::<PyList>() else {
            return declined();
        };
        lists.push(neurons);
    }
    let Some(width) = lists.last().map(|neurons| neurons.len()) else { return declined() };
    let mut outcome = Ok(false);
    let results = PyValue::objects(py, Kind::Micrograd, width, |nodes| {
        let plain = inputs.iter().all(|input| match input {
            Operand::Value(value) => value.get().is_plain() && !is_subclass(value),
            Operand::Number(_) => true,
        });
        // Making the objects may have run Python, too.
        let still = lists.last().is_some_and(|neurons| neurons.len() == width);
        let mut network = Network::default();
        outcome = Ok(plain && still);
        if plain && still {
            let _uncollected = Uncollected::begin();
            // SAFETY: nothing in here runs Python, now that nothing is collected.
            outcome = unsafe { network.read(&lists, inputs.len(), neuron) };
        }
        if let Ok(true) = outcome { network.run(nodes, &inputs) } else { Vec::new() }
    })?;
    if !outcome? {
        return declined();
    }
    Ok(results.into_pyobject(py)?.into_any().unbind())
}

/// A time in which Python collects no circles. Else it may, up to 3.11, wherever it makes an object, be it the
/// dictionary of a neuron, and what goes runs what its class says.
struct Uncollected {
    was_on: bool,
}

impl Uncollected {
    fn begin() -> Self {
        // SAFETY: this thread is attached to Python.
        Uncollected { was_on: unsafe { ffi::PyGC_Disable() } != 0 }
    }
}

impl Drop for Uncollected {
    fn drop(&mut self) {
        if self.was_on {
            // SAFETY: as above.
            unsafe { ffi::PyGC_Enable() };
        }
    }
}

/// The values of a network, told by their ids.
#[derive(Default)]
struct Network {
    /// How many neurons each layer has.
    layers: Vec<usize>,
    neurons: Vec<Spelled>,
    /// The weights of one neuron after those of another.
    w: Vec<u32>,
}

impl Network {
    /// Reads the neurons of all layers; false if they are not what this can do.
    ///
    /// # Safety
    /// Nothing of Python's runs in the meantime: what is read is borrowed from the lists that have it.
    unsafe fn read(
        &mut self,
        lists: &[Bound<'_, PyList>],
        mut width: usize,
        neuron: &Bound<'_, PyType>,
    ) -> PyResult<bool> {
        for list in lists {
            let count = list.len();
            if width == 0 {
                return Ok(false);
            }
            self.layers.push(count);
            self.neurons.reserve(count);
            self.w.reserve(count * width);
            for i in 0..count {
                // SAFETY: a list has as many items as it says.
                let read = unsafe {
                    let one = ffi::PyList_GetItem(list.as_ptr(), i as ffi::Py_ssize_t);
                    ffi::Py_TYPE(one) == neuron.as_type_ptr()
                        && self.read_neuron(list.py(), one, width)?
                };
                if !read {
                    return Ok(false);
                }
            }
            width = count;
        }
        Ok(true)
    }

    /// Reads a neuron's attributes, if they are what micrograd's own `__init__` writes first on a neuron: then they
    /// need not be looked up.
    ///
    /// # Safety
    /// As above, and the neuron is an ordinary object, which has a dictionary.
    unsafe fn read_neuron(
        &mut self,
        py: Python<'_>,
        neuron: *mut ffi::PyObject,
        width: usize,
    ) -> PyResult<bool> {
        // SAFETY: as asked; what a dictionary has it holds, and a list has as many items as it says.
        unsafe {
            let written = ffi::PyObject_GenericGetDict(neuron, null_mut());
            let written = Bound::from_owned_ptr_or_err(py, written)?;
            let mut place = 0;
            let mut next = |name: &Bound<'_, _>| {
                let (mut key, mut found) = (null_mut(), null_mut());
                let next = ffi::PyDict_Next(written.as_ptr(), &mut place, &mut key, &mut found);
                (next != 0 && key == name.as_ptr()).then_some(found)
            };
            let (Some(w), Some(b), Some(nonlin)) =
                (next(intern!(py, "w")), next(intern!(py, "b")), next(intern!(py, "nonlin")))
            else {
                return Ok(false);
            };
            let relu = nonlin == ffi::Py_True();
            if !relu && nonlin != ffi::Py_False() || ffi::PyList_CheckExact(w) == 0 {
                return Ok(false);
            }
            let count = ffi::PyList_Size(w);
            if count as usize != width {
                return Err(PyValueError::new_err(format!(
                    "a neuron with {count} weights was given {width} inputs"
                )));
            }
            let value = Micrograd::type_object_raw(py);
            let plain = |object: *mut ffi::PyObject| {
                if ffi::Py_TYPE(object) != value {
                    return None;
                }
                let object = Borrowed::from_ptr(py, object);
                let value = object.cast_unchecked::<PyValue>().get();
                value.is_plain().then(|| value.id())
            };
            let Some(bias) = plain(b) else { return Ok(false) };
            self.neurons.push(Spelled { bias, relu });
            for i in 0..count {
                let Some(id) = plain(ffi::PyList_GetItem(w, i)) else { return Ok(false) };
                self.w.push(id);
            }
        }
        Ok(true)
    }

    /// The outputs of the last layer.
    fn run(&self, nodes: &mut Nodes, inputs: &[Operand<'_, '_>]) -> Vec<Value> {
        let mut x: Vec<u32> = inputs.iter().filter_map(Operand::id).collect();
        // A number becomes a value of its own at each use, as it does there.
        let mut numbers = (x.len() < inputs.len()).then_some(inputs);
        let (mut neurons, mut w) = (&self.neurons[..], &self.w[..]);
        let mut made = Vec::new();
        for &count in &self.layers {
            let width = numbers.map_or(x.len(), <[_]>::len);
            let (layer, own);
            (layer, neurons) = neurons.split_at(count);
            (own, w) = w.split_at(count * width);
            if let Some(inputs) = numbers.take() {
                x = one_by_one(nodes, layer, own, width, |nodes, i| inputs[i].value(nodes));
            } else if nodes.any_int(&x) && nodes.any_int(own) {
                // What is an int stays one.
                x = one_by_one(nodes, layer, own, width, |_, i| shared::value(x[i]));
            } else {
                made.clear();
                shared::spelled_layer(layer, own, &x, &mut made);
                x.clear();
                for (&(id, sum), neuron) in made.iter().zip(layer) {
                    if neuron.relu && becomes_int(sum) {
                        nodes.set_int(id, true);
                    }
                    x.push(id);
                }
            }
        }
        x.into_iter().map(shared::value).collect()
    }
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
