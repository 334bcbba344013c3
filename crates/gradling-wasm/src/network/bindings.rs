//! What the page's worker calls.

use super::code::{Language, code};
use super::picture::Colours;
use super::session::{End, Session};
use super::{Settings, Wrong, export};
use gradling_data::Task;
use serde_json::json;
use std::sync::Arc;
use wasm_bindgen::prelude::wasm_bindgen;

/// A session, for JavaScript. Errors are texts.
#[wasm_bindgen]
pub struct Network {
    session: Session,
    grids: Vec<(usize, Vec<f32>)>,
}

type Answer<T> = Result<T, String>;

impl From<Wrong> for String {
    fn from(wrong: Wrong) -> String {
        wrong.0
    }
}

/// How training ended: nothing, `failed`, or the condition that is reached.
fn word(end: Option<End>) -> Option<String> {
    end.map(|end| match end {
        End::Failed => "failed".to_owned(),
        End::Reached(reason) => reason,
    })
}

#[wasm_bindgen]
impl Network {
    /// A session with these settings, as JSON.
    ///
    /// # Errors
    /// What is wrong with them, or with the data.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &str) -> Answer<Network> {
        let session = Session::new(Settings::from_json(settings)?)?;
        Ok(Network { session, grids: Vec::new() })
    }

    /// Another session on the same data, with these settings: it starts from the same weights if they say so.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn beside(&self, settings: &str) -> Answer<Network> {
        let settings = Settings::from_json(settings)?;
        let session = Session::with(settings, Arc::clone(&self.session.problem))?;
        Ok(Network { session, grids: Vec::new() })
    }

    /// What does not change from step to step, as JSON.
    pub fn about(&self) -> String {
        let problem = &self.session.problem;
        let task = match problem.task {
            Task::Regression => "regression",
            _ => "classes",
        };
        json!({
            "task": task,
            "reason": problem.reason,
            "labels": problem.labels,
            "palette": problem.palette,
            "choices": problem.choices,
            "inputs": problem.inputs,
            "axes": problem.axes,
            "numeric": problem.numeric,
            "columns": problem.columns,
            "target": problem.encoder.target(),
            "table": problem.is_table(),
            "view": problem.view,
            "rows": problem.points.len(),
            "train": problem.train.rows.len(),
            "held": problem.held.rows.len(),
            "layers": self.session.shape.layers,
            "parameters": self.session.shape.parameters(),
        })
        .to_string()
    }

    /// Every row: its two coordinates, its class or quantity, and 1 if it is held out.
    pub fn points(&self) -> Vec<f64> {
        let problem = &self.session.problem;
        let mut all = Vec::with_capacity(problem.points.len() * 4);
        for (row, (&[x, y], &truth)) in problem.points.iter().zip(&problem.truth).enumerate() {
            let held = problem.held.rows.binary_search(&row).is_ok();
            all.extend([x, y, truth, f64::from(held)]);
        }
        all
    }

    /// Events that will happen, as JSON, to repeat a run with.
    ///
    /// # Errors
    /// What does not fit.
    pub fn follow(&mut self, log: &str) -> Answer<()> {
        let events = serde_json::from_str(log).map_err(|error| format!("the run: {error}"))?;
        Ok(self.session.follow(events)?)
    }

    /// Repeats the run up to so many steps in all.
    ///
    /// # Errors
    /// What does not fit.
    #[wasm_bindgen(js_name = repeatTo)]
    pub fn repeat_to(&mut self, steps: usize) -> Answer<Option<String>> {
        Ok(word(self.session.repeat_to(steps)?))
    }

    /// Takes so many steps.
    ///
    /// # Errors
    /// None that is known.
    pub fn advance(&mut self, steps: usize) -> Answer<Option<String>> {
        Ok(word(self.session.advance(steps)?))
    }

    /// Takes the steps that are left of the epoch.
    ///
    /// # Errors
    /// None that is known.
    #[wasm_bindgen(js_name = advanceEpoch)]
    pub fn advance_epoch(&mut self) -> Answer<Option<String>> {
        Ok(word(self.session.advance_epoch()?))
    }

    /// Takes a step on one sample.
    ///
    /// # Errors
    /// None that is known.
    #[wasm_bindgen(js_name = advanceSample)]
    pub fn advance_sample(&mut self) -> Answer<Option<String>> {
        Ok(word(self.session.advance_sample()?))
    }

    /// Goes back by so many steps.
    ///
    /// # Errors
    /// None that is known.
    pub fn back(&mut self, steps: usize) -> Answer<()> {
        Ok(self.session.back(steps)?)
    }

    /// Goes back to the last good state.
    ///
    /// # Errors
    /// None that is known.
    pub fn recover(&mut self) -> Answer<()> {
        Ok(self.session.recover()?)
    }

    /// Changes settings of training, as JSON.
    ///
    /// # Errors
    /// A setting that is wrong.
    pub fn change(&mut self, changes: &str) -> Answer<()> {
        let changes = serde_json::from_str(changes).map_err(|error| error.to_string())?;
        Ok(self.session.change(changes)?)
    }

    /// Gives a parameter another number.
    ///
    /// # Errors
    /// If there is no such parameter, or the number is not finite.
    pub fn edit(&mut self, parameter: usize, number: f64) -> Answer<()> {
        Ok(self.session.edit(parameter, number)?)
    }

    /// Sets the stop conditions, as JSON.
    ///
    /// # Errors
    /// One that is wrong.
    pub fn stop(&mut self, stop: &str) -> Answer<()> {
        let stop = serde_json::from_str(stop).map_err(|error| format!("the end: {error}"))?;
        self.session.stop = stop;
        Ok(())
    }

    /// How many steps were taken.
    pub fn steps(&self) -> usize {
        self.session.state().steps
    }

    /// What changes from step to step, as JSON.
    ///
    /// # Errors
    /// None that is known.
    pub fn status(&mut self) -> Answer<String> {
        let (train, held) = (self.session.learned()?, self.session.held_out()?);
        let state = self.session.state();
        Ok(json!({
            "steps": state.steps,
            "epoch": state.epoch,
            "taken": self.session.rows_taken(),
            "rate": self.session.rate(),
            "training": state.training,
            "train": train,
            "held": held,
            "penalty": self.session.penalty(),
            "failure": self.session.failure(),
            "log": self.session.log(),
        })
        .to_string())
    }

    /// The curve: steps, epochs, loss of training, loss held out (or not a number), four a point.
    pub fn curve(&self) -> Vec<f64> {
        let mut all = Vec::new();
        for point in self.session.curve() {
            let held = point.held.unwrap_or(f64::NAN);
            all.extend([point.step as f64, point.epoch as f64, point.train, held]);
        }
        all
    }

    /// All parameters: by layer, by neuron, weights before bias.
    pub fn parameters(&self) -> Vec<f64> {
        self.session.state().parameters.clone()
    }

    /// The gradient of the loss over all rows that are learned from.
    ///
    /// # Errors
    /// None that is known.
    pub fn slopes(&mut self) -> Answer<Vec<f64>> {
        Ok(self.session.slopes()?)
    }

    /// What the network gives over a grid of n by n, as pixels.
    ///
    /// # Errors
    /// Colours that are too few.
    pub fn boundary(&mut self, n: usize, colours: &[u8]) -> Answer<Vec<u8>> {
        let colours = Colours::from_bytes(colours)?;
        let grid = self.take_grid(n);
        let pixels = self.session.boundary(&grid, &colours);
        self.grids.push((n, grid));
        Ok(pixels?)
    }

    /// What every neuron gives over a grid of n by n, as squares of pixels one below the other.
    ///
    /// # Errors
    /// Colours that are too few.
    pub fn maps(&mut self, n: usize, colours: &[u8]) -> Answer<Vec<u8>> {
        let colours = Colours::from_bytes(colours)?;
        let grid = self.take_grid(n);
        let pixels = self.session.maps(&grid, &colours);
        self.grids.push((n, grid));
        Ok(pixels?)
    }

    /// The same of the inputs.
    ///
    /// # Errors
    /// Colours that are too few.
    #[wasm_bindgen(js_name = inputMaps)]
    pub fn input_maps(&mut self, n: usize, colours: &[u8]) -> Answer<Vec<u8>> {
        let colours = Colours::from_bytes(colours)?;
        let grid = self.take_grid(n);
        let pixels = self.session.input_maps(&grid, &colours);
        self.grids.push((n, grid));
        Ok(pixels)
    }

    fn take_grid(&mut self, n: usize) -> Vec<f32> {
        match self.grids.iter().position(|(size, _)| *size == n) {
            Some(k) => self.grids.swap_remove(k).1,
            None => self.session.grid(n),
        }
    }

    /// The scores for a point of the plane.
    ///
    /// # Errors
    /// None that is known.
    pub fn at(&mut self, x: f64, y: f64) -> Answer<Vec<f32>> {
        let inputs: Vec<f32> = self.session.problem.see(x, y).iter().map(|&x| x as f32).collect();
        Ok(self.session.scores(&inputs)?)
    }

    /// The text of a neuron for a row.
    ///
    /// # Errors
    /// If there is no such row or neuron.
    #[wasm_bindgen(js_name = neuronText)]
    pub fn neuron_text(&self, layer: usize, neuron: usize, row: usize) -> Answer<String> {
        Ok(self.session.neuron_text(layer, neuron, row)?)
    }

    /// The text of the loss of a row, and what it leaves out, as JSON.
    ///
    /// # Errors
    /// If there is no such row.
    #[wasm_bindgen(js_name = lossText)]
    pub fn loss_text(&self, row: usize) -> Answer<String> {
        let (text, note) = self.session.loss_text(row)?;
        Ok(json!({ "text": text, "note": note }).to_string())
    }

    /// The graph of the loss of a row, as SVG.
    ///
    /// # Errors
    /// If there is no such row.
    #[wasm_bindgen(js_name = graphSvg)]
    pub fn graph_svg(&self, row: usize) -> Answer<String> {
        Ok(self.session.graph_svg(row)?)
    }

    /// The session as code, in `rust` or `python`.
    pub fn code(&self, language: &str) -> String {
        let language = if language == "python" { Language::Python } else { Language::Rust };
        code(&self.session, language)
    }

    /// The model file.
    ///
    /// # Errors
    /// If a weight is not finite.
    pub fn model(&self) -> Answer<Vec<u8>> {
        Ok(export::model(&self.session)?)
    }

    /// The data as CSV.
    pub fn table(&self) -> String {
        export::table(&self.session)
    }
}

/// Fisher's irises as CSV, to try a table with.
#[wasm_bindgen]
pub fn irises() -> String {
    gradling_data::samples::IRIS.to_owned()
}

/// What the settings, JSON, have to become to go on with a model file, as JSON: see [`open`](super::open::Opened).
///
/// # Errors
/// A file that is no model, or one that does not fit the data of the settings.
#[wasm_bindgen(js_name = openModel)]
pub fn open_model(bytes: &[u8], settings: &str) -> Answer<String> {
    let opened = super::open::open(bytes, &Settings::from_json(settings)?)?;
    Ok(serde_json::to_string(&opened).map_err(|error| Wrong(error.to_string()))?)
}
