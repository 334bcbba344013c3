//! Training: from encoded rows to a network.
//!
//! Each step takes the mean loss of a batch of rows, its gradient, and a step of the optimiser with the
//! rate of the schedule. What a row costs is recorded once, and run over batches as a program.

use super::calibrate::{self, Temperature};
use super::data::{Data, Samples};
use super::diverged::{Diverged, what};
use super::figures::Figures;
use super::keeper::Keeper;
use super::optimiser::{optimiser, schedule};
use super::rows::Rows;
use super::settings::{Calibrate, Loss, Settings};
use super::start;
use super::weigh::weighed;
use crate::failure::Failure;
use gradling::nn::{Layer, Mlp, Module, Neuron, Optimizer, Progress, TrainError, Trainer, loss};
use gradling::{Number, Options, Program, RunError, Step, Value, eager, scope};
use gradling_data::{Matrix, Targets, Task};
use gradling_model::Network;
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// A training to be done.
pub(super) struct Job<'a> {
    pub(super) data: &'a Data,
    /// The sizes of the layers, inputs first.
    pub(super) sizes: &'a [usize],
    pub(super) settings: &'a Settings,
    pub(super) options: Options,
    /// Ends it early when it is set, which is looked at after each step.
    pub(super) interrupted: &'a AtomicBool,
}

/// A network that has learned.
pub(super) struct Fit {
    pub(super) network: Network,
    /// The figures after each whole epoch.
    pub(super) epochs: Vec<Epoch>,
    /// The epoch whose weights were kept, if they were chosen.
    pub(super) best: Option<usize>,
    pub(super) temperature: Option<Temperature>,
    /// The figures at the end; `None` of no rows.
    pub(super) training: Option<Figures>,
    pub(super) validation: Option<Figures>,
    pub(super) held_out: Option<Figures>,
    pub(super) end: End,
}

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Finished,
    /// The loss on the validation rows fell no further.
    Stopped,
    Interrupted,
}

impl End {
    pub(super) fn name(self) -> &'static str {
        match self {
            End::Finished => "finished",
            End::Stopped => "stopped",
            End::Interrupted => "interrupted",
        }
    }
}

/// The figures after an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Epoch {
    /// From 1.
    pub(super) number: usize,
    pub(super) training: Figures,
    /// `None` where there are no such rows.
    pub(super) validation: Option<Figures>,
    pub(super) held_out: Option<Figures>,
}

/// How far training came: all that is needed to go on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    pub(super) epochs: Vec<Epoch>,
    pub(super) best: Option<Best>,
    pub(super) progress: Progress,
}

/// The weights with the lowest loss on the validation rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Best {
    pub(super) epoch: usize,
    pub(super) loss: f64,
    pub(super) parameters: Vec<f64>,
}

impl State {
    /// Whether this was the last epoch.
    fn end(&self, settings: &Settings) -> Option<End> {
        let epochs = self.epochs.len();
        let patience = settings.patience.map_or(usize::MAX, |patience| patience.get());
        if epochs >= settings.epochs {
            return Some(End::Finished);
        }
        let waited = epochs.saturating_sub(self.best.as_ref().map_or(0, |best| best.epoch));
        (waited >= patience).then_some(End::Stopped)
    }
}

/// Why an epoch was ended early.
enum Pause {
    Interrupted,
    /// A checkpoint is due.
    Due,
}

/// Trains a network, from the beginning or `from` a checkpoint. `watch` is called after each epoch.
///
/// A table in memory is trained on in `f64`, as models are saved and diagnosed; `f32` would spare a quarter of a
/// step's time. One that is streamed has rows in `f32`.
pub(super) fn fit(
    job: &Job<'_>,
    from: Option<State>,
    keeper: Option<&mut Keeper<'_>>,
    watch: &mut dyn FnMut(&Epoch),
) -> Result<Fit, Failure> {
    match job.data.streamed {
        None => fit_in::<f64>(job, from, keeper, watch),
        Some(_) => fit_in::<f32>(job, from, keeper, watch),
    }
}

