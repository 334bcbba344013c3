//! The one tape of the process, and the Python objects that mean its nodes.
#![allow(unsafe_code)]

use crate::bits::Bits;
use crate::object::PyValue;
use gradling::shared::{self, Graph, Holder};
use gradling::{Operation, Value, live_nodes};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use std::cell::Cell;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// So many new nodes at least are worth looking for what can be given back: 330 kB. Looking takes less
/// than a nanosecond for each, and some six for each that stays.
const FEW: usize = 1 << 13;

/// Room for so many objects is kept however few nodes are left: 1 MB.
const ROOM: usize = 1 << 17;

/// The id of an object without a node.
pub(crate) const NO_NODE: u32 = u32::MAX;

/// The tape, and what is known of its nodes.
struct World {
    graph: Graph,
    nodes: Nodes,
}

// SAFETY: a tape is not `Send` for the operations of the user's own that it may hold. All of those on
// this one are made by `operations.rs` and `value.rs`, and hold nothing but plain functions.
unsafe impl Send for World {}

static WORLD: Mutex<Option<World>> = Mutex::new(None);

thread_local! {
    /// The nodes of the world, while this thread has it locked.
    static INSIDE: Cell<Option<*mut Nodes>> = const { Cell::new(None) };
}

/// What is known of the nodes on the tape.
pub(crate) struct Nodes {
    objects: Objects,
    /// Facts about them; those beyond the end have none.
    facts: Vec<u8>,
    /// From so many nodes on it is worth looking for what can be given back.
    full: usize,
    /// Objects that the tape keeps, because something was written on them that a later look at the node shall
    /// find again.
    pinned: Vec<Py<PyValue>>,
    /// To be dropped when the lock is free again: what it holds may be a value.
    waste: (Vec<Operation>, Vec<Py<PyValue>>),
}

/// The objects of nodes. Few nodes have one, so what says which is small and stays in the cache.
#[derive(Default)]
struct Objects {
    has_one: Bits,
    /// By id. Where there is no object, the address is an old one and means nothing.
    addresses: Vec<*mut ffi::PyObject>,
}

/// The number is a Python `int`.
pub(crate) const INT: u8 = 1;
/// The exponent was given as a Python `float`, though it is whole.
pub(crate) const FLOAT_EXPONENT: u8 = 2;
/// The gradient is a Python `int`.
pub(crate) const INT_GRAD: u8 = 4;
/// All of these.
pub(crate) const FACTS: u8 = INT | FLOAT_EXPONENT | INT_GRAD;

impl Objects {
    #[inline]
    fn get(&self, id: u32) -> Option<*mut ffi::PyObject> {
        self.has_one.has(id as usize).then(|| self.addresses[id as usize])
    }

    #[inline]
    fn set(&mut self, id: u32, object: *mut ffi::PyObject) {
        let id = id as usize;
        if self.addresses.len() <= id {
            self.addresses.resize(2 * id + 1, std::ptr::null_mut());
        }
        self.addresses[id] = object;
        self.has_one.set(id);
    }

    /// Forgets all but the first `count` nodes, and gives back the room of a large graph that is gone.
    fn truncate(&mut self, count: usize) {
        self.has_one.truncate(count);
        let room = ROOM.max(4 * count);
        self.addresses.truncate(room);
        self.addresses.shrink_to(room);
    }
}

impl Nodes {
    /// What is known of a node besides its object.
    #[inline]
    pub(crate) fn facts(&self, id: u32) -> u8 {
        self.facts.get(id as usize).copied().unwrap_or(0)
    }

    pub(crate) fn set_facts(&mut self, id: u32, facts: u8) {
        let id = id as usize;
        if self.facts.len() <= id {
            if facts == 0 {
                return;
            }
            self.facts.resize(id + 1, 0);
        }
        self.facts[id] = facts;
    }

    /// Whether the number of one of these is an `int`.
    pub(crate) fn any_int(&self, ids: &[u32]) -> bool {
        // All of them: to stop at the first takes longer.
        ids.iter().fold(0, |all, &id| all | self.facts(id)) & INT != 0
    }

    /// Whether the number of a node is an `int` from now on.
    pub(crate) fn set_int(&mut self, id: u32, is_int: bool) {
        self.set_fact(id, INT, is_int);
    }

