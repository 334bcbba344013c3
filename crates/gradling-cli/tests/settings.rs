//! Settings from a file, from the environment and from the command line.

use assert_cmd::cargo::cargo_bin;
use gradling_data::samples;
use serde_json::Value as Json;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("moons.csv"), samples::MOONS).unwrap();
    fs::write(folder.path().join("diabetes.csv"), samples::DIABETES).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn run(folder: &Path, variables: &[(&str, &str)], args: &[&str]) -> (i32, String) {
    let mut command = Command::new(cargo_bin!("gradling"));
    command.current_dir(folder).args(args).envs(variables.iter().copied());
    let Output { status, stderr, .. } = command.output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

const MOONS: [&str; 8] =
    ["train", "moons.csv", "--target", "label", "--epochs", "2", "--out", "out"];

/// Trains, and gives the settings that the record tells.
#[track_caller]
fn settings(folder: &Path, variables: &[(&str, &str)], args: &[&str]) -> Json {
    assert_eq!(run(folder, variables, args), (0, String::new()), "{args:?}");
    let record = fs::read(folder.join("out/record.json")).unwrap();
    serde_json::from_slice::<Json>(&record).unwrap()["settings"].clone()
}

#[test]
fn an_option_wins_over_a_variable_and_that_over_a_file() {
    let file = "rate = 0.5\nbatch = 16\nlayers = [4]\nseed = 3\n";
    let folder = folder(&[("mine.toml", file)]);
    let variables = [("GRADLING_TRAIN_RATE", "0.25"), ("GRADLING_TRAIN_BATCH", "8")];
    let args = [&MOONS[..], &["--config", "mine.toml", "--rate", "0.125"]].concat();
    let settings = settings(folder.path(), &variables, &args);
    assert_eq!(settings["rate"], 0.125);
    assert_eq!(settings["batch"], 8);
    assert_eq!(settings["layers"], serde_json::json!([4]));
    assert_eq!(settings["seed"], 3);
}

#[test]
fn a_file_that_was_not_named_is_not_read() {
    let folder = folder(&[("train.toml", "rate = 0.5\n")]);
    assert_eq!(settings(folder.path(), &[], &MOONS)["rate"], 0.01);
    let variables = [("GRADLING_TRAIN_CONFIG", "train.toml")];
    assert_eq!(settings(folder.path(), &variables, &MOONS)["rate"], 0.5);
}

#[test]
fn wrong_settings_are_told_with_their_place_and_the_nearest_name() {
    let cases = [
        ("\nrat = 1\n", "mine.toml:2: there is no setting \"rat\"; did you mean \"rate\"?"),
        (
            "weight_decay = 1\n",
            "mine.toml:1: there is no setting \"weight_decay\"; did you mean \"weight-decay\"?",
        ),
        (
            "batch = 1\nrate = -1\n",
            "mine.toml:2: invalid value '-1' for '--rate <R>': write a number above 0",
        ),
        ("rate = \"fast\"\n", "mine.toml:1: invalid value 'fast' for '--rate <R>'"),
        ("optimizer = \"adamm\"\n", "mine.toml:1: invalid value 'adamm' for '--optimizer"),
        (
            "[rate]\na = 1\n",
            "mine.toml:1: rate is no text, number, true or false, or list of these",
        ),
        ("layers = [[1]]\n", "mine.toml:1: layers is no text"),
        ("rate = \n", "mine.toml:1: "),
        ("rate = 1\nrate = 2\n", "mine.toml:2: duplicate key"),
        ("resume = \"x\"\n", "mine.toml:1: resume can be given on the command line alone"),
        ("quiet = 3\n", "mine.toml:1: quiet is true or false"),
    ];
    for (file, message) in cases {
        let folder = folder(&[("mine.toml", file)]);
        let (code, stderr) =
            run(folder.path(), &[], &[&MOONS[..], &["--config", "mine.toml"]].concat());
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.starts_with(&format!("error: {message}")), "{stderr} is not\n{message}");
    }
    let folder = folder(&[]);
    let (code, stderr) = run(folder.path(), &[("GRADLING_TRAIN_EPOCH", "3")], &MOONS);
    assert_eq!(code, 2);
    let message =
        "error: GRADLING_TRAIN_EPOCH: there is no setting \"epoch\"; did you mean \"epochs\"?";
    assert!(stderr.starts_with(message), "{stderr}");
    let (code, stderr) =
        run(folder.path(), &[], &[&MOONS[..], &["--config", "none.toml"]].concat());
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: none.toml cannot be read: "), "{stderr}");
}

