//! quick
use gradling::*;
#[inline(never)] fn chain(x: Value, y: Value) -> Value { let mut a = x; for _ in 0..20000 { a = a + y; } a }
fn main() { let x = Value::new(1.5); let y = Value::new(1.0000001); for _ in 0..20000 { scope(|| chain(x, y)); } }
