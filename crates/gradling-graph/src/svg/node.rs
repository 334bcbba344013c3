//! Boxes: a record for a value, with its operation in front; a mark where there are too many to read; a
//! stack of cards for a folded group.

use super::Picture;
use super::paint::{Anchor, Canvas, Sign};
use super::shape::{Kind, PAD, ROW, STACK, STEM, Shape};
use super::words::explain;
use crate::graph::Node;
use crate::group::Shows;
use crate::layout::Rect;
use crate::options::Direction;
use crate::text::{number, plural};
use crate::theme::{self, Colour};

/// How thick outlines are.
const OUTLINE: f64 = 1.2;
const ROOT_OUTLINE: f64 = 2.2;
const MARK_OUTLINE: f64 = 0.8;
const DASHES: &str = "stroke-dasharray='4 3' ";
pub(super) const SMALL_DASHES: &str = "stroke-dasharray='2 1.5' ";
/// How round the corners of a card are: of a leaf, and of what was made.
pub(super) const LEAF_CORNER: f64 = 3.0;
pub(super) const CORNER: f64 = 9.0;
/// From the outline of a card to the grounds within.
const INSET: f64 = 0.7;
/// The dots that say that inputs are not shown stand beside the line that may arrive there.
const DOTS_ASIDE: f64 = 7.0;

