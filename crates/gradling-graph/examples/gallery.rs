//! Draws a gallery of graphs, as SVG and as PNG, into the folder given: `cargo run --example gallery -- out`.

use gradling::nn::{Activation, Mlp};
use gradling::{Rng, Value, group, sum};
use gradling_graph::{Detail, Direction, Fold, Graph, Options, trace, trace_last};
use resvg::{tiny_skia, usvg};
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("say where to put the pictures: gallery FOLDER")?;
    std::fs::create_dir_all(&folder)?;
    let mut fonts = usvg::Options::default();
    fonts.fontdb_mut().load_system_fonts();
    let show = |name: &str, graph: &Graph, options: Options| -> Result<(), Box<dyn Error>> {
        let svg = graph.to_svg(&options);
        let path = Path::new(&folder).join(name);
        std::fs::write(path.with_extension("svg"), &svg)?;
        let tree = usvg::Tree::from_str(&svg, &fonts)?;
        let size = tree.size();
        // At most about 4,000 pixels a side.
        let scale = (4_000.0 / size.width().max(size.height())).min(2.0);
        let (width, height) =
            ((size.width() * scale).ceil() as u32, (size.height() * scale).ceil() as u32);
        let mut pixels =
            tiny_skia::Pixmap::new(width.max(1), height.max(1)).ok_or("too large to draw")?;
        resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
        pixels.save_png(path.with_extension("png"))?;
        println!(
            "{name}: {} values, {:.0} x {:.0}",
            graph.nodes().len(),
            size.width(),
            size.height()
        );
        Ok(())
    };
    let top_down = || Options::new().direction(Direction::TopToBottom);

    let neuron = neuron();
    show("neuron-before", &trace(neuron), Options::new())?;
    neuron.backward();
    show("neuron", &trace(neuron), Options::new())?;
    show("neuron-down", &trace(neuron), top_down().title("A neuron"))?;

    let mlp = Mlp::new(3, &[4, 4, 1], Activation::Tanh, &mut Rng::new(1337));
    let sample =
        [("x1", 0.8), ("x2", -0.5), ("x3", 0.3)].map(|(name, x)| Value::new(x).with_label(name));
    let score = mlp.predict(&sample).with_label("score");
    score.backward();
    let graph = trace(score);
    show("mlp", &graph, Options::new())?;
    show("mlp-down", &graph, top_down())?;
    show("mlp-neurons-folded", &graph, Options::new().fold(Fold::Depth(2)))?;
    show("mlp-layers-folded", &graph, Options::new().fold(Fold::Depth(1)))?;

    show("mlp-spelled", &network(&[3, 4, 4, 1]), Options::new())?;
    let large = network(&[8, 16, 16, 4, 1]);
    show("large", &without_groups(&[8, 16, 16, 4, 1]), Options::new())?;
    show("large-down", &without_groups(&[8, 16, 16, 4, 1]), top_down())?;
    show("large-groups", &large, Options::new())?;
    show("large-folded", &large, Options::new().fold(Fold::Depth(2)))?;

    show("odd", &odd(), Options::new().title("Not a number, an infinity, <labels> & \"more\""))?;
    show("sanity", &sanity(), Options::new())?;
    show("sanity-marks", &sanity(), Options::new().detail(Detail::Marks))?;
    show("recurrent", &recurrent(12), Options::new())?;
    let mut chain = Value::new(1.0);
    for _ in 0..1000 {
        chain = (chain * 1.001).tanh();
    }
    chain.backward();
    show("tail", &trace_last(chain, 12), Options::new())?;
    show("tail-down", &trace_last(chain, 12), top_down())?;
    show("fan", &fan(60), Options::new())?;
    show("one", &trace(Value::new(1.0).with_label("x")), Options::new())?;
    Ok(())
}

