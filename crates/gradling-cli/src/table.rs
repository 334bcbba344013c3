//! Tables of text: columns as wide as what stands in them, numbers aligned on their point.

use anstyle::Style;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// How the cells of a column stand under each other.
#[derive(Clone, Copy)]
pub(crate) enum Align {
    Left,
    /// The decimal points in one line.
    Point,
}

/// A text and how it looks.
#[derive(Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) style: Style,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), style: Style::new() }
    }

    pub(crate) fn styled(text: impl Into<String>, style: Style) -> Cell {
        Cell { text: text.into(), style }
    }

    /// The widths before the decimal point, and from it on. A number without one ends there, or at
    /// its exponent.
    fn widths(&self) -> (usize, usize) {
        let point = self.text.find(['.', 'e']).unwrap_or(self.text.len());
        (self.text[..point].width(), self.text[point..].width())
    }
}

/// Columns with a heading each, and rows that have a cell for each column, or for the first few.
pub(crate) struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(columns: impl Into<Vec<(&'static str, Align)>>) -> Table {
        Table { columns: columns.into(), rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: impl Into<Vec<Cell>>) {
        self.rows.push(row.into());
    }

    /// Writes the table, each line behind `margin`.
    pub(crate) fn write(&self, out: &mut dyn Write, margin: &str) -> io::Result<()> {
        let heading = Style::new().dimmed();
        let headings = self.columns.iter().map(|&(text, _)| Cell::styled(text, heading)).collect();
        let layout: Vec<Layout> = (0..self.columns.len()).map(|i| self.layout(i)).collect();
        for (number, row) in std::iter::once(&headings).chain(&self.rows).enumerate() {
            out.write_all(margin.as_bytes())?;
            // Spaces are held back until something follows them.
            let mut gap = 0;
            for (cell, layout) in row.iter().zip(&layout) {
                let (before, after) = layout.around(cell, number == 0);
                gap += before;
                if !cell.text.is_empty() {
                    let (style, text) = (cell.style, &cell.text);
                    write!(out, "{:gap$}{style}{text}{style:#}", "")?;
                    gap = 0;
                }
                gap += after + 2;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn layout(&self, column: usize) -> Layout {
        let (heading, align) = self.columns[column];
        let (mut left, mut right) = (0, 0);
        for cell in self.rows.iter().filter_map(|row| row.get(column)) {
            let (before, after) = match align {
                Align::Left => (cell.text.width(), 0),
                Align::Point => cell.widths(),
            };
            (left, right) = (left.max(before), right.max(after));
        }
        // A heading wider than its numbers moves them to the right.
        left = left.max(heading.width().saturating_sub(right));
        Layout { align, left, right }
    }
}

/// The room for the cells of a column, before and after their points.
struct Layout {
    align: Align,
    left: usize,
    right: usize,
}

impl Layout {
    /// The spaces before and after a cell.
    fn around(&self, cell: &Cell, is_heading: bool) -> (usize, usize) {
        let width = cell.text.width();
        match self.align {
            Align::Left => (0, self.left - width),
            Align::Point if is_heading => (self.left + self.right - width, 0),
            Align::Point => {
                let (before, after) = cell.widths();
                (self.left - before, self.right - after)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_stand_in_one_line_and_wide_letters_count_as_two() {
        let mut table =
            Table::new([("name", Align::Left), ("number", Align::Point), ("", Align::Left)]);
        for (name, number) in [("数", "-12.5"), ("xyz", "1e-7"), ("é", "inf"), ("", "3.25")] {
            table.push([Cell::new(name), Cell::new(number), Cell::default()]);
        }
        let mut written = Vec::new();
        table.write(&mut written, " ").unwrap();
        let plain = anstream::adapter::strip_bytes(&written).into_vec();
        assert_eq!(
            String::from_utf8(plain).unwrap(),
            " name  number\n 数    -12.5\n xyz     1e-7\n é     inf\n         3.25\n"
        );
    }
}
