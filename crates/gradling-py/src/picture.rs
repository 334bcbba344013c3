//! Pictures.

use crate::object::{PyValue, guarded};
use crate::world;
use gradling_graph::{Direction, Options, trace};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

fn direction(rankdir: &str) -> PyResult<Direction> {
    match rankdir {
        "LR" => Ok(Direction::LeftToRight),
        "TB" => Ok(Direction::TopToBottom),
        other => Err(PyValueError::new_err(format!("rankdir must be 'LR' or 'TB', not {other:?}"))),
    }
}

/// The graph of a value as DOT text.
#[pyfunction]
pub(crate) fn dot_source(root: &Bound<'_, PyValue>, rankdir: &str) -> PyResult<String> {
    let direction = direction(rankdir)?;
    Ok(guarded(|| world::with(|_| trace(root.get().value())))?.to_dot(direction))
}

/// The graph of a value as SVG.
#[pyfunction]
pub(crate) fn svg(root: &Bound<'_, PyValue>, rankdir: &str) -> PyResult<String> {
    let options = Options::new().direction(direction(rankdir)?);
    Ok(guarded(|| world::with(|_| trace(root.get().value())))?.to_svg(&options))
}
