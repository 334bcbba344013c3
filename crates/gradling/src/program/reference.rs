//! What graphs and plans mean, computed in the plainest way: the oracle of the pass tests.

use super::Reduction;
use super::adjoint::Adjoint;
use super::affine::Layer;
use super::graph::{Graph, Id, Node};
use super::plan::{Code, Instruction, Lane, Place, Plan, Space};
use crate::op::{Op, Real};
use proptest::prelude::*;

/// The values of a graph for one sample.
pub(super) fn evaluate(graph: &Graph, parameters: &[f64], inputs: &[f64]) -> Vec<f64> {
    let mut values: Vec<f64> = Vec::with_capacity(graph.nodes.len());
    for &node in &graph.nodes {
        let at = |id: Id| values[id as usize];
        let sum_of_products =
            |x: &[Id], w: &[Id]| x.iter().zip(w).map(|(&x, &w)| at(x) * at(w)).sum::<f64>();
        let value = match node {
            Node::Number(x) => x,
            Node::Parameter(i) => parameters[i as usize],
            Node::Input(i) => inputs[i as usize],
            Node::One(op, a) => op.value1(at(a)),
            Node::Numbered(op, a, c) => op.value_number(at(a), c),
            Node::Two(op, a, b) => op.value2(at(a), at(b)),
            Node::Select(a, b, c) => Real::select(at(a), at(b), at(c)),
            Node::Many(op, list) => {
                let x: Vec<f64> = graph.items(list).iter().map(|&id| at(id)).collect();
                many(op == Op::Sum, &x)
            }
            Node::Dot(list) => {
                let (x, w) = graph.pairs(list);
                // As the tape adds up.
                crate::math::dot(x.len(), |i| at(x[i]), |i| at(w[i]))
            }
            Node::Linear(list) => {
                let (x, u, b) = graph.weighted(list);
                sum_of_products(x, u) + at(b)
            }
        };
        values.push(value);
    }
    values
}

fn many(sum: bool, x: &[f64]) -> f64 {
    if sum {
        crate::math::sum(x.len(), |i| x[i])
    } else {
        crate::math::logsumexp(x.len(), |i| x[i])
    }
}

/// What is asked of a graph: its outputs, its loss and what is added once.
pub(super) fn results(graph: &Graph, parameters: &[f64], inputs: &[f64]) -> Vec<f64> {
    let values = evaluate(graph, parameters, inputs);
    graph.roots().map(|id| values[id as usize]).collect()
}

/// Each row of a layer, computed from its inputs, beside the value it stands for.
pub(super) fn rows(layers: &[Layer], values: &[f64]) -> Vec<(f64, f64)> {
    let at = |id: Id| values[id as usize];
    let mut rows = Vec::new();
    for layer in layers {
        for row in &layer.rows {
            let products = layer.x.iter().zip(&row.weights).map(|(&x, &w)| at(x) * at(w));
            rows.push((products.sum::<f64>() + at(row.bias), at(row.id)));
        }
    }
    rows
}

/// The gradient, by the parameters, of the loss of one sample and what is added once.
pub(super) fn gradient(graph: &Graph, parameters: &[f64], inputs: &[f64]) -> Vec<f64> {
    let values = evaluate(graph, parameters, inputs);
    let at = |id: Id| values[id as usize];
    let mut gradients = vec![0.0; values.len()];
    for id in graph.loss.map(|(id, _)| id).into_iter().chain(graph.once) {
        gradients[id as usize] += 1.0;
    }
    let mut of_parameters = vec![0.0; graph.parameters];
    for (id, &node) in graph.nodes.iter().enumerate().rev() {
        let g = gradients[id];
        let y = values[id];
        let mut flow = |id: Id, g: f64| gradients[id as usize] += g;
        match node {
            Node::Number(_) | Node::Input(_) => {}
            Node::Parameter(i) => of_parameters[i as usize] += g,
            Node::One(op, a) => flow(a, op.pull1(at(a), y, g)),
            Node::Numbered(op, a, c) => flow(a, op.pull_number(at(a), c, g)),
            Node::Two(op, a, b) => {
                let (da, db) = op.pull2(at(a), at(b), g);
                flow(a, da);
                flow(b, db);
            }
            Node::Select(a, b, c) => flow(if at(a) != 0.0 { b } else { c }, g),
            Node::Many(Op::Sum, list) => graph.items(list).iter().for_each(|&id| flow(id, g)),
            Node::Many(_, list) => {
                graph.items(list).iter().for_each(|&id| flow(id, g * (at(id) - y).exp()));
            }
            Node::Dot(list) => {
                let (x, w) = graph.pairs(list);
                for (&x, &w) in x.iter().zip(w) {
                    flow(x, g * at(w));
                    flow(w, g * at(x));
                }
            }
            Node::Linear(list) => {
                let (x, u, b) = graph.weighted(list);
                for (&x, &u) in x.iter().zip(u) {
                    flow(x, g * at(u));
                    flow(u, g * at(x));
                }
                flow(b, g);
            }
        }
    }
    of_parameters
}