impl Picture<'_> {
    /// What `data-id`, `data-from` and `data-to` call a box: the id of its value, or `group-` and the id of
    /// its group.
    pub(super) fn write_id(&self, out: &mut Canvas, visible: usize) {
        match &self.view.boxes[visible].shows {
            Shows::Value(place) => out.display(self.graph.nodes[*place].id),
            Shows::Folded { group, .. } => {
                out.raw("group-");
                out.display(self.graph.groups[*group].id);
            }
        }
    }

    pub(super) fn write_nodes(&self, out: &mut Canvas) {
        let root = self.graph.nodes.len().wrapping_sub(1);
        for (index, (visible, rect)) in self.view.boxes.iter().zip(&self.layout.boxes).enumerate() {
            let (class, is_root, group) = match &visible.shows {
                Shows::Value(place) => {
                    let node = &self.graph.nodes[*place];
                    let class = match (node.is_leaf(), node.constant) {
                        (true, true) => "constant",
                        (true, false) => "leaf",
                        (false, _) => "result",
                    };
                    (
                        class,
                        *place == root,
                        visible.region.map(|region| self.view.regions[region].group),
                    )
                }
                Shows::Folded { group, outputs, .. } => {
                    ("folded", outputs.contains(&root), Some(*group))
                }
            };
            out.raw("<g class='gl-node gl-");
            out.raw(class);
            out.raw(if is_root { " gl-root' data-id='" } else { "' data-id='" });
            self.write_id(out, index);
            if let Some(group) = group {
                out.raw("' data-group='");
                out.display(self.graph.groups[group].id);
            }
            out.raw("'><title>");
            let shape = &self.shapes[index];
            match &visible.shows {
                Shows::Value(place) => {
                    let node = &self.graph.nodes[*place];
                    out.escaped(&explain(self.graph, node));
                    out.raw("</title>");
                    match shape.kind {
                        Kind::Mark => self.write_mark(out, node, shape, *rect, is_root),
                        _ => self.write_record(out, node, shape, *rect, is_root),
                    }
                }
                Shows::Folded { group, values, outputs } => {
                    let count = plural(*values, "value");
                    out.escaped(
                        &theme::TITLE.fit(&self.graph.groups[*group].name, theme::TITLE_ROOM),
                    );
                    out.raw(": ");
                    out.raw(&count);
                    out.raw(", folded</title>");
                    let output = match outputs.as_slice() {
                        [output] => Some(&self.graph.nodes[*output]),
                        _ => None,
                    };
                    self.write_stack(out, &count, output, shape, *rect, is_root);
                }
            }
            out.raw("</g>\n");
        }
    }

    fn write_record(
        &self,
        out: &mut Canvas,
        node: &Node,
        shape: &Shape,
        rect: Rect,
        is_root: bool,
    ) {
        let card = shape.card(rect);
        let corner = if node.is_leaf() { LEAF_CORNER } else { CORNER };
        if let Some(badge) = &shape.badge {
            let [x, y] = shape.middle(rect);
            write_dots(out, shape, rect);
            match shape.direction {
                Direction::LeftToRight => {
                    out.draw("<path d='M@ @h@' ", &[x + badge.size[0] / 2.0, y, STEM])
                }
                Direction::TopToBottom => {
                    out.draw("<path d='M@ @v@' ", &[x, y + badge.size[1] / 2.0, STEM])
                }
            }
            out.stroke(theme::MUTED, OUTLINE);
            out.raw("/>");
            out.rect(around([x, y], badge.size), badge.radius());
            out.fill(theme::PAPER);
            out.stroke(if is_root { theme::INK } else { theme::MUTED }, OUTLINE);
            out.raw("/>");
            out.centred(&badge.symbol, [x, y], theme::SYMBOL, theme::INK);
        }
        out.rect(card, corner);
        out.fill(theme::PAPER);
        if node.constant {
            out.stroke(theme::LINE, OUTLINE);
            out.raw(DASHES);
        } else {
            out.stroke(theme::MUTED, OUTLINE);
        }
        out.raw("/>");
        let mut y = card.y + 3.0;
        if let Some(label) = &shape.label {
            let (ground, ink) = match (is_root, node.is_leaf()) {
                (true, _) => (Some(theme::INK), theme::PAPER),
                (false, true) => (Some(theme::LEAF), theme::INK),
                (false, false) => (None, theme::INK),
            };
            if let Some(ground) = ground {
                write_header_ground(out, card, corner, ground);
            }
            out.text(label, [card.x + PAD, card.y + 14.5], theme::LABEL, ink, Anchor::Start);
            y += ROW + 3.0;
        }
        self.write_numbers(out, node, card, y, corner);
        if is_root {
            write_root_outline(out, card, corner);
        }
    }

    /// The rows "data" and "grad", from `y` down, and the bar.
    fn write_numbers(&self, out: &mut Canvas, node: &Node, card: Rect, y: f64, corner: f64) {
        let (left, right) = (card.x + PAD, card.x + card.width - PAD);
        let bottom = card.y + card.height;
        let (data_line, grad_line) = (y + 12.5, y + ROW + 12.5);
        if Sign::of(node.grad) != Sign::None {
            // The ground of the gradient: down to the rounded lower corners of the card.
            let r = corner - INSET;
            let (x, width) = (card.x + INSET, card.width - 2.0 * INSET);
            let top = y + ROW + 1.5;
            out.draw(
                "<path d='M@ @h@v@a@ @ 0 0 1 @ @",
                &[x, top, width, bottom - INSET - r - top, r, r, -r, r],
            );
            out.draw("h@a@ @ 0 0 1 @ @z' ", &[2.0 * r - width, r, r, -r, -r]);
            out.fill(self.gradient.tint(node.grad));
            out.raw("/>");
        }
        let ink = if node.data.is_finite() { theme::INK } else { theme::BROKEN };
        out.text("data", [left, data_line], theme::CAPTION, theme::MUTED, Anchor::Start);
        out.text(&number(node.data), [right, data_line], theme::NUMBER, ink, Anchor::End);
        let caption = if Sign::of(node.grad) == Sign::None { theme::MUTED } else { theme::INK };
        out.text("grad", [left, grad_line], theme::CAPTION, caption, Anchor::Start);
        let (grad, ink) =
            node.grad.map_or(("–".into(), theme::MUTED), |grad| (number(grad), theme::INK));
        out.text(&grad, [right, grad_line], theme::NUMBER, ink, Anchor::End);
        let bar = Rect { x: left, y: bottom - 7.5, width: card.width - 2.0 * PAD, height: 3.0 };
        self.write_bar(out, node.grad, bar);
    }

    /// A bar from the middle: to the right for a positive gradient, to the left for a negative one.
    fn write_bar(&self, out: &mut Canvas, grad: Option<f64>, track: Rect) {
        let middle = track.x + track.width / 2.0;
        let length = (self.gradient.strength(grad) * track.width / 2.0).max(1.5);
        let sign = Sign::of(grad);
        let (x, width) = match sign {
            Sign::None => return,
            Sign::Positive => (middle, length),
            Sign::Negative => (middle - length, length),
            Sign::Broken => (track.x, track.width),
        };
        out.rect(track, 0.0);
        out.fill(theme::PAPER);
        out.raw("/>");
        out.rect(Rect { x, width, ..track }, 0.0);
        out.fill(sign.colour());
        out.raw("/>");
        out.draw("<path d='M@ @v@' ", &[middle, track.y - 1.0, track.height + 2.0]);
        out.stroke(theme::INK, 0.8);
        out.raw("/>");
    }

    fn write_mark(&self, out: &mut Canvas, node: &Node, shape: &Shape, rect: Rect, is_root: bool) {
        let middle = shape.middle(rect);
        let (size, corner) = match &shape.badge {
            Some(badge) => (badge.size, badge.radius()),
            None => (shape.card, 1.5),
        };
        write_dots(out, shape, rect);
        let mark = around(middle, size);
        out.rect(mark, corner);
        out.fill(self.gradient.strong_tint(node.grad));
        match (is_root, Sign::of(node.grad)) {
            (true, _) => out.stroke(theme::INK, ROOT_OUTLINE),
            (false, Sign::None) => out.stroke(theme::MUTED, MARK_OUTLINE),
            (false, sign) => out.stroke(sign.colour(), MARK_OUTLINE),
        }
        if node.constant {
            out.raw(SMALL_DASHES);
        }
        out.raw("/>");
        if let Some(badge) = &shape.badge {
            out.centred(&badge.symbol, middle, theme::SMALL_SYMBOL, theme::INK);
        }
        let width = 14.0_f64.min(mark.width);
        let (x, y) = (middle[0] - width / 2.0, mark.y + mark.height + 1.2);
        self.write_bar(out, node.grad, Rect { x, y, width, height: 2.0 });
    }

    fn write_stack(
        &self,
        out: &mut Canvas,
        count: &str,
        output: Option<&Node>,
        shape: &Shape,
        rect: Rect,
        is_root: bool,
    ) {
        let card = shape.card(rect);
        for layer in [2.0, 1.0] {
            let shift = layer * STACK;
            out.rect(Rect { x: card.x + shift, y: card.y - shift, ..card }, CORNER);
            out.fill(theme::LEAF);
            out.stroke(theme::LINE, 1.0);
            out.raw("/>");
        }
        out.rect(card, CORNER);
        out.fill(theme::PAPER);
        out.stroke(theme::MUTED, OUTLINE);
        out.raw("/>");
        let label = shape.label.as_deref().unwrap_or_default();
        out.text(label, [card.x + PAD, card.y + 16.0], theme::LABEL, theme::INK, Anchor::Start);
        let below = [card.x + PAD, card.y + ROW + 15.0];
        out.text(count, below, theme::CAPTION, theme::MUTED, Anchor::Start);
        if let Some(output) = output {
            self.write_numbers(out, output, card, card.y + 2.0 * ROW + 3.0, CORNER);
        }
        if is_root {
            write_root_outline(out, card, CORNER);
        }
    }
}

