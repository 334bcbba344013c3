//! The order of the nodes within each rank: few crossings of lines.
//!
//! A line over several ranks passes each rank between as a node of its own, so that it gets room there.
//! All long lines from one output share these nodes: they run as one lane and part where they arrive.

use super::rank::{Adjacency, Ranks};
use std::cmp::Ordering;
use std::collections::HashMap;

/// A line between two elements of a frame.
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// How far from the beginning of `from`, across the flow.
    pub(super) leaves_at: f64,
    pub(super) meets_at: f64,
}

/// A part of a line, between two neighbouring ranks.
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) leaves_at: f64,
    pub(super) meets_at: f64,
    /// How much it wants to be straight.
    pub(super) weight: f64,
}

/// Elements, then the nodes of lanes, in ranks.
pub(super) struct Layers {
    sizes: Vec<[f64; 2]>,
    elements: usize,
    pub(super) rank: Vec<usize>,
    /// The nodes of each rank, across the flow.
    pub(super) order: Vec<Vec<usize>>,
    pub(super) links: Vec<Link>,
    pub(super) incoming: Adjacency,
    pub(super) outgoing: Adjacency,
    /// For each edge, the first node of its lane; `None` if it is not long, or if it flies.
    pub(super) lane: Vec<Option<usize>>,
    /// For each edge, whether it is drawn only from where it leaves its lane: another one draws the lane.
    pub(super) branches: Vec<bool>,
}

/// Lanes get at most this many nodes for each element, and the longest lanes go without: their lines fly
/// straight behind the boxes. Else a graph where many early values are used late would cost the square
/// of its size.
const LANE_NODES_PER_ELEMENT: usize = 4;
const LANE_NODES: usize = 2_000;

/// A line over at most so many ranks is drawn whole, although a part of it lies on another line of its
/// lane. If all were, a value used at each of 10,000 steps would cost the square of that.
const WHOLE: usize = 64;

/// Sweeps over all ranks, there and back.
const ROUNDS: usize = 8;

// How much a link wants to be straight.
const LANE: f64 = 8.0;
const LANE_END: f64 = 0.5;
const MAIN_PATH: f64 = 4.0;
const SIDE_PATH: f64 = 0.2;
const LEAF: f64 = 0.05;

impl Layers {
    pub(super) fn new(
        sizes: &[[f64; 2]],
        Ranks { rank: ranks, depth }: &Ranks,
        edges: &[Edge],
    ) -> Layers {
        let elements = sizes.len();
        let mut sizes = sizes.to_vec();
        let mut rank = ranks.clone();
        // A leaf, or where a line enters a region.
        let is_source = {
            let mut is_source = vec![true; elements];
            edges.iter().for_each(|edge| is_source[edge.to] = false);
            is_source
        };
        // The longest path to a node is the one to follow.
        let mut deepest = vec![0; elements];
        edges.iter().for_each(|edge| deepest[edge.to] = deepest[edge.to].max(depth[edge.from]));

        // One lane for each output with long lines: up to the rank before the farthest use.
        let mut lane_of: HashMap<(usize, u64), usize> = HashMap::new();
        let mut lanes: Vec<(usize, usize)> = Vec::new();
        let mut shares: Vec<Option<usize>> = Vec::with_capacity(edges.len());
        for edge in edges {
            let long = ranks[edge.to] > ranks[edge.from] + 1;
            shares.push(long.then(|| {
                let lane =
                    *lane_of.entry((edge.from, edge.leaves_at.to_bits())).or_insert_with(|| {
                        lanes.push((edge.from, 0));
                        lanes.len() - 1
                    });
                lanes[lane].1 = lanes[lane].1.max(ranks[edge.to] - ranks[edge.from] - 1);
                lane
            }));
        }
        let mut links = Vec::with_capacity(edges.len() + elements);
        let mut first_node: Vec<Option<usize>> = vec![None; lanes.len()];
        let mut shortest_first: Vec<usize> = (0..lanes.len()).collect();
        shortest_first.sort_by_key(|&lane| lanes[lane].1);
        let mut budget = LANE_NODES_PER_ELEMENT * elements + LANE_NODES;
        for lane in shortest_first {
            let (from, length) = lanes[lane];
            if length > budget {
                break;
            }
            budget -= length;
            first_node[lane] = Some(sizes.len());
            for step in 0..length {
                if step > 0 {
                    let from = sizes.len() - 1;
                    links.push(Link {
                        from,
                        to: from + 1,
                        leaves_at: 0.0,
                        meets_at: 0.0,
                        weight: LANE,
                    });
                }
                sizes.push([0.0, 0.0]);
                rank.push(ranks[from] + 1 + step);
            }
        }

        let mut entered = vec![false; lanes.len()];
        let mut drawn = vec![false; lanes.len()];
        let mut lane = Vec::with_capacity(edges.len());
        let mut branches = Vec::with_capacity(edges.len());
        for (edge, share) in edges.iter().zip(shares) {
            let &Edge { from, to, leaves_at, meets_at } = edge;
            let first = share.and_then(|lane| first_node[lane]);
            lane.push(first);
            branches.push(false);
            if let (Some(share), Some(first)) = (share, first) {
                let passed = ranks[to] - ranks[from] - 1;
                let is_longest =
                    passed == lanes[share].1 && !std::mem::replace(&mut drawn[share], true);
                branches[lane.len() - 1] = passed > WHOLE && !is_longest;
                if !std::mem::replace(&mut entered[share], true) {
                    links.push(Link {
                        from,
                        to: first,
                        leaves_at,
                        meets_at: 0.0,
                        weight: LANE_END,
                    });
                }
                let last = first + passed - 1;
                links.push(Link { from: last, to, leaves_at: 0.0, meets_at, weight: LANE_END });
            } else if ranks[to] == ranks[from] + 1 {
                let weight = match depth[from] == deepest[to] {
                    true => MAIN_PATH,
                    false if is_source[from] => LEAF,
                    false => SIDE_PATH,
                };
                links.push(Link { from, to, leaves_at, meets_at, weight });
            }
        }
        let nodes = sizes.len();
        let incoming = Adjacency::new(nodes, links.iter().map(|link| link.to));
        let outgoing = Adjacency::new(nodes, links.iter().map(|link| link.from));
        let mut layers = Layers {
            sizes,
            elements,
            rank,
            order: Vec::new(),
            links,
            incoming,
            outgoing,
            lane,
            branches,
        };
        layers.walk_back();
        layers
    }

