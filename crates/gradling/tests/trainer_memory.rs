//! A trainer's steps allocate nothing, counted by the allocator; alone, so that nothing else is counted.

use gradling::nn::{Activation, AdamW, Mlp, Module, Schedule, Trainer, loss};
use gradling::{Program, Rng, Step};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

#[test]
fn no_step_after_the_first_epoch_allocates() {
    let mlp = Mlp::new(4, &[16, 3], Activation::Tanh, &mut Rng::new(0));
    let parameters = mlp.parameters();
    let program = Program::record(&parameters, [4, 3], |[x, y]| {
        Step::mean(loss::soft_cross_entropy(&mlp.forward(x), y))
    })
    .unwrap();
    let (x, y) = (vec![0.5_f32; 4 * 70], vec![0.25_f32; 3 * 70]);
    let mut trainer = Trainer::new(program.compile(), &parameters, AdamW::new(0.01))
        .unwrap()
        .schedule(Schedule::Exponential { from: 0.01, factor: 0.99 })
        .batch(32);
    trainer.epoch(&[&x, &y]).unwrap();

    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    for _ in 0..10 {
        trainer.epoch(&[&x, &y]).unwrap();
    }
    let peak = MEMORY.peak_usage();
    assert_eq!((MEMORY.current_usage(), peak), (before, before));
    // What the allocator sees of one small allocation, so that the above can fail.
    drop(vec![0_u8; 16]);
    assert!(MEMORY.peak_usage() > before);
}
