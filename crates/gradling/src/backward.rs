//! The reverse sweep: from a result down to everything it was made from, by the chain rule.
//!
//! Ids only point down, so one walk down the tape meets every value after all values made from it. The
//! walk goes in blocks of [`BLOCK`] values and opens only blocks that some gradient reached; a heap
//! gives the highest open one. So a sweep costs what its root reaches, however much else the tape
//! holds, and inside a block it is a plain loop.
//!
//! Gradients are summed right in their column, where a value that the sweep has not reached holds
//! [`NOT_COMPUTED`], minus zero. Gradients left by an earlier `backward` must not flow again: a block
//! that holds some is set aside when it is opened and added back at the end. So every call adds exactly
//! d root / d node.

use crate::op::Op;
use crate::own::Operation;
use crate::tape::{self, Kind, NOT_COMPUTED, Tape, is_computed};
use crate::value::{Value, live};
use std::collections::BinaryHeap;

const BLOCK_BITS: u32 = 6;
const BLOCK: usize = 1 << BLOCK_BITS;

/// The state of each block of the gradient column.
#[derive(Debug)]
pub(crate) struct Blocks {
    state: Vec<State>,
    /// Blocks that the sweep has opened and not yet come to.
    open: BinaryHeap<u32>,
    /// Blocks of earlier gradients, set aside during the sweep.
    aside: Vec<(u32, [f64; BLOCK])>,
    sweeping: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum State {
    /// No gradient was computed in it.
    Empty,
    /// It may hold gradients of an earlier sweep, or set by hand.
    Held,
    /// The sweep in progress has reached it.
    Open,
}

impl Blocks {
    pub(crate) const fn new() -> Self {
        Blocks { state: Vec::new(), open: BinaryHeap::new(), aside: Vec::new(), sweeping: false }
    }

    /// Notes that a gradient was set by hand.
    pub(crate) fn hold_grad(&mut self, place: usize) {
        self.reserve(place);
        self.state[place >> BLOCK_BITS] = State::Held;
    }

    fn reserve(&mut self, place: usize) {
        let blocks = (place >> BLOCK_BITS) + 1;
        if self.state.len() < blocks {
            self.state.resize(blocks, State::Empty);
        }
    }
}

impl Tape {
    /// Opens a block: from now on its gradients are those of the sweep in progress.
    #[cold]
    #[inline(never)]
    fn open_block(&mut self, block: usize) {
        if self.sweep.state[block] == State::Held {
            let first = block << BLOCK_BITS;
            let end = self.grad.len().min(first + BLOCK);
            let mut aside = [NOT_COMPUTED; BLOCK];
            aside[..end - first].copy_from_slice(&self.grad[first..end]);
            self.grad[first..end].fill(NOT_COMPUTED);
            self.sweep.aside.push((block as u32, aside));
        }
        self.sweep.state[block] = State::Open;
        self.sweep.open.push(block as u32);
    }

    /// Adds a contribution, which must not be minus zero, to the gradient of `id`.
    #[inline]
    fn flow(&mut self, id: u32, contribution: f64) {
        let place = id as usize;
        if self.sweep.state[place >> BLOCK_BITS] != State::Open {
            self.open_block(place >> BLOCK_BITS);
        }
        self.grad[place] += contribution;
    }

    /// Opens every block of a run of neighbours.
    #[inline]
    fn open_run(&mut self, first: usize, count: usize) {
        if count > 0 {
            for block in first >> BLOCK_BITS..=(first + count - 1) >> BLOCK_BITS {
                if self.sweep.state[block] != State::Open {
                    self.open_block(block);
                }
            }
        }
    }

    /// Sends the gradient `g` of the node at `place` on to its inputs. Own operations are the caller's.
    #[inline]
    fn send(&mut self, place: usize, g: f64) {
        let node = self.nodes[place];
        let (a, b) = (node.a as usize, node.b as usize);
        // Contributions get + 0.0, which turns minus zero into zero; `g` itself already is none.
        match node.op {
            Op::Leaf => {}
            Op::Add => {
                self.flow(node.a, g);
                self.flow(node.b, g);
            }
            Op::Mul => {
                let (x, y) = (self.data[a], self.data[b]);
                self.flow(node.a, g * y + 0.0);
                self.flow(node.b, g * x + 0.0);
            }
            Op::Relu => {
                let x = self.data[a];
                self.flow(node.a, Op::Relu.pull1(x, 0.0, g));
            }
            _ => self.send_rest(place, g),
        }
    }

