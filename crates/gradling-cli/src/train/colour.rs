//! Colours that those who see fewer tell apart too: blue and orange first, after Okabe and Ito, "Color
//! Universal Design" (2008).

use anstyle::{Ansi256Color, Color, RgbColor, Style};
use plotters::style::RGBColor;

/// Red, green and blue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

const CLASSES: [Colour; 8] = [
    Colour(0, 114, 178),
    Colour(230, 159, 0),
    Colour(0, 158, 115),
    Colour(204, 121, 167),
    Colour(86, 180, 233),
    Colour(213, 94, 0),
    Colour(240, 228, 66),
    Colour(120, 120, 120),
];

pub(super) const TRAINING: Colour = CLASSES[0];
pub(super) const HELD_OUT: Colour = Colour(222, 143, 5);
pub(super) const WHITE: Colour = Colour(255, 255, 255);
pub(super) const INK: Colour = Colour(51, 56, 64);
pub(super) const NIGHT: Colour = Colour(26, 28, 34);

impl Colour {
    /// The colour of a class; those after the eighth begin anew.
    pub(super) fn of_class(class: usize) -> Colour {
        CLASSES[class % CLASSES.len()]
    }

    /// So much, from 0 to 1, of another colour, and the rest of this one.
    pub(super) fn mix(self, other: Colour, share: f64) -> Colour {
        let mix =
            |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        Colour(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }

    pub(super) fn svg(self) -> RGBColor {
        RGBColor(self.0, self.1, self.2)
    }

    /// As the terminal can show it.
    pub(super) fn terminal(self, depth: Depth) -> Color {
        match depth {
            Depth::Full => RgbColor(self.0, self.1, self.2).into(),
            Depth::Palette => self.nearest().into(),
        }
    }

    pub(super) fn text(self, depth: Depth) -> Style {
        Style::new().fg_color(Some(self.terminal(depth)))
    }

    /// The nearest of the 240 colours that every terminal of 256 has alike: a cube of 6 steps each
    /// way, and 24 greys.
    fn nearest(self) -> Ansi256Color {
        let distance = |index: u8| {
            let Colour(r, g, b) = palette(index);
            let square = |a: u8, b: u8| (i32::from(a) - i32::from(b)).pow(2);
            square(r, self.0) + square(g, self.1) + square(b, self.2)
        };
        Ansi256Color((16..=255).min_by_key(|&index| distance(index)).unwrap_or(16))
    }
}

/// The colour of an entry from 16 on.
fn palette(index: u8) -> Colour {
    if index >= 232 {
        let grey = 8 + 10 * (index - 232);
        return Colour(grey, grey, grey);
    }
    let step = |digit: u8| if digit == 0 { 0 } else { 55 + 40 * digit };
    let index = index - 16;
    Colour(step(index / 36), step(index / 6 % 6), step(index % 6))
}

/// How many colours the terminal has.
#[derive(Clone, Copy)]
pub(super) enum Depth {
    /// 256.
    Palette,
    /// All.
    Full,
}

impl Depth {
    /// What the terminal says of itself.
    pub(super) fn of_terminal() -> Depth {
        match std::env::var("COLORTERM").as_deref() {
            Ok("truecolor" | "24bit") => Depth::Full,
            _ => Depth::Palette,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_256_colours_is_that_of_the_xterm_table() {
        // From xterm's table: 16 black, 231 white, 208 #ff8700, 240 #585858.
        assert_eq!(Colour(0, 0, 0).nearest().0, 16);
        assert_eq!(WHITE.nearest().0, 231);
        assert_eq!(Colour(255, 135, 0).nearest().0, 208);
        assert_eq!(Colour(88, 88, 88).nearest().0, 240);
        assert_eq!(Colour(250, 130, 6).nearest().0, 208);
    }
}
