//! Data sets of the plane for lessons and pictures: columns x1, x2 and label.
//!
//! Row i is of class i modulo the number of classes, so classes are even and in turn. Noise is
//! the standard deviation of what is added to each coordinate. Sines and cosines are those of
//! libm, since platforms round theirs differently: a seed gives the same table everywhere.
//!
//! ```
//! let table = gradling_data::generate::moons(200, 0.1, 42)?;
//! let mut csv = Vec::new();
//! table.write_csv(&mut csv)?;
//! assert!(csv.starts_with(b"x1,x2,label\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::error::DataError;
use crate::table::{Column, Table};
use gradling::Rng;
use std::f64::consts::{PI, TAU};

/// The stream of random numbers that data sets draw from.
const STREAM: u64 = 2;

/// The most rows that are generated.
pub const MAX_ROWS: usize = 10_000_000;
/// The most spiral arms and blobs.
pub const MAX_CLASSES: usize = 20;

/// Two half circles of radius 1 that reach into each other: `(cos t, sin t)` and
/// `(1 - cos t, 1/2 - sin t)`, t from 0 to π.
///
/// # Errors
/// Fewer than 2 rows a class or more than [`MAX_ROWS`]; noise that is negative or not finite.
pub fn moons(rows: usize, noise: f64, seed: u64) -> Result<Table, DataError> {
    table("moons", rows, 2, noise, seed, |class, part, _| {
        let (sin, cos) = libm::sincos(PI * part.end_to_end());
        if class == 0 { (cos, sin) } else { (1.0 - cos, 0.5 - sin) }
    })
}

/// A circle of radius 1 (class 0) around one of radius 1/2 (class 1).
///
/// # Errors
/// As [`moons`].
pub fn circles(rows: usize, noise: f64, seed: u64) -> Result<Table, DataError> {
    table("circles", rows, 2, noise, seed, |class, part, _| {
        let radius = if class == 0 { 1.0 } else { 0.5 };
        polar(radius, TAU * part.around())
    })
}

/// Arms that wind around each other once, each a class: radius r, from nearly 0 to 1, at the
/// angle `2π (r + class / arms)`.
///
/// # Errors
/// As [`moons`]; fewer than 2 arms or more than [`MAX_CLASSES`].
pub fn spirals(rows: usize, arms: usize, noise: f64, seed: u64) -> Result<Table, DataError> {
    check_classes("the number of arms", arms)?;
    table("spirals", rows, arms, noise, seed, |class, part, _| {
        let radius = part.up_to_one();
        polar(radius, TAU * (radius + class as f64 / arms as f64))
    })
}

/// The square from -1 to 1, evenly filled: class 1 where x1 and x2 differ in sign, before noise.
///
/// # Errors
/// As [`moons`].
pub fn xor(rows: usize, noise: f64, seed: u64) -> Result<Table, DataError> {
    table("xor", rows, 2, noise, seed, |class, _, rng| {
        let (x, y) = (1.0 - rng.uniform(), 1.0 - rng.uniform());
        let (x, y) = if class == 0 { (x, y) } else { (x, -y) };
        if rng.uniform() < 0.5 { (x, y) } else { (-x, -y) }
    })
}

/// Round blobs, each a class, with their centres evenly on the circle of radius 1; noise is their
/// standard deviation.
///
/// # Errors
/// As [`moons`]; fewer than 2 blobs or more than [`MAX_CLASSES`].
pub fn gaussians(rows: usize, blobs: usize, noise: f64, seed: u64) -> Result<Table, DataError> {
    check_classes("the number of blobs", blobs)?;
    table("gaussians", rows, blobs, noise, seed, |class, _, _| {
        polar(1.0, TAU * class as f64 / blobs as f64)
    })
}

/// Which of the `count` points of its class a point is, from 0.
struct Part {
    index: usize,
    count: usize,
}

impl Part {
    /// From 0 to 1, both included.
    fn end_to_end(&self) -> f64 {
        self.index as f64 / (self.count - 1) as f64
    }

    /// From 0 to 1, without 1, where a circle closes.
    fn around(&self) -> f64 {
        self.index as f64 / self.count as f64
    }

    /// From 0 to 1, without 0, where spiral arms would meet.
    fn up_to_one(&self) -> f64 {
        (self.index + 1) as f64 / self.count as f64
    }
}

fn polar(radius: f64, angle: f64) -> (f64, f64) {
    let (sin, cos) = libm::sincos(angle);
    (radius * cos, radius * sin)
}

fn table(
    name: &str,
    rows: usize,
    classes: usize,
    noise: f64,
    seed: u64,
    point: impl Fn(usize, Part, &mut Rng) -> (f64, f64),
) -> Result<Table, DataError> {
    if !(2 * classes..=MAX_ROWS).contains(&rows) {
        let rule = format!("from {} (2 rows a class) to {MAX_ROWS}", 2 * classes);
        return Err(DataError::setting("the number of rows", rows, rule));
    }
    if !(noise.is_finite() && noise >= 0.0) {
        return Err(DataError::setting("the noise", noise, "a finite number, at least 0"));
    }
    let mut rng = Rng::stream(seed, STREAM);
    let (mut x1, mut x2, mut label) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..rows {
        let class = row % classes;
        let part = Part { index: row / classes, count: (rows - class).div_ceil(classes) };
        let (x, y) = point(class, part, &mut rng);
        x1.push(x + noise * rng.normal());
        x2.push(y + noise * rng.normal());
        label.push(class as f64);
    }
    let columns = [("x1", x1), ("x2", x2), ("label", label)];
    Table::new(name, columns.map(|(name, numbers)| Column::numbers(name, numbers)).into())
}

fn check_classes(name: &'static str, classes: usize) -> Result<(), DataError> {
    if (2..=MAX_CLASSES).contains(&classes) {
        return Ok(());
    }
    Err(DataError::setting(name, classes, format!("from 2 to {MAX_CLASSES}")))
}