fn fit_in<T: Width>(
    job: &Job<'_>,
    from: Option<State>,
    mut keeper: Option<&mut Keeper<'_>>,
    watch: &mut dyn FnMut(&Epoch),
) -> Result<Fit, Failure> {
    scope(|| {
        let settings = job.settings;
        let mlp = start::network(job.sizes, settings);
        let mut training = Training::<T>::new(&mlp, job)?;
        let mut state = match from {
            Some(state) => {
                training.go_on(state.progress.clone())?;
                state
            }
            None => State { progress: training.progress(), ..State::default() },
        };
        if let Some(keeper) = &mut keeper {
            keeper.keep(&state)?;
        }
        let end = loop {
            if let Some(end) = state.end(settings) {
                break end;
            }
            if job.interrupted.load(Ordering::Relaxed) {
                break End::Interrupted;
            }
            let number = state.epochs.len() + 1;
            match training.epoch(number, keeper.as_deref())? {
                ControlFlow::Break(Pause::Interrupted) => break End::Interrupted,
                ControlFlow::Break(Pause::Due) => {
                    state.progress = training.progress();
                    if let Some(keeper) = &mut keeper {
                        keeper.keep(&state)?;
                    }
                    training.go_on(state.progress.clone())?;
                }
                ControlFlow::Continue(()) => {
                    let epoch = training.figures(number)?;
                    state.epochs.push(epoch);
                    training.choose(&mut state, &epoch);
                    watch(&epoch);
                    if let Some(keeper) = &mut keeper
                        && keeper.is_due_after(number)
                    {
                        state.progress = training.progress();
                        keeper.keep(&state)?;
                    }
                }
            }
        };
        state.progress = training.progress();
        if end != End::Interrupted {
            // No epoch needs it any more.
            state.progress.order.clear();
        }
        if let Some(keeper) = &mut keeper {
            keeper.keep(&state)?;
        }
        training.finish(state, end)
    })
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Run(error.to_string())
}

/// The numbers a network is trained in.
trait Width: Number {
    /// The same numbers.
    fn of(numbers: &[f64]) -> Cow<'_, [Self]>;

    fn wide(numbers: Vec<Self>) -> Vec<f64>;

    /// Streamed rows, if they are of this width.
    fn rows(numbers: &[f32]) -> &[Self];
}

impl Width for f64 {
    fn of(numbers: &[f64]) -> Cow<'_, [f64]> {
        Cow::Borrowed(numbers)
    }

    fn wide(numbers: Vec<f64>) -> Vec<f64> {
        numbers
    }

    fn rows(_: &[f32]) -> &[f64] {
        &[]
    }
}

impl Width for f32 {
    fn of(numbers: &[f64]) -> Cow<'_, [f32]> {
        Cow::Owned(numbers.iter().map(|&x| x as f32).collect())
    }

    fn wide(numbers: Vec<f32>) -> Vec<f64> {
        numbers.into_iter().map(f64::from).collect()
    }

    fn rows(numbers: &[f32]) -> &[f32] {
        numbers
    }
}

/// What an epoch is made of.
struct Training<'a, T: Number> {
    mlp: &'a Mlp,
    job: &'a Job<'a>,
    trainer: Trainer<T, Box<dyn Optimizer>>,
    /// One number for each training row in memory.
    targets: Vec<f64>,
    /// How many rows of the epoch were taken, where they are streamed.
    taken: usize,
}

impl<'a, T: Width> Training<'a, T> {
    fn new(mlp: &'a Mlp, job: &'a Job<'a>) -> Result<Self, Failure> {
        let Job { data, settings, .. } = *job;
        let parameters = mlp.parameters();
        let recorded = Program::record(&parameters, [mlp.inputs(), 1], |row| step(mlp, job, row));
        let program = recorded.map_err(failed)?;
        let [rows, ..] = data.rows();
        let steps = rows.div_ceil(settings.batch.get());
        let runner = program.compile_with(job.options);
        let trainer = Trainer::new(runner, &parameters, optimiser(settings)).map_err(failed)?;
        let trainer = trainer
            .schedule(schedule(settings, steps))
            .batch(settings.batch.get())
            .seed(settings.seed)
            .shuffle(settings.shuffle);
        let targets = match &data.train.targets {
            Targets::Numbers(numbers) => numbers.clone(),
            Targets::Classes(classes) => classes.iter().map(|&class| class as f64).collect(),
        };
        Ok(Training { mlp, job, trainer, targets, taken: 0 })
    }

    /// How far it came.
    fn progress(&self) -> Progress {
        let progress = self.trainer.progress();
        match self.job.data.streamed {
            Some(_) => Progress { rows: self.taken, ..progress },
            None => progress,
        }
    }

