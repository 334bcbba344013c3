//! Networks: print, order of parameters, first weights, arithmetic, losses and groups.

use gradling::nn::{
    Activation, Adam, AdamW, Init, Layer, Mlp, Module, Neuron, Optimizer, Schedule, Sgd, loss,
};
use gradling::{Rng, Value, scope, sum};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn panic_message(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("it did not panic");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
    }
}

fn bits(values: &[Value]) -> Vec<u64> {
    values.iter().map(|x| x.data().to_bits()).collect()
}

fn gradient_bits(values: &[Value]) -> Vec<u64> {
    values.iter().map(|x| x.grad().to_bits()).collect()
}

#[track_caller]
fn assert_close(ours: f64, right: f64) {
    assert!((ours - right).abs() <= 1e-12 * right.abs().max(1e-3), "{ours} instead of {right}");
}

// Print and order.

#[test]
fn networks_print_as_in_micrograd() {
    let mut rng = Rng::new(0);
    let mlp =
        Mlp::with(2, &[(2, Activation::Relu), (1, Activation::Linear)], Init::Uniform, &mut rng);
    assert_eq!(
        mlp.to_string(),
        "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    );
    let titles =
        Activation::ALL.iter().map(|&a| Neuron::from_numbers(&[1.0; 16], 0.0, a).to_string());
    assert_eq!(
        titles.collect::<Vec<_>>(),
        [
            "LinearNeuron(16)",
            "TanhNeuron(16)",
            "ReLUNeuron(16)",
            "LeakyReLUNeuron(16)",
            "GELUNeuron(16)",
            "SoftplusNeuron(16)",
            "SigmoidNeuron(16)",
            "SinNeuron(16)",
        ]
    );
}

#[test]
fn parameters_come_by_layer_by_neuron_weights_before_bias() {
    let neuron =
        |first: f64| Neuron::from_numbers(&[first, first + 1.0], first + 2.0, Activation::Tanh);
    let mlp =
        Mlp::of(vec![Layer::of(vec![neuron(1.0), neuron(4.0)]), Layer::of(vec![neuron(7.0)])]);
    let data: Vec<f64> = mlp.parameters().iter().map(|p| p.data()).collect();
    assert_eq!(data, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
    let neuron = &mlp.layers()[0].neurons()[1];
    assert_eq!(neuron.weights().iter().map(|w| w.data()).collect::<Vec<_>>(), [4.0, 5.0]);
    assert_eq!(
        (neuron.bias().data(), neuron.inputs(), neuron.activation()),
        (6.0, 2, Activation::Tanh)
    );
    assert_eq!((mlp.inputs(), mlp.outputs(), mlp.layers()[0].outputs()), (2, 1, 2));
    assert!(mlp.parameters().iter().all(|p| !p.is_constant() && p.inputs().is_empty()));
    assert_eq!(Mlp::new(3, &[4, 4, 1], Activation::Tanh, &mut Rng::new(0)).parameters().len(), 41);
}

#[test]
fn zero_grad_forgets_the_gradients_of_the_parameters_alone() {
    let mlp = Mlp::new(2, &[3, 1], Activation::Tanh, &mut Rng::new(1));
    let x = [Value::new(1.0), Value::new(2.0)];
    mlp.predict(&x).backward();
    assert!(mlp.parameters().iter().all(|p| p.computed_grad().is_some()));
    mlp.zero_grad();
    assert!(mlp.parameters().iter().all(|p| p.computed_grad().is_none()));
    assert!(x.iter().all(|x| x.computed_grad().is_some()));
}

// Wrong sizes.

#[test]
fn wrong_lengths_give_both_numbers() {
    let mlp = Mlp::new(3, &[2, 1], Activation::Tanh, &mut Rng::new(0));
    let layer = &mlp.layers()[0];
    let neuron = &layer.neurons()[0];
    assert_eq!(
        panic_message(|| drop(mlp.forward(&[1.0, 2.0]))),
        "this network takes 3 inputs, and it was given 2"
    );
    assert_eq!(
        panic_message(|| drop(layer.forward(&[1.0; 4]))),
        "this layer takes 3 inputs, and it was given 4"
    );
    assert_eq!(
        panic_message(|| {
            neuron.forward::<f64>(&[]);
        }),
        "this neuron takes 3 inputs, and it was given 0"
    );
    assert_eq!(
        panic_message(|| {
            Mlp::new(3, &[2], Activation::Tanh, &mut Rng::new(0)).predict(&[1.0; 3]);
        }),
        "this network has 2 outputs, not one: use forward"
    );
    let y = [Value::new(1.0)];
    for f in [loss::sum_squared_error::<f64>, loss::mean_squared_error] {
        let message = panic_message(|| {
            f(&y, &[1.0, 2.0]);
        });
        assert_eq!(message, "there are 1 predictions and 2 targets");
    }
    let message = panic_message(|| {
        loss::cross_entropy(&[y[0], y[0]], 2);
    });
    assert_eq!(message, "there is no class 2: the 2 logits are those of 0 to 1");
    let message = panic_message(|| {
        loss::soft_cross_entropy(&[y[0], y[0]], &[1.0]);
    });
    assert_eq!(message, "there are 2 logits and 1 targets");
    let layers = vec![mlp.layers()[1].clone(), mlp.layers()[1].clone()];
    assert_eq!(
        panic_message(|| drop(Mlp::of(layers))),
        "layer 1 gives 1 outputs, and layer 2 takes 2 inputs"
    );
}

#[test]
fn networks_without_neurons_or_inputs_are_refused() {
    let tanh = Activation::Tanh;
    let of = |inputs: usize, sizes: &[usize]| {
        panic_message(|| drop(Mlp::new(inputs, sizes, tanh, &mut Rng::new(0))))
    };
    assert_eq!(of(0, &[1]), "a layer needs at least one input");
    assert_eq!(of(1, &[0]), "a layer needs at least one neuron");
    assert_eq!(of(1, &[1, 0, 1]), "a layer needs at least one neuron");
    assert_eq!(of(1, &[]), "a network needs at least one layer");
    assert_eq!(
        panic_message(|| {
            Neuron::from_numbers(&[], 0.0, tanh);
        }),
        "a neuron needs at least one input"
    );
    let mixed = |a: Neuron, b: Neuron| panic_message(|| drop(Layer::of(vec![a, b])));
    let right =
        "the neurons of a layer must have the same number of inputs and the same activation";
    let one = || Neuron::from_numbers(&[1.0], 0.0, tanh);
    assert_eq!(mixed(one(), Neuron::from_numbers(&[1.0, 2.0], 0.0, tanh)), right);
    assert_eq!(mixed(one(), Neuron::from_numbers(&[1.0], 0.0, Activation::Relu)), right);
}

#[test]
fn an_optimiser_refuses_lengths_that_differ_and_changes_nothing() {
    let all: [Box<dyn Optimizer>; 3] = [
        Box::new(Sgd::new(0.1).momentum(0.9)),
        Box::new(Adam::new(0.1)),
        Box::new(AdamW::new(0.1)),
    ];
    for mut optimizer in all {
        let mut p = [1.0, 2.0];
        let message = panic_message(|| optimizer.update(&mut p, &[1.0]));
        assert_eq!(message, "there are 2 parameters and 1 gradients");
        assert_eq!(p, [1.0, 2.0]);
        optimizer.update(&mut p, &[1.0, 1.0]);
        let mut more = [1.0, 2.0, 3.0];
        let message = panic_message(|| optimizer.update(&mut more, &[1.0; 3]));
        assert_eq!(message, "this optimiser has stepped 2 parameters and cannot go on with 3");
        assert_eq!(more, [1.0, 2.0, 3.0]);
    }
}

// First weights.

/// The parameters of a wide layer, weights and biases apart.
fn drawn(init: Init, activation: Activation) -> (Vec<f64>, Vec<f64>) {
    scope(|| {
        let layer = Layer::new(300, 200, activation, init, &mut Rng::new(7));
        let of = |values: Vec<Value>| values.iter().map(|p| p.data()).collect::<Vec<f64>>();
        let weights = layer.neurons().iter().flat_map(|n| of(n.weights())).collect();
        (weights, layer.neurons().iter().map(|n| n.bias().data()).collect())
    })
}

fn moments(numbers: &[f64]) -> (f64, f64) {
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    (mean, (numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt())
}

#[test]
fn uniform_first_weights_fill_their_bounds() {
    let (inputs, both) = (300.0_f64, 500.0_f64);
    let table = [
        (Init::Uniform, Activation::Tanh, 1.0),
        (Init::FanIn, Activation::Relu, 1.0 / inputs.sqrt()),
        (Init::XavierUniform, Activation::Linear, (6.0 / both).sqrt()),
        (Init::XavierUniform, Activation::Tanh, 5.0 / 3.0 * (6.0 / both).sqrt()),
        (Init::KaimingUniform, Activation::Relu, (6.0 / inputs).sqrt()),
        (Init::KaimingUniform, Activation::Linear, (3.0 / inputs).sqrt()),
    ];
    for (init, activation, bound) in table {
        let (weights, biases) = drawn(init, activation);
        assert_eq!(weights.len(), 60_000);
        let largest = weights.iter().fold(0.0_f64, |largest, w| largest.max(w.abs()));
        assert!(largest <= bound && largest > 0.999 * bound, "{init:?}: {largest} of {bound}");
        let (mean, deviation) = moments(&weights);
        // Of 60,000 draws the mean strays by 0.0024 bounds, the deviation by 0.2 %.
        assert!(mean.abs() < 0.015 * bound, "{init:?}: mean {mean}");
        assert!((deviation * 3.0_f64.sqrt() / bound - 1.0).abs() < 0.015, "{init:?}: {deviation}");
        if matches!(init, Init::Uniform | Init::FanIn) {
            assert!(biases.iter().all(|b| b.abs() <= bound) && moments(&biases).1 > 0.4 * bound);
        } else {
            assert!(biases.iter().all(|&b| b == 0.0));
        }
    }
}

#[test]
fn normal_first_weights_have_their_deviation() {
    let table = [
        (Init::XavierNormal, Activation::Linear, (2.0 / 500.0_f64).sqrt()),
        (Init::XavierNormal, Activation::Tanh, 5.0 / 3.0 * (2.0 / 500.0_f64).sqrt()),
        (Init::KaimingNormal, Activation::Relu, (2.0 / 300.0_f64).sqrt()),
        (Init::KaimingNormal, Activation::LeakyRelu, (2.0 / 1.0001 / 300.0_f64).sqrt()),
    ];
    for (init, activation, right) in table {
        let (weights, biases) = drawn(init, activation);
        let (mean, deviation) = moments(&weights);
        assert!(mean.abs() < 0.025 * right, "{init:?}: mean {mean}");
        assert!((deviation / right - 1.0).abs() < 0.02, "{init:?}: {deviation} instead of {right}");
        // 68.27 % of a normal distribution lies within one deviation, 99.73 % within three.
        let within =
            |k: f64| weights.iter().filter(|w| w.abs() < k * right).count() as f64 / 60_000.0;
        assert!((within(1.0) - 0.6827).abs() < 0.01 && (within(3.0) - 0.9973).abs() < 0.002);
        assert!(biases.iter().all(|&b| b == 0.0));
    }
}

// Random numbers.

#[test]
fn a_seed_gives_the_same_numbers_always() {
    // The ChaCha8 key stream of an all-zero key: the published test vector begins 3e 00 ef 2f 89 5f 40 d6
    // 7f 5b b8 e8 1f 09 a5 a1.
    let mut rng = Rng::new(0);
    assert_eq!((rng.bits(), rng.bits()), (0xd640_5f89_2fef_003e, 0xa1a5_091f_e8b8_5b7f));
    let mut rng = Rng::new(0);
    assert_eq!(rng.uniform(), (0xd640_5f89_2fef_003e_u64 >> 11) as f64 / 2_f64.powi(53));
    let mut rng = Rng::new(0);
    assert_eq!(
        rng.between(-1.0, 1.0),
        2.0 * (0xd640_5f89_2fef_003e_u64 >> 11) as f64 / 2_f64.powi(53) - 1.0
    );
}

#[test]
fn a_seed_gives_the_same_network_always_and_another_seed_another() {
    let first = |seed: u64| {
        let mlp = Mlp::new(3, &[4, 4, 1], Activation::Tanh, &mut Rng::new(seed));
        mlp.parameters().iter().map(|p| p.data()).collect::<Vec<f64>>()
    };
    assert_eq!(first(0), first(0));
    assert_ne!(first(0), first(1));
    assert_eq!(first(0)[0], 2.0 * (0xd640_5f89_2fef_003e_u64 >> 11) as f64 / 2_f64.powi(53) - 1.0);
    assert_ne!(Rng::stream(0, 1).bits(), Rng::stream(0, 2).bits());
    assert_eq!(Rng::stream(3, 0).bits(), Rng::new(3).bits());
}

#[test]
fn uniform_normal_and_shuffled_numbers_are_spread_as_they_should() {
    let mut rng = Rng::new(5);
    let uniform: Vec<f64> = (0..100_000).map(|_| rng.uniform()).collect();
    assert!(uniform.iter().all(|x| (0.0..1.0).contains(x)));
    let (mean, deviation) = moments(&uniform);
    assert!((mean - 0.5).abs() < 0.005 && (deviation - (1.0_f64 / 12.0).sqrt()).abs() < 0.003);
    let normal: Vec<f64> = (0..100_000).map(|_| rng.normal()).collect();
    let (mean, deviation) = moments(&normal);
    assert!(mean.abs() < 0.02 && (deviation - 1.0).abs() < 0.015, "{mean}, {deviation}");
    // Every order of three is as likely: 10,000 of each, give or take 5 deviations.
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..60_000 {
        let mut items = [0, 1, 2];
        rng.shuffle(&mut items);
        *counts.entry(items).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 6);
    assert!(counts.values().all(|&n: &i32| (n - 10_000).abs() < 460), "{counts:?}");
    rng.shuffle::<u8>(&mut []);
}

// Arithmetic.

#[test]
fn a_network_computes_what_the_same_arithmetic_by_hand_computes() {
    for &activation in Activation::ALL {
        let mlp = Mlp::new(3, &[5, 4, 1], activation, &mut Rng::new(11));
        let x = [0.5, -1.0, 0.25].map(Value::new);
        let ours = mlp.predict(&x);
        ours.backward();
        let gradients: Vec<f64> = mlp.parameters().iter().chain(&x).map(|p| p.grad()).collect();
        mlp.parameters().iter().chain(&x).for_each(|p| p.zero_grad());

        let mut z = x.to_vec();
        for layer in mlp.layers() {
            let neuron = |n: &Neuron| {
                let mut total = n.bias();
                for (w, x) in n.weights().into_iter().zip(&z) {
                    total += w * x;
                }
                match activation {
                    Activation::Linear => total,
                    Activation::Tanh => total.tanh(),
                    Activation::Relu => total.max(0),
                    Activation::LeakyRelu => total.gt(0).select(total, 0.01 * total),
                    Activation::Gelu => 0.5 * total * (1 + (total / 2.0_f64.sqrt()).erf()),
                    Activation::Softplus => (1 + total.exp()).ln(),
                    Activation::Sigmoid => 1 / (1 + (-total).exp()),
                    Activation::Sin => total.sin(),
                    other => unreachable!("{other}"),
                }
            };
            z = layer.neurons().iter().map(neuron).collect();
        }
        assert_close(ours.data(), z[0].data());
        z[0].backward();
        for (p, ours) in mlp.parameters().iter().chain(&x).zip(gradients) {
            assert_close(ours, p.grad());
        }
    }
}

#[test]
fn a_layer_gives_the_same_bits_whether_its_inputs_are_neighbours_or_not() {
    for inputs in [1, 2, 7, 300] {
        let layer = Layer::new(inputs, 5, Activation::Tanh, Init::FanIn, &mut Rng::new(3));
        let numbers: Vec<f64> = (0..inputs).map(|i| (i as f64).sin()).collect();
        let near: Vec<Value> = numbers.iter().map(|&x| Value::new(x)).collect();
        let mut far: Vec<Value> = numbers.iter().rev().map(|&x| Value::new(x)).collect();
        far.reverse();
        let run = |x: &[Value]| {
            let y = layer.forward(x);
            layer.zero_grad();
            sum(&y).backward();
            (bits(&y), gradient_bits(x), gradient_bits(&layer.parameters()))
        };
        let with_near = run(&near);
        assert_eq!(run(&far), with_near);
        let by_neuron: Vec<Value> = layer.neurons().iter().map(|n| n.forward(&near)).collect();
        assert_eq!(bits(&by_neuron), with_near.0);
        let of_numbers = layer.forward(&numbers);
        assert_eq!(bits(&of_numbers), with_near.0);
    }
}

#[test]
fn plain_inputs_are_constants_and_get_no_line_in_a_check() {
    let mlp = Mlp::new(2, &[2, 1], Activation::Tanh, &mut Rng::new(2));
    let y = mlp.predict(&[1.0, 2.0]);
    let checked = y.check();
    assert_eq!(checked.len(), mlp.parameters().len());
    assert!(checked.iter().all(|slope| (slope.grad - slope.slope).abs() < 1e-8));
}

#[test]
fn recompute_follows_parameters_that_have_moved() {
    let mlp = Mlp::new(2, &[3, 1], Activation::Gelu, &mut Rng::new(2));
    let y = mlp.predict(&[1.0, 2.0]);
    for p in mlp.parameters() {
        p.set_data(p.data() * 0.5);
    }
    y.recompute();
    assert_eq!(y.data().to_bits(), mlp.predict(&[1.0, 2.0]).data().to_bits());
}

// Losses, by hand.

#[test]
fn losses_have_the_values_of_their_formulas() {
    let y = [1.0, -2.0, 0.5].map(Value::new);
    assert_eq!(loss::squared_error(y[0], 3.0).data(), 4.0);
    assert_eq!(loss::sum_squared_error(&y, &[3.0, 1.0, 0.5]).data(), 13.0);
    assert_eq!(loss::mean_squared_error(&y, &[3.0, 1.0, 0.5]).data(), 13.0 / 3.0);
    assert_eq!(loss::hinge(y[0], 1).data(), 0.0);
    assert_eq!(loss::hinge(y[2], 1).data(), 0.5);
    assert_eq!(loss::hinge(y[1], 1.0).data(), 3.0);
    assert_eq!(loss::hinge(y[1], -1.0).data(), 0.0);
    // -ln σ(1) and -ln(1 - σ(1)) with σ(1) = 0.7310585786300049.
    assert_close(loss::binary_cross_entropy(y[0], 1).data(), 0.31326168751822286);
    assert_close(loss::binary_cross_entropy(y[0], 0.0).data(), 1.3132616875182228);
    // -ln of 1/3; and of e^2 / (e^2 + e^1 + e^0) = 0.6652409557748218.
    let equal = [0.0; 3].map(Value::new);
    assert_close(loss::cross_entropy(&equal, 1).data(), 3.0_f64.ln());
    let logits = [1.0, 2.0, 0.0].map(Value::new);
    assert_close(loss::cross_entropy(&logits, 1).data(), 0.4076059644443804);
    assert_close(loss::soft_cross_entropy(&logits, &[0, 1, 0]).data(), 0.4076059644443804);
    // ¼ · 1.4076… + ½ · 0.4076… + ¼ · 2.4076…, the -ln p of each.
    let soft = loss::soft_cross_entropy(&logits, &[0.25, 0.5, 0.25]);
    assert_close(soft.data(), 1.1576059644443804);
    // Twice the targets, twice the loss: they need not add up to 1.
    let doubled = loss::soft_cross_entropy(&logits, &[0.5, 1.0, 0.5]);
    assert_close(doubled.data(), 2.0 * 1.1576059644443804);
    let far = [1000.0, -1000.0].map(Value::new);
    assert_eq!(loss::soft_cross_entropy(&far, &[0.0, 1.0]).data(), 2000.0);
}

#[test]
fn losses_have_the_gradients_of_their_formulas() {
    let y = Value::new(0.5);
    let slope = |loss: Value| {
        y.zero_grad();
        loss.backward();
        y.grad()
    };
    assert_eq!(slope(loss::squared_error(y, 3.0)), -5.0);
    assert_eq!(slope(loss::mean_squared_error(&[y, y], &[3.0, 1.5])), -3.5);
    assert_eq!(slope(loss::hinge(y, 1.0)), -1.0);
    assert_eq!(slope(loss::hinge(y, -1.0)), 1.0);
    // σ(½) - target.
    assert_close(slope(loss::binary_cross_entropy(y, 1.0)), 0.6224593312018546 - 1.0);
    // softmax - 1 at the class.
    let logits = [1.0, 2.0, 0.0].map(Value::new);
    loss::cross_entropy(&logits, 1).backward();
    assert_close(logits[1].grad(), 0.6652409557748218 - 1.0);
    assert_close(logits[0].grad(), 0.24472847105479764);
    // softmax - targets; and of a target -z + ln Σ e^z.
    logits.iter().for_each(|z| z.zero_grad());
    let targets = [0.25, 0.5, 0.25].map(Value::new);
    loss::soft_cross_entropy(&logits, &targets).backward();
    assert_close(logits[1].grad(), 0.6652409557748218 - 0.5);
    assert_close(logits[0].grad(), 0.24472847105479764 - 0.25);
    assert_close(targets[1].grad(), 0.4076059644443804);
    // A target may be a value, and then has a gradient.
    let target = Value::new(1.0);
    loss::squared_error(y, target).backward();
    assert_eq!(target.grad(), 1.0);
}

// Groups.

fn names(value: Value) -> Vec<String> {
    value.groups().into_iter().map(|group| group.name).collect()
}

#[test]
fn every_value_of_a_network_knows_its_layer_and_neuron() {
    for &activation in Activation::ALL {
        let mlp = Mlp::new(2, &[3, 2], activation, &mut Rng::new(0));
        let y = mlp.forward(&[1.0, 2.0]);
        for (k, output) in y.iter().enumerate() {
            let right = ["layer 2".to_owned(), format!("neuron {}", k + 1)];
            assert_eq!(names(*output), right);
            let sum = if activation == Activation::Linear { *output } else { output.inputs()[0] };
            assert_eq!(names(sum), right);
            // What it saw is the outputs of the layer before, in order.
            for (i, input) in sum.inputs()[..3].iter().enumerate() {
                assert_eq!(names(*input), ["layer 1".to_owned(), format!("neuron {}", i + 1)]);
            }
        }
        assert_eq!(y[0].groups()[0], y[1].groups()[0]);
        assert_ne!(y[0].groups()[1].id, y[1].groups()[1].id);
        // Parameters and inputs belong to nobody; nor does what is made of the outputs.
        assert!(mlp.parameters().iter().all(|p| p.groups().is_empty()));
        assert!((y[0] + y[1]).groups().is_empty());
    }
}

#[test]
fn a_network_called_twice_has_layers_of_the_same_name_told_apart() {
    let mlp = Mlp::new(2, &[1], Activation::Tanh, &mut Rng::new(0));
    let (one, two) = (mlp.predict(&[1.0, 2.0]), mlp.predict(&[3.0, 4.0]));
    assert_eq!(names(one), names(two));
    assert_ne!(one.groups()[0].id, two.groups()[0].id);
    let inside = gradling::group("model", || mlp.predict(&[1.0, 2.0]));
    assert_eq!(names(inside), ["model", "layer 1", "neuron 1"]);
    assert_eq!(names(mlp.layers()[0].forward(&[1.0, 2.0])[0]), ["layer", "neuron 1"]);
}

// Names and rates.

#[test]
fn activations_are_found_by_name() {
    for &activation in Activation::ALL {
        assert_eq!(activation.name().parse(), Ok(activation));
        assert_eq!(activation.to_string(), activation.name());
    }
    assert_eq!(
        "ReLU".parse::<Activation>().unwrap_err().to_string(),
        "no activation is called `ReLU`: there are linear, tanh, relu, leaky_relu, gelu, softplus, sigmoid, sin"
    );
}

#[test]
fn schedules_are_exact_at_both_ends_and_take_any_step() {
    let linear = Schedule::Linear { from: 0.3, to: 0.1, steps: 7 };
    let cosine = Schedule::Cosine { from: 0.3, to: 0.1, steps: 7 };
    for schedule in [linear, cosine] {
        assert_eq!(
            (schedule.rate(0), schedule.rate(7), schedule.rate(usize::MAX)),
            (0.3, 0.1, 0.1)
        );
    }
    assert_eq!(Schedule::Linear { from: 1.0, to: 0.5, steps: 0 }.rate(0), 0.5);
    assert_eq!(Schedule::Step { from: 1.0, factor: 0.5, every: 0 }.rate(2), 0.25);
    assert_eq!(Schedule::Exponential { from: 1.0, factor: 0.5 }.rate(usize::MAX), 0.0);
    assert_eq!(Schedule::Constant(0.2).rate(5), 0.2);
}

#[test]
fn an_optimiser_steps_values_by_the_gradients_that_backward_left() {
    let (w, untouched) = (Value::new(3.0), Value::new(5.0));
    let mut sgd = Sgd::new(0.5);
    scope(|| (w * w).backward());
    sgd.step(&[w, untouched]);
    assert_eq!((w.data(), untouched.data()), (0.0, 5.0));
    sgd.set_rate(0.25);
    assert_eq!(sgd.rate(), 0.25);
}
