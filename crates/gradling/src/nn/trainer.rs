//! Training a recorded program: batches, optimiser and schedule put together.
//!
//! The parameters are held in `f64` whatever the program computes in, so that steps too small for an
//! `f32` still add up.

mod progress;

pub use progress::{Progress, WrongProgress};

use super::{Optimizer, Schedule};
use crate::program::{Level, Wanted, begin, narrow};
use crate::{Number, Reduction, Rng, RunError, Runner, Value};
use std::fmt;
use std::ops::ControlFlow;

/// The stream of a seed that the order of the rows is drawn from, so that the same seed can serve the
/// first weights ([`Rng::new`]) and more.
const ORDER: u64 = 4;

/// Trains the parameters of a program that was recorded with a loss.
///
/// Step t, counted from 0, takes the loss L of a batch of rows and its gradient, sets the optimiser's
/// rate to that of the schedule for t, if there is one, and lets the optimiser update the parameters.
///
/// ```
/// use gradling::nn::{Activation::*, Adam, Init, Mlp, Module, Schedule, Trainer, loss};
/// use gradling::{Program, Rng, Step};
///
/// // Is a point inside the circle x² + y² = ½?
/// let mut rng = Rng::new(0);
/// let x: Vec<f64> = (0..400).map(|_| rng.between(-1.0, 1.0)).collect();
/// let inside = |p: &[f64]| f64::from(p[0] * p[0] + p[1] * p[1] < 0.5);
/// let y: Vec<f64> = x.chunks(2).map(inside).collect();
///
/// let mlp = Mlp::with(2, &[(16, Tanh), (1, Linear)], Init::XavierUniform, &mut rng);
/// let program = Program::record(&mlp.parameters(), [2, 1], |[x, y]| {
///     let logit = mlp.forward(x)[0];
///     Step::mean(loss::binary_cross_entropy(logit, y[0])).with_outputs(&[logit])
/// })?;
///
/// let mut trainer = Trainer::new(program.compile::<f64>(), &mlp.parameters(), Adam::new(0.05))?
///     .schedule(Schedule::Cosine { from: 0.05, to: 0.0, steps: 100 * 7 })
///     .batch(32) // 200 rows: 7 steps an epoch, the last of 8 rows
///     .seed(7);
/// let first = trainer.loss(&[&x, &y])?;
/// for _ in 0..100 {
///     trainer.epoch(&[&x, &y])?;
/// }
/// assert!(trainer.loss(&[&x, &y])? < 0.2 * first);
///
/// let logits = trainer.predict(&[&[0.1, 0.2, 0.9, -0.9]])?;
/// assert!(logits[0] > 0.0 && logits[1] < 0.0); // inside, outside
///
/// trainer.store(&mlp.parameters())?; // to go on with values
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The first step allocates, and one with more rows than any before; later ones do not.
#[derive(Clone, Debug)]
pub struct Trainer<T: Number, O> {
    runner: Runner<T>,
    optimizer: O,
    schedule: Option<Schedule>,
    batch: usize,
    shuffle: bool,
    rng: Rng,
    order: Vec<usize>,
    /// How far the epoch came that `watch` ended early, and where the next one is to begin.
    stopped: Place,
    next: Place,
    steps: usize,
    parameters: Vec<f64>,
    /// Those of the last step whose loss was finite.
    before: Vec<f64>,
    gradient: Vec<f64>,
    /// Parameters and gradient as the program has them.
    numbers: Vec<T>,
    slopes: Vec<T>,
    gathered: Gathered<T>,
}

/// A place within an epoch.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// How many rows were taken.
    rows: usize,
    /// What their losses add up to.
    total: f64,
}

impl<T: Number, O: Optimizer> Trainer<T, O> {
    /// A trainer that begins with the numbers that these values hold: the parameters that the program was
    /// recorded with, in the same order. It takes full batches, at the optimiser's own rate.
    ///
    /// # Errors
    /// If there are not as many as the program has.
    #[track_caller]
    pub fn new(runner: Runner<T>, parameters: &[Value], optimizer: O) -> Result<Self, TrainError> {
        let mut numbers = Vec::with_capacity(parameters.len());
        for parameter in parameters {
            numbers.push(parameter.data());
        }
        Trainer::from_numbers(runner, numbers, optimizer)
    }

