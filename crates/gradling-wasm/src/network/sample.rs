//! One sample as a graph: as text for the expression room, and as a picture.

use super::Wrong;
use super::explain::{layer_name, sample};
use super::session::Session;
use super::settings::Loss;
use gradling::scope;
use gradling_data::Task;
use gradling_graph::{Options, trace};
use std::fmt::Write as _;

/// The most parameters of a network that is written out as a whole.
const MOST: usize = 160;

impl Session {
    /// The row that a sample of the table is among those learned from, or held out; its inputs.
    fn row(&self, row: usize) -> Result<Vec<f64>, Wrong> {
        let problem = &self.problem;
        let inputs = self.shape.inputs;
        for part in [&problem.train, &problem.held] {
            if let Ok(k) = part.rows.binary_search(&row) {
                let row = &part.x[k * inputs..][..inputs];
                return Ok(row.iter().map(|&x| f64::from(x)).collect());
            }
        }
        Err(format!("there is no row {row}").into())
    }

    /// The text of a neuron for a row: layer and neuron from 0.
    ///
    /// # Errors
    /// If there is no such row or neuron.
    pub fn neuron_text(&self, layer: usize, neuron: usize, row: usize) -> Result<String, Wrong> {
        if self.shape.layers.get(layer).is_none_or(|&size| neuron >= size) {
            return Err(format!("there is no neuron {neuron} in layer {layer}").into());
        }
        let mut out = String::new();
        let name = if layer + 1 == self.shape.layers.len() {
            format!("output{}", neuron + 1)
        } else {
            format!("h{}_{}", layer + 1, neuron + 1)
        };
        let inputs = self.write_inputs(&mut out, layer, row)?;
        self.write_neuron(&mut out, layer, neuron, &inputs, &name);
        Ok(out)
    }

    /// The text of the loss of a row. Of a large network it begins at the outputs of the last hidden layer;
    /// the second of the pair then says so.
    ///
    /// # Errors
    /// If there is no such row.
    pub fn loss_text(&self, row: usize) -> Result<(String, Option<String>), Wrong> {
        let last = self.shape.layers.len() - 1;
        let whole = self.shape.parameters() <= MOST;
        let from = if whole { 0 } else { last };
        let mut out = String::new();
        let mut names = self.write_inputs(&mut out, from, row)?;
        for layer in from..=last {
            let mut next = Vec::new();
            for neuron in 0..self.shape.layers[layer] {
                let name = match (layer == last, self.shape.layers[layer]) {
                    (true, 1) => "score".to_owned(),
                    (true, _) => format!("score{}", neuron + 1),
                    _ => format!("h{}_{}", layer + 1, neuron + 1),
                };
                self.write_neuron(&mut out, layer, neuron, &names, &name);
                next.push(name);
            }
            names = next;
        }
        let target = self.problem.target(row);
        let loss = self.loss_formula(&names, &target);
        let _ = writeln!(out, "loss = {loss}");
        let note = format!(
            "the network has {} parameters, too many to read at once: the graph begins at the outputs of {}",
            self.shape.parameters(),
            layer_name(&self.shape, last)
        );
        Ok((out, (!whole).then_some(note)))
    }

    /// Writes the inputs of a layer as leaves, and gives their names.
    fn write_inputs(
        &self,
        out: &mut String,
        layer: usize,
        row: usize,
    ) -> Result<Vec<String>, Wrong> {
        let inputs = self.row(row)?;
        let (numbers, names): (Vec<f64>, Vec<String>) = if layer == 0 {
            let names = (0..inputs.len()).map(|k| {
                let plain = self.problem.inputs[k].as_str();
                if !self.problem.is_table() && ["x₁", "x₂"].contains(&plain) {
                    return plain.replace('₁', "1").replace('₂', "2");
                }
                format!("in{}", k + 1)
            });
            (inputs.clone(), names.collect())
        } else {
            let target = self.problem.target(row);
            let numbers = scope(|| {
                let state = self.state();
                let (training, parameters) = (&state.training, &state.parameters);
                let sample =
                    sample(&self.shape, &self.problem, training, parameters, &inputs, &target);
                sample.layers[layer - 1].iter().map(|value| value.data()).collect::<Vec<f64>>()
            });
            let names = (1..=numbers.len()).map(|k| format!("h{layer}_{k}")).collect();
            (numbers, names)
        };
        for (k, (name, x)) in names.iter().zip(&numbers).enumerate() {
            let what = if layer == 0 && name.starts_with("in") {
                let title: String =
                    self.problem.inputs[k].chars().filter(|c| !c.is_control()).collect();
                format!("  # {title}")
            } else {
                String::new()
            };
            let _ = writeln!(out, "{name} = {}{what}", short(*x));
        }
        Ok(names)
    }

