//! The gradient of an affine layer's parameters: sums over samples of products of two rows.
//!
//! dW = dZ Xᵀ, in which every element is the dot product of two rows. A tile of dots stays in registers
//! while the samples go by, a vector of samples a step; at the end each vector of sums becomes one number.
//! Where dots are short, x is turned first and it is a product like the others.
//!
//! With AVX-512, of the peak of two fused multiply-adds a cycle: 16 × 16 with 128 samples 62 %, 128 × 784
//! with 64 samples 71 %, with 128 samples 75 %.

// Loops that the compiler unrolls run over indices of several arrays.
#![allow(unsafe_code, clippy::needless_range_loop)]

use super::product::{Bias, Grid, Layout, Mode, Product, Shape};
use super::turn::turn_squares;
use super::vector::{End, Part, Vector};
use super::{Fma, Kernel, Level, Number};

/// How the samples of a row lie: `count` segments of `width` numbers, of which only the first `used`
/// are samples. The rest is padding; it may hold anything, NaN too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segments {
    pub(crate) count: usize,
    pub(crate) width: usize,
    pub(crate) used: usize,
}

/// dw\[j\]\[i\] += Σ_c z\[j\]\[c\] x\[i\]\[c\] and db\[j\] += Σ_c z\[j\]\[c\], for `m` rows of z and `n` rows of x; c runs
/// over the samples of the segments.
///
/// A row is `segments.count * segments.width` numbers long. `room` is for [`TURNED`] numbers, whose values do
/// not matter. Panics if a slice is too short.
#[allow(clippy::too_many_arguments)]
pub(crate) fn outer<T: Number>(
    level: Level,
    z: &[T],
    x: &[T],
    dw: &mut [T],
    layout: Layout,
    (m, n): (usize, usize),
    segments: Segments,
    room: &mut [T],
) {
    let stride = segments.count * segments.width;
    let (z, x) = (&z[..m * stride], &x[..n * stride]);
    if m == 0 || segments.used == 0 {
        return;
    }
    let by_inputs = layout.grid.column_step == 1;
    let short = segments.used * size_of::<T>() < SHORT;
    let turned = if by_inputs && segments.used <= FEW {
        let room = &mut room[..TURNED];
        outer_turned(level, z, x, dw, layout.grid, (m, n), segments, (FEW, TURNED / FEW), room);
        true
    } else if by_inputs && short && m >= MANY {
        let mut room = [[T::ZERO; 64]; 64];
        let room = room.as_flattened_mut();
        outer_turned(level, z, x, dw, layout.grid, (m, n), segments, (64, 64), room);
        true
    } else {
        false
    };
    // Only the biases are left where the weights are done.
    let shape = if turned { (m, 0) } else { (m, n) };
    level.run(Outer { z, z_step: stride, x, x_step: stride, dw, layout, shape, segments });
}

/// The same for one segment of samples of which x is at hand sample by sample, as it was given: sample c is
/// the `n` numbers from `x[c * x_step]` on. Nothing is to be turned, and there are vectors along the
/// inputs. A row of z is `z_step` numbers long, of which the first `used` count.
#[allow(clippy::too_many_arguments)]
pub(crate) fn outer_of_samples<T: Number>(
    level: Level,
    z: &[T],
    z_step: usize,
    x: &[T],
    x_step: usize,
    dw: &mut [T],
    layout: Layout,
    (m, n): (usize, usize),
    used: usize,
) {
    let Grid { start, row_step, .. } = layout.grid;
    level.run(Product {
        w: z,
        layout: Layout { grid: Grid { start: 0, row_step: z_step, column_step: 1 }, bias: None },
        x,
        x_step,
        z: &mut dw[start..],
        z_step: row_step,
        shape: Shape { m, n: used, columns: n },
        mode: Mode::Add,
    });
    let segments = Segments { count: 1, width: z_step, used };
    let shape = (m, 0);
    level.run(Outer { z, z_step, x: z, x_step: z_step, dw, layout, shape, segments });
}

// When turning x gains, measured at every level with 16 to 784 inputs and outputs.
/// Up to so many samples, always.
pub(crate) const FEW: usize = 16;
/// Numbers that are turned together where samples are few.
pub(crate) const TURNED: usize = FEW * 32;
/// For rows of fewer bytes than this, if there are many outputs.
const SHORT: usize = 512;
/// From so many outputs on, turning x is little beside the product.
const MANY: usize = 64;

