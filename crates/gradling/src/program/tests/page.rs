//! The page that follows a neuron through the passes shows what they print.

use crate::nn::{Activation, Layer, Module};
use crate::program::adjoint::adjoint;
use crate::program::affine::affine;
use crate::program::dump::Name;
use crate::program::graph::Graph;
use crate::program::pack::{Sharing, pack};
use crate::program::record::record;
use crate::program::schedule::{Memory, Operand, Places, Schedule, Wanted, schedule};
use crate::program::simplify::{merge, simplify};
use crate::program::sums::sums;
use crate::{Program, Rng, Step, Value, dot, group, softmax};

const PAGE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/how-scalar-code-becomes-vector-code.md"
));

/// tanh(w·x + b) and its squared error, as a beginner writes it.
fn neuron() -> Graph {
    let (w1, w2, b) = (Value::new(0.5), Value::new(-0.5), Value::new(0.1));
    let step = |[x, target]: [&[Value]; 2]| {
        let y = (w1 * x[0] + w2 * x[1] + b).tanh();
        let error = y - target[0];
        Step::mean(error.pow(2)).with_outputs(&[y])
    };
    record(&[w1, w2, b], [2, 1], step).unwrap()
}

/// Three neurons that see the same two inputs.
fn layer() -> Program {
    let layer = Layer::new(2, 3, Activation::Tanh, Default::default(), &mut Rng::new(1));
    Program::record(&layer.parameters(), [2], |[x]| Step::outputs(&layer.forward(x))).unwrap()
}

/// One head of attention over three positions of two numbers.
fn attention() -> Program {
    let mut rng = Rng::new(1);
    let mut matrix = || [(); 2].map(|()| [(); 2].map(|()| Value::new(rng.normal())));
    let (q, k, v) = (matrix(), matrix(), matrix());
    let parameters: Vec<Value> = [q, k, v].into_iter().flatten().flatten().collect();
    let step = |[x]: [&[Value]; 1]| {
        let apply = |matrix: &[[Value; 2]; 2], x: &[Value]| matrix.map(|row| dot(&row, x));
        let positions: Vec<&[Value]> = x.chunks(2).collect();
        let keys: Vec<_> = positions.iter().map(|x| group("keys", || apply(&k, x))).collect();
        let values: Vec<_> = positions.iter().map(|x| group("values", || apply(&v, x))).collect();
        let mut outputs = Vec::new();
        for x in positions {
            let query = group("queries", || apply(&q, x));
            let scores: Vec<Value> =
                group("scores", || keys.iter().map(|key| dot(&query, key)).collect());
            let weights = group("weights", || softmax(&scores));
            for i in 0..2 {
                let column: Vec<Value> = values.iter().map(|value| value[i]).collect();
                outputs.push(group("outputs", || dot(&weights, &column)));
            }
        }
        Step::outputs(&outputs)
    };
    Program::record(&parameters, [6], step).unwrap()
}

/// The rows that the steps to the gradient read and write: `r2` is a row, `u2` a uniform number, `du2` a
/// gradient that adds up.
fn rows(schedule: &Schedule) -> String {
    let operand = |operand: Operand, count: u32| {
        let sign = match operand.memory {
            Memory::Rows => "r",
            Memory::Uniform => "u",
            Memory::Totals => "du",
        };
        let Places::Steps { start, .. } = operand.places else { return "a list".to_owned() };
        match count {
            0 | 1 => format!("{sign}{start}"),
            _ => format!("{sign}{start}..{sign}{}", start + count - 1),
        }
    };
    let mut text = format!("{} rows\n", schedule.rows);
    for (title, steps) in [("forward", &schedule.forward), ("reverse", &schedule.reverse)] {
        text += &format!("{title}:\n");
        for step in steps {
            let count = step.lanes * step.items;
            let sign = if step.add { "+=" } else { "=" };
            let args = step.args.iter().flatten().map(|&arg| format!(" {}", operand(arg, count)));
            let (to, args) = (operand(step.to, count), args.collect::<String>());
            text += &format!("  {to} {sign} {}{args}\n", Name(step.code));
        }
    }
    text
}

/// What the block of this name shows.
fn dump(name: &str) -> String {
    let recorded = neuron();
    let simple = simplify(&recorded);
    let summed = merge(&sums(&simple));
    let (reduced, layers) = affine(&summed);
    let plan = pack(&reduced, &layers, Sharing::ByDepth).plan;
    let gradient = adjoint(&plan);
    match name {
        "recorded" => recorded.to_string(),
        "simplify" => simple.to_string(),
        "sums" => summed.to_string(),
        "affine" => format!(
            "{} layer: inputs {:?}, {} row of weights {:?} and bias {}\n",
            layers.len(),
            layers[0].x,
            layers[0].rows.len(),
            layers[0].rows[0].weights,
            layers[0].rows[0].bias
        ),
        "pack" => plan.to_string(),
        "adjoint" => plan.gradient(&gradient).to_string(),
        "schedule" => rows(&schedule(&plan, &gradient, Wanted::Gradient)),
        "explain" => Program::of(recorded, crate::Mode::Fast).explain().to_string(),
        "layer-recorded" => layer().graph.to_string(),
        "layer-pack" => layer().plan().to_string(),
        "attention-pack" => attention().plan().to_string(),
        "attention-explain" => attention().explain().to_string(),
        other => panic!("the page shows `{other}`, which is no dump"),
    }
}

#[test]
fn the_page_shows_what_the_passes_print() {
    let mut shown = 0;
    let mut rest = PAGE;
    while let Some((_, block)) = rest.split_once("```text dump=") {
        let (name, block) = block.split_once('\n').expect("a block has a line");
        let (text, after) = block.split_once("```").expect("a block ends");
        let expected = dump(name);
        assert!(text == expected, "`{name}` should show:\n{expected}\nand shows:\n{text}");
        (shown, rest) = (shown + 1, after);
    }
    assert!(shown >= 10, "{shown} blocks are marked");
}