/// The lanes of a plan for one sample: a number each.
#[derive(Default)]
pub(super) struct Lanes {
    uniform: Vec<f64>,
    varying: Vec<f64>,
    uniform_gradient: Vec<f64>,
    varying_gradient: Vec<f64>,
}

impl Lanes {
    fn space(&mut self, space: Space) -> &mut Vec<f64> {
        match space {
            Space::Uniform => &mut self.uniform,
            Space::Varying => &mut self.varying,
            Space::UniformGradient => &mut self.uniform_gradient,
            Space::VaryingGradient => &mut self.varying_gradient,
        }
    }

    /// What a plan gives for one sample, in the order of [`results`], and the gradient. What no instruction
    /// has written yet is NaN.
    pub(super) fn run(
        plan: &Plan,
        adjoint: &Adjoint,
        parameters: &[f64],
        inputs: &[f64],
    ) -> (Vec<f64>, Vec<f64>) {
        let nan = |lanes: u32| vec![f64::NAN; lanes as usize];
        let mut lanes = Lanes {
            uniform: nan(plan.uniform_lanes),
            varying: nan(plan.varying_lanes),
            // These add up over the samples, and so begin at 0.
            uniform_gradient: vec![0.0; plan.uniform_lanes as usize],
            varying_gradient: nan(plan.varying_lanes),
        };
        lanes.uniform[..parameters.len()].copy_from_slice(parameters);
        plan.numbers.iter().for_each(|&(lane, x)| lanes.uniform[lane as usize] = x);
        for (lane, &i) in plan.inputs.iter().enumerate() {
            lanes.varying[lane] = inputs[i as usize];
        }
        let forward = plan.uniform.iter().chain(&plan.varying);
        for instruction in forward.chain(&adjoint.varying).chain(&adjoint.uniform) {
            lanes.carry_out(plan, instruction);
        }
        let places = plan.outputs.iter().copied();
        let places = places.chain(plan.loss.map(|(place, _)| place)).chain(plan.once);
        let results =
            places.map(|Place { space, lane }| lanes.space(space)[lane as usize]).collect();
        (results, lanes.uniform_gradient[..parameters.len()].to_vec())
    }

