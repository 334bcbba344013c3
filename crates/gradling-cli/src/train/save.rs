//! The folder of a training run: its model, its record, its pictures.

use super::checkpoint::Checkpoint;
use super::data::{Data, Problem};
use super::figures::{Figures, score_name};
use super::fit::{Epoch, Fit};
use super::importance::{self, Importance};
use super::judge::Judgement;
use super::plot::Picture;
use crate::failure::Failure;
use crate::output::{is_left_over, sync_folder, write_durably, write_file};
use gradling_data::TargetCode;
use serde_json::{Map, Value as Json, json};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name of the model in its folder.
pub(crate) const MODEL: &str = "model.safetensors";
const RECORD: &str = "record.json";
const REPORT: &str = "report.html";
/// The name of the run as it stands.
pub(super) const CHECKPOINT: &str = "checkpoint.safetensors";
/// The name of the settings in effect.
const SETTINGS: &str = "train.toml";
const CURVE: &str = "learning-curve.svg";
const CURVE_PIXELS: &str = "learning-curve.png";
const BOUNDARY: &str = "boundary.svg";
const BOUNDARY_PIXELS: &str = "boundary.png";

/// The files of a run.
const FILES: [&str; 9] =
    [MODEL, RECORD, REPORT, CURVE, CURVE_PIXELS, BOUNDARY, BOUNDARY_PIXELS, SETTINGS, CHECKPOINT];

/// A folder that can be written to, by this process alone. One that was made for the run and left empty goes
/// with it.
pub(super) struct Folder {
    path: PathBuf,
    made: bool,
    /// Holds the lock, where the system has locks for folders.
    _lock: Option<fs::File>,
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
    pub(super) settings: String,
    pub(super) report: String,
    pub(super) curve: Picture,
    pub(super) boundary: Option<Picture>,
}

impl Folder {
    /// Makes the folder if it is not there, and tries whether a file can be made in it.
    pub(super) fn prepare(path: &Path) -> Result<Self, Failure> {
        let trial = path.join(format!(".gradling.{}.trial", std::process::id()));
        let made = !path.exists();
        let mut folder = Folder { path: path.to_owned(), made, _lock: None };
        fs::create_dir_all(path)
            .and_then(|()| fs::File::create(&trial))
            .and_then(|_| fs::remove_file(&trial))
            .map_err(|error| {
                Failure::Input(format!(
                    "{} cannot be written to: {error}; give --out a folder that you can write to",
                    path.display()
                ))
            })?;
        folder._lock = lock(path)?;
        folder.clean();
        Ok(folder)
    }

