//! What became of a program, in words: what runs as layers, dots and lanes, what runs once a step, and why
//! the rest is no layer.
//!
//! Nothing is noted down for this while a program is made. The passes always do the same, so they run once
//! more, and what they leave is read.

use super::graph::{Class, Graph, Id, Node};
use super::pack::{Packed, pack, space_of};
use super::plan::{Code, Instruction, Lanes, Plan, Space, View};
use super::run::chunk_width;
use super::schedule::{Wanted, schedule};
use super::{Mode, Program, reduce, sharing};
use crate::Op;
use std::fmt;

/// Of a long list so many lines are shown.
const MOST: usize = 8;

/// What became of a program. Print it; see [`Program::explain`].
#[derive(Clone, Debug)]
pub struct Explanation {
    recorded: String,
    per_sample: Vec<Line>,
    once: Vec<Line>,
    reasons: Vec<String>,
    runs: Vec<String>,
}

/// What is computed, how much of it, and in which groups of the user's.
#[derive(Clone, Debug)]
struct Line {
    what: &'static str,
    how: String,
    groups: String,
}

impl Program {
    /// Says what became of the step: what runs as layers, dots and lanes, what runs once a step, and why
    /// the rest is no layer. Print it:
    ///
    /// ```
    /// use gradling::nn::{Activation, Mlp, Module};
    /// use gradling::{Program, Rng, Step};
    /// let mlp = Mlp::new(2, &[16, 1], Activation::Relu, &mut Rng::new(1));
    /// let program = Program::record(&mlp.parameters(), [2], |[x]| Step::outputs(&mlp.forward(x)))?;
    /// let told = program.explain().to_string();
    /// assert!(told.contains("layer   16 × 2 and a bias, then relu: layer 1"), "{told}");
    /// # Ok::<(), gradling::RecordError>(())
    /// ```
    ///
    /// A [`Runner`](super::Runner) in strict mode has a program of its own to explain:
    /// `run.program().explain()`.
    pub fn explain(&self) -> Explanation {
        let mode = self.compiled.mode;
        let (graph, layers) = reduce(&self.graph, mode);
        let packed = pack(&graph, &layers, sharing(mode));
        let groups = Groups::new(&graph, &packed);
        let plan = &packed.plan;
        Explanation {
            recorded: recorded(&self.graph),
            per_sample: lines(plan, &plan.varying, &groups),
            once: lines(plan, &plan.uniform, &groups),
            reasons: match mode {
                Mode::Strict => vec![STRICT.to_owned()],
                Mode::Fast => reasons(&graph),
            },
            runs: self.runs(),
        }
    }

    /// How many instructions there are, and how much memory they take.
    fn runs(&self) -> Vec<String> {
        let wanted =
            if self.compiled.plan.loss.is_some() { Wanted::Gradient } else { Wanted::Outputs };
        let schedule = schedule(self.plan(), self.adjoint(), wanted);
        let mut instructions =
            format!("{} for the samples", count(schedule.forward.len(), "instruction"));
        if wanted == Wanted::Gradient {
            instructions += &format!(" and {} for their gradient", schedule.reverse.len());
        }
        let once = [(schedule.before.len(), "before"), (schedule.after.len(), "after")];
        let once: Vec<String> = once
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, when)| format!("{count} {when}"))
            .collect();
        if !once.is_empty() {
            instructions += &format!(", {} them once a step", once.join(" and "));
        }
        let rows = schedule.rows as usize;
        let size = |bytes: usize| {
            let width = chunk_width(rows, bytes);
            (width, (rows * width * bytes).div_ceil(1024))
        };
        let ((wide, wide_kib), (narrow, narrow_kib)) = (size(8), size(4));
        let of = |width: usize, kib: usize, name: &str| {
            format!("{}, {kib} KiB, in {name}", count(width, "sample"))
        };
        let rows = count(rows, "row");
        let memory = match wide == narrow {
            true => {
                format!("{rows} of {wide} samples: {wide_kib} KiB in f64, {narrow_kib} KiB in f32")
            }
            false => format!(
                "{rows}: of {}, and of {}",
                of(wide, wide_kib, "f64"),
                of(narrow, narrow_kib, "f32")
            ),
        };
        vec![instructions, memory]
    }
}

/// The one reason of strict mode.
const STRICT: &str = "strict mode computes every value for itself, in the order of the recording, so that the \
                      bits are those of eager execution";

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.recorded)?;
        for (title, lines) in [("for each sample", &self.per_sample), ("once a step", &self.once)] {
            if !lines.is_empty() {
                writeln!(f, "\n{title}")?;
            }
            for Line { what, how, groups } in lines {
                let colon = if groups.is_empty() { "" } else { ": " };
                writeln!(f, "  {what:<7} {how}{colon}{groups}")?;
            }
        }
        for (title, lines) in [("no layer, and why", &self.reasons), ("runs as", &self.runs)] {
            if !lines.is_empty() {
                writeln!(f, "\n{title}")?;
            }
            lines.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        Ok(())
    }
}

