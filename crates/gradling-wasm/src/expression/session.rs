//! A text that was read, its values, and what a learner does with them.

use super::code::{self, Language};
use super::steps::{Send, State, Steps};
use super::words;
use gradling::{Value, shared};
use gradling_expr::Script;
use std::collections::{HashMap, HashSet};

/// More values than this are refused: each frame of a page goes through all of them.
const MOST_VALUES: usize = 100_000;

/// The most work of one gradient check, in values computed; it takes about half a second.
const MOST_WORK: usize = 40_000_000;

/// How far a gradient and a slope may be apart, times the larger of the two and 1.
const TOLERANCE: f64 = 1e-5;

/// What names without a value are, until someone gives them one.
const UNGIVEN: f64 = 1.0;

/// A number that someone changed.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct Edit {
    /// Which leaf: see [`Loaded::keys`].
    pub key: String,
    /// Its number now.
    pub value: Num,
    /// The number that the text had when it was changed: the edit is dropped if the text has another.
    #[serde(default)]
    pub base: Option<Num>,
}

/// A number in JSON, which has no names for those that are not finite: they are texts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Num(pub f64);

impl serde::Serialize for Num {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { to.serialize_f64(self.0) } else { to.collect_str(&self.0) }
    }
}

impl<'de> serde::Deserialize<'de> for Num {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Num, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(f64),
            Text(String),
        }
        match Either::deserialize(from)? {
            Either::Number(x) => Ok(Num(x)),
            Either::Text(text) => text.parse().map(Num).map_err(serde::de::Error::custom),
        }
    }
}

/// What is wrong with a text or a call, for the page to show.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The line and the column, from 1, in characters.
    pub line: Option<(usize, usize)>,
    /// Which part of the text, in units of UTF-16, as browsers count.
    pub span: Option<(usize, usize)>,
    /// The line of text around the place, and which of its columns to mark.
    pub excerpt: Option<Box<(String, usize, usize)>>,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Problem {
        Problem { message: message.into(), help: Some(help.into()), ..Problem::default() }
    }

    fn of(error: gradling_expr::Error, text: &str) -> Problem {
        let units = |bytes: usize| text[..bytes.min(text.len())].encode_utf16().count();
        let place = error.place.as_ref();
        Problem {
            message: error.message.clone(),
            help: error.help.clone(),
            line: place.map(|place| (place.line, place.column)),
            span: place.map(|place| (units(place.span.start), units(place.span.end))),
            excerpt: place.map(|place| {
                Box::new((place.excerpt.clone(), place.marked.start, place.marked.end))
            }),
        }
    }
}

/// What the page has open. It keeps its values on a tape of its own.
#[derive(Default)]
pub struct Session {
    pub(super) tape: shared::Graph,
    pub(super) loaded: Option<Loaded>,
}

/// A graph that is open.
pub struct Loaded {
    pub(super) ids: Vec<u32>,
    pub(super) inputs: Vec<Vec<usize>>,
    pub(super) steps: Steps,
    pub(super) step: usize,
    pub(super) names: Vec<String>,
    /// For each value its place in the order of `backward`, from 1 for the result, among those that send a
    /// gradient on; 0 for a leaf.
    pub(super) order: Vec<usize>,
    pub(super) uses: Vec<usize>,
    /// The leaves: place, key, and the number that the text gives.
    pub(super) leaves: Vec<(usize, String, f64)>,
    /// The names without a value in the text.
    pub(super) free: Vec<String>,
    pub(super) opened: HashSet<String>,
    pub(super) fold: bool,
}

impl Loaded {
    pub(super) fn values(&self) -> Vec<Value> {
        self.ids.iter().map(|&id| shared::value(id)).collect()
    }

    /// What edits call the leaves, in the order of creation: by their names, `a~2` for the second of one
    /// name, `~0` for the first plain number.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.leaves.iter().map(|(_, key, _)| key.as_str())
    }
}

