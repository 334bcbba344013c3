//! One operation on many elements: a loop over rows for every entry of the table.
//!
//! The instruction is looked up once; for each there is a loop over rows of a loop over the numbers of a
//! row, with the operation's value or its derivative inlined: a small function of its own, for each
//! level. What a number is, fast or strict, the [`Arithmetic`] says.

use super::{Arithmetic, Baseline, Fma, Kernel, Lane, Level, Number, StrictLanes};
use crate::backward::{pull_many, pull_select};
use crate::op::{Op, Real};
use crate::program::plan::Code;
use std::marker::PhantomData;

/// Where the rows of an operand are, counted in rows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Index<'a> {
    /// `start + k·step` for row k.
    Steps { start: u32, step: i32 },
    /// As listed.
    List(&'a [u32]),
}

impl Index<'_> {
    #[inline(always)]
    pub(crate) fn at(self, k: usize) -> usize {
        match self {
            Index::Steps { start, step } => (start as i32 + k as i32 * step) as usize,
            Index::List(list) => list[k] as usize,
        }
    }

    /// Whether it is one place after the other.
    pub(crate) fn is_run(self) -> bool {
        matches!(self, Index::Steps { step: 1, .. })
    }

    /// Whether it is one place again and again.
    pub(crate) fn is_one_place(self) -> bool {
        matches!(self, Index::Steps { step: 0, .. })
    }
}

/// Rows in memory, and which of them an instruction reads and writes.
#[derive(Debug)]
pub(crate) struct Rows<'a, T> {
    pub(crate) memory: &'a mut [T],
    /// Row r begins at `r·unit`.
    pub(crate) unit: usize,
    /// How many rows are computed, and how many numbers of each.
    pub(crate) count: usize,
    pub(crate) len: usize,
    /// An operand that the instruction does not have is any other.
    pub(crate) args: [Index<'a>; 3],
    pub(crate) to: Index<'a>,
}

impl<T> Rows<'_, T> {
    /// The row that is written for the kth time, and the rows that are read for it, of one length.
    #[inline(always)]
    fn row(&mut self, k: usize) -> (&mut [T], [&[T]; 3]) {
        let Rows { ref mut memory, unit, len, args: [a, b, c], to, .. } = *self;
        let (below, rest) = memory.split_at_mut(to.at(k) * unit);
        let (out, above) = rest.split_at_mut(len);
        let above_at = below.len() + len;
        let (below, above) = (&*below, &*above);
        let operand = |index: Index<'_>| {
            let start = index.at(k) * unit;
            if start < below.len() {
                &below[start..start + len]
            } else {
                &above[start - above_at..start - above_at + len]
            }
        };
        (out, [operand(a), operand(b), operand(c)])
    }
}

/// The hyperbolic tangents of rows.
struct TanhRows<'r, 'a, T>(&'r mut Rows<'a, T>);

impl<T: Number> Kernel for TanhRows<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run<F: Fma>(self) {
        for k in 0..self.0.count {
            let (out, [a, ..]) = self.0.row(k);
            T::tanh_row::<F>(a, out);
        }
    }
}

/// What is computed of the numbers at one place of the operands.
trait Function: Copy {
    fn call<E: Real>(self, a: E, b: E, c: E, number: f64) -> E;
}

/// The loops over a function.
struct Loop<'r, 'a, A, T, F, const ADD: bool> {
    arithmetic: PhantomData<A>,
    rows: &'r mut Rows<'a, T>,
    number: f64,
    function: F,
}

impl<A: Arithmetic, T: Number, G: Function, const ADD: bool> Kernel for Loop<'_, '_, A, T, G, ADD> {
    type Output = ();

    #[inline(always)]
    fn run<F: Fma>(self) {
        let Loop { rows, number, function, .. } = self;
        for k in 0..rows.count {
            let (out, [a, b, c]) = rows.row(k);
            for i in 0..out.len() {
                let lane = A::Lane::<T, F>::of;
                let x = function.call(lane(a[i]), lane(b[i]), lane(c[i]), number).get();
                out[i] = if ADD { out[i] + x } else { x };
            }
        }
    }
}

/// Writes the function of each arm as a type, and runs its loops: `forward` only ever writes, `both` may
/// add.
macro_rules! arms {
    ($how:ident $job:ident $number:expr; $op:expr, [$($Op:ident)*] |$a:ident, $b:ident, $c:ident, $n:ident, $OP:ident| $f:expr) => {
        match $op {
            $(Op::$Op => {
                const $OP: Op = Op::$Op;
                arms!($how $job $number; |$a, $b, $c, $n| $f)
            })*
            other => unreachable!("`{}` is not computed element by element", other.name()),
        }
    };
    ($how:ident $job:ident $number:expr; |$a:ident, $b:ident, $c:ident, $n:ident| $f:expr) => {{
        #[derive(Clone, Copy)]
        struct This;
        impl Function for This {
            #[inline(always)]
            fn call<E: Real>(self, $a: E, $b: E, $c: E, $n: f64) -> E {
                let _ = ($b, $c, $n);
                $f
            }
        }
        $job.$how(This, $number)
    }};
}

/// Loops for the exponents that are multiplied out, each with its exponent known; and one for any other.
macro_rules! powers {
    ($how:ident $job:ident $exponent:expr, [$($c:literal)*] |$a:ident, $b:ident, $cc:ident, $n:ident| $f:expr) => {
        $(if $exponent == $c {
            arms!($how $job 0.0; |$a, $b, $cc, $n| { let $n = $c; $f })
        } else)* {
            arms!($how $job $exponent; |$a, $b, $cc, $n| $f)
        }
    };
}

