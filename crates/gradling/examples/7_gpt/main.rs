//! Lesson 7: a GPT that invents names.
//!
//! `cargo run --release -p gradling --example 7_gpt`
//!
//! A language model guesses the next token. This one reads names letter by letter, and is then asked for
//! names nobody gave it. Nothing new happens in it: sums, products, a few functions, and the chain rule.
//! The network is in `model.rs`; here it is trained, and asked.
//!
//! It is trained by *programs*: the code of the network is recorded once for each length of a name and
//! compiled to vector code, in which the positions of a name, the heads of the attention and the neurons
//! of a layer lie side by side.
//!
//! `names.txt` holds well-known given names, written down for this lesson.

mod model;

use gradling::nn::{Adam, Module, Optimizer, Schedule};
use gradling::{Options, Program, Rng, Runner, Step, Value, scope, softmax};
use model::{CONTEXT, EDGE, Gpt, VOCABULARY, loss, loss_tokens, tokens};
use std::collections::BTreeMap;

const STEPS: usize = 500;

pub(crate) fn main() {
    let rng = &mut Rng::new(0);
    let mut names: Vec<&str> = include_str!("names.txt").lines().collect();
    rng.shuffle(&mut names);

    let gpt = Gpt::new(rng);
    let parameters = gpt.parameters();
    println!("{} names, {} parameters", names.len(), parameters.len());
    assert_eq!(parameters.len(), 4192);

    // One name a step. The rate falls in a straight line, so that the last steps only polish.
    let mut numbers: Vec<f64> = parameters.iter().map(|p| p.data()).collect();
    let mut gradient = vec![0.0; numbers.len()];
    let mut adam = Adam::new(0.01).betas(0.85, 0.99);
    let schedule = Schedule::Linear { from: 0.01, to: 0.0, steps: STEPS };
    let mut programs: BTreeMap<usize, Runner<f64>> = BTreeMap::new();
    let mut losses = Vec::new();
    for (step, name) in names.iter().cycle().take(STEPS).enumerate() {
        let tokens = tokens(name);
        // Each token is to be guessed from those before it.
        let (read, next) = (&tokens[..tokens.len() - 1], &tokens[1..]);
        let run = programs.entry(read.len()).or_insert_with(|| compiled(&gpt, read.len()));
        let loss = run
            .value_and_grad(&numbers, &[&one_hot(read), &one_hot(next)], &mut gradient)
            .expect("a program for this length");
        if step == 0 {
            // The same code run eagerly, with the rows of tokens looked up, says the same.
            let eager = scope(|| loss_tokens(&gpt.forward_tokens(read), next).data());
            assert!((loss - eager).abs() < 1e-12);
        }
        adam.set_rate(schedule.rate(step));
        adam.update(&mut numbers, &gradient);
        losses.push(loss);
        if (step + 1) % 50 == 0 {
            println!("step {:>3}: loss {:.3}", step + 1, average(&losses[step - 49..]));
        }
    }
    println!("{} programs, one for each length of a name", programs.len());
    // Who guesses blindly among 27 tokens is surprised by ln 27 = 3.3.
    println!("the first loss was {:.3}", losses[0]);
    assert!((losses[0] - 27_f64.ln()).abs() < 0.4);
    assert!(average(&losses[STEPS - 100..]) < 2.6, "it has learned how names go");

    // What was learned goes back to the values.
    parameters.iter().zip(numbers).for_each(|(p, x)| p.set_data(x));
    println!("names nobody gave it:");
    for _ in 0..10 {
        println!("  {}", invent(&gpt, rng));
    }
}

/// The loss of a name of so many tokens, recorded once for all of them: what is read, and what comes next,
/// are arrays of one-hot rows.
fn compiled(gpt: &Gpt, positions: usize) -> Runner<f64> {
    let width = positions * VOCABULARY;
    let program = Program::record(&gpt.parameters(), [width, width], |[read, next]| {
        let rows = |x: &[Value]| x.chunks(VOCABULARY).map(<[Value]>::to_vec).collect::<Vec<_>>();
        Step::sum(loss(&gpt.forward(&rows(read)), &rows(next)))
    });
    // A single name is too little to share among threads.
    program.expect("the network asks for no numbers").compile_with(Options::default().threads(1))
}

/// Tokens as rows: 1 in the token's place, 0 elsewhere.
fn one_hot(tokens: &[usize]) -> Vec<f64> {
    let mut rows = vec![0.0; tokens.len() * VOCABULARY];
    for (row, &token) in rows.chunks_exact_mut(VOCABULARY).zip(tokens) {
        row[token] = 1.0;
    }
    rows
}

/// A name, letter by letter: each is drawn by the probabilities that the network gives, sharpened a little.
fn invent(gpt: &Gpt, rng: &mut Rng) -> String {
    const TEMPERATURE: f64 = 0.5;
    let (mut read, mut name) = (vec![EDGE], String::new());
    while read.len() <= CONTEXT {
        let probabilities: Vec<f64> = scope(|| {
            let logits = gpt.forward_tokens(&read).pop().unwrap_or_default();
            let sharper: Vec<Value> = logits.iter().map(|&x| x / TEMPERATURE).collect();
            softmax(&sharper).iter().map(|p| p.data()).collect()
        });
        let mut rest = rng.uniform();
        let drawn = probabilities.iter().position(|p| {
            rest -= p;
            rest < 0.0
        });
        // The probabilities add up to 1 but for rounding, which may leave none.
        match drawn {
            Some(letter) if letter != EDGE => {
                name.push(char::from(b'a' + letter as u8));
                read.push(letter);
            }
            _ => break,
        }
    }
    name
}

fn average(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}
