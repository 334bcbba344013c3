//! Operations as vectors compute them: no branch, no table, no call, within a stated error.
//!
//! A loop that applies one of these to a row becomes vector code at every [`Level`](super::Level). The
//! exceptions are `erf`, `gelu` and general powers of `f64`, which call [`libm`].

use super::{Fma, Lane, Number};
use crate::op::{Op, Real};
use std::marker::PhantomData;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number whose functions are those of `single.rs` and `double.rs`, for code compiled for the level
/// that `F` stands for.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub(crate) struct Fast<T, F>(pub(crate) T, PhantomData<F>);

impl<T, F> Fast<T, F> {
    #[inline(always)]
    const fn new(x: T) -> Self {
        Fast(x, PhantomData)
    }
}

impl<T: Number, F: Fma> Lane for Fast<T, F> {
    type Number = T;

    #[inline(always)]
    fn of(x: T) -> Self {
        Self::new(x)
    }

    #[inline(always)]
    fn get(self) -> T {
        self.0
    }

    #[inline(always)]
    fn covers(op: Op, x: T) -> bool {
        // NaN and the infinities come out right, as NaN.
        !matches!(op, Op::Sin | Op::Cos) || x.abs() <= T::TURNS_END || !x.is_finite()
    }
}

macro_rules! operator {
    ($($Trait:ident $f:ident $sign:tt)*) => { $(
        impl<T: Number, F: Fma> $Trait for Fast<T, F> {
            type Output = Self;

            #[inline(always)]
            fn $f(self, b: Self) -> Self {
                Self::new(self.0 $sign b.0)
            }
        }
    )* };
}

operator! { Add add + Sub sub - Mul mul * Div div / }

impl<T: Number, F: Fma> Neg for Fast<T, F> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self::new(-self.0)
    }
}

/// 1 for true, 0 for false.
#[inline(always)]
fn truth<T: Number>(condition: bool) -> T {
    if condition { T::ONE } else { T::ZERO }
}

/// √x as a power: +0 at -0 and +∞ at -∞, where the square root has -0 and NaN.
#[inline(always)]
fn root<T: Number>(x: T) -> T {
    let infinity = T::ONE / T::ZERO;
    if x == -infinity { infinity } else { (x + T::ZERO).sqrt() }
}

macro_rules! functions {
    ($($f:ident)*) => { $(
        #[inline(always)]
        fn $f(self) -> Self {
            Self::new(self.0.$f::<F>())
        }
    )* };
}

macro_rules! comparisons {
    ($($f:ident $sign:tt)*) => { $(
        #[inline(always)]
        fn $f(self, b: Self) -> Self {
            Self::new(truth(self.0 $sign b.0))
        }
    )* };
}

impl<T: Number, F: Fma> Real for Fast<T, F> {
    functions! { exp ln sin cos tanh sigmoid softplus gelu erf }
    comparisons! { lt < le <= gt > ge >= eq == ne != }

    #[inline(always)]
    fn number(x: f64) -> Self {
        Self::new(T::from_f64(x))
    }

    #[inline(always)]
    fn select(self, b: Self, c: Self) -> Self {
        if self.0 != T::ZERO { b } else { c }
    }

    #[inline(always)]
    fn neg(self) -> Self {
        -self
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self::new(self.0.sqrt())
    }

    #[inline(always)]
    fn relu(self) -> Self {
        Self::new(if self.0 <= T::ZERO { T::ZERO } else { self.0 })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self::new(self.0.abs())
    }

    /// Exponents that losses and norms are made of are multiplied out. For a whole row, see `powers`.
    #[inline(always)]
    fn powf(self, c: f64) -> Self {
        let x = self.0;
        Self::new(if c == 2.0 {
            x * x
        } else if c == 1.0 {
            x
        } else if c == 3.0 {
            x * x * x
        } else if c == 4.0 {
            (x * x) * (x * x)
        } else if c == -1.0 {
            T::ONE / x
        } else if c == -2.0 {
            let inverse = T::ONE / x;
            inverse * inverse
        } else if c == 0.0 {
            T::ONE
        } else if c == 0.5 {
            root(x)
        } else if c == -0.5 {
            T::ONE / root(x)
        } else {
            x.power::<F>(c)
        })
    }

    #[inline(always)]
    fn leaky_relu(self, c: f64) -> Self {
        let x = self.0;
        Self::new(if x > T::ZERO { x } else { x * T::from_f64(c) })
    }

    #[inline(always)]
    fn add(self, b: Self) -> Self {
        self + b
    }

    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        self - b
    }

    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        self * b
    }

    #[inline(always)]
    fn div(self, b: Self) -> Self {
        self / b
    }

    #[inline(always)]
    fn pow(self, b: Self) -> Self {
        Self::new(self.0.pow::<F>(b.0))
    }

    #[inline(always)]
    fn max(self, b: Self) -> Self {
        let (a, b) = (self.0, b.0);
        Self::new(if a > b || a.is_nan() { a } else { b })
    }

    #[inline(always)]
    fn min(self, b: Self) -> Self {
        let (a, b) = (self.0, b.0);
        Self::new(if a < b || a.is_nan() { a } else { b })
    }
}
