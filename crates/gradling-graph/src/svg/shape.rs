//! How large a box is and what it is made of. Nothing of it depends on a number, so that nothing moves when
//! numbers change.

use crate::graph::{Graph, Node};
use crate::group::{Shows, View};
use crate::layout::Rect;
use crate::options::Direction;
use crate::text::{NUMBER_LENGTH, plural};
use crate::theme;

#[derive(Clone, Copy)]
pub(super) struct Style {
    /// Marks in place of records.
    pub(super) marks: bool,
    pub(super) direction: Direction,
}

/// A box and its parts.
pub(super) struct Shape {
    pub(super) kind: Kind,
    /// Width and height of everything.
    pub(super) size: [f64; 2],
    /// The operation, in front of the card; the whole of the mark of a result.
    pub(super) badge: Option<Badge>,
    /// Width and height of the card, or of the mark of a leaf.
    pub(super) card: [f64; 2],
    pub(super) label: Option<String>,
    /// Room in front for the dots that say that inputs are not shown.
    pub(super) lead: f64,
    pub(super) direction: Direction,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Record,
    Mark,
    /// A folded group: a stack of cards.
    Stack,
}

pub(super) struct Badge {
    pub(super) symbol: String,
    pub(super) size: [f64; 2],
}

/// From the side of a card to its text.
pub(super) const PAD: f64 = 10.0;
/// The height of a line of text.
pub(super) const ROW: f64 = 16.0;
/// From a badge to its card.
pub(super) const STEM: f64 = 7.0;
/// From one card of a stack to the next.
pub(super) const STACK: f64 = 3.0;
/// Above the first row.
const HEAD: f64 = 6.0;
/// Below the last row: the bar.
const FOOT: f64 = 11.0;
/// The height of a badge, and its least width.
const BADGE: f64 = 24.0;
/// For each line that meets a badge, up to so much.
const ARRIVAL: f64 = 7.0;
const WIDEST_BADGE: f64 = 112.0;
const LEAD: f64 = 20.0;
const MARK_OPERATION: f64 = 16.0;
const MARK_LEAF: f64 = 10.0;
/// Below a mark: its bar.
const MARK_FOOT: f64 = 3.5;

pub(super) fn shapes(graph: &Graph, view: &View, style: Style) -> Vec<Shape> {
    let cut = graph.cut();
    let mut arriving = vec![0; view.boxes.len()];
    view.links.iter().for_each(|link| arriving[link.to] += 1);
    let boxes = view.boxes.iter().zip(arriving);
    boxes
        .map(|(visible, arriving)| match &visible.shows {
            Shows::Value(place) => {
                let node = &graph.nodes[*place];
                let lead = if cut[*place] { LEAD } else { 0.0 };
                match style.marks {
                    true => Shape::mark(node, lead, style.direction),
                    false => Shape::record(node, arriving, lead, style.direction),
                }
            }
            Shows::Folded { group, values, outputs } => Shape::stack(
                &graph.groups[*group].name,
                *values,
                outputs.len() == 1,
                style.direction,
            ),
        })
        .collect()
}

impl Shape {
    fn record(node: &Node, arriving: usize, lead: f64, direction: Direction) -> Shape {
        let label = node.label.as_ref().map(|label| theme::LABEL.fit(label, theme::LABEL_ROOM));
        let card = card_size(label.as_deref(), 2);
        let badge = (!node.is_leaf()).then(|| {
            let symbol = theme::SYMBOL.fit(&node.symbol, theme::SYMBOL_ROOM);
            let width = (theme::SYMBOL.width(&symbol) + 14.0).max(BADGE);
            // Many lines need room to arrive.
            let room = (ARRIVAL * arriving as f64).clamp(BADGE, WIDEST_BADGE);
            let size = match direction {
                Direction::LeftToRight => [width, room],
                Direction::TopToBottom => [width.max(room), BADGE],
            };
            Badge { symbol, size }
        });
        let pill = badge.as_ref().map_or([0.0; 2], |badge| badge.size);
        let stem = if badge.is_some() { STEM } else { 0.0 };
        let size = match direction {
            Direction::LeftToRight => [lead + pill[0] + stem + card[0], card[1].max(pill[1])],
            Direction::TopToBottom => [card[0].max(pill[0]), lead + pill[1] + stem + card[1]],
        };
        Shape { kind: Kind::Record, size, badge, card, label, lead, direction }
    }

