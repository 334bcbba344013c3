//! The tape: nodes in the order in which they were made, and how they are given back.
//!
//! A node's inputs are older than the node, so *ids only point down*. Walking from a result to what it
//! was made from is walking down the tape: no recursion, no search for an order. Columns rather than
//! records: the data are neighbours in memory, so that a dot of neighbouring values is a loop over two
//! slices; and the gradients exist only as far up as some `backward` needed them.
//!
//! A binary node takes 32 bytes: 8 of data, 16 of [`Node`], 8 of gradient.

use crate::group::Groups;
use crate::math;
use crate::op::Op;
use crate::own::Operation;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Which life of a place on the tape a handle means. Places are used again after a scope; the stamp
/// then differs, so that an old handle is refused and never reads the newcomer. 48 bits: at a scope
/// every microsecond they last for nine years.
pub(crate) type Stamp = [u16; 3];

/// How a value came to be. `a` and `b` are ids of its inputs; operations of many inputs keep these in
/// [`Tape::args`] and have there `a` the place of the first and `b` the count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) stamp: Stamp,
    pub(crate) op: Op,
    pub(crate) kind: Kind,
}

/// What a node's fields mean beyond its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// `a` and `b` are inputs, or places in `args`.
    Plain,
    /// A leaf made from a plain number, as the 2 in `x * 2.0`.
    Constant,
    /// The inputs are neighbours: one run (sum, mean: `a` is the first) or two (dot, affine: `args[a]`
    /// is the first x, `args[a + 1]` the first w, `args[a + 2]` the bias).
    Neighbours,
}

/// What `grad` holds while no gradient was computed. Minus zero is the identity of addition, also for
/// +0, so a gradient can be added to it without a test; computed gradients are kept free of it.
pub(crate) const NOT_COMPUTED: f64 = -0.0;

/// Whether a gradient was computed. See [`NOT_COMPUTED`].
#[inline]
pub(crate) fn is_computed(grad: f64) -> bool {
    grad.to_bits() != NOT_COMPUTED.to_bits()
}

/// A handle refers to a value that its scope has given back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stale;

/// The values of one thread. See the [module](self).
#[derive(Debug)]
pub(crate) struct Tape {
    pub(crate) data: Vec<f64>,
    pub(crate) nodes: Vec<Node>,
    /// As long as the highest id some gradient was asked of.
    pub(crate) grad: Vec<f64>,
    /// Inputs of operations that take many.
    pub(crate) args: Vec<u32>,
    /// The plain number of operations that take one, at `b`.
    pub(crate) numbers: Vec<f64>,
    /// The user's own operations, one entry a use.
    pub(crate) own: Vec<Operation>,
    pub(crate) labels: BTreeMap<u32, String>,
    pub(crate) groups: Groups,
    pub(crate) sweep: crate::backward::Blocks,
    stamp: u64,
}

/// How far each column of a tape reached: where a scope began.
#[derive(Clone, Copy, Debug)]
struct Mark {
    nodes: usize,
    args: usize,
    numbers: usize,
    own: usize,
    groups: usize,
}

thread_local! {
    static TAPE: RefCell<Tape> = const { RefCell::new(Tape::new()) };
}

/// Runs `body` on this thread's tape.
#[inline]
pub(crate) fn with<R>(body: impl FnOnce(&mut Tape) -> R) -> R {
    TAPE.with_borrow_mut(body)
}

/// Runs `body` and gives back every value made in it. Scopes nest; a panic inside gives back too.
///
/// A training step belongs in a scope: the parameters are made outside and stay, the millions of values
/// of the step go.
///
/// ```
/// use gradling::{Value, scope};
/// let w = Value::new(3.0);
/// let slope = scope(|| {
///     let y = w * w; // lives until the end of the scope
///     y.backward();
///     w.grad()
/// });
/// assert_eq!(slope, 6.0);
/// ```
pub fn scope<R>(body: impl FnOnce() -> R) -> R {
    struct GiveBack(Mark);
    impl Drop for GiveBack {
        fn drop(&mut self) {
            // The user's operations are dropped after the tape is free again: their captures may use it.
            let own = with(|tape| tape.truncate(self.0));
            drop(own);
        }
    }
    let _give_back = GiveBack(with(|tape| tape.mark()));
    body()
}

/// How many values this thread's tape holds.
pub fn live_nodes() -> usize {
    with(|tape| tape.nodes.len())
}

impl Tape {
    const fn new() -> Self {
        Tape {
            data: Vec::new(),
            nodes: Vec::new(),
            grad: Vec::new(),
            args: Vec::new(),
            numbers: Vec::new(),
            own: Vec::new(),
            labels: BTreeMap::new(),
            groups: Groups::new(),
            sweep: crate::backward::Blocks::new(),
            stamp: 0,
        }
    }

    /// The stamp of nodes made from now on.
    #[inline]
    pub(crate) fn stamp(&self) -> Stamp {
        let s = self.stamp;
        [s as u16, (s >> 16) as u16, (s >> 32) as u16]
    }

    /// The place a handle means, if it still means one.
    #[inline]
    pub(crate) fn place(&self, id: u32, stamp: Stamp) -> Result<usize, Stale> {
        match self.nodes.get(id as usize) {
            Some(node) if node.stamp == stamp => Ok(id as usize),
            _ => Err(Stale),
        }
    }

