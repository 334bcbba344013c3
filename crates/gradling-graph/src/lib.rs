//! Pictures of gradling graphs.
//!
//! [`draw_svg`] and [`draw_dot`] draw what a value was made from; [`trace`] gives the graph as plain data,
//! to draw with [`Options`] or to walk. No other program is needed.
//!
//! ```
//! use gradling::Value;
//! use gradling_graph::{Options, trace};
//!
//! let (a, b) = (Value::new(2.0).with_label("a"), Value::new(-3.0).with_label("b"));
//! let c = (a * b + 10.0).with_label("c");
//! c.backward();
//!
//! let svg = trace(c).to_svg(&Options::new().title("A small graph"));
//! assert!(svg.starts_with("<svg") && svg.contains("A small graph"));
//! ```
//!
//! How it works: [`trace`](trace()) copies the graph out of the engine; groups that are folded become one
//! box; a layered layout places boxes and lines; the SVG is written. 10,000 values take about a tenth of a
//! second. [`trace_last`] draws the end of a graph that is too long to see.

mod dot;
mod graph;
mod group;
mod layout;
mod options;
mod svg;
mod text;
mod theme;
mod trace;

pub use graph::{Edge, Graph, Group, Node};
pub use options::{Detail, Direction, Fold, Options};
pub use text::number;
pub use trace::{trace, trace_last};

use gradling::Value;

/// An SVG picture of what `root` was made from, from left to right.
///
/// ```
/// # use gradling::Value;
/// let svg = gradling_graph::draw_svg((Value::new(1.0) * 2.0).tanh());
/// assert!(svg.contains("4 values, 2 operations"));
/// ```
pub fn draw_svg(root: Value) -> String {
    trace(root).to_svg(&Options::new())
}

/// DOT text of what `root` was made from, from left to right: as micrograd draws it.
///
/// ```
/// # use gradling::Value;
/// let dot = gradling_graph::draw_dot(Value::new(3.0).with_label("x"));
/// assert!(dot.contains("{ x | data 3.0000 | grad – }"));
/// ```
pub fn draw_dot(root: Value) -> String {
    trace(root).to_dot(Direction::LeftToRight)
}
