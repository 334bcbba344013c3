//! Vectors of a few numbers: what a kernel is written in, once for every processor and number type.
//!
//! A kernel is generic over [`Lanes`] and inlined as a whole, so that it is compiled with the
//! instructions of the implementation it was given.

use std::marker::PhantomData;
use std::ops::{Add, AddAssign, Mul, Sub};

/// The numbers of a kernel: `f32` or `f64`.
pub trait Number:
    Copy
    + Default
    + PartialOrd
    + Add<Output = Self>
    + AddAssign
    + Mul<Output = Self>
    + Sub<Output = Self>
    + private::Processor
    + 'static
{
    /// The nearest number of this type.
    fn of(x: f64) -> Self;
}

impl Number for f32 {
    fn of(x: f64) -> Self {
        x as f32
    }
}

impl Number for f64 {
    fn of(x: f64) -> Self {
        x
    }
}

pub(super) use private::{Kernel, Lanes, OnLanes};

/// Public in name only, since they are part of what [`Number`] is.
mod private {
    use super::{Number, WIDEST};

    /// What this processor has for a number type.
    pub trait Processor: Sized {
        /// Hands the best lanes there are to what is wanted of them.
        fn best<W: OnLanes<Self>>(wanted: W) -> W::Output;
    }

    /// Something to make with lanes.
    pub trait OnLanes<T> {
        type Output;
        fn with<L: Lanes<Number = T>>(self, lanes: L) -> Self::Output;
    }

    /// Arithmetic on vectors, lane by lane.
    ///
    /// The value itself is the evidence that the processor has the instructions.
    pub trait Lanes: Copy + 'static {
        type Number: Number;
        type Vector: Copy;
        /// How many lanes a vector has.
        const COUNT: usize;

        fn load(self, numbers: &[Self::Number; WIDEST]) -> Self::Vector;
        fn splat(self, x: Self::Number) -> Self::Vector;
        fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
        fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
        /// a·b + c.
        fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
        fn relu(self, a: Self::Vector) -> Self::Vector;
        /// `a` where `condition` is positive, 0 elsewhere.
        fn where_positive(self, condition: Self::Vector, a: Self::Vector) -> Self::Vector;
        /// The sum over the lanes of each of four vectors.
        fn sums(self, vectors: [Self::Vector; 4]) -> [Self::Number; 4];

        /// Runs a kernel, compiled with the instructions of these lanes.
        fn run<K: Kernel<Lanes = Self>>(self, kernel: K) -> Self::Number;
    }

    /// Work that is generic over the lanes it runs on.
    pub trait Kernel {
        type Lanes: Lanes;
        /// Must be inlined, to be compiled with the instructions of its lanes.
        fn run(self) -> <Self::Lanes as Lanes>::Number;
    }
}

/// No vector has more lanes.
pub(super) const WIDEST: usize = 8;

/// Four numbers in an array, on any processor.
#[derive(Clone, Copy)]
pub(super) struct Portable<T>(PhantomData<T>);

impl<T> Portable<T> {
    pub(super) fn new() -> Self {
        Portable(PhantomData)
    }
}

const FOUR: usize = 4;

#[inline(always)]
fn each<T: Number>(f: impl Fn(usize) -> T) -> [T; FOUR] {
    std::array::from_fn(f)
}

impl<T: Number> Lanes for Portable<T> {
    type Number = T;
    type Vector = [T; FOUR];
    const COUNT: usize = FOUR;

    #[inline(always)]
    fn load(self, numbers: &[T; WIDEST]) -> [T; FOUR] {
        each(|i| numbers[i])
    }
    #[inline(always)]
    fn splat(self, x: T) -> [T; FOUR] {
        [x; FOUR]
    }
    #[inline(always)]
    fn add(self, a: [T; FOUR], b: [T; FOUR]) -> [T; FOUR] {
        each(|i| a[i] + b[i])
    }
    #[inline(always)]
    fn mul(self, a: [T; FOUR], b: [T; FOUR]) -> [T; FOUR] {
        each(|i| a[i] * b[i])
    }
    #[inline(always)]
    fn mul_add(self, a: [T; FOUR], b: [T; FOUR], c: [T; FOUR]) -> [T; FOUR] {
        each(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    fn relu(self, a: [T; FOUR]) -> [T; FOUR] {
        each(|i| if a[i] <= T::default() { T::default() } else { a[i] })
    }
    #[inline(always)]
    fn where_positive(self, condition: [T; FOUR], a: [T; FOUR]) -> [T; FOUR] {
        each(|i| if condition[i] > T::default() { a[i] } else { T::default() })
    }
    #[inline(always)]
    fn sums(self, vectors: [[T; FOUR]; 4]) -> [T; 4] {
        each(|i| {
            let v = vectors[i];
            (v[0] + v[1]) + (v[2] + v[3])
        })
    }
    fn run<K: Kernel<Lanes = Self>>(self, kernel: K) -> T {
        kernel.run()
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2;

#[cfg(not(target_arch = "x86_64"))]
impl private::Processor for f32 {
    fn best<W: OnLanes<f32>>(wanted: W) -> W::Output {
        wanted.with(Portable::new())
    }
}

#[cfg(not(target_arch = "x86_64"))]
impl private::Processor for f64 {
    fn best<W: OnLanes<f64>>(wanted: W) -> W::Output {
        wanted.with(Portable::new())
    }
}
