//! The model as bytes: one safetensors file.
//!
//! Tensors have the names and shapes of PyTorch's `Sequential(Linear, activation, Linear, …)`:
//! layer n, from 0, is `2n.weight` of shape \[outputs, inputs\] and `2n.bias`, all of them F64. All
//! else is one JSON text under the key `gradling` of the file's metadata. (One, because the
//! safetensors crate writes several keys in random order.) So the same model is always the same bytes.

use crate::{DataHash, Dense, Model, ModelError, Network};
use gradling::nn::Activation;
use gradling_data::Encoder;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The format that is written and read here.
pub const FORMAT: u64 = 1;
/// The key of the description among the file's metadata.
const KEY: &str = "gradling";

/// What the file says of the model besides its tensors.
#[derive(Serialize, Deserialize)]
struct Description {
    format: u64,
    version: String,
    seed: u64,
    inputs: usize,
    layers: Vec<LayerDescription>,
    encoder: Encoder,
    /// Files of before there was one have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data_hash: Option<DataHash>,
}

#[derive(Serialize, Deserialize)]
struct LayerDescription {
    outputs: usize,
    activation: String,
}

/// The one thing that every format says.
#[derive(Deserialize)]
struct AnyFormat {
    format: u64,
}

impl Model {
    /// The model as a file. The same model gives the same bytes.
    ///
    /// # Errors
    /// An encoder whose description takes more than the 100 MB that the format allows.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        let layers = self.numbers().layers();
        let description = Description {
            format: FORMAT,
            version: self.version().to_owned(),
            seed: self.seed(),
            inputs: self.numbers().inputs(),
            layers: layers.iter().map(LayerDescription::of).collect(),
            encoder: self.encoder().clone(),
            data_hash: self.data_hash(),
        };
        let text = serde_json::to_string(&description)
            .map_err(|error| ModelError::Description(error.to_string()))?;

        let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = layers
            .iter()
            .enumerate()
            .flat_map(|(n, layer)| {
                let (inputs, outputs) = (layer.inputs(), layer.outputs());
                [
                    (weight_name(n), vec![outputs, inputs], bytes(&layer.weights)),
                    (bias_name(n), vec![outputs], bytes(&layer.biases)),
                ]
            })
            .collect();
        let views = tensors
            .iter()
            .map(|(name, shape, data)| {
                Ok((name, TensorView::new(Dtype::F64, shape.clone(), data)?))
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(ModelError::Write)?;
        let metadata = HashMap::from([(KEY.to_owned(), text)]);
        serialize(views, Some(metadata)).map_err(ModelError::Write)
    }

    /// The model of a file. Nothing in it is trusted: what it says is checked against the bytes that
    /// are there before memory is taken.
    ///
    /// # Errors
    /// Anything but an undamaged model file of [`FORMAT`], with the reason.
    pub fn from_bytes(bytes: &[u8]) -> Result<Model, ModelError> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(ModelError::NotSafetensors)?;
        let text = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
        let description = Description::parse(text.ok_or(ModelError::NotGradling)?)?;

        let tensors = SafeTensors::deserialize(bytes).map_err(ModelError::NotSafetensors)?;
        if tensors.len() != 2 * description.layers.len() {
            let (found, layers) = (tensors.len(), description.layers.len());
            let reason = format!("there are {found}, and {layers} layers have two each");
            return Err(ModelError::Tensors(reason));
        }
        let mut inputs = description.inputs;
        let mut layers = Vec::with_capacity(description.layers.len());
        for (n, layer) in description.layers.iter().enumerate() {
            let outputs = layer.outputs;
            let activation: Activation = layer
                .activation
                .parse()
                .map_err(|error| ModelError::Description(format!("layer {}: {error}", n + 1)))?;
            let weights = numbers(&tensors, &weight_name(n), &[outputs, inputs])?;
            let biases = numbers(&tensors, &bias_name(n), &[outputs])?;
            layers.push(Dense { weights, biases, activation });
            inputs = outputs;
        }
        let Description { version, encoder, seed, data_hash, .. } = description;
        let model = Model::of_version(version, encoder, Network::new(layers)?, seed)?;
        Ok(model.with_data_hash(data_hash))
    }
}

impl LayerDescription {
    fn of(layer: &Dense) -> Self {
        LayerDescription {
            outputs: layer.outputs(),
            activation: layer.activation.name().to_owned(),
        }
    }
}

impl Description {
    /// The format is looked at first: another one may differ in all else.
    fn parse(text: &str) -> Result<Self, ModelError> {
        let damaged = |error: serde_json::Error| ModelError::Description(error.to_string());
        let AnyFormat { format } = serde_json::from_str(text).map_err(damaged)?;
        if format != FORMAT {
            return Err(ModelError::Format { found: format });
        }
        serde_json::from_str(text).map_err(damaged)
    }
}

pub(crate) fn weight_name(layer: usize) -> String {
    format!("{}.weight", 2 * layer)
}

pub(crate) fn bias_name(layer: usize) -> String {
    format!("{}.bias", 2 * layer)
}

fn bytes(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The numbers of a tensor of this name and shape. Its bytes are there: the safetensors crate has
/// compared shapes with them.
fn numbers(tensors: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f64>, ModelError> {
    let wrong = |reason: String| Err(ModelError::Tensors(reason));
    let Ok(tensor) = tensors.tensor(name) else {
        return wrong(format!("there is no {name:?}"));
    };
    if tensor.dtype() != Dtype::F64 {
        return wrong(format!("{name:?} is of type {:?}, and should be F64", tensor.dtype()));
    }
    if tensor.shape() != shape {
        let found = tensor.shape();
        return wrong(format!("{name:?} is of shape {found:?}, and should be {shape:?}"));
    }
    let (numbers, _) = tensor.data().as_chunks::<8>();
    Ok(numbers.iter().map(|&number| f64::from_le_bytes(number)).collect())
}
