//! Text in a picture: how wide it is, how a number is written, and how nothing of it can break the file.
//!
//! Widths come from the metrics of DejaVu Sans, the widest of the common interface fonts: text measured
//! with it also fits in Arial, Segoe UI, Roboto or San Francisco.

use std::fmt::Write;
use unicode_width::UnicodeWidthChar;

/// Advance widths of U+0020 to U+007E in DejaVu Sans, in thousandths of the font size.
#[rustfmt::skip]
const ASCII: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
    748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
];

/// Bold letters are at most this much wider.
const BOLD: f64 = 1.12;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Font {
    pub(crate) size: f64,
    pub(crate) bold: bool,
}

impl Font {
    pub(crate) const fn regular(size: f64) -> Self {
        Font { size, bold: false }
    }

    pub(crate) const fn bold(size: f64) -> Self {
        Font { size, bold: true }
    }

    fn advance(self, c: char) -> f64 {
        let thousandths = match c {
            ' '..='~' => f64::from(ASCII[c as usize - 32]),
            '…' => 1000.0,
            // Other alphabets run wider than Latin; Chinese, Japanese, Korean and emoji fill a square and more.
            _ => match c.width() {
                Some(0) => 0.0,
                Some(1) | None => 720.0,
                Some(_) => 1250.0,
            },
        };
        thousandths / 1000.0 * self.size * if self.bold { BOLD } else { 1.0 }
    }

    /// How wide `text` is, in pixels.
    pub(crate) fn width(self, text: &str) -> f64 {
        text.chars().map(|c| self.advance(c)).sum()
    }

    /// `text` on one line, at most `room` pixels wide: the rest is cut off and shown as "…".
    pub(crate) fn fit(self, text: &str, room: f64) -> String {
        let mut fitted = String::new();
        let mut used = 0.0;
        // Where to cut, should the text turn out too long: the last place that leaves room for the dots.
        let mut cut = 0;
        for c in text.chars().map(printable) {
            used += self.advance(c);
            if used > room {
                fitted.truncate(cut);
                // A joiner at the cut would tie the dots to what is gone.
                fitted.truncate(fitted.trim_end_matches(['\u{200d}', ' ']).len());
                fitted.push('…');
                return fitted;
            }
            fitted.push(c);
            if used + self.advance('…') <= room {
                cut = fitted.len();
            }
        }
        fitted
    }
}

/// The character to show for `c`: a space for a line break or a tab, U+FFFD for what XML forbids or no
/// font shows.
pub(crate) fn printable(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// Appends `text` so that XML reads it back as the same text, in an element or in an attribute.
pub(crate) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // Line breaks are wanted in titles; everything else that is no character is replaced.
            '\n' => out.push('\n'),
            c => out.push(printable(c)),
        }
    }
}

/// The longest a [`number`] gets, in characters.
pub(crate) const NUMBER_LENGTH: usize = 10;

/// `x` with four decimals, or in scientific notation where these would hide it or run on: never longer
/// than 10 characters, so that the size of a box does not depend on its number.
///
/// ```
/// use gradling_graph::number;
/// assert_eq!((number(2.0), number(-1.5e-7)), ("2.0000".into(), "-1.5e-7".into()));
/// ```
pub fn number(x: f64) -> String {
    if x.is_nan() {
        return "NaN".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let size = x.abs();
    if x == 0.0 {
        return "0.0000".into();
    }
    let mut text = String::with_capacity(NUMBER_LENGTH);
    if (1e-3..9999.99995).contains(&size) {
        let _ = write!(text, "{x:.4}");
        return text;
    }
    for decimals in (0..=4).rev() {
        text.clear();
        let _ = write!(text, "{x:.decimals$e}");
        if text.len() <= NUMBER_LENGTH {
            break;
        }
    }
    match text.split_once('e') {
        // 1.5000e10 says no more than 1.5e10.
        Some((mantissa, exponent)) if mantissa.contains('.') => {
            format!("{}e{exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

/// Appends a coordinate: pixels, to one decimal, without a needless ".0".
pub(crate) fn coordinate(out: &mut String, x: f64) {
    // A picture of ten million boxes still fits i64 tenths; NaN cannot come from a layout, and reads as 0.
    let tenths = (x * 10.0).round() as i64;
    if tenths < 0 {
        out.push('-');
    }
    let tenths = tenths.unsigned_abs();
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut whole = tenths / 10;
    loop {
        at -= 1;
        digits[at] = b'0' + (whole % 10) as u8;
        whole /= 10;
        if whole == 0 {
            break;
        }
    }
    for &digit in &digits[at..] {
        out.push(char::from(digit));
    }
    if !tenths.is_multiple_of(10) {
        out.push('.');
        out.push(char::from(b'0' + (tenths % 10) as u8));
    }
}

/// `count` with the noun it counts: "1 value", "2 values".
pub(crate) fn plural(count: usize, noun: &str) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_decimals_where_these_tell_something() {
        for (x, text) in [
            (0.0, "0.0000"),
            (-0.0, "0.0000"),
            (2.0, "2.0000"),
            (-6.881373587019543, "-6.8814"),
            (9999.9999, "9999.9999"),
            (9999.99996, "1e4"),
            (12345.6789, "1.2346e4"),
            (-1.5e10, "-1.5e10"),
            (0.001, "0.0010"),
            (0.0005, "5e-4"),
            (-1.23456789e-300, "-1.23e-300"),
            (f64::MAX, "1.7977e308"),
            (5e-324, "4.941e-324"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(number(x), text);
        }
    }

    #[test]
    fn no_number_is_longer_than_its_column() {
        for exponent in -308..=308 {
            for mantissa in [1.0, -1.0, 9.99999999, -9.99999999, -1.23456789] {
                let x = format!("{mantissa}e{exponent}").parse::<f64>().unwrap();
                assert!(number(x).len() <= NUMBER_LENGTH, "{x:e} is written {}", number(x));
            }
        }
    }

    #[test]
    fn long_text_is_cut_to_the_room_and_says_so() {
        let font = Font::regular(12.0);
        let cut = font.fit(&"abc ".repeat(2500), 100.0);
        assert!(cut.ends_with("c…") || cut.ends_with("b…") || cut.ends_with("a…"), "{cut:?}");
        assert!(font.width(&cut) <= 100.0 && font.width(&cut) > 80.0);
        assert_eq!(font.fit("short", 100.0), "short");
        assert_eq!(font.fit("two\nlines\0", 500.0), "two lines\u{fffd}");
        assert_eq!(font.fit("anything", 0.0), "…");
        let family = "👨‍👩‍👧".repeat(40);
        assert!(!font.fit(&family, 100.0).contains("\u{200d}…"));
    }

    #[test]
    fn wide_characters_are_wide_and_marks_take_no_room() {
        let font = Font::regular(10.0);
        assert_eq!(font.width("漢字"), 25.0);
        assert_eq!(font.width("e\u{301}"), font.width("e"));
        assert!((font.width("tanh") - (3.92 + 6.13 + 6.34 + 6.34)).abs() < 1e-9);
    }

    #[test]
    fn coordinates_round_to_a_tenth() {
        for (x, text) in [
            (0.0, "0"),
            (12.04, "12"),
            (12.06, "12.1"),
            (-3.25, "-3.3"),
            (1e7, "10000000"),
            (-0.01, "0"),
        ] {
            let mut out = String::new();
            coordinate(&mut out, x);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(plural(1, "value"), "1 value");
        assert_eq!(plural(0, "value"), "0 values");
        assert_eq!(plural(1_234_567, "value"), "1,234,567 values");
    }
}
