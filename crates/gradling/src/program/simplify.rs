//! First pass: what is computed twice is computed once, what is known is computed now, and what nobody
//! asks for goes.
//!
//! Only what IEEE arithmetic allows: x·1, x/1, x + -0 and x - 0 are x for every x, also for NaN,
//! infinities and the two zeros. x·0 is not 0 (x may be infinite), x - x is not 0 (it may be NaN), and
//! x + 0 is not x (-0 + 0 is 0). Linear in the size of the graph, and idempotent.

use super::graph::{Graph, Id, Node};
use crate::math;
use crate::op::{Op, Real};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

/// Drops what no root needs.
pub(crate) fn prune(graph: &Graph) -> Graph {
    rebuild(graph, |new, node, origin| new.push(node, origin))
}

/// Drops what a pass has left without use, which mostly is nothing.
pub(super) fn pruned(graph: Graph) -> Graph {
    match graph.needed().contains(&false) {
        true => prune(&graph),
        false => graph,
    }
}

/// Folds, merges equal values, and drops what no root needs.
pub(crate) fn simplify(graph: &Graph) -> Graph {
    let mut known = Known::default();
    let new = rebuild(graph, |new, mut node, origin| {
        // What a fold leaves may fold again: -1·(-x) is -(-x), and that is x. Each step takes something
        // away, so there are few.
        loop {
            match fold(new, node) {
                Folded::Value(id) => return id,
                Folded::Node(folded) => node = folded,
                Folded::Not => return known.push(new, node, origin),
            }
        }
    });
    pruned(new)
}

/// Merges equal values and computes known ones, without a fold that makes a value depend on less than
/// before: weighted sums stay sums of what varies.
pub(crate) fn merge(graph: &Graph) -> Graph {
    let mut known = Known::default();
    let new = rebuild(graph, |new, node, origin| {
        let node = evaluated(new, node).map_or(node, Node::Number);
        known.push(new, node, origin)
    });
    pruned(new)
}

/// Copies the values that roots need, in order, each through `push`.
fn rebuild(graph: &Graph, mut push: impl FnMut(&mut Graph, Node, u32) -> Id) -> Graph {
    let needed = graph.needed();
    let mut new = graph.emptied();
    let mut map = vec![0; graph.nodes.len()];
    for (id, &node) in graph.nodes.iter().enumerate() {
        if needed[id] {
            let node = new.import(graph, node, |id| map[id as usize]);
            map[id] = push(&mut new, node, graph.origins[id]);
        }
    }
    new.take_roots(graph, |id| map[id as usize]);
    new
}

/// The number that a value is, if it is made of plain numbers.
pub(super) fn evaluated(graph: &Graph, node: Node) -> Option<f64> {
    let number = |id: Id| match graph.node(id) {
        Node::Number(x) => Some(x),
        _ => None,
    };
    match node {
        Node::One(op, a) => Some(op.value1(number(a)?)),
        Node::Numbered(op, a, c) => Some(op.value_number(number(a)?, c)),
        Node::Two(op, a, b) => Some(op.value2(number(a)?, number(b)?)),
        Node::Select(a, b, c) => Some(Real::select(number(a)?, number(b)?, number(c)?)),
        Node::Many(op, list) => {
            let x = numbers(graph, graph.items(list))?;
            Some(match op {
                Op::Sum => math::sum(x.len(), |i| x[i]),
                _ => math::logsumexp(x.len(), |i| x[i]),
            })
        }
        Node::Dot(list) => {
            let x = numbers(graph, graph.items(list))?;
            let n = x.len() / 2;
            Some(math::dot(n, |i| x[i], |i| x[n + i]))
        }
        Node::Number(_) | Node::Parameter(_) | Node::Input(_) | Node::Linear(_) => None,
    }
}

enum Folded {
    /// It is a value that is there already.
    Value(Id),
    /// It is made in this simpler way.
    Node(Node),
    /// It stays as it is.
    Not,
}

