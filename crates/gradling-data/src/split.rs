//! Which rows are for training and which are held out, and the order of training rows by epoch.

use crate::error::DataError;
use crate::table::Table;
use crate::target::Target;
use gradling::Rng;
use std::num::NonZeroUsize;
use std::slice::Chunks;

/// The stream of random numbers that splits draw from.
const STREAM: u64 = 1;
/// That of rows that are held out of those that were left, and that of folds.
const AGAIN: u64 = 5;
const FOLDS: u64 = 6;

/// Row numbers of a table in two parts, each ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Rows to learn from, at least one, and one of each class.
    pub train: Vec<usize>,
    /// Rows to judge by.
    pub held_out: Vec<usize>,
}

/// Holds out a fraction of the rows, chosen at random.
///
/// For classification each class is held out in its share, to within one row, and never its last
/// row. As far as that allows, the fraction of all rows is exact, rounded to whole rows.
///
/// # Errors
/// A fraction outside 0 to 1, or no target column.
pub fn split(table: &Table, target: &Target, held_out: f64, seed: u64) -> Result<Split, DataError> {
    parted(table, target, table.row_ids(), held_out, Rng::stream(seed, STREAM))
}

/// Holds out a fraction of some rows of a table, as [`split`] does of all: rows to choose by among those
/// that are not held out to judge by.
///
/// # Errors
/// As [`split`], and rows that the table does not have.
pub fn split_rows(
    table: &Table,
    target: &Target,
    rows: &[usize],
    held_out: f64,
    seed: u64,
) -> Result<Split, DataError> {
    table.check_rows(rows)?;
    parted(table, target, rows.to_vec(), held_out, Rng::stream(seed, AGAIN))
}

fn parted(
    table: &Table,
    target: &Target,
    rows: Vec<usize>,
    held_out: f64,
    mut rng: Rng,
) -> Result<Split, DataError> {
    if !(0.0..1.0).contains(&held_out) {
        let name = "the fraction of rows held out";
        return Err(DataError::setting(name, held_out, "at least 0 and less than 1"));
    }
    let mut split = Split { train: Vec::new(), held_out: Vec::new() };
    let share = |rows: usize| (rows as f64 * held_out).round() as usize;
    let mut before = 0;
    for mut group in groups(table, target, rows)? {
        // Rounding the running total rather than each share keeps the total exact.
        let after = before + group.len();
        let held = (share(after) - share(before)).min(group.len().saturating_sub(1));
        before = after;
        rng.shuffle(&mut group);
        split.held_out.extend(&group[..held]);
        split.train.extend(&group[held..]);
    }
    split.train.sort_unstable();
    split.held_out.sort_unstable();
    Ok(split)
}

/// Parts the rows into so many folds of the same size, to within one row, and gives one split for each:
/// that fold held out, and the others to learn from. Each row is held out once, each class in its share.
///
/// # Errors
/// Fewer than 2 folds, more than rows or than rows of a class, or no target column.
pub fn folds(
    table: &Table,
    target: &Target,
    count: usize,
    seed: u64,
) -> Result<Vec<Split>, DataError> {
    let groups = groups(table, target, table.row_ids())?;
    let fewest = groups.iter().map(Vec::len).min().unwrap_or(0);
    if !(2..=fewest).contains(&count) {
        let what = if groups.len() == 1 { "rows" } else { "rows of the rarest class" };
        let rule = format!("from 2 to the number of {what}, {fewest}");
        return Err(DataError::setting("the number of folds", count, rule));
    }
    let mut rng = Rng::stream(seed, FOLDS);
    let mut fold_of = vec![0; table.rows()];
    let mut next = 0;
    for mut group in groups {
        rng.shuffle(&mut group);
        for row in group {
            // Going round over the groups keeps the folds even.
            fold_of[row] = next;
            next = (next + 1) % count;
        }
    }
    let fold = |fold: usize| {
        let (held_out, train) = table.row_ids().into_iter().partition(|&row| fold_of[row] == fold);
        Split { train, held_out }
    };
    Ok((0..count).map(fold).collect())
}

/// Rows by class; all of them together for a quantity.
fn groups(table: &Table, target: &Target, rows: Vec<usize>) -> Result<Vec<Vec<usize>>, DataError> {
    let column = table.column(target.column())?;
    let Some(labels) = target.labels() else {
        return Ok(vec![rows]);
    };
    let mut groups = vec![Vec::new(); labels.len()];
    for (class, row) in labels.encode(table, column, &rows)?.into_iter().zip(rows) {
        groups[class].push(row);
    }
    Ok(groups)
}

/// Deals row numbers out in batches, in a new order each epoch.
///
/// ```
/// use gradling_data::{Batches, Rng};
///
/// let mut rng = Rng::new(1);
/// let mut batches = Batches::new(10, 4.try_into()?);
/// for batch in batches.epoch(&mut rng) {
///     assert!(batch.len() == 4 || batch.len() == 2);
/// }
/// # Ok::<(), std::num::TryFromIntError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batches {
    order: Vec<usize>,
    size: NonZeroUsize,
}

impl Batches {
    /// Batches of `size` rows out of `0..rows`, such as the rows of a [`Matrix`](crate::Matrix).
    pub fn new(rows: usize, size: NonZeroUsize) -> Self {
        Batches { order: (0..rows).collect(), size }
    }

    /// Shuffles, and gives each row once; the last batch holds what is left.
    pub fn epoch(&mut self, rng: &mut Rng) -> Chunks<'_, usize> {
        rng.shuffle(&mut self.order);
        self.order.chunks(self.size.get())
    }
}
