//! Models as people write them: what `nn` has, and what it has not.

use super::evaluators::assert_conforms;
use gradling::nn::{Activation, Init, Mlp, Module, loss};
use gradling::{Rng, Step, Value, dot, grad, group, log_softmax, mean, scope, softmax, sum};

const BOUND: f64 = 1e-11;

fn numbers(n: usize, rng: &mut Rng) -> Vec<f64> {
    (0..n).map(|_| rng.between(-1.0, 1.0)).collect()
}

fn values(n: usize, rng: &mut Rng) -> Vec<Value> {
    numbers(n, rng).into_iter().map(Value::new).collect()
}

#[test]
fn a_network_of_every_activation() {
    let mut rng = Rng::new(31);
    for &activation in Activation::ALL {
        scope(|| {
            let layers = [(5, activation), (4, activation), (2, Activation::Linear)];
            let mlp = Mlp::with(3, &layers, Init::XavierUniform, &mut rng);
            let x = numbers(3 * 40, &mut rng);
            assert_conforms(activation.name(), &mlp.parameters(), [3], [&x], BOUND, |[x]| {
                let out = mlp.forward(x);
                Step::mean(out[0] * out[1]).with_outputs(&out)
            });
        });
    }
}

#[test]
fn networks_of_odd_and_of_large_sizes() {
    let mut rng = Rng::new(32);
    for (inputs, outputs, rows) in [
        (1, vec![1], 5),
        (1, vec![7, 1], 9),
        (7, vec![33, 3, 1], 20),
        (65, vec![70, 17], 18),
        (130, vec![3], 37),
    ] {
        scope(|| {
            let mlp = Mlp::new(inputs, &outputs, Activation::Tanh, &mut rng);
            let x = numbers(inputs * rows, &mut rng);
            let what = format!("{inputs} to {outputs:?}");
            assert_conforms(&what, &mlp.parameters(), [inputs], [&x], BOUND, |[x]| {
                let out = mlp.forward(x);
                Step::mean(sum(&out.iter().map(|y| y.pow(2)).collect::<Vec<_>>()))
                    .with_outputs(&out)
            });
        });
    }
}

#[test]
fn every_loss_of_the_library() {
    type Loss = fn(&[Value], &[Value]) -> Value;
    let losses: [(&str, Loss); 6] = [
        ("squared error", |out, y| loss::squared_error(out[0], y[0])),
        ("sum of squared errors", |out, y| loss::sum_squared_error(out, y)),
        ("mean of squared errors", |out, y| loss::mean_squared_error(out, y)),
        ("hinge", |out, y| loss::hinge(out[0], y[0])),
        ("binary cross-entropy", |out, y| loss::binary_cross_entropy(out[0], y[0].gt(0.0))),
        // The class of a sample as numbers that are 1 in one place.
        ("cross-entropy", |out, y| {
            -dot(&log_softmax(out), &[y[0].gt(0.0), y[0].le(0.0), Value::constant(0.0)])
        }),
    ];
    let mut rng = Rng::new(33);
    for (name, loss) in losses {
        scope(|| {
            let mlp = Mlp::new(2, &[6, 3], Activation::Relu, &mut rng);
            let (x, y) = (numbers(2 * 50, &mut rng), numbers(3 * 50, &mut rng));
            assert_conforms(name, &mlp.parameters(), [2, 3], [&x, &y], BOUND, |[x, y]| {
                let out = mlp.forward(x);
                Step::mean(loss(&out, y)).with_outputs(&out)
            });
        });
    }
}

