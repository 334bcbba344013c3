//! Shapes of graphs: a long chain, a wide sum, one graph among many, a picture.

use crate::Case;
use gradling::{Value, scope, sum as sum_of};
use gradling_graph::{Options, trace};

const CHAIN: usize = 100_000;
const WIDE: usize = 10_000;

/// y ← y·w + x, 200,000 operations deep, beside echidna's eager tape.
pub fn chain() -> Case {
    let (w, x) = (Value::new(0.999), Value::new(0.5));
    Case {
        name: "chain",
        about: "a chain of 200,000 operations, forward and backward",
        ours: Box::new(move || {
            [w, x].iter().for_each(|v| v.zero_grad());
            scope(|| (0..CHAIN).fold(x, |y, _| y * w + x).backward());
            w.grad() + x.grad()
        }),
        reference: "echidna 0.15 eager",
        theirs: Box::new(|| {
            let gradient = echidna::grad(
                |p: &[echidna::Reverse<f64>]| (0..CHAIN).fold(p[1], |y, _| y * p[0] + p[1]),
                &[0.999, 0.5],
            );
            gradient.iter().sum()
        }),
        tolerance: 1e-9,
    }
}

/// The sum of 10,000 neighbours as one node, beside a chain of `+`.
pub fn sum() -> Case {
    let leaves = || (0..WIDE).map(|i| Value::new(i as f64)).collect::<Vec<_>>();
    let work = |leaves: Vec<Value>, add: fn(&[Value]) -> Value| {
        Box::new(move || {
            scope(|| {
                let y = add(&leaves);
                y.backward();
                y.data()
            })
        })
    };
    Case {
        name: "sum",
        about: "the sum of 10,000 values as one node, forward and backward",
        ours: work(leaves(), sum_of),
        reference: "a chain of +",
        theirs: work(leaves(), |values| values[1..].iter().fold(values[0], |sum, x| sum + x)),
        tolerance: 1e-12,
    }
}

/// `backward` on one of 10,000 live graphs that share their parameters, beside the same on a tape of
/// its own: what it costs is what it reaches.
pub fn one_of_many() -> Case {
    fn graph(w: &[Value]) -> Value {
        (0..50).fold(w[0], |y, i| (y * w[i % w.len()] + w[(i + 1) % w.len()]).tanh())
    }
    let parameters = || (0..8).map(|i| Value::new(0.1 * f64::from(i) - 0.3)).collect::<Vec<_>>();
    let work = |w: Vec<Value>, graphs: Vec<Value>| {
        let mut next = 0;
        Box::new(move || {
            next = (next + 7_919) % graphs.len();
            graphs[next].zero_graph_grad();
            graphs[next].backward();
            w.iter().map(|w| w.grad()).sum()
        })
    };
    let (many, alone) = (parameters(), parameters());
    let graphs: Vec<Value> = (0..10_000).map(|_| graph(&many)).collect();
    let lone = vec![graph(&alone)];
    Case {
        name: "one_of_10000_graphs",
        about: "zero_graph_grad and backward on one of 10,000 live graphs of 150 values",
        ours: work(many, graphs),
        reference: "the same with one graph",
        theirs: work(alone, lone),
        tolerance: 0.0,
    }
}

/// Tracing, laying out and writing the picture of 10,000 values, beside building and differentiating
/// them.
pub fn picture() -> Case {
    fn network() -> Value {
        let mut row: Vec<Value> = (0..50).map(|i| Value::new(0.01 * f64::from(i))).collect();
        for k in 0..66 {
            let next = |i: usize| (row[i] * row[(i + 1 + k) % 50] + row[(7 * i) % 50]).tanh();
            row = (0..50).map(next).collect();
        }
        sum_of(&row)
    }
    Case {
        name: "picture_10000",
        about: "the picture of 9,951 values: trace, layout and SVG",
        ours: Box::new(|| {
            scope(|| {
                let y = network();
                let graph = trace(y);
                let svg = graph.to_svg(&Options::new());
                assert!(svg.ends_with("</svg>\n") || svg.ends_with("</svg>"));
                graph.nodes().len() as f64
            })
        }),
        reference: "building and differentiating them",
        theirs: Box::new(|| {
            scope(|| {
                let y = network();
                y.backward();
                y.reached().len() as f64
            })
        }),
        tolerance: 0.0,
    }
}
