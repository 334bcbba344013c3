//! `gradling predict`: a trained network applied to a table of any length.
//!
//! [Workers](crate::parts) turn a part of it into the text of its predictions, which are written in its order.

use crate::failure::Failure;
use crate::output::{Stream, note};
use crate::parts::each_part;
use crate::reading::{Input, Reading};
use crate::train::MODEL;
use gradling_data::{Table, Unseen, write_number};
use gradling_model::{Model, ModelError, Predictions, Predictor};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Rows that are encoded at a time: one-hot columns take room.
const ROWS_AT_ONCE: usize = 1024;
/// The most bytes that are read as a model.
const MOST_BYTES: u64 = 1 << 30;
/// So many text values that were not in training are named.
const NAMED: usize = 10;
/// And so many are told apart.
const TOLD_APART: usize = 100_000;

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
    #[command(flatten)]
    reading: Reading,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let model = load(&args.model)?;
    let reader = model.encoder().reader(args.file.display().to_string());
    let stream = Input::open(&args.file)?.stream(&args.reading.reader(reader)?)?;
    let mut out = Stream::new(args.out.as_deref())?;
    let form = Form::new(&model);
    out.write(&form.header)?;

    let worker = || {
        let mut predictor = model.predictor_on(1);
        let (model, form) = (&model, &form);
        move |table: &Table| predict(model, form, &mut predictor, table)
    };
    let mut said = Said::default();
    each_part(stream, worker, |_, part| {
        out.write(&part.csv)?;
        said.add(part);
        Ok(if out.left { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    out.finish()?;
    said.tell();
    Ok(())
}

/// The model of a file, or of the folder it is in.
pub(crate) fn load(path: &Path) -> Result<Model, Failure> {
    let path = if path.is_dir() { path.join(MODEL) } else { path.to_owned() };
    let wrong = |error: ModelError| Failure::Input(format!("{}: {error}", path.display()));
    Model::from_bytes(&read(&path)?).map_err(wrong)
}

/// The bytes of a model file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let wrong = |what: String| Failure::Input(format!("{}: {what}", path.display()));
    let unreadable = |error: std::io::Error| {
        wrong(format!("cannot be read: {error}; give a folder that `gradling train --out` wrote"))
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > MOST_BYTES {
        return Err(wrong("is no model file; give one that `gradling train` wrote".to_owned()));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    Ok(bytes)
}

/// What predictions look like as CSV.
struct Form {
    header: Vec<u8>,
    /// The labels as cells; none for a quantity.
    labels: Vec<Vec<u8>>,
}

impl Form {
    fn new(model: &Model) -> Self {
        let labels: Vec<String> = (0..).map_while(|class| model.encoder().label(class)).collect();
        let mut header = b"prediction".to_vec();
        for label in &labels {
            header.push(b',');
            header.extend(cell(&format!("p({label})")));
        }
        header.push(b'\n');
        Form { header, labels: labels.iter().map(|label| cell(label)).collect() }
    }

    /// Writes a line for each row.
    fn write(
        &self,
        out: &mut Vec<u8>,
        predictions: &Predictions,
        incomplete: &[usize],
    ) -> Result<(), usize> {
        let mut incomplete = incomplete.iter().peekable();
        let classes = predictions.most_probable();
        for row in 0..predictions.rows() {
            if incomplete.next_if_eq(&&row).is_some() {
                // A line of nothing would be no row.
                out.extend_from_slice(if self.labels.is_empty() { b"\"\"" } else { b"" });
                out.extend(self.labels.iter().map(|_| b','));
                out.push(b'\n');
                continue;
            }
            match (predictions, &classes) {
                (Predictions::Quantities(numbers), _) => number(out, numbers[row]).ok_or(row)?,
                (Predictions::Classes(probabilities), Some(classes)) => {
                    out.extend_from_slice(&self.labels[classes[row]]);
                    for &p in probabilities.row(row) {
                        out.push(b',');
                        number(out, p).ok_or(row)?;
                    }
                }
                (Predictions::Classes(_), None) => {}
            }
            out.push(b'\n');
        }
        Ok(())
    }
}

fn number(out: &mut Vec<u8>, number: f64) -> Option<()> {
    number.is_finite().then(|| write_number(out, number))
}

/// A text as a cell of CSV.
fn cell(text: &str) -> Vec<u8> {
    if !text.contains([',', '"', '\n', '\r']) {
        return text.as_bytes().to_vec();
    }
    format!("\"{}\"", text.replace('"', "\"\"")).into_bytes()
}

/// The predictions of a part.
struct Part {
    csv: Vec<u8>,
    unseen: Vec<Unseen>,
    incomplete: usize,
}

fn predict(
    model: &Model,
    form: &Form,
    predictor: &mut Predictor<'_>,
    table: &Table,
) -> Result<Part, Failure> {
    let mut csv = Vec::with_capacity(32 * table.rows());
    let (mut unseen, mut incomplete) = (Vec::new(), 0);
    for rows in table.row_ids().chunks(ROWS_AT_ONCE) {
        let features = model.encoder().encode_features(table, rows)?;
        let predictions = predictor.predict(&features.matrix);
        form.write(&mut csv, &predictions, &features.incomplete).map_err(|row| {
            Failure::Input(format!(
                "{}:{}: the prediction for this row is not finite; its numbers lie too far from those the model was trained on",
                table.name(),
                table.line(rows[row])
            ))
        })?;
        unseen.extend(features.unseen);
        incomplete += features.incomplete.len();
    }
    Ok(Part { csv, unseen, incomplete })
}

/// What is to be said at the end.
#[derive(Default)]
struct Said {
    unseen: BTreeMap<(String, String), Unseen>,
    incomplete: usize,
}

impl Said {
    fn add(&mut self, part: Part) {
        self.incomplete += part.incomplete;
        for new in part.unseen {
            let key = (new.column.clone(), new.value.clone());
            if let Some(known) = self.unseen.get_mut(&key) {
                known.rows += new.rows;
            } else if self.unseen.len() < TOLD_APART {
                self.unseen.insert(key, new);
            }
        }
    }

    fn tell(&self) {
        for unseen in self.unseen.values().take(NAMED) {
            note(&unseen.to_string());
        }
        if let Some(more @ 1..) = self.unseen.len().checked_sub(NAMED) {
            note(&format!("{more} more values were not in training"));
        }
        if self.incomplete > 0 {
            let rows = if self.incomplete == 1 { "row misses" } else { "rows miss" };
            note(&format!("{} {rows} a value and got no prediction", self.incomplete));
        }
    }
}
