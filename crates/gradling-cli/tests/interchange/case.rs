//! A trained model, rows of its table cell by cell, and what `gradling predict` says of them.

use crate::terminal::{gradling, run};
use gradling::Rng;
use gradling::nn::{Activation, Init, Mlp};
use gradling_data::{Column, Encoder, Missing, Table, TableReader, Target, samples};
use gradling_model::{Model, Network};
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
    /// The label or quantity of each row, as text, and its numbers: probabilities, or the quantity.
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
        let said = Table::read("predictions", said.as_bytes()).unwrap();
        let (first, rest) = said.columns().split_first().unwrap();
        let predicted = (0..said.rows()).map(|row| {
            let numbers = if rest.is_empty() { std::slice::from_ref(first) } else { rest };
            (first.cell(row), numbers.iter().map(|c| c.cell(row).parse().unwrap()).collect())
        });
        let predicted = predicted.collect();
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
            for (row, (label, _)) in rows.zip(&self.predicted) {
                assert_eq!(row.split('\x1f').next(), Some(label.as_str()), "{}", self.name);
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
                    difference <= tolerance * right.abs().max(1.0),
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
    cases
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
