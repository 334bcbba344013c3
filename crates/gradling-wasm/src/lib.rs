//! The playground's engine: one WebAssembly module that the page's worker loads.
//!
//! [`expression`] and [`network`] hold a room each. Both are ordinary Rust with a thin layer of bindings
//! on top, so that their tests run without a browser.

pub mod expression;
pub mod network;

/// Makes a panic an exception of JavaScript with the message of the panic: the worker ends with it, the page
/// shows it and starts another worker.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| wasm_bindgen::throw_str(&panic.to_string())));
}
