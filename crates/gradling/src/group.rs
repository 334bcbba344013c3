//! Groups: the values made by one part of a program, as a layer or a neuron, for pictures that fold.
//!
//! A group is a stretch of the tape, so recording one costs a few bytes a group and nothing a value.

use crate::tape;
use std::fmt;

/// A part of the program that made a value; see [`group`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// Tells groups of the same name apart, on one thread.
    pub id: u64,
    /// The name it was given: "layer 1", "neuron 3".
    pub name: String,
}

/// Runs `body`; the values made in it belong to a group of this name. Groups nest.
///
/// ```
/// use gradling::{Value, group};
/// let x = Value::new(2.0);
/// let y = group("square", || x * x);
/// assert_eq!(y.groups()[0].name, "square");
/// assert!(x.groups().is_empty());
/// ```
pub fn group<R>(name: impl Into<String>, body: impl FnOnce() -> R) -> R {
    within(Name::Text(name.into()), 0, body)
}

/// As [`group`], with a name that costs no allocation; for a layer with its number of neurons, see
/// [`Record::neurons`].
pub(crate) fn within<R>(name: Name, neurons: u32, body: impl FnOnce() -> R) -> R {
    struct Close;
    impl Drop for Close {
        fn drop(&mut self) {
            tape::with(|tape| tape.groups.close(tape.nodes.len()));
        }
    }
    tape::with(|tape| tape.groups.open(tape.nodes.len(), name, neurons));
    let _close = Close;
    body()
}

#[derive(Debug)]
pub(crate) enum Name {
    Text(String),
    Numbered(&'static str, u32),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Text(text) => f.write_str(text),
            Name::Numbered(text, number) => write!(f, "{text} {number}"),
        }
    }
}

#[derive(Debug)]
struct Record {
    first: u32,
    /// One past the last id; `u32::MAX` while the group is open.
    end: u32,
    parent: Option<u32>,
    /// Not 0: the group is a layer of so many neurons, and value `first + k` belongs to neuron
    /// `k % neurons`, because a layer computes all its sums, then all its activations.
    neurons: u32,
    serial: u32,
    name: Name,
}

/// The groups of a tape, in the order in which they were opened.
#[derive(Debug)]
pub(crate) struct Groups {
    records: Vec<Record>,
    open: Vec<u32>,
    serial: u32,
}

impl Groups {
    pub(crate) const fn new() -> Self {
        Groups { records: Vec::new(), open: Vec::new(), serial: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.records.truncate(len);
    }

    /// Whether some group is open.
    pub(crate) fn are_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// The values moved: `place` tells where each is now, or, of one that is gone, where the next is. Groups
    /// that none is left of go, too.
    pub(crate) fn moved(&mut self, place: impl Fn(u32) -> u32) {
        let (mut kept, mut number) = (0, Vec::with_capacity(self.records.len()));
        self.records.retain_mut(|record| {
            (record.first, record.end) = (place(record.first), place(record.end));
            let stays = record.first < record.end;
            // Its parent holds more than it does, so that is there if this is.
            record.parent = record.parent.map(|parent| number[parent as usize]);
            number.push(kept);
            kept += u32::from(stays);
            stays
        });
    }

    /// Opens a group whose first value will have the id `nodes`.
    pub(crate) fn open(&mut self, nodes: usize, name: Name, neurons: u32) {
        self.serial = self.serial.wrapping_add(1);
        let parent = self.open.last().copied();
        self.open.push(self.records.len() as u32);
        self.records.push(Record {
            first: nodes as u32,
            end: u32::MAX,
            parent,
            neurons,
            serial: self.serial,
            name,
        });
    }

    /// Closes the group opened last.
    pub(crate) fn close(&mut self, nodes: usize) {
        if let Some(record) = self.open.pop().and_then(|i| self.records.get_mut(i as usize)) {
            record.end = nodes as u32;
        }
    }

    /// The innermost group a value belongs to, as its place among the groups.
    pub(crate) fn innermost(&self, id: u32) -> Option<usize> {
        let mut next = self.records.partition_point(|record| record.first <= id).checked_sub(1);
        while let Some(i) = next {
            let record = &self.records[i];
            if id < record.end {
                return Some(i);
            }
            next = record.parent.map(|parent| parent as usize);
        }
        None
    }

    /// The names of the group at this place and of those around it, outermost first.
    pub(crate) fn path(&self, group: usize) -> String {
        let mut names = Vec::new();
        let mut next = Some(group);
        while let Some(i) = next {
            names.push(self.records[i].name.to_string());
            next = self.records[i].parent.map(|parent| parent as usize);
        }
        names.reverse();
        names.join(", ")
    }

    /// The groups a value belongs to, outermost first.
    pub(crate) fn of(&self, id: u32) -> Vec<Group> {
        let mut found = Vec::new();
        let after = self.records.partition_point(|record| record.first <= id);
        // Groups nest, so those that hold `id` are the last one that began before it and its parents.
        let mut next = after.checked_sub(1);
        while let Some(i) = next {
            let record = &self.records[i];
            if id < record.end {
                let serial = u64::from(record.serial) << 32;
                if record.neurons > 0 {
                    let k = (id - record.first) % record.neurons + 1;
                    found.push(Group { id: serial | u64::from(k), name: format!("neuron {k}") });
                }
                found.push(Group { id: serial, name: record.name.to_string() });
            }
            next = record.parent.map(|parent| parent as usize);
        }
        found.reverse();
        found
    }
}
