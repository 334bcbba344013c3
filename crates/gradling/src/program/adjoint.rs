//! Fifth pass: the gradient, as instructions of the same language.
//!
//! The instructions are walked from the last to the first, as `backward` walks the tape, and each gives
//! those that send its gradient on to what it read. Gradients of varying lanes are rows like any other.
//! The first instruction to reach a pack writes it and later ones add, so that nothing need be zeroed
//! first; where the first would reach a part of it only, a fill stands in front. Gradients of uniform
//! lanes add up over the samples, and flow on through the uniform instructions when all samples are
//! done.

use super::Reduction;
use super::plan::{Code, Instruction, Lanes, Pack, Plan, Space, View};
use crate::Op;

/// The instructions of the gradient.
#[derive(Clone, Debug, Default)]
pub(crate) struct Adjoint {
    /// For the samples, after the varying instructions.
    pub(crate) varying: Vec<Instruction>,
    /// Once a step, after all samples.
    pub(crate) uniform: Vec<Instruction>,
}

/// Makes the instructions of the gradient of the loss by the parameters.
pub(crate) fn adjoint(plan: &Plan) -> Adjoint {
    let mut pass = Pass {
        plan,
        varying: Vec::new(),
        reached_varying: vec![false; plan.varying_packs.len()],
        reached_uniform: vec![false; plan.uniform_packs.len()],
        uniform: Vec::new(),
    };
    if let Some((place, reduction)) = plan.loss {
        pass.seed(View::run(place.space.gradient(), place.lane), reduction);
    }
    for instruction in plan.varying.iter().rev() {
        pass.pull(instruction);
    }
    if let Some(once) = plan.once {
        let seed = Code::Fill(1.0);
        pass.flow(false, seed, 1, 1, View::run(Space::UniformGradient, once.lane), [None; 3]);
    }
    for instruction in plan.uniform.iter().rev() {
        pass.pull(instruction);
    }
    Adjoint { varying: pass.varying, uniform: pass.uniform }
}

struct Pass<'a> {
    plan: &'a Plan,
    varying: Vec<Instruction>,
    uniform: Vec<Instruction>,
    /// For each pack whether some gradient reached it.
    reached_varying: Vec<bool>,
    reached_uniform: Vec<bool>,
}

