//! What training says on stdout while it runs and at its end, and the progress bar on stderr.

use super::colour::Depth;
use super::curve;
use super::data::{Data, Problem, Samples};
use super::figures::{Figures, score_name};
use super::fit::{End, Epoch, Fit};
use super::live::Live;
use super::optimiser::{OptimizerName, course};
use super::settings::{Settings, parameters, shown};
use super::text::{count, file_name, plain, thousands};
use crate::failure::Failure;
use crate::number::short;
use crate::output::print;
use crate::summary;
use gradling_data::{Finding, TargetCode, Targets, Task};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, Write};

/// Epochs are told of in about so many lines.
const LINES: usize = 20;
/// So many columns are summed up.
const SUMMARY: usize = 12;
/// Of columns so many are named.
const NAMES: usize = 8;

/// How much is said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Everything.
    Full,
    /// The result alone.
    Result,
    /// Lines of JSON, which are not told here.
    Json,
}

/// Tells of a training run.
pub(super) struct Report {
    detail: Detail,
    every: usize,
    epochs: usize,
    bar: ProgressBar,
    /// The view that stands for the lines of epochs and the bar.
    live: Option<Live>,
    /// What went wrong in telling: the run goes on, and is saved, and this is said at its end.
    failure: Option<Failure>,
}

/// A bar of so many epochs on stderr.
pub(super) fn progress(epochs: u64, detail: Detail) -> ProgressBar {
    bar(Some(epochs), "{bar:40.blue/black.bright} epoch {pos} of {len}, {eta} left", detail)
}

/// How many rows of a table were read, and encoded where it is known how many there are.
pub(super) fn rows(count: Option<u64>, detail: Detail) -> ProgressBar {
    let template = match count {
        Some(_) => "{bar:40.blue/black.bright} {human_pos} of {human_len} rows encoded, {eta} left",
        None => "{spinner:.blue} {human_pos} rows read",
    };
    bar(count, template, detail)
}

/// Of a full report; indicatif hides it where stderr is no terminal.
fn bar(length: Option<u64>, template: &str, detail: Detail) -> ProgressBar {
    if detail != Detail::Full {
        return ProgressBar::hidden();
    }
    let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸━"));
    }
    bar
}

impl Report {
    pub(super) fn new(detail: Detail, settings: &Settings, live: Option<Live>) -> Self {
        let bar = match live {
            Some(_) => ProgressBar::hidden(),
            None => progress(settings.epochs as u64, detail),
        };
        let every = settings.epochs.div_ceil(LINES);
        Report { detail, every, epochs: settings.epochs, bar, live, failure: None }
    }

    fn say(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        let said = self.bar.suspend(|| print(write));
        if let Err(failure) = said {
            self.failure.get_or_insert(failure);
        }
    }

    /// What was understood, before training starts.
    pub(super) fn start(
        &mut self,
        problem: &Problem,
        data: &Data,
        sizes: &[usize],
        settings: &Settings,
        before: usize,
    ) {
        self.bar.set_position(before as u64);
        if self.detail != Detail::Full {
            return;
        }
        let score = score_name(data.task);
        let is_live = self.live.is_some();
        self.say(|out| {
            describe(out, problem, data, sizes, settings)?;
            if before > 0 {
                writeln!(out, "going on after epoch {}", thousands(before))?;
            }
            if is_live {
                return writeln!(out);
            }
            let heading = format!("epoch   {:^20}   {score:^20}", "loss");
            writeln!(out, "\n{}", heading.trim_end())?;
            writeln!(out, "        {0:>9}{1:>11}   {0:>9}{1:>11}", "training", "held out")
        });
    }

    /// Called after each epoch: moves the bar, and every so often says a line.
    pub(super) fn epoch(&mut self, epoch: &Epoch) {
        self.bar.set_position(epoch.number as u64);
        if let Some(live) = &mut self.live {
            return live.epoch(epoch);
        }
        let due = epoch.number == 1
            || epoch.number == self.epochs
            || epoch.number.is_multiple_of(self.every);
        if !due || self.detail != Detail::Full {
            return;
        }
        let Epoch { number, training, held_out, .. } = *epoch;
        let loss = |figures: Option<Figures>| column(figures.map(|figures| figures.loss), 4);
        let score = |figures: Option<Figures>| column(figures.map(|figures| figures.score), 3);
        self.say(|out| {
            writeln!(
                out,
                "{number:>5}   {:>9}{:>11}   {:>9}{:>11}",
                loss(Some(training)),
                loss(held_out),
                score(Some(training)),
                score(held_out)
            )
        });
    }

