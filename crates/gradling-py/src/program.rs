//! Programs: a step recorded from a Python function, run without the interpreter.
//!
//! Numbers come and go as bytes, of arrays of numpy's or of `array`, whatever made them.

use crate::number::values;
use crate::object::{Kind, PyValue, guarded, plain};
use crate::world;
use gradling::nn::{Adam, AdamW, Optimizer, Sgd, TrainError, Trainer};
use gradling::{Mode, Number, Options, Program, Runner, Step, Value, shared};
use pyo3::exceptions::{PyArithmeticError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList};
use std::fmt::Display;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

fn invalid(error: impl Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// A number that can be read from bytes.
trait Plain: Number {
    fn read(bytes: &[u8]) -> Vec<Self>;
    fn write(numbers: &[Self]) -> Vec<u8>;

    fn read_all(arrays: &[PyBackedBytes]) -> Vec<Vec<Self>> {
        arrays.iter().map(|array| Self::read(array)).collect()
    }

    fn of_all(numbers: &[f64]) -> Vec<Self> {
        numbers.iter().map(|&number| Self::from_f64(number)).collect()
    }
}

macro_rules! plain {
    ($($T:ident)*) => { $(
        impl Plain for $T {
            fn read(bytes: &[u8]) -> Vec<Self> {
                bytes.as_chunks().0.iter().map(|&bytes| $T::from_ne_bytes(bytes)).collect()
            }

            fn write(numbers: &[Self]) -> Vec<u8> {
                numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
            }
        }
    )* };
}

plain! { f32 f64 }

fn slices<T>(arrays: &[Vec<T>]) -> Vec<&[T]> {
    arrays.iter().map(Vec::as_slice).collect()
}

/// One of two kinds of numbers.
enum Either<A, B> {
    F32(A),
    F64(B),
}

/// Runs the same code for either kind of number.
macro_rules! either {
    ($value:expr, $inner:ident, $T:ident => $body:expr) => {
        match $value {
            Either::F32($inner) => {
                #[allow(dead_code)]
                type $T = f32;
                $body
            }
            Either::F64($inner) => {
                #[allow(dead_code)]
                type $T = f64;
                $body
            }
        }
    };
}

/// A step that was recorded.
#[pyclass(name = "Program", module = "gradling._native", frozen)]
pub(crate) struct PyProgram(Program);

#[pymethods]
impl PyProgram {
    /// Records what `function` does with a list of lists of values, one for each width. It returns the loss or
    /// None, whether the mean over the samples is meant or the sum, a term added once or None, and the outputs.
    #[staticmethod]
    fn record(
        parameters: &Bound<'_, PyAny>,
        widths: Vec<usize>,
        function: &Bound<'_, PyAny>,
    ) -> PyResult<PyProgram> {
        let py = parameters.py();
        let parameters = values(parameters, "the parameters of a program", Kind::Own)?;
        let kind = parameters.first().map_or(Kind::Own, |parameter| parameter.get().kind());
        let step = |inputs: &[Vec<Value>]| {
            call(py, kind, inputs, function).unwrap_or_else(|error| resume_unwind(Box::new(error)))
        };
        let recorded =
            guarded(|| world::enter(|| shared::record(&plain(&parameters), &widths, step)))?;
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

fn is_f32(dtype: &str) -> PyResult<bool> {
    match dtype {
        "float32" => Ok(true),
        "float64" => Ok(false),
        other => Err(invalid(format!("dtype must be 'float32' or 'float64', not {other:?}"))),
    }
}

/// A program made ready to run, with its memory.
#[pyclass(name = "Runner", module = "gradling._native", frozen)]
pub(crate) struct PyRunner(Mutex<Either<Runner<f32>, Runner<f64>>>);

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
        parameters: Vec<f64>,
        arrays: Vec<PyBackedBytes>,
    ) -> PyResult<f64> {
        py.detach(|| {
            let mut runner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        parameters: Vec<f64>,
        arrays: Vec<PyBackedBytes>,
    ) -> PyResult<(f64, Bound<'py, PyBytes>)> {
        let (loss, gradient) = py
            .detach(|| {
                let mut runner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                either!(&mut *runner, runner, T => {
                    let parameters = T::of_all(&parameters);
                    let arrays = T::read_all(&arrays);
                    let mut gradient = vec![T::default(); parameters.len()];
                    runner
                        .value_and_grad(&parameters, &slices(&arrays), &mut gradient)
                        .map(|loss| (loss.to_f64(), T::write(&gradient)))
                })
            })
            .map_err(invalid)?;
        Ok((loss, PyBytes::new(py, &gradient)))
    }

    /// The bytes of the outputs of every sample.
    fn predict<'py>(
        &self,
        py: Python<'py>,
        parameters: Vec<f64>,
        arrays: Vec<PyBackedBytes>,
        samples: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let outputs = py
            .detach(|| {
                let mut runner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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

/// The rows to train on, read once.
#[pyclass(name = "Batch", module = "gradling._native", frozen)]
pub(crate) struct PyBatch(Either<Vec<Vec<f32>>, Vec<Vec<f64>>>);

#[pymethods]
impl PyBatch {
    #[new]
    fn new(arrays: Vec<PyBackedBytes>, dtype: &str) -> PyResult<Self> {
        Ok(PyBatch(match is_f32(dtype)? {
            true => Either::F32(Plain::read_all(&arrays)),
            false => Either::F64(Plain::read_all(&arrays)),
        }))
    }
}

type Boxed = Box<dyn Optimizer + Send>;

/// A program, an optimiser and batches put together.
#[pyclass(name = "Trainer", module = "gradling._native", frozen)]
pub(crate) struct PyTrainer(Mutex<Either<Trainer<f32, Boxed>, Trainer<f64, Boxed>>>);

/// An optimiser by its name and numbers.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct OptimizerSpec {
    name: String,
    lr: f64,
    momentum: f64,
    nesterov: bool,
    betas: (f64, f64),
    eps: f64,
    weight_decay: f64,
}

impl OptimizerSpec {
    fn make(&self) -> PyResult<Boxed> {
        let (a, b) = self.betas;
        Ok(match self.name.as_str() {
            "sgd" if self.nesterov => {
                Box::new(Sgd::new(self.lr).nesterov(self.momentum).weight_decay(self.weight_decay))
            }
            "sgd" => {
                Box::new(Sgd::new(self.lr).momentum(self.momentum).weight_decay(self.weight_decay))
            }
            "adam" => Box::new(
                Adam::new(self.lr).betas(a, b).epsilon(self.eps).weight_decay(self.weight_decay),
            ),
            "adamw" => Box::new(
                AdamW::new(self.lr).betas(a, b).epsilon(self.eps).weight_decay(self.weight_decay),
            ),
            other => return Err(invalid(format!("there is no optimiser {other:?}"))),
        })
    }
}

/// An optimiser with its averages.
#[pyclass(name = "Optimizer", module = "gradling._native", frozen)]
pub(crate) struct PyOptimizer(Mutex<Boxed>);

#[pymethods]
impl PyOptimizer {
    #[new]
    fn new(spec: OptimizerSpec) -> PyResult<Self> {
        Ok(PyOptimizer(Mutex::new(spec.make()?)))
    }

    /// Changes values by their gradients.
    fn step(&self, parameters: &Bound<'_, PyAny>, lr: f64) -> PyResult<()> {
        let parameters = values(parameters, "the parameters of an optimiser", Kind::Own)?;
        let mut optimizer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        optimizer.set_rate(lr);
        world::with(|nodes| {
            let parameters = plain(&parameters);
            optimizer.step(&parameters);
            parameters.iter().for_each(|value| nodes.set_int(value.id(), false));
        });
        Ok(())
    }
}

fn trained(error: TrainError) -> PyErr {
    match error {
        TrainError::Diverged(_) => PyArithmeticError::new_err(error.to_string()),
        error => invalid(error),
    }
}

#[pymethods]
impl PyTrainer {
    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        program: &PyProgram,
        parameters: Vec<f64>,
        optimizer: OptimizerSpec,
        dtype: &str,
        mode: &str,
        threads: Option<usize>,
        batch: Option<usize>,
        seed: u64,
    ) -> PyResult<Self> {
        let (options, optimizer) = (options(mode, threads)?, optimizer.make()?);
        if batch == Some(0) {
            return Err(invalid("a batch needs a sample at least"));
        }
        macro_rules! trainer {
            ($T:ident) => {{
                let runner = program.0.compile_with::<$T>(options);
                let trainer = Trainer::from_numbers(runner, parameters, optimizer)
                    .map_err(trained)?
                    .seed(seed);
                match batch {
                    Some(rows) => trainer.batch(rows),
                    None => trainer,
                }
            }};
        }
        Ok(PyTrainer(Mutex::new(match is_f32(dtype)? {
            true => Either::F32(trainer!(f32)),
            false => Either::F64(trainer!(f64)),
        })))
    }

    /// Trains for an epoch with a learning rate, and returns its loss.
    fn epoch(&self, py: Python<'_>, batch: &PyBatch, lr: Option<f64>) -> PyResult<f64> {
        py.detach(|| {
            let mut trainer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match (&mut *trainer, &batch.0) {
                (Either::F32(trainer), Either::F32(arrays)) => epoch(trainer, arrays, lr),
                (Either::F64(trainer), Either::F64(arrays)) => epoch(trainer, arrays, lr),
                _ => Err(invalid("the rows are of another dtype than the trainer")),
            }
        })
    }

    /// The parameters of now.
    fn parameters(&self) -> Vec<f64> {
        let trainer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        either!(&*trainer, trainer, T => trainer.parameters().to_vec())
    }
}

fn epoch<T: Number>(
    trainer: &mut Trainer<T, Boxed>,
    arrays: &[Vec<T>],
    lr: Option<f64>,
) -> PyResult<f64> {
    if let Some(lr) = lr {
        trainer.optimizer_mut().set_rate(lr);
    }
    // Ctrl-C ends a long epoch, too: Python is asked ten times a second.
    let mut asked = Instant::now();
    let watch = |_| {
        if asked.elapsed().as_millis() < 100 {
            return ControlFlow::Continue(());
        }
        asked = Instant::now();
        match Python::attach(|py| py.check_signals()) {
            Ok(()) => ControlFlow::Continue(()),
            Err(interrupt) => ControlFlow::Break(interrupt),
        }
    };
    match trainer.epoch_while(&slices(arrays), watch).map_err(trained)? {
        ControlFlow::Continue(loss) => Ok(loss),
        ControlFlow::Break(interrupt) => Err(interrupt),
    }
}

/// The numbers of values.
#[pyfunction]
pub(crate) fn numbers(values: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    let values = self::values(values, "the parameters of a program", Kind::Own)?;
    Ok(world::with(|_| plain(&values).into_iter().map(Value::data).collect()))
}

/// Gives values other numbers.
#[pyfunction]
pub(crate) fn set_numbers(values: &Bound<'_, PyAny>, numbers: Vec<f64>) -> PyResult<()> {
    let values = self::values(values, "the parameters of a program", Kind::Own)?;
    if values.len() != numbers.len() {
        return Err(invalid(format!("{} values for {} numbers", values.len(), numbers.len())));
    }
    world::with(|nodes| {
        for (value, number) in values.iter().zip(numbers) {
            let value = value.get().value();
            value.set_data(number);
            nodes.set_int(value.id(), false);
        }
    });
    Ok(())
}