/// An instruction to be carried out on rows.
pub(crate) struct Job<'r, 'a, A, T> {
    pub(crate) arithmetic: PhantomData<A>,
    pub(crate) level: Level,
    pub(crate) code: Code,
    /// Add to what is there.
    pub(crate) add: bool,
    /// Not moved: that would take as long as a short row.
    pub(crate) rows: &'r mut Rows<'a, T>,
}

impl<A: Arithmetic, T: Number> Job<'_, '_, A, T> {
    /// Carries it out. `seed` is what a seed is.
    ///
    /// By reference: to copy the fields right after they were written one by one would wait for them.
    pub(crate) fn run(&mut self, seed: f64) {
        let job = self;
        match job.code {
            Code::Copy => arms!(both job 0.0; |a, b, c, n| a),
            Code::Fill(x) => arms!(both job x; |a, b, c, n| { let _ = a; E::number(n) }),
            Code::Seed(_) => arms!(both job seed; |a, b, c, n| { let _ = a; E::number(n) }),
            Code::One(Op::Neg) => arms!(both job 0.0; |a, b, c, n| -a),
            Code::One(Op::Tanh) if !A::STRICT => job.level.run(TanhRows(&mut *job.rows)),
            Code::One(op) => {
                if !job.covers(op) {
                    return job.slowly();
                }
                arms!(forward job 0.0; op, [Exp Ln Sqrt Sin Cos Tanh Sigmoid Relu Softplus Gelu Erf Abs]
                    |a, b, c, n, OP| OP.value1(a))
            }
            Code::Numbered(Op::Powf, c) => {
                powers!(forward job c, [2.0 3.0 4.0 -1.0 -2.0 0.5 -0.5] |a, b, c, n| a.powf(n))
            }
            Code::Numbered(op, c) => {
                arms!(forward job c; op, [LeakyRelu] |a, b, c, n, OP| OP.value_number(a, n))
            }
            Code::Two(op @ (Op::Mul | Op::Div)) => {
                arms!(both job 0.0; op, [Mul Div] |a, b, c, n, OP| OP.value2(a, b))
            }
            Code::Two(op) => arms!(forward job 0.0; op, [Add Sub Pow Max Min Lt Le Gt Ge Eq Ne]
                |a, b, c, n, OP| OP.value2(a, b)),
            Code::Select => arms!(forward job 0.0; |a, b, c, n| a.select(b, c)),
            Code::PullOne(op) => {
                if !job.covers(op) {
                    return job.slowly();
                }
                arms!(both job 0.0; op, [Exp Ln Sqrt Sin Cos Tanh Sigmoid Relu Softplus Gelu Erf Abs]
                    |a, b, c, n, OP| OP.pull1(a, b, c))
            }
            Code::PullNumbered(Op::Powf, c) => {
                powers!(both job c, [2.0 3.0 4.0 -1.0 -2.0 0.5 -0.5]
                    |a, b, c, n| Op::Powf.pull_number(a, n, b))
            }
            Code::PullNumbered(op, c) => {
                arms!(both job c; op, [LeakyRelu] |a, b, c, n, OP| OP.pull_number(a, n, b))
            }
            Code::PullFirst(op) => arms!(both job 0.0; op, [Div Pow Max Min]
                |a, b, c, n, OP| OP.pull2(a, b, c).0),
            Code::PullSecond(op) => arms!(both job 0.0; op, [Div Pow Max Min]
                |a, b, c, n, OP| OP.pull2(a, b, c).1),
            Code::PullThen => arms!(both job 0.0; |a, b, c, n| pull_select(a, b).0),
            Code::PullElse => arms!(both job 0.0; |a, b, c, n| pull_select(a, b).1),
            Code::PullLogSumExp => {
                arms!(both job 0.0; |a, b, c, n| pull_many(Op::LogSumExp, 0, a, b, c))
            }
            Code::Sum
            | Code::LogSumExp
            | Code::Dot
            | Code::Layer(_)
            | Code::LayerInputs(_)
            | Code::LayerWeights(_) => unreachable!("{:?} is not computed by element", job.code),
        }
    }

    fn forward(&mut self, function: impl Function, number: f64) {
        let Job { level, ref mut rows, arithmetic, .. } = *self;
        A::run(level, Loop::<A, T, _, false> { arithmetic, rows, number, function });
    }

    fn both(&mut self, function: impl Function, number: f64) {
        let Job { level, ref mut rows, arithmetic, .. } = *self;
        if self.add {
            A::run(level, Loop::<A, T, _, true> { arithmetic, rows, number, function });
        } else {
            A::run(level, Loop::<A, T, _, false> { arithmetic, rows, number, function });
        }
    }

    /// Whether the vector functions cover its elements.
    #[inline]
    fn covers(&self, op: Op) -> bool {
        A::STRICT || !matches!(op, Op::Sin | Op::Cos) || self.covers_turns(op)
    }

    fn covers_turns(&self, op: Op) -> bool {
        let Rows { memory, unit, count, len, args: [a, ..], .. } = &*self.rows;
        let row = |k: usize| &memory[a.at(k) * unit..][..*len];
        let covers = |&x: &T| A::Lane::<T, Baseline>::covers(op, x);
        (0..*count).all(|k| row(k).iter().all(covers))
    }

    /// Does it slowly, which is rare.
    fn slowly(&mut self) {
        let Job { level, code, add, .. } = *self;
        let rows = &mut *self.rows;
        Job::<StrictLanes, T> { arithmetic: PhantomData, level, code, add, rows }.run(0.0);
    }
}
