//! How the learning rate changes while training.

use std::f64::consts::PI;

/// A learning rate for each step, counted from 0.
///
/// ```
/// use gradling::nn::Schedule;
/// let schedule = Schedule::Linear { from: 1.0, to: 0.1, steps: 90 };
/// assert_eq!(schedule.rate(0), 1.0);
/// assert!((schedule.rate(45) - 0.55).abs() < 1e-15);
/// assert_eq!(schedule.rate(1000), 0.1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Schedule {
    /// The same rate throughout.
    Constant(f64),
    /// In a straight line over `steps` steps, then `to`.
    Linear {
        /// The rate of step 0.
        from: f64,
        /// The rate from step `steps` on.
        to: f64,
        /// How many steps lie between.
        steps: usize,
    },
    /// Along half a wave of the cosine over `steps` steps, then `to` (Loshchilov and Hutter, 2017).
    Cosine {
        /// The rate of step 0.
        from: f64,
        /// The rate from step `steps` on.
        to: f64,
        /// How many steps lie between.
        steps: usize,
    },
    /// Times `factor` every `every` steps.
    Step {
        /// The rate of step 0.
        from: f64,
        /// What it is multiplied by.
        factor: f64,
        /// After how many steps.
        every: usize,
    },
    /// Times `factor` every step.
    Exponential {
        /// The rate of step 0.
        from: f64,
        /// What it is multiplied by.
        factor: f64,
    },
}

impl Schedule {
    /// The rate of a step.
    pub fn rate(self, step: usize) -> f64 {
        let part = |steps: usize| if step >= steps { 1.0 } else { step as f64 / steps as f64 };
        // Exact at both ends.
        let between = |from: f64, to: f64, part: f64| from * (1.0 - part) + to * part;
        match self {
            Schedule::Constant(rate) => rate,
            Schedule::Linear { from, to, steps } => between(from, to, part(steps)),
            Schedule::Cosine { from, to, steps } => {
                between(from, to, 0.5 * (1.0 - libm::cos(PI * part(steps))))
            }
            Schedule::Step { from, factor, every } => {
                from * libm::pow(factor, (step / every.max(1)) as f64)
            }
            Schedule::Exponential { from, factor } => from * libm::pow(factor, step as f64),
        }
    }
}
