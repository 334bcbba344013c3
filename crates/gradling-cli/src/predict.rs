//! `gradling predict`: a trained network applied to a table.

use crate::failure::Failure;
use crate::output::{note, print, write_file};
use crate::train::{MODEL, open};
use gradling_data::{Column, Table, Unseen};
use gradling_model::{Model, Predictions};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Rows that are encoded at a time: one-hot columns take room.
const ROWS_AT_ONCE: usize = 4096;
/// The most bytes that are read as a model.
const MOST_BYTES: u64 = 1 << 30;
/// So many text values that were not in training are named.
const NAMED: usize = 10;

/// Predict a column of a table with a trained network.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder that `gradling train --out` wrote, or the model file in it.
    model: PathBuf,
    /// A CSV file with the columns that the model was trained on; `-` is stdin.
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// Where the predictions go, as CSV [default: stdout].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let model = load(&args.model)?;
    let name = args.file.display().to_string();
    let table = model.encoder().reader(name).read(open(&args.file)?)?;
    let mut unseen = BTreeMap::new();
    let mut columns = Columns::new(&model);
    let mut predictor = model.predictor();
    // All rows are predicted before the first is written: a wrong one leaves nothing half written.
    for rows in table.row_ids().chunks(ROWS_AT_ONCE) {
        let features = model.encoder().encode_features(&table, rows)?;
        collect(&mut unseen, features.unseen);
        columns.push(&table, rows, predictor.predict(&features.matrix))?;
    }
    tell(&unseen);
    let mut csv = Vec::new();
    let written = columns.into_table()?.write_csv(&mut csv);
    written.map_err(|error| Failure::Run(error.to_string()))?;
    match &args.out {
        None => print(|out| out.write_all(&csv)),
        Some(path) => write_file(path, csv),
    }
}

/// The model of a file, or of the folder it is in.
fn load(path: &Path) -> Result<Model, Failure> {
    let path = if path.is_dir() { path.join(MODEL) } else { path.to_owned() };
    let wrong = |what: String| Failure::Input(format!("{}: {what}", path.display()));
    let unreadable = |error: std::io::Error| {
        wrong(format!("cannot be read: {error}; give a folder that `gradling train --out` wrote"))
    };
    let metadata = fs::metadata(&path).map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > MOST_BYTES {
        return Err(wrong("is no model file; give one that `gradling train` wrote".to_owned()));
    }
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    Model::from_bytes(&bytes).map_err(|error| wrong(error.to_string()))
}

/// The predictions so far, column by column.
struct Columns<'a> {
    model: &'a Model,
    labels: Vec<String>,
    predictions: Vec<f64>,
    classes: Vec<usize>,
    probabilities: Vec<Vec<f64>>,
}

impl<'a> Columns<'a> {
    fn new(model: &'a Model) -> Self {
        let labels: Vec<String> = (0..).map_while(|class| model.encoder().label(class)).collect();
        let probabilities = vec![Vec::new(); labels.len()];
        Columns { model, labels, predictions: Vec::new(), classes: Vec::new(), probabilities }
    }

    fn push(&mut self, table: &Table, rows: &[usize], new: Predictions) -> Result<(), Failure> {
        let width = self.labels.len().max(1);
        let numbers = match &new {
            Predictions::Quantities(numbers) => numbers,
            Predictions::Classes(probabilities) => &probabilities.data,
        };
        if let Some(place) = numbers.iter().position(|x| !x.is_finite()) {
            return Err(Failure::Input(format!(
                "{}:{}: the prediction for this row is not finite; its numbers lie too far from those the model was trained on",
                table.name(),
                table.line(rows[place / width])
            )));
        }
        self.classes.extend(new.most_probable().unwrap_or_default());
        match new {
            Predictions::Quantities(numbers) => self.predictions.extend(numbers),
            Predictions::Classes(probabilities) => {
                for row in probabilities.data.chunks_exact(width) {
                    for (column, &p) in self.probabilities.iter_mut().zip(row) {
                        column.push(p);
                    }
                }
            }
        }
        Ok(())
    }

    fn into_table(self) -> Result<Table, Failure> {
        let name = "prediction";
        let mut columns = vec![if self.labels.is_empty() {
            Column::numbers(name, self.predictions)
        } else {
            let label = |&class: &usize| self.labels[class].as_str();
            Column::texts(name, self.classes.iter().map(label))
        }];
        for (label, probabilities) in self.labels.iter().zip(self.probabilities) {
            columns.push(Column::numbers(format!("p({label})"), probabilities));
        }
        Ok(Table::new(format!("predictions of {}", self.model.encoder().target()), columns)?)
    }
}

/// Adds up what the chunks of rows hold.
fn collect(all: &mut BTreeMap<(String, String), Unseen>, new: Vec<Unseen>) {
    for new in new {
        let known = all.entry((new.column.clone(), new.value.clone()));
        known.and_modify(|known| known.rows += new.rows).or_insert(new);
    }
}

fn tell(unseen: &BTreeMap<(String, String), Unseen>) {
    for unseen in unseen.values().take(NAMED) {
        note(&unseen.to_string());
    }
    if let Some(more @ 1..) = unseen.len().checked_sub(NAMED) {
        note(&format!("{more} more values were not in training"));
    }
}
