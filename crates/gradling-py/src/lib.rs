//! The native half of the Python package: `gradling._native`.
//!
//! Python objects come and go in any order, and threads share them. So all values of a Python process are
//! on one tape (`world.rs`), which knows for every node the object that means it: through that the same
//! node is always the same object, and a node that no object can reach any more is given back.

mod bits;
mod dtype;
mod functions;
mod micrograd;
mod micrograd_network;
mod model;
mod network;
mod number;
mod object;
mod operations;
mod parameters;
mod pickle;
mod picture;
mod program;
mod training;
mod value;
mod whole;
mod world;

/// The engine of gradling. Use it through the package `gradling`.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::functions::{
        dot, grad, hessian, hvp, jacobian, live_nodes, log_softmax, logsumexp, mean, operations,
        softmax, sum,
    };
    #[pymodule_export]
    use super::micrograd_network::forward;
    #[pymodule_export]
    use super::model::PyModel;
    #[pymodule_export]
    use super::network::{dense, mlp_parameters};
    #[pymodule_export]
    use super::object::PyValue;
    #[pymodule_export]
    use super::parameters::PyParameters;
    #[pymodule_export]
    use super::pickle::{assemble, dismantle};
    #[pymodule_export]
    use super::picture::{dot_source, svg};
    #[pymodule_export]
    use super::program::{PyProgram, PyRunner};
    #[pymodule_export]
    use super::training::{PyBatch, PyOptimizer, PyTrainer};

    /// The other class named `Value`.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::object::quiet_panics();
        module.add("MicrogradValue", module.py().get_type::<crate::micrograd::Micrograd>())
    }
}
