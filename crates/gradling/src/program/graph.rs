//! A recorded program: what is computed for one sample, as plain data.
//!
//! The tape knows numbers; the graph knows none, only how each value is made. Every value has a
//! [`Class`]: a *varying* one depends on the sample's inputs, a *uniform* one on parameters alone, a
//! *constant* one on nothing. What is not varying is computed once a step, however many samples there
//! are.

use super::Reduction;
use crate::Op;

/// Place of a value in [`Graph::nodes`]. Inputs of a value have smaller ids.
pub(crate) type Id = u32;

/// A stretch of [`Graph::lists`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct List {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// How a value is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Node {
    /// A plain number.
    Number(f64),
    /// The parameter of this place in the list given to record.
    Parameter(u32),
    /// The input of this place in the row of a sample, all arrays one after the other.
    Input(u32),
    /// An operation of one value.
    One(Op, Id),
    /// An operation of one value and a number.
    Numbered(Op, Id, f64),
    /// An operation of two values.
    Two(Op, Id, Id),
    /// The second where the first is not 0, else the third.
    Select(Id, Id, Id),
    /// A sum or logsumexp of any number of values.
    Many(Op, List),
    /// x₀w₀ + x₁w₁ + …: the list holds all x, then all w.
    Dot(List),
    /// u₀x₀ + u₁x₁ + … + b with uniform u and b and varying x: the list holds all x, then all u, then b.
    /// Found by [`sums`](super::sums).
    Linear(List),
}

/// What a value depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    /// Nothing: it is the same number in every run.
    Constant,
    /// Parameters: the same for every sample of a step.
    Uniform,
    /// The sample.
    Varying,
}

/// See the [module](self).
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) classes: Vec<Class>,
    pub(crate) lists: Vec<Id>,
    /// For each value the place of a name in `names`: the part of the user's program that made it.
    pub(crate) origins: Vec<u32>,
    pub(crate) names: Vec<String>,
    /// What is given out for each sample.
    pub(crate) outputs: Vec<Id>,
    /// The loss of one sample, and how the samples' losses become one.
    pub(crate) loss: Option<(Id, Reduction)>,
    /// Added once to the loss of all samples.
    pub(crate) once: Option<Id>,
    /// Widths of the arrays that a sample's inputs come from.
    pub(crate) inputs: Vec<usize>,
    /// How many parameters were given to record.
    pub(crate) parameters: usize,
}

impl Graph {
    /// A graph with the inputs, parameters and names of this one, and no values.
    pub(crate) fn emptied(&self) -> Graph {
        Graph {
            names: self.names.clone(),
            inputs: self.inputs.clone(),
            parameters: self.parameters,
            ..Graph::default()
        }
    }

    /// Appends a value.
    pub(crate) fn push(&mut self, node: Node, origin: u32) -> Id {
        let class = match node {
            Node::Number(_) => Class::Constant,
            Node::Parameter(_) => Class::Uniform,
            Node::Input(_) => Class::Varying,
            _ => {
                let mut class = Class::Constant;
                self.visit(node, |id| class = class.max(self.class(id)));
                class
            }
        };
        let id = self.nodes.len() as Id;
        self.nodes.push(node);
        self.classes.push(class);
        self.origins.push(origin);
        id
    }

    /// Stores a list.
    pub(crate) fn list(&mut self, ids: impl IntoIterator<Item = Id>) -> List {
        let start = self.lists.len() as u32;
        self.lists.extend(ids);
        List { start, len: self.lists.len() as u32 - start }
    }

    #[inline]
    pub(crate) fn class(&self, id: Id) -> Class {
        self.classes[id as usize]
    }

    #[inline]
    pub(crate) fn node(&self, id: Id) -> Node {
        self.nodes[id as usize]
    }

    #[inline]
    pub(crate) fn items(&self, list: List) -> &[Id] {
        &self.lists[list.start as usize..(list.start + list.len) as usize]
    }

    /// The two halves of the list of a dot.
    pub(crate) fn pairs(&self, list: List) -> (&[Id], &[Id]) {
        self.items(list).split_at(list.len as usize / 2)
    }

    /// The inputs, the weights and the bias of the list of a weighted sum.
    pub(crate) fn weighted(&self, list: List) -> (&[Id], &[Id], Id) {
        let items = self.items(list);
        let n = items.len() / 2;
        (&items[..n], &items[n..2 * n], items[2 * n])
    }

    /// Whether it is the number -0, which added to x gives x, for -0 too.
    pub(crate) fn adds_nothing(&self, id: Id) -> bool {
        matches!(self.node(id), Node::Number(x) if x.to_bits() == (-0.0_f64).to_bits())
    }

    /// Calls `see` with each input of `node`, in order.
    #[inline]
    pub(crate) fn visit(&self, node: Node, mut see: impl FnMut(Id)) {
        match node {
            Node::Number(_) | Node::Parameter(_) | Node::Input(_) => {}
            Node::One(_, a) | Node::Numbered(_, a, _) => see(a),
            Node::Two(_, a, b) => {
                see(a);
                see(b);
            }
            Node::Select(a, b, c) => {
                see(a);
                see(b);
                see(c);
            }
            Node::Many(_, list) | Node::Dot(list) | Node::Linear(list) => {
                self.items(list).iter().copied().for_each(see);
            }
        }
    }

    /// What the program is asked for: outputs, loss, the term added once.
    pub(crate) fn roots(&self) -> impl Iterator<Item = Id> + '_ {
        self.outputs.iter().copied().chain(self.loss.map(|(loss, _)| loss)).chain(self.once)
    }

    /// Points the roots of `from` into this graph, by `map`.
    pub(crate) fn take_roots(&mut self, from: &Graph, map: impl Fn(Id) -> Id) {
        self.outputs = from.outputs.iter().map(|&id| map(id)).collect();
        self.loss = from.loss.map(|(id, reduction)| (map(id), reduction));
        self.once = from.once.map(&map);
    }

    /// For each value whether some root needs it.
    pub(crate) fn needed(&self) -> Vec<bool> {
        self.needed_by(self.roots())
    }

    /// For each value whether one of these needs it.
    pub(crate) fn needed_by(&self, roots: impl Iterator<Item = Id>) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        roots.for_each(|id| needed[id as usize] = true);
        for id in (0..self.nodes.len()).rev() {
            if needed[id] {
                self.visit(self.nodes[id], |input| needed[input as usize] = true);
            }
        }
        needed
    }

    /// A copy of `node` of the graph `from`, its inputs mapped by `map`; lists are copied over.
    #[inline]
    pub(crate) fn import(&mut self, from: &Graph, node: Node, map: impl Fn(Id) -> Id) -> Node {
        let mut list = |list: List| self.list(from.items(list).iter().map(|&id| map(id)));
        match node {
            Node::Number(_) | Node::Parameter(_) | Node::Input(_) => node,
            Node::One(op, a) => Node::One(op, map(a)),
            Node::Numbered(op, a, c) => Node::Numbered(op, map(a), c),
            Node::Two(op, a, b) => Node::Two(op, map(a), map(b)),
            Node::Select(a, b, c) => Node::Select(map(a), map(b), map(c)),
            Node::Many(op, l) => Node::Many(op, list(l)),
            Node::Dot(l) => Node::Dot(list(l)),
            Node::Linear(l) => Node::Linear(list(l)),
        }
    }
}
