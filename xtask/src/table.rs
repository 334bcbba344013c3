//! A table of ten million rows, from the file to the model, beside PyTorch on one thread.
//!
//! Ours reads the CSV file and streams it; theirs has the same rows in memory before its clock starts, since the
//! epoch is what is compared. Whole processes are told, too.

use crate::process::{cargo, root, run};
use crate::python;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const ROWS: usize = 10_000_000;
const COLUMNS: usize = 20;

/// Makes the table if it is not there, and trains on it in turn: ours, theirs, ours.
///
/// # Errors
/// What could not be written, or failed.
pub(crate) fn compare(wanted: &[String]) -> Result<(), String> {
    let rows = match wanted {
        [] => ROWS,
        [rows] => rows.parse().map_err(|_| format!("`{rows}` is no number of rows"))?,
        _ => return Err("`compare table` takes one number of rows".to_owned()),
    };
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let folder = target.join(format!("compare/table-{rows}"));
    if !folder.is_dir() {
        make(&folder, rows).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let torch = python::environment("compare/torch", python::TORCH)?;
    run(cargo().args(["build", "--quiet", "--release", "--package", "gradling-cli"]))?;
    let gradling = target.join("release/gradling").with_extension(std::env::consts::EXE_EXTENSION);
    ours(&gradling, &folder)?;
    let script = root().join("xtask/compare/torch_table.py");
    run(Command::new(torch).arg(script).args([folder.join("x.npy"), folder.join("y.npy")]))?;
    ours(&gradling, &folder)
}

/// One epoch of ours: how long it took after all was read, how long the whole, and the most memory it had.
fn ours(gradling: &Path, folder: &Path) -> Result<(), String> {
    let begin = Instant::now();
    let arguments = ["train", "table.csv", "--layers", "32,32", "--epochs", "1", "--json"];
    let mut command = Command::new(gradling);
    command.current_dir(folder).args(arguments).args(["--out", "model"]).env("TMPDIR", folder);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    let (mut started, mut trained, mut memory, mut accuracy) = (begin, begin, None, String::new());
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        let line = line.map_err(|error| error.to_string())?;
        let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        match line["event"].as_str() {
            Some("start") => started = Instant::now(),
            Some("epoch") => {
                (trained, memory) = (Instant::now(), most_memory(child.id()).or(memory))
            }
            Some("end") => {
                memory = most_memory(child.id()).or(memory);
                accuracy = line["held_out"]["score"].to_string();
            }
            _ => {}
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("gradling train failed ({status})"));
    }
    println!(
        "gradling: epoch {:.1} s, from CSV to the end {:.1} s, at most {} of memory, held-out accuracy {accuracy:.5}",
        (trained - started).as_secs_f64(),
        begin.elapsed().as_secs_f64(),
        memory.unwrap_or_else(|| "an unknown amount".to_owned()),
    );
    Ok(())
}

/// The most memory that a process had, where the system tells.
fn most_memory(process: u32) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}

/// Writes the table as CSV, and as numpy's arrays: inputs from -4 to 4, and a class that five of them decide but
/// for some noise.
fn make(folder: &Path, rows: usize) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let file = |name: &str| {
        File::create(folder.join(name)).map(|file| BufWriter::with_capacity(1 << 20, file))
    };
    let (mut csv, mut inputs, mut targets) = (file("table.csv")?, file("x.npy")?, file("y.npy")?);
    inputs.write_all(&header(&format!("({rows}, {COLUMNS})")))?;
    targets.write_all(&header(&format!("({rows},)")))?;
    for column in 0..COLUMNS {
        write!(csv, "x{column},")?;
    }
    writeln!(csv, "y")?;
    let mut state = 88_172_645_463_325_252_u64;
    // Marsaglia, Xorshift RNGs, 2003.
    let mut draw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) % below
    };
    for _ in 0..rows {
        let mut x = [0.0_f64; COLUMNS];
        for input in &mut x {
            *input = draw(8_000_001) as f64 / 1e6 - 4.0;
            write!(csv, "{input:.6},")?;
            inputs.write_all(&(*input as f32).to_le_bytes())?;
        }
        let noise = draw(2_000_001) as f64 / 1e6 - 1.0;
        let sum = 0.5 * x[0] * x[1] + 2.0 * x[2].sin() + x[3] - 0.3 * x[4] * x[4] + 1.2;
        let class = u8::from(sum + noise > 0.0);
        writeln!(csv, "{class}")?;
        targets.write_all(&f32::from(class).to_le_bytes())?;
    }
    csv.flush()?;
    inputs.flush()?;
    targets.flush()
}

/// The header of an array of numpy's, version 1.0, of so many bytes that the numbers begin at a multiple of 64.
fn header(shape: &str) -> Vec<u8> {
    let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes.resize(10 + length - 1, b' ');
    bytes.push(b'\n');
    bytes
}
