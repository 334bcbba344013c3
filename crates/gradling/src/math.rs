//! Elementary functions that give the same bits on every platform.
//!
//! The system's `exp` and `tanh` differ between platforms in their last digit, and a training run
//! amplifies last digits. These are made of IEEE additions, multiplications and divisions only, with
//! no fused multiply-add, and the one table is computed by the compiler in the same way; so they mean
//! the same everywhere. Functions that need no speed come from [`libm`], which is portable too.

mod wide;

use std::f64::consts::{FRAC_1_SQRT_2, LOG2_E};

/// Adding and subtracting this rounds a number below 2⁵¹ to the nearest integer.
pub(crate) const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52

/// ln 2 in two parts: the high one has its last 20 bits zero, so that `k * LN2_HIGH` is exact for the
/// exponents of a double (Cody and Waite, "Software Manual for the Elementary Functions", 1980).
pub(crate) const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
pub(crate) const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// π/2 in parts of 33, 33 and 53 bits, so that the first two products with a number of quarter turns are
/// exact (Cody and Waite, 1980).
pub(crate) const HALF_PI: [f64; 3] =
    [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_795_950_6e-21];

/// An octave, from one power of two to the next, is cut into so many steps.
const STEPS: usize = 128;
const STEP_BITS: u32 = STEPS.ilog2();

/// For each step i of an octave, 2^(i/128) in two parts: the nearest double, as bits to which a power of
/// two can be added, and what that lacks, relatively.
static STEP: [(u64, f64); STEPS] = {
    let mut table = [(0, 0.0); STEPS];
    let step = wide::exp(wide::quotient(wide::LN_2, STEPS as f64));
    let mut power = (1.0, 0.0);
    let mut i = 0;
    while i < STEPS {
        let (high, low): (f64, f64) = power;
        table[i] = (high.to_bits() - ((i as u64) << (52 - STEP_BITS)), low / high);
        power = wide::product(power, step);
        i += 1;
    }
    table
};

/// Splits `x`, within ±745, into `n` and `t` with `exp(x) = 2^(n/128) (1 + t)`, the power as [`STEP`] has it.
///
/// The rest of x is within ±ln(2)/256, so that the Taylor series to the 5th degree is enough: the first
/// term left out is below 6e-19. `n` is in the low bits of the first.
#[inline]
fn split_exp(x: f64) -> (u64, f64) {
    const SCALE: f64 = STEPS as f64;
    let shifted = x * (LOG2_E * SCALE) + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * (LN2_HIGH / SCALE)) - n * (LN2_LOW / SCALE);
    let r2 = r * r;
    let series = (1.0 / 2.0 + r * (1.0 / 6.0)) + r2 * (1.0 / 24.0 + r * (1.0 / 120.0));
    let n = shifted.to_bits();
    (n, (STEP[n as usize % STEPS].1 + r) + r2 * series)
}

/// 2^(n/128) for the `n` of [`split_exp`], within the normal doubles.
#[inline]
fn power_of_step(n: u64) -> f64 {
    f64::from_bits(STEP[n as usize % STEPS].0.wrapping_add(n << (52 - STEP_BITS)))
}

/// eˣ, within 0.52 units in the last place; 0 and infinity beyond the range of a double.
#[inline]
pub(crate) fn exp(x: f64) -> f64 {
    if x.abs() < 708.0 {
        let (n, t) = split_exp(x);
        let power = power_of_step(n);
        power + power * t
    } else {
        exp_at_the_ends(x)
    }
}

/// eˣ where it, or the power of two in it, may be no normal double.
#[cold]
#[inline(never)]
fn exp_at_the_ends(x: f64) -> f64 {
    if x.is_nan() {
        x
    } else if x > 709.782_712_893_384 {
        f64::INFINITY
    } else if x < -745.133_219_101_941_2 {
        0.0
    } else {
        // The power in two halves, which are normal.
        let octaves = if x > 0.0 { 512 } else { -512 };
        let (n, t) = split_exp(x);
        let power = power_of_step(n.wrapping_sub((octaves * STEPS as i64) as u64));
        (power + power * t) * f64::from_bits(((1023 + octaves) as u64) << 52)
    }
}

