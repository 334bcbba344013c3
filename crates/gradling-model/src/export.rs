//! A model in the words of others: ONNX, PyTorch, and source that depends on nothing.
//!
//! All of them take a row of the table as it is: numbers in their own units, text as text. The encoder is
//! part of what is written.

mod c;
mod gap;
mod javascript;
mod names;
mod onnx;
mod pytorch;
mod rust;
mod source;

pub use pytorch::{Precision, PyTorch};
