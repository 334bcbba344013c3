//! Recording: the user's step runs once, and what it did is read off the tape.
//!
//! The inputs are leaves that hold no number, because a program must hold for every sample. Code that
//! asks a value for its number could branch on it, and the program would replay the branch of one sample
//! for all; so while a step is recorded, asking a value that depends on the inputs is an error. So is
//! asking one that depends on parameters: they change from step to step.

use super::Step;
use super::graph::{Class, Graph, Id, List, Node};
use crate::op::{Arity, Op};
use crate::tape::{self, Tape};
use crate::value::Value;
use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::rc::Rc;

/// Why a step could not be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// The step asked a value that varies from sample to sample, or from step to step as parameters do, for
    /// its number.
    NumberOfVarying {
        /// The file and line that asked.
        place: String,
        /// The method that was called: `data`.
        method: &'static str,
    },
    /// An operation of the user's own, which is code that a program does not contain.
    OwnOperation(String),
    /// The term added once depends on the sample.
    VaryingOnce,
    /// A value given as a parameter is computed from others.
    ComputedParameter(usize),
    /// The same value was given as a parameter twice.
    ParameterTwice(usize, usize),
    /// The step gave neither a loss nor outputs.
    Nothing,
    /// A step was recorded inside the recording of another.
    Nested,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::NumberOfVarying { place, method } => write!(
                f,
                "{place}: `{method}` asks for the number of a value that depends on the sample or on parameters, \
                 and a program is recorded once for all of them: to choose by it use a comparison and \
                 `select`, `max` or `min` (`x.gt(0.0).select(a, b)`); for a gradient inside the step use \
                 `gradling::grad`"
            ),
            RecordError::OwnOperation(name) => write!(
                f,
                "the operation `{name}` is your own code, which a program cannot contain: write it with \
                 operations of values"
            ),
            RecordError::VaryingOnce => f.write_str(
                "the term given to `plus` depends on the sample, and it is added once for all samples: add it \
                 to the loss of the sample instead",
            ),
            RecordError::ComputedParameter(i) => write!(
                f,
                "parameter {i} is computed from other values: give the leaves it is computed from"
            ),
            RecordError::ParameterTwice(i, j) => {
                write!(f, "parameters {i} and {j} are the same value: give it once")
            }
            RecordError::Nothing => f.write_str(
                "the step gives neither a loss nor outputs: end it with Step::mean, Step::sum or Step::outputs",
            ),
            RecordError::Nested => {
                f.write_str("a step is being recorded already: record one after the other")
            }
        }
    }
}

impl std::error::Error for RecordError {}

/// What a step that is being recorded depends on: inputs, the ids from `first` to before `end`, and
/// parameters, in ascending order.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    first: u32,
    end: u32,
    parameters: Rc<[u32]>,
}

impl Recording {
    fn is_input(&self, id: u32) -> bool {
        (self.first..self.end).contains(&id)
    }
}

/// Refuses to tell a number that a value does not have while a step is recorded. The error goes up to
/// [`record`] as an unwinding that no panic hook reports.
#[inline]
#[track_caller]
pub(crate) fn refuse_varying(value: Value, method: &'static str) {
    if is_varying(value) {
        refuse(method);
    }
}

/// Whether a step is being recorded and the value depends on its inputs or parameters: it has no number
/// then.
pub(crate) fn is_varying(value: Value) -> bool {
    let recording = tape::with(|tape| tape.recording.clone());
    recording.is_some_and(|recording| {
        let is_parameter = |id: u32| recording.parameters.binary_search(&id).is_ok();
        value.reached().iter().any(|of| recording.is_input(of.id()) || is_parameter(of.id()))
    })
}

#[cold]
#[inline(never)]
#[track_caller]
fn refuse(method: &'static str) -> ! {
    let caller = Location::caller();
    let place = format!("{}:{}", caller.file(), caller.line());
    let error = RecordError::NumberOfVarying { place, method };
    if cfg!(panic = "abort") {
        panic!("{error}");
    }
    resume_unwind(Box::new(error))
}

