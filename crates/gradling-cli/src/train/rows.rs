//! Encoded rows in a file, for a table that is larger than memory: written once, and gone through in another order
//! each epoch.
//!
//! The file has no name, so that it goes with the process, however that ends. It holds blocks of rows in the order
//! of the table. An epoch deals out the blocks, takes a window of some of them into memory, and deals out the rows
//! within it; a feature that becomes many inputs, one of them 1, is one number until its batch. What the order is depends on the seed and the number of the epoch alone, so a run that goes on needs
//! to know no more than how many rows were taken.

use super::memory::shown;
use crate::failure::Failure;
use gradling::Rng;
use gradling_data::{Code, Encoder, Feature};
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

/// What the inputs of a row are, and how they are written: each feature's inputs one by one, or, of those of which
/// one is 1 and the others are 0, which one it is.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    inputs: usize,
    /// Numbers of a row in the file, but for the target.
    numbers: usize,
    /// For each feature how many inputs it has, and how they are written; one of numbers alone if there is no other.
    spans: Vec<(usize, Span)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Span {
    Numbers,
    OneHot,
}

impl Layout {
    /// That of what an encoder gives.
    pub(super) fn of(encoder: &Encoder) -> Self {
        let span = |feature: &Feature| match feature.code {
            Code::Number(_) => (feature.width(), Span::Numbers),
            Code::OneHot(_) => (feature.width(), Span::OneHot),
        };
        Layout::new(encoder.features().iter().map(span).collect())
    }

    fn new(spans: Vec<(usize, Span)>) -> Self {
        let written = |&(inputs, span): &(usize, Span)| match span {
            Span::Numbers => inputs,
            Span::OneHot => 1,
        };
        let inputs = spans.iter().map(|(inputs, _)| inputs).sum();
        Layout { inputs, numbers: spans.iter().map(written).sum(), spans }
    }

    /// Adds the numbers that stand for these inputs.
    fn pack(&self, mut inputs: &[f64], numbers: &mut Vec<f32>) {
        for &(width, span) in &self.spans {
            let (own, rest) = inputs.split_at(width);
            match span {
                Span::Numbers => numbers.extend(own.iter().map(|&x| x as f32)),
                // Widths are at most some thousand, so they are exact.
                Span::OneHot => {
                    numbers.push(own.iter().position(|&x| x == 1.0).unwrap_or(width) as f32);
                }
            }
            inputs = rest;
        }
    }

    /// The inputs that the numbers of some rows stand for.
    fn unpack<'a>(&self, numbers: &'a [f32], inputs: &'a mut Vec<f32>) -> &'a [f32] {
        if self.inputs == self.numbers && self.spans.iter().all(|(_, span)| *span == Span::Numbers)
        {
            return numbers;
        }
        inputs.clear();
        for mut numbers in numbers.chunks_exact(self.numbers) {
            for &(width, span) in &self.spans {
                let own;
                match span {
                    Span::Numbers => {
                        (own, numbers) = numbers.split_at(width);
                        inputs.extend_from_slice(own);
                    }
                    Span::OneHot => {
                        (own, numbers) = numbers.split_at(1);
                        let start = inputs.len();
                        inputs.resize(start + width, 0.0);
                        if let Some(input) = inputs[start..].get_mut(own[0] as usize) {
                            *input = 1.0;
                        }
                    }
                }
            }
        }
        inputs
    }
}

/// Rows of inputs and one target each.
pub(super) struct Rows {
    file: File,
    folder: PathBuf,
    count: usize,
    layout: Layout,
    /// Blocks that are in memory at once.
    window: usize,
    hash: u128,
}

/// Rows while they are written.
pub(super) struct Writer {
    file: BufWriter<File>,
    folder: PathBuf,
    count: usize,
    layout: Layout,
    hash: Xxh3Default,
    numbers: Vec<f32>,
    bytes: Vec<u8>,
}

impl Writer {
    /// A new file in this folder.
    pub(super) fn new(folder: &Path, layout: Layout) -> Result<Self, Failure> {
        let file = tempfile::tempfile_in(folder).map_err(|error| {
            Failure::Input(format!(
                "{}: no file for the encoded rows can be made there: {error}; {ADVICE}",
                folder.display()
            ))
        })?;
        Ok(Writer::in_file(file, folder, layout))
    }

    fn in_file(file: File, folder: &Path, layout: Layout) -> Self {
        let (file, folder) = (BufWriter::with_capacity(1 << 20, file), folder.to_owned());
        let (numbers, bytes) = (Vec::new(), Vec::new());
        Writer { file, folder, count: 0, layout, hash: Xxh3Default::new(), numbers, bytes }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, inputs: &[f64], target: f64) -> Result<(), Failure> {
        self.numbers.clear();
        self.layout.pack(inputs, &mut self.numbers);
        self.numbers.push(target as f32);
        self.bytes.clear();
        self.bytes.extend(self.numbers.iter().flat_map(|number| number.to_le_bytes()));
        self.hash.update(&self.bytes);
        self.count += 1;
        let written = self.file.write_all(&self.bytes);
        written.map_err(|error| self.full(&error))
    }

    fn full(&self, error: &io::Error) -> Failure {
        let bytes = shown((self.count * (self.layout.numbers + 1) * NUMBER) as u64);
        Failure::Input(format!(
            "{}: the encoded rows cannot be written there: {error}, after {bytes}; {ADVICE}",
            self.folder.display()
        ))
    }

