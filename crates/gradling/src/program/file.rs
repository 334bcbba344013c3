//! Saved programs: the recorded graph as bytes.
//!
//! What is saved is what the user's step did, not what the passes made of it: the passes run again when
//! the file is read, and a later version may have better ones. Operations stand by name in a table of the
//! file's own, so a file outlives changes to the table of operations. Everything is little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `gradprog` |
//! | 4 | version of the format, 1 |
//! | 8 | length of the whole file |
//! | … | operations: a count, then each name, as its length and UTF-8 |
//! | … | widths of the input arrays: a count, then each |
//! | … | parameters: a count, then a bit for each, whether the step reads it |
//! | … | names of the user's groups, as the operations' |
//! | … | values: a count, then each as its sort (1), its fields and the place of its group's name |
//! | … | outputs: a count, then each |
//! | … | loss: 0, or 1 for a sum and 2 for a mean, and the value; the term added once: 0, or 1 and the value |
//! | 8 | checksum of all before it (FNV-1a) |
//!
//! Counts, lengths, places and values are 4 bytes, numbers 8. A value's list stands where the value stands
//! and is its own, so what is read is never larger than in proportion to the file.

use super::graph::{Class, Graph, Id, List, Node};
use super::{Mode, Program, Reduction};
use crate::op::{Arity, Op};
use std::fmt;

const MAGIC: &[u8; 8] = b"gradprog";
const VERSION: u32 = 1;
/// Magic, version and length.
const HEADER: usize = 20;
const CHECKSUM: usize = 8;
/// Lanes are counted in 31 bits; a file below this has fewer values and list items.
const LARGEST: usize = i32::MAX as usize;

/// The sorts of values.
mod sort {
    pub(super) const NUMBER: u8 = 0;
    pub(super) const PARAMETER: u8 = 1;
    pub(super) const INPUT: u8 = 2;
    pub(super) const ONE: u8 = 3;
    pub(super) const NUMBERED: u8 = 4;
    pub(super) const TWO: u8 = 5;
    pub(super) const SELECT: u8 = 6;
    pub(super) const MANY: u8 = 7;
    pub(super) const DOT: u8 = 8;
}

/// Why bytes are not a program that can be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// They do not begin as a saved program does.
    NotAProgram,
    /// A later version of gradling wrote them.
    Version {
        /// Version of the format of the file.
        found: u32,
        /// The latest that this version of gradling reads.
        latest: u32,
    },
    /// There are fewer, or more, than there were when it was saved.
    Length {
        /// How many there were.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// There are more than a program can have.
    TooLarge,
    /// Some are not what they were when it was saved.
    Checksum,
    /// It uses an operation that this version of gradling does not have.
    UnknownOperation(String),
    /// It says something that cannot be.
    Invalid {
        /// At which byte, from 0.
        byte: usize,
        /// What it says.
        what: &'static str,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::NotAProgram => f.write_str(
                "this is no saved program, which begins with `gradprog`: give what Program::save returned",
            ),
            LoadError::Version { found, latest } => write!(
                f,
                "the program was saved in format {found}, and this version of gradling reads formats up to \
                 {latest}: update gradling, or record the program again"
            ),
            LoadError::Length { expected, found } => write!(
                f,
                "the program was saved as {expected} bytes, and there are {found}: copy the file again, or \
                 save the program again"
            ),
            LoadError::TooLarge => write!(
                f,
                "a saved program has at most {LARGEST} bytes, and there are more: give what Program::save \
                 returned"
            ),
            LoadError::Checksum => f.write_str(
                "the bytes are not those that were saved, for their checksum differs: copy the file again, \
                 or save the program again",
            ),
            LoadError::UnknownOperation(name) => write!(
                f,
                "the program uses the operation `{}`, which this version of gradling does not have: update \
                 gradling",
                name.escape_debug()
            ),
            LoadError::Invalid { byte, what } => {
                write!(f, "byte {byte}: {what}: save the program again")
            }
        }
    }
}

