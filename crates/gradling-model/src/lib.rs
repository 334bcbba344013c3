//! The model file of gradling: a trained network with all that is needed to predict from a table.
//!
//! A [`Model`] is an [`Encoder`](gradling_data::Encoder), which turns rows of a table into inputs, and
//! a [`Network`] of plain numbers, which turns inputs into predictions. It is saved as one safetensors
//! file that PyTorch, JAX and others can open too.
//!
//! From there it leaves the house: [`Model::to_onnx`], [`Model::to_pytorch`], and as source without
//! dependencies [`Model::to_rust`], [`Model::to_c`] and [`Model::to_javascript`]. A network of PyTorch's
//! comes in by [`Network::from_pytorch`].
//!
//! ```
//! use gradling::Rng;
//! use gradling::nn::{Activation, Init, Mlp};
//! use gradling_data::{Encoder, Table, Target};
//! use gradling_model::{Model, Network, Predictions};
//!
//! let table = Table::read("toys.csv", "size,kind\n1,a\n2,b\n3,b\n".as_bytes())?;
//! let target = Target::infer(&table, "kind")?;
//! let encoder = Encoder::fit(&table, &table.row_ids(), &target)?;
//! let layers = [(4, Activation::Tanh), (1, Activation::Linear)];
//! let mlp = Mlp::with(1, &layers, Init::FanIn, &mut Rng::new(7));
//!
//! let model = Model::new(encoder, Network::of(&mlp), 7)?;
//! let again = Model::from_bytes(&model.to_bytes()?)?;
//! assert_eq!(again, model);
//!
//! let inputs = again.encoder().encode_features(&table, &[0, 1])?.matrix;
//! let Predictions::Classes(probabilities) = again.predict(&inputs) else { unreachable!() };
//! assert_eq!((probabilities.rows, probabilities.cols), (2, 2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod export;
mod file;
mod hash;
mod import;
mod model;
mod network;
mod predictions;
mod predictor;

pub use error::ModelError;
pub use export::{Precision, PyTorch};
pub use file::FORMAT;
pub use hash::DataHash;
pub use model::Model;
pub use network::{Dense, Network};
pub use predictions::Predictions;
pub use predictor::Predictor;
