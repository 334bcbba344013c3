//! A model as one file of Rust, without dependencies.

use super::gap::Gap;
use super::source::{Feature, Meaning, activations, features, numbers};
use crate::{Model, ModelError};
use gradling::nn::Activation;
use gradling_data::Code;
use std::fmt::Write as _;

impl Model {
    /// The model as a Rust file that depends on nothing: `predict(&Row { … })`, with a field for each column.
    ///
    /// It computes in `f64`, and its predictions are those of [`predict`](Model::predict) but for the last
    /// digits.
    ///
    /// # Errors
    /// More than a million weights and biases.
    pub fn to_rust(&self) -> Result<String, ModelError> {
        let features = features(self, "rust")?;
        let layers = self.numbers().layers();
        let meaning = Meaning::of(self);
        let mut out = String::new();
        let texts = features.iter().any(|feature| matches!(feature.code, Code::OneHot(_)));
        let life = if texts { "<'a>" } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "//! Predicts {:?} from a row of a table. Written by gradling {}; it depends on nothing.\n\
             //!\n\
             //! Numbers are in the units of the table. Texts are as in the table, without white space around\n\
             //! them; one that was not in training counts as \"other\". A missing number is NaN, a missing text\n\
             //! is empty; where the training knew none, all that is predicted of the row is NaN.\n\n\
             /// A row of the table.\n\
             #[derive(Clone, Copy, Debug, PartialEq)]\n\
             pub struct Row{life} {{\n",
            self.encoder().target(),
            self.version(),
        );
        for Feature { name, field, code, .. } in &features {
            let kind = match code {
                Code::Number(_) => "f64",
                Code::OneHot(_) => "&'a str",
            };
            let _ = writeln!(out, "    /// The column {name:?}.\n    pub {field}: {kind},");
        }
        out.push_str("}\n\n");
        let answer = answer(&mut out, &meaning);
        let _ = write!(
            out,
            "/// Predicts from a row.\n#[must_use]\npub fn predict(row: &Row) -> {answer} {{\n    \
             let x = encode(row);\n"
        );
        for (n, layer) in layers.iter().enumerate() {
            let name = layer.activation.name();
            let _ = writeln!(out, "    let x = dense(&x, &WEIGHTS_{n}, &BIASES_{n}, {name});");
        }
        out.push_str(match &meaning {
            Meaning::Quantity { .. } => "    MEAN + SCALE * x[0]\n}\n\n",
            Meaning::Classes(labels) if labels.len() == 2 => PAIR,
            Meaning::Classes(_) => CLASSES,
        });
        encode(&mut out, &features, self.numbers().inputs());
        out.push_str(DENSE);
        if texts {
            out.push_str(ONE_HOT);
        }
        if features.iter().any(|feature| matches!(feature.gap, Gap::Number(_) | Gap::Told(_))) {
            out.push_str(OR);
        }
        for activation in activations(self) {
            out.push_str(function(activation)?);
        }
        for (n, layer) in layers.iter().enumerate() {
            let (inputs, outputs) = (layer.inputs(), layer.outputs());
            let _ = writeln!(out, "\nstatic WEIGHTS_{n}: [[f64; {inputs}]; {outputs}] = [");
            for row in layer.weights.chunks_exact(inputs) {
                let _ = writeln!(out, "    [{}],", numbers(row));
            }
            let biases = numbers(&layer.biases);
            let _ = writeln!(out, "];\nstatic BIASES_{n}: [f64; {outputs}] = [{biases}];");
        }
        Ok(out)
    }
}

/// Writes the type that a prediction has, and gives its name.
fn answer(out: &mut String, meaning: &Meaning) -> &'static str {
    match meaning {
        Meaning::Quantity { mean, scale } => {
            let _ = writeln!(out, "const MEAN: f64 = {mean:?};\nconst SCALE: f64 = {scale:?};\n");
            "f64"
        }
        Meaning::Classes(labels) => {
            let count = labels.len();
            let _ = write!(
                out,
                "/// The classes.\npub static LABELS: [&str; {count}] = {labels:?};\n\n\
                 /// What is predicted of a row.\n\
                 #[derive(Clone, Copy, Debug, PartialEq)]\n\
                 pub struct Prediction {{\n    \
                     /// The most probable class, a place in `LABELS`.\n    \
                     pub class: usize,\n    \
                     /// The probability of each class.\n    \
                     pub probabilities: [f64; {count}],\n}}\n\n\
                 impl Prediction {{\n    \
                     /// The label of the most probable class.\n    \
                     #[must_use]\n    \
                     pub fn label(&self) -> &'static str {{\n        \
                         LABELS[self.class]\n    \
                     }}\n\n    \
                     fn of(probabilities: [f64; {count}]) -> Self {{\n        \
                         let mut class = 0;\n        \
                         for (place, p) in probabilities.iter().enumerate() {{\n            \
                             if *p > probabilities[class] {{\n                \
                                 class = place;\n            \
                             }}\n        \
                         }}\n        \
                         Prediction {{ class, probabilities }}\n    \
                     }}\n}}\n\n"
            );
            "Prediction"
        }
    }
}

