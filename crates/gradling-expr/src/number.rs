//! Numbers as they are written: `1`, `2.5`, `.5`, `1e-3`, `1_000`.

use crate::error::clip;

/// How many bytes of `text`, which starts with a number, are the number.
pub(crate) fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        let end = bytes[from..].iter().position(|b| !matches!(b, b'0'..=b'9' | b'_'));
        end.map_or(bytes.len(), |n| from + n)
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
        }
    }
    end
}

/// The number that is written so, or the message and the help that say what is wrong.
pub(crate) fn value(written: &str) -> Result<f64, (String, &'static str)> {
    let bytes = written.as_bytes();
    let digit_at = |i: Option<usize>| i.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
    let stray =
        |(i, &b): (usize, &u8)| b == b'_' && !(digit_at(i.checked_sub(1)) && digit_at(Some(i + 1)));
    if bytes.iter().enumerate().any(stray) {
        let message = format!("`{}` is not a number", clip(written));
        return Err((message, "`_` stands between two digits, as in 1_000"));
    }
    let parsed =
        if written.contains('_') { written.replace('_', "").parse() } else { written.parse() };
    match parsed {
        Ok(value) if f64::is_finite(value) => Ok(value),
        Ok(_) => Err((
            format!("`{}` is too large", clip(written)),
            "the largest number is 1.7976931348623157e308",
        )),
        Err(_) => Err((
            format!("`{}` is not a number", clip(written)),
            "numbers are written as in 255, 2.5 and 1e-3",
        )),
    }
}
