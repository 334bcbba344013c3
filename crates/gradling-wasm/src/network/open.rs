//! A model file as the start of a session: the way back from [`export`](super::export).

use super::Wrong;
use super::data::Problem;
use super::settings::{Loss, MOST_LAYERS, MOST_NEURONS, Set, Settings};
use gradling::nn::Activation;
use gradling_data::{Code, Encoder, Standard, TargetCode};
use gradling_model::{Dense, Model};
use serde::Serialize;

/// What the settings of a session have to become.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Opened {
    /// The column to predict, of a table.
    pub target: String,
    /// The inputs, in their order.
    pub features: Vec<String>,
    /// Neurons of each hidden layer.
    pub layers: Vec<usize>,
    /// Their activations; none without hidden layers.
    pub activations: Vec<String>,
    /// The loss that is usual for the task.
    pub loss: Loss,
    /// The first weights.
    pub start: Vec<f64>,
}

/// Reads a model file for the data of these settings. A model has its own standard scores; the first layer, and of
/// a regression the last, are written anew for those of the data.
///
/// # Errors
/// A file that is no model, or one that does not fit the data, with what to change.
pub fn open(bytes: &[u8], settings: &Settings) -> Result<Opened, Wrong> {
    let model = Model::from_bytes(bytes).map_err(|error| error.to_string())?;
    let (theirs, layers) = (model.encoder(), model.numbers().layers());
    let is_table = settings.data.set == Set::Table;
    let mut here = settings.clone();
    here.net.features = theirs.inputs();
    here.net.start = Vec::new();
    if is_table {
        theirs.target().clone_into(&mut here.data.target);
    }
    let problem = Problem::new(&here).map_err(|Wrong(reason)| {
        let inputs = here.net.features.join(", ");
        let column = if is_table { format!(" and predicts {:?}", theirs.target()) } else { String::new() };
        Wrong(format!(
            "the model reads {inputs}{column}, and the data here do not have that: open the table it learned from \
             first ({reason})"
        ))
    })?;
    alike(theirs.target_code(), &problem)?;
    let (hidden, last) = layers.split_at(layers.len() - 1);
    if hidden.len() > MOST_LAYERS || hidden.iter().any(|layer| layer.outputs() > MOST_NEURONS) {
        let sizes: Vec<String> = hidden.iter().map(|layer| layer.outputs().to_string()).collect();
        return Err(Wrong(format!(
            "the model has hidden layers of {}: at most {MOST_LAYERS} layers of {MOST_NEURONS} fit here",
            sizes.join(", ")
        )));
    }
    if last.iter().any(|layer| layer.activation != Activation::Linear) {
        return Err(
            "the model has an activation after its last layer, which there is none of here".into(),
        );
    }

    let mut layers = layers.to_vec();
    let (from, to) = (scores(theirs), here_scores(&problem, is_table));
    let places: Vec<usize> = theirs
        .inputs()
        .iter()
        .map(|input| {
            problem.encoder.inputs().iter().position(|other| other == input).unwrap_or_default()
        })
        .collect();
    for_other_inputs(
        &mut layers[0],
        &from,
        &places.iter().map(|&place| to[place]).collect::<Vec<_>>(),
    );
    if let (TargetCode::Number(theirs), TargetCode::Number(ours), Some(last)) =
        (theirs.target_code(), problem.encoder.target_code(), layers.last_mut())
    {
        let (mean, scale) = if is_table { (ours.mean, ours.scale) } else { (0.0, 1.0) };
        last.weights.iter_mut().for_each(|w| *w *= theirs.scale / scale);
        last.biases.iter_mut().for_each(|b| *b = (*b * theirs.scale + theirs.mean - mean) / scale);
    }
    let start = layers
        .iter()
        .flat_map(|layer| {
            let rows = layer.weights.chunks_exact(layer.inputs()).zip(&layer.biases);
            rows.flat_map(|(w, &b)| w.iter().copied().chain([b]))
        })
        .collect();
    let hidden = &layers[..layers.len() - 1];
    Ok(Opened {
        target: here.data.target,
        features: here.net.features,
        layers: hidden.iter().map(Dense::outputs).collect(),
        activations: hidden.iter().map(|layer| layer.activation.to_string()).collect(),
        loss: match theirs.target_code() {
            TargetCode::Number(_) => Loss::Squared,
            TargetCode::Classes(_) => Loss::CrossEntropy,
        },
        start,
    })
}

/// Whether the model predicts what the data have.
fn alike(theirs: &TargetCode, problem: &Problem) -> Result<(), Wrong> {
    let told = |code: &TargetCode| match code {
        TargetCode::Number(_) => "a quantity".to_owned(),
        TargetCode::Classes(labels) => format!("the classes {}", labels.names().join(", ")),
    };
    let (theirs, ours) = (told(theirs), told(problem.encoder.target_code()));
    if theirs == ours {
        return Ok(());
    }
    Err(Wrong(format!("the model predicts {theirs}, and the data here have {ours}")))
}

/// For each input the mean that is taken off and the scale that divides.
fn scores(encoder: &Encoder) -> Vec<(f64, f64)> {
    let mut scores = Vec::new();
    for feature in encoder.features() {
        let first = match feature.code {
            Code::Number(Standard { mean, scale, .. }) => (mean, scale),
            Code::OneHot(_) => (0.0, 1.0),
        };
        scores.push(first);
        scores.extend((1..feature.width()).map(|_| (0.0, 1.0)));
    }
    scores
}

/// The same for the inputs of a session: points of the plane are learned as they are.
fn here_scores(problem: &Problem, is_table: bool) -> Vec<(f64, f64)> {
    let scores = scores(&problem.encoder);
    if is_table { scores } else { vec![(0.0, 1.0); scores.len()] }
}

/// The layer that gives the same for inputs of other scores.
fn for_other_inputs(layer: &mut Dense, from: &[(f64, f64)], to: &[(f64, f64)]) {
    let rows = layer.weights.chunks_exact_mut(from.len());
    for (row, bias) in rows.zip(&mut layer.biases) {
        for ((w, (mean, scale)), (new_mean, new_scale)) in row.iter_mut().zip(from).zip(to) {
            *bias += *w * (new_mean - mean) / scale;
            *w *= new_scale / scale;
        }
    }
}
