//! A training run as it stands, in a file: enough to go on and end with the same bits.
//!
//! It is a safetensors file. Whatever must come back bit for bit is a tensor; the rest is one JSON text in the
//! metadata: the settings, of which each must be the same again, and a hash of the rows.

use super::data::{Data, Samples};
use super::figures::Figures;
use super::fit::{Best, Epoch, State};
use crate::failure::Failure;
use gradling::nn::{Memory, Progress};
use gradling_data::Targets;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, HashMap};
use xxhash_rust::xxh3::Xxh3Default;

const FORMAT: u64 = 1;
const KEY: &str = "gradling-checkpoint";
/// Numbers for each epoch in the history.
const FIGURES: usize = 6;

/// A run as it stands.
pub(super) struct Checkpoint {
    /// The settings in effect, each as JSON, so that numbers are compared to the last digit.
    pub(super) settings: BTreeMap<String, String>,
    /// A hash of the encoded rows.
    pub(super) rows: String,
    pub(super) state: State,
}

/// What is not a tensor.
#[derive(Serialize, Deserialize)]
struct Description {
    format: u64,
    version: String,
    settings: BTreeMap<String, String>,
    rows: String,
    steps: usize,
    optimizer_steps: u32,
    averages: usize,
    /// Rows of the epoch under way.
    taken: usize,
    /// Of 128 bits, which JSON has not.
    position: String,
    best_epoch: Option<usize>,
}

/// Settings as they are compared.
pub(super) fn texts(settings: &Map<String, Json>) -> BTreeMap<String, String> {
    settings.iter().map(|(key, value)| (key.clone(), value.to_string())).collect()
}

/// A hash of all encoded rows: it tells another table, and another way to read one.
pub(super) fn hash(data: &Data) -> String {
    let mut hash = Xxh3Default::new();
    for Samples { inputs, targets } in [&data.train, &data.validation, &data.held_out] {
        hash.update(&(inputs.rows as u64).to_le_bytes());
        hash.update(&(inputs.cols as u64).to_le_bytes());
        inputs.data.iter().for_each(|x| hash.update(&x.to_le_bytes()));
        match targets {
            Targets::Numbers(numbers) => numbers.iter().for_each(|x| hash.update(&x.to_le_bytes())),
            Targets::Classes(classes) => {
                classes.iter().for_each(|&class| hash.update(&(class as u64).to_le_bytes()));
            }
        }
    }
    if let Some(streamed) = &data.streamed {
        hash.update(&streamed.train.hash().to_le_bytes());
    }
    // Names and scales: the same scores can come from other numbers.
    hash.update(format!("{:?}", data.encoder).as_bytes());
    format!("{:032x}", hash.digest128())
}

impl Checkpoint {
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, Failure> {
        let State { epochs, best, progress } = &self.state;
        let description = Description {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            settings: self.settings.clone(),
            rows: self.rows.clone(),
            steps: progress.steps,
            optimizer_steps: progress.optimizer.steps,
            averages: progress.optimizer.averages.len(),
            taken: progress.rows,
            position: progress.position.to_string(),
            best_epoch: best.as_ref().map(|best| best.epoch),
        };
        let mut tensors: Vec<(String, Dtype, usize, Vec<u8>)> = Vec::new();
        let mut floats = |name: String, numbers: &[f64]| {
            let bytes = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
            tensors.push((name, Dtype::F64, numbers.len(), bytes));
        };
        floats("parameters".to_owned(), &progress.parameters);
        for (number, average) in progress.optimizer.averages.iter().enumerate() {
            floats(format!("average.{number}"), average);
        }
        floats("total".to_owned(), &[progress.total]);
        let history: Vec<f64> = epochs.iter().flat_map(numbers).collect();
        floats("history".to_owned(), &history);
        if let Some(best) = best {
            floats("best.parameters".to_owned(), &best.parameters);
            floats("best.loss".to_owned(), &[best.loss]);
        }
        let order = progress.order.iter().flat_map(|&row| (row as u64).to_le_bytes()).collect();
        tensors.push(("order".to_owned(), Dtype::U64, progress.order.len(), order));

        let failed = |error: &dyn std::fmt::Display| {
            Failure::Run(format!("a checkpoint cannot be made: {error}"))
        };
        let views: Result<Vec<_>, _> = tensors
            .iter()
            .map(|(name, kind, len, bytes)| Ok((name, TensorView::new(*kind, vec![*len], bytes)?)))
            .collect();
        let views = views.map_err(|error: safetensors::SafeTensorError| failed(&error))?;
        let text = serde_json::to_string(&description).map_err(|error| failed(&error))?;
        serialize(views, Some(HashMap::from([(KEY.to_owned(), text)]))).map_err(|e| failed(&e))
    }

