//! quick
use gradling_bench::moons::*;
use std::time::Instant;
fn main() {
  for k in [1,5,10,20,50,100] {
    let mut m = Moons::load(); m.xs.truncate(k); m.ys.truncate(k);
    let p: Vec<_> = m.params.iter().map(|&x| gradling::Value::new(x)).collect();
    let (_, n) = step(&p, &m);
    let mut t = vec![]; let mut tf = vec![];
    for _ in 0..2000 {
        for p in &p { p.zero_grad(); }
        let s = Instant::now(); std::hint::black_box(step(&p, &m)); t.push(s.elapsed().as_nanos());
        let s = Instant::now(); gradling::scope(|| std::hint::black_box(loss(&p, &m))); tf.push(s.elapsed().as_nanos());
    }
    t.sort(); tf.sort();
    println!("{k} nodes {n}: forward {:.2} backward {:.2} ns/node", tf[1000] as f64/n as f64, (t[1000]-tf[1000]) as f64 / n as f64);
  }
  // frequency
  let s=Instant::now(); let mut x=1u64; for _ in 0..400_000_000u64 { x = std::hint::black_box(x).wrapping_add(1); } println!("{x} {:?}", s.elapsed());
  let s=Instant::now(); let mut x=1.0f64; for _ in 0..100_000_000u64 { x = x*1.0000001+1e-9; } println!("{x} mul+add {:?}/100M", s.elapsed());
}
