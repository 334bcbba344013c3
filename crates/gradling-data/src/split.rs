//! Which rows are for training and which are held out, and the order of training rows by epoch.

use crate::error::DataError;
use crate::table::Table;
use crate::target::Target;
use gradling::Rng;
use std::num::NonZeroUsize;
use std::slice::Chunks;

/// The stream of random numbers that splits draw from.
const STREAM: u64 = 1;

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
    if !(0.0..1.0).contains(&held_out) {
        let name = "the fraction of rows held out";
        return Err(DataError::setting(name, held_out, "at least 0 and less than 1"));
    }
    let column = table.column(target.column())?;
    let all = table.row_ids();
    let groups = match target.labels() {
        None => vec![all],
        Some(labels) => {
            let mut groups = vec![Vec::new(); labels.len()];
            for (row, class) in labels.encode(table, column, &all)?.into_iter().enumerate() {
                groups[class].push(row);
            }
            groups
        }
    };

    let mut rng = Rng::stream(seed, STREAM);
    let mut split = Split { train: Vec::new(), held_out: Vec::new() };
    let share = |rows: usize| (rows as f64 * held_out).round() as usize;
    let mut before = 0;
    for mut group in groups {
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
