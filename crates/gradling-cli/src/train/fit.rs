//! The training loop: no printing, no files, only numbers.
//!
//! Each step takes the mean loss of a batch of rows, its gradient, and a step of AdamW with a rate that
//! falls to 0 along a cosine. What a row costs is recorded once, and run over batches as a program.

use super::data::{Data, Samples};
use super::diverged::{Diverged, what};
use super::figures::Figures;
use super::settings::Settings;
use gradling::nn::{Activation, AdamW, Init, Mlp, Module, Schedule, TrainError, Trainer, loss};
use gradling::{Options, Program, Rng, RunError, Step, Value, eager, scope};
use gradling_data::{Matrix, Targets, Task};
use gradling_model::Network;
use std::error::Error;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// The stream of random numbers for the first weights; others are those of splits, generated data and the
/// order of the rows.
const WEIGHTS: u64 = 3;

/// A network that has learned.
pub(super) struct Fit {
    pub(super) network: Network,
    /// The figures after each whole epoch.
    pub(super) epochs: Vec<Epoch>,
    /// The figures at the end; `None` of no rows.
    pub(super) training: Option<Figures>,
    pub(super) held_out: Option<Figures>,
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
/// set, which is looked at after each step, or when `watch`, called after each epoch, says so.
pub(super) fn fit(
    data: &Data,
    sizes: &[usize],
    settings: &Settings,
    options: Options,
    interrupted: &AtomicBool,
    watch: &mut dyn FnMut(&Epoch) -> ControlFlow<()>,
) -> Result<Fit, Box<dyn Error>> {
    scope(|| {
        let mlp = start(sizes, settings);
        let mut training = Training::new(&mlp, data, settings, options)?;
        let mut epochs = Vec::new();
        let mut end = End::Finished;
        for number in 1..=settings.epochs {
            if training.epoch(number, interrupted)?.is_break() {
                end = End::Interrupted;
                break;
            }
            let epoch = training.figures(number)?;
            epochs.push(epoch);
            if watch(&epoch).is_break() {
                end = End::Interrupted;
                break;
            }
        }
        training.trainer.store(&mlp.parameters())?;
        let (training, held_out) =
            (training.figures_of(&data.train)?, training.figures_of(&data.held_out)?);
        Ok(Fit { network: Network::of(&mlp), epochs, training, held_out, end })
    })
}

/// What an epoch is made of.
struct Training<'a> {
    mlp: &'a Mlp,
    data: &'a Data,
    settings: &'a Settings,
    /// In `f64`, as models are saved and diagnosed: `f32` would spare a quarter of a step's time.
    trainer: Trainer<f64, AdamW>,
    /// One number for each training row.
    targets: Vec<f64>,
}

impl<'a> Training<'a> {
    fn new(
        mlp: &'a Mlp,
        data: &'a Data,
        settings: &'a Settings,
        options: Options,
    ) -> Result<Self, Box<dyn Error>> {
        let (rows, parameters) = (data.train.rows(), mlp.parameters());
        let program =
            Program::record(&parameters, [mlp.inputs(), 1], |row| step(mlp, data.task, row))?;
        let adam = AdamW::new(settings.rate).weight_decay(settings.weight_decay);
        let schedule = Schedule::Cosine {
            from: settings.rate,
            to: 0.0,
            steps: settings.epochs * rows.div_ceil(settings.batch.get()),
        };
        let trainer = Trainer::new(program.compile_with(options), &parameters, adam)?
            .schedule(schedule)
            .batch(settings.batch.get())
            .seed(settings.seed);
        let targets = match &data.train.targets {
            Targets::Numbers(numbers) => numbers.clone(),
            Targets::Classes(classes) => classes.iter().map(|&class| class as f64).collect(),
        };
        Ok(Training { mlp, data, settings, trainer, targets })
    }

    fn epoch(
        &mut self,
        number: usize,
        interrupted: &AtomicBool,
    ) -> Result<ControlFlow<()>, Box<dyn Error>> {
        let watch = |_| match interrupted.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let arrays: [&[f64]; 2] = [&self.data.train.inputs.data, &self.targets];
        match self.trainer.epoch_while(&arrays, watch) {
            Ok(end) => Ok(end.map_continue(|_| ())),
            Err(TrainError::Diverged(end)) => {
                let rows = end.rows.iter().copied();
                Err(self.diverged(number, &end.parameters, rows).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The figures after an epoch, which must be finite for the rows that are learned from.
    fn figures(&mut self, number: usize) -> Result<Epoch, Box<dyn Error>> {
        let training = self.figures_of(&self.data.train)?;
        let Some(training) = training.filter(|figures| figures.loss.is_finite()) else {
            let rows = 0..self.data.train.rows();
            return Err(self.diverged(number, self.trainer.parameters(), rows).into());
        };
        Ok(Epoch { number, training, held_out: self.figures_of(&self.data.held_out)? })
    }

    fn figures_of(&mut self, samples: &Samples) -> Result<Option<Figures>, RunError> {
        let data = self.trainer.predict(&[&samples.inputs.data])?;
        let outputs = Matrix { rows: samples.rows(), cols: self.mlp.outputs(), data };
        Ok(Figures::of(&outputs, &samples.targets))
    }

    /// Says what is not finite with these parameters: runs the rows once more, eagerly, up to the first
    /// that tells.
    fn diverged(
        &self,
        epoch: usize,
        parameters: &[f64],
        mut rows: impl Iterator<Item = usize>,
    ) -> Diverged {
        for (value, &parameter) in self.mlp.parameters().iter().zip(parameters) {
            value.set_data(parameter);
        }
        let inputs = &self.data.train.inputs;
        let of_row = |row: usize| {
            scope(|| {
                let arrays = [inputs.row(row), &self.targets[row..=row]];
                let step = |row: [&[Value]; 2]| step(self.mlp, self.data.task, row);
                let (loss, _) = eager([inputs.cols, 1], arrays, step);
                Some(what(self.mlp, &loss.first_non_finite()?))
            })
        };
        let found = rows.find_map(of_row);
        let what = found.unwrap_or_else(|| "the loss is not finite".to_owned());
        Diverged::new(epoch, what, self.settings)
    }
}

/// The outputs of a row, and its loss. The target is the row's standard score, or the number of its class.
fn step(mlp: &Mlp, task: Task, [inputs, target]: [&[Value]; 2]) -> Step {
    let outputs = mlp.forward(inputs);
    let loss = match task {
        Task::Regression => loss::squared_error(outputs[0], target[0]),
        Task::Binary => loss::binary_cross_entropy(outputs[0], target[0]),
        Task::Classes(count) => {
            let one_hot: Vec<Value> = (0..count).map(|class| target[0].eq(class as f64)).collect();
            loss::soft_cross_entropy(&outputs, &one_hot)
        }
    };
    Step::mean(loss).with_outputs(&outputs)
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
