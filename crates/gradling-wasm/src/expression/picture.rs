//! The pictures of the open graph: one that the page changes in place, and files.

use super::session::{Loaded, Problem, Session};
use gradling::Value;
use gradling_graph::{Direction, Fold, Graph, Options, trace, trace_last};
use std::collections::HashMap;

/// The most boxes of a picture on the page; of a larger graph it shows the end.
const MOST_DRAWN: usize = 2_000;

/// Graphs of more values fold by themselves, where they have parts.
const MANY: usize = 400;

/// The statements of a text as groups of values.
pub(super) struct Parts {
    pub(super) names: Vec<String>,
    pub(super) of_value: Vec<Option<usize>>,
}

impl Loaded {
    /// A statement that has more than its own operation is a part: its unnamed values that nothing else uses.
    pub(super) fn parts(&self, values: &[Value]) -> Parts {
        let last = values.len().saturating_sub(1);
        let mut user: Vec<Option<usize>> = vec![None; values.len()];
        let mut part: Vec<Option<usize>> = vec![None; values.len()];
        // From the newest down: the users of a value are settled before it.
        let mut shared = vec![false; values.len()];
        for place in (0..values.len()).rev() {
            let leaf = self.inputs[place].is_empty();
            let named = values[place].label().is_some();
            if !leaf && (named || place == last) {
                part[place] = Some(place);
            } else if !named && !shared[place] {
                part[place] = user[place];
            }
            for &input in &self.inputs[place] {
                match user[input] {
                    None => user[input] = part[place].or(Some(usize::MAX)),
                    Some(before) => shared[input] |= Some(before) != part[place],
                }
            }
        }
        let mut size: HashMap<usize, usize> = HashMap::new();
        part.iter().flatten().for_each(|&head| *size.entry(head).or_insert(0) += 1);
        let mut names = Vec::new();
        let mut known: HashMap<usize, usize> = HashMap::new();
        let of_value = part
            .iter()
            .map(|head| {
                let head = head.filter(|head| size.get(head).is_some_and(|&size| size > 2))?;
                Some(*known.entry(head).or_insert_with(|| {
                    names.push(self.names[head].clone());
                    names.len() - 1
                }))
            })
            .collect();
        Parts { names, of_value }
    }

    /// More than a person sees at a glance, and made of statements.
    pub(super) fn is_large(&self, values: &[Value]) -> bool {
        values.len() > MANY && self.parts(values).names.len() > 1
    }

    /// The graph as the page shows it, with the parts that are folded, and how many values it leaves out.
    pub(super) fn shown(&self, values: &[Value]) -> (Graph, usize, Vec<String>) {
        let Some(&root) = values.last() else { return (Graph::default(), 0, Vec::new()) };
        let parts = self.parts(values);
        let folded: Vec<bool> =
            parts.names.iter().map(|name| self.fold && !self.opened.contains(name)).collect();
        if !folded.contains(&true) {
            let graph = trace_last(root, MOST_DRAWN);
            let left_out = values.len() - graph.nodes().len();
            return (graph, left_out, parts.names);
        }
        let of_value: Vec<Option<usize>> =
            parts.of_value.iter().map(|part| part.filter(|&part| folded[part])).collect();
        let visible = of_value.iter().filter(|part| part.is_none()).count();
        if visible > MOST_DRAWN {
            let graph = trace_last(root, MOST_DRAWN);
            let left_out = values.len() - graph.nodes().len();
            return (graph, left_out, parts.names);
        }
        (trace(root).grouped(parts.names.clone(), &of_value), 0, parts.names)
    }

    pub(super) fn page_svg(
        &self,
        values: &[Value],
        direction: Direction,
    ) -> (String, usize, Vec<String>) {
        let (graph, left_out, parts) = self.shown(values);
        (
            graph.to_svg(&Options::new().direction(direction).fold(Fold::Depth(1)).for_page()),
            left_out,
            parts,
        )
    }
}

/// A file to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// A picture that looks the same everywhere.
    Svg,
    /// For Graphviz.
    Dot,
}

impl Session {
    /// The graph as a file, with the gradients that are known so far.
    ///
    /// # Errors
    /// If no graph is open.
    pub fn file(&mut self, file: File) -> Result<String, Problem> {
        self.with(|loaded, values| {
            let grads = loaded.state(values, |_| ()).grads;
            for (value, grad) in values.iter().zip(grads) {
                match grad {
                    Some(grad) => value.set_grad(grad),
                    None => value.zero_grad(),
                }
            }
            let text = match (file, values.last()) {
                (_, None) => String::new(),
                (File::Svg, Some(_)) => {
                    loaded.shown(values).0.to_svg(&Options::new().fold(Fold::Depth(1)))
                }
                (File::Dot, Some(&root)) => trace(root).to_dot(Direction::LeftToRight),
            };
            values.iter().for_each(|value| value.zero_grad());
            text
        })
    }
}