    /// Appends a node and returns its id.
    #[inline]
    pub(crate) fn push(&mut self, data: f64, op: Op, kind: Kind, a: u32, b: u32) -> u32 {
        let id = self.nodes.len();
        if id >= u32::MAX as usize {
            full();
        }
        let stamp = self.stamp();
        self.data.push(data);
        self.nodes.push(Node { a, b, stamp, op, kind });
        id as u32
    }

    /// The gradient of the node at `place`: [`NOT_COMPUTED`] where none was.
    #[inline]
    pub(crate) fn grad_at(&self, place: usize) -> f64 {
        self.grad.get(place).copied().unwrap_or(NOT_COMPUTED)
    }

    /// Sets the gradient of the node at `place`.
    pub(crate) fn set_grad_at(&mut self, place: usize, grad: f64) {
        self.reserve_grad(place);
        self.grad[place] = grad;
        self.sweep.hold_grad(place);
    }

    /// Makes room for gradients up to and with `place`.
    pub(crate) fn reserve_grad(&mut self, place: usize) {
        if self.grad.len() <= place {
            self.grad.resize(place + 1, NOT_COMPUTED);
        }
    }

    /// Calls `visit` with each input of the node at `place`, in order, repeats kept.
    #[inline]
    pub(crate) fn inputs(&self, place: usize, mut visit: impl FnMut(u32)) {
        let node = self.nodes[place];
        let (a, n) = (node.a as usize, node.b);
        match node.op {
            Op::Leaf => {}
            Op::Sum | Op::Mean | Op::LogSumExp if node.kind == Kind::Neighbours => {
                (node.a..node.a + n).for_each(visit);
            }
            Op::Dot | Op::Affine if node.kind == Kind::Neighbours => {
                let (x, w) = (self.args[a], self.args[a + 1]);
                (x..x + n).for_each(&mut visit);
                (w..w + n).for_each(&mut visit);
                if node.op == Op::Affine {
                    visit(self.args[a + 2]);
                }
            }
            Op::Select | Op::Sum | Op::Mean | Op::LogSumExp | Op::Dot | Op::Affine | Op::Own => {
                self.args[a..a + self.listed(node)].iter().copied().for_each(visit);
            }
            op if op.arity() == crate::Arity::Fixed(1) => visit(node.a),
            _ => {
                visit(node.a);
                visit(node.b);
            }
        }
    }

    /// How many entries of `args` a node of listed inputs has.
    #[inline]
    pub(crate) fn listed(&self, node: Node) -> usize {
        let n = node.b as usize;
        match node.op {
            Op::Dot => 2 * n,
            Op::Affine => 2 * n + 1,
            _ => n,
        }
    }

    /// Computes the node at `place` from its inputs' data, unless it is a leaf or an own operation.
    pub(crate) fn compute(&self, place: usize) -> f64 {
        let node = self.nodes[place];
        let data = |id: u32| self.data[id as usize];
        let (a, n) = (node.a as usize, node.b as usize);
        let arg = |i: usize| data(self.args[a + i]);
        let neighbours = node.kind == Kind::Neighbours;
        match node.op {
            Op::Leaf | Op::Own => self.data[place],
            Op::Select => crate::Real::select(arg(0), arg(1), arg(2)),
            Op::Sum if neighbours => math::sum(n, |i| self.data[a + i]),
            Op::Sum => math::sum(n, arg),
            Op::Mean if neighbours => math::sum(n, |i| self.data[a + i]) / n as f64,
            Op::Mean => math::sum(n, arg) / n as f64,
            Op::LogSumExp if neighbours => math::logsumexp(n, |i| self.data[a + i]),
            Op::LogSumExp => math::logsumexp(n, arg),
            Op::Dot | Op::Affine if neighbours => {
                let (x, w) = (self.args[a] as usize, self.args[a + 1] as usize);
                let (xs, ws) = (&self.data[x..x + n], &self.data[w..w + n]);
                let dot = math::dot(n, |i| xs[i], |i| ws[i]);
                if node.op == Op::Affine { dot + arg(2) } else { dot }
            }
            Op::Dot => math::dot(n, arg, |i| arg(n + i)),
            Op::Affine => math::dot(n, arg, |i| arg(n + i)) + arg(2 * n),
            op if op.takes_number() => op.value_number(data(node.a), self.numbers[n]),
            op if op.arity() == crate::Arity::Fixed(1) => op.value1(data(node.a)),
            op => op.value2(data(node.a), data(node.b)),
        }
    }

    /// Where the tape stands now.
    fn mark(&self) -> Mark {
        Mark {
            nodes: self.nodes.len(),
            args: self.args.len(),
            numbers: self.numbers.len(),
            own: self.own.len(),
            groups: self.groups.len(),
        }
    }

    /// Gives back every node made since `mark`, and returns the user's operations among them.
    fn truncate(&mut self, mark: Mark) -> Vec<Operation> {
        self.groups.truncate(mark.groups);
        if self.nodes.len() == mark.nodes {
            return Vec::new();
        }
        self.data.truncate(mark.nodes);
        self.nodes.truncate(mark.nodes);
        self.grad.truncate(mark.nodes);
        self.args.truncate(mark.args);
        self.numbers.truncate(mark.numbers);
        if self.labels.last_key_value().is_some_and(|(&id, _)| id as usize >= mark.nodes) {
            self.labels.split_off(&(mark.nodes as u32));
        }
        self.stamp += 1;
        assert!(self.stamp < 1 << 48, "this thread has used up its 2^48 scopes");
        self.own.split_off(mark.own)
    }
}

#[cold]
#[inline(never)]
fn full() -> ! {
    panic!("this thread's tape holds 4,294,967,295 values, the most it can: give values back with gradling::scope")
}
