//! The worked examples of micrograd's lecture and tests: values exactly, gradients to a relative 1e-12.

use gradling::Value;
use std::f64::consts::FRAC_1_SQRT_2;

#[track_caller]
fn assert_grad(value: Value, right: f64) {
    let ours = value.grad();
    assert!((ours - right).abs() <= 1e-12 * right.abs(), "{ours} instead of {right}");
}

/// f(x + h) - f(x), over h: the slope by which the lecture begins.
fn forward_difference(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    let h = 0.0001;
    (f(x + h) - f(x)) / h
}

#[test]
fn the_slopes_of_a_product_and_a_sum_by_forward_difference() {
    let d = |a: f64, b: f64, c: f64| (Value::new(a) * b + c).data();
    assert_eq!(d(2.0, -3.0, 10.0), 4.0);
    assert_eq!(forward_difference(|c| d(2.0, -3.0, c), 10.0), 0.9999999999976694);
    assert!((forward_difference(|a| d(a, -3.0, 10.0), 2.0) + 3.0).abs() < 1e-9);
    assert!((forward_difference(|b| d(2.0, b, 10.0), -3.0) - 2.0).abs() < 1e-9);

    let (a, b, c) = (Value::new(2.0), Value::new(-3.0), Value::new(10.0));
    (a * b + c).backward();
    assert_eq!((a.grad(), b.grad(), c.grad()), (-3.0, 2.0, 1.0));
}

#[test]
fn a_product_of_a_sum_and_one_step_up_its_gradient() {
    let (a, b) = (Value::new(2.0), Value::new(-3.0));
    let (c, f) = (Value::new(10.0), Value::new(-2.0));
    let e = a * b;
    let d = e + c;
    let l = d * f;
    l.backward();
    assert_eq!((l.data(), d.data(), e.data()), (-8.0, 4.0, -6.0));
    assert_eq!((l.grad(), f.grad(), d.grad(), c.grad()), (1.0, 4.0, -2.0, -2.0));
    assert_eq!((e.grad(), a.grad(), b.grad()), (-2.0, 6.0, -4.0));

    for leaf in [a, b, c, f] {
        leaf.set_data(leaf.data() + 0.01 * leaf.grad());
    }
    l.recompute();
    assert!((l.data() + 7.286496).abs() <= 1e-12 * 7.286496, "{}", l.data());
}

/// x1, x2, w1, w2, b and n = x1·w1 + x2·w2 + b.
fn neuron() -> [Value; 6] {
    let (x1, x2) = (Value::new(2.0), Value::new(0.0));
    let (w1, w2) = (Value::new(-3.0), Value::new(1.0));
    let b = Value::new(6.881_373_587_019_543);
    [x1, x2, w1, w2, b, x1 * w1 + x2 * w2 + b]
}

#[track_caller]
fn assert_gradients_of_the_neuron([x1, x2, w1, w2, b, n]: [Value; 6]) {
    assert_eq!(n.data(), 0.8813735870195432);
    assert_grad(n, 0.5);
    assert_grad(b, 0.5);
    assert_grad(x2, 0.5);
    assert_grad(x1, -1.5);
    assert_grad(w1, 1.0);
    assert_eq!(w2.computed_grad(), Some(0.0));
}

#[test]
fn a_neuron_with_tanh() {
    let leaves = neuron();
    let o = leaves[5].tanh();
    o.backward();
    assert!((o.data() - FRAC_1_SQRT_2).abs() <= 1.2e-16, "{}", o.data());
    assert_gradients_of_the_neuron(leaves);
}

#[test]
fn the_same_neuron_with_tanh_spelled_out() {
    let leaves = neuron();
    let twice = 2 * leaves[5];
    let e = twice.exp();
    let (below, above) = (e - 1, e + 1);
    let o = below / above;
    o.backward();
    assert_eq!(e.data(), 5.828427124746192);
    assert!((o.data() - FRAC_1_SQRT_2).abs() <= 1.2e-16, "{}", o.data());
    assert_grad(e, 0.04289321881345247);
    assert_grad(below, 0.1464466094067262);
    assert_grad(above, -0.10355339059327374);
    assert_grad(twice, 0.25);
    assert_gradients_of_the_neuron(leaves);
}

