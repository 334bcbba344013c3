//! `gradling inspect`: what a table or a model file holds.

use crate::failure::Failure;
use crate::output::print;
use crate::predict;
use crate::reading::{Input, Reading, open};
use crate::summary;
use crate::train::text::{count, plain};
use gradling_data::{
    Code, Encoder, Encoding, Fill, Survey, Table, TableReader, Target, TargetCode, Task,
};
use gradling_model::{DataHash, Model};
use serde_json::{Value as Json, json};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Tell what a table or a model holds.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A table as CSV (`-` is stdin), a model file, or the folder that `gradling train --out` wrote.
    #[arg(value_name = "FILE|MODEL")]
    path: PathBuf,
    /// For a model: tell whether it learned from this table.
    #[arg(long, value_name = "FILE.csv")]
    data: Option<PathBuf>,
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if is_model(&args.path) {
        let model = predict::load(&args.path)?;
        let data = args.data.as_deref().map(Data::read).transpose()?;
        return match args.json {
            true => print(|out| writeln!(out, "{:#}", model_json(&model, data.as_ref()))),
            false => print(|out| model_text(out, &model, data.as_ref())),
        };
    }
    if args.data.is_some() {
        return Err(Failure::Input(format!(
            "{}: is no model, and --data is for one; leave it out",
            args.path.display()
        )));
    }
    let seen = Seen::read(&args.path, &args.reading)?;
    match args.json {
        true => print(|out| writeln!(out, "{:#}", seen.json())),
        false => print(|out| seen.text(out)),
    }
}

/// A folder, or a file that begins as safetensors files do: a length, and a brace.
fn is_model(path: &Path) -> bool {
    if path.is_dir() {
        return true;
    }
    let mut start = [0; 9];
    let read =
        path.is_file() && File::open(path).and_then(|mut f| f.read_exact(&mut start)).is_ok();
    path.extension().is_some_and(|end| end == "safetensors")
        || (read && start[8] == b'{' && start[4..8] == [0; 4])
}

/// The table that a model may have learned from.
struct Data {
    name: String,
    hash: DataHash,
}

impl Data {
    fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let unreadable =
            |error: io::Error| Failure::Input(format!("{name}: cannot be read: {error}"));
        let hash = DataHash::of_reader(open(path)?).map_err(unreadable)?;
        Ok(Data { name, hash })
    }

    /// Whether it is the one; none where the model does not know.
    fn is_that_of(&self, model: &Model) -> Option<bool> {
        model.data_hash().map(|known| known == self.hash)
    }
}

/// A table, of which nothing is kept but what it holds.
struct Seen {
    name: String,
    separator: u8,
    encoding: Option<Encoding>,
    survey: Survey,
    /// The column to predict, and why it is taken for that.
    target: (String, &'static str),
    /// What predicting it would mean, or why it cannot be; by the first rows of a large table.
    task: Result<Target, String>,
}

impl Seen {
    fn read(path: &Path, reading: &Reading) -> Result<Self, Failure> {
        let reader = TableReader::new(path.display().to_string()).keep_missing();
        let mut stream = Input::open(path)?.stream(&reading.reader(reader)?)?;
        let (mut survey, mut target) = (Survey::default(), None);
        for part in stream.by_ref() {
            let part = part?;
            survey.add(&part);
            if target.is_none() && part.rows() > 0 {
                target = Some(task(&part));
            }
        }
        let Some((target, task)) = target else {
            let name = stream.name();
            return Err(Failure::Input(format!("{name}: has no rows; add at least one")));
        };
        let (separator, encoding) = (stream.delimiter(), stream.encoding());
        Ok(Seen { name: stream.name().to_owned(), separator, encoding, survey, target, task })
    }

    fn separator(&self) -> String {
        match self.separator {
            b',' => "commas".to_owned(),
            b';' => "semicolons".to_owned(),
            b'\t' => "tabs".to_owned(),
            byte => format!("{:?}", char::from(byte)),
        }
    }

    fn encoding(&self) -> String {
        self.encoding.map_or("ASCII".to_owned(), |encoding| encoding.to_string())
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.survey.columns();
        writeln!(
            out,
            "{}: {}, {}, cells between {}, letters in {}\n",
            plain(&self.name),
            count(self.survey.rows() as usize, "row"),
            count(columns.len(), "column"),
            self.separator(),
            self.encoding()
        )?;
        summary::columns(out, &columns, usize::MAX, "")?;
        writeln!(out)?;
        summary::findings(out, &self.survey.findings(Some(&self.target.0)), usize::MAX)?;
        let (name, why) = &self.target;
        writeln!(out, "suggested target: {:?} ({why})", plain(name))?;
        match &self.task {
            Ok(target) => writeln!(out, "{target}"),
            Err(error) => writeln!(out, "it cannot be predicted as it is: {error}"),
        }
    }

