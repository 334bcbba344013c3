//! Learning an encoder from a table that is larger than memory, and reading it again, encoded.
//!
//! Two passes: the first goes through all rows and learns means, deviations, values and labels; each later
//! one gives encoded rows, some thousand at a time, shuffled among each other. Which rows are held out is
//! told by their number and a seed alone, so no list of rows is kept.

use crate::dates::is_date;
use crate::encode::{Code, Encoder, Feature, TargetCode, Targets};
use crate::error::{DataError, shown};
use crate::matrix::Matrix;
use crate::missing::{Fill, Missing};
use crate::read::TableStream;
use crate::standard::Moments;
use crate::table::{Column, MISSING, Table, Values, number_text};
use crate::target::{Labels, Target};
use gradling::Rng;
use std::collections::BTreeMap;
use std::io::Read;

/// The stream of random numbers that the order of rows draws from.
const STREAM: u64 = 7;

/// Which part of the rows is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Those to learn from.
    Training,
    /// Those to choose by.
    Validation,
    /// Those to judge by.
    HeldOut,
}

/// A split that no list of rows is needed for: each row is held out with the same probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    held_out: f64,
    /// Of the rows that are not held out.
    validation: f64,
    seed: u64,
}

impl Chance {
    /// A fraction of the rows is held out, as many as chance has it.
    ///
    /// # Errors
    /// A fraction outside 0 to 1.
    pub fn new(held_out: f64, seed: u64) -> Result<Self, DataError> {
        share("the fraction of rows held out", held_out)?;
        Ok(Chance { held_out, validation: 0.0, seed })
    }

    /// The same with a fraction of the other rows to choose by.
    ///
    /// # Errors
    /// A fraction outside 0 to 1.
    pub fn with_validation(self, validation: f64) -> Result<Self, DataError> {
        share("the fraction of rows to choose by", validation)?;
        Ok(Chance { validation, ..self })
    }

    /// Which part a row of the file is in, counted from 0: by SplitMix64 of its number and the seed (Steele,
    /// Lea and Flood, Fast Splittable Pseudorandom Number Generators, 2014).
    pub fn part(&self, row: u64) -> Part {
        let mix = |mut z: u64| {
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        let state = mix(self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15));
        let bits = mix(state.wrapping_add(row.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let uniform = (bits >> 11) as f64 / (1_u64 << 53) as f64;
        let rest = 1.0 - self.held_out;
        if uniform < self.held_out {
            Part::HeldOut
        } else if uniform < self.held_out + rest * self.validation {
            Part::Validation
        } else {
            Part::Training
        }
    }
}

fn share(name: &'static str, share: f64) -> Result<(), DataError> {
    if (0.0..1.0).contains(&share) {
        return Ok(());
    }
    Err(DataError::setting(name, share, "at least 0 and less than 1"))
}

/// Learns an encoder from the parts of a table, as [`Encoder::fit_with`] does from a whole one.
///
/// ```
/// use gradling_data::{Chance, Learner, Missing, Part, TableReader, encoded};
///
/// let csv = "size,kind\n1,a\n2,b\n3,b\n4,a\n";
/// let reader = TableReader::new("toys.csv");
/// let chance = Chance::new(0.0, 7)?;
/// let mut learner = Learner::new("kind", Missing::Error, chance)?;
/// for part in reader.stream(csv.as_bytes())? {
///     learner.add(&part?)?;
/// }
/// let lesson = learner.finish()?;
/// assert_eq!(lesson.target.task().to_string(), "binary classification");
///
/// let stream = lesson.encoder.reader_with_target("toys.csv").stream(csv.as_bytes())?;
/// let samples: Vec<_> = encoded(stream, &lesson.encoder, chance, Part::Training, 1024, Some(1)).collect();
/// assert_eq!(samples[0].as_ref().unwrap().inputs.rows, 4);
/// # Ok::<(), gradling_data::DataError>(())
/// ```
#[derive(Debug)]
pub struct Learner {
    target: String,
    asked: Asked,
    missing: Missing,
    chance: Chance,
    file: String,
    rows: u64,
    lesson: Counts,
    features: Vec<(String, Seen)>,
    /// The target, of all usable rows; and its moments, of those to learn from.
    labels: Seen,
    standard: Moments,
}

/// What the target is to be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Asked {
    /// What its values tell.
    Any,
    Quantity,
    Classes,
}

impl Asked {
    /// So many different numbers of the target are remembered: one more than can be classes, and of a quantity
    /// enough to tell that there are two.
    fn remembers(self) -> usize {
        match self {
            Asked::Any => crate::target::MOST_NUMERIC_CLASSES + 1,
            Asked::Quantity => 2,
            Asked::Classes => crate::MAX_VALUES + 1,
        }
    }
}

/// How many rows there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// To learn from.
    pub training: u64,
    /// To choose by.
    pub validation: u64,
    /// To judge by.
    pub held_out: u64,
    /// Without a target, or where [`Missing::Drop`] leaves them out, without some value.
    pub dropped: u64,
}

