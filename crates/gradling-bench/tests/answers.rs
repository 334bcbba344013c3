//! Every benchmark computes the answer of its reference, again and again.

use gradling_bench::CASES;

#[test]
fn every_case_gives_the_answer_of_its_reference() {
    for make in CASES {
        gradling::scope(|| {
            let mut case = make();
            for _ in 0..3 {
                case.check().unwrap();
            }
        });
    }
}
