//! Fourth pass: values of one kind become lanes of one instruction.
//!
//! Values that lie equally deep in the graph cannot depend on each other, so those made by the same
//! operation are computed together: the neurons of a layer, the positions of a sequence, the heads of an
//! attention, the terms of a sum. One instruction then computes them all, for all samples of a chunk, and
//! has whole vectors to work on even when there is a single sample. In the same way layers with the same
//! weights, as a network applied to every position of a sequence, become one matrix product.
//!
//! Lanes are ordered by the lanes they read, so that most instructions read runs. What does not fit is
//! read through a list, which costs time and never correctness.

use super::affine::Layer;
use super::graph::{Class, Graph, Id, List, Node};
use super::plan::{Code, Instruction, Lane, Lanes, LayerShape, Pack, Place, Plan, Space, View};
use crate::Op;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

/// Which values may share an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// All of one kind and depth.
    ByDepth,
    /// None: every value for itself, in the order of the recording, so that gradients add up in the order
    /// in which `backward` adds them.
    None,
}

/// A plan, and which of its lanes holds each value of the graph, in the space of the value's class.
pub(crate) struct Packed {
    pub(crate) plan: Plan,
    pub(crate) lane_of: Vec<Lane>,
}

/// Makes the instructions that compute a graph.
pub(crate) fn pack(graph: &Graph, layers: &[Layer], sharing: Sharing) -> Packed {
    let mut packer = Packer {
        graph,
        layers,
        plan: Plan { parameters: graph.parameters as u32, ..Plan::default() },
        lane_of: vec![0; graph.nodes.len()],
        spread: FxHashMap::default(),
        scratch: Vec::new(),
    };
    packer.place_leaves();
    let (mut units, mut varying) = (units(graph, layers, sharing), Vec::new());
    units.retain(|unit| {
        let is_varying = unit.class == Class::Varying;
        if is_varying {
            varying.push(*unit);
        }
        !is_varying
    });
    packer.make_all(units);
    packer.make_all(varying);
    let Packer { mut plan, lane_of, .. } = packer;
    let place = |id: Id| Place { space: space_of(graph, id), lane: lane_of[id as usize] };
    plan.outputs = graph.outputs.iter().map(|&id| place(id)).collect();
    plan.loss = graph.loss.map(|(id, reduction)| (place(id), reduction));
    plan.once = graph.once.map(place);
    Packed { plan, lane_of }
}

/// The space that holds a value.
pub(crate) fn space_of(graph: &Graph, id: Id) -> Space {
    match graph.class(id) {
        Class::Varying => Space::Varying,
        Class::Uniform | Class::Constant => Space::Uniform,
    }
}

/// A value or a layer to be made, with what decides who it is made with.
#[derive(Clone, Copy)]
struct Unit {
    class: Class,
    depth: u32,
    kind: Kind,
    what: What,
}

/// What two values have in common that one instruction can compute. It is compared as it is and not by a
/// hash: two kinds that look alike would be computed alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Any: nothing is shared.
    Alone,
    One(Op),
    /// An operation and the bits of its number.
    Numbered(Op, u64),
    Two(Op, Space, Space),
    Select,
    /// An operation of so many values.
    Many(Op, u32),
    Dot(u32, Space, Space),
    /// A layer, with a hash of its weights; those of one hash are compared when they are made.
    Layer(u64),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Value(Id),
    Layer(u32),
}

