//! Programs: scalar code recorded once and run over batches at tensor speed.
//!
//! A step written with [`Value`]s for one sample runs once, and what it did is turned into vector
//! instructions for many samples. The files tell the story in this order:
//!
//! 1. [`step`]: what a step computes for a sample, for eager and for compiled execution alike.
//! 2. [`record`]: the step runs once, and the tape is read off into a [`graph`].
//! 3. [`simplify`]: equal values are merged, known ones computed, unused ones dropped.
//! 4. [`sums`]: chains of additions become sums, dots and weighted sums of inputs.
//! 5. [`affine`]: weighted sums of the same inputs become layers.
//! 6. [`pack`]: values of one kind become lanes of one instruction of a [`plan`].
//! 7. [`adjoint`]: the gradient, as instructions of the same language.
//! 8. [`schedule`]: what a result needs, and where every row lies in memory.
//! 9. [`run`] and [`execute`]: chunks of a batch over threads, step by step, on the kernels in [`lanes`].
//!
//! Beside the way: [`explain`] tells in words what became of a program, [`dump`] prints graphs and plans,
//! and [`file`](self::file) saves what was recorded. `docs/how-scalar-code-becomes-vector-code.md` follows a
//! neuron through all of it.

mod adjoint;
mod affine;
mod dump;
mod execute;
mod explain;
mod file;
mod graph;
mod lanes;
mod load;
mod pack;
mod plan;
mod record;
#[cfg(test)]
mod reference;
mod run;
mod schedule;
mod simplify;
mod step;
mod sums;
#[cfg(test)]
mod tests;

pub use explain::Explanation;
pub use file::LoadError;
pub(crate) use lanes::{Fma, Kernel, begin, narrow};
pub use lanes::{Level, Number};
pub use record::RecordError;
pub(crate) use record::{Recording, is_varying, refuse_varying};
pub use run::{RunError, Runner};
pub(crate) use schedule::Wanted;
pub use step::{Reduction, Step, eager};

use crate::Value;
use adjoint::Adjoint;
use graph::Graph;
use plan::Plan;
use std::sync::Arc;

/// How a program may compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Sums in another order and vector functions, within a stated bound of eager execution.
    #[default]
    Fast,
    /// Every value of a sample has the bits that eager execution gives it, and gradients add up in the
    /// order of the tape; several times slower. (Only where a value stands on both sides of one dot may
    /// the last digit of its gradient differ.)
    Strict,
}

/// How a program is to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Options {
    mode: Mode,
    threads: usize,
    level: Level,
}

impl Default for Options {
    /// Fast, on all cores, with the best instructions of this machine.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Options { mode: Mode::Fast, threads, level: Level::detect() }
    }
}

impl Options {
    /// The same with this mode.
    pub fn mode(self, mode: Mode) -> Self {
        Options { mode, ..self }
    }

    /// The same on so many threads, of which at most 16 are used, and one where there is little work; the
    /// result does not depend on it.
    pub fn threads(self, threads: usize) -> Self {
        Options { threads: threads.max(1), ..self }
    }

    /// The same with these vector instructions.
    pub fn level(self, level: Level) -> Self {
        Options { level, ..self }
    }
}

/// A step that was recorded: what is computed for every sample, and its gradient. A clone shares it.
///
/// ```
/// use gradling::{Program, Step, Value};
///
/// // A line through three points.
/// let (w, b) = (Value::new(0.0), Value::new(0.0));
/// let program = Program::record(&[w, b], [1, 1], |[x, y]| {
///     let prediction = w * x[0] + b;
///     Step::mean((prediction - y[0]).pow(2)).with_outputs(&[prediction])
/// })?;
///
/// let mut run = program.compile::<f64>();
/// let (x, y) = ([1.0, 2.0, 3.0], [3.0, 5.0, 7.0]);
/// let mut parameters = [0.0, 0.0];
/// let mut gradient = [0.0, 0.0];
/// for _ in 0..500 {
///     run.value_and_grad(&parameters, &[&x, &y], &mut gradient)?;
///     parameters.iter_mut().zip(gradient).for_each(|(p, g)| *p -= 0.1 * g);
/// }
/// let mut prediction = [0.0];
/// run.predict(&parameters, &[&[10.0]], &mut prediction)?;
/// assert!((prediction[0] - 21.0).abs() < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Program {
    graph: Arc<Graph>,
    compiled: Arc<Compiled>,
}

/// What the passes made of the graph.
#[derive(Clone, Debug)]
struct Compiled {
    plan: Plan,
    adjoint: Adjoint,
    /// How many of the arrays the outputs depend on: up to the last one that they read.
    read_by_outputs: usize,
    mode: Mode,
}

impl Program {
    /// Records a step: runs it once, for one sample whose inputs have no numbers.
    ///
    /// `parameters` are the leaves that the gradient is computed by. `inputs` are the widths of the arrays
    /// that a batch consists of, and the step gets one slice of values for each: `[2, 1]` for two features
    /// and a target. Any other leaf is a constant, with its number of now.
    ///
    /// # Errors
    /// If the step asks a value that depends on the sample or on parameters for its number, uses an
    /// operation of the user's own, or gives nothing; if a parameter is no leaf or is given twice.
    pub fn record<const N: usize>(
        parameters: &[Value],
        inputs: [usize; N],
        step: impl FnOnce([&[Value]; N]) -> Step,
    ) -> Result<Program, RecordError> {
        Ok(Program::of(record::record(parameters, inputs, step)?, Mode::Fast))
    }

