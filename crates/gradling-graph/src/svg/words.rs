//! What a picture says in words: its title and description, and the title of each value.

use super::Picture;
use crate::graph::{Graph, Node};
use crate::text::{number, plural};
use crate::theme;

/// How many inputs the title of a value names.
const MOST_NAMED: usize = 6;

impl Picture<'_> {
    pub(super) fn title(&self) -> String {
        match (&self.options.title, self.graph.root()) {
            (Some(title), _) => theme::TITLE.fit(title, theme::HEADING_ROOM),
            (None, Some(root)) => format!("Graph of {}", name(root)),
            (None, None) => "Empty graph".into(),
        }
    }

    pub(super) fn description(&self) -> String {
        let Some(root) = self.graph.root() else { return "No values.".into() };
        let values = plural(self.graph.nodes.len(), "value");
        let operations = plural(self.graph.operations(), "operation");
        let gradients = match self.gradient.largest() {
            Some(largest) => format!("The largest gradient is {}.", number(largest)),
            None => "Gradients are not computed.".into(),
        };
        format!(
            "{values}, {operations}. The result {} is {}. {gradients}",
            name(root),
            number(root.data)
        )
    }
}

/// What to call a value: its label, its number if it is a constant, or `v12` after its id.
fn name(node: &Node) -> String {
    match &node.label {
        Some(label) => theme::TITLE.fit(label, theme::TITLE_ROOM),
        None if node.constant => number(node.data),
        None => format!("v{}", node.id),
    }
}

/// How a value was made, and its exact numbers: `d = a * b`, `o = tanh(n)`.
pub(super) fn explain(graph: &Graph, node: &Node) -> String {
    let mut inputs: Vec<String> = Vec::new();
    for id in node.inputs.iter().take(MOST_NAMED) {
        inputs.push(match graph.place_of(*id) {
            Some(place) => name(&graph.nodes[place]),
            None => format!("v{id}"),
        });
    }
    if node.inputs.len() > MOST_NAMED {
        inputs.push(format!("… {} in all", plural(node.inputs.len(), "input")));
    }
    let symbol = theme::TITLE.fit(&node.symbol, theme::TITLE_ROOM);
    let is_sign = !symbol.contains(|c: char| c.is_alphanumeric() || c == '_');
    let made = match inputs.as_slice() {
        [] => String::new(),
        [a, b] if is_sign => format!(" = {a} {symbol} {b}"),
        [a] if symbol.starts_with("**") => format!(" = {a}{symbol}"),
        _ => format!(" = {symbol}({})", inputs.join(", ")),
    };
    let grad = node.grad.map_or("not computed".into(), |grad| format!("{grad:?}"));
    format!("{}{made}\ndata {:?}\ngrad {grad}", name(node), node.data)
}
