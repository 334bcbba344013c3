//! For bindings to languages whose objects are counted: a tape that is no thread's own, and giving values
//! back one by one instead of by scopes.
//!
//! Rust code has no use for it: there a [`scope`](crate::scope) gives back what was made in it. Where a
//! program holds values by objects that come and go in any order, the binding knows for every place on
//! the tape whether an object means it. From time to time it calls [`collect`], which keeps what these
//! were made from and moves it together; ids change, but their order stays, and so *ids only point down*
//! still holds. Called whenever the tape has doubled, it costs a fixed share of the time in which the
//! values were made.

use crate::op::{Arity, Op};
use crate::own::Operation;
use crate::program::{Program, RecordError, Step};
use crate::tape::{self, Kind, Node, Tape};
use crate::value::Value;
use std::fmt;
use std::ops::Range;

/// A tape that threads use in turn, each for as long as it is in [`enter`](Graph::enter).
///
/// Values made in there are handles into this tape and mean nothing outside.
///
/// ```
/// use gradling::{Value, live_nodes, shared::Graph};
/// let mut graph = Graph::default();
/// let x = graph.enter(|| Value::new(3.0));
/// assert_eq!(live_nodes(), 0); // of this thread's own tape
/// assert_eq!(graph.enter(|| (x * x).data()), 9.0);
/// ```
pub struct Graph(Option<&'static mut Tape>);

impl Default for Graph {
    fn default() -> Self {
        Graph(Some(Box::leak(Box::new(Tape::new()))))
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Graph")
    }
}

impl Graph {
    /// Runs `body` with this tape as the thread's.
    #[inline]
    pub fn enter<R>(&mut self, body: impl FnOnce() -> R) -> R {
        struct Leave<'a>(&'a mut Graph, Option<&'static mut Tape>);
        impl Drop for Leave<'_> {
            #[inline]
            fn drop(&mut self) {
                self.0.0 = tape::exchange(self.1.take());
            }
        }
        let before = tape::exchange(self.0.take());
        let _leave = Leave(self, before);
        body()
    }
}

/// The value at a place of the tape.
///
/// # Panics
/// If there is none.
#[inline]
pub fn value(id: u32) -> Value {
    tape::with(|tape| Value::at(tape, id))
}

/// The number of a value as it stands on the tape, while a program is recorded, too: then it is the one of no
/// sample in particular, and nothing that is computed may depend on it.
///
/// # Panics
/// If the value was given back.
#[inline]
pub fn number(value: Value) -> f64 {
    value.read(|tape, place| tape.data(place))
}

/// A neuron that is spelled out: the id of its bias, and whether it has a ReLU.
#[derive(Clone, Copy, Debug)]
pub struct Spelled {
    /// Its bias.
    pub bias: u32,
    /// Whether the sum goes through `max(0, sum)`.
    pub relu: bool,
}

/// A layer in the nodes that a loop over `+` and `*` makes: for each neuron `bias + w[0] * x[0] + …`, then its
/// ReLU. All inputs are told by their ids, and `w` has the weights of one neuron after those of another.
///
/// For each neuron, `outputs` is given the id of what it makes and the sum before the ReLU.
///
/// # Panics
/// If there is no value with one of the ids, or there are too few weights.
pub fn spelled_layer(
    neurons: &[Spelled],
    w: &[u32],
    x: &[u32],
    outputs: &mut impl Extend<(u32, f64)>,
) {
    tape::with(|tape| {
        // Everything is read first: then what is made goes straight into its place.
        let read = |&id: &u32| (id, tape.data(id as usize));
        let x: Vec<(u32, f64)> = x.iter().map(read).collect();
        let w: Vec<(u32, f64)> = w.iter().map(read).collect();
        let bias: Vec<f64> = neurons.iter().map(|neuron| tape.data(neuron.bias as usize)).collect();
        let relus = neurons.iter().filter(|neuron| neuron.relu).count();
        tape.reserve(2 * neurons.len() * x.len() + relus);
        let stamp = tape.stamp();
        let mut id = tape.nodes.len() as u32;
        outputs.extend(neurons.iter().enumerate().map(|(i, neuron)| {
            let w = &w[i * x.len()..(i + 1) * x.len()];
            let (mut from, mut sum) = (neuron.bias, bias[i]);
            tape.nodes.extend(w.iter().zip(&x).flat_map(|(&(w, weight), &(x, data))| {
                let product = weight * data;
                sum += product;
                let made = [
                    Node::new(product, Op::Mul, Kind::Plain, (w, x), stamp),
                    Node::new(sum, Op::Add, Kind::Plain, (from, id), stamp),
                ];
                from = id + 1;
                id += 2;
                made
            }));
            if neuron.relu {
                let relu = Op::Relu.value1(sum);
                tape.nodes.push(Node::new(relu, Op::Relu, Kind::Plain, (from, 0), stamp));
                from = id;
                id += 1;
            }
            (from, sum)
        }));
    });
}

