//! One weighted sum, written in every way that people write it: a fast program finds the same layers in
//! all of them, and none may cost a right answer.

use super::evaluators::{assert_conforms, conforms};
use gradling::{Rng, Step, Value, affine, dot, scope, sum};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const BOUND: f64 = 1e-12;

fn numbers(n: usize, rng: &mut Rng) -> Vec<f64> {
    (0..n).map(|_| rng.uniform() * 2.0 - 1.0).collect()
}

fn values(n: usize, rng: &mut Rng) -> Vec<Value> {
    numbers(n, rng).into_iter().map(Value::new).collect()
}

/// Adds pair by pair.
fn tree(terms: &[Value]) -> Value {
    match terms {
        [] => Value::constant(0.0),
        [one] => *one,
        _ => {
            let (left, right) = terms.split_at(terms.len() / 2);
            tree(left) + tree(right)
        }
    }
}

type Spelling = fn(&[Value], &[Value], Value) -> Value;

fn products(x: &[Value], w: &[Value]) -> Vec<Value> {
    x.iter().zip(w).map(|(&x, &w)| x * w).collect()
}

const SPELLINGS: [(&str, Spelling); 14] = [
    ("affine", |x, w, b| affine(x, w, b)),
    ("dot, then the bias", |x, w, b| dot(x, w) + b),
    ("bias, then dot", |x, w, b| b + dot(w, x)),
    ("a fold from the bias", |x, w, b| x.iter().zip(w).fold(b, |sum, (&x, &w)| sum + w * x)),
    ("a fold from the right", |x, w, b| x.iter().zip(w).rev().fold(b, |sum, (&x, &w)| x * w + sum)),
    ("a fold from a plain 0", |x, w, b| {
        x.iter().zip(w).fold(Value::constant(0.0), |sum, (&x, &w)| sum + w * x) + b
    }),
    ("an iterator's sum", |x, w, b| products(x, w).into_iter().sum::<Value>() + b),
    ("sum of a list", |x, w, b| sum(&products(x, w)) + b),
    ("sum of a list with the bias in it", |x, w, b| sum(&[products(x, w), vec![b]].concat())),
    ("a tree", |x, w, b| b + tree(&products(x, w))),
    ("backwards", |x, w, b| {
        let (x, w): (Vec<_>, Vec<_>) = x.iter().copied().zip(w.iter().copied()).rev().unzip();
        affine(&x, &w, b)
    }),
    ("less its negative", |x, w, b| {
        let negative: Vec<Value> = x.iter().map(|&x| -x).collect();
        b - dot(&negative, w)
    }),
    ("subtracted twice", |x, w, b| -(-dot(x, w) - b)),
    ("in two halves", |x, w, b| {
        let half = x.len() / 2;
        (dot(&x[..half], &w[..half]) + b) + (dot(&x[half..], &w[half..]) - 0.0)
    }),
];

#[test]
fn a_layer_is_right_in_every_spelling() {
    let mut rng = Rng::new(3);
    for (name, spelling) in SPELLINGS {
        for (inputs, outputs) in [(1, 1), (1, 3), (2, 1), (3, 2), (5, 7), (16, 4), (17, 9)] {
            scope(|| {
                let parameters = values((inputs + 1) * outputs, &mut rng);
                let x = numbers(19 * inputs, &mut rng);
                assert_conforms(
                    &format!("{name}, {inputs} to {outputs}"),
                    &parameters,
                    [inputs],
                    [&x],
                    BOUND,
                    |[x]| {
                        let z: Vec<Value> = parameters
                            .chunks(inputs + 1)
                            .map(|row| spelling(x, &row[..inputs], row[inputs]))
                            .collect();
                        Step::mean(tree(&z.iter().map(|z| z.tanh()).collect::<Vec<_>>()))
                            .with_outputs(&z)
                    },
                );
            });
        }
    }
}

#[test]
fn the_rows_of_one_layer_may_all_be_spelled_differently() {
    let mut rng = Rng::new(4);
    scope(|| {
        let parameters = values(SPELLINGS.len() * 7, &mut rng);
        let x = numbers(33 * 6, &mut rng);
        assert_conforms("mixed", &parameters, [6], [&x], BOUND, |[x]| {
            let z: Vec<Value> = SPELLINGS
                .iter()
                .zip(parameters.chunks(7))
                .map(|((_, spelling), row)| spelling(x, &row[..6], row[6]))
                .collect();
            // And a second layer, so that its gradient comes back through the first.
            let hidden: Vec<Value> = z.iter().map(|z| z.tanh()).collect();
            Step::sum(dot(&hidden, &parameters[..hidden.len()])).with_outputs(&z)
        });
    });
}

