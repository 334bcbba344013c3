//! The reverse sweep: from a result down to everything it was made from, by the chain rule.
//!
//! Ids only point down, so one walk down the tape meets every value after all values made from it. The
//! walk goes in blocks of [`BLOCK`] values and opens only blocks that some gradient reached; a heap
//! gives the highest open one. So a sweep costs what its root reaches, however much else the tape
//! holds, and inside a block it is a plain loop.
//!
//! Gradients are summed right in their [column](crate::column). Those left by an earlier `backward`
//! must not flow again: a block that holds some is set aside when it is opened and added back at the
//! end. So every call adds exactly d root / d node.

use crate::column::{BLOCK, BLOCK_BITS, Gradients, is_computed};
use crate::op::{Arity, Op};
use crate::own::Operation;
use crate::program::refuse_varying;
use crate::tape::{self, Kind, Node, Tape};
use crate::value::{Value, live};
use std::ops::Range;

impl Tape {
    fn start_sweep(&mut self, root: usize) {
        self.sweeping = true;
        self.grad.reserve(root);
        self.grad.slices().flow(root as u32, 1.0);
    }

    /// Sweeps on below `from`, or from the highest open block, until the end or until an own operation,
    /// whose place it returns: its derivative is the user's code, which needs the tape.
    fn sweep_on(&mut self, mut from: Option<usize>) -> Option<usize> {
        while let Some(block) = self.grad.highest_open() {
            let first = block << BLOCK_BITS;
            let end = from.take().unwrap_or_else(|| self.nodes.len().min(first + BLOCK));
            let own =
                sweep_run(first..end, &self.nodes, &self.args, &self.numbers, self.grad.slices());
            if own.is_some() {
                return own;
            }
            self.grad.finish_highest();
        }
        self.end_sweep();
        None
    }

    /// Sends the gradient that the node at `place` has to its inputs, and no further.
    fn send_once(&mut self, place: usize) {
        let g = self.grad.get(place) + 0.0;
        self.grad.reserve(place);
        let node = &self.nodes[place];
        match node.op() {
            Op::Leaf => {}
            Op::Affine | Op::Dot => {
                send_products(node, g, &self.nodes, &self.args, self.grad.slices())
            }
            _ => send(node, g, &self.nodes, &self.args, &self.numbers, self.grad.slices()),
        }
        self.end_sweep();
    }

    fn end_sweep(&mut self) {
        self.grad.end_sweep();
        self.sweeping = false;
    }

    pub(crate) fn own_at(&self, place: usize) -> &Operation {
        let node = self.nodes[place];
        &self.own[self.args[node.a as usize + node.b as usize] as usize]
    }
}