/// `1 product`, `2 products`.
fn count(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

/// `a`, `a and b`, `a, b and c`.
fn listed(mut texts: Vec<String>) -> String {
    match texts.pop() {
        None => String::new(),
        Some(last) if texts.is_empty() => last,
        Some(last) => format!("{} and {last}", texts.join(", ")),
    }
}

fn recorded(graph: &Graph) -> String {
    let is = |wanted: fn(&Node) -> bool| graph.nodes.iter().filter(|node| wanted(node)).count();
    let numbers = is(|node| matches!(node, Node::Number(_)));
    let leaves = is(|node| matches!(node, Node::Number(_) | Node::Parameter(_) | Node::Input(_)));
    let mut on = vec![
        count(graph.inputs.iter().sum(), "input"),
        count(graph.parameters, "parameter"),
        count(numbers, "plain number"),
    ];
    on.retain(|text| !text.starts_with("0 "));
    let on = if on.is_empty() { String::new() } else { format!(" on {}", listed(on)) };
    let operations = graph.nodes.len() - leaves;
    let constant = graph
        .nodes
        .iter()
        .zip(&graph.classes)
        .filter(|(node, class)| **class == Class::Constant && !matches!(node, Node::Number(_)));
    let known = match constant.count() {
        0 => String::new(),
        known => format!("; {known} known before any run"),
    };
    format!("recorded: {}{on}{known}", count(operations, "operation"))
}

/// The names of the user's groups, by lane.
struct Groups<'a> {
    names: &'a [String],
    uniform: Vec<u32>,
    varying: Vec<u32>,
}

impl<'a> Groups<'a> {
    fn new(graph: &'a Graph, packed: &Packed) -> Self {
        let Packed { plan, lane_of } = packed;
        let mut uniform = vec![0; plan.uniform_lanes as usize];
        let mut varying = vec![0; plan.varying_lanes as usize];
        for (id, &lane) in (0..).zip(lane_of) {
            let lanes = match space_of(graph, id) {
                Space::Varying => &mut varying,
                _ => &mut uniform,
            };
            lanes[lane as usize] = graph.origins[id as usize];
        }
        Groups { names: &graph.names, uniform, varying }
    }

    /// Which groups made what some instructions make: up to three, or two and how many more.
    fn of(&self, instructions: &[&Instruction]) -> String {
        let mut origins = Vec::new();
        for Instruction { to, lanes, .. } in instructions {
            let of_space = match to.space {
                Space::Varying => &self.varying,
                _ => &self.uniform,
            };
            let start = start_of(*to) as usize;
            origins.extend_from_slice(&of_space[start..start + *lanes as usize]);
        }
        // Each once, in the order in which they were recorded.
        origins.sort_unstable();
        origins.dedup();
        let names = origins.iter().filter_map(|&origin| self.names.get(origin as usize));
        let mut names: Vec<&str> =
            names.map(String::as_str).filter(|name| !name.is_empty()).collect();
        // Applied a second time, a layer is another group of the same name.
        names.dedup();
        match names[..] {
            [] => String::new(),
            [name] => name.to_owned(),
            [one, other] => format!("{one}; {other}"),
            [one, other, third] => format!("{one}; {other}; {third}"),
            [one, other, ref more @ ..] => format!("{one}; {other}; and {} more", more.len()),
        }
    }
}

/// The first lane of what is written: values are made in runs.
fn start_of(view: View) -> u32 {
    match view.lanes {
        Lanes::Grid { start, .. } => start,
        Lanes::List { .. } => unreachable!("values are made in runs"),
    }
}

/// Instructions that are told in one line: those of one operation.
struct Alike<'a> {
    what: What,
    instructions: Vec<&'a Instruction>,
}

