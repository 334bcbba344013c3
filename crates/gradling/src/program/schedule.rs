//! Sixth pass: which instructions a result needs, and where every row of samples lies in memory.
//!
//! A row is taken from memory when it is written and given back after its last reader, so that the rows
//! of a chunk fit the cache; a value is kept for the reverse half only if the reverse half reads it.
//! Uniform lanes need no such care: there is one number of each.

use super::adjoint::Adjoint;
use super::plan::{Code, Instruction, Lane, Lanes, Pack, Place, Plan, Space, View};
use rustc_hash::FxHashMap;

/// What is asked of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Outputs,
    Loss,
    OutputsAndLoss,
    Gradient,
}

impl Wanted {
    pub(crate) fn loss(self) -> bool {
        self != Wanted::Outputs
    }

    pub(crate) fn outputs(self) -> bool {
        matches!(self, Wanted::Outputs | Wanted::OutputsAndLoss)
    }
}

/// Where an operand lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Rows, of a chunk's samples or of one number.
    Rows,
    /// Uniform numbers, read while samples are computed.
    Uniform,
    /// Gradients of uniform numbers, summed over the samples of a chunk.
    Totals,
}

/// The places of an instruction's elements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand {
    pub(crate) memory: Memory,
    pub(crate) places: Places,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Places {
    /// `start + step·(k·items + i)`.
    Steps { start: u32, step: i32 },
    /// `lists[start + k·items + i]` of [`Schedule::lists`].
    List { start: u32 },
}

/// An instruction with its memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) code: Code,
    pub(crate) lanes: u32,
    pub(crate) items: u32,
    pub(crate) add: bool,
    /// All operands are rows, each in one run: the whole is one loop over plain slices.
    pub(crate) flat: Option<Flat>,
    pub(crate) to: Operand,
    pub(crate) args: [Option<Operand>; 3],
}

/// Where the runs of a step begin, looked up once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flat {
    pub(crate) to: u32,
    /// An operand that there is none of is any other.
    pub(crate) args: [u32; 3],
    /// How many rows each has.
    pub(crate) rows: u32,
}

/// Where a result is found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    Row(u32),
    Uniform(Lane),
}

/// The steps to a result.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    /// Once, before the samples.
    pub(crate) before: Vec<Step>,
    /// For every chunk of samples, up to the loss and the outputs.
    pub(crate) forward: Vec<Step>,
    /// For every chunk, from there to the gradients.
    pub(crate) reverse: Vec<Step>,
    /// Once, after the samples.
    pub(crate) after: Vec<Step>,
    pub(crate) lists: Vec<u32>,
    /// Rows of a chunk.
    pub(crate) rows: u32,
    /// For each row from 0 on, as many as there are: the input that it holds.
    pub(crate) inputs: Vec<u32>,
    pub(crate) outputs: Vec<Source>,
    pub(crate) loss: Option<Source>,
    pub(crate) once: Option<Lane>,
    /// What a sample costs, in multiply-adds of a product: see [`cost`].
    pub(crate) cost: u64,
}

/// Orders the steps to what is wanted and hands out memory.
pub(crate) fn schedule(plan: &Plan, adjoint: &Adjoint, wanted: Wanted) -> Schedule {
    let nothing = Adjoint::default();
    let adjoint = if wanted == Wanted::Gradient { adjoint } else { &nothing };
    let needs = Needs::of(plan, adjoint, wanted);
    let forward: Vec<&Instruction> =
        plan.varying.iter().filter(|instruction| needs.made_by(plan, instruction)).collect();
    let mut memory = Rows::new(plan);
    memory.find_last_uses(&forward, &adjoint.varying, wanted);

    let mut lists = Vec::new();
    let inputs_used = needs.inputs(plan);
    if inputs_used {
        // First of all, so their rows are the first.
        memory.take(Space::Varying, 0, plan.inputs.len() as u32);
    }
    let results = time_of_results(forward.len());
    let forward_steps =
        (1..).zip(&forward).map(|(time, i)| memory.step(i, time, &mut lists)).collect();
    let source = |place: &Place| match place.space {
        Space::Varying => Source::Row(memory.row(Space::Varying, place.lane)),
        _ => Source::Uniform(place.lane),
    };
    let inputs = if inputs_used { plan.inputs.clone() } else { Vec::new() };
    let outputs = plan.outputs.iter().filter(|_| wanted.outputs()).map(source).collect();
    let loss = plan.loss.filter(|_| wanted.loss()).map(|(place, _)| source(&place));
    memory.give_back(results);
    let reverse = (results + 1..)
        .zip(&adjoint.varying)
        .map(|(time, i)| memory.step(i, time, &mut lists))
        .collect();
    let before = plan
        .uniform
        .iter()
        .filter(|instruction| needs.made_by(plan, instruction))
        .map(|instruction| uniform_step(plan, instruction, &mut lists))
        .collect();
    let after = adjoint.uniform.iter().map(|i| uniform_step(plan, i, &mut lists)).collect();
    let cost = forward.iter().copied().chain(&adjoint.varying).map(|i| cost(plan, i)).sum();
    Schedule {
        before,
        forward: forward_steps,
        reverse,
        after,
        rows: memory.rows,
        inputs,
        outputs,
        loss,
        once: plan.once.filter(|_| wanted.loss()).map(|place| place.lane),
        lists,
        cost,
    }
}

