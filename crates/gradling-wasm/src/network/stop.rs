//! When training ends by itself.

use super::metrics::Figures;
use serde::{Deserialize, Serialize};

/// Conditions, looked at after each epoch on the held-out rows, or on those learned from if none are held
/// out. 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stop {
    /// Ends when the loss is below this.
    pub loss: f64,
    /// Ends when the accuracy (of a regression R²) is above this, from 0 to 1.
    pub accuracy: f64,
    /// Ends after so many epochs.
    pub epochs: usize,
    /// Ends when the loss had no new lowest for so many epochs.
    pub patience: usize,
}

/// The lowest loss so far, and in which epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best {
    /// The loss.
    pub loss: f64,
    /// After so many epochs.
    pub epoch: usize,
}

impl Stop {
    /// Whether the figures have to be known.
    pub fn looks(&self) -> bool {
        self.loss > 0.0 || self.accuracy > 0.0 || self.patience > 0
    }

    /// Why training ends after so many epochs, if it does.
    pub fn reached(
        &self,
        epoch: usize,
        figures: Option<&Figures>,
        best: &mut Option<Best>,
    ) -> Option<String> {
        if let Some(figures) = figures {
            let score = figures.accuracy.or(figures.r2);
            if self.loss > 0.0 && figures.loss < self.loss {
                return Some(format!("the loss is below {}", self.loss));
            }
            if self.accuracy > 0.0 && score.is_some_and(|score| score >= self.accuracy) {
                let name = if figures.accuracy.is_some() { "accuracy" } else { "R²" };
                return Some(format!("the {name} has reached {}", self.accuracy));
            }
            if best.is_none_or(|best| figures.loss < best.loss) {
                *best = Some(Best { loss: figures.loss, epoch });
            }
            let since = best.map_or(0, |best| epoch - best.epoch);
            if self.patience > 0 && since >= self.patience {
                return Some(format!("the loss had no new lowest for {since} epochs"));
            }
        }
        (self.epochs > 0 && epoch >= self.epochs).then(|| format!("{epoch} epochs are done"))
    }
}