/// The neuron of the lecture.
fn neuron() -> Value {
    let leaf = |data, label| Value::new(data).with_label(label);
    let (x1, x2) = (leaf(2.0, "x1"), leaf(0.0, "x2"));
    let (w1, w2) = (leaf(-3.0, "w1"), leaf(1.0, "w2"));
    let b = leaf(6.881373587019543, "b");
    let x1w1 = (x1 * w1).with_label("x1w1");
    let x2w2 = (x2 * w2).with_label("x2w2");
    let sum = (x1w1 + x2w2).with_label("x1w1 + x2w2");
    let n = (sum + b).with_label("n");
    n.tanh().with_label("o")
}

/// Numbers that look random and are the same everywhere.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as f64 / (1u64 << 30) as f64 - 1.0
    }
}

/// A network in groups, each product and each sum an operation of its own.
fn network(sizes: &[usize]) -> Graph {
    let mut noise = Noise(7);
    let mut values: Vec<Value> = (1..=sizes[0])
        .map(|k| Value::new(3.0 * noise.next()).with_label(format!("x{k}")))
        .collect();
    for (layer, &outputs) in sizes[1..].iter().enumerate() {
        values = group(format!("layer {}", layer + 1), || {
            (1..=outputs)
                .map(|neuron| {
                    let weights: Vec<Value> =
                        values.iter().map(|_| Value::new(noise.next())).collect();
                    let bias = Value::new(noise.next());
                    group(format!("neuron {neuron}"), || {
                        weights.iter().zip(&values).fold(bias, |sum, (&w, &x)| sum + w * x).tanh()
                    })
                })
                .collect()
        });
    }
    values[0].with_label("score").backward();
    trace(values[0])
}

fn without_groups(sizes: &[usize]) -> Graph {
    let mut noise = Noise(11);
    let mut values: Vec<Value> = (0..sizes[0]).map(|_| Value::new(noise.next())).collect();
    for &outputs in &sizes[1..] {
        values = (0..outputs)
            .map(|_| {
                let bias = Value::new(noise.next());
                values.iter().fold(bias, |sum, &x| sum + Value::new(noise.next()) * x).tanh()
            })
            .collect();
    }
    values[0].backward();
    trace(values[0])
}

/// The expression that micrograd's own test works through.
fn sanity() -> Graph {
    let (a, b) = (Value::new(-4.0).with_label("a"), Value::new(2.0).with_label("b"));
    let mut c = a + b;
    let mut d = a * b + b.pow(3.0);
    c = c + c + 1.0;
    c = c + 1.0 + c - a;
    d = d + d * 2.0 + (b + a).relu();
    d = d + 3.0 * d + (b - a).relu();
    let e = c - d;
    let f = e.pow(2.0);
    let g = (f / 2.0 + 10.0 / f).with_label("g");
    g.backward();
    trace(g)
}

fn odd() -> Graph {
    let a = Value::new(f64::INFINITY).with_label("a {record|<port>}");
    let b = Value::new(f64::NAN).with_label("]]><script>alert(1)</script>");
    let c = Value::new(1.5e-12).with_label("変数の名前 🙂");
    let d = (a * b).with_label("שלום עולם");
    let e =
        (d + c.exp() * 12345.678).with_label("a label that goes on and on, far beyond what fits");
    e.backward();
    trace(e)
}

fn recurrent(steps: usize) -> Graph {
    let (w, u) = (Value::new(0.9).with_label("w"), Value::new(0.5).with_label("u"));
    let mut state = Value::new(0.0).with_label("h0");
    for step in 1..=steps {
        let input = Value::new((step as f64).sin()).with_label(format!("x{step}"));
        state = (state * w + input * u).tanh().with_label(format!("h{step}"));
    }
    state.backward();
    trace(state)
}

fn fan(leaves: usize) -> Graph {
    let terms: Vec<Value> = (0..leaves).map(|k| Value::new(k as f64 / 10.0)).collect();
    let total = (sum(&terms) * 0.005).tanh();
    total.backward();
    trace(total)
}