/// What a stream has taught.
#[derive(Debug)]
pub struct Lesson {
    /// How columns become numbers.
    pub encoder: Encoder,
    /// What there is to predict.
    pub target: Target,
    /// How many rows there are.
    pub rows: Counts,
}

/// What was seen of a column.
#[derive(Debug)]
enum Seen {
    Numbers { moments: Moments, distinct: Vec<f64>, whole: bool, gaps: bool },
    Texts { counts: BTreeMap<String, u64>, gaps: bool, many: bool },
}

impl Learner {
    /// Learns to predict this column.
    ///
    /// # Errors
    /// A strategy for missing values that needs all of them at once: the median, or the most frequent.
    pub fn new(target: &str, missing: Missing, chance: Chance) -> Result<Self, DataError> {
        if matches!(missing, Missing::Median | Missing::MostFrequent) {
            let rule = "error, drop, mean or indicator where the table is not held in memory";
            return Err(DataError::setting("the way to treat missing values", missing, rule));
        }
        Ok(Learner {
            target: target.to_owned(),
            asked: Asked::Any,
            missing,
            chance,
            file: String::new(),
            rows: 0,
            lesson: Counts::default(),
            features: Vec::new(),
            labels: Seen::numbers(),
            standard: Moments::default(),
        })
    }

    /// The same that takes the target for a quantity, as [`Target::regression`] does.
    pub fn quantity(self) -> Self {
        Learner { asked: Asked::Quantity, ..self }
    }

    /// The same that takes each different value of the target for a class, as [`Target::classification`] does.
    pub fn classes(self) -> Self {
        Learner { asked: Asked::Classes, ..self }
    }

    /// Takes in the next part of the table.
    ///
    /// # Errors
    /// No target column, no other column, a missing target where that is an error.
    pub fn add(&mut self, part: &Table) -> Result<(), DataError> {
        let target = part.column(&self.target)?;
        if self.features.is_empty() {
            part.name().clone_into(&mut self.file);
            self.labels = Seen::of(target);
            let others = part.columns().iter().filter(|column| column.name() != self.target);
            self.features = others.map(|c| (c.name().to_owned(), Seen::of(c))).collect();
        }
        let usable = self.missing.usable(part, &self.target)?;
        self.lesson.dropped += (part.rows() - usable.len()) as u64;
        let mut training = Vec::with_capacity(usable.len());
        for &row in &usable {
            match self.chance.part(self.rows + row as u64) {
                Part::Training => training.push(row),
                Part::Validation => self.lesson.validation += 1,
                Part::HeldOut => self.lesson.held_out += 1,
            }
        }
        self.lesson.training += training.len() as u64;
        self.rows += part.rows() as u64;

        self.labels.add(target, &usable, self.asked.remembers());
        if let Values::Numbers(numbers) = target.values() {
            self.standard.add(training.iter().map(|&row| numbers[row]));
        }
        let others = part.columns().iter().filter(|column| column.name() != self.target);
        for ((_, seen), column) in self.features.iter_mut().zip(others) {
            seen.add(column, &training, 0);
        }
        Ok(())
    }

