//! [`Script::eval`], and the [`Evaluation`] it gives.

use crate::code::Script;
use crate::error::{Error, clip};
use crate::machine::Machine;
use crate::suggest::closest;
use gradling::Value;
use std::collections::{HashMap, HashSet};

/// What a script came to.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The value of the last statement.
    pub root: Value,
    /// What each name means at the end, in the order in which the names first got a value. The elements
    /// of a list `s` are `s[0]`, `s[1]` and so on.
    pub names: Vec<(String, Value)>,
}

impl Evaluation {
    /// What a name means at the end; `s[0]` for an element of a list.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.names.iter().find(|(known, _)| known == name).map(|&(_, value)| value)
    }

    /// Everything the root was made from, everything that has a name, and what that was made from, each once,
    /// in the order of creation: the rows of a table, in which the inputs of every row are rows too.
    pub fn values(&self) -> Vec<Value> {
        let mut values = self.root.reached();
        let mut known: HashSet<Value> = values.iter().copied().collect();
        let mut open: Vec<Value> = self.names.iter().map(|&(_, value)| value).collect();
        while let Some(value) = open.pop() {
            if known.insert(value) {
                values.push(value);
                open.extend(value.inputs());
            }
        }
        values.sort_unstable_by_key(|value| value.id());
        values
    }
}

impl Script {
    /// Computes the script with values on this thread's tape. `bindings` are numbers from outside: each
    /// becomes a labelled leaf, for a name that the text reads without having given it a value, or in
    /// the place of the number in `name = number`.
    ///
    /// The values stay on the tape, also in case of an error, until the [`gradling::scope`] around the
    /// call ends.
    ///
    /// # Errors
    /// A name without a value, a list where a number must be or the other way round, an index or a
    /// length that does not fit; a binding that is given twice or that the text has no use for.
    pub fn eval<'b>(
        &self,
        bindings: impl IntoIterator<Item = (&'b str, f64)>,
    ) -> Result<Evaluation, Error> {
        let mut given = HashMap::new();
        for (name, value) in bindings {
            if given.insert(name, value).is_some() {
                return Err(Error::nowhere(format!("`{}` is given twice", clip(name)))
                    .help("give it one value"));
            }
        }
        let by_name = self.names().map(|name| given.remove(name)).collect();
        // The first by name: a map has no order that a message could depend on.
        match given.into_keys().min() {
            Some(unknown) => Err(self.unknown_binding(unknown)),
            None => Machine::new(self, by_name).run(),
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        (0..self.names.len() as u32).map(|name| self.name(name))
    }

    fn unknown_binding(&self, name: &str) -> Error {
        let error =
            Error::nowhere(format!("`{}` is given, but the text does not use it", clip(name)));
        match closest(name, self.names()) {
            Some(close) => error.help(format!("did you mean `{}`?", clip(close))),
            None => error.help("leave it out, or use it in the text"),
        }
    }
}