    fn mark(node: &Node, lead: f64, direction: Direction) -> Shape {
        let badge = (!node.is_leaf()).then(|| {
            let symbol = theme::SMALL_SYMBOL.fit(&node.symbol, theme::SYMBOL_ROOM);
            let width = (theme::SMALL_SYMBOL.width(&symbol) + 8.0).max(MARK_OPERATION);
            Badge { symbol, size: [width, MARK_OPERATION] }
        });
        let card = [MARK_LEAF; 2];
        let [width, height] = badge.as_ref().map_or(card, |badge| badge.size);
        let size = match direction {
            // As much above as below, so that lines meet the middle.
            Direction::LeftToRight => [lead + width, height + 2.0 * MARK_FOOT],
            Direction::TopToBottom => [width, lead + height + MARK_FOOT],
        };
        Shape { kind: Kind::Mark, size, badge, card, label: None, lead, direction }
    }

    fn stack(name: &str, values: usize, has_one_output: bool, direction: Direction) -> Shape {
        let label = theme::LABEL.fit(name, theme::LABEL_ROOM);
        let count = theme::CAPTION.width(&plural(values, "value")) + 2.0 * PAD;
        let [width, height] = card_size(Some(&label), if has_one_output { 3 } else { 1 });
        let card = [width.max(count), height];
        // As much below as above, so that lines meet the middle of the front card.
        let size = [card[0] + 2.0 * STACK, card[1] + 4.0 * STACK];
        Shape {
            kind: Kind::Stack,
            size,
            badge: None,
            card,
            label: Some(label),
            lead: 0.0,
            direction,
        }
    }

    /// Where a line meets the box: how deep in it, and how far from its middle. `share` goes from -1 to 1.
    pub(super) fn landing(&self, share: f64) -> [f64; 2] {
        let across = match self.direction {
            Direction::LeftToRight => 1,
            Direction::TopToBottom => 0,
        };
        let Some(badge) = &self.badge else { return [0.0, share * 0.35 * self.size[across]] };
        let radius = badge.radius();
        let aside = share * (badge.size[across] / 2.0 - 0.2 * radius);
        let bent = (aside.abs() - (badge.size[across] / 2.0 - radius)).max(0.0);
        [self.lead + radius - (radius * radius - bent * bent).max(0.0).sqrt(), aside]
    }

    /// How far within the end of the box its lines begin.
    pub(super) fn departure(&self) -> f64 {
        match (self.kind, self.direction) {
            (Kind::Mark, Direction::TopToBottom) => MARK_FOOT,
            _ => 0.0,
        }
    }

    /// The middle of the badge, or of the mark.
    pub(super) fn middle(&self, rect: Rect) -> [f64; 2] {
        let [width, height] = self.badge.as_ref().map_or(self.card, |badge| badge.size);
        match self.direction {
            Direction::LeftToRight => {
                [rect.x + self.lead + width / 2.0, rect.y + rect.height / 2.0]
            }
            Direction::TopToBottom => {
                [rect.x + rect.width / 2.0, rect.y + self.lead + height / 2.0]
            }
        }
    }

    /// Where the card of a record is, or the front card of a stack.
    pub(super) fn card(&self, rect: Rect) -> Rect {
        let [width, height] = self.card;
        let (x, y) = match (self.kind, self.direction) {
            (Kind::Stack, _) => (rect.x, rect.y + 2.0 * STACK),
            (_, Direction::LeftToRight) => {
                (rect.x + rect.width - width, rect.y + (rect.height - height) / 2.0)
            }
            (_, Direction::TopToBottom) => {
                (rect.x + (rect.width - width) / 2.0, rect.y + rect.height - height)
            }
        };
        Rect { x, y, width, height }
    }
}

impl Badge {
    /// Of its rounded ends.
    pub(super) fn radius(&self) -> f64 {
        self.size[0].min(self.size[1]).min(BADGE) / 2.0
    }
}

/// A card with a label, if there is one, and so many rows below.
fn card_size(label: Option<&str>, rows: usize) -> [f64; 2] {
    let digits = theme::NUMBER.width("0") * NUMBER_LENGTH as f64;
    let numbers = theme::CAPTION.width("grad") + 8.0 + digits;
    let text = label.map_or(0.0, |label| theme::LABEL.width(label));
    let rows = rows + usize::from(label.is_some());
    [(numbers.max(text) + 2.0 * PAD).ceil(), rows as f64 * ROW + HEAD + FOOT]
}
