//! The stack machine that runs a script's code on values.

mod call;

use crate::code::{Does, Instruction, Script, constant};
use crate::error::{Error, clip};
use crate::eval::Evaluation;
use crate::function::{Function, functions};
use crate::suggest::closest;
use crate::token::{Kind, Lexer};
use call::operate;
use gradling::{Op, Value};
use std::rc::Rc;

/// How much a text may cost beyond its own length, in elements of lists used through a name and bytes
/// of their labels. Without a limit, `s = […]` of half a text and `sum(s); sum(s); …` in the other half
/// would cost the square of its length.
const BEYOND_TEXT: usize = 4_000_000;

/// A plain number that may still become an exponent, a parameter or a constant; or a value.
#[derive(Clone, Copy, Debug)]
enum Scalar {
    Number(f64),
    Value(Value),
}

impl Scalar {
    fn value(self) -> Value {
        match self {
            Scalar::Number(x) => Value::constant(x),
            Scalar::Value(value) => value,
        }
    }
}

#[derive(Clone, Debug)]
enum Item {
    Scalar(Scalar),
    List(Rc<[Scalar]>),
}

pub(crate) struct Machine<'s> {
    script: &'s Script,
    /// The number from outside for each name.
    given: Vec<Option<f64>>,
    /// Which of these found their place.
    used: Vec<bool>,
    meanings: Vec<Option<Item>>,
    /// The names that have a meaning, in the order in which they got it.
    order: Vec<u32>,
    stack: Vec<Item>,
    /// How much of the allowance is left, see [`BEYOND_TEXT`].
    left: usize,
}

impl<'s> Machine<'s> {
    /// A machine for a script; `given` has an entry for each of its names.
    pub(crate) fn new(script: &'s Script, given: Vec<Option<f64>>) -> Machine<'s> {
        Machine {
            script,
            used: vec![false; given.len()],
            meanings: vec![None; given.len()],
            given,
            order: Vec::new(),
            stack: Vec::new(),
            left: BEYOND_TEXT + script.text.len(),
        }
    }

    pub(crate) fn run(mut self) -> Result<Evaluation, Error> {
        let script = self.script;
        let (mut result, mut last) = (Item::Scalar(Scalar::Number(0.0)), 0);
        for &Instruction { does, at } in &script.code {
            match does {
                Does::Number(place) => self.push(Scalar::Number(script.numbers[place as usize])),
                Does::Name(name) => {
                    let meaning = self.meaning(name, at)?;
                    self.stack.push(meaning);
                }
                Does::Negate => match self.scalar(at)? {
                    Scalar::Number(x) => self.push(Scalar::Number(-x)),
                    Scalar::Value(value) => self.push(Scalar::Value(-value)),
                },
                Does::Operate(op) => {
                    let right = self.scalar(at)?;
                    let left = self.scalar(at)?;
                    self.push(Scalar::Value(operate(op, left, right)));
                }
                Does::Call(function, count) => self.call(function, count, at)?,
                Does::List(count) => self.list(count, at)?,
                Does::Index(place) => self.index(place, at)?,
                Does::Assign(name) => (result, last) = (self.assign(name, at)?, at),
                Does::Done => (result, last) = (self.pop(), at),
            }
        }
        self.check_used()?;
        match result {
            Item::Scalar(scalar) => Ok(Evaluation { root: scalar.value(), names: self.names() }),
            Item::List(list) => {
                let message = format!(
                    "the last statement is a list of length {}, and the result must be one number",
                    list.len()
                );
                Err(self
                    .error(last, message)
                    .help("pick an element, as in `s[0]`, or use a function such as sum"))
            }
        }
    }

    fn push(&mut self, scalar: Scalar) {
        self.stack.push(Item::Scalar(scalar));
    }

    fn pop(&mut self) -> Item {
        self.stack.pop().expect("the parser gives every operator its operands")
    }

    /// Takes the top `count` items, in order.
    fn take(&mut self, count: u32) -> Vec<Item> {
        let from = self.stack.len() - count as usize;
        self.stack.drain(from..).collect()
    }

    /// Takes one number.
    fn scalar(&mut self, at: u32) -> Result<Scalar, Error> {
        match self.pop() {
            Item::Scalar(scalar) => Ok(scalar),
            Item::List(_) => Err(self.list_for_number(at)),
        }
    }

    fn list(&mut self, count: u32, at: u32) -> Result<(), Error> {
        let elements = self.take(count).into_iter().map(|item| match item {
            Item::Scalar(scalar) => Ok(scalar),
            Item::List(_) => Err(self
                .error(at, "a list inside a list")
                .help("a list holds numbers; give each list a name of its own")),
        });
        let list = elements.collect::<Result<_, _>>()?;
        self.stack.push(Item::List(list));
        Ok(())
    }

    fn meaning(&mut self, name: u32, at: u32) -> Result<Item, Error> {
        let place = name as usize;
        if let Some(item) = &self.meanings[place] {
            return Ok(item.clone());
        }
        if let Some(number) = self.given[place] {
            self.used[place] = true;
            let leaf = Value::new(number).with_label(self.script.name(name));
            return Ok(self.define(name, Item::Scalar(Scalar::Value(leaf))));
        }
        match constant(self.script.name(name)) {
            Some(number) => Ok(Item::Scalar(Scalar::Number(number))),
            None => Err(self.unknown(name, at)),
        }
    }

    fn define(&mut self, name: u32, item: Item) -> Item {
        if self.meanings[name as usize].replace(item.clone()).is_none() {
            self.order.push(name);
        }
        item
    }

    fn assign(&mut self, name: u32, at: u32) -> Result<Item, Error> {
        let label = self.script.name(name);
        let item = match self.pop() {
            Item::Scalar(scalar) => {
                let scalar = match (scalar, self.given[name as usize]) {
                    (Scalar::Number(_), Some(given)) => {
                        self.used[name as usize] = true;
                        Scalar::Number(given)
                    }
                    _ => scalar,
                };
                Item::Scalar(named(scalar, || label.to_owned()))
            }
            Item::List(list) => {
                self.spend(list.len().saturating_mul(1 + label.len()), at)?;
                let element = |(i, &scalar)| named(scalar, || format!("{label}[{i}]"));
                Item::List(list.iter().enumerate().map(element).collect())
            }
        };
        Ok(self.define(name, item))
    }

    fn index(&mut self, place: u32, at: u32) -> Result<(), Error> {
        let Item::List(list) = self.pop() else {
            return Err(self
                .error(at, "only a list has elements")
                .help("a list is written `[a, b]`, or made by softmax"));
        };
        match list.get(place as usize) {
            Some(&scalar) => self.push(scalar),
            None => {
                let message =
                    format!("there is no element {place} in a list of length {}", list.len());
                return Err(self
                    .error(at, message)
                    .help(format!("the first is [0], the last is [{}]", list.len() - 1)));
            }
        }
        Ok(())
    }

    /// Takes `cost` from what the text may cost beyond its length.
    fn spend(&mut self, cost: usize, at: u32) -> Result<(), Error> {
        let Some(left) = self.left.checked_sub(cost) else {
            let message = format!(
                "the lists of this text stand for more than {BEYOND_TEXT} numbers beyond its length"
            );
            return Err(self.error(at, message).help("use a list less often, or a shorter one"));
        };
        self.left = left;
        Ok(())
    }

    fn names(self) -> Vec<(String, Value)> {
        let mut names = Vec::with_capacity(self.order.len());
        for &name in &self.order {
            let label = self.script.name(name);
            match &self.meanings[name as usize] {
                Some(Item::Scalar(scalar)) => names.push((label.to_owned(), scalar.value())),
                Some(Item::List(list)) => {
                    names.extend(
                        list.iter()
                            .enumerate()
                            .map(|(i, scalar)| (format!("{label}[{i}]"), scalar.value())),
                    );
                }
                None => {}
            }
        }
        names
    }
}

/// What is wrong.
impl Machine<'_> {
    fn error(&self, at: u32, message: impl Into<String>) -> Error {
        let span = self.script.token(at).map_or(at as usize..at as usize, |token| token.span());
        Error::at(&self.script.text, span, message)
    }

