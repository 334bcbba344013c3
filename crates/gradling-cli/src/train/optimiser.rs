//! Optimisers and schedules by name.

use super::settings::{Betas, Settings};
use gradling::nn::{Adam, AdamW, Optimizer, Schedule, Sgd};
use serde::Serialize;

/// What takes the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OptimizerName {
    /// Gradient descent.
    Sgd,
    /// Gradient descent with momentum.
    Momentum,
    /// Gradient descent with Nesterov's momentum.
    Nesterov,
    /// Adam, with weight decay as part of the gradient.
    Adam,
    /// Adam with weight decay apart.
    Adamw,
}

impl OptimizerName {
    pub(super) fn name(self) -> &'static str {
        match self {
            OptimizerName::Sgd => "sgd",
            OptimizerName::Momentum => "momentum",
            OptimizerName::Nesterov => "nesterov",
            OptimizerName::Adam => "adam",
            OptimizerName::Adamw => "adamw",
        }
    }

    pub(super) fn has_momentum(self) -> bool {
        matches!(self, OptimizerName::Momentum | OptimizerName::Nesterov)
    }

    pub(super) fn has_averages(self) -> bool {
        matches!(self, OptimizerName::Adam | OptimizerName::Adamw)
    }
}

/// The optimiser of these settings, before its first step.
pub(super) fn optimiser(settings: &Settings) -> Box<dyn Optimizer> {
    let Settings { rate, weight_decay: decay, .. } = *settings;
    let momentum = settings.momentum.unwrap_or(0.0);
    let Betas(mean, square) = settings.betas.unwrap_or(Betas(0.9, 0.999));
    let epsilon = settings.epsilon.unwrap_or(1e-8);
    match settings.optimizer {
        OptimizerName::Sgd => Box::new(Sgd::new(rate).weight_decay(decay)),
        OptimizerName::Momentum => Box::new(Sgd::new(rate).momentum(momentum).weight_decay(decay)),
        OptimizerName::Nesterov => Box::new(Sgd::new(rate).nesterov(momentum).weight_decay(decay)),
        OptimizerName::Adam => {
            Box::new(Adam::new(rate).betas(mean, square).epsilon(epsilon).weight_decay(decay))
        }
        OptimizerName::Adamw => {
            Box::new(AdamW::new(rate).betas(mean, square).epsilon(epsilon).weight_decay(decay))
        }
    }
}

/// How the rate changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ScheduleName {
    /// Not at all.
    Constant,
    /// In a straight line to --rate-end.
    Linear,
    /// Along half a wave of the cosine to --rate-end.
    Cosine,
    /// Times --rate-factor after each --rate-every epochs.
    Step,
    /// Times --rate-factor over each epoch.
    Exponential,
}

impl ScheduleName {
    pub(super) fn name(self) -> &'static str {
        match self {
            ScheduleName::Constant => "constant",
            ScheduleName::Linear => "linear",
            ScheduleName::Cosine => "cosine",
            ScheduleName::Step => "step",
            ScheduleName::Exponential => "exponential",
        }
    }

    /// Whether it goes to a rate at the end.
    pub(super) fn falls(self) -> bool {
        matches!(self, ScheduleName::Linear | ScheduleName::Cosine)
    }

    /// The factor it has if none is given; `None` if it has none.
    pub(super) fn factor(self) -> Option<f64> {
        match self {
            ScheduleName::Step => Some(0.5),
            ScheduleName::Exponential => Some(0.95),
            _ => None,
        }
    }
}

/// The schedule of these settings, with so many steps in an epoch.
pub(super) fn schedule(settings: &Settings, steps: usize) -> Schedule {
    let from = settings.rate;
    let (to, factor) = (settings.rate_end.unwrap_or(0.0), settings.rate_factor.unwrap_or(1.0));
    let all = settings.epochs * steps;
    match settings.schedule {
        ScheduleName::Constant => Schedule::Constant(from),
        ScheduleName::Linear => Schedule::Linear { from, to, steps: all },
        ScheduleName::Cosine => Schedule::Cosine { from, to, steps: all },
        ScheduleName::Step => {
            let every = settings.rate_every.map_or(1, std::num::NonZeroUsize::get);
            Schedule::Step { from, factor, every: every.saturating_mul(steps) }
        }
        // A little each step, so that it is the factor over an epoch.
        ScheduleName::Exponential => {
            Schedule::Exponential { from, factor: libm::pow(factor, 1.0 / steps.max(1) as f64) }
        }
    }
}

/// What the rate does, in words: `falling to 0`.
pub(super) fn course(settings: &Settings) -> String {
    use crate::number::short;
    let factor = short(settings.rate_factor.unwrap_or(1.0));
    match settings.schedule {
        ScheduleName::Constant => "throughout".to_owned(),
        ScheduleName::Linear | ScheduleName::Cosine => {
            let end = settings.rate_end.unwrap_or(0.0);
            let verb = if end > settings.rate { "rising" } else { "falling" };
            let line = if settings.schedule == ScheduleName::Linear { " in a line" } else { "" };
            format!("{verb} to {}{line}", short(end))
        }
        ScheduleName::Step => {
            let every = settings.rate_every.map_or(1, std::num::NonZeroUsize::get);
            format!("times {factor} after each {}", super::text::count(every, "epoch"))
        }
        ScheduleName::Exponential => format!("times {factor} each epoch"),
    }
}
