//! `gradling train`: a network from a table, and what it is worth.

mod boundary;
mod calibrate;
mod checkpoint;
mod colour;
mod curve;
mod data;
mod diverged;
mod figures;
mod fit;
mod given;
mod html;
mod importance;
mod judge;
mod keeper;
mod lines;
mod live;
mod memory;
mod optimiser;
mod plot;
mod raster;
mod repeat;
mod report;
mod rows;
mod save;
mod settings;
mod start;
mod stream;
mod sweep;
mod tensorboard;
pub(crate) mod text;
mod weigh;

pub(crate) use data::AskedTask;
pub(crate) use given::arguments;
pub(crate) use save::MODEL;

use crate::failure::Failure;
use crate::output::{note, print};
use anstream::{AutoStream, ColorChoice};
use boundary::{Pen, Plane};
use checkpoint::Checkpoint;
use clap::ArgMatches;
use clap::parser::ValueSource;
use colour::Depth;
use data::{Data, Problem, Source, Whole};
use figures::score_name;
use fit::{End, Epoch, Fit, Job, fit};
use gradling::Options;
use gradling_model::{DataHash, Model, ModelError};
use judge::Judgement;
use keeper::{Every, Keeper};
use live::Live;
use memory::Memory;
use report::{Detail, Report};
use save::{Contents, Folder};
use serde_json::{Map, Value as Json};
use settings::{Choices, Settings, Size};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use stream::{Stream, too_large};
use sweep::{Axis, sweep};
use tensorboard::EventFile;

/// Train a network to predict one column of a table from the others.
#[derive(clap::Args)]
#[command(after_help = settings::RULES, args_override_self = true)]
pub(crate) struct Args {
    /// A CSV file with a header; `-` is stdin.
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    #[command(flatten)]
    source: Source,
    /// A folder for the model, the record of the run and its pictures.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on with the run in this folder that was interrupted or killed.
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    resume: Option<PathBuf>,
    /// How often to keep a checkpoint in the folder, in seconds, minutes or epochs.
    #[arg(long, value_name = "EVERY", default_value = "10s")]
    checkpoint: Every,
    /// A TOML file with settings, named as the options are.
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,
    #[command(flatten)]
    choices: Choices,
    /// The memory to keep to. A table of more than half of it on the disk is streamed: its encoded rows go to a
    /// file, each epoch takes them from there in another order, and figures are of some of the rows.
    #[arg(long, value_name = "SIZE", default_value = "1GB")]
    memory: Memory,
    /// Train with N seeds, each on its own split, and print the mean and spread of the results.
    #[arg(long, value_name = "N", conflicts_with_all = ["out", "resume"],
          value_parser = clap::value_parser!(u64).range(1..=10_000))]
    repeat: Option<u64>,
    /// Part the rows into K folds, hold out each in turn, and print the mean and spread of the results.
    #[arg(long, value_name = "K", conflicts_with_all = ["out", "resume", "repeat"],
          value_parser = clap::value_parser!(u16).range(2..=1000))]
    folds: Option<u16>,
    /// Try all combinations of values, such as rate=0.01,0.003 'layers=16;32,32', on all cores, rank them by the
    /// validation rows, and train with the best.
    #[arg(long, value_name = "NAME=V,V", num_args = 1.., conflicts_with_all = ["resume", "repeat", "folds"])]
    sweep: Vec<Axis>,
    /// Deal each feature's held-out values out anew, N times, to see how much the model needs it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    importance: Option<u16>,
    /// A folder for event files that TensorBoard reads.
    #[arg(long, value_name = "DIR")]
    tensorboard: Option<PathBuf>,
    /// Redraw the curve while training, where stdout is a terminal.
    #[arg(long, conflicts_with_all = ["quiet", "json"])]
    live: bool,
    /// Print one line of JSON for each thing that happens.
    #[arg(long, conflicts_with = "quiet")]
    json: bool,
    /// Print the result alone.
    #[arg(long)]
    quiet: bool,
}

/// Options that say nothing of what is learned.
const OTHERS: [&str; 11] = [
    "checkpoint",
    "config",
    "folds",
    "json",
    "live",
    "out",
    "quiet",
    "repeat",
    "resume",
    "sweep",
    "tensorboard",
];