/// dW += dZ Xᵀ with x turned, `samples` × `inputs` at a time, into `room`.
///
/// At the end of a dot one number is made of a vector, which is much of the work where dots are short.
/// With x turned, it is a product with vectors along the inputs, and only the turning is lost.
#[allow(clippy::too_many_arguments)]
fn outer_turned<T: Number>(
    level: Level,
    z: &[T],
    x: &[T],
    dw: &mut [T],
    grid: Grid,
    (m, n): (usize, usize),
    segments: Segments,
    (most_samples, most_inputs): (usize, usize),
    room: &mut [T],
) {
    let Segments { count, width, used } = segments;
    let stride = count * width;
    let mut add =
        |sample: usize, samples: usize, input: usize, inputs: usize, x: &[T], x_step: usize| {
            let grid_of_z = Grid { start: sample, row_step: stride, column_step: 1 };
            level.run(Product {
                w: z,
                layout: Layout { grid: grid_of_z, bias: None },
                x,
                x_step,
                z: &mut dw[grid.start + input..],
                z_step: grid.row_step,
                shape: Shape { m, n: samples, columns: inputs },
                mode: Mode::Add,
            });
        };
    if stride == 1 {
        return add(0, 1, 0, n, x, n); // one sample lies as if it were turned
    }
    for input in (0..n).step_by(most_inputs) {
        let inputs = (n - input).min(most_inputs);
        for segment in 0..count {
            for first in (0..used).step_by(most_samples) {
                let samples = (used - first).min(most_samples);
                let sample = segment * width + first;
                // Padding, too, where that leaves whole squares.
                let whole = samples.next_multiple_of(4);
                let turned = if first + whole <= width { whole } else { samples };
                level.run(TurnSamples {
                    x: &x[input * stride + sample..],
                    x_step: stride,
                    shape: (inputs, turned),
                    into: room,
                    into_step: most_inputs,
                });
                add(sample, samples, input, inputs, room, most_inputs);
            }
        }
    }
}

/// Rows of x, an input each, into rows of a sample each.
struct TurnSamples<'a, T> {
    x: &'a [T],
    x_step: usize,
    /// Inputs and samples.
    shape: (usize, usize),
    into: &'a mut [T],
    into_step: usize,
}

impl<T: Number> Kernel for TurnSamples<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<F: Fma>(self) {
        let TurnSamples { x, x_step, shape: (inputs, samples), into, into_step } = self;
        let (whole_inputs, whole_samples) = (inputs - inputs % 4, samples - samples % 4);
        for input in (0..whole_inputs).step_by(4) {
            turn_squares(&x[input * x_step..], x_step, &mut into[input..], into_step, samples / 4);
        }
        // What is no whole square.
        for i in 0..inputs {
            let done = if i < whole_inputs { whole_samples } else { 0 };
            for (s, x) in x[i * x_step..][done..samples].iter().enumerate() {
                into[(done + s) * into_step + i] = *x;
            }
        }
    }
}

/// z\[j\] += Σᵢ w\[j\]\[i\] x\[i\], with row j of w at `w[j * w_step..]`: the product for one sample, where
/// the weights of a row are neighbours.
pub(super) fn dots<T: Number>(level: Level, w: &[T], w_step: usize, x: &[T], z: &mut [T]) {
    let shape = (z.len(), 1);
    let segments = Segments { count: 1, width: x.len(), used: x.len() };
    let layout = Layout { grid: Grid { start: 0, row_step: 1, column_step: 1 }, bias: None };
    level.run(Outer { z: w, z_step: w_step, x, x_step: 0, dw: z, layout, shape, segments });
}

/// Rows of z and x begin at multiples of their steps.
struct Outer<'a, T> {
    z: &'a [T],
    z_step: usize,
    x: &'a [T],
    x_step: usize,
    dw: &'a mut [T],
    layout: Layout,
    shape: (usize, usize),
    segments: Segments,
}

impl<T: Number> Kernel for Outer<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<F: Fma>(mut self) {
        let m = self.shape.0;
        let mut row = 0;
        while m - row >= 4 {
            self.along::<F, 4>(row);
            row += 4;
        }
        if m - row >= 2 {
            self.along::<F, 2>(row);
            row += 2;
        }
        if m - row >= 1 {
            self.along::<F, 1>(row);
        }
    }
}

