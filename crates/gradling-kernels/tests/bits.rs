//! The cases have the bits that are kept.

use gradling_kernels::cases;

/// Elsewhere the plainest instructions may fuse products and sums, and fast programs have other bits.
#[cfg(target_arch = "x86_64")]
#[test]
fn every_case_has_the_bits_that_are_kept() {
    let bits: Vec<String> =
        (0..cases::COUNT).map(|case| format!("{:016x}", cases::bits(case))).collect();
    let kept: Vec<&str> = include_str!("bits.txt").lines().collect();
    assert_eq!(
        bits,
        kept,
        "if that is meant, these are the lines of bits.txt:\n{}",
        bits.join("\n")
    );
}