    /// The token at `at`, as it is written.
    fn written(&self, at: u32) -> String {
        self.script.token(at).map_or(String::new(), |token| clip(&self.script.text[token.span()]))
    }

    /// Something that takes numbers met a list.
    fn list_for_number(&self, at: u32) -> Error {
        self.error(at, format!("`{}` takes numbers, and here is a list", self.written(at)))
            .help("pick an element, as in `s[0]`; sum, mean, max, dot and softmax take lists")
    }

    fn unknown(&self, name: u32, at: u32) -> Error {
        let written = self.script.name(name);
        let shown = clip(written);
        let error = self.error(at, format!("`{shown}` has no value"));
        let mut next = Lexer::new(&self.script.text, at as usize);
        let compared = next
            .next()
            .and_then(|_| next.next())
            .is_ok_and(|token| token.kind == Kind::Operator(Op::Eq));
        if compared {
            return error.help(format!("`==` compares; to give it a value write `{shown} = …`"));
        }
        if Function::from_name(written).is_some() {
            return error.help(format!("it is a function: call it as in `{shown}(x)`"));
        }
        let known = self.order.iter().map(|&name| self.script.name(name));
        if let Some(close) = closest(written, known).or_else(|| closest(written, functions())) {
            return error.help(format!("did you mean `{}`?", clip(close)));
        }
        let help = format!("give it one first: `{shown} = 2`");
        match self.order.len() {
            0 => error.help(help),
            1..=8 => {
                let known = self.order.iter().map(|&name| clip(self.script.name(name)));
                error.help(format!("{help}; there are {}", known.collect::<Vec<_>>().join(", ")))
            }
            more => error.help(format!("{help}; there are {more} names so far")),
        }
    }

    /// Every number from outside must have been used.
    fn check_used(&self) -> Result<(), Error> {
        let unused =
            (0..self.given.len()).find(|&name| self.given[name].is_some() && !self.used[name]);
        let Some(name) = unused else { return Ok(()) };
        let (start, end) = self.script.names[name];
        let span = start as usize..end as usize;
        let message = format!(
            "`{}` is given, but the text computes it",
            clip(&self.script.text[span.clone()])
        );
        Err(Error::at(&self.script.text, span, message)
            .help("a value from outside can take the place of a number, as in `a = 2`, or of a name without a value"))
    }
}

/// Gives a scalar its name, unless it has one: a number becomes a leaf.
fn named(scalar: Scalar, label: impl FnOnce() -> String) -> Scalar {
    Scalar::Value(match scalar {
        Scalar::Number(number) => Value::new(number).with_label(label()),
        Scalar::Value(value) if value.label().is_none() => value.with_label(label()),
        Scalar::Value(value) => value,
    })
}
