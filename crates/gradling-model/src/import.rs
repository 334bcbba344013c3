//! A network of PyTorch's: the tensors of an `nn.Sequential` of `nn.Linear` and activations.

use crate::{Dense, ModelError, Network};
use gradling::nn::Activation;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::BTreeMap;

/// What of a layer was found.
#[derive(Default)]
struct Found<'a> {
    weight: Option<TensorView<'a>>,
    bias: Option<TensorView<'a>>,
}

impl Network {
    /// The network of a safetensors file that holds the state of an `nn.Sequential` of `nn.Linear`: tensors
    /// `0.weight`, `0.bias`, `2.weight`, …, in single or double precision. Numbers between may be missing, as
    /// those of activations are; a layer without a bias has zeros.
    ///
    /// Such a file does not hold the `activations`: one for each hidden layer, or one for all of them.
    ///
    /// # Errors
    /// No safetensors file; a tensor of another name, shape or type than those of `nn.Linear`; layers that do not
    /// follow on each other; another number of activations.
    pub fn from_pytorch(bytes: &[u8], activations: &[Activation]) -> Result<Self, ModelError> {
        let file = SafeTensors::deserialize(bytes).map_err(ModelError::NotTensors)?;
        let mut layers: BTreeMap<u32, Found<'_>> = BTreeMap::new();
        let mut names = file.names();
        names.sort_unstable();
        for name in names {
            let tensor = file.tensor(name).map_err(ModelError::NotTensors)?;
            let (place, kind) = parse(name)?;
            let layer = layers.entry(place).or_default();
            match kind {
                Kind::Weight => layer.weight = Some(tensor),
                Kind::Bias => layer.bias = Some(tensor),
            }
        }
        let hidden = layers.len().saturating_sub(1);
        let activation = |layer: usize| match activations {
            _ if layer == hidden => Activation::Linear,
            &[one] => one,
            several => several[layer],
        };
        if activations.len() != hidden && !(activations.len() == 1 && hidden > 0) {
            let given = activations.len();
            return foreign(format!(
                "it has {hidden} hidden layers, and {given} activations were given; give one for each, or one for all"
            ));
        }
        let dense = layers
            .into_iter()
            .enumerate()
            .map(|(n, (place, found))| read(place, &found, activation(n)))
            .collect::<Result<Vec<_>, _>>()?;
        Network::new(dense)
    }

    /// The same network with one output in place of two: the second less the first, which as a logit has the
    /// same probabilities as the two by softmax. `None` if there are not two, or the last layer has an
    /// activation.
    pub fn into_logit(self) -> Option<Self> {
        let mut layers = self.layers().to_vec();
        let last = layers.last_mut()?;
        let inputs = last.inputs();
        let &[first, second] = last.biases.as_slice() else { return None };
        if last.activation != Activation::Linear {
            return None;
        }
        let (no, yes) = last.weights.split_at(inputs);
        last.weights = yes.iter().zip(no).map(|(yes, no)| yes - no).collect();
        last.biases = vec![second - first];
        Network::new(layers).ok()
    }
}

enum Kind {
    Weight,
    Bias,
}

fn foreign<T>(reason: String) -> Result<T, ModelError> {
    Err(ModelError::Foreign(reason))
}

/// The place of a layer in its sequence, and which of its tensors this is.
fn parse(name: &str) -> Result<(u32, Kind), ModelError> {
    const NAMES: &str =
        "the tensors of nn.Linear in an nn.Sequential are 0.weight, 0.bias, 2.weight and so on";
    let shown: String = name.chars().take(60).collect();
    let parsed = name.split_once('.').and_then(|(place, kind)| {
        let canonical = place == "0" || !place.starts_with(['0', '+']);
        Some((place.parse().ok().filter(|_| canonical)?, kind))
    });
    match parsed {
        Some((place, "weight")) => Ok((place, Kind::Weight)),
        Some((place, "bias")) => Ok((place, Kind::Bias)),
        Some((_, "running_mean" | "running_var" | "num_batches_tracked")) => foreign(format!(
            "the tensor {shown:?} is of a layer for normalisation; fold it into the layer before it, or train without"
        )),
        Some(_) => foreign(format!("the tensor {shown:?} is of another kind of layer; {NAMES}")),
        None => foreign(format!(
            "there is a tensor {shown:?}; {NAMES}: save the state_dict() of the nn.Sequential itself"
        )),
    }
}

fn read(place: u32, found: &Found<'_>, activation: Activation) -> Result<Dense, ModelError> {
    let Some(weight) = &found.weight else {
        return foreign(format!("there is \"{place}.bias\" and no \"{place}.weight\""));
    };
    let &[outputs, inputs] = weight.shape() else {
        return foreign(format!(
            "\"{place}.weight\" is of shape {:?}, and that of nn.Linear is [outputs, inputs]",
            weight.shape()
        ));
    };
    if outputs == 0 || inputs == 0 {
        return foreign(format!("\"{place}.weight\" is empty, of shape [{outputs}, {inputs}]"));
    }
    let weights = numbers(place, "weight", weight)?;
    let biases = match &found.bias {
        None => vec![0.0; outputs],
        Some(bias) if bias.shape() == [outputs] => numbers(place, "bias", bias)?,
        Some(bias) => {
            return foreign(format!(
                "\"{place}.bias\" is of shape {:?}, and should be [{outputs}]",
                bias.shape()
            ));
        }
    };
    Ok(Dense { weights, biases, activation })
}

fn numbers(place: u32, kind: &str, tensor: &TensorView<'_>) -> Result<Vec<f64>, ModelError> {
    let data = tensor.data();
    let numbers: Vec<f64> = match tensor.dtype() {
        Dtype::F64 => data.as_chunks().0.iter().map(|&x| f64::from_le_bytes(x)).collect(),
        Dtype::F32 => data.as_chunks().0.iter().map(|&x| f32::from_le_bytes(x).into()).collect(),
        other => {
            return foreign(format!(
                "\"{place}.{kind}\" is of type {other:?}; save the network after .float()"
            ));
        }
    };
    match numbers.iter().all(|x| x.is_finite()) {
        true => Ok(numbers),
        false => foreign(format!("\"{place}.{kind}\" holds a number that is not finite")),
    }
}
