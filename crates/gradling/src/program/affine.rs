//! Third pass: weighted sums of the same inputs are one affine layer.
//!
//! [`sums`](super::sums) has written every neuron as Σ uᵢxᵢ + b. Those that read the same inputs, in
//! whichever order, are the rows of a matrix: a layer z = W x + b, computed tile by tile instead of
//! value by value. A row alone on one input is an ordinary product, and is written so again.

use super::graph::{Class, Graph, Id, List, Node};
use crate::Op;
use rustc_hash::FxHashMap;

/// Values that are weighted sums of the same inputs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layer {
    /// The inputs, in ascending order.
    pub(crate) x: Vec<Id>,
    pub(crate) rows: Vec<Row>,
}

/// One value of a layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: Id,
    /// In the order of the layer's inputs.
    pub(crate) weights: Vec<Id>,
    pub(crate) bias: Id,
}

/// Finds the layers of a graph; gives a graph where every [`Linear`](Node::Linear) belongs to one.
pub(crate) fn affine(graph: &Graph) -> (Graph, Vec<Layer>) {
    let mut groups: Vec<Layer> = Vec::new();
    let mut by_inputs: FxHashMap<Vec<Id>, usize> = FxHashMap::default();
    for (id, &node) in graph.nodes.iter().enumerate() {
        let Node::Linear(list) = node else { continue };
        let (x, row) = row(graph, id as Id, list);
        let group = *by_inputs.entry(x).or_insert_with_key(|x| {
            groups.push(Layer { x: x.clone(), rows: Vec::new() });
            groups.len() - 1
        });
        groups[group].rows.push(row);
    }
    groups.retain(|layer| layer.x.len() > 1 || layer.rows.len() > 1);
    let mut in_layer = vec![false; graph.nodes.len()];
    groups.iter().flat_map(|layer| &layer.rows).for_each(|row| in_layer[row.id as usize] = true);
    let (new, map) = without_single_products(graph, &in_layer);
    for layer in &mut groups {
        // The map keeps the order, so the inputs stay ascending.
        layer.x.iter_mut().for_each(|id| *id = map[*id as usize]);
        for row in &mut layer.rows {
            row.weights.iter_mut().for_each(|id| *id = map[*id as usize]);
            row.bias = map[row.bias as usize];
            row.id = map[row.id as usize];
        }
    }
    (new, groups)
}

/// The inputs of a weighted sum in ascending order, and the rest of it to match.
fn row(graph: &Graph, id: Id, list: List) -> (Vec<Id>, Row) {
    let (x, weights, bias) = graph.weighted(list);
    debug_assert!(x.iter().all(|&x| graph.class(x) == Class::Varying));
    if x.is_sorted() {
        return (x.to_vec(), Row { id, weights: weights.to_vec(), bias });
    }
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_unstable_by_key(|&i| x[i]);
    let in_order = |ids: &[Id]| order.iter().map(|&i| ids[i]).collect();
    (in_order(x), Row { id, weights: in_order(weights), bias })
}

/// Writes every weighted sum that is in no layer, u·x + b, as a product and a sum.
fn without_single_products(graph: &Graph, in_layer: &[bool]) -> (Graph, Vec<Id>) {
    let mut new = graph.emptied();
    let mut map = vec![0; graph.nodes.len()];
    for (id, &node) in graph.nodes.iter().enumerate() {
        let origin = graph.origins[id];
        map[id] = match node {
            Node::Linear(list) if !in_layer[id] => {
                let &[x, u, b] = graph.items(list) else { unreachable!("it has one input") };
                let (x, u, b) = (map[x as usize], map[u as usize], map[b as usize]);
                let product = match new.node(u) {
                    Node::Number(-1.0) => new.push(Node::One(Op::Neg, x), origin),
                    _ => new.push(Node::Two(Op::Mul, u, x), origin),
                };
                match new.adds_nothing(b) {
                    true => product,
                    false => new.push(Node::Two(Op::Add, product, b), origin),
                }
            }
            _ => {
                let node = new.import(graph, node, |id| map[id as usize]);
                new.push(node, origin)
            }
        };
    }
    new.take_roots(graph, |id| map[id as usize]);
    (new, map)
}
