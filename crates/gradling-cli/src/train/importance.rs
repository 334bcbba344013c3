//! Which features a model needs: how much worse it gets when a feature's values are dealt out anew among the rows
//! (Breiman, "Random forests", 2001).

use super::data::{Data, Samples};
use super::figures::score_name;
use super::text::plain;
use gradling::Rng;
use gradling_data::{DataError, Matrix, Targets, metrics};
use gradling_model::{Model, Predictions};
use serde_json::{Value as Json, json};
use std::io::{self, Write};

/// The stream of random numbers that orders are drawn from.
const STREAM: u64 = 8;
/// So many features are shown.
const SHOWN: usize = 20;

/// How much a feature is needed.
pub(super) struct Importance {
    pub(super) feature: String,
    /// How much the score fell, the mean over the times it was tried, and the standard deviation.
    pub(super) mean: f64,
    pub(super) deviation: f64,
}

/// The importance of each feature on the rows held out, the most needed first.
pub(super) fn importance(
    model: &Model,
    data: &Data,
    times: usize,
    seed: u64,
) -> Result<Vec<Importance>, DataError> {
    let Samples { inputs, targets } = &data.held_out;
    if inputs.rows == 0 {
        return Ok(Vec::new());
    }
    let whole = score(model, inputs, targets)?;
    let mut rng = Rng::stream(seed, STREAM);
    let mut all = Vec::new();
    let mut from = 0;
    for feature in data.encoder.features() {
        let width = feature.width();
        let mut falls = Vec::with_capacity(times);
        for _ in 0..times {
            let mut order: Vec<usize> = (0..inputs.rows).collect();
            rng.shuffle(&mut order);
            let mut dealt = inputs.clone();
            for (row, &other) in order.iter().enumerate() {
                let to = row * inputs.cols + from;
                dealt.data[to..to + width].copy_from_slice(&inputs.row(other)[from..from + width]);
            }
            falls.push(whole - score(model, &dealt, targets)?);
        }
        let mean = falls.iter().sum::<f64>() / times as f64;
        let squares: f64 = falls.iter().map(|fall| (fall - mean) * (fall - mean)).sum();
        let deviation = (squares / times as f64).sqrt();
        all.push(Importance { feature: feature.name.clone(), mean, deviation });
        from += width;
    }
    all.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    Ok(all)
}

/// Accuracy or R².
fn score(model: &Model, inputs: &Matrix, targets: &Targets) -> Result<f64, DataError> {
    let predictions = model.predictor().predict(inputs);
    match (&predictions, targets) {
        (Predictions::Quantities(predicted), Targets::Numbers(scores)) => {
            let quantity = |&score: &f64| model.encoder().quantity(score).unwrap_or(score);
            metrics::r2(predicted, &scores.iter().map(quantity).collect::<Vec<f64>>())
        }
        (_, Targets::Classes(truth)) => {
            metrics::accuracy(&predictions.most_probable().unwrap_or_default(), truth)
        }
        // A quantity has scores and a class has none.
        (Predictions::Classes(_), Targets::Numbers(_)) => Ok(0.0),
    }
}

pub(super) fn json(all: &[Importance]) -> Json {
    let one = |one: &Importance| json!({ "feature": one.feature, "mean": one.mean, "deviation": one.deviation });
    all.iter().map(one).collect()
}

pub(super) fn write(out: &mut dyn Write, all: &[Importance], data: &Data) -> io::Result<()> {
    let names: Vec<String> = all.iter().take(SHOWN).map(|one| plain(&one.feature)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    writeln!(out, "how much the held-out {} falls without a feature:", score_name(data.task))?;
    for (name, Importance { mean, deviation, .. }) in names.iter().zip(all) {
        writeln!(out, "  {name:width$}  {mean:>7.4} ± {deviation:.4}")?;
    }
    match all.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}
