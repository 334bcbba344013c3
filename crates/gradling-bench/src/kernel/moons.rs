//! One full-batch gradient of the two-moons network by hand: 2-16-16-1, ReLU, mean hinge and a penalty.
//!
//! Samples lie in the lanes of vectors. A *block* holds what belongs to one vector of samples: the
//! points, and a row for each neuron. The step goes over the blocks twice. The first sweep takes a few
//! blocks at a time through the network and back, in tiles of neurons × blocks whose sums stay in
//! registers; the second takes the sums over all samples, the gradients of the weights.

use super::lanes::{Kernel, Lanes, Number, OnLanes, Portable, WIDEST};

const HIDDEN: usize = 16;
const FIRST: usize = HIDDEN * 3;
const SECOND: usize = HIDDEN * (HIDDEN + 1);
/// Weights and biases of the three layers.
const PARAMETERS: usize = FIRST + SECOND + HIDDEN + 1;
/// The penalty is this times the sum of the squares of all parameters.
const PENALTY: f64 = 1e-4;

/// The two-moons network with its points: computes loss and gradient of one full batch.
///
/// The loss is mean(max(0, 1 - label·score)) + 1e-4 Σ parameter². Parameters are in the order of
/// micrograd: neuron by neuron, weights before bias, 337 in all. Of no points the loss is NaN, as a mean of
/// nothing is.
pub struct Moons<T>(Box<dyn Network<T>>);

impl<T: Number> Moons<T> {
    /// The network for these points and their labels, -1 or 1, with the best instructions that this
    /// processor has.
    ///
    /// # Panics
    /// If there are not as many labels as points.
    pub fn new(points: &[[T; 2]], labels: &[T]) -> Self {
        Moons(T::best(Samples::of(points, labels)))
    }

    /// The same with the instructions that every processor has.
    ///
    /// # Panics
    /// If there are not as many labels as points.
    pub fn portable(points: &[[T; 2]], labels: &[T]) -> Self {
        Moons(Samples::of(points, labels).with(Portable::new()))
    }

    /// Writes the gradient of the loss by every parameter and returns the loss.
    ///
    /// # Panics
    /// If there are not 337 parameters and places for their gradients.
    pub fn step(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        let parameters = parameters.try_into().expect("the network has 337 parameters");
        let gradient = gradient.try_into().expect("the network has 337 parameters");
        self.0.step(parameters, gradient)
    }
}

trait Network<T> {
    fn step(&mut self, parameters: &[T; PARAMETERS], gradient: &mut [T; PARAMETERS]) -> T;
}

/// Points with their labels.
struct Samples<T>(Vec<([T; 2], T)>);

impl<T: Number> Samples<T> {
    fn of(points: &[[T; 2]], labels: &[T]) -> Self {
        let (n, m) = (points.len(), labels.len());
        assert!(n == m, "there are {n} points and {m} labels");
        Samples(points.iter().copied().zip(labels.iter().copied()).collect())
    }
}

impl<T: Number> OnLanes<T> for Samples<T> {
    type Output = Box<dyn Network<T>>;

    fn with<L: Lanes<Number = T>>(self, lanes: L) -> Box<dyn Network<T>> {
        let blocks = self.0.chunks(L::COUNT).map(|samples| Block::of(lanes, samples)).collect();
        Box::new(Blocks { lanes, blocks, samples: self.0.len() })
    }
}

/// What belongs to one vector of samples. Lanes beyond the last sample hold zeros.
struct Block<V> {
    x: [V; 2],
    /// The label, negated.
    against: V,
    /// 1 in the lanes of samples, so that the others have no loss.
    margin: V,
    first: [V; HIDDEN],
    /// The second layer's outputs, and on the way back the gradients of its sums.
    second: [V; HIDDEN],
    /// The gradients of the first layer's sums.
    first_gradient: [V; HIDDEN],
}

