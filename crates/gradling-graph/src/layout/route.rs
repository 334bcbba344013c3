//! Where the columns stand along the flow, and which points the lines pass.

use super::order::{Edge, Layers};
use super::{Element, Spacing};

/// The ranks, along the flow.
pub(super) struct Columns {
    begin: Vec<f64>,
    end: Vec<f64>,
    /// Of the whole frame.
    pub(super) length: f64,
}

/// The farther the lines between two ranks have to go across, the farther apart the ranks stand, so that
/// lines meet their boxes at a readable angle; up to this.
const WIDEST_GAP: f64 = 160.0;
const STEEPNESS: f64 = 2.0;

impl Columns {
    /// The beginning of a node along the flow: the boxes of a rank end together, next to their use.
    pub(super) fn begin(&self, layers: &Layers, node: usize) -> f64 {
        self.end[layers.rank[node]] - layers.size(node)[0]
    }
}

pub(super) fn columns(
    layers: &Layers,
    across: &[f64],
    spacing: Spacing,
    elements: &[Element],
) -> Columns {
    let mut columns = Columns { begin: Vec::new(), end: Vec::new(), length: 0.0 };
    let mut at: f64 = 0.0;
    for (rank, nodes) in layers.order.iter().enumerate() {
        let width = nodes.iter().map(|&node| layers.size(node)[0]).fold(0.0, f64::max);
        columns.begin.push(at);
        columns.end.push(at + width);
        let farthest = nodes
            .iter()
            .flat_map(|&node| layers.outgoing.of(node))
            .map(|&link| &layers.links[link])
            .map(|link| {
                (across[link.from] + link.leaves_at - across[link.to] - link.meets_at).abs()
            })
            .fold(0.0, f64::max);
        let next = layers.order.get(rank + 1);
        let gate =
            |nodes: &[usize], gate| nodes.iter().any(|&node| elements.get(node) == Some(&gate));
        // Lines only spread between a border and the boxes next to it: less room will do.
        let at_border =
            gate(nodes, Element::Inlet) || next.is_some_and(|next| gate(next, Element::Outlet));
        let least = if at_border { spacing.padding } else { spacing.ranks };
        columns.length = at + width;
        at += width + (least + STEEPNESS * farthest.sqrt()).min(WIDEST_GAP.max(least));
    }
    columns
}

/// The points of one line through its frame.
pub(super) fn route(
    edge: usize,
    edges: &[Edge],
    layers: &Layers,
    across: &[f64],
    columns: &Columns,
) -> Vec<[f64; 2]> {
    let &Edge { from, to, leaves_at, meets_at } = &edges[edge];
    let (first, last) = (layers.rank[from], layers.rank[to]);
    let start = across[from] + leaves_at;
    let end = across[to] + meets_at;
    let mut points = Vec::new();
    match layers.lane[edge] {
        Some(lane) if layers.branches[edge] => {
            points.push([columns.end[last - 1], across[lane + last - first - 2]])
        }
        Some(lane) => {
            points.push([columns.end[first], start]);
            for (rank, node) in (first + 1..last).zip(lane..) {
                points.push([columns.begin[rank], across[node]]);
                points.push([columns.end[rank], across[node]]);
            }
        }
        None => points.push([columns.end[first], start]),
    }
    points.push([columns.begin[last], end]);
    points.push([columns.begin(layers, to), end]);
    points
}
