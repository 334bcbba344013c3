//! Standard scores: numbers brought to mean 0 and deviation 1, and back.

use serde::{Deserialize, Serialize};

/// The mean and scale of a column of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Standard {
    /// Mean, `m = Σ x / n`.
    pub mean: f64,
    /// Standard deviation of the n values themselves, `sqrt(Σ (x - m)² / n)`; 1 when they are
    /// constant.
    pub scale: f64,
    /// Whether the values were all the same, but for rounding.
    pub constant: bool,
}

impl Standard {
    /// The mean and scale of finite numbers; of none, those of a constant 0.
    ///
    /// Values whose spread is within rounding of their size count as constant: scaled up, their
    /// rounding errors would pass for a feature.
    pub fn of(numbers: impl Iterator<Item = f64> + Clone) -> Self {
        let (mut low, mut high, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0usize);
        for x in numbers.clone() {
            (low, high, count) = (low.min(x), high.max(x), count + 1);
        }
        if count == 0 {
            return Standard { mean: 0.0, scale: 1.0, constant: true };
        }
        let size = low.abs().max(high.abs());
        if high * 0.5 - low * 0.5 <= 8.0 * f64::EPSILON * size {
            return Standard { mean: low, scale: 1.0, constant: true };
        }
        // Dividing by a power of two changes no digit, and keeps sums and squares of numbers near
        // the largest or smallest there are from becoming infinite or 0.
        let unit = power_of_two(size);
        let n = count as f64;
        let mean = numbers.clone().map(|x| x / unit).sum::<f64>() / n;
        let variance = numbers.map(|x| (x / unit - mean) * (x / unit - mean)).sum::<f64>() / n;
        Standard { mean: mean * unit, scale: variance.sqrt() * unit, constant: false }
    }

    /// The standard score `(x - mean) / scale`.
    pub fn encode(&self, x: f64) -> f64 {
        (x - self.mean) / self.scale
    }

    /// The number in its original unit, `mean + scale z`.
    pub fn decode(&self, z: f64) -> f64 {
        self.mean + self.scale * z
    }

    /// One that leaves numbers as they are.
    pub(crate) fn raw(&self) -> Self {
        Standard { mean: 0.0, scale: 1.0, constant: self.constant }
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.mean.is_finite() && self.scale.is_finite() && self.scale > 0.0
    }
}

/// Mean and spread of numbers that come in parts, by the formula of Chan, Golub and LeVeque (Updating
/// Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments {
    count: f64,
    mean: f64,
    /// Sum of squared deviations from the mean.
    squares: f64,
    low: f64,
    high: f64,
}

impl Default for Moments {
    fn default() -> Self {
        let (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
        Moments { count: 0.0, mean: 0.0, squares: 0.0, low, high }
    }
}

impl Moments {
    /// Takes in more numbers.
    pub(crate) fn add(&mut self, numbers: impl Iterator<Item = f64> + Clone) {
        let (mut count, mut sum) = (0.0, 0.0);
        for x in numbers.clone() {
            (self.low, self.high) = (self.low.min(x), self.high.max(x));
            (count, sum) = (count + 1.0, sum + x);
        }
        if count == 0.0 {
            return;
        }
        let mean = sum / count;
        let squares: f64 = numbers.map(|x| (x - mean) * (x - mean)).sum();
        let (all, apart) = (self.count + count, mean - self.mean);
        self.squares += squares + apart * apart * (self.count / all * count);
        self.mean += apart * (count / all);
        self.count = all;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0.0
    }

    /// What [`Standard::of`] says of all of them, but for rounding.
    pub(crate) fn standard(&self) -> Standard {
        let size = self.low.abs().max(self.high.abs());
        let constant = self.high * 0.5 - self.low * 0.5 <= 8.0 * f64::EPSILON * size;
        if self.is_empty() || constant {
            let mean = if self.is_empty() { 0.0 } else { self.low };
            return Standard { mean, scale: 1.0, constant: true };
        }
        // Numbers near the largest there are have squares that are not finite: their range is a scale too.
        let scale = (self.squares / self.count).sqrt();
        let mean = self.mean.clamp(self.low, self.high);
        if scale.is_finite() && scale > 0.0 && self.mean.is_finite() {
            Standard { mean, scale, constant: false }
        } else {
            let (low, high) = (self.low * 0.5, self.high * 0.5);
            Standard { mean: low + high, scale: high - low, constant: false }
        }
    }
}

/// The largest power of two that is at most `size`, or the smallest normal one.
fn power_of_two(size: f64) -> f64 {
    const EXPONENT: u64 = 0x7ff0_0000_0000_0000;
    f64::from_bits(size.to_bits() & EXPONENT).max(f64::MIN_POSITIVE)
}