fn around([x, y]: [f64; 2], [width, height]: [f64; 2]) -> Rect {
    Rect { x: x - width / 2.0, y: y - height / 2.0, width, height }
}

/// Drawn last: it is wider than the room that the grounds within a card leave it.
fn write_root_outline(out: &mut Canvas, card: Rect, corner: f64) {
    out.rect(card, corner);
    out.raw("fill='none' ");
    out.stroke(theme::INK, ROOT_OUTLINE);
    out.raw("/>");
}

/// The ground of a label: a little within the outline, its upper corners rounded.
fn write_header_ground(out: &mut Canvas, card: Rect, corner: f64, ground: Colour) {
    let r = corner - INSET;
    let (x, y, width, height) =
        (card.x + INSET, card.y + INSET, card.width - 2.0 * INSET, ROW + 3.0);
    out.draw("<path d='M@ @v@a@ @ 0 0 1 @ @", &[x, y + height, r - height, r, r, r, -r]);
    out.draw("h@a@ @ 0 0 1 @ @v@z' ", &[width - 2.0 * r, r, r, r, r, height - r]);
    out.fill(ground);
    out.raw("/>");
}

/// Three dots in front of a value whose inputs are not all in the picture.
fn write_dots(out: &mut Canvas, shape: &Shape, rect: Rect) {
    if shape.lead == 0.0 {
        return;
    }
    let [x, y] = shape.middle(rect);
    for step in [4.0, 9.0, 14.0] {
        let dot = match shape.direction {
            Direction::LeftToRight => [rect.x + step, y - DOTS_ASIDE],
            Direction::TopToBottom => [x - DOTS_ASIDE, rect.y + step],
        };
        out.draw("<circle cx='@' cy='@' r='1.5' ", &dot);
        out.fill(theme::MUTED);
        out.raw("/>");
    }
}
