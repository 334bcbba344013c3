//! What the page asks and what it is told, as JSON.

use super::code::Language;
use super::lessons::EXAMPLES;
use super::picture::File;
use super::session::{Edit, Loaded, Num, Problem, Session};
use super::steps::Send;
use super::words::{self, short};
use gradling::Value;
use gradling_graph::{Direction, number};
use serde::Deserialize;
use serde_json::{Value as Json, json};

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Asked {
    text: String,
    edits: Vec<Edit>,
    step: Option<usize>,
    fold: bool,
    /// Fold by itself what is large.
    auto: bool,
    opened: Vec<String>,
    /// The data flow down, for a screen that is higher than wide.
    down: bool,
    key: String,
    value: Option<Num>,
    place: usize,
    answer: String,
    language: String,
}

impl Session {
    /// Answers one call of the page. What is wrong comes as `{"error": …}`.
    pub fn call(&mut self, name: &str, arguments: &str) -> String {
        let asked = serde_json::from_str(arguments).map_err(|error| {
            Problem::new(format!("the call is no good: {error}"), "reload the page")
        });
        let answer = asked.and_then(|asked: Asked| self.answer(name, &asked));
        match answer {
            Ok(answer) => answer.to_string(),
            Err(problem) => json!({ "error": problem }).to_string(),
        }
    }

    fn answer(&mut self, name: &str, asked: &Asked) -> Result<Json, Problem> {
        match name {
            "examples" => Ok(EXAMPLES
                .iter()
                .map(|one| json!({ "key": one.key, "title": one.title, "text": one.text }))
                .collect()),
            "load" => {
                self.load(&asked.text, &asked.edits)?;
                self.go(asked.step.unwrap_or(0))?;
                self.draw(asked)
            }
            "draw" => self.draw(asked),
            "set" => {
                self.set(&asked.key, asked.value.map_or(f64::NAN, |Num(value)| value))?;
                self.frame()
            }
            "go" => {
                self.go(asked.step.unwrap_or(0))?;
                self.frame()
            }
            "next-value" => {
                let step = self.open()?;
                let step = step.steps.end_of_value(step.step);
                self.go(step)?;
                self.frame()
            }
            "last-value" => {
                let step = self.open()?;
                let step = step.steps.start_of_value(step.step);
                self.go(step)?;
                self.frame()
            }
            "frame" => self.frame(),
            "check" => {
                let checked = self.slopes()?;
                Ok(checked
                    .iter()
                    .map(|one| {
                        json!({
                            "place": one.place, "grad": number(one.grad), "slope": number(one.slope),
                            "agrees": one.agrees,
                        })
                    })
                    .collect())
            }
            "explain" => self.with(|loaded, values| loaded.explain(values, asked.place)),
            "judge" => self.judge(asked.place, &asked.answer),
            "code" => {
                let language = match asked.language.as_str() {
                    "python" => Language::Python,
                    _ => Language::Rust,
                };
                self.code(language).map(Json::String)
            }
            "svg" => self.file(File::Svg).map(Json::String),
            "dot" => self.file(File::Dot).map(Json::String),
            _ => Err(Problem::new(format!("there is no call `{name}`"), "reload the page")),
        }
    }

    /// The graph as the page draws it, and the first frame.
    fn draw(&mut self, asked: &Asked) -> Result<Json, Problem> {
        let direction = if asked.down { Direction::TopToBottom } else { Direction::LeftToRight };
        let drawn = self.with(|loaded, values| {
            loaded.fold = asked.fold || (asked.auto && loaded.is_large(values));
            loaded.opened = asked.opened.iter().cloned().collect();
            let (svg, left_out, parts) = loaded.page_svg(values, direction);
            let nodes: Vec<Json> = (0..values.len())
                .map(|place| {
                    let symbol = values[place].symbol();
                    let inputs = &loaded.inputs[place];
                    let made = match inputs.len() {
                        0 => String::new(),
                        1..=4 => {
                            let x: Vec<&str> =
                                inputs.iter().map(|&input| loaded.names[input].as_str()).collect();
                            words::formula(&symbol, &x)
                        }
                        n => format!("{symbol} of {n} inputs"),
                    };
                    json!({
                        "id": loaded.ids[place], "name": loaded.names[place],
                        "label": values[place].label(), "made": made, "inputs": inputs,
                        "constant": values[place].is_constant(), "uses": loaded.uses[place],
                        "order": loaded.order[place],
                    })
                })
                .collect();
            let leaves: Vec<Json> = loaded
                .leaves
                .iter()
                .map(|(place, key, base)| json!({ "place": place, "key": key, "base": Num(*base) }))
                .collect();
            json!({
                "svg": svg, "leftOut": left_out, "parts": parts, "nodes": nodes, "leaves": leaves,
                "free": loaded.free, "fold": loaded.fold, "total": loaded.steps.total(),
            })
        })?;
        let mut drawn = drawn;
        drawn["frame"] = self.frame()?;
        Ok(drawn)
    }

