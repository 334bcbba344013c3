//! A graph as plain data: what a picture shows, independent of the engine once it is made.

use serde::Serialize;
use std::collections::HashMap;

/// The values a root was made from, how they were made, and their numbers at the moment of
/// [`trace`](crate::trace()).
///
/// Nodes stand in the order in which they were created: the inputs of a node come before it, and the
/// root comes last.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) groups: Vec<Group>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Node {
    /// The value's id: its place in the order of creation.
    pub id: u32,
    /// The name it was given.
    pub label: Option<String>,
    /// How it was made: `+`, `tanh`, `**3`; empty for a leaf.
    pub symbol: String,
    /// The number.
    pub data: f64,
    /// The gradient; `None` where none was ever computed.
    pub grad: Option<f64>,
    /// A plain number in an expression, as the 2 in `x * 2.0`.
    pub constant: bool,
    /// The ids of the values it was made from, in order, repeats kept. After
    /// [`trace_last`](crate::trace_last) some of them are not in the graph.
    pub inputs: Vec<u32>,
    /// The innermost group it was made in: a place in [`Graph::groups`].
    pub group: Option<usize>,
}

impl Node {
    /// Made from nothing: an input, a parameter or a constant.
    pub fn is_leaf(&self) -> bool {
        self.inputs.is_empty()
    }
}

/// One value was made from another. There is one edge however often the value was used, as in `x * x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Edge {
    /// The input: a place in [`Graph::nodes`].
    pub from: usize,
    /// The value made from it: a later place in [`Graph::nodes`].
    pub to: usize,
    /// How often it was used: 2 for `x * x`.
    pub uses: usize,
}

/// A part of the program that made values: a layer, a neuron.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Group {
    /// Tells groups of the same name apart.
    pub id: u64,
    /// The name it was given.
    pub name: String,
    /// The group around it: an earlier place in [`Graph::groups`].
    pub parent: Option<usize>,
}

impl Graph {
    /// The values, in the order in which they were created. The last one is the root.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Which value was made from which: each pair once, by the node it leads to, in the order of its inputs.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The groups, each after the one around it.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The value the graph was traced from.
    pub fn root(&self) -> Option<&Node> {
        self.nodes.last()
    }

    /// How many of the values were made by an operation.
    pub fn operations(&self) -> usize {
        self.nodes.iter().filter(|node| !node.is_leaf()).count()
    }

    /// The same values in other groups: `names` of these, all outermost and with ids from 0, and for each value
    /// in order the place of its group in them. For parts that are known only after the values were made,
    /// as the statements of a text.
    ///
    /// # Panics
    /// If `group_of` has not an entry for each value, or one leads to no name.
    ///
    /// ```
    /// use gradling::Value;
    /// use gradling_graph::{Fold, Options, trace};
    /// let graph = trace(Value::new(1.0) * 2.0 + 1.0);
    /// let graph = graph.grouped(["double".into()], &[Some(0), Some(0), Some(0), None, None]);
    /// assert!(graph.to_svg(&Options::new().fold(Fold::Depth(1))).contains("double: 3 values, folded"));
    /// ```
    pub fn grouped(
        self,
        names: impl IntoIterator<Item = String>,
        group_of: &[Option<usize>],
    ) -> Graph {
        let groups: Vec<Group> =
            (0..).zip(names).map(|(id, name)| Group { id, name, parent: None }).collect();
        assert!(
            group_of.len() == self.nodes.len(),
            "a graph of {} values needs a group, or none, for each, and {} are given",
            self.nodes.len(),
            group_of.len()
        );
        let mut nodes = self.nodes;
        for (node, &group) in nodes.iter_mut().zip(group_of) {
            assert!(group.is_none_or(|group| group < groups.len()), "there is no such group");
            node.group = group;
        }
        Graph { nodes, edges: self.edges, groups }
    }

    pub(crate) fn place_of(&self, id: u32) -> Option<usize> {
        self.nodes.binary_search_by_key(&id, |node| node.id).ok()
    }

    /// Fills in the edges from the inputs of the nodes, which stand in order of their ids.
    pub(crate) fn connect(nodes: Vec<Node>, groups: Vec<Group>) -> Graph {
        let mut edges: Vec<Edge> = Vec::new();
        let mut seen: HashMap<usize, usize> = HashMap::new();
        for (to, node) in nodes.iter().enumerate() {
            seen.clear();
            for input in &node.inputs {
                let Ok(from) = nodes.binary_search_by_key(input, |node| node.id) else {
                    continue;
                };
                let place = *seen.entry(from).or_insert_with(|| {
                    edges.push(Edge { from, to, uses: 0 });
                    edges.len() - 1
                });
                edges[place].uses += 1;
            }
        }
        Graph { nodes, edges, groups }
    }

    /// For each node, whether it was made from values that are not in the graph.
    pub(crate) fn cut(&self) -> Vec<bool> {
        let mut missing: Vec<usize> = self.nodes.iter().map(|node| node.inputs.len()).collect();
        for edge in &self.edges {
            missing[edge.to] -= edge.uses;
        }
        missing.into_iter().map(|inputs| inputs > 0).collect()
    }
}