    fn json(&self) -> Json {
        let (name, why) = &self.target;
        let (task, error) = match &self.task {
            Ok(target) => (Some(target.task().to_string()), None),
            Err(error) => (None, Some(error)),
        };
        let told = |finding: &gradling_data::Finding| {
            let mut json = serde_json::to_value(finding).unwrap_or_default();
            json["text"] = finding.to_string().into();
            json
        };
        json!({
            "kind": "table",
            "file": self.name,
            "rows": self.survey.rows(),
            "separator": char::from(self.separator).to_string(),
            "encoding": match self.encoding {
                None => "ascii",
                Some(Encoding::Utf8) => "utf-8",
                Some(Encoding::Windows1252) => "windows-1252",
            },
            "columns": self.survey.columns(),
            "findings": self.survey.findings(Some(name)).iter().map(told).collect::<Vec<_>>(),
            "suggested_target": { "column": name, "reason": why, "task": task, "error": error },
        })
    }
}

/// The column that a table is likely to be about, and what predicting it would mean.
fn task(table: &Table) -> ((String, &'static str), Result<Target, String>) {
    let (name, why) = Target::guess(table);
    let there = |column: &gradling_data::Column| {
        (0..table.rows()).filter(|&row| !column.is_missing(row)).collect::<Vec<_>>()
    };
    let task = table
        .column(name)
        .and_then(|column| table.only_rows(&there(column)))
        .and_then(|table| Target::infer(&table, name))
        .map_err(|error| error.to_string());
    ((name.to_owned(), why), task)
}

/// `one of 3 classes: a, b, c`.
fn predicts(encoder: &Encoder) -> String {
    match encoder.target_code() {
        TargetCode::Number(standard) => format!(
            "a quantity of mean {} and deviation {}",
            crate::number::short(standard.mean),
            crate::number::short(standard.scale)
        ),
        TargetCode::Classes(labels) => {
            let names = labels.names();
            let shown: Vec<String> = names.iter().take(20).map(|name| plain(name)).collect();
            let more = if names.len() > 20 { ", …" } else { "" };
            format!("one of {} classes: {}{more}", names.len(), shown.join(", "))
        }
    }
}

fn filled(fill: Option<&Fill>) -> String {
    match fill {
        None => "an error".to_owned(),
        Some(Fill::Drop) => "no prediction".to_owned(),
        Some(Fill::Number(x)) => crate::number::short(*x),
        Some(Fill::Indicated(x)) => format!("{}, and said so", crate::number::short(*x)),
        Some(Fill::Text(text)) if text.is_empty() => "a value of its own".to_owned(),
        Some(Fill::Text(text)) => format!("{:?}", plain(text)),
    }
}

fn model_text(out: &mut dyn Write, model: &Model, data: Option<&Data>) -> io::Result<()> {
    use crate::table::{Align, Cell, Table};

    let (encoder, network) = (model.encoder(), model.numbers());
    writeln!(
        out,
        "model of gradling {}, trained with seed {}",
        plain(model.version()),
        model.seed()
    )?;
    match model.data_hash() {
        Some(hash) => writeln!(out, "learned from a table with {hash}")?,
        None => writeln!(out, "learned from a table of which it knows no hash")?,
    }
    if let Some(data) = data {
        let name = plain(&data.name);
        match data.is_that_of(model) {
            Some(true) => writeln!(out, "{name} is that table")?,
            Some(false) => writeln!(out, "{name} is another table, with {}", data.hash)?,
            None => writeln!(out, "{name} has {}", data.hash)?,
        }
    }
    writeln!(out, "predicts {:?}: {}", plain(encoder.target()), predicts(encoder))?;
    writeln!(
        out,
        "network of {}, {}:",
        count(network.layers().len(), "layer"),
        count(network.parameters(), "parameter")
    )?;
    for layer in network.layers() {
        writeln!(out, "  {} → {} {}", layer.inputs(), layer.outputs(), layer.activation)?;
    }
    writeln!(
        out,
        "from {} as {}:\n",
        count(encoder.features().len(), "column"),
        count(encoder.width(), "input")
    )?;
    let mut table = Table::new([
        ("column", Align::Left),
        ("inputs", Align::Point),
        ("how", Align::Left),
        ("a missing value is", Align::Left),
    ]);
    for feature in encoder.features() {
        let how = match &feature.code {
            Code::Number(standard) => format!(
                "(x - {}) / {}",
                crate::number::short(standard.mean),
                crate::number::short(standard.scale)
            ),
            Code::OneHot(values) => {
                let shown: Vec<String> = values
                    .iter()
                    .filter(|value| !value.is_empty())
                    .take(6)
                    .map(|value| plain(value))
                    .collect();
                let more = if values.len() > 6 { ", …" } else { "" };
                format!("one of {}{more}, other", shown.join(", "))
            }
        };
        table.push([
            Cell::new(plain(&feature.name)),
            Cell::new(feature.width().to_string()),
            Cell::new(how),
            Cell::new(filled(feature.missing.as_ref())),
        ]);
    }
    table.write(out, "")
}

fn model_json(model: &Model, data: Option<&Data>) -> Json {
    let (encoder, network) = (model.encoder(), model.numbers());
    let (classes, task) = match encoder.target_code() {
        TargetCode::Number(_) => (None, Task::Regression),
        TargetCode::Classes(labels) => match labels.len() {
            2 => (Some(labels.names()), Task::Binary),
            count => (Some(labels.names()), Task::Classes(count)),
        },
    };
    let layers: Vec<Json> = network
        .layers()
        .iter()
        .map(|layer| {
            let activation = layer.activation.name();
            json!({ "inputs": layer.inputs(), "outputs": layer.outputs(), "activation": activation })
        })
        .collect();
    let mut json = json!({
        "kind": "model",
        "format": gradling_model::FORMAT,
        "version": model.version(),
        "seed": model.seed(),
        "data_hash": model.data_hash(),
        "task": task.to_string(),
        "target": encoder.target(),
        "classes": classes,
        "layers": layers,
        "parameters": network.parameters(),
        "inputs": encoder.inputs(),
        "encoder": encoder,
    });
    if let Some(data) = data {
        json["data"] =
            json!({ "file": data.name, "hash": data.hash, "same": data.is_that_of(model) });
    }
    json
}
