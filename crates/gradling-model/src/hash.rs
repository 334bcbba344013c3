//! Which data a model learned from: the SHA-256 of the file, as `sha256sum` prints it.

use gradling_data::Table;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

/// What a hash begins with, in text.
const KIND: &str = "sha256:";

/// The SHA-256 of the bytes of a file. In text it is `sha256:` and 64 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DataHash([u8; 32]);

impl DataHash {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        DataHash(Sha256::digest(bytes).into())
    }

    /// The hash that these 64 digits write, as [`gradling_data::TableStream::hash`] gives them.
    ///
    /// # Errors
    /// Another text.
    pub fn of_digits(text: &str) -> Result<Self, NoHash> {
        digits(text)
    }

    /// The hash of all bytes that come, however many.
    ///
    /// # Errors
    /// What reading gave.
    pub fn of_reader(mut reader: impl Read) -> io::Result<Self> {
        let (mut sum, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(DataHash(sum.finalize().into())),
                Ok(count) => sum.update(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The hash of the file that a table was read from, if it was.
    pub fn of_table(table: &Table) -> Option<Self> {
        digits(table.hash()?).ok()
    }
}

impl fmt::Display for DataHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(KIND)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<DataHash> for String {
    fn from(hash: DataHash) -> String {
        hash.to_string()
    }
}

/// A text that is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the hash of the data is not `sha256:` and 64 hexadecimal digits")]
pub struct NoHash;

impl FromStr for DataHash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        digits(text.strip_prefix(KIND).ok_or(NoHash)?)
    }
}

fn digits(text: &str) -> Result<DataHash, NoHash> {
    if text.len() != 64 {
        return Err(NoHash);
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16).ok_or(NoHash);
        // Two digits of four bits each fill the byte.
        *byte = ((digit(pair[0])? << 4) | digit(pair[1])?) as u8;
    }
    Ok(DataHash(bytes))
}

impl TryFrom<String> for DataHash {
    type Error = NoHash;

    fn try_from(text: String) -> Result<Self, NoHash> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value is that of FIPS 180-2, appendix B.1.
    #[test]
    fn the_hash_is_sha256_and_text_reads_back() {
        let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let hash = DataHash::of(b"abc");
        assert_eq!(hash.to_string(), text);
        assert_eq!(text.parse(), Ok(hash));
        assert_eq!(DataHash::of_reader(&b"abc"[..]).unwrap(), hash);
        for wrong in ["", "sha256:", &text[7..], &text[..70], &text.replace('b', "g"), "md5:00"] {
            assert_eq!(wrong.parse::<DataHash>(), Err(NoHash), "{wrong}");
        }
    }
}
