//! A tape shared by threads, whose values are given back one by one.

use gradling::{
    Operation, Rng, Value, affine, dot, grad, group, live_nodes, logsumexp, scope,
    shared::{self, Graph, Holder, Spelled},
    sum,
};
use std::cell::RefCell;
use std::collections::HashMap;

/// Some values, and where they went.
#[derive(Default)]
struct Held {
    ids: Vec<u32>,
    moved: HashMap<u32, u32>,
}

impl Holder for Held {
    fn holds(&self, id: u32) -> bool {
        self.ids.contains(&id)
    }

    fn moved(&mut self, old: u32, new: u32) {
        assert!(self.moved.values().all(|&earlier| earlier < new), "told in order");
        self.moved.insert(old, new);
    }
}

fn held(values: &[Value]) -> Held {
    Held { ids: values.iter().map(|value| value.id()).collect(), moved: HashMap::new() }
}

/// A random graph of every kind of node over the values made so far.
fn grow(rng: &mut Rng, values: &mut Vec<Value>, count: usize) {
    let cube = Operation::new("cube", |x| x[0].powi(3), |x, _| vec![3.0 * x[0] * x[0]]);
    for _ in 0..count {
        let pick = |rng: &mut Rng| values[(rng.uniform() * values.len() as f64) as usize];
        let (a, b, c) = (pick(rng), pick(rng), pick(rng));
        let squashed = |x: Value| x.tanh();
        let made = match (rng.uniform() * 12.0) as u32 {
            0 => a + b,
            1 => a * b,
            2 => squashed(a) / 3.0,
            3 => squashed(a).pow(3.0),
            4 => a.gt(0.0).select(b, c),
            5 => sum(&[a, b, c]).tanh(),
            6 => dot(&[a, b], &[b, c]).tanh(),
            7 => affine(&[a], &[b], c).tanh(),
            8 => logsumexp(&values[..values.len().min(3)]),
            9 => group("part", || (a - b).sin()),
            10 => cube.call(&[squashed(a)]),
            _ => Value::new(2.0 * rng.uniform() - 1.0),
        };
        values.push(made);
    }
}

/// Symbol, data, gradient, label, groups and inputs.
type Line = (String, u64, u64, Option<String>, Vec<String>, Vec<u32>);

/// What can be read of a value and of all below it.
fn picture(root: Value) -> Vec<Line> {
    let reached = root.reached();
    let place: HashMap<Value, u32> = reached.iter().copied().zip(0..).collect();
    let inputs = |value: Value| value.inputs().iter().map(|input| place[input]).collect();
    let names = |value: Value| value.groups().into_iter().map(|group| group.name).collect();
    let line = |&value: &Value| {
        let (data, grad) = (value.data().to_bits(), value.grad().to_bits());
        (value.symbol(), data, grad, value.label(), names(value), inputs(value))
    };
    reached.iter().map(line).collect()
}

#[test]
fn what_is_kept_is_as_it_was_and_goes_on_as_before() {
    for seed in 0..60 {
        let rng = &mut Rng::new(seed);
        let mut values = vec![Value::new(0.5), Value::new(-1.5), Value::new(2.0)];
        grow(rng, &mut values, 400);
        for &value in values.iter().step_by(7) {
            value.set_label(format!("v{}", value.id()));
        }
        values[300].backward();
        let kept: Vec<Value> = values.iter().copied().filter(|_| rng.uniform() < 0.02).collect();
        let before: Vec<_> = kept.iter().map(|&value| picture(value)).collect();
        let reached: std::collections::HashSet<u32> =
            kept.iter().flat_map(|value| value.reached()).map(Value::id).collect();

        let mut held = held(&kept);
        let left = shared::collect(&mut held);
        let new_ids = held.moved;
        assert!(left.is_some());
        assert_eq!(live_nodes(), reached.len());
        let mut pairs: Vec<(u32, u32)> = new_ids.iter().map(|(&old, &new)| (old, new)).collect();
        pairs.sort_unstable();
        assert!(pairs.iter().map(|pair| pair.1).eq(0..reached.len() as u32), "the order stays");
        assert!(kept.iter().all(|value| !value.is_live()), "old handles are refused");

        let mut moved: Vec<Value> =
            kept.iter().map(|value| shared::value(new_ids[&value.id()])).collect();
        let after: Vec<_> = moved.iter().map(|&value| picture(value)).collect();
        assert_eq!(before, after);

        // What is computed on is what the same values give afresh.
        if let Some(&root) = moved.last() {
            root.zero_graph_grad();
            root.recompute();
            root.backward();
            let reached = root.reached();
            let expected: Vec<f64> = grad(root, &reached).iter().map(|g| g.data()).collect();
            for (value, expected) in reached.iter().zip(expected) {
                assert!((value.grad() - expected).abs() <= 1e-9 * (1.0 + expected.abs()));
            }
        }
        moved.push(Value::new(1.0));
        grow(rng, &mut moved, 50);
        shared::collect(&mut Held::default());
        assert_eq!(live_nodes(), 0);
    }
}

#[test]
fn the_newest_go_at_once_and_leave_nothing() {
    let mut first = vec![Value::new(0.5), Value::new(-1.5), Value::new(2.0)];
    grow(&mut Rng::new(1), &mut first, 50);
    let kept = first.len() as u32;
    let root = *first.last().unwrap();
    let before = picture(root);
    let count = live_nodes();
    let mut more = first.clone();
    grow(&mut Rng::new(2), &mut more, 400);
    more.last().unwrap().set_label("last");
    more.last().unwrap().backward();
    assert!(kept > 0);
    shared::give_back_from(count);
    assert_eq!(live_nodes(), count);
    root.zero_graph_grad();
    assert_eq!(picture(root), before);
    let again = Value::new(1.0);
    assert_eq!((again.label(), again.computed_grad()), (None, None));
}

