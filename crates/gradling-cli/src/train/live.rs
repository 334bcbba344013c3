//! A view of training that is drawn anew in its place, in a terminal.

use super::colour::Depth;
use super::curve;
use super::fit::Epoch;
use super::settings::Settings;
use crate::output::print;
use std::io::Write;
use std::time::{Duration, Instant};

/// It is drawn at most so often.
const PAUSE: Duration = Duration::from_millis(100);
/// Letters of the bar.
const WIDTH: usize = 40;

/// The view, and what it shows.
pub(super) struct Live {
    epochs: Vec<Epoch>,
    all: usize,
    score: &'static str,
    drawn: Option<Instant>,
    /// Epochs that were drawn.
    shown: usize,
    /// Lines that are to be drawn over.
    lines: usize,
}

impl Live {
    pub(super) fn new(settings: &Settings, before: &[Epoch], score: &'static str) -> Self {
        let (epochs, all) = (before.to_vec(), settings.epochs);
        Live { epochs, all, score, drawn: None, shown: 0, lines: 0 }
    }

    /// Adds an epoch, and draws if it is time.
    pub(super) fn epoch(&mut self, epoch: &Epoch) {
        self.epochs.push(*epoch);
        if self.drawn.is_none_or(|drawn| drawn.elapsed() >= PAUSE) {
            self.draw();
        }
    }

    /// Draws what came after it was drawn last.
    pub(super) fn draw(&mut self) {
        if self.shown < self.epochs.len() {
            (self.drawn, self.shown) = (Some(Instant::now()), self.epochs.len());
            let picture = self.picture(Depth::of_terminal());
            let up = self.lines;
            self.lines = picture.iter().filter(|&&b| b == b'\n').count();
            // A terminal that went away is no reason to end training.
            let _ = print(|out| {
                if up > 0 {
                    // Up to the first line, and all below it is cleared.
                    write!(out, "\u{1b}[{up}A\u{1b}[J")?;
                }
                out.write_all(&picture)
            });
        }
    }

    fn picture(&self, depth: Depth) -> Vec<u8> {
        let mut picture = Vec::new();
        if self.epochs.len() > 1 {
            // Writing to memory cannot fail.
            let _ = curve::write(&mut picture, &self.epochs, depth);
        }
        if let Some(epoch) = self.epochs.last() {
            let full = WIDTH * epoch.number / self.all.max(1);
            let bar = "━".repeat(full) + &"─".repeat(WIDTH.saturating_sub(full));
            let _ = writeln!(picture, "{bar} epoch {} of {}", epoch.number, self.all);
            let parts = [
                ("training", Some(epoch.training)),
                ("validation", epoch.validation),
                ("held out", epoch.held_out),
            ];
            for (name, figures) in parts {
                if let Some(figures) = figures {
                    let (loss, score) = (figures.loss, figures.score);
                    let _ =
                        writeln!(picture, "{name:>10}: loss {loss:.4}, {} {score:.3}", self.score);
                }
            }
        }
        picture
    }
}
