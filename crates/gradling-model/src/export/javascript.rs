//! A model as one module of JavaScript, without dependencies.

use super::gap::Gap;
use super::source::{Feature, Meaning, activations, features, json, numbers};
use crate::{Model, ModelError};
use gradling::nn::Activation;
use gradling_data::Code;
use std::fmt::Write as _;

impl Model {
    /// The model as a JavaScript module for browsers and Node: `predict({ column: value, … })`.
    ///
    /// It computes in numbers of 64 bits, and its predictions are those of [`predict`](Model::predict) but for
    /// the last digits.
    ///
    /// # Errors
    /// More than a million weights and biases.
    pub fn to_javascript(&self) -> Result<String, ModelError> {
        let features = features(self, "javascript")?;
        let meaning = Meaning::of(self);
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "// Predicts {} from a row of a table. Written by gradling {}; it depends on nothing.\n\
             //\n\
             // Numbers are in the units of the table. Texts are as in the table, without white space around\n\
             // them; one that was not in training counts as \"other\". Missing are null, undefined, NaN and the\n\
             // empty text; where the training knew none, they are refused.\n\n",
            json(self.encoder().target()),
            self.version(),
        );
        out.push_str("/** The columns of a row: numbers with mean and scale, texts with their values; what stands in\n * for a missing one, and whether an input of its own tells of it. */\nexport const columns = [\n");
        for Feature { name, code, gap, .. } in &features {
            let name = json(name);
            let missing = match gap {
                Gap::Open => String::new(),
                Gap::Number(fill) => format!(", missing: {fill:?}"),
                Gap::Told(fill) => format!(", missing: {fill:?}, told: true"),
                Gap::Text(fill) => format!(", missing: {}", json(fill)),
            };
            let _ = match code {
                Code::Number(standard) => {
                    let (mean, scale) = (standard.mean, standard.scale);
                    writeln!(
                        out,
                        "  {{ name: {name}, mean: {mean:?}, scale: {scale:?}{missing} }},"
                    )
                }
                Code::OneHot(values) => {
                    let values: Vec<String> = values.iter().map(|value| json(value)).collect();
                    writeln!(out, "  {{ name: {name}, values: [{}]{missing} }},", values.join(", "))
                }
            };
        }
        out.push_str("];\n\n");
        match &meaning {
            Meaning::Quantity { mean, scale } => {
                let _ = writeln!(out, "const mean = {mean:?}, scale = {scale:?};\n");
                out.push_str(QUANTITY);
            }
            Meaning::Classes(labels) => {
                let texts: Vec<String> = labels.iter().map(|label| json(label)).collect();
                let texts = texts.join(", ");
                let _ = writeln!(out, "/** The classes. */\nexport const labels = [{texts}];\n");
                out.push_str(if labels.len() == 2 { PAIR } else { CLASSES });
                out.push_str(ANSWER);
            }
        }
        out.push_str(SCORES);
        for activation in activations(self) {
            out.push_str(function(activation)?);
        }
        out.push_str("\nconst layers = [\n");
        for layer in self.numbers().layers() {
            let name = layer.activation.name();
            let _ = writeln!(out, "  {{\n    activation: {name},\n    weights: [");
            for row in layer.weights.chunks_exact(layer.inputs()) {
                let _ = writeln!(out, "      [{}],", numbers(row));
            }
            let _ = writeln!(out, "    ],\n    biases: [{}],\n  }},", numbers(&layer.biases));
        }
        out.push_str("];\n");
        Ok(out)
    }
}

const QUANTITY: &str =
    "/** The quantity that is predicted from a row, an object with a value for each column. */
export function predict(row) {
  return mean + scale * scores(row)[0];
}
";

const PAIR: &str = "function probabilitiesOf([z]) {
  const e = Math.exp(-Math.abs(z));
  const less = e / (1 + e), more = 1 / (1 + e);
  return z < 0 ? [more, less] : [less, more];
}

";

const CLASSES: &str = "function probabilitiesOf(scores) {
  const top = scores.reduce((a, b) => Math.max(a, b));
  const powers = scores.map((z) => Math.exp(z - top));
  const whole = powers.reduce((a, b) => a + b);
  return powers.map((p) => p / whole);
}

";

const ANSWER: &str = "/**
 * The most probable label for a row, an object with a value for each column, and the probability of each of
 * `labels`.
 */
export function predict(row) {
  const probabilities = probabilitiesOf(scores(row));
  let place = 0;
  probabilities.forEach((p, k) => {
    if (p > probabilities[place]) place = k;
  });
  return { label: labels[place], probabilities };
}
";

const SCORES: &str = "
/** The inputs of the network: standard scores, and a 1 at the place of each text. */
function encode(row) {
  const x = [];
  for (const { name, mean, scale, values, missing, told } of columns) {
    const isMissing = row[name] == null || row[name] === \"\" || Number.isNaN(row[name]);
    const value = isMissing && missing !== undefined ? missing : row[name];
    if (values) {
      if (typeof value !== \"string\" || (isMissing && missing === undefined)) throw new TypeError(`column ${name} needs a text, and is ${value}`);
      const place = values.indexOf(value);
      values.forEach((_, k) => x.push(k === place ? 1 : 0));
      x.push(place < 0 ? 1 : 0);
    } else {
      if (!Number.isFinite(value)) throw new TypeError(`column ${name} needs a number, and is ${value}`);
      x.push((value - mean) / scale);
      if (told) x.push(isMissing ? 1 : 0);
    }
  }
  return x;
}

/** The outputs of the network. */
function scores(row) {
  let x = encode(row);
  for (const { weights, biases, activation } of layers) {
    x = weights.map((w, k) => {
      let sum = 0;
      for (let i = 0; i < w.length; i++) sum += w[i] * x[i];
      return activation(sum + biases[k]);
    });
  }
  return x;
}
";

fn function(activation: Activation) -> Result<&'static str, ModelError> {
    Ok(match activation {
        Activation::Linear => "\nfunction linear(z) {\n  return z;\n}\n",
        Activation::Tanh => "\nfunction tanh(z) {\n  return Math.tanh(z);\n}\n",
        Activation::Relu => "\nfunction relu(z) {\n  return z < 0 ? 0 : z;\n}\n",
        Activation::LeakyRelu => "\nfunction leaky_relu(z) {\n  return z < 0 ? 0.01 * z : z;\n}\n",
        Activation::Gelu => GELU,
        Activation::Softplus => {
            "\nfunction softplus(z) {\n  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));\n}\n"
        }
        Activation::Sigmoid => SIGMOID,
        Activation::Sin => "\nfunction sin(z) {\n  return Math.sin(z);\n}\n",
        other => {
            let reason = format!("it has no activation {other}; export it to onnx or pytorch");
            return Err(ModelError::Export { format: "javascript", reason });
        }
    })
}

const SIGMOID: &str = "
function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return z < 0 ? e / (1 + e) : 1 / (1 + e);
}
";

const GELU: &str = "
function gelu(z) {
  return 0.5 * z * (1 + erf(z * Math.SQRT1_2));
}

/** erf x = 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)), a sum whose terms have one sign. */
function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x, sum = x;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (2 * x * x) / odd;
    sum += term;
  }
  return (sum * Math.exp(-x * x) * 2) / Math.sqrt(Math.PI);
}
";
