//! The squared error of a network n-h-h-1 with tanh, and its gradient, by plain loops.
//!
//! Samples are neighbours in memory: a row for each neuron, an entry for each sample. So the inner loops
//! are over samples, and a compiler makes vectors of them.

/// A tanh network n-h-h-1 with its samples: computes loss and gradient of one full batch.
///
/// Hidden neurons are tanh(w·x + b), the last is linear. The loss is Σ (prediction - target)² over the
/// samples. Parameters are in the order of micrograd: neuron by neuron, weights before bias.
pub struct Tanh {
    /// The inputs, then the two hidden layers: what each layer reads.
    outputs: [Rows; 3],
    /// The gradients by the sums of the two hidden layers.
    gradients: [Rows; 2],
    predictions: Vec<f64>,
    targets: Vec<f64>,
}

/// A row for each neuron, an entry for each sample.
struct Rows {
    data: Vec<f64>,
    width: usize,
}

impl Rows {
    fn new(count: usize, width: usize) -> Self {
        Rows { data: vec![0.0; count * width], width }
    }

    fn count(&self) -> usize {
        self.data.len() / self.width
    }

    fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.data.chunks_exact(self.width)
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut [f64]> {
        self.data.chunks_exact_mut(self.width)
    }
}

impl Tanh {
    /// The network n-`hidden`-`hidden`-1 for these samples, one list of n inputs for each target.
    ///
    /// # Panics
    /// If there is no sample, if the lists are empty or differ in length, or if there are not as many as
    /// targets.
    pub fn new(samples: &[Vec<f64>], targets: &[f64], hidden: usize) -> Self {
        let (width, inputs) = (samples.len(), samples[0].len());
        assert!(width == targets.len(), "there are {width} samples and {} targets", targets.len());
        let mut points = Rows::new(inputs, width);
        for (c, sample) in samples.iter().enumerate() {
            assert!(sample.len() == inputs, "sample {c} does not have {inputs} inputs");
            for (row, &x) in points.iter_mut().zip(sample) {
                row[c] = x;
            }
        }
        let rows = || Rows::new(hidden, width);
        Tanh {
            outputs: [points, rows(), rows()],
            gradients: [rows(), rows()],
            predictions: vec![0.0; width],
            targets: targets.to_vec(),
        }
    }

    /// How many parameters the network has.
    pub fn parameters(&self) -> usize {
        let [n, h, _] = self.outputs.each_ref().map(Rows::count);
        h * (n + 1) + h * (h + 1) + h + 1
    }

    /// Writes the gradient of the loss by every parameter and returns the loss.
    ///
    /// # Panics
    /// If the lengths are not [`parameters`](Tanh::parameters).
    pub fn step(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        assert!(parameters.len() == self.parameters() && gradient.len() == self.parameters());
        let [x, first, second] = &mut self.outputs;
        let [to_first, to_second] = &mut self.gradients;
        let (n, h) = (x.count(), first.count());
        let (w1, rest) = parameters.split_at(h * (n + 1));
        let (w2, w3) = rest.split_at(h * (h + 1));
        let (g1, rest) = gradient.split_at_mut(h * (n + 1));
        let (g2, g3) = rest.split_at_mut(h * (h + 1));

        for (w, z) in w1.chunks_exact(n + 1).zip(first.iter_mut()) {
            weighted_sum(w, x, z);
            z.iter_mut().for_each(|z| *z = z.tanh());
        }
        for (w, z) in w2.chunks_exact(h + 1).zip(second.iter_mut()) {
            weighted_sum(w, first, z);
            z.iter_mut().for_each(|z| *z = z.tanh());
        }
        weighted_sum(w3, second, &mut self.predictions);

        // From here on the other way; the predictions become their gradients.
        let mut loss = 0.0;
        for (prediction, target) in self.predictions.iter_mut().zip(&self.targets) {
            let error = *prediction - target;
            loss += error * error;
            *prediction = 2.0 * error;
        }
        weight_gradient(&self.predictions, second, g3);
        for ((&w, y), d) in w3.iter().zip(second.iter()).zip(to_second.iter_mut()) {
            for ((d, y), g) in d.iter_mut().zip(y).zip(&self.predictions) {
                *d = w * g * (1.0 - y * y);
            }
        }
        for (d, g) in to_second.iter().zip(g2.chunks_exact_mut(h + 1)) {
            weight_gradient(d, first, g);
        }
        for (i, (y, d)) in first.iter().zip(to_first.iter_mut()).enumerate() {
            d.fill(0.0);
            for (w, above) in w2.chunks_exact(h + 1).zip(to_second.iter()) {
                d.iter_mut().zip(above).for_each(|(d, g)| *d += w[i] * g);
            }
            d.iter_mut().zip(y).for_each(|(d, y)| *d *= 1.0 - y * y);
        }
        for (d, g) in to_first.iter().zip(g1.chunks_exact_mut(n + 1)) {
            weight_gradient(d, x, g);
        }
        loss
    }
}

/// w·x + b for every sample; the bias stands behind the weights.
fn weighted_sum(w: &[f64], x: &Rows, z: &mut [f64]) {
    z.fill(w[x.count()]);
    for (&w, x) in w.iter().zip(x.iter()) {
        z.iter_mut().zip(x).for_each(|(z, x)| *z += w * x);
    }
}

/// The gradient of one neuron's weights and bias, from that of its sum.
fn weight_gradient(d: &[f64], x: &Rows, gradient: &mut [f64]) {
    for (g, x) in gradient.iter_mut().zip(x.iter()) {
        *g = dot(d, x);
    }
    gradient[x.count()] = d.iter().sum();
}

/// Σ aᵢbᵢ in eight parts, which a compiler may add side by side.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut parts = [0.0; 8];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.iter().zip(b) {
        for ((part, a), b) in parts.iter_mut().zip(a).zip(b) {
            *part += a * b;
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    parts.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradling::nn::{Activation, Init, Mlp, Module, loss};
    use gradling::{Rng, Value, scope, sum};

    #[test]
    fn the_loops_compute_the_loss_and_gradient_of_the_tape() {
        // 13 samples fill the parts of a dot product and leave a rest; 3 leave only a rest.
        for (inputs, hidden, count) in [(2, 16, 13), (64, 64, 3)] {
            let rng = &mut Rng::new(1);
            let layers =
                [(hidden, Activation::Tanh), (hidden, Activation::Tanh), (1, Activation::Linear)];
            let mlp = Mlp::with(inputs, &layers, Init::XavierUniform, rng);
            let parameters = mlp.parameters();
            let samples: Vec<Vec<f64>> =
                (0..count).map(|_| (0..inputs).map(|_| rng.normal()).collect()).collect();
            let targets: Vec<f64> = (0..count).map(|_| rng.normal()).collect();
            let mut network = Tanh::new(&samples, &targets, hidden);
            let numbers: Vec<f64> = parameters.iter().map(|p| p.data()).collect();
            let mut gradient = vec![f64::NAN; numbers.len()];
            let got = network.step(&numbers, &mut gradient);
            let expected = scope(|| {
                let errors = samples.iter().zip(&targets);
                let errors = errors.map(|(x, &y)| loss::squared_error(mlp.predict(x), y));
                let loss = sum(&errors.collect::<Vec<Value>>());
                loss.backward();
                loss.data()
            });
            assert!((got - expected).abs() < 1e-12 * expected);
            for (got, expected) in gradient.iter().zip(&parameters) {
                assert!((got - expected.grad()).abs() < 1e-11, "{got} {}", expected.grad());
            }
        }
    }
}