    fn carry_out(&mut self, plan: &Plan, instruction: &Instruction) {
        let &Instruction { code, lanes, items, to, add, args } = instruction;
        let reduces = matches!(code, Code::Sum | Code::Dot | Code::LogSumExp);
        let places: Vec<Lane> =
            plan.view_lanes(to, lanes, if reduces { 1 } else { items }).collect();
        let [a, b, c] = args.map(|arg| match arg {
            None => Vec::new(),
            // What a layer reads is as long as its matrix says.
            Some(view) => {
                let count = match code {
                    Code::Layer(_) | Code::LayerInputs(_) | Code::LayerWeights(_) => {
                        let start = plan.view_lanes(view, 1, 1).next().unwrap_or(0) as usize;
                        return self.space(view.space)[start..].to_vec();
                    }
                    _ => (lanes, items),
                };
                let at: Vec<Lane> = plan.view_lanes(view, count.0, count.1).collect();
                at.into_iter().map(|lane| self.space(view.space)[lane as usize]).collect()
            }
        });
        let each = |f: &dyn Fn(usize) -> f64| (0..places.len()).map(f).collect::<Vec<f64>>();
        let items_of = |k: usize| k * items as usize..(k + 1) * items as usize;
        let values = match code {
            Code::Copy => a,
            Code::Fill(x) => vec![x; places.len()],
            // Of one sample a mean is the sum.
            Code::Seed(Reduction::Sum | Reduction::Mean) => vec![1.0; places.len()],
            Code::One(op) => each(&|i| op.value1(a[i])),
            Code::Numbered(op, x) => each(&|i| op.value_number(a[i], x)),
            Code::Two(op) => each(&|i| op.value2(a[i], b[i])),
            Code::Select => each(&|i| Real::select(a[i], b[i], c[i])),
            Code::Sum => each(&|k| many(true, &a[items_of(k)])),
            Code::LogSumExp => each(&|k| many(false, &a[items_of(k)])),
            Code::Dot => each(&|k| items_of(k).map(|i| a[i] * b[i]).sum()),
            Code::PullOne(op) => each(&|i| op.pull1(a[i], b[i], c[i])),
            Code::PullNumbered(op, x) => each(&|i| op.pull_number(a[i], x, b[i])),
            Code::PullFirst(op) => each(&|i| op.pull2(a[i], b[i], c[i]).0),
            Code::PullSecond(op) => each(&|i| op.pull2(a[i], b[i], c[i]).1),
            Code::PullThen => each(&|i| if a[i] != 0.0 { b[i] } else { 0.0 }),
            Code::PullElse => each(&|i| if a[i] != 0.0 { 0.0 } else { b[i] }),
            Code::PullLogSumExp => each(&|i| c[i] * (a[i] - b[i]).exp()),
            Code::Layer(number) | Code::LayerInputs(number) | Code::LayerWeights(number) => {
                return self.layer(plan, (code, number), (&a, &b), &places, add);
            }
        };
        let space = self.space(to.space);
        let add = add || to.space == Space::UniformGradient;
        for (&place, x) in places.iter().zip(values) {
            let into = &mut space[place as usize];
            *into = if add { *into + x } else { x };
        }
    }

    fn layer(
        &mut self,
        plan: &Plan,
        (code, number): (Code, u32),
        (a, b): (&[f64], &[f64]),
        places: &[Lane],
        add: bool,
    ) {
        let layer = &plan.layers[number as usize];
        let (m, n, vectors) = (layer.outputs, layer.inputs, layer.vectors);
        let weight = |j, i| (layer.weights + j * layer.row_step + i * layer.column_step) as usize;
        for (j, v) in (0..m).flat_map(|j| (0..vectors).map(move |v| (j, v))) {
            let z = (j * vectors + v) as usize;
            let x = |i: u32| (i * vectors + v) as usize;
            match code {
                Code::Layer(_) => {
                    let bias = layer.bias.map(|(b, step)| self.uniform[(b + j * step) as usize]);
                    let sum = (0..n).map(|i| self.uniform[weight(j, i)] * a[x(i)]).sum::<f64>();
                    self.varying[places[z] as usize] = sum + bias.unwrap_or(-0.0);
                }
                Code::LayerInputs(_) => {
                    for i in 0..n {
                        let into = &mut self.varying_gradient[places[x(i)] as usize];
                        let before = if j == 0 && !add { 0.0 } else { *into };
                        *into = before + self.uniform[weight(j, i)] * a[z];
                    }
                }
                _ => {
                    for i in 0..n {
                        self.uniform_gradient[weight(j, i)] += b[z] * a[x(i)];
                    }
                    if let Some((bias, step)) = layer.bias {
                        self.uniform_gradient[(bias + j * step) as usize] += b[z];
                    }
                }
            }
        }
    }
}

/// Which operations a random graph consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operations {
    /// Those that are exact on small integers, in whichever order they are done.
    Exact,
    /// All.
    All,
}

/// One random value: what it is and what it is made of.
#[derive(Clone, Debug)]
struct Gene {
    sort: u8,
    picks: Vec<u16>,
    number: usize,
}

/// Inputs and parameters of the graphs.
pub(super) const INPUTS: usize = 4;
pub(super) const PARAMETERS: usize = 6;

/// Graphs with a loss, outputs and often a term that is added once.
pub(super) fn graphs(operations: Operations) -> impl Strategy<Value = Graph> {
    let gene =
        (any::<u8>(), prop::collection::vec(any::<u16>(), 1..7), any::<prop::sample::Index>())
            .prop_map(|(sort, picks, number)| Gene { sort, picks, number: number.index(1 << 16) });
    prop::collection::vec(gene, 1..40).prop_map(move |genes| grow(operations, &genes))
}

