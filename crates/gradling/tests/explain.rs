//! What `explain` tells of the ways in which people write the same thing.

use gradling::nn::{Activation, Layer, Mlp, Module, loss};
use gradling::{
    Mode, Options, Program, Rng, Step, Value, affine, dot, group, logsumexp, softmax, sum,
};

/// Two neurons of three inputs, as weights and bias.
fn neurons() -> Vec<([Value; 3], Value)> {
    (0..2).map(|_| ([(); 3].map(|()| Value::new(0.1)), Value::new(0.2))).collect()
}

fn parameters(neurons: &[([Value; 3], Value)]) -> Vec<Value> {
    neurons.iter().flat_map(|(w, b)| w.iter().chain([b])).copied().collect()
}

/// What is told of two neurons, each written so.
fn told(neuron: impl Fn(&[Value], &[Value; 3], Value) -> Value) -> String {
    let neurons = neurons();
    let program = Program::record(&parameters(&neurons), [3], |[x]| {
        let outputs: Vec<Value> = neurons.iter().map(|(w, b)| neuron(x, w, *b).tanh()).collect();
        Step::outputs(&outputs)
    });
    program.unwrap().explain().to_string()
}

const TWO_NEURONS: &str = "layer   2 × 3 and a bias, then tanh\n";

#[test]
fn a_weighted_sum_is_a_layer_however_it_is_written() {
    let ways = [
        told(|x, w, b| affine(x, w, b)),
        told(|x, w, b| dot(x, w) + b),
        // A fold from the left, the bias first, last or in the middle.
        told(|x, w, b| b + w[0] * x[0] + w[1] * x[1] + w[2] * x[2]),
        told(|x, w, b| x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + b),
        told(|x, w, b| x[0] * w[0] + b + x[1] * w[1] + w[2] * x[2]),
        // A tree.
        told(|x, w, b| (x[0] * w[0] + x[1] * w[1]) + (x[2] * w[2] + b)),
        // Iterators, which start from 0.
        told(|x, w, b| x.iter().zip(w).map(|(&x, &w)| x * w).sum::<Value>() + b),
        told(|x, w, b| x.iter().zip(w).fold(b, |sum, (&x, &w)| sum + x * w)),
        // What is subtracted, and in another order.
        told(|x, w, b| b - w[2] * x[2] + x[0] * w[0] - x[1] * w[1]),
    ];
    for (i, told) in ways.iter().enumerate() {
        assert!(told.contains(TWO_NEURONS), "{i}: {told}");
        assert!(!told.contains("no layer"), "{i}: {told}");
    }
    insta::assert_snapshot!("a_sum_from_zero", ways[6]);
    insta::assert_snapshot!("a_difference", ways[8]);
}

#[test]
fn a_network_is_told_layer_by_layer() {
    let mlp = Mlp::new(2, &[16, 16, 1], Activation::Relu, &mut Rng::new(1));
    let parameters = mlp.parameters();
    let program = Program::record(&parameters, [2, 1], |[x, y]| {
        let score = mlp.forward(x)[0];
        // A penalty does not vary: it is computed once a step.
        let squares: Vec<Value> = parameters.iter().map(|p| p.pow(2)).collect();
        Step::mean(loss::hinge(score, y[0])).plus(1e-4 * sum(&squares)).with_outputs(&[score])
    })
    .unwrap();
    insta::assert_snapshot!(program.explain());

    let strict = program.compile_with::<f64>(Options::default().mode(Mode::Strict));
    insta::assert_snapshot!("strict_mode", strict.program().explain());
}

#[test]
fn a_network_applied_to_three_windows_is_one_product() {
    let mut rng = Rng::new(1);
    let mlp = Mlp::new(2, &[4, 1], Activation::Tanh, &mut rng);
    let program = Program::record(&mlp.parameters(), [4], |[x]| {
        Step::outputs(&[sum(&x
            .windows(2)
            .map(|window| mlp.forward(window)[0])
            .collect::<Vec<_>>())])
    });
    insta::assert_snapshot!(program.unwrap().explain());
}

#[test]
fn an_input_that_stands_twice_adds_up_its_weights() {
    let w = [(); 3].map(|()| Value::new(0.5));
    let program = Program::record(&w, [2], |[x]| {
        Step::outputs(&[(x[0] * w[0] + x[1] * w[1] + x[0] * w[2]).tanh()])
    });
    insta::assert_snapshot!(program.unwrap().explain());
}