pub(crate) fn run(args: &Args, matches: Option<&ArgMatches>) -> Result<(), Failure> {
    let interrupted = on_interrupt()?;
    let detail = match (args.quiet, args.json) {
        (true, _) => Detail::Result,
        (_, true) => Detail::Json,
        _ => Detail::Full,
    };
    if let Some(bytes) = too_large(&args.file, args.memory) {
        args.refuse_whole(bytes)?;
        let (folder, checkpoint) = args.folder()?;
        let stream = Stream {
            path: &args.file,
            source: &args.source,
            memory: args.memory,
            held_out: args.choices.held_out,
            validation: args.choices.validation(),
            seed: args.choices.seed,
            folder: folder.as_ref().map(Folder::path),
            interrupted: &interrupted,
            detail,
        };
        let (problem, data) = stream.read()?;
        let settings = settings(&args.choices, &data)?;
        if let Some(streamed) = &data.streamed
            && settings.batch.get() > streamed.train.window()
        {
            return Err(Failure::Input(format!(
                "--batch {}: with --memory {} at most {} rows are in memory at once; give a smaller batch, or \
                 more memory",
                settings.batch,
                args.memory,
                streamed.train.window()
            )));
        }
        let begun = Begun { problem, data, settings, folder, checkpoint };
        return train(args, matches, begun, &interrupted, detail);
    }
    let whole = Whole::read(&args.file, &args.source)?;
    let best = match matches.filter(|_| !args.sweep.is_empty()) {
        Some(matches) => Some(sweep(&whole, matches, &args.sweep, &interrupted, detail)?),
        None => None,
    };
    let choices = best.as_ref().unwrap_or(&args.choices);
    let data = whole.split(choices.held_out, choices.validation(), choices.seed)?;
    let settings = settings(choices, &data)?;
    let (folder, checkpoint) = args.folder()?;
    if args.repeat.is_some() || args.folds.is_some() {
        if detail == Detail::Full {
            let sizes = sizes(&settings, &data)?;
            print(|out| report::describe(out, &whole.problem, &data, &sizes, &settings))?;
        }
        if let Some(count) = args.folds {
            return repeat::folds(&whole, &settings, count.into(), &interrupted, detail);
        }
        let count = args.repeat.unwrap_or(1);
        return repeat::repeat(&whole, &settings, count, &interrupted, detail);
    }
    let begun = Begun { problem: whole.problem, data, settings, folder, checkpoint };
    train(args, matches, begun, &interrupted, detail)
}

/// The settings for these rows.
fn settings(choices: &Choices, data: &Data) -> Result<Settings, Failure> {
    let [rows, validation, _] = data.rows();
    let size = Size { rows, inputs: data.train.inputs.cols, task: data.task };
    let settings = Settings::new(choices, size).map_err(Failure::Input)?;
    sizes(&settings, data)?;
    if choices.looks_at_validation() && validation == 0 {
        return Err(Failure::Input(
            "--patience and --calibrate look at validation rows, and there are none; give a larger \
             --validation"
                .to_owned(),
        ));
    }
    Ok(settings)
}

/// The sizes of the layers.
fn sizes(settings: &Settings, data: &Data) -> Result<Vec<usize>, Failure> {
    settings.sizes(data.train.inputs.cols, data.task).map_err(Failure::Input)
}

impl Args {
    /// The folder to write to, and the checkpoint in it to go on from.
    fn folder(&self) -> Result<(Option<Folder>, Option<Checkpoint>), Failure> {
        Ok(match (&self.resume, &self.out) {
            (Some(path), _) => {
                let (folder, checkpoint) = Folder::resume(path)?;
                if checkpoint.is_none() {
                    let path = path.display();
                    note(&format!("{path} holds no checkpoint yet, so training begins"));
                }
                (Some(folder), checkpoint)
            }
            (None, Some(path)) => (Some(Folder::prepare(path)?), None),
            (None, None) => (None, None),
        })
    }