    fn write_neuron(
        &self,
        out: &mut String,
        layer: usize,
        neuron: usize,
        inputs: &[String],
        name: &str,
    ) {
        let first = self.shape.first(layer) + neuron * (inputs.len() + 1);
        let own = &self.state().parameters[first..=first + inputs.len()];
        let mark = name.trim_start_matches('h');
        let mut terms = Vec::new();
        for (k, (input, w)) in inputs.iter().zip(own).enumerate() {
            let _ = writeln!(out, "w{mark}_{} = {}", k + 1, short(*w));
            terms.push(format!("{input}*w{mark}_{}", k + 1));
        }
        let _ = writeln!(out, "b{mark} = {}", short(own[inputs.len()]));
        let sum = format!("{} + b{mark}", terms.join(" + "));
        let activation = self.shape.activation(&self.state().training, layer);
        let _ = if activation == gradling::nn::Activation::Linear {
            writeln!(out, "{name} = {sum}")
        } else {
            writeln!(out, "{name} = {}({sum})", activation.name())
        };
    }

    fn loss_formula(&self, scores: &[String], target: &[f64]) -> String {
        let training = &self.state().training;
        let one = |z: &String, t: f64| {
            let side = short(2.0 * t - 1.0);
            match training.loss {
                Loss::Absolute => format!("abs({z} - ({side}))"),
                Loss::Hinge => format!("relu(1 - ({side})*{z})"),
                _ => format!("({z} - ({side}))^2"),
            }
        };
        match (self.problem.task, training.loss) {
            (Task::Regression, Loss::Absolute | Loss::Hinge) => {
                format!("abs({} - ({}))", scores[0], short(target[0]))
            }
            (Task::Regression, _) => format!("({} - ({}))^2", scores[0], short(target[0])),
            (Task::Binary, Loss::CrossEntropy) if target[0] == 1.0 => {
                format!("softplus({0}) - {0}", scores[0])
            }
            (Task::Binary, Loss::CrossEntropy) => format!("softplus({})", scores[0]),
            (Task::Classes(_), Loss::CrossEntropy) => {
                let class = target.iter().position(|&t| t == 1.0).unwrap_or(0);
                format!("logsumexp({}) - {}", scores.join(", "), scores[class])
            }
            _ => {
                let terms: Vec<String> =
                    scores.iter().zip(target).map(|(z, &t)| one(z, t)).collect();
                terms.join(" + ")
            }
        }
    }

    /// The graph of the loss of a row, with gradients, as SVG.
    ///
    /// # Errors
    /// If there is no such row.
    pub fn graph_svg(&self, row: usize) -> Result<String, Wrong> {
        let inputs = self.row(row)?;
        let target = self.problem.target(row);
        Ok(scope(|| {
            let state = self.state();
            let (training, parameters) = (&state.training, &state.parameters);
            let sample = sample(&self.shape, &self.problem, training, parameters, &inputs, &target);
            for (p, value) in sample.parameters.iter().enumerate() {
                let _ = value.with_label(self.short_name_of(p));
            }
            sample.loss.backward();
            let title = format!("The loss of row {}", row + 1);
            trace(sample.loss).to_svg(&Options::new().title(title))
        }))
    }

    /// A short name of a parameter: `w1.2.1`, by layer, neuron and input, `b1.2`.
    pub fn short_name_of(&self, parameter: usize) -> String {
        let Some(place) = self.shape.place(parameter) else { return String::new() };
        let (l, n) = (place.layer + 1, place.neuron + 1);
        match place.input {
            Some(k) => format!("w{l}.{n}.{}", k + 1),
            None => format!("b{l}.{n}"),
        }
    }
}

/// A number in so many digits that a learner can read it.
fn short(x: f64) -> String {
    let text = format!("{x:.5}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if x != 0.0 && x.abs() < 1e-4 { format!("{x:.3e}") } else { text.to_owned() }
}
