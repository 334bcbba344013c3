//! Which column each element stands in: by the longest path from the inputs, then moved towards its use
//! where that makes lines shorter, so that a weight stands next to the product it is used in.

use super::Element;
use super::order::Edge;

/// The nodes so that every edge leads forward; nodes on or behind a circle are missing.
pub(crate) fn topological(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let outgoing = Adjacency::new(nodes, edges.iter().map(|edge| edge.0));
    let mut waiting = vec![0usize; nodes];
    edges.iter().for_each(|edge| waiting[edge.1] += 1);
    let mut done: Vec<usize> = (0..nodes).filter(|&node| waiting[node] == 0).collect();
    let mut next = 0;
    while let Some(&node) = done.get(next) {
        next += 1;
        for &edge in outgoing.of(node) {
            let to = edges[edge].1;
            waiting[to] -= 1;
            if waiting[to] == 0 {
                done.push(to);
            }
        }
    }
    done
}

/// For each node, the places of the items that belong to it, in order.
pub(super) struct Adjacency {
    start: Vec<usize>,
    items: Vec<usize>,
}

impl Adjacency {
    /// `owners` gives the node that each item belongs to.
    pub(super) fn new(nodes: usize, owners: impl Iterator<Item = usize> + Clone) -> Self {
        let mut start = vec![0; nodes + 1];
        owners.clone().for_each(|owner| start[owner + 1] += 1);
        for node in 0..nodes {
            start[node + 1] += start[node];
        }
        let mut fill = start.clone();
        let mut items = vec![0; start[nodes]];
        for (item, owner) in owners.enumerate() {
            items[fill[owner]] = item;
            fill[owner] += 1;
        }
        Adjacency { start, items }
    }

    pub(super) fn of(&self, node: usize) -> &[usize] {
        &self.items[self.start[node]..self.start[node + 1]]
    }
}

/// Where each element stands along the flow.
pub(super) struct Ranks {
    /// Inlets have a rank of their own before all others, outlets one behind.
    pub(super) rank: Vec<usize>,
    /// The length of the longest path to it.
    pub(super) depth: Vec<usize>,
}

pub(super) fn ranks(elements: &[Element], edges: &[Edge]) -> Ranks {
    let nodes = elements.len();
    let pairs: Vec<(usize, usize)> = edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let outgoing = Adjacency::new(nodes, pairs.iter().map(|pair| pair.0));
    let incoming = Adjacency::new(nodes, pairs.iter().map(|pair| pair.1));
    let order = topological(nodes, &pairs);
    let first = usize::from(elements.contains(&Element::Inlet));
    let is_gate = |node: usize| matches!(elements[node], Element::Inlet | Element::Outlet);

    let mut rank: Vec<usize> =
        elements.iter().map(|element| if *element == Element::Inlet { 0 } else { first }).collect();
    // An element that nothing else uses, made of such elements alone, moves with its user.
    let mut follows = vec![false; nodes];
    for &node in &order {
        let mut inputs_follow = !is_gate(node);
        for &edge in incoming.of(node) {
            let from = pairs[edge].0;
            rank[node] = rank[node].max(rank[from] + 1);
            inputs_follow &= follows[from];
        }
        follows[node] = inputs_follow && outgoing.of(node).len() == 1;
    }
    let last = (0..nodes)
        .filter(|&node| elements[node] != Element::Outlet)
        .map(|node| rank[node])
        .max()
        .map_or(0, |last| last + 1);
    for node in (0..nodes).filter(|&node| elements[node] == Element::Outlet) {
        rank[node] = last;
    }

    let depth = rank.clone();
    for &node in order.iter().rev() {
        let Some(nearest) = outgoing.of(node).iter().map(|&edge| rank[pairs[edge].1]).min() else {
            continue;
        };
        // Each use gets closer, and each input that does not follow gets farther away. Where that is equal
        // it moves, too: the products of a long sum then stand along the sum instead of in one tall rank.
        let stay = incoming.of(node).iter().filter(|&&edge| !follows[pairs[edge].0]).count();
        if !is_gate(node) && outgoing.of(node).len() >= stay {
            rank[node] = rank[node].max(nearest.saturating_sub(1));
        }
    }
    Ranks { rank, depth }
}
