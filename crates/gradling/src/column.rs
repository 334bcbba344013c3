//! The column of gradients: how it is kept, set aside and reached.
//!
//! It is worked in blocks of [`BLOCK`] values. A block is filled when something first reaches it, so a
//! tape pays for the gradients of what was swept and not for what it holds.
//!
//! A value without a gradient holds [`NOT_COMPUTED`], minus zero. It is the identity of addition, for +0
//! too, so a contribution is added to it without a test; contributions are kept free of it.

use crate::tape::Node;
use std::collections::BinaryHeap;

pub(crate) const BLOCK_BITS: u32 = 8;
pub(crate) const BLOCK: usize = 1 << BLOCK_BITS;

/// What stands for a gradient that was not computed. See the [module](self).
pub(crate) const NOT_COMPUTED: f64 = -0.0;

/// Whether a gradient was computed.
#[inline]
pub(crate) fn is_computed(grad: f64) -> bool {
    grad.to_bits() != NOT_COMPUTED.to_bits()
}

/// The gradients of a tape.
#[derive(Debug)]
pub(crate) struct Column {
    /// One for each place up to the highest that was reached, in whole blocks. Those in blocks that are
    /// [`State::Empty`] mean nothing.
    grad: Vec<f64>,
    state: Vec<State>,
    waiting: Waiting,
}

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum State {
    /// No gradient.
    Empty,
    /// Gradients of an earlier sweep, or set by hand.
    Held,
    /// Gradients of the sweep in progress, which has reached it.
    Open,
}

/// What a sweep comes back to.
#[derive(Debug)]
struct Waiting {
    /// Blocks that it has opened and not yet come to.
    open: BinaryHeap<u32>,
    /// Gradients of earlier sweeps, set aside until its end.
    aside: Vec<(u32, [f64; BLOCK])>,
}

impl Column {
    pub(crate) const fn new() -> Self {
        let waiting = Waiting { open: BinaryHeap::new(), aside: Vec::new() };
        Column { grad: Vec::new(), state: Vec::new(), waiting }
    }

    /// The gradient at `place`: [`NOT_COMPUTED`] where none was.
    #[inline]
    pub(crate) fn get(&self, place: usize) -> f64 {
        match self.state.get(place >> BLOCK_BITS) {
            None | Some(State::Empty) => NOT_COMPUTED,
            Some(_) => self.grad[place],
        }
    }

    /// Sets the gradient at `place`; [`NOT_COMPUTED`] forgets it.
    pub(crate) fn set(&mut self, place: usize, grad: f64) {
        let block = place >> BLOCK_BITS;
        if !is_computed(self.get(place)) && !is_computed(grad) {
            return;
        }
        self.reserve(place);
        if self.state[block] == State::Empty {
            fill(block, &mut self.grad);
            self.state[block] = State::Held;
        }
        self.grad[place] = grad;
    }

    /// Makes room up to and with `place`.
    pub(crate) fn reserve(&mut self, place: usize) {
        let blocks = (place >> BLOCK_BITS) + 1;
        if self.state.len() < blocks {
            self.state.resize(blocks, State::Empty);
        }
        if self.grad.len() < blocks << BLOCK_BITS {
            self.grad.resize(blocks << BLOCK_BITS, NOT_COMPUTED);
        }
    }

    /// Forgets the gradients from `len` on.
    pub(crate) fn truncate(&mut self, len: usize) {
        let whole = len >> BLOCK_BITS;
        if let Some(State::Held | State::Open) = self.state.get(whole) {
            self.grad[len..(whole + 1) << BLOCK_BITS].fill(NOT_COMPUTED);
        }
        self.state.truncate(whole + 1);
    }

    /// The gradients at these places, ascending, move to the first ones; the others are forgotten. Room for `room`
    /// is kept. Not during a sweep.
    pub(crate) fn gather(&mut self, places: &[u32], room: usize) {
        for (block, places) in places.chunks(BLOCK).enumerate() {
            // Places only go down, so what is written here was read, and its state is asked for no more.
            let (first, last) = (places[0] >> BLOCK_BITS, places[places.len() - 1] >> BLOCK_BITS);
            let reached = self.state.len().min(last as usize + 1);
            let from = self.state.get(first as usize..reached).unwrap_or_default();
            if from.iter().all(|&state| state == State::Empty) {
                if let Some(state) = self.state.get_mut(block) {
                    *state = State::Empty;
                }
                continue;
            }
            let mut moved = [NOT_COMPUTED; BLOCK];
            for (moved, &place) in moved.iter_mut().zip(places) {
                *moved = self.get(place as usize);
            }
            self.grad[block << BLOCK_BITS..(block + 1) << BLOCK_BITS].copy_from_slice(&moved);
            self.state[block] = State::Held;
        }
        self.state.truncate(places.len().div_ceil(BLOCK));
        let room = room.max(places.len()).next_multiple_of(BLOCK);
        if self.grad.len() > room {
            self.grad.truncate(room);
            self.grad.shrink_to(room);
        }
    }

    /// The highest block that the sweep in progress has reached and not finished.
    pub(crate) fn highest_open(&self) -> Option<usize> {
        self.waiting.open.peek().map(|&block| block as usize)
    }

