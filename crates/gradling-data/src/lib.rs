//! Tables for gradling: from a CSV file to the numbers that a network is trained on.
//!
//! The way of a table, one step a module:
//!
//! 1. [`Table::read`] turns CSV text into typed columns, or says which cell is wrong.
//! 2. [`Target::infer`] looks at the column to predict and says, with its reason, whether that is
//!    regression or classification.
//! 3. [`split`] puts some rows aside, every class in its share.
//! 4. [`Encoder::fit`] learns means, deviations and labels from the training rows alone, turns
//!    any table with these columns into a [`Matrix`], and predictions back into labels and units.
//! 5. [`Batches`] deals the rows out anew each epoch, and [`metrics`] judges the result.
//!
//! [`generate`] makes the well-known sets of the plane: moons, circles, spirals, xor, gaussians;
//! [`samples`] are small real tables to try things on.
//!
//! Nothing here opens a file: input is any [`std::io::Read`], and names are only used in messages. With the
//! feature `parquet` a table may be an open Parquet file, too.
//! Everything random takes a seed, and the same seed gives the same values on every platform.
//!
//! ```
//! use gradling_data::{Encoder, Table, Target, Targets, split};
//!
//! let csv = "size,colour,kind\n1,red,a\n2,blue,b\n3,red,b\n4,blue,a\n";
//! let table = Table::read("toys.csv", csv.as_bytes())?;
//! let target = Target::infer(&table, "kind")?;
//! assert_eq!(
//!     target.to_string(),
//!     r#"column "kind" holds text with 2 different values, so the task is binary classification"#
//! );
//!
//! let parts = split(&table, &target, 0.5, 7)?;
//! let encoder = Encoder::fit(&table, &parts.train, &target)?;
//! let inputs = encoder.encode_features(&table, &parts.held_out)?;
//! let Targets::Classes(classes) = encoder.encode_targets(&table, &parts.held_out)? else { unreachable!() };
//! assert_eq!((inputs.matrix.rows, classes.len()), (2, 2));
//! assert_eq!(encoder.label(0).as_deref(), Some("a"));
//! # Ok::<(), gradling_data::DataError>(())
//! ```

mod blocks;
mod dates;
mod encode;
mod encoding;
mod error;
pub mod generate;
mod learn;
mod matrix;
pub mod metrics;
mod missing;
mod number;
#[cfg(feature = "parquet")]
mod parquet;
mod read;
pub mod samples;
mod separator;
mod split;
mod standard;
mod survey;
mod table;
mod target;
mod weights;

pub use encode::{Code, Encoder, Feature, Features, TargetCode, Targets, Unseen};
pub use encoding::Encoding;
pub use error::{DataError, Place};
pub use gradling::Rng;
pub use learn::{Chance, Counts, Learner, Lesson, Part, Samples, encoded};
pub use matrix::Matrix;
pub use missing::{Fill, Missing};
pub use number::NumberFormat;
#[cfg(feature = "parquet")]
pub use parquet::{parquet_cells, reads_parquet};
pub use read::{Block, TableReader, TableStream};
pub use split::{Batches, Split, folds, split, split_rows};
pub use standard::Standard;
pub use survey::{ColumnSurvey, Finding, Kind, Survey};
pub use table::{Column, Table, Texts, Values, write_number};
pub use target::{Labels, Target, Task};
pub use weights::{balanced_weights, balanced_weights_of_counts};

/// The most different values that a text feature, or a target of classes, may have.
///
/// More is nearly always an identifier or free text by mistake, and would cost one matrix column
/// each.
pub const MAX_VALUES: usize = 1000;
