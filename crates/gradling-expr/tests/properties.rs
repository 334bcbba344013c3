//! Random expressions mean what a direct evaluation says; random texts never panic.

use gradling::scope;
use gradling_expr::parse;
use proptest::prelude::*;

/// An expression as text, with how tightly it binds, and its number.
#[derive(Clone, Debug)]
struct Written {
    text: String,
    binds: u8,
    number: f64,
}

const SUM: u8 = 2;
const PRODUCT: u8 = 3;
const SIGN: u8 = 4;
const POWER: u8 = 5;
const ATOM: u8 = 6;

impl Written {
    /// In parentheses unless it binds at least so tightly.
    fn at_least(&self, binds: u8) -> String {
        if self.binds >= binds { self.text.clone() } else { format!("({})", self.text) }
    }

    fn two(
        sign: &str,
        binds: u8,
        left: &Written,
        right: &Written,
        of: fn(f64, f64) -> f64,
    ) -> Written {
        // Powers go to the right, the others to the left; a sign may stand after `^`.
        let (of_left, of_right) =
            if binds == POWER { (POWER + 1, SIGN) } else { (binds, binds + 1) };
        Written {
            text: format!("{}{sign}{}", left.at_least(of_left), right.at_least(of_right)),
            binds,
            number: of(left.number, right.number),
        }
    }
}

fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

fn expression() -> impl Strategy<Value = Written> {
    let number = prop_oneof![
        (0u32..100).prop_map(f64::from),
        0.0..10.0f64,
        any::<f64>()
            .prop_filter("written without a sign", |x| x.is_finite() && x.is_sign_positive()),
    ];
    let number = (number, any::<bool>()).prop_map(|(number, exponent)| Written {
        text: if exponent { format!("{number:e}") } else { format!("{number}") },
        binds: ATOM,
        number,
    });
    number.prop_recursive(6, 60, 3, |inner| {
        (0usize..12, inner.clone(), inner.clone(), inner).prop_map(|(which, a, b, c)| match which {
            0 => Written::two(" + ", SUM, &a, &b, |a, b| a + b),
            1 => Written::two(" - ", SUM, &a, &b, |a, b| a - b),
            2 => Written::two("*", PRODUCT, &a, &b, |a, b| a * b),
            3 => Written::two(" / ", PRODUCT, &a, &b, |a, b| a / b),
            4 => Written::two("^", POWER, &a, &b, f64::powf),
            5 => Written { text: format!("-{}", a.at_least(SIGN)), binds: SIGN, number: -a.number },
            6 => Written {
                text: format!("({} < {})", a.text, b.text),
                binds: ATOM,
                number: truth(a.number < b.number),
            },
            7 => Written { text: format!("abs({})", a.text), binds: ATOM, number: a.number.abs() },
            8 => {
                Written { text: format!("sqrt({})", a.text), binds: ATOM, number: a.number.sqrt() }
            }
            9 => Written {
                text: format!("select({}, {},\n{})", a.text, b.text, c.text),
                binds: ATOM,
                number: if a.number != 0.0 { b.number } else { c.number },
            },
            10 => Written {
                text: format!("[{}, {}][1]", a.text, b.text),
                binds: ATOM,
                number: b.number,
            },
            _ => Written { text: format!("+{}", a.at_least(SIGN)), binds: SIGN, number: a.number },
        })
    })
}

fn same(a: f64, b: f64) -> bool {
    a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_written_expression_has_the_number_of_its_direct_evaluation(written in expression()) {
        let found = scope(|| parse(&written.text)?.eval([]).map(|result| result.root.data()));
        prop_assert!(matches!(found, Ok(found) if same(found, written.number)), "{} is {found:?}, not {}", written.text, written.number);
    }

    #[test]
    fn any_text_gives_a_result_or_an_error(text in any::<String>()) {
        let _ = scope(|| parse(&text)?.eval([]).map(|result| result.root.data()));
    }

    #[test]
    fn any_text_of_the_right_characters_gives_a_result_or_an_error(text in "[a-c0-2.e_ +*/^()\\[\\],;=<!\n#-]{0,40}") {
        let _ = scope(|| parse(&text)?.eval([("a", 1.0)]).map(|result| result.root.data()));
    }
}