fn grow(operations: Operations, genes: &[Gene]) -> Graph {
    const EXACT: [f64; 6] = [0.0, -0.0, 1.0, -1.0, 2.0, -3.0];
    const ALL: [f64; 10] =
        [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -3.0, f64::INFINITY, f64::NAN, f64::NEG_INFINITY];
    let numbers: &[f64] = if operations == Operations::Exact { &EXACT } else { &ALL };
    let two_exact = [Op::Max, Op::Min, Op::Lt, Op::Ge, Op::Eq];
    let one: Vec<Op> = Op::ALL
        .iter()
        .copied()
        .filter(|op| op.arity() == crate::Arity::Fixed(1) && !op.takes_number())
        .collect();
    let two: Vec<Op> =
        Op::ALL.iter().copied().filter(|op| op.arity() == crate::Arity::Fixed(2)).collect();
    let mut graph = Graph {
        names: vec![String::new(), "layer 1".to_owned()],
        inputs: vec![1, INPUTS - 1],
        parameters: PARAMETERS,
        ..Graph::default()
    };
    let leaves = (0..INPUTS as u32).map(Node::Input);
    for leaf in leaves.chain((0..PARAMETERS as u32).map(Node::Parameter)) {
        graph.push(leaf, 0);
    }
    for gene in genes {
        let all = graph.nodes.len();
        let picks: Vec<Id> = gene.picks.iter().map(|&pick| Id::from(pick) % all as Id).collect();
        let (a, b) = (picks[0], picks[picks.len() - 1]);
        let number = numbers[gene.number % numbers.len()];
        let exact = operations == Operations::Exact;
        let node = match gene.sort % 24 {
            0 => Node::Number(number),
            1..=4 => Node::Two(Op::Add, a, b),
            5..=6 => Node::Two(Op::Sub, a, b),
            7..=11 => Node::Two(Op::Mul, a, b),
            12..=13 => Node::One(Op::Neg, a),
            14..=15 => Node::Many(Op::Sum, graph.list(picks)),
            16 => Node::Dot({
                let half = picks.len() / 2;
                graph.list(picks[..2 * half].iter().copied())
            }),
            17 => Node::Select(a, b, picks[picks.len() / 2]),
            18 if exact => Node::Numbered(Op::Powf, a, [0.0, 1.0, 2.0][gene.number % 3]),
            18 => Node::Numbered(Op::Powf, a, number),
            19 if exact => Node::One([Op::Relu, Op::Abs][gene.number % 2], a),
            20 | 21 if exact => Node::Two(two_exact[gene.number % two_exact.len()], a, b),
            19 | 20 => Node::One(one[gene.number % one.len()], a),
            21 => Node::Two(two[gene.number % two.len()], a, b),
            22 if exact => Node::Numbered(Op::LeakyRelu, a, 2.0),
            22 => Node::Many(Op::LogSumExp, graph.list(picks)),
            _ => Node::Numbered(Op::LeakyRelu, a, [0.5, 2.0][gene.number % 2]).exact(exact),
        };
        graph.push(node, u32::from(gene.sort % 2));
    }
    let last = graph.nodes.len() as Id - 1;
    let fixed = (0..=last).rev().find(|&id| graph.class(id) != super::graph::Class::Varying);
    graph.loss = Some((last, Reduction::Sum));
    graph.outputs = vec![last - 1, last / 2];
    graph.once = fixed.filter(|id| id % 2 == 0);
    graph
}

impl Node {
    /// Without halves, where integers are to stay integers.
    fn exact(self, exact: bool) -> Node {
        match self {
            Node::Numbered(op, a, c) if exact => Node::Numbered(op, a, c.ceil()),
            _ => self,
        }
    }
}

/// Numbers for the parameters and the inputs of a graph: small integers.
pub(super) fn integers() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    let some = |count| prop::collection::vec((-2_i8..=2).prop_map(f64::from), count);
    (some(PARAMETERS), some(INPUTS))
}

/// Any numbers for them.
pub(super) fn numbers() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    let special =
        prop::sample::select(vec![0.0, -0.0, 1.0, f64::INFINITY, f64::NAN, 1e-310, -1e300]);
    let number = prop_oneof![3 => -3.0..3.0_f64, 1 => special];
    let some = move |count| prop::collection::vec(number.clone(), count);
    (some.clone()(PARAMETERS), some(INPUTS))
}

/// The same bits, where any NaN is as good as another.
pub(super) fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}
