//! What a saved program costs to load: memory in proportion to the bytes, whatever they say. One test, so
//! that no other allocates meanwhile.

use gradling::nn::{Activation, Mlp, Module};
use gradling::{Program, Rng, Step, Value};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes of memory for each byte of a file, at most, and what any file may take.
const EACH: usize = 300;
const ANY: usize = 64 << 10;

/// The most memory that loading took, beside what there was.
fn peak(bytes: &[u8]) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    drop(Program::load(bytes));
    MEMORY.peak_usage().saturating_sub(before)
}

/// With the length and the checksum (FNV-1a) that belong to the bytes.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = bytes.len() as u64;
    bytes[12..20].copy_from_slice(&length.to_le_bytes());
    let body = bytes.len() - 8;
    let hash = bytes[..body].iter().fold(14_695_981_039_346_656_037_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
    });
    bytes[body..].copy_from_slice(&hash.to_le_bytes());
    bytes
}

#[test]
fn loading_takes_memory_in_proportion_to_the_bytes_whatever_they_say() {
    let mlp = Mlp::new(4, &[8, 3], Activation::Relu, &mut Rng::new(1));
    let program = Program::record(&mlp.parameters(), [4], |[x]| {
        let outputs = mlp.forward(x);
        let squares: Vec<Value> = outputs.iter().map(|y| y.pow(2)).collect();
        Step::mean(gradling::sum(&squares)).with_outputs(&outputs)
    });
    let saved = program.unwrap().save();
    assert!(peak(&saved) <= ANY + EACH * saved.len(), "{} for {}", peak(&saved), saved.len());
    // Every number in the file as large as can be, one after the other: counts, lengths, ids.
    for place in 20..saved.len() - 12 {
        for number in [u32::MAX, i32::MAX as u32, 1 << 24, 0] {
            let mut bytes = saved.clone();
            bytes[place..place + 4].copy_from_slice(&number.to_le_bytes());
            let bytes = sealed(bytes);
            let peak = peak(&bytes);
            assert!(peak <= ANY + EACH * bytes.len(), "{place}: {peak} for {}", bytes.len());
        }
    }
    // A million parameters that nobody reads, which a file can say in as many bits.
    let bits = vec![0; 1 << 17];
    let count = (1_u32 << 20).to_le_bytes();
    let zero = [0; 4];
    let number = [&[1, 0, 0, 0, 0][..], &2.5_f64.to_le_bytes(), &zero].concat();
    let roots = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let header = b"gradprog\x01\0\0\0\0\0\0\0\0\0\0\0";
    let parts: [&[u8]; 9] = [header, &zero, &zero, &count, &bits, &zero, &number, &roots, &[0; 8]];
    let file = sealed(parts.concat());
    assert_eq!(Program::load(&file).unwrap().parameters(), 1 << 20);
    assert!(peak(&file) <= ANY + EACH * file.len(), "{} for {}", peak(&file), file.len());
}
