//! States of a run that it can go back to. The steps between are taken again, which gives the same bits.

use std::collections::VecDeque;

/// How many bytes all states may have together.
const ROOM: usize = 48 << 20;
/// How many of the last states are kept one by one.
const RECENT: usize = 24;

/// States by the number of steps before them: some from all of the run, and the last few.
#[derive(Clone, Debug)]
pub struct History<S> {
    states: Vec<(usize, S)>,
    every: usize,
    most: usize,
    recent: VecDeque<(usize, S)>,
}

impl<S: Clone> History<S> {
    /// A history of states of so many bytes each.
    pub fn new(bytes: usize) -> Self {
        let most = (ROOM / bytes.max(1)).clamp(8, 64);
        History { states: Vec::new(), every: 1, most, recent: VecDeque::new() }
    }

    /// Whether a state after so many steps would be kept.
    pub fn wants(&self, steps: usize) -> bool {
        steps.is_multiple_of(self.every) && self.states.last().is_none_or(|last| last.0 < steps)
    }

    /// Keeps a state that is wanted.
    pub fn keep(&mut self, steps: usize, state: &S) {
        if self.states.len() == self.most {
            self.every *= 2;
            let every = self.every;
            self.states.retain(|(steps, _)| steps.is_multiple_of(every));
            if !self.wants(steps) {
                return;
            }
        }
        self.states.push((steps, state.clone()));
    }

    /// Keeps a state among the last ones.
    pub fn keep_recent(&mut self, steps: usize, state: &S) {
        if self.recent.back().is_some_and(|last| last.0 >= steps) {
            return;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((steps, state.clone()));
    }

    /// How many steps before a state the single ones begin.
    pub fn recent_from(&self, steps: usize) -> usize {
        steps.saturating_sub(RECENT)
    }

    /// The last state with at most so many steps before it. Later ones are forgotten.
    pub fn back_to(&mut self, steps: usize) -> Option<(usize, S)> {
        self.states.retain(|(at, _)| *at <= steps);
        self.recent.retain(|(at, _)| *at <= steps);
        let kept = self.states.last();
        let recent = self.recent.back();
        match (kept, recent) {
            (Some(kept), Some(recent)) if recent.0 > kept.0 => Some(recent.clone()),
            (Some(kept), _) => Some(kept.clone()),
            (None, recent) => recent.cloned(),
        }
    }

    /// Forgets a state after so many steps, since what it holds changed.
    pub fn forget_from(&mut self, steps: usize) {
        self.states.retain(|(at, _)| *at < steps);
        self.recent.retain(|(at, _)| *at < steps);
    }
}
