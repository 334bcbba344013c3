//! The session as a program: the same data, first weights and order of the rows, in Rust and in Python.
//!
//! The data and the weights stand in the code, number by number, so that it needs nothing but gradling.

use super::session::Session;
use super::settings::{Course, Kind, Loss, Training};
use super::story::{Act, Story};
use gradling_data::Task;
use std::fmt::Write as _;

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust.
    Rust,
    /// Python.
    Python,
}

/// The code that goes the way of the session from its first weights. Where that cannot be told, it trains for as
/// many epochs with the settings of now, and says so.
pub fn code(session: &Session, language: Language) -> String {
    let story = Story::of(session);
    let told = story.is_some();
    let state = session.state();
    let Story { training, epochs, acts } = story.unwrap_or_else(|| Story {
        training: state.training.clone(),
        epochs: state.epoch.max(1),
        acts: Vec::new(),
    });
    let text = Text { session, training: &training, epochs, acts, told };
    match language {
        Language::Rust => text.rust(),
        Language::Python => text.python(),
    }
}

struct Text<'a> {
    session: &'a Session,
    training: &'a Training,
    epochs: usize,
    acts: Vec<Act>,
    told: bool,
}

impl Text<'_> {
    fn rust(&self) -> String {
        let Text { session, training, epochs, .. } = self;
        let (inputs, outputs) = (session.shape.inputs, session.problem.outputs());
        let mut optimisers = vec![rust_optimiser(training)];
        for act in &self.acts {
            if let Act::Optimiser(after) = act {
                optimisers.push(rust_optimiser(after));
            }
        }
        let changes = optimisers.len() > 1;
        let made = format!("{}(RATE){}", optimisers[0].0, optimisers[0].1);
        let made = if changes { format!("Box::new({made}) as Box<dyn Optimizer>") } else { made };
        let schedule = match training.schedule {
            Course::Constant => None,
            Course::Linear => Some(format!(
                "Schedule::Linear {{ from: RATE, to: 0.0, steps: {} }}",
                training.span
            )),
            Course::Cosine => Some(format!(
                "Schedule::Cosine {{ from: RATE, to: 0.0, steps: {} }}",
                training.span
            )),
            Course::Halving => Some(format!(
                "Schedule::Step {{ from: RATE, factor: 0.5, every: {} }}",
                training.span
            )),
        };
        let mut uses = vec!["Activation", "Layer", "Mlp", "Module", "Neuron", "Trainer"];
        for (name, _) in &optimisers {
            let name = name.trim_end_matches("::new");
            if !uses.contains(&name) {
                uses.push(name);
            }
        }
        let steps = self.acts.iter().any(|act| matches!(act, Act::Steps(..)));
        if schedule.is_some() || changes || steps {
            uses.push("Optimizer");
        }
        if schedule.is_some() {
            uses.push("Schedule");
        }
        let (loss, uses_loss, uses_sum) = self.rust_loss();
        if uses_loss {
            uses.push("loss");
        }
        uses.sort_by_key(|name| (name.starts_with(|c: char| c.is_lowercase()), *name));
        let penalised = training.l1 > 0.0 || training.l2 > 0.0;
        let mut engine = vec!["Program", "Step"];
        if uses_sum || penalised {
            engine.extend(["Value", "sum"]);
        }
        let mut out = String::new();
        let _ = write!(
            out,
            "//! A network of gradling's playground, as a program that repeats its training.\n\
             {}\n\
             use gradling::nn::{{{}}};\n\
             use gradling::{{{}}};\n\n\
             const EPOCHS: usize = {epochs};\n\
             const BATCH: usize = {};\n\
             const SEED: u64 = {};\n\
             const RATE: f64 = {:?};\n\n\
             /// Neurons and activation of each layer.\n\
             const LAYERS: [(usize, Activation); {}] = [{}];\n\n",
            self.remarks("//! "),
            uses.join(", "),
            engine.join(", "),
            training.batch,
            session.settings.data.seed,
            training.rate,
            session.shape.layers.len(),
            (0..session.shape.layers.len())
                .map(|l| {
                    let activation = session.shape.activation(training, l);
                    format!("({}, Activation::{activation:?})", session.shape.layers[l])
                })
                .collect::<Vec<_>>()
                .join(", "),
        );
        let _ = write!(
            out,
            "fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    \
                 let mlp = network();\n"
        );
        if penalised {
            out.push_str(&self.rust_penalty());
        }
        let _ = write!(
            out,
            "    let program = Program::record(&mlp.parameters(), [{inputs}, {outputs}], |[x, y]| {{\n        \
                     let scores = mlp.forward(x);\n        \
                     let loss = {loss};\n        \
                     Step::mean(loss){}.with_outputs(&scores)\n    \
                 }})?;\n    \
                 let mut trainer = Trainer::new(program.compile::<f32>(), &mlp.parameters(), {made})?\n        \
                     .batch(BATCH)\n        \
                     .seed(SEED){};\n",
            if penalised { ".plus(penalty())" } else { "" },
            if training.shuffle { "" } else { "\n        .shuffle(false)" },
        );
        match schedule {
            None => out.push_str("    for _ in 0..EPOCHS {\n"),
            Some(schedule) => {
                let _ = write!(
                    out,
                    "    let schedule = {schedule};\n    \
                         for epoch in 0..EPOCHS {{\n        \
                         trainer.optimizer_mut().set_rate(schedule.rate(epoch));\n"
                );
            }
        }
        let mean = if penalised { "loss with penalty" } else { "loss" };
        out.push_str("        trainer.epoch(&[&X, &Y])?;\n    }\n");
        self.rust_acts(&mut out);
        let _ = writeln!(out, "    println!(\"{mean}: {{}}\", trainer.loss(&[&X, &Y])?);");
        if !session.problem.held.rows.is_empty() {
            let _ = writeln!(
                out,
                "    println!(\"{mean} of held-out rows: {{}}\", trainer.loss(&[&HELD_X, &HELD_Y])?);"
            );
        }
        out.push_str("    Ok(())\n}\n\n");
        let _ = write!(
            out,
            "/// The network with its first weights.\n\
             fn network() -> Mlp {{\n    \
                 let (mut inputs, mut rest) = ({inputs}, &WEIGHTS[..]);\n    \
                 let layers = LAYERS.iter().map(|&(outputs, activation)| {{\n        \
                     let neurons = (0..outputs).map(|_| {{\n            \
                         let (own, after) = rest.split_at(inputs + 1);\n            \
                         rest = after;\n            \
                         Neuron::from_numbers(&own[..inputs], own[inputs], activation)\n        \
                     }});\n        \
                     let layer = Layer::of(neurons.collect());\n        \
                     inputs = outputs;\n        \
                     layer\n    \
                 }});\n    \
                 Mlp::of(layers.collect())\n\
             }}\n\n"
        );
        if steps {
            let _ = write!(
                out,
                "/// Takes a step on each of these batches of rows.\n\
                 fn steps<O: Optimizer>(\n    \
                     trainer: &mut Trainer<f32, O>,\n    \
                     rate: f64,\n    \
                     batches: &[&[usize]],\n\
                 ) -> Result<(), Box<dyn std::error::Error>> {{\n    \
                     trainer.optimizer_mut().set_rate(rate);\n    \
                     for rows in batches {{\n        \
                         let x: Vec<f32> = rows.iter().flat_map(|r| &X[r * {inputs}..][..{inputs}]).copied().collect();\n        \
                         let y: Vec<f32> = rows.iter().flat_map(|r| &Y[r * {outputs}..][..{outputs}]).copied().collect();\n        \
                         trainer.step(&[&x, &y])?;\n    \
                     }}\n    \
                     Ok(())\n\
                 }}\n\n"
            );
        }
        let part = |name: &str, numbers: &[f32]| {
            let list = lines(numbers.iter().map(|x| format!("{x:?}")));
            format!("#[rustfmt::skip]\nconst {name}: [f32; {}] = [\n{list}];\n\n", numbers.len())
        };
        let problem = &session.problem;
        let _ = write!(
            out,
            "// {}\n{}{}",
            self.columns(),
            part("X", &problem.train.x),
            part("Y", &problem.train.y)
        );
        if !problem.held.rows.is_empty() {
            out.push_str(&part("HELD_X", &problem.held.x));
            out.push_str(&part("HELD_Y", &problem.held.y));
        }
        let first = session.first_weights();
        let _ = write!(
            out,
            "// By layer, by neuron: the weights, then the bias.\n\
             #[rustfmt::skip]\nconst WEIGHTS: [f64; {}] = [\n{}];\n",
            first.len(),
            lines(first.iter().map(|x| format!("{x:?}")))
        );
        out
    }

    /// What comes after the whole epochs.
    fn rust_acts(&self, out: &mut String) {
        for act in &self.acts {
            match act {
                Act::Steps(rate, batches) => {
                    let list = lines(batches.iter().map(|rows| format!("&{rows:?}")));
                    let _ = write!(
                        out,
                        "    #[rustfmt::skip]\n    steps(&mut trainer, {rate:?}, &[\n{list}    ])?;\n"
                    );
                }
                Act::Optimiser(training) => {
                    let (name, more) = rust_optimiser(training);
                    let _ = write!(
                        out,
                        "    let optimiser = Box::new({name}({:?}){more}) as Box<dyn Optimizer>;\n    \
                             let numbers = trainer.parameters().to_vec();\n    \
                             trainer = Trainer::from_numbers(program.compile::<f32>(), numbers, optimiser)?;\n",
                        training.rate
                    );
                }
                Act::Weight(place, number) => {
                    let _ = write!(
                        out,
                        "    trainer.store(&mlp.parameters())?;\n    \
                             mlp.parameters()[{place}].set_data({number:?});\n    \
                             trainer.load(&mlp.parameters())?;\n"
                    );
                }
            }
        }
    }

    /// The loss of a sample, and whether it needs `loss` and `sum`.
    fn rust_loss(&self) -> (String, bool, bool) {
        let many = self.session.problem.outputs() > 1;
        let all = |one: &str| {
            format!("sum(&scores.iter().zip(y).map(|(&z, &t)| {one}).collect::<Vec<Value>>())")
        };
        match (self.session.problem.task, self.training.loss) {
            (Task::Regression, Loss::CrossEntropy | Loss::Squared) => {
                ("loss::squared_error(scores[0], y[0])".to_owned(), true, false)
            }
            (Task::Regression, _) => ("(scores[0] - y[0]).abs()".to_owned(), false, false),
            (Task::Binary, Loss::CrossEntropy) => {
                ("loss::binary_cross_entropy(scores[0], y[0])".to_owned(), true, false)
            }
            (_, Loss::CrossEntropy) => {
                ("loss::soft_cross_entropy(&scores, y)".to_owned(), true, false)
            }
            (_, Loss::Squared) if many => (all("(z - (2.0 * t - 1.0)).pow(2)"), false, true),
            (_, Loss::Absolute) if many => (all("(z - (2.0 * t - 1.0)).abs()"), false, true),
            (_, Loss::Hinge) if many => (all("loss::hinge(z, 2.0 * t - 1.0)"), true, true),
            (_, Loss::Squared) => {
                ("(scores[0] - (2.0 * y[0] - 1.0)).pow(2)".to_owned(), false, false)
            }
            (_, Loss::Absolute) => {
                ("(scores[0] - (2.0 * y[0] - 1.0)).abs()".to_owned(), false, false)
            }
            (_, Loss::Hinge) => {
                ("loss::hinge(scores[0], 2.0 * y[0] - 1.0)".to_owned(), true, false)
            }
        }
    }

    fn rust_penalty(&self) -> String {
        let Training { l1, l2, .. } = *self.training;
        let terms = [
            (l1, format!("{l1:?} * sum(&weights.iter().map(|w| w.abs()).collect::<Vec<Value>>())")),
            (
                l2,
                format!(
                    "0.5 * {l2:?} * sum(&weights.iter().map(|&w| w * w).collect::<Vec<Value>>())"
                ),
            ),
        ];
        let sum: Vec<String> =
            terms.into_iter().filter(|(rate, _)| *rate > 0.0).map(|(_, text)| text).collect();
        format!(
            "    // Over all weights but the biases.\n    \
                 let penalty = || {{\n        \
                     let neurons = mlp.layers().iter().flat_map(|layer| layer.neurons());\n        \
                     let weights: Vec<Value> = neurons.flat_map(|neuron| neuron.weights()).collect();\n        \
                     {}\n    \
                 }};\n",
            sum.join(" + ")
        )
    }

    fn python(&self) -> String {
        let Text { session, training, epochs, .. } = self;
        let inputs = session.shape.inputs;
        let made = python_optimiser(training, "RATE");
        let span = training.span.max(1);
        let schedule = match training.schedule {
            Course::Constant => None,
            Course::Linear => Some(format!("RATE * (1 - min(epoch / {span}, 1))")),
            Course::Cosine => {
                Some(format!("RATE * (0.5 + 0.5 * math.cos(math.pi * min(epoch / {span}, 1)))"))
            }
            Course::Halving => Some(format!("RATE * 0.5 ** (epoch // {span})")),
        };
        let penalised = training.l1 > 0.0 || training.l2 > 0.0;
        let layers: Vec<String> = (0..session.shape.layers.len())
            .map(|l| {
                let activation = session.shape.activation(training, l).name();
                format!("({}, \"{activation}\")", session.shape.layers[l])
            })
            .collect();
        let mut out = String::new();
        let _ = write!(
            out,
            "\"\"\"A network of gradling's playground, as a program that repeats its training.\n{}\"\"\"\n\n{}\
             import gradling\n\
             from gradling import Step, Trainer, Value, nn, optim\n\n\
             EPOCHS = {epochs}\nBATCH = {}\nSEED = {}\nRATE = {:?}\n\n\
             # Neurons and activation of each layer.\nLAYERS = [{}]\n\n",
            self.remarks(""),
            if training.schedule == Course::Cosine { "import math\n\n" } else { "" },
            training.batch,
            session.settings.data.seed,
            training.rate,
            layers.join(", "),
        );
        let width = if session.problem.outputs() > 1 { session.problem.outputs() } else { 0 };
        let problem = &session.problem;
        let mut part = |name: &str, numbers: &[f32], width: usize| {
            let list: Vec<String> = numbers.iter().map(|x| format!("{x:?}")).collect();
            let rows = if width == 0 {
                lines(list.into_iter())
            } else {
                lines(list.chunks(width).map(|row| format!("[{}]", row.join(", "))))
            };
            let _ = write!(out, "{name} = [\n{rows}]\n");
        };
        part("X", &problem.train.x, inputs);
        part("Y", &problem.train.y, width);
        if !problem.held.rows.is_empty() {
            part("HELD_X", &problem.held.x, inputs);
            part("HELD_Y", &problem.held.y, width);
        }
        let first = session.first_weights();
        let _ = write!(
            out,
            "\n# By layer, by neuron: the weights, then the bias.\nWEIGHTS = [\n{}]\n\n\n",
            lines(first.iter().map(|x| format!("{x:?}")))
        );
        let _ = write!(
            out,
            "def network():\n    \
                 \"\"\"The layers with their first weights.\"\"\"\n    \
                 inputs, rest, layers = {inputs}, iter(WEIGHTS), []\n    \
                 for outputs, activation in LAYERS:\n        \
                     rows = [[Value(next(rest)) for _ in range(inputs + 1)] for _ in range(outputs)]\n        \
                     layers.append(nn.Layer([row[:-1] for row in rows], [row[-1] for row in rows], activation))\n        \
                     inputs = outputs\n    \
                 return layers\n\n\n\
             layers = network()\n\
             parameters = [parameter for layer in layers for parameter in layer.parameters()]\n"
        );
        if penalised {
            let _ = write!(
                out,
                "# A penalty is on all weights but the biases.\n\
                 weights = [weight for layer in layers for row in layer.weights for weight in row]\n"
            );
        }
        let _ = write!(
            out,
            "\n\n@gradling.program(parameters)\n\
             def step(x, y):\n    \
                 for layer in layers:\n        \
                     x = layer(x)\n    \
                 loss = {}\n",
            self.python_loss()
        );
        let plus = match (training.l1 > 0.0, training.l2 > 0.0) {
            (false, false) => String::new(),
            (l1, l2) => {
                let mut terms = Vec::new();
                if l1 {
                    terms.push(format!(
                        "{:?} * gradling.sum([w.abs() for w in weights])",
                        training.l1
                    ));
                }
                if l2 {
                    terms.push(format!(
                        "0.5 * {:?} * gradling.sum([w * w for w in weights])",
                        training.l2
                    ));
                }
                format!(", plus={}", terms.join(" + "))
            }
        };
        let mean = if penalised { "loss with penalty" } else { "loss" };
        let _ = write!(
            out,
            "    return Step(loss, x{plus})\n\n\n\
             trainer = Trainer(step, {made}, batch=BATCH, seed=SEED{}{})\n\
             trainer.fit(X, Y, epochs=EPOCHS)\n",
            if training.shuffle { "" } else { ", shuffle=False" },
            schedule.map(|rate| format!(", schedule=lambda epoch: {rate}")).unwrap_or_default()
        );
        self.python_acts(&mut out);
        let _ = writeln!(out, "print(\"{mean}:\", step(X, Y))");
        if !problem.held.rows.is_empty() {
            let _ = writeln!(out, "print(\"{mean} of held-out rows:\", step(HELD_X, HELD_Y))");
        }
        out
    }

    /// What comes after the whole epochs.
    fn python_acts(&self, out: &mut String) {
        if self.acts.iter().any(|act| matches!(act, Act::Steps(..))) {
            out.push_str(
                "\n\ndef steps(rate, batches):\n    \
                     \"\"\"Takes a step on each of these batches of rows.\"\"\"\n    \
                     trainer.optimizer.lr = rate\n    \
                     for rows in batches:\n        \
                         trainer.step([X[row] for row in rows], [Y[row] for row in rows])\n\n\n",
            );
        }
        for act in &self.acts {
            let _ = match act {
                Act::Steps(rate, batches) => {
                    let list = lines(batches.iter().map(|rows| format!("{rows:?}")));
                    writeln!(out, "steps({rate:?}, [\n{list}])")
                }
                Act::Optimiser(training) => {
                    let made = python_optimiser(training, &format!("{:?}", training.rate));
                    writeln!(out, "trainer = Trainer(step, {made})")
                }
                Act::Weight(place, number) => {
                    writeln!(out, "parameters[{place}].data = {number:?}")
                }
            };
        }
    }

    fn python_loss(&self) -> String {
        let many = self.session.problem.outputs() > 1;
        let all = |one: &str| format!("gradling.sum([{one} for z, t in zip(x, y)])");
        match (self.session.problem.task, self.training.loss) {
            (Task::Regression, Loss::CrossEntropy | Loss::Squared) => {
                "nn.squared_error(x[0], y)".to_owned()
            }
            (Task::Regression, _) => "(x[0] - y).abs()".to_owned(),
            (Task::Binary, Loss::CrossEntropy) => "nn.binary_cross_entropy(x[0], y)".to_owned(),
            (_, Loss::CrossEntropy) => "nn.cross_entropy(x, y)".to_owned(),
            (_, Loss::Squared) if many => all("(z - (2 * t - 1)) ** 2"),
            (_, Loss::Absolute) if many => all("(z - (2 * t - 1)).abs()"),
            (_, Loss::Hinge) if many => all("nn.hinge(z, 2 * t - 1)"),
            (_, Loss::Squared) => "(x[0] - (2 * y - 1)) ** 2".to_owned(),
            (_, Loss::Absolute) => "(x[0] - (2 * y - 1)).abs()".to_owned(),
            (_, Loss::Hinge) => "nn.hinge(x[0], 2 * y - 1)".to_owned(),
        }
    }

    /// What whoever reads the code should know.
    fn remarks(&self, mark: &str) -> String {
        let mut out = String::new();
        if !self.told {
            let _ = write!(
                out,
                "{mark}\n{mark}The session was changed on its way, in ways that are not repeated here: this trains with the\n\
                 {mark}settings of its end from the first step on, so it ends elsewhere.\n"
            );
        }
        out
    }

    fn columns(&self) -> String {
        let problem = &self.session.problem;
        let names = problem.inputs.iter().map(|name| name.replace(['\n', '\r'], " "));
        format!("Rows to learn from: {}.", names.collect::<Vec<_>>().join(", "))
    }
}

