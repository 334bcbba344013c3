//! What the engine promises at the edges: kinks, ties, powers of 0, large numbers, infinities, plain
//! numbers on either side, names.

use gradling::nn::loss;
use gradling::{
    Arity, Exponent, Op, Value, grad, hessian, hvp, jacobian, log_softmax, logsumexp, mean,
    softmax, sum,
};
use std::collections::{BTreeSet, HashSet};
use std::f64::consts::LN_2;

/// The value and the gradients of a function of some numbers, twice: by `backward` and by `grad`.
#[track_caller]
fn run<const N: usize>(f: impl Fn([Value; N]) -> Value, x: [f64; N]) -> (f64, [f64; N]) {
    let x = x.map(Value::new);
    let y = f(x);
    y.backward();
    for (x, recorded) in x.iter().zip(grad(y, &x)) {
        let same = x.grad() == recorded.data() || x.grad().is_nan() && recorded.data().is_nan();
        assert!(same, "backward gives {}, and grad {}", x.grad(), recorded.data());
    }
    (y.data(), x.map(Value::grad))
}

/// The second derivative of a function of one number.
fn second(f: impl Fn(Value) -> Value, x: f64) -> f64 {
    let x = Value::new(x);
    hessian(f(x), &[x])[0][0]
}

fn nans<const N: usize>(numbers: [f64; N]) -> [bool; N] {
    numbers.map(f64::is_nan)
}

// Kinks and ties.

#[test]
fn relu_and_abs_have_gradient_0_at_0() {
    for zero in [0.0, -0.0] {
        assert_eq!(run(|[x]| x.relu(), [zero]), (0.0, [0.0]));
        assert_eq!(run(|[x]| x.abs(), [zero]), (0.0, [0.0]));
        assert_eq!(second(Value::relu, zero), 0.0);
        assert_eq!(second(Value::abs, zero), 0.0);
    }
    assert_eq!(run(|[x]| x.relu(), [-3.0]), (0.0, [0.0]));
    assert_eq!(run(|[x]| x.relu(), [3.0]), (3.0, [1.0]));
    assert_eq!(run(|[x]| x.abs(), [-3.0]), (3.0, [-1.0]));
    assert_eq!(run(|[x]| x.leaky_relu(0.25), [0.0]), (0.0, [0.25]));
    assert_eq!(run(|[x]| x.leaky_relu(0.25), [-4.0]), (-1.0, [0.25]));
    assert_eq!(run(|[x]| x.leaky_relu(0.25), [4.0]), (4.0, [1.0]));
}

#[test]
fn a_tie_gives_half_the_gradient_to_each() {
    assert_eq!(run(|[a, b]| a.max(b), [2.0, 2.0]), (2.0, [0.5, 0.5]));
    assert_eq!(run(|[a, b]| a.min(b), [2.0, 2.0]), (2.0, [0.5, 0.5]));
    assert_eq!(run(|[a, b]| a.max(b), [2.0, 3.0]), (3.0, [0.0, 1.0]));
    assert_eq!(run(|[a, b]| a.max(b), [3.0, 2.0]), (3.0, [1.0, 0.0]));
    assert_eq!(run(|[a, b]| a.min(b), [2.0, 3.0]), (2.0, [1.0, 0.0]));
    assert_eq!(run(|[a, b]| a.min(b), [3.0, 2.0]), (2.0, [0.0, 1.0]));
    assert_eq!(run(|[a]| a.max(a), [3.0]), (3.0, [1.0]));
    assert_eq!(run(|[a]| a.min(0), [0.0]), (0.0, [0.5]));
}

#[test]
fn the_larger_and_the_smaller_of_anything_and_nan_are_nan() {
    for [a, b] in [[f64::NAN, 1.0], [1.0, f64::NAN], [f64::NAN, f64::NAN]] {
        assert!(run(|[a, b]| a.max(b), [a, b]).0.is_nan());
        assert!(run(|[a, b]| a.min(b), [a, b]).0.is_nan());
    }
    assert!(run(|[a]| a.relu(), [f64::NAN]).0.is_nan());
    assert!(run(|[a]| a.leaky_relu(0.1), [f64::NAN]).0.is_nan());
}

