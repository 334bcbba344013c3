//! From a table to a model: our command beside scikit-learn, whole process against whole process, in turn.

use crate::process::{cargo, quiet, root, run};
use crate::python;
use serde_json::Value as Json;
use std::process::Command;
use std::time::Instant;

/// Tables, their targets, and how often both go through the rows.
const TABLES: [(&str, &str, &str); 2] =
    [("breast_cancer", "diagnosis", "50"), ("digits", "digit", "50")];
/// The settings of both; `compare/sklearn_table.py` has them for scikit-learn.
const SETTINGS: &str = "--layers 32,32 --activation tanh --optimizer adam --rate 0.01 --schedule constant \
                        --batch 32 --weight-decay 0 --held-out 0.2";
const ROUNDS: u32 = 10;

/// Trains with a seed a round, and prints the times, their ratio, and the accuracy on held-out rows.
///
/// # Errors
/// What could not be set up or failed.
pub(crate) fn compare() -> Result<(), String> {
    let python = python::environment("compare/sklearn", &["scikit-learn>=1.6,<2", "numpy>=2,<3"])?;
    run(cargo().args(["build", "--quiet", "--release", "--locked", "--package", "gradling-cli"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root().join("target"), Into::into);
    let ours = target.join("release/gradling").with_extension(std::env::consts::EXE_EXTENSION);
    let out = target.join("compare-tables");
    std::fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    for (table, column, epochs) in TABLES {
        let file = root().join(format!("crates/gradling-data/data/{table}.csv"));
        let model = out.join(table);
        let (mut times, mut scores) = ([Vec::new(), Vec::new()], [0.0, 0.0]);
        for seed in 0..ROUNDS {
            let seed = seed.to_string();
            let mut command = Command::new(&ours);
            command.arg("train").arg(&file).args(["--target", column, "--epochs", epochs]);
            command.args(SETTINGS.split_whitespace()).args(["--quiet", "--seed", &seed]);
            command.arg("--out").arg(&model);
            times[0].push(timed(&mut command)?.0);
            scores[0] += recorded(&model.join("record.json"))?;
            let mut command = Command::new(&python);
            command.arg(root().join("xtask/compare/sklearn_table.py")).arg(&file);
            command.args([column, epochs, &seed]).arg(out.join("model.pickle"));
            let (time, said) = timed(&mut command)?;
            times[1].push(time);
            scores[1] += said.trim().parse::<f64>().map_err(|_| format!("no score: {said}"))?;
        }
        let ratio = median(times[1].iter().zip(&times[0]).map(|(b, a)| b / a).collect());
        let [ours, theirs] = times.map(median);
        let [right, also] = scores.map(|sum| 100.0 * sum / f64::from(ROUNDS));
        println!(
            "{table}: {ours:.3} s beside {theirs:.3} s of scikit-learn, {ratio:.1} times as fast; \
             {right:.2} % of held-out rows right beside {also:.2} % (medians and means of {ROUNDS} seeds)"
        );
    }
    Ok(())
}

/// How long a program takes from start to end, in seconds, and what it prints.
fn timed(command: &mut Command) -> Result<(f64, String), String> {
    let begin = Instant::now();
    let said = quiet(command)?;
    Ok((begin.elapsed().as_secs_f64(), said))
}

/// The accuracy on held-out rows in the record of a run.
fn recorded(path: &std::path::Path) -> Result<f64, String> {
    let wrong = |what: String| format!("{}: {what}", path.display());
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let record: Json = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    record["judgement"]["accuracy"].as_f64().ok_or_else(|| wrong("has no accuracy".to_owned()))
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let half = numbers.len() / 2;
    if numbers.len() % 2 == 1 { numbers[half] } else { (numbers[half - 1] + numbers[half]) / 2.0 }
}
