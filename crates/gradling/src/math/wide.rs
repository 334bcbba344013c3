//! Numbers of twice the digits of a double, while the program is compiled: for the tables of the
//! functions.
//!
//! A number is the sum of two doubles, the first the nearest to it. That a sum and a product of doubles
//! leave an error which is a double again is due to Knuth and Dekker ("A floating-point technique for
//! extending the available precision", 1971).

/// The sum of both.
type Wide = (f64, f64);

/// ln 2.
pub(super) const LN_2: Wide = (std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);

/// a + b, where a is the larger.
const fn tidy(a: f64, b: f64) -> Wide {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// The two halves of the digits of a double.
const fn halves(a: f64) -> Wide {
    let shifted = a * 134_217_729.0; // 2^27 + 1
    let high = shifted - (shifted - a);
    (high, a - high)
}

/// a · b of two doubles.
const fn exact_product(a: f64, b: f64) -> Wide {
    let product = a * b;
    let ((a1, a0), (b1, b0)) = (halves(a), halves(b));
    (product, ((a1 * b1 - product) + a1 * b0 + a0 * b1) + a0 * b0)
}

/// a · b.
pub(super) const fn product(a: Wide, b: Wide) -> Wide {
    let (high, low) = exact_product(a.0, b.0);
    tidy(high, low + (a.0 * b.1 + a.1 * b.0))
}

/// a / n.
pub(super) const fn quotient(a: Wide, n: f64) -> Wide {
    let high = a.0 / n;
    let (whole, part) = exact_product(high, n);
    tidy(high, ((a.0 - whole) - part + a.1) / n)
}

/// e to a small power: the Taylor series, from its end.
pub(super) const fn exp(x: Wide) -> Wide {
    let mut sum = (1.0, 0.0);
    let mut n = 20;
    while n > 0 {
        let term = quotient(product(x, sum), n as f64);
        let (one, rest) = tidy(1.0, term.0);
        sum = tidy(one, rest + term.1);
        n -= 1;
    }
    sum
}
