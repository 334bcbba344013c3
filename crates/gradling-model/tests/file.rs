//! The model file: what is in it, that it comes back as it was, and that a wrong one is refused.

use gradling::Rng;
use gradling::nn::{Activation, Init, Mlp};
use gradling_data::{Encoder, Matrix, Table, Target};
use gradling_model::{Dense, Model, Network, Predictions};
use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde_json::{Value as Json, json};
use std::collections::HashMap;

const FLOWERS: &str = "length,colour,kind\n1.5,red,a\n0.1,blue,b\n-3,red,c\n7e-9,green,a\n";
const HOUSES: &str = "size,price\n1,10.5\n2,20.25\n3,29\n";
const COINS: &str = "weight,side\n1,0\n2,1\n3,1\n4,0\n";

fn encoder(csv: &str, target: &str) -> Encoder {
    let table = Table::read("test.csv", csv.as_bytes()).unwrap();
    let target = Target::infer(&table, target).unwrap();
    Encoder::fit(&table, &table.row_ids(), &target).unwrap()
}

fn model(csv: &str, target: &str, inputs: usize, outputs: usize) -> Model {
    let layers = [(3, Activation::Tanh), (outputs, Activation::Linear)];
    let mlp = Mlp::with(inputs, &layers, Init::Uniform, &mut Rng::new(1));
    Model::new(encoder(csv, target), Network::of(&mlp), u64::MAX).unwrap()
}

/// `length`, and of `colour` three values and "other".
fn flowers() -> Model {
    model(FLOWERS, "kind", 5, 3)
}

/// The tensors of a file by name, and the description.
struct Parts {
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
    description: Json,
}

impl Parts {
    fn of(model: &Model) -> Self {
        let bytes = model.to_bytes().unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let text = &header.metadata().as_ref().unwrap()["gradling"];
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = file
            .tensors()
            .into_iter()
            .map(|(name, view)| (name, view.dtype(), view.shape().to_vec(), view.data().to_vec()))
            .collect();
        Parts { tensors, description: serde_json::from_str(text).unwrap() }
    }

    fn tensor(&mut self, name: &str) -> &mut (String, Dtype, Vec<usize>, Vec<u8>) {
        self.tensors.iter_mut().find(|tensor| tensor.0 == name).unwrap()
    }

    fn refused(&self) -> String {
        let views = self.tensors.iter().map(|(name, dtype, shape, data)| {
            (name.clone(), TensorView::new(*dtype, shape.clone(), data).unwrap())
        });
        let metadata = HashMap::from([("gradling".to_owned(), self.description.to_string())]);
        let bytes = serialize(views, Some(metadata)).unwrap();
        Model::from_bytes(&bytes).unwrap_err().to_string()
    }
}

#[test]
fn a_model_comes_back_as_it_was_and_the_same_model_is_the_same_bytes() {
    for model in [flowers(), model(HOUSES, "price", 1, 1), model(COINS, "side", 1, 1)] {
        let bytes = model.to_bytes().unwrap();
        let again = Model::from_bytes(&bytes).unwrap();
        assert_eq!(again, model);
        assert_eq!(again.to_bytes().unwrap(), bytes);
        assert_eq!(again.seed(), u64::MAX);
        assert_eq!(Network::of(&again.network()), *model.numbers());
    }
}

/// Read by hand, after the description of the format: a length, a header of JSON, the bytes.
#[test]
fn tensors_are_named_and_laid_out_as_those_of_pytorch() {
    let model = flowers();
    let bytes = model.to_bytes().unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Json = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let data = &bytes[8 + length..];
    let first = &model.numbers().layers()[0];

    let tensor = &header["0.weight"];
    assert_eq!((&tensor["dtype"], &tensor["shape"]), (&json!("F64"), &json!([3, 5])));
    let start = tensor["data_offsets"][0].as_u64().unwrap() as usize;
    // Row 2, column 1: the weight of the third neuron for the second input.
    let at = start + 8 * (2 * 5 + 1);
    let number = f64::from_le_bytes(data[at..at + 8].try_into().unwrap());
    assert_eq!(number, first.weights[2 * 5 + 1]);
    assert_eq!(header["0.bias"]["shape"], json!([3]));
    assert_eq!(header["2.weight"]["shape"], json!([3, 3]));
    assert_eq!(header["2.bias"]["shape"], json!([3]));
    let metadata = header["__metadata__"].as_object().unwrap();
    assert_eq!(metadata.keys().collect::<Vec<_>>(), ["gradling"]);
}

