//! Model files: what predicts from rows of a table.

use crate::dtype::{Plain, invalid};
use gradling_data::{Code, Column, DataError, Labels, Table, TargetCode};
use gradling_model::{Model, Predictions};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};

/// A layer: its weights neuron by neuron, its biases, its activation.
type Layer = (Vec<Vec<f64>>, Vec<f64>, &'static str);

/// A column: the bytes of doubles, or texts.
#[derive(FromPyObject)]
pub(crate) enum Cells {
    Numbers(PyBackedBytes),
    Texts(Vec<PyBackedStr>),
}

/// Labels of classes.
#[derive(IntoPyObject)]
pub(crate) enum Classes {
    Numbers(Vec<f64>),
    Texts(Vec<String>),
}

/// A model file.
#[pyclass(name = "Model", module = "gradling._native", frozen)]
pub(crate) struct PyModel(Model);

#[pymethods]
impl PyModel {
    #[staticmethod]
    fn load(bytes: &[u8]) -> PyResult<Self> {
        Model::from_bytes(bytes).map(PyModel).map_err(invalid)
    }

    fn save<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyBytes>> {
        Ok(pyo3::types::PyBytes::new(py, &self.0.to_bytes().map_err(invalid)?))
    }

    /// The feature columns; of texts the values, of numbers nothing.
    #[getter]
    fn features(&self) -> Vec<(String, Option<Vec<String>>)> {
        let features = self.0.encoder().features().iter();
        features
            .map(|feature| {
                let values = match &feature.code {
                    Code::OneHot(values) => Some(values.clone()),
                    Code::Number(_) => None,
                };
                (feature.name.clone(), values)
            })
            .collect()
    }

    #[getter]
    fn target(&self) -> &str {
        self.0.encoder().target()
    }

    #[getter]
    fn classes(&self) -> Option<Classes> {
        match self.0.encoder().target_code() {
            TargetCode::Number(_) => None,
            TargetCode::Classes(Labels::Numbers(numbers)) => {
                Some(Classes::Numbers(numbers.clone()))
            }
            TargetCode::Classes(Labels::Texts(texts)) => Some(Classes::Texts(texts.clone())),
        }
    }

    #[getter]
    fn seed(&self) -> u64 {
        self.0.seed()
    }

    #[getter]
    fn version(&self) -> &str {
        self.0.version()
    }

    #[getter]
    fn data_hash(&self) -> Option<String> {
        self.0.data_hash().map(|hash| hash.to_string())
    }

    #[getter]
    fn layers(&self) -> Vec<Layer> {
        let layers = self.0.numbers().layers().iter();
        layers
            .map(|layer| {
                let weights = layer.weights.chunks_exact(layer.inputs()).map(<[f64]>::to_vec);
                (weights.collect(), layer.biases.clone(), layer.activation.name())
            })
            .collect()
    }

    /// Predicts from columns in the order of the features: the bytes of the quantities, or of the
    /// probabilities row by row.
    fn predict(&self, py: Python<'_>, columns: Vec<Cells>) -> PyResult<Vec<u8>> {
        py.detach(|| self.numbers(columns)).map(|numbers| f64::write(&numbers)).map_err(invalid)
    }
}

impl PyModel {
    fn numbers(&self, columns: Vec<Cells>) -> Result<Vec<f64>, DataError> {
        let encoder = self.0.encoder();
        let features = encoder.features().iter().zip(columns);
        let columns = features
            .map(|(feature, cells)| match cells {
                Cells::Numbers(bytes) => Column::numbers(&feature.name, f64::read(&bytes)),
                Cells::Texts(texts) => Column::texts(&feature.name, texts),
            })
            .collect();
        let table = Table::new("rows", columns)?;
        let inputs = encoder.encode_features(&table, &table.row_ids())?.matrix;
        // Making a program of the network pays for many rows only.
        const MANY: usize = 1000;
        let predictions = match inputs.rows < MANY {
            true => self.0.predict(&inputs),
            false => self.0.predictor().predict(&inputs),
        };
        Ok(match predictions {
            Predictions::Quantities(quantities) => quantities,
            Predictions::Classes(probabilities) => probabilities.data,
        })
    }
}
