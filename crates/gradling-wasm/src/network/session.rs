//! A session: data, network and training, step by step, forth and back.

use super::Wrong;
use super::data::{Part, Problem};
use super::explain::Failure;
use super::history::History;
use super::log::{Event, Log, What};
use super::metrics::{Figures, figures};
use super::net::{Shape, compared};
use super::optimiser::{Optimiser, rate};
use super::settings::{Settings, Training};
use super::stop::{Best, Stop};
use gradling::{Rng, Runner};
use serde::Serialize;
use std::sync::Arc;

/// The stream of a seed that the order of the rows is drawn from: that of the engine's trainer, so that the
/// same run can be written as a program with one.
const ORDER: u64 = 4;
/// The most points of a curve.
const POINTS: usize = 400;

/// Everything that changes from step to step.
#[derive(Clone, Debug)]
pub struct State {
    /// The parameters, in `f64`, so that steps too small for an `f32` still add up.
    pub parameters: Vec<f64>,
    /// How it is trained.
    pub training: Training,
    /// How many steps were taken.
    pub steps: usize,
    /// How many epochs are complete.
    pub epoch: usize,
    optimiser: Optimiser,
    rng: Rng,
    order: Vec<u32>,
    /// Whether it is that of the data: then the rows of a batch lie side by side.
    in_order: bool,
    /// How many rows of the epoch have been taken.
    cursor: usize,
    /// The sum of their losses.
    sum: f64,
    /// How many events of the log have been applied.
    events: usize,
    best: Option<Best>,
}

/// A point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// After so many steps.
    pub step: usize,
    /// After so many epochs.
    pub epoch: usize,
    /// The mean loss of the epoch's rows, each as it was met.
    pub train: f64,
    /// The loss of the held-out rows, if there are some.
    pub held: Option<f64>,
}

/// Why training came to an end.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// A condition is reached, in words.
    Reached(String),
    /// A number is not finite.
    Failed,
}

/// Data, network and training.
pub struct Session {
    /// The settings that it began with.
    pub settings: Settings,
    /// The data.
    pub problem: Arc<Problem>,
    /// The network.
    pub shape: Shape,
    /// When training ends by itself.
    pub stop: Stop,
    state: State,
    log: Log,
    history: History<State>,
    curve: Vec<Point>,
    every: usize,
    failure: Option<Failure>,
    weights: Vec<bool>,
    /// What the programs were recorded for.
    recorded: Training,
    runner: Runner<f32>,
    /// What the scores of all rows are compared with: those that are learned from, and those held out.
    targets: [Vec<f32>; 2],
    outputs: Option<Runner<f32>>,
    numbers: Vec<f32>,
    slopes: Vec<f32>,
    gradient: Vec<f64>,
    batch: Part,
}

impl Session {
    /// A session at its beginning.
    ///
    /// # Errors
    /// Settings or data that are wrong.
    pub fn new(settings: Settings) -> Result<Session, Wrong> {
        settings.check()?;
        let problem = Arc::new(Problem::new(&settings)?);
        Session::with(settings, problem)
    }

    /// A session on data that are there already: for others of the same start.
    ///
    /// # Errors
    /// Settings that are wrong.
    pub fn with(settings: Settings, problem: Arc<Problem>) -> Result<Session, Wrong> {
        settings.check()?;
        let mut layers = settings.net.layers.clone();
        layers.push(problem.outputs());
        let shape = Shape { inputs: problem.inputs.len(), layers };
        let training = settings.training.clone();
        let seed = settings.data.seed;
        let parameters = first(&settings, &shape)?;
        let rows = problem.train.rows.len() as u32;
        let state = State {
            optimiser: Optimiser::of(&training),
            rng: Rng::stream(seed, ORDER),
            order: (0..rows).collect(),
            in_order: true,
            cursor: 0,
            sum: 0.0,
            steps: 0,
            epoch: 0,
            events: 0,
            best: None,
            training: training.clone(),
            parameters,
        };
        let count = shape.parameters();
        let mut history = History::new(count * 24 + problem.train.rows.len() * 4 + 500);
        history.keep(0, &state);
        let mut session = Session {
            runner: shape.program(problem.task, &training)?,
            targets: targets(&problem, &training),
            outputs: None,
            recorded: training,
            weights: shape.weights(),
            numbers: vec![0.0; count],
            slopes: vec![0.0; count],
            gradient: vec![0.0; count],
            batch: Part::default(),
            stop: Stop::default(),
            log: Log::default(),
            curve: Vec::new(),
            every: 1,
            failure: None,
            history,
            state,
            shape,
            problem,
            settings,
        };
        session.convert();
        Ok(session)
    }

