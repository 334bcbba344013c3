//! How a session came to where it is, as its code tells it: whole epochs first, then step by step.

use super::log::{Event, What};
use super::optimiser::Optimiser;
use super::session::Session;
use super::settings::Training;
use std::sync::Arc;

/// The most rows of steps that are written out one by one.
const MOST_ROWS: usize = 60_000;
/// The most steps that are taken again to see what they were.
const MOST_STEPS: usize = 100_000;

/// What happens after the whole epochs.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Steps at one rate, each on these rows of those learned from.
    Steps(f64, Vec<Vec<usize>>),
    /// Another optimiser takes over.
    Optimiser(Box<Training>),
    /// A parameter is given another number.
    Weight(usize, f64),
}

/// The way of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// How it is trained at first.
    pub training: Training,
    /// For so many whole epochs.
    pub epochs: usize,
    /// What comes then.
    pub acts: Vec<Act>,
}

impl Story {
    /// The way of a session; none if its code cannot tell it: the loss, an activation or a penalty was changed on
    /// the way, or the way after the first change is too long.
    pub fn of(session: &Session) -> Option<Story> {
        let state = session.state();
        let mut training = session.settings.training.clone();
        let later = |event: &&Event| event.at > 0 || event.is_of_samples();
        for event in session.log().iter().filter(|event| !later(event)) {
            if let What::Set(changes) = &event.what {
                training = training.with(changes).ok()?;
            }
        }
        let Some(first) = session.log().iter().find(later) else {
            let rows = &session.order()[..session.rows_taken()];
            let batches: Vec<Vec<usize>> = rows
                .chunks(training.batch)
                .map(|rows| rows.iter().map(|&row| row as usize).collect())
                .collect();
            let acts = if batches.is_empty() {
                Vec::new()
            } else {
                vec![Act::Steps(session.rate(), batches)]
            };
            return Some(Story { training, epochs: state.epoch, acts });
        };
        let told = |event: &Event| match &event.what {
            What::Set(changes) => changes.as_object().is_some_and(|changes| {
                !["loss", "activations", "l1", "l2"].iter().any(|name| changes.contains_key(*name))
            }),
            _ => true,
        };
        if state.steps > MOST_STEPS || !session.log().iter().filter(later).all(told) {
            return None;
        }
        Story::repeated(session, training, first.at)
    }

    /// Takes the steps of a session again.
    fn repeated(session: &Session, training: Training, first: usize) -> Option<Story> {
        let problem = Arc::clone(&session.problem);
        let mut again = Session::with(session.settings.clone(), problem).ok()?;
        again.follow(session.log().to_vec()).ok()?;
        let mut story = Story { training: training.clone(), epochs: 0, acts: Vec::new() };
        let (mut now, mut rows) = (training, 0);
        let end = session.state().steps;
        for step in 0..=end {
            for event in session.log().iter().filter(|event| event.at == step && step > 0) {
                match &event.what {
                    What::Weight(place, number) => story.acts.push(Act::Weight(*place, *number)),
                    What::Set(changes) => {
                        let after = now.with(changes).ok()?;
                        if !Optimiser::goes_on(&now, &after) {
                            story.acts.push(Act::Optimiser(Box::new(after.clone())));
                        }
                        now = after;
                    }
                    What::Samples(_) => {}
                }
            }
            if step == end {
                break;
            }
            let (from, rate) = (again.rows_taken(), again.rate());
            again.repeat_to(step + 1).ok()?;
            let to = again.rows_taken();
            let taken = &again.order()[from..if to == 0 { again.order().len() } else { to }];
            rows += taken.len();
            let batch: Vec<usize> = taken.iter().map(|&row| row as usize).collect();
            match story.acts.last_mut() {
                Some(Act::Steps(same, batches)) if *same == rate => batches.push(batch),
                _ => story.acts.push(Act::Steps(rate, vec![batch])),
            }
            if to == 0 && step < first {
                // All of this epoch was before the first change.
                (story.epochs, rows) = (again.state().epoch, 0);
                story.acts.clear();
            }
            if rows > MOST_ROWS {
                return None;
            }
        }
        Some(story)
    }
}
