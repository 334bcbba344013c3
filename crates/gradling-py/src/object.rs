//! The Python object that means a node, and what it keeps.
#![allow(unsafe_code)]

use crate::micrograd::Micrograd;
use crate::world::{self, NO_NODE, Nodes};
use gradling::{RecordError, Value, shared};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// A number that remembers how it was made.
///
/// Compute with values as with numbers; `backward()` then fills in the gradient of every value that took part.
///
///     >>> from gradling import Value
///     >>> a, b = Value(2.0), Value(-3.0)
///     >>> c = a * b + 10
///     >>> c.backward()
///     >>> c.data, a.grad, b.grad
///     (4.0, -3.0, 2.0)
///
/// `data` and `grad` may be assigned, and so may any other attribute. Values are compared by identity; `lt`,
/// `gt` and their kin compare numbers within the graph.
#[pyclass(name = "Value", module = "gradling", frozen, subclass, weakref)]
pub(crate) struct PyValue {
    /// The node it means. It changes when nodes are moved together.
    id: AtomicU32,
    /// It, or something that it was made from, has a `_backward` that was assigned.
    pub(crate) by_hand: AtomicBool,
    /// Which of the two classes the object and what is made of it have.
    pub(crate) kind: Kind,
    pub(crate) more: OnceLock<Box<Mutex<More>>>,
}

const WITHOUT_NUMBER: &str = "a Value without a number: its class has an `__init__` that does not call `super().__init__(data)`";

/// `gradling.Value`, or the class that spells operations as micrograd does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Own,
    Micrograd,
}

/// Whether an object has a class of the user's own, made from ours.
pub(crate) fn is_subclass(object: &Bound<'_, PyValue>) -> bool {
    match object.get().kind {
        Kind::Own => !object.is_exact_instance_of::<PyValue>(),
        Kind::Micrograd => !object.is_exact_instance_of::<Micrograd>(),
    }
}

/// Whether its class is made from micrograd's, whose operators are spelled by `+`, `*` and `**`, which that
/// class may have anew.
#[inline]
pub(crate) fn spells_anew(object: &Bound<'_, PyValue>) -> bool {
    object.get().kind == Kind::Micrograd && is_subclass(object)
}

/// What few values have.
#[derive(Default)]
pub(crate) struct More {
    /// The `_backward` that was assigned. It is kept here and not on the tape, and what it was made from is
    /// kept in `made_from`, so that Python's collector sees the circle of a value, its function and the value.
    pub(crate) backward: Option<Py<PyAny>>,
    pub(crate) made_from: Vec<Py<PyValue>>,
    pub(crate) attributes: Option<Py<PyDict>>,
}

impl PyValue {
    pub(crate) fn blank(kind: Kind) -> PyValue {
        PyValue {
            id: AtomicU32::new(NO_NODE),
            by_hand: AtomicBool::new(false),
            kind,
            more: OnceLock::new(),
        }
    }

    /// An object of this kind that means no node yet. Making it may run Python.
    #[inline]
    fn object(py: Python<'_>, kind: Kind) -> PyResult<Bound<'_, PyValue>> {
        match kind {
            Kind::Own => Bound::new(py, PyValue::blank(kind)),
            Kind::Micrograd => {
                let both = PyClassInitializer::from(PyValue::blank(kind)).add_subclass(Micrograd);
                Ok(Bound::new(py, both)?.into_super())
            }
        }
    }

    #[inline]
    pub(crate) fn is_by_hand(&self) -> bool {
        self.by_hand.load(Relaxed)
    }

    /// It means a node, and nothing below that is by hand.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.id() != NO_NODE && !self.is_by_hand()
    }

    #[inline]
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    #[inline]
    pub(crate) fn id(&self) -> u32 {
        self.id.load(Relaxed)
    }

    #[inline]
    pub(crate) fn set_id(&self, id: u32) {
        self.id.store(id, Relaxed);
    }

    /// The value, on the tape.
    #[inline]
    pub(crate) fn value(&self) -> Value {
        let id = self.id();
        assert!(id != NO_NODE, "{WITHOUT_NUMBER}");
        shared::value(id)
    }

