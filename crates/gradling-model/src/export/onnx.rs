//! A model as ONNX: IR 8, opset 13, so that runtimes of some years back read it too.
//!
//! Tables are scored in double precision, so that a column of large numbers loses no digits, the network
//! runs in single precision, and a quantity is brought back to its unit in double precision again. What
//! opset 13 has no operator for, a text among values, is `CategoryMapper` of `ai.onnx.ml`.

mod graph;
mod proto;

use super::gap::Gap;
use crate::{Dense, Model, ModelError};
use gradling::nn::Activation;
use gradling_data::{Code, Encoder, Labels, Standard, TargetCode};
use graph::{Builder, Constant, ML, float, int, ints, texts};
use prost::Message;
use proto::{BOOL, DOUBLE, FLOAT, INT64, ModelProto, OperatorSetIdProto, STRING};

const IR: i64 = 8;
const OPSET: i64 = 13;
/// The version of [`ML`].
const ML_VERSION: i64 = 2;

impl Model {
    /// The model as an ONNX file: for each column an input of its name and of shape \[rows, 1\], of doubles or
    /// of strings.
    ///
    /// The outputs are `prediction` of shape \[rows\], which is the label (strings, or int64 or double where
    /// labels are numbers) or the quantity (double), and for classes `probabilities` of shape
    /// \[rows, classes\] (float). An output whose name a column has gets `_` behind it.
    ///
    /// # Errors
    /// Weights that are too large for single precision; an activation that opset 13 cannot compute.
    pub fn to_onnx(&self) -> Result<Vec<u8>, ModelError> {
        let encoder = self.encoder();
        let names = encoder.features().iter().map(|feature| feature.name.as_str());
        let mut graph = Builder::new("gradling", names.clone());
        let (mut scores, gaps) = encode(&mut graph, encoder);
        for (number, layer) in (1..).zip(self.numbers().layers()) {
            scores = dense(&mut graph, layer, number, &scores)?;
        }
        let free = |name: &str| {
            let mut name = name.to_owned();
            while names.clone().any(|taken| taken == name) {
                name.push('_');
            }
            name
        };
        let target = encoder.target();
        let prediction = free("prediction");
        match encoder.target_code() {
            TargetCode::Number(standard) => {
                let quantity = decode(&mut graph, standard, &scores);
                let nothing = Constant::Doubles(&[f64::NAN]);
                let quantity = but_for(&mut graph, gaps.as_deref(), nothing, quantity);
                let quantity = squeeze(&mut graph, &quantity);
                graph.output(&quantity, &prediction, DOUBLE, &[None], target);
            }
            TargetCode::Classes(labels) => {
                let p = probabilities(&mut graph, labels, &scores);
                let nothing = Constant::Floats(&[f32::NAN]);
                let p = but_for(&mut graph, gaps.as_deref(), nothing, p);
                let (label, kind) = most_probable(&mut graph, labels, &p);
                graph.output(&label, &prediction, kind, &[None], target);
                let about = format!("of the classes {}", labels.names().join(", "));
                let shape = [None, Some(labels.len())];
                graph.output(&p, &free("probabilities"), FLOAT, &shape, &about);
            }
        }
        graph
            .describe(format!("predicts the column {target:?} of a table from rows of the others"));
        let opset =
            |domain: &str, version| OperatorSetIdProto { domain: domain.to_owned(), version };
        let has_text = encoder.features().iter().any(|f| matches!(f.code, Code::OneHot(_)));
        let mut opset_import = vec![opset("", OPSET)];
        opset_import.extend(has_text.then(|| opset(ML, ML_VERSION)));
        let model = ModelProto {
            ir_version: IR,
            producer_name: "gradling".to_owned(),
            producer_version: self.version().to_owned(),
            graph: Some(graph.finish()),
            opset_import,
        };
        Ok(model.encode_to_vec())
    }
}

