//! Random graphs over the whole table of operations: gradients against finite differences and against
//! forward mode, and what holds for every graph.

use gradling::{
    Op, Operation, Value, affine, dot, grad, hessian, hvp, jacobian, log_softmax, scope, softmax,
};
use num_dual::{Dual64, DualNum, HyperDual64};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};
use std::collections::BTreeMap;

/// What a step of a random graph does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Table(Op),
    /// One of the outputs.
    Softmax,
    LogSoftmax,
    /// An operation of the test's own, see [`own`].
    Own,
}

/// A step as it comes out of the dice. Whether it can be taken depends on the numbers it meets.
#[derive(Clone, Debug)]
struct Wish {
    act: Act,
    picks: Vec<u32>,
    neighbours: bool,
    number: f64,
    gap: usize,
}

/// A step that was taken: on values by their place in the list so far, leaves first.
#[derive(Clone, Debug)]
struct Step {
    act: Act,
    inputs: Vec<usize>,
    /// The plain number of `powf` and `leaky_relu`; which output of a softmax.
    number: f64,
    /// So many values that nobody uses come first, so that a graph spans many blocks of the tape.
    gap: usize,
}

#[derive(Clone, Debug)]
struct Plan {
    leaves: Vec<f64>,
    steps: Vec<Step>,
}

/// x₀²x₁, and x₀² alone of one input.
fn own() -> Operation {
    Operation::new(
        "x²y",
        |x| x[0] * x[0] * x.get(1).copied().unwrap_or(1.0),
        |x, _| match *x {
            [x] => vec![2 * x],
            [x, y] => vec![2 * x * y, x * x],
            _ => unreachable!("it takes one input or two"),
        },
    )
}

impl Plan {
    /// The graph, as a list of leaves and then of the values of the steps.
    fn build(&self, leaves: &[f64]) -> Vec<Value> {
        let own = own();
        let mut values: Vec<Value> = leaves.iter().map(|&x| Value::new(x)).collect();
        for step in &self.steps {
            for _ in 0..step.gap {
                Value::new(7.0);
            }
            let x: Vec<Value> = step.inputs.iter().map(|&i| values[i]).collect();
            values.push(match step.act {
                Act::Table(Op::Powf) => x[0].pow(step.number),
                Act::Table(Op::LeakyRelu) => x[0].leaky_relu(step.number),
                Act::Table(op) => Value::apply(op, &x),
                Act::Softmax => softmax(&x)[step.number as usize],
                Act::LogSoftmax => log_softmax(&x)[step.number as usize],
                Act::Own => own.call(&x),
            });
        }
        values
    }

    fn root(&self) -> Value {
        *self.build(&self.leaves).last().unwrap()
    }

    /// The same in forward mode, by the functions of num-dual.
    fn forward<D: DualNum<Primitive = f64> + Copy>(&self, leaves: Vec<D>) -> D {
        let mut values = leaves;
        for step in &self.steps {
            let x: Vec<D> = step.inputs.iter().map(|&i| values[i]).collect();
            values.push(forward(step.act, step.number, &x));
        }
        *values.last().unwrap()
    }

    /// d root / d leaf i, in forward mode.
    fn first(&self, i: usize) -> f64 {
        let seed = |(k, &x): (usize, &f64)| Dual64::new(x, f64::from(u8::from(k == i)));
        self.forward(self.leaves.iter().enumerate().map(seed).collect()).eps
    }

    /// The second derivative by the leaves i and j, in forward mode.
    fn second(&self, i: usize, j: usize) -> f64 {
        let one = |k: usize, i: usize| f64::from(u8::from(k == i));
        let seed = |(k, &x): (usize, &f64)| HyperDual64::new(x, one(k, i), one(k, j), 0.0);
        self.forward(self.leaves.iter().enumerate().map(seed).collect()).eps1eps2
    }
}

