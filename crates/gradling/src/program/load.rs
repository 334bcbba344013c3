//! Bringing a batch into rows: turned, so that a row holds one input of all samples of a chunk.

use super::lanes::{Fma, Kernel, Level, Number};
use std::ops::Range;

/// Samples and inputs that are turned together: a line of a cache of 64 bytes is 16 numbers of 4.
const TILE: usize = 16;

/// Puts the inputs of the samples of `range` into rows of `width`. `inputs` names for each row to fill,
/// which must be one after the other from `first`, the input that it holds, ascending; `arrays` hold
/// `widths` numbers a sample. What is over is filled with the last sample, numbers like any other.
pub(crate) fn load<T: Number>(
    level: Level,
    arrays: &[&[T]],
    widths: &[usize],
    inputs: &[u32],
    range: Range<usize>,
    width: usize,
    rows: &mut [T],
) {
    let (mut before, mut done) = (0, 0);
    for (array, &columns) in arrays.iter().zip(widths) {
        let end =
            done + inputs[done..].partition_point(|&input| (input as usize) < before + columns);
        let here = &inputs[done..end];
        let rows = &mut rows[done * width..end * width];
        (before, done) = (before + columns, end);
        if array.is_empty() {
            continue; // what is asked for does not depend on it
        }
        let before = before - columns;
        let samples = &array[range.start * columns..range.end * columns];
        for (tile, rows) in here.chunks(TILE).zip(rows.chunks_mut(TILE * width)) {
            let first = tile[0] as usize - before;
            let one_after_the_other =
                tile.len() == TILE && tile[TILE - 1] as usize - before == first + TILE - 1;
            if one_after_the_other {
                // Up to the last number that is needed.
                let samples = &samples[first..samples.len() - columns + first + TILE];
                level.run(Turn { samples, step: columns, rows, width });
            } else {
                for (row, &input) in rows.chunks_exact_mut(width).zip(tile) {
                    let column = samples[input as usize - before..].iter().step_by(columns);
                    row.iter_mut().zip(column).for_each(|(x, &sample)| *x = sample);
                }
            }
            for row in rows.chunks_exact_mut(width) {
                let last = row[range.len() - 1];
                row[range.len()..].fill(last);
            }
        }
    }
}

/// Turns [`TILE`] numbers of samples, which begin every `step` numbers, into as many rows of `width`.
struct Turn<'a, T> {
    samples: &'a [T],
    step: usize,
    rows: &'a mut [T],
    width: usize,
}

impl<T: Number> Kernel for Turn<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<F: Fma>(self) {
        let Turn { samples, step, rows, width } = self;
        let count = samples.len().div_ceil(step);
        let mut s = 0;
        // Whole tiles, whose loops are unrolled and become shuffles of vectors.
        while s + TILE <= count {
            let mut tile = [[T::ZERO; TILE]; TILE];
            for (k, row) in tile.iter_mut().enumerate() {
                // An array of known length: copied by a vector or two, where a slice would be by a call.
                if let Some(sample) = samples[(s + k) * step..].first_chunk() {
                    *row = *sample;
                }
            }
            for i in 0..TILE {
                let row = &mut rows[i * width + s..][..TILE];
                for k in 0..TILE {
                    row[k] = tile[k][i];
                }
            }
            s += TILE;
        }
        while s < count {
            for (i, &x) in samples[s * step..][..TILE].iter().enumerate() {
                rows[i * width + s] = x;
            }
            s += 1;
        }
    }
}
