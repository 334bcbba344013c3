//! Where a number that is not finite came from: the first node of the eager graph that has one.

use super::data::Problem;
use super::net::{Place, Shape, compared, loss_of};
use super::session::Session;
use super::settings::Training;
use gradling::nn::Module;
use gradling::{Value, group, scope};
use serde::Serialize;
use std::ops::Range;

/// A step that left the finite numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    /// The step, from 1.
    pub step: usize,
    /// The loss, as text, since it may be no number.
    pub loss: String,
    /// How many steps the last good state has behind it.
    pub good: usize,
    /// The row of the table whose graph shows it, from 0.
    pub row: Option<usize>,
    /// The layer of the node, from 1; that of the outputs is the last. None in the loss.
    pub layer: Option<usize>,
    /// Its neuron, from 1.
    pub neuron: Option<usize>,
    /// What the node does.
    pub op: String,
    /// What it gave.
    pub value: String,
    /// What it was made from: names and numbers.
    pub inputs: Vec<(String, String)>,
    /// All of it in words.
    pub text: String,
}

/// The graph of the loss of one row.
pub struct Sample {
    /// The loss.
    pub loss: Value,
    /// The inputs, each with its name.
    pub inputs: Vec<Value>,
    /// The outputs of each layer.
    pub layers: Vec<Vec<Value>>,
    /// The parameters, in order.
    pub parameters: Vec<Value>,
}

/// Computes the loss of one row in plain values, each part in its group.
pub fn sample(
    shape: &Shape,
    problem: &Problem,
    training: &Training,
    parameters: &[f64],
    row: &[f64],
    target: &[f64],
) -> Sample {
    let mlp = shape.mlp(training, parameters);
    let inputs: Vec<Value> = row
        .iter()
        .zip(&problem.inputs)
        .map(|(&x, name)| Value::new(x).with_label(name.clone()))
        .collect();
    let (mut x, mut layers) = (inputs.clone(), Vec::new());
    for (layer, number) in mlp.layers().iter().zip(1..) {
        x = group(layer_name(shape, number), || layer.forward(&x));
        layers.push(x.clone());
    }
    let compared = |&t: &f64| Value::new(compared(training.loss, problem.task, t));
    let targets: Vec<Value> = target.iter().map(|t| compared(t).with_label("target")).collect();
    let loss = group("loss", || loss_of(training.loss, problem.task, &x, &targets));
    Sample { loss, inputs, layers, parameters: mlp.parameters() }
}

/// The name of a layer, counted from 1.
pub fn layer_name(shape: &Shape, number: usize) -> String {
    if number == shape.layers.len() { "output".to_owned() } else { format!("layer {number}") }
}

impl Failure {
    /// The loss of these rows of the epoch is not finite.
    pub(crate) fn of_loss(session: &Session, loss: f64, taken: Range<usize>) -> Failure {
        let steps = session.state().steps;
        let mut failure = Failure::blank(steps, loss, steps.saturating_sub(1));
        let problem = &session.problem;
        let found = session.rows(taken).find_map(|k| {
            let row = problem.train.rows[k];
            let inputs = session.inputs_of(k);
            scope(|| {
                let sample = sample(
                    &session.shape,
                    problem,
                    &session.state().training,
                    &session.state().parameters,
                    &inputs,
                    &problem.target(row),
                );
                failure.clone().found(session, &sample, row)
            })
        });
        if let Some(found) = found {
            failure = found;
        } else {
            failure.text = format!(
                "Step {} gave the loss {loss}: its rows are finite one by one, and their sum is too large for a number of 32 bits.",
                failure.step
            );
        }
        failure
    }

    /// The loss was finite, and the step made a parameter that is not.
    pub(crate) fn of_parameter(
        session: &Session,
        bad: usize,
        rate: f64,
        taken: Range<usize>,
    ) -> Failure {
        let steps = session.state().steps;
        let mut failure = Failure::blank(steps, f64::NAN, steps);
        failure.loss = "finite".to_owned();
        failure.row = session.rows(taken).next().map(|k| session.problem.train.rows[k]);
        let value = session.state().parameters[bad];
        let name = session.name_of(bad);
        if let Some(Place { layer, neuron, .. }) = session.shape.place(bad) {
            failure.layer = Some(layer + 1);
            failure.neuron = Some(neuron + 1);
        }
        failure.op = "step of the optimiser".to_owned();
        failure.value = number(value);
        failure.inputs = vec![
            ("gradient".to_owned(), number(session.gradient_of(bad))),
            ("learning rate".to_owned(), number(rate)),
        ];
        failure.text = format!(
            "Step {} made {name} {}: the gradient was {} and the learning rate {}.",
            failure.step,
            failure.value,
            number(session.gradient_of(bad)),
            number(rate)
        );
        failure
    }

