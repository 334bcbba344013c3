//! The products held against loops written as the formulas are, in `f64`.

use super::*;

/// Numbers between -1 and 1 that look random, the same in every run.
fn numbers<T: Number>(count: usize, seed: u64) -> Vec<T> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            T::from_f64((state >> 40) as f64 / f64::from(1 << 23) - 1.0)
        })
        .collect()
}

/// A sum and the sum of its magnitudes, by which its rounding error is judged.
#[derive(Clone, Copy, Default)]
struct Sum {
    value: f64,
    magnitude: f64,
}

impl Sum {
    fn add<T: Number>(&mut self, a: T, b: T) {
        let product = a.to_f64() * b.to_f64();
        self.value += product;
        self.magnitude += product.abs();
    }

    /// Whether a result is this sum but for the rounding of `terms` additions.
    #[track_caller]
    fn assert_near<T: Number>(&self, ours: T, terms: usize, what: &str) {
        let unit = if T::NAME == "f32" { f64::from(f32::EPSILON) } else { f64::EPSILON };
        let bound = unit * (terms + 2) as f64 * self.magnitude;
        let error = (ours.to_f64() - self.value).abs();
        assert!(error <= bound, "{what}: {ours:?} instead of {}, {error:e} off", self.value);
    }
}

/// Row-major weights with the bias behind each row, somewhere in a slice; then the same, turned.
fn layouts(m: usize, n: usize) -> [Layout; 3] {
    let by_rows = Grid { start: 3, row_step: n + 1, column_step: 1 };
    let by_columns = Grid { start: 5, row_step: 1, column_step: m + 2 };
    let apart = Grid { start: 1, row_step: 2 * n + 1, column_step: 2 };
    [
        Layout { grid: by_rows, bias: Some(Bias { start: 3 + n, step: n + 1 }) },
        Layout { grid: by_columns, bias: Some(Bias { start: 2, step: m + 1 }) },
        Layout { grid: apart, bias: None },
    ]
}

/// A slice long enough for all of [`layouts`].
fn length(m: usize, n: usize) -> usize {
    (m + 2) * (2 * n + 2) + m * (m + 1) + 8
}

fn check_product<T: Number>(m: usize, n: usize, columns: usize) {
    let w = numbers::<T>(length(m, n), 1);
    let x = numbers::<T>(n * columns, 2);
    let before = numbers::<T>(m * columns, 3);
    for level in Level::available() {
        for layout in layouts(m, n) {
            for mode in [Mode::Set, Mode::Add] {
                let mut z = before.clone();
                product(level, &w, layout, &x, &mut z, Shape { m, n, columns }, mode);
                for j in 0..m {
                    for c in 0..columns {
                        let mut right = Sum::default();
                        if mode == Mode::Add {
                            right.add(before[j * columns + c], T::ONE);
                        }
                        if let Some(bias) = layout.bias {
                            right.add(w[bias.start + j * bias.step], T::ONE);
                        }
                        for i in 0..n {
                            let Grid { start, row_step, column_step } = layout.grid;
                            let w = w[start + j * row_step + i * column_step];
                            right.add(w, x[i * columns + c]);
                        }
                        let what = format!(
                            "{} {} {n} -> {m}, {columns} columns, {layout:?}, {mode:?} at ({j}, {c})",
                            level.name(),
                            T::NAME
                        );
                        right.assert_near(z[j * columns + c], n, &what);
                    }
                }
            }
        }
    }
}

fn check_outer<T: Number>(m: usize, n: usize, segments: Segments) {
    let Segments { count, width, used } = segments;
    let mut z = numbers::<T>(m * count * width, 4);
    let mut x = numbers::<T>(n * count * width, 5);
    for row in [&mut z, &mut x] {
        for (at, x) in row.iter_mut().enumerate() {
            if at % width >= used {
                *x = T::from_f64(f64::NAN); // padding
            }
        }
    }
    let before = numbers::<T>(length(m, n), 6);
    let mut room = vec![T::from_f64(f64::NAN); TURNED];
    for level in Level::available() {
        for layout in layouts(m, n) {
            let mut dw = before.clone();
            outer(level, &z, &x, &mut dw, layout, (m, n), segments, &mut room);
            let mut right: Vec<Sum> = vec![Sum::default(); dw.len()];
            for (right, before) in right.iter_mut().zip(&before) {
                right.add(*before, T::ONE);
            }
            for j in 0..m {
                for c in (0..count * width).filter(|c| c % width < used) {
                    let z = z[j * count * width + c];
                    for i in 0..n {
                        let Grid { start, row_step, column_step } = layout.grid;
                        right[start + j * row_step + i * column_step]
                            .add(z, x[i * count * width + c]);
                    }
                    if let Some(bias) = layout.bias {
                        right[bias.start + j * bias.step].add(z, T::ONE);
                    }
                }
            }
            for (at, (dw, right)) in dw.iter().zip(&right).enumerate() {
                let what = format!(
                    "{} {} {m} x {n}, {segments:?}, {layout:?} at {at}",
                    level.name(),
                    T::NAME
                );
                right.assert_near(*dw, count * used, &what);
            }
        }
    }
}