impl Pass<'_> {
    fn seed(&mut self, to: View, reduction: Reduction) {
        // For the samples also where the loss is uniform: it then adds up over them, as any gradient of
        // what is uniform does.
        if self.is_trained(to, 1, 1) {
            self.flow(true, Code::Seed(reduction), 1, 1, to, [None; 3]);
        }
    }

    /// Sends the gradient of what `instruction` made on to what it read.
    fn pull(&mut self, instruction: &Instruction) {
        let &Instruction { code, lanes, items, to, args, .. } = instruction;
        let Lanes::Grid { start, .. } = to.lanes else { unreachable!("values are made in runs") };
        let pack = self.plan.pack_of(to.space, start);
        let (reached, packs) = match to.space {
            Space::Uniform => (&self.reached_uniform, &self.plan.uniform_packs),
            _ => (&self.reached_varying, &self.plan.varying_packs),
        };
        if !packs[pack].trained || !reached[pack] {
            return;
        }
        let varying = to.space == Space::Varying;
        let (y, g) = (Some(to), Some(to.gradient()));
        let [a, b, c] = args;
        let mut flow = |code: Code, to: Option<View>, args: [Option<View>; 3]| {
            let to = to.expect("the instruction has this input");
            if self.is_trained(to, lanes, items) {
                self.flow(varying, code, lanes, items, to.gradient(), args);
            }
        };
        match code {
            Code::Copy | Code::Sum => flow(Code::Copy, a, [g, None, None]),
            Code::One(Op::Neg) => flow(Code::One(Op::Neg), a, [g, None, None]),
            Code::One(op) => flow(Code::PullOne(op), a, [a, y, g]),
            Code::Numbered(op, number) => flow(Code::PullNumbered(op, number), a, [a, g, None]),
            Code::Two(op) => match op {
                Op::Add => {
                    flow(Code::Copy, a, [g, None, None]);
                    flow(Code::Copy, b, [g, None, None]);
                }
                Op::Sub => {
                    flow(Code::Copy, a, [g, None, None]);
                    flow(Code::One(Op::Neg), b, [g, None, None]);
                }
                Op::Mul => {
                    flow(Code::Two(Op::Mul), a, [g, b, None]);
                    flow(Code::Two(Op::Mul), b, [g, a, None]);
                }
                Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Eq | Op::Ne => {}
                _ => {
                    flow(Code::PullFirst(op), a, [a, b, g]);
                    flow(Code::PullSecond(op), b, [a, b, g]);
                }
            },
            Code::Select => {
                flow(Code::PullThen, b, [a, g, None]);
                flow(Code::PullElse, c, [a, g, None]);
            }
            Code::LogSumExp => flow(Code::PullLogSumExp, a, [a, y, g]),
            Code::Dot => {
                flow(Code::Two(Op::Mul), a, [g, b, None]);
                flow(Code::Two(Op::Mul), b, [g, a, None]);
            }
            Code::Layer(number) => self.pull_layer(number, a, g),
            _ => unreachable!("{code:?} is an instruction of a gradient"),
        }
    }

    fn pull_layer(&mut self, number: u32, x: Option<View>, g: Option<View>) {
        let layer = &self.plan.layers[number as usize];
        if layer.trained {
            let weights = View::run(Space::UniformGradient, layer.weights);
            // Its operands are told by their first lanes; the layer knows the rest.
            self.flow(true, Code::LayerWeights(number), 1, 1, weights, [x, g, None]);
            if let Some((bias, _)) = layer.bias {
                let pack = self.plan.pack_of(Space::Uniform, bias);
                self.reached_uniform[pack] = true;
            }
        }
        if layer.passes_on {
            let x = x.expect("a layer has inputs");
            let lanes = layer.inputs * layer.vectors;
            self.flow(true, Code::LayerInputs(number), lanes, 1, x.gradient(), [g, None, None]);
        }
    }

    fn is_trained(&self, view: View, lanes: u32, items: u32) -> bool {
        let plan = self.plan;
        let packs = plan.packs(view.space);
        let trained = |lane| packs[plan.pack_of(view.space, lane)].trained;
        plan.view_lanes(view, lanes, items).any(trained)
    }

    /// Appends an instruction, for the samples or once a step, that adds to the gradients `to`; the first
    /// to reach a varying pack writes.
    fn flow(
        &mut self,
        varying: bool,
        code: Code,
        lanes: u32,
        items: u32,
        to: View,
        args: [Option<View>; 3],
    ) {
        let mut add = true;
        if to.space == Space::VaryingGradient {
            add = self.start_packs(lanes, items, to);
        } else {
            let mut last = None;
            for lane in self.plan.view_lanes(to, lanes, items) {
                let pack = self.plan.pack_of(Space::Uniform, lane);
                if last.replace(pack) != Some(pack) {
                    self.reached_uniform[pack] = true;
                }
            }
        }
        let instructions = if varying { &mut self.varying } else { &mut self.uniform };
        instructions.push(Instruction { code, lanes, items, to, add, args });
    }

    /// Makes sure that the gradients `to` can be added to; returns false if they will be written instead.
    fn start_packs(&mut self, lanes: u32, items: u32, to: View) -> bool {
        let packs = &self.plan.varying_packs;
        if let Lanes::Grid { start, lane_step: 1, .. } = to.lanes
            && items == 1
        {
            let pack = self.plan.pack_of(Space::Varying, start);
            let whole = (packs[pack].start, packs[pack].lanes) == (start, lanes);
            if whole && !self.reached_varying[pack] {
                self.reached_varying[pack] = true;
                return false;
            }
        }
        let mut last = None;
        for lane in self.plan.view_lanes(to, lanes, items) {
            if last.is_some_and(|pack: Pack| (pack.start..pack.start + pack.lanes).contains(&lane))
            {
                continue;
            }
            let place = self.plan.pack_of(Space::Varying, lane);
            let pack = packs[place];
            last = Some(pack);
            if !self.reached_varying[place] {
                self.reached_varying[place] = true;
                self.varying.push(Instruction {
                    code: Code::Fill(0.0),
                    lanes: pack.lanes,
                    items: 1,
                    to: View::run(Space::VaryingGradient, pack.start),
                    add: false,
                    args: [None; 3],
                });
            }
        }
        true
    }
}
