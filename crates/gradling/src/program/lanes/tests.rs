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

/// The hyperbolic tangents of a row.
struct Tanhs<'a, T>(&'a [T], &'a mut [T]);

impl<T: Number> Kernel for Tanhs<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<F: Fma>(self) {
        T::tanh_row::<F>(self.0, self.1);
    }
}

/// The power of a row by a number.
struct Powers<'a, T>(f64, &'a [T], &'a mut [T]);

impl<T: Number> Kernel for Powers<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<F: Fma>(self) {
        for (x, y) in self.1.iter().zip(self.2) {
            *y = Fast::<T, F>::of(*x).powf(self.0).get();
        }
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
fn functions_of_f32_stay_within_their_stated_error_over_all_arguments() {
    let x = all_singles(2003);
    for level in Level::available() {
        for op in FUNCTIONS {
            let (error, x) = worst_single(level, op, &x);
            let looser = matches!(op, Op::Tanh | Op::Sigmoid | Op::Softplus);
            let bound = if looser { 2.5 } else { 2.0 };
            assert!(error <= bound, "{} {} at {x}: {error}", level.name(), op.name());
        }
    }
}

#[test]
fn a_row_of_tanh_has_the_bits_of_its_elements() {
    let x = all_singles(100_003);
    for level in Level::available() {
        for count in [1, 7, 255, 256, 257, x.len()] {
            let mut y = vec![9.0; count];
            level.run(Tanhs(&x[..count], &mut y));
            let right = apply(level, Op::Tanh, &x[..count]);
            assert!(
                y.iter().zip(&right).all(
                    |(y, right)| y.to_bits() == right.to_bits() || y.is_nan() && right.is_nan()
                )
            );
        }
    }
}

/// Doubles over all scales, and densely where functions do what is special to them.
fn doubles() -> Vec<f64> {
    let all = (0..=u64::MAX).step_by((u64::MAX / 300_000) as usize | 1).map(f64::from_bits);
    let near = (-100_000..100_000).flat_map(|i| {
        let i = f64::from(i);
        [i * 4e-5, i * 7.77e-3, i * std::f64::consts::FRAC_PI_2, 1.0 + i * 1e-12, i * 1e-300]
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
            assert!(error <= 3.0, "{} {} at {x}: {error}", level.name(), op.name());
        }
    }
}

/// Where IEEE and the table of operations say exactly what comes out, rounding apart.
const SPECIAL: [f64; 26] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    3.0,
    -3.0,
    1.5,
    -2.5,
    1000.0,
    -1000.0,
    1e30,
    -1e30,
    1e-30,
    -1e-30,
    1e-40,
    -1e-40,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    88.8,
    -104.0,
    20.0,
];

/// Whether two numbers are the same kind of number: both NaN, or of one sign and equal within a few units.
#[track_caller]
fn assert_alike<T: Number>(ours: T, right: f64, what: &str) {
    let (ours, right) = (ours.to_f64(), T::from_f64(right).to_f64());
    let (unit, least) =
        if T::NAME == "f32" { (f64::from(f32::EPSILON), 1e-45) } else { (f64::EPSILON, 5e-324) };
    let near = ours == right || (ours - right).abs() <= 4.0 * unit * right.abs() + 2.0 * least;
    let alike = near && ours.is_sign_negative() == right.is_sign_negative();
    assert!(alike || ours.is_nan() && right.is_nan(), "{what}: {ours:e} instead of {right:e}");
}

fn check_special<T: Number>() {
    let x: Vec<T> = SPECIAL.map(T::from_f64).to_vec();
    let ops = [Op::Sqrt, Op::Relu, Op::Gelu, Op::Erf, Op::Abs, Op::Neg];
    for level in Level::available() {
        for op in FUNCTIONS.into_iter().chain(ops) {
            for (x, y) in x.iter().zip(apply(level, op, &x)) {
                if Fast::<T, level::Baseline>::covers(op, *x) {
                    let what = format!("{} {} {} {x:?}", level.name(), T::NAME, op.name());
                    assert_alike(y, op.value1(x.to_f64()), &what);
                }
            }
        }
        for c in
            [2.0, 1.0, 3.0, 4.0, -1.0, -2.0, 0.0, 0.5, -0.5, 5.0, -3.0, 1.5, -0.1, f64::INFINITY]
        {
            let mut y = x.clone();
            level.run(Powers(c, &x, &mut y));
            for (x, y) in x.iter().zip(y) {
                let what = format!("{} {} {x:?} to the power of {c}", level.name(), T::NAME);
                assert_alike(y, x.to_f64().powf(c), &what);
                assert_alike(
                    Fast::<T, level::Baseline>::of(*x).powf(c).get(),
                    x.to_f64().powf(c),
                    &what,
                );
            }
        }
        for c in &x {
            let (row, mut y) = (vec![*c; x.len()], x.clone());
            level.run(PowersByRow(&x, &row, &mut y));
            for (x, y) in x.iter().zip(y) {
                let what =
                    format!("{} {} {x:?} to the power of the value {c:?}", level.name(), T::NAME);
                assert_alike(y, Real::pow(x.to_f64(), c.to_f64()), &what);
            }
        }
    }
}