impl std::error::Error for LoadError {}

impl Program {
    /// The program as bytes, for a file or another process: what was recorded. The same program gives the
    /// same bytes. Numbers of parameters are no part of it.
    ///
    /// ```
    /// use gradling::{Program, Step, Value};
    /// let w = Value::new(0.0);
    /// let program = Program::record(&[w], [1], |[x]| Step::outputs(&[(w * x[0]).tanh()]))?;
    ///
    /// let saved = program.save();
    /// let mut run = Program::load(&saved)?.compile::<f64>();
    /// let mut y = [0.0];
    /// run.predict(&[0.5], &[&[3.0]], &mut y)?;
    /// assert!((y[0] - 1.5_f64.tanh()).abs() < 1e-15);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save(&self) -> Vec<u8> {
        write(&self.graph)
    }

    /// A program from what [`save`](Program::save) returned, by this version of gradling or an earlier one.
    ///
    /// The bytes may come from anywhere: none make it panic, or take more memory than in proportion to
    /// their number.
    ///
    /// # Errors
    /// If they are damaged, cut short or of a later version.
    pub fn load(bytes: &[u8]) -> Result<Program, LoadError> {
        Ok(Program::of(read(bytes)?, Mode::Fast))
    }
}

/// FNV-1a (Fowler, Noll and Vo): every change of a single byte changes it.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

