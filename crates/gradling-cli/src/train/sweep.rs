//! Many settings tried, and ranked by the validation rows.

use super::data::Whole;
use super::figures::{Figures, score_name};
use super::fit::{End, Job, fit};
use super::repeat::on_all_cores;
use super::report::{self, Detail};
use super::settings::{Choices, Settings, Size};
use crate::failure::Failure;
use crate::output::print;
use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};
use gradling::Options;
use serde_json::json;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;

/// The most settings that are tried.
const MOST: usize = 10_000;
/// These would change the rows that settings are ranked by, or what is compared.
const FIXED: [&str; 4] = ["held-out", "validation", "seed", "loss"];

/// An option and the values to try for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    name: String,
    values: Vec<String>,
}

impl FromStr for Axis {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = "write an option and its values, such as rate=0.01,0.003 or 'layers=16;32,32'";
        let (name, values) = text.split_once('=').ok_or(wrong)?;
        // Values that hold commas themselves are parted by semicolons.
        let between = if values.contains(';') { ';' } else { ',' };
        let values: Vec<String> = values.split(between).map(|v| v.trim().to_owned()).collect();
        if name.is_empty() || values.iter().any(String::is_empty) {
            return Err(wrong.to_owned());
        }
        if FIXED.contains(&name) {
            return Err(format!("{name} cannot be swept: results would not be comparable"));
        }
        Ok(Axis { name: name.trim().to_owned(), values })
    }
}

/// The choices that were made, with others for some options.
fn choices(matches: &ArgMatches, others: &[(&str, &str)]) -> Result<Choices, Failure> {
    let command = Choices::augment_args(Command::new("train").no_binary_name(true))
        .args_override_self(true)
        .disable_help_flag(true);
    let mut arguments = Vec::new();
    for option in command.get_arguments() {
        let (id, Some(name)) = (option.get_id().as_str(), option.get_long()) else { continue };
        if matches.try_contains_id(id).unwrap_or(false) {
            for raw in matches.get_raw(id).into_iter().flatten() {
                arguments.push(format!("--{name}={}", raw.to_string_lossy()));
            }
        }
    }
    arguments.extend(others.iter().map(|(name, value)| format!("--{name}={value}")));
    let first_line = |error: clap::Error| {
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default();
        Failure::Input(format!("--sweep: {}", line.trim_start_matches("error: ")))
    };
    let matches = command.try_get_matches_from(arguments).map_err(first_line)?;
    Choices::from_arg_matches(&matches).map_err(first_line)
}

/// What came of one of the settings.
struct Tried<'a> {
    others: Vec<(&'a str, &'a str)>,
    /// On the validation and on the held-out rows; `None` if training diverged.
    figures: Option<(Figures, Option<Figures>)>,
}

