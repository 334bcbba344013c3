//! A model as one file of C99, without dependencies but the mathematics of the C library.

use super::gap::Gap;
use super::source::{Feature, Meaning, activations, features, numbers};
use crate::{Model, ModelError};
use gradling::nn::Activation;
use gradling_data::Code;
use std::fmt::Write as _;

impl Model {
    /// The model as a C99 file, to be included or compiled: `model_predict(&row)` for a
    /// `struct model_row` with a field for each column.
    ///
    /// It computes in `double`, and its predictions are those of [`predict`](Model::predict) but for the last
    /// digits.
    ///
    /// # Errors
    /// More than a million weights and biases; a text that holds a character with the code 0, where texts
    /// end in C.
    pub fn to_c(&self) -> Result<String, ModelError> {
        let features = features(self, "c")?;
        let layers = self.numbers().layers();
        let meaning = Meaning::of(self);
        check_texts(&features, &meaning)?;
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "/* Predicts a column of a table from a row of the others. Written by gradling {};\n   \
             it needs the mathematics of the C library (-lm), and no more.\n\n   \
             Numbers are in the units of the table. Texts are UTF-8 as in the table, without white space\n   \
             around them; one that was not in training counts as \"other\". A missing number is NAN, a missing\n   \
             text is NULL or empty; where the training knew none, all that is predicted of the row is NAN. */\n\n\
             #include <math.h>\n#include <string.h>\n\n\
             /* A row of the table. */\nstruct model_row {{\n",
            self.version()
        );
        for Feature { name, field, code, .. } in &features {
            let kind = match code {
                Code::Number(_) => "double ",
                Code::OneHot(_) => "const char *",
            };
            let _ = writeln!(out, "    {kind}{field}; /* {} */", comment(name));
        }
        out.push_str("};\n\n");
        let _ = writeln!(out, "/* What is predicted: {}. */", comment(self.encoder().target()));
        let answer = match &meaning {
            Meaning::Quantity { .. } => "double",
            Meaning::Classes(labels) => {
                let count = labels.len();
                let texts: Vec<String> = labels.iter().map(|label| quoted(label)).collect();
                let _ = write!(
                    out,
                    "#define MODEL_CLASSES {count}\n\
                     static const char *const model_labels[MODEL_CLASSES] = {{{}}};\n\n\
                     struct model_prediction {{\n    \
                         int place; /* of the most probable class in model_labels */\n    \
                         const char *label; /* its label */\n    \
                         double probabilities[MODEL_CLASSES];\n}};\n",
                    texts.join(", ")
                );
                "struct model_prediction"
            }
        };
        let _ = writeln!(out, "{answer} model_predict(const struct model_row *row);");
        let widest = layers.iter().map(crate::Dense::outputs).max().unwrap_or(1);
        let widest = widest.max(self.numbers().inputs());
        for (n, layer) in layers.iter().enumerate() {
            let (inputs, outputs) = (layer.inputs(), layer.outputs());
            let _ =
                writeln!(out, "\nstatic const double model_weights_{n}[{outputs} * {inputs}] = {{");
            for row in layer.weights.chunks_exact(inputs) {
                let _ = writeln!(out, "    {},", numbers(row));
            }
            let biases = numbers(&layer.biases);
            let _ = writeln!(
                out,
                "}};\nstatic const double model_biases_{n}[{outputs}] = {{{biases}}};"
            );
        }
        for activation in activations(self) {
            out.push_str(function(activation)?);
        }
        out.push_str(DENSE);
        if features.iter().any(|feature| matches!(feature.code, Code::OneHot(_))) {
            out.push_str(ONE_HOT);
        }
        encode(&mut out, &features);
        let _ = write!(
            out,
            "\n{answer} model_predict(const struct model_row *row) {{\n    \
             double a[{widest}] = {{0}}, b[{widest}];\n"
        );
        if let Meaning::Classes(_) = meaning {
            out.push_str("    struct model_prediction prediction;\n    double *p = prediction.probabilities;\n    int k;\n");
        }
        out.push_str("    model_encode(row, a);\n");
        let (mut from, mut to) = ('a', 'b');
        for (n, layer) in layers.iter().enumerate() {
            let (inputs, outputs, name) =
                (layer.inputs(), layer.outputs(), layer.activation.name());
            let _ = writeln!(
                out,
                "    model_dense({from}, {inputs}, model_weights_{n}, model_biases_{n}, {to}, {outputs}, model_{name});"
            );
            (from, to) = (to, from);
        }
        match &meaning {
            Meaning::Quantity { mean, scale } => {
                let _ = writeln!(out, "    return {mean:?} + {scale:?} * {from}[0];\n}}");
            }
            Meaning::Classes(labels) => {
                let code = if labels.len() == 2 { PAIR } else { CLASSES };
                out.push_str(&code.replace("$x", &from.to_string()));
                out.push_str(LARGEST);
            }
        }
        Ok(out)
    }
}

/// Texts in C end at a 0.
fn check_texts(features: &[Feature<'_>], meaning: &Meaning) -> Result<(), ModelError> {
    let values = features.iter().filter_map(|feature| match feature.code {
        Code::OneHot(values) => Some(values),
        Code::Number(_) => None,
    });
    let labels = match meaning {
        Meaning::Classes(labels) => labels.as_slice(),
        Meaning::Quantity { .. } => &[],
    };
    match values.flatten().chain(labels).find(|text| text.contains('\0')) {
        None => Ok(()),
        Some(text) => {
            let reason = format!(
                "the text {text:?} holds a character with the code 0; rename it in the table and train again"
            );
            Err(ModelError::Export { format: "c", reason })
        }
    }
}

/// A text between quotes. What is not plain ASCII is written by its bytes, and so is `?`, of which pairs may
/// mean something else.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | b'?' => {
                quoted.push('\\');
                quoted.push(char::from(byte));
            }
            b' '..=b'~' => quoted.push(char::from(byte)),
            _ => {
                let _ = write!(quoted, "\\{byte:03o}");
            }
        }
    }
    quoted + "\""
}

