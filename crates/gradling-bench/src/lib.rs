//! Benchmarks of gradling, each beside a reference that is measured in the same run, in turn with it.
//!
//! A [`Case`] is two ways to compute one answer. Both answers are compared before anything is timed, so
//! that a figure never belongs to a computation gone wrong.

pub mod expression;
pub mod gpt;
pub mod graphs;
pub mod kernel;
pub mod measure;
pub mod moons;
pub mod programs;
mod scalar;

pub use scalar::Scalar;

/// Something that is timed: it returns its answer.
pub type Work = Box<dyn FnMut() -> f64>;

/// Two ways to compute one answer.
pub struct Case {
    /// What is measured: `moons_step`.
    pub name: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    /// gradling's way.
    pub ours: Work,
    /// The name of the other way.
    pub reference: &'static str,
    /// The other way.
    pub theirs: Work,
    /// The answers may differ by this, relatively.
    pub tolerance: f64,
}

impl Case {
    /// Runs both ways once and compares their answers.
    ///
    /// # Errors
    /// A sentence with both answers, if they differ.
    pub fn check(&mut self) -> Result<(), String> {
        let (ours, theirs) = ((self.ours)(), (self.theirs)());
        if (ours - theirs).abs() <= self.tolerance * theirs.abs() {
            return Ok(());
        }
        Err(format!("{}: the answer is {ours}, and {theirs} by {}", self.name, self.reference))
    }
}

/// What makes each case. A case may keep values alive, so make one at a time, in a
/// [`scope`](gradling::scope).
pub const CASES: &[fn() -> Case] = &[
    moons::step_by_operators,
    moons::step_by_nn,
    expression::transcendental,
    expression::transcendental_recurrence,
    graphs::chain,
    graphs::sum,
    graphs::one_of_many,
    graphs::picture,
    programs::moons_f32,
    programs::moons_f64,
    programs::moons_eager,
    programs::tanh_16,
    programs::tanh_64,
    programs::digits_small,
    programs::digits_large,
    programs::two_threads,
    programs::unstructured,
    programs::unstructured_million,
    programs::compile,
    gpt::step,
    gpt::step_native,
    gpt::step_eager,
];