/// The units of a graph in the order in which they are made; those that share stand together.
fn units(graph: &Graph, layers: &[Layer], sharing: Sharing) -> Vec<Unit> {
    let mut units = Vec::with_capacity(graph.nodes.len());
    let mut depths = vec![0_u32; graph.nodes.len()];
    for (id, &node) in graph.nodes.iter().enumerate() {
        if matches!(node, Node::Number(_) | Node::Parameter(_) | Node::Input(_)) {
            continue;
        }
        let class = graph.classes[id];
        let mut depth = 0;
        graph.visit(node, |input| {
            // Constants and uniform values are made in one list.
            if space_of(graph, input) == space_of(graph, id as Id) {
                depth = depth.max(depths[input as usize] + 1);
            }
        });
        depths[id] = depth;
        if let Node::Linear(_) = node {
            continue;
        }
        let (depth, kind) = match sharing {
            Sharing::ByDepth => (depth, kind(graph, node)),
            Sharing::None => (id as u32, Kind::Alone),
        };
        units.push(Unit { class, depth, kind, what: What::Value(id as Id) });
    }
    for (i, layer) in layers.iter().enumerate() {
        let depth = depths[layer.rows[0].id as usize];
        let kind = Kind::Layer(hash_of_weights(layer));
        units.push(Unit { class: Class::Varying, depth, kind, what: What::Layer(i as u32) });
    }
    units.sort_unstable_by_key(|unit| (unit.depth, unit.kind, unit.what));
    units
}

fn hash_of_weights(layer: &Layer) -> u64 {
    let mut hasher = FxHasher::default();
    for row in &layer.rows {
        (&row.weights, row.bias).hash(&mut hasher);
    }
    hasher.finish()
}

fn kind(graph: &Graph, node: Node) -> Kind {
    let space = |id: Id| space_of(graph, id);
    match node {
        Node::One(op, _) => Kind::One(op),
        Node::Numbered(op, _, c) => Kind::Numbered(op, c.to_bits()),
        Node::Two(op, a, b) => Kind::Two(op, space(a), space(b)),
        Node::Select(..) => Kind::Select,
        Node::Many(op, list) => Kind::Many(op, list.len),
        Node::Dot(list) => {
            let (x, w) = graph.pairs(list);
            Kind::Dot(list.len, common(graph, x), common(graph, w))
        }
        Node::Number(_) | Node::Parameter(_) | Node::Input(_) | Node::Linear(_) => {
            unreachable!("leaves and layers are not made as values")
        }
    }
}

/// The space of values if it is one, else the varying, to which the others can be spread.
fn common(graph: &Graph, ids: &[Id]) -> Space {
    let uniform = ids.iter().all(|&id| space_of(graph, id) == Space::Uniform);
    if uniform { Space::Uniform } else { Space::Varying }
}

struct Packer<'a> {
    graph: &'a Graph,
    layers: &'a [Layer],
    plan: Plan,
    /// For each value its lane, in the space of its class.
    lane_of: Vec<Lane>,
    /// Uniform values that were copied to a varying lane.
    spread: FxHashMap<Id, Lane>,
    scratch: Vec<Lane>,
}

