//! What values are called in sentences, and what the chain rule says about each operation.

use gradling::{Op, Value};
use gradling_graph::number;

/// The longest name that is made of the names of inputs.
const LONGEST: usize = 18;

/// A number in a sentence: four decimals at most, without zeros at the end, with a true minus.
pub(super) fn short(x: f64) -> String {
    let text = number(x);
    let text = match text.contains(['e', 'N', 'i']) || !text.contains('.') {
        true => text.as_str(),
        false => text.trim_end_matches('0').trim_end_matches('.'),
    };
    text.replace('-', "−")
}

/// What to call each of the values, which stand in the order of creation: the label, a number, a short
/// formula such as `a*b`, or the number that the picture shows for it.
pub(super) fn names(values: &[Value], inputs: &[Vec<usize>], order: &[usize]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(values.len());
    for (place, value) in values.iter().enumerate() {
        let name = match value.label().filter(|label| !label.is_empty()) {
            Some(label) => clip(&label),
            None if inputs[place].is_empty() => short(value.data()),
            None => {
                let parts: Vec<&str> =
                    inputs[place].iter().take(3).map(|&input| names[input].as_str()).collect();
                let formula = match inputs[place].len() {
                    4.. => String::new(),
                    _ => formula(&value.symbol(), &parts),
                };
                match formula.chars().count() {
                    1..=LONGEST => formula,
                    _ => format!("{} no. {}", value.symbol(), order[place]),
                }
            }
        };
        names.push(name);
    }
    names
}

/// A label of any length, for a sentence.
fn clip(label: &str) -> String {
    let mut clipped: String = label.chars().take(24).collect();
    if clipped.len() < label.len() {
        clipped.push('…');
    }
    clipped
}

/// How a value was made, in the names of its inputs.
pub(super) fn formula(symbol: &str, inputs: &[&str]) -> String {
    let word = symbol.chars().any(char::is_alphabetic);
    match inputs {
        [a, b] if !word => {
            let tight = matches!(symbol, "*" | "/" | "**");
            if tight {
                format!("{}{}{}", closed(a), power(symbol), closed(b))
            } else {
                format!("{} {symbol} {}", term(a), term(b))
            }
        }
        [a] if symbol.starts_with("**") => format!("{}{}", closed(a), power(symbol)),
        [a] if symbol == "neg" => format!("−{}", closed(a)),
        _ => format!("{}({})", symbol.to_lowercase(), inputs.join(", ")),
    }
}

fn power(symbol: &str) -> String {
    symbol.replace("**", "^")
}

/// In parentheses, unless it is a product or less.
fn term(name: &str) -> String {
    if name.contains(' ') || name.starts_with('−') { closed(name) } else { name.to_owned() }
}

/// The derivative of `y` by `x`, as it is written.
pub(super) fn derivative(y: &str, x: &str) -> String {
    format!("∂{}/∂{}", closed(y), closed(x))
}

/// In parentheses, unless it is one word or one call.
fn closed(name: &str) -> String {
    let opens = name.find('(');
    let word = |text: &str| !text.contains([' ', '*', '/', '^', '−', '+', '-']);
    let call = opens.is_some_and(|at| at > 0 && word(&name[..at]) && name.ends_with(')'));
    if word(name) || call { name.to_owned() } else { format!("({name})") }
}

/// The local derivative of an operation by its input `i`, as a formula: `y` is what the result is called
/// and `x` what the inputs are.
pub(super) fn rule(value: Value, x: &[&str], y: &str, i: usize) -> String {
    let name = |i: usize| closed(x.get(i).copied().unwrap_or("…"));
    let a = name(0);
    let y = closed(y);
    match value.op() {
        Op::Add | Op::Sum => "1".into(),
        Op::Sub => ["1", "−1"][i.min(1)].into(),
        Op::Mul => name(1 - i.min(1)),
        Op::Div if i == 0 => format!("1/{}", name(1)),
        Op::Div => format!("−{a}/{}²", name(1)),
        Op::Neg => "−1".into(),
        Op::Exp => format!("{y} itself"),
        Op::Ln => format!("1/{a}"),
        Op::Sqrt => format!("1/(2·{y})"),
        Op::Sin => format!("cos({})", x[0]),
        Op::Cos => format!("−sin({})", x[0]),
        Op::Tanh => format!("1 − {y}²"),
        Op::Sigmoid => format!("{y}·(1 − {y})"),
        Op::Relu => format!("1 where {a} > 0, else 0"),
        Op::Softplus => format!("sigmoid({})", x[0]),
        Op::Gelu => format!("Φ({a}) + {a}·φ({a})"),
        Op::Erf => format!("2/√π·exp(−{a}²)"),
        Op::Abs => format!("the sign of {a}"),
        Op::Powf => {
            let c = value.number().unwrap_or(1.0);
            match c - 1.0 {
                1.0 => format!("{}·{a}", short(c)),
                less => format!("{}·{a}^{}", short(c), closed(&short(less))),
            }
        }
        Op::LeakyRelu => {
            format!("1 where {a} > 0, else {}", short(value.number().unwrap_or(0.01)))
        }
        Op::Pow if i == 0 => format!("{0}·{a}^({0} − 1)", name(1)),
        Op::Pow => format!("{y}·log({})", x[0]),
        Op::Max => "1 for the larger, 0 for the smaller".into(),
        Op::Min => "1 for the smaller, 0 for the larger".into(),
        Op::Select => "1 for the chosen one, else 0".into(),
        Op::Mean => format!("1/{}", x.len()),
        Op::Dot | Op::Affine => {
            let n = x.len() / 2;
            if i >= 2 * n { "1".into() } else { name((i + n) % (2 * n)) }
        }
        Op::LogSumExp => format!("exp({} − {y})", name(i)),
        Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Eq | Op::Ne => "0, a comparison is flat".into(),
        Op::Leaf | Op::Own => String::new(),
    }
}