#[test]
fn outputs_become_probabilities_and_quantities() {
    let bias_alone = |biases: Vec<f64>, inputs| {
        let weights = vec![0.0; biases.len() * inputs];
        Network::new(vec![Dense { weights, biases, activation: Activation::Linear }]).unwrap()
    };
    let one = |cols| Matrix { rows: 1, cols, data: vec![0.0; cols] };

    // Logits ln 1, ln 2, ln 5, all raised by 800, which must not overflow: 1/8, 2/8, 5/8.
    let logits = [1.0, 2.0, 5.0].map(|x: f64| x.ln() + 800.0).to_vec();
    let model = Model::new(encoder(FLOWERS, "kind"), bias_alone(logits, 5), 0).unwrap();
    let predictions = model.predict(&one(5));
    assert_eq!(predictions.most_probable(), Some(vec![2]));
    let Predictions::Classes(p) = predictions else { panic!("these are classes") };
    for (p, right) in p.data.iter().zip([0.125, 0.25, 0.625]) {
        assert!((p - right).abs() < 1e-12, "{p} is not {right}");
    }

    // A logit of ln 3: odds of 3 to 1 for the second class.
    let model = Model::new(encoder(COINS, "side"), bias_alone(vec![3.0_f64.ln()], 1), 0).unwrap();
    let predictions = model.predict(&one(1));
    assert_eq!((predictions.rows(), predictions.most_probable()), (1, Some(vec![1])));
    let Predictions::Classes(p) = predictions else { panic!("these are classes") };
    assert!((p.data[0] - 0.25).abs() < 1e-15 && (p.data[1] - 0.75).abs() < 1e-15);

    // The prices 10, 20, 30 have mean 20 and deviation √(200/3); a score of √(3/2) is 10 above.
    let csv = "size,price\n1,10.5\n2,20.5\n3,30.5\n";
    let score = bias_alone(vec![1.5_f64.sqrt()], 1);
    let model = Model::new(encoder(csv, "price"), score, 0).unwrap();
    let predictions = model.predict(&one(1));
    assert_eq!(predictions.most_probable(), None);
    let Predictions::Quantities(quantities) = predictions else { panic!("this is a quantity") };
    assert!((quantities[0] - 30.5).abs() < 1e-12);
}

#[test]
fn a_predictor_says_what_the_model_says() {
    let cases =
        [(flowers(), 5), (model(HOUSES, "price", 1, 1), 1), (model(COINS, "side", 1, 1), 1)];
    for (model, cols) in cases {
        let mut predictor = model.predictor();
        let mut rng = Rng::new(2);
        for rows in [0, 1, 300] {
            let data = (0..rows * cols).map(|_| 3.0 * rng.normal()).collect();
            let inputs = Matrix { rows, cols, data };
            let (ours, right) = (predictor.predict(&inputs), model.predict(&inputs));
            assert_eq!(ours.rows(), rows);
            assert_eq!(ours.most_probable(), right.most_probable());
            let numbers = |predictions| match predictions {
                Predictions::Quantities(numbers) => numbers,
                Predictions::Classes(probabilities) => probabilities.data,
            };
            for (ours, right) in numbers(ours).iter().zip(numbers(right)) {
                assert!((ours - right).abs() <= 1e-12 * right.abs().max(1.0), "{ours} {right}");
            }
        }
    }
}

#[test]
#[should_panic(expected = "this network takes 5 inputs, and it was given 4")]
fn a_predictor_refuses_rows_of_another_length() {
    let model = flowers();
    model.predictor().predict(&Matrix { rows: 1, cols: 4, data: vec![0.0; 4] });
}

#[test]
fn a_network_that_does_not_fit_its_table_is_refused() {
    let network = |sizes: [usize; 2], number: f64| {
        let weights = vec![number; sizes[0] * sizes[1]];
        let biases = vec![0.0; sizes[1]];
        Network::new(vec![Dense { weights, biases, activation: Activation::Linear }]).unwrap()
    };
    let refused = |sizes, number| {
        let result = Model::new(encoder(FLOWERS, "kind"), network(sizes, number), 0);
        result.unwrap_err().to_string()
    };
    assert_eq!(
        refused([4, 3], 0.0),
        "the network does not fit: the table needs 5 inputs, and the network has 4"
    );
    assert_eq!(
        refused([5, 2], 0.0),
        "the network does not fit: the table needs 3 outputs, and the network has 2"
    );
    assert_eq!(
        refused([5, 3], f64::NAN),
        "the network does not fit: layer 1 holds a number that is not finite"
    );
}

