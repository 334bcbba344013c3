//! What a picture shows and how.

use std::collections::BTreeSet;

/// Which way the data flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Inputs at the left, the root at the right.
    #[default]
    LeftToRight,
    /// Inputs above, the root below.
    TopToBottom,
}

/// How much is written in the box of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Detail {
    /// Records up to 400 boxes, marks beyond: a person cannot read more at a glance.
    #[default]
    Auto,
    /// Label, data and gradient of every value.
    Records,
    /// A small mark for every value; its numbers are in its title, which a browser shows when the
    /// pointer rests on it.
    Marks,
}

/// Which groups are drawn as one box with their name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fold {
    /// None, while at most 2,000 boxes are visible. Beyond, the innermost level folds first (neurons
    /// before layers), then the next, until they are few enough or nothing is left to fold.
    #[default]
    Auto,
    /// None, however large the picture gets.
    Nothing,
    /// Those at this depth: 1 folds the outermost groups, 2 the groups in them, and so on.
    Depth(usize),
    /// Those with these ids (see [`Group::id`](crate::Group)); the others as in `Auto`.
    Groups(BTreeSet<u64>),
}

/// What a picture shows and how. Each method returns the options with one of them replaced.
///
/// ```
/// use gradling_graph::{Direction, Fold, Options};
/// let options = Options::new().direction(Direction::TopToBottom).fold(Fold::Depth(2)).title("Two moons");
/// # let _ = options;
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    pub(crate) direction: Direction,
    pub(crate) detail: Detail,
    pub(crate) fold: Fold,
    pub(crate) title: Option<String>,
}

impl Options {
    /// Left to right; records while they can be read; groups fold when there is too much to see.
    pub fn new() -> Self {
        Options::default()
    }

    /// Which way the data flow.
    pub fn direction(self, direction: Direction) -> Self {
        Options { direction, ..self }
    }

    /// How much is written in the box of a value.
    pub fn detail(self, detail: Detail) -> Self {
        Options { detail, ..self }
    }

    /// Which groups are drawn as one box.
    pub fn fold(self, fold: Fold) -> Self {
        Options { fold, ..self }
    }

    /// A heading, which is also the title that screen readers say.
    pub fn title(self, title: impl Into<String>) -> Self {
        Options { title: Some(title.into()), ..self }
    }
}
