//! Optimisers and schedules against PyTorch in double precision, step by step.

use gradling::nn::{Adam, AdamW, Optimizer, Schedule, Sgd};
use gradling::{Value, scope, sum};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Golden {
    c: Vec<f64>,
    t: Vec<f64>,
    start: Vec<f64>,
    runs: BTreeMap<String, Vec<Vec<f64>>>,
    schedules: BTreeMap<String, Vec<f64>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/optimizers.json")).unwrap()
}

fn optimizer(name: &str) -> Box<dyn Optimizer> {
    match name {
        "sgd" => Box::new(Sgd::new(0.02)),
        "sgd momentum" => Box::new(Sgd::new(0.02).momentum(0.9)),
        "sgd momentum decay" => Box::new(Sgd::new(0.02).momentum(0.9).weight_decay(0.1)),
        "sgd nesterov" => Box::new(Sgd::new(0.02).nesterov(0.9)),
        "adam" => Box::new(Adam::new(0.05)),
        "adam decay betas" => {
            Box::new(Adam::new(0.05).betas(0.8, 0.99).epsilon(1e-6).weight_decay(0.1))
        }
        "adamw" => Box::new(AdamW::new(0.05)),
        "adamw decay" => {
            Box::new(AdamW::new(0.05).betas(0.8, 0.99).epsilon(1e-6).weight_decay(0.3))
        }
        other => panic!("{other}"),
    }
}

#[test]
fn every_step_of_every_optimizer_equals_pytorch() {
    let golden = golden();
    assert_eq!(golden.runs.len(), 8);
    for (name, trace) in &golden.runs {
        let mut optimizer = optimizer(name);
        let p: Vec<Value> = golden.start.iter().map(|&x| Value::new(x)).collect();
        for (step, theirs) in trace.iter().enumerate() {
            scope(|| {
                let term = |i: usize| golden.c[i] * (p[i] - golden.t[i]).pow(2);
                let f = sum(&(0..p.len()).map(term).collect::<Vec<_>>()) + (p[0] * p[1]).sin();
                p.iter().for_each(|p| p.zero_grad());
                f.backward();
                optimizer.step(&p);
            });
            for (ours, theirs) in p.iter().zip(theirs) {
                let distance = (ours.data() - theirs).abs();
                assert!(
                    distance <= 1e-12,
                    "{name}, step {step}: {} here, {theirs} in PyTorch",
                    ours.data()
                );
            }
        }
    }
}

#[test]
fn schedules_give_the_rates_of_pytorch() {
    let golden = golden();
    let ours = |name: &str| match name {
        "linear 1 to 0.1 in 20" => Schedule::Linear { from: 1.0, to: 0.1, steps: 20 },
        "step 0.5 every 7" => Schedule::Step { from: 1.0, factor: 0.5, every: 7 },
        "exponential 0.9" => Schedule::Exponential { from: 1.0, factor: 0.9 },
        "cosine 1 to 0.1 in 30" => Schedule::Cosine { from: 1.0, to: 0.1, steps: 30 },
        other => panic!("{other}"),
    };
    for (name, rates) in &golden.schedules {
        for (step, rate) in rates.iter().enumerate() {
            assert!((ours(name).rate(step) - rate).abs() <= 1e-12, "{name}, step {step}");
        }
    }
}
