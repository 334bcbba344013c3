//! Which folds IEEE arithmetic allows, and which it does not.

use crate::Op;
use crate::program::graph::{Graph, Id, Node};
use crate::program::reference::{results, same};
use crate::program::simplify::simplify;

const NASTY: [f64; 9] =
    [0.0, -0.0, 1.0, -2.5, f64::MIN_POSITIVE, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];

/// A graph that gives out what `made` makes of the input x, which has the id 0, and of numbers.
fn graph(numbers: &[f64], made: &[Node]) -> Graph {
    let mut graph = Graph { inputs: vec![1], names: vec![String::new()], ..Graph::default() };
    let numbers = numbers.iter().map(|&x| Node::Number(x));
    for node in [Node::Input(0)].into_iter().chain(numbers).chain(made.iter().copied()) {
        graph.push(node, 0);
    }
    graph.outputs = vec![graph.nodes.len() as Id - 1];
    graph
}

/// What is left of it, after a check that it gives the same bits for nasty numbers.
fn left(graph: &Graph) -> String {
    let simple = simplify(graph);
    for x in NASTY {
        let (before, after) = (results(graph, &[], &[x])[0], results(&simple, &[], &[x])[0]);
        assert!(same(before, after), "x = {x}: {before} and {after}\n{graph}\n{simple}");
    }
    simple.to_string()
}

const X: &str = "%0 = input 0\noutputs %0\n";

#[test]
fn what_changes_no_bit_is_folded() {
    for (op, number, made) in [
        (Op::Mul, 1.0, Node::Two(Op::Mul, 0, 1)),
        (Op::Mul, 1.0, Node::Two(Op::Mul, 1, 0)),
        (Op::Div, 1.0, Node::Two(Op::Div, 0, 1)),
        (Op::Add, -0.0, Node::Two(Op::Add, 0, 1)),
        (Op::Add, -0.0, Node::Two(Op::Add, 1, 0)),
        (Op::Sub, 0.0, Node::Two(Op::Sub, 0, 1)),
        (Op::Powf, 1.0, Node::Numbered(Op::Powf, 0, 1.0)),
    ] {
        assert_eq!(left(&graph(&[number], &[made])), X, "{op:?} {number}");
    }
    // -(-x), -1·(-x) and (-x)/-1 are x; a choice between x and x is x.
    let minus = Node::One(Op::Neg, 0);
    assert_eq!(left(&graph(&[], &[minus, Node::One(Op::Neg, 1)])), X);
    assert_eq!(left(&graph(&[-1.0], &[minus, Node::Two(Op::Mul, 1, 2)])), X);
    assert_eq!(left(&graph(&[-1.0], &[minus, Node::Two(Op::Div, 2, 1)])), X);
    assert_eq!(left(&graph(&[2.0], &[Node::Select(0, 0, 0)])), X);
    // A choice by a number is made: any but ±0 is true, NaN too.
    for (number, kept) in [(2.0, 0), (f64::NAN, 0), (0.0, 2), (-0.0, 2)] {
        let left = left(&graph(&[number, 7.0], &[Node::Select(1, 0, 2)]));
        assert_eq!(left == X, kept == 0, "{number}: {left}");
    }
}

#[test]
fn what_could_change_a_bit_stays() {
    for (numbers, made, why) in [
        (vec![0.0], Node::Two(Op::Mul, 0, 1), "∞·0 is NaN"),
        (vec![-0.0], Node::Two(Op::Mul, 1, 0), "∞·-0 is NaN"),
        (vec![], Node::Two(Op::Sub, 0, 0), "∞-∞ is NaN"),
        (vec![], Node::Two(Op::Div, 0, 0), "0/0 is NaN"),
        (vec![0.0], Node::Two(Op::Div, 1, 0), "0/0 is NaN"),
        (vec![0.0], Node::Two(Op::Add, 0, 1), "-0 + 0 is 0"),
        (vec![-0.0], Node::Two(Op::Sub, 0, 1), "-0 - -0 is 0"),
        (vec![0.0], Node::Two(Op::Sub, 1, 0), "0 - 0 is 0, and -(0) is -0"),
        (vec![], Node::Two(Op::Eq, 0, 0), "NaN is not NaN"),
        (vec![], Node::Two(Op::Ge, 0, 0), "NaN is not above NaN"),
    ] {
        let graph = graph(&numbers, &[made]);
        assert_eq!(left(&graph), graph.to_string(), "{why}");
    }
}

#[test]
fn numbers_that_differ_in_a_bit_are_not_merged() {
    // x·0 + x·-0: were the zeros one, it would not be NaN or 0 as it is.
    let products = [Node::Two(Op::Div, 1, 0), Node::Two(Op::Div, 2, 0), Node::Two(Op::Add, 3, 4)];
    let graph = graph(&[0.0, -0.0], &products);
    assert_eq!(left(&graph), graph.to_string());
}

#[test]
fn what_is_known_is_computed_and_what_is_unused_goes() {
    let made = [
        Node::Two(Op::Add, 1, 2),
        Node::One(Op::Exp, 0), // for nobody
        Node::Two(Op::Mul, 0, 3),
    ];
    let expected = "%0 = input 0\n%1 = number 5\n%2 = mul %0 %1\noutputs %2\n";
    assert_eq!(left(&graph(&[2.0, 3.0], &made)), expected);
}

#[test]
fn equal_values_are_merged_either_way_round() {
    let made = [Node::Two(Op::Mul, 0, 1), Node::Two(Op::Mul, 1, 0), Node::Two(Op::Sub, 2, 3)];
    let expected = "%0 = input 0\n%1 = number 2\n%2 = mul %0 %1\n%3 = sub %2 %2\noutputs %3\n";
    assert_eq!(left(&graph(&[2.0], &made)), expected);
}
