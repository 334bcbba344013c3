//! The conformance suite of programs: whatever runs a recorded step must give what the eager tape gives.
//!
//! The tape is the reference everywhere: it is held to PyTorch, finite differences and forward mode by
//! other tests. A *strict* program must give its bits, a *fast* one its numbers within a bound, on every
//! level of vector instructions that the machine has, and both on inputs that nobody would choose.
//! A new way to run a program is one line in [`evaluators`].

mod batches;
mod evaluators;
mod graphs;
mod long;
mod models;
mod operations;
mod refusals;
mod results;
mod single;
mod spellings;
