//! Second pass: chains of additions become one sum, and sums of products become dots.
//!
//! People write a weighted sum as a loop with `+`, as a tree, with `sum` or `dot`, with the bias first or
//! last, with `-` here and there. All of these are one list of terms, and this pass writes each list in
//! one form:
//!
//! - products of a uniform and a varying value, with what else is uniform as the bias, become a
//!   [`Linear`](Node::Linear) value, a row of an affine layer. A repeated input adds up its weights;
//! - products of two values of one class become a [`Dot`](Node::Dot);
//! - the rest becomes a sum of what is added minus a sum of what is subtracted.
//!
//! A term that is used elsewhere, too, is computed for itself and stays. Adding in another order changes
//! rounding, so this pass is not for strict programs. Linear in the size of the graph, and idempotent.

use super::graph::{Class, Graph, Id, Node};
use super::simplify::{evaluated, pruned};
use crate::Op;

/// Writes every chain of additions of a simplified graph in one form.
///
/// What varies comes first, because its sums leave sums of what is uniform behind: of biases, and of the
/// weights of an input that stands twice.
pub(crate) fn sums(graph: &Graph) -> Graph {
    let new = sums_of(graph, |class| class == Class::Varying);
    let mut values = new.nodes.iter().zip(&new.classes);
    match values.any(|(&node, &class)| is_sum(node) && class != Class::Varying) {
        true => sums_of(&new, |class| class != Class::Varying),
        false => new,
    }
}

/// Writes the sums of some classes.
fn sums_of(graph: &Graph, wanted: impl Fn(Class) -> bool) -> Graph {
    let absorbed = absorbed(graph, &wanted);
    let mut pass = Pass {
        old: graph,
        new: graph.emptied(),
        map: vec![Id::MAX; graph.nodes.len()],
        absorbed,
        seen: Vec::new(),
        nothing: None,
    };
    for id in 0..graph.nodes.len() {
        if pass.absorbed[id] {
            continue;
        }
        let node = graph.nodes[id];
        pass.map[id] = if is_sum(node) && wanted(graph.classes[id]) {
            pass.write_sum(id as Id)
        } else {
            let node = pass.new.import(graph, node, |id| pass.map[id as usize]);
            pass.push(node, graph.origins[id])
        };
    }
    let Pass { mut new, map, .. } = pass;
    new.take_roots(graph, |id| map[id as usize]);
    pruned(new)
}

/// Whether a value is made by adding.
fn is_sum(node: Node) -> bool {
    matches!(
        node,
        Node::Two(Op::Add | Op::Sub, ..)
            | Node::One(Op::Neg, _)
            | Node::Many(Op::Sum, _)
            | Node::Dot(_)
            | Node::Linear(_)
    )
}

/// Whether a value can be a term's product.
fn is_product(node: Node) -> bool {
    matches!(node, Node::Two(Op::Mul, ..))
}

/// For each value whether it is a mere part of one sum: used once, by a sum of its class.
fn absorbed(graph: &Graph, wanted: impl Fn(Class) -> bool) -> Vec<bool> {
    // How often it is used, counted to two, and by what.
    let mut uses = vec![(0_u8, 0 as Id); graph.nodes.len()];
    let mut count = |id: Id, user: Id| {
        let uses = &mut uses[id as usize];
        *uses = (uses.0.saturating_add(1), user);
    };
    for (user, &node) in graph.nodes.iter().enumerate() {
        graph.visit(node, |id| count(id, user as Id));
    }
    graph.roots().for_each(|id| {
        count(id, 0);
        count(id, 0);
    });
    let part = |(id, &(count, user)): (usize, &(u8, Id))| {
        let (node, by) = (graph.nodes[id], graph.node(user));
        // The operands of a dot are multiplied, not added.
        let added = is_sum(by) && !matches!(by, Node::Dot(_) | Node::Linear(_));
        let same = graph.classes[id] == graph.class(user);
        let part = is_sum(node) || is_product(node);
        count == 1 && added && same && part && wanted(graph.classes[id])
    };
    uses.iter().enumerate().map(part).collect()
}

struct Pass<'a> {
    old: &'a Graph,
    new: Graph,
    map: Vec<Id>,
    absorbed: Vec<bool>,
    /// For an input of the linear part its place there; valid where it points back.
    seen: Vec<u32>,
    /// The bias of a weighted sum that has none.
    nothing: Option<Id>,
}

/// The terms of one sum, as ids of the new graph.
#[derive(Default)]
struct Terms {
    /// Varying times uniform.
    x: Vec<Id>,
    u: Vec<Id>,
    /// Of a lower class than the sum: what does not vary.
    fixed: Signed,
    /// Products of two values of the sum's class: added, subtracted.
    products: [(Vec<Id>, Vec<Id>); 2],
    /// Other terms.
    plain: Signed,
}

/// Added, subtracted.
type Signed = [Vec<Id>; 2];

