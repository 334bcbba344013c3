//! A table that is larger than memory: gone through twice, once to learn its encoders and once to write it down
//! encoded.
//!
//! Which part a row is in is told by its number and the seed. All rows to learn from go to a file. Of each part
//! some rows are kept in memory, drawn in the same way, and all figures are of these.

use super::data::{AskedTask, ClassWeight, Data, Problem, Samples, Source, Streamed, advise};
use super::memory::Memory;
use super::report::{self, Detail};
use super::rows::{Layout, Writer};
use crate::failure::Failure;
use crate::parts::{Whole, each_part};
use crate::reading::Input;
use gradling_data::{
    Chance, Encoder, Labels, Learner, Matrix, Part, Samples as Encoded, Survey, Table, TargetCode,
    Targets, balanced_weights_of_counts,
};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Added to the seed where rows to look at are drawn, so that they are others than those held out.
const LOOKED_AT: u64 = 0x5eed;
/// Rows that are encoded at a time: one-hot columns take room.
const AT_ONCE: usize = 1024;

/// How a table is streamed.
pub(super) struct Stream<'a> {
    pub(super) path: &'a Path,
    pub(super) source: &'a Source,
    pub(super) memory: Memory,
    /// Shares, as of a table in memory.
    pub(super) held_out: f64,
    pub(super) validation: f64,
    pub(super) seed: u64,
    /// Where the encoded rows are to be; else where the system keeps such files.
    pub(super) folder: Option<&'a Path>,
    pub(super) interrupted: &'a AtomicBool,
    pub(super) detail: Detail,
}

/// The size of a file that is too large to be held in memory.
pub(super) fn too_large(path: &Path, memory: Memory) -> Option<u64> {
    Input::size(path).filter(|&bytes| !memory.holds(bytes))
}

impl Stream<'_> {
    /// Learns from the table and writes it down, encoded.
    pub(super) fn read(&self) -> Result<(Problem, Data), Failure> {
        let Stream { source, seed, memory, .. } = *self;
        let chance = Chance::new(self.held_out, seed)?.with_validation(self.validation)?;
        let (problem, encoder, [training, validation, held_out]) = self.learn(chance)?;
        let numbers = source.reading.numbers()?.unwrap_or_default();
        let encoder = encoder.with_numbers(numbers);

        let width = encoder.width();
        let folder = self.folder.map_or_else(std::env::temp_dir, Path::to_owned);
        let most = memory.seen(width) as f64;
        let looked_at = |rows: usize| {
            let not = (1.0 - most / rows.max(1) as f64).max(0.0);
            Chance::new(not, seed.wrapping_add(LOOKED_AT))
        };
        let mut writing = Writing {
            encoder: &encoder,
            chance,
            rows: 0,
            file: Writer::new(&folder, Layout::of(&encoder))?,
            counts: vec![0; problem.target.labels().map_or(0, Labels::len)],
            parts: [
                (Part::Training, looked_at(training)?, none(&encoder)),
                (Part::Validation, looked_at(validation)?, none(&encoder)),
                (Part::HeldOut, looked_at(held_out)?, none(&encoder)),
            ],
        };
        self.parts(Some(problem.survey.rows()), |table| writing.add(table))?;
        if writing.rows != problem.survey.rows() {
            let file = &problem.name;
            return Err(Failure::Input(format!(
                "{file}: the file changed while it was read; train again when it is whole"
            )));
        }
        let Writing { file, parts, counts, .. } = writing;
        let [train, chosen_by, judged_by] = parts.map(|(_, _, samples)| samples);
        let class_weights = match source.class_weight {
            ClassWeight::None => None,
            ClassWeight::Balanced => Some(balanced_weights_of_counts(&counts)),
        };
        let train_rows = file.finish(memory.window())?;
        let data = Data {
            task: problem.target.task(),
            train,
            validation: chosen_by,
            held_out: judged_by,
            class_weights,
            streamed: Some(Streamed { train: train_rows, validation, held_out }),
            encoder,
        };
        Ok((problem, data))
    }

    /// The first time through the table; also how many rows there are to learn from, to choose by, to judge by.
    fn learn(&self, chance: Chance) -> Result<(Problem, Encoder, [usize; 3]), Failure> {
        let source = self.source;
        let mut survey = Survey::default();
        let mut begun: Option<(Learner, Option<&'static str>)> = None;
        let whole = self.parts(None, |table| {
            survey.add(table);
            if begun.is_none() {
                let (name, guessed) = source.target_of(table);
                let learner = Learner::new(&name, source.missing, chance).map_err(|error| {
                    Failure::Input(format!(
                        "--missing {}: {error}; give another, or a larger --memory",
                        source.missing
                    ))
                })?;
                let learner = match source.task {
                    AskedTask::Auto => learner,
                    AskedTask::Regression => learner.quantity(),
                    AskedTask::Classes => learner.classes(),
                };
                begun = Some((learner, guessed));
            }
            match &mut begun {
                Some((learner, _)) => learner.add(table).map_err(advise),
                None => Ok(()),
            }
        })?;
        let name = self.path.display().to_string();
        let Some((learner, guessed)) = begun else {
            return Err(Failure::Input(format!(
                "{name}: there are no rows; give a file with some"
            )));
        };
        let lesson = learner.finish().map_err(advise)?;
        source.check(&lesson.target)?;
        let rows = [lesson.rows.training, lesson.rows.validation, lesson.rows.held_out];
        let rows = rows.map(|rows| rows as usize);
        let problem = Problem {
            name,
            rows: rows.iter().sum(),
            hash: whole.hash,
            encoding: whole.encoding,
            target: lesson.target,
            survey,
            guessed,
            dropped: source.dropped(lesson.rows.dropped as usize),
            missing: source.missing,
        };
        Ok((problem, lesson.encoder, rows))
    }

    /// Goes through the table, of so many rows if that is known.
    fn parts(
        &self,
        rows: Option<u64>,
        mut each: impl FnMut(&Table) -> Result<(), Failure>,
    ) -> Result<Whole, Failure> {
        let name = self.path.display().to_string();
        let reader = self.source.reader(&name)?;
        let stream = Input::open(self.path)?.stream_hashed(&reader).map_err(advise)?;
        let bar = report::rows(rows, self.detail);
        // Parsing is what takes long.
        let worker = || |_: &Table| Ok(());
        let whole = each_part(stream, worker, |table, ()| {
            if self.interrupted.load(Ordering::Relaxed) {
                return Err(Failure::Interrupted);
            }
            bar.inc(table.rows() as u64);
            each(table).map(ControlFlow::Continue)
        });
        bar.finish_and_clear();
        whole
    }
}

