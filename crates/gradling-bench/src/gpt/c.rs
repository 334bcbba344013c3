//! The loops of `c/gpt.c`, behind a safe face.
#![allow(unsafe_code)]

use super::model::{CONTEXT, VOCABULARY};
use std::ffi::{c_double, c_int};

/// Tokens, their count, parameters, gradient, both averages of Adam, number of the step, rate.
type Step = unsafe extern "C" fn(
    *const c_int,
    c_int,
    *mut c_double,
    *mut c_double,
    *mut c_double,
    *mut c_double,
    c_int,
    c_double,
) -> c_double;

// SAFETY: both have this signature in `c/gpt.c`, which `build.rs` compiles under these names.
unsafe extern "C" {
    fn gpt_step(
        tokens: *const c_int,
        n: c_int,
        parameters: *mut c_double,
        gradient: *mut c_double,
        mean: *mut c_double,
        square: *mut c_double,
        step: c_int,
        rate: c_double,
    ) -> c_double;
    fn gpt_step_native(
        tokens: *const c_int,
        n: c_int,
        parameters: *mut c_double,
        gradient: *mut c_double,
        mean: *mut c_double,
        square: *mut c_double,
        step: c_int,
        rate: c_double,
    ) -> c_double;
}

const PARAMETERS: usize = 4192;

/// The network and its optimiser, in arrays.
pub(super) struct Loops {
    function: Step,
    parameters: Vec<f64>,
    gradient: Vec<f64>,
    mean: Vec<f64>,
    square: Vec<f64>,
    steps: c_int,
}

impl Loops {
    /// Compiled for any processor of this kind.
    pub(super) fn portable(parameters: Vec<f64>) -> Self {
        Loops::of(gpt_step, parameters)
    }

    /// Compiled for this processor.
    pub(super) fn native(parameters: Vec<f64>) -> Self {
        Loops::of(gpt_step_native, parameters)
    }

    fn of(function: Step, parameters: Vec<f64>) -> Self {
        assert!(parameters.len() == PARAMETERS, "the network has {PARAMETERS} parameters");
        let zeros = || vec![0.0; PARAMETERS];
        Loops { function, parameters, gradient: zeros(), mean: zeros(), square: zeros(), steps: 0 }
    }

    /// One step of training; the loss before it.
    ///
    /// # Panics
    /// If there are not 2 to 17 tokens, or one of them is none.
    pub(super) fn step(&mut self, tokens: &[usize], rate: f64) -> f64 {
        assert!((2..=CONTEXT + 1).contains(&tokens.len()), "there are {} tokens", tokens.len());
        assert!(tokens.iter().all(|&token| token < VOCABULARY), "a token is below {VOCABULARY}");
        let mut row: [c_int; CONTEXT + 1] = [0; CONTEXT + 1];
        for (place, &token) in row.iter_mut().zip(tokens) {
            *place = token as c_int;
        }
        self.steps = self.steps.saturating_add(1);
        // SAFETY: the function reads n + 1 tokens, and n is 1 to 16; each is below 27, as indices of its
        // tables must be; it reads and writes 4,192 numbers in each of four arrays, which have as many
        // and do not overlap; it keeps no pointer.
        unsafe {
            (self.function)(
                row.as_ptr(),
                tokens.len() as c_int - 1,
                self.parameters.as_mut_ptr(),
                self.gradient.as_mut_ptr(),
                self.mean.as_mut_ptr(),
                self.square.as_mut_ptr(),
                self.steps,
                rate,
            )
        }
    }

    /// The gradient of the last step.
    pub(super) fn gradient(&self) -> &[f64] {
        &self.gradient
    }

    /// The parameters now.
    #[cfg(test)]
    pub(super) fn parameters(&self) -> &[f64] {
        &self.parameters
    }
}
