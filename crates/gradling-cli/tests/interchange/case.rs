//! A trained model, rows of its table cell by cell, and what `gradling predict` says of them.

use crate::terminal::{gradling, run};
use gradling::Rng;
use gradling::nn::{Activation, Init, Mlp};
use gradling_data::{Column, Encoder, Missing, TableReader, Target, Task, samples};
use gradling_model::{Model, Network};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Names and texts with all that languages give a meaning to.
fn hostile() -> String {
    let mut csv = String::from("for,\"a \"\"b\"\", c\",*/ ??/ \\,\"x\ny\",prediction,kind\n");
    let colours =
        ["red", "\"gr\"\"ee\\n\"", "*/ ??/", "</script>", "日本", "\"two\nlines\"", "${x}"];
    let kinds = ["\"yes \"\"and\"\" no\"", "no ??/", "</script>"];
    for i in 0..60_usize {
        let (a, b) = (i as f64 * 0.37 - 4.0, 1.7e9 + 31.0 * i as f64);
        let (colour, size) = (colours[i * 5 % 7], ["s", "m", "l"][i * 7 % 3]);
        csv += &format!("{a},{b},{colour},{size},{},{}\n", i % 4, kinds[(i + i / 9) % 3]);
    }
    csv
}

/// A model that was trained for a test, with its table.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) folder: TempDir,
    pub(crate) model: Model,
    /// The cells of each row, in the order of the features.
    pub(crate) rows: Vec<Vec<String>>,
    /// The label or quantity of each row, as text, and its numbers: probabilities, or the quantity; NaN where
    /// it has no prediction.
    pub(crate) predicted: Vec<(String, Vec<f64>)>,
}