/// About how long an instruction takes for a sample, in the time of a multiply-add of a product, some 0.03
/// nanoseconds: an element of any other instruction takes four times as long.
fn cost(plan: &Plan, instruction: &Instruction) -> u64 {
    match instruction.code {
        Code::Layer(number) | Code::LayerInputs(number) | Code::LayerWeights(number) => {
            let layer = &plan.layers[number as usize];
            u64::from(layer.outputs) * u64::from(layer.inputs) * u64::from(layer.vectors)
        }
        _ => 4 * u64::from(instruction.lanes) * u64::from(instruction.items),
    }
}

/// When loss and outputs are read: after `forward` instructions.
fn time_of_results(forward: usize) -> u32 {
    forward as u32 + 1
}

/// Which packs a result needs.
struct Needs {
    uniform: Vec<bool>,
    varying: Vec<bool>,
}

impl Needs {
    fn of(plan: &Plan, adjoint: &Adjoint, wanted: Wanted) -> Needs {
        let mut needs = Needs {
            uniform: vec![false; plan.uniform_packs.len()],
            varying: vec![false; plan.varying_packs.len()],
        };
        let loss = plan.loss.map(|(place, _)| place).into_iter().chain(plan.once);
        let outputs = plan.outputs.iter().copied().filter(|_| wanted.outputs());
        for place in loss.filter(|_| wanted.loss()).chain(outputs) {
            needs.mark(plan, place.space, place.lane);
        }
        for instruction in adjoint.varying.iter().chain(&adjoint.uniform) {
            needs.mark_args(plan, instruction);
        }
        for instruction in plan.varying.iter().rev().chain(plan.uniform.iter().rev()) {
            if needs.made_by(plan, instruction) {
                needs.mark_args(plan, instruction);
            }
        }
        needs
    }

    fn mark(&mut self, plan: &Plan, space: Space, lane: Lane) {
        match space {
            Space::Uniform => self.uniform[plan.pack_of(space, lane)] = true,
            Space::Varying => self.varying[plan.pack_of(space, lane)] = true,
            Space::UniformGradient | Space::VaryingGradient => {}
        }
    }

    fn mark_args(&mut self, plan: &Plan, instruction: &Instruction) {
        for view in instruction.args.iter().flatten() {
            each_pack(plan, instruction, *view, |lane| self.mark(plan, view.space, lane));
        }
        if let Code::Layer(number) | Code::LayerInputs(number) | Code::LayerWeights(number) =
            instruction.code
        {
            let layer = &plan.layers[number as usize];
            self.mark(plan, Space::Uniform, layer.weights);
            if let Some((bias, _)) = layer.bias {
                self.mark(plan, Space::Uniform, bias);
            }
        }
    }

    /// Whether what the instruction makes is needed.
    fn made_by(&self, plan: &Plan, instruction: &Instruction) -> bool {
        let Lanes::Grid { start, .. } = instruction.to.lanes else { return true };
        let pack = plan.pack_of(instruction.to.space, start);
        match instruction.to.space {
            Space::Uniform => self.uniform[pack],
            _ => self.varying[pack],
        }
    }

