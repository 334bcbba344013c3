//! What is computed on every target: for each case a sum over the bits of all its numbers.

use gradling::nn::{Activation, Adam, Init, Mlp, Module, Optimizer, Sgd, Trainer};
use gradling::{Level, Mode, Number, Options, Program, Rng, Step, Value, logsumexp, scope};

/// How many cases there are.
pub const COUNT: usize = 4 * (MODELS.len() + 1);

const ACTIVATIONS: [Activation; 4] =
    [Activation::Tanh, Activation::Relu, Activation::Sigmoid, Activation::Linear];

/// Inputs, hidden neurons, samples of a batch: tiles of every width and height, rows that end within a vector,
/// samples few and many.
const MODELS: [(usize, usize, usize); 9] = [
    (2, 16, 10),
    (1, 1, 1),
    (2, 3, 2),
    (3, 5, 3),
    (5, 7, 4),
    (4, 9, 7),
    (7, 13, 13),
    (33, 18, 16),
    (6, 66, 37),
];

/// What a case gives on the plainest instructions of the target.
pub fn bits(case: usize) -> u64 {
    let (what, how) = (case / 4, case % 4);
    let mode = if how / 2 == 0 { Mode::Fast } else { Mode::Strict };
    let options = Options::default().mode(mode).level(Level::BASELINE).threads(1);
    scope(|| match how % 2 {
        0 => of_case::<f32>(what, options),
        _ => of_case::<f64>(what, options),
    })
}

fn of_case<T: Number>(what: usize, options: Options) -> u64 {
    match MODELS.get(what) {
        Some(&(inputs, hidden, batch)) => {
            let mut sum = Bits::default();
            train::<T, _>(inputs, hidden, batch, options, Sgd::new(0.05).momentum(0.5), &mut sum);
            train::<T, _>(inputs, hidden, batch, options, Adam::new(0.01), &mut sum);
            sum.0
        }
        None => functions::<T>(options),
    }
}

/// A network of three layers, trained for a few steps; then what it predicts.
fn train<T: Number, O: Optimizer>(
    inputs: usize,
    hidden: usize,
    batch: usize,
    options: Options,
    optimizer: O,
    sum: &mut Bits,
) {
    let mut rng = Rng::new((inputs + hidden + batch) as u64);
    let activation = ACTIVATIONS[hidden % ACTIVATIONS.len()];
    let layers = [(hidden, Activation::Tanh), (hidden, activation), (1, Activation::Linear)];
    let mlp = Mlp::with(inputs, &layers, Init::XavierUniform, &mut rng);
    let program = Program::record(&mlp.parameters(), [inputs, 1], |[x, y]| {
        let z = mlp.forward(x)[0];
        Step::mean((1.0 - z * y[0]).relu() + (z - y[0]).pow(2)).with_outputs(&[z])
    });
    let program = program.expect("the step can be recorded");
    let rows = 2 * batch + 1;
    let mut numbers =
        |count: usize| (0..count).map(|_| T::from_f64(rng.between(-2.0, 2.0))).collect::<Vec<T>>();
    let (x, y) = (numbers(rows * inputs), numbers(rows));
    let runner = program.compile_with::<T>(options);
    let trainer = Trainer::new(runner, &mlp.parameters(), optimizer);
    let mut trainer = trainer.expect("they are its parameters").batch(batch);
    for _ in 0..5 {
        sum.add(trainer.epoch(&[&x, &y]).expect("finite numbers"));
    }
    trainer.parameters().iter().for_each(|&p| sum.add(p));
    let outputs = trainer.predict(&[&x]).expect("as many numbers as rows");
    outputs.iter().for_each(|y| sum.add(y.to_f64()));
}

/// Every operation of one or two values, over samples of all scales, with its gradient.
fn functions<T: Number>(options: Options) -> u64 {
    let p = Value::new(1.0);
    let mut rng = Rng::new(1);
    let x: Vec<T> =
        (0..2 * 203).map(|i| T::from_f64(rng.normal() * 10.0_f64.powi(i % 7 - 4))).collect();
    let mut sum = Bits::default();
    let steps: [fn(Value, Value) -> Value; 14] = [
        |a, _| a.exp(),
        |a, _| (a * a + 0.1).ln(),
        |a, _| a.sin(),
        |a, _| a.cos(),
        |a, _| a.tanh(),
        |a, _| a.sigmoid(),
        |a, _| a.softplus(),
        |a, _| a.gelu(),
        |a, _| (a * a).sqrt(),
        |a, b| a / (b * b + 0.1),
        |a, b| a.max(b) - a.min(b) * a.abs(),
        |a, b| (a * a + 0.1).pow(b),
        |a, _| (a * a + 0.5).pow(2.7),
        |a, b| logsumexp(&[a, b, a * b]),
    ];
    for step in steps {
        let program = Program::record(&[p], [2], |[x]| {
            let y = step(x[0] * p, x[1]);
            Step::mean(y).with_outputs(&[y])
        });
        let mut run = program.expect("the step can be recorded").compile_with::<T>(options);
        let (mut gradient, mut outputs) = ([T::ZERO], vec![T::ZERO; x.len() / 2]);
        let loss = run.value_and_grad(&[T::ONE], &[&x], &mut gradient).expect("it has a loss");
        run.predict(&[T::ONE], &[&x], &mut outputs).expect("it has outputs");
        sum.add(loss.to_f64());
        sum.add(gradient[0].to_f64());
        outputs.iter().for_each(|y| sum.add(y.to_f64()));
    }
    sum.0
}

/// A sum that any changed bit changes; all NaN are one.
#[derive(Default)]
struct Bits(u64);

impl Bits {
    fn add(&mut self, x: f64) {
        let bits = if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
        self.0 = (self.0 ^ bits).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    }
}
