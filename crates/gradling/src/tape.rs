//! The tape: nodes in the order in which they were made, and how they are given back.
//!
//! A node's inputs are older than the node, so *ids only point down*. Walking from a result to what it
//! was made from is walking down the tape: no recursion, no search for an order.
//!
//! A binary node takes 32 bytes: 24 of [`Node`], 8 of gradient. The gradients are a column of their own
//! and exist only as far up as some `backward` needed them.

use crate::column::Column;
use crate::group::Groups;
use crate::math;
use crate::op::Op;
use crate::own::Operation;
use crate::program::Recording;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

/// Which life of a place on the tape a handle means. Places are used again after a scope; the stamp
/// then differs, so that an old handle is refused and never reads the newcomer. 48 bits: at a scope
/// every microsecond they last for nine years.
pub(crate) type Stamp = u64;

/// A value and how it came to be. `a` and `b` are ids of its inputs; operations of many inputs keep these in
/// [`Tape::args`] and have there `a` the place of the first and `b` the count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) data: f64,
    pub(crate) a: u32,
    pub(crate) b: u32,
    /// The stamp in the upper 48 bits, then 8 each of kind and operation.
    tag: u64,
}

impl Node {
    #[inline(always)]
    pub(crate) fn new(data: f64, op: Op, kind: Kind, (a, b): (u32, u32), stamp: Stamp) -> Node {
        Node { data, a, b, tag: stamp << 16 | (kind as u64) << 8 | op as u64 }
    }

    #[inline]
    pub(crate) fn stamp(&self) -> Stamp {
        self.tag >> 16
    }

    /// The same node in another life.
    #[inline]
    pub(crate) fn with_stamp(self, stamp: Stamp) -> Node {
        Node { tag: stamp << 16 | (self.tag & 0xffff), ..self }
    }

    /// The same node made by an operation of the user's, with its inputs in the list from `first` on.
    pub(crate) fn made_by_own(self, first: u32, count: u32) -> Node {
        let tag = self.stamp() << 16 | (Kind::Plain as u64) << 8 | Op::Own as u64;
        Node { a: first, b: count, tag, ..self }
    }

    #[inline]
    pub(crate) fn kind(&self) -> Kind {
        const KINDS: [Kind; 4] = [Kind::Plain, Kind::Constant, Kind::Neighbours, Kind::Plain];
        KINDS[(self.tag >> 8) as usize & 3]
    }

    #[inline]
    pub(crate) fn op(&self) -> Op {
        Op::from_byte(self.tag as u8)
    }

    /// Whether it is made by `op`: a comparison, where [`op`](Node::op) looks up.
    #[inline]
    pub(crate) fn is(&self, op: Op) -> bool {
        self.tag as u8 == op as u8
    }
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

/// A handle refers to a value that its scope has given back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stale;

/// The values of one thread. See the [module](self).
#[derive(Debug)]
pub(crate) struct Tape {
    pub(crate) nodes: Vec<Node>,
    pub(crate) grad: Column,
    /// A reverse sweep is under way.
    pub(crate) sweeping: bool,
    /// Inputs of operations that take many.
    pub(crate) args: Vec<u32>,
    /// The plain number of operations that take one, at `b`.
    pub(crate) numbers: Vec<f64>,
    /// The user's own operations, one entry a use.
    pub(crate) own: Vec<Operation>,
    pub(crate) labels: BTreeMap<u32, String>,
    pub(crate) groups: Groups,
    /// Scopes that are open.
    pub(crate) scopes: u32,
    /// Some value got an operation after it was made, so the columns are not in the order of the values.
    pub(crate) replaced: bool,
    /// A step of a program is being recorded.
    pub(crate) recording: Option<Recording>,
    stamp: Stamp,
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
    /// The tape of this thread while nothing uses it: whoever does takes it out and puts it back. So one
    /// load tells both that there is a tape and that it is free, and between two operations in a row the
    /// compiler need not put it back at all. The few hundred bytes of the tape itself are never freed, so
    /// that a plain reference can be handed out.
    static TAPE: Cell<Option<&'static mut Tape>> = const { Cell::new(None) };

