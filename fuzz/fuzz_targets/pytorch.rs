//! Whatever the bytes are, they are refused, or a network whose layers follow on each other.

#![no_main]

use gradling::nn::Activation;
use gradling_data::Matrix;
use gradling_model::Network;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(network) = Network::from_pytorch(bytes, &[Activation::Relu]) else { return };
    let cols = network.inputs();
    let outputs = network.forward(&Matrix { rows: 1, cols, data: vec![0.5; cols] });
    assert_eq!(outputs.data.len(), network.outputs());
});