    /// The rows, to be read in windows of so many bytes.
    pub(super) fn finish(mut self, window: usize) -> Result<Rows, Failure> {
        let flushed = self.file.flush();
        flushed.map_err(|error| self.full(&error))?;
        let Writer { file, folder, count, layout, hash, .. } = self;
        let (file, _) = file.into_parts();
        let window = (window / ((layout.numbers + 1) * NUMBER * BLOCK)).max(1);
        Ok(Rows { file, folder, count, layout, window, hash: hash.digest128() })
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

    /// What the order of an epoch is drawn from.
    pub(super) fn order(seed: u64, epoch: usize) -> Rng {
        Rng::stream(seed, STREAM | (epoch as u64) << EPOCH)
    }

    /// Goes through all rows in this order, or as they were written, but for the first `taken`, and calls `step` with
    /// the inputs and targets of `batch` of them at a time; the last batch holds what is left.
    pub(super) fn epoch<B>(
        &self,
        mut rng: Option<Rng>,
        batch: usize,
        taken: usize,
        mut step: impl FnMut(&[f32], &[f32]) -> Result<ControlFlow<B>, Failure>,
    ) -> Result<ControlFlow<B>, Failure> {
        let mut blocks: Vec<usize> = (0..self.count.div_ceil(BLOCK)).collect();
        if let Some(rng) = &mut rng {
            rng.shuffle(&mut blocks);
        }
        let (mut window, mut bytes) = (Vec::new(), Vec::new());
        let (mut packed, mut inputs, mut targets) = (Vec::new(), Vec::new(), Vec::new());
        let width = self.layout.numbers;
        let mut start = 0;
        for blocks in blocks.chunks(self.window) {
            let count: usize = blocks.iter().map(|&block| self.rows_of(block)).sum();
            let mut order: Vec<u32> = (0..count as u32).collect();
            if let Some(rng) = &mut rng {
                rng.shuffle(&mut order);
            }
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
                let row = &window[row as usize * (width + 1)..][..width + 1];
                packed.extend_from_slice(&row[..width]);
                targets.push(row[width]);
            }
            // What is too little for a batch waits for the next window.
            let whole = match start == self.count {
                true => targets.len(),
                false => targets.len() / batch * batch,
            };
            let steps = packed[..whole * width].chunks(batch.saturating_mul(width));
            for (packed, targets) in steps.zip(targets[..whole].chunks(batch)) {
                let inputs = self.layout.unpack(packed, &mut inputs);
                if let ControlFlow::Break(end) = step(inputs, targets)? {
                    return Ok(ControlFlow::Break(end));
                }
            }
            packed.drain(..whole * width);
            targets.drain(..whole);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn rows_of(&self, block: usize) -> usize {
        (self.count - block * BLOCK).min(BLOCK)
    }

    /// Reads a block and adds it to the window.
    fn read(&self, block: usize, bytes: &mut Vec<u8>, window: &mut Vec<f32>) -> io::Result<()> {
        let row = (self.layout.numbers + 1) * NUMBER;
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
        let layout = Layout::new(vec![(2, Span::Numbers)]);
        let mut writer = Writer::new(&std::env::temp_dir(), layout).unwrap();
        for row in 0..count {
            writer.push(&[row as f64, -(row as f64)], 0.5 + row as f64).unwrap();
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
        let rng = Rows::order(epoch.0, epoch.1);
        let end = rows.epoch(Some(rng), batch, taken, |inputs, targets| {
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
    fn inputs_of_which_one_is_1_are_one_number_in_the_file_and_come_back() {
        let layout = Layout::new(vec![(1, Span::Numbers), (4, Span::OneHot), (2, Span::Numbers)]);
        let mut writer = Writer::new(&std::env::temp_dir(), layout).unwrap();
        let rows = [
            [0.25, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0],
            [-2.0, 1.0, 0.0, 0.0, 0.0, 0.5, 1.0],
            [3.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        ];
        rows.iter().zip(0..).for_each(|(row, n)| writer.push(row, n.into()).unwrap());
        let there = writer.finish(1).unwrap();
        // Four numbers and the target of four bytes each.
        assert_eq!(there.file.metadata().unwrap().len(), 3 * 5 * 4);
        let mut met = Vec::new();
        let end = there.epoch(None, 2, 0, |inputs, targets| {
            for (inputs, &target) in inputs.chunks(7).zip(targets) {
                let right = rows[target as usize].map(|x| x as f32);
                assert_eq!(inputs, right);
                met.push(target);
            }
            Ok(ControlFlow::<()>::Continue(()))
        });
        assert!(end.is_ok());
        assert_eq!(met, [0.0, 1.0, 2.0]);
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
        let mut writer =
            Writer::in_file(full, Path::new("there"), Layout::new(vec![(2, Span::Numbers)]));
        let failed = (0..1_000_000).find_map(|_| writer.push(&[0.0; 2], 0.0).err());
        let Some(Failure::Input(message)) = failed else { panic!("{failed:?}") };
        assert!(
            message.starts_with("there: the encoded rows cannot be written there: No space left")
        );
        assert!(message.contains("make room, or give --out"), "{message}");
    }
}
