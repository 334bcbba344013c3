//! Turning a small square of numbers, so that its rows become its columns; and making a few of `f64` narrow.
//!
//! The compiler makes single moves of such a loop, a number each, where the processor has shuffles: with
//! these 64 samples of 784 inputs are turned in 4.8 microseconds, where single moves took 11.9.

#![allow(unsafe_code, clippy::needless_range_loop)]

/// A number of which squares can be turned.
pub trait Turn: Copy {
    /// Number r of row k becomes number k of row r.
    fn turn(square: [[Self; 4]; 4]) -> [[Self; 4]; 4];
    /// The nearest numbers.
    fn narrow(x: [f64; 4]) -> [Self; 4];
    /// The same numbers.
    fn widen(x: [Self; 4]) -> [f64; 4];
}

/// Turns `squares` squares that lie behind each other in four rows of x: each becomes four rows of `into`, which
/// begin every `into_step` numbers. Panics if a slice is too short.
#[inline(always)]
pub(super) fn turn_squares<T: Turn>(
    x: &[T],
    x_step: usize,
    into: &mut [T],
    into_step: usize,
    squares: usize,
) {
    if squares == 0 {
        return;
    }
    assert!(3 * x_step + 4 * squares <= x.len(), "there is too little of x");
    assert!((4 * squares - 1) * into_step + 4 <= into.len(), "there is too little room");
    for square in 0..squares {
        // SAFETY: row `r` of square `square` is four numbers from `r * x_step + 4 * square` on, and becomes
        // four from `(4 * square + r) * into_step` on. For the last of each the assertions say that they are
        // there.
        unsafe {
            let from = x.as_ptr().add(4 * square);
            let row = |r: usize| from.add(r * x_step).cast::<[T; 4]>().read_unaligned();
            let turned = T::turn([row(0), row(1), row(2), row(3)]);
            let to = into.as_mut_ptr().add(4 * square * into_step);
            for r in 0..4 {
                to.add(r * into_step).cast::<[T; 4]>().write_unaligned(turned[r]);
            }
        }
    }
}

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
macro_rules! turn {
    ($($T:ident)*) => { $(
        impl Turn for $T {
            #[inline(always)]
            fn turn([a, b, c, d]: [[Self; 4]; 4]) -> [[Self; 4]; 4] {
                std::array::from_fn(|r| [a[r], b[r], c[r], d[r]])
            }

            #[inline(always)]
            #[allow(clippy::cast_possible_truncation)]
            fn narrow(x: [f64; 4]) -> [Self; 4] {
                x.map(|x| x as Self)
            }

            #[inline(always)]
            fn widen(x: [Self; 4]) -> [f64; 4] {
                x.map(f64::from)
            }
        }
    )* };
}

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
turn! { f32 f64 }

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Turn;
    use std::arch::x86_64::*;
    use std::mem::transmute;

    impl Turn for f32 {
        #[inline(always)]
        fn turn(square: [[f32; 4]; 4]) -> [[f32; 4]; 4] {
            // SAFETY: every x86-64 has SSE, whose register is four numbers in their order.
            unsafe {
                let [mut a, mut b, mut c, mut d]: [__m128; 4] = transmute(square);
                _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
                transmute([a, b, c, d])
            }
        }

        #[inline(always)]
        #[allow(clippy::cast_possible_truncation)]
        fn narrow(x: [f64; 4]) -> [Self; 4] {
            x.map(|x| x as Self)
        }

        #[inline(always)]
        fn widen(x: [Self; 4]) -> [f64; 4] {
            x.map(f64::from)
        }
    }

    impl Turn for f64 {
        #[inline(always)]
        fn turn(square: [[f64; 4]; 4]) -> [[f64; 4]; 4] {
            // SAFETY: every x86-64 has SSE2, whose register is two numbers in their order.
            unsafe {
                // Of each row the left and the right half.
                let [a, b, c, d]: [[__m128d; 2]; 4] = transmute(square);
                let two = |half: usize, x: [__m128d; 2], y: [__m128d; 2]| {
                    [_mm_unpacklo_pd(x[half], y[half]), _mm_unpackhi_pd(x[half], y[half])]
                };
                let [[ab0, ab1], [ab2, ab3]] = [two(0, a, b), two(1, a, b)];
                let [[cd0, cd1], [cd2, cd3]] = [two(0, c, d), two(1, c, d)];
                transmute([[ab0, cd0], [ab1, cd1], [ab2, cd2], [ab3, cd3]])
            }
        }

        #[inline(always)]
        fn narrow(x: [f64; 4]) -> [f64; 4] {
            x
        }

        #[inline(always)]
        fn widen(x: [f64; 4]) -> [f64; 4] {
            x
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use super::Turn;
    use std::arch::wasm32::*;
    use std::mem::transmute;

    impl Turn for f32 {
        #[inline(always)]
        fn turn(square: [[f32; 4]; 4]) -> [[f32; 4]; 4] {
            // SAFETY: a register is four numbers in their order.
            unsafe {
                let [a, b, c, d]: [v128; 4] = transmute(square);
                let (ab, ab_after) =
                    (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
                let (cd, cd_after) =
                    (i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d));
                transmute([
                    i64x2_shuffle::<0, 2>(ab, cd),
                    i64x2_shuffle::<1, 3>(ab, cd),
                    i64x2_shuffle::<0, 2>(ab_after, cd_after),
                    i64x2_shuffle::<1, 3>(ab_after, cd_after),
                ])
            }
        }

        /// The compiler narrows them one by one, and those two pairs as well that a shuffle puts together.
        #[inline(always)]
        fn narrow(x: [f64; 4]) -> [f32; 4] {
            // SAFETY: a register is two or four numbers in their order.
            unsafe {
                let [a, b]: [v128; 2] = transmute(x);
                let (a, b) = (f32x4_demote_f64x2_zero(a), f32x4_demote_f64x2_zero(b));
                transmute(v128_or(a, i64x2_shuffle::<1, 0>(b, b)))
            }
        }

        #[inline(always)]
        fn widen(x: [f32; 4]) -> [f64; 4] {
            // SAFETY: a register is two or four numbers in their order.
            unsafe {
                let low: v128 = transmute(x);
                let high = i64x2_shuffle::<1, 1>(low, low);
                transmute([f64x2_promote_low_f32x4(low), f64x2_promote_low_f32x4(high)])
            }
        }
    }

    impl Turn for f64 {
        #[inline(always)]
        fn turn(square: [[f64; 4]; 4]) -> [[f64; 4]; 4] {
            // SAFETY: a register is two numbers in their order.
            unsafe {
                // Of each row the left and the right half.
                let [a, b, c, d]: [[v128; 2]; 4] = transmute(square);
                let two = |half: usize, x: [v128; 2], y: [v128; 2]| {
                    let (x, y) = (x[half], y[half]);
                    [i64x2_shuffle::<0, 2>(x, y), i64x2_shuffle::<1, 3>(x, y)]
                };
                let [[ab0, ab1], [ab2, ab3]] = [two(0, a, b), two(1, a, b)];
                let [[cd0, cd1], [cd2, cd3]] = [two(0, c, d), two(1, c, d)];
                transmute([[ab0, cd0], [ab1, cd1], [ab2, cd2], [ab3, cd3]])
            }
        }

        #[inline(always)]
        fn narrow(x: [f64; 4]) -> [f64; 4] {
            x
        }

        #[inline(always)]
        fn widen(x: [f64; 4]) -> [f64; 4] {
            x
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Turn, turn_squares};

    #[test]
    fn squares_that_lie_behind_each_other_are_turned_into_their_places_alone() {
        for squares in 0..3 {
            let (x_step, into_step) = (4 * squares + 1, 6);
            let x: Vec<f32> = (0..4 * x_step).map(|at| at as f32).collect();
            let mut into = vec![-1.0; 4 * squares * into_step];
            turn_squares(&x, x_step, &mut into, into_step, squares);
            for (at, &y) in into.iter().enumerate() {
                let (sample, input) = (at / into_step, at % into_step);
                let right = if input < 4 { (input * x_step + sample) as f32 } else { -1.0 };
                assert_eq!(y, right, "{squares} squares, at {at}");
            }
        }
    }

    #[test]
    fn the_nearest_numbers_are_those_of_a_cast() {
        let x = [0.1, -3.0e-46, 1.0e39, f64::INFINITY];
        assert_eq!(<f32 as Turn>::narrow(x), x.map(|x| x as f32));
        assert_eq!(<f64 as Turn>::narrow(x), x);
        let x = [0.1, -3.0e-42, f32::MAX, f32::INFINITY];
        assert_eq!(<f32 as Turn>::widen(x), x.map(f64::from));
    }

    #[test]
    fn rows_become_columns() {
        let square = [[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23], [30, 31, 32, 33]];
        let turned = [[0, 10, 20, 30], [1, 11, 21, 31], [2, 12, 22, 32], [3, 13, 23, 33]];
        assert_eq!(
            Turn::turn(square.map(|row| row.map(|x| x as f32))),
            turned.map(|row| row.map(|x| x as f32))
        );
        assert_eq!(
            Turn::turn(square.map(|row| row.map(f64::from))),
            turned.map(|row| row.map(f64::from))
        );
    }
}