    /// All that changes: numbers, gradients so far, and what the last step did.
    fn frame(&mut self) -> Result<Json, Problem> {
        self.with(|loaded, values| {
            let mut locals: Vec<(usize, usize, f64)> = Vec::new();
            let state = loaded.state(values, |send| locals.push((send.to, send.from, send.local)));
            let largest =
                state.grads.iter().flatten().filter(|g| g.is_finite()).fold(0.0_f64, |a, g| a.max(g.abs()));
            let bar = |grad: Option<f64>| match grad {
                Some(grad) if grad.is_finite() && largest > 0.0 => {
                    grad.signum() * (grad.abs() / largest).sqrt()
                }
                _ => 0.0,
            };
            let bars: Vec<f64> =
                state.grads.iter().map(|&grad| (bar(grad) * 1000.0).round() / 1000.0).collect();
            let locals: Vec<Json> = locals
                .into_iter()
                .map(|(from, to, local)| json!([from, to, short(local)]))
                .collect();
            // The order of a value is known when its gradient is sent on.
            let sent = state.last.map_or(usize::MAX, |last| last.from);
            let leaves: Vec<Json> =
                loaded.leaves.iter().map(|(place, ..)| json!(Num(values[*place].data()))).collect();
            let root = values.last().copied();
            json!({
                "step": loaded.step, "total": loaded.steps.total(),
                "data": values.iter().map(|value| number(value.data())).collect::<Vec<_>>(),
                "grads": state.grads.iter().map(|grad| grad.map(number)).collect::<Vec<_>>(),
                "bars": bars, "locals": locals, "leaves": leaves,
                "sent": if loaded.step == 0 { Json::Null } else { json!(sent.min(values.len())) },
                "names": loaded.names,
                "last": state.last.map(|send| json!({
                    "from": send.from, "to": send.to, "input": send.input, "local": short(send.local),
                    "before": send.before.map(short), "after": short(send.after), "flow": short(send.flow),
                    "gradient": short(send.gradient),
                })),
                "said": loaded.said(values, state.last),
                "nonFinite": root.and_then(Value::first_non_finite).map(|found| loaded.broken(&found)),
                "result": root.map(|root| format!("{} = {}", loaded.names.last().map_or("", |n| n), short(root.data()))),
            })
        })
    }

    /// Whether an answer of the quiz is the gradient of a value, and why.
    fn judge(&mut self, place: usize, answer: &str) -> Result<Json, Problem> {
        let answer = answer.replace('−', "-");
        let given = gradling::scope(|| {
            let script = gradling_expr::parse(answer.trim()).ok()?;
            Some(script.eval([]).ok()?.root.data())
        });
        self.with(|loaded, values| {
            let Some(given) = given.filter(|_| place < values.len()) else {
                return Err(Problem::new(
                    "this is not a number",
                    "write one as in -3, 0.5 or 2*-3",
                ));
            };
            let mut why = Vec::new();
            let all = loaded.steps.total();
            let state = loaded.steps.replay(values, &loaded.inputs, all, |send| {
                if send.to == place && why.len() < 6 {
                    why.push(loaded.reason(values, send));
                }
            });
            let grad = state.grads[place].unwrap_or(0.0);
            // As many digits as the picture shows.
            let right = (given - grad).abs() <= 5e-4 * grad.abs().max(1.0) + 1e-12
                || given == grad
                || (given.is_nan() && grad.is_nan());
            let sum = if loaded.uses[place] > 1 {
                format!(
                    " It is used {} times, and the parts add up to {}.",
                    loaded.uses[place],
                    short(grad)
                )
            } else {
                String::new()
            };
            let why = match why.is_empty() {
                true => "The result changes as itself: its gradient is 1.".to_owned(),
                false => format!("{}{sum}", why.join(" ")),
            };
            Ok(json!({ "right": right, "grad": number(grad), "short": short(grad), "why": why }))
        })?
    }
}

