//! What a table holds, as text: one line a column, and what to know before training.

use crate::number::short;
use crate::table::{Align, Cell, Table};
use crate::train::text::{count, plain, thousands};
use gradling_data::{ColumnSurvey, Finding};
use std::io::{self, Write};

/// Writes a line for each of the first columns.
pub(crate) fn columns(
    out: &mut dyn Write,
    columns: &[ColumnSurvey],
    most: usize,
    margin: &str,
) -> io::Result<()> {
    let mut table = Table::new([
        ("column", Align::Left),
        ("holds", Align::Left),
        ("missing", Align::Point),
        ("distinct", Align::Point),
        ("min", Align::Point),
        ("mean", Align::Point),
        ("max", Align::Point),
        ("most frequent", Align::Left),
    ]);
    let number = |x: Option<f64>| Cell::new(x.map(short).unwrap_or_default());
    for column in columns.iter().take(most) {
        let distinct = match column.distinct {
            Some(distinct) => thousands(distinct),
            None => ">100,000".to_owned(),
        };
        let frequent = match &column.most_frequent {
            Some((value, times)) => format!("{} ({})", plain(value), thousands(*times as usize)),
            None => String::new(),
        };
        table.push([
            Cell::new(plain(&column.name)),
            Cell::new(column.kind.to_string()),
            Cell::new(thousands(column.missing as usize)),
            Cell::new(distinct),
            number(column.min),
            number(column.mean),
            number(column.max),
            Cell::new(frequent),
        ]);
    }
    table.write(out, margin)?;
    match columns.len().saturating_sub(most) {
        0 => Ok(()),
        more => writeln!(out, "{margin}and {} more", count(more, "column")),
    }
}

/// Writes what there is to know, a line each.
pub(crate) fn findings(out: &mut dyn Write, findings: &[Finding], most: usize) -> io::Result<()> {
    for finding in findings.iter().take(most) {
        let text: String = finding
            .to_string()
            .chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect();
        writeln!(out, "note: {text}")?;
    }
    match findings.len().saturating_sub(most) {
        0 => Ok(()),
        more => writeln!(out, "note: and {more} more, which gradling inspect tells"),
    }
}
