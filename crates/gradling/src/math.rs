//! Elementary functions that give the same bits on every platform.
//!
//! The system's `exp` and `tanh` differ between platforms in their last digit, and a training run
//! amplifies last digits. These are made of IEEE additions, multiplications and divisions only, with
//! no fused multiply-add and no table, so that they mean the same everywhere and one loop over lanes
//! can later compute many at once. Functions that need no speed come from [`libm`], which is portable
//! too.

use std::f64::consts::{FRAC_1_SQRT_2, LOG2_E};

/// Adding and subtracting this rounds a number below 2⁵¹ to the nearest integer.
const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52

/// ln 2 in two parts: the high one has its last 20 bits zero, so that `k * LN2_HIGH` is exact for the
/// exponents of a double (Cody and Waite, "Software Manual for the Elementary Functions", 1980).
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Splits `x` into `k` and `p` with `exp(x) = 2ᵏ (1 + p)`, for `x` within ±745.
///
/// `p = exp(r) - 1` for `r` within ±ln(2)/2 is the Taylor series to the 13th degree; the first term
/// left out is below 4e-18. It is summed in Estrin's scheme: short chains instead of one long one.
#[inline]
fn split_exp(x: f64) -> (f64, f64) {
    let k = (x * LOG2_E + ROUND) - ROUND;
    let high = x - k * LN2_HIGH;
    let low = k * LN2_LOW;
    let r = high - low;
    let rest = (high - r) - low; // what rounding took from r
    let r2 = r * r;
    let r4 = r2 * r2;
    let r8 = r4 * r4;
    let c2 = 1.0 / 2.0 + r * (1.0 / 6.0);
    let c4 = 1.0 / 24.0 + r * (1.0 / 120.0);
    let c6 = 1.0 / 720.0 + r * (1.0 / 5_040.0);
    let c8 = 1.0 / 40_320.0 + r * (1.0 / 362_880.0);
    let c10 = 1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0);
    let c12 = 1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0);
    let q = (c2 + r2 * c4) + r4 * (c6 + r2 * c8) + r8 * (c10 + r2 * c12);
    (k, r + (r2 * q + rest))
}

/// 2ᵏ for an integer `k` in -1022..=1023.
#[inline]
fn power_of_two(k: f64) -> f64 {
    // k + ROUND holds k in its low bits; shifted into the exponent field, biased by 1023.
    f64::from_bits(((k + ROUND).to_bits().wrapping_add(1023)) << 52)
}

/// eˣ, within 0.8 units in the last place; 0 and infinity beyond the range of a double.
#[inline]
pub(crate) fn exp(x: f64) -> f64 {
    if x.is_nan() || x > 709.782_712_893_384 {
        return if x.is_nan() { x } else { f64::INFINITY };
    }
    if x < -745.133_219_101_941_2 {
        return 0.0;
    }
    let (k, p) = split_exp(x);
    // In two steps, because 2^1024 and 2^-1074 have no normal form.
    let half = (k * 0.5 + ROUND) - ROUND;
    (1.0 + p) * power_of_two(half) * power_of_two(k - half)
}

/// tanh x, within 2 units in the last place; ±1 beyond ±22.
///
/// With t = exp(2|x|) - 1 it is t / (t + 2), which keeps its digits near 0 where (e-1)/(e+1) loses them.
#[inline]
pub(crate) fn tanh(x: f64) -> f64 {
    let magnitude = if x.abs() > 22.0 { 22.0 } else { x.abs() };
    let (k, p) = split_exp(magnitude + magnitude);
    let scale = power_of_two(k);
    let t = scale * p + (scale - 1.0);
    (t / (t + 2.0)).copysign(x)
}

/// The logistic function 1 / (1 + e⁻ˣ), without overflow at either end.
#[inline]
pub(crate) fn sigmoid(x: f64) -> f64 {
    let z = exp(-x.abs());
    if x < 0.0 { z / (1.0 + z) } else { 1.0 / (1.0 + z) }
}

/// ln(1 + eˣ), without overflow: max(x, 0) + ln(1 + e^-|x|).
pub(crate) fn softplus(x: f64) -> f64 {
    maximum(x, 0.0) + libm::log1p(exp(-x.abs()))
}

/// The Gaussian error linear unit x Φ(x), with Φ the normal distribution function (Hendrycks and
/// Gimpel, 2016; the exact form, not the one by tanh).
pub(crate) fn gelu(x: f64) -> f64 {
    0.5 * x * (1.0 + libm::erf(x * FRAC_1_SQRT_2))
}

/// xⁿ. Small whole exponents, which are what losses are made of, are multiplied out.
#[inline]
pub(crate) fn pow(x: f64, n: f64) -> f64 {
    if n == 2.0 {
        x * x
    } else if n == 1.0 {
        x
    } else if n == 3.0 {
        x * x * x
    } else if n == -1.0 {
        1.0 / x
    } else {
        libm::pow(x, n)
    }
}

