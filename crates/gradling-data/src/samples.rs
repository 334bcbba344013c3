//! Small data sets, as CSV text with a header and without missing cells, to try things on.
//!
//! Only those that a program names become part of it. Where they come from, and their licences, is
//! told in `data/README.md`.
//!
//! ```
//! use gradling_data::{Table, samples};
//! let iris = Table::read("iris.csv", samples::IRIS.as_bytes())?;
//! assert_eq!((iris.rows(), iris.columns().len()), (150, 5));
//! # Ok::<(), gradling_data::DataError>(())
//! ```

/// Fisher's irises (1936): 150 flowers, 4 measures in cm, `species` one of three.
pub const IRIS: &str = include_str!("../data/iris.csv");

/// Two interleaved half circles: 200 points `x1`, `x2`, `label` 0 or 1.
pub const MOONS: &str = include_str!("../data/moons.csv");

/// A ring around a ring: 200 points `x1`, `x2`, `label` 0 or 1.
pub const CIRCLES: &str = include_str!("../data/circles.csv");

/// Two arms that wind around each other: 200 points `x1`, `x2`, `label` 0 or 1.
pub const SPIRALS: &str = include_str!("../data/spirals.csv");

/// Tumours (Wolberg and others, 1993): 569 rows, 30 measures of cell nuclei, `diagnosis` benign or
/// malignant.
pub const BREAST_CANCER: &str = include_str!("../data/breast_cancer.csv");

/// Handwritten digits (Alpaydin and Kaynak, 1998): 1797 pictures of 64 pixels, 0 to 16, and `digit`.
pub const DIGITS: &str = include_str!("../data/digits.csv");

/// Diabetes (Efron and others, 2004): 442 people, 10 measures, `progression` of the disease after a
/// year, 25 to 346.
pub const DIABETES: &str = include_str!("../data/diabetes.csv");
