//! Benchmarks.
pub mod moons;
