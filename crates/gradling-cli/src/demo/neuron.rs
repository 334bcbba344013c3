//! A neuron, all its values and gradients, and its picture.

use super::{MARGIN, heading, say};
use crate::failure::Failure;
use crate::listing::{Listing, Show};
use crate::output::write_file;
use gradling::Value;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// The heading of the picture, by which an older one is known again.
const TITLE: &str = "A neuron: o = tanh(x1*w1 + x2*w2 + b)";

/// The neuron's output.
pub(super) struct Neuron(Value);

impl Neuron {
    pub(super) fn new() -> Neuron {
        let leaf = |data, label| Value::new(data).with_label(label);
        let (x1, x2) = (leaf(2.0, "x1"), leaf(0.0, "x2"));
        let (w1, w2) = (leaf(-3.0, "w1"), leaf(1.0, "w2"));
        let b = leaf(6.881373587019543, "b");
        let n = (x1 * w1 + x2 * w2 + b).with_label("n");
        let o = n.tanh().with_label("o");
        o.backward();
        Neuron(o)
    }

    /// Writes the picture, but not over a file that is something else.
    pub(super) fn draw(&self, path: &Path) -> Result<(), Failure> {
        if path.exists() && !is_ours(path) {
            return Err(Failure::Input(format!(
                "{} is there already, and is no picture that this demo drew: choose another file with \
                 --out FILE.svg",
                path.display()
            )));
        }
        let options = gradling_graph::Options::new().title(TITLE);
        write_file(path, gradling_graph::trace(self.0).to_svg(&options))
    }

    pub(super) fn tell(&self, out: &mut dyn Write, picture: &Path) -> io::Result<()> {
        heading(out, 2, "A neuron")?;
        say(
            out,
            "o = tanh(x1*w1 + x2*w2 + b): a value remembers how it was made, so `backward`\n\
             can go from o back to each input, multiplying slopes on the way: the chain rule.",
        )?;
        let listing = Listing::new(self.0.reached(), self.0);
        listing.write(out, MARGIN, Show::Most, None)?;
        writeln!(out)?;
        say(out, &format!("Its picture is in {}: open it in a browser.", picture.display()))
    }
}

fn is_ours(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text.starts_with("<svg") && text.contains(TITLE))
}