    /// What is now.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What happened beside steps.
    pub fn log(&self) -> &[Event] {
        &self.log.0
    }

    /// The curve of the losses.
    pub fn curve(&self) -> &[Point] {
        &self.curve
    }

    /// What is not finite, if training failed.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// The learning rate of the next step.
    pub fn rate(&self) -> f64 {
        rate(&self.state.training, self.state.epoch)
    }

    /// How many rows of the epoch have been taken.
    pub fn rows_taken(&self) -> usize {
        self.state.cursor
    }

    /// Takes a log of events that will happen, to repeat a run with.
    ///
    /// # Errors
    /// If events are out of order, or name what there is not.
    pub fn follow(&mut self, events: Vec<Event>) -> Result<(), Wrong> {
        if !events.is_sorted_by_key(|event| event.at) {
            return Err("the events of the run are out of order".into());
        }
        for event in &events {
            self.check(&event.what)?;
        }
        self.log = Log(events);
        self.apply_due()
    }

    fn check(&self, what: &What) -> Result<(), Wrong> {
        match what {
            What::Set(changes) => self.state.training.with(changes).map(drop),
            What::Weight(place, number) if *place >= self.shape.parameters() => {
                Err(format!("there is no parameter {place} to be {number}").into())
            }
            What::Weight(_, number) if !number.is_finite() => {
                Err(format!("a weight cannot be {number}").into())
            }
            _ => Ok(()),
        }
    }

    /// Changes how it is trained; weights, and averages as far as they still mean something, stay.
    ///
    /// # Errors
    /// A setting that is wrong. Nothing is changed then.
    pub fn change(&mut self, changes: serde_json::Value) -> Result<(), Wrong> {
        self.happen(What::Set(changes))
    }

    /// Gives a parameter another number.
    ///
    /// # Errors
    /// If there is no such parameter, or the number is not finite. Nothing is changed then.
    pub fn edit(&mut self, parameter: usize, number: f64) -> Result<(), Wrong> {
        self.happen(What::Weight(parameter, number))
    }

    fn happen(&mut self, what: What) -> Result<(), Wrong> {
        self.check(&what)?;
        self.log.truncate(self.state.steps);
        self.log.push(self.state.steps, what.clone());
        self.state.events = self.log.0.len();
        self.apply(&what)?;
        // What comes after is not what it was.
        self.history.forget_from(self.state.steps + 1);
        Ok(())
    }

    fn apply(&mut self, what: &What) -> Result<(), Wrong> {
        match what {
            What::Set(changes) => {
                let after = self.state.training.with(changes)?;
                if !Optimiser::goes_on(&self.state.training, &after) {
                    self.state.optimiser = Optimiser::of(&after);
                }
                self.state.training = after;
                self.record()?;
            }
            What::Weight(place, number) => {
                self.state.parameters[*place] = *number;
                self.convert();
            }
            What::Samples(_) => {}
        }
        Ok(())
    }

    /// Applies the events that are due before the next step.
    fn apply_due(&mut self) -> Result<(), Wrong> {
        while let Some(event) = self.log.0.get(self.state.events)
            && event.at <= self.state.steps
        {
            let what = event.what.clone();
            self.state.events += 1;
            self.apply(&what)?;
        }
        Ok(())
    }

    /// Whether the next step is of one sample, by the log.
    fn is_single(&self) -> bool {
        self.log.0[..self.state.events].iter().rev().any(|event| match event.what {
            What::Samples(count) => (event.at..event.at + count).contains(&self.state.steps),
            _ => false,
        })
    }

    /// Records the programs again if the loss or an activation changed.
    fn record(&mut self) -> Result<(), Wrong> {
        let (now, then) = (&self.state.training, &self.recorded);
        let hidden = self.shape.layers.len() - 1;
        let alike = (0..hidden).all(|l| now.activation(l) == then.activation(l));
        if now.loss != then.loss || !alike {
            self.runner = self.shape.program(self.problem.task, now)?;
            self.targets = targets(&self.problem, now);
            self.outputs = None;
            self.recorded = now.clone();
        }
        Ok(())
    }

    fn convert(&mut self) {
        for (number, &parameter) in self.numbers.iter_mut().zip(&self.state.parameters) {
            *number = parameter as f32;
        }
    }

    /// Takes up to so many steps; fewer if training comes to an end.
    ///
    /// # Errors
    /// If the log of a run that is repeated does not fit.
    pub fn advance(&mut self, steps: usize) -> Result<Option<End>, Wrong> {
        self.advance_to(self.state.steps + steps, Watch::Stop)
    }

