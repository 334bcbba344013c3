//! Training programs: optimisers, and what puts them and batches together.

use crate::dtype::{Either, OTHER_DTYPE, Plain, either, invalid, is_f32, slices};
use crate::parameters::PyParameters;
use crate::program::PyRunner;
use gradling::nn::{Adam, AdamW, Memory, Optimizer, Sgd, TrainError, Trainer, WrongMemory};
use gradling::{Number, Runner};
use pyo3::exceptions::PyArithmeticError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

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
    fn make(&self) -> PyResult<Box<dyn Optimizer + Send>> {
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

/// An optimiser with its averages. Trainers share it.
#[pyclass(name = "Optimizer", module = "gradling._native", frozen)]
#[derive(Clone)]
pub(crate) struct PyOptimizer(Arc<Mutex<Box<dyn Optimizer + Send>>>);

impl PyOptimizer {
    fn lock(&self) -> MutexGuard<'_, Box<dyn Optimizer + Send>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Optimizer for PyOptimizer {
    fn rate(&self) -> f64 {
        self.lock().rate()
    }

    fn set_rate(&mut self, rate: f64) {
        self.lock().set_rate(rate);
    }

    fn update(&mut self, parameters: &mut [f64], gradients: &[f64]) {
        self.lock().update(parameters, gradients);
    }

    fn memory(&self) -> Memory {
        self.lock().memory()
    }

    fn recall(&mut self, memory: Memory) -> Result<(), WrongMemory> {
        self.lock().recall(memory)
    }
}

#[pymethods]
impl PyOptimizer {
    #[new]
    fn new(spec: OptimizerSpec) -> PyResult<Self> {
        Ok(PyOptimizer(Arc::new(Mutex::new(spec.make()?))))
    }

    /// Changes values by their gradients.
    #[pyo3(name = "step")]
    fn change(&self, parameters: &PyParameters, lr: f64) {
        let mut optimizer = self.lock();
        optimizer.set_rate(lr);
        parameters.change(|values| optimizer.step(values));
    }

    /// The bytes of numbers after a step by this gradient, all of them float64.
    fn update<'py>(
        &self,
        py: Python<'py>,
        numbers: PyBackedBytes,
        gradient: PyBackedBytes,
        lr: f64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (mut numbers, gradient) = (f64::read(&numbers), f64::read(&gradient));
        if numbers.len() != gradient.len() {
            let (expected, found) = (numbers.len(), gradient.len());
            return Err(invalid(format!("{expected} parameters need as many slopes, not {found}")));
        }
        let mut optimizer = self.lock();
        optimizer.set_rate(lr);
        optimizer.update(&mut numbers, &gradient);
        Ok(PyBytes::new(py, &f64::write(&numbers)))
    }
}

fn trained(error: TrainError) -> PyErr {
    match error {
        TrainError::Diverged(_) => PyArithmeticError::new_err(error.to_string()),
        error => invalid(error),
    }
}

/// Optimiser, parameters and programs put together.
#[pyclass(name = "Trainer", module = "gradling._native", frozen)]
pub(crate) struct PyTrainer {
    parameters: Py<PyParameters>,
    training: Mutex<Either<Training<f32>, Training<f64>>>,
}

struct Training<T: Number> {
    trainer: Trainer<T, PyOptimizer>,
    /// What the trainer runs now, by the object that it was taken from, and what it ran before.
    current: Py<PyRunner>,
    others: Vec<(Py<PyRunner>, Runner<T>)>,
}

impl<T: Number> Training<T> {
    /// Training by what `current` runs, in batches of so many rows.
    fn new(
        current: Py<PyRunner>,
        run: &Runner<T>,
        numbers: Vec<f64>,
        optimizer: PyOptimizer,
        batch: usize,
        seed: u64,
        shuffle: bool,
    ) -> PyResult<Self> {
        let trainer = Trainer::from_numbers(run.clone(), numbers, optimizer).map_err(trained)?;
        let trainer = trainer.seed(seed).batch(batch).shuffle(shuffle);
        Ok(Training { trainer, current, others: Vec::new() })
    }

