//! Where the nodes of each rank stand across the flow: in their order, without overlap, and as straight
//! as may be.
//!
//! Each node wants to be where its lines would be straight. For one rank, the places that are nearest to
//! what its nodes want, in the sense of least squares, are found exactly and in linear time: shifted by the
//! room the nodes before it take, they are an isotonic regression (pool adjacent violators; Barlow et al.,
//! *Statistical Inference under Order Restrictions*, 1972). Sweeps over the ranks bring the wishes together.

use super::order::Layers;
use super::{Element, Spacing};

/// The share of the border of a region over which lines come in: more would lead them a long way round,
/// less would squeeze them through its middle.
const GATES_SPREAD: f64 = 0.4;

/// The beginning of each node across the flow; the smallest is 0.
pub(super) fn across(layers: &Layers, spacing: Spacing, elements: &[Element]) -> Vec<f64> {
    let mut begin = vec![0.0; layers.len()];
    let mut fit =
        Fit { layers, spacing, elements, between_gates: spacing.lines, pools: Vec::new() };
    let mut breadth: f64 = 0.0;
    for (rank, nodes) in layers.order.iter().enumerate() {
        fit.rank(rank, &mut begin, |_, _| (0.0, 0.0));
        if let (Some(&first), Some(&last)) = (nodes.first(), nodes.last()) {
            breadth = breadth.max(begin[last] + layers.size(last)[1] - begin[first]);
        }
    }
    let gates = elements.iter().filter(|element| **element == Element::Inlet).count();
    fit.between_gates = (GATES_SPREAD * breadth / gates.max(1) as f64).max(spacing.lines);
    let last = layers.order.len();
    // Small pictures can have the best, large ones must be ready in time.
    let rounds = (300_000 / (layers.links.len() + 1)).clamp(4, 24);
    for round in 0..rounds {
        // The first rounds look one way, so that every node finds its neighbourhood; then both ways.
        let both = 2 * round >= rounds;
        for rank in (0..last).rev() {
            fit.rank(rank, &mut begin, |node, begin| match both {
                true => from_both(layers, node, begin),
                false => pull(layers, node, begin, Side::Uses),
            });
        }
        for rank in 0..last {
            fit.rank(rank, &mut begin, |node, begin| match both {
                true => from_both(layers, node, begin),
                false => pull(layers, node, begin, Side::Inputs),
            });
        }
    }
    straighten(&fit, &mut begin);
    let smallest = begin.iter().copied().fold(f64::INFINITY, f64::min);
    begin.iter_mut().for_each(|begin| *begin -= smallest);
    begin
}

#[derive(Clone, Copy)]
enum Side {
    Inputs,
    Uses,
}

/// The sum of the wishes of a node's links on one side, each times its weight, and the sum of the weights.
fn pull(layers: &Layers, node: usize, begin: &[f64], side: Side) -> (f64, f64) {
    let links = match side {
        Side::Inputs => layers.incoming.of(node),
        Side::Uses => layers.outgoing.of(node),
    };
    links.iter().map(|&link| &layers.links[link]).fold((0.0, 0.0), |sum, link| {
        let wish = match side {
            Side::Inputs => begin[link.from] + link.leaves_at - link.meets_at,
            Side::Uses => begin[link.to] + link.meets_at - link.leaves_at,
        };
        add(sum, (wish * link.weight, link.weight))
    })
}

/// A result stands by what it is made from rather than by what is made from it: so a tree is drawn with
/// each node in the middle of its inputs.
fn from_both(layers: &Layers, node: usize, begin: &[f64]) -> (f64, f64) {
    let inputs = pull(layers, node, begin, Side::Inputs);
    let uses = pull(layers, node, begin, Side::Uses);
    let share = if inputs.1 > 0.0 && !layers.is_lane(node) { 0.15 } else { 1.0 };
    add(inputs, (uses.0 * share, uses.1 * share))
}

fn add(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 + b.0, a.1 + b.1)
}

struct Fit<'a> {
    layers: &'a Layers,
    spacing: Spacing,
    elements: &'a [Element],
    /// From one inlet of a region to the next.
    between_gates: f64,
    pools: Vec<Pool>,
}