    /// Refuses what needs the whole table, of so many bytes, in memory.
    fn refuse_whole(&self, bytes: u64) -> Result<(), Failure> {
        let asked = [
            ("sweep", !self.sweep.is_empty()),
            ("folds", self.folds.is_some()),
            ("repeat", self.repeat.is_some()),
        ];
        match asked.iter().find(|(_, asked)| *asked) {
            None => Ok(()),
            Some((name, _)) => Err(Failure::Input(format!(
                "--{name} needs the table in memory, and {} with {} is too large for --memory {}; leave \
                 --{name} out, or give more memory",
                self.file.display(),
                memory::shown(bytes),
                self.memory
            ))),
        }
    }
}

/// What training begins with.
struct Begun {
    problem: Problem,
    data: Data,
    settings: Settings,
    folder: Option<Folder>,
    checkpoint: Option<Checkpoint>,
}

fn train(
    args: &Args,
    matches: Option<&ArgMatches>,
    begun: Begun,
    interrupted: &AtomicBool,
    detail: Detail,
) -> Result<(), Failure> {
    let Begun { problem, data, settings, folder, checkpoint } = begun;
    let sizes = sizes(&settings, &data)?;
    let effective = effective(matches, &settings);
    let mut keeper = None;
    if let Some(folder) = &folder {
        let (texts, rows) = (checkpoint::texts(&effective), checkpoint::hash(&data));
        if let Some(there) = &checkpoint {
            let (file, path) = (problem.name.as_str(), folder.path().display().to_string());
            there.refuse_other(&texts, None, &path)?;
            there.refuse_other(&texts, Some((file, &rows)), &path)?;
        }
        let empty = checkpoint::Checkpoint { settings: texts, rows, state: fit::State::default() };
        keeper = Some(Keeper::new(folder, args.checkpoint, empty));
    }
    let state = checkpoint.map(|checkpoint| checkpoint.state);
    let before: &[Epoch] = state.as_ref().map_or(&[], |state| &state.epochs);
    let mut events = match &args.tensorboard {
        Some(folder) => Some(EventFile::begin(folder, score_name(data.task), before.len())?),
        None => None,
    };
    let live = args.live && detail == Detail::Full && std::io::stdout().is_terminal();
    let live = live.then(|| Live::new(&settings, before, score_name(data.task)));
    let mut report = Report::new(detail, &settings, live);
    report.start(&problem, &data, &sizes, &settings, before.len());
    if detail == Detail::Json {
        lines::start(&problem, &data, &effective, before.len())?;
    }
    // What goes wrong in telling does not end training, and is said after it.
    let mut untold = None;
    let mut watch = |epoch: &Epoch| {
        report.epoch(epoch);
        let told = if detail == Detail::Json { lines::epoch(epoch) } else { Ok(()) };
        let logged = events.as_mut().map_or(Ok(()), |events| events.epoch(epoch));
        if let Err(failure) = told.and(logged) {
            untold.get_or_insert(failure);
        }
    };
    let job = Job {
        data: &data,
        sizes: &sizes,
        settings: &settings,
        options: Options::default(),
        interrupted,
    };
    let fitted = fit(&job, state, keeper.as_mut(), &mut watch);
    if let (Err(Failure::Run(_)), Some(folder), None) = (&fitted, &folder, &args.resume) {
        folder.forget();
    }
    let run = Run { problem, data, settings, effective, fit: fitted? };
    run.tell_and_save(report, folder.as_ref(), detail, args.importance.map_or(0, usize::from))?;
    if let Some(failure) = untold {
        return Err(failure);
    }
    match run.fit.end {
        End::Finished | End::Stopped => Ok(()),
        End::Interrupted => Err(Failure::Interrupted),
    }
}

/// The settings in effect, each by the name of its option: those that were chosen by a rule, too.
fn effective(matches: Option<&ArgMatches>, settings: &Settings) -> Map<String, Json> {
    let mut known = match serde_json::to_value(settings) {
        Ok(Json::Object(known)) => known,
        _ => Map::new(),
    };
    let command = <Args as clap::Args>::augment_args(clap::Command::new("train"));
    let mut all = Map::new();
    for option in command.get_arguments() {
        let Some(name) = option.get_long().filter(|name| !OTHERS.contains(name)) else {
            continue;
        };
        if let Some(value) = known.remove(name) {
            all.insert(name.to_owned(), value);
            continue;
        }
        let id = option.get_id().as_str();
        let Some(matches) = matches.filter(|matches| matches.value_source(id).is_some()) else {
            continue;
        };
        if !option.get_action().takes_values() {
            if matches.value_source(id) != Some(ValueSource::DefaultValue) {
                all.insert(name.to_owned(), Json::Bool(true));
            }
            continue;
        }
        let raw = matches.get_raw(id).into_iter().flatten();
        let texts: Vec<String> = raw.map(|text| text.to_string_lossy().into_owned()).collect();
        all.insert(name.to_owned(), Json::String(texts.join(",")));
    }
    all
}

