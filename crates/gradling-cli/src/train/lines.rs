//! A run told to a program: one line of JSON for each thing that happens.

use super::data::{Data, Problem};
use super::figures::Figures;
use super::fit::{Epoch, Fit};
use super::importance::{self, Importance};
use super::judge::Judgement;
use crate::failure::Failure;
use crate::output::print;
use serde_json::{Map, Value as Json, json};
use std::path::Path;

fn line(json: &Json) -> Result<(), Failure> {
    print(|out| writeln!(out, "{json}"))
}

fn figures(figures: Option<Figures>) -> Json {
    figures.map_or(Json::Null, |f| json!({ "loss": f.loss, "score": f.score }))
}

/// What was understood, before training starts or goes on after so many epochs.
pub(super) fn start(
    problem: &Problem,
    data: &Data,
    settings: &Map<String, Json>,
    after: usize,
) -> Result<(), Failure> {
    let [training, validation, held_out] = data.rows();
    line(&json!({
        "event": "start",
        "file": problem.name,
        "target": data.encoder.target(),
        "task": data.task.to_string(),
        "score": super::figures::score_name(data.task),
        "rows": {
            "training": training,
            "validation": validation,
            "held_out": held_out,
        },
        "inputs": data.train.inputs.cols,
        "after": after,
        "settings": settings,
    }))
}

pub(super) fn epoch(epoch: &Epoch) -> Result<(), Failure> {
    line(&json!({
        "event": "epoch",
        "epoch": epoch.number,
        "training": figures(Some(epoch.training)),
        "validation": figures(epoch.validation),
        "held_out": figures(epoch.held_out),
    }))
}

/// What came of it, and where it is.
pub(super) fn end(
    fit: &Fit,
    judged: Option<&Judgement>,
    needed: &[Importance],
    folder: Option<&Path>,
) -> Result<(), Failure> {
    line(&json!({
        "event": "end",
        "end": fit.end.name(),
        "epochs": fit.epochs.len(),
        "best_epoch": fit.best,
        "training": figures(fit.training),
        "validation": figures(fit.validation),
        "held_out": figures(fit.held_out),
        "judgement": judged.map(Judgement::json),
        "importance": importance::json(needed),
        "folder": folder.map(|folder| folder.display().to_string()),
    }))
}
