//! Runs the benchmarks and prints a line for each.

use clap::Parser;
use gradling::scope;
use gradling_bench::CASES;
use gradling_bench::measure::{Figure, measure};
use std::process::ExitCode;

/// Benchmarks of gradling, each beside a reference measured in turn with it.
#[derive(Parser)]
struct Args {
    /// Only cases whose name contains this.
    filter: Option<String>,
    /// A line of JSON for each case.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut ran = false;
    let mut names = Vec::new();
    for make in CASES {
        let done = scope(|| {
            let mut case = make();
            names.push(case.name);
            if args.filter.as_ref().is_some_and(|filter| !case.name.contains(filter)) {
                return Ok(false);
            }
            measure(&mut case).map(|figure| {
                print(&figure, case.about, args.json);
                true
            })
        });
        match done {
            Ok(done) => ran |= done,
            Err(message) => {
                eprintln!("error: {message}");
                return ExitCode::FAILURE;
            }
        }
    }
    if !ran {
        eprintln!("error: no benchmark's name contains that: there are {}", names.join(", "));
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}

fn print(figure: &Figure, about: &str, json: bool) {
    if json {
        // Field by field in the order of the struct, which a `serde_json::Value` would sort.
        println!("{}", serde_json::to_string(figure).expect("numbers and names have a JSON form"));
        return;
    }
    println!(
        "{:<20} {:>9.1} µs   {:>5.2}x {} ({:.1} µs)   {about}",
        figure.name,
        figure.ns / 1e3,
        figure.ratio,
        figure.reference,
        figure.reference_ns / 1e3,
    );
}
