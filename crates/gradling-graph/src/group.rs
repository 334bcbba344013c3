//! Which boxes a picture has: groups that are folded into one box, groups that stay open as regions, and
//! the leaves that sit with the group that uses them.

use crate::graph::Graph;
use crate::options::Fold;
use std::collections::{HashMap, HashSet};

/// Beyond this many boxes, groups fold by themselves.
pub(crate) const MOST_VISIBLE: usize = 2_000;

/// Groups nested deeper than this are drawn as part of the group at this depth: no one can tell twenty
/// frames around a box apart, and the cost of a picture grows with the depth.
const DEEPEST: usize = 16;

/// What is visible of a graph.
pub(crate) struct View {
    pub(crate) boxes: Vec<VisibleBox>,
    pub(crate) links: Vec<Link>,
    pub(crate) regions: Vec<Region>,
}

pub(crate) struct VisibleBox {
    pub(crate) shows: Shows,
    /// The open group it sits in.
    pub(crate) region: Option<usize>,
}

pub(crate) enum Shows {
    /// The node at this place.
    Value(usize),
    /// A folded group.
    Folded {
        group: usize,
        /// How many values it hides.
        values: usize,
        /// The values that are used outside of it, or are the root.
        outputs: Vec<usize>,
    },
}

/// A line between two boxes: one value, or several where a folded group hands on more than one.
pub(crate) struct Link {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// The values it carries, each once.
    pub(crate) values: Vec<usize>,
    /// How often they are used at its end.
    pub(crate) uses: usize,
}

/// An open group: a frame around its members.
pub(crate) struct Region {
    pub(crate) group: usize,
    pub(crate) parent: Option<usize>,
}

/// Where the nodes live, after leaves were pulled in and groups no picture can show were dissolved.
struct Homes {
    /// The group around each node.
    of_node: Vec<Option<usize>>,
    /// The group around each group.
    parent: Vec<Option<usize>>,
    /// 1 for an outermost group.
    depth: Vec<usize>,
}

impl View {
    pub(crate) fn new(graph: &Graph, fold: &Fold) -> View {
        let homes = Homes::new(graph);
        let folded = homes.fold(graph, fold);
        homes.view(graph, &folded)
    }
}

impl Homes {
    fn new(graph: &Graph) -> Homes {
        let mut homes = Homes {
            of_node: graph.nodes.iter().map(|node| node.group).collect(),
            parent: graph.groups.iter().map(|group| group.parent).collect(),
            depth: Vec::new(),
        };
        homes.measure();
        let too_deep: Vec<bool> = homes.depth.iter().map(|&depth| depth > DEEPEST).collect();
        homes.dissolve(&too_deep);
        homes.pull_leaves(graph);
        // Groups that a program opened one within the other cannot feed each other in a circle, but one
        // that was left and entered again could. A round breaks every circle it finds, so one is enough
        // unless the circles hid others.
        for _ in 0..8 {
            let entangled = homes.entangled(graph);
            if !entangled.contains(&true) {
                return homes;
            }
            homes.dissolve(&entangled);
        }
        homes.dissolve(&vec![true; graph.groups.len()]);
        homes
    }

    fn measure(&mut self) {
        self.depth.clear();
        for parent in &self.parent {
            self.depth.push(parent.map_or(1, |parent| self.depth[parent] + 1));
        }
    }

    /// Hands the members of the marked groups to the groups around them.
    fn dissolve(&mut self, marked: &[bool]) {
        // Parents come first, so that theirs is already settled.
        let mut into: Vec<Option<usize>> = Vec::with_capacity(marked.len());
        for (group, &is_marked) in marked.iter().enumerate() {
            let parent = self.parent[group].and_then(|parent| into[parent]);
            into.push(if is_marked { parent } else { Some(group) });
            self.parent[group] = parent;
        }
        for home in &mut self.of_node {
            *home = home.and_then(|group| into[group]);
        }
        self.measure();
    }

    fn depth_of(&self, home: Option<usize>) -> usize {
        home.map_or(0, |group| self.depth[group])
    }

    /// The innermost group around both.
    fn common(&self, mut a: Option<usize>, mut b: Option<usize>) -> Option<usize> {
        while a != b {
            if self.depth_of(a) >= self.depth_of(b) {
                a = a.and_then(|group| self.parent[group]);
            } else {
                b = b.and_then(|group| self.parent[group]);
            }
        }
        a
    }

