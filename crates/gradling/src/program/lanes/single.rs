//! The functions of `f32`.
//!
//! Within 2 units in the last place of the exact value (`tanh`, `sigmoid` and `softplus`: 2.5) over all
//! arguments, with or without fused multiply-add; `sin` and `cos` up to [`Functions::TURNS_END`]. Results
//! below the smallest normal number keep what digits are left there (gradual underflow). The polynomials
//! are minimax approximations on the stated interval: Remez's problem, each coefficient rounded in turn
//! and the rest fitted again.
//!
//! Nanoseconds for an element of a row in the first cache, on a Zen 5 at 4.1 GHz:
//!
//! | level | exp | ln | sqrt | sin | tanh | sigmoid | softplus | power 2.7 | erf, gelu |
//! |---|---|---|---|---|---|---|---|---|---|
//! | baseline | 1.0 | 1.6 | 0.26 | 1.3 | 1.5 | 1.3 | 2.3 | 9 | 11 to 13 |
//! | AVX2 | 0.37 | 0.54 | 0.13 | 0.50 | 0.50 | 0.47 | 0.74 | 3.9 | 11 to 13 |
//! | AVX-512 | 0.20 | 0.37 | 0.07 | 0.27 | 0.24 | 0.25 | 0.37 | 2.0 | 11 to 13 |

use super::number::{Functions, polynomial};
use super::{Fma, Number};
use std::f32::consts::{LN_2, LOG2_E};

/// Adding and subtracting this rounds a number below 2²² to the nearest integer.
const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23

/// ln 2 in two parts; the high one has 15 digits, so that its product with an exponent is exact (Cody
/// and Waite, "Software Manual for the Elementary Functions", 1980).
const LN2_HIGH: f32 = 0.693_145_75;
const LN2_LOW: f32 = 1.428_606_8e-6;

/// 2ᵏ for an integer `k` in -126..=127.
#[inline(always)]
fn power_of_two(k: f32) -> f32 {
    // k + ROUND holds k in its low bits; shifted into the exponent field, biased by 127.
    f32::from_bits((k + ROUND).to_bits().wrapping_add(127) << 23)
}

/// Splits `x` into `k` and `p` with exp(x) = 2ᵏ p and p = exp(r), |r| ≤ ln(2)/2.
#[inline(always)]
fn split_exp<F: Fma>(x: f32) -> (f32, f32) {
    let k = F::mul_add(x, LOG2_E, ROUND) - ROUND;
    let r = F::mul_add(-k, LN2_LOW, F::mul_add(-k, LN2_HIGH, x));
    // exp(r) = 1 + r + r² q(r), to 2^-33.
    let q = polynomial::<f32, F, 6>(
        r,
        [0.5, 0.166_666_67, 0.041_666_463, 0.008_333_202, 0.001_393_508_6, 1.994_928_6e-4],
    );
    let one = 1.0 + r;
    let rest = (1.0 - one) + r; // what rounding took from 1 + r
    (k, one + F::mul_add(r * r, q, rest))
}

/// sin r for |r| ≤ π/4, to 2^-32.
#[inline(always)]
fn sin_near<F: Fma>(r: f32) -> f32 {
    let z = r * r;
    let s =
        polynomial::<f32, F, 4>(z, [-0.166_666_67, 0.008_333_379, -1.985_307e-4, 2.832_685_8e-6]);
    F::mul_add(r * z, s, r)
}

/// cos r for |r| ≤ π/4, to 2^-33.
#[inline(always)]
fn cos_near<F: Fma>(r: f32) -> f32 {
    let z = r * r;
    let c = polynomial::<f32, F, 3>(z, [0.041_666_646, -0.001_388_731_1, 2.443_256_4e-5]);
    F::mul_add(z * z, c, F::mul_add(z, -0.5, 1.0))
}

/// Takes whole quarter turns off an angle: what is left, within ±π/4, and how many they were. In
/// double precision, where two parts of π/2 resolve every f32 below [`Functions::TURNS_END`].
#[inline(always)]
#[allow(clippy::cast_possible_truncation)]
fn quarter<F: Fma>(x: f32) -> (f32, u32) {
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
    // 33 digits, so that its product with a number of turns is exact, and the rest.
    const PART1: f64 = 1.570_796_326_734_125_6;
    const PART2: f64 = 6.077_100_506_506_192e-11;
    let x = f64::from(x);
    let turns = F::mul_add(x, std::f64::consts::FRAC_2_PI, ROUND);
    let n = turns - ROUND;
    let r = F::mul_add(-n, PART2, F::mul_add(-n, PART1, x));
    (r as f32, turns.to_bits() as u32)
}