/// The inputs of the network, \[rows, inputs\], and which rows miss a value for which nothing stands in,
/// \[rows, 1\], if they may.
fn encode(graph: &mut Builder, encoder: &Encoder) -> (String, Option<String>) {
    let mut parts = Vec::new();
    // What is missing, as 0 and 1.
    let (mut numbers, mut missing) = (Vec::new(), Vec::new());
    // Neighbouring columns of numbers are scored together.
    let mut run: Vec<Number> = Vec::new();
    for feature in encoder.features() {
        let gap = Gap::of(feature);
        match &feature.code {
            Code::Number(standard) => {
                let input = graph.input(&feature.name, DOUBLE, "a number, NaN if it is missing");
                let fill = match gap {
                    Gap::Number(fill) | Gap::Told(fill) => Some(fill),
                    _ => None,
                };
                run.push(Number { input: input.clone(), standard: *standard, fill });
                if gap == Gap::Open {
                    numbers.push(input.clone());
                }
                if let Gap::Told(_) = gap {
                    parts.extend(score(graph, &std::mem::take(&mut run)));
                    let missing = is_nan(graph, &input);
                    parts.push(cast(graph, &missing, FLOAT));
                }
            }
            Code::OneHot(values) => {
                parts.extend(score(graph, &std::mem::take(&mut run)));
                let about = "a text without white space around it, empty if it is missing";
                let text = graph.input(&feature.name, STRING, about);
                parts.push(one_hot(graph, &text, values, gap));
                if gap == Gap::Open {
                    let is_empty = category(graph, &text, &[String::new()], vec![1], 0);
                    missing.push(cast(graph, &is_empty, FLOAT));
                }
            }
        }
    }
    parts.extend(score(graph, &run));
    if !numbers.is_empty() {
        let numbers = concat(graph, &numbers);
        let are_nan = is_nan(graph, &numbers);
        missing.push(cast(graph, &are_nan, FLOAT));
    }
    let gaps = (!missing.is_empty()).then(|| {
        let missing = concat(graph, &missing);
        let attributes = vec![ints("axes", vec![1]), int("keepdims", 1)];
        let any = graph.node_with("ReduceMax", &[&missing], attributes);
        cast(graph, &any, BOOL)
    });
    (concat(graph, &parts), gaps)
}

/// What is predicted, and nothing for rows with gaps. (NaN among the inputs would not do: some runtimes make a
/// number of it, by a maximum with 0.)
fn but_for(
    graph: &mut Builder,
    gaps: Option<&str>,
    nothing: Constant<'_>,
    predicted: String,
) -> String {
    let Some(gaps) = gaps else { return predicted };
    let nothing = graph.constant("nothing", &[1], nothing);
    graph.node("Where", &[gaps, &nothing, &predicted])
}

/// A column of numbers.
struct Number {
    input: String,
    standard: Standard,
    /// What stands in for a missing one.
    fill: Option<f64>,
}

fn cast(graph: &mut Builder, from: &str, to: i32) -> String {
    graph.node_with("Cast", &[from], vec![int("to", to.into())])
}

/// Of doubles. (Opset 13 has it for them too, but tract knows it for floats alone.)
fn is_nan(graph: &mut Builder, doubles: &str) -> String {
    let floats = cast(graph, doubles, FLOAT);
    graph.node("IsNaN", &[&floats])
}

fn concat(graph: &mut Builder, parts: &[String]) -> String {
    match parts {
        [one] => one.clone(),
        _ => {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            graph.node_with("Concat", &parts, vec![int("axis", 1)])
        }
    }
}

/// Standard scores of columns of numbers.
fn score(graph: &mut Builder, columns: &[Number]) -> Option<String> {
    if columns.is_empty() {
        return None;
    }
    let names: Vec<String> = columns.iter().map(|column| column.input.clone()).collect();
    let all = |of: fn(&Number) -> f64| -> Vec<f64> { columns.iter().map(of).collect() };
    let (means, scales) = (all(|column| column.standard.mean), all(|column| column.standard.scale));
    let shape = [1, columns.len()];
    let mut together = concat(graph, &names);
    if columns.iter().any(|column| column.fill.is_some()) {
        let fills = all(|column| column.fill.unwrap_or(f64::NAN));
        let fills = graph.constant("fills", &shape, Constant::Doubles(&fills));
        let missing = is_nan(graph, &together);
        together = graph.node("Where", &[&missing, &fills, &together]);
    }
    let means = graph.constant("means", &shape, Constant::Doubles(&means));
    let scales = graph.constant("scales", &shape, Constant::Doubles(&scales));
    let from_mean = graph.node("Sub", &[&together, &means]);
    let scores = graph.node("Div", &[&from_mean, &scales]);
    Some(cast(graph, &scores, FLOAT))
}

/// A 1 at the place of a text among the values, or at the last place.
fn one_hot(graph: &mut Builder, text: &str, values: &[String], gap: Gap<'_>) -> String {
    let count = values.len() as i64;
    let mut names = values.to_vec();
    let mut places: Vec<i64> = (0..count).collect();
    // A missing text goes where what stands in for it goes.
    if let Gap::Text(fill) = gap
        && !fill.is_empty()
    {
        let place = values.iter().position(|value| value == fill);
        names.push(String::new());
        places.push(place.map_or(count, |place| place as i64));
    }
    let place = category(graph, text, &names, places, count);
    let place = squeeze(graph, &place);
    let depth = graph.constant("depth", &[1], Constant::Ints(&[count + 1]));
    let off_and_on = graph.constant("off_and_on", &[2], Constant::Floats(&[0.0, 1.0]));
    graph.node_with("OneHot", &[&place, &depth, &off_and_on], vec![int("axis", -1)])
}

/// The number of a text, or another for texts that are none of these.
fn category(
    graph: &mut Builder,
    text: &str,
    names: &[String],
    numbers: Vec<i64>,
    other: i64,
) -> String {
    let attributes = vec![
        ints("cats_int64s", numbers),
        texts("cats_strings", names),
        int("default_int64", other),
    ];
    graph.node_with("CategoryMapper", &[text], attributes)
}

