//! A model made ready for many rows: its network as a compiled program.

use crate::{Model, Predictions};
use gradling::nn::Module;
use gradling::{Options, Program, Runner, Step, Value, scope};
use gradling_data::Matrix;

/// A model made ready for many rows. See [`Model::predictor`].
#[derive(Debug, Clone)]
pub struct Predictor<'a> {
    model: &'a Model,
    run: Runner<f64>,
    parameters: Vec<f64>,
}

impl<'a> Predictor<'a> {
    pub(crate) fn new(model: &'a Model, options: Options) -> Self {
        let (program, parameters) = scope(|| {
            let mlp = model.network();
            let parameters = mlp.parameters();
            let forward = |[x]: [&[Value]; 1]| Step::outputs(&mlp.forward(x));
            let program = Program::record(&parameters, [mlp.inputs()], forward)
                .expect("a network is made of the engine's operations and asks for no numbers");
            (program, parameters.into_iter().map(Value::data).collect())
        });
        Predictor { model, run: program.compile_with(options), parameters }
    }

    /// Predicts from encoded inputs, one row a sample, as [`Model::predict`] does but for the last digits.
    ///
    /// # Panics
    /// If the inputs are not those of the model's encoder: of another number of columns.
    pub fn predict(&mut self, inputs: &Matrix) -> Predictions {
        let network = self.model.numbers();
        network.check_inputs(inputs);
        let (rows, cols) = (inputs.rows, network.outputs());
        let mut data = vec![0.0; rows * cols];
        self.run
            .predict(&self.parameters, &[&inputs.data], &mut data)
            .expect("the numbers of parameters, inputs and outputs are those of the network");
        Predictions::of(Matrix { rows, cols, data }, self.model.encoder())
    }
}
