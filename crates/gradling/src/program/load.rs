//! Bringing a batch into rows: turned, so that a row holds one input of all samples of a chunk.

use super::lanes::{Fma, Kernel, Level, Number};
use std::ops::Range;

/// Samples that are turned together: of as many numbers of 4 bytes a row of 64 bytes is written at once,
/// a line of the cache.
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
        let mut next = 0;
        for run in here.chunk_by(|&a, &b| b == a + 1) {
            let first = run[0] as usize - before;
            let rows = &mut rows[next * width..][..run.len() * width];
            next += run.len();
            // Up to the last number that is needed.
            let samples = &samples[first..samples.len() - columns + first + run.len()];
            if range.len() < TILE {
                turn_few(samples, columns, range.len(), rows, width);
                continue;
            }
            level.run(Turn { samples, step: columns, rows, width });
            if range.len() < width {
                for row in rows.chunks_exact_mut(width) {
                    let last = row[range.len() - 1];
                    row[range.len()..].fill(last);
                }
            }
        }
    }
}

/// Turns the numbers of fewer samples than a tile has, and fills what is over. For so few, each division to find
/// out how many of something there are takes longer than a sample.
fn turn_few<T: Number>(samples: &[T], step: usize, count: usize, rows: &mut [T], width: usize) {
    let (mut rows, mut first) = (rows, 0);
    while !rows.is_empty() {
        let row;
        (row, rows) = rows.split_at_mut(width);
        let (mut at, mut last) = (first, T::ZERO);
        for to in &mut row[..count] {
            last = samples[at];
            *to = last;
            at += step;
        }
        row[count..].iter_mut().for_each(|x| *x = last);
        first += 1;
    }
}

/// Turns the numbers of samples, which begin every `step` numbers, into rows of `width`.
struct Turn<'a, T> {
    samples: &'a [T],
    step: usize,
    rows: &'a mut [T],
    width: usize,
}

impl<T: Number> Kernel for Turn<'_, T> {
    type Output = ();

    /// Goes along the samples, some at a time, as they lie in memory: of a batch that does not fit the cache,
    /// the next numbers are then on their way before they are asked for.
    #[inline(always)]
    fn run<F: Fma>(self) {
        let Turn { samples, step, rows, width } = self;
        let (count, inputs) = (samples.len().div_ceil(step), rows.len() / width);
        let (whole_tiles, whole_squares) = (count - count % TILE, inputs - inputs % 4);
        for s in (0..whole_tiles).step_by(TILE) {
            // Slices of one length, so that one check serves all.
            let tile: [&[T]; TILE] = std::array::from_fn(|k| &samples[(s + k) * step..][..inputs]);
            for i in (0..whole_squares).step_by(4) {
                let mut four = rows[i * width..][..4 * width].chunks_exact_mut(width);
                let mut row = || &mut four.next().expect("four rows")[s..s + TILE];
                let mut into = [row(), row(), row(), row()];
                for k in (0..TILE).step_by(4) {
                    let square: [[T; 4]; 4] = std::array::from_fn(|r| {
                        *tile[k + r][i..].first_chunk().expect("whole squares")
                    });
                    for (row, turned) in into.iter_mut().zip(T::turn(square)) {
                        row[k..k + 4].copy_from_slice(&turned);
                    }
                }
            }
        }
        // What is no whole square.
        for (i, row) in rows.chunks_exact_mut(width).enumerate() {
            let done = if i < whole_squares { whole_tiles } else { 0 };
            // The last sample ends with its last number that is needed.
            let rest = samples.get(done * step..).unwrap_or_default();
            for (to, sample) in row[done..count].iter_mut().zip(rest.chunks(step)) {
                *to = sample[i];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_holds_its_input_of_all_samples() {
        const COLUMNS: usize = 10;
        let array: Vec<f32> = (0..50 * COLUMNS as u16).map(f32::from).collect();
        let asked: [&[u32]; 5] = [
            &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
            &[6, 7, 8, 9],
            &[0, 1, 2, 3, 4, 5],
            &[5],
            &[1, 3, 4, 5, 6, 7],
        ];
        for (inputs, count) in
            asked.into_iter().flat_map(|inputs| (1..50).map(move |n: usize| (inputs, n)))
        {
            let width = count.next_multiple_of(4);
            for level in Level::available() {
                let mut rows = vec![-1.0; inputs.len() * width];
                load(level, &[&array], &[COLUMNS], inputs, 1..1 + count, width, &mut rows);
                for (row, &input) in rows.chunks(width).zip(inputs) {
                    let wanted = (0..width).map(|sample| {
                        array[(1 + sample.min(count - 1)) * COLUMNS + input as usize]
                    });
                    assert!(row.iter().copied().eq(wanted), "{inputs:?} of {count} samples");
                }
            }
        }
    }
}