/// What is told in one line.
#[derive(Clone, Copy, PartialEq)]
enum What {
    Dot(u32),
    Sum(u32),
    LogSumExp(u32),
    /// An operation of several lanes.
    Lanes(&'static str),
    /// Operations of one lane, whichever.
    Values,
    Copies,
}

fn lines(plan: &Plan, instructions: &[Instruction], groups: &Groups<'_>) -> Vec<Line> {
    let mut layers: Vec<Line> = Vec::new();
    let mut others: Vec<Alike> = Vec::new();
    // What the layers made last, while no activation of it was met.
    let mut bare: Vec<(&Instruction, usize)> = Vec::new();
    for instruction in instructions {
        let what = match instruction.code {
            Code::Layer(number) => {
                bare.push((instruction, layers.len()));
                layers.push(layer_line(plan, number, instruction, groups));
                continue;
            }
            Code::One(op) | Code::Numbered(op, _) => {
                if let Some(found) = bare.iter().position(|(z, _)| reads_all_of(instruction, z)) {
                    let (_, line) = bare.swap_remove(found);
                    let how = &mut layers[line].how;
                    *how = format!("{how}, then {}", op.name());
                    continue;
                }
                elementwise(op.name(), instruction)
            }
            Code::Two(op) => elementwise(op.name(), instruction),
            Code::Select => elementwise("select", instruction),
            Code::Dot => What::Dot(instruction.items),
            Code::Sum => What::Sum(instruction.items),
            Code::LogSumExp => What::LogSumExp(instruction.items),
            _ => What::Copies,
        };
        match others.iter_mut().find(|alike| alike.what == what) {
            Some(alike) => alike.instructions.push(instruction),
            None => others.push(Alike { what, instructions: vec![instruction] }),
        }
    }
    layers = shortened(layers, "layers");
    others.sort_by_key(|alike| alike.place());
    let others = others.iter().map(|alike| alike.line(groups)).collect();
    layers.extend(shortened(others, "kinds of operations"));
    layers
}

fn elementwise(name: &'static str, instruction: &Instruction) -> What {
    if instruction.lanes > 1 { What::Lanes(name) } else { What::Values }
}

/// Whether the operation reads all that the other made, and nothing else.
fn reads_all_of(operation: &Instruction, made: &Instruction) -> bool {
    let Some(View { space, lanes: Lanes::Grid { start, lane_step, .. } }) = operation.args[0]
    else {
        return false;
    };
    let one_by_one = lane_step == 1 || operation.lanes == 1;
    (space, start) == (made.to.space, start_of(made.to))
        && operation.lanes == made.lanes
        && one_by_one
}

fn layer_line(plan: &Plan, number: u32, made: &Instruction, groups: &Groups<'_>) -> Line {
    let layer = &plan.layers[number as usize];
    let bias = if layer.bias.is_some() { " and a bias" } else { "" };
    let vectors = match layer.vectors {
        1 => String::new(),
        vectors => format!(", applied to {vectors} vectors at once"),
    };
    let how = format!("{} × {}{bias}{vectors}", layer.outputs, layer.inputs);
    Line { what: "layer", how, groups: groups.of(&[made]) }
}

/// The first lines, and how many more there are.
fn shortened(mut lines: Vec<Line>, of: &str) -> Vec<Line> {
    if lines.len() > MOST + 1 {
        let more = lines.len() - MOST;
        lines.truncate(MOST);
        lines.push(Line { what: "…", how: format!("{more} more {of}"), groups: String::new() });
    }
    lines
}

impl Alike<'_> {
    /// Larger ones first; what is computed value by value, and copies, last.
    fn place(&self) -> (u32, std::cmp::Reverse<u64>) {
        let last = match self.what {
            What::Values => 1,
            What::Copies => 2,
            _ => 0,
        };
        (last, std::cmp::Reverse(self.elements()))
    }

    fn elements(&self) -> u64 {
        let elements = |i: &&Instruction| u64::from(i.lanes) * u64::from(i.items.max(1));
        self.instructions.iter().map(elements).sum()
    }

    fn line(&self, groups: &Groups<'_>) -> Line {
        let lanes: u32 = self.instructions.iter().map(|instruction| instruction.lanes).sum();
        let of = |items: u32, noun: &str| {
            let each = if lanes > 1 { " each" } else { "" };
            format!("of {}{each}{}", count(items as usize, noun), self.packs())
        };
        let many = |items: u32, noun: &str| match lanes {
            1 => of(items, noun),
            lanes => format!("{lanes} {}", of(items, noun)),
        };
        let (what, how) = match self.what {
            What::Dot(items) => (if lanes == 1 { "dot" } else { "dots" }, many(items, "product")),
            What::Sum(items) => (if lanes == 1 { "sum" } else { "sums" }, many(items, "term")),
            What::LogSumExp(items) if lanes == 1 => {
                ("value", format!("logsumexp {}", of(items, "term")))
            }
            What::LogSumExp(items) => ("lanes", format!("{lanes} logsumexp {}", of(items, "term"))),
            What::Lanes(name) => ("lanes", format!("{lanes} {name}{}", self.packs())),
            What::Values => (if lanes == 1 { "value" } else { "values" }, self.names()),
            What::Copies => ("copy", format!("{lanes}, to lie side by side")),
        };
        Line { what, how, groups: groups.of(&self.instructions) }
    }

    /// In how many instructions.
    fn packs(&self) -> String {
        let lanes: u32 = self.instructions.iter().map(|instruction| instruction.lanes).sum();
        match self.instructions.len() {
            1 => String::new(),
            packs if packs == lanes as usize => ", one by one".to_owned(),
            packs => format!(", in {packs} packs"),
        }
    }

