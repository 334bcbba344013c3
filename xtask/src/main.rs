//! The tasks of the workspace: `cargo xtask test | bench | compare | site | play`.

mod compare;
mod install;
mod interop;
mod licences;
mod playground;
mod process;
mod python;
mod rival;
mod site;
mod sklearn;
mod table;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask TASK

Tasks:
  test                     set up whatever is missing and run every test
  test playground [FILE ...]
                           build the page and run its tests in Chromium alone, or
                           those in files whose name contains FILE
  test interop             run exported models with onnxruntime, from PyPI, and tract,
                           whose build takes some minutes; check the fuzz targets
  test torch               export models to PyTorch and import its own (PyTorch is
                           installed from PyPI, some gigabytes)
  site                     build the playground into target/site, for any static host
  play [--no-open] [--port PORT]
                           build the playground, serve it on this machine and open it
  bench [FILTER] [--json]  run the benchmarks, each beside its reference
  bench page               size, start and long tasks of the playground, in Chromium
  pictures                 take the pictures of the playground that the docs show
  compare [SYSTEM ...]     time the two-moons step of other systems beside ours:
                           micrograd (default), micrograd-rust (both beside
                           micrograd's code by the drop-in, and as a program),
                           torch, jax; they are installed from PyPI below target
                           (torch is some gigabytes)
  compare digits [SYSTEM ...]
                           loss and gradient of two digit networks, 64-32-10 and
                           784-128-10, batches of 128: torch, jax (default both)
  compare table [ROWS]     `gradling train` on a table of ten million rows and 20 inputs,
                           3 GB below target, beside an epoch of torch on one thread
  compare dask             full-table steps over two local workers of Dask, beside the
                           same steps in one process
  compare sklearn          `gradling train` on two tables beside scikit-learn's
                           MLPClassifier: whole processes, and accuracy
  compare playground       epochs a second in the browser, beside the engine of the
                           TensorFlow playground, which is fetched with git
                           (TENSORFLOW_PLAYGROUND names a clone that is there)
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let task = args.next();
    let rest: Vec<String> = args.collect();
    let done = match task.as_deref() {
        Some("test") if rest.is_empty() => test::run_all(),
        Some("test") if rest == ["interop"] => interop::all(),
        Some("test") if rest == ["torch"] => interop::torch(),
        Some("test") if rest[0] == "playground" => playground::test(&rest[1..]),
        Some("site") if rest.is_empty() => site::build().map(|site| {
            println!("{}", site.display());
        }),
        Some("play") => playground::play(&rest),
        Some("pictures") if rest.is_empty() => playground::script("pictures/take.js"),
        Some("bench") if rest == ["page"] => playground::script("bench/page.js"),
        Some("bench") => bench(&rest),
        Some("compare") if rest == ["playground"] => rival::compare(),
        Some("compare") if rest.first().is_some_and(|first| first == "table") => {
            table::compare(&rest[1..])
        }
        Some("compare") if rest == ["dask"] => compare::dask(),
        Some("compare") if rest == ["sklearn"] => sklearn::compare(),
        Some("compare") => compare::run_all(&rest),
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(())
        }
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn bench(args: &[String]) -> Result<(), String> {
    let mut command = process::cargo();
    command.args(["run", "--quiet", "--release", "--package", "gradling-bench", "--"]).args(args);
    process::run(&mut command)
}
