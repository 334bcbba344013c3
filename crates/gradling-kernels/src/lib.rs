//! The kernels of WebAssembly held to those of x86-64, and so to the conformance suite.
//!
//! The conformance suite of the engine holds every level of instructions to the tape. A browser has none of
//! these levels, but a module computes the bits of the plainest one, in strict programs and in fast ones.
//! What those bits are is kept in `tests/bits.txt`, a line for each of the [`cases`]. `tests/bits.rs` holds this
//! machine to it; `tests/check.mjs` holds this crate as a module to it.

// To be called from outside, a function's name must be its own.
#![allow(unsafe_code)]

pub mod cases;

/// How many cases there are.
#[unsafe(no_mangle)]
pub extern "C" fn count() -> u32 {
    cases::COUNT as u32
}

/// What a case gives.
#[unsafe(no_mangle)]
pub extern "C" fn bits(case: u32) -> u64 {
    cases::bits(case as usize)
}