    pub(super) fn len(&self) -> usize {
        self.sizes.len()
    }

    pub(super) fn size(&self, node: usize) -> [f64; 2] {
        self.sizes[node]
    }

    /// A node of a lane, not an element.
    pub(super) fn is_lane(&self, node: usize) -> bool {
        node >= self.elements
    }

    /// A first order: a walk from the outputs back to their inputs, which draws every tree without a crossing.
    fn walk_back(&mut self) {
        let ranks = self.rank.iter().max().map_or(0, |last| last + 1);
        self.order = vec![Vec::new(); ranks];
        let mut seen = vec![false; self.len()];
        for sink in (0..self.len()).filter(|&node| self.outgoing.of(node).is_empty()) {
            let mut stack = vec![sink];
            while let Some(node) = stack.pop() {
                if std::mem::replace(&mut seen[node], true) {
                    continue;
                }
                self.order[self.rank[node]].push(node);
                stack
                    .extend(self.incoming.of(node).iter().rev().map(|&link| self.links[link].from));
            }
        }
    }

    /// Sweeps forth and back; each node goes to the mean place of its neighbours. Keeps the best order.
    pub(super) fn reduce_crossings(&mut self) {
        let mut place = vec![0.0; self.len()];
        for rank in 0..self.order.len() {
            self.number(rank, &mut place);
        }
        let mut best = self.crossings(&place);
        let mut kept = self.order.clone();
        for _ in 0..ROUNDS {
            if best == 0 {
                return;
            }
            for rank in 1..self.order.len() {
                self.sort(rank, Towards::Inputs, &mut place);
            }
            for rank in (0..self.order.len().saturating_sub(1)).rev() {
                self.sort(rank, Towards::Uses, &mut place);
            }
            let crossings = self.crossings(&place);
            if crossings >= best {
                break;
            }
            best = crossings;
            kept.clone_from(&self.order);
        }
        self.order = kept;
    }

    fn number(&self, rank: usize, place: &mut [f64]) {
        for (index, &node) in self.order[rank].iter().enumerate() {
            place[node] = index as f64;
        }
    }

    /// Where a link begins or ends within a rank: the place of the node and the gate in it.
    fn anchor(&self, node: usize, at: f64, place: &[f64]) -> f64 {
        let height = self.sizes[node][1];
        place[node] + if height > 0.0 { at / height - 0.5 } else { 0.0 }
    }

