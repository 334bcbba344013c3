//! What happened during a run beside plain steps: enough to repeat it from the first weights.

use serde::{Deserialize, Serialize};

/// Something that happened after so many steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// After how many steps.
    pub at: usize,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Settings of training changed: an object of those that did.
    Set(serde_json::Value),
    /// A parameter, by its place, was given another number.
    Weight(usize, f64),
    /// So many steps were of one sample each.
    Samples(usize),
}

/// All events, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log(pub Vec<Event>);

impl Log {
    /// Takes an event into account that happens now.
    pub fn push(&mut self, at: usize, what: What) {
        if let (What::Samples(more), Some(Event { at: first, what: What::Samples(count) })) =
            (&what, self.0.last_mut())
            && *first + *count == at
        {
            *count += more;
            return;
        }
        if let (What::Weight(place, number), Some(Event { at: when, what: What::Weight(p, x) })) =
            (&what, self.0.last_mut())
            && (*when, *p) == (at, *place)
        {
            *x = *number;
            return;
        }
        self.0.push(Event { at, what });
    }

    /// Forgets what happened after so many steps; what happened at them stays.
    pub fn truncate(&mut self, steps: usize) {
        self.0.retain_mut(|event| {
            if let What::Samples(count) = &mut event.what {
                *count = (*count).min(steps.saturating_sub(event.at));
                return *count > 0;
            }
            event.at <= steps
        });
    }
}

impl Event {
    /// Whether it tells of steps of one sample.
    pub fn is_of_samples(&self) -> bool {
        matches!(self.what, What::Samples(_))
    }
}
