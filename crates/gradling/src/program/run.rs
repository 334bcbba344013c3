//! Running a program over batches.
//!
//! A batch is cut into chunks of rows that fit the cache. Chunks depend on nothing but the number of
//! samples, and their gradients are added in their order, so the result is the same bits for any number
//! of threads.

use super::execute::{Machine, most_room, room};
use super::lanes::{Arithmetic, FastLanes, Number, StrictLanes, descend, total};
use super::load::load;
use super::schedule::{Schedule, Source, Wanted, schedule};
use super::{Mode, Options, Program, Reduction};
use std::fmt;
use std::ops::Range;

/// The most samples of a chunk for the bytes that its rows then take: many while they fit half of a
/// second-level cache of 1 MiB; fewer beyond, where one row after the other comes from further away,
/// and still enough to outweigh the cost of looking an instruction up; few for a million values.
/// Measured on a graph of 9,000 unstructured operations: 8 samples 3.2 times as fast as the eager tape,
/// 16 3.0, 32 5.1, 64 8.5 times.
const SAMPLES: [(usize, usize); 4] =
    [(128, 512 << 10), (64, 64 << 20), (32, 512 << 20), (8, usize::MAX)];
/// A chunk has a multiple of so many samples: whole vectors.
const VECTOR: usize = 16;

/// The width of rows of fewer samples: whole vectors of 16 bytes too, which leave nothing over in any loop,
/// unless that were more than a third in vain.
fn padded(samples: usize) -> usize {
    let whole = samples.next_multiple_of(4);
    if 4 * samples >= 3 * whole { whole } else { samples }
}

/// From so much work on, in the unit of [`Schedule::cost`], other threads help: about 50 microseconds. A
/// batch of 1000 for a network of 337 parameters took 31 microseconds on one thread and 40 on two.
const WORTH_A_THREAD: u64 = 2_000_000;

/// The most totals of a run, and so the most threads that it can use.
const MOST_TOTALS: usize = 16;

/// Numbers to a line of the cache, at most.
const LINE: usize = 16;

/// Why a batch cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunError {
    /// Not as many parameters as were recorded.
    Parameters {
        /// How many the program has.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// Room for a gradient that is not as long as the parameters.
    Gradient {
        /// How many parameters the program has.
        expected: usize,
        /// How much room was given.
        found: usize,
    },
    /// Room for outputs that is not samples × outputs.
    Outputs {
        /// How many numbers there will be.
        expected: usize,
        /// How much room was given.
        found: usize,
    },
    /// Not as many arrays as were recorded.
    Arrays {
        /// How many the program has, or how many of them are read here.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// An array that does not hold whole rows.
    Width {
        /// Which array, from 0.
        array: usize,
        /// Numbers of a row.
        width: usize,
        /// Numbers in the array.
        found: usize,
    },
    /// Two arrays with different numbers of rows.
    Rows {
        /// Which array, from 0.
        array: usize,
        /// The rows of the arrays before it.
        expected: usize,
        /// Its rows.
        found: usize,
    },
    /// A loss was asked of a program that was recorded without one.
    NoLoss,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Parameters { expected, found } => {
                write!(f, "the program has {expected} parameters, and it was given {found}")
            }
            RunError::Gradient { expected, found } => write!(
                f,
                "the gradient has {expected} numbers, one for each parameter, and there is room for {found}"
            ),
            RunError::Outputs { expected, found } => write!(
                f,
                "there will be {expected} outputs, those of one sample after the other, and there is room \
                 for {found}"
            ),
            RunError::Arrays { expected, found } => {
                write!(f, "the program reads {expected} arrays, and it was given {found}")
            }
            RunError::Width { array, width, found } => write!(
                f,
                "array {array} holds {found} numbers, which is no whole number of rows of {width}"
            ),
            RunError::Rows { array, expected, found } => {
                write!(f, "array {array} holds {found} rows, and the arrays before it {expected}")
            }
            RunError::NoLoss => f.write_str(
                "the program was recorded without a loss: end the step with Step::mean or Step::sum",
            ),
        }
    }
}

impl std::error::Error for RunError {}

/// A program made ready to run in `f32` or `f64`, with its memory. See [`Program::compile`].
///
/// The first run of each kind allocates, and one with more samples than any before; later ones do not.
#[derive(Clone, Debug)]
pub struct Runner<T: Number> {
    program: Program,
    options: Options,
    plans: [Option<Prepared<T>>; 4],
}

