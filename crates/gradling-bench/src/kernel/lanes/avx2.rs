//! 256-bit vectors with fused multiply-add: AVX2 and FMA.
//!
//! Every `unsafe` block rests on one fact: an [`Avx2`] is made by `detect` alone, after the processor said
//! that it has both. Loads and stores go through arrays of at least their size, and need no alignment.
#![allow(unsafe_code)]

use super::private::Processor;
use super::{Kernel, Lanes, OnLanes, Portable, WIDEST};
use std::arch::x86_64::*;
use std::marker::PhantomData;

#[derive(Clone, Copy)]
struct Avx2<T>(PhantomData<T>);

impl<T> Avx2<T> {
    fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        has.then_some(Avx2(PhantomData))
    }
}

#[target_feature(enable = "avx2,fma")]
fn with_avx2<K: Kernel>(kernel: K) -> <K::Lanes as Lanes>::Number {
    kernel.run()
}

/// The operations on vectors of a type, from the names of its intrinsics and how four vectors are summed.
macro_rules! avx2 {
    ($number:ty, $vector:ty, $count:literal, $load:ident, $splat:ident, $zero:ident, $add:ident,
     $mul:ident, $mul_add:ident, $max:ident, $compare:ident, $and:ident, $sums:ident) => {
        impl Lanes for Avx2<$number> {
            type Number = $number;
            type Vector = $vector;
            const COUNT: usize = $count;

            #[inline(always)]
            fn load(self, numbers: &[$number; WIDEST]) -> $vector {
                // SAFETY: the processor has AVX2 (see above), and the array holds a vector.
                unsafe { $load(numbers.as_ptr()) }
            }
            #[inline(always)]
            fn splat(self, x: $number) -> $vector {
                // SAFETY: the processor has AVX2 (see above).
                unsafe { $splat(x) }
            }
            #[inline(always)]
            fn add(self, a: $vector, b: $vector) -> $vector {
                // SAFETY: the processor has AVX2 (see above).
                unsafe { $add(a, b) }
            }
            #[inline(always)]
            fn mul(self, a: $vector, b: $vector) -> $vector {
                // SAFETY: the processor has AVX2 (see above).
                unsafe { $mul(a, b) }
            }
            #[inline(always)]
            fn mul_add(self, a: $vector, b: $vector, c: $vector) -> $vector {
                // SAFETY: the processor has FMA (see above).
                unsafe { $mul_add(a, b, c) }
            }
            #[inline(always)]
            fn relu(self, a: $vector) -> $vector {
                // In this order, so that NaN stays NaN.
                // SAFETY: the processor has AVX2 (see above).
                unsafe { $max($zero(), a) }
            }
            #[inline(always)]
            fn where_positive(self, condition: $vector, a: $vector) -> $vector {
                // SAFETY: the processor has AVX2 (see above).
                unsafe { $and($compare::<_CMP_GT_OQ>(condition, $zero()), a) }
            }
            #[inline(always)]
            fn sums(self, vectors: [$vector; 4]) -> [$number; 4] {
                // SAFETY: the processor has AVX2 (see above).
                unsafe { $sums(vectors) }
            }
            fn run<K: Kernel<Lanes = Self>>(self, kernel: K) -> $number {
                // SAFETY: the processor has AVX2 and FMA (see above).
                unsafe { with_avx2(kernel) }
            }
        }

        impl Processor for $number {
            fn best<W: OnLanes<$number>>(wanted: W) -> W::Output {
                match Avx2::<$number>::detect() {
                    Some(lanes) => wanted.with(lanes),
                    None => wanted.with(Portable::new()),
                }
            }
        }
    };
}

#[rustfmt::skip]
avx2!(
    f32, __m256, 8, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_add_ps,
    _mm256_mul_ps, _mm256_fmadd_ps, _mm256_max_ps, _mm256_cmp_ps, _mm256_and_ps, sums_f32
);
#[rustfmt::skip]
avx2!(
    f64, __m256d, 4, _mm256_loadu_pd, _mm256_set1_pd, _mm256_setzero_pd, _mm256_add_pd,
    _mm256_mul_pd, _mm256_fmadd_pd, _mm256_max_pd, _mm256_cmp_pd, _mm256_and_pd, sums_f64
);

#[inline]
#[target_feature(enable = "avx2,fma")]
fn sums_f32([a, b, c, d]: [__m256; 4]) -> [f32; 4] {
    // Adding neighbours twice leaves the sums of both halves of each vector.
    let halves = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
    let sums = _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps::<1>(halves));
    let mut numbers = [0.0; 4];
    // SAFETY: the array holds four numbers.
    unsafe { _mm_storeu_ps(numbers.as_mut_ptr(), sums) };
    numbers
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn sums_f64([a, b, c, d]: [__m256d; 4]) -> [f64; 4] {
    // Adding neighbours leaves both halves of a and b, and of c and d; then halves meet.
    let (ab, cd) = (_mm256_hadd_pd(a, b), _mm256_hadd_pd(c, d));
    let crossed = _mm256_permute2f128_pd::<0x21>(ab, cd);
    let sums = _mm256_add_pd(crossed, _mm256_blend_pd::<0b1100>(ab, cd));
    let mut numbers = [0.0; 4];
    // SAFETY: the array holds four numbers.
    unsafe { _mm256_storeu_pd(numbers.as_mut_ptr(), sums) };
    numbers
}
