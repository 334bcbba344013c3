//! The cases under criterion: `cargo bench -p gradling-bench`.

use criterion::{Criterion, criterion_group, criterion_main};
use gradling_bench::CASES;

fn all(criterion: &mut Criterion) {
    for make in CASES {
        gradling::scope(|| {
            let mut case = make();
            case.check().unwrap();
            let mut group = criterion.benchmark_group(case.name);
            group.sample_size(20);
            group.bench_function("gradling", |bencher| bencher.iter(|| (case.ours)()));
            group.bench_function(case.reference, |bencher| bencher.iter(|| (case.theirs)()));
            group.finish();
        });
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
