//! Which vector instructions the processor has, and code compiled for each.
//!
//! The compiler makes wide vectors of a loop only where it may assume the instructions for them. So a
//! [`Kernel`] is written once, and [`Level::run`] holds a copy of it for each level: its body is inlined
//! into a function that is compiled with those instructions, and called where they exist.

use super::Number;
use super::vector::{Register, Registers};

/// A set of vector instructions that this machine has.
///
/// Only [`detect`](Level::detect), [`available`](Level::available) and [`BASELINE`](Level::BASELINE)
/// make one, so that nobody holds a level the machine lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// What every processor of the target has: SSE2 on x86-64, NEON on 64-bit ARM; in WebAssembly SIMD if
    /// the module is compiled with it, else scalars.
    pub const BASELINE: Level = Level(Kind::Baseline);

    /// The best level of this machine.
    pub fn detect() -> Level {
        #[cfg(target_arch = "x86_64")]
        {
            // Cheap: the standard library asks the processor once and keeps the answer.
            if avx512_exists() {
                return Level(Kind::Avx512);
            }
            if avx2_exists() {
                return Level(Kind::Avx2);
            }
        }
        Level::BASELINE
    }

    /// Every level of this machine, the plainest first.
    pub fn available() -> Vec<Level> {
        #[cfg(target_arch = "x86_64")]
        {
            let better = [(avx2_exists(), Kind::Avx2), (avx512_exists(), Kind::Avx512)];
            let better = better.into_iter().filter(|(exists, _)| *exists);
            std::iter::once(Kind::Baseline).chain(better.map(|(_, kind)| kind)).map(Level).collect()
        }
        #[cfg(not(target_arch = "x86_64"))]
        vec![Level::BASELINE]
    }

    /// Its name: `baseline`, `avx2`, `avx512`.
    pub const fn name(self) -> &'static str {
        match self.0 {
            Kind::Baseline => "baseline",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
        }
    }

    /// Runs the copy of the kernel that was compiled for this level.
    #[inline]
    #[allow(unsafe_code)]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            Kind::Baseline => kernel.run::<Baseline>(),
            // SAFETY:
            // - `avx2` needs the instructions of AVX2 and FMA, and asks for nothing else.
            // - A `Kind::Avx2` is made in `detect` and `available` only, after `avx2_exists` found them.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2(kernel) },
            // SAFETY:
            // - `avx512` needs the instructions of AVX-512 F, DQ, VL, BW, AVX2 and FMA, and nothing else.
            // - A `Kind::Avx512` is made in `detect` and `available` only, after `avx512_exists` found
            //   them all.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { avx512(kernel) },
        }
    }
}

/// Code to be compiled for every level.
pub(crate) trait Kernel {
    /// What it gives back.
    type Output;

    /// The body. It must be `#[inline(always)]`, and so must all that it calls in its loops: what is not
    /// inlined is compiled for the baseline.
    fn run<F: Fma>(self) -> Self::Output;
}

/// What differs between the levels: the width of a vector, and whether a product and a sum are one
/// instruction.
///
/// # Safety
///
/// Code may be instantiated with such a type only where the instructions of its registers exist. Those of
/// AVX are therefore private to this file, and given to a [`Kernel`] by [`Level::run`] alone.
#[allow(unsafe_code)]
pub unsafe trait Fma: Copy + 'static {
    /// A vector register of numbers.
    type Register<T: Number>: Register<T>;
    /// Vectors beside each other in a tile of sums that the registers hold.
    const TILE: usize;
    /// How many sums they hold.
    const SUMS: usize;

    /// a·b + c, rounded once where the level has an instruction for that, and twice elsewhere.
    fn mul_add<T: Number>(a: T, b: T, c: T) -> T;
}

/// Registers of 16 bytes; a fused multiply-add on 64-bit ARM, where every processor has it.
#[derive(Clone, Copy)]
pub(crate) struct Baseline;

// SAFETY: every processor of the target has these instructions.
#[allow(unsafe_code)]
unsafe impl Fma for Baseline {
    type Register<T: Number> = <T as Registers>::Baseline;

    // 32 registers on 64-bit ARM, 16 on x86, where a product also takes one of its own. WebAssembly has as
    // many as one likes, but its engines run on those 16, and keep one or two for themselves.
    const TILE: usize = match () {
        () if cfg!(target_arch = "aarch64") => 4,
        () if cfg!(target_family = "wasm") => 3,
        () => 2,
    };
    const SUMS: usize = match () {
        () if cfg!(target_arch = "aarch64") => 16,
        () if cfg!(target_family = "wasm") => 8,
        () => 12,
    };

    #[inline(always)]
    fn mul_add<T: Number>(a: T, b: T, c: T) -> T {
        if cfg!(target_arch = "aarch64") { a.mul_add(b, c) } else { a * b + c }
    }
}

/// Registers of 32 bytes, fused.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Avx2;

// SAFETY: private; named in `avx2` alone, which needs the instructions.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
unsafe impl Fma for Avx2 {
    type Register<T: Number> = <T as Registers>::Avx2;

    const TILE: usize = 2; // 6 rows: 12 sums, 2 vectors and a weight in 16 registers
    const SUMS: usize = 12;

    #[inline(always)]
    fn mul_add<T: Number>(a: T, b: T, c: T) -> T {
        a.mul_add(b, c)
    }
}

/// Registers of 64 bytes, fused.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Avx512;

// SAFETY: private; named in `avx512` alone, which needs the instructions.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
unsafe impl Fma for Avx512 {
    type Register<T: Number> = <T as Registers>::Avx512;

    const TILE: usize = 4; // 4 rows: 16 sums, 4 vectors and a weight in 32 registers
    const SUMS: usize = 16;

    #[inline(always)]
    fn mul_add<T: Number>(a: T, b: T, c: T) -> T {
        a.mul_add(b, c)
    }
}

#[cfg(target_arch = "x86_64")]
fn avx2_exists() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

#[cfg(target_arch = "x86_64")]
fn avx512_exists() -> bool {
    avx2_exists()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bw")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl,avx512bw")]
fn avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx512>()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// a·b + c over a row.
    struct Line<'a>(&'a [f64], &'a mut [f64]);

    impl Kernel for Line<'_> {
        type Output = usize;

        #[inline(always)]
        fn run<F: Fma>(self) -> usize {
            for (x, y) in self.0.iter().zip(self.1) {
                *y = F::mul_add(*x, 3.0, 1.0);
            }
            <F::Register<f64>>::LANES
        }
    }

    #[test]
    fn a_kernel_gives_the_same_at_every_level() {
        let x: Vec<f64> = (0..37).map(f64::from).collect();
        let right: Vec<f64> = x.iter().map(|x| 3.0 * x + 1.0).collect();
        let mut widths = Vec::new();
        for level in Level::available() {
            let mut y = vec![0.0; x.len()];
            widths.push(level.run(Line(&x, &mut y)));
            assert_eq!(y, right, "{}", level.name());
        }
        assert!(widths.is_sorted() && widths[0] == 2, "{widths:?}");
    }

    #[test]
    fn the_detected_level_is_the_last_of_those_available() {
        assert_eq!(Level::available().last(), Some(&Level::detect()));
        assert_eq!(Level::available().first(), Some(&Level::BASELINE));
    }
}
