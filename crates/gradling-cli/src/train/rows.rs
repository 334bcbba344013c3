//! Encoded rows in a file, for a table that is larger than memory: written once, and gone through in another order
//! each epoch.
//!
//! The file has no name, so that it goes with the process, however that ends. It holds blocks of rows in the order
//! of the table. An epoch deals out the blocks, takes a window of some of them into memory, and deals out the rows
//! within it. What the order is depends on the seed and the number of the epoch alone, so a run that goes on needs
//! to know no more than how many rows were taken.

use super::memory::shown;
use crate::failure::Failure;
use gradling::Rng;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3Default;

/// Rows of a block.
const BLOCK: usize = 1024;
/// The stream of random numbers that the order of rows draws from, with the epoch in the bits above.
const STREAM: u64 = 9;
const EPOCH: u32 = 8;
/// Bytes of a number.
const NUMBER: usize = size_of::<f32>();

/// Rows of inputs and one target each.
pub(super) struct Rows {
    file: File,
    folder: PathBuf,
    count: usize,
    inputs: usize,
    /// Blocks that are in memory at once.
    window: usize,
    hash: u128,
}

/// Rows while they are written.
pub(super) struct Writer {
    file: BufWriter<File>,
    folder: PathBuf,
    count: usize,
    inputs: usize,
    hash: Xxh3Default,
    bytes: Vec<u8>,
}

impl Writer {
    /// A new file in this folder, for rows of so many inputs.
    pub(super) fn new(folder: &Path, inputs: usize) -> Result<Self, Failure> {
        let file = tempfile::tempfile_in(folder).map_err(|error| {
            Failure::Input(format!(
                "{}: no file for the encoded rows can be made there: {error}; {ADVICE}",
                folder.display()
            ))
        })?;
        Ok(Writer::in_file(file, folder, inputs))
    }

