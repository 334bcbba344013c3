//! Models on their way to other programs and back.

mod case;
mod import;
mod onnx;
mod source;
#[path = "../terminal/mod.rs"]
mod terminal;
mod torch;
