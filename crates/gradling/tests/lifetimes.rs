//! How long values live: scopes, handles kept too long, groups across scopes, deep graphs, many graphs,
//! threads.

use gradling::nn::{Activation, Init, Layer, Mlp, Module, Neuron, Optimizer, Sgd, loss};
use gradling::{
    Operation, Rng, Value, affine, dot, grad, group, hessian, hvp, jacobian, live_nodes,
    log_softmax, logsumexp, mean, scope, softmax, sum,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Once;

const GIVEN_BACK: &str = "this value was given back when the scope it was made in ended: \
     take its number out with data() or grad() before the end of the scope, or make it outside";

thread_local! {
    static WATCHING: Cell<bool> = const { Cell::new(false) };
    static FILE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The message of a panic and the file that it names.
fn panic_of(f: impl FnOnce()) -> Option<(String, String)> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| match info.location() {
            Some(place) if WATCHING.get() => FILE.set(place.file().to_owned()),
            _ => usual(info),
        }));
    });
    WATCHING.set(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    WATCHING.set(false);
    let payload = result.err()?;
    let message = match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
    };
    Some((message, FILE.take()))
}

/// The use of a value given back is refused, in the words and at the place of the one who used it.
#[track_caller]
fn assert_refused(what: &str, f: impl FnOnce()) {
    let nodes = live_nodes();
    let (message, file) = panic_of(f).unwrap_or_else(|| panic!("{what} took a value given back"));
    assert_eq!(message, GIVEN_BACK, "{what}");
    assert!(file.ends_with("lifetimes.rs"), "{what}: the panic names {file}");
    assert!(live_nodes() <= nodes + 8, "{what} left values behind");
}

macro_rules! refused {
    ($($use:expr),* $(,)?) => { $(
        assert_refused(stringify!($use), || {
            let _ = $use;
        });
    )* };
}

/// A handle whose place on the tape has been taken by another value since.
fn stale() -> Value {
    let stale = scope(|| Value::new(1.0));
    for _ in 0..4 {
        Value::new(2.0).set_grad(3.0);
    }
    assert!(!stale.is_live());
    stale
}

#[test]
fn every_method_of_a_value_given_back_is_refused() {
    let s = stale();
    let x = Value::new(2.0);
    refused! {
        s.data(), s.set_data(1.0), s.grad(), s.computed_grad(), s.set_grad(1.0), s.zero_grad(),
        s.label(), s.set_label("s"), s.with_label("s"), s.op(), s.symbol(), s.number(), s.inputs(),
        s.groups(), s.is_constant(), s.backward(), s.zero_graph_grad(), s.reached(), s.recompute(),
        s.first_non_finite(), s.check(), s.check_by(&[]), s.check_by(&[x]), x.check_by(&[s]),
        x.check_by(&[x, s]),
    }
    assert_eq!(format!("{s} {s:?}"), "Value(given back) Value(given back)");
    assert_eq!(s, s);
    s.id();
}

#[test]
fn every_operation_on_a_value_given_back_is_refused_on_either_side() {
    let s = stale();
    let x = Value::new(2.0);
    let mut y = x;
    let mut t = s;
    refused! {
        s + x, x + s, s - x, x - s, s * x, x * s, s / x, x / s, -s, -&s,
        s + 1.0, 1.0 + s, s - 1, 1 - s, s * 2, 2.0 * s, s / 2, 2.0 / s,
        y += s, y -= s, y *= s, y /= s, t += x, t *= 2.0,
        s.pow(2), s.pow(2.5), s.pow(x), x.pow(s), s.leaky_relu(0.1), s.log(),
        s.exp(), s.ln(), s.sqrt(), s.sin(), s.cos(), s.tanh(), s.sigmoid(), s.relu(), s.softplus(),
        s.gelu(), s.erf(), s.abs(), s.max(x), x.max(s), s.min(0.0), x.min(s),
        s.lt(x), x.lt(s), s.le(x), s.gt(x), x.ge(s), s.eq(x), x.eq(s), s.ne(x),
        s.select(x, x), x.select(s, x), x.select(x, s), x.select(1.0, s),
        Value::apply(gradling::Op::Add, &[x, s]), Value::apply(gradling::Op::Powf, &[x, s]),
        Value::apply(gradling::Op::Tanh, &[s]), Value::apply(gradling::Op::Sum, &[s]),
    }
    assert_eq!((y, t), (x, s));
}

