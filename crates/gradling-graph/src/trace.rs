//! From values to a [`Graph`]: what the root was made from, or the newest part of it.

use crate::graph::{Graph, Group, Node};
use gradling::Value;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

/// Every value `root` was made from, and `root` itself.
///
/// ```
/// use gradling::Value;
/// let graph = gradling_graph::trace((Value::new(1.0) * 2.0 + 1.0).relu());
/// assert_eq!((graph.nodes().len(), graph.operations()), (6, 3));
/// ```
pub fn trace(root: Value) -> Graph {
    record(root.reached())
}

/// The `count` newest values `root` was made from, `root` among them, at the cost of these alone: the
/// end of a graph of ten million values is drawn as quickly as a small graph. At least the root is taken.
///
/// ```
/// use gradling::Value;
/// let mut x = Value::new(1.0);
/// for _ in 0..100_000 {
///     x = x * 0.5;
/// }
/// assert_eq!(gradling_graph::trace_last(x, 50).nodes().len(), 50);
/// ```
pub fn trace_last(root: Value, count: usize) -> Graph {
    let mut newest = vec![root];
    let mut ahead: BinaryHeap<ById> = root.inputs().into_iter().map(ById).collect();
    while newest.len() < count
        && let Some(ById(value)) = ahead.pop()
    {
        // Equal ids leave the heap one after another.
        if newest.last() != Some(&value) {
            ahead.extend(value.inputs().into_iter().map(ById));
            newest.push(value);
        }
    }
    newest.reverse();
    record(newest)
}

/// A value ordered by age. An input is older than what is made from it, so taking the newest value first
/// never meets one that was passed over.
#[derive(PartialEq, Eq)]
struct ById(Value);

impl Ord for ById {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.id().cmp(&other.0.id())
    }
}

impl PartialOrd for ById {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Copies `values`, which stand in the order of creation, out of the engine.
fn record(values: Vec<Value>) -> Graph {
    let mut groups: Vec<Group> = Vec::new();
    let mut place_of: HashMap<u64, usize> = HashMap::new();
    let nodes = values
        .into_iter()
        .map(|value| {
            let mut innermost = None;
            for group in value.groups() {
                let parent = innermost;
                innermost = Some(*place_of.entry(group.id).or_insert_with(|| {
                    groups.push(Group { id: group.id, name: group.name, parent });
                    groups.len() - 1
                }));
            }
            Node {
                id: value.id(),
                label: value.label().filter(|label| !label.is_empty()),
                symbol: value.symbol(),
                data: value.data(),
                grad: value.computed_grad(),
                constant: value.is_constant(),
                inputs: value.inputs().into_iter().map(Value::id).collect(),
                group: innermost,
            }
        })
        .collect();
    Graph::connect(nodes, groups)
}