impl Packer<'_> {
    fn place_leaves(&mut self) {
        let (mut inputs, mut numbers) = (Vec::new(), Vec::new());
        for (id, &node) in self.graph.nodes.iter().enumerate() {
            match node {
                Node::Parameter(i) => self.lane_of[id] = i,
                Node::Number(x) => numbers.push((id, x)),
                Node::Input(i) => inputs.push((i, id)),
                _ => {}
            }
        }
        self.new_pack(Space::Uniform, self.plan.parameters, true);
        let start = self.new_pack(Space::Uniform, numbers.len() as u32, false);
        for ((id, x), lane) in numbers.into_iter().zip(start..) {
            self.lane_of[id] = lane;
            self.plan.numbers.push((lane, x));
        }
        inputs.sort_unstable();
        let start = self.new_pack(Space::Varying, inputs.len() as u32, false);
        for ((i, id), lane) in inputs.into_iter().zip(start..) {
            self.lane_of[id] = lane;
            self.plan.inputs.push(i);
        }
    }

    fn new_pack(&mut self, space: Space, lanes: u32, trained: bool) -> Lane {
        let plan = &mut self.plan;
        let (packs, pack_of, all) = match space {
            Space::Uniform => {
                (&mut plan.uniform_packs, &mut plan.uniform_pack_of, &mut plan.uniform_lanes)
            }
            _ => (&mut plan.varying_packs, &mut plan.varying_pack_of, &mut plan.varying_lanes),
        };
        let start = *all;
        *all += lanes;
        pack_of.resize(*all as usize, packs.len() as u32);
        packs.push(Pack { start, lanes, trained });
        start
    }

    fn make_all(&mut self, units: Vec<Unit>) {
        for group in units.chunk_by(|a, b| (a.depth, a.kind) == (b.depth, b.kind)) {
            match group[0].what {
                What::Value(_) => {
                    let id = |unit: &Unit| match unit.what {
                        What::Value(id) => id,
                        What::Layer(_) => unreachable!("a group is of one sort"),
                    };
                    self.make_values(group.iter().map(id).collect());
                }
                What::Layer(_) => {
                    let layers = self.layers;
                    let layer = |unit: &Unit| match unit.what {
                        What::Layer(i) => &layers[i as usize],
                        What::Value(_) => unreachable!("a group is of one sort"),
                    };
                    let mut rest: Vec<&Layer> = group.iter().map(layer).collect();
                    while let Some(&first) = rest.first() {
                        let same = |layer: &&Layer| {
                            let rows = layer.rows.iter().zip(&first.rows);
                            layer.rows.len() == first.rows.len()
                                && rows
                                    .into_iter()
                                    .all(|(a, b)| (&a.weights, a.bias) == (&b.weights, b.bias))
                        };
                        let (equal, others) = rest.into_iter().partition(same);
                        self.make_layer(equal);
                        rest = others;
                    }
                }
            }
        }
    }

    /// Makes values of one kind, with one instruction.
    fn make_values(&mut self, mut ids: Vec<Id>) {
        let graph = self.graph;
        let first = graph.node(ids[0]);
        if ids.len() > 1 {
            ids.sort_by_cached_key(|&id| self.reads(graph.node(id)));
        }
        let space = space_of(graph, ids[0]);
        let nodes = || ids.iter().map(|&id| graph.node(id));
        let (code, items, args) = match first {
            Node::One(op, _) => {
                let a = self.view_of(nodes(), |node| input(node, 0));
                (Code::One(op), 1, [Some(a), None, None])
            }
            Node::Numbered(op, _, c) => {
                let a = self.view_of(nodes(), |node| input(node, 0));
                (Code::Numbered(op, c), 1, [Some(a), None, None])
            }
            Node::Two(op, ..) => {
                let a = self.view_of(nodes(), |node| input(node, 0));
                let b = self.view_of(nodes(), |node| input(node, 1));
                (Code::Two(op), 1, [Some(a), Some(b), None])
            }
            Node::Select(..) => {
                let arg = |packer: &mut Self, i: usize| {
                    packer.listed(space, ids.len(), 1, nodes().map(|node| input(node, i)))
                };
                let (a, b, c) = (arg(self, 0), arg(self, 1), arg(self, 2));
                (Code::Select, 1, [Some(a), Some(b), Some(c)])
            }
            Node::Many(op, list) => {
                let code = if op == Op::Sum { Code::Sum } else { Code::LogSumExp };
                let all = nodes().flat_map(|node| graph.items(list_of(node)).iter().copied());
                let a = self.listed(space, ids.len(), list.len, all);
                (code, list.len, [Some(a), None, None])
            }
            Node::Dot(list) => {
                let (x, w) = graph.pairs(list);
                let (x_space, w_space) = (common(graph, x), common(graph, w));
                let xs = nodes().flat_map(|node| graph.pairs(list_of(node)).0.iter().copied());
                let a = self.listed(x_space, ids.len(), list.len / 2, xs);
                let ws = nodes().flat_map(|node| graph.pairs(list_of(node)).1.iter().copied());
                let b = self.listed(w_space, ids.len(), list.len / 2, ws);
                (Code::Dot, list.len / 2, [Some(a), Some(b), None])
            }
            Node::Number(_) | Node::Parameter(_) | Node::Input(_) | Node::Linear(_) => {
                unreachable!("leaves and layers have been placed")
            }
        };
        let trained = args.iter().flatten().any(|&arg| self.is_trained(arg, ids.len(), items));
        let start = self.new_pack(space, ids.len() as u32, trained);
        for (&id, lane) in ids.iter().zip(start..) {
            self.lane_of[id as usize] = lane;
        }
        let to = View::run(space, start);
        self.emit(
            space,
            Instruction { code, lanes: ids.len() as u32, items, to, add: false, args },
        );
    }

    fn emit(&mut self, space: Space, instruction: Instruction) {
        match space {
            Space::Uniform => self.plan.uniform.push(instruction),
            _ => self.plan.varying.push(instruction),
        }
    }

    /// What orders the lanes of an instruction: the lanes that a value reads.
    fn reads(&self, node: Node) -> [Lane; 3] {
        let mut lanes = [0; 3];
        let mut next = 0;
        match node {
            Node::Dot(list) => {
                let (x, w) = self.graph.pairs(list);
                let lane = |ids: &[Id]| ids.first().map_or(0, |&id| self.lane_of[id as usize]);
                [lane(x), lane(w), 0]
            }
            _ => {
                self.graph.visit(node, |id| {
                    if next < 3 {
                        lanes[next] = self.lane_of[id as usize];
                        next += 1;
                    }
                });
                lanes
            }
        }
    }

    /// The view of one input of each node, all of one space.
    fn view_of(&mut self, nodes: impl Iterator<Item = Node>, input: impl Fn(Node) -> Id) -> View {
        let mut lanes = std::mem::take(&mut self.scratch);
        lanes.clear();
        let mut space = Space::Uniform;
        for node in nodes {
            let id = input(node);
            space = space_of(self.graph, id);
            lanes.push(self.lane_of[id as usize]);
        }
        let view = self.view(space, &lanes, 1);
        self.scratch = lanes;
        view
    }

    /// The view of `items` values for each of `count` lanes, spread to the space wanted where they are not
    /// in it.
    fn listed(
        &mut self,
        space: Space,
        count: usize,
        items: u32,
        ids: impl Iterator<Item = Id>,
    ) -> View {
        let mut lanes = std::mem::take(&mut self.scratch);
        lanes.clear();
        for id in ids {
            lanes.push(self.lane_in(space, id));
        }
        debug_assert_eq!(lanes.len(), count * items as usize);
        let view = self.view(space, &lanes, items as usize);
        self.scratch = lanes;
        view
    }

    /// The lane of a value in a space; a uniform value can be copied to a varying lane.
    fn lane_in(&mut self, space: Space, id: Id) -> Lane {
        let own = space_of(self.graph, id);
        if own == space {
            return self.lane_of[id as usize];
        }
        debug_assert_eq!((own, space), (Space::Uniform, Space::Varying));
        if let Some(&lane) = self.spread.get(&id) {
            return lane;
        }
        let from = self.lane_of[id as usize];
        let trained = self.trained(Space::Uniform, from);
        let lane = self.new_pack(Space::Varying, 1, trained);
        self.copy(View::run(Space::Uniform, from), View::run(Space::Varying, lane), 1);
        self.spread.insert(id, lane);
        lane
    }

    fn copy(&mut self, from: View, to: View, lanes: u32) {
        let args = [Some(from), None, None];
        let instruction = Instruction { code: Code::Copy, lanes, items: 1, to, add: false, args };
        self.emit(to.space, instruction);
    }

    /// A view of these lanes, `items` for each lane: a grid if they are one.
    fn view(&mut self, space: Space, lanes: &[Lane], items: usize) -> View {
        let lanes = match self.grid(space, lanes, items) {
            Some(grid) => grid,
            None => {
                let start = self.plan.lists.len() as u32;
                self.plan.lists.extend_from_slice(lanes);
                Lanes::List { start }
            }
        };
        View { space, lanes }
    }

    fn grid(&self, space: Space, lanes: &[Lane], items: usize) -> Option<Lanes> {
        let Some(&start) = lanes.first() else {
            return Some(Lanes::Grid { start: 0, lane_step: 0, item_step: 0 });
        };
        let step = |i: usize| lanes.get(i).map_or(1, |&lane| lane.wrapping_sub(start) as i32);
        let item_step = if items > 1 { step(1) } else { 0 };
        let lane_step = step(items);
        let regular = lanes.chunks_exact(items).enumerate().all(|(k, lanes)| {
            let row = start.wrapping_add((k as i32).wrapping_mul(lane_step) as u32);
            lanes.iter().enumerate().all(|(i, &lane)| {
                lane == row.wrapping_add((i as i32).wrapping_mul(item_step) as u32)
            })
        });
        // Packs are moved one by one when memory is handed out.
        let one_pack = space == Space::Uniform || {
            let pack = |lane: Lane| self.plan.varying_pack_of[lane as usize];
            lanes.iter().all(|&lane| pack(lane) == pack(start))
        };
        (regular && one_pack).then_some(Lanes::Grid { start, lane_step, item_step })
    }

    fn is_trained(&self, view: View, lanes: usize, items: u32) -> bool {
        self.plan.view_lanes(view, lanes as u32, items).any(|lane| self.trained(view.space, lane))
    }

    /// Whether a lane depends on parameters.
    fn trained(&self, space: Space, lane: Lane) -> bool {
        self.plan.packs(space)[self.plan.pack_of(space, lane)].trained
    }

    /// Makes layers that have the same weights, as one product.
    fn make_layer(&mut self, mut layers: Vec<&Layer>) {
        let (n, m, vectors) = (layers[0].x.len(), layers[0].rows.len(), layers.len());
        layers.sort_by_key(|layer| self.lane_of[layer.x[0] as usize]);
        let lane_of = |id: Id| self.lane_of[id as usize];
        // Columns in the order of the lanes of the first vector, rows in that of their weights.
        let mut columns: Vec<usize> = (0..n).collect();
        columns.sort_by_key(|&i| lane_of(layers[0].x[i]));
        let mut rows: Vec<usize> = (0..m).collect();
        rows.sort_by_key(|&j| lane_of(layers[0].rows[j].weights[columns[0]]));

        let x: Vec<Lane> = columns
            .iter()
            .flat_map(|&i| layers.iter().map(move |layer| lane_of(layer.x[i])))
            .collect();
        let row = |j: &usize| &layers[0].rows[*j];
        let weights: Vec<Lane> = rows
            .iter()
            .flat_map(|j| columns.iter().map(move |&i| lane_of(row(j).weights[i])))
            .collect();
        let biases: Vec<Id> = rows.iter().map(|j| row(j).bias).collect();
        let no_bias = biases.iter().all(|&id| self.graph.adds_nothing(id));
        let biases: Vec<Lane> = biases.iter().map(|&id| lane_of(id)).collect();

        let passes_on = x.iter().any(|&lane| self.trained(Space::Varying, lane));
        let trained = weights.iter().chain(&biases).any(|&lane| self.trained(Space::Uniform, lane));
        let x = self.run_of(x, passes_on);
        let weights = self.matrix_of(weights, n);
        let bias = (!no_bias).then(|| {
            let matrix = self.matrix_of(biases, 1);
            (matrix.0, matrix.1)
        });
        let start = self.new_pack(Space::Varying, (m * vectors) as u32, trained || passes_on);
        for (&j, k) in rows.iter().zip(0..) {
            for (layer, v) in layers.iter().zip(0..) {
                let id = layer.rows[j].id;
                self.lane_of[id as usize] = start + k * vectors as u32 + v;
            }
        }
        let number = self.plan.layers.len() as u32;
        self.plan.layers.push(LayerShape {
            outputs: m as u32,
            inputs: n as u32,
            vectors: vectors as u32,
            weights: weights.0,
            row_step: weights.1,
            column_step: weights.2,
            bias,
            x,
            given: self.given(x, n, vectors),
            trained,
            passes_on,
        });
        let x = View::run(Space::Varying, x);
        self.emit(
            Space::Varying,
            Instruction {
                code: Code::Layer(number),
                lanes: (m * vectors) as u32,
                items: 1,
                to: View::run(Space::Varying, start),
                add: false,
                args: [Some(x), None, None],
            },
        );
    }

    /// Where the vector from this lane on is found in the arrays of a batch, if it is columns of one.
    fn given(&self, x: Lane, n: usize, vectors: usize) -> Option<(u32, u32)> {
        let inputs = self.plan.inputs.get(x as usize..x as usize + n)?;
        let first = *inputs.first()?;
        let mut before = 0;
        for (array, &width) in (0..).zip(&self.graph.inputs) {
            let columns = before..before + width as u32;
            if columns.contains(&first) {
                let all = inputs.iter().zip(first..).all(|(&input, wanted)| input == wanted);
                let inside = columns.contains(&(first + n as u32 - 1));
                return (vectors == 1 && all && inside).then_some((array, first - before));
            }
            before = columns.end;
        }
        None
    }

    /// These varying lanes as a run: where they lie, if they are one, else copied.
    fn run_of(&mut self, lanes: Vec<Lane>, trained: bool) -> Lane {
        let from = self.view(Space::Varying, &lanes, 1);
        match from.lanes {
            Lanes::Grid { start, lane_step: 1, .. } => start,
            _ => {
                let to = self.new_pack(Space::Varying, lanes.len() as u32, trained);
                self.copy(from, View::run(Space::Varying, to), lanes.len() as u32);
                to
            }
        }
    }

    /// These uniform lanes, row by row, as a matrix with steps: where they lie, if they are one, else
    /// copied once a step.
    fn matrix_of(&mut self, lanes: Vec<Lane>, columns: usize) -> (Lane, u32, u32) {
        // Gradients are added place by place, so no two weights may share one.
        let apart = |row_step: i32, column_step: i32| {
            let (rows, columns) = ((lanes.len() / columns) as i32, columns as i32);
            let by_rows = column_step > 0 && row_step >= columns * column_step;
            let by_columns = row_step > 0 && column_step >= rows * row_step;
            by_rows
                || by_columns
                || (rows == 1 && column_step > 0)
                || (columns == 1 && row_step > 0)
        };
        // What needs a layer's weights asks for the pack of the first.
        let pack = |lane: Lane| self.plan.uniform_pack_of[lane as usize];
        if let Some(Lanes::Grid { start, lane_step, item_step }) =
            self.grid(Space::Uniform, &lanes, columns)
            && lanes.iter().all(|&lane| pack(lane) == pack(start))
            && lane_step >= 0
            && item_step >= 0
            && apart(lane_step, item_step)
        {
            // Of one column there is no next; what walks a row still has to go on.
            let column_step = if columns == 1 { 1 } else { item_step as u32 };
            return (start, lane_step as u32, column_step);
        }
        let trained = lanes.iter().any(|&lane| self.trained(Space::Uniform, lane));
        let from = self.view(Space::Uniform, &lanes, 1);
        let to = self.new_pack(Space::Uniform, lanes.len() as u32, trained);
        self.copy(from, View::run(Space::Uniform, to), lanes.len() as u32);
        (to, columns as u32, 1)
    }
}

fn input(node: Node, i: usize) -> Id {
    match (node, i) {
        (
            Node::One(_, a) | Node::Numbered(_, a, _) | Node::Two(_, a, _) | Node::Select(a, ..),
            0,
        )
        | (Node::Two(_, _, a) | Node::Select(_, a, _), 1)
        | (Node::Select(_, _, a), 2) => a,
        _ => unreachable!("a group is of one kind"),
    }
}

fn list_of(node: Node) -> List {
    match node {
        Node::Many(_, list) | Node::Dot(list) | Node::Linear(list) => list,
        _ => unreachable!("a group is of one kind"),
    }
}