    fn sort(&mut self, rank: usize, towards: Towards, place: &mut [f64]) {
        let mut nodes = std::mem::take(&mut self.order[rank]);
        // Nodes without a neighbour there keep their place, the others are sorted around them.
        let mut sorted: Vec<(f64, usize)> = Vec::with_capacity(nodes.len());
        for &node in &nodes {
            let links = match towards {
                Towards::Inputs => self.incoming.of(node),
                Towards::Uses => self.outgoing.of(node),
            };
            if links.is_empty() {
                continue;
            }
            let sum: f64 = links
                .iter()
                .map(|&link| &self.links[link])
                .map(|link| match towards {
                    Towards::Inputs => self.anchor(link.from, link.leaves_at, place),
                    Towards::Uses => self.anchor(link.to, link.meets_at, place),
                })
                .sum();
            sorted.push((sum / links.len() as f64, node));
        }
        let moving: Vec<bool> = nodes
            .iter()
            .map(|&node| match towards {
                Towards::Inputs => !self.incoming.of(node).is_empty(),
                Towards::Uses => !self.outgoing.of(node).is_empty(),
            })
            .collect();
        sorted.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal));
        let mut next = sorted.into_iter();
        for (node, _) in nodes.iter_mut().zip(moving).filter(|(_, moving)| *moving) {
            if let Some((_, sorted)) = next.next() {
                *node = sorted;
            }
        }
        self.order[rank] = nodes;
        self.number(rank, place);
    }

    /// How many pairs of links cross: the inversions of each pair of ranks, counted by merging.
    fn crossings(&self, place: &[f64]) -> u64 {
        let mut crossings = 0;
        let mut ends: Vec<(f64, f64)> = Vec::new();
        let mut spare = Vec::new();
        for nodes in &self.order {
            ends.clear();
            for &node in nodes {
                ends.extend(self.outgoing.of(node).iter().map(|&link| {
                    let link = &self.links[link];
                    (
                        self.anchor(node, link.leaves_at, place),
                        self.anchor(link.to, link.meets_at, place),
                    )
                }));
            }
            ends.sort_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
            crossings += inversions(ends.iter().map(|end| end.1).collect(), &mut spare);
        }
        crossings
    }
}

#[derive(Clone, Copy)]
enum Towards {
    Inputs,
    Uses,
}

/// How many pairs stand in the wrong order, by merging runs of growing length.
fn inversions(mut values: Vec<f64>, spare: &mut Vec<f64>) -> u64 {
    let mut count = 0;
    let mut run = 1;
    while run < values.len() {
        spare.clear();
        for pair in values.chunks(2 * run) {
            let (left, right) = pair.split_at(run.min(pair.len()));
            let mut taken = 0;
            for &value in right {
                while taken < left.len() && left[taken] <= value {
                    spare.push(left[taken]);
                    taken += 1;
                }
                count += (left.len() - taken) as u64;
                spare.push(value);
            }
            spare.extend_from_slice(&left[taken..]);
        }
        std::mem::swap(&mut values, spare);
        run *= 2;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inversions_are_counted() {
        for (values, count) in [
            (vec![], 0),
            (vec![1.0, 2.0, 2.0, 3.0], 0),
            (vec![3.0, 2.0, 1.0], 3),
            (vec![2.0, 1.0, 4.0, 3.0, 0.0], 6),
        ] {
            assert_eq!(inversions(values, &mut Vec::new()), count);
        }
    }

    fn square(links: &[(usize, usize)]) -> Layers {
        let edges: Vec<Edge> = links
            .iter()
            .map(|&(from, to)| Edge { from, to, leaves_at: 5.0, meets_at: 5.0 })
            .collect();
        let rank = vec![0, 0, 0, 1, 1, 1];
        Layers::new(&[[10.0, 10.0]; 6], &Ranks { depth: rank.clone(), rank }, &edges)
    }

    #[test]
    fn crossings_that_can_be_avoided_are() {
        let mut layers = square(&[(0, 5), (1, 3), (2, 4), (0, 4)]);
        layers.reduce_crossings();
        let mut place = vec![0.0; 6];
        (0..2).for_each(|rank| layers.number(rank, &mut place));
        assert_eq!(layers.crossings(&place), 0);
    }

    #[test]
    fn all_to_all_has_the_crossings_it_must_have() {
        // Three to three: each of the 3 pairs above crosses with each of the 3 pairs below.
        let all: Vec<(usize, usize)> =
            (0..3).flat_map(|from| (3..6).map(move |to| (from, to))).collect();
        let mut layers = square(&all);
        layers.reduce_crossings();
        let mut place = vec![0.0; 6];
        (0..2).for_each(|rank| layers.number(rank, &mut place));
        assert_eq!(layers.crossings(&place), 9);
    }

    #[test]
    fn lanes_are_shared_and_their_number_is_bounded() {
        // A chain of 3,000 in which each of the first 1,000 nodes is also used at the end.
        let nodes = 3_000;
        let mut edges: Vec<Edge> =
            (1..nodes).map(|to| Edge { from: to - 1, to, leaves_at: 1.0, meets_at: 1.0 }).collect();
        edges.extend((0..1000).flat_map(|from| {
            [nodes - 1, nodes - 2].map(|to| Edge { from, to, leaves_at: 1.0, meets_at: 1.0 })
        }));
        let rank: Vec<usize> = (0..nodes).collect();
        let ranks = Ranks { depth: rank.clone(), rank };
        let layers = Layers::new(&vec![[2.0, 2.0]; nodes], &ranks, &edges);
        assert!(layers.len() <= nodes + LANE_NODES_PER_ELEMENT * nodes + LANE_NODES);
        let lanes: Vec<_> = layers.lane.iter().flatten().collect();
        assert!(!lanes.is_empty() && lanes.len() < 2000, "some lines fly, some have lanes");
        // The two long lines of one output have the same lane.
        assert!(
            (0..1000)
                .all(|from| layers.lane[nodes - 1 + 2 * from] == layers.lane[nodes + 2 * from])
        );
    }
}