fn write(graph: &Graph) -> Vec<u8> {
    let mut writer = Writer { bytes: Vec::new(), operations: Operations::of(graph) };
    writer.bytes.extend(MAGIC);
    writer.u32(VERSION);
    writer.bytes.extend([0; 8]); // the length, once it is known
    let names: Vec<&str> = writer.operations.used.iter().map(|op| op.name()).collect();
    writer.texts(&names);
    writer.count(graph.inputs.len());
    graph.inputs.iter().for_each(|&width| writer.count(width));
    writer.parameters(graph);
    writer.texts(&graph.names);
    writer.count(graph.nodes.len());
    for (&node, &origin) in graph.nodes.iter().zip(&graph.origins) {
        writer.node(graph, node);
        writer.u32(origin);
    }
    writer.list(&graph.outputs);
    match graph.loss {
        None => writer.u8(0),
        Some((id, reduction)) => {
            writer.u8(if reduction == Reduction::Sum { 1 } else { 2 });
            writer.u32(id);
        }
    }
    match graph.once {
        None => writer.u8(0),
        Some(id) => {
            writer.u8(1);
            writer.u32(id);
        }
    }
    let Writer { mut bytes, .. } = writer;
    let length = (bytes.len() + CHECKSUM) as u64;
    bytes[HEADER - 8..HEADER].copy_from_slice(&length.to_le_bytes());
    let checksum = checksum(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// The operations that a graph uses, in the order in which they are met.
struct Operations {
    used: Vec<Op>,
    /// For each operation of the table its place among those used.
    place: [Option<u32>; Op::ALL.len()],
}

impl Operations {
    fn of(graph: &Graph) -> Operations {
        let mut operations = Operations { used: Vec::new(), place: [None; Op::ALL.len()] };
        for &node in &graph.nodes {
            if let Node::One(op, _) | Node::Numbered(op, ..) | Node::Two(op, ..) | Node::Many(op, _) =
                node
                && operations.place[op as usize].is_none()
            {
                operations.place[op as usize] = Some(operations.used.len() as u32);
                operations.used.push(op);
            }
        }
        operations
    }
}

struct Writer {
    bytes: Vec<u8>,
    operations: Operations,
}

impl Writer {
    fn u8(&mut self, x: u8) {
        self.bytes.push(x);
    }

    fn u32(&mut self, x: u32) {
        self.bytes.extend(x.to_le_bytes());
    }

    fn f64(&mut self, x: f64) {
        self.bytes.extend(x.to_bits().to_le_bytes());
    }

    /// Every count of a graph fits: its ids are 32 bits wide.
    fn count(&mut self, count: usize) {
        self.u32(count as u32);
    }

    fn list(&mut self, ids: &[Id]) {
        self.count(ids.len());
        ids.iter().for_each(|&id| self.u32(id));
    }

    fn texts<S: AsRef<str>>(&mut self, texts: &[S]) {
        self.count(texts.len());
        for text in texts {
            self.count(text.as_ref().len());
            self.bytes.extend(text.as_ref().as_bytes());
        }
    }

    fn parameters(&mut self, graph: &Graph) {
        self.count(graph.parameters);
        let mut read = vec![0_u8; graph.parameters.div_ceil(8)];
        for &node in &graph.nodes {
            if let Node::Parameter(i) = node {
                read[i as usize / 8] |= 1 << (i % 8);
            }
        }
        self.bytes.extend(read);
    }

    fn node(&mut self, graph: &Graph, node: Node) {
        match node {
            Node::Number(x) => {
                self.u8(sort::NUMBER);
                self.f64(x);
            }
            Node::Parameter(i) => {
                self.u8(sort::PARAMETER);
                self.u32(i);
            }
            Node::Input(i) => {
                self.u8(sort::INPUT);
                self.u32(i);
            }
            Node::One(op, a) => {
                self.operation(sort::ONE, op);
                self.u32(a);
            }
            Node::Numbered(op, a, c) => {
                self.operation(sort::NUMBERED, op);
                self.u32(a);
                self.f64(c);
            }
            Node::Two(op, a, b) => {
                self.operation(sort::TWO, op);
                self.u32(a);
                self.u32(b);
            }
            Node::Select(a, b, c) => {
                self.u8(sort::SELECT);
                [a, b, c].into_iter().for_each(|id| self.u32(id));
            }
            Node::Many(op, list) => {
                self.operation(sort::MANY, op);
                self.list(graph.items(list));
            }
            Node::Dot(list) => {
                self.u8(sort::DOT);
                self.list(graph.items(list));
            }
            Node::Linear(_) => unreachable!("a weighted sum is found by a pass, never recorded"),
        }
    }

    fn operation(&mut self, sort: u8, op: Op) {
        self.u8(sort);
        let place = self.operations.place[op as usize];
        self.u32(place.expect("every operation of the graph has a place"));
    }
}

fn read(bytes: &[u8]) -> Result<Graph, LoadError> {
    if !bytes.starts_with(MAGIC) {
        return Err(LoadError::NotAProgram);
    }
    let mut reader = Reader { bytes, at: MAGIC.len() };
    let version = reader.u32()?;
    if version != VERSION {
        return Err(match version {
            0 => reader.invalid(4, "there is no format 0"),
            found => LoadError::Version { found, latest: VERSION },
        });
    }
    let (expected, found) = (reader.u64()?, bytes.len() as u64);
    if expected != found {
        return Err(LoadError::Length { expected, found });
    }
    if bytes.len() > LARGEST {
        return Err(LoadError::TooLarge);
    }
    let Some(end) = bytes.len().checked_sub(CHECKSUM).filter(|&end| end >= HEADER) else {
        return Err(reader.invalid(0, "the file ends here"));
    };
    let (body, sum) = bytes.split_at(end);
    if sum != checksum(body).to_le_bytes() {
        return Err(LoadError::Checksum);
    }
    Reader { bytes: body, at: HEADER }.graph()
}

/// Reads from the front; every count is checked against the bytes that are left before room is made.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// What is wrong `before` bytes before this place.
    fn invalid(&self, before: usize, what: &'static str) -> LoadError {
        LoadError::Invalid { byte: self.at - before, what }
    }

    /// An error, unless it `holds`, about what stands `before` bytes before this place.
    fn check(&self, before: usize, holds: bool, what: &'static str) -> Result<(), LoadError> {
        if holds { Ok(()) } else { Err(self.invalid(before, what)) }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], LoadError> {
        let taken = self.bytes[self.at..].get(..count);
        let taken =
            taken.ok_or_else(|| self.invalid(0, "the file ends in the middle of a value"))?;
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], LoadError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u8(&mut self) -> Result<u8, LoadError> {
        self.array().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Result<u32, LoadError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, LoadError> {
        self.array().map(u64::from_le_bytes)
    }

    fn f64(&mut self) -> Result<f64, LoadError> {
        self.u64().map(f64::from_bits)
    }

    /// A count of things that take so many bytes each, at least.
    fn count(&mut self, bytes_each: usize) -> Result<usize, LoadError> {
        let count = self.u32()? as usize;
        let most = (self.bytes.len() - self.at) / bytes_each;
        self.check(4, count <= most, "there are fewer bytes than this count needs")?;
        Ok(count)
    }

    fn texts(&mut self) -> Result<Vec<&'a str>, LoadError> {
        let count = self.count(4)?;
        (0..count)
            .map(|_| {
                let length = self.count(1)?;
                let text = self.take(length)?;
                std::str::from_utf8(text)
                    .map_err(|_| self.invalid(length, "this name is not UTF-8"))
            })
            .collect()
    }

    fn graph(mut self) -> Result<Graph, LoadError> {
        let operations = self.operations()?;
        let inputs = self.widths()?;
        let columns: u32 = inputs.iter().map(|&width| width as u32).sum();
        let (parameters, read) = self.parameters()?;
        let names = self.texts()?.into_iter().map(str::to_owned).collect();
        let mut graph = Graph { names, inputs, parameters, ..Graph::default() };
        let mut leaves = Leaves { columns, next_input: 0, parameters, read };
        let values = self.count(9)?;
        for _ in 0..values {
            let node = self.node(&mut graph, &operations, &mut leaves)?;
            let origin = self.u32()?;
            let named = (origin as usize) < graph.names.len().max(1);
            self.check(4, named, "there is no name of this number")?;
            graph.push(node, origin);
        }
        self.roots(&mut graph)?;
        self.check(0, self.at == self.bytes.len(), "the program ends before the file does")?;
        Ok(graph)
    }

    fn operations(&mut self) -> Result<Vec<Op>, LoadError> {
        let names = self.texts()?;
        let op = |name: &str| {
            Op::from_name(name).ok_or_else(|| LoadError::UnknownOperation(name.to_owned()))
        };
        names.into_iter().map(op).collect()
    }

    fn widths(&mut self) -> Result<Vec<usize>, LoadError> {
        let count = self.count(4)?;
        let (mut widths, mut all) = (Vec::with_capacity(count), 0_u32);
        for _ in 0..count {
            let width = self.u32()?;
            let sum = all.checked_add(width).filter(|&sum| sum <= LARGEST as u32);
            self.check(4, sum.is_some(), "the arrays are wider than a sample can be")?;
            all = sum.unwrap_or(all);
            widths.push(width as usize);
        }
        Ok(widths)
    }

    /// How many there are, and for each a bit whether it is read.
    fn parameters(&mut self) -> Result<(usize, &'a [u8]), LoadError> {
        let count = self.u32()? as usize;
        let read = count.div_ceil(8);
        let there = read <= self.bytes.len() - self.at && count <= LARGEST;
        self.check(4, there, "there are fewer bytes than this count needs")?;
        Ok((count, self.take(read)?))
    }

    /// A value that is made of earlier ones.
    fn id(&mut self, graph: &Graph) -> Result<Id, LoadError> {
        let id = self.u32()?;
        let older = (id as usize) < graph.nodes.len();
        self.check(4, older, "a value may only be made of values before it")?;
        Ok(id)
    }

    fn operation(&mut self, operations: &[Op], fits: impl Fn(Op) -> bool) -> Result<Op, LoadError> {
        let op = operations.get(self.u32()? as usize).copied();
        self.check(4, op.is_some(), "there is no operation of this number")?;
        let op = op.filter(|&op| fits(op));
        op.ok_or_else(|| self.invalid(4, "this operation takes another number of values"))
    }

    fn list(&mut self, graph: &mut Graph) -> Result<List, LoadError> {
        let count = self.count(4)?;
        let start = graph.lists.len() as u32;
        for _ in 0..count {
            let id = self.id(graph)?;
            graph.lists.push(id);
        }
        Ok(List { start, len: count as u32 })
    }

    fn node(
        &mut self,
        graph: &mut Graph,
        operations: &[Op],
        leaves: &mut Leaves<'_>,
    ) -> Result<Node, LoadError> {
        let of_values = |count| move |op: Op| op.arity() == Arity::Fixed(count);
        Ok(match self.u8()? {
            sort::NUMBER => Node::Number(self.f64()?),
            sort::PARAMETER => {
                let i = self.u32()?;
                self.check(4, leaves.has_parameter(i), "there is no parameter of this number")?;
                Node::Parameter(i)
            }
            sort::INPUT => {
                let i = self.u32()?;
                self.check(4, i < leaves.columns, "there is no input of this number")?;
                self.check(4, i >= leaves.next_input, "inputs stand in their order, each once")?;
                leaves.next_input = i + 1;
                Node::Input(i)
            }
            sort::ONE => {
                let one = |op: Op| of_values(1)(op) && !op.takes_number();
                Node::One(self.operation(operations, one)?, self.id(graph)?)
            }
            sort::NUMBERED => {
                let op = self.operation(operations, Op::takes_number)?;
                Node::Numbered(op, self.id(graph)?, self.f64()?)
            }
            sort::TWO => {
                let op = self.operation(operations, of_values(2))?;
                Node::Two(op, self.id(graph)?, self.id(graph)?)
            }
            sort::SELECT => Node::Select(self.id(graph)?, self.id(graph)?, self.id(graph)?),
            sort::MANY => {
                let many = |op| matches!(op, Op::Sum | Op::LogSumExp);
                let op = self.operation(operations, many)?;
                Node::Many(op, self.list(graph)?)
            }
            sort::DOT => {
                let list = self.list(graph)?;
                let before = 4 * list.len as usize + 4;
                self.check(before, list.len.is_multiple_of(2), "a dot needs two equal lists")?;
                Node::Dot(list)
            }
            _ => return Err(self.invalid(1, "there is no sort of values of this number")),
        })
    }

    fn roots(&mut self, graph: &mut Graph) -> Result<(), LoadError> {
        let outputs = self.count(4)?;
        graph.outputs = (0..outputs).map(|_| self.id(graph)).collect::<Result<_, _>>()?;
        graph.loss = match self.u8()? {
            0 => None,
            1 => Some((self.id(graph)?, Reduction::Sum)),
            2 => Some((self.id(graph)?, Reduction::Mean)),
            _ => return Err(self.invalid(1, "a loss is a sum or a mean")),
        };
        graph.once = match self.u8()? {
            0 => None,
            1 => {
                let id = self.id(graph)?;
                let fixed = graph.class(id) != Class::Varying;
                self.check(4, fixed, "what is added once must not depend on the sample")?;
                Some(id)
            }
            _ => return Err(self.invalid(1, "a term is added once, or none is")),
        };
        let some = graph.loss.is_some() || !graph.outputs.is_empty();
        self.check(0, some, "the program has neither a loss nor outputs")
    }
}

/// What the leaves of a graph may be.
struct Leaves<'a> {
    columns: u32,
    /// Inputs below this one have been read.
    next_input: u32,
    parameters: usize,
    /// For each parameter a bit, whether the step reads it.
    read: &'a [u8],
}

impl Leaves<'_> {
    fn has_parameter(&self, i: u32) -> bool {
        let i = i as usize;
        i < self.parameters && self.read[i / 8] >> (i % 8) & 1 == 1
    }
}