/// A value with a name, made from `inputs` by an operation that is not in the table; how gradients flow to
/// them [`set_backward`] says, and before it did, not at all.
pub fn made_by_hand(data: f64, inputs: &[Value], name: impl Into<String>) -> Value {
    Operation::by_hand(name.into(), |_| ()).push(data, inputs)
}

/// Replaces how gradients flow from a value: `backward` shall add to those of the values it was made from,
/// with [`grad`](Value::grad) and [`set_grad`](Value::set_grad), what the value's own contributes. It is
/// called with the value.
#[track_caller]
pub fn set_backward(value: Value, backward: impl Fn(Value) + 'static) {
    let operation = Operation::by_hand(value.symbol(), backward);
    let before = tape::with(|tape| {
        let place = value.id() as usize;
        let node = tape.nodes[place];
        if node.is(Op::Own) {
            let own = tape.args[node.a as usize + node.b as usize] as usize;
            return Some(std::mem::replace(&mut tape.own[own], operation));
        }
        let mut inputs = Vec::new();
        tape.inputs(place, |input| inputs.push(input));
        let count = inputs.len() as u32;
        let first = tape.list_own(operation, inputs.into_iter());
        tape.nodes[place] = node.made_by_own(first, count);
        tape.replaced = true;
        None
    });
    // After the tape is free again: what the operation captured may use it.
    drop(before);
}

/// Records a step as [`Program::record`] does, for any number of arrays, and without a scope: the values that it
/// makes stay until they are collected, since objects may mean them.
///
/// # Errors
/// Those of [`Program::record`].
pub fn record(
    parameters: &[Value],
    inputs: &[usize],
    step: impl FnOnce(&[Vec<Value>]) -> Step,
) -> Result<Program, RecordError> {
    Program::record_in_place(parameters, inputs, step)
}

/// Gives back all values but the first `count`. The operations of the user's among them are returned, to be
/// dropped where what they hold may use the tape.
///
/// It does nothing within a scope, a sweep or a recording.
pub fn give_back_from(count: usize) -> Vec<Operation> {
    tape::with(|tape| if tape.is_settled() { tape.give_back_from(count) } else { Vec::new() })
}

/// What has handles to values on the tape.
pub trait Holder {
    /// Whether the value is held.
    fn holds(&self, id: u32) -> bool;
    /// Whether none of these is. It is asked first, eight values at a time, since most that are collected go.
    fn holds_none(&self, mut ids: Range<u32>) -> bool {
        !ids.any(|id| self.holds(id))
    }
    /// The value `old`, held or not, is `new` from now on; told of all in their order.
    fn moved(&mut self, old: u32, new: u32);
}

/// Gives back all values that none of those that are held was made from, and moves the rest together. All
/// handles that the holder does not know of are stale.
///
/// Returns the operations of the user's among them, as [`give_back_from`] does, or `None` if nothing was
/// done: within a scope, a sweep or a recording.
pub fn collect(holder: &mut impl Holder) -> Option<Vec<Operation>> {
    tape::with(|tape| tape.is_free().then(|| tape.collect(holder)))
}

/// Room for so many values is kept however few are left.
const ROOM: usize = 1 << 17;

impl Tape {
    /// Nothing relies on where values lie.
    fn is_free(&self) -> bool {
        self.scopes == 0 && !self.sweeping && self.recording.is_none() && !self.groups.are_open()
    }

    /// And what belongs to the newest value is the newest in every column.
    fn is_settled(&self) -> bool {
        self.is_free() && !self.replaced
    }

