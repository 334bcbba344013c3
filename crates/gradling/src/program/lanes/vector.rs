//! Vectors of numbers as wide as a register, for the loops where the compiler must not choose.
//!
//! A row of functions becomes vectors by itself. A tile of sums does not stay in registers by itself:
//! measured, the compiler's own vectors spilled it and ran at a third of the speed. So here are the few
//! instructions that a tile needs, as a type.

// Loops that the compiler unrolls run over indices of several arrays.
#![allow(unsafe_code, clippy::needless_range_loop)]

use super::{Fma, Number};

/// `Self::LANES` numbers in one register of the level that `F` stands for.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Vector<T: Number, F: Fma>(F::Register<T>);

/// A register and its instructions.
///
/// # Safety
///
/// All functions need the instructions of the register's level. `load` and `store` need `LANES` numbers
/// at the pointer, the others with a count need so many, at most `LANES`; no alignment beyond that of
/// `T`.
pub trait Register<T>: Copy {
    /// Numbers in a register.
    const LANES: usize;
    /// The same number everywhere.
    unsafe fn splat(x: T) -> Self;
    /// Numbers from memory.
    unsafe fn load(from: *const T) -> Self;
    /// The first `count` numbers from memory and zeros behind them.
    unsafe fn load_some(from: *const T, count: usize) -> Self;
    /// Numbers to memory.
    unsafe fn store(self, to: *mut T);
    /// The first `count` numbers to memory.
    unsafe fn store_some(self, to: *mut T, count: usize);
    /// self + b.
    unsafe fn add(self, b: Self) -> Self;
    /// self · b + c, rounded as the level's [`Fma`] rounds.
    unsafe fn mul_add(self, b: Self, c: Self) -> Self;
    /// The sum of all, halves first.
    unsafe fn total(self) -> T;
    /// The sums of four registers, each as [`total`](Register::total) adds them.
    unsafe fn totals(four: [Self; 4]) -> [T; 4];
    /// The same for four times four.
    #[inline(always)]
    unsafe fn totals_of_rows([a, b, c, d]: [[Self; 4]; 4]) -> [[T; 4]; 4] {
        // SAFETY: what is asked of the caller.
        unsafe { [Self::totals(a), Self::totals(b), Self::totals(c), Self::totals(d)] }
    }
}

/// The registers that hold a number, at each level.
pub trait Registers: Sized {
    /// At the baseline.
    type Baseline: Register<Self>;
    /// With AVX2.
    #[cfg(target_arch = "x86_64")]
    type Avx2: Register<Self>;
    /// With AVX-512.
    #[cfg(target_arch = "x86_64")]
    type Avx512: Register<Self>;
}

// SAFETY, for every block of this `impl`:
// - The instructions exist: that is what `Fma` asks of the code that names an `F`.
// - The slices are as long as the pointers' readers and writers need: `..Self::LANES` panics otherwise,
//   and a count is the length of the slice, cut to `LANES`.
impl<T: Number, F: Fma> Vector<T, F> {
    pub(super) const LANES: usize = <F::Register<T>>::LANES;

    #[inline(always)]
    pub(super) fn splat(x: T) -> Self {
        Vector(unsafe { F::Register::splat(x) })
    }

    /// The numbers at a pointer.
    ///
    /// # Safety
    /// There must be `LANES` numbers.
    #[inline(always)]
    pub(super) unsafe fn read(from: *const T) -> Self {
        Vector(unsafe { F::Register::load(from) })
    }

    /// Writes to a pointer.
    ///
    /// # Safety
    /// There must be `LANES` numbers, and ours alone.
    #[inline(always)]
    pub(super) unsafe fn write(self, to: *mut T) {
        unsafe { self.0.store(to) }
    }

    /// The first numbers of a slice.
    #[inline(always)]
    pub(super) fn load(x: &[T]) -> Self {
        let x = &x[..Self::LANES];
        Vector(unsafe { F::Register::load(x.as_ptr()) })
    }