/// What the weights of a matrix can be, beside a parameter each.
type Weights = fn(&[Value], usize, usize) -> Value;

const MATRICES: [(&str, Weights); 11] = [
    ("row by row", |p, i, j| p[i * 4 + j]),
    ("column by column", |p, i, j| p[j * 3 + i]),
    ("one weight for all", |p, _, _| p[0]),
    ("one for each row", |p, i, _| p[i]),
    ("one for each column", |p, _, j| p[j]),
    ("one for each diagonal", |p, i, j| p[i + j]),
    ("backwards", |p, i, j| p[11 - i * 4 - j]),
    ("in no order", |p, i, j| p[(i * 7 + j * 5) % 12]),
    ("computed from parameters", |p, i, j| p[i].exp() * p[4 + j]),
    ("plain numbers", |_, i, j| Value::constant(i as f64 - 0.5 * j as f64)),
    (
        "by turns plain and not",
        |p, i, j| if (i + j) % 2 == 0 { p[i * 4 + j] } else { Value::constant(0.5) },
    ),
];

#[test]
fn a_layer_is_right_whatever_its_weights_are() {
    let mut rng = Rng::new(5);
    for (name, weight) in MATRICES {
        for bias in [None, Some(0), Some(11)] {
            scope(|| {
                let parameters = values(12, &mut rng);
                let x = numbers(21 * 4, &mut rng);
                let what = format!("{name}, bias {bias:?}");
                assert_conforms(&what, &parameters, [4], [&x], BOUND, |[x]| {
                    let row = |i: usize| -> Value {
                        let w: Vec<Value> = (0..4).map(|j| weight(&parameters, i, j)).collect();
                        dot(x, &w) + bias.map_or(Value::constant(0.0), |b| parameters[b])
                    };
                    let z: Vec<Value> = (0..3).map(row).collect();
                    Step::mean(z[0] * z[1] + z[2].pow(2)).with_outputs(&z)
                });
            });
        }
    }
}

#[test]
fn a_matrix_and_its_transpose_may_share_their_weights() {
    let mut rng = Rng::new(6);
    scope(|| {
        let parameters = values(5 * 3, &mut rng);
        let x = numbers(18 * 5, &mut rng);
        assert_conforms("tied", &parameters, [5], [&x], BOUND, |[x]| {
            let encode = |i: usize| dot(x, &parameters[i * 5..(i + 1) * 5]).tanh();
            let code: Vec<Value> = (0..3).map(encode).collect();
            let decode = |j: usize| -> Value {
                let column: Vec<Value> = (0..3).map(|i| parameters[i * 5 + j]).collect();
                dot(&code, &column)
            };
            let again: Vec<Value> = (0..5).map(decode).collect();
            let errors: Vec<Value> = again.iter().zip(x).map(|(&a, &x)| (a - x).pow(2)).collect();
            Step::mean(sum(&errors)).with_outputs(&again)
        });
    });
}

#[test]
fn one_layer_applied_to_many_vectors_of_a_sample_is_right() {
    let mut rng = Rng::new(7);
    for vectors in [1, 2, 3, 5, 16] {
        scope(|| {
            let parameters = values(3 * 4, &mut rng);
            let x = numbers(6 * vectors * 3, &mut rng);
            let what = format!("{vectors} vectors");
            assert_conforms(&what, &parameters, [vectors * 3], [&x], BOUND, |[x]| {
                let apply = |x: &[Value]| -> Vec<Value> {
                    parameters.chunks(4).map(|row| affine(x, &row[..3], row[3]).tanh()).collect()
                };
                // Twice, so that the second time the vectors depend on parameters.
                let once: Vec<Vec<Value>> = x.chunks(3).map(apply).collect();
                let twice: Vec<Value> = once.iter().flat_map(|x| apply(x)).collect();
                Step::sum(tree(&twice)).with_outputs(&twice)
            });
        });
    }
}