/// A name within a comment, which it cannot end.
fn comment(name: &str) -> String {
    format!("{name:?}").replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?")
}

fn encode(out: &mut String, features: &[Feature<'_>]) {
    for Feature { field, code, .. } in features {
        if let Code::OneHot(values) = code {
            let texts: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            let (count, texts) = (values.len(), texts.join(", "));
            let _ = writeln!(
                out,
                "\nstatic const char *const model_values_of_{field}[{count}] = {{{texts}}};"
            );
        }
    }
    out.push_str(
        "\n/* The inputs of the network: standard scores, and a 1 at the place of each text. */\n\
         static void model_encode(const struct model_row *row, double *x) {\n",
    );
    for Feature { field, code, gap, start, .. } in features {
        let _ = match (code, gap) {
            (Code::Number(standard), gap) => {
                let (mean, scale) = (standard.mean, standard.scale);
                let value = match gap {
                    Gap::Number(fill) | Gap::Told(fill) => {
                        format!("(isnan(row->{field}) ? {fill:?} : row->{field})")
                    }
                    _ => format!("row->{field}"),
                };
                let _ = writeln!(out, "    x[{start}] = ({value} - ({mean:?})) / {scale:?};");
                match gap {
                    Gap::Told(_) => {
                        let next = start + 1;
                        writeln!(out, "    x[{next}] = isnan(row->{field}) ? 1.0 : 0.0;")
                    }
                    _ => Ok(()),
                }
            }
            (Code::OneHot(values), gap) => {
                let count = values.len();
                let fill = match gap {
                    Gap::Text(fill) => quoted(fill),
                    _ => "NULL".to_owned(),
                };
                writeln!(
                    out,
                    "    model_one_hot(row->{field}, {fill}, model_values_of_{field}, {count}, x + {start});"
                )
            }
        };
    }
    out.push_str("}\n");
}

const DENSE: &str = "
/* The outputs of a layer: the activation of W x + b. */
static void model_dense(const double *x, int inputs, const double *weights, const double *biases,
                        double *y, int outputs, double (*activation)(double)) {
    int i, k;
    for (k = 0; k < outputs; k++) {
        double sum = 0.0;
        for (i = 0; i < inputs; i++) {
            sum += x[i] * *weights++;
        }
        y[k] = activation(sum + biases[k]);
    }
}
";

const ONE_HOT: &str = "
/* A 1 at the place of a text among the values, or at the last place if it is none of them. For a missing
   text fill stands in; if that is NULL, the row has no prediction. */
static void model_one_hot(const char *text, const char *fill, const char *const *values, int count,
                          double *x) {
    int place = 0;
    if (!text || !*text) {
        text = fill;
    }
    if (!text) {
        x[0] = NAN;
        return;
    }
    while (place < count && strcmp(text, values[place]) != 0) {
        place++;
    }
    x[place] = 1.0;
}
";

const PAIR: &str = "    p[0] = exp(-fabs($x[0]));
    p[1] = 1.0 / (1.0 + p[0]);
    p[0] = p[0] / (1.0 + p[0]);
    if ($x[0] < 0.0) {
        double more = p[1];
        p[1] = p[0];
        p[0] = more;
    }
";

const CLASSES: &str = "    {
        double top = $x[0], whole = 0.0;
        for (k = 1; k < MODEL_CLASSES; k++) {
            top = $x[k] > top ? $x[k] : top;
        }
        for (k = 0; k < MODEL_CLASSES; k++) {
            p[k] = exp($x[k] - top);
            whole += p[k];
        }
        for (k = 0; k < MODEL_CLASSES; k++) {
            p[k] /= whole;
        }
    }
";

const LARGEST: &str = "    prediction.place = 0;
    for (k = 1; k < MODEL_CLASSES; k++) {
        if (p[k] > p[prediction.place]) {
            prediction.place = k;
        }
    }
    prediction.label = model_labels[prediction.place];
    return prediction;
}
";

fn function(activation: Activation) -> Result<&'static str, ModelError> {
    Ok(match activation {
        Activation::Linear => "\nstatic double model_linear(double z) { return z; }\n",
        Activation::Tanh => "\nstatic double model_tanh(double z) { return tanh(z); }\n",
        Activation::Relu => "\nstatic double model_relu(double z) { return z < 0.0 ? 0.0 : z; }\n",
        Activation::LeakyRelu => {
            "\nstatic double model_leaky_relu(double z) { return z < 0.0 ? 0.01 * z : z; }\n"
        }
        Activation::Gelu => {
            "\nstatic double model_gelu(double z) { return 0.5 * z * (1.0 + erf(z * 0.70710678118654752)); }\n"
        }
        Activation::Softplus => {
            "\nstatic double model_softplus(double z) { return (z > 0.0 ? z : 0.0) + log1p(exp(-fabs(z))); }\n"
        }
        Activation::Sigmoid => SIGMOID,
        Activation::Sin => "\nstatic double model_sin(double z) { return sin(z); }\n",
        other => {
            let reason = format!("it has no activation {other}; export it to onnx or pytorch");
            return Err(ModelError::Export { format: "c", reason });
        }
    })
}

const SIGMOID: &str = "
static double model_sigmoid(double z) {
    double e = exp(-fabs(z));
    return z < 0.0 ? e / (1.0 + e) : 1.0 / (1.0 + e);
}
";