/// \[rows, 1\] to \[rows\].
fn squeeze(graph: &mut Builder, column: &str) -> String {
    let axes = graph.constant("axes", &[1], Constant::Ints(&[1]));
    graph.node("Squeeze", &[column, &axes])
}

fn dense(
    graph: &mut Builder,
    layer: &Dense,
    number: usize,
    inputs: &str,
) -> Result<String, ModelError> {
    let single = |numbers: &[f64]| -> Result<Vec<f32>, ModelError> {
        let single: Vec<f32> = numbers.iter().map(|&x| x as f32).collect();
        if single.iter().all(|x| x.is_finite()) {
            return Ok(single);
        }
        let reason = format!(
            "layer {number} holds a number that is too large for single precision; train again with a smaller --rate"
        );
        Err(ModelError::Export { format: "onnx", reason })
    };
    let (weights, biases) = (single(&layer.weights)?, single(&layer.biases)?);
    let shape = [layer.outputs(), layer.inputs()];
    let weights = graph.constant("weights", &shape, Constant::Floats(&weights));
    let biases = graph.constant("biases", &[layer.outputs()], Constant::Floats(&biases));
    let sums = graph.node_with("Gemm", &[inputs, &weights, &biases], vec![int("transB", 1)]);
    activate(graph, layer.activation, sums)
}

fn activate(
    graph: &mut Builder,
    activation: Activation,
    sums: String,
) -> Result<String, ModelError> {
    Ok(match activation {
        Activation::Linear => sums,
        Activation::Tanh => graph.node("Tanh", &[&sums]),
        Activation::Relu => graph.node("Relu", &[&sums]),
        Activation::LeakyRelu => graph.node_with("LeakyRelu", &[&sums], vec![float("alpha", 0.01)]),
        Activation::Softplus => graph.node("Softplus", &[&sums]),
        Activation::Sigmoid => graph.node("Sigmoid", &[&sums]),
        Activation::Sin => graph.node("Sin", &[&sums]),
        // Its own operator came with opset 20.
        Activation::Gelu => {
            let mut number = |x: f32| graph.constant("number", &[], Constant::Floats(&[x]));
            let (root, one, half) =
                (number(std::f32::consts::FRAC_1_SQRT_2), number(1.0), number(0.5));
            let scaled = graph.node("Mul", &[&sums, &root]);
            let erf = graph.node("Erf", &[&scaled]);
            let twice = graph.node("Add", &[&erf, &one]);
            let share = graph.node("Mul", &[&twice, &half]);
            graph.node("Mul", &[&sums, &share])
        }
        other => {
            let reason = format!("opset {OPSET} has no activation {other}; export it to pytorch");
            return Err(ModelError::Export { format: "onnx", reason });
        }
    })
}

/// The quantity of a standard score, in its unit, \[rows, 1\].
fn decode(graph: &mut Builder, standard: &Standard, scores: &str) -> String {
    let scores = cast(graph, scores, DOUBLE);
    let scale = graph.constant("scale", &[1], Constant::Doubles(&[standard.scale]));
    let mean = graph.constant("mean", &[1], Constant::Doubles(&[standard.mean]));
    let from_mean = graph.node("Mul", &[&scores, &scale]);
    graph.node("Add", &[&from_mean, &mean])
}

/// \[rows, classes\].
fn probabilities(graph: &mut Builder, labels: &Labels, scores: &str) -> String {
    if labels.len() == 2 {
        let against = graph.node("Neg", &[scores]);
        let pair = [graph.node("Sigmoid", &[&against]), graph.node("Sigmoid", &[scores])];
        return concat(graph, &pair);
    }
    graph.node_with("Softmax", &[scores], vec![int("axis", 1)])
}

/// The label of the largest probability, and the type of its elements.
fn most_probable(graph: &mut Builder, labels: &Labels, probabilities: &str) -> (String, i32) {
    let shape = [labels.len()];
    let (labels, kind) = match labels {
        Labels::Texts(texts) => (graph.constant("labels", &shape, Constant::Texts(texts)), STRING),
        Labels::Numbers(numbers) => match whole(numbers) {
            Some(ints) => (graph.constant("labels", &shape, Constant::Ints(&ints)), INT64),
            None => (graph.constant("labels", &shape, Constant::Doubles(numbers)), DOUBLE),
        },
    };
    let attributes = vec![int("axis", 1), int("keepdims", 0)];
    let place = graph.node_with("ArgMax", &[probabilities], attributes);
    (graph.node_with("Gather", &[&labels, &place], vec![int("axis", 0)]), kind)
}

/// The numbers as integers, if all of them are.
fn whole(numbers: &[f64]) -> Option<Vec<i64>> {
    /// From here on not every integer is a double.
    const MOST: f64 = 9_007_199_254_740_992.0;
    numbers.iter().map(|&x| (x.fract() == 0.0 && x.abs() < MOST).then_some(x as i64)).collect()
}