    /// The folder of a run to go on with, and its checkpoint, which is not there if the run was killed before it
    /// began.
    pub(super) fn resume(path: &Path) -> Result<(Self, Option<Checkpoint>), Failure> {
        if !path.is_dir() {
            return Err(Failure::Input(format!(
                "{}: there is no such folder to resume; begin with --out {0}",
                path.display()
            )));
        }
        let folder = Folder::prepare(path)?;
        let file = path.join(CHECKPOINT);
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if path.join(MODEL).exists() {
                    return Err(Failure::Input(format!(
                        "{} holds a model and no checkpoint; begin anew with --out, which replaces it",
                        path.display()
                    )));
                }
                return Ok((folder, None));
            }
            Err(error) => {
                return Err(Failure::Input(format!("{}: cannot be read: {error}", file.display())));
            }
        };
        let checkpoint = Checkpoint::from_bytes(&bytes).map_err(|wrong| {
            Failure::Input(format!("{}: {wrong}; begin anew with --out", file.display()))
        })?;
        Ok((folder, Some(checkpoint)))
    }

    /// Removes what a process that was killed left half written.
    fn clean(&self) {
        for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let is_ours = |name: &str| FILES.iter().any(|of| is_left_over(name, of));
            if name.to_str().is_some_and(is_ours) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Writes a checkpoint.
    pub(super) fn keep(&self, checkpoint: &[u8]) -> Result<(), Failure> {
        self.put(CHECKPOINT, checkpoint)
    }

    fn put(&self, name: &str, contents: &[u8]) -> Result<(), Failure> {
        let path = self.path.join(name);
        write_durably(&path, contents).map_err(|error| {
            let resume = match self.path.join(CHECKPOINT).exists() {
                true => format!("make room, then go on with --resume {}", self.path.display()),
                false => "make room, then begin anew".to_owned(),
            };
            Failure::Input(format!("{} cannot be written: {error}; {resume}", path.display()))
        })
    }

    /// Forgets a run that came to nothing: its checkpoint would lead there again.
    pub(super) fn forget(&self) {
        let _ = fs::remove_file(self.path.join(CHECKPOINT));
    }

    /// Writes the files, each whole or not at all, and gives their names. Those of an earlier run that would not
    /// belong to this model go.
    pub(super) fn write(&self, contents: &Contents) -> Result<Vec<&'static str>, Failure> {
        let record = format!("{:#}\n", contents.record);
        self.put(MODEL, &contents.model)?;
        let boundary = contents.boundary.as_ref();
        let others: [(&'static str, Option<&[u8]>); 7] = [
            (RECORD, Some(record.as_bytes())),
            (REPORT, Some(contents.report.as_bytes())),
            (CURVE, Some(contents.curve.svg.as_bytes())),
            (CURVE_PIXELS, Some(&contents.curve.png)),
            (BOUNDARY, boundary.map(|picture| picture.svg.as_bytes())),
            (BOUNDARY_PIXELS, boundary.map(|picture| &picture.png[..])),
            (SETTINGS, Some(contents.settings.as_bytes())),
        ];
        let mut names = vec![MODEL];
        for (name, contents) in others {
            let path = self.path.join(name);
            match contents {
                Some(contents) => {
                    write_file(&path, contents)?;
                    names.push(name);
                }
                None => {
                    let _ = fs::remove_file(path);
                }
            }
        }
        sync_folder(&self.path);
        Ok(names)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Locks a folder for this process, where that can be done.
fn lock(path: &Path) -> Result<Option<fs::File>, Failure> {
    let Ok(folder) = fs::File::open(path) else {
        return Ok(None);
    };
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(fs::TryLockError::WouldBlock) => Err(Failure::Input(format!(
            "{}: another run writes to this folder; wait for its end, or give --out another",
            path.display()
        ))),
        Err(fs::TryLockError::Error(_)) => Ok(None),
    }
}

/// All that is known of a run, without time or place: the same run has the same record.
pub(super) fn record(
    problem: &Problem,
    data: &Data,
    settings: &Map<String, Json>,
    fit: &Fit,
    judged: Option<&Judgement>,
    needed: &[Importance],
) -> Json {
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
            "validation": figures(epoch.validation),
            "held_out": figures(epoch.held_out),
        })
    };
    let labels = match data.encoder.target_code() {
        TargetCode::Classes(labels) => Some(labels.names()),
        TargetCode::Number(_) => None,
    };
    let features: Vec<&str> =
        data.encoder.features().iter().map(|feature| feature.name.as_str()).collect();
    let [training, validation, held_out] = data.rows();
    json!({
        "format": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "data": {
            "file": problem.name,
            "sha256": problem.hash,
            "rows": problem.rows,
            "training_rows": training,
            "validation_rows": validation,
            "held_out_rows": held_out,
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
        "end": fit.end.name(),
        "best_epoch": fit.best,
        "temperature": fit.temperature.as_ref().map(|temperature| temperature.temperature),
        "epochs": fit.epochs.iter().map(epoch).collect::<Vec<_>>(),
        "result": {
            "training": figures(fit.training),
            "validation": figures(fit.validation),
            "held_out": figures(fit.held_out),
        },
        "judgement": judged.map(Judgement::json),
        "importance": importance::json(needed),
    })
}