    pub(crate) fn more(&self) -> MutexGuard<'_, More> {
        self.more.get_or_init(Box::default).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The attributes that were assigned, if there are any.
    pub(crate) fn attributes<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyDict>> {
        self.more.get()?;
        self.more().attributes.as_ref().map(|attributes| attributes.bind(py).clone())
    }

    /// The attribute that was assigned by this name, if one was.
    pub(crate) fn written<'py>(
        &self,
        py: Python<'py>,
        name: &str,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.attributes(py).map(|attributes| attributes.get_item(name)).transpose()?.flatten())
    }

    /// That it means a node.
    #[inline]
    pub(crate) fn has_number(&self) -> PyResult<()> {
        if self.id() == NO_NODE { Err(PyValueError::new_err(WITHOUT_NUMBER)) } else { Ok(()) }
    }

    /// An object for the value that `compute` makes of `inputs`.
    #[inline]
    pub(crate) fn make_of<'a, 'py: 'a>(
        py: Python<'py>,
        kind: Kind,
        inputs: impl IntoIterator<Item = &'a Bound<'py, PyValue>> + Clone,
        compute: impl FnOnce(&mut Nodes) -> Value,
    ) -> PyResult<Bound<'py, PyValue>> {
        inputs.clone().into_iter().try_for_each(|input| input.get().has_number())?;
        let result = PyValue::make(py, kind, compute)?;
        PyValue::keep_by_hand(&result, inputs);
        Ok(result)
    }

    /// An object for the value that `compute` makes.
    #[inline]
    pub(crate) fn make(
        py: Python<'_>,
        kind: Kind,
        compute: impl FnOnce(&mut Nodes) -> Value,
    ) -> PyResult<Bound<'_, PyValue>> {
        let object = PyValue::object(py, kind)?;
        world::with(|nodes| {
            nodes.tidy();
            let value = compute(nodes);
            nodes.register(&object, value);
        });
        Ok(object)
    }

    /// An object for each of the values that `compute` makes or finds; at most `most`.
    pub(crate) fn objects<'py>(
        py: Python<'py>,
        kind: Kind,
        most: usize,
        compute: impl FnOnce(&mut Nodes) -> Vec<Value>,
    ) -> PyResult<Vec<Bound<'py, PyValue>>> {
        let blank: Vec<_> =
            (0..most).map(|_| PyValue::object(py, kind)).collect::<PyResult<_>>()?;
        let objects = world::with(|nodes| {
            nodes.tidy();
            let values = compute(nodes);
            let known = |(blank, value): (&Bound<'py, PyValue>, Value)| {
                nodes.object(py, value.id()).unwrap_or_else(|| {
                    nodes.register(blank, value);
                    blank.clone()
                })
            };
            blank.iter().zip(values).map(known).collect()
        });
        Ok(objects)
    }

    /// Makes `result` keep those of its inputs that have a `_backward` by hand somewhere below them.
    #[inline]
    pub(crate) fn keep_by_hand<'a, 'py: 'a>(
        result: &Bound<'py, PyValue>,
        inputs: impl IntoIterator<Item = &'a Bound<'py, PyValue>>,
    ) {
        for input in inputs {
            if input.get().is_by_hand() {
                result.get().by_hand.store(true, Relaxed);
                result.get().more().made_from.push(input.clone().unbind());
            }
        }
    }
}

