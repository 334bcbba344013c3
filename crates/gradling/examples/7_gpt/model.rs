//! A GPT of 4,192 parameters, in scalars.
//!
//! The network is that of Karpathy's microgpt (February 2026): characters for tokens, one layer with four
//! heads of attention, RMSNorm instead of layer norm, ReLU instead of GELU, and no biases.
//!
//! It is written twice only where it begins and where it ends, at the tokens. Tokens known now are looked
//! up: `forward_tokens`, `loss_tokens`. Tokens known later are given as *one-hot rows*, 27 values of which
//! one is 1, so that what was recorded for one document serves every other of its length: `forward`, `loss`.

use gradling::nn::{Module, loss};
use gradling::{Rng, Value, dot, logsumexp, mean, softmax};

/// The letters a to z, and [`EDGE`].
pub(crate) const VOCABULARY: usize = 27;

/// The token before the first letter of a document and behind its last.
pub(crate) const EDGE: usize = 26;

/// How many tokens it looks at, at most.
pub(crate) const CONTEXT: usize = 16;

const WIDTH: usize = 16;
const HEADS: usize = 4;
/// The part of a row that belongs to one head.
const HEAD: usize = WIDTH / HEADS;

/// A list of rows: one row of weights for each number that comes out.
type Matrix = Vec<Vec<Value>>;

/// The parameters.
pub(crate) struct Gpt {
    /// What each token means, and what each position means.
    wte: Matrix,
    wpe: Matrix,
    /// From the last row of a position to a score for each token.
    lm_head: Matrix,
    /// Attention: queries, keys, values, and what is made of them.
    wq: Matrix,
    wk: Matrix,
    wv: Matrix,
    wo: Matrix,
    /// The perceptron of each position: four times as wide, and back.
    up: Matrix,
    down: Matrix,
}

impl Gpt {
    /// A network with weights drawn from a normal distribution of deviation 0.08.
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let mut matrix = |rows, columns| -> Matrix {
            let mut row = || (0..columns).map(|_| Value::new(0.08 * rng.normal())).collect();
            (0..rows).map(|_| row()).collect()
        };
        Gpt {
            wte: matrix(VOCABULARY, WIDTH),
            wpe: matrix(CONTEXT, WIDTH),
            lm_head: matrix(VOCABULARY, WIDTH),
            wq: matrix(WIDTH, WIDTH),
            wk: matrix(WIDTH, WIDTH),
            wv: matrix(WIDTH, WIDTH),
            wo: matrix(WIDTH, WIDTH),
            up: matrix(4 * WIDTH, WIDTH),
            down: matrix(WIDTH, 4 * WIDTH),
        }
    }

    /// For each position a score, or *logit*, for every token that might come next. A token is a one-hot
    /// row, and its product with the matrix of meanings is the row that belongs to it.
    pub(crate) fn forward(&self, tokens: &[Vec<Value>]) -> Matrix {
        let meaning = |token: &Vec<Value>| {
            (0..WIDTH).map(|i| dot(token, &column(&self.wte, i))).collect::<Vec<_>>()
        };
        self.logits(tokens.iter().map(meaning).collect())
    }

    /// The same for tokens that are known now.
    pub(crate) fn forward_tokens(&self, tokens: &[usize]) -> Matrix {
        self.logits(tokens.iter().map(|&token| self.wte[token].clone()).collect())
    }

    /// The network itself, from what the tokens mean to the logits.
    fn logits(&self, meanings: Matrix) -> Matrix {
        assert!(meanings.len() <= CONTEXT, "the network looks at {CONTEXT} tokens at most");
        let mut x: Matrix = Vec::new();
        for (token, position) in meanings.iter().zip(&self.wpe) {
            x.push(normalized(&sums(token, position)));
        }
        let inputs: Matrix = x.iter().map(|x| normalized(x)).collect();
        let queries: Matrix = inputs.iter().map(|x| products(&self.wq, x)).collect();
        let keys: Matrix = inputs.iter().map(|x| products(&self.wk, x)).collect();
        let values: Matrix = inputs.iter().map(|x| products(&self.wv, x)).collect();

        let mut logits = Vec::new();
        for (t, mut x) in x.into_iter().enumerate() {
            // A position looks back at those before it and at itself, and never ahead.
            let seen = attention(&queries[t], &keys[..=t], &values[..=t]);
            x = sums(&products(&self.wo, &seen), &x);
            let wide = products(&self.up, &normalized(&x));
            let wide: Vec<Value> = wide.into_iter().map(Value::relu).collect();
            x = sums(&products(&self.down, &wide), &x);
            logits.push(products(&self.lm_head, &x));
        }
        logits
    }
}