/// Runs `step` for inputs without numbers and reads off the tape what it did.
pub(crate) fn record<const N: usize>(
    parameters: &[Value],
    widths: [usize; N],
    step: impl FnOnce([&[Value]; N]) -> Step,
) -> Result<Graph, RecordError> {
    let run = |inputs: &[Vec<Value>]| step(std::array::from_fn(|k| &inputs[k][..]));
    crate::scope(|| record_in_place(parameters, &widths, run))
}

/// The same for any number of arrays; the values that the step makes stay on the tape.
pub(crate) fn record_in_place(
    parameters: &[Value],
    widths: &[usize],
    step: impl FnOnce(&[Vec<Value>]) -> Step,
) -> Result<Graph, RecordError> {
    /// Ends the recording, whichever way the step ends.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            tape::with(|tape| tape.recording = None);
        }
    }
    let roles = parameter_roles(parameters)?;
    if tape::with(|tape| tape.recording.is_some()) {
        return Err(RecordError::Nested);
    }
    let inputs: Vec<Vec<Value>> =
        widths.iter().map(|&width| (0..width).map(|_| Value::new(f64::NAN)).collect()).collect();
    let count = widths.iter().sum::<usize>() as u32;
    let end = tape::with(|tape| tape.nodes.len() as u32);
    let mut ids: Vec<u32> = roles.keys().copied().collect();
    ids.sort_unstable();
    let recording = Recording { first: end - count, end, parameters: ids.into() };
    tape::with(|tape| tape.recording = Some(recording.clone()));
    let end = End;
    let step = catch_unwind(AssertUnwindSafe(|| step(&inputs))).map_err(recording_error)?;
    if step.loss.is_none() && step.outputs.is_empty() {
        return Err(RecordError::Nothing);
    }
    let mut graph =
        Graph { inputs: widths.to_vec(), parameters: parameters.len(), ..Graph::default() };
    read_tape(&mut graph, &step, &roles, &recording)?;
    drop(end);
    match graph.once {
        Some(once) if graph.class(once) == Class::Varying => Err(RecordError::VaryingOnce),
        _ => Ok(graph),
    }
}

/// The error that unwound, or else the user's own panic, passed on.
fn recording_error(unwound: Box<dyn Any + Send>) -> RecordError {
    match unwound.downcast::<RecordError>() {
        Ok(error) => *error,
        Err(panic) => resume_unwind(panic),
    }
}

/// The place of each parameter in their list, by id.
fn parameter_roles(parameters: &[Value]) -> Result<HashMap<u32, u32>, RecordError> {
    let mut roles = HashMap::with_capacity(parameters.len());
    for (i, &parameter) in parameters.iter().enumerate() {
        if parameter.op() != Op::Leaf {
            return Err(RecordError::ComputedParameter(i));
        }
        if let Some(first) = roles.insert(parameter.id(), i as u32) {
            return Err(RecordError::ParameterTwice(first as usize, i));
        }
    }
    Ok(roles)
}

/// Copies what the results of `step` were made from into `graph`.
fn read_tape(
    graph: &mut Graph,
    step: &Step,
    roles: &HashMap<u32, u32>,
    recording: &Recording,
) -> Result<(), RecordError> {
    let loss = step.loss.map(|(loss, _)| loss);
    let roots: Vec<Value> = step.outputs.iter().copied().chain(loss).chain(step.once).collect();
    // One value made from all roots reaches what any of them reaches.
    let root = crate::sum(&roots);
    tape::with(|tape| {
        let mut order = tape.reached(root.id() as usize);
        order.pop();
        let mut places = Places::new(recording.first, root.id());
        let mut names = Names::default();
        for tape_id in order {
            let node = read_node(graph, tape, tape_id, roles, recording, &places)?;
            let origin = names.of(tape, tape_id);
            let id = match node {
                // A mean is a sum divided by a number, here as on the tape.
                Read::Node(Node::Many(Op::Mean, list)) => {
                    let sum = graph.push(Node::Many(Op::Sum, list), origin);
                    let count = graph.push(Node::Number(f64::from(list.len)), origin);
                    graph.push(Node::Two(Op::Div, sum, count), origin)
                }
                Read::Node(node) => graph.push(node, origin),
                Read::Affine(dot, bias) => {
                    let dot = graph.push(dot, origin);
                    graph.push(Node::Two(Op::Add, dot, bias), origin)
                }
            };
            places.set(tape_id, id);
        }
        graph.names = names.texts;
        let place = |value: Value| places.get(value.id());
        graph.outputs = step.outputs.iter().map(|&output| place(output)).collect();
        graph.loss = step.loss.map(|(loss, reduction)| (place(loss), reduction));
        graph.once = step.once.map(place);
        Ok(())
    })
}

