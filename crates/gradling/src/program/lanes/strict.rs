//! Operations as eager execution computes them.

use super::{Lane, Number};
use crate::op::Real;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number whose operations are those of [`f64`] as a [`Real`]: in `f64` the same bits as eager
/// execution, in `f32` those bits rounded.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub(crate) struct Strict<T>(pub(crate) T);

impl<T: Number> Lane for Strict<T> {
    type Number = T;

    #[inline(always)]
    fn of(x: T) -> Self {
        Strict(x)
    }

    #[inline(always)]
    fn get(self) -> T {
        self.0
    }
}

impl<T: Number> Strict<T> {
    #[inline(always)]
    fn rounded(x: f64) -> Self {
        Strict(T::from_f64(x))
    }
}

// Rounding twice, to f64 and then to f32, gives the f32 nearest to the exact sum, product or quotient:
// 53 digits are more than twice 24 and two (Figueroa, "When is double rounding innocuous?", 1995). So
// the operators can be those of the type itself, and vectors.
macro_rules! operator {
    ($($Trait:ident $f:ident $sign:tt)*) => { $(
        impl<T: Number> $Trait for Strict<T> {
            type Output = Self;

            #[inline(always)]
            fn $f(self, b: Self) -> Self {
                Strict(self.0 $sign b.0)
            }
        }
    )* };
}

operator! { Add add + Sub sub - Mul mul * Div div / }

impl<T: Number> Neg for Strict<T> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Strict(-self.0)
    }
}

macro_rules! one {
    ($($f:ident)*) => { $(
        #[inline(always)]
        fn $f(self) -> Self {
            Self::rounded(Real::$f(self.0.to_f64()))
        }
    )* };
}

macro_rules! number {
    ($($f:ident)*) => { $(
        #[inline(always)]
        fn $f(self, c: f64) -> Self {
            Self::rounded(Real::$f(self.0.to_f64(), c))
        }
    )* };
}

macro_rules! two {
    ($($f:ident)*) => { $(
        #[inline(always)]
        fn $f(self, b: Self) -> Self {
            Self::rounded(Real::$f(self.0.to_f64(), b.0.to_f64()))
        }
    )* };
}

impl<T: Number> Real for Strict<T> {
    one! { neg exp ln sqrt sin cos tanh sigmoid relu softplus gelu erf abs }
    number! { powf leaky_relu }
    two! { add sub mul div pow max min lt le gt ge eq ne }

    #[inline(always)]
    fn number(x: f64) -> Self {
        Self::rounded(x)
    }

    #[inline(always)]
    fn select(self, b: Self, c: Self) -> Self {
        if self.0 != T::ZERO { b } else { c }
    }
}