    /// The curve of the loss, or the last of what was drawn of it while it came to be.
    pub(super) fn curve(&mut self, fit: &Fit, depth: Depth) {
        if let Some(live) = &mut self.live {
            live.draw();
        } else if fit.epochs.len() > 1 {
            self.draw(|out| curve::write(out, &fit.epochs, depth));
        }
    }

    /// Drawings, which only a full report has.
    pub(super) fn draw(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        self.bar.finish_and_clear();
        if self.detail == Detail::Full {
            self.say(|out| {
                writeln!(out)?;
                write(out)
            });
        }
    }

    /// What was chosen by the validation rows.
    pub(super) fn choice(&mut self, fit: &Fit) {
        self.bar.finish_and_clear();
        let last = fit.epochs.len();
        let mut lines = Vec::new();
        if let Some(best) = fit.best {
            let why = match fit.end {
                End::Stopped => "the loss on the validation rows fell no further",
                End::Finished | End::Interrupted => {
                    "its loss on the validation rows was the lowest"
                }
            };
            lines.push(format!(
                "weights of epoch {} of {} kept: {why}",
                thousands(best),
                thousands(last)
            ));
        }
        if let Some(found) = &fit.temperature {
            lines.push(format!(
                "probabilities made to fit by the temperature {:.4}",
                found.temperature
            ));
        }
        if !lines.is_empty() {
            self.line(&format!("\n{}", lines.join("\n")));
        }
    }

    /// What came of it.
    pub(super) fn result(&mut self, data: &Data, fit: &Fit) {
        self.bar.finish_and_clear();
        if self.detail == Detail::Json {
            return;
        }
        let gap = if self.detail == Detail::Full { "\n" } else { "" };
        let text = match fit.held_out {
            Some(figures) => judged(data, figures),
            None => match fit.training {
                Some(Figures { score, .. }) => format!(
                    "{} {} on the training rows; none are held out to judge by",
                    score_name(data.task),
                    column(Some(score), 3)
                ),
                None => return,
            },
        };
        self.say(|out| writeln!(out, "{gap}{text}"));
    }

    /// One more line of a full report.
    pub(super) fn line(&mut self, text: &str) {
        if self.detail == Detail::Full {
            self.say(|out| writeln!(out, "{text}"));
        }
    }

    /// The bar goes, and what went wrong in telling is said.
    pub(super) fn finish(self) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        self.failure.map_or(Ok(()), Err)
    }
}

