//! The folder of a training run: its model, its record, its pictures.

use super::data::{Data, Problem};
use super::figures::{Figures, score_name};
use super::fit::{End, Epoch, Fit};
use super::settings::Settings;
use crate::failure::Failure;
use crate::output::write_file;
use gradling_data::TargetCode;
use serde_json::{Value as Json, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The name of the model in its folder.
pub(crate) const MODEL: &str = "model.safetensors";
const RECORD: &str = "record.json";
const CURVE: &str = "learning-curve.svg";
const BOUNDARY: &str = "boundary.svg";

/// A folder that can be written to. One that was made for the run and left empty goes with it.
pub(super) struct Folder {
    path: PathBuf,
    made: bool,
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.made {
            // Fails, as it should, for a folder that holds something.
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// What is written into it.
pub(super) struct Contents {
    pub(super) model: Vec<u8>,
    pub(super) record: Json,
    pub(super) curve: String,
    pub(super) boundary: Option<String>,
}

impl Folder {
    /// Makes the folder if it is not there, and tries whether a file can be made in it.
    pub(super) fn prepare(path: &Path) -> Result<Self, Failure> {
        let trial = path.join(format!(".gradling.{}.trial", std::process::id()));
        let folder = Folder { path: path.to_owned(), made: !path.exists() };
        fs::create_dir_all(path)
            .and_then(|()| fs::File::create_new(&trial))
            .and_then(|_| fs::remove_file(&trial))
            .map_err(|error| {
                Failure::Input(format!(
                    "{} cannot be written to: {error}; give --out a folder that you can write to",
                    path.display()
                ))
            })?;
        Ok(folder)
    }

    /// Writes the files, each whole or not at all, and gives their names.
    pub(super) fn write(&self, contents: &Contents) -> Result<Vec<&'static str>, Failure> {
        let path = self.path();
        let record = format!("{:#}\n", contents.record);
        write_file(&path.join(MODEL), &contents.model)?;
        write_file(&path.join(RECORD), record)?;
        write_file(&path.join(CURVE), &contents.curve)?;
        let mut names = vec![MODEL, RECORD, CURVE];
        match &contents.boundary {
            Some(boundary) => {
                write_file(&path.join(BOUNDARY), boundary)?;
                names.push(BOUNDARY);
            }
            // That of an earlier run would not belong to this model.
            None => {
                let _ = fs::remove_file(path.join(BOUNDARY));
            }
        }
        Ok(names)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// All that is known of a run, without time or place: the same run has the same record.
pub(super) fn record(problem: &Problem, data: &Data, settings: &Settings, fit: &Fit) -> Json {
    let name = match score_name(data.task) {
        "R²" => "r2",
        name => name,
    };
    let figures = |figures: Option<Figures>| match figures {
        Some(Figures { loss, score }) => json!({ "loss": loss, name: score }),
        None => Json::Null,
    };
    let epoch = |epoch: &Epoch| {
        json!({
            "epoch": epoch.number,
            "training": figures(Some(epoch.training)),
            "held_out": figures(epoch.held_out),
        })
    };
    let labels = match data.encoder.target_code() {
        TargetCode::Classes(labels) => Some(labels.names()),
        TargetCode::Number(_) => None,
    };
    let features: Vec<&str> =
        data.encoder.features().iter().map(|feature| feature.name.as_str()).collect();
    json!({
        "format": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "data": {
            "file": problem.table.name(),
            "rows": problem.table.rows(),
            "training_rows": data.train.rows(),
            "held_out_rows": data.held_out.rows(),
            "features": features,
            "constant_features": data.encoder.constant_features().collect::<Vec<_>>(),
            "inputs": data.train.inputs.cols,
            "target": data.encoder.target(),
            "task": data.task.to_string(),
            "reason": problem.target.to_string(),
            "labels": labels,
        },
        "settings": settings,
        "parameters": fit.network.parameters(),
        "end": match fit.end { End::Finished => "finished", End::Interrupted => "interrupted" },
        "epochs": fit.epochs.iter().map(epoch).collect::<Vec<_>>(),
        "result": { "training": figures(fit.training), "held_out": figures(fit.held_out) },
    })
}