#[test]
fn windows_that_overlap_may_share_their_weights() {
    let mut rng = Rng::new(8);
    scope(|| {
        let parameters = values(3 * 4, &mut rng);
        let x = numbers(9 * 10, &mut rng);
        assert_conforms("convolution", &parameters, [10], [&x], BOUND, |[x]| {
            let convolve = |x: &[Value], kernel: &[Value]| -> Vec<Value> {
                x.windows(3).map(|x| affine(x, &kernel[..3], kernel[3]).relu()).collect()
            };
            let first = convolve(x, &parameters[..4]);
            let second = convolve(&first, &parameters[4..8]);
            let third = convolve(&second, &parameters[8..]);
            Step::mean(sum(&third)).with_outputs(&third)
        });
    });
}

#[test]
fn a_sum_that_is_used_elsewhere_too_stays_itself() {
    let mut rng = Rng::new(9);
    scope(|| {
        let parameters = values(6, &mut rng);
        let x = numbers(17 * 3, &mut rng);
        assert_conforms("shared parts", &parameters, [3], [&x], BOUND, |[x]| {
            let part = x[0] * parameters[0] + x[1] * parameters[1];
            let whole = part + x[2] * parameters[2] + parameters[3];
            let other = whole - part + x[0] * parameters[4] - x[0] * parameters[5];
            let product = x[1] * parameters[1];
            Step::sum(whole * other - product * part).with_outputs(&[part, whole, other, product])
        });
    });
}

/// A term of a random sum: two factors by their places among inputs, parameters and numbers, or one.
#[derive(Clone, Debug)]
struct Term {
    factors: (usize, Option<usize>),
    minus: bool,
}

fn sums() -> impl Strategy<Value = Vec<Vec<Term>>> {
    let term = (0_usize..12, prop::option::weighted(0.8, 0_usize..12), prop::bool::ANY)
        .prop_map(|(a, b, minus)| Term { factors: (a, b), minus });
    prop::collection::vec(prop::collection::vec(term, 1..9), 1..7)
}

/// Adds terms in a shape that the bits of `shape` choose.
fn add_up(terms: &[Value], minus: &[bool], shape: u32) -> Value {
    let signed = |value: Value, minus: bool| if minus { -value } else { value };
    match (terms, shape % 3) {
        ([one], _) => signed(*one, minus[0]),
        ([first, rest @ ..], 0) => {
            let start = signed(*first, minus[0]);
            let step =
                |sum: Value, (&x, &minus): (&Value, &bool)| if minus { sum - x } else { sum + x };
            rest.iter().zip(&minus[1..]).fold(start, step)
        }
        (_, 1) => {
            sum(&terms.iter().zip(minus).map(|(&x, &minus)| signed(x, minus)).collect::<Vec<_>>())
        }
        _ => {
            let middle = 1 + shape as usize / 3 % (terms.len() - 1);
            let (left, right) = (shape.rotate_right(5), shape.rotate_right(11));
            let left = add_up(&terms[..middle], &minus[..middle], left);
            left + add_up(&terms[middle..], &minus[middle..], right)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn sums_of_any_terms_in_any_shape_are_right(
        first in sums(), second in sums(), shape in any::<u32>(), seed in any::<u64>(),
    ) {
        scope(|| {
            let mut rng = Rng::new(seed);
            let parameters = values(5, &mut rng);
            let x = numbers(5 * 18, &mut rng);
            // Two layers of sums: the second takes what the first made for its inputs.
            let layer = |sums: &[Vec<Term>], x: &[Value]| -> Vec<Value> {
                let factor = |i: usize| match i {
                    0..5 => x[i % x.len()],
                    5..10 => parameters[i - 5],
                    10 => Value::constant(0.75),
                    _ => parameters[0].exp(),
                };
                let sum = |terms: &Vec<Term>| {
                    let product = |term: &Term| {
                        let (a, b) = term.factors;
                        b.map_or(factor(a), |b| factor(a) * factor(b))
                    };
                    let minus: Vec<bool> = terms.iter().map(|term| term.minus).collect();
                    add_up(&terms.iter().map(product).collect::<Vec<_>>(), &minus, shape)
                };
                sums.iter().map(sum).collect()
            };
            let step = |[x]: [&[Value]; 1]| {
                let hidden: Vec<Value> = layer(&first, x).into_iter().map(|z| z.tanh()).collect();
                let out = layer(&second, &hidden);
                Step::mean(tree(&out)).with_outputs(&out)
            };
            conforms(&parameters, [5], [&x], 1e-11, step).map_err(TestCaseError::fail)
        })?;
    }
}