/// The steps to one kind of result, and their memory.
#[derive(Clone, Debug)]
pub struct Prepared<T> {
    schedule: Schedule,
    /// How the last batch was cut; most have as many samples as the one before.
    chunks: Option<Chunks>,
    /// Uniform values, then their gradients.
    uniform: Vec<T>,
    workers: Vec<Worker<T>>,
    items: Vec<T>,
    /// For each group of chunks but the first the gradients of the uniform values; those of the first are
    /// summed where the result shall be.
    totals: Vec<T>,
    /// For each group of chunks the loss.
    losses: Vec<T>,
}

/// What one thread works with.
#[derive(Clone, Debug)]
struct Worker<T> {
    rows: Vec<T>,
    items: Vec<T>,
}

/// How a batch is cut.
#[derive(Clone, Copy, Debug)]
struct Chunks {
    samples: usize,
    /// Samples of every chunk but the last, and room for padding.
    each: usize,
    width: usize,
    /// The widest that rows are for so many samples or fewer: the room that they get.
    widest: usize,
    count: usize,
    /// How many chunks, one after the other, add to the same totals: so many that there are not too many
    /// totals to be added up in the end, which one thread does alone.
    group: usize,
    groups: usize,
}

impl Chunks {
    fn of(samples: usize, rows: usize, bytes: usize) -> Chunks {
        let fits = |&&(samples, most): &&(usize, usize)| rows * samples * bytes <= most;
        let most = SAMPLES.iter().find(fits).map_or(8, |&(samples, _)| samples);
        let count = samples.div_ceil(most).max(1);
        let each = samples.div_ceil(count);
        let width = if each < VECTOR { padded(each) } else { each.next_multiple_of(VECTOR) };
        // Where chunks are padded anyway, all but the last are full.
        let each = if count > 1 { width } else { each };
        let width = width.max(1);
        let widest = if count > 1 { most } else { width };
        let count = samples.div_ceil(each.max(1)).max(1);
        let group = count.div_ceil(MOST_TOTALS);
        Chunks { samples, each, width, widest, count, group, groups: count.div_ceil(group) }
    }

    fn of_group(&self, group: usize) -> Range<usize> {
        group * self.group..((group + 1) * self.group).min(self.count)
    }

    fn range(&self, chunk: usize) -> Range<usize> {
        (chunk * self.each).min(self.samples)..((chunk + 1) * self.each).min(self.samples)
    }
}

/// How many samples a full chunk of a program of so many rows has.
pub(super) fn chunk_width(rows: usize, bytes: usize) -> usize {
    Chunks::of(SAMPLES[0].0, rows, bytes).width
}

impl<T: Number> Runner<T> {
    pub(super) fn new(program: Program, options: Options) -> Self {
        Runner { program, options, plans: [const { None }; 4] }
    }

    /// The program it runs.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Computes the outputs of every sample: those of the first, then those of the second.
    ///
    /// Arrays that the outputs do not depend on, as targets, may be left out at the end or be empty.
    ///
    /// # Errors
    /// If something has not the length it should have.
    pub fn predict(
        &mut self,
        parameters: &[T],
        arrays: &[&[T]],
        outputs: &mut [T],
    ) -> Result<(), RunError> {
        self.go(Wanted::Outputs, parameters, arrays, outputs, &mut []).map(|_| ())
    }

    /// Computes the loss over all samples.
    ///
    /// # Errors
    /// If something has not the length it should have, or the program has no loss.
    pub fn value(&mut self, parameters: &[T], arrays: &[&[T]]) -> Result<T, RunError> {
        self.go(Wanted::Loss, parameters, arrays, &mut [], &mut [])
    }

    /// Computes the outputs of every sample, and the loss over all.
    ///
    /// # Errors
    /// If something has not the length it should have, or the program has no loss.
    pub fn run(
        &mut self,
        parameters: &[T],
        arrays: &[&[T]],
        outputs: &mut [T],
    ) -> Result<T, RunError> {
        self.go(Wanted::OutputsAndLoss, parameters, arrays, outputs, &mut [])
    }

    /// Computes the loss over all samples and its gradient by every parameter.
    ///
    /// # Errors
    /// If something has not the length it should have, or the program has no loss.
    pub fn value_and_grad(
        &mut self,
        parameters: &[T],
        arrays: &[&[T]],
        gradient: &mut [T],
    ) -> Result<T, RunError> {
        let expected = self.program.parameters();
        if gradient.len() != expected {
            return Err(RunError::Gradient { expected, found: gradient.len() });
        }
        self.go(Wanted::Gradient, parameters, arrays, &mut [], gradient)
    }

