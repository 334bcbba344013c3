//! Every error says what is wrong, where, and what to do: the exact words.

use gradling_data::{
    Column, DataError, Encoder, Encoding, Table, TableReader, Target, generate, metrics, split,
};
use std::io::{self, Read};

fn read(csv: impl AsRef<[u8]>) -> Result<Table, DataError> {
    Table::read("t.csv", csv.as_ref())
}

#[track_caller]
fn says<T: std::fmt::Debug>(result: Result<T, DataError>, message: &str) {
    assert_eq!(result.expect_err("an error was due").to_string(), message);
}

#[test]
fn a_file_without_header_or_rows_is_refused() {
    let empty = "t.csv: is empty; the first line must name the columns";
    says(read(""), empty);
    says(read("\u{feff}\r\n \n\n"), empty);
    says(read("a,b\n"), "t.csv: has a header but no rows; add at least one row below it");
}

#[test]
fn the_header_must_name_each_column_once() {
    says(read("a,,c\n1,2,3\n"), "t.csv: column 2 has no name; name it in the first line");
    says(
        read("a,b, a\n1,2,3\n"),
        r#"t.csv: columns 1 and 3 are both named "a"; rename one of them"#,
    );
}

#[test]
fn line_ends_and_separators_that_are_none_are_recognised() {
    says(
        read("a,b\r1,2\r3,4\r"),
        "t.csv: lines end in a carriage return alone, as on very old Macs; \
         save the file with Unix or Windows line ends",
    );
    says(
        TableReader::new("t.csv").delimiter(b'"').read(&b"a\n1\n"[..]),
        "the separator is \", but must be one character of ASCII, and neither a quote nor a line end",
    );
}

#[test]
fn files_of_other_kinds_are_told_by_their_first_bytes() {
    for (start, found) in [
        (
            &b"PAR1\x15\x04"[..],
            "t.csv: is a Parquet file; give it as a file to a gradling that was built with --features parquet, or ",
        ),
        (b"PK\x03\x04", "t.csv: is a ZIP archive or a spreadsheet; "),
        (b"\x1f\x8b\x08", "t.csv: is compressed by gzip; "),
        (b"\xff\xfea\0", "t.csv: is UTF-16 text; "),
    ] {
        let message = read(start).unwrap_err().to_string();
        assert!(message.starts_with(found), "{message}");
    }
}

#[test]
fn ragged_rows_tell_their_line() {
    says(
        read("a,b\n1,2\n3\n"),
        "t.csv:3: this row has 1 cell where the header names 2; \
         complete the row, and quote a cell that holds a comma",
    );
    says(
        read("a,b\n1,2,3\n"),
        "t.csv:2: this row has 3 cells where the header names 2; \
         complete the row, and quote a cell that holds a comma",
    );
    says(
        read("a,b\n1,2\n\"3,4\n5,6\n"),
        "t.csv:3: this row has 1 cell where the header names 2; \
         it runs over several lines, so look for a quote that is not closed",
    );
}

#[test]
fn missing_cells_tell_their_place() {
    for mark in ["", " ", "?", "NA", "n/a", "NaN", "nan"] {
        says(
            read(format!("a,b\n1,2\n{mark},4\n")),
            &format!(
                r#"t.csv:3, column "a": the value is missing ({:?}); fill it in or remove the row"#,
                mark.trim()
            ),
        );
    }
    says(
        read("kind\nred\nNA\n"),
        r#"t.csv:3, column "kind": the value is missing ("NA"); fill it in or remove the row"#,
    );
}

#[test]
fn numbers_must_be_finite() {
    for cell in ["inf", "-Infinity", "1e999"] {
        says(
            read(format!("a,b\n1,2\n3,{cell}\n")),
            &format!(
                r#"t.csv:3, column "b": "{cell}" is not a finite number, or is too large; correct it or remove the row"#
            ),
        );
    }
}

#[test]
fn text_among_numbers_is_a_mistake_with_a_row() {
    let mut csv = "a\n".to_owned() + &"1\n".repeat(9) + "1.2.3\n";
    let message = r#"t.csv:11, column "a": the column holds numbers, but this cell is "1.2.3"; write a number there"#;
    says(read(&csv), message);
    // One number fewer in ten, and it is a column of text.
    csv.replace_range(2..4, "");
    assert_eq!(read(&csv).unwrap().columns()[0].cell(0), "1");

    let late = "a\n".to_owned() + &"1\n".repeat(5000) + "x\n" + &"y\n".repeat(5000);
    says(
        read(late),
        r#"t.csv:5002, column "a": the column holds numbers, but this cell is "x"; write a number there"#,
    );
}

#[test]
fn letters_of_two_encodings_in_one_file_tell_their_places() {
    says(
        read(b"a,b\nx,\xc3\xa9\nz,caf\xe9\n"),
        "t.csv:3, column \"b\", \"café\": there are letters of Windows-1252 (Latin-1), and on line 2 of UTF-8; save the whole file as UTF-8",
    );
    says(
        read(b"a,b\nx,\x81\n"),
        "t.csv:2, column \"b\": \"\u{fffd}\" is not UTF-8 text; save the file as UTF-8",
    );
    let utf8 = TableReader::new("t.csv").encoding(Encoding::Utf8);
    says(
        utf8.read(&b"a,b\xff\n1,2\n"[..]),
        "t.csv:1, column \"b\u{fffd}\": \"b\u{fffd}\" is not UTF-8 text; save the file as UTF-8",
    );
}

