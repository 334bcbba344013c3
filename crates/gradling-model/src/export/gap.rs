//! What an exported model does where a value is missing: a number that is no number, or an empty text.

use gradling_data::{Feature, Fill};

/// What stands in for a missing value of a column.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Gap<'a> {
    /// Nothing: the row has no prediction.
    Open,
    /// A number.
    Number(f64),
    /// A number, and the input behind it is 1.
    Told(f64),
    /// A text, which may be the empty one: it is a value of its own, or else "other".
    Text(&'a str),
}

impl<'a> Gap<'a> {
    pub(super) fn of(feature: &'a Feature) -> Self {
        match &feature.missing {
            None | Some(Fill::Drop) => Gap::Open,
            Some(Fill::Number(fill)) => Gap::Number(*fill),
            Some(Fill::Indicated(fill)) => Gap::Told(*fill),
            Some(Fill::Text(fill)) => Gap::Text(fill),
        }
    }
}