impl Loaded {
    /// One use of a value, in words.
    fn reason(&self, values: &[Value], send: Send) -> String {
        let (y, x) = (&self.names[send.from], &self.names[send.to]);
        format!(
            "{} = {}, times the gradient {} of {y}: {}.",
            words::derivative(y, x),
            self.local(values, send),
            short(send.gradient),
            short(send.flow)
        )
    }

    /// The local derivative: the rule and the number, or the number alone.
    fn local(&self, values: &[Value], send: Send) -> String {
        let x: Vec<&str> =
            self.inputs[send.from].iter().map(|&input| self.names[input].as_str()).collect();
        let rule = words::rule(values[send.from], &x, &self.names[send.from], send.input);
        let local = short(send.local);
        if rule == local || rule.is_empty() { local } else { format!("{rule} = {local}") }
    }

    /// What the last step did: a formula, a sentence, and the sentence as it is spoken.
    fn said(&self, values: &[Value], last: Option<Send>) -> Json {
        let root = self.names.last().map_or("", |name| name);
        let end = if self.step == self.steps.total() { " Every gradient is known." } else { "" };
        let Some(send) = last else {
            return match self.step {
                0 => json!({
                    "text": "Forward is done: every number is known, and no gradient yet.",
                    "spoken": "Before backward: every number is known, and no gradient yet.",
                }),
                _ => json!({
                    "formula": format!("{} = 1", words::derivative(root, root)),
                    "text": format!("{root} changes as itself, so backward starts with 1.{end}"),
                    "spoken": format!("{root} changes as itself, so its gradient is 1.{end}"),
                }),
            };
        };
        let (y, x) = (&self.names[send.from], &self.names[send.to]);
        let (flow, g, local) = (short(send.flow), short(send.gradient), short(send.local));
        let sum = match send.before {
            Some(before) => format!(
                "{x} was used before: {} + {} = {}.",
                short(before),
                parenthesised(&flow),
                short(send.after)
            ),
            None => match self.uses[send.to] {
                0 | 1 => String::new(),
                uses => format!("{x} is used {uses} times; this is its first part."),
            },
        };
        json!({
            "formula": format!("{} = {}", words::derivative(y, x), self.local(values, send)),
            "product": format!("{} × {} = {flow}", g, parenthesised(&local)),
            "sum": sum,
            "text": format!("{y} passes {g} × {} = {flow} on to {x}. {sum}{end}", parenthesised(&local)),
            "spoken": format!(
                "{y} passes its gradient {g} times {local} on to {x}: {flow}. {}{end}", sum
            ),
        })
    }

    /// A value in full, for whoever looks at it closely.
    fn explain(&self, values: &[Value], place: usize) -> Json {
        let Some(value) = values.get(place) else { return Json::Null };
        let mut uses = Vec::new();
        let state = self.state(values, |send| {
            if send.to == place && uses.len() < 12 {
                uses.push(json!({
                    "by": self.names[send.from], "local": self.local(values, send),
                    "gradient": short(send.gradient), "flow": short(send.flow), "after": short(send.after),
                }));
            }
        });
        json!({
            "place": place, "name": self.names[place], "data": format!("{:?}", value.data()),
            "grad": state.grads[place].map(|grad| format!("{grad:?}")), "uses": uses,
            "used": self.uses[place],
        })
    }

    fn broken(&self, found: &gradling::NonFinite) -> Json {
        let place = |value: Value| self.ids.binary_search(&value.id()).ok();
        let name =
            |value: Value| place(value).map_or_else(String::new, |place| self.names[place].clone());
        let data = short(found.value.data());
        let from: Vec<String> = found
            .inputs
            .iter()
            .take(4)
            .map(|&input| match input.label() {
                Some(_) => format!("{} = {}", name(input), short(input.data())),
                None => short(input.data()),
            })
            .collect();
        let text = match from.is_empty() {
            true => format!("{} was given as {data}", name(found.value)),
            false => format!(
                "{} is {data}, made by {} from {}",
                name(found.value),
                found.value.symbol(),
                from.join(", ")
            ),
        };
        json!({ "place": place(found.value), "text": text })
    }
}

fn parenthesised(number: &str) -> String {
    if number.starts_with('−') { format!("({number})") } else { number.to_owned() }
}
