//! Tables as people have them: read, trained on, predicted and inspected as a user does.

mod terminal;

use gradling_data::samples;
use serde_json::Value as Json;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use terminal::{Run, gradling};

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn run(folder: &Path, args: &[&str]) -> Run {
    terminal::run(gradling().current_dir(folder).args(args))
}

#[track_caller]
fn done(folder: &Path, args: &[&str]) -> String {
    let run = run(folder, args);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{args:?}");
    run.out
}

#[track_caller]
fn tells(out: &str, lines: &[&str]) {
    for line in lines {
        assert!(out.lines().any(|told| told.trim_end() == *line), "{line}\n  is not in\n{out}");
    }
}

/// A table as a spreadsheet in Germany writes it, in Windows-1252.
fn german() -> Vec<u8> {
    let mut csv = b"gr\xf6\xdfe;farbe;preis;klasse\r\n".to_vec();
    for i in 0..60 {
        let gap = i % 10 == 3;
        let size = if gap { String::new() } else { format!("{},5", i % 7) };
        let price = format!("1.{:03},25", i * 16 % 1000);
        let class = if i % 7 > 3 { b"gro\xdf".to_vec() } else { b"klein".to_vec() };
        let colour: &[u8] = if i % 2 == 0 { b"gr\xfcn" } else { b"rot" };
        csv.extend_from_slice(size.as_bytes());
        csv.push(b';');
        csv.extend_from_slice(colour);
        csv.extend_from_slice(format!(";{price};").as_bytes());
        csv.extend_from_slice(&class);
        csv.extend_from_slice(b"\r\n");
    }
    csv
}

#[test]
fn a_german_spreadsheet_is_trained_on_and_predicted() {
    let folder = folder(&[("wohnungen.csv", &german())]);
    let args =
        ["train", "wohnungen.csv", "--decimal", ",", "--thousands", ".", "--missing", "median"];
    let out = done(folder.path(), &[&args[..], &["--epochs", "5", "--out", "out"]].concat());
    tells(
        &out,
        &[
            "wohnungen.csv: 60 rows, 3 features: größe, farbe, preis",
            "letters are in Windows-1252 (Latin-1), as line 1 tells",
            "no --target is given, so it is \"klasse\": the last column",
            "6 missing values, treated as --missing median says",
            "column \"klasse\" holds text with 2 different values, so the task is binary classification",
        ],
    );
    // In UTF-8, with points in place of commas read as said, and in another order.
    let new = "preis,größe,farbe\n\"1.016,25\",\"1,5\",rot\n\"1.016,25\",,rot\n";
    fs::write(folder.path().join("neu.csv"), new).unwrap();
    let out = done(folder.path(), &["predict", "out", "neu.csv"]);
    assert_eq!(out.lines().next(), Some("prediction,p(groß),p(klein)"));
    assert_eq!(out.lines().count(), 3);
}

#[test]
fn the_summary_comes_before_training_and_names_what_is_suspicious() {
    let mut csv = "id,x,copy,y\n".to_owned();
    for i in 0..40 {
        csv += &format!("{},{}.5,{}.5,{}\n", i + 100, i % 5, i % 5, u8::from(i % 5 > 2));
    }
    let folder = folder(&[("t.csv", csv.as_bytes())]);
    let out = done(folder.path(), &["train", "t.csv", "--epochs", "2"]);
    tells(
        &out,
        &[
            "  column  holds    missing  distinct    min   mean    max  most frequent",
            "  x       numbers        0         5    0.5    2.5    4.5  0.5 (8)",
            "no --target is given, so it is \"y\": its name tells",
            "note: column \"id\" looks like an identifier: no two rows have the same; leave it out",
            "note: column \"copy\" holds the same as \"x\"; leave one out",
        ],
    );
    let less = done(folder.path(), &["train", "t.csv", "--epochs", "2", "--without", "id,copy"]);
    tells(&less, &["t.csv: 40 rows, 1 feature: x"]);
    assert!(!less.contains("note: "), "{less}");
}