    /// A trainer that begins with these numbers for the parameters.
    ///
    /// # Errors
    /// If there are not as many as the program has.
    pub fn from_numbers(
        runner: Runner<T>,
        parameters: Vec<f64>,
        optimizer: O,
    ) -> Result<Self, TrainError> {
        let (expected, found) = (runner.program().parameters(), parameters.len());
        if found != expected {
            return Err(RunError::Parameters { expected, found }.into());
        }
        Ok(Trainer {
            optimizer,
            schedule: None,
            batch: usize::MAX,
            shuffle: true,
            rng: Rng::stream(0, ORDER),
            order: Vec::new(),
            stopped: Place::default(),
            next: Place::default(),
            steps: 0,
            before: parameters.clone(),
            gradient: vec![0.0; expected],
            numbers: parameters.iter().map(|&p| T::from_f64(p)).collect(),
            slopes: vec![T::ZERO; expected],
            gathered: Gathered::default(),
            parameters,
            runner,
        })
    }

    /// The same with the rate of each step by this schedule.
    #[must_use]
    pub fn schedule(self, schedule: Schedule) -> Self {
        Trainer { schedule: Some(schedule), ..self }
    }

    /// The same with so many rows, at least one, for each step of an [`epoch`](Trainer::epoch).
    #[must_use]
    pub fn batch(self, rows: usize) -> Self {
        Trainer { batch: rows.max(1), ..self }
    }

