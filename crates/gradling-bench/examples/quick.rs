//! quick
use gradling_bench::moons::*;
use std::time::Instant;
fn main() {
    let m = Moons::load();
    let p: Vec<_> = m.params.iter().map(|&x| gradling::Value::new(x)).collect();
    let (l, n) = step(&p, &m);
    println!("{l} {} g0 {} {} {}", n + p.len(), p[0].grad(), p[1].grad(), p[2].grad());
    let mut t = vec![]; let mut tf = vec![];
    for _ in 0..2000 {
        for p in &p { p.zero_grad(); }
        let s = Instant::now(); std::hint::black_box(step(&p, &m)); t.push(s.elapsed().as_nanos());
        let s = Instant::now(); gradling::scope(|| std::hint::black_box(loss(&p, &m))); tf.push(s.elapsed().as_nanos());
    }
    t.sort(); tf.sort();
    println!("step min {} med {} us; forward {} ; per node {:.2} ns", t[0] / 1000, t[1000] / 1000, tf[1000] / 1000, t[1000] as f64 / 65818.0);
}
