//! Event files for TensorBoard.
//!
//! A file is a row of records: the length in 8 bytes, a masked CRC-32C of these, an event, and a masked CRC-32C
//! of it. An event is a message of protocol buffers with few fields, so they are written here
//! (TensorFlow's `event.proto` and `summary.proto`).

use super::figures::Figures;
use super::fit::Epoch;
use crate::failure::Failure;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Fields of an event, of a session's log, of a summary and of a value in it.
mod field {
    pub(super) const WALL_TIME: u64 = 1;
    pub(super) const STEP: u64 = 2;
    pub(super) const FILE_VERSION: u64 = 3;
    pub(super) const SUMMARY: u64 = 5;
    pub(super) const SESSION_LOG: u64 = 7;
    pub(super) const STATUS: u64 = 1;
    pub(super) const VALUE: u64 = 1;
    pub(super) const TAG: u64 = 1;
    pub(super) const SIMPLE_VALUE: u64 = 2;
}

/// The status of a session that starts: what was logged from its step on before is void.
const START: u64 = 1;

/// An event file that grows while a run goes on.
pub(super) struct EventFile {
    path: PathBuf,
    file: File,
    score: &'static str,
}

impl EventFile {
    /// Begins a file in a folder, which is made if it is not there, for a run that goes on after so many epochs.
    pub(super) fn begin(folder: &Path, score: &'static str, after: usize) -> Result<Self, Failure> {
        let seconds = now() as u64;
        let name = format!("events.out.tfevents.{seconds:010}.gradling.{}", std::process::id());
        let path = folder.join(name);
        let failed = |error| unwritable(&path, &error);
        let made = fs::create_dir_all(folder).and_then(|()| File::create_new(&path));
        let mut events = EventFile { file: made.map_err(failed)?, path: path.clone(), score };
        let mut version = Vec::new();
        bytes(&mut version, field::FILE_VERSION, b"brain.Event:2");
        events.write(0, &version)?;
        if after > 0 {
            let (mut log, mut event) = (Vec::new(), Vec::new());
            varint(&mut log, field::STATUS << 3);
            varint(&mut log, START);
            bytes(&mut event, field::SESSION_LOG, &log);
            events.write(after + 1, &event)?;
        }
        Ok(events)
    }

    /// The figures of an epoch, each under the name of its rows.
    pub(super) fn epoch(&mut self, epoch: &Epoch) -> Result<(), Failure> {
        let Epoch { number, training, validation, held_out } = *epoch;
        let mut summary = Vec::new();
        let parts =
            [("training", Some(training)), ("validation", validation), ("held_out", held_out)];
        for (part, figures) in parts {
            let Some(Figures { loss, score }) = figures else { continue };
            for (name, figure) in [("loss", loss), (self.score, score)] {
                let mut value = Vec::new();
                bytes(&mut value, field::TAG, format!("{name}/{part}").as_bytes());
                varint(&mut value, field::SIMPLE_VALUE << 3 | 5);
                value.extend_from_slice(&(figure as f32).to_le_bytes());
                bytes(&mut summary, field::VALUE, &value);
            }
        }
        let mut event = Vec::new();
        bytes(&mut event, field::SUMMARY, &summary);
        self.write(number, &event)
    }

    /// A record, in one piece, so that a reader sees it whole.
    fn write(&mut self, step: usize, rest: &[u8]) -> Result<(), Failure> {
        let mut event = Vec::new();
        varint(&mut event, field::WALL_TIME << 3 | 1);
        event.extend_from_slice(&now().to_le_bytes());
        varint(&mut event, field::STEP << 3);
        varint(&mut event, step as u64);
        event.extend_from_slice(rest);
        let record = record(&event);
        self.file.write_all(&record).map_err(|error| unwritable(&self.path, &error))
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    Failure::Input(format!("{path} cannot be written: {error}; give --tensorboard another folder"))
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

fn record(event: &[u8]) -> Vec<u8> {
    let length = (event.len() as u64).to_le_bytes();
    let mut record = length.to_vec();
    record.extend_from_slice(&masked(&length).to_le_bytes());
    record.extend_from_slice(event);
    record.extend_from_slice(&masked(event).to_le_bytes());
    record
}

/// The checksum turned and shifted, as one of data that hold checksums themselves.
fn masked(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Seven bits a byte, the lowest first.
fn varint(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// A field of bytes with their length.
fn bytes(into: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    varint(into, field << 3 | 2);
    varint(into, bytes.len() as u64);
    into.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_record_is_that_of_tensorboard() {
        // Written by tensorboard 2.21's RecordWriter: the bytes of `RecordWriter(f).write(b"abc")`.
        let theirs = [3, 0, 0, 0, 0, 0, 0, 0, 176, 153, 73, 14, 97, 98, 99, 110, 87, 241, 33];
        assert_eq!(record(b"abc"), theirs);
    }
}
