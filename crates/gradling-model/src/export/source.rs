//! What the three languages of source have in common: numbers, limits, and what a network needs.

use super::gap::Gap;
use super::names::fields;
use crate::{Model, ModelError};
use gradling::nn::Activation;
use gradling_data::{Code, TargetCode};
use std::fmt::Write as _;

/// The most numbers in a source file: some 25 MB of text.
const MOST: usize = 1_000_000;

/// A feature, and where its inputs begin.
pub(super) struct Feature<'a> {
    pub(super) name: &'a str,
    /// The name of its field.
    pub(super) field: String,
    pub(super) code: &'a Code,
    pub(super) gap: Gap<'a>,
    pub(super) start: usize,
}

/// The features of a model, unless it is too large to be source.
pub(super) fn features<'a>(
    model: &'a Model,
    format: &'static str,
) -> Result<Vec<Feature<'a>>, ModelError> {
    let count = model.numbers().parameters();
    if count > MOST {
        let reason = format!(
            "its {count} weights and biases are more than the {MOST} that a source file may hold; export it to onnx"
        );
        return Err(ModelError::Export { format, reason });
    }
    let features = model.encoder().features();
    let mut start = 0;
    let feature = |(feature, field): (&'a gradling_data::Feature, String)| {
        let (name, code, gap) = (feature.name.as_str(), &feature.code, Gap::of(feature));
        let made = Feature { name, field, code, gap, start };
        start += feature.width();
        made
    };
    let names = features.iter().map(|feature| feature.name.as_str());
    Ok(features.iter().zip(fields(names)).map(feature).collect())
}

/// What the outputs of a network become.
pub(super) enum Meaning {
    /// A quantity with this mean and scale.
    Quantity { mean: f64, scale: f64 },
    /// One of these classes.
    Classes(Vec<String>),
}

impl Meaning {
    pub(super) fn of(model: &Model) -> Self {
        match model.encoder().target_code() {
            TargetCode::Number(standard) => {
                Meaning::Quantity { mean: standard.mean, scale: standard.scale }
            }
            TargetCode::Classes(labels) => Meaning::Classes(labels.names()),
        }
    }
}

/// The activations that occur, each once.
pub(super) fn activations(model: &Model) -> Vec<Activation> {
    let mut found = Vec::new();
    for layer in model.numbers().layers() {
        if !found.contains(&layer.activation) {
            found.push(layer.activation);
        }
    }
    found
}

/// Numbers with commas, each in the shortest form that reads back as it is, which Rust, C, JavaScript and
/// Python read alike.
pub(super) fn numbers(numbers: &[f64]) -> String {
    let mut text = String::new();
    for (place, number) in numbers.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}{number:?}");
    }
    text
}

/// A text between quotes, as JSON, JavaScript and Python read it.
pub(super) fn json(text: &str) -> String {
    let mut quoted = serde_json::Value::from(text).to_string();
    // `<`, so that the text may stand in a page, and two that end a line in JavaScript's comments.
    for c in ['<', '\u{2028}', '\u{2029}'] {
        quoted = quoted.replace(c, &format!("\\u{:04x}", u32::from(c)));
    }
    quoted
}
