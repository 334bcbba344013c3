//! One full-batch training step of the two-moons network, in the operations that micrograd records.

use gradling::{Value, scope};

/// The parameters, points and labels of micrograd's demo notebook.
pub struct Moons { pub params: Vec<f64>, pub xs: Vec<[f64; 2]>, pub ys: Vec<f64> }

impl Moons {
    pub fn load() -> Self {
        let golden: serde_json::Value = serde_json::from_str(include_str!("../../gradling/tests/golden/demo_notebook.json")).unwrap();
        let f = |v: &serde_json::Value| v.as_f64().unwrap();
        Moons {
            params: golden["init_params"].as_array().unwrap().iter().map(f).collect(),
            xs: golden["X"].as_array().unwrap().iter().map(|r| [f(&r[0]), f(&r[1])]).collect(),
            ys: golden["y"].as_array().unwrap().iter().map(f).collect(),
        }
    }
}

fn neuron(w: &[Value], x: &[Value], relu: bool) -> Value {
    let n = x.len();
    let mut act = w[n];
    for (&w, &x) in w.iter().zip(x) { act = w * x + act; }
    if relu { act.relu() } else { act }
}

pub fn loss(p: &[Value], m: &Moons) -> Value {
    let mut losses = Vec::with_capacity(100);
    let mut h1 = Vec::with_capacity(16);
    let mut h2 = Vec::with_capacity(16);
    for (x, &y) in m.xs.iter().zip(&m.ys) {
        let x = [Value::new(x[0]), Value::new(x[1])];
        h1.clear(); h2.clear();
        h1.extend(p[..48].chunks_exact(3).map(|w| neuron(w, &x, true)));
        h2.extend(p[48..320].chunks_exact(17).map(|w| neuron(w, &h1, true)));
        let s = neuron(&p[320..], &h2, false);
        losses.push((1.0 + -y * s).relu());
    }
    let mut data = Value::constant(0.0);
    for l in losses { data = data + l; }
    let data = data * (1.0 / 100.0);
    let mut reg = Value::constant(0.0);
    for &w in p { reg = reg + w * w; }
    data + 1e-4 * reg
}

pub fn step(p: &[Value], m: &Moons) -> (f64, usize) {
    scope(|| {
        let before = gradling::live_nodes();
        let l = loss(p, m);
        l.backward();
        (l.data(), gradling::live_nodes() - before)
    })
}