    fn blank(steps: usize, loss: f64, good: usize) -> Failure {
        Failure {
            step: steps + 1,
            loss: loss.to_string(),
            good,
            row: None,
            layer: None,
            neuron: None,
            op: String::new(),
            value: String::new(),
            inputs: Vec::new(),
            text: String::new(),
        }
    }

    /// The first node that is not finite, or that a number of 32 bits has no room for.
    fn found(mut self, session: &Session, sample: &Sample, row: usize) -> Option<Failure> {
        let value = match sample.loss.first_non_finite() {
            Some(found) => found.value,
            None => {
                let large = |value: &Value| !(value.data() as f32).is_finite();
                sample.loss.reached().into_iter().find(large)?
            }
        };
        let shape = &session.shape;
        let name = |value: Value| {
            let parameter = sample.parameters.iter().position(|&p| p == value);
            let output = sample.layers.iter().enumerate().find_map(|(l, outputs)| {
                let k = outputs.iter().position(|&output| output == value)?;
                Some(format!("output of {}, neuron {}", layer_name(shape, l + 1), k + 1))
            });
            parameter
                .map(|p| session.name_of(p))
                .or(output)
                .or(value.label())
                .unwrap_or_else(|| in_words(&value.symbol()))
        };
        for group in value.groups() {
            if let Some(k) = group.name.strip_prefix("neuron ").and_then(|k| k.parse().ok()) {
                self.neuron = Some(k);
            } else if let Some(l) = group.name.strip_prefix("layer ").and_then(|l| l.parse().ok()) {
                self.layer = Some(l);
            } else if group.name == "output" {
                self.layer = Some(shape.layers.len());
            }
        }
        self.row = Some(row);
        self.op = in_words(&value.symbol());
        self.value = number(value.data());
        self.inputs = value.inputs().into_iter().map(|x| (name(x), number(x.data()))).collect();
        let place = match (self.layer, self.neuron) {
            (Some(layer), Some(neuron)) => {
                format!("{}, neuron {neuron}", layer_name(shape, layer))
            }
            (Some(layer), None) => layer_name(shape, layer),
            _ => "the loss".to_owned(),
        };
        let size = |(_, text): &(String, String)| text.parse::<f64>().map_or(0.0, f64::abs);
        let mut largest: Vec<&(String, String)> = self.inputs.iter().collect();
        largest.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let from: Vec<String> =
            largest.iter().take(4).map(|(name, x)| format!("{name} = {x}")).collect();
        let room =
            if value.data().is_finite() { ", more than a number of 32 bits can hold," } else { "" };
        self.text = format!(
            "Step {} gave the loss {}. It began in {place}: {} gave {}{room} from {}{}.",
            self.step,
            self.loss,
            self.op,
            self.value,
            from.join(", "),
            if self.inputs.len() > 4 { " and smaller ones" } else { "" },
        );
        Some(self)
    }
}

/// What a node is called in a sentence.
fn in_words(symbol: &str) -> String {
    match symbol {
        "+" => "the sum",
        "-" => "the difference",
        "*" => "the product",
        "/" => "the quotient",
        "**2" => "the square",
        "affine" => "the weighted sum",
        other => other,
    }
    .to_owned()
}

/// A number in a few digits.
pub fn number(x: f64) -> String {
    if x == 0.0 || (1e-3..1e5).contains(&x.abs()) { format!("{x:.4}") } else { format!("{x:.3e}") }
}

impl Session {
    /// The rows of the part that is learned from, in the order of the epoch.
    pub(crate) fn rows(&self, taken: Range<usize>) -> impl Iterator<Item = usize> {
        self.order()[taken].iter().map(|&row| row as usize)
    }

    /// What the network sees of a row that is learned from, by its place among them.
    pub fn inputs_of(&self, k: usize) -> Vec<f64> {
        let inputs = self.shape.inputs;
        self.problem.train.x[k * inputs..][..inputs].iter().map(|&x| f64::from(x)).collect()
    }

    /// The name of a parameter.
    pub fn name_of(&self, parameter: usize) -> String {
        let Some(Place { layer, neuron, input }) = self.shape.place(parameter) else {
            return format!("parameter {parameter}");
        };
        let of = format!("{}, neuron {}", layer_name(&self.shape, layer + 1), neuron + 1);
        match input {
            None => format!("bias of {of}"),
            Some(k) if layer == 0 => format!("weight of {} in {of}", self.problem.inputs[k]),
            Some(k) => format!("weight of neuron {} in {of}", k + 1),
        }
    }
}