    /// A step of gradient descent for parameters that are kept in `f64`, so that steps too small for the
    /// program's numbers still add up: p ← p - rate · g. `numbers` are given the new parameters for the next run.
    /// Returns whether all are finite there.
    ///
    /// It is one pass; of a small network, each pass over all parameters takes time that counts.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn descend(
        &self,
        rate: f64,
        parameters: &mut [f64],
        gradient: &[T],
        numbers: &mut [T],
    ) -> bool {
        let count = parameters.len();
        assert!(gradient.len() == count && numbers.len() == count, "the lengths differ");
        descend(self.options.level, rate, parameters, gradient, numbers)
    }

    fn go(
        &mut self,
        wanted: Wanted,
        parameters: &[T],
        arrays: &[&[T]],
        outputs: &mut [T],
        gradient: &mut [T],
    ) -> Result<T, RunError> {
        let samples = self.program.check(wanted, parameters.len(), arrays)?;
        let per_sample = if wanted.outputs() { self.program.outputs() } else { 0 };
        if outputs.len() != samples * per_sample {
            return Err(RunError::Outputs { expected: samples * per_sample, found: outputs.len() });
        }
        let program = &self.program;
        let prepared = self.plans[wanted as usize].get_or_insert_with(|| {
            Prepared::new(program, schedule(program.plan(), program.adjoint(), wanted))
        });
        let batch = Batch { program, options: self.options, samples, arrays, per_sample };
        Ok(T::go(prepared, batch, parameters, outputs, gradient))
    }
}

/// What runs the steps, for each type of number a function that is not generic: so all kernels are compiled
/// here, once, and not again by every crate that runs a program.
pub trait Engine: Sized {
    #[doc(hidden)]
    fn go(
        prepared: &mut Prepared<Self>,
        batch: Batch<'_, Self>,
        parameters: &[Self],
        outputs: &mut [Self],
        gradient: &mut [Self],
    ) -> Self;
}

macro_rules! engine {
    ($($T:ident)*) => { $(
        impl Engine for $T {
            fn go(
                prepared: &mut Prepared<Self>,
                batch: Batch<'_, Self>,
                parameters: &[Self],
                outputs: &mut [Self],
                gradient: &mut [Self],
            ) -> Self {
                match batch.options.mode {
                    Mode::Fast => prepared.go::<FastLanes>(batch, parameters, outputs, gradient),
                    Mode::Strict => prepared.go::<StrictLanes>(batch, parameters, outputs, gradient),
                }
            }
        }
    )* };
}

engine! { f32 f64 }

/// What a run is about.
#[derive(Clone, Copy)]
pub struct Batch<'a, T> {
    program: &'a Program,
    options: Options,
    samples: usize,
    arrays: &'a [&'a [T]],
    /// Outputs of a sample.
    per_sample: usize,
}

impl<T: Number> Prepared<T> {
    fn new(program: &Program, schedule: Schedule) -> Self {
        let lanes = program.plan().uniform_lanes as usize;
        let mut uniform = vec![T::ZERO; 2 * lanes + room(1)];
        for &(lane, x) in &program.plan().numbers {
            uniform[lane as usize] = T::from_f64(x);
        }
        let (workers, items, totals) = (Vec::new(), Vec::new(), Vec::new());
        Prepared { schedule, chunks: None, uniform, workers, items, totals, losses: Vec::new() }
    }

