//! What a model is worth on rows that it did not learn from.

use super::calibrate::Temperature;
use super::data::Samples;
use super::text::{plain, thousands};
use gradling::Real;
use gradling_data::metrics::{self, Bin, Confusion};
use gradling_data::{DataError, Matrix, Targets};
use gradling_model::{Model, Predictions};
use serde_json::{Value as Json, json};
use std::io::{self, Write};

/// Probabilities are put into so many bins to be compared with shares.
const BINS: usize = 10;
/// A table of more classes is not shown.
const MOST_SHOWN: usize = 12;

/// The measures of a model.
pub(super) enum Judgement {
    /// In the unit of the target.
    Quantity {
        r2: f64,
        rmse: f64,
        mae: f64,
    },
    Classes(Box<Classes>),
}

/// The measures of a classifier.
pub(super) struct Classes {
    pub(super) labels: Vec<String>,
    pub(super) accuracy: f64,
    pub(super) f1: f64,
    /// Of each class against the others, the mean for more than two; `None` where a class has no rows.
    pub(super) auc: Option<f64>,
    pub(super) trust: Trust,
    /// Before probabilities were made to fit.
    pub(super) before: Option<Trust>,
    /// For each true class how often each was predicted.
    pub(super) confusion: Vec<Vec<usize>>,
}

/// How far probabilities can be trusted.
pub(super) struct Trust {
    pub(super) log_loss: f64,
    pub(super) brier: f64,
    /// The expected calibration error.
    pub(super) error: f64,
    pub(super) bins: Vec<Bin>,
}

impl Trust {
    fn of(probabilities: &Matrix, truth: &[usize]) -> Result<Self, DataError> {
        let bins = metrics::reliability(probabilities, truth, BINS)?;
        Ok(Trust {
            log_loss: metrics::log_loss(probabilities, truth)?,
            brier: metrics::brier(probabilities, truth)?,
            error: metrics::calibration_error(&bins),
            bins,
        })
    }

    fn json(&self) -> Json {
        let bin = |bin: &Bin| json!({ "rows": bin.rows, "confidence": bin.confidence, "accuracy": bin.accuracy });
        json!({
            "log_loss": self.log_loss,
            "brier": self.brier,
            "calibration_error": self.error,
            "reliability": self.bins.iter().map(bin).collect::<Vec<_>>(),
        })
    }
}

impl Judgement {
    /// The measures of a model on these rows; `None` of no rows.
    pub(super) fn of(
        model: &Model,
        samples: &Samples,
        temperature: Option<&Temperature>,
    ) -> Result<Option<Self>, DataError> {
        if samples.rows() == 0 {
            return Ok(None);
        }
        let predictions = model.predictor().predict(&samples.inputs);
        Ok(match (predictions, &samples.targets) {
            (Predictions::Quantities(predicted), Targets::Numbers(scores)) => {
                let quantity = |&score: &f64| model.encoder().quantity(score).unwrap_or(score);
                let truth: Vec<f64> = scores.iter().map(quantity).collect();
                Some(Judgement::Quantity {
                    r2: metrics::r2(&predicted, &truth)?,
                    rmse: metrics::rmse(&predicted, &truth)?,
                    mae: metrics::mae(&predicted, &truth)?,
                })
            }
            (predictions, Targets::Classes(truth)) => {
                let predicted = predictions.most_probable().unwrap_or_default();
                let Predictions::Classes(probabilities) = predictions else { return Ok(None) };
                let before = temperature
                    .map(|temperature| Trust::of(&probabilities_of(&temperature.before), truth));
                let confusion = Confusion::new(&predicted, truth, probabilities.cols)?;
                Some(Judgement::Classes(Box::new(Classes {
                    labels: (0..).map_while(|class| model.encoder().label(class)).collect(),
                    accuracy: metrics::accuracy(&predicted, truth)?,
                    f1: confusion.f1_macro(),
                    auc: auc(&probabilities, truth)?,
                    trust: Trust::of(&probabilities, truth)?,
                    before: before.transpose()?,
                    confusion: confusion.rows().map(<[usize]>::to_vec).collect(),
                })))
            }
            _ => None,
        })
    }

    pub(super) fn json(&self) -> Json {
        match self {
            Judgement::Quantity { r2, rmse, mae } => json!({ "r2": r2, "rmse": rmse, "mae": mae }),
            Judgement::Classes(classes) => json!({
                "accuracy": classes.accuracy,
                "f1_macro": classes.f1,
                "roc_auc": classes.auc,
                "confusion": { "labels": classes.labels, "rows": classes.confusion },
                "probabilities": classes.trust.json(),
                "before_calibration": classes.before.as_ref().map(Trust::json),
            }),
        }
    }

    /// In words, for the terminal.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let classes = match self {
            // The result says it all.
            Judgement::Quantity { mae, .. } => {
                let mae = crate::number::short(format!("{mae:.2e}").parse().unwrap_or(*mae));
                return writeln!(out, "held out: mean absolute error {mae}");
            }
            Judgement::Classes(classes) => classes,
        };
        let Classes { f1, auc, trust, before, confusion, .. } = &**classes;
        let auc = auc.map_or(String::new(), |auc| format!(", ROC AUC {auc:.3}"));
        writeln!(out, "held out: F1 {f1:.3} (mean over classes){auc}")?;
        let line = |out: &mut dyn Write, what: &str, trust: &Trust| {
            writeln!(
                out,
                "{what}: log loss {:.3}, Brier score {:.3}, calibration error {:.3}",
                trust.log_loss, trust.brier, trust.error
            )
        };
        if let Some(before) = before {
            line(out, "probabilities before they were made to fit", before)?;
        }
        line(out, "probabilities", trust)?;
        if confusion.len() > MOST_SHOWN {
            return Ok(());
        }
        let labels: Vec<String> = classes.labels.iter().map(|label| plain(label)).collect();
        let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).max(5);
        write!(out, "\n{:>width$}   predicted\n{:>width$}", "", "true")?;
        for label in &labels {
            write!(out, "  {label:>width$}")?;
        }
        writeln!(out)?;
        for (label, row) in labels.iter().zip(confusion) {
            write!(out, "{label:>width$}")?;
            for &count in row {
                write!(out, "  {:>width$}", thousands(count))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

/// The area of each class against the others, the mean over the classes for more than two.
fn auc(probabilities: &Matrix, truth: &[usize]) -> Result<Option<f64>, DataError> {
    let of = |class: usize| {
        let scores: Vec<f64> =
            (0..probabilities.rows).map(|row| probabilities.row(row)[class]).collect();
        let is_class: Vec<bool> = truth.iter().map(|&t| t == class).collect();
        metrics::roc_auc(&scores, &is_class)
    };
    if probabilities.cols == 2 {
        return of(1);
    }
    let all = (0..probabilities.cols).map(of).collect::<Result<Option<Vec<f64>>, _>>()?;
    Ok(all.map(|all| all.iter().sum::<f64>() / all.len().max(1) as f64))
}

/// The probabilities that logits mean, as the model has them.
fn probabilities_of(logits: &Matrix) -> Matrix {
    let mut data = Vec::new();
    for row in 0..logits.rows {
        match logits.row(row) {
            &[z] => data.extend([Real::sigmoid(-z), Real::sigmoid(z)]),
            logits => {
                let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let all: Vec<f64> = logits.iter().map(|z| Real::exp(z - top)).collect();
                let whole: f64 = all.iter().sum();
                data.extend(all.iter().map(|p| p / whole));
            }
        }
    }
    let cols = if logits.cols == 1 { 2 } else { logits.cols };
    Matrix { rows: logits.rows, cols, data }
}