#[test]
fn dates_are_refused_as_features_with_advice() {
    let table = read("day,y\n2024-01-31,a\n2024-02-01,b\n").unwrap();
    says(
        Encoder::fit(&table, &[0, 1], &Target::infer(&table, "y").unwrap()),
        "t.csv: column \"day\" holds dates such as \"2024-01-31\", which a network cannot use as they are; \
         write what matters of them as columns of numbers (year, month, weekday, days since a day), or leave the column out",
    );
}

#[test]
fn lines_are_those_of_an_editor() {
    let place = |csv: &str| {
        let message = read(csv).unwrap_err().to_string();
        message[..message.find(',').unwrap()].to_owned()
    };
    for end in ["\n", "\r\n"] {
        let csv = |text: &str| place(&text.replace('\n', end));
        assert_eq!(csv("a,b\n1,2\n,4\n"), "t.csv:3");
        assert_eq!(csv("a,b\n1,2\n,4"), "t.csv:3");
        assert_eq!(csv("a,b\n1,2\n\n\n,4"), "t.csv:5");
        assert_eq!(csv("\n\na,b\n\n1,2\n\n\n,4\n5,6"), "t.csv:8");
        assert_eq!(csv("a,b\n\"x\n\ny\",2\n,4\n"), "t.csv:5");
        assert_eq!(csv("a,b\n1,2\n,\"x\ny\"\n"), "t.csv:3");
        assert_eq!(csv("a,b\n1,2\n,\"x\ny\""), "t.csv:3");
    }
}

#[test]
fn a_table_remembers_the_lines_of_its_rows() {
    let table = read("\na,b\n1,x\n\n2,\"y\nz\"\n3,x\n4,x").unwrap();
    let lines: Vec<u64> = table.row_ids().into_iter().map(|row| table.line(row)).collect();
    assert_eq!(lines, [3, 5, 7, 8]);
}

#[test]
fn a_reader_that_fails_is_quoted() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    says(Table::read("t.csv", Broken), "t.csv: cannot be read: the disk is gone");
}