    /// Takes steps up to so many in all, whatever the stop conditions say: to repeat a run.
    ///
    /// # Errors
    /// If the log does not fit.
    pub fn repeat_to(&mut self, steps: usize) -> Result<Option<End>, Wrong> {
        let end = self.advance_to(steps, Watch::GoOn)?;
        self.apply_due()?;
        Ok(end)
    }

    /// Takes the steps that are left of this epoch.
    ///
    /// # Errors
    /// As [`advance`](Session::advance).
    pub fn advance_epoch(&mut self) -> Result<Option<End>, Wrong> {
        let epoch = self.state.epoch;
        while self.state.epoch == epoch {
            if let Some(end) = self.advance(1)? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    /// Takes one step on one sample, the next of the epoch.
    ///
    /// # Errors
    /// As [`advance`](Session::advance).
    pub fn advance_sample(&mut self) -> Result<Option<End>, Wrong> {
        self.happen(What::Samples(1))?;
        let before = self.state.steps;
        let end = self.advance(1)?;
        if self.state.steps == before {
            self.log.truncate(before);
            self.state.events = self.state.events.min(self.log.0.len());
        }
        Ok(end)
    }

    fn advance_to(&mut self, target: usize, watch: Watch) -> Result<Option<End>, Wrong> {
        if self.failure.is_some() {
            return Ok(Some(End::Failed));
        }
        while self.state.steps < target {
            if self.state.events < self.log.0.len() {
                self.apply_due()?;
            }
            if !self.step()? {
                return Ok(Some(End::Failed));
            }
            let ended = self.epoch_end(watch)?;
            let steps = self.state.steps;
            if self.history.wants(steps) {
                self.history.keep(steps, &self.state);
            }
            match watch {
                Watch::Quiet { recent } if steps >= recent => {
                    self.history.keep_recent(steps, &self.state);
                }
                _ => {}
            }
            if let Some(reason) = ended {
                return Ok(Some(End::Reached(reason)));
            }
        }
        Ok(None)
    }

    /// One step. False if a number is not finite: the state is then the one before.
    fn step(&mut self) -> Result<bool, Wrong> {
        let State { order, in_order, rng, cursor, training, .. } = &mut self.state;
        let rows = order.len();
        if *cursor == 0 {
            let stays = training.batch >= rows || !training.shuffle;
            if !stays {
                rng.shuffle(order);
            } else if !*in_order {
                order.iter_mut().zip(0..).for_each(|(row, k)| *row = k);
            }
            *in_order = stays;
            self.state.sum = 0.0;
        }
        let count =
            if !self.log.0.is_empty() && self.is_single() { 1 } else { self.state.training.batch };
        let taken = self.state.cursor..(self.state.cursor + count).min(rows);
        let arrays: [&[f32]; 2] = if self.state.in_order {
            let [x, y] = [self.shape.inputs, self.problem.outputs()];
            let [first, end] = [taken.start, taken.end];
            [&self.problem.train.x[first * x..end * x], &self.targets[0][first * y..end * y]]
        } else {
            self.gather(taken.clone());
            [&self.batch.x, &self.batch.y]
        };
        let loss = self.runner.value_and_grad(&self.numbers, &arrays, &mut self.slopes)?;
        if !loss.is_finite() {
            self.failure = Some(Failure::of_loss(self, f64::from(loss), taken));
            return Ok(false);
        }
        let rate = rate(&self.state.training, self.state.epoch);
        let State { optimiser, parameters, training, .. } = &mut self.state;
        let finite = if optimiser.is_descent() && !training.has_penalty() {
            self.runner.descend(rate, parameters, &self.slopes, &mut self.numbers)
        } else {
            self.penalise();
            let State { optimiser, parameters, .. } = &mut self.state;
            optimiser.step(rate, parameters, &self.gradient);
            self.convert();
            self.numbers.iter().all(|number| number.is_finite())
        };
        if !finite {
            let bad = self.numbers.iter().position(|p| !p.is_finite()).expect("one is not");
            self.penalise();
            let failure = Failure::of_parameter(self, bad, rate, taken);
            self.go_back(self.state.steps)?;
            self.failure = Some(failure);
            return Ok(false);
        }
        self.state.sum += f64::from(loss) * taken.len() as f64;
        self.state.cursor = taken.end;
        self.state.steps += 1;
        Ok(true)
    }

    /// The rows of a batch, one after the other.
    fn gather(&mut self, taken: std::ops::Range<usize>) {
        let rows = &self.state.order[taken];
        let train = &self.problem.train;
        pick(&train.x, self.shape.inputs, rows, &mut self.batch.x);
        pick(&self.targets[0], self.problem.outputs(), rows, &mut self.batch.y);
    }

    /// The gradient in `f64`, with that of the penalties.
    fn penalise(&mut self) {
        for (gradient, &slope) in self.gradient.iter_mut().zip(&self.slopes) {
            *gradient = f64::from(slope);
        }
        if !self.state.training.has_penalty() {
            return;
        }
        let Training { l1, l2, .. } = self.state.training;
        let parameters = self.state.parameters.iter().zip(&self.weights);
        for (gradient, (&w, &is_weight)) in self.gradient.iter_mut().zip(parameters) {
            if is_weight {
                let side = if w == 0.0 { 0.0 } else { w.signum() };
                *gradient += l1 * side + l2 * w;
            }
        }
    }

    /// What the penalties add to the loss.
    pub fn penalty(&self) -> f64 {
        let Training { l1, l2, .. } = self.state.training;
        let weights = self.state.parameters.iter().zip(&self.weights).filter(|(_, w)| **w);
        weights.map(|(w, _)| l1 * w.abs() + 0.5 * l2 * w * w).sum()
    }

    /// What is to be done when an epoch is complete.
    fn epoch_end(&mut self, watch: Watch) -> Result<Option<String>, Wrong> {
        let rows = self.state.order.len();
        if self.state.cursor < rows {
            return Ok(None);
        }
        self.state.cursor = 0;
        self.state.epoch += 1;
        let (epoch, step) = (self.state.epoch, self.state.steps);
        let quiet = matches!(watch, Watch::Quiet { .. });
        if epoch.is_multiple_of(self.every) && !quiet {
            let held = self.held_out()?.map(|figures| figures.loss);
            let train = self.state.sum / rows as f64;
            self.curve.push(Point { step, epoch, train, held });
            if self.curve.len() > POINTS {
                self.every *= 2;
                let every = self.every;
                self.curve.retain(|point| point.epoch.is_multiple_of(every));
            }
        }
        let figures = if self.stop.looks() {
            match self.held_out()? {
                Some(figures) => Some(figures),
                None => self.learned()?,
            }
        } else {
            None
        };
        let ended = self.stop.reached(epoch, figures.as_ref(), &mut self.state.best);
        Ok(ended.filter(|_| watch == Watch::Stop))
    }

    /// The figures of the rows that are learned from.
    ///
    /// # Errors
    /// Never, as far as is known.
    pub fn learned(&mut self) -> Result<Option<Figures>, Wrong> {
        let problem = Arc::clone(&self.problem);
        self.figures_of(&problem, &problem.train, 0)
    }

    /// The figures of the held-out rows, if there are some.
    ///
    /// # Errors
    /// Never, as far as is known.
    pub fn held_out(&mut self) -> Result<Option<Figures>, Wrong> {
        let problem = Arc::clone(&self.problem);
        self.figures_of(&problem, &problem.held, 1)
    }

    fn figures_of(
        &mut self,
        problem: &Problem,
        part: &Part,
        targets: usize,
    ) -> Result<Option<Figures>, Wrong> {
        if part.rows.is_empty() {
            return Ok(None);
        }
        let mut scores = vec![0.0; part.rows.len() * problem.outputs()];
        let arrays: [&[f32]; 2] = [&part.x, &self.targets[targets]];
        let loss = self.runner.run(&self.numbers, &arrays, &mut scores)?;
        Ok(figures(problem, part, f64::from(loss), &scores))
    }

    /// The gradient of the loss over all rows that are learned from, penalties too.
    ///
    /// # Errors
    /// Never, as far as is known.
    pub fn slopes(&mut self) -> Result<Vec<f64>, Wrong> {
        let problem = Arc::clone(&self.problem);
        let arrays: [&[f32]; 2] = [&problem.train.x, &self.targets[0]];
        self.runner.value_and_grad(&self.numbers, &arrays, &mut self.slopes)?;
        self.penalise();
        Ok(self.gradient.clone())
    }

    /// The scores of points, given as the network sees them.
    ///
    /// # Errors
    /// Inputs that are no whole rows.
    pub fn scores(&mut self, inputs: &[f32]) -> Result<Vec<f32>, Wrong> {
        let rows = inputs.len() / self.shape.inputs.max(1);
        let mut scores = vec![0.0; rows * self.problem.outputs()];
        self.runner.predict(&self.numbers, &[inputs], &mut scores)?;
        Ok(scores)
    }

    /// The outputs of all neurons for points, layer by layer, given as the network sees them.
    ///
    /// # Errors
    /// Inputs that are no whole rows.
    pub fn neurons(&mut self, inputs: &[f32]) -> Result<Vec<f32>, Wrong> {
        let rows = inputs.len() / self.shape.inputs.max(1);
        let all: usize = self.shape.layers.iter().sum();
        let runner = match &mut self.outputs {
            Some(runner) => runner,
            none => none.insert(self.shape.all_outputs(&self.state.training)?),
        };
        let mut outputs = vec![0.0; rows * all];
        runner.predict(&self.numbers, &[inputs], &mut outputs)?;
        Ok(outputs)
    }

    /// Back by so many steps, to the same bits.
    ///
    /// # Errors
    /// Never, as far as is known.
    pub fn back(&mut self, steps: usize) -> Result<(), Wrong> {
        let target = self.state.steps.saturating_sub(steps);
        self.go_back(target)
    }

    /// Back to the last state whose loss and parameters were finite.
    ///
    /// # Errors
    /// Never, as far as is known.
    pub fn recover(&mut self) -> Result<(), Wrong> {
        match self.failure.take() {
            Some(failure) => self.go_back(failure.good),
            None => Ok(()),
        }
    }

    fn go_back(&mut self, target: usize) -> Result<(), Wrong> {
        self.failure = None;
        self.log.truncate(target);
        let Some((_, state)) = self.history.back_to(target) else {
            return Err("the beginning of the run is not known any more".into());
        };
        self.state = state;
        self.convert();
        self.record()?;
        let recent = self.history.recent_from(target);
        self.advance_to(target, Watch::Quiet { recent })?;
        self.apply_due()?;
        self.curve.retain(|point| point.step <= target);
        Ok(())
    }
}

/// What is looked at on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watch {
    /// Stop conditions end it.
    Stop,
    /// They do not.
    GoOn,
    /// The steps were taken before: the curve is there. Those from `recent` on are kept.
    Quiet { recent: usize },
}

impl Session {
    pub(crate) fn order(&self) -> &[u32] {
        &self.state.order
    }

