//! `gradling export`: a trained network in the words of other programs.

use crate::failure::Failure;
use crate::output::{note, write_file};
use crate::predict::load;
use gradling_model::{ModelError, Precision, PyTorch};
use std::fs;
use std::path::{Path, PathBuf};

/// What comes of each format.
pub(crate) const FORMATS: &str = "\
All formats take rows of the table as it is: numbers in its units, texts as they stand there. The
encoding is part of what is written.

  onnx        one input for each column, of its name and of shape [rows, 1]: doubles for numbers,
              strings for texts. Outputs `prediction` [rows] and, for classes, `probabilities`
              [rows, classes]. IR 8, opset 13; the network runs in single precision.
  pytorch     a folder with model.safetensors, named as the state of an nn.Sequential, and
              model.py, which loads it and predicts.
  rust        a file to be used as a module: predict(&Row { … })
  c           a file of C99 to be included: model_predict(&row)
  javascript  a module for browsers and Node: predict({ column: value, … })

The last three depend on nothing and compute in double precision.";

/// The files of a folder for PyTorch.
const TENSORS: &str = "model.safetensors";
const PROGRAM: &str = "model.py";

/// Write a trained network for another program or language.
#[derive(clap::Args)]
#[command(after_help = FORMATS)]
pub(crate) struct Args {
    /// The folder that `gradling train --out` wrote, or the model file in it.
    model: PathBuf,
    /// What to write.
    #[arg(long, value_enum, value_name = "FORMAT")]
    to: Format,
    /// The file to write, for pytorch the folder.
    #[arg(long, short, value_name = "PATH")]
    out: PathBuf,
    /// Bits of a number for pytorch.
    #[arg(long, value_enum, default_value = "f64")]
    dtype: Dtype,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Onnx,
    Pytorch,
    Rust,
    C,
    #[value(alias = "js")]
    Javascript,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Dtype {
    F32,
    F64,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let model = load(&args.model)?;
    let refused = |error: ModelError| Failure::Input(format!("{}: {error}", args.model.display()));
    if args.dtype == Dtype::F32 && args.to != Format::Pytorch {
        let fixed = "--dtype is for --to pytorch; the other formats have a precision of their own";
        return Err(Failure::Input(fixed.to_owned()));
    }
    let file = match args.to {
        Format::Onnx => model.to_onnx(),
        Format::Rust => model.to_rust().map(String::into_bytes),
        Format::C => model.to_c().map(String::into_bytes),
        Format::Javascript => model.to_javascript().map(String::into_bytes),
        Format::Pytorch => {
            let precision = match args.dtype {
                Dtype::F32 => Precision::Single,
                Dtype::F64 => Precision::Double,
            };
            let pytorch = model.to_pytorch(precision).map_err(refused)?;
            return write_folder(&args.out, &pytorch);
        }
    };
    write_file(&args.out, file.map_err(refused)?)
}

/// Writes both files, or neither.
fn write_folder(folder: &Path, PyTorch { tensors, program }: &PyTorch) -> Result<(), Failure> {
    let made = !folder.exists();
    let program_path = folder.join(PROGRAM);
    let is_new = !program_path.exists();
    let written = fs::create_dir_all(folder)
        .map_err(|error| {
            Failure::Input(format!(
                "{} cannot be made: {error}; name a folder that you can write to",
                folder.display()
            ))
        })
        .and_then(|()| write_file(&program_path, program))
        .and_then(|()| write_file(&folder.join(TENSORS), tensors));
    if written.is_err() {
        if is_new {
            let _ = fs::remove_file(&program_path);
        }
        if made {
            let _ = fs::remove_dir(folder);
        }
        return written;
    }
    note(&format!("{} has {PROGRAM} and {TENSORS}", folder.display()));
    Ok(())
}
