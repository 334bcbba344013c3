//! Values as the rows of a table: label, how each was made, data, gradient.

use crate::number::short;
use crate::table::{Align, Cell, Table};
use anstyle::{AnsiColor, Style};
use gradling::{Op, Value};
use std::collections::HashMap;
use std::io::{self, Write};
use unicode_width::UnicodeWidthChar;

/// Where a label or the text of an operation is cut, in columns of the terminal.
const WIDEST: usize = 40;
/// How many inputs of an operation are named.
const MOST_INPUTS: usize = 6;
/// Up to so many rows a table is shown whole; of a longer one half of them from each end.
const MOST_ROWS: usize = 200;

/// Which rows are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// All but the constants, and of very many only the first and the last.
    Most,
    /// Every value.
    All,
}

/// A slope to show beside a gradient.
#[derive(Clone, Copy)]
pub(crate) struct Slope {
    pub(crate) slope: f64,
    /// Whether the gradient is the same, within what can be measured.
    pub(crate) agrees: bool,
}

/// The slope by each value; none by constants.
pub(crate) type Slopes = HashMap<Value, Slope>;

/// Values in the order of their creation.
pub(crate) struct Listing {
    values: Vec<Value>,
    root: Value,
}

impl Listing {
    /// A listing of these values, which stand in the order of their creation; the inputs of each are
    /// among them.
    pub(crate) fn new(values: Vec<Value>, root: Value) -> Listing {
        Listing { values, root }
    }

    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }

    pub(crate) fn root(&self) -> Value {
        self.root
    }

    /// The place of a value in the list.
    pub(crate) fn place(&self, value: Value) -> usize {
        self.values.partition_point(|other| other.id() < value.id())
    }

    /// Writes the table and returns how many of its rows were left out.
    pub(crate) fn write(
        &self,
        out: &mut dyn Write,
        margin: &str,
        show: Show,
        slopes: Option<&Slopes>,
    ) -> io::Result<usize> {
        let is_shown = |value: Value| show == Show::All || value == self.root || !is_quiet(value);
        let count = self.values.iter().filter(|&&value| is_shown(value)).count();
        let cut = match show {
            Show::Most if count > MOST_ROWS => MOST_ROWS / 2..count - MOST_ROWS / 2,
            _ => 0..0,
        };

        let mut columns = vec![
            ("#", Align::Point),
            ("label", Align::Left),
            ("made by", Align::Left),
            ("data", Align::Point),
            ("grad", Align::Point),
        ];
        columns.extend(slopes.map(|_| ("slope", Align::Point)));
        let mut table = Table::new(columns);
        // Which value a label means at this point of the list.
        let mut latest = HashMap::new();
        let mut row = 0;
        for (place, &value) in self.values.iter().enumerate() {
            if is_shown(value) {
                if !cut.contains(&row) {
                    table.push(self.row(place, slopes, &latest));
                } else if row == cut.start {
                    table.push([Cell::new("…")]);
                }
                row += 1;
            }
            if let Some(label) = value.label() {
                latest.insert(label, place);
            }
        }
        table.write(out, margin)?;
        Ok(cut.len())
    }

    fn row(
        &self,
        place: usize,
        slopes: Option<&Slopes>,
        latest: &HashMap<String, usize>,
    ) -> Vec<Cell> {
        let value = self.values[place];
        let (plain, bold, dim) = (Style::new(), Style::new().bold(), Style::new().dimmed());
        let grad = value.computed_grad();
        let (text, number, sign) = if is_quiet(value) {
            (dim, dim, dim)
        } else if value == self.root {
            (plain, bold, sign(grad))
        } else {
            (plain, plain, sign(grad))
        };
        let mut row = vec![
            Cell::styled(place.to_string(), dim),
            Cell::styled(clip(&value.label().unwrap_or_default()), bold),
            Cell::styled(clip(&self.made_by(value, latest)), text),
            Cell::styled(short(value.data()), number),
            Cell::styled(grad.map_or_else(|| "–".to_owned(), short), sign),
        ];
        if let Some(slopes) = slopes {
            row.push(match slopes.get(&value) {
                Some(Slope { slope, agrees: false }) => {
                    Cell::styled(format!("{} ≠", short(*slope)), color(AnsiColor::Red).bold())
                }
                Some(Slope { slope, .. }) => Cell::new(short(*slope)),
                None => Cell::styled("–", dim),
            });
        }
        row
    }

    /// How a value was made, much as it could be written: `a * b`, `tanh(n)`.
    fn made_by(&self, value: Value, latest: &HashMap<String, usize>) -> String {
        let op = value.op();
        let inputs = value.inputs();
        let name = |&input: &Value| self.name(input, latest);
        match (op, &inputs[..]) {
            (Op::Leaf, _) => String::new(),
            (Op::Neg, [a]) => format!("-{}", name(a)),
            (Op::Powf, [a]) => {
                format!("{} ** {}", name(a), value.number().map_or_else(String::new, short))
            }
            (Op::Dot | Op::Affine, _) => {
                let (x, rest) = inputs.split_at(inputs.len() / 2);
                let (w, b) = rest.split_at(x.len());
                let list = |values: &[Value]| format!("[{}]", listed(values, name));
                let mut parts = vec![list(x), list(w)];
                parts.extend(b.iter().map(name));
                format!("{}({})", op.name(), parts.join(", "))
            }
            (_, [a, b]) if !op.symbol().contains(char::is_alphabetic) => {
                format!("{} {} {}", name(a), op.symbol(), name(b))
            }
            (Op::Own, _) => format!("{}({})", value.symbol(), listed(&inputs, name)),
            _ => {
                let number = value.number().map_or_else(String::new, |c| format!(", {}", short(c)));
                format!("{}({}{number})", op.name(), listed(&inputs, name))
            }
        }
    }

    /// What an operation calls an input: its label, if no later value took that over; a constant's
    /// number; else its place in the list.
    fn name(&self, input: Value, latest: &HashMap<String, usize>) -> String {
        let place = self.place(input);
        match input.label() {
            Some(label) if latest.get(&label) == Some(&place) => label,
            None if input.is_constant() => short(input.data()),
            _ => format!("#{place}"),
        }
    }
}

/// A plain number in an expression: it stands where it is used, and no row is needed.
fn is_quiet(value: Value) -> bool {
    value.is_constant() && value.label().is_none()
}

fn listed(values: &[Value], name: impl Fn(&Value) -> String) -> String {
    let mut text: Vec<String> = values.iter().take(MOST_INPUTS).map(name).collect();
    if values.len() > MOST_INPUTS {
        text.push(format!("… {} in all", values.len()));
    }
    text.join(", ")
}

/// The text, cut where it is too wide for a column.
fn clip(text: &str) -> String {
    let mut width = 0;
    let room = |(_, c): &(usize, char)| {
        width += c.width().unwrap_or(0);
        width > WIDEST
    };
    match text.char_indices().find(room) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Gradients above 0 in one colour, below in another, as in pictures.
fn sign(grad: Option<f64>) -> Style {
    match grad {
        Some(grad) if grad > 0.0 => color(AnsiColor::Cyan),
        Some(grad) if grad < 0.0 => color(AnsiColor::Yellow),
        _ => Style::new(),
    }
}

pub(crate) fn color(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(color.into()))
}
