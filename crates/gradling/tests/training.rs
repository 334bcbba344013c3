//! Training runs against PyTorch in double precision and against micrograd's own notebook.

use gradling::nn::{Activation, Adam, Layer, Mlp, Module, Neuron, Optimizer, Schedule, Sgd, loss};
use gradling::{Value, mean, scope, sum};
use serde::Deserialize;

#[derive(Deserialize)]
struct Weights {
    w: Vec<Vec<f64>>,
    b: Vec<f64>,
}

#[derive(Deserialize)]
struct FirstNetwork {
    xs: Vec<Vec<f64>>,
    ys: Vec<f64>,
    layers: Vec<Weights>,
    lr: f64,
    losses: Vec<f64>,
    predictions: Vec<f64>,
    #[serde(rename = "final")]
    last: Vec<Weights>,
}

#[derive(Deserialize)]
struct Moons {
    xs: Vec<Vec<f64>>,
    ys: Vec<f64>,
    layers: Vec<Weights>,
    losses: Vec<f64>,
    accuracies: Vec<f64>,
}

#[derive(Deserialize)]
struct Digits {
    layers: Vec<Weights>,
    batch: usize,
    epochs: usize,
    losses: Vec<f64>,
}

#[derive(Deserialize)]
struct Golden {
    first_network: FirstNetwork,
    moons: Moons,
    digits: Digits,
}

#[derive(Deserialize)]
struct Notebook {
    #[serde(rename = "X")]
    xs: Vec<Vec<f64>>,
    y: Vec<f64>,
    init_params: Vec<f64>,
    notebook_loss_acc: Vec<(f64, f64)>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/training.json")).unwrap()
}

fn mlp(layers: &[Weights], activations: &[Activation]) -> Mlp {
    let layer = |(layer, &activation): (&Weights, &Activation)| {
        let neuron = |(w, &b): (&Vec<f64>, &f64)| Neuron::from_numbers(w, b, activation);
        Layer::of(layer.w.iter().zip(&layer.b).map(neuron).collect())
    };
    Mlp::of(layers.iter().zip(activations).map(layer).collect())
}

#[track_caller]
fn assert_close(ours: f64, theirs: f64, bound: f64, what: &str) {
    let distance = (ours - theirs).abs() / theirs.abs().max(1e-3);
    assert!(distance <= bound, "{what}: {ours} here, {theirs} there");
}

#[test]
fn the_first_network_trains_as_in_pytorch() {
    let golden = golden().first_network;
    let mlp = mlp(&golden.layers, &[Activation::Tanh; 3]);
    assert_eq!(mlp.parameters().len(), 41);
    let mut sgd = Sgd::new(golden.lr);
    for (k, &theirs) in golden.losses.iter().enumerate() {
        scope(|| {
            let predictions: Vec<Value> = golden.xs.iter().map(|x| mlp.predict(x)).collect();
            let loss = loss::sum_squared_error(&predictions, &golden.ys);
            assert_close(loss.data(), theirs, 1e-9, &format!("loss {k}"));
            mlp.zero_grad();
            loss.backward();
            sgd.step(&mlp.parameters());
        });
    }
    for (x, &theirs) in golden.xs.iter().zip(&golden.predictions) {
        assert_close(scope(|| mlp.predict(x).data()), theirs, 1e-9, "prediction");
    }
    for (layer, last) in mlp.layers().iter().zip(&golden.last) {
        for (neuron, (w, &b)) in layer.neurons().iter().zip(last.w.iter().zip(&last.b)) {
            for (ours, &theirs) in neuron.weights().iter().zip(w) {
                assert_close(ours.data(), theirs, 1e-9, "weight");
            }
            assert_close(neuron.bias().data(), b, 1e-9, "bias");
        }
    }
}

/// mean of hinges + 1e-4 · Σp²: the loss of the demo notebook.
fn moons_loss(mlp: &Mlp, xs: &[Vec<f64>], ys: &[f64]) -> (Value, f64) {
    let scores: Vec<Value> = xs.iter().map(|x| mlp.predict(x)).collect();
    let hinges: Vec<Value> = scores.iter().zip(ys).map(|(&s, &y)| loss::hinge(s, y)).collect();
    let squares: Vec<Value> = mlp.parameters().iter().map(|p| p * p).collect();
    let right = scores.iter().zip(ys).filter(|(s, y)| (s.data() > 0.0) == (**y > 0.0)).count();
    (mean(&hinges) + 1e-4 * sum(&squares), right as f64 / ys.len() as f64)
}

