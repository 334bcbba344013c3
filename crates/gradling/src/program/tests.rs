//! What holds of every pass, on random graphs and on such as people write.

use super::adjoint::adjoint;
use super::affine::affine;
use super::graph::{Graph, Id, Node};
use super::pack::{Sharing, pack};
use super::reference::{
    Lanes, Operations, evaluate, gradient, graphs, integers, numbers, results, rows, same,
};
use super::simplify::{merge, prune, simplify};
use super::sums::sums;
use super::{Mode, Program, reduce};
use crate::Options;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

mod file;
mod idioms;
mod ieee;
mod page;

/// The same graphs in every run.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Whether integers stayed small enough for sums to be exact in any order.
fn exact(values: &[f64]) -> bool {
    values.iter().all(|x| x.abs() < 2_f64.powi(50))
}

/// A graph as text, its values numbered in the order in which its results are made of them: two graphs of
/// one text compute the same in the same way.
fn text(graph: &Graph) -> String {
    let mut ids: Vec<Option<Id>> = vec![None; graph.nodes.len()];
    let mut new = graph.emptied();
    let mut open: Vec<Id> = graph.roots().collect();
    open.reverse();
    while let Some(&id) = open.last() {
        let node = graph.node(id);
        let before = open.len();
        graph.visit(node, |input| {
            if ids[input as usize].is_none() {
                open.push(input);
            }
        });
        open[before..].reverse();
        if open.len() == before {
            open.pop();
            if ids[id as usize].is_none() {
                let node = new.import(graph, node, |id| ids[id as usize].unwrap());
                ids[id as usize] = Some(new.push(node, graph.origins[id as usize]));
            }
        }
    }
    new.take_roots(graph, |id| ids[id as usize].unwrap());
    new.to_string()
}