    /// Reads a checkpoint; says what is wrong with it if it is none.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let damaged =
            |error: &dyn std::fmt::Display| format!("is no checkpoint, or a damaged one ({error})");
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| damaged(&error))?;
        let text = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
        let text = text.ok_or_else(|| damaged(&"it does not say that it is one"))?;
        let said: Description = serde_json::from_str(text).map_err(|error| damaged(&error))?;
        if said.format != FORMAT {
            return Err(format!(
                "is a checkpoint of format {}, and this version reads {FORMAT}",
                said.format
            ));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| damaged(&error))?;
        let words = |name: &str, kind: Dtype| -> Result<Vec<[u8; 8]>, String> {
            let tensor = tensors.tensor(name).map_err(|error| damaged(&error))?;
            if tensor.dtype() != kind {
                return Err(damaged(&format!("{name} is of another type")));
            }
            Ok(tensor.data().as_chunks::<8>().0.to_vec())
        };
        let floats = |name: &str| -> Result<Vec<f64>, String> {
            Ok(words(name, Dtype::F64)?.into_iter().map(f64::from_le_bytes).collect())
        };
        let one = |name: &str| floats(name)?.first().copied().ok_or_else(|| damaged(&name));
        let order = words("order", Dtype::U64)?.into_iter().map(u64::from_le_bytes);
        let averages: Result<Vec<_>, _> =
            (0..said.averages.min(8)).map(|number| floats(&format!("average.{number}"))).collect();
        let best = match said.best_epoch {
            Some(epoch) => Some(Best {
                epoch,
                loss: one("best.loss")?,
                parameters: floats("best.parameters")?,
            }),
            None => None,
        };
        let parameters = floats("parameters")?;
        if best.as_ref().is_some_and(|best| best.parameters.len() != parameters.len()) {
            return Err(damaged(&"the best weights are others"));
        }
        let history = floats("history")?;
        let epochs =
            (1..).zip(history.as_chunks::<FIGURES>().0).map(|(n, numbers)| epoch(n, numbers));
        Ok(Checkpoint {
            settings: said.settings,
            rows: said.rows,
            state: State {
                epochs: epochs.collect(),
                best,
                progress: Progress {
                    parameters,
                    optimizer: Memory { steps: said.optimizer_steps, averages: averages? },
                    steps: said.steps,
                    order: order.map(|row| row as usize).collect(),
                    rows: said.taken,
                    total: one("total")?,
                    position: said.position.parse().map_err(|error| damaged(&error))?,
                },
            },
        })
    }

    /// Refuses settings and rows that are not those of the checkpoint, by name.
    pub(super) fn refuse_other(
        &self,
        settings: &BTreeMap<String, String>,
        rows: Option<(&str, &str)>,
        folder: &str,
    ) -> Result<(), Failure> {
        let keys = self.settings.keys().chain(settings.keys());
        let value = |of: &BTreeMap<String, String>, key: &String| {
            of.get(key).map_or("not given".to_owned(), |value| value.trim_matches('"').to_owned())
        };
        for key in keys {
            let (then, now) = (value(&self.settings, key), value(settings, key));
            if then != now {
                return Err(Failure::Input(format!(
                    "--{key} is {now}, and {then} in the checkpoint of {folder}; leave it out to go on, or begin \
                     anew with --out"
                )));
            }
        }
        match rows {
            Some((file, hash)) if hash != self.rows => Err(Failure::Input(format!(
                "{file}: the rows are not those that the checkpoint of {folder} was made with; give the same \
                 table to go on, or begin anew with --out"
            ))),
            _ => Ok(()),
        }
    }
}

/// The figures of an epoch; those that it has not are no numbers.
fn numbers(epoch: &Epoch) -> [f64; FIGURES] {
    let pair = |figures: Option<Figures>| figures.map_or([f64::NAN; 2], |f| [f.loss, f.score]);
    let Epoch { training, validation, held_out, .. } = *epoch;
    let [a, b, c] = [pair(Some(training)), pair(validation), pair(held_out)];
    [a[0], a[1], b[0], b[1], c[0], c[1]]
}

fn epoch(number: usize, numbers: &[f64; FIGURES]) -> Epoch {
    // A score is a number whenever there are rows.
    let pair = |loss: f64, score: f64| (!score.is_nan()).then_some(Figures { loss, score });
    let &[a, b, c, d, e, f] = numbers;
    Epoch {
        number,
        training: Figures { loss: a, score: b },
        validation: pair(c, d),
        held_out: pair(e, f),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let figures = |x: f64| Figures { loss: x / 3.0, score: x };
        let epoch = |number: usize| Epoch {
            number,
            training: figures(0.1 * number as f64),
            validation: (number > 1).then(|| figures(0.7)),
            held_out: Some(figures(f64::MIN_POSITIVE)),
        };
        Checkpoint {
            settings: BTreeMap::from([("rate".to_owned(), "0.01".to_owned())]),
            rows: "abc".to_owned(),
            state: State {
                epochs: (1..4).map(epoch).collect(),
                best: Some(Best { epoch: 2, loss: 0.1 + 0.2, parameters: vec![-0.0, 1e-310] }),
                progress: Progress {
                    parameters: vec![1.0 / 3.0, -2.5],
                    optimizer: Memory { steps: 9, averages: vec![vec![0.1, 0.2], vec![0.3, 0.4]] },
                    steps: 9,
                    order: vec![2, 0, 1],
                    rows: 2,
                    total: 0.1 + 0.7,
                    position: u128::from(u64::MAX) + 7,
                },
            },
        }
    }

    #[test]
    fn a_checkpoint_comes_back_as_it_was() {
        let there = checkpoint();
        let bytes = there.to_bytes().unwrap();
        let back = Checkpoint::from_bytes(&bytes).unwrap();
        assert_eq!(
            (&back.state, &back.rows, &back.settings),
            (&there.state, &there.rows, &there.settings)
        );
        assert_eq!(back.to_bytes().unwrap(), bytes);
    }

    #[test]
    fn a_checkpoint_cut_short_or_with_another_byte_never_panics() {
        let bytes = checkpoint().to_bytes().unwrap();
        for end in 0..bytes.len() {
            assert!(Checkpoint::from_bytes(&bytes[..end]).is_err(), "{end}");
        }
        for place in 0..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[place] ^= 0x55;
            let _ = Checkpoint::from_bytes(&wrong);
        }
    }
}