    /// Whether the gradient of a node is an `int` from now on.
    pub(crate) fn set_int_grad(&mut self, id: u32, is_int: bool) {
        self.set_fact(id, INT_GRAD, is_int);
    }

    fn set_fact(&mut self, id: u32, fact: u8, holds: bool) {
        let rest = self.facts(id) & !fact;
        self.set_facts(id, rest | if holds { fact } else { 0 });
    }

    /// The object of a node.
    pub(crate) fn object<'py>(&self, py: Python<'py>, id: u32) -> Option<Bound<'py, PyValue>> {
        // SAFETY: an object takes itself out before it goes, so this one is there; and only a `PyValue` puts
        // itself in.
        self.objects.get(id).and_then(|object| unsafe { counted(py, object) })
    }

    /// An object means a node from now on.
    #[inline]
    pub(crate) fn register(&mut self, object: &Bound<'_, PyValue>, value: Value) {
        #[cfg(Py_GIL_DISABLED)]
        // SAFETY: the object is alive.
        unsafe {
            ffi::PyUnstable_EnableTryIncRef(object.as_ptr());
        }
        object.get().set_id(value.id());
        self.objects.set(value.id(), object.as_ptr());
    }

    /// The object of a node is going.
    pub(crate) fn forget(&mut self, id: u32) {
        let has_one = &mut self.objects.has_one;
        has_one.clear(id as usize);
        // If it was the newest with an object, it goes, and all before it that have none.
        let first = has_one.last().map_or(0, |newest| newest + 1);
        if first <= id as usize {
            self.waste.0.extend(shared::give_back_from(first));
            self.facts.truncate(live_nodes());
        }
    }

    /// Tells the object of a node, which has one, that it means `other`.
    fn tell_id(&self, id: u32, other: u32) {
        let object = self.objects.get(id).expect("a pinned object is alive");
        // SAFETY: the object of a node is alive.
        unsafe { tell_id(object, other) };
    }

    /// Keeps an object as long as its node can be reached.
    pub(crate) fn pin(&mut self, object: Py<PyValue>) {
        self.pinned.push(object);
    }

    /// Gives back what no object can reach, if that is worth looking for.
    #[inline]
    pub(crate) fn tidy(&mut self) {
        if live_nodes() >= self.full {
            self.collect();
        }
    }

    /// Gives back what no object can reach.
    #[cold]
    pub(crate) fn collect(&mut self) {
        // A pinned object that nobody else holds keeps nothing by itself.
        let unheld = |object: &Py<PyValue>| {
            // SAFETY: the object is alive, for it is held here.
            unsafe { is_only_here(object.as_ptr()) }.then(|| object.get().id())
        };
        let mut unheld: Vec<u32> = self.pinned.iter().filter_map(unheld).collect();
        unheld.sort_unstable();
        for &id in &unheld {
            // Unless it is told of another.
            self.tell_id(id, NO_NODE);
        }
        let Nodes { objects, facts, .. } = self;
        let Some(own) = shared::collect(&mut Moving { objects, facts, unheld: &unheld }) else {
            for &id in &unheld {
                self.tell_id(id, id);
            }
            // Not at every value until then.
            self.full = live_nodes() + FEW;
            return;
        };
        self.objects.truncate(live_nodes());
        self.facts.truncate(live_nodes());
        self.full = live_nodes() + live_nodes().max(FEW);
        self.waste.0.extend(own);
        let gone = self.pinned.extract_if(.., |object| object.get().id() == NO_NODE);
        self.waste.1.extend(gone);
    }
}

/// What is known of the nodes while they are collected.
struct Moving<'a> {
    objects: &'a mut Objects,
    facts: &'a mut Vec<u8>,
    /// The nodes of pinned objects that nobody else holds, ascending.
    unheld: &'a [u32],
}