#[test]
fn every_strategy_for_missing_values_trains_and_predicts() {
    let mut csv = "a,c,y\n".to_owned();
    for i in 0..50 {
        let a = if i % 9 == 4 { String::new() } else { (i % 6).to_string() };
        let c = ["u", "v", "NA"][i % 3];
        csv += &format!("{a},{c},{}\n", u8::from(i % 6 > 2));
    }
    let folder = folder(&[("t.csv", csv.as_bytes()), ("new.csv", b"a,c\n1,u\n,v\n2,\n")]);
    let train = |how: &str| {
        run(folder.path(), &["train", "t.csv", "--missing", how, "--epochs", "2", "--out", how])
    };
    for how in ["mean", "median", "most-frequent", "indicator"] {
        assert_eq!(train(how).code, 0);
        let out = done(folder.path(), &["predict", how, "new.csv"]);
        assert_eq!(out.lines().count(), 4, "{out}");
        assert!(out.lines().skip(1).all(|line| !line.contains(",,")), "{out}");
    }
    let dropped = train("drop");
    tells(&dropped.out, &["22 rows left out for a missing value"]);
    let some = run(folder.path(), &["predict", "drop", "new.csv"]);
    assert_eq!(some.err, "note: 2 rows miss a value and got no prediction\n");
    let lines: Vec<&str> = some.out.lines().collect();
    assert_eq!((lines.len(), lines[2], lines[3]), (4, ",,", ",,"));
    assert!(lines[1].len() > 5);

    let refused = run(folder.path(), &["train", "t.csv"]);
    assert_eq!(refused.code, 2);
    assert_eq!(
        refused.err,
        "error: t.csv:4, column \"c\": the value is missing (\"NA\"); fill it in or remove the row, or choose a way with --missing, such as --missing median\n"
    );
}