    /// The same for the operations that are not as frequent.
    fn send_rest(&mut self, place: usize, g: f64) {
        let node = self.nodes[place];
        let (a, n) = (node.a as usize, node.b as usize);
        match node.op {
            Op::Leaf | Op::Own => {}
            Op::Dot | Op::Affine if node.kind == Kind::Neighbours => {
                let (x, w) = (self.args[a] as usize, self.args[a + 1] as usize);
                self.open_run(x, n);
                self.open_run(w, n);
                add_product(&mut self.grad[x..x + n], &self.data[w..w + n], g);
                add_product(&mut self.grad[w..w + n], &self.data[x..x + n], g);
                if node.op == Op::Affine {
                    self.flow(self.args[a + 2], g);
                }
            }
            Op::Dot | Op::Affine => {
                for i in a..a + n {
                    let (x, w) = (self.args[i], self.args[i + n]);
                    let (dx, dw) = (g * self.data[w as usize], g * self.data[x as usize]);
                    self.flow(x, dx + 0.0);
                    self.flow(w, dw + 0.0);
                }
                if node.op == Op::Affine {
                    self.flow(self.args[a + 2 * n], g);
                }
            }
            Op::Sum | Op::Mean | Op::LogSumExp => {
                for i in a..a + n {
                    let id = if node.kind == Kind::Neighbours { i as u32 } else { self.args[i] };
                    let (x, y) = (self.data[id as usize], self.data[place]);
                    self.flow(id, pull_many(node.op, n, x, y, g) + 0.0);
                }
            }
            Op::Select => {
                let [condition, b, c] = [self.args[a], self.args[a + 1], self.args[a + 2]];
                let (db, dc) = pull_select(self.data[condition as usize], g);
                self.flow(condition, 0.0);
                self.flow(b, db + 0.0);
                self.flow(c, dc + 0.0);
            }
            op if op.takes_number() => {
                let dx = op.pull_number(self.data[a], self.numbers[n], g);
                self.flow(node.a, dx + 0.0);
            }
            op if op.arity() == crate::Arity::Fixed(1) => {
                let dx = op.pull1(self.data[a], self.data[place], g);
                self.flow(node.a, dx + 0.0);
            }
            op => {
                let (da, db) = op.pull2(self.data[a], self.data[n], g);
                self.flow(node.a, da + 0.0);
                self.flow(node.b, db + 0.0);
            }
        }
    }

    fn start_sweep(&mut self, root: usize) {
        self.reserve_grad(root);
        self.sweep.reserve(root);
        self.sweep.sweeping = true;
        self.flow(root as u32, 1.0);
    }

    /// Sweeps on below `from`, which is in the highest open block or one past it, until the end or until
    /// an own operation, whose place it returns: its derivative is the user's code, which needs the tape.
    fn sweep_on(&mut self, from: Option<usize>) -> Option<usize> {
        let mut from = from;
        while let Some(&block) = self.sweep.open.peek() {
            let first = (block as usize) << BLOCK_BITS;
            let end = from.take().unwrap_or_else(|| self.grad.len().min(first + BLOCK));
            for place in (first..end).rev() {
                let g = self.grad[place];
                if is_computed(g) {
                    if self.nodes[place].op == Op::Own {
                        return Some(place);
                    }
                    self.send(place, g);
                }
            }
            // Ids only point down, so no block above this one was opened meanwhile.
            self.sweep.open.pop();
            self.sweep.state[block as usize] = State::Held;
        }
        self.end_sweep();
        None
    }

    /// Adds the gradients of earlier sweeps back.
    fn end_sweep(&mut self) {
        for (block, aside) in self.sweep.aside.drain(..) {
            let first = (block as usize) << BLOCK_BITS;
            for (grad, earlier) in self.grad[first..].iter_mut().zip(aside) {
                *grad += earlier;
            }
        }
        self.sweep.sweeping = false;
    }