impl Session {
    /// Reads a text and makes its graph; the numbers of `edits` take the place of those of the text. What was
    /// open stays open if the text is wrong.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn load(&mut self, text: &str, edits: &[Edit]) -> Result<&Loaded, Problem> {
        let problem = |error| Problem::of(error, text);
        let script = gradling_expr::parse(text).map_err(problem)?;
        let mut tape = shared::Graph::default();
        match tape.enter(|| read(&script, edits, text)) {
            Ok(loaded) => {
                clear(std::mem::replace(&mut self.tape, tape));
                Ok(self.loaded.insert(loaded))
            }
            Err(problem) => {
                clear(tape);
                Err(problem)
            }
        }
    }

    /// The graph that is open.
    ///
    /// # Errors
    /// If none is.
    pub fn open(&self) -> Result<&Loaded, Problem> {
        self.loaded.as_ref().ok_or_else(nothing)
    }

    /// Runs `body` with the values of the open graph.
    pub(super) fn with<R>(
        &mut self,
        body: impl FnOnce(&mut Loaded, &[Value]) -> R,
    ) -> Result<R, Problem> {
        let loaded = self.loaded.as_mut().ok_or_else(nothing)?;
        Ok(self.tape.enter(|| {
            let values = loaded.values();
            body(loaded, &values)
        }))
    }

    /// Gives a leaf another number; all that was made from it follows.
    ///
    /// # Errors
    /// If there is no such leaf.
    pub fn set(&mut self, key: &str, number: f64) -> Result<(), Problem> {
        self.with(|loaded, values| {
            let Some(&(place, ..)) = loaded.leaves.iter().find(|(_, known, _)| known == key) else {
                return Err(Problem::new(
                    format!("there is no number called `{key}`"),
                    "it may have left the text",
                ));
            };
            values[place].set_data(number);
            if let Some(root) = values.last() {
                root.recompute();
            }
            loaded.rename(values);
            Ok(())
        })?
    }

    /// Goes to the state after so many steps, or the last.
    ///
    /// # Errors
    /// If no graph is open.
    pub fn go(&mut self, step: usize) -> Result<usize, Problem> {
        let loaded = self.loaded.as_mut().ok_or_else(nothing)?;
        loaded.step = step.min(loaded.steps.total());
        Ok(loaded.step)
    }

    /// How many steps there are.
    ///
    /// # Errors
    /// If no graph is open.
    pub fn total(&self) -> Result<usize, Problem> {
        Ok(self.open()?.steps.total())
    }

    /// The gradient of every value after the steps so far, in the order of creation.
    ///
    /// # Errors
    /// If no graph is open.
    pub fn gradients(&mut self) -> Result<Vec<Option<f64>>, Problem> {
        self.with(|loaded, values| loaded.state(values, |_| ()).grads)
    }

    /// The gradients that `backward` itself computes.
    ///
    /// # Errors
    /// If no graph is open.
    pub fn backward(&mut self) -> Result<Vec<f64>, Problem> {
        self.with(|_, values| {
            if let Some(&root) = values.last() {
                root.backward();
            }
            let grads = values.iter().map(|value| value.grad()).collect();
            values.iter().for_each(|value| value.zero_grad());
            grads
        })
    }

    /// The gradient by each value that is no constant, and the slope measured by nudging it.
    ///
    /// # Errors
    /// If no graph is open, or it is too large to be computed twice for each of its values.
    pub fn slopes(&mut self) -> Result<Vec<Checked>, Problem> {
        self.with(|_, values| {
            let places: Vec<usize> =
                (0..values.len()).filter(|&place| !values[place].is_constant()).collect();
            if places.len() * values.len() * 2 > MOST_WORK {
                return Err(Problem::new(
                    format!("{} values are too many to nudge one by one", places.len()),
                    "check a smaller part of the expression",
                ));
            }
            let nudged: Vec<Value> = places.iter().map(|&place| values[place]).collect();
            let Some(root) = values.last() else { return Ok(Vec::new()) };
            let rounding = 1e-10 * root.data().abs();
            let checked = places.into_iter().zip(root.check_by(&nudged));
            Ok(checked
                .map(|(place, measured)| {
                    let (grad, slope) = (measured.grad, measured.slope);
                    let size = grad.abs().max(slope.abs()).max(1.0);
                    let agrees = (!grad.is_finite() && !slope.is_finite())
                        || (grad - slope).abs() <= TOLERANCE * size + rounding;
                    Checked { place, grad, slope, agrees }
                })
                .collect())
        })?
    }

    /// What the [`code`](Session::code) prints: the label, or `result`, the number and the gradient of every
    /// value that has a name and of the result, in the order of creation.
    ///
    /// # Errors
    /// If no graph is open.
    pub fn printed(&mut self) -> Result<Vec<(String, f64, f64)>, Problem> {
        let grads = self.backward()?;
        self.with(|_, values| {
            let last = values.len().saturating_sub(1);
            let named = |(place, value): (usize, &Value)| {
                let name = value.label().or((place == last).then(|| "result".to_owned()))?;
                (!value.is_constant()).then(|| (name, value.data(), grads[place]))
            };
            values.iter().enumerate().filter_map(named).collect()
        })
    }

    /// The graph as a program.
    ///
    /// # Errors
    /// If no graph is open.
    pub fn code(&mut self, language: Language) -> Result<String, Problem> {
        self.with(|loaded, values| code::program(values, &loaded.inputs, language))
    }
}