impl<V: Copy> Block<V> {
    fn of<L: Lanes<Vector = V>>(lanes: L, samples: &[([L::Number; 2], L::Number)]) -> Self {
        let zero = L::Number::default();
        let mut rows = [[zero; WIDEST]; 4];
        for (i, &([x0, x1], label)) in samples.iter().enumerate() {
            rows[0][i] = x0;
            rows[1][i] = x1;
            rows[2][i] = zero - label;
            rows[3][i] = L::Number::of(1.0);
        }
        let [x0, x1, against, margin] = rows.each_ref().map(|row| lanes.load(row));
        let empty = [lanes.splat(zero); HIDDEN];
        Block { x: [x0, x1], against, margin, first: empty, second: empty, first_gradient: empty }
    }
}

struct Blocks<L: Lanes> {
    lanes: L,
    blocks: Vec<Block<L::Vector>>,
    samples: usize,
}

impl<L: Lanes> Network<L::Number> for Blocks<L> {
    fn step(
        &mut self,
        parameters: &[L::Number; PARAMETERS],
        gradient: &mut [L::Number; PARAMETERS],
    ) -> L::Number {
        let lanes = self.lanes;
        lanes.run(Step { network: self, parameters, gradient })
    }
}

/// The parameters by layer and neuron, the bias last.
struct Weights<'a, T> {
    first: &'a [[T; 3]; HIDDEN],
    second: &'a [[T; HIDDEN + 1]; HIDDEN],
    last: &'a [T; HIDDEN + 1],
}

impl<'a, T> Weights<'a, T> {
    #[inline(always)]
    fn of(parameters: &'a [T; PARAMETERS]) -> Self {
        let (first, rest) = parameters.split_at(FIRST);
        let (second, last) = rest.split_at(SECOND);
        let fits = "the lengths add up";
        Weights {
            first: first.as_chunks().0.try_into().expect(fits),
            second: second.as_chunks().0.try_into().expect(fits),
            last: last.try_into().expect(fits),
        }
    }
}

/// Sums over the samples that the first sweep takes on its way, still in lanes.
struct Totals<V> {
    loss: V,
    /// The gradients of the last layer's weights and its bias.
    last: [V; HIDDEN + 1],
}

struct Step<'a, L: Lanes> {
    network: &'a mut Blocks<L>,
    parameters: &'a [L::Number; PARAMETERS],
    gradient: &'a mut [L::Number; PARAMETERS],
}

impl<L: Lanes> Kernel for Step<'_, L> {
    type Lanes = L;

    #[inline(always)]
    fn run(self) -> L::Number {
        let Step { network: Blocks { lanes, blocks, samples }, parameters, gradient } = self;
        let lanes = *lanes;
        let weights = Weights::of(parameters);
        let share = L::Number::of(1.0 / *samples as f64);
        let zero = lanes.splat(L::Number::default());
        let mut totals = Totals { loss: zero, last: [zero; HIDDEN + 1] };
        let (groups, rest) = blocks.as_chunks_mut::<GROUP>();
        for group in groups {
            there_and_back::<L, GROUP, 4>(lanes, group, &weights, share, &mut totals);
        }
        for block in rest {
            let alone = std::array::from_mut(block);
            there_and_back::<L, 1, 8>(lanes, alone, &weights, share, &mut totals);
        }
        let penalty = penalty(parameters, gradient);
        sum_first(lanes, blocks, gradient);
        sum_second(lanes, blocks, gradient);
        sum_last(lanes, &totals, gradient);
        lanes.sums([totals.loss, zero, zero, zero])[0] * share + penalty
    }
}

/// Blocks that go through the network together: 4 neurons × 3 blocks are 12 sums in 16 registers.
const GROUP: usize = 3;

