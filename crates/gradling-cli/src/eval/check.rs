//! Gradients against slopes: nudge a value, compute again, see how far the result moved.

use crate::failure::Failure;
use crate::listing::{Listing, Slope, Slopes};
use crate::output::note;
use gradling::Value;

/// How far a gradient and a slope may be apart, times the larger of the two and 1. It is the slope that
/// is inexact: its step is 6e-6, times the value where that is above 1.
const TOLERANCE: f64 = 1e-5;

/// What rounding does to a slope, times the result: a few units in its last place, over the step.
const ROUNDING: f64 = 1e-10;

/// The most values that are computed for one check; they take about a second.
const MOST_WORK: usize = 400_000_000;

/// The slope by every value that has a gradient, constants left out.
pub(super) fn slopes(listing: &Listing) -> Result<Slopes, Failure> {
    let values: Vec<Value> = listing
        .values()
        .iter()
        .copied()
        .filter(|value| value.computed_grad().is_some() && !value.is_constant())
        .collect();
    let work = values.len().saturating_mul(2 * listing.values().len());
    if work > MOST_WORK {
        return Err(Failure::Input(format!(
            "--check computes the graph twice for each of its {} values, which would take very long: \
             check a smaller part of it",
            values.len()
        )));
    }
    let rounding = ROUNDING * listing.root().data().abs();
    let measured = listing.root().check_by(&values).into_iter().zip(values);
    Ok(measured
        .map(|(measured, value)| {
            let (grad, slope) = (value.grad(), measured.slope);
            (value, Slope { slope, agrees: agree(grad, slope, rounding) })
        })
        .collect())
}

fn agree(grad: f64, slope: f64, rounding: f64) -> bool {
    // Where neither is finite there is no slope, and the gradient says so.
    if !grad.is_finite() && !slope.is_finite() {
        return true;
    }
    (grad - slope).abs() <= TOLERANCE * grad.abs().max(slope.abs()).max(1.0) + rounding
}

/// Says whether all gradients agree with their slopes.
pub(super) fn judge(listing: &Listing, slopes: &Slopes) -> Result<(), Failure> {
    let values = listing.values().iter().enumerate();
    let apart: Vec<String> = values
        .filter(|(_, value)| slopes.get(value).is_some_and(|slope| !slope.agrees))
        .map(|(place, value)| value.label().unwrap_or_else(|| format!("#{place}")))
        .collect();
    let count = apart.len();
    if count == 0 {
        note(&format!("each gradient agrees with its slope, to {TOLERANCE:e}"));
        return Ok(());
    }
    let mut names = apart[..count.min(5)].join(", ");
    if count > 5 {
        names.push_str(", …");
    }
    Err(Failure::Run(format!(
        "{count} of {} gradients and their slopes are more than {TOLERANCE:e} apart: {names}\n  A corner, a jump \
         or a fast wave within the step that measures it (6e-6, or 6e-6 times a large\n  value) has no one \
         slope; anywhere else this is a mistake in gradling",
        slopes.len()
    )))
}