/// The second time through the table.
struct Writing<'a> {
    encoder: &'a Encoder,
    chance: Chance,
    /// Rows of the table so far.
    rows: u64,
    file: Writer,
    /// Training rows of each class.
    counts: Vec<usize>,
    /// Each part, which of its rows are looked at, and these.
    parts: [(Part, Chance, Samples); 3],
}

impl Writing<'_> {
    fn add(&mut self, table: &Table) -> Result<(), Failure> {
        let (first, chance, encoder) = (self.rows, self.chance, self.encoder);
        self.rows += table.rows() as u64;
        for (part, looked_at, samples) in &mut self.parts {
            let is_seen = |row: usize| looked_at.part(first + row as u64) == Part::Training;
            let mut rows = table.row_ids();
            rows.retain(|&row| chance.part(first + row as u64) == *part);
            if *part != Part::Training {
                rows.retain(|&row| is_seen(row));
            }
            for rows in rows.chunks(AT_ONCE) {
                let (some, rows) = Encoded::of(encoder, table, rows)?;
                for (place, &row) in rows.iter().enumerate() {
                    let inputs = some.inputs.row(place);
                    let target = match &some.targets {
                        Targets::Numbers(scores) => scores[place],
                        Targets::Classes(classes) => classes[place] as f64,
                    };
                    if *part == Part::Training {
                        if let Targets::Classes(classes) = &some.targets {
                            self.counts[classes[place]] += 1;
                        }
                        refuse_large(table, row, inputs.iter().copied().chain([target]))?;
                        self.file.push(inputs, target)?;
                    }
                    if is_seen(row) {
                        samples.push(inputs, target);
                    }
                }
            }
        }
        Ok(())
    }
}

/// A streamed table is trained on in single precision.
fn refuse_large(
    table: &Table,
    row: usize,
    mut numbers: impl Iterator<Item = f64>,
) -> Result<(), Failure> {
    if numbers.all(|x| (x as f32).is_finite()) {
        return Ok(());
    }
    Err(Failure::Input(format!(
        "{}:{}: a number lies too far from the others of its column; correct it, or leave the column out",
        table.name(),
        table.line(row)
    )))
}

/// No rows yet.
fn none(encoder: &Encoder) -> Samples {
    let targets = match encoder.target_code() {
        TargetCode::Number(_) => Targets::Numbers(Vec::new()),
        TargetCode::Classes(_) => Targets::Classes(Vec::new()),
    };
    Samples { inputs: Matrix { rows: 0, cols: encoder.width(), data: Vec::new() }, targets }
}
