//! Tables as they are: encodings, separators, number formats, missing values, and parts of large ones.

use gradling_data::{
    Chance, Code, DataError, Encoder, Encoding, Fill, Finding, Kind, Learner, Missing,
    NumberFormat, Part, Rng, Survey, Table, TableReader, Target, Targets, Values, encoded,
};
use proptest::prelude::*;

fn read(csv: &[u8]) -> Table {
    Table::read("t.csv", csv).unwrap()
}

fn gappy(csv: &str) -> Table {
    TableReader::new("t.csv").keep_missing().read(csv.as_bytes()).unwrap()
}

#[test]
fn utf_8_and_windows_1252_give_the_same_table() {
    let text = "straße;größe\nKöln – „Süd“;1\nzu 5 €;2\n";
    // Encoded by hand: ß df, ö f6, – 96, „ 84, ü fc, “ 93, € 80.
    let old = b"stra\xdfe;gr\xf6\xdfe\nK\xf6ln \x96 \x84S\xfcd\x93;1\nzu 5 \x80;2\n";
    let (new, old) = (read(text.as_bytes()), read(old));
    assert_eq!(new.columns(), old.columns());
    assert_eq!(new.encoding(), Some((Encoding::Utf8, 1)));
    assert_eq!(old.encoding(), Some((Encoding::Windows1252, 1)));
    assert_eq!(read(b"a\n1\n").encoding(), None);
    let marked = read(&[b"\xef\xbb\xbf", text.as_bytes()].concat());
    assert_eq!(marked.columns(), new.columns());
    // What is UTF-8 by accident is not when it is said to be something else.
    let reader = TableReader::new("t").encoding(Encoding::Windows1252);
    assert_eq!(reader.read("a\né\n".as_bytes()).unwrap().columns()[0].cell(0), "Ã©");
}

#[test]
fn separators_are_found_and_line_ends_do_not_matter() {
    for (separator, end) in [(',', "\n"), (';', "\r\n"), ('\t', "\n"), ('\t', "\r\n")] {
        let csv = "a,\"b, c\",d\n1,\"x\ny\",3\n\n2,z,4".replace("\n", end);
        let csv: String = csv
            .split("\"b, c\"")
            .map(|part| part.replace(',', &separator.to_string()))
            .collect::<Vec<_>>()
            .join("\"b, c\"");
        let table = read(csv.as_bytes());
        let names: Vec<&str> = table.columns().iter().map(|column| column.name()).collect();
        assert_eq!(names, ["a", "b, c", "d"], "{csv:?}");
        assert_eq!(table.columns()[2].values(), &Values::Numbers(vec![3.0, 4.0]));
        assert_eq!(table.columns()[1].cell(0), format!("x{end}y"));
    }
    let bars = TableReader::new("t").delimiter(b'|').read(&b"a|b\n1|2\n"[..]).unwrap();
    assert_eq!(bars.columns().len(), 2);
}

#[test]
fn decimal_commas_are_numbers_when_asked_for_and_remembered_for_prediction() {
    let csv = "rent;size;kind\n1.250,50;20,5;a\n900;15;b\n2.000,25;31;a\n";
    let german = NumberFormat::new(',', Some('.')).unwrap();
    let table = TableReader::new("t").numbers(german).read(csv.as_bytes()).unwrap();
    assert_eq!(table.columns()[0].values(), &Values::Numbers(vec![1250.5, 900.0, 2000.25]));
    let target = Target::infer(&table, "kind").unwrap();
    let encoder = Encoder::fit(&table, &table.row_ids(), &target).unwrap().with_numbers(german);
    let json = serde_json::to_string(&encoder).unwrap();
    let again: Encoder = serde_json::from_str(&json).unwrap();
    assert_eq!(again, encoder);
    let new = again.reader("new").read("size;rent\n20,5;1.250,50\n".as_bytes()).unwrap();
    let (new, old) = (again.encode_features(&new, &[0]), encoder.encode_features(&table, &[0]));
    assert_eq!(new.unwrap().matrix, old.unwrap().matrix);
}

