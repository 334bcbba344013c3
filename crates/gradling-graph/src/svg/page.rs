//! The picture for a page that styles it and changes it in place: see [`Options::for_page`].
//!
//! The parts are the same, with classes in place of colours, and each node and edge is one line of text: so
//! that a page can put a large picture in piece by piece.
//!
//! [`Options::for_page`]: crate::Options::for_page

use super::Picture;
use super::node::{CORNER, LEAF_CORNER};
use super::paint::{Anchor, Canvas};
use super::shape::{Kind, PAD, ROW, STACK, STEM, Shape};
use crate::graph::Node;
use crate::group::Shows;
use crate::layout::Rect;
use crate::options::Direction;
use crate::text::{number, plural};
use crate::theme;

/// Around everything: outlines and the numbers above badges.
const MARGIN: f64 = 20.0;

impl Picture<'_> {
    pub(super) fn write_for_page(&self) -> String {
        let width = (self.layout.width + 2.0 * MARGIN).ceil();
        let height = (self.layout.height + 2.0 * MARGIN).ceil();
        let mut out = Canvas::with_capacity(400 + 1_000 * self.view.boxes.len());
        out.raw("<svg xmlns='http://www.w3.org/2000/svg' class='gl-picture' ");
        out.draw("width='@' height='@' viewBox='@ @ ", &[width, height, -MARGIN, -MARGIN]);
        out.draw("@ @'>\n<g class='gl-edges'>\n", &[width, height]);
        self.write_edges(&mut out);
        out.raw("</g>\n<g class='gl-nodes'>\n");
        let root = self.graph.nodes.len().wrapping_sub(1);
        for (index, (visible, rect)) in self.view.boxes.iter().zip(&self.layout.boxes).enumerate() {
            let shape = &self.shapes[index];
            let (class, is_root) = match &visible.shows {
                Shows::Folded { outputs, .. } => ("gl-folded", outputs.contains(&root)),
                Shows::Value(place) => {
                    let node = &self.graph.nodes[*place];
                    let class = match (node.is_leaf(), node.constant) {
                        (true, true) => "gl-leaf gl-constant",
                        (true, false) => "gl-leaf",
                        (false, _) => "gl-result",
                    };
                    (class, *place == root)
                }
            };
            out.raw("<g class='gl-node ");
            out.raw(class);
            out.raw(if is_root { " gl-root' id='gl-n" } else { "' id='gl-n" });
            self.write_id(&mut out, index);
            out.raw("' data-id='");
            self.write_id(&mut out, index);
            let Rect { x, y, width, height } = *rect;
            out.draw("' data-box='@ @ @ @'>", &[x, y, width, height]);
            match &visible.shows {
                Shows::Value(place) => {
                    write_record(&mut out, &self.graph.nodes[*place], shape, *rect);
                }
                Shows::Folded { values, outputs, .. } => {
                    let output = match outputs.as_slice() {
                        [output] => Some(&self.graph.nodes[*output]),
                        _ => None,
                    };
                    write_stack(&mut out, *values, output, shape, *rect);
                }
            }
            out.raw("</g>\n");
        }
        out.raw("</g>\n</svg>\n");
        out.finish()
    }
}

fn part(out: &mut Canvas, class: &str, rect: Rect, corner: f64) {
    let Rect { x, y, width, height } = rect;
    out.raw("<rect class='");
    out.raw(class);
    out.draw("' x='@' y='@' width='@' height='@' ", &[x, y, width, height]);
    out.draw("rx='@'/>", &[corner]);
}