impl Case {
    pub(crate) fn train(name: &str, csv: &str, target: &str, settings: &[&str]) -> Case {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("table.csv"), csv).unwrap();
        let base = ["train", "table.csv", "--target", target, "--epochs", "3", "--out", "out"];
        done(folder.path(), &[&base[..], settings].concat());
        Case::of(name, folder)
    }

    /// A model of first weights, for a table with gaps, which are filled in this way.
    fn with_gaps(missing: Missing) -> Case {
        let csv =
            "size,colour,age,kind\n1.5,red,3,a\n,blue,4,b\n-3,,5,a\n7,red,,b\n2,green,1,b\n,,,a\n";
        let reader = TableReader::new("table.csv").keep_missing();
        let table = reader.read(csv.as_bytes()).unwrap();
        let target = Target::infer(&table, "kind").unwrap();
        let encoder = Encoder::fit_with(&table, &table.row_ids(), &target, missing).unwrap();
        let layers = [(4, Activation::Relu), (1, Activation::Linear)];
        let mut rng = Rng::new(3);
        let mlp = Mlp::with(encoder.width(), &layers, Init::Uniform, &mut rng);
        let model = Model::new(encoder, Network::of(&mlp), 3).unwrap();
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("table.csv"), csv).unwrap();
        fs::write(folder.path().join("out"), model.to_bytes().unwrap()).unwrap();
        Case::of(missing.name(), folder)
    }

    /// A model of first weights, whose columns treat missing values each in its own way, as a model file says
    /// it: size, colour, age, form.
    fn with_fills(name: &str, target: [&str; 6], fills: [Json; 4], last: Activation) -> Case {
        let cells = [
            "1.5,red,3,cube",
            "-3,blue,5,ball",
            "2,green,1,cube",
            "7,red,4,cone",
            ",blue,4,ball",
            "1,,4,cone",
            "2.5,red,,ball",
            "0.5,green,2,",
            ",,,",
            "9,violet,0,egg",
            "-4,violet,,cube",
            ",red,,egg",
        ];
        let mut csv = "size,colour,age,form,y\n".to_owned();
        for (row, cells) in cells.iter().enumerate() {
            csv += &format!("{cells},{}\n", target[row % 6]);
        }
        let table = TableReader::new("table.csv").keep_missing().read(csv.as_bytes()).unwrap();
        let complete: Vec<usize> = (0..4).collect();
        let target = Target::infer(&table, "y").unwrap();
        let encoder = Encoder::fit_with(&table, &complete, &target, Missing::Error).unwrap();
        let filled = |open: Json| -> Encoder {
            let mut encoder = serde_json::to_value(&encoder).unwrap();
            let features = encoder["features"].as_array_mut().unwrap();
            for (feature, fill) in features.iter_mut().zip(&fills) {
                if *fill == json!({ "text": "" }) && feature["name"] == "colour" {
                    // To be missing is a value of its own here; of a form it is one of the others.
                    let values = feature["code"]["one_hot"].as_array_mut().unwrap();
                    values.insert(0, json!(""));
                }
                feature["missing"] = if fill.is_null() { open.clone() } else { fill.clone() };
            }
            serde_json::from_value(encoder).unwrap()
        };
        let outputs = match target.task() {
            Task::Classes(count) => count,
            _ => 1,
        };
        let encoder = filled(json!(null));
        let layers = [(5, Activation::Relu), (4, last), (outputs, Activation::Linear)];
        let mut rng = Rng::new(5);
        let mlp = Mlp::with(encoder.width(), &layers, Init::Uniform, &mut rng);
        let model = |encoder| Model::new(encoder, Network::of(&mlp), 5).unwrap();
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("table.csv"), csv).unwrap();
        let out = folder.path().join("out");
        // Where the training knew no missing values, `predict` refuses the table; row by row that is as if it
        // had no prediction.
        fs::write(&out, model(filled(json!("drop"))).to_bytes().unwrap()).unwrap();
        let mut case = Case::of(name, folder);
        case.model = model(encoder);
        fs::write(&out, case.model.to_bytes().unwrap()).unwrap();
        case
    }

    /// Of the folder `out` and the file `table.csv` in this folder.
    pub(crate) fn of(name: &str, folder: TempDir) -> Case {
        let out = folder.path().join("out");
        let file = if out.is_dir() { out.join("model.safetensors") } else { out };
        let model = Model::from_bytes(&fs::read(file).unwrap()).unwrap();
        let csv = fs::read(folder.path().join("table.csv")).unwrap();
        let table = model.encoder().reader("table.csv").read(&csv[..]).unwrap();
        let features = model.encoder().features().iter();
        let columns: Vec<_> =
            features.map(|feature| table.column(&feature.name).unwrap()).collect();
        let cell = |column: &Column, row| match column.is_missing(row) {
            true => String::new(),
            false => column.cell(row),
        };
        let cells = |row| columns.iter().map(|column| cell(column, row)).collect();
        let rows = (0..table.rows()).map(cells).collect();
        let said = done(folder.path(), &["predict", "out", "table.csv"]);
        let predicted = match model.encoder().label(0) {
            None => said.lines().skip(1).map(quantity).collect(),
            Some(_) => classes(&said),
        };
        Case { name: name.to_owned(), folder, model, rows, predicted }
    }

    /// Exports the model and gives the path.
    pub(crate) fn export(&self, format: &str, file: &str) -> PathBuf {
        done(self.folder.path(), &["export", "out", "--to", format, "-o", file]);
        self.folder.path().join(file)
    }

    /// All rows as text: cells end with U+001F, rows with U+001E.
    pub(crate) fn cells(&self) -> String {
        let row =
            |row: &Vec<String>| row.iter().map(|cell| format!("{cell}\x1f")).collect::<String>();
        self.rows.iter().map(|cells| row(cells) + "\x1e").collect()
    }

    /// Compares what a program printed in the same way, label or quantity first, then all numbers.
    pub(crate) fn compare(&self, printed: &str, tolerance: f64) {
        self.compare_numbers(printed, tolerance);
        if self.model.encoder().label(0).is_some() {
            let rows = printed.split_terminator('\x1e');
            for (row, (label, numbers)) in rows.zip(&self.predicted) {
                let said = row.split('\x1f').next();
                assert!(said == Some(label) || numbers[0].is_nan(), "{}: {row}", self.name);
            }
        }
    }

    /// Compares all but the labels.
    pub(crate) fn compare_numbers(&self, printed: &str, tolerance: f64) {
        let rows: Vec<&str> = printed.split_terminator('\x1e').collect();
        assert_eq!(rows.len(), self.predicted.len(), "{}: {printed:.500}", self.name);
        for (row, (_, right)) in rows.iter().zip(&self.predicted) {
            let numbers: Vec<&str> = row.split_terminator('\x1f').skip(1).collect();
            assert_eq!(numbers.len(), right.len(), "{}: {row}", self.name);
            for (ours, right) in numbers.iter().zip(right) {
                let ours: f64 = ours.parse().unwrap();
                let difference = (ours - right).abs();
                assert!(
                    difference <= tolerance * right.abs().max(1.0)
                        || (ours.is_nan() && right.is_nan()),
                    "{}: {ours} is not {right}",
                    self.name
                );
            }
        }
    }
}

