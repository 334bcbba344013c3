//! The graph as a program of Rust or of Python, which prints the result and every gradient.
//!
//! It is written from the values, not from the text: with the numbers they have now. What has no name and
//! is used once is written where it is used, unless the line would get long.

use gradling::{Op, Value};
use std::collections::HashSet;
use std::fmt::Write;

/// The language of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// With the crate `gradling`.
    Rust,
    /// With the package `gradling`.
    Python,
}

/// The longest expression that is written where it is used.
const LONGEST: usize = 48;

const KEYWORDS: &str = "as async await break const continue crate dyn else enum extern false fn for gen if impl \
    in let loop match mod move mut pub ref return self static struct super trait true type union unsafe use \
    where while abstract become box do final macro override priv try typeof unsized virtual yield and assert \
    class def del elif except finally from global import is lambda nonlocal not or pass raise with None True \
    False print main Value gradling log_softmax softmax logsumexp sum mean dot affine max min abs println \
    assert_eq vec format str int float list len";

/// A value as it is written: a text, and how it may stand within another.
struct Written {
    text: String,
    /// It needs parentheses as an operand or before a method.
    open: bool,
    /// A plain number, which Rust takes at the right of a value and of few operations at the left.
    number: bool,
}

/// The program for the values that `values` ends with, which stand in order of creation with their `inputs`.
pub(super) fn program(values: &[Value], inputs: &[Vec<usize>], language: Language) -> String {
    let mut uses = vec![0_usize; values.len()];
    inputs.iter().flatten().for_each(|&input| uses[input] += 1);
    let root = values.len() - 1;
    let mut taken: HashSet<String> = KEYWORDS.split_whitespace().map(str::to_owned).collect();
    let mut written: Vec<Option<Written>> = Vec::with_capacity(values.len());
    let (mut lines, mut printed) = (Vec::new(), Vec::new());
    for (place, &value) in values.iter().enumerate() {
        let label = value.label().filter(|label| !label.is_empty());
        let made = make(value, &inputs[place], &written, language);
        let named = label.is_some() || place == root;
        let inline = !named && uses[place] == 1 && made.text.len() <= LONGEST;
        let inline = inline || (made.number && !named && value.is_constant());
        if inline {
            written.push(Some(made));
            continue;
        }
        let wish = label.as_deref().unwrap_or(if place == root { "result" } else { "t" });
        let name = identifier(wish, &mut taken);
        let text = match (made.number, language) {
            (true, Language::Rust) => format!("Value::new({})", made.text),
            (true, Language::Python) => format!("Value({})", made.text),
            (false, _) => made.text,
        };
        lines.push(match language {
            Language::Rust => format!("let {name} = {text};"),
            Language::Python => format!("{name} = {text}"),
        });
        if named && !value.is_constant() {
            printed.push((label.unwrap_or_else(|| "result".into()), name.clone()));
        }
        written.push(Some(Written { text: name, open: false, number: false }));
    }
    let root = written[root].as_ref().map(|written| written.text.as_str()).unwrap_or_default();
    match language {
        Language::Rust => rust(&lines, &printed, root),
        Language::Python => python(&lines, &printed, root),
    }
}

fn rust(lines: &[String], printed: &[(String, String)], root: &str) -> String {
    let mut out = String::from("use gradling::Value;\n\n");
    let is_loud = |line: &String| {
        let name = line.strip_prefix("let ").and_then(|rest| rest.split(' ').next());
        name.is_some_and(|name| name.contains(|c: char| c.is_ascii_uppercase()))
    };
    if lines.iter().any(is_loud) {
        out.push_str("#[allow(non_snake_case)]\n");
    }
    out.push_str("fn main() {\n");
    for line in lines {
        let _ = writeln!(out, "    {line}");
    }
    let _ = writeln!(out, "\n    {root}.backward();");
    for (label, name) in printed {
        let label = quoted(label);
        let _ = writeln!(
            out,
            "    println!(\"{label}: data {{:?}}, grad {{:?}}\", {name}.data(), {name}.grad());"
        );
    }
    out.push_str("}\n");
    out
}

fn python(lines: &[String], printed: &[(String, String)], root: &str) -> String {
    let mut out = String::from("import gradling\nfrom gradling import Value\n\n");
    if !lines.iter().any(|line| line.contains("gradling.")) {
        out = "from gradling import Value\n\n".into();
    }
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(out, "\n{root}.backward()");
    for (label, name) in printed {
        let label = quoted(label);
        let _ =
            writeln!(out, "print(f\"{label}: data {{{name}.data!r}}, grad {{{name}.grad!r}}\")");
    }
    out
}

/// A label within a text that is formatted, of either language.
fn quoted(label: &str) -> String {
    let doubled = |c| match c {
        '{' | '}' => vec![c, c],
        '"' | '\\' => vec!['\\', c],
        c => vec![c],
    };
    label.chars().flat_map(doubled).collect()
}

