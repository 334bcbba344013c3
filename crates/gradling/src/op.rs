//! The table of operations: name, symbol, inputs, value and derivative, each written once.
//!
//! Everything else reads this table: values, gradients, gradients of gradients, pictures, expressions
//! in text. A derivative is written over [`Real`], "a number or something that computes like one", so
//! that one formula serves the sweep over plain numbers and the recording of a graph of gradients.
//! **Adding an operation is adding one entry.**

use crate::math;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// 1 / √(2π), the height of the normal density.
const FRAC_1_SQRT_2PI: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * 0.5;

/// How many inputs an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// None: the value was given.
    Leaf,
    /// Just so many.
    Fixed(usize),
    /// Any number, told by each node.
    Many,
}

/// Writes, from the entries of the table, [`Op`], [`Real`] with its two standing implementations, and
/// the functions that look a value or a derivative up.
macro_rules! operations {
    (
        one { $( $(#[doc = $doc1:literal])+ $kind1:ident $V1:ident $f1:ident $s1:literal
                 ($a1:ident) => $value1:expr; |$y1:ident, $g1:ident| $da1:expr; )* }
        number { $( $(#[doc = $docn:literal])+ $Vn:ident $fn:ident $sn:literal
                 ($an:ident; $cn:ident) => $valuen:expr; |$gn:ident| $dan:expr; )* }
        two { $( $(#[doc = $doc2:literal])+ $kind2:ident $V2:ident $f2:ident $s2:literal
                 ($a2:ident, $b2:ident) => $value2:expr; |$g2:ident| ($da2:expr, $db2:expr); )* }
    ) => {
        /// How a value came to be.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op {
            /// It was given: an input, a parameter or a number.
            Leaf,
            $( $(#[doc = $doc1])+ $V1, )*
            $( $(#[doc = $docn])+ $Vn, )*
            $( $(#[doc = $doc2])+ $V2, )*
            /// b where a is not 0, else c.
            Select,
            /// x₀ + x₁ + …, one node of many inputs.
            Sum,
            /// (x₀ + x₁ + …) / n.
            Mean,
            /// x₀w₀ + x₁w₁ + …; the inputs are all x, then all w.
            Dot,
            /// x₀w₀ + x₁w₁ + … + b; the inputs are all x, then all w, then b.
            Affine,
            /// ln(e^x₀ + e^x₁ + …), without overflow.
            LogSumExp,
            /// An operation of the user's own, see [`Operation`](crate::Operation).
            Own,
        }

        impl Op {
            /// Every operation, in the order of the table.
            pub const ALL: &'static [Op] = &[
                Op::Leaf, $( Op::$V1, )* $( Op::$Vn, )* $( Op::$V2, )*
                Op::Select, Op::Sum, Op::Mean, Op::Dot, Op::Affine, Op::LogSumExp, Op::Own,
            ];

            /// The name by which text and code call it: `add`, `tanh`.
            pub const fn name(self) -> &'static str {
                match self {
                    Op::Leaf => "leaf",
                    $( Op::$V1 => stringify!($f1), )*
                    $( Op::$Vn => stringify!($fn), )*
                    $( Op::$V2 => stringify!($f2), )*
                    Op::Select => "select", Op::Sum => "sum", Op::Mean => "mean", Op::Dot => "dot",
                    Op::Affine => "affine", Op::LogSumExp => "logsumexp", Op::Own => "own",
                }
            }

            /// The sign by which pictures show it: `+`, `tanh`.
            pub const fn symbol(self) -> &'static str {
                match self {
                    Op::Leaf => "",
                    $( Op::$V1 => $s1, )* $( Op::$Vn => $sn, )* $( Op::$V2 => $s2, )*
                    Op::Select => "select", Op::Sum => "sum", Op::Mean => "mean", Op::Dot => "dot",
                    Op::Affine => "w·x+b", Op::LogSumExp => "logsumexp", Op::Own => "own",
                }
            }

            /// How many values it takes.
            pub const fn arity(self) -> Arity {
                match self {
                    Op::Leaf => Arity::Leaf,
                    $( Op::$V1 )|* $( | Op::$Vn )* => Arity::Fixed(1),
                    $( Op::$V2 )|* => Arity::Fixed(2),
                    Op::Select => Arity::Fixed(3),
                    Op::Sum | Op::Mean | Op::Dot | Op::Affine | Op::LogSumExp | Op::Own => Arity::Many,
                }
            }

            /// Whether it takes a plain number beside its one value: `powf` and `leaky_relu`.
            pub const fn takes_number(self) -> bool {
                matches!(self, $( Op::$Vn )|*)
            }

            /// The operation stored as this byte. Spelled out, so that the compiler sees through it where
            /// the operation is told apart right away.
            #[inline(always)]
            pub(crate) const fn from_byte(byte: u8) -> Op {
                match byte {
                    $( b if b == Op::$V1 as u8 => Op::$V1, )*
                    $( b if b == Op::$Vn as u8 => Op::$Vn, )*
                    $( b if b == Op::$V2 as u8 => Op::$V2, )*
                    b if b == Op::Select as u8 => Op::Select,
                    b if b == Op::Sum as u8 => Op::Sum,
                    b if b == Op::Mean as u8 => Op::Mean,
                    b if b == Op::Dot as u8 => Op::Dot,
                    b if b == Op::Affine as u8 => Op::Affine,
                    b if b == Op::LogSumExp as u8 => Op::LogSumExp,
                    b if b == Op::Own as u8 => Op::Own,
                    _ => Op::Leaf,
                }
            }

            /// Computes an operation of one input; panics for any other.
            #[inline(always)]
            pub(crate) fn value1<R: Real>(self, a: R) -> R {
                match self { $( Op::$V1 => Real::$f1(a), )* _ => not_of(1, self) }
            }

            /// Computes an operation of one input and a number; panics for any other.
            #[inline]
            pub(crate) fn value_number<R: Real>(self, a: R, c: f64) -> R {
                match self { $( Op::$Vn => Real::$fn(a, c), )* _ => not_of(1, self) }
            }

            /// Computes an operation of two inputs; panics for any other.
            #[inline(always)]
            pub(crate) fn value2<R: Real>(self, a: R, b: R) -> R {
                match self { $( Op::$V2 => Real::$f2(a, b), )* _ => not_of(2, self) }
            }

            /// The gradient of the input `a`, given `y`, the value, and `g`, the gradient of the value.
            #[inline(always)]
            pub(crate) fn pull1<R: Real>(self, a: R, y: R, g: R) -> R {
                match self {
                    $( Op::$V1 => { let ($a1, $y1, $g1) = (a, y, g); let _ = ($a1, $y1); $da1 } )*
                    _ => not_of(1, self),
                }
            }

            /// The same for an operation with a number `c`.
            #[inline]
            pub(crate) fn pull_number<R: Real>(self, a: R, c: f64, g: R) -> R {
                match self {
                    $( Op::$Vn => { let ($an, $cn, $gn) = (a, c, g); $dan } )*
                    _ => not_of(1, self),
                }
            }

            /// The gradients of the inputs `a` and `b`, given `g`, the gradient of the value.
            #[inline(always)]
            pub(crate) fn pull2<R: Real>(self, a: R, b: R, g: R) -> (R, R) {
                match self {
                    $( Op::$V2 => { let ($a2, $b2, $g2) = (a, b, g); let _ = ($a2, $b2, $g2); ($da2, $db2) } )*
                    _ => not_of(2, self),
                }
            }
        }

        /// A number, or something that computes like one: `f64` here, and [`Value`](crate::Value), which
        /// remembers. Formulas over it hold for both.
        pub trait Real: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
            + Div<Output = Self> + Neg<Output = Self>
        {
            /// A plain number as one of these.
            fn number(x: f64) -> Self;
            /// `b` where `self` is not 0, else `c`.
            fn select(self, b: Self, c: Self) -> Self;
            $( $(#[doc = $doc1])+ fn $f1(self) -> Self; )*
            $( $(#[doc = $docn])+ fn $fn(self, c: f64) -> Self; )*
            $( $(#[doc = $doc2])+ fn $f2(self, b: Self) -> Self; )*
        }

        impl Real for f64 {
            #[inline]
            fn number(x: f64) -> f64 { x }
            #[inline]
            fn select(self, b: f64, c: f64) -> f64 { if self != 0.0 { b } else { c } }
            $( #[inline] fn $f1(self) -> f64 { let $a1 = self; $value1 } )*
            $( #[inline] fn $fn(self, c: f64) -> f64 { let ($an, $cn) = (self, c); $valuen } )*
            $( #[inline] fn $f2(self, b: f64) -> f64 { let ($a2, $b2) = (self, b); $value2 } )*
        }

        impl Real for crate::Value {
            #[inline]
            fn number(x: f64) -> Self { Self::constant(x) }
            fn select(self, b: Self, c: Self) -> Self { Self::select(self, b, c) }
            $( #[inline] #[track_caller] fn $f1(self) -> Self { Self::one(Op::$V1, self) } )*
            $( #[inline] #[track_caller] fn $fn(self, c: f64) -> Self { Self::with_number(Op::$Vn, self, c) } )*
            $( #[inline] #[track_caller] fn $f2(self, b: Self) -> Self { Self::two(Op::$V2, self, b) } )*
        }

        /// The operations of one value, as methods.
        impl crate::Value {
            $( method! { $kind1 1 $(#[doc = $doc1])+ $V1 $f1 } )*
            $( method! { $kind2 2 $(#[doc = $doc2])+ $V2 $f2 } )*
        }
    };
}

/// The method of [`Value`](crate::Value) for an entry marked `method`; those marked `operator` are
/// written as operators.
macro_rules! method {
    (operator $($rest:tt)*) => {};
    (method 1 $(#[$doc:meta])+ $V:ident $f:ident) => {
        $(#[$doc])+
        #[inline]
        #[track_caller]
        #[must_use]
        pub fn $f(self) -> Self {
            Self::one(Op::$V, self)
        }
    };
    (method 2 $(#[$doc:meta])+ $V:ident $f:ident) => {
        $(#[$doc])+
        #[inline]
        #[track_caller]
        #[must_use]
        pub fn $f(self, b: impl Into<Self>) -> Self {
            Self::two(Op::$V, self, b.into())
        }
    };
}

operations! {
    one {
        /// -a.
        operator Neg neg "neg" (a) => -a; |y, g| -g;
        /// eᵃ.
        method Exp exp "exp" (a) => math::exp(a); |y, g| g * y;
        /// The natural logarithm of a: -∞ at 0, NaN below.
        method Ln ln "ln" (a) => math::ln(a); |y, g| g / a;
        /// √a: NaN below 0.
        method Sqrt sqrt "sqrt" (a) => libm::sqrt(a); |y, g| g / (y + y);
        /// The sine of a, in radians.
        method Sin sin "sin" (a) => math::sin(a); |y, g| g * a.cos();
        /// The cosine of a, in radians.
        method Cos cos "cos" (a) => math::cos(a); |y, g| -(g * a.sin());
        /// The hyperbolic tangent of a.
        method Tanh tanh "tanh" (a) => math::tanh(a); |y, g| g * (R::number(1.0) - y * y);
        /// The logistic function 1 / (1 + e⁻ᵃ).
        method Sigmoid sigmoid "sigmoid" (a) => math::sigmoid(a); |y, g| g * (y * (R::number(1.0) - y));
        /// max(a, 0), with gradient 0 at 0.
        method Relu relu "ReLU" (a) => if a <= 0.0 { 0.0 } else { a };
            |y, g| a.gt(R::number(0.0)).select(g, R::number(0.0));
        /// ln(1 + eᵃ), a smooth `relu`.
        method Softplus softplus "softplus" (a) => math::softplus(a); |y, g| g * a.sigmoid();
        /// a Φ(a), Φ the normal distribution function (Hendrycks and Gimpel, 2016; the exact form).
        method Gelu gelu "GELU" (a) => math::gelu(a);
            |y, g| g * (R::number(0.5) * (R::number(1.0) + (a * R::number(FRAC_1_SQRT_2)).erf())
                + a * R::number(FRAC_1_SQRT_2PI) * (R::number(-0.5) * a * a).exp());
        /// The error function 2/√π ∫₀ᵃ e^-t² dt.
        method Erf erf "erf" (a) => libm::erf(a); |y, g| g * (R::number(FRAC_2_SQRT_PI) * (-(a * a)).exp());
        /// |a|, with gradient 0 at 0.
        method Abs abs "abs" (a) => libm::fabs(a);
            |y, g| a.gt(R::number(0.0)).select(g, a.lt(R::number(0.0)).select(-g, R::number(0.0)));
    }
    number {
        /// a to the power of the number c. The gradient of a⁰ is 0, at 0 too.
        Powf powf "**" (a; c) => math::pow(a, c);
            |g| if c == 0.0 { R::number(0.0) } else { g * (R::number(c) * a.powf(c - 1.0)) };
        /// a above 0, else c·a.
        LeakyRelu leaky_relu "LeakyReLU" (a; c) => if a > 0.0 { a } else { a * c };
            |g| a.gt(R::number(0.0)).select(g, g * R::number(c));
    }
    two {
        /// a + b.
        operator Add add "+" (a, b) => a + b; |g| (g, g);
        /// a - b.
        operator Sub sub "-" (a, b) => a - b; |g| (g, -g);
        /// a · b.
        operator Mul mul "*" (a, b) => a * b; |g| (g * b, g * a);
        /// a / b.
        operator Div div "/" (a, b) => a / b; |g| (g / b, -(g * (a / b)) / b);
        /// aᵇ, for an exponent that is a value. The gradient of a is 0 where b is 0; that of b is NaN
        /// for negative a, and 0 for a = 0 with b ≥ 0.
        // Where an input would make a part of the formula infinite that the whole never uses, it is
        // replaced first: 0·∞ would be NaN, in a gradient of this gradient too.
        operator Pow pow "**" (a, b) => math::pow(a, b);
            |g| (
                // At b = 0 only where 1/a is no number: elsewhere it is the slope of this gradient by b.
                { let has_inverse = a.abs().ge(R::number(f64::MIN_POSITIVE));
                  let safe = b.eq(R::number(0.0)).select(has_inverse.select(b, R::number(1.0)), b);
                  g * (b * a.pow(safe - R::number(1.0))) },
                { let zero = a.eq(R::number(0.0));
                  let safe = zero.select(R::number(1.0), a);
                  let at_zero = b.ge(R::number(0.0)).select(R::number(0.0), R::number(f64::NEG_INFINITY));
                  g * zero.select(at_zero, safe.pow(b) * safe.ln()) });
        /// The larger of a and b: half the gradient to each at a tie; NaN if either is.
        method Max max "max" (a, b) => math::maximum(a, b);
            |g| (a.lt(b).select(R::number(0.0), a.eq(b).select(g * R::number(0.5), g)),
                 b.lt(a).select(R::number(0.0), a.eq(b).select(g * R::number(0.5), g)));
        /// The smaller of a and b: half the gradient to each at a tie; NaN if either is.
        method Min min "min" (a, b) => math::minimum(a, b);
            |g| (b.lt(a).select(R::number(0.0), a.eq(b).select(g * R::number(0.5), g)),
                 a.lt(b).select(R::number(0.0), a.eq(b).select(g * R::number(0.5), g)));
        /// 1 where a < b, else 0; no gradient.
        method Lt lt "<" (a, b) => math::truth(a < b); |g| (R::number(0.0), R::number(0.0));
        /// 1 where a ≤ b, else 0; no gradient.
        method Le le "<=" (a, b) => math::truth(a <= b); |g| (R::number(0.0), R::number(0.0));
        /// 1 where a > b, else 0; no gradient.
        method Gt gt ">" (a, b) => math::truth(a > b); |g| (R::number(0.0), R::number(0.0));
        /// 1 where a ≥ b, else 0; no gradient.
        method Ge ge ">=" (a, b) => math::truth(a >= b); |g| (R::number(0.0), R::number(0.0));
        /// 1 where a = b, else 0; no gradient.
        method Eq eq "==" (a, b) => math::truth(a == b); |g| (R::number(0.0), R::number(0.0));
        /// 1 where a ≠ b, else 0; no gradient.
        method Ne ne "!=" (a, b) => math::truth(a != b); |g| (R::number(0.0), R::number(0.0));
    }
}

impl Op {
    /// The operation that text calls by this name.
    pub fn from_name(name: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.name() == name)
    }
}

#[cold]
#[inline(never)]
fn not_of(inputs: usize, op: Op) -> ! {
    unreachable!("`{}` is not an operation of {inputs} inputs", op.name())
}
