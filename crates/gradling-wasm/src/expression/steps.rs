//! The backward pass one edge at a time.
//!
//! A step is one use of one value: the gradient of what was made, times the local derivative, is added to
//! the gradient of the input. Values are taken in the order of `backward`, from the newest down, so that a
//! gradient is complete when it is sent on. What stands after step `k` is computed from the start: so a step
//! back is as exact as a step forth, and so is a step after a number was changed.

use gradling::Value;

/// The steps of a graph.
pub(super) struct Steps {
    /// The value that sends, and which of its inputs receives, after the first step, which gives the
    /// result its 1.
    sends: Vec<(usize, usize)>,
}

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Send {
    pub(super) from: usize,
    pub(super) input: usize,
    pub(super) to: usize,
    pub(super) gradient: f64,
    pub(super) local: f64,
    pub(super) flow: f64,
    /// The sum so far, if the receiver was reached before.
    pub(super) before: Option<f64>,
    pub(super) after: f64,
}

/// What is known after some steps.
pub(super) struct State {
    pub(super) grads: Vec<Option<f64>>,
    /// The last step, unless it was the first or none.
    pub(super) last: Option<Send>,
}

impl Steps {
    pub(super) fn new(inputs: &[Vec<usize>]) -> Steps {
        let places = (0..inputs.len()).rev();
        let sends = places.flat_map(|from| (0..inputs[from].len()).map(move |input| (from, input)));
        Steps { sends: sends.collect() }
    }

    /// How many there are.
    pub(super) fn total(&self) -> usize {
        if self.sends.is_empty() { 1 } else { 1 + self.sends.len() }
    }

    /// Every send among the first `steps` steps, in order, and what is known then.
    pub(super) fn replay(
        &self,
        values: &[Value],
        inputs: &[Vec<usize>],
        steps: usize,
        mut see: impl FnMut(Send),
    ) -> State {
        let mut grads: Vec<Option<f64>> = vec![None; values.len()];
        let mut last = None;
        if steps == 0 {
            return State { grads, last };
        }
        if let Some(root) = grads.last_mut() {
            *root = Some(1.0);
        }
        let (mut of, mut flows, mut locals) = (usize::MAX, Vec::new(), Vec::new());
        for &(from, input) in self.sends.iter().take(steps - 1) {
            let gradient = grads[from].unwrap_or(0.0);
            if of != from {
                (of, flows, locals) = (from, values[from].pull(gradient), values[from].pull(1.0));
            }
            let to = inputs[from][input];
            let (before, flow) = (grads[to], flows[input]);
            let after = before.map_or(flow, |before| before + flow);
            grads[to] = Some(after);
            let send =
                Send { from, input, to, gradient, local: locals[input], flow, before, after };
            see(send);
            last = Some(send);
        }
        State { grads, last }
    }

    /// The step after the last edge of the value that is at work after `steps` steps.
    pub(super) fn end_of_value(&self, steps: usize) -> usize {
        if steps == 0 {
            return 1;
        }
        let Some(&(from, _)) = self.sends.get(steps - 1) else { return self.total() };
        1 + self.sends.partition_point(|&(other, _)| other >= from)
    }

    /// The step before the first edge of the value whose edge was the last.
    pub(super) fn start_of_value(&self, steps: usize) -> usize {
        let Some(last) = steps.checked_sub(2) else { return 0 };
        let from = self.sends[last.min(self.sends.len() - 1)].0;
        1 + self.sends.partition_point(|&(other, _)| other > from)
    }
}