    /// The first numbers of a slice, with zeros behind it if it is shorter.
    #[inline(always)]
    pub(super) fn load_some(x: &[T]) -> Self {
        let count = x.len().min(Self::LANES);
        Vector(unsafe { F::Register::load_some(x.as_ptr(), count) })
    }

    #[inline(always)]
    pub(super) fn add(self, b: Self) -> Self {
        Vector(unsafe { self.0.add(b.0) })
    }

    /// self · b + c.
    #[inline(always)]
    pub(super) fn mul_add(self, b: Self, c: Self) -> Self {
        Vector(unsafe { self.0.mul_add(b.0, c.0) })
    }

    /// The sums of all numbers of each vector.
    #[inline(always)]
    pub(super) fn totals<const M: usize, const N: usize>(x: [[Self; N]; M]) -> [[T; N]; M] {
        let mut totals = [[T::ZERO; N]; M];
        if M == 4 && N == 4 {
            let mut raw = [[x[0][0].0; 4]; 4];
            for r in 0..M {
                for c in 0..N {
                    raw[r][c] = x[r][c].0;
                }
            }
            let raw = unsafe { F::Register::totals_of_rows(raw) };
            for r in 0..M {
                for c in 0..N {
                    totals[r][c] = raw[r][c];
                }
            }
        } else if M == 4 && N <= 2 {
            for c in 0..N {
                let column = [x[0][c].0, x[1 % M][c].0, x[2 % M][c].0, x[3 % M][c].0];
                let column = unsafe { F::Register::totals(column) };
                for r in 0..M {
                    totals[r][c] = column[r];
                }
            }
        } else {
            for r in 0..M {
                for c in 0..N {
                    totals[r][c] = unsafe { x[r][c].0.total() };
                }
            }
        }
        totals
    }
}

/// How the last vector of a row is read and written, of which `count` numbers belong to it.
///
/// # Safety
///
/// `read` and `write` need `count` numbers at the pointer; `count` is 1 at least, and [`Whole`] is for counts
/// from `LANES` on alone.
pub(super) trait End {
    unsafe fn read<T: Number, F: Fma>(from: *const T, count: usize) -> Vector<T, F>;
    unsafe fn write<T: Number, F: Fma>(x: Vector<T, F>, to: *mut T, count: usize);
}

/// The row fills its last vector.
pub(super) struct Whole;

impl End for Whole {
    #[inline(always)]
    unsafe fn read<T: Number, F: Fma>(from: *const T, _count: usize) -> Vector<T, F> {
        // SAFETY: `LANES` numbers are there, as the trait asks.
        unsafe { Vector::read(from) }
    }

    #[inline(always)]
    unsafe fn write<T: Number, F: Fma>(x: Vector<T, F>, to: *mut T, _count: usize) {
        // SAFETY: `LANES` numbers are there, as the trait asks.
        unsafe { x.write(to) }
    }
}

/// The row ends within its last vector. Slower at the levels without masks.
pub(super) struct Part;

impl End for Part {
    #[inline(always)]
    unsafe fn read<T: Number, F: Fma>(from: *const T, count: usize) -> Vector<T, F> {
        // SAFETY: `count` numbers are there, as the trait asks, and no more than `LANES` are read.
        Vector(unsafe { F::Register::load_some(from, count.min(Vector::<T, F>::LANES)) })
    }

    #[inline(always)]
    unsafe fn write<T: Number, F: Fma>(x: Vector<T, F>, to: *mut T, count: usize) {
        // SAFETY: `count` numbers are there, as the trait asks, and no more than `LANES` are written.
        unsafe { x.0.store_some(to, count.min(Vector::<T, F>::LANES)) }
    }
}

/// Where there are no instructions of our own, arrays, which the compiler makes vectors of as it can.
impl<T: Number, const N: usize> Register<T> for [T; N] {
    const LANES: usize = N;

    #[inline(always)]
    unsafe fn splat(x: T) -> Self {
        [x; N]
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: N numbers are there, as the trait asks.
        unsafe { from.cast::<[T; N]>().read() }
    }

