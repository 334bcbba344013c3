//! Programs: a step recorded from a Python function, run without the interpreter.

use crate::dtype::{Either, OTHER_DTYPE, Plain, either, invalid, is_f32, slices};
use crate::number::values;
use crate::object::{Kind, PyValue, guarded, plain};
use crate::parameters::PyParameters;
use crate::world;
use gradling::{Mode, Number, Options, Program, Reduction, RunError, Runner, Step, Value, shared};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList};
use std::panic::resume_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A step that was recorded.
#[pyclass(name = "Program", module = "gradling._native", frozen)]
pub(crate) struct PyProgram(Program);

#[pymethods]
impl PyProgram {
    /// Records what `function` does with a list of lists of values, one for each width. It returns the loss or
    /// None, whether the mean over the samples is meant or the sum, a term added once or None, and the outputs.
    #[staticmethod]
    fn record(
        parameters: &PyParameters,
        widths: Vec<usize>,
        function: &Bound<'_, PyAny>,
    ) -> PyResult<PyProgram> {
        let py = function.py();
        let kind = parameters.kind();
        let step = |inputs: &[Vec<Value>]| {
            call(py, kind, inputs, function).unwrap_or_else(|error| resume_unwind(Box::new(error)))
        };
        let record = || {
            let values = parameters.with(|_, values| values.to_vec());
            shared::record(&values, &widths, step)
        };
        let recorded = guarded(|| world::enter(record))?;
        recorded.map(PyProgram).map_err(invalid)
    }

    /// The program that `save` wrote.
    #[staticmethod]
    fn load(bytes: &[u8]) -> PyResult<PyProgram> {
        Program::load(bytes).map(PyProgram).map_err(invalid)
    }

    /// The program as bytes.
    fn save<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.save())
    }

    fn __reduce__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        Ok((py.get_type::<PyProgram>().getattr("load")?, (self.save(py),)))
    }

    /// The widths of its arrays.
    #[getter]
    fn inputs(&self) -> Vec<usize> {
        self.0.inputs().to_vec()
    }

    /// How many outputs a sample has.
    #[getter]
    fn outputs(&self) -> usize {
        self.0.outputs()
    }

    /// How many parameters it has.
    #[getter]
    fn parameters(&self) -> usize {
        self.0.parameters()
    }

    /// How the losses of the samples become one: `'mean'` or `'sum'`, or None without a loss.
    #[getter]
    fn reduction(&self) -> Option<&'static str> {
        self.0.reduction().map(|reduction| match reduction {
            Reduction::Mean => "mean",
            Reduction::Sum => "sum",
        })
    }

    /// What became a layer, a dot or lanes, and why the rest did not.
    fn explain(&self) -> String {
        self.0.explain().to_string()
    }
}

