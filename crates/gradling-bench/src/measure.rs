//! Timing two ways in turn.

use crate::Case;
use serde::Serialize;
use std::time::{Duration, Instant};

/// How a case came out.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// The case.
    pub name: &'static str,
    /// Median time of gradling's way, in nanoseconds.
    pub ns: f64,
    /// The other way.
    pub reference: &'static str,
    /// Its median time, in nanoseconds.
    pub reference_ns: f64,
    /// Median over the rounds of reference / gradling in that round: how many times as fast gradling is.
    pub ratio: f64,
}

/// Rounds of one measurement, each way once a round.
const ROUNDS: usize = 31;

/// A round of one way lasts at least this long.
const ROUND: Duration = Duration::from_millis(10);

/// Checks the answers of a case, then times both ways in turn, round by round, so that a machine that
/// changes its speed changes it for both.
///
/// # Errors
/// If the answers differ.
pub fn measure(case: &mut Case) -> Result<Figure, String> {
    case.check()?;
    let (ours, theirs) = (repeats(&mut case.ours), repeats(&mut case.theirs));
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push((time(&mut case.ours, ours), time(&mut case.theirs, theirs)));
    }
    Ok(Figure {
        name: case.name,
        ns: median(rounds.iter().map(|round| round.0)),
        reference: case.reference,
        reference_ns: median(rounds.iter().map(|round| round.1)),
        ratio: median(rounds.iter().map(|round| round.1 / round.0)),
    })
}

/// How often work must run to fill a round; it is warm afterwards.
fn repeats(work: &mut crate::Work) -> u32 {
    let mut repeats = 1;
    loop {
        let begin = Instant::now();
        for _ in 0..repeats {
            std::hint::black_box(work());
        }
        if begin.elapsed() >= ROUND {
            return repeats;
        }
        repeats *= 2;
    }
}

/// Nanoseconds of one run, the mean of `repeats`.
fn time(work: &mut crate::Work, repeats: u32) -> f64 {
    let begin = Instant::now();
    for _ in 0..repeats {
        std::hint::black_box(work());
    }
    begin.elapsed().as_nanos() as f64 / f64::from(repeats)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
