//! Numbers as tables write them: `1234.5`, and by settings `1234,5` or `1.234,5`.

use crate::error::DataError;
use serde::{Deserialize, Serialize};

/// How a table writes numbers.
///
/// ```
/// use gradling_data::{NumberFormat, TableReader, Values};
///
/// let german = NumberFormat::new(',', Some('.'))?;
/// let table = TableReader::new("rents").numbers(german).read("rent;rooms\n1.250,50;3\n".as_bytes())?;
/// assert_eq!(table.columns()[0].values(), &Values::Numbers(vec![1250.5]));
/// # Ok::<(), gradling_data::DataError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct NumberFormat {
    decimal: char,
    #[serde(skip_serializing_if = "Option::is_none")]
    thousands: Option<char>,
}

impl Default for NumberFormat {
    /// A decimal point, and nothing between thousands.
    fn default() -> Self {
        NumberFormat { decimal: '.', thousands: None }
    }
}

impl NumberFormat {
    /// A decimal point or comma, and a sign between thousands: point, comma, space, apostrophe or underscore.
    /// A space is also one that does not break, an apostrophe also a raised comma.
    ///
    /// # Errors
    /// Other signs, or the same for both.
    pub fn new(decimal: char, thousands: Option<char>) -> Result<Self, DataError> {
        if !matches!(decimal, '.' | ',') {
            return Err(DataError::setting("the decimal sign", decimal, "a point or a comma"));
        }
        let known = |sign: char| matches!(sign, '.' | ',' | ' ' | '\'' | '_') && sign != decimal;
        if let Some(sign) = thousands.filter(|&sign| !known(sign)) {
            let rule = "a point, comma, space, apostrophe or underscore, and not the decimal sign";
            return Err(DataError::setting("the sign between thousands", sign, rule));
        }
        Ok(NumberFormat { decimal, thousands })
    }

    /// Whether the whole number and its decimals are written as programs do, with nothing else.
    pub(crate) fn is_plain(&self) -> bool {
        *self == NumberFormat::default()
    }

    /// The number that a cell holds, if it is one, also if it is infinite.
    pub(crate) fn parse(&self, text: &str) -> Option<f64> {
        if self.is_plain() {
            return text.parse().ok();
        }
        let (whole, rest) = match text.find([self.decimal, 'e', 'E']) {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        let mut plain = String::with_capacity(text.len());
        match self.thousands {
            Some(sign) if whole.contains(|c| same(sign, c)) => {
                let digits = whole.trim_start_matches(['+', '-']);
                plain.push_str(&whole[..whole.len() - digits.len()]);
                for (place, group) in digits.split(|c| same(sign, c)).enumerate() {
                    let fits = if place == 0 { 1..=3 } else { 3..=3 };
                    if !fits.contains(&group.len()) || !group.bytes().all(|b| b.is_ascii_digit()) {
                        return None;
                    }
                    plain.push_str(group);
                }
            }
            _ => plain.push_str(whole),
        }
        // A point that is no decimal sign here has no place left.
        if plain.contains('.') {
            return None;
        }
        match rest.strip_prefix(self.decimal) {
            Some(rest) if rest.contains('.') => return None,
            Some(rest) => {
                plain.push('.');
                plain.push_str(rest);
            }
            None => plain.push_str(rest),
        }
        plain.parse().ok()
    }
}

/// Whether a letter is this sign between thousands, or one that is printed for it.
fn same(sign: char, letter: char) -> bool {
    match sign {
        ' ' => matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'),
        '\'' => matches!(letter, '\'' | '\u{2019}'),
        _ => letter == sign,
    }
}

#[derive(Deserialize)]
struct Unchecked {
    decimal: char,
    #[serde(default)]
    thousands: Option<char>,
}

impl TryFrom<Unchecked> for NumberFormat {
    type Error = DataError;

    fn try_from(unchecked: Unchecked) -> Result<Self, DataError> {
        NumberFormat::new(unchecked.decimal, unchecked.thousands)
    }
}

/// 10 to the powers that a float holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The number at the start of `bytes`, and how long it is, if its digits make a whole number below 2^53:
/// that and the power of ten are exact then, and so their quotient is the float nearest to the number
/// (Clinger, How to read floating point numbers accurately, 1990). What it leaves takes the long way.
pub(crate) fn quick(bytes: &[u8]) -> Option<(f64, usize)> {
    let negative = bytes.first() == Some(&b'-');
    let (mut at, mut digits) = (usize::from(negative), 0_u64);
    let start = at;
    while let Some(digit) = bytes.get(at).map(|b| b.wrapping_sub(b'0')).filter(|&d| d < 10) {
        digits = digits.wrapping_mul(10).wrapping_add(digit.into());
        at += 1;
    }
    let (mut count, mut decimals) = (at - start, 0);
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        let start = at;
        while let Some(digit) = bytes.get(at).map(|b| b.wrapping_sub(b'0')).filter(|&d| d < 10) {
            digits = digits.wrapping_mul(10).wrapping_add(digit.into());
            at += 1;
        }
        decimals = at - start;
        count += decimals;
    }
    // 19 digits cannot overflow.
    if !(1..=19).contains(&count) || digits > 1 << 53 {
        return None;
    }
    let number = digits as f64 / POWERS[decimals];
    Some((if negative { -number } else { number }, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_quick_number_is_that_of_the_standard_library(text in "-?[0-9]{0,12}\\.?[0-9]{0,12}") {
            if let Some((number, length)) = quick(text.as_bytes()) {
                prop_assert_eq!(length, text.len());
                prop_assert_eq!(number.to_bits(), text.parse::<f64>().unwrap().to_bits());
            }
        }

        #[test]
        fn most_numbers_that_people_write_are_quick(number in -1e6..1e6f64) {
            let text = format!("{number:.6}");
            prop_assert!(quick(text.as_bytes()).is_some());
        }
    }

    #[test]
    fn decimal_and_thousands_signs_are_where_they_belong() {
        let read = |decimal, thousands: Option<char>, text: &str| {
            NumberFormat::new(decimal, thousands).unwrap().parse(text)
        };
        assert_eq!(read(',', None, "1,5"), Some(1.5));
        assert_eq!(read(',', None, "-1,5e3"), Some(-1500.0));
        assert_eq!(read(',', None, "1.5"), None);
        assert_eq!(read(',', Some('.'), "1.234.567,25"), Some(1_234_567.25));
        assert_eq!(read(',', Some('.'), "1234,25"), Some(1234.25));
        assert_eq!(read(',', Some('.'), "1.5"), None);
        assert_eq!(read(',', Some('.'), "12.34.567"), None);
        assert_eq!(read(',', Some('.'), ".234"), None);
        assert_eq!(read(',', Some('.'), "1,234.5"), None);
        assert_eq!(read('.', Some(','), "-1,234.5"), Some(-1234.5));
        assert_eq!(read('.', Some(','), "1,23"), None);
        assert_eq!(read('.', Some('\''), "1’234'567"), Some(1_234_567.0));
        assert_eq!(read(',', Some(' '), "12\u{202f}345\u{a0}678,9"), Some(12_345_678.9));
        assert_eq!(read(',', Some('.'), "1.234e2"), Some(123_400.0));
        for (decimal, thousands) in [(';', None), ('.', Some('.')), (',', Some('x'))] {
            assert!(NumberFormat::new(decimal, thousands).is_err());
        }
    }
}
