//! `gradling train`: a network from a table, and what it is worth.

mod boundary;
mod colour;
mod curve;
mod data;
mod diverged;
mod figures;
mod fit;
mod plot;
mod repeat;
mod report;
mod save;
mod settings;
mod text;

pub(crate) use data::open;
pub(crate) use save::MODEL;

use crate::failure::Failure;
use crate::output::print;
use anstream::{AutoStream, ColorChoice};
use boundary::{Pen, Plane};
use colour::Depth;
use data::{AskedTask, Data, Problem};
use figures::score_name;
use fit::{End, Fit, fit};
use gradling::Options;
use gradling_model::{Model, ModelError};
use report::{Detail, Report};
use save::{Contents, Folder};
use settings::{Choices, Settings};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Train a network to predict one column of a table from the others.
#[derive(clap::Args)]
#[command(after_help = settings::RULES)]
pub(crate) struct Args {
    /// A CSV file with a header; `-` is stdin.
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// The column to predict.
    #[arg(long, value_name = "COLUMN")]
    target: String,
    /// A folder for the model, the record of the run and its pictures.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What the target is.
    #[arg(long, value_enum, default_value = "auto")]
    task: AskedTask,
    #[command(flatten)]
    choices: Choices,
    /// Train with N seeds, each on its own split, and print the mean and spread of the results.
    #[arg(long, value_name = "N", conflicts_with = "out",
          value_parser = clap::value_parser!(u64).range(1..=10_000))]
    repeat: Option<u64>,
    /// Print the result alone.
    #[arg(long)]
    quiet: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let choices = &args.choices;
    let problem = Problem::read(&args.file, &args.target, args.task)?;
    let data = problem.split(choices.held_out, choices.seed)?;
    let settings = Settings::new(choices, data.train.rows(), data.train.inputs.cols);
    let sizes = settings.sizes(data.train.inputs.cols, data.task).map_err(Failure::Input)?;
    let folder = args.out.as_deref().map(Folder::prepare).transpose()?;
    let interrupted = on_interrupt()?;
    let detail = if args.quiet { Detail::Result } else { Detail::Full };

    if let Some(count) = args.repeat {
        if detail == Detail::Full {
            print(|out| report::describe(out, &problem, &data, &sizes, &settings))?;
        }
        return repeat::repeat(&problem, &settings, count, &interrupted, detail);
    }

    let mut report = Report::new(detail, &settings);
    report.start(&problem, &data, &sizes, &settings);
    let mut watch = |epoch: &_| {
        report.epoch(epoch);
        ControlFlow::Continue(())
    };
    let fit = fit(&data, &sizes, &settings, Options::default(), &interrupted, &mut watch)
        .map_err(|error| Failure::Run(error.to_string()))?;
    let run = Run { problem, data, settings, fit };
    run.tell_and_save(report, folder.as_ref())?;
    match run.fit.end {
        End::Finished => Ok(()),
        End::Interrupted => Err(Failure::Interrupted),
    }
}

/// A run that is over.
struct Run {
    problem: Problem,
    data: Data,
    settings: Settings,
    fit: Fit,
}

impl Run {
    fn tell_and_save(&self, mut report: Report, folder: Option<&Folder>) -> Result<(), Failure> {
        let Run { problem, data, settings, fit } = self;
        let model = self.model().map_err(|error| Failure::Run(error.to_string()))?;
        let plane = Plane::of(data);

        let (pen, depth) = pen();
        if fit.epochs.len() > 1 {
            report.draw(|out| curve::write(out, &fit.epochs, depth));
        }
        if let Some(plane) = &plane {
            report.draw(|out| boundary::write(out, plane, &model, pen));
        }
        report.result(data, fit);
        if let Some(folder) = folder {
            let file = text::file_name(problem.table.name());
            let title = format!("{file}: {}", text::plain(problem.target.column()));
            let drawn = |error: Box<dyn std::error::Error>| {
                Failure::Run(format!("a picture cannot be drawn: {error}"))
            };
            let boundary =
                plane.as_ref().map(|plane| plot::boundary(&title, plane, &model)).transpose();
            let name = score_name(data.task);
            let names = folder.write(&Contents {
                model: model.to_bytes().map_err(|error| Failure::Run(error.to_string()))?,
                record: save::record(problem, data, settings, fit),
                curve: plot::learning_curve(&title, name, &fit.epochs).map_err(drawn)?,
                boundary: boundary.map_err(drawn)?,
            })?;
            let folder = folder.path().display();
            report.line(&format!("saved in {folder}: {}", names.join(", ")));
            report.line(&format!("to predict: gradling predict {folder} FILE.csv"));
        }
        report.finish()
    }

    fn model(&self) -> Result<Model, ModelError> {
        Model::new(self.data.encoder.clone(), self.fit.network.clone(), self.settings.seed)
    }
}

/// How to draw on stdout.
fn pen() -> (Pen, Depth) {
    let depth = Depth::of_terminal();
    match AutoStream::choice(&std::io::stdout()) {
        ColorChoice::Never => (Pen::Letters, depth),
        _ => (Pen::Colour(depth), depth),
    }
}

/// A flag that Ctrl-C sets, instead of ending the program.
fn on_interrupt() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    ctrlc::set_handler(move || set.store(true, Ordering::Relaxed))
        .map_err(|error| Failure::Run(format!("Ctrl-C cannot be listened to: {error}")))?;
    Ok(flag)
}