    /// Gives back all values but the first; returns the user's operations among them.
    fn give_back_from(&mut self, count: usize) -> Vec<Operation> {
        let gone = self.nodes.get(count..).unwrap_or_default();
        // What belongs to a later value is later in every column, so the first that has something tells where.
        if !self.numbers.is_empty()
            && let Some(first) = gone.iter().find(|node| node.op().takes_number())
        {
            self.numbers.truncate(first.b as usize);
        }
        let mut own = Vec::new();
        if !self.args.is_empty() {
            if let Some(first) = gone.iter().find(|node| node.is(Op::Own)) {
                let place = self.args[first.a as usize + first.b as usize];
                own = self.own.split_off(place as usize);
            }
            if let Some(first) = gone.iter().find(|&&node| self.args_of(node).is_some()) {
                self.args.truncate(first.a as usize);
            }
        }
        self.forget_names_from(count);
        self.nodes.truncate(count);
        self.grad.truncate(count);
        own
    }

    /// Marks, then moves. Returns the user's operations that nothing has any more.
    fn collect(&mut self, holder: &mut impl Holder) -> Vec<Operation> {
        let count = self.nodes.len();
        // Inputs are older, so one walk down marks all that is reached. A byte each, not a bit: a bit would have
        // to wait for its neighbours.
        let mut kept = vec![false; count.next_multiple_of(8)];
        let mut stay = Vec::new();
        for first in (0..count).step_by(8).rev() {
            let end = count.min(first + 8);
            if kept.as_chunks::<8>().0[first / 8] == [false; 8]
                && holder.holds_none(first as u32..end as u32)
            {
                continue;
            }
            for id in (first..end).rev() {
                if !kept[id] && !holder.holds(id as u32) {
                    continue;
                }
                kept[id] = true;
                stay.push(id as u32);
                let node = &self.nodes[id];
                if node.is(Op::Add) || node.is(Op::Mul) {
                    kept[node.a as usize] = true;
                    kept[node.b as usize] = true;
                } else if !node.is(Op::Leaf) {
                    self.inputs(id, |input| kept[input as usize] = true);
                }
            }
        }
        stay.reverse();
        // Where each that stays is from now on.
        let mut place = vec![0; count];
        for (to, &id) in (0..).zip(&stay) {
            place[id as usize] = to;
        }

        let stamp = self.next_stamp();
        let (mut args, mut numbers, mut own) = (Vec::new(), Vec::new(), Vec::new());
        let mut old_own: Vec<Option<Operation>> = self.own.drain(..).map(Some).collect();
        for (to, &id) in stay.iter().enumerate() {
            let id = id as usize;
            let mut node = self.nodes[id];
            if node.is(Op::Add) || node.is(Op::Mul) {
                (node.a, node.b) = (place[node.a as usize], place[node.b as usize]);
            } else if let Some(listed) = self.args_of(node) {
                let first = node.a as usize;
                node.a = args.len() as u32;
                args.extend(self.args[first..first + listed].iter().map(|&a| place[a as usize]));
                if node.is(Op::Own) {
                    args.push(own.len() as u32);
                    own.extend(old_own[self.args[first + listed] as usize].take());
                }
            } else if !node.is(Op::Leaf) {
                node.a = place[node.a as usize];
                if node.op().takes_number() {
                    numbers.push(self.numbers[node.b as usize]);
                    node.b = numbers.len() as u32 - 1;
                } else if node.op().arity() == Arity::Fixed(2) {
                    node.b = place[node.b as usize];
                }
            }
            self.nodes[to] = node.with_stamp(stamp);
            holder.moved(id as u32, to as u32);
        }
        self.nodes.truncate(stay.len());
        // Room for what comes next, but not for a large graph that is gone.
        let room = ROOM.max(4 * stay.len());
        self.nodes.shrink_to(room);
        self.grad.gather(&stay, room);
        (self.args, self.numbers, self.own) = (args, numbers, own);
        let labels = std::mem::take(&mut self.labels);
        self.labels = labels
            .into_iter()
            .filter(|&(id, _)| kept[id as usize])
            .map(|(id, label)| (place[id as usize], label))
            .collect();
        // Of one that goes, where the next is that stays.
        self.groups.moved(|id| stay.partition_point(|&kept| kept < id) as u32);
        self.replaced = false;
        old_own.into_iter().flatten().collect()
    }

    /// How many ids of inputs a node has in the list, from its `a` on, if that is where it has them.
    fn args_of(&self, node: Node) -> Option<usize> {
        match (node.op(), node.kind()) {
            (Op::Sum | Op::Mean | Op::LogSumExp, Kind::Neighbours) => None,
            (Op::Dot, Kind::Neighbours) => Some(2),
            (Op::Affine, Kind::Neighbours) => Some(3),
            (op, _) if matches!(op.arity(), Arity::Many | Arity::Fixed(3)) => {
                Some(self.listed(node))
            }
            _ => None,
        }
    }
}