    fn inputs(&self, plan: &Plan) -> bool {
        !plan.inputs.is_empty() && self.varying[plan.pack_of(Space::Varying, 0)]
    }
}

/// Calls `see` with a lane of each pack that a view reaches, at least.
fn each_pack(plan: &Plan, instruction: &Instruction, view: View, mut see: impl FnMut(Lane)) {
    match view.lanes {
        Lanes::Grid { start, .. }
            if matches!(view.space, Space::Varying | Space::VaryingGradient) =>
        {
            if instruction.lanes * instruction.items > 0 {
                see(start);
            }
        }
        // A grid of uniform lanes may reach over several packs, as a list may.
        _ => plan.view_lanes(view, instruction.lanes, instruction.items).for_each(see),
    }
}

/// The rows of a chunk: which are taken, by which packs, until when.
struct Rows<'a> {
    plan: &'a Plan,
    /// For each pack of values, then of gradients, the first row, once it has one.
    first: [Vec<Option<u32>>; 2],
    last_use: [Vec<u32>; 2],
    /// Packs to give back at each time: values and gradients.
    ends: FxHashMap<u32, Vec<(usize, usize)>>,
    free: FxHashMap<u32, Vec<u32>>,
    rows: u32,
}

/// 0 for values, 1 for gradients.
fn half(space: Space) -> usize {
    usize::from(space == Space::VaryingGradient)
}

impl<'a> Rows<'a> {
    fn new(plan: &'a Plan) -> Self {
        let packs = plan.varying_packs.len();
        Rows {
            plan,
            first: [vec![None; packs], vec![None; packs]],
            last_use: [vec![0; packs], vec![0; packs]],
            ends: FxHashMap::default(),
            free: FxHashMap::default(),
            rows: 0,
        }
    }

    fn pack(&self, place: usize) -> Pack {
        self.plan.varying_packs[place]
    }

    fn find_last_uses(
        &mut self,
        forward: &[&Instruction],
        reverse: &[Instruction],
        wanted: Wanted,
    ) {
        let plan = self.plan;
        let results = time_of_results(forward.len());
        let times = (1..).zip(forward.iter().copied());
        for (time, instruction) in times.chain((results + 1..).zip(reverse)) {
            for view in instruction.args.iter().flatten().chain([&instruction.to]) {
                if matches!(view.space, Space::Varying | Space::VaryingGradient) {
                    let last_use = &mut self.last_use[half(view.space)];
                    each_pack(plan, instruction, *view, |lane| {
                        last_use[plan.pack_of(view.space, lane)] = time;
                    });
                }
            }
        }
        let outputs = plan.outputs.iter().filter(|_| wanted.outputs());
        let loss = plan.loss.iter().filter(|_| wanted.loss()).map(|(place, _)| place);
        for place in outputs.chain(loss).filter(|place| place.space == Space::Varying) {
            let last = &mut self.last_use[0][plan.pack_of(Space::Varying, place.lane)];
            *last = (*last).max(results);
        }
        for half in 0..2 {
            for (pack, &time) in self.last_use[half].iter().enumerate() {
                if time > 0 {
                    self.ends.entry(time).or_default().push((half, pack));
                }
            }
        }
    }

    /// Takes rows for a pack.
    fn take(&mut self, space: Space, start: Lane, lanes: u32) {
        let pack = self.plan.pack_of(space, start);
        let first = match self.free.get_mut(&lanes).and_then(Vec::pop) {
            Some(first) => first,
            None => {
                self.rows += lanes;
                self.rows - lanes
            }
        };
        self.first[half(space)][pack] = Some(first);
    }

    /// Takes rows for what an instruction writes, unless an earlier one has.
    fn write(&mut self, to: View) {
        if let (Space::Varying | Space::VaryingGradient, Lanes::Grid { start, .. }) =
            (to.space, to.lanes)
        {
            let place = self.plan.pack_of(to.space, start);
            if self.first[half(to.space)][place].is_none() {
                let pack = self.pack(place);
                self.take(to.space, pack.start, pack.lanes);
            }
        }
    }

