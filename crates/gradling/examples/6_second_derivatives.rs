//! Lesson 6: gradients of gradients.
//!
//! `cargo run -p gradling --example 6_second_derivatives`
//!
//! `backward` leaves numbers. `grad` makes values, which remember how they were made like all others: so
//! a gradient has a gradient. The second derivative tells how a slope bends, and with that how far to go.

use gradling::{Value, grad, hessian, hvp, jacobian};

pub(crate) fn main() {
    // x³ and its derivatives: 3x², 6x, 6.
    let x = Value::new(2.0);
    let mut y = x.pow(3);
    print!("x³ at 2, and its derivatives: {}", y.data());
    for known in [12.0, 12.0, 6.0, 0.0] {
        y = grad(y, &[x])[0];
        print!(", {}", y.data());
        assert_eq!(y.data(), known);
    }
    println!();

    // Of two variables there are four second derivatives, the Hessian. a²b: 2b, 2a; 2a, 0.
    let (a, b) = (Value::new(2.0), Value::new(3.0));
    let y = a * a * b;
    println!("Hessian of a²b at (2, 3): {:?}", hessian(y, &[a, b]));
    assert_eq!(hessian(y, &[a, b]), [[6.0, 4.0], [4.0, 0.0]]);
    // Its product with a vector needs no matrix, which matters when there are a million variables.
    println!("times (1, 10): {:?}", hvp(y, &[a, b], &[1.0, 10.0]));
    assert_eq!(hvp(y, &[a, b], &[1.0, 10.0]), [46.0, 4.0]);

    // What it is good for. Rosenbrock's valley, (1 - p)² + 100 (q - p²)², is lowest at (1, 1), at the end
    // of a long bend. Steps against the gradient creep along it; Newton's method divides the gradient by
    // the Hessian and goes straight to where the slope would vanish if the bend stayed as it is. It is there
    // in a few steps, if need be over a hill.
    let (p, q) = (Value::new(-1.2), Value::new(1.0));
    let valley = (1.0 - p).pow(2) + 100.0 * (q - p * p).pow(2);
    println!("Newton's method: step 0, height {:.6}", valley.data());
    for step in 1..=6 {
        let slope = jacobian(&[valley], &[p, q]).remove(0);
        let bend = hessian(valley, &[p, q]);
        // The inverse of a matrix of two rows, written out.
        let det = bend[0][0] * bend[1][1] - bend[0][1] * bend[1][0];
        p.set_data(p.data() - (bend[1][1] * slope[0] - bend[0][1] * slope[1]) / det);
        q.set_data(q.data() - (bend[0][0] * slope[1] - bend[1][0] * slope[0]) / det);
        valley.recompute();
        println!(
            "step {step}: height {:<12.6e} at ({:.6}, {:.6})",
            valley.data(),
            p.data(),
            q.data()
        );
    }
    assert!((p.data() - 1.0).abs() < 1e-9 && (q.data() - 1.0).abs() < 1e-9);
}