#[test]
fn nothing_is_given_back_while_something_relies_on_places() {
    let x = Value::new(1.0);
    scope(|| {
        let y = x * 2.0;
        assert!(shared::collect(&mut Held::default()).is_none());
        shared::give_back_from(0);
        assert_eq!(y.data(), 2.0);
    });
    group("open", || assert!(shared::collect(&mut Held::default()).is_none()));
    assert!(shared::collect(&mut Held::default()).is_some());
    assert_eq!(live_nodes(), 0);
}

#[test]
fn two_tapes_do_not_know_of_each_other() {
    let mine = Value::new(1.0);
    let mut graph = Graph::default();
    let theirs = graph.enter(|| {
        assert_eq!(live_nodes(), 0);
        Value::new(2.0) * 3.0
    });
    assert_eq!((live_nodes(), mine.data()), (1, 1.0));
    assert_eq!(graph.enter(|| (live_nodes(), theirs.data())), (3, 6.0));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        graph.enter(|| panic!("inside"));
    }));
    assert!(caught.is_err());
    assert_eq!((live_nodes(), mine.data()), (1, 1.0), "a panic gives the tape back");
    assert_eq!(graph.enter(|| theirs.data()), 6.0);
}

#[test]
fn a_backward_written_by_hand_adds_as_backward_does() {
    // tanh by hand, used twice, with gradients left from before.
    let x = Value::new(0.5);
    let t = x.data().tanh();
    let y = shared::made_by_hand(t, &[x], "tanh");
    shared::set_backward(y, move |y| x.set_grad(x.grad() + (1.0 - t * t) * y.grad()));
    let z = y * y + x;
    for times in 1..=3 {
        z.backward();
        let slope = 2.0 * t * (1.0 - t * t) + 1.0;
        assert!((x.grad() - f64::from(times) * slope).abs() < 1e-12, "{times}: {}", x.grad());
        assert!((y.grad() - f64::from(times) * 2.0 * t).abs() < 1e-12);
    }
    assert_eq!(y.symbol(), "tanh");
    assert_eq!(y.inputs(), [x]);
}

#[test]
fn a_value_of_the_table_can_be_given_another_backward() {
    let log = std::rc::Rc::new(RefCell::new(Vec::new()));
    let (a, b) = (Value::new(2.0), Value::new(3.0));
    let early = a * b;
    let y = early.pow(2.0);
    let noted = log.clone();
    shared::set_backward(early, move |early| {
        noted.borrow_mut().push(early.grad());
        a.set_grad(a.grad() + 100.0);
    });
    y.backward();
    assert_eq!((a.grad(), b.grad(), log.borrow().as_slice()), (100.0, 0.0, &[12.0][..]));
    assert_eq!((early.symbol().as_str(), early.inputs()), ("*", vec![a, b]));
    // The newest is not the newest in every column now; nothing may be lost by that.
    shared::give_back_from(early.id() as usize + 1);
    let mut kept = held(&[early]);
    shared::collect(&mut kept);
    let early = shared::value(kept.moved[&early.id()]);
    assert_eq!((early.symbol().as_str(), early.inputs().len(), early.data()), ("*", 2, 6.0));
}

#[test]
fn steps_by_hand_are_backward() {
    let rng = &mut Rng::new(5);
    let mut values = vec![Value::new(0.5), Value::new(-1.5), Value::new(2.0)];
    grow(rng, &mut values, 300);
    let root = *values.last().unwrap();
    root.backward();
    let reached = root.reached();
    let expected: Vec<f64> = reached.iter().map(|value| value.grad()).collect();
    root.zero_graph_grad();
    root.set_grad(1.0);
    for value in reached.iter().rev() {
        value.backward_step();
    }
    for (value, expected) in reached.iter().zip(expected) {
        assert!((value.grad() - expected).abs() <= 1e-12 * (1.0 + expected.abs()));
    }
}

#[test]
fn a_layer_spelled_at_once_is_the_one_of_a_loop() {
    let rng = &mut Rng::new(3);
    let mut leaves =
        |count: usize| (0..count).map(|_| Value::new(rng.uniform() - 0.5)).collect::<Vec<_>>();
    for (width, count) in [(0, 2), (1, 1), (3, 4)] {
        let (x, w, b) = (leaves(width), leaves(width * count), leaves(count));
        let ids = |values: &[Value]| values.iter().map(|value| value.id()).collect::<Vec<_>>();
        let neurons: Vec<Spelled> =
            b.iter().zip(0..).map(|(b, i)| Spelled { bias: b.id(), relu: i % 2 == 0 }).collect();
        let mut made = Vec::new();
        let first = live_nodes();
        shared::spelled_layer(&neurons, &ids(&w), &ids(&x), &mut made);
        let size = live_nodes() - first;
        for (i, &(id, before)) in made.iter().enumerate() {
            let start = live_nodes();
            let w = &w[i * width..(i + 1) * width];
            let sum = w.iter().zip(&x).fold(b[i], |sum, (&w, &x)| sum + w * x);
            let expected = if i % 2 == 0 { sum.relu() } else { sum };
            assert_eq!(before, sum.data());
            assert_eq!(picture(shared::value(id)), picture(expected));
            shared::give_back_from(start);
        }
        assert_eq!(size, count * 2 * width + count.div_ceil(2), "and nothing more");
    }
}