fn write_record(out: &mut Canvas, node: &Node, shape: &Shape, rect: Rect) {
    // The card first: it is read in this order, and its name comes before its operation.
    let card = shape.card(rect);
    let corner = if node.is_leaf() { LEAF_CORNER + 3.0 } else { CORNER };
    write_card(out, shape.label.as_deref(), Some(node), card, corner);
    if let Some(badge) = &shape.badge {
        let [x, y] = shape.middle(rect);
        let [width, height] = badge.size;
        match shape.direction {
            Direction::LeftToRight => {
                out.draw("<path class='gl-stem' d='M@ @h@'/>", &[x + width / 2.0, y, STEM])
            }
            Direction::TopToBottom => {
                out.draw("<path class='gl-stem' d='M@ @v@'/>", &[x, y + height / 2.0, STEM])
            }
        }
        let around = Rect { x: x - width / 2.0, y: y - height / 2.0, width, height };
        part(out, "gl-badge", around, badge.radius());
        out.classed("gl-symbol", &badge.symbol, [x, y + 0.36 * theme::SYMBOL.size], Anchor::Middle);
        match shape.direction {
            Direction::LeftToRight => {
                out.classed("gl-order", "", [x, around.y - 5.0], Anchor::Middle);
            }
            // Lines arrive above.
            Direction::TopToBottom => {
                out.classed("gl-order", "", [x + width / 2.0 + 6.0, y + 4.0], Anchor::Start);
            }
        }
    }
}

fn write_card(out: &mut Canvas, label: Option<&str>, node: Option<&Node>, card: Rect, corner: f64) {
    part(out, "gl-card", card, corner);
    let mut y = card.y + 3.0;
    if let Some(label) = label {
        out.draw(
            "<path class='gl-head' d='M@ @v@h@v@a",
            &[card.x, card.y + corner, ROW + 4.0 - corner, card.width, corner - ROW - 4.0],
        );
        let (r, side) = (corner, 2.0 * corner - card.width);
        out.draw("@ @ 0 0 0 @ @h@a@ @ 0 0 0 @ @z'/>", &[r, r, -r, -r, side, r, r, -r, r]);
        out.classed("gl-label", label, [card.x + PAD, card.y + 14.5], Anchor::Start);
        y += ROW + 3.0;
    }
    let Some(node) = node else { return };
    let (left, right) = (card.x + PAD, card.x + card.width - PAD);
    let bottom = card.y + card.height;
    let (data_line, grad_line) = (y + 12.5, y + ROW + 12.5);
    let ground = Rect {
        x: card.x + 3.0,
        y: y + ROW,
        width: card.width - 6.0,
        height: bottom - y - ROW - 3.0,
    };
    part(out, "gl-tint", ground, 4.0);
    out.classed("gl-caption", "data", [left, data_line], Anchor::Start);
    out.classed("gl-data", &number(node.data), [right, data_line], Anchor::End);
    out.classed("gl-caption gl-of-grad", "grad", [left, grad_line], Anchor::Start);
    let grad = node.grad.map_or("–".into(), number);
    out.classed("gl-grad", &grad, [right, grad_line], Anchor::End);
    // From the middle: to the right for a positive gradient, to the left for a negative one.
    let bar = Rect { x: left, y: bottom - 7.5, width: right - left, height: 3.0 };
    part(out, "gl-track", bar, 1.5);
    part(out, "gl-bar", Rect { x: (left + right) / 2.0, width: 0.0, ..bar }, 1.5);
}

fn write_stack(out: &mut Canvas, values: usize, output: Option<&Node>, shape: &Shape, rect: Rect) {
    let card = shape.card(rect);
    for layer in [2.0, 1.0] {
        let (x, y) = (card.x + layer * STACK, card.y - layer * STACK);
        part(out, "gl-card gl-below", Rect { x, y, ..card }, CORNER);
    }
    debug_assert!(shape.kind == Kind::Stack);
    write_card(out, shape.label.as_deref(), output, card, CORNER);
    let last = card.y + card.height - 12.0;
    let y = if output.is_some() { last - ROW - ROW } else { last };
    let at = [card.x + PAD, y];
    let count = plural(values, "value");
    match output {
        // Beside the heading, which leaves the rows to the numbers of the one output.
        Some(_) => {}
        None => out.classed("gl-caption", &count, at, Anchor::Start),
    }
}
