//! Graphs and plans as text, a line for each value or instruction: for tests, and to look at.
//!
//! A graph calls its values `%0`, `%1`. A plan calls its lanes by the space they are in: `u3` is uniform,
//! `v3` varies, `du3` and `dv3` are their gradients; `v2..v5` are four lanes side by side.

use super::Reduction;
#[cfg(test)]
use super::adjoint::Adjoint;
use super::graph::{Class, Graph, Id, Node};
use super::plan::{Code, Instruction, Lane, Plan, Space, View};
use std::fmt;

/// Lists longer than this are cut.
const MOST: usize = 16;

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, &node) in self.nodes.iter().enumerate() {
            let text = format!("%{id} = {}", Made(self, node));
            let leaf = matches!(node, Node::Number(_) | Node::Parameter(_) | Node::Input(_));
            let uniform = !leaf && self.classes[id] != Class::Varying;
            let origin = self.names.get(self.origins[id] as usize).filter(|name| !name.is_empty());
            match (uniform, origin) {
                (false, None) => writeln!(f, "{text}")?,
                (true, None) => writeln!(f, "{text:<32} ; once a step")?,
                (false, Some(name)) => writeln!(f, "{text:<32} ; {name}")?,
                (true, Some(name)) => writeln!(f, "{text:<32} ; once a step, {name}")?,
            }
        }
        if !self.outputs.is_empty() {
            writeln!(f, "outputs{}", Values(&self.outputs, " "))?;
        }
        if let Some((id, reduction)) = self.loss {
            writeln!(f, "loss {} %{id}", name_of(reduction))?;
        }
        match self.once {
            Some(id) => writeln!(f, "plus once %{id}"),
            None => Ok(()),
        }
    }
}

fn name_of(reduction: Reduction) -> &'static str {
    match reduction {
        Reduction::Sum => "sum",
        Reduction::Mean => "mean",
    }
}

/// How a value is made.
struct Made<'a>(&'a Graph, Node);

impl fmt::Display for Made<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &Made(graph, node) = self;
        match node {
            Node::Number(x) => write!(f, "number {x}"),
            Node::Parameter(i) => write!(f, "parameter {i}"),
            Node::Input(i) => write!(f, "input {i}"),
            Node::One(op, a) => write!(f, "{} %{a}", op.name()),
            Node::Numbered(op, a, c) => write!(f, "{} %{a} {c}", op.name()),
            Node::Two(op, a, b) => write!(f, "{} %{a} %{b}", op.name()),
            Node::Select(a, b, c) => write!(f, "select %{a} %{b} %{c}"),
            Node::Many(op, list) => {
                write!(f, "{}{}", op.name(), Values(graph.items(list), " "))
            }
            Node::Dot(list) => {
                let (x, w) = graph.pairs(list);
                write!(f, "dot{}", Products(x, w))
            }
            Node::Linear(list) => {
                let (x, u, b) = graph.weighted(list);
                write!(f, "linear{} + %{b}", Products(x, u))
            }
        }
    }
}

/// ` %1 %2`: each with what stands before it.
struct Values<'a>(&'a [Id], &'static str);

impl fmt::Display for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &Values(ids, before) = self;
        ids.iter().take(MOST).try_for_each(|id| write!(f, "{before}%{id}"))?;
        more(f, ids.len())
    }
}

/// ` %1·%2 + %3·%4`.
struct Products<'a>(&'a [Id], &'a [Id]);

impl fmt::Display for Products<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &Products(left, right) = self;
        for (i, (a, b)) in left.iter().zip(right).take(MOST).enumerate() {
            let plus = if i > 0 { " +" } else { "" };
            write!(f, "{plus} %{a}·%{b}")?;
        }
        more(f, left.len())
    }
}

fn more(f: &mut fmt::Formatter<'_>, count: usize) -> fmt::Result {
    match count.checked_sub(MOST) {
        Some(more @ 1..) => write!(f, " … {more} more"),
        _ => Ok(()),
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parameters > 0 {
            writeln!(f, "{} = parameters", run(Space::Uniform, 0, self.parameters))?;
        }
        for &(lane, x) in &self.numbers {
            writeln!(f, "u{lane} = number {x}")?;
        }
        for (lane, i) in self.inputs.iter().enumerate() {
            writeln!(f, "v{lane} = input {i}")?;
        }
        section(f, self, "once a step, before the samples", &self.uniform)?;
        section(f, self, "for the samples", &self.varying)
    }
}

#[cfg(test)]
impl Plan {
    /// The instructions of the gradient, as text.
    pub(crate) fn gradient<'a>(&'a self, adjoint: &'a Adjoint) -> impl fmt::Display + 'a {
        fmt::from_fn(|f| {
            section(f, self, "for the samples", &adjoint.varying)?;
            section(f, self, "once a step, after the samples", &adjoint.uniform)
        })
    }
}

fn section(
    f: &mut fmt::Formatter<'_>,
    plan: &Plan,
    title: &str,
    instructions: &[Instruction],
) -> fmt::Result {
    if instructions.is_empty() {
        return Ok(());
    }
    writeln!(f, "{title}:")?;
    instructions.iter().try_for_each(|&instruction| writeln!(f, "  {}", Line(plan, instruction)))
}

