//! Bringing a batch into rows: turned, so that a row holds one input of all samples of a chunk.

use super::lanes::Number;
use std::ops::Range;

/// Samples and inputs that are turned together: a line of a cache of 64 bytes is 16 numbers of 4.
const TILE: usize = 16;

/// Puts the inputs of the samples of `range` into rows of `width`. `inputs` names for each row to fill,
/// which must be one after the other from `first`, the input that it holds, ascending; `arrays` hold
/// `widths` numbers a sample. What is over is filled with the last sample, numbers like any other.
pub(crate) fn load<T: Number>(
    arrays: &[&[T]],
    widths: &[usize],
    inputs: &[u32],
    range: Range<usize>,
    width: usize,
    rows: &mut [T],
) {
    let (mut before, mut done) = (0, 0);
    for (array, &columns) in arrays.iter().zip(widths) {
        let end = done + inputs[done..].partition_point(|&input| (input as usize) < before + columns);
        let here = &inputs[done..end];
        let rows = &mut rows[done * width..end * width];
        let samples = &array[range.start * columns..range.end * columns];
        for (tile, rows) in here.chunks(TILE).zip(rows.chunks_mut(TILE * width)) {
            let first = tile[0] as usize - before;
            let one_after_the_other = tile.len() == TILE
                && tile[TILE - 1] as usize - before == first + TILE - 1;
            let samples = samples.chunks_exact(columns);
            if one_after_the_other {
                turn(samples.map(|sample| &sample[first..first + TILE]), width, rows);
            } else {
                for (s, sample) in samples.enumerate() {
                    for (row, &input) in rows.chunks_exact_mut(width).zip(tile) {
                        row[s] = sample[input as usize - before];
                    }
                }
            }
            for row in rows.chunks_exact_mut(width) {
                let last = row[range.len() - 1];
                row[range.len()..].fill(last);
            }
        }
        (before, done) = (before + columns, end);
    }
}

/// Turns samples of [`TILE`] numbers into as many rows.
fn turn<'a, T: Number>(samples: impl Iterator<Item = &'a [T]>, width: usize, rows: &mut [T]) {
    for (s, sample) in samples.enumerate() {
        // Both of a known length, so that the loop is unrolled.
        if let Some(sample) = sample.first_chunk::<TILE>() {
            for (i, &x) in sample.iter().enumerate() {
                rows[i * width + s] = x;
            }
        }
    }
}