#[test]
fn a_value_added_to_itself() {
    let a = Value::new(3.0);
    let b = a + a;
    b.backward();
    assert_eq!((b.data(), a.grad()), (6.0, 2.0));
}

#[test]
fn values_used_twice() {
    let (a, b) = (Value::new(-2.0), Value::new(3.0));
    let d = a * b;
    let e = a + b;
    let f = d * e;
    f.backward();
    assert_eq!((f.data(), e.data(), d.data()), (-6.0, 1.0, -6.0));
    assert_eq!((a.grad(), b.grad(), d.grad(), e.grad()), (-3.0, -8.0, 1.0, -6.0));
}

#[test]
fn sums_of_a_sum() {
    let a = Value::new(1.0);
    let b = a + a;
    let c = b + b;
    c.backward();
    assert_eq!((c.data(), a.grad()), (4.0, 4.0));
}

#[test]
fn values_that_meet_again_further_up() {
    let (a, b) = (Value::new(2.0), Value::new(3.0));
    let c = a + b;
    let d = a * b;
    let e = c + d;
    let f = c * d;
    let y = e + f;
    y.backward();
    assert_eq!(y.data(), 41.0);
    assert_eq!((a.grad(), b.grad(), c.grad(), d.grad()), (25.0, 19.0, 7.0, 6.0));
}

#[test]
fn the_first_expression_of_micrograds_tests() {
    let x = Value::new(-4.0);
    let z = 2 * x + 2 + x;
    let q = z.relu() + z * x;
    let h = (z * z).relu();
    let y = h + q + q * x;
    y.backward();
    assert_eq!((y.data(), z.data(), q.data(), h.data()), (-20.0, -10.0, 40.0, 100.0));
    assert_eq!((x.grad(), z.grad(), q.grad(), h.grad()), (46.0, -8.0, -3.0, 1.0));
}

#[test]
fn the_expression_of_micrograds_readme() {
    let (a, b) = (Value::new(-4.0), Value::new(2.0));
    let mut c = a + b;
    let mut d = a * b + b.pow(3);
    c = c + c + 1;
    c = c + 1 + c - a;
    d = d + d * 2 + (b + a).relu();
    d = d + 3 * d + (b - a).relu();
    let e = c - d;
    let f = e.pow(2);
    let mut g = f / 2.0;
    g += 10.0 / f;
    g.backward();
    assert_eq!(g.data(), 24.70408163265306);
    assert_eq!((c.data(), d.data(), e.data(), f.data()), (-1.0, 6.0, -7.0, 49.0));
    assert_grad(a, 138.8338192419825);
    assert_grad(b, 645.5772594752186);
    assert_grad(c, -6.941690962099126);
    assert_grad(d, 6.941690962099126);
    assert_grad(e, -6.941690962099126);
    assert_grad(f, 0.4958350687213661);
}

#[test]
fn a_power_with_a_gradient_for_base_and_exponent() {
    let (base, exponent) = (Value::new(2.0), Value::new(3.0));
    let y = base.pow(exponent);
    y.backward();
    assert_eq!((y.data(), base.grad()), (8.0, 12.0));
    assert_grad(exponent, 5.545177444479562);
}

#[test]
fn a_negative_base_leaves_no_gradient_for_the_exponent() {
    let (base, exponent) = (Value::new(-2.0), Value::new(-3.0));
    let y = base.pow(exponent);
    y.backward();
    assert_eq!((y.data(), base.grad()), (-0.125, -0.1875));
    assert!(exponent.grad().is_nan());
}

#[test]
fn a_second_backward_adds_the_same_again() {
    let x = Value::new(2.0);
    let y = (3 * x).pow(2);
    y.backward();
    assert_eq!((y.data(), x.grad()), (36.0, 36.0));
    y.backward();
    assert_eq!(x.grad(), 72.0);
}
