//! The functions that text can call: the engine's table of operations, and those that give lists.

use gradling::{Arity, Op};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Op(Op),
    Softmax,
    LogSoftmax,
}

/// The names of the functions a text can call, in the order of the engine's table.
///
/// ```
/// assert!(gradling_expr::functions().any(|name| name == "tanh"));
/// ```
pub fn functions() -> impl Iterator<Item = &'static str> {
    let callable = Op::ALL.iter().filter(|&&op| is_callable(op)).map(|op| op.name());
    callable.chain(["log", "softmax", "log_softmax"])
}

fn is_callable(op: Op) -> bool {
    !matches!(op, Op::Leaf | Op::Own)
}

impl Function {
    pub(crate) fn from_name(name: &str) -> Option<Function> {
        match name {
            "log" => Some(Function::Op(Op::Ln)),
            "softmax" => Some(Function::Softmax),
            "log_softmax" => Some(Function::LogSoftmax),
            _ => Op::from_name(name).filter(|&op| is_callable(op)).map(Function::Op),
        }
    }

    /// Whether its arguments are any number of numbers, or one list of them.
    pub(crate) fn gathers(self) -> bool {
        match self {
            Function::Op(op) => {
                matches!(op, Op::Max | Op::Min | Op::Sum | Op::Mean | Op::LogSumExp)
            }
            Function::Softmax | Function::LogSoftmax => true,
        }
    }

    /// Whether it can be called with so many arguments.
    pub(crate) fn accepts(self, count: u32) -> bool {
        match self {
            _ if self.gathers() => count > 0,
            Function::Op(Op::Dot) => count == 2,
            Function::Op(Op::Affine) => count == 3,
            Function::Op(Op::LeakyRelu) => count == 1 || count == 2,
            Function::Op(op) if op.takes_number() => count == 2,
            Function::Op(op) => op.arity() == Arity::Fixed(count as usize),
            Function::Softmax | Function::LogSoftmax => false,
        }
    }

    /// What it takes, in words.
    pub(crate) fn takes(self) -> &'static str {
        match self {
            _ if self.gathers() => "1 argument or more",
            Function::Op(Op::LeakyRelu) => "1 or 2 arguments",
            _ if self.accepts(1) => "1 argument",
            _ if self.accepts(2) => "2 arguments",
            _ => "3 arguments",
        }
    }

    /// How a call of it, by the name it was called, is written.
    pub(crate) fn usage(self, name: &str) -> String {
        match self {
            _ if self.gathers() => format!("write `{name}(a, b)` or `{name}([a, b])`"),
            Function::Op(Op::Dot) => format!("write `{name}([a, b], [c, d])`"),
            Function::Op(Op::Affine) => format!("write `{name}([x1, x2], [w1, w2], b)`"),
            Function::Op(Op::Select) => {
                format!("write `{name}(c, a, b)`: a where c is not 0, else b")
            }
            Function::Op(Op::LeakyRelu) => format!("write `{name}(x)` or `{name}(x, 0.1)`"),
            Function::Op(op) if op.takes_number() => format!("write `{name}(x, 2)`"),
            _ if self.accepts(1) => format!("write `{name}(x)`"),
            _ => format!("write `{name}(a, b)`"),
        }
    }
}