    /// What was learned.
    ///
    /// # Errors
    /// As [`Encoder::fit_with`] and [`Target::infer`].
    pub fn finish(self) -> Result<Lesson, DataError> {
        let Counts { training, validation, held_out, .. } = self.lesson;
        if training == 0 {
            return Err(DataError::setting("the number of training rows", 0, "at least 1"));
        }
        let (file, name) = (self.file.as_str(), self.target.as_str());
        let too_many = |column: &str| DataError::TooManyValues {
            file: file.to_owned(),
            column: shown(column),
            limit: crate::MAX_VALUES,
        };
        let (labels, reason) = match self.labels {
            Seen::Texts { .. } if self.asked == Asked::Quantity => {
                return Err(DataError::TextTarget { file: file.to_owned(), column: shown(name) });
            }
            Seen::Texts { many: true, .. } => return Err(too_many(name)),
            Seen::Texts { counts, .. } => {
                let labels = Labels::Texts(counts.into_keys().collect());
                let reason = format!("holds text with {} different values", labels.len());
                (Some(labels), reason)
            }
            Seen::Numbers { distinct, whole, .. } => {
                if let [only] = distinct[..] {
                    let (file, column) = (file.to_owned(), shown(name));
                    return Err(DataError::OneValue { file, column, value: number_text(only) });
                }
                let few = distinct.len() < self.asked.remembers();
                match self.asked {
                    Asked::Any => {
                        let rows = training + validation + held_out;
                        Target::decide(whole, few.then_some(distinct), rows as usize)
                    }
                    Asked::Quantity => (None, Target::QUANTITY.to_owned()),
                    Asked::Classes if !few => return Err(too_many(name)),
                    Asked::Classes => {
                        let reason =
                            format!("holds numbers with {} different values", distinct.len());
                        (Some(Labels::Numbers(distinct)), reason)
                    }
                }
            }
        };
        let target_code = match &labels {
            Some(labels) if labels.len() < 2 => {
                let value = labels.get(0).unwrap_or_default();
                let (file, column) = (file.to_owned(), shown(name));
                return Err(DataError::OneValue { file, column, value });
            }
            Some(labels) => TargetCode::Classes(labels.clone()),
            None => TargetCode::Number(self.standard.standard()),
        };
        let target = Target::of_parts(name, labels, reason);

        let feature = |(name, seen): (String, Seen)| {
            let none = || DataError::NoValue { file: file.to_owned(), column: shown(&name) };
            let (code, gaps, most) = match seen {
                Seen::Numbers { moments, gaps, .. } => {
                    if moments.is_empty() {
                        return Err(none());
                    }
                    (Code::Number(moments.standard()), gaps, None)
                }
                Seen::Texts { many: true, .. } => return Err(too_many(&name)),
                Seen::Texts { counts, gaps, .. } => {
                    if let Some(example) = counts.keys().next()
                        && counts.keys().all(|text| is_date(text))
                    {
                        let (file, example) = (file.to_owned(), shown(example));
                        return Err(DataError::Dates { file, column: shown(&name), example });
                    }
                    let most = counts.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
                    let most = most.map(|(text, _)| text.clone()).ok_or_else(none)?;
                    let mut values: Vec<String> = counts.into_keys().collect();
                    if gaps && self.missing == Missing::Indicator {
                        values.insert(0, String::new());
                    }
                    (Code::OneHot(values), gaps, Some(most))
                }
            };
            let missing = match (self.missing, &code, most) {
                (Missing::Error, ..) => None,
                (Missing::Drop, ..) => Some(Fill::Drop),
                (Missing::Indicator, Code::Number(s), _) if gaps => Some(Fill::Indicated(s.mean)),
                (Missing::Indicator, Code::OneHot(_), _) => Some(Fill::Text(String::new())),
                (_, Code::Number(standard), _) => Some(Fill::Number(standard.mean)),
                (_, Code::OneHot(_), most) => most.map(Fill::Text),
            };
            Ok(Feature { name, code, missing })
        };
        let features = self.features.into_iter().map(feature).collect::<Result<Vec<_>, _>>()?;
        let encoder = Encoder::of_parts(file, features, name, target_code)?;
        Ok(Lesson { encoder, target, rows: self.lesson })
    }
}

impl Seen {
    fn numbers() -> Self {
        let (moments, distinct) = (Moments::default(), Vec::new());
        Seen::Numbers { moments, distinct, whole: true, gaps: false }
    }

    fn of(column: &Column) -> Self {
        match column.values() {
            Values::Numbers(_) => Seen::numbers(),
            Values::Texts(_) => Seen::Texts { counts: BTreeMap::new(), gaps: false, many: false },
        }
    }

    /// Takes in some rows, and of numbers remembers so many different ones.
    fn add(&mut self, column: &Column, rows: &[usize], remember: usize) {
        match (self, column.values()) {
            (Seen::Numbers { moments, distinct, whole, gaps }, Values::Numbers(numbers)) => {
                let there = rows.iter().map(|&row| numbers[row]).filter(|x| !x.is_nan());
                *gaps |= there.clone().count() < rows.len();
                if remember == 0 {
                    moments.add(there);
                    return;
                }
                for x in there.map(|x| x + 0.0) {
                    *whole &= x.fract() == 0.0;
                    if distinct.len() < remember
                        && let Err(at) = distinct.binary_search_by(|known| known.total_cmp(&x))
                    {
                        distinct.insert(at, x);
                    }
                }
            }
            (Seen::Texts { counts, gaps, many }, Values::Texts(texts)) => {
                // One search for each different text, not for each row.
                let mut found = vec![0_u64; texts.distinct().len()];
                for &row in rows {
                    match texts.codes()[row] {
                        MISSING => *gaps = true,
                        code => found[code as usize] += 1,
                    }
                }
                for (text, count) in texts.distinct().zip(found).filter(|&(_, count)| count > 0) {
                    match counts.get_mut(text) {
                        _ if *many => return,
                        Some(known) => *known += count,
                        None => {
                            counts.insert(text.to_owned(), count);
                            *many = counts.len() > crate::MAX_VALUES;
                        }
                    }
                }
            }
            _ => unreachable!("parts of one table hold the same in a column"),
        }
    }
}

