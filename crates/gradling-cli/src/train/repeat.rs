//! The same training with several seeds: how much of a result is chance.

use super::data::Problem;
use super::figures::score_name;
use super::fit::{End, fit};
use super::report::{self, Detail};
use super::settings::Settings;
use crate::failure::Failure;
use crate::output::print;
use gradling::Options;
use indicatif::ProgressBar;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// Trains with `count` seeds from that of the settings on, each on its own split, on as many threads as
/// there are, and prints the score of each on its held-out rows, their mean and spread.
pub(super) fn repeat(
    problem: &Problem,
    settings: &Settings,
    count: u64,
    interrupted: &AtomicBool,
    detail: Detail,
) -> Result<(), Failure> {
    let progress = report::progress(count.saturating_mul(settings.epochs as u64), detail);
    let next = AtomicU64::new(0);
    let work = || {
        let mut scores = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= count || interrupted.load(Ordering::Relaxed) {
                return Ok(scores);
            }
            let seed = settings.seed.wrapping_add(i);
            let score = score(problem, &settings.with_seed(seed), interrupted, &progress)
                // One that failed ends them all: no more seeds are dealt out.
                .inspect_err(|_| next.store(count, Ordering::Relaxed))?;
            scores.push((i, seed, score));
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(count as usize);
    let results: Vec<Result<Vec<_>, Failure>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().map(join).collect()
    });
    progress.finish_and_clear();
    let mut scores: Vec<(u64, u64, f64)> =
        results.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    scores.sort_by_key(|&(i, ..)| i);
    if interrupted.load(Ordering::Relaxed) {
        return Err(Failure::Interrupted);
    }

    let name = score_name(problem.target.task());
    print(|out| {
        if detail == Detail::Full {
            writeln!(out)?;
            for &(_, seed, score) in &scores {
                writeln!(out, "seed {seed}: held-out {name} {score:.4}")?;
            }
        }
        let scores: Vec<f64> = scores.iter().map(|&(.., score)| score).collect();
        writeln!(out, "{}", Spread::of(&scores).shown(name))
    })
}

/// The score of one training on its held-out rows.
fn score(
    problem: &Problem,
    settings: &Settings,
    interrupted: &AtomicBool,
    progress: &ProgressBar,
) -> Result<f64, Failure> {
    let data = problem.split(settings.held_out, settings.seed)?;
    let sizes = settings.sizes(data.train.inputs.cols, data.task).map_err(Failure::Input)?;
    let mut watch = |_: &_| {
        progress.inc(1);
        ControlFlow::Continue(())
    };
    // The seeds are what the threads are for.
    let options = Options::default().threads(1);
    let fit = fit(&data, &sizes, settings, options, interrupted, &mut watch)
        .map_err(|error| Failure::Run(format!("seed {}: {error}", settings.seed)))?;
    if fit.end == End::Interrupted {
        return Err(Failure::Interrupted);
    }
    let held_out = fit.epochs.last().and_then(|epoch| epoch.held_out);
    held_out.map(|figures| figures.score).ok_or_else(|| {
        Failure::Input(
            "--repeat judges by rows held out, and there are none; give a larger --held-out"
                .to_owned(),
        )
    })
}

/// The mean of some scores and how far they lie apart.
struct Spread {
    count: usize,
    mean: f64,
    /// The standard deviation, with n - 1 below.
    deviation: f64,
    lowest: f64,
}

impl Spread {
    fn of(scores: &[f64]) -> Self {
        let count = scores.len();
        let mean = scores.iter().sum::<f64>() / count as f64;
        let squares: f64 = scores.iter().map(|score| (score - mean) * (score - mean)).sum();
        Spread {
            count,
            mean,
            deviation: (squares / count.saturating_sub(1).max(1) as f64).sqrt(),
            lowest: scores.iter().copied().fold(f64::INFINITY, f64::min),
        }
    }

    fn shown(&self, name: &str) -> String {
        let Spread { count, mean, deviation, lowest } = self;
        format!(
            "held-out {name} over {count} seeds: mean {mean:.4}, standard deviation {deviation:.4}, lowest {lowest:.4}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_the_standard_deviation_of_a_sample() {
        // By hand: mean 3, squares 4 + 0 + 4, over n - 1 = 2.
        let spread = Spread::of(&[1.0, 3.0, 5.0]);
        assert_eq!((spread.mean, spread.deviation, spread.lowest), (3.0, 2.0, 1.0));
        assert_eq!(Spread::of(&[0.5]).deviation, 0.0);
    }
}
