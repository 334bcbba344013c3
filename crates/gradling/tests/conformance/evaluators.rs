//! All ways to run a step, the tape first, and what it means that two of them agree.

use gradling::{Level, Mode, Number, Options, Program, Runner, Step, Value, eager, scope};

/// Every way to run a program of one mode on one thread.
pub(crate) fn options(mode: Mode) -> impl Iterator<Item = Options> {
    Level::available()
        .into_iter()
        .map(move |level| Options::default().mode(mode).level(level).threads(1))
}

/// What a step gives over a batch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Results {
    pub(crate) loss: f64,
    pub(crate) gradient: Vec<f64>,
    /// Those of the first sample, then those of the second.
    pub(crate) outputs: Vec<f64>,
}

impl Results {
    /// Every number of them, with its name.
    pub(crate) fn named(&self) -> impl Iterator<Item = (String, f64)> {
        let list = |what: &'static str, list: &[f64]| {
            let numbered = list.iter().copied().enumerate();
            numbered.map(|(i, x)| (format!("{what} {i}"), x)).collect::<Vec<_>>()
        };
        std::iter::once(("loss".to_owned(), self.loss))
            .chain(list("gradient", &self.gradient))
            .chain(list("output", &self.outputs))
    }
}

/// What the tape gives, with the numbers that `parameters` hold.
pub(crate) fn on_the_tape<const N: usize>(
    parameters: &[Value],
    widths: [usize; N],
    arrays: [&[f64]; N],
    step: impl FnMut([&[Value]; N]) -> Step,
) -> Results {
    scope(|| {
        parameters.iter().for_each(|p| p.zero_grad());
        let (loss, outputs) = eager(widths, arrays, step);
        loss.backward();
        let gradient = parameters.iter().map(|p| p.grad()).collect();
        parameters.iter().for_each(|p| p.zero_grad());
        let outputs = outputs.iter().flatten().map(|y| y.data()).collect();
        Results { loss: loss.data(), gradient, outputs }
    })
}

/// What a runner gives, computed in its own numbers.
pub(crate) fn by<T: Number>(run: &mut Runner<T>, parameters: &[f64], arrays: &[&[f64]]) -> Results {
    let numbers = |list: &[f64]| list.iter().map(|&x| T::from_f64(x)).collect::<Vec<T>>();
    let (parameters, arrays) =
        (numbers(parameters), arrays.iter().map(|array| numbers(array)).collect::<Vec<_>>());
    let arrays: Vec<&[T]> = arrays.iter().map(|array| &array[..]).collect();
    let rows = run.program().inputs().iter().zip(&arrays).find(|(width, _)| **width > 0);
    let rows = rows.map_or(0, |(&width, array)| array.len() / width);
    let mut gradient = vec![T::from_f64(-7.0); parameters.len()];
    let mut outputs = vec![T::from_f64(-7.0); rows * run.program().outputs()];
    let loss = run.value_and_grad(&parameters, &arrays, &mut gradient).unwrap();
    run.predict(&parameters, &arrays, &mut outputs).unwrap();
    let back = |list: Vec<T>| list.into_iter().map(T::to_f64).collect();
    Results { loss: loss.to_f64(), gradient: back(gradient), outputs: back(outputs) }
}

/// Records a step; it must be one that can be recorded.
#[track_caller]
pub(crate) fn record<const N: usize>(
    parameters: &[Value],
    widths: [usize; N],
    step: impl FnOnce([&[Value]; N]) -> Step,
) -> Program {
    Program::record(parameters, widths, step).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn data(values: &[Value]) -> Vec<f64> {
    values.iter().map(|x| x.data()).collect()
}

/// The same bits; any NaN is as good as another.
pub(crate) fn same(ours: f64, right: f64) -> bool {
    ours.to_bits() == right.to_bits() || (ours.is_nan() && right.is_nan())
}

/// The same number; a gradient has no sign of zero, since the tape adds it to 0.
pub(crate) fn equal(ours: f64, right: f64) -> bool {
    ours == right || (ours.is_nan() && right.is_nan())
}

/// Within `bound`, relative to numbers above 1 and absolute below.
pub(crate) fn close(ours: f64, right: f64, bound: f64) -> bool {
    equal(ours, right) || (ours - right).abs() <= bound * right.abs().max(1.0)
}

/// Holds fast and strict programs of a step, on every level, to the tape: outputs of a strict one bit
/// for bit, everything else within `bound`. Says where one is not.
pub(crate) fn conforms<const N: usize>(
    parameters: &[Value],
    widths: [usize; N],
    arrays: [&[f64]; N],
    bound: f64,
    step: impl Fn([&[Value]; N]) -> Step,
) -> Result<(), String> {
    let right = on_the_tape(parameters, widths, arrays, &step);
    let program = record(parameters, widths, &step);
    for mode in [Mode::Strict, Mode::Fast] {
        for options in options(mode) {
            let ours = by::<f64>(&mut program.compile_with(options), &data(parameters), &arrays);
            for ((what, ours), (_, right)) in ours.named().zip(right.named()) {
                let bits = mode == Mode::Fast || !what.starts_with("output") || same(ours, right);
                if !bits || !close(ours, right, bound) {
                    return Err(format!("{options:?}: {what} is {ours:e}, not {right:e}"));
                }
            }
        }
    }
    Ok(())
}

/// The same, as an assertion about `what`.
#[track_caller]
pub(crate) fn assert_conforms<const N: usize>(
    what: &str,
    parameters: &[Value],
    widths: [usize; N],
    arrays: [&[f64]; N],
    bound: f64,
    step: impl Fn([&[Value]; N]) -> Step,
) {
    if let Err(off) = conforms(parameters, widths, arrays, bound, step) {
        panic!("{what}: {off}");
    }
}