enum Read {
    Node(Node),
    /// A dot, and a bias to add.
    Affine(Node, Id),
}

fn read_node(
    graph: &mut Graph,
    tape: &Tape,
    tape_id: u32,
    roles: &HashMap<u32, u32>,
    recording: &Recording,
    places: &Places,
) -> Result<Read, RecordError> {
    let place = tape_id as usize;
    let node = tape.nodes[place];
    let id = |tape_id: u32| places.get(tape_id);
    Ok(Read::Node(match node.op() {
        Op::Leaf => {
            if recording.is_input(tape_id) {
                Node::Input(tape_id - recording.first)
            } else if let Some(&i) = roles.get(&tape_id) {
                Node::Parameter(i)
            } else {
                Node::Number(node.data)
            }
        }
        Op::Own => return Err(RecordError::OwnOperation(tape.own_at(place).name().to_owned())),
        op @ (Op::Sum | Op::Mean | Op::LogSumExp) => {
            Node::Many(op, list_of(graph, tape, place, places))
        }
        Op::Dot => Node::Dot(list_of(graph, tape, place, places)),
        Op::Affine => {
            let mut list = list_of(graph, tape, place, places);
            let bias = graph.lists.pop().expect("an affine node has a bias");
            list.len -= 1;
            return Ok(Read::Affine(Node::Dot(list), bias));
        }
        Op::Select => {
            let list = list_of(graph, tape, place, places);
            let &[a, b, c] = graph.items(list) else { unreachable!("a select has three inputs") };
            graph.lists.truncate(list.start as usize);
            Node::Select(a, b, c)
        }
        op if op.takes_number() => Node::Numbered(op, id(node.a), tape.numbers[node.b as usize]),
        op if op.arity() == Arity::Fixed(1) => Node::One(op, id(node.a)),
        op => Node::Two(op, id(node.a), id(node.b)),
    }))
}

fn list_of(graph: &mut Graph, tape: &Tape, place: usize, places: &Places) -> List {
    let start = graph.lists.len() as u32;
    tape.inputs(place, |tape_id| graph.lists.push(places.get(tape_id)));
    List { start, len: graph.lists.len() as u32 - start }
}

/// From ids of the tape to ids of the graph. What the step made lies in one stretch of the tape.
struct Places {
    first: u32,
    recent: Vec<Id>,
    older: HashMap<u32, Id>,
}

impl Places {
    fn new(first: u32, end: u32) -> Self {
        Places { first, recent: vec![0; (end - first) as usize], older: HashMap::new() }
    }

    fn set(&mut self, tape_id: u32, id: Id) {
        match tape_id.checked_sub(self.first) {
            Some(i) => self.recent[i as usize] = id,
            None => {
                self.older.insert(tape_id, id);
            }
        }
    }

    #[inline]
    fn get(&self, tape_id: u32) -> Id {
        match tape_id.checked_sub(self.first) {
            Some(i) => self.recent[i as usize],
            None => self.older[&tape_id],
        }
    }
}

/// The names of the groups that values were made in, each once; number 0 is no group.
struct Names {
    texts: Vec<String>,
    by_group: HashMap<usize, u32>,
}

impl Default for Names {
    fn default() -> Self {
        Names { texts: vec![String::new()], by_group: HashMap::new() }
    }
}

impl Names {
    fn of(&mut self, tape: &Tape, tape_id: u32) -> u32 {
        let Some(group) = tape.groups.innermost(tape_id) else { return 0 };
        *self.by_group.entry(group).or_insert_with(|| {
            self.texts.push(tape.groups.path(group));
            self.texts.len() as u32 - 1
        })
    }
}
