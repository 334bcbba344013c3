//! The room of expressions: a text, its graph, and the backward pass one edge at a time.
//!
//! A [`Session`] is driven by [`call`](Session::call), with names and JSON: the page's worker and the tests
//! that compare the page with this very code speak to it in the same way.

mod code;
mod lessons;
mod picture;
mod reply;
mod session;
mod steps;
mod words;

pub use code::Language;
pub use lessons::{EXAMPLES, Example};
pub use session::{Edit, Loaded, Problem, Session};

use wasm_bindgen::prelude::wasm_bindgen;

/// A [`Session`] for the page's worker.
#[wasm_bindgen]
#[derive(Default)]
pub struct Expression(Session);

#[wasm_bindgen]
impl Expression {
    /// A session with nothing open.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Expression {
        Expression::default()
    }

    /// See [`Session::call`].
    pub fn call(&mut self, name: &str, arguments: &str) -> String {
        self.0.call(name, arguments)
    }
}
