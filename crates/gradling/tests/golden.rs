//! 200 random expressions against PyTorch in double precision: every value and every gradient.
//!
//! `golden/expressions.json` lists for each case its leaves, its operations and what
//! `torch.float64` computed, forward and backward.

use gradling::{Op, Value, grad, scope};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    leaves: Vec<f64>,
    nodes: Vec<Node>,
    data: Vec<f64>,
    grad: Vec<f64>,
}

#[derive(Deserialize)]
struct Node {
    op: String,
    #[serde(rename = "in")]
    inputs: Vec<usize>,
    #[serde(default)]
    c: f64,
}

fn build(leaves: &[f64], nodes: &[Node]) -> Vec<Value> {
    let mut values: Vec<Value> = leaves.iter().map(|&x| Value::new(x)).collect();
    for node in nodes {
        let x = values[node.inputs[0]];
        let c = node.c;
        values.push(match node.op.as_str() {
            "addc" => x + c,
            "mulc" => x * c,
            "rsubc" => c - x,
            "rdivc" => c / x,
            "powc" => x.pow(c),
            name => {
                let inputs: Vec<Value> = node.inputs.iter().map(|&i| values[i]).collect();
                Value::apply(Op::from_name(name).expect(name), &inputs)
            }
        });
    }
    values
}

/// Relative 1e-12; or 1e-14 where terms near 1 cancel and only their rounding is left (case 51: x/x).
#[track_caller]
fn assert_close(ours: f64, theirs: f64, what: &str) {
    let bound = (1e-12 * theirs.abs()).max(1e-14);
    assert!((ours - theirs).abs() <= bound, "{what}: {ours:e} here, {theirs:e} in PyTorch");
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/expressions.json")).unwrap()
}

#[test]
fn every_value_and_gradient_equals_pytorch() {
    let golden = golden();
    assert_eq!(golden.cases.len(), 200);
    for (k, case) in golden.cases.iter().enumerate() {
        scope(|| {
            let values = build(&case.leaves, &case.nodes);
            values.last().unwrap().backward();
            for (i, value) in values.iter().enumerate() {
                assert_close(
                    value.data(),
                    case.data[i],
                    &format!("case {k}, value {i} ({})", value.symbol()),
                );
                assert_close(
                    value.grad(),
                    case.grad[i],
                    &format!("case {k}, gradient {i} ({})", value.symbol()),
                );
            }
        });
    }
}

#[test]
fn gradients_recorded_as_values_equal_pytorch_too() {
    for (k, case) in golden().cases.iter().enumerate() {
        scope(|| {
            let values = build(&case.leaves, &case.nodes);
            let leaves = &values[..case.leaves.len()];
            for (i, slope) in grad(*values.last().unwrap(), leaves).iter().enumerate() {
                assert_close(slope.data(), case.grad[i], &format!("case {k}, gradient {i}"));
            }
        });
    }
}

#[test]
fn recompute_from_changed_leaves_equals_building_again() {
    for (k, case) in golden().cases.iter().enumerate() {
        scope(|| {
            let values = build(&case.leaves, &case.nodes);
            let moved: Vec<f64> = case.leaves.iter().map(|x| x * 1.01).collect();
            for (leaf, &x) in values.iter().zip(&moved) {
                leaf.set_data(x);
            }
            let root = *values.last().unwrap();
            root.recompute();
            let fresh = build(&moved, &case.nodes);
            let reached = root.reached();
            for (value, again) in
                values.iter().zip(fresh).filter(|(value, _)| reached.contains(value))
            {
                assert_eq!(value.data().to_bits(), again.data().to_bits(), "case {k}");
            }
        });
    }
}