#[test]
fn an_encoder_without_missing_values_is_written_as_before() {
    let table = read(b"x,colour,y\n1,red,a\n2,blue,b\n");
    let target = Target::infer(&table, "y").unwrap();
    let json = serde_json::to_value(Encoder::fit(&table, &[0, 1], &target).unwrap()).unwrap();
    let before = serde_json::json!({
        "features": [
            { "name": "x", "code": { "number": { "mean": 1.5, "scale": 0.5, "constant": false } } },
            { "name": "colour", "code": { "one_hot": ["blue", "red"] } },
        ],
        "target": "y",
        "target_code": { "classes": { "texts": ["a", "b"] } },
    });
    assert_eq!(json, before);
}

/// Numbers 1, 2, 2, 7 have mean 3, median 2; the training rows end before the last one.
const GAPS: &str = "n,c,y\n1,u,0\n2,v,1\n,v,1\n2,?,0\n7,u,1\nNA,w,0\n1000,w,1\n";

fn learned(missing: Missing) -> (Table, Encoder) {
    let table = gappy(GAPS);
    let target = Target::infer(&table, "y").unwrap();
    let encoder = Encoder::fit_with(&table, &[0, 1, 2, 3, 4, 5], &target, missing).unwrap();
    (table, encoder)
}

#[test]
fn what_stands_in_for_missing_values_is_learned_from_training_rows_alone() {
    let fills = |missing| {
        let (_, encoder) = learned(missing);
        let fills = encoder.features().iter().map(|feature| feature.missing.clone());
        fills.collect::<Option<Vec<Fill>>>().unwrap()
    };
    let u = || Fill::Text("u".to_owned());
    assert_eq!(fills(Missing::Mean), [Fill::Number(3.0), u()]);
    assert_eq!(fills(Missing::Median), [Fill::Number(2.0), u()]);
    assert_eq!(fills(Missing::MostFrequent), [Fill::Number(2.0), u()]);
    assert_eq!(fills(Missing::Drop), [Fill::Drop, Fill::Drop]);
    assert_eq!(fills(Missing::Indicator), [Fill::Indicated(3.0), Fill::Text(String::new())]);
}