fn fold(graph: &Graph, node: Node) -> Folded {
    use Folded::{Not, Value};
    if let Some(x) = evaluated(graph, node) {
        return Folded::Node(Node::Number(x));
    }
    let is = |id: Id, x: f64| matches!(graph.node(id), Node::Number(number) if number.to_bits() == x.to_bits());
    match node {
        Node::One(Op::Neg, a) => match graph.node(a) {
            Node::One(Op::Neg, inner) => Value(inner),
            _ => Not,
        },
        Node::Numbered(Op::Powf, _, 0.0) => Folded::Node(Node::Number(1.0)),
        Node::Numbered(Op::Powf, a, 1.0) => Value(a),
        Node::Numbered(Op::Powf, a, 2.0) => Folded::Node(Node::Two(Op::Mul, a, a)),
        Node::Two(op, a, b) => match op {
            Op::Mul if is(a, 1.0) => Value(b),
            Op::Mul | Op::Div if is(b, 1.0) => Value(a),
            Op::Mul if is(a, -1.0) => Folded::Node(Node::One(Op::Neg, b)),
            Op::Mul | Op::Div if is(b, -1.0) => Folded::Node(Node::One(Op::Neg, a)),
            Op::Add if is(a, -0.0) => Value(b),
            Op::Add if is(b, -0.0) => Value(a),
            Op::Sub if is(b, 0.0) => Value(a),
            _ => Not,
        },
        Node::Select(_, b, c) if b == c => Value(b),
        Node::Select(a, b, c) => match graph.node(a) {
            Node::Number(x) => Value(if x != 0.0 { b } else { c }),
            _ => Not,
        },
        _ => Not,
    }
}

/// The numbers of these values, if all are plain numbers.
fn numbers(graph: &Graph, ids: &[Id]) -> Option<Vec<f64>> {
    let number = |&id: &Id| match graph.node(id) {
        Node::Number(x) => Some(x),
        _ => None,
    };
    // Long lists that start with something else are the rule; they cost nothing.
    ids.iter().map(number).collect()
}

/// The values there are, by how they are made.
#[derive(Default)]
struct Known(FxHashMap<u64, Id>);

impl Known {
    /// The id of `node`, which is appended unless an equal one is there.
    fn push(&mut self, graph: &mut Graph, node: Node, origin: u32) -> Id {
        let hash = hash(graph, node);
        match self.0.get(&hash) {
            // Two different values of one hash: the second is not merged, which is never wrong.
            Some(&id) if equal(graph, graph.node(id), node) => id,
            _ => {
                let id = graph.push(node, origin);
                self.0.insert(hash, id);
                id
            }
        }
    }
}

/// Sums and products of two are the same either way round.
fn ordered(node: Node) -> Node {
    match node {
        Node::Two(op @ (Op::Add | Op::Mul), a, b) if a > b => Node::Two(op, b, a),
        _ => node,
    }
}

fn hash(graph: &Graph, node: Node) -> u64 {
    let mut hasher = FxHasher::default();
    let node = ordered(node);
    std::mem::discriminant(&node).hash(&mut hasher);
    match node {
        Node::Number(x) => x.to_bits().hash(&mut hasher),
        Node::Parameter(i) | Node::Input(i) => i.hash(&mut hasher),
        Node::One(op, _) | Node::Two(op, ..) | Node::Many(op, _) => op.hash(&mut hasher),
        Node::Numbered(op, _, c) => (op, c.to_bits()).hash(&mut hasher),
        Node::Select(..) | Node::Dot(_) | Node::Linear(_) => {}
    }
    graph.visit(node, |id| id.hash(&mut hasher));
    hasher.finish()
}

fn equal(graph: &Graph, a: Node, b: Node) -> bool {
    match (ordered(a), ordered(b)) {
        (Node::Number(x), Node::Number(y)) => x.to_bits() == y.to_bits(),
        (Node::Numbered(f, x, c), Node::Numbered(g, y, d)) => {
            (f, x, c.to_bits()) == (g, y, d.to_bits())
        }
        (Node::Many(f, x), Node::Many(g, y)) => f == g && graph.items(x) == graph.items(y),
        (Node::Dot(x), Node::Dot(y)) | (Node::Linear(x), Node::Linear(y)) => {
            graph.items(x) == graph.items(y)
        }
        (a, b) => a == b,
    }
}