/// A name that neither language has a use for, and no other value has.
fn identifier(wish: &str, taken: &mut HashSet<String>) -> String {
    let mut name = String::new();
    for c in wish.chars() {
        // Names of other alphabets are normalised by one language and not by the other.
        match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '_' => name.push(c),
            ']' => {}
            '[' => name.push('_'),
            c => {
                let _ = write!(name, "u{:x}", c as u32);
            }
        }
    }
    if name.trim_matches('_').is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name = format!("v{name}");
    }
    let mut unique = name.clone();
    let mut number = 2;
    while !taken.insert(unique.clone()) {
        unique = format!("{name}_{number}");
        number += 1;
    }
    unique
}

fn literal(x: f64, language: Language) -> String {
    match (language, x) {
        (Language::Rust, x) if x.is_nan() => "f64::NAN".into(),
        (Language::Rust, x) if x == f64::INFINITY => "f64::INFINITY".into(),
        (Language::Rust, x) if x == f64::NEG_INFINITY => "f64::NEG_INFINITY".into(),
        (Language::Python, x) if x.is_nan() => "float(\"nan\")".into(),
        (Language::Python, x) if x.is_infinite() => {
            format!("float(\"{}inf\")", if x < 0.0 { "-" } else { "" })
        }
        _ => format!("{x:?}"),
    }
}

fn make(
    value: Value,
    inputs: &[usize],
    written: &[Option<Written>],
    language: Language,
) -> Written {
    let op = value.op();
    if op == Op::Leaf {
        let text = literal(value.data(), language);
        return Written { open: text.starts_with('-'), text, number: true };
    }
    let input = |i: usize| written[inputs[i]].as_ref().expect("inputs are written first");
    let is_number = |i: usize| input(i).number;
    // As an operand or before a method: a number as a value where nothing beside it is one.
    let value_of = |i: usize| match (is_number(i), language) {
        (true, Language::Rust) => format!("Value::constant({})", input(i).text),
        (true, Language::Python) => format!("Value({})", input(i).text),
        (false, _) if input(i).open => format!("({})", input(i).text),
        (false, _) => input(i).text.clone(),
    };
    let operand = |i: usize| match input(i).open {
        true => format!("({})", input(i).text),
        false => input(i).text.clone(),
    };
    let whole = |i: usize| match is_number(i) {
        true => value_of(i),
        false => input(i).text.clone(),
    };
    let list = |from: usize, to: usize| {
        let items: Vec<String> = (from..to).map(whole).collect();
        match language {
            Language::Rust => format!("&[{}]", items.join(", ")),
            Language::Python => format!("[{}]", items.join(", ")),
        }
    };
    let call = |name: &str, arguments: &str| match language {
        Language::Rust => format!("{}.{name}({arguments})", value_of(0)),
        Language::Python => format!("{}.{name}({arguments})", value_of(0)),
    };
    let closed = |text: String| Written { text, open: false, number: false };
    let opened = |text: String| Written { text, open: true, number: false };
    let n = inputs.len();
    match op {
        Op::Add | Op::Sub | Op::Mul | Op::Div => {
            let left = if is_number(0) && is_number(1) { value_of(0) } else { operand(0) };
            opened(format!("{left} {} {}", op.symbol(), operand(1)))
        }
        Op::Neg => opened(format!("-{}", value_of(0))),
        Op::Powf => {
            let c = literal(value.number().unwrap_or(1.0), language);
            match language {
                Language::Rust => closed(call("pow", &c)),
                Language::Python => opened(format!("{} ** {c}", value_of(0))),
            }
        }
        Op::Pow => match language {
            Language::Rust => closed(call("pow", &whole(1))),
            Language::Python => opened(format!("{} ** {}", value_of(0), value_of(1))),
        },
        Op::LeakyRelu => {
            closed(call("leaky_relu", &literal(value.number().unwrap_or(0.01), language)))
        }
        Op::Ln => closed(call("log", "")),
        Op::Max | Op::Min => closed(call(op.name(), &whole(1))),
        Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Eq | Op::Ne => closed(call(op.name(), &whole(1))),
        Op::Select => closed(call("select", &format!("{}, {}", whole(1), whole(2)))),
        Op::Sum | Op::Mean | Op::LogSumExp => {
            closed(format!("{}{}({})", path(language), op.name(), list(0, n)))
        }
        Op::Dot => closed(format!("{}dot({}, {})", path(language), list(0, n / 2), list(n / 2, n))),
        Op::Affine => {
            let half = n / 2;
            let (x, w, b) = (list(0, half), list(half, 2 * half), whole(2 * half));
            match language {
                Language::Rust => closed(format!("gradling::affine({x}, {w}, {b})")),
                // One node in Rust; in Python a dot and a sum.
                Language::Python => opened(format!("gradling.dot({x}, {w}) + {b}")),
            }
        }
        _ => closed(call(op.name(), "")),
    }
}

fn path(language: Language) -> &'static str {
    match language {
        Language::Rust => "gradling::",
        Language::Python => "gradling.",
    }
}