#[test]
fn comparisons_give_truth_and_no_gradient() {
    type Comparison = (fn(Value, f64) -> Value, [f64; 3]);
    let table: [Comparison; 6] = [
        (|a, b| a.lt(b), [1.0, 0.0, 0.0]),
        (|a, b| a.le(b), [1.0, 1.0, 0.0]),
        (|a, b| a.gt(b), [0.0, 0.0, 1.0]),
        (|a, b| a.ge(b), [0.0, 1.0, 1.0]),
        (|a, b| a.eq(b), [0.0, 1.0, 0.0]),
        (|a, b| a.ne(b), [1.0, 0.0, 1.0]),
    ];
    for (compare, right) in table {
        let ours = [-1.0, 0.0, 1.0].map(|x| run(|[a]| compare(a, 0.0), [x]));
        assert_eq!(ours, right.map(|truth| (truth, [0.0])));
    }
    let against_nan = table.map(|(compare, _)| run(|[a]| compare(a, f64::NAN), [1.0]).0);
    assert_eq!(against_nan, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn select_passes_the_gradient_to_the_chosen_one() {
    let choose = |[c, x, y]: [Value; 3]| c.select(2 * x, 3 * y);
    assert_eq!(run(choose, [1.0, 5.0, 7.0]), (10.0, [0.0, 2.0, 0.0]));
    assert_eq!(run(choose, [0.0, 5.0, 7.0]), (21.0, [0.0, 0.0, 3.0]));
    assert_eq!(run(choose, [-0.0, 5.0, 7.0]), (21.0, [0.0, 0.0, 3.0]));
    assert_eq!(run(|[x]| x.gt(0).select(x, 0), [2.0]), (2.0, [1.0]));
    // What is not chosen does not spoil what is: ln has no slope at -1, and it times 0 would be NaN.
    let safe = |[x]: [Value; 1]| x.gt(0).select(x, 1).ln();
    assert_eq!(run(safe, [-1.0]), (0.0, [0.0]));
}

// Powers.

#[test]
fn powers_of_a_number_by_a_number() {
    assert_eq!(run(|[x]| x.pow(0), [0.0]), (1.0, [0.0]));
    assert_eq!(run(|[x]| x.pow(0), [f64::INFINITY]), (1.0, [0.0]));
    assert_eq!(run(|[x]| x.pow(1), [0.0]), (0.0, [1.0]));
    assert_eq!(run(|[x]| x.pow(2), [0.0]), (0.0, [0.0]));
    assert_eq!(run(|[x]| x.pow(3), [-2.0]), (-8.0, [12.0]));
    assert_eq!(run(|[x]| x.pow(-1), [0.0]), (f64::INFINITY, [f64::NEG_INFINITY]));
    assert_eq!(run(|[x]| x.pow(0.5), [0.0]), (0.0, [f64::INFINITY]));
    let (y, dx) = run(|[x]| x.pow(0.5), [-4.0]);
    assert!(y.is_nan() && dx[0].is_nan());
}

#[test]
fn second_derivatives_of_powers_are_not_poisoned_at_0() {
    assert_eq!(second(|x| x.pow(0), 0.0), 0.0);
    assert_eq!(second(|x| x.pow(1), 0.0), 0.0);
    assert_eq!(second(|x| x.pow(2), 0.0), 2.0);
    assert_eq!(second(|x| x.pow(3), 0.0), 0.0);
    assert_eq!(second(|x| x.pow(Value::new(2.0)), 0.0), 2.0);
    assert_eq!(second(|x| x.pow(Value::new(3.0)), 0.0), 0.0);
    assert_eq!(second(|x| x.pow(Value::new(1.0)), 0.0), 0.0);
    assert_eq!(second(|x| x.pow(Value::new(0.0)), 0.0), 0.0);
    let (x, b) = (Value::new(0.0), Value::new(2.0));
    for row in hessian(x.pow(b), &[x, b]) {
        assert!(row.iter().all(|second| second.is_finite()), "{row:?}");
    }
}

#[test]
fn powers_by_a_value() {
    let pow = |[a, b]: [Value; 2]| a.pow(b);
    assert_eq!(run(pow, [0.0, 0.0]), (1.0, [0.0, 0.0]));
    assert_eq!(run(pow, [0.0, 2.0]), (0.0, [0.0, 0.0]));
    assert_eq!(run(pow, [0.0, 1.0]), (0.0, [1.0, 0.0]));
    assert_eq!(run(pow, [2.0, 3.0]), (8.0, [12.0, 8.0 * LN_2]));
    assert_eq!(run(pow, [2.0, 0.0]), (1.0, [0.0, LN_2]));
    let (y, [da, db]) = run(pow, [-2.0, 2.0]);
    assert_eq!((y, da), (4.0, -4.0));
    assert!(db.is_nan());
    let (y, [da, db]) = run(pow, [-2.0, 0.0]);
    assert_eq!((y, da), (1.0, 0.0));
    assert!(db.is_nan());
    // An exponent without use for its gradient does not disturb the base.
    assert_eq!(run(|[a]| a.pow(Value::constant(2.0)), [-3.0]), (9.0, [-6.0]));
}

#[test]
fn the_gradient_of_the_base_is_0_where_the_exponent_is_0_whatever_the_base() {
    for base in [0.0, -0.0, 5e-324, -5e-324, 1e-310, 2.0, -2.0, f64::INFINITY, f64::NAN] {
        let (a, b) = (Value::new(base), Value::new(0.0));
        a.pow(b).backward();
        assert_eq!(a.grad(), 0.0, "{base}");
    }
}

#[test]
fn the_hessian_of_a_power_is_right_where_the_exponent_is_0() {
    // ∂²(aᵇ)/∂a∂b = aᵇ⁻¹(1 + b ln a), which is 1/a at b = 0; ∂²/∂b² = aᵇ ln²a.
    let (a, b) = (Value::new(2.0), Value::new(0.0));
    let rows = hessian(a.pow(b), &[a, b]);
    assert_eq!(rows, [[0.0, 0.5], [0.5, LN_2 * LN_2]]);
}

// Large numbers, infinities, NaN.

#[test]
fn activations_are_stable_at_a_thousand() {
    assert_eq!(run(|[x]| x.tanh(), [1000.0]), (1.0, [0.0]));
    assert_eq!(run(|[x]| x.tanh(), [-1000.0]), (-1.0, [0.0]));
    assert_eq!(run(|[x]| x.sigmoid(), [1000.0]), (1.0, [0.0]));
    assert_eq!(run(|[x]| x.sigmoid(), [-1000.0]), (0.0, [0.0]));
    assert_eq!(run(|[x]| x.softplus(), [1000.0]), (1000.0, [1.0]));
    assert_eq!(run(|[x]| x.softplus(), [-1000.0]), (0.0, [0.0]));
    assert_eq!(run(|[x]| x.gelu(), [1000.0]), (1000.0, [1.0]));
    assert_eq!(run(|[x]| x.gelu(), [-1000.0]), (0.0, [0.0]));
    for x in [-1000.0, 1000.0] {
        for f in [Value::tanh, Value::sigmoid, Value::softplus, Value::gelu, Value::erf] {
            assert_eq!(second(f, x), 0.0);
        }
    }
}

#[test]
fn sums_of_exponentials_are_stable_at_a_thousand() {
    // A logit of 1000 has its last digit at 1e-13, and so has its share.
    let half = |x: f64| (x - 0.5).abs() < 1e-13;
    for x in [1000.0, -1000.0] {
        let (total, shares) = run(|x: [Value; 2]| logsumexp(&x), [x, x]);
        assert!(total == x + LN_2 && shares.into_iter().all(half), "{total}, {shares:?}");
        let (share, slopes) = run(|x: [Value; 2]| softmax(&x)[1], [x, x]);
        assert!(
            half(share) && half(slopes[1] + 0.25) && half(0.25 - slopes[0]),
            "{share}, {slopes:?}"
        );
    }
    assert_eq!(run(|x: [Value; 2]| logsumexp(&x), [1000.0, -1000.0]), (1000.0, [1.0, 0.0]));
    assert_eq!(run(|x: [Value; 2]| softmax(&x)[0], [1000.0, -1000.0]), (1.0, [0.0, 0.0]));
    assert_eq!(run(|x: [Value; 2]| log_softmax(&x)[1], [1000.0, -1000.0]), (-2000.0, [-1.0, 1.0]));
    assert_eq!(
        run(|x: [Value; 2]| loss::cross_entropy(&x, 1), [1000.0, -1000.0]),
        (2000.0, [1.0, -1.0])
    );
    assert_eq!(
        run(|x: [Value; 2]| loss::cross_entropy(&x, 0), [1000.0, -1000.0]),
        (0.0, [0.0, 0.0])
    );
    assert_eq!(run(|[z]| loss::binary_cross_entropy(z, 1), [1000.0]), (0.0, [0.0]));
    assert_eq!(run(|[z]| loss::binary_cross_entropy(z, 0), [1000.0]), (1000.0, [1.0]));
    assert_eq!(run(|[z]| loss::binary_cross_entropy(z, 1), [-1000.0]), (1000.0, [-1.0]));
}

#[test]
fn a_masked_logit_takes_no_part() {
    let masked = f64::NEG_INFINITY;
    assert_eq!(run(|x: [Value; 3]| logsumexp(&x), [0.0, masked, 0.0]), (LN_2, [0.5, 0.0, 0.5]));
    assert_eq!(run(|x: [Value; 2]| softmax(&x)[0], [3.0, masked]), (1.0, [0.0, 0.0]));
    assert_eq!(run(|x: [Value; 2]| softmax(&x)[1], [3.0, masked]), (0.0, [0.0, 0.0]));
}

#[test]
fn lists_of_no_values_and_of_one() {
    assert_eq!(sum(&[]).data(), 0.0);
    assert_eq!(gradling::dot(&[], &[]).data(), 0.0);
    assert_eq!(logsumexp(&[]).data(), f64::NEG_INFINITY);
    assert!(mean(&[]).data().is_nan());
    assert!(softmax(&[]).is_empty());
    sum(&[]).backward();
    let b = Value::new(3.0);
    assert_eq!(run(|[b]| gradling::affine(&[], &[], b), [3.0]), (3.0, [1.0]));
    assert_eq!(run(|x: [Value; 1]| sum(&x), [3.0]), (3.0, [1.0]));
    assert_eq!(run(|x: [Value; 1]| logsumexp(&x), [3.0]), (3.0, [1.0]));
    assert_eq!(run(|x: [Value; 1]| softmax(&x)[0], [3.0]), (1.0, [0.0]));
    assert!(
        jacobian(&[], &[b]).is_empty() && grad(b, &[]).is_empty() && hessian(b, &[]).is_empty()
    );
    assert!(hvp(b, &[], &[]).is_empty());
}

#[test]
fn infinities_and_nan_go_through_every_operation_without_a_panic() {
    let numbers =
        [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.0, -0.0, 5e-324, f64::MAX, f64::MIN];
    for &op in Op::ALL.iter().filter(|&&op| op != Op::Leaf && op != Op::Own) {
        for &a in &numbers {
            for &b in &numbers {
                let x = [a, b, a].map(Value::new);
                let y = match op.arity() {
                    Arity::Fixed(1) if op.takes_number() => Value::apply(op, &x[..2]),
                    Arity::Fixed(n) => Value::apply(op, &x[..n]),
                    _ if op == Op::Dot => Value::apply(op, &x[..2]),
                    _ => Value::apply(op, &x),
                };
                y.backward();
                hessian(y, &x);
                y.recompute();
                y.check();
                if let Some(found) = y.first_non_finite() {
                    assert!(!found.to_string().is_empty());
                }
            }
        }
    }
}

#[test]
fn numbers_out_of_range_are_infinite_and_undefined_ones_nan() {
    assert_eq!(Value::new(1000.0).exp().data(), f64::INFINITY);
    assert_eq!((Value::new(1.0) / 0.0).data(), f64::INFINITY);
    assert_eq!((Value::new(-1.0) / 0.0).data(), f64::NEG_INFINITY);
    assert!((Value::new(0.0) / 0.0).data().is_nan());
    assert_eq!(Value::new(0.0).ln().data(), f64::NEG_INFINITY);
    assert!(Value::new(-1.0).ln().data().is_nan() && Value::new(-1.0).sqrt().data().is_nan());
    assert_eq!(run(|[x]| x.sqrt(), [0.0]), (0.0, [f64::INFINITY]));
    assert!(Value::new(f64::INFINITY).sin().data().is_nan());
    assert_eq!(nans(run(|[a, b]| a * b, [f64::INFINITY, 0.0]).1), [false, false]);
}

#[test]
fn the_first_value_that_is_not_finite_is_named_with_its_inputs() {
    let w = Value::new(f64::INFINITY).with_label("w");
    let text = |value: Value| value.first_non_finite().map(|found| found.to_string());
    assert_eq!(text(w * 2.0).unwrap(), "w was given as inf");

    let (x, y) = (Value::new(1.0).with_label("x"), Value::new(0.0));
    let ratio = (x / y).with_label("ratio");
    let right = format!("ratio: / gave inf from x = 1, value #{} = 0", y.id());
    assert_eq!(text(ratio * 3.0 - 1.0).unwrap(), right);
    let found = (ratio * 3.0).first_non_finite().unwrap();
    assert_eq!((found.value, found.inputs), (ratio, vec![x, y]));

    assert_eq!(
        text(Value::new(-8.0).with_label("x").pow(0.5)).unwrap(),
        "**0.5 gave NaN from x = -8"
    );
    // What was found can outlive its scope, and is printed without a panic then too.
    let found = gradling::scope(|| x.ln().pow(-1).first_non_finite()).unwrap();
    assert_eq!(found.to_string(), "a value that was given back since");
    assert_eq!(text(x + 1.0), None);
    // A value that is not below the root is none of its business.
    assert_eq!(text(y), None);
}

// Data at the moment backward runs.

#[test]
fn products_and_powers_read_the_data_of_the_moment_backward_runs() {
    let (a, b) = (Value::new(2.0), Value::new(3.0));
    let y = a * b;
    a.set_data(5.0);
    b.set_data(7.0);
    y.backward();
    assert_eq!((y.data(), a.grad(), b.grad()), (6.0, 7.0, 5.0));

    let x = Value::new(2.0);
    let y = x.pow(3);
    x.set_data(10.0);
    y.backward();
    assert_eq!((y.data(), x.grad()), (8.0, 300.0));

    let (x, w) = ([Value::new(1.0), Value::new(2.0)], [Value::new(3.0), Value::new(4.0)]);
    let y = gradling::dot(&x, &w);
    w[0].set_data(9.0);
    y.backward();
    assert_eq!((y.data(), x[0].grad()), (11.0, 9.0));
    y.recompute();
    assert_eq!(y.data(), 17.0);
}

#[test]
fn recompute_starts_from_the_leaves_also_where_values_between_were_changed() {
    let x = Value::new(2.0);
    let square = x * x;
    let y = square + 1;
    square.set_data(100.0);
    assert_eq!(y.data(), 5.0);
    y.recompute();
    assert_eq!((square.data(), y.data()), (4.0, 5.0));
}

// Gradients computed and not.

#[test]
fn a_gradient_never_computed_reads_0_and_is_none() {
    let (x, y) = (Value::new(1.0), Value::new(2.0));
    assert_eq!((x.grad().to_bits(), x.computed_grad()), (0, None));
    (y * y).backward();
    assert_eq!((x.grad(), x.computed_grad()), (0.0, None));
    assert_eq!(y.computed_grad(), Some(4.0));
    y.zero_grad();
    assert_eq!((y.grad().to_bits(), y.computed_grad()), (0, None));
    y.set_grad(-0.0);
    assert_eq!((y.grad(), y.computed_grad()), (0.0, Some(0.0)));
}

#[test]
fn a_gradient_of_minus_zero_counts_as_computed_and_flows_on() {
    // Each of these sends -0.0 to u, and on to x.
    let minus_zero: [fn(Value) -> Value; 8] = [
        |u| u * -0.0,
        |u| 0 - u * 0.0,
        |u| -(u * 0.0),
        |u| u / f64::NEG_INFINITY,
        |u| -(u.gt(0)),
        |u| -u.relu(),
        |u| gradling::dot(&[u, u], &[Value::new(-0.0), Value::new(-0.0)]),
        |u| gradling::mean(&[u * -0.0, u * -0.0]),
    ];
    for (i, f) in minus_zero.into_iter().enumerate() {
        let x = Value::new(-1.0);
        let u = x * 1;
        f(u).backward();
        assert_eq!(u.computed_grad(), Some(0.0), "function {i}");
        assert_eq!(x.computed_grad(), Some(0.0), "function {i}");
    }
    // Where the slope is infinite, 0 times it is NaN: a gradient of zero is not a missing one.
    let x = Value::new(0.0);
    (x.sqrt() * -0.0).backward();
    assert!(x.grad().is_nan());
}

#[test]
fn contributions_that_cancel_leave_a_gradient_of_0() {
    let x = Value::new(3.0);
    (x - x).backward();
    assert_eq!(x.computed_grad(), Some(0.0));
    (x - x).backward();
    assert_eq!(x.computed_grad(), Some(0.0));
}

#[test]
fn a_dot_spelled_out_has_the_same_gradients_whatever_its_parts_share() {
    let (w, x, b) = (3.0, 5.0, 7.0);
    // The plain case, in both orders.
    assert_eq!(run(|[w, x, b]| w * x + (w + b), [w, x, b]), (25.0, [6.0, 3.0, 1.0]));
    assert_eq!(run(|[w, x, b]| (w + b) + w * x, [w, x, b]), (25.0, [6.0, 3.0, 1.0]));
    // The product twice; the rest as a factor too; the rest squared.
    let twice = |[w, x]: [Value; 2]| {
        let product = w * x;
        product + product
    };
    assert_eq!(run(twice, [w, x]), (30.0, [10.0, 6.0]));
    let factor = |[w, x, b]: [Value; 3]| {
        let rest = x + b;
        w * rest + rest
    };
    assert_eq!(run(factor, [w, x, b]), (48.0, [12.0, 4.0, 4.0]));
    let squared = |[x, b]: [Value; 2]| {
        let rest = x + b;
        rest * rest + rest
    };
    assert_eq!(run(squared, [x, b]), (156.0, [25.0, 25.0]));
    // The product, or a sum between, used again later.
    let product_later = |[w, x, b]: [Value; 3]| {
        let rest = x + b;
        let product = w * x;
        (product + rest) * product
    };
    assert_eq!(run(product_later, [w, x, b]), (405.0, [210.0, 141.0, 15.0]));
    let sum_later = |[w, x, b]: [Value; 3]| {
        let sum = w * x + b;
        let next = w * x + sum;
        next + sum
    };
    assert_eq!(run(sum_later, [w, x, b]), (59.0, [15.0, 9.0, 2.0]));
    // Longer than a block of gradients.
    let long = |[w, x, b]: [Value; 3]| (0..1000).fold(b, |sum, _| w * x + sum);
    assert_eq!(run(long, [w, x, b]), (15_007.0, [5_000.0, 3_000.0, 1.0]));
}

#[test]
fn a_root_may_be_a_leaf() {
    let x = Value::new(3.0);
    x.backward();
    assert_eq!(x.grad(), 1.0);
    x.backward();
    assert_eq!(x.grad(), 2.0);
    assert_eq!(grad(x, &[x])[0].data(), 1.0);
    assert_eq!(jacobian(&[x], &[x]), [[1.0]]);
    assert_eq!(x.reached(), [x]);
    x.recompute();
    assert_eq!(x.data(), 3.0);
}

// Derivatives as functions.

#[test]
fn a_gradient_by_a_value_between_holds_the_rest_apart() {
    let x = Value::new(2.0);
    let u = x * x;
    let y = u * x;
    // By x all of it, 3x²; by u only what comes after u.
    assert_eq!(jacobian(&[y], &[x, u, y]), [[12.0, 2.0, 1.0]]);
}

#[test]
fn gradients_by_what_does_not_take_part_are_0_also_where_it_is_younger() {
    let x = Value::new(2.0);
    let y = x * x;
    let (other, later) = (Value::new(5.0), y * 3);
    assert_eq!(jacobian(&[y], &[other, later, x]), [[0.0, 0.0, 4.0]]);
    assert_eq!(hessian(y, &[other, later]), [[0.0; 2]; 2]);
    assert_eq!(grad(y, &[other])[0].data(), 0.0);
    assert_eq!(hvp(y, &[x, other], &[3.0, 1.0]), [6.0, 0.0]);
}

#[test]
fn the_same_value_asked_for_twice_is_answered_twice() {
    let x = Value::new(2.0);
    assert_eq!(jacobian(&[x * x], &[x, x]), [[4.0, 4.0]]);
}

#[test]
fn gradients_can_be_taken_again_and_again() {
    let x = Value::new(0.7);
    let mut y = x.sin();
    for right in [0.7_f64.cos(), -0.7_f64.sin(), -0.7_f64.cos(), 0.7_f64.sin()] {
        y = grad(y, &[x])[0];
        assert!((y.data() - right).abs() < 1e-15, "{} instead of {right}", y.data());
    }
    // exp is its own derivative, of every order.
    let mut y = x.exp();
    for _ in 0..10 {
        y = grad(y, &[x])[0];
        assert!((y.data() - 0.7_f64.exp()).abs() < 1e-14);
    }
}

#[test]
fn a_vector_that_does_not_fit_the_hessian_is_refused_with_both_numbers() {
    let message = panic_message(|| {
        let x = Value::new(1.0);
        hvp(x * x, &[x], &[1.0, 2.0]);
    });
    assert_eq!(message, "a Hessian by 1 values needs a vector of as many numbers, and this has 2");
}

fn panic_message(f: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(f).expect_err("it did not panic");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
    }
}

// Checks.

#[test]
fn a_check_by_a_value_that_takes_no_part_gives_0_and_leaves_it_alone() {
    let x = Value::new(2.0);
    let y = x * x;
    let (other, later) = (Value::new(5.0), y * 3);
    let slopes = y.check_by(&[other, later, x]);
    assert_eq!((slopes[0].grad, slopes[0].slope), (0.0, 0.0));
    assert_eq!((slopes[1].grad, slopes[1].slope), (0.0, 0.0));
    assert!((slopes[2].slope - 4.0).abs() < 1e-8);
    assert_eq!((other.data(), later.data(), x.data(), y.data()), (5.0, 12.0, 2.0, 4.0));
}

#[test]
fn a_check_covers_every_leaf_and_no_plain_number() {
    let (a, b) = (Value::new(2.0).with_label("a"), Value::new(3.0).with_label("b"));
    let y = 5 * a * b + 1.0;
    let checked: Vec<Value> = y.check().iter().map(|slope| slope.value).collect();
    assert_eq!(checked, [a, b]);
    // A value between is nudged while all above it follows.
    let u = a * b;
    let slope = (u * u).check_by(&[u])[0];
    assert_eq!(slope.grad, 12.0);
    assert!((slope.slope - 12.0).abs() < 1e-8);
    assert!(Value::new(1.0).check_by(&[]).is_empty());
}

// Plain numbers, references, assignment, iterators.

#[test]
fn plain_numbers_and_references_stand_on_either_side_of_every_operator() {
    let x = Value::new(6.0);
    let y = Value::new(4.0);
    macro_rules! sides {
        ($op:tt: $with_y:literal, $x_and_2:literal, $two_and_x:literal) => {
            assert_eq!((x $op y).data(), $with_y);
            assert_eq!((&x $op y).data(), $with_y);
            assert_eq!((x $op &y).data(), $with_y);
            assert_eq!((&x $op &y).data(), $with_y);
            assert_eq!((x $op 2.0).data(), $x_and_2);
            assert_eq!((&x $op 2.0).data(), $x_and_2);
            assert_eq!((x $op 2).data(), $x_and_2);
            assert_eq!((&x $op 2).data(), $x_and_2);
            assert_eq!((2.0 $op x).data(), $two_and_x);
            assert_eq!((2.0 $op &x).data(), $two_and_x);
            assert_eq!((2 $op x).data(), $two_and_x);
            assert_eq!((2 $op &x).data(), $two_and_x);
        };
    }
    sides!(+: 10.0, 8.0, 8.0);
    sides!(-: 2.0, 4.0, -4.0);
    sides!(*: 24.0, 12.0, 12.0);
    sides!(/: 1.5, 3.0, 0.3333333333333333);
    assert_eq!((-x).data(), -6.0);
    assert_eq!((-&x).data(), -6.0);
    assert_eq!(
        (x.max(7).data(), x.min(7.5).data(), x.max(y).data(), x.min(y).data()),
        (7.0, 6.0, 6.0, 4.0)
    );
}

#[test]
fn gradients_flow_past_plain_numbers_on_either_side() {
    assert_eq!(run(|[x]| 3 - x, [1.0]), (2.0, [-1.0]));
    assert_eq!(run(|[x]| x - 3, [1.0]), (-2.0, [1.0]));
    assert_eq!(run(|[x]| 8.0 / x, [2.0]), (4.0, [-2.0]));
    assert_eq!(run(|[x]| x / 8.0, [2.0]), (0.25, [0.125]));
    assert_eq!(run(|[x]| 3 * x + 2.5, [2.0]), (8.5, [3.0]));
}

#[test]
fn assignment_operators_take_values_numbers_and_references() {
    let (x, y) = (Value::new(3.0), Value::new(4.0));
    let mut z = x;
    z += y;
    z += 1;
    z -= 0.5;
    z *= x;
    z *= &y;
    z /= 2;
    z -= x;
    assert_eq!(z.data(), 42.0);
    // z is a new value each time; x is still the leaf.
    z.backward();
    assert_eq!((x.data(), x.op(), z.op()), (3.0, Op::Leaf, Op::Sub));
    // z = (x + y + 0.5)·x·y/2 - x.
    assert_eq!((x.grad(), y.grad()), ((6.0 + 4.0 + 0.5) * 2.0 - 1.0, (3.0 + 8.0 + 0.5) * 1.5));
}

#[test]
fn iterators_sum_and_multiply() {
    let x = [2.0, 3.0, 4.0].map(Value::new);
    let (sum, product): (Value, Value) = (x.iter().sum(), x.iter().product());
    (sum + product).backward();
    assert_eq!((sum.data(), product.data()), (9.0, 24.0));
    assert_eq!(x.map(Value::grad), [13.0, 9.0, 7.0]);
    assert_eq!(x.into_iter().sum::<Value>().data(), 9.0);
    assert_eq!(x.into_iter().product::<Value>().data(), 24.0);
    let none: [Value; 0] = [];
    assert_eq!(
        (none.iter().sum::<Value>().data(), none.iter().product::<Value>().data()),
        (0.0, 1.0)
    );
    assert_eq!(sum.op(), Op::Sum);
}

#[test]
fn an_exponent_is_a_number_or_a_value() {
    let x = Value::new(3.0);
    assert_eq!((x.pow(2).op(), x.pow(2.0).op(), x.pow(x).op()), (Op::Powf, Op::Powf, Op::Pow));
    assert_eq!(x.pow(Exponent::Number(2.0)).number(), Some(2.0));
    assert_eq!(x.pow(Exponent::Value(x)).number(), None);
    assert_eq!((x.log().data(), x.log().op()), (x.ln().data(), Op::Ln));
}

// Names.

#[test]
fn a_value_prints_as_in_micrograd() {
    let x = Value::new(3.0);
    assert_eq!(x.to_string(), "Value(data=3, grad=0)");
    let y = (x * 0.5).with_label("y");
    y.backward();
    assert_eq!(y.to_string(), "Value(y: data=1.5, grad=1)");
    assert_eq!(format!("{x:?}"), "Value(data=3, grad=0.5)");
    assert_eq!(gradling::scope(|| Value::new(1.0)).to_string(), "Value(given back)");
}

#[test]
fn labels_belong_to_one_value_and_can_be_changed() {
    let x = Value::new(1.0);
    assert_eq!(x.label(), None);
    let same = x.with_label("x");
    assert_eq!(same, x);
    x.set_label(String::from("better"));
    assert_eq!(same.label().as_deref(), Some("better"));
    assert_eq!((x * 2).label(), None);
    // A place on the tape used again does not inherit.
    gradling::scope(|| Value::new(1.0).set_label("gone"));
    assert_eq!(Value::new(1.0).label(), None);
}

#[test]
fn symbols_are_those_of_pictures() {
    let (x, y) = (Value::new(2.0), Value::new(3.0));
    let shown = [
        x,
        x + y,
        x - y,
        x * y,
        x / y,
        -x,
        x.pow(3),
        x.pow(-0.5),
        x.pow(y),
        x.relu(),
        x.tanh(),
        x.lt(y),
    ];
    let symbols = ["", "+", "-", "*", "/", "neg", "**3", "**-0.5", "**", "ReLU", "tanh", "<"];
    assert_eq!(shown.map(Value::symbol), symbols.map(String::from));
}

#[test]
fn a_value_tells_how_it_was_made() {
    let x = Value::new(2.0);
    let y = x * 3;
    let z = y - y;
    assert_eq!((z.op(), z.inputs()), (Op::Sub, vec![y, y]));
    let three = y.inputs()[1];
    assert!(three.is_constant() && !x.is_constant() && !y.is_constant());
    assert_eq!((three.data(), three.op(), three.inputs()), (3.0, Op::Leaf, vec![]));
    assert_eq!(x.leaky_relu(0.25).number(), Some(0.25));
    assert_eq!(y.number(), None);
    assert!(x.id() < y.id() && y.id() < z.id());
    // The number on the left is older than that on the right.
    let both = (1.0 - x).inputs();
    assert_eq!((both[0].data(), both[1]), (1.0, x));
}

#[test]
fn equality_and_hash_are_of_the_node_and_not_of_the_number() {
    let (x, y) = (Value::new(2.0), Value::new(2.0));
    assert!(x == x && x != y);
    assert_eq!(HashSet::from([x, y, x]).len(), 2);
    assert_eq!(x.eq(y).data(), 1.0);
}

#[test]
fn inputs_are_told_in_the_order_they_were_given() {
    let far: Vec<Value> = (0..7).map(|i| (Value::new(f64::from(i)), Value::new(0.0)).0).collect();
    let near: Vec<Value> = (0..7).map(|i| Value::new(f64::from(i))).collect();
    for x in [near, far] {
        assert_eq!(sum(&x).inputs(), x);
        assert_eq!(mean(&x).inputs(), x);
        assert_eq!(logsumexp(&x).inputs(), x);
        assert_eq!(gradling::dot(&x[..3], &x[3..6]).inputs(), x[..6]);
        assert_eq!(gradling::affine(&x[..3], &x[3..6], x[6]).inputs(), x);
        assert_eq!(x[0].select(x[1], x[2]).inputs(), x[..3]);
    }
}

#[test]
fn the_table_of_operations_is_consistent() {
    let names: BTreeSet<&str> = Op::ALL.iter().map(|op| op.name()).collect();
    assert_eq!(names.len(), Op::ALL.len());
    assert_eq!(Op::ALL.iter().collect::<HashSet<_>>().len(), Op::ALL.len());
    let wanted = "add sub mul div neg pow exp ln sqrt sin cos tanh sigmoid relu leaky_relu softplus gelu \
                  abs max min lt le gt ge eq ne select sum dot mean logsumexp";
    assert!(wanted.split_whitespace().all(|name| names.contains(name)), "{names:?}");
    assert_eq!(Op::from_name("nonsense"), None);
    let x = [0.5, 0.25, 2.0, 3.0].map(Value::new);
    for &op in Op::ALL {
        assert_eq!(Op::from_name(op.name()), Some(op));
        let count = match op.arity() {
            Arity::Leaf => continue,
            Arity::Fixed(n) => n + usize::from(op.takes_number()),
            Arity::Many if op == Op::Own => continue,
            Arity::Many => 4 - usize::from(op == Op::Affine),
        };
        let y = Value::apply(op, &x[..count]);
        assert_eq!(y.op(), op);
        let inputs = count - usize::from(op.takes_number());
        assert_eq!(y.inputs(), x[..inputs]);
        assert_eq!(y.number(), op.takes_number().then_some(0.25));
        assert!(!y.symbol().is_empty());
    }
}

#[test]
fn a_wrong_number_of_inputs_is_refused_by_name() {
    let x = Value::new(1.0);
    let refused = |op: Op, inputs: usize| {
        panic_message(move || {
            let _ = Value::apply(op, &vec![x; inputs]);
        })
    };
    for &op in Op::ALL {
        let wrong: &[usize] = match op.arity() {
            Arity::Leaf => &[0, 1],
            Arity::Fixed(1) if op.takes_number() => &[0, 1, 3],
            Arity::Fixed(1) => &[0, 2],
            Arity::Fixed(2) => &[0, 1, 3],
            Arity::Fixed(_) => &[0, 2, 4],
            Arity::Many if op == Op::Dot => &[1, 3],
            Arity::Many if op == Op::Affine => &[0, 2, 4],
            Arity::Many if op == Op::Own => &[0, 1],
            Arity::Many => &[],
        };
        for &n in wrong {
            assert_eq!(refused(op, n), format!("`{}` does not take {n} inputs", op.name()));
        }
    }
    let message = panic_message(move || {
        gradling::dot(&[x], &[x, x]);
    });
    assert_eq!(message, "a dot needs two lists of the same length, and these have 1 and 2");
}