/// Models of every kind of target and every activation.
pub(crate) fn cases() -> Vec<Case> {
    let hostile = hostile();
    let small = ["--layers", "5,3"];
    let mut cases = vec![
        Case::train("iris", samples::IRIS, "species", &[]),
        Case::train("moons", samples::MOONS, "label", &[]),
        Case::train("tumours", samples::BREAST_CANCER, "diagnosis", &small),
        Case::train("digits", samples::DIGITS, "digit", &small),
        Case::train("diabetes", samples::DIABETES, "progression", &small),
        Case::train("linear", samples::DIABETES, "progression", &["--layers", "none"]),
        Case::train("large numbers", &hostile, "a \"b\", c", &small),
    ];
    let filled = [Missing::Mean, Missing::Median, Missing::MostFrequent, Missing::Indicator];
    cases.extend(filled.map(Case::with_gaps));
    for activation in Activation::ALL {
        let settings = ["--layers", "5,3", "--activation", activation.name()];
        cases.push(Case::train(activation.name(), &hostile, "kind", &settings));
    }
    // What a row without a prediction becomes must not depend on the activation: a maximum with 0, or the
    // bounds of an approximation, may make a number of NaN.
    let mut activations = Activation::ALL.iter().cycle();
    for (kind, target) in [
        ("quantity", ["1.5", "2", "-7.25", "3", "4", "8"]),
        ("pair", ["no", "yes", "yes", "no", "no", "yes"]),
        ("classes", ["a", "b", "c", "b", "a", "c"]),
        ("numbered", ["1", "2", "3", "2", "1", "3"]),
    ] {
        let (red, own) = (json!({ "text": "red" }), json!({ "text": "" }));
        let (number, told) = (json!({ "number": 2.5 }), json!({ "indicated": 2.5 }));
        let (open, drop) = (json!(null), json!("drop"));
        for (how, fills) in [
            ("open", [&open; 4]),
            ("dropped", [&drop; 4]),
            ("filled", [&number, &red, &number, &json!({ "text": "cone" })]),
            ("told", [&told, &own, &told, &own]),
            ("mixed", [&open, &own, &told, &drop]),
            ("other mix", [&number, &open, &drop, &red]),
        ] {
            let last = *activations.next().unwrap();
            let name = format!("{kind}, {how}, {last}");
            cases.push(Case::with_fills(&name, target, fills.map(Json::clone), last));
        }
    }
    cases
}

/// A line of predicted quantities; `""` is none.
fn quantity(line: &str) -> (String, Vec<f64>) {
    let number = if line == "\"\"" { f64::NAN } else { line.parse().unwrap() };
    (line.to_owned(), vec![number])
}

/// Predicted labels, each with the probabilities of all; empty cells are none.
fn classes(said: &str) -> Vec<(String, Vec<f64>)> {
    let said = TableReader::new("predictions").keep_missing().read(said.as_bytes()).unwrap();
    let (labels, probabilities) = said.columns().split_first().unwrap();
    let row = |row| {
        let number = |column: &Column| match column.is_missing(row) {
            true => f64::NAN,
            false => column.cell(row).parse().unwrap(),
        };
        (labels.cell(row), probabilities.iter().map(number).collect())
    };
    (0..said.rows()).map(row).collect()
}

/// Runs what must succeed, and gives stdout.
pub(crate) fn done(folder: &Path, args: &[&str]) -> String {
    let run = run(gradling().current_dir(folder).args(args));
    assert_eq!(run.code, 0, "{args:?}: {}", run.err);
    run.out
}

/// Runs another program to its end with this input, and gives stdout.
pub(crate) fn program(command: &mut Command, input: &str) -> String {
    let mut command = assert_cmd::Command::from_std(std::mem::replace(command, Command::new("")));
    let output = command.write_stdin(input).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    assert!(output.status.success(), "{command:?}: {}", text(output.stderr));
    text(output.stdout)
}
