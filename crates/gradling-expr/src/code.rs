//! [`Script`]: a text that was read, as flat code for a stack machine.
//!
//! Flat, because a tree as deep as its text is long can be neither walked nor dropped without care.
//! Operands come before their operator, so evaluation is one pass. An instruction keeps where it came
//! from as the byte its token starts at; the rest of the place is computed for an error only.

use crate::function::Function;
use crate::token::{Lexer, Token};
use gradling::Op;

/// A text that was read without error: see [`parse`](crate::parse()). It can be evaluated many times.
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) text: Box<str>,
    pub(crate) code: Vec<Instruction>,
    pub(crate) numbers: Vec<f64>,
    /// Where in the text each name stands first.
    pub(crate) names: Vec<(u32, u32)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Instruction {
    pub(crate) does: Does,
    pub(crate) at: u32,
}

/// What an instruction does to the stack.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    /// Pushes a number, by its place in [`Script::numbers`].
    Number(u32),
    /// Pushes what a name means, by its place in [`Script::names`].
    Name(u32),
    /// Takes one number, pushes its opposite.
    Negate,
    /// Takes two numbers, pushes the result.
    Operate(Op),
    /// Takes so many arguments, pushes the result.
    Call(Function, u32),
    /// Takes so many numbers, pushes the list of them.
    List(u32),
    /// Takes a list, pushes the element of this place.
    Index(u32),
    /// Takes what the name shall mean; ends a statement.
    Assign(u32),
    /// Takes the value of a bare expression; ends a statement.
    Done,
}

const _: () = assert!(size_of::<Instruction>() == 12);

impl Script {
    /// The names that the text reads without having given them a value, in the order of first use:
    /// [`eval`](Script::eval) needs a number for each. `pi`, `π` and `e` are not among them.
    ///
    /// ```
    /// let script = gradling_expr::parse("y = m*x + b; b = y; b + e").unwrap();
    /// assert_eq!(script.free_names(), ["m", "x", "b"]);
    /// ```
    pub fn free_names(&self) -> Vec<&str> {
        let mut seen = vec![false; self.names.len()];
        let mut free = Vec::new();
        for instruction in &self.code {
            let (Does::Name(name) | Does::Assign(name)) = instruction.does else {
                continue;
            };
            if !std::mem::replace(&mut seen[name as usize], true)
                && matches!(instruction.does, Does::Name(_))
                && constant(self.name(name)).is_none()
            {
                free.push(self.name(name));
            }
        }
        free
    }

    pub(crate) fn name(&self, name: u32) -> &str {
        let (start, end) = self.names[name as usize];
        &self.text[start as usize..end as usize]
    }

    /// The token an instruction came from.
    pub(crate) fn token(&self, at: u32) -> Option<Token> {
        Lexer::new(&self.text, at as usize).next().ok()
    }
}

/// What a name means until the text or the caller gives it another value.
pub(crate) fn constant(name: &str) -> Option<f64> {
    match name {
        "pi" | "π" => Some(std::f64::consts::PI),
        "e" => Some(std::f64::consts::E),
        _ => None,
    }
}