    /// What the tape holds goes when the thread ends.
    static AT_EXIT: AtExit = const { AtExit { made: Cell::new(false) } };
}

struct AtExit {
    /// The thread has had a tape.
    made: Cell<bool>,
}

impl Drop for AtExit {
    fn drop(&mut self) {
        let held = TAPE.take().map(|tape| {
            // With a stamp of its own, in case code that runs still later asks with an old handle.
            let stamp = tape.stamp + 1;
            let held = std::mem::replace(tape, Tape { stamp, ..Tape::new() });
            TAPE.set(Some(tape));
            held
        });
        // With the tape back in its place: what the user's operations captured may use it.
        drop(held);
    }
}

/// A tape that was taken out. It goes back at the end, that by a panic included.
pub(crate) struct Taken(Option<&'static mut Tape>);

impl Drop for Taken {
    #[inline(always)]
    fn drop(&mut self) {
        TAPE.set(self.0.take());
    }
}

impl Deref for Taken {
    type Target = Tape;

    #[inline(always)]
    fn deref(&self) -> &Tape {
        self.0.as_deref().expect("it goes back only at the end")
    }
}

impl DerefMut for Taken {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Tape {
        self.0.as_deref_mut().expect("it goes back only at the end")
    }
}

#[cold]
#[inline(never)]
fn make_tape() -> &'static mut Tape {
    // While the thread is ending this fails, and the last values made are not freed.
    let made = AT_EXIT.try_with(|at_exit| at_exit.made.replace(true));
    assert!(made != Ok(true), "the tape is in use");
    Box::leak(Box::new(Tape::new()))
}

/// Makes another tape this thread's, and returns the one before.
#[inline]
pub(crate) fn exchange(tape: Option<&'static mut Tape>) -> Option<&'static mut Tape> {
    TAPE.replace(tape)
}

/// This thread's tape, until the guard goes.
#[inline]
pub(crate) fn take() -> Taken {
    Taken(Some(TAPE.take().unwrap_or_else(make_tape)))
}

/// This thread's tape if there is one with room for another node: the usual case, and one without a
/// call. In the other, [`prepare`] makes it so.
#[inline(always)]
pub(crate) fn ready() -> Option<Taken> {
    let tape = Taken(Some(TAPE.take()?));
    if tape.nodes.len() == tape.nodes.capacity() { None } else { Some(tape) }
}

/// Makes sure that there is a tape with room for another node.
#[cold]
#[inline(never)]
pub(crate) fn prepare() {
    let mut tape = take();
    tape.reserve(1);
}

/// Runs `body` on this thread's tape.
#[inline]
pub(crate) fn with<R>(body: impl FnOnce(&mut Tape) -> R) -> R {
    body(&mut take())
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
    pub(crate) const fn new() -> Self {
        Tape {
            nodes: Vec::new(),
            grad: Column::new(),
            sweeping: false,
            args: Vec::new(),
            numbers: Vec::new(),
            own: Vec::new(),
            labels: BTreeMap::new(),
            groups: Groups::new(),
            scopes: 0,
            replaced: false,
            recording: None,
            stamp: 0,
        }
    }

    /// The stamp of nodes made from now on.
    #[inline]
    pub(crate) fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// The node a handle means, if it still means one.
    #[inline]
    pub(crate) fn node(&self, id: u32, stamp: Stamp) -> Result<Node, Stale> {
        match self.nodes.get(id as usize) {
            // Since the last scope ended nothing was given back, so a handle made since then is live.
            Some(&node) if stamp == self.stamp || node.stamp() == stamp => Ok(node),
            _ => Err(Stale),
        }
    }

    /// Its place.
    #[inline]
    pub(crate) fn place(&self, id: u32, stamp: Stamp) -> Result<usize, Stale> {
        self.node(id, stamp).map(|_| id as usize)
    }

    /// The number of the node at `place`.
    #[inline]
    pub(crate) fn data(&self, place: usize) -> f64 {
        self.nodes[place].data
    }

    /// Appends a node and returns its id.
    #[inline(always)]
    pub(crate) fn push(&mut self, data: f64, op: Op, kind: Kind, a: u32, b: u32) -> u32 {
        let id = self.nodes.len();
        self.reserve(1);
        self.nodes.push(Node::new(data, op, kind, (a, b), self.stamp));
        id as u32
    }

    /// Makes sure that there is room for `count` nodes.
    #[inline(always)]
    pub(crate) fn reserve(&mut self, count: usize) {
        if self.nodes.capacity() - self.nodes.len() < count {
            self.grow(count);
        }
    }

    /// Makes room for `count` nodes, and for as many again as there are. Ids have 32 bits, so there is a most.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, count: usize) {
        const MOST: usize = u32::MAX as usize;
        let len = self.nodes.len();
        assert!(
            count <= MOST - len,
            "this thread's tape holds {MOST} values, the most it can: give values back with gradling::scope"
        );
        self.nodes.reserve_exact(len.max(1024).max(count).min(MOST - len));
    }

    /// Where the inputs of the next operation of many go. A node tells the place in 32 bits.
    #[inline]
    pub(crate) fn next_args(&self) -> u32 {
        u32::try_from(self.args.len()).unwrap_or_else(|_| too_many_inputs())
    }

    /// Calls `visit` with each input of the node at `place`, in order, repeats kept.
    #[inline]
    pub(crate) fn inputs(&self, place: usize, mut visit: impl FnMut(u32)) {
        let node = self.nodes[place];
        let (a, n) = (node.a as usize, node.b);
        match node.op() {
            Op::Leaf => {}
            Op::Sum | Op::Mean | Op::LogSumExp if node.kind() == Kind::Neighbours => {
                (node.a..node.a + n).for_each(visit);
            }
            Op::Dot | Op::Affine if node.kind() == Kind::Neighbours => {
                let (x, w) = (self.args[a], self.args[a + 1]);
                (x..x + n).for_each(&mut visit);
                (w..w + n).for_each(&mut visit);
                if node.op() == Op::Affine {
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
        match node.op() {
            Op::Dot => 2 * n,
            Op::Affine => 2 * n + 1,
            _ => n,
        }
    }

    /// Computes the node at `place` from its inputs' data, unless it is a leaf or an own operation.
    pub(crate) fn compute(&self, place: usize) -> f64 {
        let node = self.nodes[place];
        let data = |id: u32| self.nodes[id as usize].data;
        let (a, n) = (node.a as usize, node.b as usize);
        let arg = |i: usize| data(self.args[a + i]);
        let neighbours = node.kind() == Kind::Neighbours;
        match node.op() {
            Op::Leaf | Op::Own => node.data,
            Op::Select => crate::Real::select(arg(0), arg(1), arg(2)),
            Op::Sum if neighbours => math::sum(n, |i| self.nodes[a + i].data),
            Op::Sum => math::sum(n, arg),
            Op::Mean if neighbours => math::sum(n, |i| self.nodes[a + i].data) / n as f64,
            Op::Mean => math::sum(n, arg) / n as f64,
            Op::LogSumExp if neighbours => math::logsumexp(n, |i| self.nodes[a + i].data),
            Op::LogSumExp => math::logsumexp(n, arg),
            Op::Dot | Op::Affine if neighbours => {
                let dot =
                    self.dot_of_neighbours(self.args[a] as usize, self.args[a + 1] as usize, n);
                if node.op() == Op::Affine { dot + arg(2) } else { dot }
            }
            Op::Dot => math::dot(n, arg, |i| arg(n + i)),
            Op::Affine => math::dot(n, arg, |i| arg(n + i)) + arg(2 * n),
            op if op.takes_number() => op.value_number(data(node.a), self.numbers[n]),
            op if op.arity() == crate::Arity::Fixed(1) => op.value1(data(node.a)),
            op => op.value2(data(node.a), data(node.b)),
        }
    }

    /// The dot of two runs of neighbours.
    #[inline(always)]
    pub(crate) fn dot_of_neighbours(&self, x: usize, w: usize, count: usize) -> f64 {
        let (x, w) = (&self.nodes[x..x + count], &self.nodes[w..w + count]);
        math::dot(count, |i| x[i].data, |i| w[i].data)
    }

    /// The stamp of another life, for nodes from now on.
    pub(crate) fn next_stamp(&mut self) -> Stamp {
        self.stamp += 1;
        assert!(self.stamp < 1 << 48, "this thread has used up its 2^48 scopes");
        self.stamp
    }

    /// Where the tape stands now: a scope begins.
    fn mark(&mut self) -> Mark {
        self.scopes += 1;
        Mark {
            nodes: self.nodes.len(),
            args: self.args.len(),
            numbers: self.numbers.len(),
            own: self.own.len(),
            groups: self.groups.len(),
        }
    }

    /// Forgets the labels of all nodes but the first.
    pub(crate) fn forget_names_from(&mut self, count: usize) {
        if self.labels.last_key_value().is_some_and(|(&id, _)| id as usize >= count) {
            self.labels.split_off(&(count as u32));
        }
    }

    /// Gives back every node made since `mark`, and returns the user's operations among them.
    fn truncate(&mut self, mark: Mark) -> Vec<Operation> {
        self.scopes -= 1;
        self.groups.truncate(mark.groups);
        if self.nodes.len() == mark.nodes {
            return Vec::new();
        }
        self.nodes.truncate(mark.nodes);
        self.grad.truncate(mark.nodes);
        self.args.truncate(mark.args);
        self.numbers.truncate(mark.numbers);
        self.forget_names_from(mark.nodes);
        self.next_stamp();
        self.own.split_off(mark.own)
    }
}

#[cold]
#[inline(never)]
fn too_many_inputs() -> ! {
    panic!(
        "the operations of many inputs on this thread's tape have {} inputs together, the most there can be: \
         give values back with gradling::scope",
        u32::MAX
    )
}
