//! The programs that the room of expressions shows compile, run, and print the gradients of the session.

use gradling_wasm::expression::{EXAMPLES, Language, Session};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Beside the examples of the page: every operation, every kind of name.
const TEXTS: &[(&str, &str)] = &[
    (
        "keywords",
        "fn = 2; lambda = 3; Value = 0.5; self = fn*lambda + Value; print = self^2; print",
    ),
    ("alphabets", "größe = 2; 数 = 3; a_ = 4; w = [1, -2]; größe*数 + a_*w[0] - w[1]"),
    ("constants", "x = 2; y = 3 - x; z = 2/(1 - y) + 4*(5 + 6); u = -(2*3); z*u + 7"),
    ("signs", "x = -2; y = -x^2; z = (-x)^3; w = 2^x; w - y - (z - x) - -3"),
    (
        "functions",
        "x = 0.3; exp(x) + log(x) + sqrt(x) + sin(x)*cos(x) + sigmoid(x) + relu(x) + softplus(x) + gelu(x) \
        + erf(x) + abs(-x) + leaky_relu(-x) + leaky_relu(-x, 0.2) + x^x",
    ),
    (
        "many",
        "x = 0.3; y = -1; l = [x, y, 2]; sum(l) + mean(l) + logsumexp(l) + max(l) + min(x, y) + dot(l, [y, x, x]) \
        + affine([x, y], [y, 2], x) + softmax(l)[1] + log_softmax(l)[2]",
    ),
    (
        "choices",
        "x = 0.3; y = 2; c = x < y; d = (x >= y) + (x == y) + (x != 3); select(c, x*y, x) + d",
    ),
    ("again", "c = 1; c = c + 1; c = c*c; a = c; c = a + c; c*1"),
    ("open", "tanh(w*x + b)"),
];

fn texts() -> Vec<(&'static str, &'static str)> {
    EXAMPLES
        .iter()
        .map(|example| (example.key, example.text))
        .chain(TEXTS.iter().copied())
        .collect()
}

fn session(text: &str) -> Session {
    let mut session = Session::default();
    if let Err(problem) = session.load(text, &[]) {
        panic!("{text}: {}", problem.message);
    }
    session
}

#[test]
fn the_rust_code_compiles_and_prints_the_gradients() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("playground-code");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let bins = folder.join("src/bin");
    let _ = fs::remove_dir_all(&bins);
    fs::create_dir_all(&bins).expect("a folder");
    let engine = root.join("crates/gradling");
    let manifest = format!(
        "[package]\nname = \"playground-code\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\ngradling = {{ path = {:?} }}\n\n[profile.dev.package.\"*\"]\nopt-level = 0\n",
        engine.display().to_string()
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("a file");
    // The versions that are here already.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("a file");
    for (key, text) in texts() {
        let code = session(text).code(Language::Rust).expect("open");
        fs::write(bins.join(format!("{key}.rs")), code).expect("a file");
    }
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(&folder).env("CARGO_TARGET_DIR", folder.join("target"));
        command.env_remove("RUSTFLAGS").args(arguments).output().expect("cargo runs")
    };
    let built = cargo(&["build", "--quiet", "--offline"]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    assert!(built.stderr.is_empty(), "warnings: {}", String::from_utf8_lossy(&built.stderr));
    for (key, text) in texts() {
        let run = Command::new(folder.join("target/debug").join(key)).output().expect("it runs");
        let printed = String::from_utf8(run.stdout).expect("text");
        let expected = session(text).printed().expect("open");
        assert_eq!(printed.lines().count(), expected.len(), "{key}:\n{printed}");
        for (line, (name, data, grad)) in printed.lines().zip(expected) {
            let (label, numbers) = line.split_once(": data ").expect("a label");
            let (printed_data, printed_grad) = numbers.split_once(", grad ").expect("two numbers");
            assert_eq!(label, name, "{key}");
            for (printed, expected) in [(printed_data, data), (printed_grad, grad)] {
                let number: f64 = printed.parse().expect("a number");
                let near = number == expected
                    || (number - expected).abs() <= 1e-12 * expected.abs().max(1.0);
                assert!(
                    near || (number.is_nan() && expected.is_nan()),
                    "{key}: {line}, not {expected}"
                );
            }
        }
    }
}
