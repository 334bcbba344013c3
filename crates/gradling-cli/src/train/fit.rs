//! The training loop: no printing, no files, only numbers.
//!
//! Each step takes the mean loss of a batch of rows, its gradient, and a step of AdamW with a rate that
//! falls to 0 along a cosine.

use super::data::{Data, Samples};
use super::diverged::Diverged;
use super::figures::Figures;
use super::settings::Settings;
use gradling::nn::{Activation, AdamW, Init, Mlp, Module, Optimizer, Schedule, loss};
use gradling::{Rng, Value, scope, sum};
use gradling_data::{Batches, Targets};
use gradling_model::Network;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// The streams of random numbers for the first weights and for the order of the rows; 1 and 2 are those of
/// splits and generated data.
const WEIGHTS: u64 = 3;
const ORDER: u64 = 4;
/// The most rows whose values are on the tape at once: a larger batch is added up in parts.
const ROWS_AT_ONCE: usize = 256;

/// A network that has learned.
pub(super) struct Fit {
    pub(super) network: Network,
    /// The figures after each whole epoch.
    pub(super) epochs: Vec<Epoch>,
    pub(super) end: End,
}

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Finished,
    Interrupted,
}

/// The figures after an epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Epoch {
    /// From 1.
    pub(super) number: usize,
    pub(super) training: Figures,
    /// `None` where no rows are held out.
    pub(super) held_out: Option<Figures>,
}

/// Trains a network with layers of these `sizes`, inputs first. It ends early when `interrupted` is
/// set, which is looked at before each step, or when `watch`, called after each epoch, says so.
pub(super) fn fit(
    data: &Data,
    sizes: &[usize],
    settings: &Settings,
    interrupted: &AtomicBool,
    watch: &mut dyn FnMut(&Epoch) -> ControlFlow<()>,
) -> Result<Fit, Diverged> {
    scope(|| {
        let mlp = start(sizes, settings);
        let parameters = mlp.parameters();
        let rows = data.train.rows();
        let schedule = Schedule::Cosine {
            from: settings.rate,
            to: 0.0,
            steps: settings.epochs * rows.div_ceil(settings.batch.get()),
        };
        let mut adam = AdamW::new(settings.rate).weight_decay(settings.weight_decay);
        let mut order = Rng::stream(settings.seed, ORDER);
        let mut batches = Batches::new(rows, settings.batch);
        let mut epochs = Vec::new();
        let mut step = 0;

        for number in 1..=settings.epochs {
            for batch in batches.epoch(&mut order) {
                if interrupted.load(Ordering::Relaxed) {
                    return Ok(Fit { network: Network::of(&mlp), epochs, end: End::Interrupted });
                }
                mlp.zero_grad();
                for rows in batch.chunks(ROWS_AT_ONCE) {
                    backward(&mlp, &data.train, rows, batch.len())
                        .map_err(|what| Diverged::new(number, what, settings))?;
                }
                adam.set_rate(schedule.rate(step));
                adam.step(&parameters);
                step += 1;
            }
            let network = Network::of(&mlp);
            let training = Figures::of(&network, &data.train)
                .filter(|figures| figures.loss.is_finite())
                .ok_or_else(|| Diverged::new(number, search(&mlp, &data.train), settings))?;
            let held_out = Figures::of(&network, &data.held_out);
            let epoch = Epoch { number, training, held_out };
            epochs.push(epoch);
            if watch(&epoch).is_break() {
                return Ok(Fit { network, epochs, end: End::Interrupted });
            }
        }
        Ok(Fit { network: Network::of(&mlp), epochs, end: End::Finished })
    })
}

/// The network before its first step.
fn start(sizes: &[usize], settings: &Settings) -> Mlp {
    let outputs = &sizes[1..];
    let layers: Vec<(usize, Activation)> = (1..)
        .zip(outputs)
        .map(|(number, &size)| {
            let last = number == outputs.len();
            (size, if last { Activation::Linear } else { settings.activation })
        })
        .collect();
    Mlp::with(sizes[0], &layers, Init::XavierUniform, &mut Rng::stream(settings.seed, WEIGHTS))
}

/// Adds to the gradients those of the share that `rows` have in the mean loss of `batch` rows; where
/// the loss is not finite, says what made it so.
fn backward(mlp: &Mlp, samples: &Samples, rows: &[usize], batch: usize) -> Result<(), String> {
    scope(|| {
        let losses: Vec<Value> = rows.iter().map(|&row| loss_of(mlp, samples, row)).collect();
        let loss = sum(&losses) * (1.0 / batch as f64);
        if !loss.data().is_finite() {
            return Err(super::diverged::what(mlp, loss));
        }
        loss.backward();
        Ok(())
    })
}

/// The loss of one row.
fn loss_of(mlp: &Mlp, samples: &Samples, row: usize) -> Value {
    let outputs = mlp.forward(samples.inputs.row(row));
    match &samples.targets {
        Targets::Numbers(truth) => loss::squared_error(outputs[0], truth[row]),
        Targets::Classes(truth) => match outputs[..] {
            [logit] => loss::binary_cross_entropy(logit, truth[row] as f64),
            ref logits => loss::cross_entropy(logits, truth[row]),
        },
    }
}

/// What made the loss of some row not finite.
fn search(mlp: &Mlp, samples: &Samples) -> String {
    let of_row = |row| {
        scope(|| {
            let loss = loss_of(mlp, samples, row);
            (!loss.data().is_finite()).then(|| super::diverged::what(mlp, loss))
        })
    };
    let found = (0..samples.rows()).find_map(of_row);
    found.unwrap_or_else(|| "the sum of the losses is infinite".to_owned())
}