/// What was understood of the file, and how it is learned.
pub(super) fn describe(
    out: &mut dyn Write,
    problem: &Problem,
    data: &Data,
    sizes: &[usize],
    settings: &Settings,
) -> io::Result<()> {
    let features = data.encoder.features();
    let columns = list(features.iter().map(|feature| feature.name.as_str()));
    let file = file_name(&problem.name);
    let rows = count(problem.rows, "row");
    writeln!(out, "{file}: {rows}, {}: {columns}", count(features.len(), "feature"))?;
    summary::columns(out, &problem.survey.columns(), SUMMARY, "  ")?;
    for note in problem.notes() {
        writeln!(out, "{note}")?;
    }
    writeln!(out, "{}", problem.target)?;
    let constant: Vec<&str> = data.encoder.constant_features().collect();
    if !constant.is_empty() {
        let columns = list(constant.iter().copied());
        writeln!(out, "the same in every training row, so of no use: {columns}")?;
    }
    // What is the same in every row was told already.
    let mut findings = problem.survey.findings(Some(problem.target.column()));
    findings.retain(|finding| !matches!(finding, Finding::Constant { .. }));
    summary::findings(out, &findings, NAMES)?;
    let [training, validation, held_out] = data.rows();
    let how = match data.task {
        _ if data.streamed.is_some() => "at random",
        Task::Regression => "at random",
        Task::Binary | Task::Classes(_) => "each class in its share",
    };
    let validation = match validation {
        0 => String::new(),
        rows => format!("{} to choose by, ", count(rows, "row")),
    };
    writeln!(
        out,
        "{} to train on, {validation}{} held out, {how}, by seed {}",
        count(training, "row"),
        count(held_out, "row"),
        settings.seed
    )?;
    if data.streamed.is_some() {
        let seen = [&data.train, &data.validation, &data.held_out].map(Samples::rows);
        writeln!(
            out,
            "streamed from the disk; figures are of {} to train on, {}{} held out",
            thousands(seen[0]),
            if seen[1] > 0 {
                format!("{} to choose by, ", thousands(seen[1]))
            } else {
                String::new()
            },
            thousands(seen[2])
        )?;
    }
    let activation = if settings.layers.is_empty() {
        String::new()
    } else {
        let mut names: Vec<&str> = settings.activation.iter().map(|a| a.name()).collect();
        names.dedup();
        format!(" with {}", names.join(", "))
    };
    writeln!(
        out,
        "network {}{activation}, {}",
        shown(sizes),
        count(parameters(sizes), "parameter")
    )?;
    let optimiser = match settings.optimizer {
        OptimizerName::Adamw => String::new(),
        other => format!("{}, ", other.name()),
    };
    writeln!(
        out,
        "{} of {}, {optimiser}rate {} {}, weight decay {}",
        count(settings.epochs, "epoch"),
        count(training.div_ceil(settings.batch.get()), "step"),
        short(settings.rate),
        course(settings),
        short(settings.weight_decay)
    )
}

/// Names, parted by commas, the first few of many.
fn list<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(NAMES);
    let mut shown: Vec<String> = names.take(NAMES).map(plain).collect();
    if more > 0 {
        shown.push(format!("and {} more", thousands(more)));
    }
    shown.join(", ")
}

/// A figure with so many decimals, or in short where it is large.
fn column(figure: Option<f64>, decimals: usize) -> String {
    match figure {
        None => "–".to_owned(),
        Some(x) if x.abs() < 1e4 => format!("{x:.decimals$}"),
        Some(x) => format!("{x:.1e}"),
    }
}

/// The held-out figures in words, beside those of a guess that knows no features.
fn judged(data: &Data, figures: Figures) -> String {
    let Samples { targets, .. } = &data.held_out;
    let score = column(Some(figures.score), 3);
    match (targets, data.encoder.target_code()) {
        (Targets::Classes(truth), _) => {
            let (rows, most) = (truth.len(), most_frequent(&data.train.targets));
            let right = (figures.score * rows as f64).round() as usize;
            let guess = truth.iter().filter(|&&class| class == most).count() as f64 / rows as f64;
            let label = plain(&data.encoder.label(most).unwrap_or_default());
            format!(
                "held out: accuracy {score}, {} of {} right (always answering {label:?}: {guess:.3})",
                thousands(right),
                count(rows, "row")
            )
        }
        (Targets::Numbers(scores), TargetCode::Number(standard)) => {
            let error = figures.loss.sqrt() * standard.scale;
            let squares: f64 = scores.iter().map(|score| score * score).sum();
            let guess = (squares / scores.len() as f64).sqrt() * standard.scale;
            let figure = |x: f64| short(format!("{x:.2e}").parse().unwrap_or(x));
            format!(
                "held out: R² {score}, off by {} (root mean square; always answering the mean: {})",
                figure(error),
                figure(guess)
            )
        }
        // A quantity has scores and a class has none.
        (Targets::Numbers(_), TargetCode::Classes(_)) => format!("held out: {score}"),
    }
}

/// The class of most rows, the first of those at a tie.
fn most_frequent(targets: &Targets) -> usize {
    let Targets::Classes(classes) = targets else {
        return 0;
    };
    let mut counts = vec![0_usize; classes.iter().max().map_or(0, |most| most + 1)];
    classes.iter().for_each(|&class| counts[class] += 1);
    (1..counts.len()).fold(0, |best, i| if counts[i] > counts[best] { i } else { best })
}
