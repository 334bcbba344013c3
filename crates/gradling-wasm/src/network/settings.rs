//! What a session is made from: as JSON from the page, each setting with a default.

use super::Wrong;
use gradling::nn::Activation;
use serde::{Deserialize, Serialize};

/// The most hidden layers.
pub const MOST_LAYERS: usize = 8;
/// The most neurons of a hidden layer.
pub const MOST_NEURONS: usize = 64;
/// The most rows of a generated set.
pub const MOST_ROWS: usize = 5000;
/// The most classes, so many as there are marks to tell them apart.
pub const MOST_CLASSES: usize = 10;

/// All settings of a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The data.
    pub data: Data,
    /// The network.
    pub net: Net,
    /// How it is trained; may change from step to step.
    pub training: Training,
}

/// The data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Data {
    /// Which set.
    pub set: Set,
    /// Rows of a generated set.
    pub rows: usize,
    /// Deviation of what is added to each coordinate, or to the quantity of a regression.
    pub noise: f64,
    /// The fraction of rows held out.
    pub held: f64,
    /// The seed of points, split, first weights and order.
    pub seed: u64,
    /// Arms of the spirals, blobs of the Gaussians.
    pub classes: usize,
    /// The f of y > f(x).
    pub function: String,
    /// Points drawn by hand: x1, x2, class.
    pub points: Vec<(f64, f64, usize)>,
    /// A table as CSV text.
    pub csv: String,
    /// Its name in messages.
    pub name: String,
    /// Its column to predict; the last one if empty.
    pub target: String,
    /// Its two columns shown as axes; the first two of numbers if empty.
    pub axes: [String; 2],
}

impl Default for Data {
    fn default() -> Self {
        Data {
            set: Set::Moons,
            rows: 250,
            noise: 0.1,
            held: 0.3,
            seed: 1,
            classes: 3,
            function: "sin(2*x)".to_owned(),
            points: Vec::new(),
            csv: String::new(),
            name: "table.csv".to_owned(),
            target: String::new(),
            axes: Default::default(),
        }
    }
}

/// A data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Set {
    /// Two half circles that reach into each other.
    Moons,
    /// A ring in a ring.
    Circles,
    /// Four corners, opposite ones alike.
    Xor,
    /// Round blobs.
    Gaussians,
    /// Arms that wind around each other.
    Spirals,
    /// y = (x1 + x2) / 2.
    Plane,
    /// Two hills and two hollows.
    Hills,
    /// Above a curve that was typed.
    Function,
    /// Drawn by hand.
    Points,
    /// From a file.
    Table,
}

/// The network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Net {
    /// Names of the inputs, see [`features`](super::features); of a table, those of its encoded columns, all
    /// if empty.
    pub features: Vec<String>,
    /// Neurons of each hidden layer.
    pub layers: Vec<usize>,
    /// How the first weights are drawn.
    pub init: Init,
    /// The first weights, in the order of the parameters; drawn if there are none.
    pub start: Vec<f64>,
}

impl Default for Net {
    fn default() -> Self {
        Net { features: Vec::new(), layers: vec![4, 4], init: Init::Xavier, start: Vec::new() }
    }
}

/// How the first weights are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    /// Xavier's uniform.
    Xavier,
    /// Kaiming's normal.
    Kaiming,
    /// Uniform in -1..1, as in micrograd's lecture.
    Uniform,
}

impl Init {
    /// The engine's name of it.
    pub fn engine(self) -> gradling::nn::Init {
        match self {
            Init::Xavier => gradling::nn::Init::XavierUniform,
            Init::Kaiming => gradling::nn::Init::KaimingNormal,
            Init::Uniform => gradling::nn::Init::Uniform,
        }
    }
}

/// How the network is trained. A change of any of it keeps the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Training {
    /// Rows of a step.
    pub batch: usize,
    /// Whether each epoch has the rows in a new order.
    pub shuffle: bool,
    /// Activations of the hidden layers; the last one serves the layers after it, too.
    pub activations: Vec<String>,
    /// The loss of a sample.
    pub loss: Loss,
    /// Rate of the penalty rate·Σ|w| over all weights but the biases.
    pub l1: f64,
    /// Rate of the penalty ½·rate·Σw² over all weights but the biases.
    pub l2: f64,
    /// Which optimiser.
    pub optimiser: Kind,
    /// Its learning rate in the first epoch.
    pub rate: f64,
    /// Momentum of [`Kind::Momentum`].
    pub momentum: f64,
    /// Weight decay of [`Kind::AdamW`].
    pub decay: f64,
    /// How the rate changes from epoch to epoch.
    pub schedule: Course,
    /// Over how many epochs.
    pub span: usize,
}

