//! Real data: three species of iris, and flowers that the network has never seen.

use super::{MARGIN, bar, heading, say};
use crate::table::{Align, Cell, Table as Columns};
use gradling::nn::{Activation, Adam, Init, Mlp, Module, Optimizer, loss};
use gradling::{Rng, mean, scope};
use gradling_data::{
    Batches, DataError, Encoder, Matrix, Table, Target, Targets, metrics, samples, split,
};
use std::io::{self, Write};
use std::num::NonZeroUsize;

const EPOCHS: usize = 15;
const BATCH: NonZeroUsize = NonZeroUsize::new(16).unwrap();
const RATE: f64 = 0.02;

/// Inputs and the class that belongs to each.
struct Flowers {
    inputs: Matrix,
    classes: Vec<usize>,
}

pub(super) fn tell(out: &mut dyn Write, seed: u64) -> io::Result<()> {
    // Nothing is wrong with the sample, but the compiler cannot know.
    let (encoder, train, held_out) = flowers(seed).map_err(io::Error::other)?;
    let mut rng = Rng::stream(seed, 2);
    let layers = [(8, Activation::Tanh), (3, Activation::Linear)];
    let mlp = Mlp::with(train.inputs.cols, &layers, Init::XavierUniform, &mut rng);

    heading(out, 4, "Real data")?;
    say(
        out,
        &format!(
            "Fisher's irises: from {} measures, which of three species is it? {} flowers to\n\
             learn from, {} held out to be judged by; {} parameters, cross-entropy, Adam.",
            train.inputs.cols,
            train.classes.len(),
            held_out.classes.len(),
            mlp.parameters().len()
        ),
    )?;
    let mut adam = Adam::new(RATE);
    let mut batches = Batches::new(train.classes.len(), BATCH);
    let mut table = Columns::new([
        ("epoch", Align::Point),
        ("loss", Align::Point),
        ("held out, right", Align::Left),
    ]);
    let mut guesses = Vec::new();
    for epoch in 1..=EPOCHS {
        let mut total = 0.0;
        for batch in batches.epoch(&mut rng) {
            total += step(&mlp, &mut adam, &train, batch) * batch.len() as f64;
        }
        guesses = guess(&mlp, &held_out.inputs);
        let right = metrics::accuracy(&guesses, &held_out.classes).map_err(io::Error::other)?;
        table.push([
            Cell::new(epoch.to_string()),
            Cell::new(format!("{:.4}", total / train.classes.len() as f64)),
            Cell::new(format!("{:5.1} %  {}", 100.0 * right, bar(right, 30))),
        ]);
    }
    table.write(out, MARGIN)?;
    writeln!(out)?;
    say(out, &verdict(&encoder, &guesses, &held_out.classes))
}

fn flowers(seed: u64) -> Result<(Encoder, Flowers, Flowers), DataError> {
    let table = Table::read("iris.csv", samples::IRIS.as_bytes())?;
    let target = Target::infer(&table, "species")?;
    let parts = split(&table, &target, 0.2, seed)?;
    let encoder = Encoder::fit(&table, &parts.train, &target)?;
    let flowers = |rows: &[usize]| {
        let inputs = encoder.encode_features(&table, rows)?.matrix;
        match encoder.encode_targets(&table, rows)? {
            Targets::Classes(classes) => Ok(Flowers { inputs, classes }),
            Targets::Numbers(_) => unreachable!("species are classes"),
        }
    };
    let (train, held_out) = (flowers(&parts.train)?, flowers(&parts.held_out)?);
    Ok((encoder, train, held_out))
}

/// One step of learning; returns the mean loss of the batch before it.
fn step(mlp: &Mlp, adam: &mut Adam, train: &Flowers, batch: &[usize]) -> f64 {
    scope(|| {
        let losses: Vec<_> = batch
            .iter()
            .map(|&row| {
                loss::cross_entropy(&mlp.forward(train.inputs.row(row)), train.classes[row])
            })
            .collect();
        let loss = mean(&losses);
        mlp.zero_grad();
        loss.backward();
        adam.step(&mlp.parameters());
        loss.data()
    })
}

/// For each row, the class with the highest score.
fn guess(mlp: &Mlp, inputs: &Matrix) -> Vec<usize> {
    let best = |row| {
        scope(|| {
            let scores = mlp.forward(inputs.row(row)).into_iter().map(|score| score.data());
            scores.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(class, _)| class)
        })
    };
    (0..inputs.rows).map(best).collect()
}

/// What became of the flowers held out, mistakes by name.
fn verdict(encoder: &Encoder, guesses: &[usize], truth: &[usize]) -> String {
    let wrong: Vec<(usize, usize)> = guesses
        .iter()
        .zip(truth)
        .filter(|(guess, truth)| guess != truth)
        .map(|(&guess, &truth)| (truth, guess))
        .collect();
    let right = truth.len() - wrong.len();
    let mut text =
        format!("Of {} flowers it had never seen, it named {right} rightly", truth.len());
    let mut kinds = wrong.clone();
    kinds.sort_unstable();
    kinds.dedup();
    for (i, kind) in kinds.iter().enumerate() {
        let count = wrong.iter().filter(|pair| *pair == kind).count();
        let name = |class| encoder.label(class).unwrap_or_default();
        let joint = if i == 0 { ";\n" } else { ", " };
        text.push_str(&format!("{joint}{count} {} it took for {}", name(kind.0), name(kind.1)));
    }
    text.push('.');
    text
}