    /// Goes on with the program of `runner`, in memory of its own, so that others may use that meanwhile.
    fn go_on_with(
        &mut self,
        runner: &Py<PyRunner>,
        own: impl FnOnce() -> PyResult<Runner<T>>,
    ) -> PyResult<()> {
        if self.current.as_ptr() == runner.as_ptr() {
            return Ok(());
        }
        let known = self.others.iter().position(|(known, _)| known.as_ptr() == runner.as_ptr());
        let (next, mut run) = match known {
            Some(place) => self.others.swap_remove(place),
            None => (Python::attach(|py| runner.clone_ref(py)), own()?),
        };
        self.trainer.swap(&mut run).map_err(invalid)?;
        self.others.push((std::mem::replace(&mut self.current, next), run));
        Ok(())
    }
}

/// Locks a trainer and goes on with a program; the numbers of both must be of one kind.
macro_rules! training {
    ($trainer:expr, $runner:expr, $numbers:expr, |$training:ident, $found:ident| $body:expr) => {{
        let mut locked = $trainer.lock();
        match (&mut *locked, $numbers) {
            (Either::F32($training), Either::F32($found)) => {
                $training.go_on_with($runner, || $runner.get().copy_of(Either::f32))?;
                $body
            }
            (Either::F64($training), Either::F64($found)) => {
                $training.go_on_with($runner, || $runner.get().copy_of(Either::f64))?;
                $body
            }
            _ => Err(invalid(OTHER_DTYPE)),
        }
    }};
}

impl PyTrainer {
    fn lock(&self) -> MutexGuard<'_, Either<Training<f32>, Training<f64>>> {
        self.training.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl PyTrainer {
    /// A trainer of these parameters, which begins with this program.
    #[new]
    fn new(
        runner: &Bound<'_, PyRunner>,
        parameters: &Bound<'_, PyParameters>,
        optimizer: &PyOptimizer,
        batch: Option<usize>,
        seed: u64,
        shuffle: bool,
    ) -> PyResult<Self> {
        let (batch, current) = (batch.unwrap_or(usize::MAX), runner.clone().unbind());
        let (numbers, optimizer) = (parameters.get().numbers(), optimizer.clone());
        let training = match &*runner.get().lock() {
            Either::F32(run) => {
                Either::F32(Training::new(current, run, numbers, optimizer, batch, seed, shuffle)?)
            }
            Either::F64(run) => {
                Either::F64(Training::new(current, run, numbers, optimizer, batch, seed, shuffle)?)
            }
        };
        Ok(PyTrainer { parameters: parameters.clone().unbind(), training: Mutex::new(training) })
    }

    /// Takes the numbers that the values have now.
    fn load(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| {
            let mut training = self.lock();
            let parameters = self.parameters.get();
            either!(&mut *training, training, T => {
                parameters.with(|_, values| training.trainer.load(values)).map_err(invalid)
            })
        })
    }

    /// Gives the values the numbers that were trained.
    fn store(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| {
            let training = self.lock();
            let parameters = self.parameters.get();
            either!(&*training, training, T => {
                parameters.change(|values| training.trainer.store(values)).map_err(invalid)
            })
        })
    }

    /// Trains a program for an epoch with a learning rate, and returns its loss.
    fn epoch(&self, runner: &Bound<'_, PyRunner>, batch: &PyBatch, lr: f64) -> PyResult<f64> {
        let object = runner.clone().unbind();
        runner.py().detach(|| {
            training!(self, &object, &batch.0, |training, rows| {
                training.trainer.optimizer_mut().set_rate(lr);
                epoch(&mut training.trainer, rows)
            })
        })
    }

    /// Takes the numbers of the values, trains a program by one step on all rows, gives them the new ones, and
    /// returns the loss before.
    fn step(&self, runner: &Bound<'_, PyRunner>, batch: &PyBatch, lr: f64) -> PyResult<f64> {
        let object = runner.clone().unbind();
        runner.py().detach(|| {
            let parameters = self.parameters.get();
            training!(self, &object, &batch.0, |training, rows| {
                let trainer = &mut training.trainer;
                trainer.optimizer_mut().set_rate(lr);
                parameters.with(|_, values| trainer.load(values)).map_err(invalid)?;
                let loss = trainer.step(&slices(rows)).map_err(trained);
                parameters.change(|values| trainer.store(values)).map_err(invalid)?;
                loss
            })
        })
    }
}

fn epoch<T: Number>(trainer: &mut Trainer<T, PyOptimizer>, arrays: &[Vec<T>]) -> PyResult<f64> {
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