    fn go<A: Arithmetic>(
        &mut self,
        batch: Batch<'_, T>,
        parameters: &[T],
        outputs: &mut [T],
        gradient: &mut [T],
    ) -> T {
        let plan = batch.program.plan();
        let lanes = plan.uniform_lanes as usize;
        // Where nothing but the parameters is uniform, they are read, and their gradient is summed, where
        // the caller has them: of a large network, copying takes time that counts.
        let as_given = lanes == parameters.len() && self.schedule.after.is_empty();
        if !as_given {
            self.uniform[..parameters.len()].copy_from_slice(parameters);
            self.once::<A>(&batch, When::Before, T::ZERO);
        }
        let reduction = plan.loss.map_or(Reduction::Sum, |(_, reduction)| reduction);
        let samples = T::from_f64(batch.samples as f64);
        let seed = match reduction {
            Reduction::Sum => T::ONE,
            Reduction::Mean => T::ONE / samples,
        };

        // Gradients are summed only where they are computed.
        let reverse = !gradient.is_empty();
        let (uniform, gradients) = self.uniform.split_at_mut(lanes);
        let (uniform, sums) = match as_given {
            true => (parameters, &mut *gradient),
            false => (&*uniform, &mut gradients[..if reverse { lanes } else { 0 }]),
        };

        let chunks = match self.chunks {
            Some(chunks) if chunks.samples == batch.samples => chunks,
            _ => Chunks::of(batch.samples, self.schedule.rows as usize, size_of::<T>()),
        };
        self.chunks = Some(chunks);
        let groups = chunks.groups;
        let needed = sums.len() * (groups - 1);
        grow(&mut self.totals, needed);
        grow(&mut self.losses, groups);
        // Waking a thread takes longer than little work.
        let worth_it = self.schedule.cost * batch.samples as u64 >= WORTH_A_THREAD;
        let threads = if worth_it { batch.options.threads.min(groups) } else { 1 };
        // For the widest rows that a batch of so many samples or fewer can have.
        let rows = self.schedule.rows as usize * chunks.widest + most_room(chunks.widest);
        self.workers.resize_with(self.workers.len().max(threads), || Worker {
            rows: Vec::new(),
            items: Vec::new(),
        });
        for worker in &mut self.workers[..threads] {
            grow(&mut worker.rows, rows + LINE);
        }
        let job = Job { batch, schedule: &self.schedule, chunks, uniform, seed };
        let part = Part {
            workers: &mut self.workers[..threads],
            first: 0,
            losses: &mut self.losses[..groups],
            sums: &mut *sums,
            totals: &mut self.totals[..needed],
            outputs,
        };
        job.split::<A>(part, groups.div_ceil(threads));
        add_up(sums, &self.totals[..needed]);

        let losses = &self.losses[..groups];
        let mut loss = match self.schedule.loss {
            None => T::ZERO,
            Some(Source::Row(_)) => losses.iter().fold(T::ZERO, |sum, &loss| sum + loss),
            Some(Source::Uniform(lane)) => samples * uniform[lane as usize],
        };
        if self.schedule.loss.is_some() && reduction == Reduction::Mean {
            loss = loss / samples;
        }
        if let Some(lane) = self.schedule.once {
            loss += uniform[lane as usize];
        }
        if reverse && !as_given {
            self.once::<A>(&batch, When::After, seed);
            gradient.copy_from_slice(&self.uniform[lanes..][..gradient.len()]);
        }
        loss
    }

    /// The instructions that run once a step, on rows of one number.
    fn once<A: Arithmetic>(&mut self, batch: &Batch<'_, T>, when: When, seed: T) {
        let steps = match when {
            When::Before => &self.schedule.before,
            When::After => &self.schedule.after,
        };
        let mut machine = Machine {
            level: batch.options.level,
            layers: &batch.program.plan().layers,
            lists: &self.schedule.lists,
            width: 1,
            used: 1,
            rows: &mut self.uniform,
            uniform: &[],
            totals: &mut [],
            seed,
            arrays: &[],
            widths: &[],
            first_sample: 0,
            items: &mut self.items,
        };
        machine.run::<A>(steps);
    }
}

/// Adds the totals of all other groups to the sums of the first, in the order of the samples, whoever
/// computed them.
fn add_up<T: Number>(sums: &mut [T], totals: &[T]) {
    for group in totals.chunks_exact(sums.len().max(1)) {
        for (sum, &x) in sums.iter_mut().zip(group) {
            *sum += x;
        }
    }
}

/// Makes room for so many numbers, once for all smaller batches.
fn grow<T: Number>(memory: &mut Vec<T>, needed: usize) {
    if memory.len() < needed {
        memory.resize(needed, T::ZERO);
    }
}

#[derive(Clone, Copy)]
enum When {
    Before,
    After,
}

/// The chunks of a run.
struct Job<'a, T> {
    batch: Batch<'a, T>,
    schedule: &'a Schedule,
    chunks: Chunks,
    uniform: &'a [T],
    seed: T,
}

/// Some of the groups of chunks, and who computes them.
struct Part<'a, T> {
    workers: &'a mut [Worker<T>],
    /// The first group.
    first: usize,
    /// The loss of each group.
    losses: &'a mut [T],
    /// The sums of the first group.
    sums: &'a mut [T],
    /// As many numbers for every other group.
    totals: &'a mut [T],
    outputs: &'a mut [T],
}