    fn in_file(file: File, folder: &Path, inputs: usize) -> Self {
        let (file, folder) = (BufWriter::with_capacity(1 << 20, file), folder.to_owned());
        Writer { file, folder, count: 0, inputs, hash: Xxh3Default::new(), bytes: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn push(
        &mut self,
        inputs: impl ExactSizeIterator<Item = f32>,
        target: f32,
    ) -> Result<(), Failure> {
        debug_assert_eq!(inputs.len(), self.inputs);
        self.bytes.clear();
        self.bytes.extend(inputs.chain([target]).flat_map(f32::to_le_bytes));
        self.hash.update(&self.bytes);
        self.count += 1;
        let written = self.file.write_all(&self.bytes);
        written.map_err(|error| self.full(&error))
    }

    fn full(&self, error: &io::Error) -> Failure {
        let bytes = shown((self.count * (self.inputs + 1) * NUMBER) as u64);
        Failure::Input(format!(
            "{}: the encoded rows cannot be written there: {error}, after {bytes}; {ADVICE}",
            self.folder.display()
        ))
    }

    /// The rows, to be read in windows of so many bytes.
    pub(super) fn finish(mut self, window: usize) -> Result<Rows, Failure> {
        let flushed = self.file.flush();
        flushed.map_err(|error| self.full(&error))?;
        let Writer { file, folder, count, inputs, hash, .. } = self;
        let (file, _) = file.into_parts();
        let window = (window / ((inputs + 1) * NUMBER * BLOCK)).max(1);
        Ok(Rows { file, folder, count, inputs, window, hash: hash.digest128() })
    }
}

const ADVICE: &str =
    "make room, or give --out a folder on a larger disk, or without --out the variable TMPDIR";

impl Rows {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// A hash of all of them.
    pub(super) fn hash(&self) -> u128 {
        self.hash
    }

    /// The most rows that are in memory at once.
    pub(super) fn window(&self) -> usize {
        self.window * BLOCK
    }

    /// Goes through all rows in the order of an epoch, but for the first `taken`, and calls `step` with the inputs
    /// and targets of `batch` of them at a time; the last batch holds what is left.
    pub(super) fn epoch<B>(
        &self,
        (seed, epoch): (u64, usize),
        batch: usize,
        taken: usize,
        mut step: impl FnMut(&[f32], &[f32]) -> Result<ControlFlow<B>, Failure>,
    ) -> Result<ControlFlow<B>, Failure> {
        let mut rng = Rng::stream(seed, STREAM | (epoch as u64) << EPOCH);
        let mut blocks: Vec<usize> = (0..self.count.div_ceil(BLOCK)).collect();
        rng.shuffle(&mut blocks);
        let (mut window, mut bytes) = (Vec::new(), Vec::new());
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        let mut start = 0;
        for blocks in blocks.chunks(self.window) {
            let count: usize = blocks.iter().map(|&block| self.rows_of(block)).sum();
            let mut order: Vec<u32> = (0..count as u32).collect();
            rng.shuffle(&mut order);
            let before = start;
            start += count;
            if start <= taken {
                continue;
            }
            window.clear();
            for &block in blocks {
                self.read(block, &mut bytes, &mut window).map_err(|error| {
                    let folder = self.folder.display();
                    Failure::Run(format!("{folder}: the encoded rows cannot be read back: {error}"))
                })?;
            }
            for &row in &order[taken.saturating_sub(before)..] {
                let row = &window[row as usize * (self.inputs + 1)..][..self.inputs + 1];
                inputs.extend_from_slice(&row[..self.inputs]);
                targets.push(row[self.inputs]);
            }
            // What is too little for a batch waits for the next window.
            let whole = match start == self.count {
                true => targets.len(),
                false => targets.len() / batch * batch,
            };
            let steps = inputs[..whole * self.inputs].chunks(batch.saturating_mul(self.inputs));
            for (inputs, targets) in steps.zip(targets[..whole].chunks(batch)) {
                if let ControlFlow::Break(end) = step(inputs, targets)? {
                    return Ok(ControlFlow::Break(end));
                }
            }
            inputs.drain(..whole * self.inputs);
            targets.drain(..whole);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn rows_of(&self, block: usize) -> usize {
        (self.count - block * BLOCK).min(BLOCK)
    }

    /// Reads a block and adds it to the window.
    fn read(&self, block: usize, bytes: &mut Vec<u8>, window: &mut Vec<f32>) -> io::Result<()> {
        let row = (self.inputs + 1) * NUMBER;
        bytes.resize(self.rows_of(block) * row, 0);
        let mut file = &self.file;
        file.seek(SeekFrom::Start((block * BLOCK * row) as u64))?;
        file.read_exact(bytes)?;
        let (numbers, _) = bytes.as_chunks::<NUMBER>();
        window.extend(numbers.iter().map(|&number| f32::from_le_bytes(number)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that say their number, in windows of `window` blocks.
    fn rows(count: usize, window: usize) -> Rows {
        let mut writer = Writer::new(&std::env::temp_dir(), 2).unwrap();
        for row in 0..count {
            writer.push([row as f32, -(row as f32)].into_iter(), 0.5 + row as f32).unwrap();
        }
        writer.finish(window * BLOCK * 3 * NUMBER).unwrap()
    }

    /// The rows in the order of an epoch, and the sizes of the batches.
    fn order(
        rows: &Rows,
        epoch: (u64, usize),
        batch: usize,
        taken: usize,
    ) -> (Vec<usize>, Vec<usize>) {
        let (mut order, mut sizes) = (Vec::new(), Vec::new());
        let end = rows.epoch(epoch, batch, taken, |inputs, targets| {
            for (inputs, &target) in inputs.as_chunks::<2>().0.iter().zip(targets) {
                assert_eq!((inputs[0], inputs[0] + 0.5), (-inputs[1], target));
                order.push(inputs[0] as usize);
            }
            sizes.push(targets.len());
            Ok(ControlFlow::<()>::Continue(()))
        });
        assert_eq!(end.unwrap(), ControlFlow::Continue(()));
        (order, sizes)
    }

    #[test]
    fn an_epoch_has_every_row_once_in_whole_batches_and_an_order_of_its_own() {
        for (count, window) in [(1, 1), (1024, 1), (5000, 1), (5000, 2), (5000, 100)] {
            let rows = rows(count, window);
            assert_eq!(rows.count(), count);
            let (first, sizes) = order(&rows, (7, 1), 300, 0);
            let (last, whole) = sizes.split_last().unwrap();
            assert!(whole.iter().all(|&size| size == 300) && *last <= 300);
            let mut sorted = first.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..count).collect::<Vec<_>>());
            assert_eq!(order(&rows, (7, 1), 300, 0).0, first);
            if count > 1 {
                assert_ne!(order(&rows, (7, 2), 300, 0).0, first);
                assert_ne!(order(&rows, (8, 1), 300, 0).0, first);
            }
        }
    }

    #[test]
    fn the_rest_of_an_epoch_is_the_end_of_the_whole_one() {
        let rows = rows(5000, 2);
        let (all, _) = order(&rows, (3, 4), 70, 0);
        for taken in [70, 1400, 2030, 2100, 4900, 4970] {
            assert_eq!(order(&rows, (3, 4), 70, taken).0, all[taken..], "{taken}");
        }
    }

    #[test]
    fn rows_that_follow_each_other_in_the_table_come_far_apart() {
        let (order, _) = order(&rows(50_000, 10), (1, 1), 32, 0);
        let near = order.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) < 1024).count();
        // Within a window of 10 blocks it is one pair in about 10; in the order of the table, all.
        assert!(near < 10_000, "{near}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_with_advice() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut writer = Writer::in_file(full, Path::new("there"), 2);
        let failed = (0..1_000_000).find_map(|_| writer.push([0.0; 2].into_iter(), 0.0).err());
        let Some(Failure::Input(message)) = failed else { panic!("{failed:?}") };
        assert!(
            message.starts_with("there: the encoded rows cannot be written there: No space left")
        );
        assert!(message.contains("make room, or give --out"), "{message}");
    }
}