    /// The same with this seed for the order of the rows; it is 0 else.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Trainer { rng: Rng::stream(seed, ORDER), ..self }
    }

    /// The same with the rows in a new order for each epoch, as it begins, or always in that in which they are
    /// given: then batches are blocks of neighbours.
    #[must_use]
    pub fn shuffle(self, shuffle: bool) -> Self {
        Trainer { shuffle, ..self }
    }

    /// Goes through all rows once, batch by batch, and gives the loss over them, each row as it was met:
    /// the mean of the rows' losses for a program that ends with [`Step::mean`](crate::Step::mean), the
    /// sum of the steps' losses for [`Step::sum`](crate::Step::sum).
    ///
    /// The rows are [shuffled](Trainer::shuffle) first, and the last batch holds what is left; one batch of all
    /// rows is taken as it is.
    ///
    /// # Errors
    /// If there are no rows, something has not the length it should have, or a loss is not finite.
    pub fn epoch(&mut self, arrays: &[&[T]]) -> Result<f64, TrainError> {
        let all = |_: f64| ControlFlow::<std::convert::Infallible>::Continue(());
        self.epoch_while(arrays, all).map(|ControlFlow::Continue(loss)| loss)
    }

    /// An [`epoch`](Trainer::epoch) that `watch`, given the loss of each step after it, may end early: for
    /// a progress bar, or to stop when asked to.
    ///
    /// # Errors
    /// As those of an epoch.
    pub fn epoch_while<B>(
        &mut self,
        arrays: &[&[T]],
        mut watch: impl FnMut(f64) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B, f64>, TrainError> {
        let rows = self.rows(arrays)?;
        let from = std::mem::take(&mut self.next);
        self.stopped = Place::default();
        if self.batch >= rows {
            let loss = if rows > 0 && from.rows == rows { from.total } else { self.step(arrays)? };
            self.stopped = Place { rows, total: loss };
            return Ok(self.ended(watch(loss).map_continue(|()| loss)));
        }
        let goes_on = from.rows > 0 && self.order.len() == rows;
        let from = if goes_on { from } else { Place::default() };
        if !goes_on {
            if !self.shuffle || self.order.len() != rows {
                self.order.clear();
                self.order.extend(0..rows);
            }
            if self.shuffle {
                self.rng.shuffle(&mut self.order);
            }
        }
        // Out of the way while steps change the rest.
        let order = std::mem::take(&mut self.order);
        let mut gathered = std::mem::take(&mut self.gathered);
        let end = self.batches(arrays, &order, from, &mut gathered, watch);
        (self.order, self.gathered) = (order, gathered);
        end.map(|end| self.ended(end))
    }

    /// A whole epoch leaves no place within one.
    fn ended<B>(&mut self, end: ControlFlow<B, f64>) -> ControlFlow<B, f64> {
        if end.is_continue() {
            self.stopped = Place::default();
        }
        end
    }

    fn batches<B>(
        &mut self,
        arrays: &[&[T]],
        order: &[usize],
        from: Place,
        gathered: &mut Gathered<T>,
        mut watch: impl FnMut(f64) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B, f64>, TrainError> {
        let mean = self.runner.program().reduction() == Some(Reduction::Mean);
        let Place { rows: mut taken, mut total } = from;
        for rows in order[taken..].chunks(self.batch) {
            gathered.take(arrays, self.runner.program().inputs(), rows);
            let loss = gathered
                .lend(|arrays| self.advance(arrays))
                .map_err(|error| error.of_rows(rows.iter().copied()))?;
            total += loss * if mean { rows.len() as f64 } else { 1.0 };
            taken += rows.len();
            if let ControlFlow::Break(end) = watch(loss) {
                self.stopped = Place { rows: taken, total };
                return Ok(ControlFlow::Break(end));
            }
        }
        Ok(ControlFlow::Continue(if mean { total / order.len() as f64 } else { total }))
    }

    /// One step on all rows of these arrays, and the loss before it.
    ///
    /// # Errors
    /// If there are no rows, something has not the length it should have, or the loss is not finite.
    pub fn step(&mut self, arrays: &[&[T]]) -> Result<f64, TrainError> {
        let rows = self.rows(arrays)?;
        self.advance(arrays).map_err(|error| error.of_rows(0..rows))
    }

    /// How many rows there are to learn from. A program of no inputs has none and needs none.
    fn rows(&self, arrays: &[&[T]]) -> Result<usize, TrainError> {
        let program = self.runner.program();
        let rows = program.check(Wanted::Gradient, self.parameters.len(), arrays)?;
        if rows == 0 && !arrays.is_empty() { Err(TrainError::NoRows) } else { Ok(rows) }
    }

    fn advance(&mut self, arrays: &[&[T]]) -> Result<f64, TrainError> {
        let step = self.steps;
        let loss = self.runner.value_and_grad(&self.numbers, arrays, &mut self.slopes)?.to_f64();
        if !loss.is_finite() {
            return Err(self.back(step, loss));
        }
        let (now, before) = (&self.parameters, &mut self.before);
        begin(Level::detect(), now, before, &self.slopes, &mut self.gradient);
        if let Some(schedule) = self.schedule {
            self.optimizer.set_rate(schedule.rate(step));
        }
        self.optimizer.update(&mut self.parameters, &self.gradient);
        self.steps += 1;
        if self.convert() { Ok(loss) } else { Err(self.back(step, loss)) }
    }

    /// Gives the program the parameters of now, and tells whether all are finite.
    fn convert(&mut self) -> bool {
        narrow(Level::detect(), &self.parameters, &mut self.numbers)
    }

    /// Takes back the parameters of the last finite loss.
    fn back(&mut self, step: usize, loss: f64) -> TrainError {
        let parameters = std::mem::replace(&mut self.parameters, self.before.clone());
        self.convert();
        TrainError::Diverged(Box::new(Diverged { step, loss, rows: Vec::new(), parameters }))
    }

    /// The outputs of every row with the parameters of now: those of the first, then those of the second.
    /// Arrays that the outputs do not depend on, as targets, may be left out at the end.
    ///
    /// # Errors
    /// If something has not the length it should have.
    pub fn predict(&mut self, arrays: &[&[T]]) -> Result<Vec<T>, RunError> {
        let program = self.runner.program();
        let rows = program.check(Wanted::Outputs, self.numbers.len(), arrays)?;
        let mut outputs = vec![T::ZERO; rows * program.outputs()];
        self.runner.predict(&self.numbers, arrays, &mut outputs)?;
        Ok(outputs)
    }

    /// The loss over all rows with the parameters of now.
    ///
    /// # Errors
    /// If something has not the length it should have, or the program has no loss.
    pub fn loss(&mut self, arrays: &[&[T]]) -> Result<f64, RunError> {
        Ok(self.runner.value(&self.numbers, arrays)?.to_f64())
    }

    /// The parameters of now, in the order in which they were recorded.
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// Writes the parameters of now back to values.
    ///
    /// # Errors
    /// If there are not as many values as parameters.
    #[track_caller]
    pub fn store(&self, values: &[Value]) -> Result<(), RunError> {
        let (expected, found) = (self.parameters.len(), values.len());
        if found != expected {
            return Err(RunError::Parameters { expected, found });
        }
        for (value, &parameter) in values.iter().zip(&self.parameters) {
            value.set_data(parameter);
        }
        Ok(())
    }

    /// Takes the numbers that these values hold for the parameters: the way back of
    /// [`store`](Trainer::store).
    ///
    /// # Errors
    /// If there are not as many values as parameters.
    #[track_caller]
    pub fn load(&mut self, values: &[Value]) -> Result<(), RunError> {
        let (expected, found) = (self.parameters.len(), values.len());
        if found != expected {
            return Err(RunError::Parameters { expected, found });
        }
        for (parameter, value) in self.parameters.iter_mut().zip(values) {
            *parameter = value.data();
        }
        self.before.copy_from_slice(&self.parameters);
        self.convert();
        Ok(())
    }

    /// Puts another program of the same parameters in the place of the one it trains, and that one in
    /// `runner`: where samples have several shapes, as sentences of several lengths, each has a program.
    ///
    /// # Errors
    /// If that program has not as many parameters. Nothing is changed then.
    pub fn swap(&mut self, runner: &mut Runner<T>) -> Result<(), RunError> {
        let (expected, found) = (self.parameters.len(), runner.program().parameters());
        if found != expected {
            return Err(RunError::Parameters { expected, found });
        }
        std::mem::swap(&mut self.runner, runner);
        Ok(())
    }

    /// How many steps were taken.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The optimiser.
    pub fn optimizer(&self) -> &O {
        &self.optimizer
    }

    /// The optimiser, to change its rate between steps.
    pub fn optimizer_mut(&mut self) -> &mut O {
        &mut self.optimizer
    }
}

/// The rows of a batch, one after the other, in memory that every batch uses again.
#[derive(Clone, Debug)]
struct Gathered<T: 'static> {
    arrays: Vec<Vec<T>>,
    /// Empty, but for its memory.
    views: Vec<&'static [T]>,
}

