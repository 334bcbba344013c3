//! `Value`: its attributes, operators and methods.

use crate::number::{Number, Operand};
use crate::object::{
    Kind, PyValue, call_backward, drop_in_turn, guarded, is_subclass, may_call, set_generic,
    spells_anew,
};
use crate::operations::{Side, initialise, named, one, two, with_number};
use crate::whole::Whole;
use crate::world::{self, FLOAT_EXPONENT, INT, INT_GRAD, NO_NODE};
use gradling::{Op, shared};
use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PySet, PyString, PyTuple};
use std::sync::atomic::Ordering::Relaxed;

/// A number as Python shows it: an int without a point.
fn number<'py>(py: Python<'py>, data: f64, is_int: bool) -> PyResult<Bound<'py, PyAny>> {
    if is_int && data.fract() == 0.0 && data.abs() <= 9_007_199_254_740_992.0 {
        Ok((data as i64).into_pyobject(py)?.into_any())
    } else {
        Ok(data.into_pyobject(py)?.into_any())
    }
}

fn no_attribute(name: &str) -> PyErr {
    PyAttributeError::new_err(format!("'Value' object has no attribute '{name}'"))
}

#[pymethods]
impl PyValue {
    /// Tells numpy to leave operators to the value: what it would try first takes a microsecond.
    #[classattr]
    fn __array_ufunc__(py: Python<'_>) -> Py<PyAny> {
        py.None()
    }

    /// An object without a node: `__init__`, which a subclass may call with other arguments, gives it one.
    #[new]
    #[pyo3(signature = (*_arguments, **_named), text_signature = "(data, _children=(), _op='', label=None)")]
    fn new(_arguments: &Bound<'_, PyTuple>, _named: Option<&Bound<'_, PyDict>>) -> PyValue {
        PyValue::blank(Kind::Own)
    }

    #[pyo3(signature = (data, _children=None, _op="", label=None))]
    fn __init__(
        slf: &Bound<'_, Self>,
        data: &Bound<'_, PyAny>,
        _children: Option<&Bound<'_, PyAny>>,
        _op: &str,
        label: Option<String>,
    ) -> PyResult<()> {
        initialise(slf, data, _children, _op, label)
    }