#[test]
fn files_that_are_no_models_are_refused_with_the_reason() {
    let refused = |bytes: &[u8]| Model::from_bytes(bytes).unwrap_err().to_string();
    for bytes in [&b""[..], b"a,b\n1,2\n", &[0xff; 64], &[0; 64]] {
        assert!(refused(bytes).starts_with("is no model file, or a damaged one ("));
    }
    let foreign = serialize([("w", TensorView::new(Dtype::U8, vec![1], &[7]).unwrap())], None);
    assert!(refused(&foreign.unwrap()).starts_with("holds tensors but no description"));
}

#[test]
fn tensors_other_than_promised_are_refused_with_the_reason() {
    type Change = fn(&mut Parts);
    let cases: [(Change, &str); 7] = [
        (
            |parts| parts.tensors.retain(|tensor| tensor.0 != "2.bias"),
            "has damaged tensors: there are 3, and 2 layers have two each",
        ),
        (
            |parts| parts.tensor("2.bias").0 = "3.bias".to_owned(),
            "has damaged tensors: there is no \"2.bias\"",
        ),
        (
            |parts| parts.tensors.push(("x".to_owned(), Dtype::U8, vec![0], vec![])),
            "has damaged tensors: there are 5, and 2 layers have two each",
        ),
        (
            |parts| parts.tensor("0.weight").2 = vec![5, 3],
            "has damaged tensors: \"0.weight\" is of shape [5, 3], and should be [3, 5]",
        ),
        (
            |parts| {
                let bias = parts.tensor("0.bias");
                (bias.1, bias.2) = (Dtype::F32, vec![6]);
            },
            "has damaged tensors: \"0.bias\" is of type F32, and should be F64",
        ),
        (
            |parts| parts.tensor("0.bias").3[..8].copy_from_slice(&f64::NAN.to_le_bytes()),
            "the network does not fit: layer 1 holds a number that is not finite",
        ),
        (
            |parts| parts.description["layers"][0]["outputs"] = json!(1_u64 << 60),
            "has damaged tensors: \"0.weight\" is of shape [3, 5], and should be [1152921504606846976, 5]",
        ),
    ];
    for (change, message) in cases {
        let mut parts = Parts::of(&flowers());
        change(&mut parts);
        let refused = parts.refused();
        assert!(refused.starts_with(message), "{refused}\n  is not\n{message}");
    }
}

#[test]
fn descriptions_that_are_damaged_are_refused_with_the_reason() {
    let refused = |change: &dyn Fn(&mut Json)| {
        let mut parts = Parts::of(&flowers());
        change(&mut parts.description);
        parts.refused()
    };
    let next = refused(&|description| description["format"] = json!(2));
    assert!(next.starts_with("is a model file of format 2, and this version reads format 1; "));
    let swish = refused(&|description| description["layers"][1]["activation"] = json!("swish"));
    assert!(swish.starts_with("has a damaged description: layer 2: no activation is called"));
    for change in [
        &|description: &mut Json| description["layers"] = json!([]),
        &|description: &mut Json| description["layers"] = json!("many"),
        &|description: &mut Json| description["encoder"]["features"] = json!([]),
        &|description: &mut Json| {
            description["encoder"]["features"][0]["code"]["number"]["scale"] = json!(0.0)
        },
        &|description: &mut Json| *description = json!(null),
        &|description: &mut Json| *description = json!([[[[]]]]),
    ] as [&dyn Fn(&mut Json); 6]
    {
        let refused = refused(change);
        assert!(
            refused.starts_with("has a damaged ") || refused.starts_with("has damaged "),
            "{refused}"
        );
    }
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    let bytes = flowers().to_bytes().unwrap();
    for length in 0..bytes.len() {
        assert!(Model::from_bytes(&bytes[..length]).is_err(), "cut to {length} bytes");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(Model::from_bytes(&longer).is_err());
}

proptest! {
    /// Whatever is changed, the file is refused, or a model that predicts.
    #[test]
    fn a_file_with_changed_bytes_never_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        let mut bytes = flowers().to_bytes().unwrap();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(model) = Model::from_bytes(&bytes) {
            let predictions = model.predict(&Matrix { rows: 1, cols: 5, data: vec![0.5; 5] });
            prop_assert_eq!(predictions.rows(), 1);
        }
    }
}
