//! What a date looks like: three numbers parted by one sign, in an order that is used, and maybe a time.

/// Whether a text is a date, such as `2024-01-31`, `31.1.2024`, `1/31/24` or `2024-01-31T12:00:00Z`.
pub(crate) fn is_date(text: &str) -> bool {
    let (date, time) = match text.find(['T', ' ']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    };
    let Some(sign) = date.chars().find(|c| !c.is_ascii_digit()) else { return false };
    if !matches!(sign, '-' | '.' | '/') {
        return false;
    }
    let mut parts = [0_u32; 3];
    let mut lengths = [0; 3];
    let mut count = 0;
    for part in date.split(sign) {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        if count == 3 || !digits || !matches!(part.len(), 1 | 2 | 4) {
            return false;
        }
        (parts[count], lengths[count]) = (part.parse().unwrap_or(0), part.len());
        count += 1;
    }
    let (month, day) = (|n: u32| (1..=12).contains(&n), |n: u32| (1..=31).contains(&n));
    let fits = match lengths {
        _ if count < 3 => false,
        [4, 1 | 2, 1 | 2] => month(parts[1]) && day(parts[2]),
        [1 | 2, 1 | 2, 2 | 4] => {
            (month(parts[0]) && day(parts[1])) || (day(parts[0]) && month(parts[1]))
        }
        _ => false,
    };
    let clock = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | 'Z' | '+' | '-' | ' ');
    fits && (time.is_empty() || (time.contains(':') && time.chars().all(clock)))
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn dates_are_told_from_versions_and_numbers() {
        for date in [
            "2024-01-31",
            "31.1.2024",
            "1/31/24",
            "31/01/2024",
            "2024/1/1",
            "2024-01-31T12:30:00Z",
            "2024-01-31 12:30:00.5+01:00",
        ] {
            assert!(is_date(date), "{date}");
        }
        for text in [
            "1.2.3",
            "2024-13-01",
            "a-b-c",
            "2024",
            "31.1",
            "10-12",
            "",
            "1.2.3.4",
            "2024-01-31 noon",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }
}