#[test]
fn a_term_that_is_used_twice_is_no_part_of_a_layer() {
    let w = [(); 4].map(|()| Value::new(0.5));
    let program = Program::record(&w, [3], |[x]| {
        let term = x[0] * w[0];
        let sum = term + x[1] * w[1] + x[2] * w[2] + w[3];
        Step::outputs(&[sum.tanh(), term + 1.0])
    });
    insta::assert_snapshot!(program.unwrap().explain());
}

#[test]
fn a_line_is_an_ordinary_product() {
    let (w, b) = (Value::new(0.0), Value::new(0.0));
    let program =
        Program::record(&[w, b], [1, 1], |[x, y]| Step::mean((w * x[0] + b - y[0]).pow(2)));
    insta::assert_snapshot!(program.unwrap().explain());
}

#[test]
fn the_cross_entropy_of_a_classifier() {
    let mlp = Mlp::new(4, &[8, 3], Activation::Relu, &mut Rng::new(1));
    let program = Program::record(&mlp.parameters(), [4, 3], |[x, target]| {
        let logits = mlp.forward(x);
        let loss = logsumexp(&logits) - dot(&logits, target);
        Step::mean(loss).with_outputs(&softmax(&logits))
    });
    insta::assert_snapshot!(program.unwrap().explain());
}

#[test]
fn attention_of_one_head_over_three_positions() {
    let mut rng = Rng::new(1);
    let (width, positions) = (4, 3);
    let mut matrix = |inputs: usize, outputs: usize| -> Vec<Vec<Value>> {
        let mut row = || (0..inputs).map(|_| Value::new(rng.normal())).collect();
        (0..outputs).map(|_| row()).collect()
    };
    let [q, k, v] = [(); 3].map(|()| matrix(width, width));
    let parameters: Vec<Value> = [&q, &k, &v].into_iter().flatten().flatten().copied().collect();
    let apply = |name: &str, matrix: &[Vec<Value>], x: &[Value]| -> Vec<Value> {
        group(name, || matrix.iter().map(|row| dot(row, x)).collect())
    };
    let program = Program::record(&parameters, [width * positions], |[x]| {
        let x: Vec<&[Value]> = x.chunks(width).collect();
        let keys: Vec<_> = x.iter().map(|x| apply("keys", &k, x)).collect();
        let values: Vec<_> = x.iter().map(|x| apply("values", &v, x)).collect();
        let mut seen = Vec::new();
        for x in &x {
            let query = apply("queries", &q, x);
            let scores: Vec<Value> =
                group("scores", || keys.iter().map(|key| dot(&query, key) / 2.0).collect());
            let weights = group("weights", || softmax(&scores));
            for i in 0..width {
                let column: Vec<Value> = values.iter().map(|value| value[i]).collect();
                seen.push(group("seen", || dot(&weights, &column)));
            }
        }
        Step::outputs(&seen)
    });
    insta::assert_snapshot!(program.unwrap().explain());
}

#[test]
fn a_division_that_could_be_a_product_is_told() {
    let (w, s) = ([(); 2].map(|()| Value::new(0.5)), Value::new(2.0));
    let program = Program::record(&[w[0], w[1], s], [2], |[x]| {
        Step::outputs(&[(x[0] * w[0] + x[1] / s).tanh()])
    });
    insta::assert_snapshot!(program.unwrap().explain());
}

#[test]
fn what_is_known_before_any_run_is_told() {
    let w = Value::new(1.0);
    let program = Program::record(&[w], [1], |[x]| {
        let scale = Value::new(2.0).sqrt() * 3.0;
        Step::outputs(&[(x[0] * scale).exp() * w])
    });
    insta::assert_snapshot!(program.unwrap().explain());
}

#[test]
fn long_lists_are_cut() {
    let mut rng = Rng::new(1);
    let layers: Vec<Layer> = (0..20)
        .map(|_| Layer::new(2, 2, Activation::Tanh, gradling::nn::Init::Uniform, &mut rng))
        .collect();
    let parameters: Vec<Value> = layers.iter().flat_map(|layer| layer.parameters()).collect();
    let program = Program::record(&parameters, [2], |[x]| {
        let mut x = x.to_vec();
        for (i, layer) in layers.iter().enumerate() {
            x = group(format!("block {i}"), || layer.forward(&x));
        }
        Step::outputs(&x)
    });
    insta::assert_snapshot!(program.unwrap().explain());
}