    /// Leaves the sweep after a panic in the user's derivative: the earlier gradients are kept.
    fn abandon_sweep(&mut self) {
        while let Some(block) = self.sweep.open.pop() {
            self.sweep.state[block as usize] = State::Held;
        }
        self.end_sweep();
    }

    pub(crate) fn own_at(&self, place: usize) -> &Operation {
        let node = self.nodes[place];
        &self.own[self.args[node.a as usize + node.b as usize] as usize]
    }
}

/// `grad[i] += g * factor[i]`, never leaving minus zero.
#[inline]
fn add_product(grad: &mut [f64], factor: &[f64], g: f64) {
    for (grad, factor) in grad.iter_mut().zip(factor) {
        *grad += g * factor + 0.0;
    }
}

/// The gradient of one of the `n` inputs of a sum, mean or logsumexp.
#[inline]
pub(crate) fn pull_many<R: crate::Real>(op: Op, n: usize, x: R, y: R, g: R) -> R {
    match op {
        Op::Sum => g,
        Op::Mean => g / R::number(n as f64),
        Op::LogSumExp => g * (x - y).exp(),
        _ => unreachable!("`{}` has inputs that differ in kind", op.name()),
    }
}

/// The gradients of the two choices of a select.
#[inline]
pub(crate) fn pull_select<R: crate::Real>(condition: R, g: R) -> (R, R) {
    (condition.select(g, R::number(0.0)), condition.select(R::number(0.0), g))
}

impl Value {
    /// Computes the gradient of this value by every value it was made from, and adds it to theirs:
    /// afterwards `x.grad()` has grown by d self / d x.
    ///
    /// A second call adds the same again, as in PyTorch; [`zero_grad`](Value::zero_grad) and
    /// [`zero_graph_grad`](Value::zero_graph_grad) forget. It costs what this value reaches.
    ///
    /// ```
    /// use gradling::Value;
    /// let x = Value::new(3.0);
    /// let y = x * x;
    /// y.backward();
    /// assert_eq!(x.grad(), 6.0);
    /// y.backward();
    /// assert_eq!(x.grad(), 12.0);
    /// ```
    ///
    /// # Panics
    /// If called from inside the derivative of an [`Operation`]; use [`grad`](crate::grad()) there.
    #[track_caller]
    pub fn backward(self) {
        let free = live(tape::with(|tape| {
            let root = tape.place(self.id, self.stamp)?;
            let free = !tape.sweep.sweeping;
            if free {
                tape.start_sweep(root);
            }
            Ok(free)
        }));
        assert!(free, "backward was called inside the derivative of an own operation: use gradling::grad there");
        let mut unfinished = Unfinished(true);
        let mut from = None;
        while let Some(place) = tape::with(|tape| tape.sweep_on(from)) {
            send_own(place);
            from = Some(place);
        }
        unfinished.0 = false;
    }

    /// Forgets the gradients of this value and of everything it was made from.
    #[track_caller]
    pub fn zero_graph_grad(self) {
        for value in self.reached() {
            value.zero_grad();
        }
    }
}

/// Tidies up when the user's derivative panics.
struct Unfinished(bool);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.0 {
            tape::with(Tape::abandon_sweep);
        }
    }
}

/// Sends the gradient of an own operation on. Its derivative makes values; they go with the scope.
fn send_own(place: usize) {
    let (operation, inputs, y, g) = tape::with(|tape| {
        let mut inputs = Vec::new();
        tape.inputs(place, |id| inputs.push(Value::at(tape, id)));
        (tape.own_at(place).clone(), inputs, Value::at(tape, place as u32), tape.grad[place])
    });
    crate::scope(|| {
        let pulled = operation.pull(&inputs, y, Value::constant(g));
        tape::with(|tape| {
            for (input, pulled) in inputs.iter().zip(pulled) {
                let contribution = tape.data[pulled.id as usize];
                tape.flow(input.id, contribution + 0.0);
            }
        });
    });
}