/// The loop that a sweep spends its time in: the places of one open block, downwards. A function of its
/// own, so that its few slices have the registers to themselves.
#[inline(never)]
fn sweep_run(
    run: Range<usize>,
    nodes: &[Node],
    args: &[u32],
    numbers: &[f64],
    mut to: Gradients<'_>,
) -> Option<usize> {
    // With these the compiler drops checks further down: what is a place of a node is one of a gradient.
    let nodes = &nodes[..to.grad.len().min(nodes.len())];
    assert!(nodes.len() <= to.grad.len() && run.end <= nodes.len());
    let first = run.start;
    let mut place = run.end;
    while place > first {
        place -= 1;
        let mut g = to.grad[place];
        if !is_computed(g) {
            continue;
        }
        // From neighbour to neighbour with the gradient in a register: much is made of what was made just
        // before, and a gradient takes long to come back from memory.
        loop {
            let node = &nodes[place];
            let (a, b) = (node.a, node.b);
            let neighbour = |id: u32| id as usize + 1 == place;
            // What an operation of one input sends. Each has an arm of its own, so that one jump leads to
            // its code.
            macro_rules! pull {
                ($Op:ident) => {
                    (a, Op::$Op.pull1(nodes[a as usize].data, node.data, g) + 0.0)
                };
            }
            // The operations that graphs are mostly made of first, then the rest of the table. All is sent
            // here but the last contribution, the neighbour's if it gets one. To each + 0.0, which turns
            // minus zero into zero; `g` itself is none.
            let (id, last) = if node.is(Op::Add) {
                let (far, near) = if neighbour(a) { (b, a) } else { (a, b) };
                if far as usize + 2 == place && nodes[place - 1].is(Op::Mul) {
                    let left = sweep_dot(first, place, g, nodes, &mut to);
                    if left < place {
                        place = left;
                        continue;
                    }
                }
                to.flow_from(first, far, g);
                (near, g)
            } else if node.is(Op::Mul) {
                let (x, y) = (nodes[a as usize].data, nodes[b as usize].data);
                if neighbour(b) {
                    to.flow(a, g * y + 0.0);
                    (b, g * x + 0.0)
                } else {
                    to.flow(b, g * x + 0.0);
                    (a, g * y + 0.0)
                }
            } else {
                match node.op() {
                    Op::Relu => pull!(Relu),
                    Op::Tanh => pull!(Tanh),
                    Op::Exp => pull!(Exp),
                    Op::Ln => pull!(Ln),
                    Op::Sin => pull!(Sin),
                    Op::Cos => pull!(Cos),
                    Op::Neg => pull!(Neg),
                    Op::Sqrt => pull!(Sqrt),
                    Op::Sigmoid => pull!(Sigmoid),
                    Op::Own => return Some(place),
                    Op::Leaf => break,
                    Op::Affine | Op::Dot => {
                        send_products(node, g, nodes, args, to.lend());
                        break;
                    }
                    _ => {
                        send(node, g, nodes, args, numbers, to.lend());
                        break;
                    }
                }
            };
            if neighbour(id) && place > first && !is_computed(to.grad[place - 1]) {
                to.grad[place - 1] = last;
                place -= 1;
                g = last;
            } else {
                to.flow_from(first, id, last);
                break;
            }
        }
    }
    None
}

/// Sweeps a dot that is spelled out, from its last sum at `from` as far down as it goes in the block that
/// begins at `first`, and returns the place of what is left, whose gradient is `g` too.
///
/// In `w * x + rest` the product was made just before the sum, and the rest before that. If nothing else
/// uses them, `g` is all that both get.
#[inline(always)]
fn sweep_dot(first: usize, from: usize, g: f64, nodes: &[Node], to: &mut Gradients<'_>) -> usize {
    let mut sum = from;
    while sum >= first + 2 && nodes[sum].is(Op::Add) {
        let (product, rest) = (sum - 1, sum - 2);
        let (a, b) = (nodes[sum].a as usize, nodes[sum].b as usize);
        let both = a == rest && b == product || a == product && b == rest;
        if !both || !nodes[product].is(Op::Mul) {
            break;
        }
        let factors = &nodes[product];
        let used = is_computed(to.grad[product]) || is_computed(to.grad[rest]);
        if used || factors.a as usize == rest || factors.b as usize == rest {
            break;
        }
        to.grad[product] = g;
        to.grad[rest] = g;
        to.flow_product(nodes, factors, g);
        sum = rest;
    }
    sum
}

/// Sends the gradient `g` of a dot or an affine node on to its inputs.
#[inline(never)]
fn send_products(node: &Node, g: f64, nodes: &[Node], args: &[u32], mut to: Gradients<'_>) {
    let n = node.b as usize;
    let args = &args[node.a as usize..];
    let bias = if node.kind() == Kind::Neighbours {
        let (x, w) = (args[0] as usize, args[1] as usize);
        to.flow_products(x, &nodes[w..w + n], g);
        to.flow_products(w, &nodes[x..x + n], g);
        2
    } else {
        let (xs, ws) = args[..2 * n].split_at(n);
        for (&x, &w) in xs.iter().zip(ws) {
            to.flow(x, g * nodes[w as usize].data + 0.0);
            to.flow(w, g * nodes[x as usize].data + 0.0);
        }
        2 * n
    };
    if node.is(Op::Affine) {
        to.flow(args[bias], g);
    }
}