const PAIR: &str = "    let e = (-x[0].abs()).exp();
    let (less, more) = (e / (1.0 + e), 1.0 / (1.0 + e));
    Prediction::of(if x[0] < 0.0 { [more, less] } else { [less, more] })
}

";

const CLASSES: &str = "    let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers = x.map(|z| (z - top).exp());
    let whole: f64 = powers.iter().sum();
    Prediction::of(powers.map(|p| p / whole))
}

";

fn encode(out: &mut String, features: &[Feature<'_>], inputs: usize) {
    let _ = write!(
        out,
        "/// The inputs of the network: standard scores, and a 1 at the place of each text.\n\
         fn encode(row: &Row) -> [f64; {inputs}] {{\n    let mut x = [0.0; {inputs}];\n"
    );
    for Feature { field, code, gap, start, .. } in features {
        let _ = match (code, gap) {
            (Code::Number(standard), gap) => {
                let (mean, scale) = (standard.mean, standard.scale);
                let value = match gap {
                    Gap::Number(fill) | Gap::Told(fill) => format!("or(row.{field}, {fill:?})"),
                    _ => format!("row.{field}"),
                };
                let _ = writeln!(out, "    x[{start}] = ({value} - ({mean:?})) / {scale:?};");
                match gap {
                    Gap::Told(_) => writeln!(
                        out,
                        "    x[{}] = if row.{field}.is_nan() {{ 1.0 }} else {{ 0.0 }};",
                        start + 1
                    ),
                    _ => Ok(()),
                }
            }
            (Code::OneHot(values), gap) => {
                let end = start + values.len() + 1;
                let text = match gap {
                    Gap::Text(fill) if !fill.is_empty() => {
                        format!("if row.{field}.is_empty() {{ {fill:?} }} else {{ row.{field} }}")
                    }
                    _ => format!("row.{field}"),
                };
                let _ = writeln!(out, "    one_hot({text}, &{values:?}, &mut x[{start}..{end}]);");
                match gap {
                    Gap::Text(_) => Ok(()),
                    _ => writeln!(
                        out,
                        "    if row.{field}.is_empty() {{\n        x[{start}] = f64::NAN;\n    }}"
                    ),
                }
            }
        };
    }
    out.push_str("    x\n}\n\n");
}

const DENSE: &str = "/// The outputs of a layer: the activation of W x + b.
fn dense<const I: usize, const O: usize>(
    x: &[f64; I],
    weights: &[[f64; I]; O],
    biases: &[f64; O],
    activation: fn(f64) -> f64,
) -> [f64; O] {
    let mut y = *biases;
    for (y, weights) in y.iter_mut().zip(weights) {
        let sum: f64 = x.iter().zip(weights).map(|(x, w)| x * w).sum();
        *y = activation(sum + *y);
    }
    y
}
";

const ONE_HOT: &str = "
/// A 1 at the place of a text among the values, or at the last place if it is none of them.
fn one_hot(text: &str, values: &[&str], x: &mut [f64]) {
    let place = values.binary_search(&text).unwrap_or(values.len());
    x[place] = 1.0;
}
";

const OR: &str = "
/// The number, or if it is missing what stands in for it.
fn or(x: f64, fill: f64) -> f64 {
    if x.is_nan() { fill } else { x }
}
";

fn function(activation: Activation) -> Result<&'static str, ModelError> {
    Ok(match activation {
        Activation::Linear => "\nfn linear(z: f64) -> f64 {\n    z\n}\n",
        Activation::Tanh => "\nfn tanh(z: f64) -> f64 {\n    z.tanh()\n}\n",
        Activation::Relu => "\nfn relu(z: f64) -> f64 {\n    if z < 0.0 { 0.0 } else { z }\n}\n",
        Activation::LeakyRelu => {
            "\nfn leaky_relu(z: f64) -> f64 {\n    if z < 0.0 { 0.01 * z } else { z }\n}\n"
        }
        Activation::Gelu => GELU,
        Activation::Softplus => {
            "\nfn softplus(z: f64) -> f64 {\n    z.max(0.0) + (-z.abs()).exp().ln_1p()\n}\n"
        }
        Activation::Sigmoid => SIGMOID,
        Activation::Sin => "\nfn sin(z: f64) -> f64 {\n    z.sin()\n}\n",
        other => {
            let reason = format!("it has no activation {other}; export it to onnx or pytorch");
            return Err(ModelError::Export { format: "rust", reason });
        }
    })
}

const SIGMOID: &str = "
fn sigmoid(z: f64) -> f64 {
    let e = (-z.abs()).exp();
    if z < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
}
";

const GELU: &str = "
fn gelu(z: f64) -> f64 {
    0.5 * z * (1.0 + erf(z * std::f64::consts::FRAC_1_SQRT_2))
}

/// erf x = 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)), a sum whose terms have one sign.
fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    let (mut term, mut sum, mut odd) = (x, x, 1.0);
    while term.abs() > 1e-17 * sum.abs() {
        odd += 2.0;
        term *= 2.0 * x * x / odd;
        sum += term;
    }
    sum * (-x * x).exp() * std::f64::consts::FRAC_2_SQRT_PI
}
";
