//! A slope, measured and computed.

use super::{MARGIN, heading, say};
use crate::number::short;
use crate::table::{Align, Cell, Table};
use gradling::Value;
use std::io::{self, Write};

/// How far a number is raised to see what that does.
const H: f64 = 0.0001;

pub(super) fn tell(out: &mut dyn Write) -> io::Result<()> {
    let d = |[a, b, c]: [f64; 3]| a * b + c;
    let start = [2.0, -3.0, 10.0];
    let raised = |i: usize| {
        let mut raised = start;
        raised[i] += H;
        (d(raised) - d(start)) / H
    };
    let [a, b, c] = start.map(Value::new);
    (a * b + c).backward();

    heading(out, 1, "A slope")?;
    say(
        out,
        "With a = 2, b = -3 and c = 10, d = a*b + c is 4. Which way does d go if one\n\
         of them is raised a little, by h = 0.0001? Measure it, or ask for the\n\
         gradient, which is exact and gives all three at once.",
    )?;
    let mut table = Table::new([
        ("raised", Align::Left),
        ("(d(x + h) - d(x)) / h", Align::Point),
        ("gradient", Align::Point),
    ]);
    for (i, (name, value)) in [("a", a), ("b", b), ("c", c)].into_iter().enumerate() {
        // As computed: the last digits are what is left of dividing a small difference.
        table.push([
            Cell::new(name),
            Cell::new(raised(i).to_string()),
            Cell::new(short(value.grad())),
        ]);
    }
    table.write(out, MARGIN)?;
    writeln!(out)
}