    #[inline(always)]
    unsafe fn load_some(from: *const T, count: usize) -> Self {
        // SAFETY: `count` numbers are there, as the trait asks.
        let from = unsafe { std::slice::from_raw_parts(from, count) };
        let mut x = [T::ZERO; N];
        for (x, from) in x.iter_mut().zip(from) {
            *x = *from;
        }
        x
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: N numbers are there, as the trait asks.
        unsafe { to.cast::<[T; N]>().write(self) }
    }

    #[inline(always)]
    unsafe fn store_some(self, to: *mut T, count: usize) {
        // SAFETY: `count` numbers are there, as the trait asks, and ours alone.
        let to = unsafe { std::slice::from_raw_parts_mut(to, count) };
        for (to, x) in to.iter_mut().zip(self) {
            *to = x;
        }
    }

    #[inline(always)]
    unsafe fn add(mut self, b: Self) -> Self {
        for l in 0..N {
            self[l] += b[l];
        }
        self
    }

    #[inline(always)]
    unsafe fn mul_add(self, b: Self, mut c: Self) -> Self {
        for l in 0..N {
            c[l] = super::level::Baseline::mul_add(self[l], b[l], c[l]);
        }
        c
    }

    #[inline(always)]
    unsafe fn total(mut self) -> T {
        let mut half = N / 2;
        while half > 0 {
            for l in 0..half {
                let other = self[l + half];
                self[l] += other;
            }
            half /= 2;
        }
        self[0]
    }

    #[inline(always)]
    unsafe fn totals([a, b, c, d]: [Self; 4]) -> [T; 4] {
        // SAFETY: arrays need no instructions.
        unsafe { [a.total(), b.total(), c.total(), d.total()] }
    }
}

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
impl Registers for f32 {
    type Baseline = [f32; 4];
}

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
impl Registers for f64 {
    type Baseline = [f64; 2];
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! The registers of x86-64.

    use super::{Register, Registers};
    use std::arch::x86_64::*;

    impl Registers for f32 {
        type Baseline = __m128;
        type Avx2 = __m256;
        type Avx512 = __m512;
    }

    impl Registers for f64 {
        type Baseline = __m128d;
        type Avx2 = __m256d;
        type Avx512 = __m512d;
    }

    /// Masks for `load_some`: from position 8 - count on, the first `count` are all ones.
    static ONES_THEN_ZEROS_32: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    static ONES_THEN_ZEROS_64: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

    /// A register of which a part is stored by halves: stores under a mask are slow before AVX-512.
    macro_rules! register {
        (
            $R:ty, $T:ty, $lanes:literal;
            $splat:ident $load:ident $store:ident $add:ident;
            load_some($from:ident, $count:ident) $load_some:expr;
            store_some($x:ident, $to:ident, $n:ident) $store_some:expr;
            mul_add($a:ident, $b:ident, $c:ident) $mul_add:expr;
            total($s:ident) $total:expr;
            totals($p:ident, $q:ident, $r:ident, $u:ident) $totals:expr;
            $(totals_of_rows($rows:ident) $totals_of_rows:expr;)?
        ) => {
            // SAFETY, for every block: what the trait asks of its callers is what the intrinsics ask.
            impl Register<$T> for $R {
                const LANES: usize = $lanes;

                #[inline(always)]
                unsafe fn splat(x: $T) -> Self {
                    unsafe { $splat(x) }
                }

                #[inline(always)]
                unsafe fn load(from: *const $T) -> Self {
                    unsafe { $load(from) }
                }

                #[inline(always)]
                unsafe fn load_some($from: *const $T, $count: usize) -> Self {
                    unsafe { $load_some }
                }

                #[inline(always)]
                unsafe fn store(self, to: *mut $T) {
                    unsafe { $store(to, self) }
                }

                #[inline(always)]
                unsafe fn store_some(self, $to: *mut $T, $n: usize) {
                    let $x = self;
                    unsafe { $store_some }
                }

                #[inline(always)]
                unsafe fn add(self, b: Self) -> Self {
                    unsafe { $add(self, b) }
                }

                #[inline(always)]
                unsafe fn mul_add(self, $b: Self, $c: Self) -> Self {
                    let $a = self;
                    unsafe { $mul_add }
                }

                #[inline(always)]
                unsafe fn total(self) -> $T {
                    let $s = self;
                    unsafe { $total }
                }

                #[inline(always)]
                unsafe fn totals([$p, $q, $r, $u]: [Self; 4]) -> [$T; 4] {
                    unsafe { $totals }
                }

                $(
                    #[inline(always)]
                    unsafe fn totals_of_rows($rows: [[Self; 4]; 4]) -> [[$T; 4]; 4] {
                        unsafe { $totals_of_rows }
                    }
                )?
            }
        };
    }