/// The error function by its Maclaurin series; nothing cancels that matters for |x| up to 2.
fn erf<D: DualNum<Primitive = f64> + Copy>(x: D) -> D {
    let (mut term, mut sum) = (x, x);
    for n in 1..60 {
        let n = f64::from(n);
        term = -term * x * x / n;
        sum += term / (2.0 * n + 1.0);
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI
}

fn forward<D: DualNum<Primitive = f64> + Copy>(act: Act, number: f64, x: &[D]) -> D {
    let zero = D::from(0.0);
    let truth = |condition: bool| D::from(f64::from(u8::from(condition)));
    let softplus = |x: D| (x.exp() + 1.0).ln();
    let normal = |x: D| (erf(x * std::f64::consts::FRAC_1_SQRT_2) + 1.0) * 0.5;
    let total = |x: &[D]| x.iter().fold(zero, |sum, &x| sum + x);
    let products = |x: &[D]| {
        let (x, w) = x.split_at(x.len() / 2);
        x.iter().zip(w).fold(zero, |sum, (&x, &w)| sum + x * w)
    };
    let exps = |x: &[D]| x.iter().fold(zero, |sum, x| sum + x.exp());
    let op = match act {
        Act::Table(op) => op,
        Act::Softmax => return x[number as usize].exp() / exps(x),
        Act::LogSoftmax => return x[number as usize] - exps(x).ln(),
        Act::Own => return x[0] * x[0] * x.get(1).copied().unwrap_or(D::from(1.0)),
    };
    match op {
        Op::Neg => -x[0],
        Op::Exp => x[0].exp(),
        Op::Ln => x[0].ln(),
        Op::Sqrt => x[0].sqrt(),
        Op::Sin => x[0].sin(),
        Op::Cos => x[0].cos(),
        Op::Tanh => x[0].tanh(),
        Op::Sigmoid => ((-x[0]).exp() + 1.0).recip(),
        Op::Relu => {
            if x[0].re() > 0.0 {
                x[0]
            } else {
                zero
            }
        }
        Op::Softplus => softplus(x[0]),
        Op::Gelu => x[0] * normal(x[0]),
        Op::Erf => erf(x[0]),
        Op::Abs => {
            if x[0].re() < 0.0 {
                -x[0]
            } else {
                x[0]
            }
        }
        Op::Powf => x[0].powf(number),
        Op::LeakyRelu => {
            if x[0].re() > 0.0 {
                x[0]
            } else {
                x[0] * number
            }
        }
        Op::Add => x[0] + x[1],
        Op::Sub => x[0] - x[1],
        Op::Mul => x[0] * x[1],
        Op::Div => x[0] / x[1],
        Op::Pow => x[0].powd(x[1]),
        Op::Max => {
            if x[0].re() > x[1].re() {
                x[0]
            } else {
                x[1]
            }
        }
        Op::Min => {
            if x[0].re() < x[1].re() {
                x[0]
            } else {
                x[1]
            }
        }
        Op::Lt => truth(x[0].re() < x[1].re()),
        Op::Le => truth(x[0].re() <= x[1].re()),
        Op::Gt => truth(x[0].re() > x[1].re()),
        Op::Ge => truth(x[0].re() >= x[1].re()),
        Op::Eq => truth(x[0].re() == x[1].re()),
        Op::Ne => truth(x[0].re() != x[1].re()),
        Op::Select => {
            if x[0].re() != 0.0 {
                x[1]
            } else {
                x[2]
            }
        }
        Op::Sum => total(x),
        Op::Mean => total(x) / x.len() as f64,
        Op::Dot => products(x),
        Op::Affine => products(&x[..x.len() - 1]) + x[x.len() - 1],
        Op::LogSumExp => exps(x).ln(),
        Op::Leaf | Op::Own => unreachable!("not a step of its own"),
    }
}

/// How many inputs a step has if it may have so many.
fn inputs(act: Act, many: usize) -> usize {
    match act {
        Act::Table(op) => match op.arity() {
            gradling::Arity::Fixed(n) => n,
            _ if op == Op::Dot => many & !1,
            _ if op == Op::Affine => many | 1,
            _ => many,
        },
        Act::Softmax | Act::LogSoftmax => many,
        Act::Own => 1 + many % 2,
    }
}

/// Whether the operation is smooth around these inputs, so that a small step shows its slope.
fn is_smooth(act: Act, number: f64, inputs: &[usize], x: &[f64]) -> bool {
    let Act::Table(op) = act else { return true };
    let apart = || inputs[0] == inputs[1] || (x[0] - x[1]).abs() > 0.05;
    match op {
        Op::Ln | Op::Sqrt => x[0] > 0.1,
        Op::Relu | Op::Abs | Op::LeakyRelu => x[0].abs() > 0.05,
        Op::Powf if number.fract() == 0.0 => x[0].abs() > 0.1,
        Op::Powf => x[0] > 0.1,
        Op::Pow => x[0] > 0.1,
        Op::Div => x[1].abs() > 0.1,
        Op::Gelu | Op::Erf => x[0].abs() < 2.0,
        Op::Max | Op::Min | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Eq | Op::Ne => apart(),
        Op::Select => x[0].abs() > 0.05 || x[0] == 0.0,
        _ => true,
    }
}

/// Takes the wishes that stay in smooth country, with derivatives that finite differences resolve.
fn plan(leaves: Vec<f64>, wishes: &[Wish]) -> Plan {
    // A column for each leaf, with first and second derivative by it.
    let seed = |i: usize| {
        let one = |k: usize| f64::from(u8::from(k == i));
        leaves.iter().enumerate().map(|(k, &x)| HyperDual64::new(x, one(k), one(k), 0.0)).collect()
    };
    let mut columns: Vec<Vec<HyperDual64>> = (0..leaves.len()).map(seed).collect();
    let mut steps = Vec::new();
    for wish in wishes {
        let len = columns[0].len();
        let count = inputs(wish.act, wish.picks.len());
        let inputs: Vec<usize> = if wish.neighbours && count <= len {
            let first = wish.picks[0] as usize % (len - count + 1);
            (first..first + count).collect()
        } else {
            // Half the picks are among the youngest, or graphs would stay flat.
            let pick = |p: u32| {
                if p.is_multiple_of(2) {
                    len - 1 - p as usize / 2 % len.min(4)
                } else {
                    p as usize % len
                }
            };
            wish.picks.iter().cycle().take(count).map(|&p| pick(p)).collect()
        };
        let number = match wish.act {
            Act::Softmax | Act::LogSoftmax => f64::from(wish.picks[0] % count as u32),
            _ => wish.number,
        };
        let gather = |column: &Vec<HyperDual64>| -> Vec<HyperDual64> {
            inputs.iter().map(|&i| column[i]).collect()
        };
        let x: Vec<f64> = inputs.iter().map(|&i| columns[0][i].re).collect();
        if !is_smooth(wish.act, number, &inputs, &x) {
            continue;
        }
        let results: Vec<HyperDual64> =
            columns.iter().map(|column| forward(wish.act, number, &gather(column))).collect();
        let tame = |y: &HyperDual64| {
            y.re.abs() < 30.0 && y.eps1.abs() < 100.0 && y.eps1eps2.abs() < 1000.0
        };
        if results.iter().all(tame) {
            columns.iter_mut().zip(results).for_each(|(column, y)| column.push(y));
            steps.push(Step { act: wish.act, inputs, number, gap: wish.gap });
        }
    }
    Plan { leaves, steps }
}

/// Every step there is; additions and multiplications more often, since graphs are made of them.
fn acts() -> Vec<Act> {
    let table =
        Op::ALL.iter().filter(|&&op| op != Op::Leaf && op != Op::Own).map(|&op| Act::Table(op));
    let more =
        [Op::Add, Op::Mul, Op::Add, Op::Mul, Op::Add, Op::Mul, Op::Div, Op::Pow].map(Act::Table);
    table.chain(more).chain([Act::Softmax, Act::LogSoftmax, Act::Own]).collect()
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let number = prop_oneof![
        prop::sample::select(vec![-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0]),
        -2.5..2.5,
    ];
    let gap = prop_oneof![6 => Just(0_usize), 1 => 1_usize..700];
    let picks = prop::collection::vec(any::<u32>(), 2..7);
    let wish = (prop::sample::select(acts()), picks, any::<bool>(), number, gap).prop_map(
        |(act, picks, neighbours, number, gap)| Wish { act, picks, neighbours, number, gap },
    );
    prop::collection::vec(wish, 4..30)
}

fn plans() -> impl Strategy<Value = Plan> {
    let leaf = prop_oneof![-2.0..-0.2, 0.2..2.0];
    (prop::collection::vec(leaf, 3), wishes())
        .prop_map(|(leaves, wishes)| plan(leaves, &wishes))
        .prop_filter("no step could be taken", |plan| !plan.steps.is_empty())
}

/// The same graphs every time: a test that fails tells of a change.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1000,
        rng_seed: RngSeed::Fixed(20),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Bits of a gradient, with one for "not computed" that no number has.
fn gradients(values: &[Value]) -> Vec<Option<u64>> {
    values.iter().map(|value| value.computed_grad().map(f64::to_bits)).collect()
}

/// Gradients as values add up the parts of a dot in another order than backward.
const LAST_DIGITS: f64 = 1e-13;

fn close(ours: f64, right: f64, bound: f64) -> bool {
    (ours - right).abs() <= bound * right.abs().max(1.0)
}

#[test]
fn the_random_graphs_meet_every_operation() {
    let mut runner = TestRunner::new(config());
    let mut met: BTreeMap<Act, usize> = acts().into_iter().map(|act| (act, 0)).collect();
    let mut reached = 0;
    for _ in 0..300 {
        let plan = plans().new_tree(&mut runner).unwrap().current();
        scope(|| reached += plan.root().reached().len());
        for step in &plan.steps {
            *met.get_mut(&step.act).unwrap() += 1;
        }
    }
    let rare: Vec<_> = met.iter().filter(|&(_, &times)| times < 20).collect();
    assert!(rare.is_empty(), "{rare:?}");
    assert!(reached > 300 * 8, "a root reaches {} values on average", reached / 300);
}

#[test]
fn a_dot_spelled_out_has_the_factors_as_gradients_wherever_it_crosses_a_block() {
    for offset in 0..260 {
        scope(|| {
            (0..offset).for_each(|_| Value::new(1.0).set_grad(3.0));
            let x: Vec<Value> = (1..=100).map(|i| Value::new(f64::from(i))).collect();
            let w: Vec<Value> = (1..=100).map(|i| Value::new(f64::from(-i))).collect();
            let mut y = Value::new(0.5);
            for (&x, &w) in x.iter().zip(&w) {
                // A sum just after its product, with the product on either side.
                y = if x.id() % 2 == 0 { y + x * w } else { x * w + y };
            }
            y.backward();
            y.backward();
            for (x, w) in x.iter().zip(&w) {
                assert_eq!((x.grad(), w.grad()), (2.0 * w.data(), 2.0 * x.data()), "{offset}");
            }
        });
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn backward_equals_forward_mode(plan in plans()) {
        scope(|| {
            let values = plan.build(&plan.leaves);
            let root = *values.last().unwrap();
            root.backward();
            let right = plan.forward::<Dual64>(plan.leaves.iter().map(|&x| x.into()).collect()).re;
            prop_assert!(close(root.data(), right, 1e-11), "{} and {right}", root.data());
            for (i, leaf) in values[..plan.leaves.len()].iter().enumerate() {
                let (ours, right) = (leaf.grad(), plan.first(i));
                prop_assert!(close(ours, right, 1e-9), "leaf {i}: {ours} and {right}");
            }
            Ok(())
        })?;
    }

    #[test]
    fn backward_equals_finite_differences(plan in plans()) {
        scope(|| {
            let values = plan.build(&plan.leaves);
            let root = *values.last().unwrap();
            root.backward();
            for slope in root.check() {
                prop_assert!(close(slope.grad, slope.value.grad(), LAST_DIGITS), "{slope:?}");
                prop_assert!(close(slope.slope, slope.grad, 1e-5), "{slope:?}");
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_hessian_equals_second_derivatives_of_forward_mode(plan in plans()) {
        scope(|| {
            let values = plan.build(&plan.leaves);
            let (root, leaves) = (*values.last().unwrap(), &values[..plan.leaves.len()]);
            let n = leaves.len();
            let right: Vec<Vec<f64>> =
                (0..n).map(|i| (0..n).map(|j| plan.second(i, j)).collect()).collect();
            let rows = hessian(root, leaves);
            let slopes = grad(root, leaves);
            for i in 0..n {
                let row = grad(slopes[i], leaves);
                for j in 0..n {
                    let (ours, right) = (rows[i][j], right[i][j]);
                    prop_assert!(close(ours, right, 1e-7), "{i}, {j}: {ours} and {right}");
                    prop_assert_eq!(row[j].data(), ours);
                }
            }
            let v = [0.5, -2.0, 1.25];
            for (i, ours) in hvp(root, leaves, &v).into_iter().enumerate() {
                let right: f64 = right[i].iter().zip(v).map(|(h, v)| h * v).sum();
                prop_assert!(close(ours, right, 1e-7), "row {i} times v: {ours} and {right}");
            }
            Ok(())
        })?;
    }

    #[test]
    fn gradients_as_values_have_the_numbers_of_backward(plan in plans()) {
        scope(|| {
            let values = plan.build(&plan.leaves);
            let (root, leaves) = (*values.last().unwrap(), &values[..plan.leaves.len()]);
            root.backward();
            for (slope, leaf) in grad(root, leaves).into_iter().zip(leaves) {
                prop_assert!(close(slope.data(), leaf.grad(), LAST_DIGITS), "{slope} and {leaf}");
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_rows_of_a_jacobian_are_the_gradients_of_backward(plan in plans()) {
        scope(|| {
            let values = plan.build(&plan.leaves);
            let ys: Vec<Value> = values.iter().rev().take(4).copied().collect();
            for (y, row) in ys.iter().zip(jacobian(&ys, &values)) {
                values.iter().for_each(|x| x.zero_grad());
                y.backward();
                for (x, slope) in values.iter().zip(row) {
                    prop_assert!(close(slope, x.grad(), LAST_DIGITS), "{slope} and {x}");
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn derivatives_and_checks_leave_data_and_gradients_alone(plan in plans()) {
        scope(|| {
            let values = plan.build(&plan.leaves);
            let (root, leaves) = (*values.last().unwrap(), &values[..plan.leaves.len()]);
            root.backward();
            let before = gradients(&values);
            let data: Vec<u64> = values.iter().map(|x| x.data().to_bits()).collect();
            grad(root, leaves);
            jacobian(&[root], &values);
            hessian(root, leaves);
            hvp(root, leaves, &[1.0; 3]);
            root.check();
            root.check_by(&values);
            prop_assert_eq!(gradients(&values), before);
            let after: Vec<u64> = values.iter().map(|x| x.data().to_bits()).collect();
            prop_assert_eq!(data, after);
            Ok(())
        })?;
    }

    #[test]
    fn every_further_backward_adds_exactly_the_same_again(plan in plans()) {
        scope(|| {
            let values = plan.build(&plan.leaves);
            let root = *values.last().unwrap();
            root.backward();
            let once: Vec<Option<f64>> = values.iter().map(|x| x.computed_grad()).collect();
            root.backward();
            for (x, once) in values.iter().zip(&once) {
                prop_assert_eq!(x.computed_grad(), once.map(|g| g + g));
            }
            root.backward();
            for (x, once) in values.iter().zip(&once) {
                prop_assert_eq!(x.computed_grad(), once.map(|g| g + (g + g)));
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_gradients_of_two_roots_add_up(plan in plans(), other in any::<prop::sample::Index>()) {
        scope(|| {
            let values = plan.build(&plan.leaves);
            let (one, two) = (*values.last().unwrap(), values[other.index(values.len())]);
            let alone = |root: Value| -> Vec<Option<f64>> {
                values.iter().for_each(|x| x.zero_grad());
                root.backward();
                values.iter().map(|x| x.computed_grad()).collect()
            };
            let (first, second) = (alone(one), alone(two));
            values.iter().for_each(|x| x.zero_grad());
            one.backward();
            two.backward();
            for ((x, first), second) in values.iter().zip(first).zip(second) {
                let sum = match (first, second) {
                    (Some(a), Some(b)) => Some(a + b),
                    (a, b) => a.or(b),
                };
                prop_assert_eq!(x.computed_grad(), sum);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_gradient_set_by_hand_is_added_to_and_does_not_flow(
        plan in plans(), place in any::<prop::sample::Index>(), by_hand in -9.0..9.0_f64,
    ) {
        scope(|| {
            let values = plan.build(&plan.leaves);
            let root = *values.last().unwrap();
            root.backward();
            let right: Vec<Option<f64>> = values.iter().map(|x| x.computed_grad()).collect();
            values.iter().for_each(|x| x.zero_grad());
            let place = place.index(values.len());
            values[place].set_grad(by_hand);
            root.backward();
            for (i, (x, right)) in values.iter().zip(right).enumerate() {
                let right = if i == place { Some(right.map_or(by_hand, |g| g + by_hand)) } else { right };
                prop_assert_eq!(x.computed_grad(), right);
            }
            Ok(())
        })?;
    }

    #[test]
    fn exactly_what_the_root_reaches_gets_a_gradient(plan in plans()) {
        scope(|| {
            let values = plan.build(&plan.leaves);
            let root = values[values.len() / 2];
            // Reachability from the plan alone.
            let mut reached = vec![false; values.len()];
            reached[values.len() / 2] = true;
            for (i, step) in plan.steps.iter().enumerate().rev() {
                if reached[i + plan.leaves.len()] {
                    step.inputs.iter().for_each(|&input| reached[input] = true);
                }
            }
            // A softmax takes values beyond its own inputs nowhere, so the list is complete.
            root.backward();
            for (x, &reached) in values.iter().zip(&reached) {
                prop_assert_eq!(x.computed_grad().is_some(), reached);
                prop_assert_eq!(root.reached().contains(x), reached);
            }
            Ok(())
        })?;
    }

    #[test]
    fn zero_graph_grad_forgets_what_the_root_reaches_and_no_more(plan in plans()) {
        scope(|| {
            let values = plan.build(&plan.leaves);
            values.iter().for_each(|x| x.set_grad(5.0));
            let root = values[values.len() / 2];
            let reached = root.reached();
            root.zero_graph_grad();
            for x in &values {
                prop_assert_eq!(x.computed_grad(), if reached.contains(x) { None } else { Some(5.0) });
            }
            root.backward();
            prop_assert_eq!(root.grad(), 1.0);
            root.zero_grad();
            prop_assert_eq!(root.computed_grad(), None);
            Ok(())
        })?;
    }

    #[test]
    fn recompute_equals_building_again_bit_for_bit(
        plan in plans(), moved in prop::collection::vec(-3.0..3.0_f64, 3),
    ) {
        scope(|| {
            let values = plan.build(&plan.leaves);
            for (leaf, &x) in values.iter().zip(&moved) {
                leaf.set_data(x);
            }
            let root = *values.last().unwrap();
            let reached = root.reached();
            let kept: Vec<u64> = values.iter().map(|x| x.data().to_bits()).collect();
            root.recompute();
            let again = plan.build(&moved);
            for ((x, again), kept) in values.iter().zip(again).zip(kept) {
                let right = if reached.contains(x) { again.data().to_bits() } else { kept };
                prop_assert_eq!(x.data().to_bits(), right);
            }
            // The same numbers give the same gradients, however they came to be there.
            root.backward();
            let again = plan.build(&moved);
            again.last().unwrap().backward();
            prop_assert_eq!(gradients(&values), gradients(&again));
            Ok(())
        })?;
    }

    #[test]
    fn where_on_the_tape_a_graph_lies_changes_no_bit(plan in plans(), offset in 0_usize..600) {
        let run = |plan: &Plan| scope(|| {
            let values = plan.build(&plan.leaves);
            values.last().unwrap().backward();
            let data: Vec<u64> = values.iter().map(|x| x.data().to_bits()).collect();
            (data, gradients(&values))
        });
        let here = run(&plan);
        let mut without_gaps = plan.clone();
        without_gaps.steps.iter_mut().for_each(|step| step.gap = 0);
        scope(|| {
            (0..offset).for_each(|_| Value::new(1.0).set_grad(3.0));
            prop_assert_eq!(&run(&plan), &here);
            prop_assert_eq!(&run(&without_gaps), &here);
            Ok(())
        })?;
    }

    #[test]
    fn a_dot_is_the_same_whether_its_inputs_are_neighbours_or_not(
        numbers in prop::collection::vec(-9.0..9.0_f64, 2..600),
    ) {
        scope(|| {
            let n = numbers.len() / 2;
            let near: Vec<Value> = numbers.iter().map(|&x| Value::new(x)).collect();
            let far: Vec<Value> = numbers.iter().map(|&x| { Value::new(0.0); Value::new(x) }).collect();
            let b = Value::new(0.5);
            for f in [
                |x: &[Value], w: &[Value], _: Value| dot(x, w),
                |x: &[Value], w: &[Value], b: Value| affine(x, w, b),
                |x: &[Value], _: &[Value], _: Value| gradling::sum(x),
                |x: &[Value], _: &[Value], _: Value| gradling::mean(x),
                |x: &[Value], _: &[Value], _: Value| gradling::logsumexp(x),
            ] {
                let [one, two] = [&near, &far].map(|list| f(&list[..n], &list[n..2 * n], b));
                prop_assert_eq!(one.data().to_bits(), two.data().to_bits());
                near.iter().chain(&far).for_each(|x| x.zero_grad());
                one.backward();
                two.backward();
                prop_assert_eq!(gradients(&near), gradients(&far));
            }
            Ok(())
        })?;
    }
}