/// ln(1 + z) for 0 ≤ z ≤ 1, to 2^-30.
#[inline(always)]
fn ln_1p<F: Fma>(z: f32) -> f32 {
    let q = polynomial::<f32, F, 10>(
        z,
        [
            -0.499_999_88,
            0.333_327_14,
            -0.249_888_64,
            0.198_996_22,
            -0.161_351_58,
            0.124_794_81,
            -0.083_238_05,
            0.042_113_908,
            -0.013_691_187,
            0.002_084_44,
        ],
    );
    F::mul_add(z * z, q, z)
}

/// The r of exp(2|x|) = 2ᵏ exp(r) with |r| ≤ ln(2)/2, and a number that holds k in its low bits. An r of one
/// part is enough for [`tanh_of`].
#[inline(always)]
fn reduced<F: Fma>(x: f32) -> (f32, f32) {
    let x = x.abs();
    let x = if x > 10.0 { 10.0 } else { x }; // tanh is 1 from there on; NaN passes
    let shifted = F::mul_add(x, 2.0 * LOG2_E, ROUND);
    (F::mul_add(shifted - ROUND, -LN_2, x + x), shifted)
}

/// 2ᵏ exp(r) - 1.
#[inline(always)]
fn exp_minus_1<F: Fma>((r, shifted): (f32, f32)) -> f32 {
    // exp(r) - 1 = r + r² q(r), to 2^-28 of it; q by pairs, which wait less for each other.
    let r2 = r * r;
    let pair = |c0: f32, c1: f32| F::mul_add(r, c1, c0);
    let q =
        F::mul_add(r2, pair(0.001_394_321_3, 1.996_209_9e-4), pair(0.041_666_325, 0.008_333_22));
    let q = F::mul_add(r2, q, pair(0.5, 0.166_666_67));
    let scale = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    F::mul_add(F::mul_add(r2, q, r), scale, scale - 1.0)
}

/// tanh x = t / (t + 2) for t = exp(2|x|) - 1: it keeps its digits near 0, and forgives t its errors far from
/// it.
#[inline(always)]
fn tanh_of(t: f32, x: f32) -> f32 {
    (t / (t + 2.0)).copysign(x)
}

impl Functions for f32 {
    const TURNS_END: f32 = 800_000.0;

