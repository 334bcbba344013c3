//! What stands between cells, found from the first lines: comma, semicolon or tab.

use crate::blocks::walk;

/// So many lines are looked at.
const LINES: usize = 200;
/// The first of equals wins.
const CANDIDATES: [u8; 3] = [b',', b';', b'\t'];

/// The separator that parts the header, and at least half of the rows into as many cells as the header has;
/// of several, the one on which most rows agree, then the one of most cells. A comma if there is none.
pub(crate) fn find(head: &[u8]) -> u8 {
    let mut best = ((0, 0), b',');
    for candidate in CANDIDATES {
        let counts = separators(head, candidate);
        let Some((&header, rows)) = counts.split_first() else { continue };
        let agree = rows.iter().filter(|&&count| count == header).count();
        let score = (agree, header);
        if header > 0 && 2 * agree >= rows.len() && score > best.0 {
            best = (score, candidate);
        }
    }
    best.1
}

/// How often the candidate stands in each of the first lines, but for blank ones.
fn separators(head: &[u8], candidate: u8) -> Vec<usize> {
    let (mut counts, mut count, mut start) = (Vec::new(), 0, 0);
    walk(head, candidate, |at, byte| {
        if byte == candidate {
            count += 1;
            return false;
        }
        if !head[start..at].iter().all(u8::is_ascii_whitespace) || count > 0 {
            counts.push(count);
        }
        (count, start) = (0, at + 1);
        counts.len() > LINES
    });
    if counts.len() <= LINES && !head[start..].iter().all(u8::is_ascii_whitespace) {
        counts.push(count);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_separator_is_the_one_on_which_rows_agree() {
        for (head, separator) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2\n", b';'),
            ("a, in m;b\n1,5;2,5\n2;3\n", b';'),
            ("a\tb\n1\t2\n", b'\t'),
            ("\"a;b\",c\n1,2\n", b','),
            ("a;b\n\"x\n;;y\";2\n", b';'),
            ("only\n1\n2\n", b','),
            ("a,b;c\n1,2;3\n", b','),
            ("\n\na;b\n", b';'),
            ("a;b;c\n1;2\n", b','),
            ("", b','),
        ] {
            assert_eq!(find(head.as_bytes()), separator, "{head:?}");
        }
    }
}