/// The values of objects, on the tape.
pub(crate) fn plain(objects: &[Bound<'_, PyValue>]) -> Vec<Value> {
    objects.iter().map(|object| object.get().value()).collect()
}

impl Drop for PyValue {
    fn drop(&mut self) {
        if self.id() != NO_NODE {
            // Read again in there: nodes may move while another thread has the world.
            world::with(|nodes| nodes.forget(self.id()));
        }
        if let Some(more) = self.more.take() {
            drop_in_turn(more.into_inner().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// Drops what a value kept; if that is a long chain, one after the other instead of one within the other.
pub(crate) fn drop_in_turn(more: More) {
    thread_local! {
        static WAITING: std::cell::RefCell<Option<Vec<More>>> = const { std::cell::RefCell::new(None) };
    }
    let first = WAITING.with_borrow_mut(|waiting| match waiting {
        Some(waiting) => {
            waiting.push(more);
            None
        }
        None => {
            *waiting = Some(Vec::new());
            Some(more)
        }
    });
    let mut next = first;
    while let Some(more) = next {
        drop(more);
        next = WAITING.with_borrow_mut(|waiting| {
            let more = waiting.as_mut().and_then(Vec::pop);
            if more.is_none() {
                *waiting = None;
            }
            more
        });
    }
}

impl PyValue {
    /// `value` keeps what `from`, which was made from it, keeps.
    pub(crate) fn keep_as(value: &Bound<'_, PyValue>, from: &Bound<'_, PyValue>) {
        let py = value.py();
        if value.is(from) || value.get().by_hand.swap(true, Relaxed) {
            return;
        }
        let kept: Vec<_> =
            from.get().more().made_from.iter().map(|value| value.clone_ref(py)).collect();
        value.get().more().made_from = kept;
    }
}

/// Calls the `_backward` that was assigned to a value.
pub(crate) fn call_backward(y: Value) {
    let failed = Python::attach(|py| {
        // An object that something with a `_backward` below it was made from is kept by what was made of it.
        let object = world::with(|nodes| nodes.object(py, y.id()))?;
        let backward = object.get().more().backward.as_ref().map(|f| f.clone_ref(py))?;
        backward.call0(py).err()
    });
    if let Some(error) = failed {
        resume_unwind(Box::new(error));
    }
}

/// Runs what may call Python or ask for a number that there is none of, and makes an exception of what comes
/// through.
#[inline]
pub(crate) fn guarded<R>(body: impl FnOnce() -> R) -> PyResult<R> {
    let before = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(body));
    GUARDED.set(before);
    result.or_else(exception)
}

thread_local! {
    /// What panics now becomes an exception.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Keeps panics that become exceptions from being reported as well.
pub(crate) fn quiet_panics() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !GUARDED.get() {
            report(info);
        }
    }));
}

#[cold]
fn exception<R>(panic: Box<dyn Any + Send>) -> PyResult<R> {
    let panic = match panic.downcast::<PyErr>() {
        Ok(error) => return Err(*error),
        Err(panic) => panic,
    };
    match panic.downcast::<RecordError>() {
        Ok(error) => match *error {
            RecordError::NumberOfVarying { method, .. } => Err(PyValueError::new_err(format!(
                "`{method}` asks for the number of a value that depends on the sample or on parameters, and \
                     a program is recorded once for all of them: to choose by it use `select`, `max` or `min` \
                     (`x.gt(0).select(a, b)`); for a gradient inside the step use `gradling.grad`"
            ))),
            error => Err(PyValueError::new_err(error.to_string())),
        },
        // What the engine refuses by a panic.
        Err(panic) => match panic.downcast::<String>() {
            Ok(text) => Err(PyValueError::new_err(*text)),
            Err(panic) => match panic.downcast::<&str>() {
                Ok(text) => Err(PyValueError::new_err(*text)),
                Err(panic) => resume_unwind(panic),
            },
        },
    }
}

/// Runs what may call a `_backward`.
pub(crate) fn may_call(body: impl FnOnce()) -> PyResult<()> {
    guarded(|| world::enter(body))
}

/// Sets an attribute as Python does for classes that do not say otherwise: properties, slots, `__dict__`.
pub(crate) fn set_generic(
    object: &Bound<'_, PyValue>,
    name: &str,
    new: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let name = pyo3::types::PyString::new(object.py(), name);
    // SAFETY: three objects that are alive.
    let failed =
        unsafe { pyo3::ffi::PyObject_GenericSetAttr(object.as_ptr(), name.as_ptr(), new.as_ptr()) };
    if failed == 0 { Ok(()) } else { Err(PyErr::fetch(object.py())) }
}