    /// `2 add, mul, relu`: the operations of one lane.
    fn names(&self) -> String {
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for instruction in &self.instructions {
            let name = match instruction.code {
                Code::One(op) | Code::Numbered(op, _) | Code::Two(op) => op.name(),
                _ => "select",
            };
            match counts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => counts.push((name, 1)),
            }
        }
        let text = |&(name, count): &(&str, usize)| match count {
            1 => name.to_owned(),
            _ => format!("{count} {name}"),
        };
        counts.iter().map(text).collect::<Vec<_>>().join(", ")
    }
}

/// Why products are in no layer, in the words of who wrote them.
fn reasons(graph: &Graph) -> Vec<String> {
    let uses = Uses::of(graph);
    let (mut both_vary, mut shared, mut single, mut divided) = (Found::default(), 0, 0, 0);
    let varies = |id: Id| graph.class(id) == Class::Varying;
    for (id, &node) in graph.nodes.iter().enumerate() {
        match node {
            Node::Two(Op::Mul, a, b) if varies(a) && varies(b) => match a == b {
                true => both_vary.squares += 1,
                false => both_vary.products += 1,
            },
            Node::Dot(_) if varies(id as Id) => both_vary.dots += 1,
            Node::Two(Op::Mul, a, b) if varies(a) || varies(b) => {
                match uses.count[id] > 1 && uses.by_a_sum[id] {
                    true => shared += 1,
                    false => single += 1,
                }
            }
            Node::Two(Op::Div, a, b) if varies(a) && !varies(b) && uses.beside_a_product[id] => {
                divided += 1;
            }
            _ => {}
        }
    }
    let mut reasons = Vec::new();
    if let Some(found) = both_vary.text() {
        reasons.push(format!(
            "{found} values that both vary from sample to sample; the weights of a layer are the same for all \
             samples"
        ));
    }
    let mut push = |count: usize, one: &str, many: String| match count {
        0 => {}
        1 => reasons.push(one.to_owned()),
        _ => reasons.push(many),
    };
    push(
        shared,
        "1 term of a sum is used elsewhere, too, so it is computed for itself",
        format!(
            "{shared} terms of sums are used elsewhere, too, so they are computed for themselves"
        ),
    );
    push(
        single,
        "1 product has one input and one output: it stays an ordinary product",
        format!(
            "{single} products have one input and one output each: they stay ordinary products"
        ),
    );
    push(
        divided,
        "1 term of a sum is divided by a value that is the same for all samples: as a product, x * (1 / s), \
         it could be part of a layer",
        format!(
            "{divided} terms of sums are divided by values that are the same for all samples: as products, \
             x * (1 / s), they could be part of a layer"
        ),
    );
    reasons
}

/// Products of two values that vary.
#[derive(Default)]
struct Found {
    products: usize,
    squares: usize,
    dots: usize,
}

impl Found {
    fn text(&self) -> Option<String> {
        let kinds = [(self.products, "product"), (self.squares, "square"), (self.dots, "dot")];
        let there = kinds.iter().filter(|(found, _)| *found > 0);
        let texts: Vec<String> = there.map(|&(found, noun)| count(found, noun)).collect();
        let verb = match self.products + self.squares + self.dots {
            0 => return None,
            1 => "multiplies",
            _ => "multiply",
        };
        Some(format!("{} {verb}", listed(texts)))
    }
}

/// Who uses each value.
struct Uses {
    /// How many.
    count: Vec<u32>,
    /// Whether a sum does.
    by_a_sum: Vec<bool>,
    /// Whether a sum does that a weighted sum, or the beginning of one, is a term of, too.
    beside_a_product: Vec<bool>,
}

impl Uses {
    fn of(graph: &Graph) -> Uses {
        let no = vec![false; graph.nodes.len()];
        let count = vec![0; graph.nodes.len()];
        let mut uses = Uses { count, by_a_sum: no.clone(), beside_a_product: no };
        let varies = |id: Id| graph.class(id) == Class::Varying;
        let weighted = |id: Id| match graph.node(id) {
            Node::Linear(_) => true,
            Node::Two(Op::Mul, a, b) => varies(a) != varies(b),
            _ => false,
        };
        for &node in &graph.nodes {
            let sum = matches!(node, Node::Two(Op::Add | Op::Sub, ..) | Node::Many(Op::Sum, _));
            let mut has_weighted = false;
            graph.visit(node, |id| {
                uses.count[id as usize] += 1;
                uses.by_a_sum[id as usize] |= sum;
                has_weighted |= sum && weighted(id);
            });
            if has_weighted {
                graph.visit(node, |id| uses.beside_a_product[id as usize] = true);
            }
        }
        graph.roots().for_each(|id| uses.count[id as usize] += 1);
        uses
    }
}
