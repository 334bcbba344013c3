//! What a processor does to many numbers at once.
//!
//! A program works on rows of samples; here is what it does to the rows. [`level`] picks the widest
//! instructions the machine has, [`number`] says what the rows are made of, [`fast`] and [`strict`] are
//! the two meanings of an operation on one element; [`elements`] applies one to whole slices, [`reduce`]
//! adds them up, [`product`] holds the three sums of products of an affine layer, and [`turn`] turns
//! samples into rows. The loops are written so that the compiler turns them into vectors, and compiled
//! once for each level; intrinsics are in [`vector`] and [`turn`] alone, where it does not.

mod convert;
mod double;
mod elements;
mod fast;
mod level;
mod number;
mod outer;
mod product;
mod reduce;
mod single;
mod strict;
mod turn;
mod vector;

pub(crate) use convert::{begin, descend, narrow};
pub(crate) use elements::{Index, Job, Rows};
pub(crate) use fast::Fast;
pub use level::Level;
pub(crate) use level::{Baseline, Fma, Kernel};
pub use number::Number;
pub(crate) use number::{Arithmetic, FastLanes, Lane, StrictLanes};
pub(crate) use outer::{FEW, Segments, TURNED, outer, outer_of_samples};
pub(crate) use product::{Bias, Grid, Layout, Mode, Shape, product};
pub(crate) use reduce::{LogSumExp, dot, total};
pub(crate) use strict::Strict;

#[cfg(test)]
mod products;
#[cfg(test)]
mod tests;