#[test]
fn attention_over_a_sequence_with_several_heads() {
    const WIDTH: usize = 4;
    const LENGTH: usize = 5;
    const HEADS: usize = 2;
    let mut rng = Rng::new(34);
    scope(|| {
        let matrix = |rng: &mut Rng| values(WIDTH * WIDTH, rng);
        let [query, key, value, out] = std::array::from_fn(|_| matrix(&mut rng));
        let parameters = [&query[..], &key, &value, &out].concat();
        let linear = |x: &[Value], w: &[Value]| -> Vec<Value> {
            w.chunks(WIDTH).map(|row| dot(x, row)).collect()
        };
        let normal = |x: &[Value]| -> Vec<Value> {
            let squares: Vec<Value> = x.iter().map(|x| x.pow(2)).collect();
            let scale = (mean(&squares) + 1e-5).pow(-0.5);
            x.iter().map(|&x| x * scale).collect()
        };
        for rows in [1, 3, 17] {
            let x = numbers(rows * LENGTH * WIDTH, &mut rng);
            assert_conforms("attention", &parameters, [LENGTH * WIDTH], [&x], BOUND, |[x]| {
                let x: Vec<Vec<Value>> = x.chunks(WIDTH).map(normal).collect();
                let of =
                    |w: &[Value]| -> Vec<Vec<Value>> { x.iter().map(|x| linear(x, w)).collect() };
                let (q, k, v) = (of(&query), of(&key), of(&value));
                let mut outputs = Vec::new();
                for t in 0..LENGTH {
                    let mut heads = Vec::new();
                    for h in (0..WIDTH).step_by(WIDTH / HEADS) {
                        let part = h..h + WIDTH / HEADS;
                        let score =
                            |s: usize| dot(&q[t][part.clone()], &k[s][part.clone()]) / 2_f64.sqrt();
                        let weights = softmax(&(0..=t).map(score).collect::<Vec<_>>());
                        for i in part.clone() {
                            let column: Vec<Value> = (0..=t).map(|s| v[s][i]).collect();
                            heads.push(dot(&weights, &column));
                        }
                    }
                    let mixed = linear(&heads, &out);
                    outputs.extend(x[t].iter().zip(mixed).map(|(&x, y)| x + y));
                }
                Step::mean(sum(&outputs.iter().map(|y| y.tanh()).collect::<Vec<_>>()))
                    .with_outputs(&outputs)
            });
        }
    });
}

#[test]
fn a_recurrent_network_with_one_set_of_weights() {
    let mut rng = Rng::new(35);
    scope(|| {
        let parameters = values(3 * 6, &mut rng);
        let x = numbers(20 * 14, &mut rng);
        assert_conforms("recurrent", &parameters, [14], [&x], BOUND, |[x]| {
            let mut state = vec![Value::constant(0.0); 3];
            for x in x.chunks(2) {
                let joined = [&state[..], x].concat();
                let next = |row: &[Value]| (dot(&joined, &row[..5]) + row[5]).tanh();
                state = parameters.chunks(6).map(next).collect();
            }
            Step::sum(sum(&state)).with_outputs(&state)
        });
    });
}

#[test]
fn a_branch_for_each_sample_is_taken_by_select() {
    let mut rng = Rng::new(36);
    scope(|| {
        let parameters = values(3, &mut rng);
        // In batches where all samples, some and none take a branch; the other one is not a number.
        for (low, high) in [(0.1, 1.0), (-1.0, 1.0), (-1.0, -0.1)] {
            let x: Vec<f64> = (0..35).map(|_| rng.between(low, high)).collect();
            assert_conforms("select", &parameters, [1], [&x], BOUND, |[x]| {
                let positive = x[0].gt(0.0);
                let safe = positive.select(x[0], 1.0);
                let y = positive.select(parameters[0] * safe.ln(), parameters[1] * x[0]);
                let clipped = y.max(-0.5).min(parameters[2].abs());
                Step::mean(clipped * clipped).with_outputs(&[y, clipped])
            });
        }
    });
}

#[test]
fn a_penalty_on_the_slope_of_a_network_is_differentiated_through() {
    let mut rng = Rng::new(37);
    scope(|| {
        let mlp = Mlp::new(2, &[5, 1], Activation::Tanh, &mut rng);
        let x = numbers(2 * 25, &mut rng);
        assert_conforms("slope", &mlp.parameters(), [2], [&x], BOUND, |[x]| {
            let y = mlp.predict(x);
            let slope = grad(y, x);
            let length = dot(&slope, &slope);
            Step::mean(y * y + (length - 1.0).pow(2)).with_outputs(&slope)
        });
    });
}

#[test]
fn names_and_groups_change_nothing() {
    let mut rng = Rng::new(38);
    scope(|| {
        let mlp = Mlp::new(2, &[3, 1], Activation::Tanh, &mut rng);
        let x = numbers(2 * 20, &mut rng);
        assert_conforms("groups", &mlp.parameters(), [2], [&x], BOUND, |[x]| {
            let inner = scope(|| 3);
            let y = group("outer", || group("inner", || mlp.predict(x) * inner).with_label("y"));
            Step::sum(group("loss", || y.pow(2)))
                .plus(group("penalty", || mlp.parameters()[0].abs()))
        });
    });
}