/// What makes an optimiser, and what is said of it beside the rate.
fn rust_optimiser(training: &Training) -> (&'static str, String) {
    match training.optimiser {
        Kind::Sgd => ("Sgd::new", String::new()),
        Kind::Momentum => ("Sgd::new", format!(".momentum({:?})", training.momentum)),
        Kind::Adam => ("Adam::new", String::new()),
        Kind::AdamW => ("AdamW::new", format!(".weight_decay({:?})", training.decay)),
    }
}

fn python_optimiser(training: &Training, rate: &str) -> String {
    match training.optimiser {
        Kind::Sgd => format!("optim.SGD(parameters, lr={rate})"),
        Kind::Momentum => {
            format!("optim.SGD(parameters, lr={rate}, momentum={:?})", training.momentum)
        }
        Kind::Adam => format!("optim.Adam(parameters, lr={rate})"),
        Kind::AdamW => {
            format!("optim.AdamW(parameters, lr={rate}, weight_decay={:?})", training.decay)
        }
    }
}

/// Items in lines of at most 100 characters, each line indented.
fn lines(items: impl Iterator<Item = String>) -> String {
    let (mut out, mut line) = (String::new(), String::from("   "));
    for item in items {
        if line.len() + item.len() > 98 {
            let _ = writeln!(out, "{line}");
            line = String::from("   ");
        }
        let _ = write!(line, " {item},");
    }
    let _ = writeln!(out, "{line}");
    out
}
