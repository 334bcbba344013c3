//! A second of mutated texts, from a fixed seed: none may panic, and every error must point into its text.

use gradling::scope;
use gradling_expr::{Error, parse};
use std::time::{Duration, Instant};

const SEEDS: &[&str] = &[
    "a = 2; b = -3; c = 10; d = a*b + c",
    "x1=2; w1=-3; b=6.88\nn = x1*w1 + b # neuron\no = tanh(n)",
    "s = softmax([a, b, 1e-3]); s[0] + log_softmax(s)[2]",
    "max(1, [2, 3][1], pow(x, -2)) <= select(c >= 1_000, .5, 2**-1^2)",
    "größe = 2 × π ÷ e − 1 · x; dot([1,2], [3,4]) != leaky_relu(-2, 0.1)",
];

const PIECES: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    ",",
    ";",
    "\n",
    "\r\n",
    "\t",
    "=",
    "==",
    "<",
    ">",
    "!=",
    "+",
    "-",
    "*",
    "**",
    "^",
    "/",
    "//",
    "#",
    ".",
    "_",
    "0",
    "1e",
    "e5",
    "999",
    "1e308",
    "x",
    "a",
    "sum(",
    "dot(",
    "affine(",
    "softmax(",
    "leaky_relu(",
    "powf(",
    "[0]",
    "[7]",
    "\0",
    "\u{301}",
    "\u{202e}",
    "ש",
    "世界",
    "²",
    "−",
    "“",
    "\u{feff}",
    "🦀",
];

/// xorshift64* (Vigna, 2016).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545F4914F6CDD1D) >> 33) as usize % n
    }

    fn boundary(&mut self, text: &str) -> usize {
        text.floor_char_boundary(self.below(text.len() + 1))
    }
}

fn mutate(random: &mut Random, text: &mut String) {
    let (a, b) = (random.boundary(text), random.boundary(text));
    let (from, to) = (a.min(b), a.max(b));
    match random.below(4) {
        0 => text.insert_str(from, PIECES[random.below(PIECES.len())]),
        1 => text.replace_range(from..text.ceil_char_boundary((from + 1).min(text.len())), ""),
        2 if to - from < 30 => text.replace_range(from..to, ""),
        2 => text.replace_range(from..from, PIECES[random.below(PIECES.len())]),
        _ => {
            let copy = text[from..to].to_owned();
            let place = random.boundary(text);
            text.insert_str(place, &copy);
        }
    }
    text.truncate(text.floor_char_boundary(400));
}

fn check(text: &str, error: &Error) {
    let shown = error.to_string();
    assert!(shown.starts_with("error: ") && !shown.contains(['\0', '\t', '\u{202e}']), "{shown:?}");
    if let Some(place) = &error.place {
        assert!(text.get(place.span.clone()).is_some(), "{text:?} {place:?}");
        assert_eq!(text[..place.span.start].split('\n').count(), place.line, "{text:?}");
        assert!(place.marked.start < place.marked.end && !place.excerpt.contains('\n'));
    }
}

#[test]
fn mutated_texts_give_a_result_or_an_error_in_its_place() {
    let mut random = Random(0x9E3779B97F4A7C15);
    let (mut good, mut bad) = (0, 0);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(1) {
        let mut text = SEEDS[random.below(SEEDS.len())].to_owned();
        for _ in 0..random.below(12) {
            mutate(&mut random, &mut text);
            let script = match parse(&text) {
                Ok(script) => script,
                Err(error) => {
                    check(&text, &error);
                    bad += 1;
                    continue;
                }
            };
            let free: Vec<(&str, f64)> =
                script.free_names().into_iter().map(|name| (name, 0.5)).collect();
            scope(|| match script.eval(free) {
                Ok(result) => {
                    result.root.backward();
                    good += 1;
                }
                Err(error) => {
                    check(&text, &error);
                    bad += 1;
                }
            });
        }
    }
    println!("{good} results, {bad} errors");
    assert!(
        good > 100 && bad > 100,
        "{good} results, {bad} errors: the mutations are too tame or too wild"
    );
}