/// Calls the function with objects for the inputs.
fn call(
    py: Python<'_>,
    kind: Kind,
    inputs: &[Vec<Value>],
    function: &Bound<'_, PyAny>,
) -> PyResult<Step> {
    let objects: Vec<_> = inputs
        .iter()
        .map(|input| PyValue::objects(py, kind, input.len(), |_| input.clone()))
        .collect::<PyResult<_>>()?;
    type Returned<'py> =
        (Option<Bound<'py, PyValue>>, bool, Option<Bound<'py, PyValue>>, Bound<'py, PyList>);
    let (loss, mean, once, outputs): Returned<'_> = function.call1((objects,))?.extract()?;
    let outputs = values(&outputs, "the outputs of a step", kind)?;
    Ok(world::with(|_| {
        let outputs = plain(&outputs);
        let step = match loss.map(|loss| loss.get().value()) {
            None => Step::outputs(&outputs),
            Some(loss) if mean => Step::mean(loss).with_outputs(&outputs),
            Some(loss) => Step::sum(loss).with_outputs(&outputs),
        };
        match once {
            Some(once) => step.plus(once.get().value()),
            None => step,
        }
    }))
}

/// How to run a program.
fn options(mode: &str, threads: Option<usize>) -> PyResult<Options> {
    let mode = match mode {
        "fast" => Mode::Fast,
        "strict" => Mode::Strict,
        other => return Err(invalid(format!("mode must be 'fast' or 'strict', not {other:?}"))),
    };
    let options = Options::default().mode(mode);
    Ok(threads.map_or(options, |threads| options.threads(threads)))
}

/// The loss of a batch, and the bytes of its gradient.
fn slopes<T: Plain>(
    runner: &mut Runner<T>,
    parameters: &[T],
    arrays: &[PyBackedBytes],
) -> Result<(f64, Vec<u8>), RunError> {
    let arrays = T::read_all(arrays);
    let mut gradient = vec![T::default(); parameters.len()];
    let loss = runner.value_and_grad(parameters, &slices(&arrays), &mut gradient)?;
    Ok((loss.to_f64(), T::write(&gradient)))
}

/// A program made ready to run, with its memory.
#[pyclass(name = "Runner", module = "gradling._native", frozen)]
pub(crate) struct PyRunner(Mutex<Either<Runner<f32>, Runner<f64>>>);

impl PyRunner {
    /// What it runs, with memory of its own.
    pub(crate) fn copy_of<T: Number>(
        &self,
        kind: impl FnOnce(&Either<Runner<f32>, Runner<f64>>) -> Option<&Runner<T>>,
    ) -> PyResult<Runner<T>> {
        kind(&self.lock()).cloned().ok_or_else(|| invalid(OTHER_DTYPE))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Either<Runner<f32>, Runner<f64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl PyRunner {
    #[new]
    fn new(program: &PyProgram, dtype: &str, mode: &str, threads: Option<usize>) -> PyResult<Self> {
        let options = options(mode, threads)?;
        Ok(PyRunner(Mutex::new(match is_f32(dtype)? {
            true => Either::F32(program.0.compile_with(options)),
            false => Either::F64(program.0.compile_with(options)),
        })))
    }

    /// The loss of a batch.
    fn value(
        &self,
        py: Python<'_>,
        parameters: &PyParameters,
        arrays: Vec<PyBackedBytes>,
    ) -> PyResult<f64> {
        let parameters = parameters.numbers();
        py.detach(|| {
            let mut runner = self.lock();
            either!(&mut *runner, runner, T => {
                let parameters = T::of_all(&parameters);
                let arrays = T::read_all(&arrays);
                runner.value(&parameters, &slices(&arrays)).map(|loss| loss.to_f64())
            })
        })
        .map_err(invalid)
    }

    /// The loss of a batch, and the bytes of its gradient.
    fn value_and_grad<'py>(
        &self,
        py: Python<'py>,
        parameters: &PyParameters,
        arrays: Vec<PyBackedBytes>,
    ) -> PyResult<(f64, Bound<'py, PyBytes>)> {
        let parameters = parameters.numbers();
        let (loss, gradient) = py
            .detach(|| {
                let mut runner = self.lock();
                either!(&mut *runner, runner, T => {
                    slopes(runner, &T::of_all(&parameters), &arrays)
                })
            })
            .map_err(invalid)?;
        Ok((loss, PyBytes::new(py, &gradient)))
    }

    /// The loss of a batch, and the bytes of its gradient, at parameters that are given as bytes.
    fn value_and_grad_at<'py>(
        &self,
        py: Python<'py>,
        numbers: PyBackedBytes,
        arrays: Vec<PyBackedBytes>,
    ) -> PyResult<(f64, Bound<'py, PyBytes>)> {
        let (loss, gradient) = py
            .detach(|| {
                let mut runner = self.lock();
                either!(&mut *runner, runner, T => slopes(runner, &T::read(&numbers), &arrays))
            })
            .map_err(invalid)?;
        Ok((loss, PyBytes::new(py, &gradient)))
    }

    /// The bytes of the outputs of every sample.
    fn predict<'py>(
        &self,
        py: Python<'py>,
        parameters: &PyParameters,
        arrays: Vec<PyBackedBytes>,
        samples: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let parameters = parameters.numbers();
        let outputs = py
            .detach(|| {
                let mut runner = self.lock();
                either!(&mut *runner, runner, T => {
                    let parameters = T::of_all(&parameters);
                    let arrays = T::read_all(&arrays);
                    let mut outputs = vec![T::default(); samples * runner.program().outputs()];
                    runner
                        .predict(&parameters, &slices(&arrays), &mut outputs)
                        .map(|()| T::write(&outputs))
                })
            })
            .map_err(invalid)?;
        Ok(PyBytes::new(py, &outputs))
    }
}