#[test]
fn zeros_infinities_and_nan_come_out_as_in_eager_execution() {
    check_special::<f32>();
    check_special::<f64>();
}

#[test]
fn operations_of_two_agree_with_eager_execution_on_special_numbers() {
    type Lane = Fast<f64, level::Baseline>;
    let two = [
        Op::Add,
        Op::Sub,
        Op::Mul,
        Op::Div,
        Op::Max,
        Op::Min,
        Op::Lt,
        Op::Le,
        Op::Gt,
        Op::Ge,
        Op::Eq,
        Op::Ne,
    ];
    for a in SPECIAL {
        assert_alike(
            Lane::of(a).leaky_relu(0.1).get(),
            Real::leaky_relu(a, 0.1),
            &format!("leaky_relu {a}"),
        );
        for b in SPECIAL {
            for op in two {
                let what = format!("{} {a} {b}", op.name());
                assert_alike(op.value2(Lane::of(a), Lane::of(b)).get(), op.value2(a, b), &what);
                assert_alike(op.value2(Strict(a), Strict(b)).get(), op.value2(a, b), &what);
            }
            let select = Lane::of(a).select(Lane::of(b), Lane::of(7.0)).get();
            assert_alike(select, Real::select(a, b, 7.0), &format!("select {a} {b}"));
        }
    }
}

#[test]
fn powers_of_f32_by_rows_stay_within_a_unit() {
    let x: Vec<f32> = (1..40_000).map(|i| i as f32 * 0.001_7).collect();
    let c: Vec<f32> = (1..40_000).map(|i| (i * 7919 % 4001) as f32 * 0.005 - 10.0).collect();
    for level in Level::available() {
        let mut y = x.clone();
        level.run(PowersByRow(&x, &c, &mut y));
        for ((x, c), y) in x.iter().zip(&c).zip(&y) {
            let error = ulps_single(*y, f64::from(*x).powf(f64::from(*c)));
            assert!(error <= 1.0, "{} {x} to the power of {c}: {error}", level.name());
        }
    }
}

#[test]
fn sin_and_cos_keep_their_digits_beside_multiples_of_a_quarter_turn() {
    // The f64 nearest to them, which leave as little as 6e-19 of an angle.
    let end = (<f64 as number::Functions>::TURNS_END / std::f64::consts::FRAC_PI_2) as i32;
    let x: Vec<f64> =
        (1..end).map(|i| f64::from(i) * std::f64::consts::FRAC_PI_2).filter(|x| *x < 8e5).collect();
    for level in Level::available() {
        for (op, right) in [(Op::Sin, libm::sin as fn(f64) -> f64), (Op::Cos, libm::cos)] {
            for (x, y) in x.iter().zip(apply(level, op, &x)) {
                let error = ulps_double(y, right(*x));
                assert!(error <= 2.0, "{} {} {x}: {error}", level.name(), op.name());
            }
        }
    }
}

#[test]
fn angles_that_are_not_covered_are_told() {
    for op in [Op::Sin, Op::Cos] {
        assert!(Fast::<f32, level::Baseline>::covers(op, -8e5));
        assert!(!Fast::<f32, level::Baseline>::covers(op, 8.1e5));
        assert!(!Fast::<f64, level::Baseline>::covers(op, -1e300));
        assert!(Fast::<f64, level::Baseline>::covers(op, f64::NAN));
        assert!(Fast::<f64, level::Baseline>::covers(op, f64::INFINITY));
    }
    assert!(Fast::<f64, level::Baseline>::covers(Op::Exp, 1e300));
    assert!(Strict::<f64>::covers(Op::Sin, 1e300));
}

#[test]
fn strict_functions_have_the_bits_of_eager_execution() {
    for x in doubles().into_iter().step_by(97) {
        for op in FUNCTIONS.into_iter().chain([Op::Gelu, Op::Erf, Op::Sqrt]) {
            let right: f64 = op.value1(x);
            assert_eq!(op.value1(Strict(x)).get().to_bits(), right.to_bits(), "{} {x}", op.name());
            let single = op.value1(Strict(x as f32)).get();
            let right = op.value1(f64::from(x as f32)) as f32;
            assert_eq!(single.to_bits(), right.to_bits(), "{} {x} in f32", op.name());
        }
    }
}
