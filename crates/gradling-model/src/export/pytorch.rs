//! A model for PyTorch: its tensors by the names of `nn.Sequential`, and the program that loads them.

use super::gap::Gap;
use super::source::json;
use crate::file::{bias_name, weight_name};
use crate::{Model, ModelError};
use gradling::nn::Activation;
use gradling_data::{Code, TargetCode};
use safetensors::serialize;
use safetensors::tensor::{Dtype, TensorView};
use std::fmt::Write as _;

/// How many bits a number is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32, as most networks of PyTorch's have.
    Single,
    /// 64, as the model has.
    Double,
}

/// The two files of a model for PyTorch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PyTorch {
    /// `model.safetensors`: `0.weight`, `0.bias`, `2.weight`, …, the state of an `nn.Sequential`.
    pub tensors: Vec<u8>,
    /// `model.py`, which makes that `nn.Sequential`, loads the tensors from beside it, and predicts from rows.
    pub program: String,
}

impl Model {
    /// The model for PyTorch, with `torch` and `safetensors` as all that it needs.
    ///
    /// # Errors
    /// Weights that are too large for single precision, if that is asked for.
    pub fn to_pytorch(&self, precision: Precision) -> Result<PyTorch, ModelError> {
        Ok(PyTorch { tensors: tensors(self, precision)?, program: program(self, precision)? })
    }
}