#[test]
fn missing_values_become_what_the_strategy_says() {
    // Deviation of 1, 2, 2, 7 from their mean: (4 + 1 + 1 + 16) / 4 = 5.5.
    let score = |x: f64| (x - 3.0) / 5.5_f64.sqrt();
    let row = |missing, row| {
        let (table, encoder) = learned(missing);
        let features = encoder.encode_features(&table, &[row]).unwrap();
        (features.matrix.data, features.incomplete)
    };
    // Inputs n, c=u, c=v, c=w, c=other; row 2 misses n, row 3 misses c.
    assert_eq!(row(Missing::Mean, 2).0, [0.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(row(Missing::Median, 2).0, [score(2.0), 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(row(Missing::Mean, 3).0, [score(2.0), 1.0, 0.0, 0.0, 0.0]);
    assert_eq!(row(Missing::Drop, 3), (vec![0.0; 5], vec![0]));
    assert_eq!(row(Missing::Drop, 4), (vec![score(7.0), 1.0, 0.0, 0.0, 0.0], vec![]));
    let (_, encoder) = learned(Missing::Indicator);
    assert_eq!(encoder.inputs(), ["n", "n=missing", "c=missing", "c=u", "c=v", "c=w", "c=other"]);
    assert_eq!(encoder.width(), 7);
    assert_eq!(row(Missing::Indicator, 2).0, [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(row(Missing::Indicator, 3).0, [score(2.0), 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn a_table_to_predict_may_miss_what_training_rows_did_not() {
    let table = read(b"n,c,y\n1,u,0\n3,v,1\n1,u,1\n3,v,0\n");
    let target = Target::infer(&table, "y").unwrap();
    let encode = |missing| {
        let encoder = Encoder::fit_with(&table, &table.row_ids(), &target, missing).unwrap();
        let json = serde_json::to_string(&encoder).unwrap();
        let encoder: Encoder = serde_json::from_str(&json).unwrap();
        let new = encoder.reader("new.csv").read(&b"c,n\n,\n"[..])?;
        encoder.encode_features(&new, &[0]).map(|features| features.matrix.data)
    };
    assert_eq!(encode(Missing::Mean).unwrap(), [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(encode(Missing::Indicator).unwrap(), [0.0, 0.0, 0.0, 1.0]);
    assert_eq!(
        encode(Missing::Error).unwrap_err().to_string(),
        r#"new.csv:2, column "c": the value is missing (""); fill it in or remove the row"#
    );
}

#[test]
fn rows_without_a_target_are_not_usable() {
    let table = gappy("x,y\n1,a\n2,\n,b\n4,b\n");
    assert_eq!(Missing::Mean.usable(&table, "y").unwrap(), [0, 2, 3]);
    assert_eq!(Missing::Drop.usable(&table, "y").unwrap(), [0, 3]);
    let error = Missing::Error.usable(&table, "y").unwrap_err().to_string();
    assert!(error.starts_with("t.csv:3, column \"y\": the value is missing"), "{error}");

    let some = table.only_rows(&[2, 3]).unwrap();
    assert_eq!((some.rows(), some.line(0), some.line(1)), (2, 4, 5));
    assert!(some.column("x").unwrap().is_missing(0));
    assert_eq!(some.column("y").unwrap().cell(1), "b");
}

#[test]
fn a_damaged_fill_is_refused() {
    let (_, encoder) = learned(Missing::Mean);
    let json = serde_json::to_string(&encoder).unwrap();
    for (from, to) in
        [("{\"number\":3.0}", "{\"text\":\"u\"}"), ("{\"text\":\"u\"}", "{\"number\":1.0}")]
    {
        assert!(json.contains(from));
        let error = serde_json::from_str::<Encoder>(&json.replacen(from, to, 1)).unwrap_err();
        assert!(error.to_string().contains("is damaged"), "{error}");
    }
}

#[test]
fn the_target_is_guessed_by_name_or_place() {
    assert_eq!(Target::guess(&read(b"a,Class,b\n1,2,3\n")), ("Class", "its name tells"));
    assert_eq!(Target::guess(&read(b"y,target,b\n1,2,3\n")), ("target", "its name tells"));
    assert_eq!(Target::guess(&read(b"a,b\n1,2\n")), ("b", "the last column"));
}

#[test]
fn the_hash_is_that_of_the_bytes() {
    // printf 'a,b\n1,2\n' | sha256sum
    let hash = "492d5ea496056f1a6a6592241032fab764c321596317930b4fa0e1e8bc3b7470";
    let table = read(b"a,b\n1,2\n");
    assert_eq!(table.hash(), Some(hash));
}

#[test]
fn a_survey_counts_and_finds() {
    let mut csv = "id,size,copy,one,day,name,colour,empty,kind\n".to_owned();
    for i in 0..40 {
        let size = [1.5, 2.5, 6.5, 9.5][i % 4];
        let (colour, kind) =
            (["red", "", "blue", "blue"][i % 4], if i % 20 == 0 { "b" } else { "a" });
        csv +=
            &format!("{},{size},{size},7,2024-01-{:02},n{i},{colour},,{kind}\n", i + 3, 1 + i % 28);
    }
    let table = gappy(&csv);
    let mut survey = Survey::default();
    survey.add(&table);
    assert_eq!(survey.rows(), 40);
    let columns = survey.columns();
    let size = &columns[1];
    assert_eq!((size.kind, size.distinct, size.missing), (Kind::Numbers, Some(4), 0));
    assert_eq!((size.min, size.mean, size.max), (Some(1.5), Some(5.0), Some(9.5)));
    assert_eq!(size.most_frequent, Some(("1.5".to_owned(), 10)));
    let colour = &columns[6];
    assert_eq!((colour.kind, colour.distinct, colour.missing), (Kind::Text, Some(2), 10));
    assert_eq!(colour.most_frequent, Some(("blue".to_owned(), 20)));
    assert_eq!(columns[4].kind, Kind::Dates);

    let of = |text: &str| text.to_owned();
    assert_eq!(
        survey.findings(Some("kind")),
        [
            Finding::Identifier { column: of("id") },
            Finding::Duplicate { column: of("copy"), of: of("size") },
            Finding::Constant { column: of("one"), value: of("7") },
            Finding::Dates { column: of("day") },
            Finding::Identifier { column: of("name") },
            Finding::Empty { column: of("empty") },
            Finding::Rare { column: of("kind"), value: of("b"), rows: 2 },
        ]
    );
}

/// So many rows are more than one block.
const ROWS: usize = 14_000;

/// A table of more than one block, with or without quotes.
fn large(quote: &str) -> String {
    let mut rng = Rng::new(5);
    let mut csv = "x,name,y\n".to_owned();
    let long = "-".repeat(60);
    for row in 0..ROWS {
        let x = rng.normal();
        let end = if row % 7 == 0 { "\r\n\n" } else { "\n" };
        csv += &format!("{x},{quote}n{}{long}{quote},{:.3}{end}", row % 10, x * 2.0);
    }
    csv
}

#[test]
fn parts_of_a_stream_make_up_the_table() {
    for quote in ["", "\""] {
        let csv = large(quote);
        let whole = read(csv.as_bytes());
        let stream = TableReader::new("t.csv").stream(csv.as_bytes()).unwrap();
        let mut row = 0;
        let mut parts = 0;
        for part in stream {
            let part = part.unwrap();
            for at in 0..part.rows() {
                for (column, all) in part.columns().iter().zip(whole.columns()) {
                    assert_eq!(column.cell(at), all.cell(row));
                }
                assert_eq!(part.line(at), whole.line(row));
                row += 1;
            }
            parts += 1;
        }
        assert_eq!(row, ROWS);
        assert!(parts > 1);
    }
}

#[test]
fn an_error_in_a_later_part_has_its_line_of_the_file() {
    let csv = large("") + "1,n1,two\n";
    let error = TableReader::new("t.csv").stream(csv.as_bytes()).unwrap().find_map(Result::err);
    let line = csv.lines().count();
    assert_eq!(
        error.unwrap().to_string(),
        format!(
            "t.csv:{line}, column \"y\": the column holds numbers, but this cell is \"two\"; write a number there"
        )
    );
    let rows = large("").replace("x,name,y\n", "");
    let mixed = ["x,name,y\n1,é,2\n".as_bytes(), rows.as_bytes(), b"1,\xe9,2\n"].concat();
    let error =
        TableReader::new("t.csv").stream(&mixed[..]).unwrap().find_map(Result::err).unwrap();
    assert!(matches!(error, DataError::Mixed { .. }), "{error}");
}

proptest! {
    /// The same text with one needless pair of quotes goes by the csv crate.
    #[test]
    fn plain_lines_are_read_as_the_csv_crate_reads_them(text in "a,b\n([1-9.,x -]{0,6}\r?\n){1,6}") {
        let quoted = format!("\"a\"{}", &text[1..]);
        // Quotes in the header alone do not reach the rows, so add some there too, in a row of its own.
        let both = |csv: String| Table::read("t", csv.as_bytes());
        let with = both(format!("{quoted}\"1\",1\n"));
        let without = both(format!("{text}1,1\n"));
        prop_assert_eq!(
            with.map(|t| t.columns().to_vec()).map_err(|e| e.to_string()),
            without.map(|t| t.columns().to_vec()).map_err(|e| e.to_string())
        );
    }
}

#[test]
fn targets_are_encoded_in_parts_too() {
    let csv = large("");
    let whole = read(csv.as_bytes());
    let target = Target::infer(&whole, "y").unwrap();
    let encoder = Encoder::fit(&whole, &whole.row_ids(), &target).unwrap();
    let Targets::Numbers(all) = encoder.encode_targets(&whole, &whole.row_ids()).unwrap() else {
        unreachable!()
    };
    let mut parts = Vec::new();
    for part in encoder.reader_with_target("t").stream(csv.as_bytes()).unwrap() {
        let part = part.unwrap();
        let Targets::Numbers(some) = encoder.encode_targets(&part, &part.row_ids()).unwrap() else {
            unreachable!()
        };
        parts.extend(some);
    }
    assert_eq!(parts, all);
}

/// What is learned in parts, and the rows of each part.
fn in_parts(csv: &str, target: &str, missing: Missing, chance: Chance) -> (Encoder, Target) {
    let mut learner = Learner::new(target, missing, chance).unwrap();
    for part in TableReader::new("t.csv").keep_missing().stream(csv.as_bytes()).unwrap() {
        learner.add(&part.unwrap()).unwrap();
    }
    let lesson = learner.finish().unwrap();
    assert!(lesson.rows.training > 0);
    (lesson.encoder, lesson.target)
}

#[test]
fn what_is_learned_in_parts_is_what_is_learned_at_once() {
    let gaps = large("")
        .replace(&format!(",n3{},", "-".repeat(60)), ",NA,")
        .replace("x,name,y\n", "x,name,y\n,a class of its own,0.5\n");
    let chance = Chance::new(0.25, 3).unwrap();
    let table = TableReader::new("t.csv").keep_missing().read(gaps.as_bytes()).unwrap();
    for (target, missing) in [
        ("y", Missing::Mean),
        ("y", Missing::Indicator),
        ("name", Missing::Mean),
        ("name", Missing::Drop),
    ] {
        let usable = missing.usable(&table, target).unwrap();
        // A class that only rows have which are left out is none.
        let at_once = Target::infer(&table.only_rows(&usable).unwrap(), target).unwrap();
        let train: Vec<usize> =
            usable.into_iter().filter(|&row| chance.part(row as u64) == Part::Training).collect();
        let right = Encoder::fit_with(&table, &train, &at_once, missing).unwrap();
        let (encoder, found) = in_parts(&gaps, target, missing, chance);
        assert_eq!(found.task(), at_once.task());
        assert_eq!(encoder.inputs(), right.inputs());
        assert_eq!(encoder.label(0), right.label(0));
        for (ours, right) in encoder.features().iter().zip(right.features()) {
            match (&ours.code, &right.code) {
                (Code::Number(ours), Code::Number(right)) => {
                    assert!((ours.mean - right.mean).abs() < 1e-12);
                    assert!((ours.scale - right.scale).abs() < 1e-12);
                }
                (ours, right) => assert_eq!(ours, right),
            }
            match (&ours.missing, &right.missing) {
                (Some(Fill::Number(a)), Some(Fill::Number(b)))
                | (Some(Fill::Indicated(a)), Some(Fill::Indicated(b))) => {
                    assert!((a - b).abs() < 1e-12)
                }
                (ours, right) => assert_eq!(ours, right),
            }
        }
        // Every usable row comes once, in one of the parts.
        let mut rows = Vec::new();
        for part in [Part::Training, Part::HeldOut] {
            let stream = encoder.reader_with_target("t").stream(gaps.as_bytes()).unwrap();
            let before = rows.len();
            for samples in encoded(stream, &encoder, chance, part, 10_000, Some(5)) {
                let samples = samples.unwrap();
                rows.extend(samples.inputs.data.chunks(samples.inputs.cols).map(<[f64]>::to_vec));
            }
            if part == Part::Training {
                assert_eq!(rows.len() - before, train.len());
            }
        }
        let all = missing.usable(&table, target).unwrap();
        let mut right: Vec<Vec<f64>> = encoder
            .encode_features(&table, &all)
            .unwrap()
            .matrix
            .data
            .chunks(encoder.width())
            .map(<[f64]>::to_vec)
            .collect();
        let order = |a: &Vec<f64>, b: &Vec<f64>| a.partial_cmp(b).unwrap();
        rows.sort_by(order);
        right.sort_by(order);
        assert_eq!(rows, right);
    }
}

#[test]
fn a_seed_puts_rows_in_another_order_and_the_same_seed_in_the_same() {
    let csv = large("");
    let chance = Chance::new(0.2, 1).unwrap();
    let (encoder, _) = in_parts(&csv, "y", Missing::Error, chance);
    let first = |seed| {
        let stream = encoder.reader_with_target("t").stream(csv.as_bytes()).unwrap();
        encoded(stream, &encoder, chance, Part::Training, 4096, seed).next().unwrap().unwrap()
    };
    assert_eq!(first(Some(1)), first(Some(1)));
    assert_ne!(first(Some(1)), first(Some(2)));
    assert_ne!(first(Some(1)), first(None));
    // Of 60,000 rows a fifth are held out, but for chance: 6 deviations are 588 rows.
    let held = (0..60_000).filter(|&row| chance.part(row) == Part::HeldOut).count();
    assert!(held.abs_diff(12_000) < 588, "{held}");
}

#[test]
fn an_empty_cell_in_quotes_is_a_missing_value_and_no_blank_line() {
    let table = gappy("y\n1\n\"\"\n\n3\n  \n\"4\"\n");
    let Values::Numbers(numbers) = table.column("y").unwrap().values() else { panic!("numbers") };
    assert_eq!(numbers.len(), 4);
    assert!(numbers[1].is_nan());
    assert_eq!((numbers[0], numbers[2], numbers[3]), (1.0, 3.0, 4.0));
    assert_eq!(table.line(2), 5, "blank lines count as lines");
}