    /// Moves each leaf into the group that uses it: the weights into their neuron. A leaf that only parts
    /// of a group use, as the inputs of a layer, stays where it was made.
    fn pull_leaves(&mut self, graph: &Graph) {
        #[derive(Clone, Copy)]
        struct Use {
            within: Option<usize>,
            /// A user lives in `within` itself, not only in a group in it.
            directly: bool,
        }
        let mut uses: Vec<Option<Use>> = vec![None; graph.nodes.len()];
        for edge in &graph.edges {
            if !graph.nodes[edge.from].is_leaf() {
                continue;
            }
            let user = self.of_node[edge.to];
            let within = uses[edge.from].map_or(user, |before| self.common(before.within, user));
            let directly = user == within
                || uses[edge.from].is_some_and(|before| before.directly && before.within == within);
            uses[edge.from] = Some(Use { within, directly });
        }
        for (leaf, found) in uses.into_iter().enumerate() {
            if let Some(Use { within, directly: true }) = found
                && self.common(within, self.of_node[leaf]) == self.of_node[leaf]
            {
                self.of_node[leaf] = within;
            }
        }
    }

    /// The groups that feed each other in a circle: no order of columns could show them.
    fn entangled(&self, graph: &Graph) -> Vec<bool> {
        let nodes = graph.nodes.len();
        let groups = self.parent.len();
        if groups == 0 {
            return Vec::new();
        }
        // Elements are nodes, then groups; each edge counts where its two ends are in different elements
        // of the same group.
        let element = |node: usize, within: Option<usize>| {
            let mut element = node;
            let mut home = self.of_node[node];
            while home != within {
                let Some(group) = home else { break };
                element = nodes + group;
                home = self.parent[group];
            }
            element
        };
        let mut edges: Vec<(usize, usize)> = Vec::with_capacity(graph.edges.len());
        for edge in &graph.edges {
            let within = self.common(self.of_node[edge.from], self.of_node[edge.to]);
            edges.push((element(edge.from, within), element(edge.to, within)));
        }
        let mut left = vec![true; nodes + groups];
        // Taking away what nothing leads to, then what leads to nothing, leaves the circles.
        for _ in 0..2 {
            for done in crate::layout::topological(nodes + groups, &edges) {
                left[done] = false;
            }
            edges.retain(|&(from, to)| left[from] && left[to]);
            edges.iter_mut().for_each(|edge| *edge = (edge.1, edge.0));
            if edges.is_empty() {
                return Vec::new();
            }
        }
        left.split_off(nodes)
    }

    /// For each group, the outermost folded group around it or it itself.
    fn fold(&self, graph: &Graph, fold: &Fold) -> Vec<Option<usize>> {
        let by_depth = |deepest: usize| -> Vec<bool> {
            self.depth.iter().map(|&depth| depth >= deepest).collect()
        };
        let chosen = match fold {
            Fold::Nothing => return vec![None; self.parent.len()],
            Fold::Depth(depth) => return self.outermost(&by_depth(*depth)),
            Fold::Auto => vec![false; self.parent.len()],
            Fold::Groups(ids) => graph.groups.iter().map(|group| ids.contains(&group.id)).collect(),
        };
        let mut folded = self.outermost(&chosen);
        for depth in (1..=self.depth.iter().copied().max().unwrap_or(0)).rev() {
            if self.visible(&folded) <= MOST_VISIBLE {
                break;
            }
            let both: Vec<bool> = by_depth(depth)
                .into_iter()
                .zip(&chosen)
                .map(|(deep, &chosen)| deep || chosen)
                .collect();
            folded = self.outermost(&both);
        }
        folded
    }

    fn outermost(&self, chosen: &[bool]) -> Vec<Option<usize>> {
        let mut outermost: Vec<Option<usize>> = Vec::with_capacity(chosen.len());
        for (group, &chosen) in chosen.iter().enumerate() {
            let around = self.parent[group].and_then(|parent| outermost[parent]);
            outermost.push(around.or(chosen.then_some(group)));
        }
        outermost
    }

    /// How many boxes there are to see.
    fn visible(&self, folded: &[Option<usize>]) -> usize {
        let mut counted = vec![false; folded.len()];
        self.of_node
            .iter()
            .filter(|home| match home.and_then(|group| folded[group]) {
                None => true,
                Some(group) => !std::mem::replace(&mut counted[group], true),
            })
            .count()
    }