fn tensors(model: &Model, precision: Precision) -> Result<Vec<u8>, ModelError> {
    let bytes = |numbers: &[f64]| -> Result<Vec<u8>, ModelError> {
        Ok(match precision {
            Precision::Double => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Precision::Single if numbers.iter().any(|&x| !(x as f32).is_finite()) => {
                let reason =
                    "a weight is too large for single precision; write it in double".to_owned();
                return Err(ModelError::Export { format: "pytorch", reason });
            }
            Precision::Single => numbers.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect(),
        })
    };
    let mut tensors = Vec::new();
    for (n, layer) in model.numbers().layers().iter().enumerate() {
        let (inputs, outputs) = (layer.inputs(), layer.outputs());
        tensors.push((weight_name(n), vec![outputs, inputs], bytes(&layer.weights)?));
        tensors.push((bias_name(n), vec![outputs], bytes(&layer.biases)?));
    }
    let dtype = match precision {
        Precision::Single => Dtype::F32,
        Precision::Double => Dtype::F64,
    };
    let views = tensors
        .iter()
        .map(|(name, shape, data)| Ok((name, TensorView::new(dtype, shape.clone(), data)?)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(ModelError::Write)?;
    serialize(views, None).map_err(ModelError::Write)
}

fn program(model: &Model, precision: Precision) -> Result<String, ModelError> {
    let dtype = match precision {
        Precision::Single => "float32",
        Precision::Double => "float64",
    };
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "\"\"\"A network for rows of a table, written by gradling {}. It needs torch and safetensors.",
        model.version()
    );
    out.push_str(INTRODUCTION);
    let _ = writeln!(out, "#: What is predicted.\nTARGET = {}", json(model.encoder().target()));
    out.push_str(
        "#: The columns: numbers with mean and scale, texts with their values; what stands in for a\n#: missing one, and whether an input of its own tells of it.\nCOLUMNS = [\n",
    );
    for feature in model.encoder().features() {
        let name = json(&feature.name);
        let missing = match Gap::of(feature) {
            Gap::Open => String::new(),
            Gap::Number(fill) => format!(", \"missing\": {fill:?}"),
            Gap::Told(fill) => format!(", \"missing\": {fill:?}, \"told\": True"),
            Gap::Text(fill) => format!(", \"missing\": {}", json(fill)),
        };
        let code = match &feature.code {
            Code::Number(standard) => {
                format!("\"mean\": {:?}, \"scale\": {:?}", standard.mean, standard.scale)
            }
            Code::OneHot(values) => {
                let values: Vec<String> = values.iter().map(|value| json(value)).collect();
                format!("\"values\": [{}]", values.join(", "))
            }
        };
        let _ = writeln!(out, "    {{\"name\": {name}, {code}{missing}}},");
    }
    out.push_str("]\n");
    match model.encoder().target_code() {
        TargetCode::Number(standard) => {
            let (mean, scale) = (standard.mean, standard.scale);
            let _ = writeln!(out, "#: Of the target.\nMEAN, SCALE = {mean:?}, {scale:?}");
        }
        TargetCode::Classes(labels) => {
            let labels: Vec<String> = labels.names().iter().map(|label| json(label)).collect();
            let _ = writeln!(out, "#: The classes.\nLABELS = [{}]", labels.join(", "));
        }
    }
    let _ = writeln!(out, "DTYPE = torch.{dtype}");
    out.push_str(NETWORK);
    for layer in model.numbers().layers() {
        let (inputs, outputs) = (layer.inputs(), layer.outputs());
        let _ = writeln!(out, "        nn.Linear({inputs}, {outputs}),");
        let _ = writeln!(out, "        {},", module(layer.activation)?);
    }
    out.push_str("    ).to(DTYPE)\n");
    if model.numbers().layers().iter().any(|layer| layer.activation == Activation::Sin) {
        out.push_str(SIN);
    }
    out.push_str(LOAD);
    out.push_str(match model.encoder().target_code() {
        TargetCode::Number(_) => QUANTITY,
        TargetCode::Classes(labels) if labels.len() == 2 => PAIR,
        TargetCode::Classes(_) => CLASSES,
    });
    Ok(out)
}

const INTRODUCTION: &str = "
    from model import load, predict

    network = load()
    predict(network, [{\"column\": 1.0, \"other column\": \"text\"}])

Numbers are in the units of the table. A text that was not in training counts as \"other\". Missing are None, NaN,
the empty text, and what a row does not name; where the training knew none, they are refused.
\"\"\"

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

";

const NETWORK: &str = "

def network():
    \"\"\"The network, with first weights of PyTorch's.\"\"\"
    return nn.Sequential(
";

const SIN: &str = "

class Sin(nn.Module):
    def forward(self, x):
        return torch.sin(x)
";

const LOAD: &str = "

def load(path=Path(__file__).with_name(\"model.safetensors\")):
    \"\"\"The trained network.\"\"\"
    trained = network()
    trained.load_state_dict(load_file(path))
    return trained.eval()


def encode(rows):
    \"\"\"The inputs of the network for rows, which are dicts by column.\"\"\"
    inputs = []
    for row in rows:
        x = []
        for column in COLUMNS:
            name = column[\"name\"]
            cell = row.get(name)
            is_missing = cell is None or cell == \"\" or cell != cell
            if is_missing:
                if \"missing\" not in column:
                    raise ValueError(f\"column {name!r} has no value, and the training knew no missing ones\")
                cell = column[\"missing\"]
            if \"values\" in column:
                values = column[\"values\"]
                place = values.index(cell) if cell in values else len(values)
                x.extend(1.0 if k == place else 0.0 for k in range(len(values) + 1))
            else:
                x.append((cell - column[\"mean\"]) / column[\"scale\"])
                if column.get(\"told\"):
                    x.append(1.0 if is_missing else 0.0)
        inputs.append(x)
    return torch.tensor(inputs, dtype=DTYPE)

";

const QUANTITY: &str = "
def predict(trained, rows):
    \"\"\"The quantity for each row, in its unit.\"\"\"
    with torch.no_grad():
        return (MEAN + SCALE * trained(encode(rows))[:, 0].to(torch.float64)).tolist()
";

const PAIR: &str = "
def probabilities(trained, rows):
    \"\"\"The probability of each of LABELS, for each row.\"\"\"
    with torch.no_grad():
        scores = trained(encode(rows))
        return torch.sigmoid(torch.cat([-scores, scores], dim=1))


def predict(trained, rows):
    \"\"\"The most probable of LABELS for each row.\"\"\"
    return [LABELS[place] for place in probabilities(trained, rows).argmax(dim=1).tolist()]
";

const CLASSES: &str = "
def probabilities(trained, rows):
    \"\"\"The probability of each of LABELS, for each row.\"\"\"
    with torch.no_grad():
        return torch.softmax(trained(encode(rows)), dim=1)


def predict(trained, rows):
    \"\"\"The most probable of LABELS for each row.\"\"\"
    return [LABELS[place] for place in probabilities(trained, rows).argmax(dim=1).tolist()]
";

fn module(activation: Activation) -> Result<&'static str, ModelError> {
    Ok(match activation {
        Activation::Linear => "nn.Identity()",
        Activation::Tanh => "nn.Tanh()",
        Activation::Relu => "nn.ReLU()",
        Activation::LeakyRelu => "nn.LeakyReLU(0.01)",
        Activation::Gelu => "nn.GELU()",
        Activation::Softplus => "nn.Softplus()",
        Activation::Sigmoid => "nn.Sigmoid()",
        Activation::Sin => "Sin()",
        other => {
            let reason = format!("it has no activation {other}; export it to onnx");
            return Err(ModelError::Export { format: "pytorch", reason });
        }
    })
}
