//! What the network gives, as colours.

use super::Wrong;
use super::session::Session;
use gradling_data::Task;

/// Colours as red, green, blue: of each class, and of what is between.
#[derive(Clone, Debug)]
pub struct Colours {
    /// Of each class, at least two; the first is also that of negative numbers, the second of positive ones.
    pub classes: Vec<[u8; 3]>,
    /// Of what is undecided, and of 0.
    pub between: [u8; 3],
}

impl Colours {
    /// From bytes: the colour between, then those of the classes.
    ///
    /// # Errors
    /// Fewer than three colours.
    pub fn from_bytes(bytes: &[u8]) -> Result<Colours, Wrong> {
        let mut all = bytes.as_chunks::<3>().0.iter().copied();
        let between = all.next().ok_or("a picture needs colours")?;
        let classes: Vec<[u8; 3]> = all.collect();
        if classes.len() < 2 {
            return Err("a picture needs two colours of classes".into());
        }
        Ok(Colours { classes, between })
    }

    fn class(&self, class: usize) -> [u8; 3] {
        self.classes[class % self.classes.len()]
    }

    /// From the colour between towards another.
    fn towards(&self, colour: [u8; 3], part: f32) -> [u8; 3] {
        let part = part.clamp(0.0, 1.0);
        std::array::from_fn(|k| {
            let (from, to) = (f32::from(self.between[k]), f32::from(colour[k]));
            (from + (to - from) * part).round() as u8
        })
    }

    /// The colour of a number from -1 to 1.
    fn signed(&self, x: f32) -> [u8; 3] {
        self.towards(self.class(usize::from(x > 0.0)), x.abs())
    }
}

impl Session {
    /// The points of a grid of n by n over the view, from the top left, as the network sees them.
    pub fn grid(&self, n: usize) -> Vec<f32> {
        let [left, bottom, right, top] = self.problem.view;
        let at = |k: usize, from: f64, to: f64| from + (to - from) * (k as f64 + 0.5) / n as f64;
        let mut inputs = Vec::with_capacity(n * n * self.shape.inputs);
        for row in 0..n {
            for column in 0..n {
                let point = self.problem.see(at(column, left, right), at(row, top, bottom));
                inputs.extend(point.into_iter().map(|x| x as f32));
            }
        }
        inputs
    }

    /// What the network gives over the grid: pixels of four bytes, from the top left.
    ///
    /// # Errors
    /// A grid that is not of this session.
    pub fn boundary(&mut self, grid: &[f32], colours: &Colours) -> Result<Vec<u8>, Wrong> {
        let scores = self.scores(grid)?;
        let outputs = self.problem.outputs();
        let mut pixels = Vec::with_capacity(scores.len() / outputs * 4);
        for scores in scores.chunks_exact(outputs) {
            let [r, g, b] = self.colour(scores, colours);
            pixels.extend([r, g, b, 255]);
        }
        Ok(pixels)
    }

    /// The colour of scores.
    pub fn colour(&self, scores: &[f32], colours: &Colours) -> [u8; 3] {
        match self.problem.task {
            Task::Regression => {
                let most = if self.problem.is_table() { 2.0 } else { 1.0 };
                colours.signed(scores[0] / most)
            }
            Task::Binary => {
                // The difference of the two probabilities.
                let sure = (scores[0] / 2.0).tanh();
                let class = usize::from(sure > 0.0);
                colours.towards(colours.class(self.problem.palette[class]), sure.abs())
            }
            Task::Classes(count) => {
                let class = super::metrics::class_of(scores);
                let whole: f32 = scores.iter().map(|z| (z - scores[class]).exp()).sum();
                let even = 1.0 / count as f32;
                let sure = (1.0 / whole - even) / (1.0 - even);
                colours.towards(colours.class(self.problem.palette[class]), 0.25 + 0.75 * sure)
            }
        }
    }

    /// The outputs of all neurons over a grid of n by n, each a square of n by n pixels of four bytes, one
    /// below the other: layer by layer.
    ///
    /// # Errors
    /// A grid that is not of this session.
    pub fn maps(&mut self, grid: &[f32], colours: &Colours) -> Result<Vec<u8>, Wrong> {
        let all: usize = self.shape.layers.iter().sum();
        let outputs = self.neurons(grid)?;
        let points = outputs.len() / all;
        let mut pixels = vec![255; outputs.len() * 4];
        for (point, outputs) in outputs.chunks_exact(all).enumerate() {
            for (neuron, &output) in outputs.iter().enumerate() {
                // Bent, since some activations have no end.
                let bent = output / (0.25 + output.abs());
                let at = (neuron * points + point) * 4;
                pixels[at..at + 3].copy_from_slice(&colours.signed(bent));
            }
        }
        Ok(pixels)
    }

    /// The inputs over the same grid, in the same way.
    pub fn input_maps(&self, grid: &[f32], colours: &Colours) -> Vec<u8> {
        let inputs = self.shape.inputs;
        let points = grid.len() / inputs.max(1);
        let mut pixels = vec![255; grid.len() * 4];
        for (point, row) in grid.chunks_exact(inputs.max(1)).enumerate() {
            for (input, &x) in row.iter().enumerate() {
                let at = (input * points + point) * 4;
                pixels[at..at + 3].copy_from_slice(&colours.signed(x / (0.25 + x.abs())));
            }
        }
        pixels
    }
}
