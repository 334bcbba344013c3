//! How much memory a run keeps to, and what it is spent on.

use std::fmt;
use std::str::FromStr;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory(u64);

/// The least: what a run takes for any table.
const LEAST: u64 = 1_000_000;
/// The bytes of a table in memory for each of its file: its columns, and the numbers they become.
const TIMES: u64 = 2;
/// The share of the rows that are dealt out among each other, and that of each part that is looked at.
const WINDOW: u64 = 32;
const SEEN: u64 = 16;
/// The units, the largest first.
const UNITS: [(&str, u64); 4] =
    [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];

impl Memory {
    /// Whether a table of a file of so many bytes fits.
    pub(super) fn holds(self, file: u64) -> bool {
        file.saturating_mul(TIMES) <= self.0
    }

    /// Bytes for the rows that are dealt out among each other.
    pub(super) fn window(self) -> usize {
        usize::try_from(self.0 / WINDOW).unwrap_or(usize::MAX)
    }

    /// Rows of so many inputs that are looked at, of each part.
    pub(super) fn seen(self, inputs: usize) -> u64 {
        (self.0 / SEEN / 8 / (inputs as u64 + 1)).max(1)
    }
}

/// The largest unit that shows at least one.
impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, size) in UNITS {
            if self.0 >= size {
                return if self.0.is_multiple_of(size) {
                    write!(f, "{}{name}", self.0 / size)
                } else {
                    write!(f, "{:.1}{name}", self.0 as f64 / size as f64)
                };
            }
        }
        write!(f, "{} bytes", self.0)
    }
}

/// A number of bytes in words.
pub(super) fn shown(bytes: u64) -> String {
    Memory(bytes).to_string()
}

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let of = |&(name, size): &(&str, u64)| {
            let unit = text.len().checked_sub(name.len())?;
            let (number, written) = (text.get(..unit)?, text.get(unit..)?);
            if !written.eq_ignore_ascii_case(name) {
                return None;
            }
            number.trim_end().parse::<u64>().ok()?.checked_mul(size)
        };
        match UNITS.iter().find_map(of) {
            Some(bytes) if bytes >= LEAST => Ok(Memory(bytes)),
            Some(_) => Err(format!("write at least {}", Memory(LEAST))),
            None => {
                Err("write a whole number and kB, MB, GB or TB, such as 500MB or 4GB".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_shown() {
        for (text, bytes) in
            [("1GB", 1_000_000_000), ("500MB", 500_000_000), ("2TB", 2_000_000_000_000)]
        {
            assert_eq!(text.parse(), Ok(Memory(bytes)));
            assert_eq!(Memory(bytes).to_string(), text);
        }
        assert_eq!("4 gb".parse(), Ok(Memory(4_000_000_000)));
        assert_eq!(Memory(2_130_000_000).to_string(), "2.1GB");
        for wrong in ["", "1", "GB", "-1GB", "1.5GB", "1GiB", "999kB", "99999999999TB", "1 éB"] {
            assert!(wrong.parse::<Memory>().is_err(), "{wrong}");
        }
    }
}
