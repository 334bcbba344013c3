//! **Text made into values**: `a = 2; b = -3; d = a*b + 10`.
//!
//! [`parse`] reads the text; [`Script::eval`] computes it with the values of [`gradling`]. What comes
//! out is an ordinary graph: call `backward` on its root, draw it, train it.
//!
//! ```
//! let script = gradling_expr::parse("a = 2; b = -3; c = 10; d = a*b + c")?;
//! let result = script.eval([])?;
//! result.root.backward();
//! assert_eq!(result.root.data(), 4.0);
//! assert_eq!(result.get("a").unwrap().grad(), -3.0);
//!
//! // A name without a value gets it from outside; a number in the text can be replaced.
//! let result = gradling_expr::parse("a = 2; a*x^2")?.eval([("x", 3.0), ("a", 10.0)])?;
//! assert_eq!(result.root.data(), 90.0);
//! # Ok::<(), gradling_expr::Error>(())
//! ```
//!
//! # The language
//!
//! Statements stand on lines of their own or are separated by `;`. The last one is the result.
//!
//! | written | means |
//! |---|---|
//! | `a = 2` | a leaf with the label `a`: a parameter, with a gradient |
//! | `d = a*b` | the result gets the label `d` |
//! | `b = a` | another name for the same value; its label stays `a` |
//! | `c = c + 1` | `c` now means the new value; both have the label |
//! | `# …`, `// …` | a comment, to the end of the line |
//! | `1`, `2.5`, `.5`, `1e-3`, `1_000` | numbers; within an expression they are constants |
//! | `+ - * /`, `^` or `**` | arithmetic; `^` binds tightest and to the right: `-2^2` is -4, `2^3^2` is 512 |
//! | `x^2`, `x^n` | to the power of a plain number, or of a value, which then gets a gradient too |
//! | `< <= > >= == !=` | 1 or 0; they bind least and do not chain |
//! | `tanh(x)`, `max(a, b, c)`, `select(c, a, b)` | the functions, see [`functions`] |
//! | `w = [1, 2]`, `dot(w, [x, y])`, `w[0]` | lists: for functions of many numbers, and as values of names |
//! | `softmax([a, b])[0]` | `softmax` and `log_softmax` give lists |
//! | `pi`, `π`, `e` | the constants, up to where the text gives the name another value |
//!
//! Names are made of letters of any alphabet, digits and `_`. A line break ends a statement, except
//! inside parentheses and brackets. The mathematical signs − × · ÷ ≤ ≥ ≠ are understood.
//!
//! # Errors
//!
//! Every [`Error`] says what is wrong, where, and what to do; its [`Display`](std::fmt::Display) shows
//! the place:
//!
//! ```
//! let error = gradling_expr::parse("rate = 0.1\ny = 2x + 1").unwrap_err();
//! assert_eq!(error.to_string(), "\
//! error: `2` and `x` stand side by side
//!  --> 2:5
//!   |
//! 2 | y = 2x + 1
//!   |     ^^
//!   = help: for their product write `2*x`");
//! ```
//!
//! Text may come from anywhere: time and memory are linear in its length, nothing recurses, and nothing
//! panics, up to the size of the tape.

mod code;
mod error;
mod eval;
mod function;
mod machine;
mod number;
mod parse;
mod suggest;
mod token;

pub use code::Script;
pub use error::{Error, Place};
pub use eval::Evaluation;
pub use function::functions;
pub use parse::parse;
