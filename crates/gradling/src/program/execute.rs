//! Carrying out the steps of a schedule on memory.
//!
//! Memory is rows of `width` numbers. A step whose operands are all runs of rows is one loop over plain
//! slices, which is the rule; any other goes row by row, or, where a row is a single number, element by
//! element through a small buffer.

use super::lanes::{
    Arithmetic, Bias, FEW, Grid, Index, Job, Layout, Level, LogSumExp, Mode, Number, Rows,
    Segments, Shape, TURNED, dot, outer, outer_of_samples, product, total,
};
use super::plan::{Code, LayerShape};
use super::schedule::{Flat, Memory, Operand, Places, Step};
use std::marker::PhantomData;

/// How many numbers of an operand go through the room behind the rows at a time, at least.
const ROOM: usize = 256;
const _: () = assert!(4 * ROOM >= TURNED, "it serves to turn samples, too");

/// How many rows of `width` that room has for each operand.
fn block(width: usize) -> usize {
    (ROOM / width).max(1)
}

/// How many rows of `width` must lie behind those of a schedule.
pub(crate) fn room(width: usize) -> usize {
    4 * block(width)
}

/// The most numbers that such room takes for rows of up to `width`.
pub(crate) fn most_room(width: usize) -> usize {
    4 * ROOM.max(width)
}

/// What steps work on.
pub(crate) struct Machine<'a, T> {
    pub(crate) level: Level,
    pub(crate) layers: &'a [LayerShape],
    pub(crate) lists: &'a [u32],
    /// Numbers of a row, and how many of these belong to samples; the rest is padding.
    pub(crate) width: usize,
    pub(crate) used: usize,
    /// The rows of the schedule, and [`room`] behind them.
    pub(crate) rows: &'a mut [T],
    pub(crate) uniform: &'a [T],
    pub(crate) totals: &'a mut [T],
    /// The gradient of the loss by the loss of one sample.
    pub(crate) seed: T,
    /// The arrays as they were given, how many numbers of each belong to a sample, and the first sample
    /// of the chunk.
    pub(crate) arrays: &'a [&'a [T]],
    pub(crate) widths: &'a [usize],
    pub(crate) first_sample: usize,
    /// Room for the items of a logsumexp.
    pub(crate) items: &'a mut Vec<T>,
}

impl Operand {
    fn index(self, lists: &[u32]) -> Index<'_> {
        match self.places {
            Places::Steps { start, step } => Index::Steps { start, step },
            Places::List { start } => Index::List(&lists[start as usize..]),
        }
    }

    /// The elements from the `k`th on.
    fn part(self, k: usize) -> Operand {
        let places = match self.places {
            Places::List { start } => Places::List { start: start + k as u32 },
            Places::Steps { start, step } => {
                Places::Steps { start: (start as i32 + step * k as i32) as u32, step }
            }
        };
        Operand { places, ..self }
    }
}

