//! Whatever the bytes, the reader gives a sound table or an error.

use gradling_data::{Encoder, Rng, Table, TableReader, Target, split};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Reads, and holds what was read to the promises of a table; tells whether it was read.
fn check(bytes: &[u8]) -> bool {
    let Ok(table) = Table::read("any", bytes) else {
        return false;
    };
    let mut written = Vec::new();
    table.write_csv(&mut written).unwrap();
    let again = TableReader::new("again")
        .delimiter(b',')
        .read(&written[..])
        .unwrap_or_else(|error| panic!("{error}\n{:?}", String::from_utf8_lossy(&written)));
    assert_eq!(table.columns(), again.columns());

    for column in table.columns() {
        let Ok(target) = Target::infer(&table, column.name()) else {
            continue;
        };
        let Ok(parts) = split(&table, &target, 0.3, 1) else {
            panic!("a split is always possible")
        };
        let Ok(encoder) = Encoder::fit(&table, &parts.train, &target) else {
            continue;
        };
        if let Ok(features) = encoder.encode_features(&table, &table.row_ids()) {
            assert_eq!(features.matrix.data.len(), table.rows() * encoder.inputs().len());
            assert!(features.matrix.data.iter().all(|x| x.is_finite()));
        }
        encoder.encode_targets(&table, &parts.train).unwrap();
    }
    true
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => any::<f64>().prop_map(|x| x.to_string()),
        3 => (-5i32..5).prop_map(|x| x.to_string()),
        2 => "[a-c]{1,3}",
        1 => "\"[ ,\r\n\ta]{0,5}\"",
        1 => "\\PC{0,8}",
        1 => Just("NA".to_owned()),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[ab,;\"\r\n\t\u{feff}\u{a0}1.e-]{0,60}") {
        check(text.as_bytes());
    }

    #[test]
    fn what_is_written_reads_back_the_same(rows in prop::collection::vec(prop::collection::vec(cell(), 3), 1..30)) {
        let mut csv = "a,b,c\n".to_owned();
        for row in rows {
            csv += &row.join(",");
            csv.push('\n');
        }
        check(csv.as_bytes());
    }
}

/// About a second of damaged copies of a sound table, in the small ways that files get damaged.
#[test]
fn damaged_tables_are_read_or_refused() {
    const PIECES: [&[u8]; 16] = [
        b",",
        b"\n",
        b"\r\n",
        b"\r",
        b"\"",
        b"\"\"",
        b"",
        b"NA",
        b"1e999",
        b"-0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\0",
        b"x",
        b"5e-324",
        b"1.7e308",
    ];
    let sound = b"size,colour,\"kind, of\",y\n1.5,red,a,0\n-2,blue,\"b\nc\",1\n3e2,red,\"a \"\"q\"\"\",1\n4,green,a,0\n";
    let mut rng = Rng::new(2024);
    let end = Instant::now() + Duration::from_secs(1);
    let (mut read, mut refused) = (0, 0);
    while Instant::now() < end {
        let mut bytes = sound.to_vec();
        for _ in 0..1 + rng.bits() % 4 {
            let at = (rng.bits() % bytes.len() as u64) as usize;
            let cut = ((rng.bits() % 4) as usize).min(bytes.len() - at - 1);
            let piece = PIECES[(rng.bits() % PIECES.len() as u64) as usize];
            bytes.splice(at..at + cut, piece.iter().copied());
        }
        if check(&bytes) {
            read += 1
        } else {
            refused += 1
        }
        for delimiter in [b';', b'"', b'\n', b'\r', 0] {
            let _ = TableReader::new("any").delimiter(delimiter).read(&bytes[..]);
        }
    }
    // The damage is of the kind that is sometimes harmless and sometimes not.
    assert!(read > 10 && refused > 10, "{read} read, {refused} refused");
}