    /// Goes on from there.
    fn go_on(&mut self, progress: Progress) -> Result<(), Failure> {
        self.taken = progress.rows;
        self.trainer.go_on(progress).map_err(failed)
    }

    fn epoch(
        &mut self,
        number: usize,
        keeper: Option<&Keeper<'_>>,
    ) -> Result<ControlFlow<Pause>, Failure> {
        let watch = |_| match keeper {
            _ if self.job.interrupted.load(Ordering::Relaxed) => {
                ControlFlow::Break(Pause::Interrupted)
            }
            Some(keeper) if keeper.is_due() => ControlFlow::Break(Pause::Due),
            _ => ControlFlow::Continue(()),
        };
        if let Some(streamed) = &self.job.data.streamed {
            return self.stream(&streamed.train, number, watch);
        }
        let data = &self.job.data.train.inputs.data;
        match self.trainer.epoch_while(&[&T::of(data), &T::of(&self.targets)], watch) {
            Ok(end) => Ok(end.map_continue(|_| ())),
            Err(TrainError::Diverged(end)) => {
                let rows = end.rows.iter().map(|&row| self.row(row));
                Err(failed(self.diverged(number, &end.parameters, rows)))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// An epoch, or the rest of one, over rows in a file.
    fn stream(
        &mut self,
        rows: &Rows,
        number: usize,
        watch: impl Fn(f64) -> ControlFlow<Pause>,
    ) -> Result<ControlFlow<Pause>, Failure> {
        let Settings { seed, batch, shuffle, .. } = *self.job.settings;
        let order = shuffle.then(|| Rows::order(seed, number));
        let end = rows.epoch(order, batch.get(), self.taken, |inputs, targets| {
            let loss = match self.trainer.step(&[T::rows(inputs), T::rows(targets)]) {
                Ok(loss) => loss,
                Err(TrainError::Diverged(end)) => {
                    let wide = |numbers: &[f32]| numbers.iter().copied().map(f64::from).collect();
                    let rows = inputs.chunks(self.mlp.inputs()).zip(targets);
                    let rows = rows.map(|(inputs, &target)| (wide(inputs), f64::from(target)));
                    return Err(failed(self.diverged(number, &end.parameters, rows)));
                }
                Err(error) => return Err(failed(error)),
            };
            self.taken += targets.len();
            Ok(watch(loss))
        })?;
        if end.is_continue() {
            self.taken = 0;
        }
        Ok(end)
    }

    /// A training row in memory: its inputs and its target.
    fn row(&self, row: usize) -> (Vec<f64>, f64) {
        (self.job.data.train.inputs.row(row).to_vec(), self.targets[row])
    }

    /// The figures after an epoch, which must be finite for the rows that are learned from.
    fn figures(&mut self, number: usize) -> Result<Epoch, Failure> {
        let data = self.job.data;
        let training = self.figures_of(&data.train).map_err(failed)?;
        let Some(training) = training.filter(|figures| figures.loss.is_finite()) else {
            let rows = (0..data.train.rows()).map(|row| self.row(row));
            return Err(failed(self.diverged(number, self.trainer.parameters(), rows)));
        };
        Ok(Epoch {
            number,
            training,
            validation: self.figures_of(&data.validation).map_err(failed)?,
            held_out: self.figures_of(&data.held_out).map_err(failed)?,
        })
    }

    fn outputs(&mut self, samples: &Samples) -> Result<Matrix, RunError> {
        let data = self.trainer.predict(&[&T::of(&samples.inputs.data)])?;
        Ok(Matrix { rows: samples.rows(), cols: self.mlp.outputs(), data: T::wide(data) })
    }

    fn figures_of(&mut self, samples: &Samples) -> Result<Option<Figures>, RunError> {
        let outputs = self.outputs(samples)?;
        Ok(Figures::of(&outputs, &samples.targets, self.job.settings.loss))
    }

    /// Keeps the weights if they are the best so far, where they are to be chosen.
    fn choose(&self, state: &mut State, epoch: &Epoch) {
        let Some(figures) = epoch.validation.filter(|_| self.job.settings.patience.is_some())
        else {
            return;
        };
        let loss = figures.loss;
        // One that is not a number is no better.
        if state.best.as_ref().is_none_or(|best| loss < best.loss) && loss.is_finite() {
            let parameters = self.trainer.parameters().to_vec();
            state.best = Some(Best { epoch: epoch.number, loss, parameters });
        }
    }

    /// Takes the best weights, makes probabilities fit, and judges.
    fn finish(mut self, state: State, end: End) -> Result<Fit, Failure> {
        let (mlp, data) = (self.mlp, self.job.data);
        let values = mlp.parameters();
        self.trainer.store(&values).map_err(failed)?;
        if let Some(best) = &state.best {
            for (value, &parameter) in values.iter().zip(&best.parameters) {
                value.set_data(parameter);
            }
            self.trainer.load(&values).map_err(failed)?;
        }
        let mut temperature = None;
        if let (Calibrate::Temperature, Targets::Classes(truth)) =
            (self.job.settings.calibrate, &data.validation.targets)
        {
            let before = self.outputs(&data.held_out).map_err(failed)?;
            let found =
                calibrate::temperature(&self.outputs(&data.validation).map_err(failed)?, truth);
            for value in mlp.layers().last().into_iter().flat_map(Layer::neurons).flat_map(numbers)
            {
                value.set_data(value.data() / found);
            }
            self.trainer.load(&values).map_err(failed)?;
            temperature = Some(Temperature { temperature: found, before });
        }
        let mut figures = |samples: &Samples| self.figures_of(samples).map_err(failed);
        Ok(Fit {
            training: figures(&data.train)?,
            validation: figures(&data.validation)?,
            held_out: figures(&data.held_out)?,
            network: Network::of(mlp),
            best: state.best.map(|best| best.epoch),
            epochs: state.epochs,
            temperature,
            end,
        })
    }

    /// Says what is not finite with these parameters: runs the rows once more, eagerly, up to the first
    /// that tells.
    fn diverged(
        &self,
        epoch: usize,
        parameters: &[f64],
        mut rows: impl Iterator<Item = (Vec<f64>, f64)>,
    ) -> Diverged {
        for (value, &parameter) in self.mlp.parameters().iter().zip(parameters) {
            value.set_data(parameter);
        }
        let of_row = |(inputs, target): (Vec<f64>, f64)| {
            scope(|| {
                let arrays = [&inputs[..], &[target]];
                let step = |row: [&[Value]; 2]| step(self.mlp, self.job, row);
                let (loss, _) = eager([inputs.len(), 1], arrays, step);
                Some(what(self.mlp, &loss.first_non_finite()?))
            })
        };
        let found = rows.find_map(of_row);
        let what = found.unwrap_or_else(|| "the loss is not finite".to_owned());
        Diverged::new(epoch, what, self.job.settings)
    }
}

/// The weights and the bias of a neuron.
fn numbers(neuron: &Neuron) -> Vec<Value> {
    neuron.weights().into_iter().chain([neuron.bias()]).collect()
}

/// The outputs of a row, its loss, and the penalties. The target is the row's standard score, or the number
/// of its class.
fn step(mlp: &Mlp, job: &Job<'_>, [inputs, target]: [&[Value]; 2]) -> Step {
    let outputs = mlp.forward(inputs);
    let loss = match (job.data.task, job.settings.loss) {
        (Task::Regression, _) => loss::squared_error(outputs[0], target[0]),
        (Task::Binary, Loss::Hinge) => loss::hinge(outputs[0], 2.0 * target[0] - 1.0),
        (Task::Binary, _) => loss::binary_cross_entropy(outputs[0], target[0]),
        (Task::Classes(count), _) => {
            let one_hot: Vec<Value> = (0..count).map(|class| target[0].eq(class as f64)).collect();
            loss::soft_cross_entropy(&outputs, &one_hot)
        }
    };
    let loss = weighed(loss, target[0], job.data.class_weights.as_deref());
    let mut step = Step::mean(loss).with_outputs(&outputs);
    let Settings { l1, l2, .. } = *job.settings;
    let weights = || mlp.layers().iter().flat_map(Layer::neurons).flat_map(Neuron::weights);
    if l1 > 0.0 {
        let sizes: Vec<Value> = weights().map(|weight| weight.abs()).collect();
        step = step.plus(l1 * gradling::sum(&sizes));
    }
    if l2 > 0.0 {
        let squares: Vec<Value> = weights().map(|weight| weight * weight).collect();
        step = step.plus(l2 * gradling::sum(&squares));
    }
    step
}