/// Sends the gradient `g` of a node on to its inputs, by the table.
#[inline(never)]
fn send(node: &Node, g: f64, nodes: &[Node], args: &[u32], numbers: &[f64], mut to: Gradients<'_>) {
    let (a, n) = (node.a as usize, node.b as usize);
    let data = |id: u32| nodes[id as usize].data;
    match node.op() {
        op @ (Op::Sum | Op::Mean | Op::LogSumExp) => {
            let mut send = |id| to.flow(id, pull_many(op, n, data(id), node.data, g) + 0.0);
            match node.kind() {
                Kind::Neighbours => (node.a..node.a + node.b).for_each(send),
                _ => args[a..a + n].iter().for_each(|&id| send(id)),
            }
        }
        Op::Select => {
            let (db, dc) = pull_select(data(args[a]), g);
            to.flow(args[a], 0.0);
            to.flow(args[a + 1], db + 0.0);
            to.flow(args[a + 2], dc + 0.0);
        }
        op if op.takes_number() => {
            to.flow(node.a, op.pull_number(data(node.a), numbers[n], g) + 0.0)
        }
        op if op.arity() == Arity::Fixed(1) => {
            to.flow(node.a, op.pull1(data(node.a), node.data, g) + 0.0)
        }
        op => {
            let (da, db) = op.pull2(data(node.a), data(node.b), g);
            to.flow(node.a, da + 0.0);
            to.flow(node.b, db + 0.0);
        }
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
    /// If called from inside the derivative of an [`Operation`]; use [`grad`](crate::grad()) there. If
    /// such a derivative panics, values swept before it keep what they got.
    #[track_caller]
    pub fn backward(self) {
        refuse_varying(self, "backward");
        let free = live(tape::with(|tape| {
            let root = tape.place(self.id, self.stamp)?;
            let free = !tape.sweeping;
            if free {
                tape.start_sweep(root);
            }
            Ok(free)
        }));
        assert!(
            free,
            "backward was called inside the derivative of an own operation: use gradling::grad there"
        );
        let mut unfinished = Unfinished(true);
        let mut from = None;
        while let Some(place) = tape::with(|tape| tape.sweep_on(from)) {
            send_own(place);
            from = Some(place);
        }
        unfinished.0 = false;
    }

    /// Adds what this value's own gradient contributes to those of the values it was made from directly: one
    /// step of [`backward`](Value::backward), to be taken by hand.
    ///
    /// ```
    /// use gradling::Value;
    /// let (x, w) = (Value::new(2.0), Value::new(-3.0));
    /// let y = x * w;
    /// y.set_grad(1.0);
    /// y.backward_step();
    /// assert_eq!((x.grad(), w.grad()), (-3.0, 2.0));
    /// ```
    #[track_caller]
    pub fn backward_step(self) {
        refuse_varying(self, "backward_step");
        let own = live(tape::with(|tape| {
            let place = tape.place(self.id, self.stamp)?;
            assert!(!tape.sweeping, "backward_step was called while backward runs");
            let own = tape.nodes[place].is(Op::Own);
            if !own {
                tape.send_once(place);
            }
            Ok(own.then_some(place))
        }));
        if let Some(place) = own {
            let _unfinished = Unfinished(true);
            tape::with(|tape| tape.sweeping = true);
            send_own(place);
        }
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
            tape::with(Tape::end_sweep);
        }
    }
}

/// Sends the gradient of an own operation on. Its derivative makes values; they go with the scope.
fn send_own(place: usize) {
    let (operation, inputs, y, g) = tape::with(|tape| {
        let mut inputs = Vec::new();
        tape.inputs(place, |id| inputs.push(Value::at(tape, id)));
        (tape.own_at(place).clone(), inputs, Value::at(tape, place as u32), tape.grad.get(place))
    });
    if let Some(backward) = operation.backward() {
        // It reads and writes gradients as anybody does.
        tape::with(|tape| inputs.iter().for_each(|input| tape.grad.slices().open(input.id)));
        return backward(y);
    }
    crate::scope(|| {
        let pulled = operation.pull(&inputs, y, Value::constant(g));
        tape::with(|tape| {
            for (input, pulled) in inputs.iter().zip(pulled) {
                let contribution = tape.data(pulled.id as usize);
                tape.grad.slices().flow(input.id, contribution + 0.0);
            }
        });
    });
}