impl<T: Number> Outer<'_, T> {
    /// `M` rows of dW.
    #[inline(always)]
    fn along<F: Fma, const M: usize>(&mut self, row: usize) {
        let n = self.shape.1;
        let mut column = 0;
        if F::TILE >= 4 {
            while n - column >= 4 {
                self.tile::<F, M, 4>(row, column);
                column += 4;
            }
        }
        while n - column >= 2 {
            self.tile::<F, M, 2>(row, column);
            column += 2;
        }
        if n - column >= 1 {
            self.tile::<F, M, 1>(row, column);
        }
        if self.layout.bias.is_some() {
            self.biases::<F, M>(row);
        }
    }

    /// `M` rows and `N` columns of dW.
    #[inline(always)]
    fn tile<F: Fma, const M: usize, const N: usize>(&mut self, row: usize, column: usize) {
        let Segments { count, width, used } = self.segments;
        let lanes = Vector::<T, F>::LANES;
        let mut sums = [[Vector::<T, F>::splat(T::ZERO); N]; M];
        for segment in 0..count {
            // Slices of one length, so that one check serves all rows.
            let mut z = [self.z; M];
            for r in 0..M {
                z[r] = &self.z[(row + r) * self.z_step + segment * width..][..used];
            }
            let mut x = [self.x; N];
            for c in 0..N {
                x[c] = &self.x[(column + c) * self.x_step + segment * width..][..used];
            }
            let mut at = 0;
            while at + lanes <= used {
                add_products::<T, F, M, N>(&z, &x, at, &mut sums, Vector::load);
                at += lanes;
            }
            if at < used {
                add_products::<T, F, M, N>(&z, &x, at, &mut sums, Vector::load_some);
            }
        }
        let Grid { start, row_step, column_step } = self.layout.grid;
        let totals = Vector::totals(sums);
        for r in 0..M {
            let dw = &mut self.dw[start + (row + r) * row_step + column * column_step..];
            if column_step == 1 {
                for (dw, total) in dw[..N].iter_mut().zip(totals[r]) {
                    *dw += total;
                }
            } else {
                for c in 0..N {
                    dw[c * column_step] += totals[r][c];
                }
            }
        }
    }

    /// `M` biases.
    #[inline(always)]
    fn biases<F: Fma, const M: usize>(&mut self, row: usize) {
        let Some(Bias { start, step }) = self.layout.bias else { return };
        let Segments { count, width, used } = self.segments;
        let lanes = Vector::<T, F>::LANES;
        let whole = used - used % lanes;
        let mut sums = [[Vector::<T, F>::splat(T::ZERO); 1]; M];
        for segment in 0..count {
            let at = row * self.z_step + segment * width;
            let z = &self.z[at..][..(M - 1) * self.z_step + used];
            for r in 0..M {
                // SAFETY: the slice ends with the `used` numbers of row `M - 1`.
                unsafe {
                    let z = z.as_ptr().add(r * self.z_step);
                    let mut at = 0;
                    while at < whole {
                        sums[r][0] = sums[r][0].add(Vector::read(z.add(at)));
                        at += lanes;
                    }
                    if whole < used {
                        sums[r][0] = sums[r][0].add(Part::read(z.add(whole), used - whole));
                    }
                }
            }
        }
        let totals = Vector::totals(sums);
        for r in 0..M {
            self.dw[start + (row + r) * step] += totals[r][0];
        }
    }
}

/// Adds the products of a vector of each row of z with a vector of each row of x.
#[inline(always)]
fn add_products<T: Number, F: Fma, const M: usize, const N: usize>(
    z: &[&[T]; M],
    x: &[&[T]; N],
    at: usize,
    sums: &mut [[Vector<T, F>; N]; M],
    load: impl Fn(&[T]) -> Vector<T, F>,
) {
    let mut x_now = [Vector::splat(T::ZERO); N];
    for c in 0..N {
        x_now[c] = load(&x[c][at..]);
    }
    for r in 0..M {
        let z = load(&z[r][at..]);
        for c in 0..N {
            sums[r][c] = z.mul_add(x_now[c], sums[r][c]);
        }
    }
}
