//! The functions held against their stated errors, at every level of the machine.

use super::*;
use crate::op::{Op, Real};

/// Applies one operation to a row, as a program does.
struct Row<'a, T> {
    op: Op,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Number> Kernel for Row<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<F: Fma>(self) {
        macro_rules! row {
            ($($V:ident)*) => {
                match self.op {
                    $( Op::$V => for (x, y) in self.x.iter().zip(self.y) {
                        *y = Op::$V.value1(Fast::<T, F>::of(*x)).get();
                    } )*
                    op => panic!("{}", op.name()),
                }
            };
        }
        row! { Exp Ln Sqrt Sin Cos Tanh Sigmoid Relu Softplus Gelu Erf Abs Neg }
    }
}

/// The power of a row by a row.
struct PowersByRow<'a, T>(&'a [T], &'a [T], &'a mut [T]);

impl<T: Number> Kernel for PowersByRow<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<F: Fma>(self) {
        for ((x, c), y) in self.0.iter().zip(self.1).zip(self.2) {
            *y = Real::pow(Fast::<T, F>::of(*x), Fast::of(*c)).get();
        }
    }
}

fn apply<T: Number>(level: Level, op: Op, x: &[T]) -> Vec<T> {
    let mut y = vec![T::ZERO; x.len()];
    level.run(Row { op, x, y: &mut y });
    y
}

/// Distance of an `f32` from the exact value, in units of its last place (of the smallest normal
/// number's, below it).
fn ulps_single(ours: f32, exact: f64) -> f64 {
    let right = exact as f32;
    if ours == right || ours.is_nan() && exact.is_nan() {
        return 0.0;
    }
    let unit = f64::from(right.abs().next_up()) - f64::from(right.abs());
    (f64::from(ours) - exact).abs() / unit
}

fn ulps_double(ours: f64, right: f64) -> f64 {
    if ours == right || ours.is_nan() && right.is_nan() {
        return 0.0;
    }
    (ours - right).abs() / (right.abs().next_up() - right.abs())
}

/// Every so-many-th `f32` of all there are, infinities, NaN and subnormals among them.
fn all_singles(step: usize) -> Vec<f32> {
    (0..=u32::MAX).step_by(step).map(f32::from_bits).collect()
}

const FUNCTIONS: [Op; 7] = [Op::Exp, Op::Ln, Op::Sin, Op::Cos, Op::Tanh, Op::Sigmoid, Op::Softplus];

/// The worst error of a function over a row, and where.
fn worst_single(level: Level, op: Op, x: &[f32]) -> (f64, f32) {
    let mut worst = (0.0, 0.0);
    for (x, y) in x.iter().zip(apply(level, op, x)) {
        if !Fast::<f32, level::Baseline>::covers(op, *x) {
            continue;
        }
        let error = ulps_single(y, op.value1(f64::from(*x)));
        if error.is_nan() || error > worst.0 {
            worst = (error, *x);
        }
    }
    worst
}

#[test]
fn functions_of_f32_stay_within_2_units_over_all_arguments() {
    let x = all_singles(1009);
    for level in Level::available() {
        for op in FUNCTIONS {
            let (error, x) = worst_single(level, op, &x);
            println!("{} {} {error:.3} at {x:e}", level.name(), op.name());
            assert!(error <= 2.5, "{} {} at {x}: {error}", level.name(), op.name());
        }
    }
}

/// Doubles over all scales, and densely where functions do what is special to them.
fn doubles() -> Vec<f64> {
    let all = (0..=u64::MAX).step_by((u64::MAX / 500_000) as usize | 1).map(f64::from_bits);
    let near = (-400_000..400_000).flat_map(|i| {
        let i = f64::from(i);
        [i * 1e-5, i * 1.77e-3, i * std::f64::consts::FRAC_PI_2, 1.0 + i * 1e-12, i * 1e-300]
    });
    let ends = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 5e-324, -5e-324, 1e-310];
    all.chain(near).chain(ends).collect()
}

#[test]
fn functions_of_f64_stay_within_3_units_of_those_of_eager_execution() {
    let x = doubles();
    for level in Level::available() {
        for op in FUNCTIONS {
            let mut worst = (0.0, 0.0);
            for (x, y) in x.iter().zip(apply(level, op, &x)) {
                if !Fast::<f64, level::Baseline>::covers(op, *x) {
                    continue;
                }
                let error = ulps_double(y, op.value1(*x));
                if error.is_nan() || error > worst.0 {
                    worst = (error, *x);
                }
            }
            let (error, x) = worst;
            println!("{} {} {error:.3} at {x:e}", level.name(), op.name());
            assert!(error <= 3.0, "{} {} at {x}: {error}", level.name(), op.name());
        }
    }
}