#[test]
fn the_settings_in_effect_give_the_same_model_again() {
    // Of every option something that is not the default.
    let all: [&[&str]; 4] = [
        &[
            "--shuffle",
            "false",
            "--layers",
            "5,3",
            "--activation",
            "relu,sin",
            "--init",
            "kaiming-normal",
            "--optimizer",
            "nesterov",
            "--momentum",
            "0.7",
            "--schedule",
            "step",
            "--rate-factor",
            "0.3",
            "--rate-every",
            "1",
            "--weight-decay",
            "1e-5",
            "--l1",
            "1e-4",
            "--l2",
            "0.001",
            "--seed",
            "18446744073709551615",
            "--held-out",
            "0.3",
            "--validation",
            "0.25",
            "--patience",
            "4",
            "--calibrate",
            "temperature",
        ],
        &[
            "--optimizer",
            "adam",
            "--betas",
            "0.8,0.99",
            "--epsilon",
            "1e-6",
            "--schedule",
            "exponential",
        ],
        &["--loss", "hinge", "--schedule", "linear", "--rate-end", "0.001", "--layers", "none"],
        &["--optimizer", "sgd", "--schedule", "constant", "--rate", "0.1"],
    ];
    for options in all {
        let folder = folder(&[]);
        let path = folder.path();
        let first = settings(path, &[], &[&MOONS[..], options].concat());
        let again = ["train", "moons.csv", "--config", "out/train.toml", "--out", "again"];
        assert_eq!(run(path, &[], &again), (0, String::new()));
        for name in ["model.safetensors", "record.json", "train.toml"] {
            let bytes = |folder: &str| fs::read(path.join(folder).join(name)).unwrap();
            assert!(bytes("out") == bytes("again"), "{name} differs with {options:?}: {first}");
        }
    }
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let cases: [(&[&str], &str); 9] = [
        (&["--momentum", "0.5"], "--momentum is not for --optimizer adamw; leave it out"),
        (&["--optimizer", "sgd", "--betas", "0.9,0.9"], "--betas is not for --optimizer sgd"),
        (&["--rate-factor", "0.5"], "--rate-factor is not for --schedule cosine"),
        (&["--schedule", "step", "--rate-end", "1"], "--rate-end is not for --schedule step"),
        (
            &["--layers", "4,4,4", "--activation", "tanh,relu"],
            "--activation names 2, and there are 3 hidden layers",
        ),
        (
            &["--loss", "squared"],
            "--loss squared is for a quantity, and the task is binary classification",
        ),
        (&["--task", "regression", "--loss", "hinge"], "--loss hinge is for two classes"),
        (
            &["--task", "regression", "--calibrate", "temperature"],
            "--calibrate is for probabilities of classes",
        ),
        (
            &["--patience", "3", "--validation", "0"],
            "--patience and --calibrate look at validation rows",
        ),
    ];
    for (options, message) in cases {
        let folder = folder(&[]);
        let (code, stderr) = run(folder.path(), &[], &[&MOONS[..], options].concat());
        assert_eq!(code, 2, "{options:?}: {stderr}");
        assert!(stderr.starts_with(&format!("error: {message}")), "{stderr} is not\n{message}");
        assert!(!folder.path().join("out").exists());
    }
}

#[test]
fn patience_ends_training_early_and_keeps_the_weights_of_the_best_epoch() {
    let folder = folder(&[]);
    let base =
        ["train", "diabetes.csv", "--target", "progression", "--weight-decay", "0", "--out", "out"];
    let long = ["--epochs", "300", "--rate", "0.02", "--schedule", "constant", "--patience", "5"];
    settings(folder.path(), &[], &[&base[..], &long].concat());
    let record = fs::read(folder.path().join("out/record.json")).unwrap();
    let record: Json = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["end"], "stopped");
    let epochs = record["epochs"].as_array().unwrap();
    let loss = |epoch: &Json| epoch["validation"]["loss"].as_f64().unwrap();
    let best =
        (0..epochs.len()).min_by(|&a, &b| loss(&epochs[a]).total_cmp(&loss(&epochs[b]))).unwrap();
    assert_eq!(record["best_epoch"], best + 1);
    assert_eq!(epochs.len(), best + 1 + 5);
    // The result is that of the best epoch, to the bit, on all three parts.
    for part in ["training", "validation", "held_out"] {
        assert_eq!(record["result"][part], epochs[best][part], "{part}");
    }
    assert_ne!(record["result"]["training"], epochs.last().unwrap()["training"]);
}
