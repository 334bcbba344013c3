//! When checkpoints are kept, and where.

use super::checkpoint::Checkpoint;
use super::fit::State;
use super::save::Folder;
use crate::failure::Failure;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// How often a checkpoint is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Every {
    Time(Duration),
    Epochs(usize),
}

impl FromStr for Every {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = "write seconds, minutes or epochs, such as 30s, 5m or 10";
        let number = |text: &str| text.parse::<u32>().map_err(|_| wrong.to_owned());
        if let Some(seconds) = text.strip_suffix('s') {
            return Ok(Every::Time(Duration::from_secs(number(seconds)?.into())));
        }
        if let Some(minutes) = text.strip_suffix('m') {
            return Ok(Every::Time(Duration::from_secs(60 * u64::from(number(minutes)?))));
        }
        match number(text)? {
            0 => Err(wrong.to_owned()),
            epochs => Ok(Every::Epochs(epochs as usize)),
        }
    }
}

/// Keeps checkpoints in a folder.
pub(super) struct Keeper<'a> {
    folder: &'a Folder,
    every: Every,
    last: Instant,
    checkpoint: Checkpoint,
}

impl<'a> Keeper<'a> {
    /// One that keeps the state in `checkpoint`, whatever else it says.
    pub(super) fn new(folder: &'a Folder, every: Every, checkpoint: Checkpoint) -> Self {
        Keeper { folder, every, last: Instant::now(), checkpoint }
    }

    /// Whether time is up, within an epoch.
    pub(super) fn is_due(&self) -> bool {
        matches!(self.every, Every::Time(time) if self.last.elapsed() >= time)
    }

    /// The same after so many epochs.
    pub(super) fn is_due_after(&self, epochs: usize) -> bool {
        match self.every {
            Every::Time(_) => self.is_due(),
            Every::Epochs(every) => epochs.is_multiple_of(every),
        }
    }

    /// Writes the checkpoint anew, which takes the place of the one before when it is whole.
    pub(super) fn keep(&mut self, state: &State) -> Result<(), Failure> {
        self.checkpoint.state = state.clone();
        self.folder.keep(&self.checkpoint.to_bytes()?)?;
        self.last = Instant::now();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_epochs_are_told_apart() {
        let seconds = |n| Ok(Every::Time(Duration::from_secs(n)));
        assert_eq!(
            ("0s".parse(), "30s".parse(), "5m".parse()),
            (seconds(0), seconds(30), seconds(300))
        );
        assert_eq!("10".parse(), Ok(Every::Epochs(10)));
        for wrong in ["", "0", "s", "-1", "1h", "1.5"] {
            assert!(wrong.parse::<Every>().is_err(), "{wrong}");
        }
    }
}
