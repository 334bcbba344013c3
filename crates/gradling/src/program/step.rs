//! What a step computes for one sample, said once for eager and for compiled execution.

use crate::Value;

/// How the losses of the samples become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
}

/// What a step computes for one sample: a loss, outputs, or both.
///
/// ```
/// use gradling::{Step, Value};
/// # let (w, x, y) = (Value::new(2.0), Value::new(3.0), Value::new(5.0));
/// let prediction = w * x;
/// let step = Step::mean((prediction - y).pow(2)) // the mean over the samples
///     .plus(0.01 * w * w)                        // plus a penalty, added once
///     .with_outputs(&[prediction]);              // and what to give out for each sample
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Step {
    pub(crate) outputs: Vec<Value>,
    pub(crate) loss: Option<(Value, Reduction)>,
    pub(crate) once: Option<Value>,
}

impl Step {
    /// The loss is the mean, over the samples, of the loss of one sample.
    pub fn mean(loss: Value) -> Self {
        Step { loss: Some((loss, Reduction::Mean)), ..Step::default() }
    }

    /// The loss is the sum, over the samples, of the loss of one sample.
    pub fn sum(loss: Value) -> Self {
        Step { loss: Some((loss, Reduction::Sum)), ..Step::default() }
    }

    /// No loss: these are computed for each sample.
    pub fn outputs(outputs: &[Value]) -> Self {
        Step { outputs: outputs.to_vec(), ..Step::default() }
    }

    /// What is given out for each sample, beside the loss.
    pub fn with_outputs(self, outputs: &[Value]) -> Self {
        Step { outputs: outputs.to_vec(), ..self }
    }

    /// Adds a term to the loss once, however many samples there are: a penalty on the parameters. It
    /// must not depend on the sample.
    #[track_caller]
    pub fn plus(self, term: Value) -> Self {
        let once = Some(self.once.map_or(term, |sum| sum + term));
        Step { once, ..self }
    }
}

/// The arrays of a batch, row by row: `arrays[k]` holds the `widths[k]` numbers of the first sample, then
/// those of the second.
///
/// # Panics
/// If an array does not hold a whole number of rows, or two hold different numbers of rows.
#[track_caller]
fn rows<const N: usize>(widths: [usize; N], arrays: [&[f64]; N]) -> usize {
    let mut rows = None;
    for (k, (&width, array)) in widths.iter().zip(arrays).enumerate() {
        if width == 0 {
            continue;
        }
        assert!(
            array.len() % width == 0,
            "array {k} holds {} numbers, which is no whole number of rows of {width}",
            array.len()
        );
        let here = array.len() / width;
        let all = *rows.get_or_insert(here);
        assert!(all == here, "array {k} holds {here} rows, and an array before it {all}");
    }
    rows.unwrap_or(0)
}

/// Runs a step eagerly over a batch: the twin of a recorded [`Program`](super::Program), with every value
/// of every sample there to look at. Returns the loss, to call [`backward`](Value::backward) on, and the
/// outputs of each sample.
///
/// ```
/// use gradling::{Step, Value, eager};
/// let w = Value::new(2.0);
/// let step = |[x, y]: [&[Value]; 2]| Step::mean((w * x[0] - y[0]).pow(2));
/// let (loss, _) = eager([1, 1], [&[1.0, 2.0, 3.0], &[2.0, 4.0, 9.0]], step);
/// loss.backward();
/// assert_eq!((loss.data(), w.grad()), (3.0, -6.0));
/// ```
///
/// Without a loss it is 0; over no samples, too, for then the step never runs.
///
/// # Panics
/// If an array does not hold whole rows, or not as many as the others.
#[track_caller]
pub fn eager<const N: usize>(
    widths: [usize; N],
    arrays: [&[f64]; N],
    mut step: impl FnMut([&[Value]; N]) -> Step,
) -> (Value, Vec<Vec<Value>>) {
    let rows = rows(widths, arrays);
    let (mut losses, mut outputs) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    let (mut once, mut reduction) = (None, Reduction::Sum);
    for row in 0..rows {
        let inputs: [Vec<Value>; N] = std::array::from_fn(|k| {
            let row = &arrays[k][row * widths[k]..(row + 1) * widths[k]];
            row.iter().map(|&x| Value::new(x)).collect()
        });
        let step = step(std::array::from_fn(|k| &inputs[k][..]));
        outputs.push(step.outputs);
        if let Some((loss, how)) = step.loss {
            losses.push(loss);
            reduction = how;
        }
        once = once.or(step.once);
    }
    let losses = match reduction {
        Reduction::Sum => crate::sum(&losses),
        Reduction::Mean => crate::mean(&losses),
    };
    (once.map_or(losses, |once| losses + once), outputs)
}