#[test]
fn every_function_of_many_refuses_values_given_back() {
    let s = stale();
    let x = Value::new(2.0);
    // Neighbours by their ids, and not.
    let near = [s, scope(|| [Value::new(1.0), Value::new(2.0)])[1]];
    for list in [&[s, x][..], &[x, s], &[s], &near] {
        let live = vec![x; list.len()];
        refused! {
            sum(list), mean(list), logsumexp(list), softmax(list), log_softmax(list),
            dot(list, &live), dot(&live, list), dot(list, list), affine(list, &live, x), affine(&live, list, x),
        }
    }
    let own = Operation::new("own", |x| x.iter().sum(), |x, _| vec![Value::constant(1.0); x.len()]);
    refused! {
        affine(&[x], &[x], s), affine(&[], &[], s), affine(&[x, x], &[x, x], s), own.call(&[s]), own.call(&[x, s]),
        grad(s, &[x]), grad(x, &[s]), grad(x, &[x, s]), jacobian(&[x, s], &[x]), jacobian(&[x], &[x, s]),
        hessian(s, &[x]), hessian(x * x, &[x, s]), hvp(s, &[x], &[1.0]), hvp(x * x, &[s], &[1.0]),
    }
}

#[test]
fn networks_refuse_inputs_and_parameters_given_back() {
    let s = stale();
    let mut rng = Rng::new(0);
    let make = |rng: &mut Rng| {
        let neuron = Neuron::from_numbers(&[1.0, 2.0], 0.0, Activation::Tanh);
        let layer = Layer::new(2, 2, Activation::LeakyRelu, Init::Uniform, rng);
        (neuron, layer, Mlp::new(2, &[2, 1], Activation::Gelu, rng))
    };
    let (neuron, layer, mlp) = make(&mut rng);
    let x = [Value::new(1.0), s];
    refused! { neuron.forward(&x), layer.forward(&x), mlp.forward(&x), mlp.predict(&x) }

    let (neuron, layer, mlp) = scope(|| make(&mut rng));
    let parameters = scope(|| make(&mut rng).0.parameters());
    // Their places are taken again, by leaves that look like parameters.
    for _ in 0..100 {
        Value::new(1.0).set_label("taken");
    }
    let live = Value::new(1.0);
    let mut sgd = Sgd::new(0.1);
    refused! {
        neuron.forward(&[1.0, 2.0]), layer.forward(&[1.0, 2.0]), mlp.forward(&[1.0, 2.0]), mlp.predict(&[1.0, 2.0]),
        neuron.parameters(), layer.parameters(), mlp.parameters(), neuron.bias().data(), neuron.weights()[0].data(),
        neuron.zero_grad(), layer.zero_grad(), mlp.zero_grad(),
        sgd.step(&parameters), Activation::Tanh.apply(s),
        loss::squared_error(s, 1.0), loss::squared_error(live, s), loss::sum_squared_error(&[s], &[1.0]),
        loss::mean_squared_error(&[s], &[1.0]), loss::hinge(s, 1.0), loss::hinge(live, s),
        loss::binary_cross_entropy(s, 1), loss::binary_cross_entropy(live, s), loss::cross_entropy(&[live, s], 0),
        loss::cross_entropy(&[live, s], 1),
    }
    // A group that was open when it happened is closed.
    assert!(Value::new(1.0).groups().is_empty());
}

// Scopes.

#[test]
fn a_scope_gives_back_what_was_made_in_it_and_no_more() {
    let x = Value::new(3.0);
    let before = live_nodes();
    let (y, slope) = scope(|| {
        let y = x * x;
        y.backward();
        (y, x.grad())
    });
    assert_eq!((slope, live_nodes()), (6.0, before));
    assert!(x.is_live() && !y.is_live());
    // The gradient of what is outside stays; a place used again starts without one.
    assert_eq!(x.grad(), 6.0);
    assert_eq!(Value::new(0.0).computed_grad(), None);
}

