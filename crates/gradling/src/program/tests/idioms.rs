//! What chains of additions become, on such as people write.

use crate::program::affine::affine;
use crate::program::graph::Graph;
use crate::program::record::record;
use crate::program::simplify::{merge, simplify};
use crate::program::sums::sums;
use crate::program::{Mode, Program};
use crate::{Step, Value, sum};

/// The sums of what is recorded with parameters u, v, w and inputs x, y, z: ids 0 to 5, if all are used.
fn summed(step: impl Fn([Value; 3], [Value; 3]) -> Value) -> String {
    let parameters = [(); 3].map(|()| Value::new(0.5));
    let graph =
        record(&parameters, [3], |[x]| Step::outputs(&[step(parameters, [x[0], x[1], x[2]])]));
    // Without the leaves, which are as they were.
    let text = merge(&sums(&simplify(&graph.unwrap()))).to_string();
    let leaf = |line: &&str| !line.contains("input") && !line.contains("parameter");
    text.lines()
        .filter(leaf)
        .map(|line| line.replace("; once a step", ""))
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

#[test]
fn a_weighted_sum_has_one_form() {
    let form = "%5 = linear %3·%0 + %4·%1 + %2\noutputs %5\n";
    assert_eq!(summed(|[u, v, w], [x, y, _]| x * u + y * v + w), form);
    assert_eq!(summed(|[u, v, w], [x, y, _]| u * x + (v * y + w)), form);
    assert_eq!(summed(|[u, v, w], [x, y, _]| w + u * x + y * v), form);
    assert_eq!(summed(|[u, v, w], [x, y, _]| sum(&[u * x, w, v * y])), form);
}

#[test]
fn a_repeated_input_adds_up_its_weights() {
    let found = summed(|[u, v, _], [x, y, _]| u * x + v * x + u * y);
    assert_eq!(
        found,
        "%4 = add %0 %1\n%5 = number -0\n%6 = linear %2·%4 + %3·%0 + %5\noutputs %6\n"
    );
}

#[test]
fn what_is_subtracted_has_its_weight_negated() {
    let found = summed(|[u, v, w], [x, y, _]| w - u * x - (y * v - x.tanh()));
    let weighted = "%6 = neg %0\n%7 = neg %1\n%8 = linear %3·%6 + %4·%7 + %2\n";
    assert_eq!(found, format!("%5 = tanh %3\n{weighted}%9 = add %8 %5\noutputs %9\n"));
}

#[test]
fn products_of_two_that_vary_are_a_dot() {
    let found = summed(|_, [x, y, z]| x * y + y * z + z * x);
    assert_eq!(found, "%3 = dot %0·%1 + %1·%2 + %2·%0\noutputs %3\n");
}

#[test]
fn a_term_of_another_sum_is_computed_for_itself() {
    let found = summed(|[u, v, _], [x, y, _]| {
        let term = u * x;
        (term + v * y).tanh() * (term + y)
    });
    assert!(found.contains("= mul %0 %2"), "{found}");
    assert_eq!(found.matches('·').count(), 1, "{found}");
}

#[test]
fn rows_of_the_same_inputs_are_one_layer_in_whichever_order() {
    let p = [(); 6].map(|()| Value::new(0.5));
    let graph = record(&p, [2], |[x]| {
        Step::outputs(&[p[0] * x[0] + p[1] * x[1] + p[2], p[3] + x[1] * p[4] + x[0] * p[5]])
    });
    let (_, layers) = affine(&merge(&sums(&simplify(&graph.unwrap()))));
    assert_eq!(layers.len(), 1);
    let rows: Vec<_> = layers[0].rows.iter().map(|row| (row.weights.len(), row.bias)).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(layers[0].x.len(), 2);
}

/// A program of `n` terms and values in a row, of `n` dependent ones and of a layer.
fn program(n: usize) -> Graph {
    let weights: Vec<Value> = (0..n).map(|_| Value::new(0.5)).collect();
    let graph = record(&weights, [n], |[x]| {
        let terms = x.iter().zip(&weights).map(|(&x, &w)| x * w);
        let chain = terms.fold(Value::new(0.0), |sum, term| sum + term);
        let deep = x.iter().fold(chain, |y, &x| (y + x).tanh());
        let wide: Vec<Value> = x.iter().map(|x| x.exp()).collect();
        Step::sum(deep).with_outputs(&wide)
    });
    graph.unwrap()
}

// Counted, not timed: all that a pass writes.
#[test]
fn twice_as_much_code_is_twice_as_much_work() {
    let sizes = |n: usize| {
        let graph = program(n);
        let simple = simplify(&graph);
        let summed = merge(&sums(&simple));
        let (reduced, _) = affine(&summed);
        let program = Program::of(graph, Mode::Fast);
        let plan = program.plan();
        let sizes = [&simple, &summed, &reduced].map(|graph| graph.nodes.len() + graph.lists.len());
        let instructions = plan.varying.len() + program.adjoint().varying.len();
        [sizes[0], sizes[1], sizes[2], plan.lists.len(), instructions, plan.varying_lanes as usize]
    };
    let (once, twice) = (sizes(500), sizes(1000));
    for (once, twice) in once.into_iter().zip(twice) {
        assert!(twice <= 2 * once, "{once} {twice}");
    }
}

#[test]
fn a_chain_of_a_hundred_thousand_values_compiles_without_recursion() {
    let w = Value::new(0.5);
    let program = Program::record(&[w], [1], |[x]| {
        let mut y = x[0];
        for i in 0..50_000 {
            y = if i % 2 == 0 { (y * w).tanh() } else { y - w };
        }
        Step::sum(y)
    });
    let program = program.unwrap();
    assert_eq!(Program::load(&program.save()).unwrap().save(), program.save());
    assert!(!program.explain().to_string().is_empty());
}
