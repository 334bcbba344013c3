//! How to train: what was asked for, and by a stated rule what was not.

use super::optimiser::{OptimizerName, ScheduleName};
use super::start::InitName;
use super::text::thousands;
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

Without --epochs it takes about 2,000 steps, and at least 20 epochs. Without --weight-decay AdamW has \
0.5 with fewer than 50 training rows for each input, where a network would learn the rows by heart, and \
else 0.01; the other optimisers have 0. Without --momentum it is 0.9 for momentum and nesterov. Held-out \
rows are never looked at to choose anything: --patience, --calibrate and --sweep look at validation \
rows, a share of those to train on.

Each option can also be a line of a file for --config, such as `rate = 0.01` or `layers = [32, 32]`, or \
a variable, such as GRADLING_TRAIN_RATE; an option wins over a variable, and that over the file. With \
--out the settings in effect are written to train.toml in the folder.

A run with --out keeps a checkpoint there. One that was interrupted or killed goes on with the same \
line and --resume in place of --out, and ends with the same files to the bit.

Exit codes: 0 done, 1 training diverged, 2 wrong usage or input, 130 interrupted after saving.";

/// Steps of the optimiser, if the number of epochs is not given.
const STEPS: usize = 2000;
/// The fewest epochs to take those steps in.
const LEAST_EPOCHS: usize = 20;
/// Training rows for each input below which a network would learn its rows by heart.
const ENOUGH_ROWS: usize = 50;
/// The decay below that, and from there on.
const STRONG_DECAY: f64 = 0.5;
const WEAK_DECAY: f64 = 0.01;
/// The share of the training rows that is for validation, if something looks at it.
const VALIDATION: f64 = 0.1;
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
    /// What hidden neurons do with their sums: linear, tanh, relu, leaky_relu, gelu, softplus, sigmoid or
    /// sin; one for all layers, or one for each, separated by commas.
    #[arg(long, value_name = "NAME,…", default_value = "tanh")]
    activation: Activations,
    /// How first weights are drawn.
    #[arg(long, value_enum, default_value = "xavier-uniform")]
    init: InitName,
    /// What is minimised [default: the squared error or the cross-entropy].
    #[arg(long, value_enum)]
    loss: Option<Loss>,
    /// What takes the steps.
    #[arg(long, alias = "optimiser", value_enum, default_value = "adamw")]
    optimizer: OptimizerName,
    /// The learning rate at the start.
    #[arg(long, value_name = "R", default_value_t = 0.01, value_parser = positive)]
    rate: f64,
    /// How much of the last step each step keeps, for momentum and nesterov [default: 0.9].
    #[arg(long, value_name = "M", value_parser = below_one)]
    momentum: Option<f64>,
    /// The decay rates of the averages of adam and adamw [default: 0.9,0.999].
    #[arg(long, value_name = "B,B")]
    betas: Option<Betas>,
    /// What is added to the denominator of adam and adamw [default: 1e-8].
    #[arg(long, value_name = "E", value_parser = positive)]
    epsilon: Option<f64>,
    /// How the rate changes.
    #[arg(long, value_enum, default_value = "cosine")]
    schedule: ScheduleName,
    /// The rate at the end of a linear or cosine schedule [default: 0].
    #[arg(long, value_name = "R", value_parser = not_negative)]
    rate_end: Option<f64>,
    /// What a step schedule multiplies the rate by each time, and an exponential one each epoch
    /// [default: 0.5, 0.95].
    #[arg(long, value_name = "F", value_parser = positive)]
    rate_factor: Option<f64>,
    /// After how many epochs a step schedule does [default: a tenth of all].
    #[arg(long, value_name = "N")]
    rate_every: Option<NonZeroUsize>,
    /// Rows for each step.
    #[arg(long, value_name = "N", default_value = "32")]
    batch: NonZeroUsize,
    /// Whether each epoch has the rows in a new order, or that of the table.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    shuffle: bool,
    /// How strongly weights are drawn to 0 [default: for adamw 0.5 for few rows, else 0.01].
    #[arg(long, value_name = "D", value_parser = not_negative)]
    weight_decay: Option<f64>,
    /// What the sum of the absolute weights, without biases, adds to the loss.
    #[arg(long, value_name = "L", default_value_t = 0.0, value_parser = not_negative)]
    l1: f64,
    /// What the sum of the squared weights, without biases, adds to the loss.
    #[arg(long, value_name = "L", default_value_t = 0.0, value_parser = not_negative)]
    l2: f64,
    /// Where chance begins: the rows held out, the first weights, the order of the rows.
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// The share of the rows to judge by, which are not learned from.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = share)]
    pub(super) held_out: f64,
    /// The share of the other rows to choose by [default: 0.1 if something looks at them, else 0].
    #[arg(long, value_name = "SHARE", value_parser = share)]
    validation: Option<f64>,
    /// Stop after N epochs without a lower loss on the validation rows, and keep the best weights.
    #[arg(long, value_name = "N")]
    patience: Option<NonZeroUsize>,
    /// Make probabilities of classes fit the validation rows.
    #[arg(long, value_enum, default_value = "none")]
    calibrate: Calibrate,
}