/// tanh x, within 2.4 units in the last place; ±1 beyond ±22.
///
/// With t = exp(2|x|) - 1 it is t / (t + 2), which keeps its digits near 0 where (e-1)/(e+1) loses them.
#[inline]
pub(crate) fn tanh(x: f64) -> f64 {
    let magnitude = if x.abs() > 22.0 { 22.0 } else { x.abs() };
    let (n, t) = split_exp(magnitude + magnitude);
    let power = power_of_step(n);
    let t = power * t + (power - 1.0);
    (t / (t + 2.0)).copysign(x)
}

/// ln x, within 1 unit in the last place; -∞ at 0, NaN below.
///
/// x = 2ᵏ (1 + f) with 1 + f between √½ and √2, and ln(1 + f) = 2 artanh(s) for s = f / (2 + f); the
/// even series behind the first terms has the minimax coefficients of Sun's fdlibm (e_log.c, 1993).
#[inline]
pub(crate) fn ln(x: f64) -> f64 {
    const SERIES: [f64; 7] = [
        6.666_666_666_666_735e-1,
        3.999_999_999_940_942e-1,
        2.857_142_874_366_239e-1,
        2.222_219_843_214_978_4e-1,
        1.818_357_216_161_805e-1,
        1.531_383_769_920_937_3e-1,
        1.479_819_860_511_658_6e-1,
    ];
    if !(f64::MIN_POSITIVE..f64::INFINITY).contains(&x) {
        return libm::log(x); // 0, negative, subnormal, infinite or NaN
    }
    // Counting the exponent from √½ makes the mantissa that is left lie around 1.
    const SQRT_HALF: u64 = 0x3FE6_A09E_667F_3BCD;
    let shifted = x.to_bits().wrapping_sub(SQRT_HALF);
    let k = (shifted as i64 >> 52) as f64;
    let f = f64::from_bits((shifted & 0x000F_FFFF_FFFF_FFFF) + SQRT_HALF) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let odd = w * (SERIES[1] + w * (SERIES[3] + w * SERIES[5]));
    let even = z * (SERIES[0] + w * (SERIES[2] + w * (SERIES[4] + w * SERIES[6])));
    let half = 0.5 * f * f;
    k * LN2_HIGH - ((half - (s * (half + (odd + even)) + k * LN2_LOW)) - f)
}

/// What [`quarter`] leaves: the angle within ±π/4 in two parts, and the quarter turn it is in.
struct Angle {
    high: f64,
    low: f64,
    quarter: u64,
}

/// Takes whole quarter turns off an angle, for angles that three parts of π/2 resolve; the rest is left
/// to [`libm`].
#[inline]
fn quarter(x: f64) -> Option<Angle> {
    let turns = x * std::f64::consts::FRAC_2_PI + ROUND;
    let n = turns - ROUND;
    let first = x - n * HALF_PI[0];
    let second = n * HALF_PI[1];
    let near = first - second;
    let rest = n * HALF_PI[2] - ((first - near) - second);
    let high = near - rest;
    // Beyond a million the products are not exact; and where the angle all but vanishes the parts do
    // not suffice. Both are rare.
    let resolved = x.abs() < 823_549.0 && (high.abs() > 1e-9 || n == 0.0);
    resolved.then(|| Angle { high, low: (near - high) - rest, quarter: turns.to_bits() & 3 })
}

/// The sine within ±π/4: the minimax polynomial of Sun's fdlibm (k_sin.c, 1993).
#[inline]
fn sin_near(Angle { high: x, low, .. }: &Angle) -> f64 {
    let z = x * x;
    let r = 8.333_333_333_322_49e-3
        + z * (-1.984_126_982_985_795e-4 + z * 2.755_731_370_707_006_8e-6)
        + z * z * z * (-2.505_076_025_340_686_3e-8 + z * 1.589_690_995_211_55e-10);
    let v = z * x;
    x - ((z * (0.5 * low - v * r) - low) + v * 1.666_666_666_666_663_2e-1)
}