/// A gradient beside the slope that must equal it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Checked {
    /// Of which value.
    pub place: usize,
    /// By the chain rule.
    pub grad: f64,
    /// By nudging.
    pub slope: f64,
    /// Whether the two are the same, within what can be measured.
    pub agrees: bool,
}

impl Loaded {
    pub(super) fn state(&self, values: &[Value], see: impl FnMut(Send)) -> State {
        self.steps.replay(values, &self.inputs, self.step, see)
    }

    /// Constants are called by their number.
    fn rename(&mut self, values: &[Value]) {
        self.names = words::names(values, &self.inputs, &self.order);
    }
}

fn nothing() -> Problem {
    Problem::new("there is no expression yet", "type one")
}

/// Gives the values of a tape back: the tape itself stays, and it is small.
fn clear(mut tape: shared::Graph) {
    tape.enter(|| drop(shared::give_back_from(0)));
}

fn read(script: &Script, edits: &[Edit], text: &str) -> Result<Loaded, Problem> {
    let free: Vec<String> = script.free_names().into_iter().map(str::to_owned).collect();
    let bindings = free.iter().map(|name| (name.as_str(), UNGIVEN));
    let result = script.eval(bindings).map_err(|error| Problem::of(error, text))?;
    let values = result.root.reached();
    if values.len() > MOST_VALUES {
        return Err(Problem::new(
            format!("this expression makes {} values", values.len()),
            format!("the page takes up to {MOST_VALUES}; the command `gradling eval` takes more"),
        ));
    }
    let ids: Vec<u32> = values.iter().map(|value| value.id()).collect();
    let place = |value: Value| ids.binary_search(&value.id()).unwrap_or(0);
    let inputs: Vec<Vec<usize>> =
        values.iter().map(|value| value.inputs().into_iter().map(place).collect()).collect();

    let mut leaves = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut constants = 0;
    for (place, value) in values.iter().enumerate().filter(|(i, _)| inputs[*i].is_empty()) {
        let key = match value.label() {
            Some(label) => {
                let count = seen.entry(label.clone()).or_insert(0);
                *count += 1;
                if *count == 1 { label } else { format!("{label}~{count}") }
            }
            None => {
                constants += 1;
                format!("~{}", constants - 1)
            }
        };
        leaves.push((place, key, value.data()));
    }
    let edited: HashMap<&str, &Edit> = edits.iter().map(|edit| (edit.key.as_str(), edit)).collect();
    for (place, key, base) in &leaves {
        if let Some(edit) = edited.get(key.as_str())
            && edit.base.is_none_or(|Num(before)| before == *base)
        {
            values[*place].set_data(edit.value.0);
        }
    }
    result.root.recompute();

    let mut uses = vec![0; values.len()];
    inputs.iter().flatten().for_each(|&input| uses[input] += 1);
    let mut order = vec![0; values.len()];
    let senders = (0..values.len()).rev().filter(|&place| !inputs[place].is_empty());
    for (number, place) in senders.enumerate() {
        order[place] = number + 1;
    }
    let names = words::names(&values, &inputs, &order);
    let steps = Steps::new(&inputs);
    Ok(Loaded {
        ids,
        inputs,
        steps,
        step: 0,
        names,
        order,
        uses,
        leaves,
        free,
        opened: HashSet::new(),
        fold: false,
    })
}