/// What is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Loss {
    /// The squared error, for a quantity.
    Squared,
    /// The cross-entropy, for classes.
    CrossEntropy,
    /// The hinge of a support vector machine, for two classes; its probabilities mean little.
    Hinge,
}

impl Loss {
    /// The loss for a task, if it is one for it.
    fn of(asked: Option<Loss>, task: Task) -> Result<Loss, String> {
        let usual = match task {
            Task::Regression => Loss::Squared,
            Task::Binary | Task::Classes(_) => Loss::CrossEntropy,
        };
        match (asked.unwrap_or(usual), task) {
            (Loss::Hinge, Task::Binary) => Ok(Loss::Hinge),
            (loss, _) if loss == usual => Ok(loss),
            (Loss::Squared, _) => Err(format!(
                "--loss squared is for a quantity, and the task is {task}; leave it out"
            )),
            (Loss::CrossEntropy, _) => Err(format!(
                "--loss cross-entropy is for classes, and the task is {task}; leave it out, or give --task classes"
            )),
            (Loss::Hinge, _) => Err(format!(
                "--loss hinge is for two classes, and the task is {task}; leave it out"
            )),
        }
    }
}

/// How probabilities are made to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Calibrate {
    /// Not at all.
    None,
    /// The last layer is divided by the one number that fits best (Guo et al., 2017).
    Temperature,
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

/// Activations of the hidden layers, or the one of all of them.
#[derive(Clone, Debug)]
struct Activations(Vec<Activation>);

impl FromStr for Activations {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let one = |name: &str| {
            name.trim().parse::<Activation>().map_err(|error| {
                let near =
                    nearest(name, Activation::ALL.iter().map(|activation| activation.name()));
                format!("{error}{near}")
            })
        };
        text.split(',').map(one).collect::<Result<_, _>>().map(Activations)
    }
}

/// `; did you mean "tanh"?`, if a name comes near.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = known.map(|known| (strsim::jaro_winkler(name, known), known));
    match near.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((likeness, known)) if likeness > 0.7 => format!("; did you mean {known:?}?"),
        _ => String::new(),
    }
}

/// The decay rates of Adam's averages.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Betas(pub(super) f64, pub(super) f64);

impl FromStr for Betas {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write two numbers from 0 to below 1, such as 0.9,0.999".to_owned();
        let (a, b) = text.split_once(',').ok_or_else(wrong)?;
        let part = |text: &str| below_one(text.trim()).map_err(|_| wrong());
        Ok(Betas(part(a)?, part(b)?))
    }
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

fn below_one(text: &str) -> Result<f64, String> {
    number(text, "from 0 to below 1, such as 0.9", |x| (0.0..1.0).contains(&x))
}

fn share(text: &str) -> Result<f64, String> {
    number(text, "from 0 to below 1, such as 0.2", |x| (0.0..1.0).contains(&x))
}

/// The settings in effect, each by the name of its option.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Settings {
    pub(super) epochs: usize,
    /// Sizes of the hidden layers.
    pub(super) layers: Vec<usize>,
    /// The activation of each hidden layer.
    #[serde(serialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub(super) activation: Vec<Activation>,
    pub(super) init: InitName,
    pub(super) loss: Loss,
    pub(super) optimizer: OptimizerName,
    pub(super) rate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) momentum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) betas: Option<Betas>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) epsilon: Option<f64>,
    pub(super) schedule: ScheduleName,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rate_end: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rate_factor: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rate_every: Option<NonZeroUsize>,
    pub(super) batch: NonZeroUsize,
    pub(super) shuffle: bool,
    pub(super) weight_decay: f64,
    pub(super) l1: f64,
    pub(super) l2: f64,
    pub(super) seed: u64,
    pub(super) held_out: f64,
    pub(super) validation: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) patience: Option<NonZeroUsize>,
    pub(super) calibrate: Calibrate,
}

fn names<S: Serializer>(activations: &[Activation], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(activations.iter().map(|activation| activation.name()))
}