    fn view(&self, graph: &Graph, folded: &[Option<usize>]) -> View {
        let root = graph.nodes.len().saturating_sub(1);
        let mut regions = Vec::new();
        let mut region_of: Vec<Option<usize>> = vec![None; self.parent.len()];
        let mut inhabited = vec![false; self.parent.len()];
        for home in &self.of_node {
            let mut group = *home;
            while let Some(inner) = group
                && !std::mem::replace(&mut inhabited[inner], true)
            {
                group = self.parent[inner];
            }
        }
        for group in
            (0..self.parent.len()).filter(|&group| inhabited[group] && folded[group].is_none())
        {
            let parent = self.parent[group].and_then(|parent| region_of[parent]);
            region_of[group] = Some(regions.len());
            regions.push(Region { group, parent });
        }

        let mut boxes: Vec<VisibleBox> = Vec::new();
        let mut box_of_group: Vec<Option<usize>> = vec![None; self.parent.len()];
        let mut box_of_node: Vec<usize> = Vec::with_capacity(graph.nodes.len());
        for (node, home) in self.of_node.iter().enumerate() {
            let Some(group) = home.and_then(|group| folded[group]) else {
                box_of_node.push(boxes.len());
                let region = home.and_then(|group| region_of[group]);
                boxes.push(VisibleBox { shows: Shows::Value(node), region });
                continue;
            };
            let place = *box_of_group[group].get_or_insert_with(|| {
                let region = self.parent[group].and_then(|parent| region_of[parent]);
                boxes.push(VisibleBox {
                    shows: Shows::Folded { group, values: 0, outputs: Vec::new() },
                    region,
                });
                boxes.len() - 1
            });
            if let Shows::Folded { values, outputs, .. } = &mut boxes[place].shows {
                *values += 1;
                if node == root {
                    outputs.push(node);
                }
            }
            box_of_node.push(place);
        }

        let mut links: Vec<Link> = Vec::new();
        let mut place_of: HashMap<(usize, usize), usize> = HashMap::new();
        let mut carried: HashSet<(usize, usize)> = HashSet::new();
        let mut handed_on: HashSet<usize> = HashSet::new();
        for edge in &graph.edges {
            let (from, to) = (box_of_node[edge.from], box_of_node[edge.to]);
            if from == to {
                continue;
            }
            let place = *place_of.entry((from, to)).or_insert_with(|| {
                links.push(Link { from, to, values: Vec::new(), uses: 0 });
                links.len() - 1
            });
            links[place].uses += edge.uses;
            if carried.insert((place, edge.from)) {
                links[place].values.push(edge.from);
            }
            if let Shows::Folded { outputs, .. } = &mut boxes[from].shows
                && handed_on.insert(edge.from)
            {
                outputs.push(edge.from);
            }
        }
        View { boxes, links, regions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Group, Node};

    /// Nodes of which each is made from the one before it, in these groups.
    fn chain(homes: &[Option<usize>], groups: usize) -> Graph {
        let nodes = (0u32..).zip(homes).map(|(id, &group)| Node {
            id,
            label: None,
            symbol: if id == 0 { "" } else { "tanh" }.into(),
            data: 0.0,
            grad: None,
            constant: false,
            inputs: id.checked_sub(1).into_iter().collect(),
            group,
        });
        let group = |id| Group { id, name: format!("group {id}"), parent: None };
        Graph::connect(nodes.collect(), (0..groups as u64).map(group).collect())
    }

    fn regions(graph: &Graph) -> Vec<usize> {
        View::new(graph, &Fold::Nothing).regions.iter().map(|region| region.group).collect()
    }

    #[test]
    fn groups_that_feed_each_other_in_a_circle_are_not_drawn() {
        // 0 is entered again after 1, which it feeds; 2 is well apart.
        let tangled = chain(&[None, Some(0), Some(1), Some(0), Some(2), Some(2)], 3);
        assert_eq!(regions(&tangled), [2]);
        assert_eq!(View::new(&tangled, &Fold::Depth(1)).boxes.len(), 5);
        // A value outside can close a circle as well.
        assert_eq!(regions(&chain(&[None, Some(0), None, Some(0)], 1)), [0; 0]);
        assert_eq!(regions(&chain(&[None, Some(0), Some(0), Some(1)], 2)), [0, 1]);
    }
}