impl Module for Gpt {
    fn parameters(&self) -> Vec<Value> {
        let Gpt { wte, wpe, lm_head, wq, wk, wv, wo, up, down } = self;
        let matrices = [wte, wpe, lm_head, wq, wk, wv, wo, up, down];
        matrices.into_iter().flatten().flatten().copied().collect()
    }
}

/// What a position sees: of each head the mean of the values, each weighted by how well its key matches the
/// query.
fn attention(query: &[Value], keys: &[Vec<Value>], values: &[Vec<Value>]) -> Vec<Value> {
    let mut seen = Vec::new();
    for head in 0..HEADS {
        let part = head * HEAD..(head + 1) * HEAD;
        let mut scores = Vec::new();
        for key in keys {
            scores.push(dot(&query[part.clone()], &key[part.clone()]) / (HEAD as f64).sqrt());
        }
        let weights = softmax(&scores);
        for i in part {
            seen.push(dot(&weights, &column(values, i)));
        }
    }
    seen
}

/// The row divided by the root of the mean of its squares (RMSNorm, Zhang and Sennrich 2019).
fn normalized(x: &[Value]) -> Vec<Value> {
    let squares: Vec<Value> = x.iter().map(|&x| x * x).collect();
    let scale = (mean(&squares) + 1e-5).pow(-0.5);
    x.iter().map(|&x| x * scale).collect()
}

/// A matrix times a column of numbers: a layer without biases.
fn products(matrix: &[Vec<Value>], x: &[Value]) -> Vec<Value> {
    matrix.iter().map(|row| dot(row, x)).collect()
}

fn sums(a: &[Value], b: &[Value]) -> Vec<Value> {
    a.iter().zip(b).map(|(&a, &b)| a + b).collect()
}

fn column(matrix: &[Vec<Value>], i: usize) -> Vec<Value> {
    matrix.iter().map(|row| row[i]).collect()
}

/// How surprised the network is by the tokens that did come next, which are one-hot rows: the mean of the
/// cross-entropies.
pub(crate) fn loss(logits: &[Vec<Value>], targets: &[Vec<Value>]) -> Value {
    let mut surprises = Vec::new();
    for (logits, target) in logits.iter().zip(targets) {
        surprises.push(logsumexp(logits) - dot(logits, target));
    }
    mean(&surprises)
}

/// The same for tokens that are known now.
pub(crate) fn loss_tokens(logits: &[Vec<Value>], targets: &[usize]) -> Value {
    let mut surprises = Vec::new();
    for (logits, &target) in logits.iter().zip(targets) {
        surprises.push(loss::cross_entropy(logits, target));
    }
    mean(&surprises)
}

/// The tokens of a name in letters a to z: an edge, its letters, an edge; of a long one only what the
/// network can look at.
pub(crate) fn tokens(name: &str) -> Vec<usize> {
    let letters = name.bytes().map(|letter| usize::from(letter - b'a'));
    let mut tokens: Vec<usize> = [EDGE].into_iter().chain(letters).chain([EDGE]).collect();
    tokens.truncate(CONTEXT + 1);
    tokens
}