/// The larger of two numbers; NaN if either is (IEEE 754-2019 `maximum`).
#[inline]
pub(crate) fn maximum(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

/// The smaller of two numbers; NaN if either is (IEEE 754-2019 `minimum`).
#[inline]
pub(crate) fn minimum(a: f64, b: f64) -> f64 {
    if a < b || a.is_nan() { a } else { b }
}

/// 1.0 for true, 0.0 for false: what a comparison gives.
#[inline]
pub(crate) fn truth(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}

/// Number of partial sums in [`sum`] and [`dot`].
const PARTS: usize = 4;

/// Adds up terms as every sum of many inputs is added: term i to partial sum i mod 4, then
/// (0 + 1) + (2 + 3). Four short chains instead of one long one, and the same bits whether the terms
/// are neighbours in memory or gathered.
#[inline(always)]
fn in_parts(terms: usize, term: impl Fn(usize) -> f64) -> f64 {
    let mut parts = [0.0; PARTS];
    let mut i = 0;
    while i + PARTS <= terms {
        for (j, part) in parts.iter_mut().enumerate() {
            *part += term(i + j);
        }
        i += PARTS;
    }
    for (j, part) in parts.iter_mut().enumerate().take(terms - i) {
        *part += term(i + j);
    }
    (parts[0] + parts[1]) + (parts[2] + parts[3])
}

/// x₀ + x₁ + …, in the order of [`in_parts`].
#[inline]
pub(crate) fn sum(count: usize, x: impl Fn(usize) -> f64) -> f64 {
    in_parts(count, x)
}

/// x₀w₀ + x₁w₁ + …, in the order of [`in_parts`].
#[inline]
pub(crate) fn dot(count: usize, x: impl Fn(usize) -> f64, w: impl Fn(usize) -> f64) -> f64 {
    in_parts(count, |i| x(i) * w(i))
}

/// ln(e^x₀ + e^x₁ + …), shifted by the largest so that nothing overflows.
pub(crate) fn logsumexp(count: usize, x: impl Fn(usize) -> f64) -> f64 {
    let top = (0..count).map(&x).fold(f64::NEG_INFINITY, maximum);
    if !top.is_finite() {
        return top; // all -inf, or an infinity or NaN that decides the result
    }
    top + libm::log(in_parts(count, |i| exp(x(i) - top)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance in units of the last place of `right`.
    fn ulps(ours: f64, right: f64) -> f64 {
        if ours == right {
            return 0.0;
        }
        let unit = (f64::from_bits(right.abs().to_bits() + 1) - right.abs()).abs();
        (ours - right).abs() / unit
    }

    #[test]
    fn exp_and_tanh_stay_within_their_stated_error_of_the_system_library() {
        let mut worst = (0.0_f64, 0.0_f64, 0.0_f64);
        for i in -200_000..200_000 {
            let x = f64::from(i) * 0.003_51;
            worst.0 = worst.0.max(ulps(exp(x), x.exp()));
            let t = x * 0.05;
            worst.1 = worst.1.max(ulps(tanh(t), t.tanh()));
            let right = 1.0 / (1.0 + (-t).exp());
            worst.2 = worst.2.max(ulps(sigmoid(t), right));
        }
        // The reference errs by up to half a unit (exp) or two (tanh) itself.
        assert!(worst.0 <= 1.0 && worst.1 <= 3.0 && worst.2 <= 3.0, "{worst:?}");
    }

    #[test]
    fn the_ends_of_the_range_are_exact() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(1000.0), f64::INFINITY);
        assert_eq!(exp(-1000.0), 0.0);
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp(-745.0), 5e-324);
        assert!(exp(f64::NAN).is_nan() && tanh(f64::NAN).is_nan() && sigmoid(f64::NAN).is_nan());
        assert_eq!((tanh(1000.0), tanh(-1000.0)), (1.0, -1.0));
        assert_eq!(tanh(1e-300), 1e-300);
        assert_eq!(tanh(-0.0).to_bits(), (-0.0_f64).to_bits());
        assert_eq!((sigmoid(1000.0), sigmoid(-1000.0)), (1.0, 0.0));
        assert_eq!((softplus(1000.0), softplus(-1000.0)), (1000.0, 0.0));
        assert_eq!(logsumexp(2, |i| [1000.0, 1000.0][i]), 1000.0 + std::f64::consts::LN_2);
    }

    #[test]
    fn a_sum_in_parts_adds_every_term_once() {
        for n in 0..20 {
            assert_eq!(sum(n, |i| (1 << i) as f64), ((1_u32 << n) - 1) as f64);
        }
    }
}