/// Values and list items: what a pass has to do with.
fn size(graph: &Graph) -> usize {
    graph.nodes.len() + graph.lists.len()
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn simplifying_changes_no_bit_of_a_result(
        graph in graphs(Operations::All),
        (parameters, inputs) in numbers(),
    ) {
        let before = results(&graph, &parameters, &inputs);
        let after = results(&simplify(&graph), &parameters, &inputs);
        for (a, b) in before.iter().zip(&after) {
            prop_assert!(same(*a, *b), "{a} {b}\n{graph}\n{}", simplify(&graph));
        }
    }

    #[test]
    fn simplifying_twice_is_simplifying_once(graph in graphs(Operations::All)) {
        let once = simplify(&graph);
        prop_assert_eq!(text(&simplify(&once)), text(&once));
        prop_assert!(size(&once) <= size(&graph));
    }

    #[test]
    fn merging_changes_no_bit_and_no_class_and_is_done_once(
        graph in graphs(Operations::All),
        (parameters, inputs) in numbers(),
    ) {
        let once = merge(&graph);
        prop_assert_eq!(text(&merge(&once)), text(&once));
        let before = results(&graph, &parameters, &inputs);
        let after = results(&once, &parameters, &inputs);
        prop_assert!(before.iter().zip(&after).all(|(&a, &b)| same(a, b)));
        for (a, b) in graph.roots().zip(once.roots()) {
            prop_assert_eq!(graph.class(a), once.class(b));
        }
    }

    #[test]
    fn pruning_keeps_the_results_and_all_that_is_left_is_needed(
        graph in graphs(Operations::All),
        (parameters, inputs) in numbers(),
    ) {
        let pruned = prune(&graph);
        prop_assert!(pruned.needed().iter().all(|&needed| needed));
        prop_assert_eq!(text(&prune(&pruned)), text(&pruned));
        let before = results(&graph, &parameters, &inputs);
        let after = results(&pruned, &parameters, &inputs);
        prop_assert!(before.iter().zip(&after).all(|(&a, &b)| same(a, b)));
    }

    // On integers every order of adding gives the same, so nothing less than equality will do.
    #[test]
    fn sums_give_the_same_in_another_order(
        graph in graphs(Operations::Exact),
        (parameters, inputs) in integers(),
    ) {
        prop_assume!(exact(&evaluate(&graph, &parameters, &inputs)));
        let simple = simplify(&graph);
        let before = results(&simple, &parameters, &inputs);
        let after = results(&sums(&simple), &parameters, &inputs);
        prop_assert_eq!(before, after, "{}\n{}", &simple, sums(&simple));
    }

    #[test]
    fn summing_twice_is_summing_once(graph in graphs(Operations::All)) {
        let simple = simplify(&graph);
        let once = sums(&simple);
        prop_assert_eq!(text(&sums(&once)), text(&once), "{}", &simple);
        // A product may become a row of a layer: its input, its weight and a bias.
        prop_assert!(size(&once) <= 3 * size(&simple) + 1);
    }

    #[test]
    fn the_rows_of_a_layer_are_the_values_they_stand_for(
        graph in graphs(Operations::Exact),
        (parameters, inputs) in integers(),
    ) {
        let graph = merge(&sums(&simplify(&graph)));
        prop_assume!(exact(&evaluate(&graph, &parameters, &inputs)));
        let (after, layers) = affine(&graph);
        prop_assert_eq!(
            results(&graph, &parameters, &inputs),
            results(&after, &parameters, &inputs)
        );
        let values = evaluate(&after, &parameters, &inputs);
        for (row, value) in rows(&layers, &values) {
            prop_assert_eq!(row, value);
        }
        for layer in &layers {
            prop_assert!(layer.x.is_sorted());
            prop_assert!(layer.x.len() > 1 || layer.rows.len() > 1);
        }
        // Each weighted sum is in just one layer.
        let mut of_layers: Vec<_> =
            layers.iter().flat_map(|layer| &layer.rows).map(|row| row.id).collect();
        of_layers.sort_unstable();
        let nodes = after.nodes.iter().zip(0..);
        let linear: Vec<_> =
            nodes.filter(|(node, _)| matches!(node, Node::Linear(_))).map(|(_, id)| id).collect();
        prop_assert_eq!(of_layers, linear);
    }

    #[test]
    fn finding_layers_twice_is_finding_them_once(graph in graphs(Operations::All)) {
        let (once, layers) = affine(&merge(&sums(&simplify(&graph))));
        let (twice, again) = affine(&once);
        prop_assert_eq!(text(&twice), text(&once));
        prop_assert_eq!(again, layers);
    }

    #[test]
    fn instructions_compute_the_results_and_the_gradient_of_the_graph(
        graph in graphs(Operations::Exact),
        (parameters, inputs) in integers(),
    ) {
        prop_assume!(exact(&evaluate(&graph, &parameters, &inputs)));
        let slopes = gradient(&graph, &parameters, &inputs);
        prop_assume!(exact(&slopes));
        for (mode, sharing) in [(Mode::Fast, Sharing::ByDepth), (Mode::Strict, Sharing::None)] {
            let (graph, layers) = reduce(&graph, mode);
            let plan = pack(&graph, &layers, sharing).plan;
            let adjoint = adjoint(&plan);
            let (values, found) = Lanes::run(&plan, &adjoint, &parameters, &inputs);
            let expected = results(&graph, &parameters, &inputs);
            prop_assert_eq!(values, expected, "{}\n{}", &graph, &plan);
            prop_assert_eq!(&found, &slopes, "{:?}\n{}\n{}\n{}", mode, &graph, &plan, plan.gradient(&adjoint));
        }
    }

    #[test]
    fn a_program_runs_as_its_graph_says(
        graph in graphs(Operations::Exact),
        samples in prop::collection::vec(integers(), 1..40),
    ) {
        let parameters = &samples[0].0;
        let (mut outputs, mut loss, mut slopes) = (Vec::new(), 0.0, vec![0.0; parameters.len()]);
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let once = graph.once.map_or(0, |id| id as usize);
        for (sample, (_, inputs)) in samples.iter().enumerate() {
            let values = evaluate(&graph, parameters, inputs);
            prop_assume!(exact(&values));
            outputs.extend(graph.outputs.iter().map(|&id| values[id as usize]));
            loss += graph.loss.map_or(0.0, |(id, _)| values[id as usize]);
            // The term added once counts with the first sample.
            if sample == 0 && graph.once.is_some() {
                loss += values[once];
            }
            let graph = Graph { once: graph.once.filter(|_| sample == 0), ..graph.clone() };
            for (sum, x) in slopes.iter_mut().zip(gradient(&graph, parameters, inputs)) {
                *sum += x;
            }
            left.extend(&inputs[..1]);
            right.extend(&inputs[1..]);
        }
        prop_assume!(exact(&slopes) && exact(&[loss]));
        let program = Program::of(graph, Mode::Fast);
        for mode in [Mode::Fast, Mode::Strict] {
            let mut run = program.compile_with::<f64>(Options::default().mode(mode).threads(1));
            let mut found = vec![f64::NAN; outputs.len()];
            let value = run.run(parameters, &[&left, &right], &mut found).unwrap();
            prop_assert_eq!((value, &found), (loss, &outputs), "{:?}\n{}", mode, &run.program().graph);
            let mut gradient = vec![f64::NAN; slopes.len()];
            let value = run.value_and_grad(parameters, &[&left, &right], &mut gradient).unwrap();
            prop_assert_eq!((value, &gradient), (loss, &slopes), "{:?}\n{}", mode, run.program().plan());
        }
    }

    #[test]
    fn every_program_can_be_explained(graph in graphs(Operations::All)) {
        for mode in [Mode::Fast, Mode::Strict] {
            let told = Program::of(graph.clone(), mode).explain().to_string();
            prop_assert!(told.starts_with("recorded: "), "{}", told);
        }
    }
}