impl<T> Default for Gathered<T> {
    fn default() -> Self {
        Gathered { arrays: Vec::new(), views: Vec::new() }
    }
}

impl<T: Number> Gathered<T> {
    /// Copies these rows of the arrays, which have rows of these widths.
    fn take(&mut self, arrays: &[&[T]], widths: &[usize], rows: &[usize]) {
        self.arrays.resize_with(arrays.len(), Vec::new);
        for (gathered, (array, &width)) in self.arrays.iter_mut().zip(arrays.iter().zip(widths)) {
            match width {
                1 => gather::<T, 1>(gathered, array, rows),
                2 => gather::<T, 2>(gathered, array, rows),
                3 => gather::<T, 3>(gathered, array, rows),
                4 => gather::<T, 4>(gathered, array, rows),
                _ => {
                    gathered.clear();
                    for &row in rows {
                        gathered.extend_from_slice(&array[row * width..][..width]);
                    }
                }
            }
        }
    }

    /// Lends the arrays out.
    fn lend<R>(&mut self, to: impl FnOnce(&[&[T]]) -> R) -> R {
        let mut views = emptied(std::mem::take(&mut self.views));
        views.extend(self.arrays.iter().map(Vec::as_slice));
        let result = to(&views);
        self.views = emptied(views);
        result
    }
}

/// Rows of a width that the compiler knows: of few numbers each, a call to copy them would take most of the
/// time.
fn gather<T: Number, const WIDTH: usize>(gathered: &mut Vec<T>, array: &[T], rows: &[usize]) {
    gathered.resize(rows.len() * WIDTH, T::ZERO);
    let (gathered, _) = gathered.as_chunks_mut::<WIDTH>();
    let (array, _) = array.as_chunks::<WIDTH>();
    for (gathered, &row) in gathered.iter_mut().zip(rows) {
        *gathered = array[row];
    }
}

/// An empty list in the memory of another, since the standard library collects in place: what the other
/// held may not live as long.
fn emptied<'a, T>(mut list: Vec<&[T]>) -> Vec<&'a [T]> {
    list.clear();
    list.into_iter().map(|_| <&[T]>::default()).collect()
}

/// Why training cannot go on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TrainError {
    /// The arrays do not fit the program.
    Run(RunError),
    /// There are no rows to learn from.
    NoRows,
    /// The loss or a parameter is not finite any more.
    Diverged(Box<Diverged>),
}

/// A step that left the finite numbers. The trainer keeps the parameters of the last step whose loss was
/// finite; the optimiser's averages are past it, so begin anew to go on with a smaller rate.
///
/// Run the rows again eagerly, with these parameters, and
/// [`first_non_finite`](Value::first_non_finite) tells where it began.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Diverged {
    /// The step, counted from 0.
    pub step: usize,
    /// Its loss; if that is finite, its gradient led to a parameter that is not.
    pub loss: f64,
    /// The rows of its batch.
    pub rows: Vec<usize>,
    /// The parameters that are not good: those that gave the loss, or if that is finite those after the step.
    pub parameters: Vec<f64>,
}

impl TrainError {
    fn of_rows(mut self, rows: impl Iterator<Item = usize>) -> Self {
        if let TrainError::Diverged(diverged) = &mut self {
            diverged.rows.extend(rows);
        }
        self
    }
}

impl fmt::Display for Diverged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diverged { step, loss, parameters, .. } = self;
        let bad = parameters.iter().position(|p| !p.is_finite());
        match bad {
            Some(i) if loss.is_finite() => {
                write!(f, "training diverged: step {step} made parameter {i} {}", parameters[i])?;
            }
            _ => write!(f, "training diverged: the loss of step {step} is {loss}")?,
        }
        f.write_str("; try a smaller rate, and see that all inputs are finite")
    }
}

impl fmt::Display for TrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrainError::Run(error) => error.fmt(f),
            TrainError::NoRows => f.write_str("there are no rows to learn from: give at least one"),
            TrainError::Diverged(diverged) => diverged.fmt(f),
        }
    }
}

impl std::error::Error for TrainError {}

impl From<RunError> for TrainError {
    fn from(error: RunError) -> Self {
        TrainError::Run(error)
    }
}
