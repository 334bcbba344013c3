//! Runs an ONNX file with tract on the rows of a JSON file: `columns`, name to cells, in the order `order`.
//!
//! Prints the first number or label of each row and all others, cells ended by U+001F and rows by U+001E.

use serde_json::Value as Json;
use tract_onnx::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (path, said) = (args.next().ok_or("no model")?, args.next().ok_or("no rows")?);
    let said: Json = serde_json::from_slice(&std::fs::read(said)?)?;
    let order = said["order"].as_array().ok_or("no order")?;
    let mut inputs = tvec!();
    for name in order {
        let cells = said["columns"][name.as_str().ok_or("no name")?].as_array().ok_or("no cells")?;
        let shape = (cells.len(), 1);
        let tensor = if cells[0].is_string() {
            let texts: Vec<String> =
                cells.iter().filter_map(|cell| cell.as_str().map(str::to_owned)).collect();
            Tensor::from(tract_ndarray::Array2::from_shape_vec(shape, texts)?)
        } else {
            let numbers: Vec<f64> = cells.iter().map(|cell| cell.as_f64().unwrap_or(f64::NAN)).collect();
            Tensor::from(tract_ndarray::Array2::from_shape_vec(shape, numbers)?)
        };
        inputs.push(tensor.into());
    }
    let model = tract_onnx::onnx().model_for_path(path)?.into_optimized()?.into_runnable()?;
    let outputs = model.run(inputs)?;
    let numbers = outputs[outputs.len() - 1].cast_to::<f64>()?;
    let width = numbers.shape().get(1).copied().unwrap_or(1);
    let numbers = numbers.to_plain_array_view::<f64>()?;
    let numbers: Vec<f64> = numbers.iter().copied().collect();
    for row in numbers.chunks(width) {
        print!("\u{1f}");
        row.iter().for_each(|x| print!("{x:?}\u{1f}"));
        print!("\u{1e}");
    }
    Ok(())
}
