//! The network as a model file, and its data as the table that the file predicts from.

use super::Wrong;
use super::session::Session;
use gradling_data::{Code, TargetCode};
use gradling_model::{Dense, Model, Network};

/// The model file: what `gradling predict` reads.
///
/// A set of the plane is learned as it is, while a model file standardises its columns; so the first layer
/// is written for standard scores, and so is the last one of a regression.
///
/// # Errors
/// If a weight is not finite.
pub fn model(session: &Session) -> Result<Vec<u8>, Wrong> {
    let (problem, shape) = (&session.problem, &session.shape);
    let training = &session.state().training;
    let mut rest = session.state().parameters.as_slice();
    let mut layers = Vec::new();
    for (l, &outputs) in shape.layers.iter().enumerate() {
        let inputs = shape.inputs_of(l);
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for _ in 0..outputs {
            let (own, after) = rest.split_at(inputs + 1);
            rest = after;
            weights.extend_from_slice(&own[..inputs]);
            biases.push(own[inputs]);
        }
        layers.push(Dense { weights, biases, activation: shape.activation(training, l) });
    }
    let encoder = &problem.encoder;
    if problem.is_table() {
        // Inputs that were not chosen have no weight.
        let all = encoder.inputs();
        let first = &mut layers[0];
        let rows = first.weights.chunks_exact(problem.inputs.len());
        let wide = |row: &[f64]| -> Vec<f64> {
            let weight = |name: &String| {
                problem.inputs.iter().position(|input| input == name).map_or(0.0, |k| row[k])
            };
            all.iter().map(weight).collect()
        };
        first.weights = rows.flat_map(wide).collect();
    } else {
        let scores: Vec<(f64, f64)> = encoder
            .features()
            .iter()
            .map(|feature| match feature.code {
                Code::Number(standard) => (standard.mean, standard.scale),
                Code::OneHot(_) => (0.0, 1.0),
            })
            .collect();
        let first = &mut layers[0];
        let rows = first.weights.chunks_exact_mut(scores.len());
        for (row, bias) in rows.zip(&mut first.biases) {
            for (w, (mean, scale)) in row.iter_mut().zip(&scores) {
                *bias += *w * mean;
                *w *= scale;
            }
        }
        if let (TargetCode::Number(standard), Some(last)) =
            (encoder.target_code(), layers.last_mut())
        {
            last.weights.iter_mut().for_each(|w| *w /= standard.scale);
            last.biases.iter_mut().for_each(|b| *b = (*b - standard.mean) / standard.scale);
        }
    }
    let network = Network::new(layers).map_err(|error| error.to_string())?;
    let model = Model::new(encoder.clone(), network, session.settings.data.seed);
    let model = model.map_err(|error| error.to_string())?;
    model.to_bytes().map_err(|error| Wrong(error.to_string()))
}

/// The data with the columns that the model predicts from.
pub fn table(session: &Session) -> String {
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = session.problem.table.write_csv(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}
