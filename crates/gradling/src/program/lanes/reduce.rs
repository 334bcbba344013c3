//! Sums over a row, and the logarithm of a sum of exponentials over several.

use super::{Fast, Fma, Kernel, Lane, Level, Number};
use crate::Real;

/// Partial sums: as many as the widest vectors hold, so that a sum is a few vector additions. The same at
/// every level, so that the order of the additions is, too.
const PARTS: usize = 16;

/// The partial sums, added pair by pair.
#[inline(always)]
fn halve<T: Number>(mut parts: [T; PARTS]) -> T {
    let mut half = PARTS / 2;
    while half > 0 {
        for i in 0..half {
            parts[i] += parts[i + half];
        }
        half /= 2;
    }
    parts[0]
}

/// x₀ + x₁ + …
pub(crate) fn total<T: Number>(level: Level, x: &[T]) -> T {
    struct Total<'a, T>(&'a [T]);
    impl<T: Number> Kernel for Total<'_, T> {
        type Output = T;
        #[inline(always)]
        fn run<F: Fma>(self) -> T {
            let mut parts = [T::ZERO; PARTS];
            let (blocks, rest) = self.0.as_chunks::<PARTS>();
            for block in blocks {
                for (part, &x) in parts.iter_mut().zip(block) {
                    *part += x;
                }
            }
            for (part, &x) in parts.iter_mut().zip(rest) {
                *part += x;
            }
            halve(parts)
        }
    }
    level.run(Total(x))
}

/// x₀w₀ + x₁w₁ + …
pub(crate) fn dot<T: Number>(level: Level, x: &[T], w: &[T]) -> T {
    struct Dot<'a, T>(&'a [T], &'a [T]);
    impl<T: Number> Kernel for Dot<'_, T> {
        type Output = T;
        #[inline(always)]
        fn run<F: Fma>(self) -> T {
            let mut parts = [T::ZERO; PARTS];
            let (x, x_rest) = self.0.as_chunks::<PARTS>();
            let (w, w_rest) = self.1.as_chunks::<PARTS>();
            for (x, w) in x.iter().zip(w) {
                for i in 0..PARTS {
                    parts[i] = F::mul_add(x[i], w[i], parts[i]);
                }
            }
            for (i, (&x, &w)) in x_rest.iter().zip(w_rest).enumerate() {
                parts[i] = F::mul_add(x, w, parts[i]);
            }
            halve(parts)
        }
    }
    level.run(Dot(x, w))
}

/// `out = ln(e^x₀ + e^x₁ + …)`, element by element, over `items`: rows that lie one after the other, each
/// as long as `out`. Shifted by the largest, so that nothing overflows.
pub(crate) struct LogSumExp<'a, T> {
    /// Used up.
    pub(crate) items: &'a mut [T],
    pub(crate) out: &'a mut [T],
    /// Room for a row.
    pub(crate) top: &'a mut [T],
}

impl<T: Number> Kernel for LogSumExp<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<F: Fma>(self) {
        let LogSumExp { items, out, top } = self;
        let lane = Fast::<T, F>::of;
        let width = out.len();
        top.fill(-(T::ONE / T::ZERO));
        for item in items.chunks_exact(width) {
            for (top, &x) in top.iter_mut().zip(item) {
                *top = Real::max(lane(*top), lane(x)).get();
            }
        }
        for item in items.chunks_exact_mut(width) {
            for (x, &top) in item.iter_mut().zip(&*top) {
                *x = *x - top;
            }
        }
        // In one loop over all, for rows may be short.
        for x in items.iter_mut() {
            *x = lane(*x).exp().get();
        }
        out.fill(T::ZERO);
        for item in items.chunks_exact(width) {
            for (sum, &x) in out.iter_mut().zip(item) {
                *sum += x;
            }
        }
        for (x, &top) in out.iter_mut().zip(&*top) {
            // All -∞, or an infinity or NaN that decides the result: ln 1 = 0 leaves it as it is.
            let sum = if top.is_finite() { *x } else { T::ONE };
            *x = lane(sum).ln().get() + top;
        }
    }
}