    /// The same for any number of arrays. What the step makes stays on the tape; see
    /// [`shared`](crate::shared).
    pub(crate) fn record_in_place(
        parameters: &[Value],
        inputs: &[usize],
        step: impl FnOnce(&[Vec<Value>]) -> Step,
    ) -> Result<Program, RecordError> {
        Ok(Program::of(record::record_in_place(parameters, inputs, step)?, Mode::Fast))
    }

    fn of(graph: impl Into<Arc<Graph>>, mode: Mode) -> Program {
        let graph = graph.into();
        let (reduced, layers) = reduce(&graph, mode);
        let plan = pack::pack(&reduced, &layers, sharing(mode)).plan;
        let adjoint = adjoint::adjoint(&plan);
        let read_by_outputs = arrays_of_outputs(&graph);
        let compiled = Compiled { plan, adjoint, read_by_outputs, mode };
        Program { graph, compiled: Arc::new(compiled) }
    }

    /// Makes it ready to run, fast and on all cores.
    pub fn compile<T: Number>(&self) -> Runner<T> {
        self.compile_with(Options::default())
    }

    /// Makes it ready to run so.
    pub fn compile_with<T: Number>(&self, options: Options) -> Runner<T> {
        let program = match options.mode == self.compiled.mode {
            true => self.clone(),
            false => Program::of(Arc::clone(&self.graph), options.mode),
        };
        Runner::new(program, options)
    }

    /// The widths of the arrays that a batch consists of.
    pub fn inputs(&self) -> &[usize] {
        &self.graph.inputs
    }

    /// How many outputs a sample has.
    pub fn outputs(&self) -> usize {
        self.graph.outputs.len()
    }

    /// How many parameters it has.
    pub fn parameters(&self) -> usize {
        self.graph.parameters
    }

    /// How the losses of the samples become one, if there is a loss.
    pub fn reduction(&self) -> Option<Reduction> {
        self.graph.loss.map(|(_, reduction)| reduction)
    }

    fn plan(&self) -> &Plan {
        &self.compiled.plan
    }

    fn adjoint(&self) -> &Adjoint {
        &self.compiled.adjoint
    }

    /// Checks the arrays of a batch and gives its number of samples.
    pub(crate) fn check<T>(
        &self,
        wanted: Wanted,
        parameters: usize,
        arrays: &[&[T]],
    ) -> Result<usize, RunError> {
        if wanted.loss() && self.graph.loss.is_none() {
            return Err(RunError::NoLoss);
        }
        if parameters != self.parameters() {
            return Err(RunError::Parameters { expected: self.parameters(), found: parameters });
        }
        let widths = self.inputs();
        let read = if wanted.loss() { widths.len() } else { self.compiled.read_by_outputs };
        if arrays.len() < read || arrays.len() > widths.len() {
            let expected = if arrays.len() < read { read } else { widths.len() };
            return Err(RunError::Arrays { expected, found: arrays.len() });
        }
        let mut rows = None;
        for (array, (numbers, &width)) in arrays.iter().zip(widths).enumerate() {
            let found = numbers.len();
            let unread = array >= read && found == 0;
            if unread || (width == 0 && found == 0) {
                continue;
            }
            if width == 0 || found % width != 0 {
                return Err(RunError::Width { array, width, found });
            }
            let found = found / width;
            let expected = *rows.get_or_insert(found);
            if found != expected {
                return Err(RunError::Rows { array, expected, found });
            }
        }
        Ok(rows.unwrap_or(0))
    }
}

/// The passes on the graph: what is left to compute, and the layers in it.
fn reduce(graph: &Graph, mode: Mode) -> (Graph, Vec<affine::Layer>) {
    match mode {
        Mode::Strict => (simplify::prune(graph), Vec::new()),
        Mode::Fast => {
            // A sum written in another form leaves numbers to fold and equal values to merge.
            let sums = sums::sums(&simplify::simplify(graph));
            affine::affine(&simplify::merge(&sums))
        }
    }
}

fn sharing(mode: Mode) -> pack::Sharing {
    match mode {
        Mode::Strict => pack::Sharing::None,
        Mode::Fast => pack::Sharing::ByDepth,
    }
}

/// Up to which array the outputs depend on the inputs.
fn arrays_of_outputs(graph: &Graph) -> usize {
    let needed = graph.needed_by(graph.outputs.iter().copied());
    let input = |(id, node): (usize, &graph::Node)| match node {
        graph::Node::Input(i) if needed[id] => Some(*i as usize),
        _ => None,
    };
    let Some(last) = graph.nodes.iter().enumerate().filter_map(input).max() else { return 0 };
    let mut end = 0;
    for (i, width) in graph.inputs.iter().enumerate() {
        end += width;
        if last < end {
            return i + 1;
        }
    }
    graph.inputs.len()
}