/// Tries all combinations of the values on all cores, prints them, best first, and gives the choices with the
/// best.
pub(super) fn sweep(
    table: &Whole,
    matches: &ArgMatches,
    axes: &[Axis],
    interrupted: &AtomicBool,
    detail: Detail,
) -> Result<Choices, Failure> {
    let count = axes.iter().map(|axis| axis.values.len()).fold(1, usize::saturating_mul);
    if count > MOST {
        return Err(Failure::Input(format!(
            "--sweep: these are {count} combinations, more than {MOST}; give fewer values"
        )));
    }
    let others = |mut i: usize| -> Vec<(&str, &str)> {
        let mut others = Vec::new();
        for axis in axes.iter().rev() {
            others.push((axis.name.as_str(), axis.values[i % axis.values.len()].as_str()));
            i /= axis.values.len();
        }
        others.reverse();
        others
    };
    // All are checked before the first is tried.
    let all = (0..count).map(|i| choices(matches, &others(i))).collect::<Result<Vec<_>, _>>()?;
    let first = &all[0];
    let share = first.validation_or_default();
    let data = table.split(first.held_out, share, first.seed)?;
    if data.validation.rows() == 0 {
        return Err(Failure::Input(
            "--sweep ranks by validation rows, and there are none; give a larger --validation"
                .to_owned(),
        ));
    }
    let size = Size { rows: data.train.rows(), inputs: data.train.inputs.cols, task: data.task };
    let settings = all.iter().map(|choices| Settings::new(choices, size).map_err(Failure::Input));
    let settings = settings.collect::<Result<Vec<Settings>, _>>()?;
    let sizes = settings.iter().map(|s| s.sizes(size.inputs, data.task).map_err(Failure::Input));
    let sizes = sizes.collect::<Result<Vec<_>, _>>()?;

    let epochs: usize = settings.iter().map(|settings| settings.epochs).sum();
    let progress = report::progress(epochs as u64, detail);
    let tried = on_all_cores(count, interrupted, |i| {
        let job = Job {
            data: &data,
            sizes: &sizes[i],
            settings: &settings[i],
            options: Options::default().threads(1),
            interrupted,
        };
        let figures = match fit(&job, None, None, &mut |_| progress.inc(1)) {
            Ok(fit) if fit.end == End::Interrupted => return Err(Failure::Interrupted),
            Ok(fit) => fit.validation.map(|validation| (validation, fit.held_out)),
            // One that diverges is no reason to end the others.
            Err(Failure::Run(_)) => None,
            Err(failure) => return Err(failure),
        };
        Ok(Tried { others: others(i), figures })
    });
    progress.finish_and_clear();
    let tried = tried?;
    let loss = |i: &usize| {
        let loss = tried[*i].figures.map_or(f64::INFINITY, |(validation, _)| validation.loss);
        if loss.is_nan() { f64::INFINITY } else { loss }
    };
    let mut order: Vec<usize> = (0..count).collect();
    // Of those that are as good the first.
    order.sort_by(|a, b| loss(a).total_cmp(&loss(b)));
    if detail == Detail::Full || detail == Detail::Json {
        tell(&tried, &order, axes, score_name(data.task), detail)?;
    }
    if tried[order[0]].figures.is_none() {
        return Err(Failure::Run("all of the settings diverged; sweep smaller rates".to_owned()));
    }
    let mut all = all;
    Ok(all.swap_remove(order[0]))
}

fn tell(
    tried: &[Tried<'_>],
    order: &[usize],
    axes: &[Axis],
    score: &str,
    detail: Detail,
) -> Result<(), Failure> {
    print(|out| {
        if detail == Detail::Json {
            for (rank, &i) in (1..).zip(order) {
                let Tried { others, figures } = &tried[i];
                let settings: serde_json::Map<String, serde_json::Value> =
                    others.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect();
                let figures = figures.map(|(f, _)| json!({ "loss": f.loss, "score": f.score }));
                let line = json!({ "event": "tried", "rank": rank, "settings": settings, "validation": figures });
                writeln!(out, "{line}")?;
            }
            return Ok(());
        }
        let widths: Vec<usize> = axes
            .iter()
            .map(|axis| {
                axis.values.iter().chain([&axis.name]).map(|v| v.chars().count()).max().unwrap_or(0)
            })
            .collect();
        write!(out, "\nrank")?;
        for (axis, &width) in axes.iter().zip(&widths) {
            write!(out, "  {:>width$}", axis.name)?;
        }
        writeln!(out, "   validation loss   {score}")?;
        for (rank, &i) in (1..).zip(order) {
            let Tried { others, figures } = &tried[i];
            write!(out, "{rank:>4}")?;
            for (&(_, value), &width) in others.iter().zip(&widths) {
                write!(out, "  {value:>width$}")?;
            }
            match figures {
                Some((f, _)) => {
                    writeln!(out, "   {:>15.4}   {:>2$.3}", f.loss, f.score, score.chars().count())?
                }
                None => writeln!(out, "   {:>15}", "diverged")?,
            }
        }
        let best: Vec<String> = tried[order[0]]
            .others
            .iter()
            .map(|(name, value)| format!("--{name} {value}"))
            .collect();
        writeln!(out, "\nbest by the validation rows: {}", best.join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_parted_by_commas_or_by_semicolons_if_there_are_any() {
        let axis = |text: &str| text.parse::<Axis>();
        let of = |name: &str, values: &[&str]| {
            let values = values.iter().map(|&value| value.to_owned()).collect();
            Ok(Axis { name: name.to_owned(), values })
        };
        assert_eq!(axis("rate=0.01,0.003"), of("rate", &["0.01", "0.003"]));
        assert_eq!(axis("layers=16;32,32"), of("layers", &["16", "32,32"]));
        for wrong in ["rate", "=1", "rate=", "rate=1,,2", "seed=1,2"] {
            assert!(axis(wrong).is_err(), "{wrong}");
        }
    }
}
