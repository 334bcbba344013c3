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
    pub(crate) place: Place,
}

/// Where a picture is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a file, or alone: it looks the same in every reader.
    #[default]
    File,
    /// As a part of a page that changes it.
    Page,
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

    /// For a page that styles the picture itself and changes its numbers in place.
    ///
    /// There are no `style` attributes, no ground, legend, heading or tooltips; the page has its own. Every
    /// part has a class: `gl-card`, `gl-head`, `gl-label`, `gl-data`, `gl-grad`, `gl-tint`, `gl-bar`,
    /// `gl-badge`, `gl-symbol` and `gl-order` of a node, `gl-line`, `gl-tip`, `gl-uses` and `gl-local` of an
    /// edge. Every node and edge has an id, `gl-n12` and `gl-e3-12` after the values, stands on a line of its
    /// own between the lines `<g class='gl-edges'>`, `<g class='gl-nodes'>` and `</g>`, and a node tells its
    /// place as `data-box`. `gl-order` and `gl-local` are empty, for the page to fill, and there is room
    /// for them.
    ///
    /// ```
    /// use gradling::Value;
    /// use gradling_graph::{Options, trace};
    /// let svg = trace(Value::new(2.0) * 3.0).to_svg(&Options::new().for_page());
    /// assert!(svg.contains("id='gl-e0-2'") && !svg.contains("style="));
    /// ```
    pub fn for_page(self) -> Self {
        Options { place: Place::Page, ..self }
    }

    /// Whether the page around it styles and changes the picture.
    pub(crate) fn is_for_page(&self) -> bool {
        self.place == Place::Page
    }

    /// A heading, which is also the title that screen readers say.
    pub fn title(self, title: impl Into<String>) -> Self {
        Options { title: Some(title.into()), ..self }
    }
}