impl Default for Training {
    fn default() -> Self {
        Training {
            batch: 10,
            shuffle: true,
            activations: vec!["tanh".to_owned()],
            loss: Loss::CrossEntropy,
            l1: 0.0,
            l2: 0.0,
            optimiser: Kind::Sgd,
            rate: 0.1,
            momentum: 0.9,
            decay: 0.01,
            schedule: Course::Constant,
            span: 100,
        }
    }
}

/// The loss of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Cross-entropy of the logistic function, or of softmax for many classes; of a regression the squared
    /// error.
    CrossEntropy,
    /// (score - target)², for a class with targets -1 and 1.
    Squared,
    /// |score - target|.
    Absolute,
    /// max(0, 1 - label·score), added over the classes if there are many; of a regression the absolute error.
    Hinge,
}

/// An optimiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Gradient descent.
    Sgd,
    /// Gradient descent with momentum.
    Momentum,
    /// Adam.
    Adam,
    /// Adam with weight decay apart.
    #[serde(rename = "adamw")]
    AdamW,
}

/// How the learning rate changes from epoch to epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// Not at all.
    Constant,
    /// In a straight line to 0.
    Linear,
    /// Along half a wave to 0.
    Cosine,
    /// Half of it after every span.
    Halving,
}

impl Settings {
    /// Reads settings.
    ///
    /// # Errors
    /// JSON that is damaged, a setting that there is not or that is out of its range.
    pub fn from_json(text: &str) -> Result<Settings, Wrong> {
        let settings: Settings =
            serde_json::from_str(text).map_err(|error| format!("the settings: {error}"))?;
        settings.check()?;
        Ok(settings)
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// The first that is out of its range.
    pub fn check(&self) -> Result<(), Wrong> {
        let Settings { data, net, training } = self;
        if !(4..=MOST_ROWS).contains(&data.rows) {
            return Err(format!("{} points: take 4 to {MOST_ROWS}", data.rows).into());
        }
        if net.layers.len() > MOST_LAYERS {
            return Err(format!("{} hidden layers: at most {MOST_LAYERS}", net.layers.len()).into());
        }
        if let Some(size) = net.layers.iter().find(|&&size| !(1..=MOST_NEURONS).contains(&size)) {
            return Err(format!("a layer of {size} neurons: take 1 to {MOST_NEURONS}").into());
        }
        if let Some(weight) = net.start.iter().find(|weight| !weight.is_finite()) {
            return Err(format!("a first weight cannot be {weight}").into());
        }
        training.check()
    }
}

impl Training {
    /// Whether weights are penalised.
    pub fn has_penalty(&self) -> bool {
        self.l1 != 0.0 || self.l2 != 0.0
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// The first that is out of its range.
    pub fn check(&self) -> Result<(), Wrong> {
        if self.batch == 0 {
            return Err("a batch has at least 1 row".into());
        }
        let numbers = [
            ("the learning rate", self.rate),
            ("the L1 rate", self.l1),
            ("the L2 rate", self.l2),
            ("the momentum", self.momentum),
            ("the weight decay", self.decay),
        ];
        for (name, number) in numbers {
            if !(number.is_finite() && number >= 0.0) {
                return Err(
                    format!("{name} is {number}: take a number that is not negative").into()
                );
            }
        }
        if self.momentum >= 1.0 {
            return Err(format!("the momentum is {}: take less than 1", self.momentum).into());
        }
        for name in &self.activations {
            name.parse::<Activation>().map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// The activation of a hidden layer, counted from 0.
    pub fn activation(&self, layer: usize) -> Activation {
        let name = self.activations.get(layer).or(self.activations.last());
        name.and_then(|name| name.parse().ok()).unwrap_or_default()
    }

    /// The same with what a JSON object says.
    ///
    /// # Errors
    /// A setting that there is not or that is out of its range.
    pub fn with(&self, changes: &serde_json::Value) -> Result<Training, Wrong> {
        let mut all = serde_json::to_value(self).map_err(|error| error.to_string())?;
        let (Some(all_map), Some(changes)) = (all.as_object_mut(), changes.as_object()) else {
            return Err("changes are an object".into());
        };
        for (key, value) in changes {
            all_map.insert(key.clone(), value.clone());
        }
        let training: Training =
            serde_json::from_value(all).map_err(|error| format!("the settings: {error}"))?;
        training.check()?;
        Ok(training)
    }
}
