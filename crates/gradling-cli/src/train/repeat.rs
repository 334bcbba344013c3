//! The same training several times, with several seeds or on several folds: how much of a result is chance.

use super::data::{Data, Whole};
use super::figures::score_name;
use super::fit::{End, Job, fit};
use super::report::{self, Detail};
use super::settings::Settings;
use crate::failure::Failure;
use crate::output::print;
use gradling::Options;
use indicatif::ProgressBar;
use serde_json::json;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// Trains with `count` seeds from that of the settings on, each on its own split, on as many threads as
/// there are, and prints the score of each on its held-out rows, their mean and spread.
pub(super) fn repeat(
    table: &Whole,
    settings: &Settings,
    count: u64,
    interrupted: &AtomicBool,
    detail: Detail,
) -> Result<(), Failure> {
    let progress = report::progress(count.saturating_mul(settings.epochs as u64), detail);
    let seed_of = |i: usize| settings.seed.wrapping_add(i as u64);
    let scores = on_all_cores(count as usize, interrupted, |i| {
        let settings = settings.with_seed(seed_of(i));
        let data = table.split(settings.held_out, settings.validation, settings.seed)?;
        score(&data, &settings, interrupted, &progress)
            .map_err(|error| error.within(&format!("seed {}", settings.seed)))
    });
    progress.finish_and_clear();
    let (scores, name) = (scores?, score_name(table.problem.target.task()));
    let each = |i: usize| format!("seed {}", seed_of(i));
    tell(&scores, name, &each, &format!("{count} seeds"), detail)
}

/// Trains on all but one of `count` folds, for each of them, and prints the score of each on that one.
pub(super) fn folds(
    table: &Whole,
    settings: &Settings,
    count: usize,
    interrupted: &AtomicBool,
    detail: Detail,
) -> Result<(), Failure> {
    let progress = report::progress((count * settings.epochs) as u64, detail);
    let all = table.folds(count, settings.validation, settings.seed)?;
    let scores = on_all_cores(count, interrupted, |i| {
        score(&all[i], settings, interrupted, &progress)
            .map_err(|error| error.within(&format!("fold {}", i + 1)))
    });
    progress.finish_and_clear();
    let (scores, name) = (scores?, score_name(table.problem.target.task()));
    let each = |i: usize| format!("fold {}", i + 1);
    tell(&scores, name, &each, &format!("{count} folds"), detail)
}

fn tell(
    scores: &[f64],
    name: &str,
    each: &dyn Fn(usize) -> String,
    all: &str,
    detail: Detail,
) -> Result<(), Failure> {
    print(|out| {
        if detail == Detail::Json {
            for (i, score) in scores.iter().enumerate() {
                writeln!(out, "{}", json!({ "event": "run", "run": each(i), "score": score }))?;
            }
            let Spread { mean, deviation, lowest } = Spread::of(scores);
            let spread = json!({ "event": "spread", "mean": mean, "deviation": deviation, "lowest": lowest });
            return writeln!(out, "{spread}");
        }
        if detail == Detail::Full {
            writeln!(out)?;
            for (i, score) in scores.iter().enumerate() {
                writeln!(out, "{}: held-out {name} {score:.4}", each(i))?;
            }
        }
        writeln!(out, "{}", Spread::of(scores).shown(name, all))
    })
}

/// The results of `count` pieces of work, in their order, done on as many threads as there are. One that
/// fails ends them all: no more are dealt out.
pub(super) fn on_all_cores<T: Send>(
    count: usize,
    interrupted: &AtomicBool,
    work: impl Fn(usize) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    let next = AtomicUsize::new(0);
    let deal = || {
        let mut done = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= count || interrupted.load(Ordering::Relaxed) {
                return done;
            }
            let result = work(i);
            if result.is_err() {
                next.store(count, Ordering::Relaxed);
            }
            done.push((i, result));
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(count);
    let mut all: Vec<(usize, Result<T, Failure>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(deal)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().flat_map(join).collect()
    });
    all.sort_by_key(|&(i, _)| i);
    let results = all.into_iter().map(|(_, result)| result).collect::<Result<Vec<T>, _>>()?;
    if interrupted.load(Ordering::Relaxed) { Err(Failure::Interrupted) } else { Ok(results) }
}

/// The score of one training on its held-out rows.
fn score(
    data: &Data,
    settings: &Settings,
    interrupted: &AtomicBool,
    progress: &ProgressBar,
) -> Result<f64, Failure> {
    let sizes = settings.sizes(data.train.inputs.cols, data.task).map_err(Failure::Input)?;
    let mut watch = |_: &_| progress.inc(1);
    // The pieces of work are what the threads are for.
    let options = Options::default().threads(1);
    let fit =
        fit(&Job { data, sizes: &sizes, settings, options, interrupted }, None, None, &mut watch)?;
    if fit.end == End::Interrupted {
        return Err(Failure::Interrupted);
    }
    fit.held_out.map(|figures| figures.score).ok_or_else(|| {
        Failure::Input(
            "--repeat judges by rows held out, and there are none; give a larger --held-out"
                .to_owned(),
        )
    })
}

/// The mean of some scores and how far they lie apart.
struct Spread {
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
            mean,
            deviation: (squares / count.saturating_sub(1).max(1) as f64).sqrt(),
            lowest: scores.iter().copied().fold(f64::INFINITY, f64::min),
        }
    }

    fn shown(&self, name: &str, all: &str) -> String {
        let Spread { mean, deviation, lowest } = self;
        format!(
            "held-out {name} over {all}: mean {mean:.4}, standard deviation {deviation:.4}, lowest {lowest:.4}"
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