/// Nodes that touch each other, and so move together.
struct Pool {
    nodes: usize,
    /// Sum of wishes times weights, and of weights.
    pull: (f64, f64),
}

impl Pool {
    fn place(&self) -> f64 {
        self.pull.0 / self.pull.1
    }
}

impl Fit<'_> {
    /// The room between the beginnings of two neighbours of a rank.
    fn distance(&self, before: usize, after: usize) -> f64 {
        let gap = if self.elements.get(before) == Some(&Element::Inlet) {
            self.between_gates
        } else if self.layers.is_lane(before) || self.layers.is_lane(after) {
            self.spacing.lines
        } else {
            self.spacing.boxes
        };
        self.layers.size(before)[1] + gap
    }

    /// Places the nodes of one rank as near as possible to what `wish` says.
    fn rank(&mut self, rank: usize, begin: &mut [f64], wish: impl Fn(usize, &[f64]) -> (f64, f64)) {
        let nodes = &self.layers.order[rank];
        self.pools.clear();
        let mut shift = 0.0;
        for (index, &node) in nodes.iter().enumerate() {
            if index > 0 {
                shift += self.distance(nodes[index - 1], node);
            }
            let (mut sum, mut weight) = wish(node, begin);
            if weight == 0.0 {
                // Nothing pulls: it stays, and gives way to any neighbour.
                weight = 1e-3;
                sum = begin[node] * weight;
            }
            let mut pool = Pool { nodes: 1, pull: (sum - shift * weight, weight) };
            while let Some(before) = self.pools.pop_if(|before| before.place() >= pool.place()) {
                pool.nodes += before.nodes;
                pool.pull = add(before.pull, pool.pull);
            }
            self.pools.push(pool);
        }
        let mut shift = 0.0;
        let mut index = 0;
        for pool in &self.pools {
            let place = pool.place();
            for _ in 0..pool.nodes {
                if index > 0 {
                    shift += self.distance(nodes[index - 1], nodes[index]);
                }
                begin[nodes[index]] = place + shift;
                index += 1;
            }
        }
    }
}

/// Least squares leaves lines a little askew. The main path is made straight where no neighbour is in the
/// way: each node is put level with its main input, then with the node whose main input it is.
fn straighten(fit: &Fit<'_>, begin: &mut [f64]) {
    let layers = fit.layers;
    // The one input that matters most; where two matter as much, their middle is right.
    let main: Vec<Option<usize>> = (0..layers.len())
        .map(|node| {
            let links = layers.incoming.of(node);
            let heaviest = links.iter().map(|&link| layers.links[link].weight).fold(0.0, f64::max);
            let mut mains = links.iter().filter(|&&link| layers.links[link].weight == heaviest);
            mains.next().filter(|_| mains.next().is_none()).copied()
        })
        .collect();
    let slide = |begin: &mut [f64], nodes: &[usize], index: usize, wish: f64| {
        let node = nodes[index];
        let lowest = match index.checked_sub(1) {
            Some(before) => begin[nodes[before]] + fit.distance(nodes[before], node),
            None => f64::NEG_INFINITY,
        };
        let highest = match nodes.get(index + 1) {
            Some(&after) => begin[after] - fit.distance(node, after),
            None => f64::INFINITY,
        };
        if (lowest..=highest).contains(&wish) {
            begin[node] = wish;
        }
    };
    for nodes in &layers.order {
        for (index, &node) in nodes.iter().enumerate() {
            if let Some(link) = main[node].map(|link| &layers.links[link]) {
                slide(begin, nodes, index, begin[link.from] + link.leaves_at - link.meets_at);
            }
        }
    }
    for nodes in layers.order.iter().rev() {
        for (index, &node) in nodes.iter().enumerate() {
            let mut uses = layers
                .outgoing
                .of(node)
                .iter()
                .filter(|&&link| main[layers.links[link].to] == Some(link));
            if let (Some(&link), None) = (uses.next(), uses.next()) {
                let link = &layers.links[link];
                slide(begin, nodes, index, begin[link.to] + link.meets_at - link.leaves_at);
            }
        }
    }
}