impl Holder for Moving<'_> {
    #[inline]
    fn holds(&self, id: u32) -> bool {
        self.objects.has_one.has(id as usize)
            && (self.unheld.is_empty() || self.unheld.binary_search(&id).is_err())
    }

    #[inline]
    fn holds_none(&self, ids: Range<u32>) -> bool {
        !self.objects.has_one.any(ids.start as usize..ids.end as usize)
    }

    #[inline]
    fn moved(&mut self, old: u32, new: u32) {
        let facts = self.facts.get(old as usize).copied().unwrap_or(0);
        if let Some(to) = self.facts.get_mut(new as usize) {
            *to = facts;
        }
        match self.objects.get(old) {
            Some(object) => {
                self.objects.set(new, object);
                // SAFETY: the object of a node is alive.
                unsafe { tell_id(object, new) };
            }
            None => self.objects.has_one.clear(new as usize),
        }
    }
}

/// The object of a node, counted; none if its count is zero already, which is seen only where threads run
/// Python at once: it waits for the world to take itself out.
///
/// # Safety
/// The object has not taken itself out, and is a `PyValue`.
unsafe fn counted(py: Python<'_>, object: *mut ffi::PyObject) -> Option<Bound<'_, PyValue>> {
    #[cfg(not(Py_GIL_DISABLED))]
    // SAFETY: as asked; an object whose count is zero takes itself out before anything else runs.
    return Some(unsafe { Borrowed::from_ptr(py, object).cast_unchecked::<PyValue>().to_owned() });
    #[cfg(Py_GIL_DISABLED)]
    // SAFETY: as asked, and `register` made the object one that this may be called for.
    unsafe {
        (ffi::PyUnstable_TryIncRef(object) != 0)
            .then(|| Bound::from_owned_ptr(py, object).cast_into_unchecked())
    }
}

/// Whether nobody else holds an object.
///
/// # Safety
/// The caller holds it.
unsafe fn is_only_here(object: *mut ffi::PyObject) -> bool {
    // SAFETY: as asked.
    #[cfg(not(Py_GIL_DISABLED))]
    return unsafe { ffi::Py_REFCNT(object) } == 1;
    // SAFETY: as asked.
    #[cfg(Py_GIL_DISABLED)]
    return unsafe { ffi::PyUnstable_Object_IsUniquelyReferenced(object) } != 0;
}

/// Tells an object which node it means.
///
/// # Safety
/// The object is alive, and a `PyValue`.
unsafe fn tell_id(object: *mut ffi::PyObject, id: u32) {
    // SAFETY: so asked; and whoever has the world has a Python thread.
    unsafe {
        let py = Python::assume_attached();
        Borrowed::from_ptr(py, object).cast_unchecked::<PyValue>().get().set_id(id);
    }
}

/// Locks the world. Whoever has it may need this thread's right to run Python to go on, so while this waits
/// it is given up.
fn lock() -> MutexGuard<'static, Option<World>> {
    match WORLD.try_lock() {
        Ok(world) => world,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => {
            Python::attach(|py| WORLD.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner))
        }
    }
}

/// Runs `body` on the tape, with what is known of its nodes. It must not run Python, nor drop an object.
#[inline]
pub(crate) fn with<R>(body: impl FnOnce(&mut Nodes) -> R) -> R {
    enter(|| {
        let nodes = INSIDE.get().expect("entered");
        // SAFETY: this thread has the world, and no other reference to the nodes lives, since what has one
        // runs neither Python nor this.
        body(unsafe { &mut *nodes })
    })
}

/// Runs `body` on the tape. It may run Python, which may enter again.
#[inline]
pub(crate) fn enter<R>(body: impl FnOnce() -> R) -> R {
    if INSIDE.get().is_some() {
        return body();
    }
    let mut guard = lock();
    let world = guard.get_or_insert_with(|| World {
        graph: Graph::default(),
        nodes: Nodes {
            objects: Objects::default(),
            facts: Vec::new(),
            full: FEW,
            pinned: Vec::new(),
            waste: (Vec::new(), Vec::new()),
        },
    });
    struct Outside;
    impl Drop for Outside {
        fn drop(&mut self) {
            INSIDE.set(None);
        }
    }
    let World { graph, nodes } = world;
    INSIDE.set(Some(nodes));
    let outside = Outside;
    let result = graph.enter(body);
    drop(outside);
    let waste = (!nodes.waste.0.is_empty() || !nodes.waste.1.is_empty())
        .then(|| std::mem::take(&mut nodes.waste));
    drop(guard);
    drop(waste);
    result
}
