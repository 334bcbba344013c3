//! The loss by epoch, drawn in the terminal with braille: two by four dots a letter.

use super::colour::{Colour, Depth, HELD_OUT, TRAINING};
use super::fit::Epoch;
use crate::number::short;
use anstyle::Style;
use std::io::{self, Write};

/// Letters across and down.
const WIDTH: usize = 60;
const HEIGHT: usize = 9;
const DOTS_ACROSS: usize = 2 * WIDTH;
const DOTS_DOWN: usize = 4 * HEIGHT;

/// Losses that fall by more than this are drawn on a logarithmic scale, where the end of training is
/// still to be seen.
const WIDE: f64 = 20.0;

/// A scale from the lowest to the highest loss.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) logarithmic: bool,
}

impl Scale {
    /// The scale for these losses; infinite ones are left out.
    pub(super) fn of(epochs: &[Epoch]) -> Self {
        let mut losses: Vec<f64> = epochs.iter().map(|epoch| epoch.training.loss).collect();
        losses.extend(epochs.iter().filter_map(|epoch| epoch.held_out).map(|figures| figures.loss));
        losses.retain(|loss| loss.is_finite());
        let high = losses.iter().copied().fold(0.0, f64::max);
        let low = losses.iter().copied().fold(high, f64::min);
        // A loss of 0 has no logarithm: nothing below a millionth is shown.
        let low_on_log = low.max(high * 1e-6);
        let logarithmic = high > 0.0 && high / low_on_log > WIDE;
        Scale { low: if logarithmic { low_on_log } else { 0.0 }, high, logarithmic }
    }

    /// From 0 at the lowest to 1 at the highest.
    fn share(self, loss: f64) -> f64 {
        let Scale { low, high, logarithmic } = self;
        let loss = loss.clamp(low, high);
        if logarithmic {
            (loss / low).ln() / (high / low).ln()
        } else if high > low {
            (loss - low) / (high - low)
        } else {
            0.0
        }
    }
}

/// The dots of one letter, for training and for held-out rows.
#[derive(Clone, Copy, Default)]
struct Letter {
    training: u8,
    held_out: u8,
}

/// Writes the curve; of less than two epochs there is none.
pub(super) fn write(out: &mut dyn Write, epochs: &[Epoch], depth: Depth) -> io::Result<()> {
    let Some(last) = epochs.last().filter(|_| epochs.len() > 1) else {
        return Ok(());
    };
    let scale = Scale::of(epochs);
    let mut letters = vec![[Letter::default(); WIDTH]; HEIGHT];
    let training = |epoch: &Epoch| Some(epoch.training.loss);
    let held_out = |epoch: &Epoch| epoch.held_out.map(|figures| figures.loss);
    for (x, y) in line(epochs, scale, training) {
        letters[y / 4][x / 2].training |= dot(x, y);
    }
    // Dashed, so that the lines differ without colour too.
    for (x, y) in line(epochs, scale, held_out).into_iter().filter(|(x, _)| x / 3 % 2 == 0) {
        letters[y / 4][x / 2].held_out |= dot(x, y);
    }

    let style = |colour: Colour| colour.mix(super::colour::WHITE, 0.25).text(depth);
    let (blue, orange, dim) = (style(TRAINING), style(HELD_OUT), Style::new().dimmed());
    let on_log = if scale.logarithmic { ", logarithmic" } else { "" };
    write!(out, "loss{on_log}   {blue}⠤⠤⠤ training{blue:#}")?;
    if last.held_out.is_some() {
        write!(out, "   {orange}⠤ ⠤ held out{orange:#}")?;
    }
    writeln!(out)?;
    for (row, line) in letters.iter().enumerate() {
        let (label, mark) = match row {
            0 => (short_figure(scale.high), '┤'),
            row if row + 1 == HEIGHT => (short_figure(scale.low), '┤'),
            _ => (String::new(), '│'),
        };
        write!(out, "{label:>9} {dim}{mark}{dim:#}")?;
        for letter in line {
            let dots = letter.training | letter.held_out;
            let braille = char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' ');
            match (dots, letter.held_out) {
                (0, _) => write!(out, " ")?,
                (_, 0) => write!(out, "{blue}{braille}{blue:#}")?,
                _ => write!(out, "{orange}{braille}{orange:#}")?,
            }
        }
        writeln!(out)?;
    }
    writeln!(out, "{:9} {dim}└{}{dim:#}", "", "─".repeat(WIDTH))?;
    let end = format!("epoch {}", last.number);
    writeln!(out, "{:11}1{end:>width$}", "", width = WIDTH - 1)
}

/// Two digits of a number are enough beside a curve.
fn short_figure(x: f64) -> String {
    short(format!("{x:.1e}").parse().unwrap_or(x))
}

/// The dots of a line through the figures: of each column one, and those that join it to the one before.
fn line(
    epochs: &[Epoch],
    scale: Scale,
    loss: impl Fn(&Epoch) -> Option<f64>,
) -> Vec<(usize, usize)> {
    let Some(shares) = epochs
        .iter()
        .map(|epoch| loss(epoch).map(|loss| scale.share(loss)))
        .collect::<Option<Vec<f64>>>()
    else {
        return Vec::new();
    };
    let mut dots = Vec::new();
    let mut before = None;
    for x in 0..DOTS_ACROSS {
        let place = x as f64 / (DOTS_ACROSS - 1) as f64 * (shares.len() - 1) as f64;
        let (left, right) = (place.floor() as usize, place.ceil() as usize);
        let share = shares[left] + (shares[right] - shares[left]) * (place - place.floor());
        let y = ((1.0 - share) * (DOTS_DOWN - 1) as f64).round() as usize;
        // Down to the dot before, which this column need not repeat.
        let joint = match before {
            Some(before) if before < y => before + 1,
            Some(before) if before > y => before - 1,
            _ => y,
        };
        dots.extend((y.min(joint)..=y.max(joint)).map(|y| (x, y)));
        before = Some(y);
    }
    dots
}

/// The bit of a dot in its letter, after Unicode's block "Braille patterns".
fn dot(x: usize, y: usize) -> u8 {
    const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    BITS[x % 2][y % 4]
}