/// What is learned from, as far as settings depend on it.
#[derive(Clone, Copy)]
pub(super) struct Size {
    /// Rows to learn from.
    pub(super) rows: usize,
    pub(super) inputs: usize,
    pub(super) task: Task,
}

impl Choices {
    /// Whether something is chosen by validation rows.
    pub(super) fn looks_at_validation(&self) -> bool {
        self.patience.is_some() || self.calibrate != Calibrate::None
    }

    /// The same where there are to be validation rows.
    pub(super) fn validation_or_default(&self) -> f64 {
        self.validation.unwrap_or(VALIDATION)
    }

    /// The share of the rows that are not held out that is for validation.
    pub(super) fn validation(&self) -> f64 {
        self.validation.unwrap_or(if self.looks_at_validation() { VALIDATION } else { 0.0 })
    }
}

impl Settings {
    /// The settings for a table of this size.
    pub(super) fn new(choices: &Choices, size: Size) -> Result<Self, String> {
        let Size { rows, inputs, task } = size;
        // A batch of all rows is the largest there is.
        let batch = choices.batch.min(NonZeroUsize::new(rows).unwrap_or(NonZeroUsize::MIN));
        let steps = rows.div_ceil(batch.get()).max(1);
        let few_rows = rows < ENOUGH_ROWS.saturating_mul(inputs);
        let epochs = match choices.epochs {
            Some(epochs) => epochs as usize,
            None => STEPS.div_ceil(steps).max(LEAST_EPOCHS),
        };
        let hidden = choices.layers.0.len();
        let activation = match &choices.activation.0[..] {
            &[one] => vec![one; hidden],
            each if each.len() == hidden => each.to_vec(),
            each => {
                return Err(format!(
                    "--activation names {}, and there are {hidden} hidden layers; name one for all, or one for each",
                    each.len()
                ));
            }
        };
        let validation = choices.validation();
        if choices.calibrate != Calibrate::None && task == Task::Regression {
            return Err(format!(
                "--calibrate is for probabilities of classes, and the task is {task}; leave it out"
            ));
        }
        let (optimizer, schedule) = (choices.optimizer, choices.schedule);
        let given = |name: &str, given: bool, used: bool, whose: &str, of: &str| {
            let wrong = || Err(format!("--{name} is not for {whose} {of}; leave it out"));
            if given && !used { wrong() } else { Ok(()) }
        };
        let averages = optimizer.has_averages();
        given(
            "momentum",
            choices.momentum.is_some(),
            optimizer.has_momentum(),
            "--optimizer",
            optimizer.name(),
        )?;
        given("betas", choices.betas.is_some(), averages, "--optimizer", optimizer.name())?;
        given("epsilon", choices.epsilon.is_some(), averages, "--optimizer", optimizer.name())?;
        let (falls, by_factor) = (schedule.falls(), schedule.factor());
        let stepped = schedule == ScheduleName::Step;
        given("rate-end", choices.rate_end.is_some(), falls, "--schedule", schedule.name())?;
        given(
            "rate-factor",
            choices.rate_factor.is_some(),
            by_factor.is_some(),
            "--schedule",
            schedule.name(),
        )?;
        given("rate-every", choices.rate_every.is_some(), stepped, "--schedule", schedule.name())?;
        let tenth = NonZeroUsize::new(epochs.div_ceil(10)).unwrap_or(NonZeroUsize::MIN);
        Ok(Settings {
            epochs,
            layers: choices.layers.0.clone(),
            activation,
            init: choices.init,
            loss: Loss::of(choices.loss, task)?,
            optimizer,
            rate: choices.rate,
            momentum: optimizer.has_momentum().then(|| choices.momentum.unwrap_or(0.9)),
            betas: averages.then(|| choices.betas.unwrap_or(Betas(0.9, 0.999))),
            epsilon: averages.then(|| choices.epsilon.unwrap_or(1e-8)),
            schedule,
            rate_end: falls.then(|| choices.rate_end.unwrap_or(0.0)),
            rate_factor: by_factor.map(|usual| choices.rate_factor.unwrap_or(usual)),
            rate_every: stepped.then(|| choices.rate_every.unwrap_or(tenth)),
            batch,
            shuffle: choices.shuffle,
            weight_decay: choices.weight_decay.unwrap_or(match optimizer {
                OptimizerName::Adamw if few_rows => STRONG_DECAY,
                OptimizerName::Adamw => WEAK_DECAY,
                _ => 0.0,
            }),
            l1: choices.l1,
            l2: choices.l2,
            seed: choices.seed,
            held_out: choices.held_out,
            validation,
            patience: choices.patience,
            calibrate: choices.calibrate,
        })
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
