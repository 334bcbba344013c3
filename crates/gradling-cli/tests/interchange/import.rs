//! `gradling import`: networks of PyTorch's, whose files are written here as safetensors' own save_file does.

use crate::case::{Case, done};
use crate::terminal;
use gradling_data::samples;
use gradling_model::{DataHash, Model};
use safetensors::serialize;
use safetensors::tensor::{Dtype, TensorView};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A tensor of single precision.
type Tensor<'a> = (&'a str, &'a [usize], &'a [f32]);

fn bytes(tensors: &[Tensor<'_>]) -> Vec<u8> {
    let data: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, _, numbers)| numbers.iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&data).map(|((name, shape, _), data)| {
        (*name, TensorView::new(Dtype::F32, shape.to_vec(), data).unwrap())
    });
    serialize(views, None).unwrap()
}

fn folder(table: &str, tensors: &[Tensor<'_>]) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("table.csv"), table).unwrap();
    fs::write(folder.path().join("net.safetensors"), bytes(tensors)).unwrap();
    folder
}

fn import(folder: &Path, args: &[&str]) -> String {
    let base = ["import", "net.safetensors", "--table", "table.csv", "-o", "out"];
    done(folder, &[&base[..], args].concat())
}

/// Predictions for the rows of `table.csv`, without the header.
fn predict(folder: &Path) -> Vec<String> {
    let said = done(folder, &["predict", "out", "table.csv"]);
    said.lines().skip(1).map(str::to_owned).collect()
}

const HOUSES: &str = "rooms,garden,price\n1,no,10.5\n2,yes,20\n4,no,40\n";

#[test]
fn a_network_on_numbers_as_they_are_gives_quantities_as_they_are() {
    // relu(2 rooms - 3) + 0.5 garden=yes, where the columns are rooms, garden=no, garden=yes.
    let tensors: [Tensor<'_>; 4] = [
        ("0.weight", &[2, 3], &[2.0, 0.0, 0.0, 0.0, 0.0, 0.5]),
        ("0.bias", &[2], &[-3.0, 0.0]),
        // A place for dropout between.
        ("3.weight", &[1, 2], &[1.0, 1.0]),
        ("3.bias", &[1], &[0.25]),
    ];
    let folder = folder(HOUSES, &tensors);
    let said = import(folder.path(), &["--target", "price", "--activation", "relu"]);
    assert!(said.ends_with("network 4 → 2 → 1, saved in out\n"), "{said}");
    assert_eq!(predict(folder.path()), ["0.25", "1.75", "5.25"]);
    let model = Model::from_bytes(&fs::read(folder.path().join("out")).unwrap()).unwrap();
    assert_eq!(model.data_hash(), Some(DataHash::of(HOUSES.as_bytes())));
}

#[test]
fn a_network_on_standard_scores_gives_standard_scores() {
    // Of 1, 2, 3 the mean is 2 and the deviation √(2/3); of 10, 30, 20.5 the mean is 20.1666….
    let csv = "x,y\n1,10\n2,30\n3,20.5\n";
    let folder = folder(csv, &[("0.weight", &[1, 1], &[1.0]), ("0.bias", &[1], &[0.0])]);
    import(folder.path(), &["--target", "y", "--inputs", "standard", "--outputs", "standard"]);
    let mean: f64 = 60.5 / 3.0;
    let scale = ((100.0 + 900.0 + 420.25) / 3.0 - mean * mean).sqrt();
    for (found, score) in predict(folder.path()).iter().zip([-1.5_f64.sqrt(), 0.0, 1.5_f64.sqrt()])
    {
        let found: f64 = found.parse().unwrap();
        assert!((found - (mean + scale * score)).abs() < 1e-12, "{found}");
    }
}

#[test]
fn two_outputs_for_two_classes_are_those_of_a_softmax() {
    let csv = "x,kind\n0,b\n1,a\n";
    // Scores 0 and x ln 3 + ln 2: odds of b over a are 2 and 6. Classes are sorted, so a is the first.
    let (ln2, ln3) = (std::f32::consts::LN_2, 3.0_f32.ln());
    let folder = folder(csv, &[("0.weight", &[2, 1], &[0.0, ln3]), ("0.bias", &[2], &[0.0, ln2])]);
    let said = import(folder.path(), &["--target", "kind"]);
    assert!(said.contains("classes, in the order of the outputs: a, b\n"), "{said}");
    let said = predict(folder.path());
    for (row, right) in said.iter().zip([2.0 / 3.0, 6.0 / 7.0]) {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(cells[0], "b");
        let p: f64 = cells[2].parse().unwrap();
        assert!((p - right).abs() < 1e-7, "{row}");
    }
}

#[test]
fn what_is_exported_for_pytorch_comes_back_as_the_same_network() {
    let case = Case::train("iris", samples::IRIS, "species", &["--layers", "6,5"]);
    case.export("pytorch", "torch");
    let folder = case.folder.path();
    let args = ["import", "torch/model.safetensors", "--table", "table.csv", "--target", "species"];
    done(folder, &[&args[..], &["--activation", "tanh", "-o", "again"]].concat());
    let again = Model::from_bytes(&fs::read(folder.join("again")).unwrap()).unwrap();
    assert_eq!(again.numbers(), case.model.numbers());
}

#[test]
fn other_networks_and_tables_are_refused_with_the_reason_and_nothing_is_written() {
    let linear: &[Tensor<'_>] = &[("0.weight", &[1, 3], &[1.0; 3]), ("0.bias", &[1], &[0.0])];
    let two: &[Tensor<'_>] = &[("0.weight", &[2, 3], &[1.0; 6]), ("2.weight", &[1, 2], &[1.0; 2])];
    let price: &[&str] = &["--target", "price"];
    let cases: &[(&[Tensor<'_>], &[&str], &str)] = &[
        (
            &[("0.weight", &[4, 1, 3, 3], &[0.0; 36])],
            price,
            "net.safetensors: is no network of nn.Sequential: \"0.weight\" is of shape [4, 1, 3, 3], and that of nn.Linear is",
        ),
        (
            &[("0.weight", &[1, 3], &[1.0; 3]), ("1.running_mean", &[1], &[0.0])],
            price,
            "net.safetensors: is no network of nn.Sequential: the tensor \"1.running_mean\" is of a layer for normalisation",
        ),
        (
            &[("0.weight_ih_l0", &[1, 3], &[1.0; 3])],
            price,
            "net.safetensors: is no network of nn.Sequential: the tensor \"0.weight_ih_l0\" is of another kind of layer",
        ),
        (
            &[("fc1.weight", &[1, 3], &[1.0; 3])],
            price,
            "net.safetensors: is no network of nn.Sequential: there is a tensor \"fc1.weight\"; the tensors of nn.Linear",
        ),
        (
            &[("0.bias", &[1], &[1.0])],
            price,
            "net.safetensors: is no network of nn.Sequential: there is \"0.bias\" and no \"0.weight\"",
        ),
        (
            &[("0.weight", &[1, 3], &[1.0; 3]), ("0.bias", &[2], &[0.0; 2])],
            price,
            "net.safetensors: is no network of nn.Sequential: \"0.bias\" is of shape [2], and should be [1]",
        ),
        (
            &[("0.weight", &[1, 3], &[1.0, f32::NAN, 0.0])],
            price,
            "net.safetensors: is no network of nn.Sequential: \"0.weight\" holds a number that is not finite",
        ),
        (
            &[("0.weight", &[2, 3], &[1.0; 6]), ("2.weight", &[1, 3], &[1.0; 3])],
            &["--target", "price", "--activation", "relu"],
            "net.safetensors: the network does not fit: layer 1 gives 2 outputs, and layer 2 takes 3 inputs",
        ),
        (&[], price, "net.safetensors: the network does not fit: it has no layer"),
        (
            two,
            price,
            "net.safetensors: is no network of nn.Sequential: it has 1 hidden layers, and 0 activations were given",
        ),
        (
            linear,
            &["--target", "price", "--activation", "relu"],
            "net.safetensors: is no network of nn.Sequential: it has 0 hidden layers, and 1 activations were given",
        ),
        (
            linear,
            &["--target", "garden"],
            "net.safetensors: does not fit table.csv: the network takes 3 inputs, and the table makes 2: rooms, price;",
        ),
        (
            &[("0.weight", &[3, 3], &[1.0; 9])],
            price,
            "net.safetensors: does not fit table.csv: the network gives 3 outputs, and a quantity needs 1;",
        ),
        (linear, &["--target", "cost"], "table.csv: there is no column \"cost\"; the columns are "),
        (
            linear,
            &["--target", "price", "--activation", "swish"],
            "invalid value 'swish' for '--activation",
        ),
    ];
    for (tensors, args, message) in cases {
        let folder = folder(HOUSES, tensors);
        let base = ["import", "net.safetensors", "--table", "table.csv", "-o", "out"];
        let run = terminal::run(terminal::gradling().current_dir(&folder).args(base).args(*args));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{message}");
        assert!(run.err.starts_with(&format!("error: {message}")), "{} is not\n{message}", run.err);
        assert!(!folder.path().join("out").exists(), "{message}");
    }
    let folder = folder(HOUSES, linear);
    fs::write(folder.path().join("net.safetensors"), "no").unwrap();
    let base =
        ["import", "net.safetensors", "--table", "table.csv", "-o", "out", "--target", "price"];
    let run = terminal::run(terminal::gradling().current_dir(&folder).args(base));
    assert!(run.err.starts_with("error: net.safetensors: is no safetensors file"), "{}", run.err);
}