/// The cosine within ±π/4: the minimax polynomial of Sun's fdlibm (k_cos.c, 1993).
#[inline]
fn cos_near(Angle { high: x, low, .. }: &Angle) -> f64 {
    let z = x * x;
    let w = z * z;
    let r = z
        * (4.166_666_666_666_66e-2
            + z * (-1.388_888_888_887_411e-3 + z * 2.480_158_728_947_673e-5))
        + w * w
            * (-2.755_731_435_139_066_3e-7
                + z * (2.087_572_321_298_175e-9 + z * -1.135_964_755_778_819_5e-11));
    let half = 0.5 * z;
    let one = 1.0 - half;
    one + (((1.0 - one) - half) + (z * r - x * low))
}

/// sin x for x in radians, within 1 unit in the last place.
#[inline]
pub(crate) fn sin(x: f64) -> f64 {
    let Some(angle) = quarter(x) else { return libm::sin(x) };
    let near = if angle.quarter & 1 == 0 { sin_near(&angle) } else { cos_near(&angle) };
    if angle.quarter & 2 == 0 { near } else { -near }
}

/// cos x for x in radians, within 1 unit in the last place.
#[inline]
pub(crate) fn cos(x: f64) -> f64 {
    let Some(angle) = quarter(x) else { return libm::cos(x) };
    let near = if angle.quarter & 1 == 0 { cos_near(&angle) } else { sin_near(&angle) };
    if (angle.quarter + 1) & 2 == 0 { near } else { -near }
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
    top + ln(in_parts(count, |i| exp(x(i) - top)))
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
    fn functions_stay_within_their_stated_error_of_the_system_library() {
        let mut worst = (0.0_f64, 0.0_f64, 0.0_f64);
        for i in -200_000..200_000 {
            // From below the normal doubles to beyond the largest.
            let x = f64::from(i) * 0.003_72;
            worst.0 = worst.0.max(ulps(exp(x), x.exp()));
            let t = f64::from(i) * 0.000_175_5;
            worst.1 = worst.1.max(ulps(tanh(t), t.tanh()));
            let right = 1.0 / (1.0 + (-t).exp());
            worst.2 = worst.2.max(ulps(sigmoid(t), right));
        }
        // The reference errs by up to half a unit (exp) or two (tanh) itself.
        assert!(worst.0 <= 1.0 && worst.1 <= 3.0 && worst.2 <= 3.0, "{worst:?}");
    }

    #[test]
    fn sin_cos_and_ln_stay_within_a_unit_of_the_system_library() {
        let mut worst = (0.0_f64, 0.0_f64, 0.0_f64);
        for i in -400_000..400_000_i32 {
            // From tiny to large, both signs, with multiples of π/2 to full precision among them.
            for x in [
                f64::from(i) * 1e-4,
                f64::from(i) * std::f64::consts::FRAC_PI_2,
                f64::from(i) * 17.3,
            ] {
                worst.0 = worst.0.max(ulps(sin(x), x.sin()));
                worst.1 = worst.1.max(ulps(cos(x), x.cos()));
            }
            let x = f64::from(i.abs() + 1);
            for x in [x * 1e-5, x, 1.0 / x, x * 1e-300, 1.0 + x * 1e-12] {
                worst.2 = worst.2.max(ulps(ln(x), x.ln()));
            }
        }
        assert!(worst.0 <= 1.0 && worst.1 <= 1.0 && worst.2 <= 1.0, "{worst:?}");
        for x in [0.0, -0.0, -1.0, 5e-324, f64::INFINITY, f64::NAN, 1e300, 1e-310] {
            assert_eq!(ln(x).to_bits(), libm::log(x).to_bits(), "ln {x}");
        }
        for x in [f64::INFINITY, f64::NAN, 1e22, -1e300] {
            assert_eq!(sin(x).to_bits(), libm::sin(x).to_bits(), "sin {x}");
            assert_eq!(cos(x).to_bits(), libm::cos(x).to_bits(), "cos {x}");
        }
        assert_eq!(sin(-0.0).to_bits(), (-0.0_f64).to_bits());
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
