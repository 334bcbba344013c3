//! The code that a session is saved as, compiled and run.

use gradling_wasm::network::code::{Language, code};
use gradling_wasm::network::{Session, Settings};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Sessions that use everything the code can say.
fn sessions() -> Vec<Value> {
    vec![
        json!({"data": {"set": "moons"}, "training": {"rate": 0.1}}),
        json!({
            "data": {"set": "spirals", "classes": 3, "held": 0.0, "seed": 4},
            "net": {"layers": [8, 6], "features": ["x1", "x2", "sin(pi*x1)"], "init": "kaiming"},
            "training": {"activations": ["relu", "tanh"], "optimiser": "adam", "rate": 0.01, "l1": 1e-3, "l2": 0.01},
        }),
        json!({
            "data": {"set": "hills", "noise": 0.05},
            "training": {"loss": "absolute", "optimiser": "momentum", "momentum": 0.8, "rate": 0.01, "schedule": "cosine", "span": 5},
        }),
        json!({
            "data": {"set": "gaussians", "classes": 4, "noise": 0.3},
            "training": {"loss": "hinge", "optimiser": "adamw", "decay": 0.1, "rate": 0.01, "schedule": "halving", "span": 2, "batch": 1000},
        }),
        json!({
            "data": {"set": "plane"},
            "net": {"layers": []},
            "training": {"loss": "squared", "schedule": "linear", "span": 8, "l2": 0.1, "rate": 0.05, "shuffle": false},
        }),
    ]
}

/// Some whole epochs, and a part of one.
const STEPS: usize = 75;

/// What happened on the way of the first two.
fn log(session: usize) -> Value {
    match session {
        0 => json!([
            {"at": 0, "weight": [1, 0.3]},
            {"at": 40, "set": {"optimiser": "adam"}},
            {"at": 40, "set": {"rate": 0.01}},
            {"at": 44, "samples": 3},
            {"at": 50, "weight": [2, -0.5]},
            {"at": 60, "set": {"rate": 0.003}},
            {"at": 60, "set": {"batch": 7}},
        ]),
        _ => json!([{"at": 0, "weight": [1, 0.3]}]),
    }
}

/// Both compute in 32 bits, and add in the order that their machine is fast in: the losses differ by less than
/// this part after so few steps.
const PART: f64 = 1e-4;

#[test]
fn the_code_in_rust_ends_where_the_session_does() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("network-code");
    let programs = place.join("src/bin");
    fs::create_dir_all(&programs).unwrap();
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gradling");
    let manifest = format!(
        "[package]\nname = \"network-code\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\ngradling = {{ path = {engine:?} }}\n\n[workspace]\n"
    );
    fs::write(place.join("Cargo.toml"), manifest).unwrap();
    fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock"),
        place.join("Cargo.lock"),
    )
    .unwrap();
    for (k, settings) in sessions().iter().enumerate() {
        let mut session =
            Session::new(Settings::from_json(&settings.to_string()).unwrap()).unwrap();
        session.follow(serde_json::from_value(log(k)).unwrap()).unwrap();
        session.repeat_to(STEPS).unwrap();
        fs::write(programs.join(format!("session{k}.rs")), code(&session, Language::Rust)).unwrap();
        let run = Command::new(env!("CARGO"))
            .current_dir(&place)
            .args(["run", "--quiet", "--bin", &format!("session{k}")])
            .env("CARGO_TARGET_DIR", place.join("target"))
            .env("RUSTFLAGS", "-D warnings")
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.success(), "{settings}: {}", String::from_utf8_lossy(&run.stderr));
        let losses: Vec<f64> = printed
            .lines()
            .map(|line| line.rsplit_once(": ").unwrap().1.parse().unwrap())
            .collect();
        let penalty = session.penalty();
        let mut expected = vec![session.learned().unwrap().unwrap().loss + penalty];
        expected.extend(session.held_out().unwrap().map(|figures| figures.loss + penalty));
        assert_eq!(losses.len(), expected.len(), "{settings}: {printed}");
        for (loss, expected) in losses.iter().zip(&expected) {
            assert!((loss - expected).abs() <= PART * expected, "{settings}: {loss} {expected}");
        }
    }
}