impl Pass<'_> {
    /// Appends a value, as a number if it is known.
    fn push(&mut self, node: Node, origin: u32) -> Id {
        let node = evaluated(&self.new, node).map_or(node, Node::Number);
        self.new.push(node, origin)
    }

    /// -0, the number that adds nothing, to -0 either.
    fn nothing(&mut self) -> Id {
        let new = &mut self.new;
        *self.nothing.get_or_insert_with(|| new.push(Node::Number(-0.0), 0))
    }

    fn write_sum(&mut self, id: Id) -> Id {
        let origin = self.old.origins[id as usize];
        let mut terms = self.terms(id, origin);
        self.add_up_repeated(&mut terms, origin);
        let Terms { x, u, fixed, products, plain } = terms;
        let [mut added, mut subtracted] = plain;
        let fixed = self.difference(fixed, origin);
        let fixed = fixed.filter(|&id| !self.new.adds_nothing(id));
        if x.is_empty() {
            added.extend(fixed);
        } else {
            let bias = fixed.unwrap_or_else(|| self.nothing());
            let list = self.new.list(x.into_iter().chain(u).chain([bias]));
            added.insert(0, self.push(Node::Linear(list), origin));
        }
        let [plus, minus] = products;
        added.extend(self.dot(plus, origin));
        subtracted.extend(self.dot(minus, origin));
        self.difference([added, subtracted], origin)
            .unwrap_or_else(|| self.push(Node::Number(0.0), origin))
    }

    /// Collects the terms of the sum `root`, in order, through all its absorbed parts.
    fn terms(&mut self, root: Id, origin: u32) -> Terms {
        let class = self.old.class(root);
        let mut terms = Terms::default();
        let mut open = vec![(root, false)];
        while let Some((id, minus)) = open.pop() {
            let whole = id != root && !self.absorbed[id as usize];
            match self.old.node(id) {
                _ if whole => {
                    let lower = self.old.class(id) < class;
                    let list = if lower { &mut terms.fixed } else { &mut terms.plain };
                    list[usize::from(minus)].push(self.map[id as usize]);
                }
                Node::Two(Op::Add, a, b) => open.extend([(b, minus), (a, minus)]),
                Node::Two(Op::Sub, a, b) => open.extend([(b, !minus), (a, minus)]),
                Node::One(Op::Neg, a) => open.push((a, !minus)),
                Node::Many(Op::Sum, list) => {
                    open.extend(self.old.items(list).iter().rev().map(|&id| (id, minus)));
                }
                Node::Two(Op::Mul, a, b) => {
                    self.add_product(&mut terms, class, (a, b), minus, origin)
                }
                Node::Dot(list) => {
                    let (left, right) = self.old.pairs(list);
                    for (&a, &b) in left.iter().zip(right) {
                        self.add_product(&mut terms, class, (a, b), minus, origin);
                    }
                }
                Node::Linear(list) => {
                    let (x, u, bias) = self.old.weighted(list);
                    for (&x, &u) in x.iter().zip(u) {
                        self.add_product(&mut terms, class, (x, u), minus, origin);
                    }
                    if !self.old.adds_nothing(bias) {
                        terms.fixed[usize::from(minus)].push(self.map[bias as usize]);
                    }
                }
                _ => unreachable!("only sums and products are absorbed"),
            }
        }
        terms
    }

    fn add_product(
        &mut self,
        terms: &mut Terms,
        class: Class,
        (a, b): (Id, Id),
        minus: bool,
        origin: u32,
    ) {
        let varies = |id: Id| self.old.class(id) == Class::Varying;
        let (va, vb) = (varies(a), varies(b));
        let (a, b) = (self.map[a as usize], self.map[b as usize]);
        if class == Class::Varying && va != vb {
            let (x, u) = if va { (a, b) } else { (b, a) };
            let u = if minus { self.negative(u, origin) } else { u };
            terms.x.push(x);
            terms.u.push(u);
        } else if class == Class::Varying && !va {
            // A fixed product inside a dot of a varying sum.
            let product = self.push(Node::Two(Op::Mul, a, b), origin);
            terms.fixed[usize::from(minus)].push(product);
        } else {
            let (left, right) = &mut terms.products[usize::from(minus)];
            left.push(a);
            right.push(b);
        }
    }

    fn negative(&mut self, u: Id, origin: u32) -> Id {
        // Not even -(-a) is a here: a value that is used less by that would be a mere part next time.
        self.push(Node::One(Op::Neg, u), origin)
    }

    /// An input that stands twice stands once, with the sum of its weights.
    fn add_up_repeated(&mut self, terms: &mut Terms, origin: u32) {
        self.seen.resize(self.new.nodes.len(), 0);
        let mut kept = 0;
        for i in 0..terms.x.len() {
            let (x, u) = (terms.x[i], terms.u[i]);
            let place = self.seen[x as usize] as usize;
            if place < kept && terms.x[place] == x {
                terms.u[place] = self.push(Node::Two(Op::Add, terms.u[place], u), origin);
            } else {
                self.seen[x as usize] = kept as u32;
                (terms.x[kept], terms.u[kept]) = (x, u);
                kept += 1;
            }
        }
        terms.x.truncate(kept);
        terms.u.truncate(kept);
    }

    fn dot(&mut self, (left, right): (Vec<Id>, Vec<Id>), origin: u32) -> Option<Id> {
        match left.len() {
            0 => None,
            1 => Some(self.push(Node::Two(Op::Mul, left[0], right[0]), origin)),
            _ => {
                let list = self.new.list(left.into_iter().chain(right));
                Some(self.push(Node::Dot(list), origin))
            }
        }
    }

    fn difference(&mut self, [added, subtracted]: Signed, origin: u32) -> Option<Id> {
        let added = self.sum(added, origin);
        let subtracted = self.sum(subtracted, origin);
        match (added, subtracted) {
            (added, None) => added,
            (None, Some(b)) => Some(self.negative(b, origin)),
            (Some(a), Some(b)) => Some(self.push(Node::Two(Op::Sub, a, b), origin)),
        }
    }

    fn sum(&mut self, terms: Vec<Id>, origin: u32) -> Option<Id> {
        match terms[..] {
            [] => None,
            [a] => Some(a),
            [a, b] => Some(self.push(Node::Two(Op::Add, a, b), origin)),
            _ => {
                let list = self.new.list(terms);
                Some(self.push(Node::Many(Op::Sum, list), origin))
            }
        }
    }
}