    #[inline(always)]
    fn exp<F: Fma>(self) -> f32 {
        // Beyond these the result is 0 or infinite anyway; NaN passes.
        let x = if self > 89.5 { 89.5 } else { self };
        let x = if x < -104.5 { -104.5 } else { x };
        let (k, p) = split_exp::<F>(x);
        // In two steps, because 2^128 and 2^-149 have no normal form.
        let half = F::mul_add(k, 0.5, ROUND) - ROUND;
        p * power_of_two(half) * power_of_two(k - half)
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_wrap, clippy::cast_precision_loss)]
    fn ln<F: Fma>(self) -> f32 {
        const SQRT_HALF: u32 = 0x3F35_04F3;
        // A subnormal number is scaled to a normal one first.
        let tiny = self < f32::MIN_POSITIVE;
        let x = if tiny { self * 8_388_608.0 } else { self }; // 2^23
        let bias = if tiny { -23.0 } else { 0.0 };
        // x = 2ᵏ (1 + f) with 1 + f between √½ and √2.
        let shifted = x.to_bits().wrapping_sub(SQRT_HALF);
        let k = ((shifted as i32) >> 23) as f32 + bias;
        let f = f32::from_bits((shifted & 0x007F_FFFF) + SQRT_HALF) - 1.0;
        // ln(1 + f) = f - f²/2 + f³ p(f), to 2^-30.
        let p = polynomial::<f32, F, 9>(
            f,
            [
                0.333_333_13,
                -0.250_000_1,
                0.200_020_73,
                -0.166_679_96,
                0.142_203_27,
                -0.124_060_32,
                0.118_835_69,
                -0.116_714_51,
                0.067_509_554,
            ],
        );
        let f2 = f * f;
        let rest = F::mul_add(f2, -0.5, F::mul_add(k, LN2_LOW, f2 * f * p));
        let y = F::mul_add(k, LN2_HIGH, f + rest);
        let y = if self < f32::INFINITY { y } else { self }; // ∞ and NaN
        let y = if self < 0.0 { f32::NAN } else { y };
        if self == 0.0 { f32::NEG_INFINITY } else { y }
    }

    #[inline(always)]
    fn sin<F: Fma>(self) -> f32 {
        // Of the magnitude, so that the sign of zero survives.
        let (r, turns) = quarter::<F>(self.abs());
        let near = if turns & 1 == 0 { sin_near::<F>(r) } else { cos_near::<F>(r) };
        f32::from_bits(near.to_bits() ^ ((turns & 2) << 30) ^ (self.to_bits() & 0x8000_0000))
    }

    #[inline(always)]
    fn cos<F: Fma>(self) -> f32 {
        let (r, turns) = quarter::<F>(self);
        let near = if turns & 1 == 0 { cos_near::<F>(r) } else { sin_near::<F>(r) };
        f32::from_bits(near.to_bits() ^ ((turns.wrapping_add(1) & 2) << 30))
    }

    #[inline(always)]
    fn tanh<F: Fma>(self) -> f32 {
        tanh_of(exp_minus_1::<F>(reduced::<F>(self)), self)
    }

    /// In three loops: each value of a tanh waits for the one before it, and the processor looks no further
    /// ahead than two or three elements of so many operations. In a short loop those are more elements.
    #[inline(always)]
    fn tanh_row<F: Fma>(x: &[f32], y: &mut [f32]) {
        const BLOCK: usize = 256; // stays in the first cache
        for (x, y) in x.chunks(BLOCK).zip(y.chunks_mut(BLOCK)) {
            for (x, y) in x.iter().zip(&mut *y) {
                *y = reduced::<F>(*x).0;
            }
            for (x, y) in x.iter().zip(&mut *y) {
                *y = exp_minus_1::<F>((*y, reduced::<F>(*x).1));
            }
            for (x, y) in x.iter().zip(y) {
                *y = tanh_of(*y, *x);
            }
        }
    }

    #[inline(always)]
    fn sigmoid<F: Fma>(self) -> f32 {
        let z = Functions::exp::<F>(-self.abs());
        (if self < 0.0 { z } else { 1.0 }) / (1.0 + z)
    }

    /// max(x, 0) + ln(1 + e^-|x|).
    #[inline(always)]
    fn softplus<F: Fma>(self) -> f32 {
        let rest = ln_1p::<F>(Functions::exp::<F>(-self.abs()));
        (if self > 0.0 { self } else { 0.0 }) + rest
    }

    #[inline(always)]
    fn erf<F: Fma>(self) -> f32 {
        f32::from_f64(libm::erf(f64::from(self)))
    }

    #[inline(always)]
    fn gelu<F: Fma>(self) -> f32 {
        f32::from_f64(crate::math::gelu(f64::from(self)))
    }

    #[inline(always)]
    fn pow<F: Fma>(self, c: f32) -> f32 {
        f32::from_f64(power_of_single::<F>(f64::from(self), f64::from(c)))
    }

    #[inline(always)]
    fn power<F: Fma>(self, c: f64) -> f32 {
        f32::from_f64(power_of_single::<F>(f64::from(self), c))
    }
}

/// xᶜ for an x that is an f32: exp(c ln |x|) in double precision, whose error of a few hundred units
/// there is a millionth of a unit here.
#[inline(always)]
fn power_of_single<F: Fma>(x: f64, c: f64) -> f64 {
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
    let magnitude = x.abs();
    let y = Functions::exp::<F>(c * Functions::ln::<F>(magnitude));
    let y = if magnitude == 1.0 { 1.0 } else { y }; // where c ln |x| would be ∞ · 0
    // Whether c is a whole number, and an odd one; all beyond 2⁵¹ are even.
    let near = c + ROUND;
    let large = c.abs() >= 2_251_799_813_685_248.0;
    let whole = large || near - ROUND == c;
    let odd = !large && whole && near.to_bits() & 1 == 1;
    let y = if odd { y.copysign(x) } else { y };
    // A negative base has powers at whole exponents only; -∞ counts by its magnitude.
    let y = if x < 0.0 && x > f64::NEG_INFINITY && !whole { f64::NAN } else { y };
    let y = if c.is_nan() || x.is_nan() { f64::NAN } else { y };
    if c == 0.0 || x == 1.0 { 1.0 } else { y }
}
