//! Why a file is no model, or a network does not fit its encoder.

use safetensors::SafeTensorError;

/// What is wrong with a model. Messages are to follow the file's name and a colon.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The bytes are no safetensors file, or a damaged one.
    #[error("is no model file, or a damaged one ({0}); give a file that `gradling train` wrote")]
    NotSafetensors(SafeTensorError),
    /// A safetensors file of another program.
    #[error(
        "holds tensors but no description of a gradling model; give a file that `gradling train` wrote"
    )]
    NotGradling,
    /// The file is of a version that is not known here.
    #[error(
        "is a model file of format {found}, and this version reads format {}; use the version of gradling that wrote it, or train again",
        crate::FORMAT
    )]
    Format {
        /// The format that the file says it is of.
        found: u64,
    },
    /// The description cannot be understood.
    #[error("has a damaged description: {}; train again, or fetch the file again", cut(.0))]
    Description(String),
    /// The tensors are not those that the description promises.
    #[error("has damaged tensors: {0}; train again, or fetch the file again")]
    Tensors(String),
    /// A network that has layers which do not follow on each other, or not as the encoder needs.
    #[error("the network does not fit: {0}")]
    Shape(String),
    /// The model cannot be said in another format.
    #[error("cannot be exported to {format}: {reason}")]
    Export {
        /// The format.
        format: &'static str,
        /// What it cannot hold, and what to do.
        reason: String,
    },
    /// The bytes of a network to be imported are no safetensors file, or a damaged one.
    #[error(
        "is no safetensors file, or a damaged one ({0}); write it with safetensors.torch.save_file"
    )]
    NotTensors(SafeTensorError),
    /// A safetensors file of another program is no network that can be read here.
    #[error("is no network of nn.Sequential: {0}")]
    Foreign(String),
    /// The model is too large for the format.
    #[error("cannot be written as a safetensors file: {0}")]
    Write(SafeTensorError),
}

/// A reason as messages show it: it may quote a text of megabytes.
fn cut(reason: &str) -> String {
    const MOST: usize = 300;
    match reason.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason.to_owned(),
    }
}