/// Rows of a stream, encoded: inputs and targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// One row a sample.
    pub inputs: Matrix,
    /// One a sample.
    pub targets: Targets,
}

impl Samples {
    /// Those of the given rows of a table that have a target and, where rows with a missing value are left out,
    /// every value; and which rows these are.
    ///
    /// # Errors
    /// As [`Encoder::encode_features`] and [`Encoder::encode_targets`].
    pub fn of(
        encoder: &Encoder,
        table: &Table,
        rows: &[usize],
    ) -> Result<(Self, Vec<usize>), DataError> {
        let target = table.column(encoder.target())?;
        let mut rows: Vec<usize> = rows
            .iter()
            .copied()
            .filter(|&row| row >= table.rows() || !target.is_missing(row))
            .collect();
        let features = encoder.encode_features(table, &rows)?;
        let mut inputs = features.matrix;
        if !features.incomplete.is_empty() {
            let mut incomplete = features.incomplete.iter().peekable();
            let whole: Vec<usize> =
                (0..rows.len()).filter(|place| incomplete.next_if_eq(&place).is_none()).collect();
            let data = whole.iter().flat_map(|&place| inputs.row(place)).copied().collect();
            inputs = Matrix { rows: whole.len(), cols: inputs.cols, data };
            rows = whole.into_iter().map(|place| rows[place]).collect();
        }
        let targets = encoder.encode_targets(table, &rows)?;
        Ok((Samples { inputs, targets }, rows))
    }

    /// Takes in more, encoded by the same encoder.
    ///
    /// # Panics
    /// If they are not: another number of inputs, or another kind of target.
    pub fn append(&mut self, more: Samples) {
        assert_eq!(self.inputs.cols, more.inputs.cols, "samples of one encoder are as wide");
        self.inputs.rows += more.inputs.rows;
        self.inputs.data.extend(more.inputs.data);
        match (&mut self.targets, more.targets) {
            (Targets::Numbers(all), Targets::Numbers(new)) => all.extend(new),
            (Targets::Classes(all), Targets::Classes(new)) => all.extend(new),
            _ => panic!("samples of one encoder have one kind of target"),
        }
    }
}

/// Goes through a table and gives the rows of a part of it encoded, about `rows` at a time; with a seed, in
/// another order among each other, and without one in that of the file. The stream is to be one of
/// [`Encoder::reader_with_target`] or of the same reader that was learned from.
pub fn encoded<'a, R: Read + 'a>(
    stream: TableStream<R>,
    encoder: &'a Encoder,
    chance: Chance,
    part: Part,
    rows: usize,
    seed: Option<u64>,
) -> impl Iterator<Item = Result<Samples, DataError>> + 'a {
    let mut reader = Reader {
        stream,
        encoder,
        chance,
        part,
        row: 0,
        rng: seed.map(|seed| Rng::stream(seed, STREAM)),
    };
    std::iter::from_fn(move || reader.next(rows).transpose())
}

struct Reader<'a, R> {
    stream: TableStream<R>,
    encoder: &'a Encoder,
    chance: Chance,
    part: Part,
    row: u64,
    rng: Option<Rng>,
}

impl<R: Read> Reader<'_, R> {
    fn next(&mut self, rows: usize) -> Result<Option<Samples>, DataError> {
        let cols = self.encoder.width();
        let mut all: Option<Samples> = None;
        while all.as_ref().map_or(0, |all| all.inputs.data.len()) < rows.max(1) * cols {
            let Some(table) = self.stream.next().transpose()? else { break };
            let some: Vec<usize> = (0..table.rows())
                .filter(|&row| self.chance.part(self.row + row as u64) == self.part)
                .collect();
            self.row += table.rows() as u64;
            let (samples, _) = Samples::of(self.encoder, &table, &some)?;
            match &mut all {
                None => all = Some(samples),
                Some(all) => all.append(samples),
            }
        }
        let Some(samples) = all.filter(|all| all.inputs.rows > 0) else { return Ok(None) };
        Ok(Some(match &mut self.rng {
            Some(rng) => shuffled(samples, rng),
            None => samples,
        }))
    }
}

fn shuffled(samples: Samples, rng: &mut Rng) -> Samples {
    let Samples { inputs, targets } = samples;
    let mut order: Vec<usize> = (0..inputs.rows).collect();
    rng.shuffle(&mut order);
    let mut data = Vec::with_capacity(inputs.data.len());
    order.iter().for_each(|&row| data.extend_from_slice(inputs.row(row)));
    let targets = match targets {
        Targets::Numbers(all) => Targets::Numbers(order.iter().map(|&row| all[row]).collect()),
        Targets::Classes(all) => Targets::Classes(order.iter().map(|&row| all[row]).collect()),
    };
    Samples { inputs: Matrix { data, ..inputs }, targets }
}