/// One instruction.
struct Line<'a>(&'a Plan, Instruction);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &Line(plan, Instruction { code, lanes, items, to, add, args }) = self;
        let view = |view: View, items: u32| lanes_of(plan, view, lanes, items);
        // What is reduced has one lane for all its items; a gradient of it has all of them.
        let reduces = matches!(code, Code::Sum | Code::Dot | Code::LogSumExp);
        let sign = if add { "+=" } else { "=" };
        match code {
            Code::LayerWeights(number) => {
                let layer = &plan.layers[number as usize];
                let [weights, bias] = matrix(plan, number, Space::UniformGradient);
                let x = run(Space::Varying, layer.x, layer.inputs * layer.vectors);
                let g = args[1]
                    .map_or(String::new(), |g| lanes_of(plan, g, layer.outputs * layer.vectors, 1));
                write!(f, "{weights} += {g} ⊗ {x}")?;
                if !bias.is_empty() {
                    write!(f, ", {bias} += {g}")?;
                }
                return Ok(());
            }
            Code::Layer(number) => {
                let [weights, bias] = matrix(plan, number, Space::Uniform);
                let layer = &plan.layers[number as usize];
                let x = run(Space::Varying, layer.x, layer.inputs * layer.vectors);
                let plus = if bias.is_empty() { "" } else { " + " };
                return write!(
                    f,
                    "{} {sign} layer {}×{} {weights} · {x}{plus}{bias}",
                    view(to, 1),
                    layer.outputs,
                    layer.inputs
                );
            }
            Code::LayerInputs(number) => {
                let [weights, _] = matrix(plan, number, Space::Uniform);
                let layer = &plan.layers[number as usize];
                let g = args[0]
                    .map_or(String::new(), |g| lanes_of(plan, g, layer.outputs * layer.vectors, 1));
                return write!(f, "{} {sign} transposed {weights} · {g}", view(to, 1));
            }
            _ => {}
        }
        write!(f, "{} {sign} {}", view(to, if reduces { 1 } else { items }), Name(code))?;
        args.iter().flatten().try_for_each(|&arg| write!(f, " {}", view(arg, items)))
    }
}

/// The lanes of the weights of a layer, and of its bias if it has one.
fn matrix(plan: &Plan, number: u32, space: Space) -> [String; 2] {
    let layer = &plan.layers[number as usize];
    let rows = 0..layer.outputs;
    let weights: Vec<Lane> = rows
        .clone()
        .flat_map(|j| (0..layer.inputs).map(move |i| (j, i)))
        .map(|(j, i)| layer.weights + j * layer.row_step + i * layer.column_step)
        .collect();
    let bias = layer.bias.map(|(start, step)| {
        let lanes: Vec<Lane> = rows.map(|j| start + j * step).collect();
        list(space, &lanes)
    });
    [list(space, &weights), bias.unwrap_or_default()]
}

fn lanes_of(plan: &Plan, view: View, lanes: u32, items: u32) -> String {
    list(view.space, &plan.view_lanes(view, lanes, items).collect::<Vec<_>>())
}

fn run(space: Space, start: Lane, lanes: u32) -> String {
    list(space, &(start..start + lanes).collect::<Vec<_>>())
}

/// Lanes as text: a run, a lane that is read several times, or each for itself.
fn list(space: Space, lanes: &[Lane]) -> String {
    let sign = match space {
        Space::Uniform => "u",
        Space::Varying => "v",
        Space::UniformGradient => "du",
        Space::VaryingGradient => "dv",
    };
    match lanes {
        [] => "nothing".to_owned(),
        [lane] => format!("{sign}{lane}"),
        [first, .., last] if lanes.iter().zip(*first..).all(|(&lane, next)| lane == next) => {
            format!("{sign}{first}..{sign}{last}")
        }
        [first, ..] if lanes.iter().all(|lane| lane == first) => {
            format!("{}×{sign}{first}", lanes.len())
        }
        _ => {
            let shown: Vec<String> =
                lanes.iter().take(MOST).map(|lane| format!("{sign}{lane}")).collect();
            let cut = if lanes.len() > MOST { " …" } else { "" };
            format!("[{}{cut}]", shown.join(" "))
        }
    }
}

/// What an instruction computes, by name; the gradient of an operation is `d` and its name.
pub(super) struct Name(pub(super) Code);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Code::Copy => f.write_str("copy"),
            Code::Fill(x) => write!(f, "number {x}"),
            Code::Seed(Reduction::Sum) => f.write_str("number 1"),
            Code::Seed(Reduction::Mean) => f.write_str("1/samples"),
            Code::One(op) | Code::Two(op) => f.write_str(op.name()),
            Code::Numbered(op, c) => write!(f, "{} {c}:", op.name()),
            Code::Select => f.write_str("select"),
            Code::Sum => f.write_str("sum"),
            Code::LogSumExp => f.write_str("logsumexp"),
            Code::Dot => f.write_str("dot"),
            Code::PullOne(op) => write!(f, "d{}", op.name()),
            Code::PullNumbered(op, c) => write!(f, "d{} {c}:", op.name()),
            Code::PullFirst(op) => write!(f, "d{}/first", op.name()),
            Code::PullSecond(op) => write!(f, "d{}/second", op.name()),
            Code::PullThen => f.write_str("dselect/second"),
            Code::PullElse => f.write_str("dselect/third"),
            Code::PullLogSumExp => f.write_str("dlogsumexp"),
            Code::Layer(_) | Code::LayerInputs(_) | Code::LayerWeights(_) => f.write_str("layer"),
        }
    }
}