impl<T: Number> Job<'_, T> {
    /// Computes a part: one worker alone, or else `stretch` groups for each, half of the workers on another
    /// thread.
    fn split<A: Arithmetic>(&self, part: Part<'_, T>, stretch: usize) {
        if part.workers.len() == 1 {
            return self.groups::<A>(part);
        }
        let Part { workers, first, losses, sums, totals, outputs } = part;
        let half = workers.len() / 2;
        let groups = (half * stretch).min(losses.len());
        let per_group = self.chunks.each * self.chunks.group * self.batch.per_sample;
        let (workers, others) = workers.split_at_mut(half);
        let (losses, other_losses) = losses.split_at_mut(groups);
        let (totals, rest) = totals.split_at_mut(groups.saturating_sub(1) * sums.len());
        // Where there is nothing to sum there may be nothing to split either.
        let (other_sums, other_totals) = rest.split_at_mut(sums.len().min(rest.len()));
        let (outputs, other_outputs) =
            outputs.split_at_mut((groups * per_group).min(outputs.len()));
        let mine = Part { workers, first, losses, sums, totals, outputs };
        let theirs = Part {
            workers: others,
            first: first + groups,
            losses: other_losses,
            sums: other_sums,
            totals: other_totals,
            outputs: other_outputs,
        };
        // This thread works, too: waking one thread after the other takes longer than many a step.
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| self.split::<A>(theirs, stretch));
            self.split::<A>(mine, stretch);
        });
    }

    /// Computes all groups of a part, one after the other, with its only worker.
    fn groups<A: Arithmetic>(&self, part: Part<'_, T>) {
        let Part { workers, first, losses, sums, totals, mut outputs } = part;
        let per_chunk = self.chunks.each * self.batch.per_sample;
        let mut others = totals.chunks_exact_mut(sums.len().max(1));
        let mut sums = Some(sums);
        for (group, loss) in (first..).zip(losses) {
            let sums = sums.take().or_else(|| others.next()).unwrap_or_default();
            sums.fill(T::ZERO);
            *loss = T::ZERO;
            for chunk in self.chunks.of_group(group) {
                let (mine, rest) = outputs.split_at_mut(per_chunk.min(outputs.len()));
                outputs = rest;
                *loss += self.chunk::<A>(&mut workers[0], chunk, sums, mine);
            }
        }
    }

    /// Computes one chunk, and returns its loss, or zero where there is none.
    fn chunk<A: Arithmetic>(
        &self,
        worker: &mut Worker<T>,
        chunk: usize,
        totals: &mut [T],
        outputs: &mut [T],
    ) -> T {
        let Job { batch, schedule, chunks, .. } = self;
        let range = chunks.range(chunk);
        if range.is_empty() {
            return T::ZERO;
        }
        let width = chunks.width;
        // From a multiple of 64 bytes on, so that no vector lies across two lines of the cache: the large
        // products take a third less time.
        let skip = worker.rows.as_ptr().align_offset(64).min(LINE);
        let rows = &mut worker.rows[skip..][..(schedule.rows as usize + room(width)) * width];
        load(
            batch.options.level,
            batch.arrays,
            batch.program.inputs(),
            &schedule.inputs,
            range.clone(),
            width,
            rows,
        );
        let used = range.len();
        let mut machine = Machine {
            level: batch.options.level,
            layers: &batch.program.plan().layers,
            lists: &schedule.lists,
            width,
            used,
            rows,
            uniform: self.uniform,
            totals,
            seed: self.seed,
            arrays: batch.arrays,
            widths: batch.program.inputs(),
            first_sample: range.start,
            items: &mut worker.items,
        };
        machine.run::<A>(&schedule.forward);
        let loss = match schedule.loss {
            Some(Source::Row(row)) => {
                total(batch.options.level, &machine.rows[row as usize * width..][..used])
            }
            _ => T::ZERO,
        };
        for (i, source) in schedule.outputs.iter().enumerate() {
            let places = outputs[i..].iter_mut().step_by(batch.per_sample);
            match *source {
                Source::Row(row) => {
                    let row = &machine.rows[row as usize * width..][..used];
                    places.zip(row).for_each(|(place, &x)| *place = x);
                }
                Source::Uniform(lane) => {
                    places.for_each(|place| *place = self.uniform[lane as usize]);
                }
            }
        }
        machine.run::<A>(&schedule.reverse);
        loss
    }
}
