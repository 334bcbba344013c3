//! First pass: what is computed twice is computed once, what is known is computed now, and what nobody
//! asks for goes.
//!
//! Only what IEEE arithmetic allows: x·1, x/1, x + -0 and x - 0 are x for every x, also for NaN,
//! infinities and the two zeros. x·0 is not 0 (x may be infinite), x - x is not 0 (it may be NaN), and
//! x + 0 is not x (-0 + 0 is 0). Linear in the size of the graph, and idempotent.

use super::graph::{Graph, Id, Node};
use crate::Op;
use crate::math;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

/// Drops what no root needs.
pub(crate) fn prune(graph: &Graph) -> Graph {
    rebuild(graph, |new, node, origin| new.push(node, origin))
}

/// Folds, merges equal values, and drops what no root needs.
pub(crate) fn simplify(graph: &Graph) -> Graph {
    let mut known = Known::default();
    let new = rebuild(graph, |new, node, origin| match fold(new, node) {
        Folded::Value(id) => id,
        Folded::Node(node) => known.push(new, node, origin),
    });
    // Folding may have left values without use.
    prune(&new)
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

enum Folded {
    /// It is a value that is there already.
    Value(Id),
    /// It is made so.
    Node(Node),
}

fn fold(graph: &Graph, node: Node) -> Folded {
    let number = |id: Id| match graph.node(id) {
        Node::Number(x) => Some(x),
        _ => None,
    };
    let is = |id: Id, x: f64| number(id).is_some_and(|y| y.to_bits() == x.to_bits());
    let known = match node {
        Node::One(op, a) => match (number(a), graph.node(a)) {
            (Some(x), _) => op.value1(x),
            (None, Node::One(Op::Neg, inner)) if op == Op::Neg => return Folded::Value(inner),
            _ => return Folded::Node(node),
        },
        Node::Numbered(op, a, c) => match number(a) {
            Some(x) => op.value_number(x, c),
            None if op == Op::Powf && c == 1.0 => return Folded::Value(a),
            None if op == Op::Powf && c == 2.0 => return Folded::Node(Node::Two(Op::Mul, a, a)),
            None if op == Op::Powf && c == 0.0 => 1.0,
            None => return Folded::Node(node),
        },
        Node::Two(op, a, b) => match (op, number(a), number(b)) {
            (_, Some(x), Some(y)) => op.value2(x, y),
            (Op::Mul, ..) if is(a, 1.0) => return Folded::Value(b),
            (Op::Mul | Op::Div, ..) if is(b, 1.0) => return Folded::Value(a),
            (Op::Mul, ..) if is(a, -1.0) => return Folded::Node(Node::One(Op::Neg, b)),
            (Op::Mul | Op::Div, ..) if is(b, -1.0) => return Folded::Node(Node::One(Op::Neg, a)),
            (Op::Add, ..) if is(a, -0.0) => return Folded::Value(b),
            (Op::Add, ..) if is(b, -0.0) => return Folded::Value(a),
            (Op::Sub, ..) if is(b, 0.0) => return Folded::Value(a),
            _ => return Folded::Node(node),
        },
        Node::Select(a, b, c) => match number(a) {
            Some(x) => return Folded::Value(if x != 0.0 { b } else { c }),
            None if b == c => return Folded::Value(b),
            None => return Folded::Node(node),
        },
        Node::Many(op, list) => {
            let Some(x) = numbers(graph, graph.items(list)) else { return Folded::Node(node) };
            match op {
                Op::Sum => math::sum(x.len(), |i| x[i]),
                _ => math::logsumexp(x.len(), |i| x[i]),
            }
        }
        Node::Dot(list) => {
            let Some(x) = numbers(graph, graph.items(list)) else { return Folded::Node(node) };
            let n = x.len() / 2;
            math::dot(n, |i| x[i], |i| x[n + i])
        }
        Node::Number(_) | Node::Parameter(_) | Node::Input(_) | Node::Linear(_) => {
            return Folded::Node(node);
        }
    };
    Folded::Node(Node::Number(known))
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
pub(super) struct Known(FxHashMap<u64, Id>);

impl Known {
    /// The id of `node`, which is appended unless an equal one is there.
    pub(super) fn push(&mut self, graph: &mut Graph, node: Node, origin: u32) -> Id {
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
