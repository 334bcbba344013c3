//! Lesson 7: a GPT that invents names.
//!
//! `cargo run --release -p gradling --example 7_gpt`
//!
//! A language model guesses the next token. This one reads names letter by letter, and is then asked for
//! names nobody gave it. Nothing new happens in it: sums, products, a few functions, and the chain rule.
//! The network is in `model.rs`; here it is trained, and asked.
//!
//! `names.txt` holds well-known given names, written down for this lesson.

mod model;

use gradling::nn::{Adam, Module, Optimizer, Schedule};
use gradling::{Rng, Value, scope, softmax};
use model::{CONTEXT, EDGE, Gpt, loss, loss_tokens, one_hot, tokens};

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
    let mut adam = Adam::new(0.01).betas(0.85, 0.99);
    let schedule = Schedule::Linear { from: 0.01, to: 0.0, steps: STEPS };
    let mut losses = Vec::new();
    for (step, name) in names.iter().cycle().take(STEPS).enumerate() {
        let tokens = tokens(name);
        // Each token is to be guessed from those before it.
        let (read, next) = (&tokens[..tokens.len() - 1], &tokens[1..]);
        adam.set_rate(schedule.rate(step));
        losses.push(scope(|| {
            let loss = loss_tokens(&gpt.forward_tokens(read), next);
            gpt.zero_grad();
            loss.backward();
            adam.step(&parameters);
            loss.data()
        }));
        if (step + 1) % 50 == 0 {
            println!("step {:>3}: loss {:.3}", step + 1, average(&losses[step - 49..]));
        }
    }
    // Who guesses blindly among 27 tokens is surprised by ln 27 = 3.3.
    println!("the first loss was {:.3}", losses[0]);
    assert!((losses[0] - 27_f64.ln()).abs() < 0.4);
    assert!(average(&losses[STEPS - 100..]) < 2.6, "it has learned how names go");

    println!("names nobody gave it:");
    for _ in 0..10 {
        println!("  {}", invent(&gpt, rng));
    }

    // A token as a one-hot row, a one among zeros, says the same as looking its row up.
    let tokens = tokens("ada");
    let rows: Vec<Vec<Value>> = tokens.iter().map(|&token| one_hot(token)).collect();
    let looked_up = loss_tokens(&gpt.forward_tokens(&tokens[..4]), &tokens[1..]);
    let multiplied = loss(&gpt.forward(&rows[..4]), &rows[1..]);
    assert!((looked_up.data() - multiplied.data()).abs() < 1e-12);
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
