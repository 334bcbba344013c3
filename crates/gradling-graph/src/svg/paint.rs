//! The few marks a picture is made of, and the colour of a gradient.

use crate::graph::Graph;
use crate::layout::Rect;
use crate::text::{Font, coordinate, escape};
use crate::theme::{self, Colour};
use std::fmt::Write;

/// The text of an SVG file, growing.
pub(super) struct Canvas(String);

#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Canvas(String::with_capacity(bytes))
    }

    pub(super) fn finish(self) -> String {
        self.0
    }

    /// Text that is markup already.
    pub(super) fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Text that came from outside.
    pub(super) fn escaped(&mut self, text: &str) {
        escape(&mut self.0, text);
    }

    /// Markup in which each `@` stands for the next of `numbers`.
    pub(super) fn draw(&mut self, markup: &str, numbers: &[f64]) {
        let mut numbers = numbers.iter();
        let mut rest = markup;
        while let Some((before, after)) = rest.split_once('@') {
            self.0.push_str(before);
            coordinate(&mut self.0, numbers.next().copied().unwrap_or_default());
            rest = after;
        }
        self.0.push_str(rest);
    }

    fn colour(&mut self, Colour(red, green, blue): Colour) {
        self.0.push('#');
        for byte in [red, green, blue] {
            for nibble in [byte >> 4, byte & 15] {
                self.0.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
            }
        }
    }

    pub(super) fn fill(&mut self, colour: Colour) {
        self.raw("fill='");
        self.colour(colour);
        self.raw("' ");
    }

    pub(super) fn stroke(&mut self, colour: Colour, width: f64) {
        self.raw("stroke='");
        self.colour(colour);
        self.draw("' stroke-width='@' ", &[width]);
    }

    /// The beginning of a rectangle: its colours and the end of the element are to follow.
    pub(super) fn rect(&mut self, rect: Rect, corner: f64) {
        let Rect { x, y, width, height } = rect;
        self.draw("<rect x='@' y='@' width='@' height='@' ", &[x, y, width, height]);
        if corner > 0.0 {
            self.draw("rx='@' ", &[corner]);
        }
    }

    /// One line of text; `at` is on its baseline.
    pub(super) fn text(
        &mut self,
        text: &str,
        at: [f64; 2],
        font: Font,
        colour: Colour,
        anchor: Anchor,
    ) {
        self.draw("<text x='@' y='@' font-size='@' ", &[at[0], at[1], font.size]);
        if font.bold {
            self.raw("font-weight='600' ");
        }
        match anchor {
            Anchor::Start => {}
            Anchor::Middle => self.raw("text-anchor='middle' "),
            Anchor::End => self.raw("text-anchor='end' "),
        }
        self.fill(colour);
        self.raw(">");
        self.escaped(text);
        self.raw("</text>");
    }

    /// One line of text that the page styles by its class.
    pub(super) fn classed(&mut self, class: &str, text: &str, at: [f64; 2], anchor: Anchor) {
        self.raw("<text class='");
        self.raw(class);
        self.draw("' x='@' y='@'", &at);
        match anchor {
            Anchor::Start => {}
            Anchor::Middle => self.raw(" text-anchor='middle'"),
            Anchor::End => self.raw(" text-anchor='end'"),
        }
        self.raw(">");
        self.escaped(text);
        // A space, because what reads the page runs texts together.
        self.raw("</text> ");
    }

    /// A sign or a short name with its middle at `at`.
    pub(super) fn centred(&mut self, text: &str, at: [f64; 2], font: Font, colour: Colour) {
        // Letters and signs of arithmetic stand above the baseline by about a third of the font's size.
        self.text(text, [at[0], at[1] + 0.36 * font.size], font, colour, Anchor::Middle);
    }

    /// A number that is no coordinate.
    pub(super) fn display(&mut self, number: impl std::fmt::Display) {
        let _ = write!(self.0, "{number}");
    }
}

/// The scale of the gradients of a picture.
pub(super) struct Gradient {
    largest: Option<f64>,
}

/// What a gradient looks like.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Sign {
    Positive,
    Negative,
    /// Zero, or never computed.
    None,
    /// NaN, or infinite.
    Broken,
}

impl Sign {
    pub(super) fn of(grad: Option<f64>) -> Sign {
        match grad {
            Some(grad) if !grad.is_finite() => Sign::Broken,
            Some(grad) if grad > 0.0 => Sign::Positive,
            Some(grad) if grad < 0.0 => Sign::Negative,
            _ => Sign::None,
        }
    }

    pub(super) fn colour(self) -> Colour {
        match self {
            Sign::Positive => theme::POSITIVE,
            Sign::Negative => theme::NEGATIVE,
            Sign::Broken => theme::BROKEN,
            Sign::None => theme::LINE,
        }
    }
}

impl Gradient {
    pub(super) fn of(graph: &Graph) -> Self {
        let grads = graph.nodes.iter().filter_map(|node| node.grad);
        // Where every gradient is NaN, they were computed all the same.
        let sizes = grads.map(|grad| if grad.is_finite() { grad.abs() } else { 0.0 });
        Gradient { largest: sizes.reduce(f64::max) }
    }

    /// The largest size of a gradient; `None` where none was computed.
    pub(super) fn largest(&self) -> Option<f64> {
        self.largest
    }

    /// From 0 to 1, by the square root: gradients of a network differ by orders of magnitude.
    pub(super) fn strength(&self, grad: Option<f64>) -> f64 {
        match (grad, self.largest) {
            (Some(grad), _) if !grad.is_finite() => 1.0,
            (Some(grad), Some(largest)) if largest > 0.0 => (grad.abs() / largest).sqrt(),
            _ => 0.0,
        }
    }

    /// The ground of a field with this gradient, light enough for ink.
    pub(super) fn tint(&self, grad: Option<f64>) -> Colour {
        theme::PAPER.mix(Sign::of(grad).colour(), self.visible(grad, 0.07, 0.55))
    }

    /// As [`tint`](Gradient::tint), for small marks, which must be seen from afar.
    pub(super) fn strong_tint(&self, grad: Option<f64>) -> Colour {
        theme::PAPER.mix(Sign::of(grad).colour(), self.visible(grad, 0.1, 0.75))
    }

    /// The colour of a line that carries a value with this gradient.
    pub(super) fn line(&self, grad: Option<f64>) -> Colour {
        theme::LINE.mix(Sign::of(grad).colour(), self.visible(grad, 0.25, 1.0))
    }

    /// Nothing for no gradient, else between `least` and `most`.
    fn visible(&self, grad: Option<f64>, least: f64, most: f64) -> f64 {
        match self.strength(grad) {
            0.0 => 0.0,
            strength => least + (most - least) * strength,
        }
    }
}