#[test]
fn moons_trains_as_in_pytorch_and_ends_at_its_accuracy() {
    let golden = golden().moons;
    let mlp = mlp(&golden.layers, &[Activation::Relu, Activation::Relu, Activation::Linear]);
    let schedule = Schedule::Linear { from: 1.0, to: 0.1, steps: 100 };
    let mut sgd = Sgd::new(1.0);
    let mut last = 0.0;
    for k in 0..100 {
        scope(|| {
            let (loss, accuracy) = moons_loss(&mlp, &golden.xs, &golden.ys);
            if k < 20 {
                assert_close(loss.data(), golden.losses[k], 1e-9, &format!("loss {k}"));
            }
            last = accuracy;
            mlp.zero_grad();
            loss.backward();
            sgd.set_rate(schedule.rate(k));
            sgd.step(&mlp.parameters());
        });
    }
    assert_eq!(last, *golden.accuracies.last().unwrap());
}

#[test]
fn digits_trains_as_in_pytorch_with_adam_and_softmax_cross_entropy() {
    let golden = golden().digits;
    let csv = include_str!("../../gradling-data/data/digits.csv");
    let rows: Vec<Vec<f64>> = csv
        .lines()
        .skip(1)
        .take(640)
        .map(|line| line.split(',').map(|x| x.parse().unwrap()).collect())
        .collect();
    let mlp = mlp(&golden.layers, &[Activation::Tanh, Activation::Linear]);
    let mut adam = Adam::new(0.01);
    let batches = rows.chunks_exact(golden.batch);
    let steps = (0..golden.epochs).flat_map(|_| batches.clone());
    let mut checked = 0;
    for (batch, &theirs) in steps.zip(&golden.losses) {
        scope(|| {
            let loss = |row: &Vec<f64>| {
                let (label, pixels) = row.split_last().unwrap();
                let pixels: Vec<f64> = pixels.iter().map(|p| p / 16.0).collect();
                loss::cross_entropy(&mlp.forward(&pixels), *label as usize)
            };
            let loss = mean(&batch.iter().map(loss).collect::<Vec<_>>());
            assert_close(loss.data(), theirs, 1e-9, &format!("loss {checked}"));
            mlp.zero_grad();
            loss.backward();
            adam.step(&mlp.parameters());
        });
        checked += 1;
    }
    assert_eq!(checked, 20);
}

/// The notebook's parameters are flat: layer by layer, neuron by neuron, weights before bias.
fn from_flat(sizes: &[usize], activations: &[Activation], flat: &[f64]) -> Mlp {
    let mut rest = flat;
    let mut layers = Vec::new();
    for (pair, &activation) in sizes.windows(2).zip(activations) {
        let neuron = |_| {
            let (own, after) = rest.split_at(pair[0] + 1);
            rest = after;
            Neuron::from_numbers(&own[..pair[0]], own[pair[0]], activation)
        };
        layers.push(Layer::of((0..pair[1]).map(neuron).collect()));
    }
    assert!(rest.is_empty());
    Mlp::of(layers)
}

#[test]
fn the_demo_notebook_trains_as_micrograd_does() {
    let notebook: Notebook =
        serde_json::from_str(include_str!("golden/demo_notebook.json")).unwrap();
    let activations = [Activation::Relu, Activation::Relu, Activation::Linear];
    let mlp = from_flat(&[2, 16, 16, 1], &activations, &notebook.init_params);
    assert_eq!(mlp.parameters().len(), 337);
    let schedule = Schedule::Linear { from: 1.0, to: 0.1, steps: 100 };
    let mut sgd = Sgd::new(1.0);
    for (k, &(theirs, accuracy)) in notebook.notebook_loss_acc.iter().enumerate() {
        scope(|| {
            let (loss, right) = moons_loss(&mlp, &notebook.xs, &notebook.y);
            assert_close(loss.data(), theirs, 1e-10, &format!("loss {k}"));
            assert_eq!(right * 100.0, accuracy, "accuracy {k}");
            mlp.zero_grad();
            loss.backward();
            sgd.set_rate(schedule.rate(k));
            sgd.step(&mlp.parameters());
        });
    }
}
