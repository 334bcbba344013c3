//! What the passes make of a graph: a list of vector instructions.
//!
//! Values of one kind that can be computed together lie side by side as *lanes*; a run of lanes made by
//! one instruction is a *pack*. Every instruction computes `lanes × items` elements, each for all samples
//! of a chunk. There are four spaces of lanes: values that vary from sample to sample, values that do not
//! (*uniform*: parameters come first, then the rest), and the gradients of both.

use super::Reduction;
use crate::Op;

/// A lane's place in its space.
pub(crate) type Lane = u32;

/// What a lane belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Space {
    /// A value that is the same for all samples.
    Uniform,
    /// A value for each sample.
    Varying,
    /// The gradient of a uniform value, summed over the samples.
    UniformGradient,
    /// The gradient of a varying value.
    VaryingGradient,
}

impl Space {
    /// The space of the gradients of this one.
    pub(crate) fn gradient(self) -> Space {
        match self {
            Space::Uniform | Space::UniformGradient => Space::UniformGradient,
            Space::Varying | Space::VaryingGradient => Space::VaryingGradient,
        }
    }
}

/// Which lane each element of an instruction reads or writes: element `i` of lane `k`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) space: Space,
    pub(crate) lanes: Lanes,
}

/// See [`View`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lanes {
    /// `start + k·lane_step + i·item_step`, within one pack.
    Grid { start: Lane, lane_step: i32, item_step: i32 },
    /// `lists[start + k·items + i]`.
    List { start: u32 },
}

impl View {
    pub(crate) fn run(space: Space, start: Lane) -> View {
        View { space, lanes: Lanes::Grid { start, lane_step: 1, item_step: 0 } }
    }

    pub(crate) fn gradient(self) -> View {
        View { space: self.space.gradient(), ..self }
    }
}

/// What an instruction computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Code {
    /// a
    Copy,
    /// A number.
    Fill(f64),
    /// The gradient of the loss by the loss of one sample: 1, or for a mean 1 / samples.
    Seed(Reduction),
    /// An operation of one value, of a value and a number, of two.
    One(Op),
    Numbered(Op, f64),
    Two(Op),
    /// b where a is not 0, else c.
    Select,
    /// Over the items of each lane: Σ a, ln Σ eᵃ, Σ a·b.
    Sum,
    LogSumExp,
    Dot,
    /// The gradient of the input, from a, the value y and the gradient g of the value.
    PullOne(Op),
    /// From a and g.
    PullNumbered(Op, f64),
    /// The gradient of the first or the second input, from a, b and g.
    PullFirst(Op),
    PullSecond(Op),
    /// The gradient of the second or the third input of a select, from the first and g.
    PullThen,
    PullElse,
    /// The gradient of an item of a logsumexp, from the item, the value and g.
    PullLogSumExp,
    /// z = W x + b for every vector of the layer with this number.
    Layer(u32),
    /// The gradient of its x: Wᵀ g.
    LayerInputs(u32),
    /// The gradients of its W and b: Σ g xᵀ, Σ g.
    LayerWeights(u32),
}

/// One vector instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instruction {
    pub(crate) code: Code,
    pub(crate) lanes: u32,
    /// More than one for what reduces over items and for the gradients of its inputs.
    pub(crate) items: u32,
    pub(crate) to: View,
    /// Add to what is there.
    pub(crate) add: bool,
    pub(crate) args: [Option<View>; 3],
}

/// The affine layers of a program: z = W x + b for `vectors` vectors x, one beside the other.
#[derive(Clone, Debug)]
pub(crate) struct LayerShape {
    pub(crate) outputs: u32,
    pub(crate) inputs: u32,
    pub(crate) vectors: u32,
    /// The uniform lane of weight (j, i) is `weights + j·row_step + i·column_step`.
    pub(crate) weights: Lane,
    pub(crate) row_step: u32,
    pub(crate) column_step: u32,
    /// The uniform lanes of the biases, `bias.0 + j·bias.1`.
    pub(crate) bias: Option<(Lane, u32)>,
    /// The first varying lane of x: input i of vector v is `x + i·vectors + v`.
    pub(crate) x: Lane,
    /// Where x is found as it was given, sample by sample: the array, and the first of its columns.
    pub(crate) given: Option<(u32, u32)>,
    /// Whether weights, or biases, depend on parameters; whether the inputs do.
    pub(crate) trained: bool,
    pub(crate) passes_on: bool,
}

/// Lanes that one instruction makes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pack {
    pub(crate) start: Lane,
    pub(crate) lanes: u32,
    /// Some of them depend on parameters.
    pub(crate) trained: bool,
}

/// One number of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) space: Space,
    pub(crate) lane: Lane,
}

/// A program as vector instructions, before memory is handed out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// Computed once a step.
    pub(crate) uniform: Vec<Instruction>,
    /// Computed for the samples.
    pub(crate) varying: Vec<Instruction>,
    pub(crate) lists: Vec<Lane>,
    pub(crate) layers: Vec<LayerShape>,
    pub(crate) uniform_packs: Vec<Pack>,
    pub(crate) varying_packs: Vec<Pack>,
    /// For each lane the place of its pack.
    pub(crate) uniform_pack_of: Vec<u32>,
    pub(crate) varying_pack_of: Vec<u32>,
    pub(crate) uniform_lanes: u32,
    pub(crate) varying_lanes: u32,
    /// Uniform lanes that hold a number: the lane and the number.
    pub(crate) numbers: Vec<(Lane, f64)>,
    /// For each varying lane from 0 on, as many as there are: the input that it holds.
    pub(crate) inputs: Vec<u32>,
    pub(crate) outputs: Vec<Place>,
    pub(crate) loss: Option<(Place, Reduction)>,
    pub(crate) once: Option<Place>,
    pub(crate) parameters: u32,
}

impl Plan {
    /// The packs of a space, or of the values that a space holds the gradients of.
    pub(crate) fn packs(&self, space: Space) -> &[Pack] {
        match space {
            Space::Uniform | Space::UniformGradient => &self.uniform_packs,
            Space::Varying | Space::VaryingGradient => &self.varying_packs,
        }
    }

    /// The place of the pack that holds a lane.
    #[inline]
    pub(crate) fn pack_of(&self, space: Space, lane: Lane) -> usize {
        (match space {
            Space::Uniform | Space::UniformGradient => self.uniform_pack_of[lane as usize],
            Space::Varying | Space::VaryingGradient => self.varying_pack_of[lane as usize],
        }) as usize
    }

    /// The lanes of a view, in order.
    pub(crate) fn view_lanes(
        &self,
        view: View,
        lanes: u32,
        items: u32,
    ) -> impl Iterator<Item = Lane> + '_ {
        (0..lanes * items).map(move |at| match view.lanes {
            Lanes::List { start } => self.lists[(start + at) as usize],
            Lanes::Grid { start, lane_step, item_step } => {
                let (k, i) = ((at / items) as i32, (at % items) as i32);
                (start as i32 + k * lane_step + i * item_step) as Lane
            }
        })
    }
}