    /// The number. Values made from this one keep theirs when it is assigned, until `recompute()`.
    #[getter]
    fn data<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (data, facts) = guarded(|| {
            world::with(|nodes| (slf.get().value().data(), nodes.facts(slf.get().id())))
        })?;
        number(slf.py(), data, facts & INT != 0)
    }

    /// The gradient: d root / d self, summed over the calls of `backward()`; 0 where none was computed.
    #[getter]
    fn grad<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (grad, is_int) = guarded(|| {
            world::with(|nodes| {
                let value = slf.get().value();
                (value.computed_grad(), nodes.facts(value.id()) & INT_GRAD != 0)
            })
        })?;
        number(slf.py(), grad.unwrap_or(0.0), grad.is_none() || is_int)
    }

    /// The name, for pictures; empty if it has none.
    #[getter]
    fn label<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(written) = slf.get().written(slf.py(), "label")? {
            return Ok(written);
        }
        let label = guarded(|| world::with(|_| slf.get().value().label()))?;
        Ok(label.unwrap_or_default().into_pyobject(slf.py())?.into_any())
    }

    /// How it was made: `+`, `**2`, `tanh`; empty for a leaf.
    #[getter]
    fn _op<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if let Some(written) = slf.get().written(py, "_op")? {
            return Ok(written);
        }
        slf.get().has_number()?;
        let (op, number, symbol, facts) = world::with(|nodes| {
            let value = slf.get().value();
            (value.op(), value.number(), value.symbol(), nodes.facts(value.id()))
        });
        let name = match (op, number) {
            (Op::Powf, Some(exponent)) => {
                format!("**{}", self::number(py, exponent, facts & FLOAT_EXPONENT == 0)?.repr()?)
            }
            // As the method is called.
            (Op::Ln, _) => "log".into(),
            _ => symbol,
        };
        Ok(name.into_pyobject(py)?.into_any())
    }

    /// The values it was made from, as a set of the same objects.
    #[getter]
    fn _prev<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PySet>> {
        PySet::new(slf.py(), Self::inputs(slf)?)
    }

    /// The values it was made from, in order; one that was used twice stands twice.
    fn inputs<'py>(slf: &Bound<'py, Self>) -> PyResult<Vec<Bound<'py, PyValue>>> {
        slf.get().has_number()?;
        let count = world::with(|_| slf.get().value().inputs().len());
        let inputs =
            PyValue::objects(slf.py(), slf.get().kind, count, |_| slf.get().value().inputs())?;
        if slf.get().is_by_hand() {
            inputs.iter().for_each(|input| Self::keep_as(input, slf));
        }
        Ok(inputs)
    }

    /// Everything it was made from and itself, in the order of creation.
    fn reached<'py>(slf: &Bound<'py, Self>) -> PyResult<Vec<Bound<'py, PyValue>>> {
        slf.get().has_number()?;
        let count = world::with(|_| slf.get().value().reached().len());
        let reached =
            PyValue::objects(slf.py(), slf.get().kind, count, |_| slf.get().value().reached())?;
        if slf.get().is_by_hand() {
            reached.iter().for_each(|value| Self::keep_as(value, slf));
        }
        Ok(reached)
    }

    /// What adds this value's part to the gradients of those it was made from. It can be called, and it can be
    /// assigned: that is how to give an operation of your own its derivative.
    #[getter]
    fn _backward<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let value = slf.get();
        let by_hand = value.more.get().and_then(|_| {
            value.more().backward.as_ref().map(|backward| backward.bind(slf.py()).clone())
        });
        if let Some(backward) = by_hand {
            return Ok(backward);
        }
        slf.getattr("backward_step")
    }

    /// Adds to the gradients of the values it was made from what this value's own gradient contributes.
    fn backward_step(slf: &Bound<'_, Self>) -> PyResult<()> {
        may_call(|| slf.get().value().backward_step())
    }

    /// Computes the gradient of this value by every value it was made from and adds it to theirs.
    ///
    /// A second call adds the same again, as in PyTorch.
    fn backward(slf: &Bound<'_, Self>) -> PyResult<()> {
        if slf.get().kind != Kind::Micrograd {
            return may_call(|| slf.get().value().backward());
        }
        slf.get().has_number()?;
        let whole = world::with(|nodes| Whole::before(nodes, slf.get().value()));
        may_call(|| slf.get().value().backward())?;
        world::with(|nodes| whole.after(nodes));
        Ok(())
    }

    /// Forgets the gradient of this one value.
    fn zero_grad(&self) -> PyResult<()> {
        guarded(|| world::with(|_| self.value().zero_grad()))
    }

    /// Forgets the gradients of this value and of everything it was made from.
    fn zero_graph_grad(&self) -> PyResult<()> {
        guarded(|| world::with(|_| self.value().zero_graph_grad()))
    }

    /// Computes this value again from the leaves it was made from, with their numbers of now.
    fn recompute(&self) -> PyResult<()> {
        guarded(|| world::with(|_| self.value().recompute()))
    }

    /// The oldest value below this one that is infinite or not a number: where a NaN in a loss began.
    fn first_non_finite<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyValue>>> {
        let found = guarded(|| {
            PyValue::objects(slf.py(), slf.get().kind, 1, |_| {
                slf.get().value().first_non_finite().map(|found| found.value).into_iter().collect()
            })
        })??;
        Ok(found.into_iter().next())
    }

    fn __add__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        two(slf, other, Op::Add, Side::Left)
    }

    fn __radd__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        if spells_anew(slf) {
            return Ok(slf.add(other)?.unbind());
        }
        // The value first, as micrograd has it.
        two(slf, other, Op::Add, Side::Left)
    }

    fn __mul__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        two(slf, other, Op::Mul, Side::Left)
    }

    fn __rmul__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        if spells_anew(slf) {
            return Ok(slf.mul(other)?.unbind());
        }
        two(slf, other, Op::Mul, Side::Left)
    }

    fn __sub__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        two(slf, other, Op::Sub, Side::Left)
    }

    fn __rsub__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        two(slf, other, Op::Sub, Side::Right)
    }

    fn __truediv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        two(slf, other, Op::Div, Side::Left)
    }

    fn __rtruediv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        two(slf, other, Op::Div, Side::Right)
    }

    fn __neg__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Neg)
    }

    fn __pos__<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyValue> {
        slf.clone()
    }

    fn __abs__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Abs)
    }

    fn __pow__(
        slf: &Bound<'_, Self>,
        exponent: &Bound<'_, PyAny>,
        modulo: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        if !modulo.is_none() {
            return Err(PyTypeError::new_err("pow() of a Value takes no modulus"));
        }
        match Operand::of(exponent)? {
            Some(Operand::Number(number)) => {
                Ok(with_number(slf, number, Op::Powf)?.into_any().unbind())
            }
            _ => two(slf, exponent, Op::Pow, Side::Left),
        }
    }

    fn __rpow__(
        slf: &Bound<'_, Self>,
        base: &Bound<'_, PyAny>,
        _modulo: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        two(slf, base, Op::Pow, Side::Right)
    }

    /// e to the power of this value.
    fn exp<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Exp)
    }

    /// The natural logarithm: -inf at 0, nan below.
    fn log<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Ln)
    }

    /// The square root: nan below 0.
    fn sqrt<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Sqrt)
    }

    /// The sine, of radians.
    fn sin<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Sin)
    }

    /// The cosine, of radians.
    fn cos<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Cos)
    }

    /// The hyperbolic tangent.
    fn tanh<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Tanh)
    }

    /// The logistic function 1 / (1 + exp(-x)).
    fn sigmoid<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Sigmoid)
    }

    /// max(x, 0), with gradient 0 at 0.
    fn relu<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Relu)
    }

    /// x above 0, else slope times x; the slope gets no gradient.
    #[pyo3(signature = (slope=0.01))]
    fn leaky_relu<'py>(slf: &Bound<'py, Self>, slope: f64) -> PyResult<Bound<'py, PyValue>> {
        with_number(slf, Number { data: slope, is_int: false }, Op::LeakyRelu)
    }

    /// ln(1 + exp(x)), a smooth relu.
    fn softplus<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Softplus)
    }

    /// x Φ(x), Φ the normal distribution function; the exact form.
    fn gelu<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Gelu)
    }

    /// The error function.
    fn erf<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Erf)
    }

    /// |x|, with gradient 0 at 0.
    fn abs<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyValue>> {
        one(slf, Op::Abs)
    }

    /// The larger of the two: half the gradient to each at a tie.
    fn max(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        named(slf, other, Op::Max)
    }

    /// The smaller of the two: half the gradient to each at a tie.
    fn min(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        named(slf, other, Op::Min)
    }

    /// 1 where it is less than the other, else 0; no gradient.
    fn lt(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        named(slf, other, Op::Lt)
    }

    /// 1 where it is at most the other, else 0; no gradient.
    fn le(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        named(slf, other, Op::Le)
    }

    /// 1 where it is greater than the other, else 0; no gradient.
    fn gt(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        named(slf, other, Op::Gt)
    }

    /// 1 where it is at least the other, else 0; no gradient.
    fn ge(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        named(slf, other, Op::Ge)
    }

    /// 1 where it equals the other, else 0; no gradient.
    fn eq(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        named(slf, other, Op::Eq)
    }

    /// 1 where it differs from the other, else 0; no gradient.
    fn ne(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        named(slf, other, Op::Ne)
    }

    /// `then` where this value is not 0, else `otherwise`. Only the one chosen gets a gradient.
    fn select<'py>(
        slf: &Bound<'py, Self>,
        then: &Bound<'py, PyAny>,
        otherwise: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyValue>> {
        let choices = PyTuple::new(slf.py(), [then, otherwise])?;
        let choices = crate::number::values(&choices, "the choices of a select", slf.get().kind)?;
        let inputs = [slf, &choices[0], &choices[1]];
        PyValue::make_of(slf.py(), slf.get().kind, inputs, |_| {
            slf.get().value().select(choices[0].get().value(), choices[1].get().value())
        })
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        Ok(format!("Value(data={}, grad={})", Self::data(slf)?.repr()?, Self::grad(slf)?.repr()?))
    }

    /// An attribute that was assigned before; `__dict__`, which `vars` asks for, is made of all there are.
    fn __getattr__<'py>(slf: &Bound<'py, Self>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if let Some(written) = slf.get().written(py, name)? {
            return Ok(written);
        }
        if name != "__dict__" {
            return Err(no_attribute(name));
        }
        let all = PyDict::new(py);
        for name in ["data", "grad", "_backward", "_prev", "_op", "label"] {
            all.set_item(name, slf.getattr(name)?)?;
        }
        if let Some(attributes) = slf.get().attributes(py) {
            all.update(attributes.as_mapping())?;
        }
        Ok(all.into_any())
    }

    fn __setattr__(slf: &Bound<'_, Self>, name: &str, new: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = slf.get();
        if value.id() == NO_NODE {
            // By a subclass, before it called `__init__`.
            let nothing = 0.0f64.into_pyobject(slf.py())?;
            initialise(slf, &nothing, None, "", None)?;
        }
        match name {
            "data" => {
                let number = Number::wanted(new, "the data of a Value")?;
                world::with(|nodes| {
                    value.value().set_data(number.data);
                    nodes.set_int(value.id(), number.is_int);
                });
            }
            // As it was at first, which pictures show as "not computed". PyTorch's users write None.
            "grad" if new.is_none() => world::with(|_| value.value().zero_grad()),
            "grad" => {
                let number = Number::wanted(new, "the gradient of a Value")?;
                world::with(|nodes| match number {
                    Number { data: 0.0, is_int: true } => value.value().zero_grad(),
                    Number { data, is_int } => {
                        value.value().set_grad(data);
                        nodes.set_int_grad(value.id(), is_int);
                    }
                });
            }
            "label" => {
                let text = if new.is_none() { String::new() } else { new.str()?.to_string() };
                world::with(|_| value.value().set_label(text));
                // What is no text is kept beside it.
                if !new.is_instance_of::<PyString>() {
                    Self::write(slf, name, new)?;
                } else if let Some(attributes) = value.attributes(slf.py())
                    && attributes.contains(name)?
                {
                    attributes.del_item(name)?;
                }
            }
            "_backward" => {
                value.by_hand.store(true, Relaxed);
                let before = value.more().backward.replace(new.clone().unbind());
                world::with(|_| shared::set_backward(value.value(), call_backward));
                drop(before);
            }
            "_prev" => {
                return Err(PyAttributeError::new_err(
                    "'_prev' tells what a Value was made from: give it to Value(data, children, op)",
                ));
            }
            // A name for it; what the value computes stays.
            "_op" => Self::write(slf, name, new)?,
            _ if is_subclass(slf) => set_generic(slf, name, new)?,
            _ => Self::write(slf, name, new)?,
        }
        Ok(())
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &str) -> PyResult<()> {
        match slf.get().attributes(slf.py()) {
            Some(attributes) if attributes.contains(name)? => attributes.del_item(name),
            _ => Err(no_attribute(name)),
        }
    }

    /// For pickle and deepcopy. A leaf that two copied values were made from is one leaf in the copy, too; what
    /// they were made from on the way is copied for each.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        slf.get().has_number()?;
        let py = slf.py();
        let state = PyDict::new(py);
        if let Some(attributes) = slf.get().attributes(py) {
            state.update(attributes.as_mapping())?;
        }
        if is_subclass(slf)
            && let Ok(attributes) = slf.getattr("__dict__")
        {
            state.update(attributes.cast::<PyDict>()?.as_mapping())?;
        }
        if world::with(|_| slf.get().value().op()) == Op::Leaf {
            let (grad, label) =
                world::with(|_| (slf.get().value().computed_grad(), slf.get().value().label()));
            if !state.contains("label")? {
                state.set_item("label", label.unwrap_or_default())?;
            }
            if let Some(grad) = grad {
                state.set_item("grad", grad)?;
            }
            let arguments = (Self::data(slf)?,);
            return (slf.get_type(), arguments, state).into_pyobject(py);
        }
        let micrograd = slf.get().kind == Kind::Micrograd;
        let (leaves, records) = crate::pickle::dismantle(slf)?;
        let assemble = py.import("gradling._native")?.getattr("assemble")?;
        (assemble, (micrograd, leaves, records), state).into_pyobject(py)
    }

    fn __setstate__(slf: &Bound<'_, Self>, state: &Bound<'_, PyDict>) -> PyResult<()> {
        for (name, attribute) in state {
            slf.setattr(name.cast::<pyo3::types::PyString>()?, attribute)?;
        }
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(more) = self.more.get()
            && let Ok(more) = more.try_lock()
        {
            visit.call(&more.backward)?;
            visit.call(&more.attributes)?;
            for value in &more.made_from {
                visit.call(value)?;
            }
        }
        Ok(())
    }

    fn __clear__(&self) {
        if self.more.get().is_some() {
            drop_in_turn(std::mem::take(&mut *self.more()));
        }
    }
}

impl PyValue {
    /// Keeps an attribute that is no other's.
    fn write(slf: &Bound<'_, Self>, name: &str, new: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let mut more = slf.get().more();
        let is_new = more.attributes.is_none();
        let attributes =
            more.attributes.get_or_insert_with(|| PyDict::new(py).unbind()).clone_ref(py);
        drop(more);
        attributes.bind(py).set_item(name, new)?;
        if is_new {
            world::with(|nodes| nodes.pin(slf.clone().unbind()));
        }
        Ok(())
    }
}