    /// Gives the rows back that are read for the last time at `time`.
    fn give_back(&mut self, time: u32) {
        for (half, place) in self.ends.remove(&time).unwrap_or_default() {
            if let Some(first) = self.first[half][place] {
                self.free.entry(self.pack(place).lanes).or_default().push(first);
            }
        }
    }

    fn row(&self, space: Space, lane: Lane) -> u32 {
        let place = self.plan.pack_of(space, lane);
        let first = self.first[half(space)][place];
        first.expect("a row is written before it is read") + (lane - self.pack(place).start)
    }

    /// The step of an instruction, with rows for what it writes; those that it reads for the last time are
    /// given back.
    fn step(&mut self, instruction: &Instruction, time: u32, lists: &mut Vec<u32>) -> Step {
        self.write(instruction.to);
        let step = lower(self.plan, instruction, lists, |space, lane| match space {
            Space::Uniform => (Memory::Uniform, lane),
            Space::UniformGradient => (Memory::Totals, lane),
            Space::Varying | Space::VaryingGradient => (Memory::Rows, self.row(space, lane)),
        });
        self.give_back(time);
        step
    }
}

/// In the uniform instructions a row is one number: the values, then their gradients.
fn uniform_step(plan: &Plan, instruction: &Instruction, lists: &mut Vec<u32>) -> Step {
    lower(plan, instruction, lists, |space, lane| match space {
        Space::Uniform => (Memory::Rows, lane),
        Space::UniformGradient => (Memory::Rows, plan.uniform_lanes + lane),
        _ => unreachable!("a uniform instruction reads nothing that varies"),
    })
}

fn lower(
    plan: &Plan,
    instruction: &Instruction,
    lists: &mut Vec<u32>,
    place: impl Fn(Space, Lane) -> (Memory, u32),
) -> Step {
    let &Instruction { code, lanes, items, add, to, args } = instruction;
    let count = lanes * items;
    let mut operand = |view: View, items: u32| {
        let place_of = |lane: Lane| place(view.space, lane);
        let (memory, places) = match (view.lanes, step_of(view.lanes, lanes, items)) {
            // A sum of nothing reads no element, and so there may be no memory to ask for.
            (Lanes::Grid { .. }, _) if lanes * items == 0 => {
                (Memory::Rows, Places::Steps { start: 0, step: 0 })
            }
            (Lanes::Grid { start, .. }, Some(step)) => {
                let (memory, start) = place_of(start);
                (memory, Places::Steps { start, step })
            }
            _ => {
                let start = lists.len() as u32;
                let places = plan.view_lanes(view, lanes, items).map(place_of);
                let mut memory = Memory::Rows;
                lists.extend(places.map(|(in_memory, place)| {
                    memory = in_memory;
                    place
                }));
                (memory, Places::List { start })
            }
        };
        Operand { memory, places }
    };
    // A reduction writes one element for all items of a lane.
    let reduces = matches!(code, Code::Sum | Code::Dot | Code::LogSumExp);
    let to = operand(to, if reduces { 1 } else { items });
    let args = args.map(|arg| arg.map(|arg| operand(arg, items)));
    let run = |operand: Operand| match operand.places {
        Places::Steps { start, step } if step == 1 || count == 1 => {
            (operand.memory == Memory::Rows).then_some(start)
        }
        _ => None,
    };
    let runs = args.iter().flatten().all(|&operand| run(operand).is_some());
    let flat = run(to).filter(|_| runs).and_then(|to| {
        let starts = args.map(|operand| operand.and_then(run));
        // For what reads nothing, a fill or a seed, the first rows stand there, if they are not written.
        let any = starts[0].or((count <= to).then_some(0))?;
        Some(Flat { to, args: starts.map(|start| start.unwrap_or(any)), rows: count })
    });
    Step { code, lanes, items, add, flat, to, args }
}

/// The step from one element to the next, if it is always the same.
fn step_of(of: Lanes, lanes: u32, items: u32) -> Option<i32> {
    match of {
        Lanes::List { .. } => None,
        Lanes::Grid { lane_step, .. } if items <= 1 => Some(lane_step),
        Lanes::Grid { item_step, .. } if lanes <= 1 => Some(item_step),
        Lanes::Grid { lane_step, item_step, .. } => {
            (lane_step == items as i32 * item_step).then_some(item_step)
        }
    }
}
