use gradling::nn::{Activation, Mlp, Module};
use gradling::*;
use std::time::Instant;
fn time(name: &str, ops: f64, mut f: impl FnMut()) {
    f();
    let mut best = f64::MAX;
    for _ in 0..30 {
        let n = 20;
        let t = Instant::now();
        for _ in 0..n { f(); }
        best = best.min(t.elapsed().as_secs_f64() / n as f64);
    }
    println!("{name}: {:.2} us {:.3} ns/op", best * 1e6, best * 1e9 / ops);
}
fn moons<T: Number>(name: &str) {
    let mut rng = Rng::new(1);
    let mlp = Mlp::new(2, &[16, 16, 1], Activation::Relu, &mut rng);
    let parameters = mlp.parameters();
    let step = |[x, y]: [&[Value]; 2]| {
        let score = mlp.forward(x)[0];
        let squares: Vec<Value> = parameters.iter().map(|p| p.pow(2)).collect();
        Step::mean((1.0 - y[0] * score).relu()).plus(1e-4 * sum(&squares)).with_outputs(&[score])
    };
    let t = Instant::now();
    let program = Program::record(&parameters, [2, 1], step).unwrap();
    println!("compile {:?}", t.elapsed());
    let rows = 100;
    let x: Vec<T> = (0..2 * rows).map(|_| T::from_f64(rng.uniform())).collect();
    let y: Vec<T> = (0..rows).map(|i| T::from_f64(if i % 2 == 0 { 1.0 } else { -1.0 })).collect();
    let p: Vec<T> = parameters.iter().map(|p| T::from_f64(p.data())).collect();
    let mut g = vec![T::ZERO; p.len()];
    for level in Level::available() {
        let mut run = program.compile_with::<T>(Options::default().threads(1).level(level));
        time(&format!("{name} {}", level.name()), 65818.0, || { run.value_and_grad(&p, &[&x, &y], &mut g).unwrap(); });
    }
}
fn squared(widths: &[usize], batch: usize) {
    let mut rng = Rng::new(1);
    let n = widths[0];
    let mlp = Mlp::new(n, &widths[1..], Activation::Tanh, &mut rng);
    let parameters = mlp.parameters();
    let nodes = std::cell::Cell::new(0);
    let step = |[x, y]: [&[Value]; 2]| {
        let before = live_nodes();
        let mut h = x.to_vec();
        for (l, layer) in mlp.layers().iter().enumerate() {
            h = layer.neurons().iter().map(|n| {
                let z = n.weights().iter().zip(&h).fold(n.bias(), |s, (w, x)| s + *w * *x);
                if l + 1 < mlp.layers().len() { z.tanh() } else { z }
            }).collect();
        }
        let e = h[0] - y[0];
        nodes.set(live_nodes() - before);
        Step::sum(e * e)
    };
    let t = Instant::now();
    let program = Program::record(&parameters, [n, 1], step).unwrap();
    let mut run = program.compile_with::<f64>(Options::default().threads(1));
    println!("compile {:?} nodes {}", t.elapsed(), nodes.get());
    let x: Vec<f64> = (0..n * batch).map(|_| rng.uniform()).collect();
    let y: Vec<f64> = (0..batch).map(|_| rng.uniform()).collect();
    let p: Vec<f64> = parameters.iter().map(|p| p.data()).collect();
    let mut g = vec![0.0; p.len()];
    time(&format!("{widths:?} x{batch}"), (nodes.get() * batch) as f64, || { run.value_and_grad(&p, &[&x, &y], &mut g).unwrap(); });
}
fn digits(widths: &[usize]) {
    let mut rng = Rng::new(1);
    let (n, m, batch) = (widths[0], *widths.last().unwrap(), 128);
    let mlp = Mlp::new(n, &widths[1..], Activation::Relu, &mut rng);
    let parameters = mlp.parameters();
    let step = |[x, y]: [&[Value]; 2]| {
        let z = mlp.forward(x);
        Step::mean(logsumexp(&z) - dot(&z, y))
    };
    let t = Instant::now();
    let program = Program::record(&parameters, [n, m], step).unwrap();
    println!("compile {:?}", t.elapsed());
    let x: Vec<f32> = (0..n * batch).map(|_| rng.uniform() as f32).collect();
    let y: Vec<f32> = (0..m * batch).map(|i| if i % m == (i / m) % m { 1.0 } else { 0.0 }).collect();
    let p: Vec<f32> = parameters.iter().map(|p| p.data() as f32).collect();
    let mut g = vec![0.0; p.len()];
    for threads in [1, 2] {
        let mut run = program.compile_with::<f32>(Options::default().threads(threads));
        time(&format!("{widths:?} {threads} threads"), 1.0, || { run.value_and_grad(&p, &[&x, &y], &mut g).unwrap(); });
    }
}
fn unstructured(ops: usize, batch: usize) {
    let mut rng = Rng::new(3);
    let parameters: Vec<Value> = (0..50).map(|_| Value::new(rng.uniform())).collect();
    let mut choices = Vec::new();
    for i in 0..ops { choices.push(((rng.uniform().abs() * 13.0) as usize , (i + 59) - (rng.uniform() * 59.9) as usize, (i + 59) - (rng.uniform() * 59.9) as usize)); }
    let build = |x: &[Value]| {
        let mut all: Vec<Value> = parameters.iter().chain(x).copied().collect();
        for &(op, a, b) in &choices {
            let (a, b) = (all[a], all[b]);
            all.push(match op { 0..4 => (a + b) * 0.6, 4..8 => a * b, 8 => a - b, 9 => a.tanh(), 10 => (a * 0.1).sin(), 11 => a.relu(), _ => a.max(b) });
        }
        let last = &all[all.len() - 20..];
        last.iter().fold(Value::constant(0.0), |s, v| s + v.tanh())
    };
    let count = std::cell::Cell::new(0);
    let t = Instant::now();
    let program = Program::record(&parameters, [10], |[x]| { let b = live_nodes(); let l = build(x); count.set(live_nodes() - b); Step::mean(l) }).unwrap();
    let mut run = program.compile_with::<f64>(Options::default().threads(1));
    let compile = t.elapsed();
    let x: Vec<f64> = (0..10 * batch).map(|_| rng.uniform()).collect();
    let p: Vec<f64> = parameters.iter().map(|p| p.data()).collect();
    let mut g = vec![0.0; p.len()];
    let t = Instant::now();
    run.value_and_grad(&p, &[&x], &mut g).unwrap();
    println!("unstructured {} nodes: record+compile {compile:?}, first run {:?}", count.get(), t.elapsed());
    let t = Instant::now();
    let reps = (20_000_000 / (count.get() * batch)).max(1);
    for _ in 0..reps { run.value_and_grad(&p, &[&x], &mut g).unwrap(); }
    let ours = t.elapsed().as_secs_f64() / (reps * count.get() * batch) as f64 * 1e9;
    let t = Instant::now();
    let reps = (20_000_000 / count.get()).max(1);
    for i in 0..reps {
        scope(|| { let x: Vec<Value> = x[(i % batch) * 10..(i % batch) * 10 + 10].iter().map(|&x| Value::new(x)).collect(); build(&x).backward(); });
    }
    let eager = t.elapsed().as_secs_f64() / (reps * count.get()) as f64 * 1e9;
    println!("   {ours:.2} ns/op, eager {eager:.2} ns/op, ratio {:.1}", eager / ours);
}
fn main() {
    if let Some(which) = std::env::args().nth(1) { match which.as_str() { "u" => { unstructured(5000, 64); unstructured(5000, 64); unstructured(600_000, 64); } "m" => { moons::<f32>("moons f32"); moons::<f64>("moons f64"); } "d" => { digits(&[64, 32, 10]); digits(&[784, 128, 10]); } _ => { squared(&[2, 16, 16, 1], 64); squared(&[64, 64, 64, 1], 64); } } return; }
    moons::<f32>("moons f32");
    moons::<f64>("moons f64");
    squared(&[2, 16, 16, 1], 64);
    squared(&[64, 64, 64, 1], 64);
    digits(&[64, 32, 10]);
    digits(&[784, 128, 10]);
    unstructured(500, 64);
    unstructured(5000, 64);
    unstructured(5000, 256);
    unstructured(600_000, 64);
}