#[test]
fn dates_are_refused_with_the_flag_that_leaves_them_out() {
    let csv = b"day,x,y\n2024-01-31,1,a\n2024-02-01,2,b\n2024-02-02,3,a\n2024-02-03,4,b\n";
    let folder = folder(&[("t.csv", csv)]);
    let refused = run(folder.path(), &["train", "t.csv"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.ends_with("or leave the column out: --without \"day\"\n"),
        "{}",
        refused.err
    );
    done(folder.path(), &["train", "t.csv", "--without", "day", "--epochs", "1"]);
}

/// Where one class has 10 of 200 rows that no feature tells apart well, only weights let it be found.
#[test]
fn balanced_weights_let_a_rare_class_be_found() {
    let mut csv = "x,y\n".to_owned();
    for i in 0..200 {
        let rare = i % 20 == 0;
        let x = if rare { 1.0 + f64::from(i % 3) * 0.5 } else { f64::from(i % 11) * 0.2 };
        csv += &format!("{x},{}\n", if rare { "rare" } else { "usual" });
    }
    let folder = folder(&[("t.csv", csv.as_bytes())]);
    let found = |weight: &str| {
        let args =
            ["train", "t.csv", "--class-weight", weight, "--layers", "none", "--out", weight];
        done(folder.path(), &[&args[..], &["--held-out", "0"]].concat());
        let out = done(folder.path(), &["predict", weight, "t.csv"]);
        out.lines().skip(1).step_by(20).filter(|line| line.starts_with("rare")).count()
    };
    let (without, with) = (found("none"), found("balanced"));
    assert!(without == 0 && with >= 5, "{without} and {with} of 10");
    let numbers = ["train", "d.csv", "--class-weight", "balanced"];
    fs::write(folder.path().join("d.csv"), "x,y\n1,1.5\n2,2.5\n3,3.5\n").unwrap();
    let refused = run(folder.path(), &numbers);
    assert_eq!(refused.code, 2);
    assert!(
        refused
            .err
            .starts_with("error: --class-weight balanced needs classes, but column \"y\" holds"),
        "{}",
        refused.err
    );
}

#[test]
fn inspect_tells_of_a_table_in_text_and_json() {
    let folder = folder(&[("iris.csv", samples::IRIS.as_bytes()), ("de.csv", &german())]);
    let out = done(folder.path(), &["inspect", "iris.csv"]);
    tells(
        &out,
        &[
            "iris.csv: 150 rows, 5 columns, cells between commas, letters in ASCII",
            "suggested target: \"species\" (the last column)",
            "column \"species\" holds text with 3 different values, so the task is classification into 3 classes",
        ],
    );
    let json: Json =
        serde_json::from_str(&done(folder.path(), &["inspect", "iris.csv", "--json"])).unwrap();
    assert_eq!((&json["kind"], &json["rows"]), (&Json::from("table"), &Json::from(150)));
    assert_eq!(json["suggested_target"]["column"], "species");
    let first = &json["columns"][0];
    assert_eq!((first["min"].as_f64(), first["max"].as_f64()), (Some(4.3), Some(7.9)));
    assert!((first["mean"].as_f64().unwrap() - 5.843333333333334).abs() < 1e-12);
    assert_eq!(json["columns"][4]["most_frequent"], serde_json::json!(["setosa", 50]));

    let out = done(folder.path(), &["inspect", "de.csv", "--decimal", ",", "--thousands", "."]);
    tells(
        &out,
        &[
            "de.csv: 60 rows, 4 columns, cells between semicolons, letters in Windows-1252 (Latin-1)",
        ],
    );
}

#[test]
fn inspect_tells_of_a_model_in_text_and_json() {
    let folder = folder(&[("iris.csv", samples::IRIS.as_bytes())]);
    let args =
        ["train", "iris.csv", "--epochs", "1", "--seed", "9", "--layers", "8", "--out", "out"];
    done(folder.path(), &args);
    for path in ["out", "out/model.safetensors"] {
        let out = done(folder.path(), &["inspect", path]);
        tells(
            &out,
            &[
                concat!("model of gradling ", env!("CARGO_PKG_VERSION"), ", trained with seed 9"),
                &format!("learned from a table with {IRIS_HASH}"),
                "predicts \"species\": one of 3 classes: setosa, versicolor, virginica",
                "network of 2 layers, 67 parameters:",
                "  4 → 8 tanh",
                "  8 → 3 linear",
                "from 4 columns as 4 inputs:",
            ],
        );
        let json: Json =
            serde_json::from_str(&done(folder.path(), &["inspect", path, "--json"])).unwrap();
        assert_eq!((&json["kind"], &json["seed"]), (&Json::from("model"), &Json::from(9)));
        assert_eq!(json["classes"], serde_json::json!(["setosa", "versicolor", "virginica"]));
        assert_eq!((&json["data_hash"], &json["data"]), (&Json::from(IRIS_HASH), &Json::Null));
        assert_eq!(json["layers"][0]["outputs"], 8);
        assert!(json["encoder"]["features"][0]["code"]["number"]["mean"].is_f64());
    }
}

/// What `sha256sum` says of the sample.
const IRIS_HASH: &str = "sha256:b6b8efc86732bc48c9fbddba53e2c191fd4f263c0ee98e2b1b7d3543e8d2121d";

#[test]
fn inspect_tells_whether_a_model_learned_from_a_table() {
    let other = samples::IRIS.replacen("5.1", "5.2", 1);
    let folder = folder(&[("iris.csv", samples::IRIS.as_bytes()), ("new.csv", other.as_bytes())]);
    done(folder.path(), &["train", "iris.csv", "--epochs", "1", "--out", "out"]);
    const OTHER: &str = "new.csv is another table, with sha256:d3f1443c3b1d3cabe077c77e4e419aaf43058fa8fee73c9ac4a8c1dfd6948cf8";
    for (table, told, same) in
        [("iris.csv", "iris.csv is that table", true), ("new.csv", OTHER, false)]
    {
        tells(&done(folder.path(), &["inspect", "out", "--data", table]), &[told]);
        let json = done(folder.path(), &["inspect", "out", "--data", table, "--json"]);
        let json: Json = serde_json::from_str(&json).unwrap();
        assert_eq!((&json["data"]["same"], &json["data_hash"]), (&same.into(), &IRIS_HASH.into()));
    }
    let none = run(folder.path(), &["inspect", "out", "--data", "none.csv"]);
    assert!(none.code == 2 && none.err.starts_with("error: none.csv cannot be opened"));
    let table = run(folder.path(), &["inspect", "iris.csv", "--data", "iris.csv"]);
    assert!(table.code == 2 && table.err.starts_with("error: iris.csv: is no model, and --data"));
}

/// Blocks are predicted side by side, and come out in order.
#[test]
fn a_long_table_is_predicted_row_by_row_in_order() {
    // y = x, which a linear model finds; 200,000 rows are some blocks.
    let train: String = (0..200).map(|x| format!("{x},{x}.5\n")).collect();
    let rows = 200_000;
    let mut long = "x,note\n".to_owned();
    for row in 0..rows {
        // A quote in the middle, so that there are blocks of both kinds.
        let note = if (90_000..90_010).contains(&row) { "\"a, b\nc\"" } else { "some text" };
        long += &format!("{},{note}\n", row % 200);
    }
    let folder =
        folder(&[("t.csv", format!("x,y\n{train}").as_bytes()), ("long.csv", long.as_bytes())]);
    let args = ["train", "t.csv", "--layers", "none", "--weight-decay", "0", "--held-out", "0"];
    done(folder.path(), &[&args[..], &["--out", "out"]].concat());
    done(folder.path(), &["predict", "out", "long.csv", "--out", "p.csv"]);
    let out = fs::read_to_string(folder.path().join("p.csv")).unwrap();
    assert_eq!(out.lines().count(), rows + 1);
    for (row, line) in out.lines().skip(1).enumerate() {
        let y: f64 = line.parse().unwrap();
        assert!((y - (row % 200) as f64 - 0.5).abs() < 0.05, "row {row}: {y}");
    }
    // A wrong row at the end leaves no file, and names its line.
    fs::write(folder.path().join("bad.csv"), long.replace("\nc", " ") + "x,y\n").unwrap();
    let bad = run(folder.path(), &["predict", "out", "bad.csv", "--out", "q.csv"]);
    assert_eq!(bad.code, 2);
    assert!(bad.err.starts_with("error: bad.csv:200002, column \"x\": "), "{}", bad.err);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5, "nothing else is left");
}