#[test]
fn a_scope_gives_back_when_it_panics() {
    let before = live_nodes();
    let mut kept = None;
    let result = catch_unwind(AssertUnwindSafe(|| {
        scope(|| {
            kept = Some(Value::new(1.0));
            scope(|| {
                group("inner", || {
                    Value::new(2.0);
                    if live_nodes() > 0 {
                        panic::resume_unwind(Box::new("through two scopes and a group"));
                    }
                })
            })
        })
    }));
    assert!(result.is_err());
    assert_eq!(live_nodes(), before);
    assert!(!kept.unwrap().is_live());
    assert!(Value::new(1.0).groups().is_empty());
}

#[test]
fn everything_of_a_node_goes_with_its_scope() {
    let x = Value::new(1.0);
    let own = Operation::new("own", |x| x[0], |_, _| vec![Value::constant(1.0)]);
    let record = || {
        group("part", || {
            let y = own.call(&[x.pow(3).with_label("cube")]) + sum(&[x, x]).leaky_relu(0.1);
            let z = y.select(x, y) + dot(&[x, y], &[y, x]);
            z.backward();
            z
        })
    };
    // Whatever was there before, the same code gives the same.
    let first = scope(|| (record().data(), x.grad()));
    for i in 0..50 {
        x.zero_grad();
        let again = scope(|| {
            (0..i).for_each(|i| Value::new(f64::from(i)).pow(2).set_label("filler"));
            let z = record();
            let found = (z.data(), x.grad());
            assert_eq!(z.groups().len(), 1);
            assert_eq!(z.label(), None);
            found
        });
        assert_eq!(again, first);
    }
}

/// What a program does with scopes, at random.
#[derive(Clone, Debug)]
enum Act {
    Leaf,
    Combine,
    Backward,
    /// The flag: whether it ends with a panic.
    Scope(Vec<Act>, bool),
    Group(Vec<Act>),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let simple =
        prop_oneof![3 => Just(Act::Leaf), 3 => Just(Act::Combine), 1 => Just(Act::Backward)];
    let act = simple.prop_recursive(5, 60, 8, |inner| {
        let acts = prop::collection::vec(inner, 0..8);
        prop_oneof![
            3 => (acts.clone(), prop::bool::weighted(0.2)).prop_map(|(acts, panics)| Act::Scope(acts, panics)),
            1 => acts.prop_map(Act::Group),
        ]
    });
    prop::collection::vec(act, 0..12)
}

/// A handle that was kept, what it must show, and whether its scope has ended.
struct Kept {
    value: Value,
    data: f64,
    groups: Vec<String>,
    live: bool,
}

#[derive(Default)]
struct Run {
    kept: Vec<Kept>,
    groups: Vec<String>,
}