#[test]
fn products_are_those_of_the_formula_at_every_size() {
    for m in [0, 1, 3, 5, 6, 15] {
        for n in [0, 1, 2, 5, 16] {
            for columns in [0, 1, 3, 7, 8, 9, 15, 16, 17, 33, 49, 64, 67, 100] {
                check_product::<f32>(m, n, columns);
                check_product::<f64>(m, n, columns);
            }
        }
    }
}

#[test]
fn long_sums_go_on_where_they_stopped() {
    for (m, n, columns) in [(10, 128, 20), (7, 129, 33), (3, 300, 1), (5, 784, 70), (2, 257, 3)] {
        check_product::<f32>(m, n, columns);
        check_product::<f64>(m, n, columns);
    }
}

#[test]
fn sums_over_samples_are_those_of_the_formula_and_leave_out_the_padding() {
    for m in [0, 1, 3, 4, 6, 9] {
        for n in [0, 1, 3, 4, 9, 33] {
            for (count, width, used) in [
                (1, 1, 1),
                (1, 4, 3),
                (3, 1, 1),
                (2, 8, 5),
                (1, 16, 16),
                (3, 16, 9),
                (2, 32, 32),
                (2, 40, 33),
                (1, 104, 100),
                (3, 16, 0),
                (0, 16, 16),
            ] {
                let segments = Segments { count, width, used };
                check_outer::<f32>(m, n, segments);
                check_outer::<f64>(m, n, segments);
            }
        }
    }
}

#[test]
fn sums_over_samples_hold_for_layers_of_many_outputs() {
    for (count, width, used) in [(1, 64, 64), (2, 80, 70), (1, 40, 17), (2, 136, 130)] {
        check_outer::<f32>(66, 70, Segments { count, width, used });
        check_outer::<f64>(64, 37, Segments { count, width, used });
    }
}

#[test]
fn a_sum_does_not_depend_on_the_tile_it_was_in() {
    let (m, n) = (13, 150);
    let layout = layouts(m, n)[0];
    let w = numbers::<f32>(length(m, n), 7);
    let x = numbers::<f32>(n * 100, 8);
    for level in Level::available() {
        let mut all = vec![0.0; m * 100];
        product(level, &w, layout, &x, &mut all, Shape { m, n, columns: 100 }, Mode::Set);
        for columns in [2, 5, 16, 37] {
            let some: Vec<f32> = (0..n).flat_map(|i| x[i * 100..][..columns].to_vec()).collect();
            let mut z = vec![0.0; m * columns];
            product(level, &w, layout, &some, &mut z, Shape { m, n, columns }, Mode::Set);
            for j in 0..m {
                assert_eq!(
                    z[j * columns..][..columns],
                    all[j * 100..][..columns],
                    "{}",
                    level.name()
                );
            }
        }
    }
}

#[test]
fn infinities_and_nan_stay_in_their_column() {
    let (m, n, columns) = (5, 3, 21);
    let w = vec![1.0_f32; 5 * 4];
    let mut x = vec![1.0_f32; n * columns];
    (x[4], x[columns + 9], x[2 * columns + 20]) = (f32::INFINITY, f32::NAN, f32::NEG_INFINITY);
    let grid = Grid { start: 0, row_step: 4, column_step: 1 };
    let layout = Layout { grid, bias: Some(Bias { start: 3, step: 4 }) };
    for level in Level::available() {
        let mut z = vec![0.0; m * columns];
        product(level, &w, layout, &x, &mut z, Shape { m, n, columns }, Mode::Set);
        for (at, z) in z.iter().enumerate() {
            match at % columns {
                4 => assert_eq!(*z, f32::INFINITY),
                9 => assert!(z.is_nan()),
                20 => assert_eq!(*z, f32::NEG_INFINITY),
                _ => assert_eq!(*z, 4.0),
            }
        }
    }
}

#[test]
fn the_transposed_layout_reads_the_same_weights() {
    let (m, n, columns) = (6, 4, 10);
    let layout = layouts(m, n)[0];
    let w = numbers::<f64>(length(m, n), 9);
    let z = numbers::<f64>(m * columns, 10);
    let mut dx = vec![0.0; n * columns];
    let shape = Shape { m: n, n: m, columns };
    product(Level::detect(), &w, layout.transposed(), &z, &mut dx, shape, Mode::Set);
    for i in 0..n {
        for c in 0..columns {
            let mut right = Sum::default();
            (0..m).for_each(|j| right.add(w[3 + j * (n + 1) + i], z[j * columns + c]));
            right.assert_near(dx[i * columns + c], m, "transposed");
        }
    }
}