/// A run that is over.
struct Run {
    problem: Problem,
    data: Data,
    settings: Settings,
    effective: Map<String, Json>,
    fit: Fit,
}

impl Run {
    fn tell_and_save(
        &self,
        mut report: Report,
        folder: Option<&Folder>,
        detail: Detail,
        times: usize,
    ) -> Result<(), Failure> {
        let Run { problem, data, settings, effective, fit } = self;
        let model = self.model().map_err(|error| Failure::Run(error.to_string()))?;
        let judged = Judgement::of(&model, &data.held_out, fit.temperature.as_ref())?;
        let needed = match times {
            0 => Vec::new(),
            times => importance::importance(&model, data, times, settings.seed)?,
        };
        let plane = Plane::of(data);

        let (pen, depth) = pen();
        report.curve(fit, depth);
        if let Some(plane) = &plane {
            report.draw(|out| boundary::write(out, plane, &model, pen));
        }
        report.choice(fit);
        if let Some(judged) = &judged {
            report.draw(|out| judged.write(out));
        }
        if !needed.is_empty() {
            report.draw(|out| importance::write(out, &needed, data));
        }
        report.result(data, fit);
        if let Some(folder) = folder {
            let file = text::file_name(&problem.name);
            let title = format!("{file}: {}", text::plain(problem.target.column()));
            let drawn = |error: Box<dyn std::error::Error>| {
                Failure::Run(format!("a picture cannot be drawn: {error}"))
            };
            let boundary =
                plane.as_ref().map(|plane| plot::boundary(&title, plane, &model)).transpose();
            let name = score_name(data.task);
            let boundary = boundary.map_err(drawn)?;
            let curve = plot::learning_curve(&title, name, &fit.epochs).map_err(drawn)?;
            let page = html::page(&html::Page {
                title: &title,
                problem,
                data,
                settings,
                effective,
                fit,
                judged: judged.as_ref(),
                needed: &needed,
                curve: &curve.svg,
                boundary: boundary.as_ref().map(|picture| &picture.svg[..]),
            });
            let names = folder.write(&Contents {
                model: model.to_bytes().map_err(|error| Failure::Run(error.to_string()))?,
                record: save::record(problem, data, effective, fit, judged.as_ref(), &needed),
                settings: given::to_toml(effective),
                report: page,
                curve,
                boundary,
            })?;
            let folder = folder.path().display();
            report.line(&format!("saved in {folder}: {}", names.join(", ")));
            if fit.end == End::Interrupted {
                report.line(&format!("to go on: the same with --resume {folder}"));
            }
            report.line(&format!("to predict: gradling predict {folder} FILE.csv"));
        }
        if detail == Detail::Json {
            lines::end(fit, judged.as_ref(), &needed, folder.map(Folder::path))?;
        }
        report.finish()
    }

    fn model(&self) -> Result<Model, ModelError> {
        let (encoder, network) = (self.data.encoder.clone(), self.fit.network.clone());
        let model = Model::new(encoder, network, self.settings.seed)?;
        let hash = self.problem.hash.as_deref();
        Ok(model.with_data_hash(hash.and_then(|digits| DataHash::of_digits(digits).ok())))
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

/// A flag that Ctrl-C sets, and the wish to end that a system sends; a second Ctrl-C ends the program at once.
fn on_interrupt() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    let end = move || {
        if set.swap(true, Ordering::Relaxed) {
            exit(130);
        }
    };
    ctrlc::set_handler(end)
        .map_err(|error| Failure::Run(format!("Ctrl-C cannot be listened to: {error}")))?;
    Ok(flag)
}