impl<T: Number> Machine<'_, T> {
    /// Carries out steps in order.
    pub(crate) fn run<A: Arithmetic>(&mut self, steps: &[Step]) {
        for step in steps {
            match step.code {
                Code::Layer(number) => self.layer(step, &self.layers[number as usize]),
                Code::LayerInputs(number) => self.layer_inputs(step, &self.layers[number as usize]),
                Code::LayerWeights(number) => {
                    self.layer_weights(step, &self.layers[number as usize])
                }
                Code::Sum | Code::Dot | Code::LogSumExp if A::STRICT => self.reduce_strictly(step),
                Code::Sum | Code::Dot if self.width == 1 => self.reduce_numbers(step),
                Code::Sum | Code::Dot => self.reduce_rows::<A>(step),
                Code::LogSumExp => self.logsumexp(step),
                code => match step.flat {
                    // All operands are runs: one row as long as they.
                    Some(Flat { to, args, rows }) => {
                        let rows = &mut Rows {
                            memory: self.rows,
                            unit: self.width,
                            count: 1,
                            len: rows as usize * self.width,
                            args: args.map(|start| Index::Steps { start, step: 1 }),
                            to: Index::Steps { start: to, step: 1 },
                        };
                        let (level, add) = (self.level, step.add);
                        Job::<A, T> { arithmetic: PhantomData, level, code, add, rows }
                            .run(self.seed.to_f64());
                    }
                    None => self.row_by_row::<A>(step),
                },
            }
        }
    }

    /// Row after row. Operands that are no rows are put into the room behind the rows; so are, where a
    /// row is a single number, those that do not lie side by side, and then the room is one row.
    fn row_by_row<A: Arithmetic>(&mut self, step: &Step) {
        let (width, elements) = (self.width, (step.lanes * step.items) as usize);
        let all_rows = |operand: &Operand| operand.memory == Memory::Rows;
        let direct = width > 1 && step.args.iter().flatten().all(all_rows) && all_rows(&step.to);
        let most = if direct { elements } else { block(width) };
        let room = self.rows.len() / width - self::room(width);
        let mut done = 0;
        while done < elements {
            let count = most.min(elements - done);
            let mut next_room = room;
            let args = step.args.map(|operand| {
                let operand = operand?;
                let index = operand.part(done).index(self.lists);
                if operand.memory == Memory::Rows && (width > 1 || index.is_run()) {
                    return Some(index);
                }
                let first = next_room;
                next_room += block(width);
                if width == 1 && operand.memory == Memory::Rows && index.is_one_place() {
                    let x = self.rows[index.at(0)];
                    self.rows[first..first + count].fill(x);
                    return Some(Index::Steps { start: first as u32, step: 1 });
                }
                for k in 0..count {
                    let x = match operand.memory {
                        Memory::Rows => self.rows[index.at(k)],
                        _ => self.uniform[index.at(k)],
                    };
                    match width {
                        1 => self.rows[first + k] = x,
                        _ => self.rows[(first + k) * width..][..width].fill(x),
                    }
                }
                Some(Index::Steps { start: first as u32, step: 1 })
            });
            let to = step.to.part(done).index(self.lists);
            let spare = Index::Steps { start: next_room as u32, step: 1 };
            let (code, add) = (step.code, step.add);
            match step.to.memory {
                Memory::Rows if width > 1 => self.elements::<A>(code, add, count, width, args, to),
                Memory::Rows if to.is_run() => self.elements::<A>(code, add, 1, count, args, to),
                Memory::Rows => {
                    self.elements::<A>(code, false, 1, count, args, spare);
                    for k in 0..count {
                        let x = self.rows[next_room + k];
                        let into = &mut self.rows[to.at(k)];
                        *into = if add { *into + x } else { x };
                    }
                }
                _ => {
                    self.elements::<A>(code, false, count, width, args, spare);
                    for k in 0..count {
                        let row = &self.rows[(next_room + k) * width..][..self.used];
                        self.totals[to.at(k)] += total(self.level, row);
                    }
                }
            }
            done += count;
        }
    }

    #[inline]
    fn elements<A: Arithmetic>(
        &mut self,
        code: Code,
        add: bool,
        count: usize,
        len: usize,
        args: [Option<Index<'_>>; 3],
        to: Index<'_>,
    ) {
        // An operand that there is none of is not read; any other stands for it, or, where there is none
        // at all, the last block of the room.
        let unread = self.rows.len() / self.width - block(self.width);
        let any = args[0].unwrap_or(Index::Steps { start: unread as u32, step: 0 });
        let rows = &mut Rows {
            memory: self.rows,
            unit: self.width,
            count,
            len,
            args: args.map(|index| index.unwrap_or(any)),
            to,
        };
        let seed = self.seed.to_f64();
        Job::<A, T> { arithmetic: PhantomData, level: self.level, code, add, rows }.run(seed);
    }

    /// Sums and dots over the items of each lane.
    fn reduce_rows<A: Arithmetic>(&mut self, step: &Step) {
        let start = first(step.to) as u32;
        let items = step.items as usize;
        let lane =
            |k: u32| Operand { places: Places::Steps { start: start + k, step: 0 }, ..step.to };
        // Every item is added to its lane's row; the first is written.
        let code = match (step.code, items) {
            (_, 0) => Code::Fill(0.0),
            (Code::Sum, _) => Code::Copy,
            _ => Code::Two(crate::Op::Mul),
        };
        for k in 0..step.lanes {
            let part = |from: usize, items: usize| {
                let part = |operand: Operand| operand.part(k as usize * step.items as usize + from);
                let args = step.args.map(|arg| arg.map(part)).map(|arg| arg.filter(|_| items > 0));
                let add = from > 0;
                Step { code, add, lanes: 1, items: items.max(1) as u32, to: lane(k), args, ..*step }
            };
            self.row_by_row::<A>(&part(0, items.min(1)));
            if items > 1 {
                self.row_by_row::<A>(&part(1, items - 1));
            }
        }
    }

    /// Sums and dots of rows of one number.
    fn reduce_numbers(&mut self, step: &Step) {
        let (start, items) = (first(step.to), step.items as usize);
        for k in 0..step.lanes as usize {
            let range = k * items..(k + 1) * items;
            let memory = |operand: Operand| match operand.memory {
                Memory::Uniform => self.uniform,
                _ => &*self.rows,
            };
            let sum = match step.args {
                [Some(a), None, _] => {
                    let (from, index) = (memory(a), a.index(self.lists));
                    range.fold(T::ZERO, |sum, i| sum + from[index.at(i)])
                }
                [Some(a), Some(b), _] => {
                    let run = |operand: Operand| match operand.places {
                        Places::Steps { start, step: 1 } => {
                            Some(&memory(operand)[start as usize + k * items..][..items])
                        }
                        _ => None,
                    };
                    match (run(a), run(b)) {
                        (Some(a), Some(b)) => dot(self.level, a, b),
                        _ => {
                            let (x, x_index) = (memory(a), a.index(self.lists));
                            let (w, w_index) = (memory(b), b.index(self.lists));
                            range.fold(T::ZERO, |sum, i| sum + x[x_index.at(i)] * w[w_index.at(i)])
                        }
                    }
                }
                _ => unreachable!("a sum has an operand"),
            };
            self.rows[start + k] = sum;
        }
    }

    /// Sums, dots and logsumexps, added up in the order in which the tape adds up.
    fn reduce_strictly(&mut self, step: &Step) {
        let (start, items, width) = (first(step.to), step.items as usize, self.width);
        for k in 0..step.lanes as usize {
            for s in 0..width {
                let number = |operand: Operand, i: usize| {
                    let place = operand.index(self.lists).at(k * items + i);
                    match operand.memory {
                        Memory::Uniform => self.uniform[place],
                        _ => self.rows[place * width + s],
                    }
                    .to_f64()
                };
                let sum = match step.args {
                    [Some(a), None, _] if step.code == Code::LogSumExp => {
                        crate::math::logsumexp(items, |i| number(a, i))
                    }
                    [Some(a), None, _] => crate::math::sum(items, |i| number(a, i)),
                    [Some(a), Some(b), _] => {
                        crate::math::dot(items, |i| number(a, i), |i| number(b, i))
                    }
                    _ => unreachable!("a sum has an operand"),
                };
                self.rows[(start + k) * width + s] = T::from_f64(sum);
            }
        }
    }

    fn logsumexp(&mut self, step: &Step) {
        let (start, items, width) = (first(step.to), step.items as usize, self.width);
        let Some(a) = step.args[0] else { unreachable!("a logsumexp has an operand") };
        let index = a.index(self.lists);
        if self.items.len() < (items + 1) * width {
            // For the widest rows, so that a later batch needs no more.
            self.items.resize((items + 1) * width.max(ROOM), T::ZERO);
        }
        for k in 0..step.lanes as usize {
            let (top, rows) = self.items.split_at_mut(width);
            let rows = &mut rows[..items * width];
            for (row, i) in rows.chunks_exact_mut(width).zip(0..) {
                row.copy_from_slice(&self.rows[index.at(k * items + i) * width..][..width]);
            }
            let out = &mut self.rows[(start + k) * width..][..width];
            self.level.run(LogSumExp { items: rows, out, top });
        }
    }

    fn layer(&mut self, step: &Step, layer: &LayerShape) {
        let shape = self.shape(layer.outputs, layer.inputs, layer.vectors);
        let (x, z) = read_and_write(self.rows, self.width, step, shape);
        product(self.level, self.uniform, layer.layout(), x, z, shape, Mode::Set);
    }

    fn layer_inputs(&mut self, step: &Step, layer: &LayerShape) {
        // The transposed matrix: as many outputs as the layer has inputs.
        let shape = self.shape(layer.inputs, layer.outputs, layer.vectors);
        let (g, to) = read_and_write(self.rows, self.width, step, shape);
        let mode = if step.add { Mode::Add } else { Mode::Set };
        product(self.level, self.uniform, layer.layout().transposed(), g, to, shape, mode);
    }

    fn layer_weights(&mut self, step: &Step, layer: &LayerShape) {
        let [Some(x), Some(g), _] = step.args else { unreachable!("a layer has inputs") };
        let samples =
            Segments { count: layer.vectors as usize, width: self.width, used: self.used };
        let (m, n) = (layer.outputs as usize, layer.inputs as usize);
        let room = self.rows.len() - room(self.width) * self.width;
        let (rows, room) = self.rows.split_at_mut(room);
        let x = &rows[first(x) * self.width..];
        let g = &rows[first(g) * self.width..];
        // Worth it from a few vectors of inputs on, and where x would have to be turned back.
        const MANY: usize = 32;
        if let Some((array, column)) = layer.given
            && (n >= MANY || self.used <= FEW)
            && layer.column_step == 1
        {
            let step = self.widths[array as usize];
            let x = &self.arrays[array as usize][self.first_sample * step + column as usize..];
            let layout = layer.layout();
            let (width, used) = (self.width, self.used);
            return outer_of_samples(
                self.level,
                g,
                width,
                x,
                step,
                self.totals,
                layout,
                (m, n),
                used,
            );
        }
        outer(self.level, g, x, self.totals, layer.layout(), (m, n), samples, room);
    }

    fn shape(&self, outputs: u32, inputs: u32, vectors: u32) -> Shape {
        let columns = vectors as usize * self.width;
        Shape { m: outputs as usize, n: inputs as usize, columns }
    }
}

/// The first place of an operand that is a run.
fn first(operand: Operand) -> usize {
    match operand.places {
        Places::Steps { start, .. } => start as usize,
        Places::List { .. } => unreachable!("the vectors of a layer are runs"),
    }
}

/// The rows that a product reads, and those that it writes.
fn read_and_write<'a, T>(
    rows: &'a mut [T],
    width: usize,
    step: &Step,
    shape: Shape,
) -> (&'a [T], &'a mut [T]) {
    let [Some(x), ..] = step.args else { unreachable!("a layer has inputs") };
    let (read, write) = (first(x) * width, first(step.to) * width);
    let (below, rest) = rows.split_at_mut(write);
    let (out, above) = rest.split_at_mut(shape.m * shape.columns);
    let from = match read < write {
        true => &below[read..],
        false => &above[read - below.len() - out.len()..],
    };
    (&from[..shape.n * shape.columns], out)
}

impl LayerShape {
    fn layout(&self) -> Layout {
        let grid = Grid {
            start: self.weights as usize,
            row_step: self.row_step as usize,
            column_step: self.column_step as usize,
        };
        let bias = |(start, step): (u32, u32)| Bias { start: start as usize, step: step as usize };
        Layout { grid, bias: self.bias.map(bias) }
    }
}
