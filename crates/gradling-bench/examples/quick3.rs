//! quick
use gradling::*;
use std::time::Instant;
fn run(name: &str, f: impl Fn() -> Value) {
    let mut t = vec![]; let mut tf = vec![]; let mut n = 0;
    for _ in 0..500 {
        scope(|| { let b = live_nodes(); let s = Instant::now(); let y = f(); tf.push(s.elapsed().as_nanos()); n = live_nodes() - b; 
          let s = Instant::now(); y.backward(); t.push(s.elapsed().as_nanos()); });
    }
    t.sort(); tf.sort();
    println!("{name} {n}: forward {:.2} backward {:.2} ns/node", tf[250] as f64/n as f64, t[250] as f64 / n as f64);
}
fn main() {
    let x = Value::new(1.5); let y = Value::new(1.0000001);
    let xs: Vec<_> = (0..64).map(|i| Value::new(i as f64)).collect();
    run("chain add", || { let mut a = x; for _ in 0..20000 { a = a + y; } a });
    run("chain mul", || { let mut a = x; for _ in 0..20000 { a = a * y; } a });
    run("independent mul", || { let v: Vec<_> = (0..20000).map(|i| xs[i % 64] * xs[(i * 7) % 64]).collect(); sum(&v) });
    run("independent add", || { let v: Vec<_> = (0..20000).map(|i| xs[i % 64] + xs[(i * 7) % 64]).collect(); sum(&v) });
    run("chain of pairs", || { let mut a = x; for i in 0..20000 { a = xs[i%64] * xs[(i*7)%64] + a; } a });
    run("leaves", || { let v: Vec<_> = (0..20000).map(|i| Value::new(i as f64)).collect(); sum(&v) });
}
