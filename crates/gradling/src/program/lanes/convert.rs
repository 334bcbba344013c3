//! Parameters between the numbers they are kept in and those a program computes in.
//!
//! Each is one pass over all, for of a small network a step takes little more than such passes.

use super::{Fma, Kernel, Level, Number};

/// Numbers converted together.
const BLOCK: usize = 4;

/// Copies `now` to `before` and gives `slopes` as `f64`.
pub(crate) fn begin<T: Number>(
    level: Level,
    now: &[f64],
    before: &mut [f64],
    slopes: &[T],
    gradient: &mut [f64],
) {
    struct Begin<'a, T>(&'a [f64], &'a mut [f64], &'a [T], &'a mut [f64]);
    impl<T: Number> Kernel for Begin<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<F: Fma>(self) {
            let Begin(now, before, slopes, gradient) = self;
            let (now, now_rest) = now.as_chunks::<BLOCK>();
            let (before, before_rest) = before.as_chunks_mut::<BLOCK>();
            let (slopes, slopes_rest) = slopes.as_chunks::<BLOCK>();
            let (gradient, gradient_rest) = gradient.as_chunks_mut::<BLOCK>();
            let kept = before.iter_mut().zip(now);
            for ((gradient, slopes), (before, now)) in gradient.iter_mut().zip(slopes).zip(kept) {
                *gradient = T::widen(*slopes);
                *before = *now;
            }
            before_rest.copy_from_slice(now_rest);
            for (gradient, slope) in gradient_rest.iter_mut().zip(slopes_rest) {
                *gradient = slope.to_f64();
            }
        }
    }
    level.run(Begin(now, before, slopes, gradient));
}

/// Gives `from` in the numbers of a program, and tells whether all of `from` are finite.
pub(crate) fn narrow<T: Number>(level: Level, from: &[f64], to: &mut [T]) -> bool {
    struct Narrow<'a, T>(&'a [f64], &'a mut [T]);
    impl<T: Number> Kernel for Narrow<'_, T> {
        type Output = bool;
        #[inline(always)]
        fn run<F: Fma>(self) -> bool {
            let (from, from_rest) = self.0.as_chunks::<BLOCK>();
            let (to, to_rest) = self.1.as_chunks_mut::<BLOCK>();
            // 0 · x is 0 for all that is finite, and else NaN, which no addition takes away.
            let mut differences = [0.0; BLOCK];
            for (to, from) in to.iter_mut().zip(from) {
                *to = T::narrow(*from);
                for (difference, x) in differences.iter_mut().zip(from) {
                    *difference += 0.0 * x;
                }
            }
            for (to, from) in to_rest.iter_mut().zip(from_rest) {
                *to = T::from_f64(*from);
                differences[0] += 0.0 * from;
            }
            differences.iter().all(|&difference| difference == 0.0)
        }
    }
    level.run(Narrow(from, to))
}

/// p ← p - rate · g, with g in the numbers of a program, which `to` gives the new parameters in. Tells whether all
/// are finite in these.
pub(crate) fn descend<T: Number>(
    level: Level,
    rate: f64,
    parameters: &mut [f64],
    slopes: &[T],
    to: &mut [T],
) -> bool {
    struct Descend<'a, T>(f64, &'a mut [f64], &'a [T], &'a mut [T]);
    impl<T: Number> Kernel for Descend<'_, T> {
        type Output = bool;
        #[inline(always)]
        fn run<F: Fma>(self) -> bool {
            let Descend(rate, parameters, slopes, to) = self;
            let (parameters, parameters_rest) = parameters.as_chunks_mut::<BLOCK>();
            let (slopes, slopes_rest) = slopes.as_chunks::<BLOCK>();
            let (to, to_rest) = to.as_chunks_mut::<BLOCK>();
            let mut differences = [T::ZERO; BLOCK];
            for ((parameters, slopes), to) in parameters.iter_mut().zip(slopes).zip(to) {
                let slopes = T::widen(*slopes);
                for (parameter, slope) in parameters.iter_mut().zip(slopes) {
                    *parameter -= rate * slope;
                }
                *to = T::narrow(*parameters);
                for (difference, &x) in differences.iter_mut().zip(&*to) {
                    *difference += T::ZERO * x;
                }
            }
            for ((parameter, slope), to) in parameters_rest.iter_mut().zip(slopes_rest).zip(to_rest)
            {
                *parameter -= rate * slope.to_f64();
                *to = T::from_f64(*parameter);
                differences[0] += T::ZERO * *to;
            }
            differences.iter().all(|&difference| difference == T::ZERO)
        }
    }
    level.run(Descend(rate, parameters, slopes, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Number>() {
        for level in Level::available() {
            for count in [0, 1, 3, 4, 5, 8, 337] {
                let now: Vec<f64> = (0..count).map(|i| f64::from(i) * 0.1 - 7.0).collect();
                let right: Vec<T> = now.iter().map(|&x| T::from_f64(x)).collect();
                let mut numbers = vec![T::ZERO; now.len()];
                assert!(narrow(level, &now, &mut numbers));
                assert_eq!(numbers, right);
                let (mut before, mut gradient) = (vec![9.0; now.len()], vec![9.0; now.len()]);
                begin(level, &now, &mut before, &right, &mut gradient);
                assert_eq!(before, now);
                assert_eq!(gradient, right.iter().map(|x| x.to_f64()).collect::<Vec<_>>());
                for at in 0..now.len() {
                    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                        let mut now = now.clone();
                        now[at] = bad;
                        assert!(!narrow(level, &now, &mut numbers), "{bad} at {at} of {count}");
                    }
                }
            }
        }
    }

    fn check_descend<T: Number>() {
        for level in Level::available() {
            for count in [0, 1, 3, 4, 5, 8, 337] {
                let start: Vec<f64> = (0..count).map(|i| f64::from(i) * 0.1 - 7.0).collect();
                let slopes: Vec<T> = start.iter().map(|&x| T::from_f64(x * x)).collect();
                let right: Vec<f64> =
                    start.iter().zip(&slopes).map(|(p, g)| p - 0.3 * g.to_f64()).collect();
                let (mut now, mut numbers) = (start.clone(), vec![T::ZERO; start.len()]);
                assert!(descend(level, 0.3, &mut now, &slopes, &mut numbers));
                assert_eq!(now, right);
                assert!(numbers.iter().zip(&right).all(|(&x, &p)| x == T::from_f64(p)));
                for at in 0..now.len() {
                    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                        let mut now = now.clone();
                        now[at] = bad;
                        let finite = descend(level, 0.3, &mut now, &slopes, &mut numbers);
                        assert!(!finite, "{bad} at {at} of {count}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_step_of_descent_is_that_of_each_parameter() {
        check_descend::<f32>();
        check_descend::<f64>();
        // What only the narrower numbers cannot hold.
        let (mut now, mut numbers) = ([1e300], [0.0_f32]);
        assert!(!descend(Level::BASELINE, 0.3, &mut now, &[0.0], &mut numbers));
    }

    #[test]
    fn numbers_are_converted_one_by_one_and_any_that_is_not_finite_is_told() {
        check::<f32>();
        check::<f64>();
    }
}
