//! Names from a file, made fit to be shown.

use std::path::Path;

/// The most letters of a name that are shown.
const MOST: usize = 40;

/// The text on one line and not too long, without what a terminal would take for a command and an SVG
/// file may not hold.
pub(crate) fn plain(text: &str) -> String {
    let visible = |c: char| {
        let none = c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
        if none { '\u{fffd}' } else { c }
    };
    let mut shown: String = text.chars().take(MOST).map(visible).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// The last part of a path, made fit to be shown.
pub(crate) fn file_name(path: &str) -> String {
    plain(Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path))
}

/// A whole number with commas between thousands.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `2 rows`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_on_one_line_without_commands_to_the_terminal() {
        assert_eq!(plain("a\u{1b}[31m\nb"), "a\u{fffd}[31m\u{fffd}b");
        assert_eq!(file_name("/a/long/way/to/moons.csv"), "moons.csv");
        assert_eq!(plain(&"é".repeat(41)), format!("{}…", "é".repeat(40)));
    }

    #[test]
    fn thousands_are_parted_by_commas() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1000), "1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(
            (count(1, "row"), count(1500, "row")),
            ("1 row".to_owned(), "1,500 rows".to_owned())
        );
    }
}
