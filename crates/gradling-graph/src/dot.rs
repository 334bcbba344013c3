//! DOT text, as micrograd draws it: a record for each value, an ellipse for each operation.

use crate::graph::Graph;
use crate::options::Direction;
use crate::text::printable;
use std::fmt::Write;

impl Graph {
    /// The graph as DOT text, for Graphviz: a record box `{ label | data 2.0000 | grad 1.0000 }` for each
    /// value, an ellipse for each operation that leads to its value. "–" stands for a gradient that was
    /// never computed, and "…" leads to a value whose inputs [`trace_last`](crate::trace_last) left out.
    pub fn to_dot(&self, direction: Direction) -> String {
        let mut out = String::with_capacity(64 + 160 * self.nodes.len());
        let rankdir = match direction {
            Direction::LeftToRight => "LR",
            Direction::TopToBottom => "TB",
        };
        let _ = writeln!(out, "digraph {{\n\tgraph [rankdir={rankdir}]");
        for (node, cut) in self.nodes.iter().zip(self.cut()) {
            let id = node.id;
            let _ = write!(out, "\t{id} [label=\"{{ ");
            if let Some(label) = &node.label {
                escape_record(&mut out, label);
                out.push_str(" | ");
            }
            let _ = write!(out, "data {:.4} | grad ", node.data);
            let _ = match node.grad {
                Some(grad) => write!(out, "{grad:.4}"),
                None => write!(out, "–"),
            };
            out.push_str(" }\" shape=record]\n");
            if !node.is_leaf() {
                let _ = write!(out, "\t\"{id}op\" [label=\"");
                escape(&mut out, &node.symbol);
                let _ = writeln!(out, "\"]\n\t\"{id}op\" -> {id}");
            }
            if cut {
                let _ = writeln!(
                    out,
                    "\t\"{id}cut\" [label=\"…\" shape=plaintext]\n\t\"{id}cut\" -> \"{id}op\""
                );
            }
        }
        for edge in &self.edges {
            let _ =
                writeln!(out, "\t{} -> \"{}op\"", self.nodes[edge.from].id, self.nodes[edge.to].id);
        }
        out.push_str("}\n");
        out
    }
}

/// Appends `text` for a field of a record, where braces, bars and angle brackets draw boxes, and spaces
/// in a row or at the ends are dropped unless they are escaped.
fn escape_record(out: &mut String, text: &str) {
    let mut chars = text.chars().peekable();
    let mut after_space = true;
    while let Some(c) = chars.next() {
        let before_end = chars.peek().is_none();
        match c {
            '{' | '}' | '|' | '<' | '>' => {
                out.push('\\');
                out.push(c);
            }
            ' ' if after_space || before_end => out.push_str("\\ "),
            c => escape_char(out, c),
        }
        after_space = c == ' ';
    }
}

/// Appends `text` for a plain quoted label.
fn escape(out: &mut String, text: &str) {
    text.chars().for_each(|c| escape_char(out, c));
}

fn escape_char(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        // Graphviz reads HTML entities in every label.
        '&' => out.push_str("&amp;"),
        c => out.push(printable(c)),
    }
}
