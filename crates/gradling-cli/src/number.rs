//! Numbers as people read them.

/// Numbers of so many digits are shown as they are, longer ones rounded.
const MOST_DIGITS: usize = 8;

/// At most [`MOST_DIGITS`] digits if they are exact, else 6; `-0` is `0`.
pub(crate) fn short(x: f64) -> String {
    // Minus zero plus zero is zero.
    let x = x + 0.0;
    if x.is_nan() {
        return "nan".to_owned();
    }
    if x.is_infinite() {
        return x.to_string();
    }
    let exact = format!("{x:e}");
    let digits =
        |text: &str| text.bytes().take_while(|&b| b != b'e').filter(u8::is_ascii_digit).count();
    let is_exact = digits(&exact) <= MOST_DIGITS;
    let text = if is_exact { exact } else { format!("{x:.5e}") };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    let power: i32 = exponent.parse().unwrap_or(0);
    // Zeros that stand for digits cut off would be wrong, those of a whole number are not.
    let most = if is_exact { 10 } else { 6 };
    let text = format!("{mantissa}e{exponent}");
    match text.parse::<f64>() {
        Ok(rounded) if (-5..most).contains(&power) => rounded.to_string(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn numbers_are_exact_where_that_is_short_and_else_of_6_digits() {
        for (x, text) in [
            (4.0, "4"),
            (-3.0, "-3"),
            (-0.0, "0"),
            (0.1, "0.1"),
            (-7.286496, "-7.286496"),
            (0.5_f64.sqrt(), "0.707107"),
            (6.881373587019543, "6.88137"),
            (0.1 + 0.2, "0.3"),
            (0.9999999999976694, "1"),
            (12345678.0, "12345678"),
            (1e9, "1000000000"),
            (1e10, "1e10"),
            (123456789.0, "1.23457e8"),
            (1234567.891, "1.23457e6"),
            (999999.99999, "1e6"),
            (0.00001, "0.00001"),
            (0.000001, "1e-6"),
            (1.0 / 3e7, "3.33333e-8"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.79769e308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(short(x), text, "{x}");
        }
    }
}
