//! What rows are made of: [`f32`] and [`f64`], and what one element of a row computes like.

use super::vector::Registers;
use super::{Fma, Kernel, Level};
use crate::op::{Op, Real};
use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// The numbers that a program can compute in: `f32` and `f64`.
pub trait Number:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + super::turn::Turn
    + Send
    + Sync
    + Functions
    + crate::program::run::Engine
    + Registers
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// Its name in Rust: `f32`, `f64`.
    const NAME: &'static str;

    /// The nearest number of this type.
    fn from_f64(x: f64) -> Self;
    /// The same number as `f64`, exactly.
    fn to_f64(self) -> f64;
    /// `self` · b + c, rounded once.
    #[must_use]
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// The magnitude.
    #[must_use]
    fn abs(self) -> Self;
    /// The square root: NaN below 0.
    #[must_use]
    fn sqrt(self) -> Self;
    /// Whether it is not a number.
    fn is_nan(self) -> bool;
    /// Whether it is neither infinite nor NaN.
    fn is_finite(self) -> bool;
}

/// The functions, each without branch or table so that a loop over a row becomes vectors; it also seals
/// [`Number`]. Their errors are stated where they are written, in `single.rs` and `double.rs`.
pub trait Functions: Sized {
    /// Beyond this magnitude [`sin`](Functions::sin) and [`cos`](Functions::cos) lose their digits.
    const TURNS_END: Self;

    fn exp<F: Fma>(self) -> Self;
    fn ln<F: Fma>(self) -> Self;
    fn sin<F: Fma>(self) -> Self;
    fn cos<F: Fma>(self) -> Self;
    fn tanh<F: Fma>(self) -> Self;
    /// [`tanh`](Functions::tanh) of every number of x.
    #[inline(always)]
    fn tanh_row<F: Fma>(x: &[Self], y: &mut [Self])
    where
        Self: Copy,
    {
        for (x, y) in x.iter().zip(y) {
            *y = x.tanh::<F>();
        }
    }
    fn sigmoid<F: Fma>(self) -> Self;
    fn softplus<F: Fma>(self) -> Self;
    fn erf<F: Fma>(self) -> Self;
    fn gelu<F: Fma>(self) -> Self;
    /// `self` to the power of c.
    fn pow<F: Fma>(self, c: Self) -> Self;
    /// `self` to the power of c, for exponents that are not multiplied out.
    fn power<F: Fma>(self, c: f64) -> Self;
}

macro_rules! number {
    ($($T:ident)*) => { $(
        impl Number for $T {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const NAME: &'static str = stringify!($T);

            #[inline(always)]
            #[allow(clippy::cast_possible_truncation)]
            fn from_f64(x: f64) -> Self {
                x as $T
            }

            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                $T::mul_add(self, b, c)
            }

            #[inline(always)]
            fn abs(self) -> Self {
                $T::abs(self)
            }

            #[inline(always)]
            fn sqrt(self) -> Self {
                $T::sqrt(self)
            }

            #[inline(always)]
            fn is_nan(self) -> bool {
                $T::is_nan(self)
            }

            #[inline(always)]
            fn is_finite(self) -> bool {
                $T::is_finite(self)
            }
        }
    )* };
}

number! { f32 f64 }

/// One element of a row: a number, and how operations on it are meant.
pub(crate) trait Lane: Real {
    /// The number it holds.
    type Number: Number;

    /// The element that holds a number.
    fn of(x: Self::Number) -> Self;
    /// The number that an element holds.
    fn get(self) -> Self::Number;

    /// Whether the stated error of a function holds at this input. Where it does not, which is rare,
    /// [`Strict`](super::Strict) still computes it right.
    #[inline(always)]
    fn covers(_op: Op, _x: Self::Number) -> bool {
        true
    }
}

/// How operations on the elements of a program are meant: [`FastLanes`] or [`StrictLanes`].
pub(crate) trait Arithmetic: Copy + 'static {
    /// Whether sums are added up in the order in which the tape adds up.
    const STRICT: bool;

    /// Runs a kernel at a level, or at that which this arithmetic needs.
    fn run<K: Kernel>(level: Level, kernel: K) -> K::Output;

    /// An element.
    type Lane<T: Number, F: Fma>: Lane<Number = T>;
}

/// [`Fast`](super::Fast): vectors, within a stated error.
#[derive(Clone, Copy)]
pub(crate) struct FastLanes;

impl Arithmetic for FastLanes {
    const STRICT: bool = false;

    #[inline]
    fn run<K: Kernel>(level: Level, kernel: K) -> K::Output {
        level.run(kernel)
    }

    type Lane<T: Number, F: Fma> = super::Fast<T, F>;
}

/// [`Strict`](super::Strict): what eager execution computes.
#[derive(Clone, Copy)]
pub(crate) struct StrictLanes;

impl Arithmetic for StrictLanes {
    const STRICT: bool = true;

    /// The bits are the same at every level, so one copy will do.
    fn run<K: Kernel>(_level: Level, kernel: K) -> K::Output {
        Level::BASELINE.run(kernel)
    }

    type Lane<T: Number, F: Fma> = super::Strict<T>;
}

/// c₀ + c₁ x + c₂ x² + …, in Horner's scheme: the fewest operations. Its chain is long, but a row has
/// many elements to compute meanwhile.
#[inline(always)]
pub(super) fn polynomial<T: Number, F: Fma, const N: usize>(x: T, coefficients: [T; N]) -> T {
    let mut sum = coefficients[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = F::mul_add(sum, x, coefficients[i]);
    }
    sum
}
