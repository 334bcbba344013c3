//! The optimisers of the page, as one that can be kept and put back.

use super::settings::{Course, Kind, Training};
use gradling::nn::{Adam, AdamW, Optimizer, Schedule, Sgd};

/// One of the optimisers, with its averages.
#[derive(Clone, Debug)]
pub enum Optimiser {
    /// Gradient descent, with momentum or not.
    Sgd(Sgd),
    /// Adam.
    Adam(Adam),
    /// AdamW.
    AdamW(AdamW),
}

impl Optimiser {
    /// A new one, without averages.
    pub fn of(training: &Training) -> Self {
        match training.optimiser {
            Kind::Sgd => Optimiser::Sgd(Sgd::new(training.rate)),
            Kind::Momentum => Optimiser::Sgd(Sgd::new(training.rate).momentum(training.momentum)),
            Kind::Adam => Optimiser::Adam(Adam::new(training.rate)),
            Kind::AdamW => Optimiser::AdamW(AdamW::new(training.rate).weight_decay(training.decay)),
        }
    }

    /// Whether the averages of one serve the other.
    pub fn goes_on(before: &Training, after: &Training) -> bool {
        before.optimiser == after.optimiser
            && (before.optimiser != Kind::Momentum || before.momentum == after.momentum)
            && (before.optimiser != Kind::AdamW || before.decay == after.decay)
    }

    fn inner(&mut self) -> &mut dyn Optimizer {
        match self {
            Optimiser::Sgd(sgd) => sgd,
            Optimiser::Adam(adam) => adam,
            Optimiser::AdamW(adamw) => adamw,
        }
    }

    /// Whether a step is p ← p - rate·g and nothing else.
    pub fn is_descent(&self) -> bool {
        matches!(self, Optimiser::Sgd(sgd) if sgd.is_descent())
    }

    /// One step at this rate.
    pub fn step(&mut self, rate: f64, parameters: &mut [f64], gradient: &[f64]) {
        let optimiser = self.inner();
        optimiser.set_rate(rate);
        optimiser.update(parameters, gradient);
    }
}

/// The learning rate of an epoch, counted from 0.
pub fn rate(training: &Training, epoch: usize) -> f64 {
    let (from, span) = (training.rate, training.span.max(1));
    match training.schedule {
        Course::Constant => Schedule::Constant(from),
        Course::Linear => Schedule::Linear { from, to: 0.0, steps: span },
        Course::Cosine => Schedule::Cosine { from, to: 0.0, steps: span },
        Course::Halving => Schedule::Step { from, factor: 0.5, every: span },
    }
    .rate(epoch)
}