impl Run {
    fn keep(&mut self, value: Value, data: f64) {
        self.kept.push(Kept { value, data, groups: self.groups.clone(), live: true });
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Leaf => {
                // A number that no other value has.
                let data = self.kept.len() as f64 + 0.5;
                self.keep(Value::new(data).with_label(data.to_string()), data);
            }
            Act::Combine => {
                let live: Vec<_> = self.kept.iter().filter(|kept| kept.live).collect();
                if let [.., a, b] = live[..] {
                    let (value, data) = (a.value - 2.0 * b.value, a.data - 2.0 * b.data);
                    self.keep(value.with_label(data.to_string()), data);
                }
            }
            Act::Backward => {
                if let Some(kept) = self.kept.iter().rfind(|kept| kept.live) {
                    kept.value.zero_graph_grad();
                    kept.value.backward();
                    assert_eq!(kept.value.grad(), 1.0);
                    kept.value.zero_graph_grad();
                }
            }
            Act::Scope(acts, panics) => {
                let (first, groups) = (self.kept.len(), self.groups.len());
                let nodes = live_nodes();
                let result = catch_unwind(AssertUnwindSafe(|| {
                    scope(|| {
                        self.acts(acts);
                        if *panics {
                            panic::resume_unwind(Box::new(()));
                        }
                    });
                }));
                assert_eq!(result.is_err(), *panics);
                assert_eq!(live_nodes(), nodes);
                self.groups.truncate(groups);
                self.kept[first..].iter_mut().for_each(|kept| kept.live = false);
            }
            Act::Group(acts) => {
                let name = format!("group {}", self.kept.len());
                self.groups.push(name.clone());
                group(name, || self.acts(acts));
                self.groups.pop();
            }
        }
    }

    fn acts(&mut self, acts: &[Act]) {
        for act in acts {
            self.act(act);
            self.check();
        }
    }

    /// Every handle shows its own node or is refused.
    fn check(&self) {
        for kept in &self.kept {
            assert_eq!(kept.value.is_live(), kept.live);
            if kept.live {
                assert_eq!(kept.value.data(), kept.data);
                assert_eq!(kept.value.label(), Some(kept.data.to_string()));
                assert_eq!(kept.value.computed_grad(), None);
                let groups: Vec<String> =
                    kept.value.groups().into_iter().map(|group| group.name).collect();
                assert_eq!(groups, kept.groups);
            }
        }
        if let Some(kept) = self.kept.iter().rfind(|kept| !kept.live) {
            assert_eq!(panic_of(|| kept.value.set_data(9.0)).unwrap().0, GIVEN_BACK);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn a_handle_shows_its_own_value_or_is_refused_however_scopes_nest(acts in acts()) {
        scope(|| Run::default().acts(&acts));
    }
}

// Groups.

#[test]
fn groups_nest_and_last_as_long_as_their_values() {
    let names =
        |value: Value| -> Vec<String> { value.groups().into_iter().map(|g| g.name).collect() };
    let x = Value::new(2.0);
    let (inner, between, outer) = group("outer", || {
        let inner = group("inner", || x * x);
        let between = x + 1;
        group("empty", || ());
        scope(|| {
            let gone = group("gone", || x * 3);
            assert_eq!(names(gone), ["outer", "gone"]);
        });
        (inner, between, x - 1)
    });
    assert_eq!(names(inner), ["outer", "inner"]);
    assert_eq!(names(between), ["outer"]);
    assert_eq!(names(outer), ["outer"]);
    assert!(x.groups().is_empty() && (x * 5).groups().is_empty());
    assert_eq!(inner.groups()[0], outer.groups()[0]);

    // The same name again is another group.
    let again = group("outer", || x * x);
    assert_ne!(again.groups()[0].id, outer.groups()[0].id);
    // In a scope: what comes later at the same place on the tape is not in the group.
    let was = scope(|| group("brief", || x * 7).groups()[0].id);
    let here = x * 7;
    assert!(here.groups().is_empty());
    assert_ne!(scope(|| group("brief", || x * 7).groups()[0].id), was);
}

#[test]
fn a_group_is_closed_by_a_panic() {
    let result = catch_unwind(|| group("doomed", || panic::resume_unwind(Box::new(()))));
    assert!(result.is_err());
    assert!(Value::new(1.0).groups().is_empty());
    assert_eq!(group("next", || Value::new(1.0)).groups().len(), 1);
}

// Depth.

#[test]
fn a_chain_of_millions_is_built_swept_replayed_walked_and_dropped_on_a_small_stack() {
    const LINKS: usize = if cfg!(debug_assertions) { 1_000_000 } else { 10_000_000 };
    let run = || {
        scope(|| {
            let (x, w) = (Value::new(1.0), Value::new(-1.0));
            let mut y = x;
            for _ in 0..LINKS / 2 {
                y = y * w + x; // 0, 1, 0, 1, …
            }
            assert_eq!(y.data(), 1.0);
            assert_eq!(live_nodes(), LINKS + 2);
            assert_eq!(y.reached().len(), LINKS + 2);
            y.backward();
            // The slope by x goes as y does; that by w is 1, -1, 2, -2, 3, …
            assert_eq!((y.grad(), x.grad(), w.grad()), (1.0, 1.0, -((LINKS / 4) as f64)));
            y.zero_graph_grad();
            assert_eq!((y.computed_grad(), w.computed_grad()), (None, None));
            w.set_data(1.0);
            y.recompute();
            assert_eq!(y.data(), 1.0 + (LINKS / 2) as f64);
            assert!(y.first_non_finite().is_none());
            assert_eq!(grad(y, &[x])[0].data(), 1.0 + (LINKS / 2) as f64);
        });
        assert_eq!(live_nodes(), 0);
    };
    std::thread::Builder::new().stack_size(256 * 1024).spawn(run).unwrap().join().unwrap();
}

#[test]
fn a_chain_of_gradients_is_as_deep_as_it_is_long() {
    // Second order over a long chain: y = x·s·s·…, whose second derivative by s is n(n-1)x at s = 1.
    let run = || {
        let (x, s, n) = (Value::new(2.0), Value::new(1.0), 50_000);
        let y = (0..n).fold(x, |y, _| y * s);
        assert_eq!(hessian(y, &[s]), [[f64::from(n) * f64::from(n - 1) * 2.0]]);
    };
    std::thread::Builder::new().stack_size(256 * 1024).spawn(run).unwrap().join().unwrap();
}

// Many graphs.

#[test]
fn backward_on_one_of_ten_thousand_graphs_reaches_that_one_alone() {
    const GRAPHS: usize = 10_000;
    let swept = Rc::new(Cell::new(0));
    let counting = {
        let swept = swept.clone();
        Operation::new(
            "counting",
            |x| x[0],
            move |_, _| {
                swept.set(swept.get() + 1);
                vec![Value::constant(1.0)]
            },
        )
    };
    let (w, b) = (Value::new(3.0), Value::new(0.5));
    let graphs: Vec<[Value; 3]> = (0..GRAPHS)
        .map(|i| {
            let x = Value::new(i as f64);
            let u = counting.call(&[x * w]);
            [x, u, u + b]
        })
        .collect();
    for [_, u, y] in &graphs {
        u.set_grad(-1.0);
        y.set_grad(-2.0);
    }
    // In an order that jumps about.
    for k in 0..GRAPHS {
        let i = k * 7919 % GRAPHS;
        let [x, u, y] = graphs[i];
        y.backward();
        assert_eq!((swept.get(), x.grad(), u.grad(), y.grad()), (k + 1, 3.0, 0.0, -1.0));
        let [_, u, y] = graphs[(k + 1) * 7919 % GRAPHS];
        if k + 1 < GRAPHS {
            assert_eq!((u.grad(), y.grad()), (-1.0, -2.0));
        }
    }
    assert_eq!(w.grad(), (GRAPHS * (GRAPHS - 1) / 2) as f64);
    assert_eq!(b.grad(), GRAPHS as f64);
}

// Threads.

/// A training run, as bits.
fn trained(seed: u64) -> Vec<u64> {
    let mlp = Mlp::new(2, &[8, 1], Activation::Tanh, &mut Rng::new(seed));
    let mut sgd = Sgd::new(0.1).momentum(0.9);
    for step in 0..20 {
        scope(|| {
            let sample = |i: i32| {
                let x = [f64::from(i).sin(), f64::from(i * step).cos()];
                loss::squared_error(mlp.predict(&x), x[0] * x[1])
            };
            mlp.zero_grad();
            mean(&(0..10).map(sample).collect::<Vec<_>>()).backward();
            sgd.step(&mlp.parameters());
        });
    }
    mlp.parameters().iter().map(|p| p.data().to_bits()).collect()
}

#[test]
fn a_hundred_threads_at_once_compute_the_same_bits() {
    let right = trained(1);
    std::thread::scope(|threads| {
        let running: Vec<_> = (0..100).map(|_| threads.spawn(|| trained(1))).collect();
        for thread in running {
            assert_eq!(thread.join().unwrap(), right);
        }
    });
    assert_ne!(trained(2), right);
}

#[test]
fn each_thread_has_its_own_tape_with_ids_from_0() {
    let here = Value::new(1.0);
    here.set_grad(5.0);
    let nodes = live_nodes();
    std::thread::scope(|threads| {
        threads.spawn(|| {
            assert_eq!(live_nodes(), 0);
            let first = Value::new(2.0);
            assert_eq!((first.id(), first.computed_grad(), live_nodes()), (0, None, 1));
            (first * first).backward();
        });
    });
    assert_eq!((live_nodes(), here.data(), here.grad()), (nodes, 1.0, 5.0));
}
