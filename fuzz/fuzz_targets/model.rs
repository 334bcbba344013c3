//! Whatever the bytes are, they are refused, or a model that predicts, exports and is written as it was read.

#![no_main]

use gradling_data::Matrix;
use gradling_model::{Model, Precision};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(model) = Model::from_bytes(bytes) else { return };
    let again = model.to_bytes().expect("what was read can be written");
    assert_eq!(Model::from_bytes(&again).expect("what was written can be read"), model);
    let cols = model.numbers().inputs();
    let predictions = model.predict(&Matrix { rows: 1, cols, data: vec![0.5; cols] });
    assert_eq!(predictions.rows(), 1);
    let _ = (model.to_onnx(), model.to_pytorch(Precision::Single));
    let _ = (model.to_rust(), model.to_c(), model.to_javascript());
});