    /// Finishes the highest open block. Ids only point down, so nothing will reach it any more.
    pub(crate) fn finish_highest(&mut self) {
        if let Some(block) = self.waiting.open.pop() {
            self.state[block as usize] = State::Held;
        }
    }

    /// Ends the sweep: gradients of earlier ones are added to those of this one.
    pub(crate) fn end_sweep(&mut self) {
        while self.highest_open().is_some() {
            self.finish_highest();
        }
        for (block, aside) in self.waiting.aside.drain(..) {
            let first = (block as usize) << BLOCK_BITS;
            for (grad, earlier) in self.grad[first..first + BLOCK].iter_mut().zip(aside) {
                *grad += earlier;
            }
        }
        // A few blocks are set aside at every step of a training loop; more only now and then.
        self.waiting.aside.shrink_to(64);
    }

    /// The column as slices, which stay in registers.
    pub(crate) fn slices(&mut self) -> Gradients<'_> {
        Gradients { grad: &mut self.grad, state: &mut self.state, waiting: &mut self.waiting }
    }
}

/// The gradient column during a sweep, as slices, which stay in registers.
pub(crate) struct Gradients<'a> {
    pub(crate) grad: &'a mut [f64],
    state: &'a mut [State],
    waiting: &'a mut Waiting,
}

impl Gradients<'_> {
    /// The same slices, to hand on while these stay in registers.
    #[inline(always)]
    pub(crate) fn lend(&mut self) -> Gradients<'_> {
        Gradients { grad: self.grad, state: self.state, waiting: self.waiting }
    }

    /// Adds a contribution, which must not be minus zero, to the gradient of `id`.
    #[inline(always)]
    pub(crate) fn flow(&mut self, id: u32, contribution: f64) {
        let place = id as usize;
        self.reach(place >> BLOCK_BITS);
        self.grad[place] += contribution;
    }

    /// The same from a node of the open block that begins at `first`: what is added is often its neighbour.
    #[inline(always)]
    pub(crate) fn flow_from(&mut self, first: usize, id: u32, contribution: f64) {
        let place = id as usize;
        if place < first {
            self.reach(place >> BLOCK_BITS);
        }
        self.grad[place] += contribution;
    }

    /// Makes the gradient of `id` that of the sweep in progress, for one who reads and writes it.
    pub(crate) fn open(&mut self, id: u32) {
        self.reach(id as usize >> BLOCK_BITS);
    }

    /// Opens a block if it is not: from now on its gradients are those of the sweep in progress.
    #[inline(always)]
    fn reach(&mut self, block: usize) {
        if self.state[block] != State::Open {
            open(block, self.grad, self.state, self.waiting);
        }
    }

    /// Adds the contributions of a multiplication whose gradient is `g`.
    #[inline(always)]
    pub(crate) fn flow_product(&mut self, nodes: &[Node], node: &Node, g: f64) {
        let (x, y) = (nodes[node.a as usize].data, nodes[node.b as usize].data);
        self.flow(node.a, g * y + 0.0);
        self.flow(node.b, g * x + 0.0);
    }

    /// Adds `g * factor[i]` to each of a run of neighbours.
    #[inline]
    pub(crate) fn flow_products(&mut self, first: usize, factors: &[Node], g: f64) {
        let Some(last) = (first + factors.len()).checked_sub(1).filter(|&last| last >= first)
        else {
            return;
        };
        for block in first >> BLOCK_BITS..=last >> BLOCK_BITS {
            self.reach(block);
        }
        let grads = &mut self.grad[first..=last];
        let add = |grad: &mut f64, factor: &Node| *grad += g * factor.data + 0.0;
        // By fours, because the loop that the compiler makes by itself takes long to begin.
        let (fours, rest) = grads.as_chunks_mut::<4>();
        let (factor_fours, factor_rest) = factors.as_chunks::<4>();
        for (grads, factors) in fours.iter_mut().zip(factor_fours) {
            for (grad, factor) in grads.iter_mut().zip(factors) {
                add(grad, factor);
            }
        }
        for (grad, factor) in rest.iter_mut().zip(factor_rest) {
            add(grad, factor);
        }
    }
}

#[cold]
#[inline(never)]
fn open(block: usize, grad: &mut [f64], state: &mut [State], waiting: &mut Waiting) {
    if state[block] == State::Held {
        let held = &grad[block << BLOCK_BITS..(block + 1) << BLOCK_BITS];
        // Zeroed gradients, as those of parameters before each step, need not be kept.
        if held.iter().any(|&grad| is_computed(grad)) {
            let mut aside = [NOT_COMPUTED; BLOCK];
            aside.copy_from_slice(held);
            waiting.aside.push((block as u32, aside));
        }
    }
    fill(block, grad);
    state[block] = State::Open;
    waiting.open.push(block as u32);
}

/// Fills a block with gradients not computed.
fn fill(block: usize, grad: &mut [f64]) {
    grad[block << BLOCK_BITS..(block + 1) << BLOCK_BITS].fill(NOT_COMPUTED);
}