    register! {
        __m128, f32, 4;
        _mm_set1_ps _mm_loadu_ps _mm_storeu_ps _mm_add_ps;
        load_some(from, count) match count {
            0 => _mm_setzero_ps(),
            1 => _mm_set_ps(0.0, 0.0, 0.0, *from),
            2 => _mm_set_ps(0.0, 0.0, *from.add(1), *from),
            3 => _mm_set_ps(0.0, *from.add(2), *from.add(1), *from),
            _ => _mm_loadu_ps(from),
        };
        store_some(x, to, count) {
            let (mut x, mut to) = (x, to);
            if count >= 4 {
                return _mm_storeu_ps(to, x);
            }
            if count & 2 != 0 {
                _mm_storel_pd(to.cast(), _mm_castps_pd(x));
                x = _mm_movehl_ps(x, x);
                to = to.add(2);
            }
            if count & 1 != 0 {
                _mm_store_ss(to, x);
            }
        };
        mul_add(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c);
        total(x) {
            let x = _mm_add_ps(x, _mm_movehl_ps(x, x));
            _mm_cvtss_f32(_mm_add_ss(x, _mm_shuffle_ps::<1>(x, x)))
        };
        totals(a, b, c, d) {
            let ab = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
            let cd = _mm_add_ps(_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
            let mut totals = [0.0; 4];
            _mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab)).store(totals.as_mut_ptr());
            totals
        };
    }

    register! {
        __m128d, f64, 2;
        _mm_set1_pd _mm_loadu_pd _mm_storeu_pd _mm_add_pd;
        load_some(from, count) match count {
            0 => _mm_setzero_pd(),
            1 => _mm_load_sd(from),
            _ => _mm_loadu_pd(from),
        };
        store_some(x, to, count) match count {
            0 => (),
            1 => _mm_store_sd(to, x),
            _ => _mm_storeu_pd(to, x),
        };
        mul_add(a, b, c) _mm_add_pd(_mm_mul_pd(a, b), c);
        total(x) _mm_cvtsd_f64(_mm_add_sd(x, _mm_unpackhi_pd(x, x)));
        totals(a, b, c, d) {
            let mut totals = [0.0; 4];
            let ab = _mm_add_pd(_mm_unpacklo_pd(a, b), _mm_unpackhi_pd(a, b));
            let cd = _mm_add_pd(_mm_unpacklo_pd(c, d), _mm_unpackhi_pd(c, d));
            ab.store(totals.as_mut_ptr());
            cd.store(totals.as_mut_ptr().add(2));
            totals
        };
    }

    register! {
        __m256, f32, 8;
        _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_add_ps;
        load_some(from, count) {
            let mask = ONES_THEN_ZEROS_32.as_ptr().add(8 - count);
            _mm256_maskload_ps(from, _mm256_loadu_si256(mask.cast()))
        };
        store_some(x, to, count) {
            if count >= 8 {
                return _mm256_storeu_ps(to, x);
            }
            let (mut x, mut to) = (x, to);
            let mut half = _mm256_castps256_ps128(x);
            if count & 4 != 0 {
                _mm_storeu_ps(to, half);
                x = _mm256_permute2f128_ps::<0x81>(x, x);
                half = _mm256_castps256_ps128(x);
                to = to.add(4);
            }
            half.store_some(to, count & 3);
        };
        mul_add(a, b, c) _mm256_fmadd_ps(a, b, c);
        total(x) _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x)).total();
        totals(a, b, c, d) __m128::totals([
            _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a)),
            _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps::<1>(b)),
            _mm_add_ps(_mm256_castps256_ps128(c), _mm256_extractf128_ps::<1>(c)),
            _mm_add_ps(_mm256_castps256_ps128(d), _mm256_extractf128_ps::<1>(d)),
        ]);
    }

    register! {
        __m256d, f64, 4;
        _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_add_pd;
        load_some(from, count) {
            let mask = ONES_THEN_ZEROS_64.as_ptr().add(4 - count);
            _mm256_maskload_pd(from, _mm256_loadu_si256(mask.cast()))
        };
        store_some(x, to, count) {
            if count >= 4 {
                return _mm256_storeu_pd(to, x);
            }
            let (mut to, mut half) = (to, _mm256_castpd256_pd128(x));
            if count & 2 != 0 {
                _mm_storeu_pd(to, half);
                half = _mm256_extractf128_pd::<1>(x);
                to = to.add(2);
            }
            half.store_some(to, count & 1);
        };
        mul_add(a, b, c) _mm256_fmadd_pd(a, b, c);
        total(x) _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd::<1>(x)).total();
        totals(a, b, c, d) __m128d::totals([
            _mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd::<1>(a)),
            _mm_add_pd(_mm256_castpd256_pd128(b), _mm256_extractf128_pd::<1>(b)),
            _mm_add_pd(_mm256_castpd256_pd128(c), _mm256_extractf128_pd::<1>(c)),
            _mm_add_pd(_mm256_castpd256_pd128(d), _mm256_extractf128_pd::<1>(d)),
        ]);
    }

    register! {
        __m512, f32, 16;
        _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps _mm512_add_ps;
        load_some(from, count) _mm512_maskz_loadu_ps(((1_u32 << count) - 1) as __mmask16, from);
        store_some(x, to, count) _mm512_mask_storeu_ps(to, ((1_u32 << count) - 1) as __mmask16, x);
        mul_add(a, b, c) _mm512_fmadd_ps(a, b, c);
        total(x) _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps::<1>(x)).total();
        totals(a, b, c, d) __m256::totals([
            _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps::<1>(a)),
            _mm256_add_ps(_mm512_castps512_ps256(b), _mm512_extractf32x8_ps::<1>(b)),
            _mm256_add_ps(_mm512_castps512_ps256(c), _mm512_extractf32x8_ps::<1>(c)),
            _mm256_add_ps(_mm512_castps512_ps256(d), _mm512_extractf32x8_ps::<1>(d)),
        ]);
        totals_of_rows(x) {
            // Quarter r of y[c] is a quarter of the sum of x[r][c].
            let mut y = x[0];
            for c in 0..4 {
                let [a, b, third, d] = [x[0][c], x[1][c], x[2][c], x[3][c]];
                let ab = _mm512_add_ps(
                    _mm512_shuffle_f32x4::<0x44>(a, b),
                    _mm512_shuffle_f32x4::<0xEE>(a, b),
                );
                let cd = _mm512_add_ps(
                    _mm512_shuffle_f32x4::<0x44>(third, d),
                    _mm512_shuffle_f32x4::<0xEE>(third, d),
                );
                y[c] = _mm512_add_ps(
                    _mm512_shuffle_f32x4::<0x88>(ab, cd),
                    _mm512_shuffle_f32x4::<0xDD>(ab, cd),
                );
            }
            let ab = _mm512_add_ps(_mm512_unpacklo_ps(y[0], y[1]), _mm512_unpackhi_ps(y[0], y[1]));
            let cd = _mm512_add_ps(_mm512_unpacklo_ps(y[2], y[3]), _mm512_unpackhi_ps(y[2], y[3]));
            let (ab, cd) = (_mm512_castps_pd(ab), _mm512_castps_pd(cd));
            let (low, high) = (_mm512_unpacklo_pd(ab, cd), _mm512_unpackhi_pd(ab, cd));
            let sums = _mm512_add_ps(_mm512_castpd_ps(low), _mm512_castpd_ps(high));
            let mut totals = [[0.0; 4]; 4];
            sums.store(totals.as_flattened_mut().as_mut_ptr());
            totals
        };
    }

    register! {
        __m512d, f64, 8;
        _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_add_pd;
        load_some(from, count) _mm512_maskz_loadu_pd(((1_u32 << count) - 1) as __mmask8, from);
        store_some(x, to, count) _mm512_mask_storeu_pd(to, ((1_u32 << count) - 1) as __mmask8, x);
        mul_add(a, b, c) _mm512_fmadd_pd(a, b, c);
        total(x) _mm256_add_pd(_mm512_castpd512_pd256(x), _mm512_extractf64x4_pd::<1>(x)).total();
        totals(a, b, c, d) __m256d::totals([
            _mm256_add_pd(_mm512_castpd512_pd256(a), _mm512_extractf64x4_pd::<1>(a)),
            _mm256_add_pd(_mm512_castpd512_pd256(b), _mm512_extractf64x4_pd::<1>(b)),
            _mm256_add_pd(_mm512_castpd512_pd256(c), _mm512_extractf64x4_pd::<1>(c)),
            _mm256_add_pd(_mm512_castpd512_pd256(d), _mm512_extractf64x4_pd::<1>(d)),
        ]);
        totals_of_rows(x) {
            // Quarter r of y[c] is a quarter of the sum of x[r][c].
            let mut y = x[0];
            for c in 0..4 {
                let [a, b, third, d] = [x[0][c], x[1][c], x[2][c], x[3][c]];
                let ab = _mm512_add_pd(
                    _mm512_shuffle_f64x2::<0x44>(a, b),
                    _mm512_shuffle_f64x2::<0xEE>(a, b),
                );
                let cd = _mm512_add_pd(
                    _mm512_shuffle_f64x2::<0x44>(third, d),
                    _mm512_shuffle_f64x2::<0xEE>(third, d),
                );
                y[c] = _mm512_add_pd(
                    _mm512_shuffle_f64x2::<0x88>(ab, cd),
                    _mm512_shuffle_f64x2::<0xDD>(ab, cd),
                );
            }
            let ab = _mm512_add_pd(_mm512_unpacklo_pd(y[0], y[1]), _mm512_unpackhi_pd(y[0], y[1]));
            let cd = _mm512_add_pd(_mm512_unpacklo_pd(y[2], y[3]), _mm512_unpackhi_pd(y[2], y[3]));
            let (mut left, mut right) = ([[0.0; 2]; 4], [[0.0; 2]; 4]);
            ab.store(left.as_flattened_mut().as_mut_ptr());
            cd.store(right.as_flattened_mut().as_mut_ptr());
            let mut totals = [[0.0; 4]; 4];
            for r in 0..4 {
                totals[r] = [left[r][0], left[r][1], right[r][0], right[r][1]];
            }
            totals
        };
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    //! The registers of WebAssembly, where the module is compiled for them: an engine that lacks them does
    //! not load it, so there is nothing to detect. No relaxed instructions, whose results an engine may
    //! choose: the sums are made in the order of those of x86-64's baseline, and so have its bits.

    use super::{Register, Registers};
    use std::arch::wasm32::*;

    impl Registers for f32 {
        type Baseline = v128;
    }

    impl Registers for f64 {
        type Baseline = v128;
    }

    // SAFETY, for every block of the two `impl`s: what the trait asks of its callers, numbers at the
    // pointers, is what the loads and stores need; they need no alignment. The other instructions are safe
    // where the module has SIMD, which the `cfg` above says.
    impl Register<f32> for v128 {
        const LANES: usize = 4;

        #[inline(always)]
        unsafe fn splat(x: f32) -> Self {
            f32x4_splat(x)
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            unsafe { v128_load(from.cast()) }
        }

        #[inline(always)]
        unsafe fn load_some(from: *const f32, count: usize) -> Self {
            unsafe {
                match count {
                    0 => f32x4_splat(0.0),
                    1 => v128_load32_zero(from.cast()),
                    2 => v128_load64_zero(from.cast()),
                    3 => v128_load32_lane::<2>(v128_load64_zero(from.cast()), from.add(2).cast()),
                    _ => v128_load(from.cast()),
                }
            }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe { v128_store(to.cast(), self) }
        }

        #[inline(always)]
        unsafe fn store_some(self, to: *mut f32, count: usize) {
            unsafe {
                match count {
                    0 => (),
                    1 => v128_store32_lane::<0>(self, to.cast()),
                    2 => v128_store64_lane::<0>(self, to.cast()),
                    3 => {
                        v128_store64_lane::<0>(self, to.cast());
                        v128_store32_lane::<2>(self, to.add(2).cast());
                    }
                    _ => v128_store(to.cast(), self),
                }
            }
        }

        #[inline(always)]
        unsafe fn add(self, b: Self) -> Self {
            f32x4_add(self, b)
        }

        #[inline(always)]
        unsafe fn mul_add(self, b: Self, c: Self) -> Self {
            f32x4_add(f32x4_mul(self, b), c)
        }

        #[inline(always)]
        unsafe fn total(self) -> f32 {
            let x = f32x4_add(self, i32x4_shuffle::<2, 3, 2, 3>(self, self));
            f32x4_extract_lane::<0>(x) + f32x4_extract_lane::<1>(x)
        }

        #[inline(always)]
        unsafe fn totals([a, b, c, d]: [Self; 4]) -> [f32; 4] {
            let halves = |x, y| {
                let (left, right) =
                    (i32x4_shuffle::<0, 4, 1, 5>(x, y), i32x4_shuffle::<2, 6, 3, 7>(x, y));
                f32x4_add(left, right)
            };
            let (ab, cd) = (halves(a, b), halves(c, d));
            let (left, right) = (i64x2_shuffle::<0, 2>(ab, cd), i64x2_shuffle::<1, 3>(ab, cd));
            let mut totals = [0.0; 4];
            unsafe { f32x4_add(left, right).store(totals.as_mut_ptr()) };
            totals
        }
    }

    impl Register<f64> for v128 {
        const LANES: usize = 2;

        #[inline(always)]
        unsafe fn splat(x: f64) -> Self {
            f64x2_splat(x)
        }

        #[inline(always)]
        unsafe fn load(from: *const f64) -> Self {
            unsafe { v128_load(from.cast()) }
        }

        #[inline(always)]
        unsafe fn load_some(from: *const f64, count: usize) -> Self {
            unsafe {
                match count {
                    0 => f64x2_splat(0.0),
                    1 => v128_load64_zero(from.cast()),
                    _ => v128_load(from.cast()),
                }
            }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f64) {
            unsafe { v128_store(to.cast(), self) }
        }

        #[inline(always)]
        unsafe fn store_some(self, to: *mut f64, count: usize) {
            unsafe {
                match count {
                    0 => (),
                    1 => v128_store64_lane::<0>(self, to.cast()),
                    _ => v128_store(to.cast(), self),
                }
            }
        }

        #[inline(always)]
        unsafe fn add(self, b: Self) -> Self {
            f64x2_add(self, b)
        }

        #[inline(always)]
        unsafe fn mul_add(self, b: Self, c: Self) -> Self {
            f64x2_add(f64x2_mul(self, b), c)
        }

        #[inline(always)]
        unsafe fn total(self) -> f64 {
            f64x2_extract_lane::<0>(self) + f64x2_extract_lane::<1>(self)
        }

        #[inline(always)]
        unsafe fn totals([a, b, c, d]: [Self; 4]) -> [f64; 4] {
            let sums = |x, y| f64x2_add(i64x2_shuffle::<0, 2>(x, y), i64x2_shuffle::<1, 3>(x, y));
            let mut totals = [0.0; 4];
            unsafe {
                sums(a, b).store(totals.as_mut_ptr());
                sums(c, d).store(totals.as_mut_ptr().add(2));
            }
            totals
        }
    }
}
