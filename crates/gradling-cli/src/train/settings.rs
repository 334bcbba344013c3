//! How to train: what was asked for, and by a stated rule what was not.

use super::text::thousands;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use gradling::nn::Activation;
use gradling_data::Task;
use serde::{Serialize, Serializer};
use std::num::NonZeroUsize;
use std::str::FromStr;

/// The rules by which settings that were not given are chosen, as help shows them. They look at the
/// number of rows and columns alone.
pub(crate) const RULES: &str = "\
Training minimises the squared error of standard scores (regression), the binary cross-entropy (two \
classes) or the softmax cross-entropy, with AdamW and a learning rate that falls to 0 along a cosine.

Without --epochs it takes about 2,000 steps, and at least 20 epochs. Without --weight-decay it is 0.5 \
with fewer than 50 training rows for each input, where a network would learn the rows by heart, and \
else 0.01. Held-out rows are never looked at to choose anything.";

/// Steps of the optimiser, if the number of epochs is not given.
const STEPS: usize = 2000;
/// The fewest epochs to take those steps in.
const LEAST_EPOCHS: usize = 20;
/// Training rows for each input below which a network would learn its rows by heart.
const ENOUGH_ROWS: usize = 50;
/// The decay below that, and from there on.
const STRONG_DECAY: f64 = 0.5;
const WEAK_DECAY: f64 = 0.01;
/// The most weights and biases.
const MOST_PARAMETERS: usize = 10_000_000;

/// What can be asked for.
#[derive(clap::Args)]
pub(crate) struct Choices {
    /// How often to go through the training rows [default: for about 2,000 steps].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    epochs: Option<u32>,
    /// Neurons in each hidden layer, separated by commas; `none` for a linear model.
    #[arg(long, value_name = "N,N,…", default_value = "32,32")]
    layers: Layers,
    /// What hidden neurons do with their sums.
    #[arg(long, value_name = "NAME", default_value = "tanh", value_parser = activations())]
    activation: Activation,
    /// The learning rate at the start.
    #[arg(long, value_name = "R", default_value_t = 0.01, value_parser = positive)]
    rate: f64,
    /// Rows for each step.
    #[arg(long, value_name = "N", default_value = "32")]
    batch: NonZeroUsize,
    /// How strongly weights are drawn to 0 [default: 0.5 for few rows, else 0.01].
    #[arg(long, value_name = "D", value_parser = not_negative)]
    weight_decay: Option<f64>,
    /// Where chance begins: the rows held out, the first weights, the order of the rows.
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// The share of the rows to judge by, which are not learned from.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = share)]
    pub(super) held_out: f64,
}

/// Sizes of hidden layers.
#[derive(Clone, Debug)]
struct Layers(Vec<usize>);

impl FromStr for Layers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Layers(Vec::new()));
        }
        let size = |text: &str| text.trim().parse().ok().filter(|&size| size > 0);
        let sizes: Option<Vec<usize>> = text.split(',').map(size).collect();
        sizes.map(Layers).ok_or_else(|| "write sizes such as 32,32, or none".to_owned())
    }
}

fn activations() -> impl TypedValueParser<Value = Activation> {
    PossibleValuesParser::new(Activation::ALL.iter().map(|activation| activation.name()))
        .try_map(|name| name.parse::<Activation>())
}

fn number(text: &str, rule: &str, holds: impl Fn(f64) -> bool) -> Result<f64, String> {
    let number = text.parse().ok().filter(|&x: &f64| x.is_finite() && holds(x));
    number.ok_or_else(|| format!("write a number {rule}"))
}

fn positive(text: &str) -> Result<f64, String> {
    number(text, "above 0", |x| x > 0.0)
}

fn not_negative(text: &str) -> Result<f64, String> {
    number(text, "from 0 on", |x| x >= 0.0)
}

fn share(text: &str) -> Result<f64, String> {
    number(text, "from 0 to below 1, such as 0.2", |x| (0.0..1.0).contains(&x))
}

/// The settings in effect.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Settings {
    pub(super) epochs: usize,
    /// Sizes of the hidden layers.
    pub(super) layers: Vec<usize>,
    #[serde(serialize_with = "name")]
    pub(super) activation: Activation,
    pub(super) rate: f64,
    pub(super) batch: NonZeroUsize,
    pub(super) weight_decay: f64,
    pub(super) seed: u64,
    pub(super) held_out: f64,
}

fn name<S: Serializer>(activation: &Activation, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(activation.name())
}

impl Settings {
    /// The settings for so many training rows and inputs.
    pub(super) fn new(choices: &Choices, rows: usize, inputs: usize) -> Self {
        // A batch of all rows is the largest there is.
        let batch = choices.batch.min(NonZeroUsize::new(rows).unwrap_or(NonZeroUsize::MIN));
        let steps = rows.div_ceil(batch.get()).max(1);
        let few_rows = rows < ENOUGH_ROWS.saturating_mul(inputs);
        Settings {
            epochs: match choices.epochs {
                Some(epochs) => epochs as usize,
                None => STEPS.div_ceil(steps).max(LEAST_EPOCHS),
            },
            layers: choices.layers.0.clone(),
            activation: choices.activation,
            rate: choices.rate,
            batch,
            weight_decay: choices.weight_decay.unwrap_or(if few_rows {
                STRONG_DECAY
            } else {
                WEAK_DECAY
            }),
            seed: choices.seed,
            held_out: choices.held_out,
        }
    }

    /// The sizes of all layers from the inputs to the outputs, if they are not too large.
    pub(super) fn sizes(&self, inputs: usize, task: Task) -> Result<Vec<usize>, String> {
        let mut sizes = vec![inputs];
        sizes.extend(&self.layers);
        sizes.push(outputs(task));
        let parameters = parameters(&sizes);
        if parameters > MOST_PARAMETERS {
            return Err(format!(
                "a network {} has {} weights and biases, more than {}; give --layers smaller sizes",
                shown(&sizes),
                thousands(parameters),
                thousands(MOST_PARAMETERS)
            ));
        }
        Ok(sizes)
    }

    /// The same with another seed.
    pub(super) fn with_seed(&self, seed: u64) -> Self {
        Settings { seed, ..self.clone() }
    }
}

/// One output for a quantity or two classes, else one for each class.
fn outputs(task: Task) -> usize {
    match task {
        Task::Regression | Task::Binary => 1,
        Task::Classes(count) => count,
    }
}

/// The number of weights and biases of layers of these sizes.
pub(super) fn parameters(sizes: &[usize]) -> usize {
    let layer = |pair: &[usize]| pair[0].saturating_add(1).saturating_mul(pair[1]);
    sizes.windows(2).map(layer).fold(0, usize::saturating_add)
}

/// `2 → 32 → 32 → 1`.
pub(super) fn shown(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(" → ")
}