    pub(crate) fn gradient_of(&self, parameter: usize) -> f64 {
        self.gradient[parameter]
    }
}

impl Session {
    /// The parameters before the first step, edits before it included.
    pub fn first_weights(&self) -> Vec<f64> {
        // A session that is there has them.
        let mut first = first(&self.settings, &self.shape).unwrap_or_default();
        for event in self.log.0.iter().filter(|event| event.at == 0) {
            if let What::Weight(place, number) = event.what {
                first[place] = number;
            }
        }
        first
    }
}

/// The first parameters: those that the settings name, or else drawn.
fn first(settings: &Settings, shape: &Shape) -> Result<Vec<f64>, Wrong> {
    let Settings { data, net, training } = settings;
    if net.start.is_empty() {
        return Ok(shape.draw(training, net.init.engine(), data.seed));
    }
    let (given, needed) = (net.start.len(), shape.parameters());
    if given == needed {
        return Ok(net.start.clone());
    }
    Err(format!("there are {given} first weights, and the network has {needed} parameters").into())
}

/// What the scores of all rows that are learned from are compared with, and of those held out.
fn targets(problem: &Problem, training: &Training) -> [Vec<f32>; 2] {
    let compared = |&t: &f32| compared(training.loss, problem.task, f64::from(t)) as f32;
    [&problem.train, &problem.held].map(|part| part.y.iter().map(compared).collect())
}

/// Rows of an array whose rows have this width, one after the other.
fn pick(from: &[f32], width: usize, rows: &[u32], to: &mut Vec<f32>) {
    to.clear();
    match width {
        1 => pick_chunks::<1>(from, rows, to),
        2 => pick_chunks::<2>(from, rows, to),
        3 => pick_chunks::<3>(from, rows, to),
        4 => pick_chunks::<4>(from, rows, to),
        _ => rows.iter().for_each(|&row| {
            to.extend_from_slice(&from[row as usize * width..][..width]);
        }),
    }
}

/// Rows of a width that the compiler knows: a call that copies a few numbers takes longer than they do.
fn pick_chunks<const WIDTH: usize>(from: &[f32], rows: &[u32], to: &mut Vec<f32>) {
    let (from, _) = from.as_chunks::<WIDTH>();
    rows.iter().for_each(|&row| to.extend_from_slice(&from[row as usize]));
}