/// Takes `B` blocks through the network and back, `R` neurons at a time.
#[inline(always)]
fn there_and_back<L: Lanes, const B: usize, const R: usize>(
    lanes: L,
    blocks: &mut [Block<L::Vector>; B],
    weights: &Weights<L::Number>,
    share: L::Number,
    totals: &mut Totals<L::Vector>,
) {
    for (j, &[w0, w1, bias]) in weights.first.iter().enumerate() {
        let (w0, w1, bias) = (lanes.splat(w0), lanes.splat(w1), lanes.splat(bias));
        for block in blocks.iter_mut() {
            let sum = lanes.mul_add(w1, block.x[1], lanes.mul_add(w0, block.x[0], bias));
            block.first[j] = lanes.relu(sum);
        }
    }
    let mut scores = [lanes.splat(weights.last[HIDDEN]); B];
    for (tile, rows) in weights.second.as_chunks::<R>().0.iter().enumerate() {
        let mut sums = [[lanes.splat(L::Number::default()); B]; R];
        for (sums, row) in sums.iter_mut().zip(rows) {
            *sums = [lanes.splat(row[HIDDEN]); B];
        }
        for i in 0..HIDDEN {
            for (sums, row) in sums.iter_mut().zip(rows) {
                let w = lanes.splat(row[i]);
                for (sum, block) in sums.iter_mut().zip(blocks.iter()) {
                    *sum = lanes.mul_add(w, block.first[i], *sum);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            let j = tile * R + r;
            let w = lanes.splat(weights.last[j]);
            for ((&sum, block), score) in sums.iter().zip(blocks.iter_mut()).zip(&mut scores) {
                block.second[j] = lanes.relu(sum);
                *score = lanes.mul_add(w, block.second[j], *score);
            }
        }
    }
    // From here on back. A sample pulls at its score if it is within the margin.
    let mut pulls = scores;
    for ((pull, &score), block) in pulls.iter_mut().zip(&scores).zip(blocks.iter()) {
        let hinge = lanes.mul_add(block.against, score, block.margin);
        totals.loss = lanes.add(totals.loss, lanes.relu(hinge));
        *pull = lanes.mul(lanes.where_positive(hinge, block.against), lanes.splat(share));
        totals.last[HIDDEN] = lanes.add(totals.last[HIDDEN], *pull);
    }
    for j in 0..HIDDEN {
        let w = lanes.splat(weights.last[j]);
        for (block, &pull) in blocks.iter_mut().zip(&pulls) {
            let output = block.second[j];
            totals.last[j] = lanes.mul_add(output, pull, totals.last[j]);
            block.second[j] = lanes.where_positive(output, lanes.mul(w, pull));
        }
    }
    for tile in 0..HIDDEN / R {
        let mut sums = [[lanes.splat(L::Number::default()); B]; R];
        for (j, row) in weights.second.iter().enumerate() {
            for (r, sums) in sums.iter_mut().enumerate() {
                let w = lanes.splat(row[tile * R + r]);
                for (sum, block) in sums.iter_mut().zip(blocks.iter()) {
                    *sum = lanes.mul_add(w, block.second[j], *sum);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            let i = tile * R + r;
            for (block, &sum) in blocks.iter_mut().zip(sums) {
                block.first_gradient[i] = lanes.where_positive(block.first[i], sum);
            }
        }
    }
}

/// Starts the gradient with that of the penalty, and returns the penalty.
#[inline(always)]
fn penalty<T: Number>(parameters: &[T; PARAMETERS], gradient: &mut [T; PARAMETERS]) -> T {
    let slope = T::of(2.0 * PENALTY);
    for (g, &p) in gradient.iter_mut().zip(parameters) {
        *g = slope * p;
    }
    // In parts, which a compiler may add side by side.
    let mut parts = [T::default(); 32];
    let (chunks, rest) = parameters.as_chunks::<32>();
    for chunk in chunks {
        for (part, &p) in parts.iter_mut().zip(chunk) {
            *part += p * p;
        }
    }
    for (part, &p) in parts.iter_mut().zip(rest) {
        *part += p * p;
    }
    let mut sum = T::default();
    for part in parts {
        sum += part;
    }
    sum * T::of(PENALTY)
}

/// Adds the gradients of the first layer, four neurons at a time.
#[inline(always)]
fn sum_first<L: Lanes>(
    lanes: L,
    blocks: &[Block<L::Vector>],
    gradient: &mut [L::Number; PARAMETERS],
) {
    for j in (0..HIDDEN).step_by(4) {
        let zero = [lanes.splat(L::Number::default()); 4];
        let (mut by_x0, mut by_x1, mut by_bias) = (zero, zero, zero);
        for block in blocks {
            for (r, &d) in block.first_gradient[j..j + 4].iter().enumerate() {
                by_x0[r] = lanes.mul_add(d, block.x[0], by_x0[r]);
                by_x1[r] = lanes.mul_add(d, block.x[1], by_x1[r]);
                by_bias[r] = lanes.add(d, by_bias[r]);
            }
        }
        for (i, sums) in [by_x0, by_x1, by_bias].into_iter().enumerate() {
            for (r, sum) in lanes.sums(sums).into_iter().enumerate() {
                gradient[(j + r) * 3 + i] += sum;
            }
        }
    }
}

/// Adds the gradients of the second layer, in tiles of two neurons × four inputs.
#[inline(always)]
fn sum_second<L: Lanes>(
    lanes: L,
    blocks: &[Block<L::Vector>],
    gradient: &mut [L::Number; PARAMETERS],
) {
    let zero = lanes.splat(L::Number::default());
    for j in (0..HIDDEN).step_by(2) {
        for i in (0..HIDDEN).step_by(4) {
            let mut sums = [[zero; 4]; 2];
            for block in blocks {
                for (r, sums) in sums.iter_mut().enumerate() {
                    for (c, sum) in sums.iter_mut().enumerate() {
                        *sum = lanes.mul_add(block.second[j + r], block.first[i + c], *sum);
                    }
                }
            }
            for (r, &sums) in sums.iter().enumerate() {
                let place = FIRST + (j + r) * (HIDDEN + 1) + i;
                for (g, sum) in gradient[place..place + 4].iter_mut().zip(lanes.sums(sums)) {
                    *g += sum;
                }
            }
        }
    }
    for j in (0..HIDDEN).step_by(4) {
        let mut sums = [zero; 4];
        for block in blocks {
            for (r, sum) in sums.iter_mut().enumerate() {
                *sum = lanes.add(*sum, block.second[j + r]);
            }
        }
        for (r, sum) in lanes.sums(sums).into_iter().enumerate() {
            gradient[FIRST + (j + r) * (HIDDEN + 1) + HIDDEN] += sum;
        }
    }
}

/// Adds the gradients of the last layer.
#[inline(always)]
fn sum_last<L: Lanes>(
    lanes: L,
    totals: &Totals<L::Vector>,
    gradient: &mut [L::Number; PARAMETERS],
) {
    let zero = lanes.splat(L::Number::default());
    for (totals, gradient) in totals.last.chunks(4).zip(gradient[FIRST + SECOND..].chunks_mut(4)) {
        let mut four = [zero; 4];
        four[..totals.len()].copy_from_slice(totals);
        for (g, sum) in gradient.iter_mut().zip(lanes.sums(four)) {
            *g += sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moons::{eager_gradient, notebook};

    /// Compares the loss and every gradient with those of the tape.
    fn compare<T: Number + Into<f64>>(make: fn(&[[T; 2]], &[T]) -> Moons<T>, tolerance: f64) {
        let data = notebook();
        let parameters: Vec<_> = data.init_params.iter().map(|&p| T::of(p)).collect();
        // 100 points leave a vector half empty and a group of vectors short; 37 and 1 in other ways.
        for samples in [100, 37, 1] {
            let (points, labels) = (&data.xs[..samples], &data.y[..samples]);
            let (loss, expected) = eager_gradient(&data.init_params, points, labels);
            let points: Vec<_> = points.iter().map(|x| x.map(T::of)).collect();
            let labels: Vec<_> = labels.iter().map(|&y| T::of(y)).collect();
            let mut network = make(&points, &labels);
            // The second step finds what the first has left behind.
            for _ in 0..2 {
                let mut gradient = vec![T::of(f64::NAN); PARAMETERS];
                let got = network.step(&parameters, &mut gradient).into();
                assert!((got - loss).abs() < tolerance, "{samples} samples: {got}, not {loss}");
                for (i, (&got, expected)) in gradient.iter().zip(&expected).enumerate() {
                    let error = (got.into() - expected).abs();
                    assert!(error < tolerance, "{samples} samples, gradient {i}: off by {error}");
                }
            }
        }
    }

    #[test]
    fn the_kernel_computes_the_loss_and_gradient_of_the_tape() {
        compare::<f64>(Moons::new, 1e-12);
        compare::<f32>(Moons::new, 1e-5);
    }

    #[test]
    fn so_it_does_without_special_instructions() {
        compare::<f64>(Moons::portable, 1e-12);
        compare::<f32>(Moons::portable, 1e-5);
    }
}