#[test]
fn an_unknown_column_gets_the_closest_name() {
    let table = read("sepal_length,Species\n1,a\n2,b\n").unwrap();
    says(
        Target::infer(&table, "specie"),
        r#"t.csv: there is no column "specie", but there is "Species"; the columns are "sepal_length", "Species""#,
    );
    says(
        TableReader::new("t.csv").without(["id"]).read(&b"width,height\n1,2\n"[..]),
        r#"t.csv: there is no column "id"; the columns are "width", "height""#,
    );
    let wide = (0..30).map(|i| format!("c{i}")).collect::<Vec<_>>().join(",");
    let cells = vec!["1"; 30].join(",");
    let message =
        read(format!("{wide}\n{cells}\n")).unwrap().column("target").unwrap_err().to_string();
    assert!(message.ends_with(r#""c18", "c19", and 10 more"#), "{message}");
}

#[test]
fn a_target_without_choice_is_refused() {
    says(
        Target::infer(&read("a,b\n1,x\n2,x\n").unwrap(), "b"),
        r#"t.csv: column "b" holds "x" in every row, so there is nothing to learn; add rows with other values or choose another target"#,
    );
    let message = r#"t.csv: column "a" holds "0.5" in every row, so there is nothing to learn; add rows with other values or choose another target"#;
    let table = read("a,b\n.5,x\n0.50,y\n").unwrap();
    says(Target::infer(&table, "a"), message);
    says(Target::classification(&table, "a"), message);
    says(
        Target::regression(&table, "b"),
        r#"t.csv: column "b" holds text, and regression needs numbers; choose classification"#,
    );
}

#[test]
fn identifiers_are_not_taken_for_categories() {
    let csv: String = (0..1001).map(|i| format!("n{i},{}\n", i % 2)).collect();
    let table = read(format!("id,y\n{csv}")).unwrap();
    let message = r#"t.csv: column "id" holds more than 1000 different values, too many to be categories; leave it out or group its values"#;
    says(Target::infer(&table, "id"), message);
    let target = Target::infer(&table, "y").unwrap();
    says(Encoder::fit(&table, &table.row_ids(), &target), message);
}

#[test]
fn a_table_to_predict_must_fit_the_model() {
    let train = read("a,b,colour,y\n1,2,red,0\n2,3,blue,1\n3,5,red,1\n4,4,blue,0\n").unwrap();
    let encoder =
        Encoder::fit(&train, &train.row_ids(), &Target::infer(&train, "y").unwrap()).unwrap();
    let missing = r#"t.csv: misses the columns "a", "colour", which the model was trained on; add what is missing"#;
    says(encoder.encode_features(&read("b\n1\n").unwrap(), &[0]), missing);
    says(encoder.reader("t.csv").read(&b"b,c\n1,2\n"[..]), missing);
    says(
        encoder.encode_features(&read("a,b,colour\n1,1,red\nx,1,red\n").unwrap(), &[0, 1]),
        r#"t.csv:3, column "a": the column holds numbers, but this cell is "x"; write a number there"#,
    );
    says(
        encoder.encode_features(&read("a,b,colour\n1,1,7\n").unwrap(), &[0]),
        r#"t.csv: column "colour" must be read as text, as in training; read it with `Encoder::reader`"#,
    );
    says(
        encoder.encode_features(&train, &[0, 4]),
        "row is 4, but must be less than 4, the number of rows of t.csv",
    );
    says(
        encoder.encode_targets(&read("y\n0\n2\n").unwrap(), &[0, 1]),
        r#"t.csv:3, column "y": "2" is no known label; the labels are "0", "1""#,
    );
}

#[test]
fn a_score_beyond_all_numbers_is_refused() {
    let train = read("a,y\n0,0\n1e-9,1\n0,0\n1e-9,1\n").unwrap();
    let encoder =
        Encoder::fit(&train, &train.row_ids(), &Target::infer(&train, "y").unwrap()).unwrap();
    says(
        encoder.encode_features(&read("a\n1e300\n").unwrap(), &[0]),
        r#"t.csv:2, column "a": "1e300" is not a finite number, or is too large; correct it or remove the row"#,
    );
}

#[test]
fn settings_out_of_range_tell_the_range() {
    let table = read("y\n0\n1\n0\n1\n").unwrap();
    let target = Target::infer(&table, "y").unwrap();
    says(
        Encoder::fit(&table, &[0], &target),
        r#"t.csv: has no column besides the target "y"; add columns to predict it from"#,
    );
    says(
        Encoder::fit(&table, &[], &target),
        "the number of training rows is 0, but must be at least 1",
    );
    for (fraction, shown) in [(1.0, "1"), (-0.1, "-0.1"), (f64::NAN, "NaN")] {
        says(
            split(&table, &target, fraction, 1),
            &format!(
                "the fraction of rows held out is {shown}, but must be at least 0 and less than 1"
            ),
        );
    }
    says(
        TableReader::new("t.csv").without(["a"]).read(&b"a\n1\n"[..]),
        "the choice of columns is empty, but must be at least one",
    );
    says(
        generate::moons(3, 0.1, 1),
        "the number of rows is 3, but must be from 4 (2 rows a class) to 10000000",
    );
    says(
        generate::xor(usize::MAX, 0.1, 1),
        &format!(
            "the number of rows is {}, but must be from 4 (2 rows a class) to 10000000",
            usize::MAX
        ),
    );
    says(
        generate::circles(10, -1.0, 1),
        "the noise is -1, but must be a finite number, at least 0",
    );
    says(generate::spirals(100, 1, 0.0, 1), "the number of arms is 1, but must be from 2 to 20");
    says(
        generate::gaussians(100, 21, 0.0, 1),
        "the number of blobs is 21, but must be from 2 to 20",
    );
    says(
        metrics::accuracy(&[0], &[0, 1]),
        "predictions and truth must be of one length, but are 1 and 2",
    );
    says(metrics::rmse(&[], &[]), "the number of predictions is 0, but must be at least 1");
    says(metrics::Confusion::new(&[0], &[2], 2), "a class is 2, but must be at most 1");
    says(
        metrics::Confusion::new(&[0], &[2], usize::MAX),
        &format!("the number of classes is {}, but must be at most 1000", usize::MAX),
    );
}

#[test]
fn tables_made_in_code_are_checked_as_files_are() {
    let (one, two) = (Column::numbers("a", vec![1.0]), Column::numbers("b", vec![1.0, 2.0]));
    says(
        Table::new("t", vec![one.clone(), two]),
        "columns of a table must be of one length, but are 1 and 2",
    );
    says(
        Table::new("t", vec![one.clone(), one.clone()]),
        r#"t: columns 1 and 2 are both named "a"; rename one of them"#,
    );
    says(
        Table::new("t", vec![Column::numbers("a", vec![1.0, f64::NAN])]),
        r#"t:3, column "a": "NaN" is not a finite number, or is too large; correct it or remove the row"#,
    );
    says(
        Table::new("t", vec![Column::texts("a", ["x", " NA "])]),
        r#"t:3, column "a": the value is missing ("NA"); fill it in or remove the row"#,
    );
    says(Table::new("t", vec![]), "t: is empty; the first line must name the columns");
    says(
        Table::new("t", vec![Column::texts("a", [""; 0])]),
        "t: has a header but no rows; add at least one row below it",
    );
}

#[test]
fn huge_cells_are_cut_in_messages() {
    let csv = format!("a,b\n1,2\n3,{}\n", "9".repeat(1_000_000));
    let message = read(csv).unwrap_err().to_string();
    assert!(message.len() < 200, "{} bytes", message.len());
    let csv = format!("a,{}\n1,2\n3,\n", "b".repeat(1_000_000));
    let message = read(csv).unwrap_err().to_string();
    assert!(message.len() < 200, "{} bytes", message.len());
}
