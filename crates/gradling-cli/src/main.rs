//! The `gradling` command.
//!
//! Data go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 the run failed, 2 wrong
//! usage or input, 130 interrupted.

mod demo;
mod eval;
mod export;
mod failure;
mod help;
mod import;
mod inspect;
mod listing;
mod number;
mod output;
mod parts;
mod play;
mod predict;
mod reading;
mod summary;
mod table;
mod train;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use failure::Failure;
use std::process::ExitCode;

/// Exact gradients, pictures of graphs, and networks trained from a table.
#[derive(Parser)]
#[command(name = "gradling", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::Args),
    Eval(eval::Args),
    Train(Box<train::Args>),
    Predict(predict::Args),
    Inspect(inspect::Args),
    Export(export::Args),
    Import(import::Args),
    Play(play::Args),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    #[cfg(feature = "parquet")]
    reading::quiet_panics();
    let mut command = help::with_examples(Cli::command());
    let arguments = match train::arguments(&command, std::env::args_os().collect()) {
        Ok(arguments) => arguments,
        Err(failure) => return failure.report(),
    };
    let matches = command.try_get_matches_from_mut(arguments).unwrap_or_else(|error| error.exit());
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let result = match cli.command {
        Command::Demo(args) => demo::run(&args),
        Command::Eval(args) if args.is_lost() => return help::of(&mut command, "eval"),
        Command::Eval(args) => eval::run(&args),
        Command::Train(args) => train::run(&args, matches.subcommand_matches("train")),
        Command::Predict(args) => predict::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Play(args) => play::run(&args),
        Command::Completions { shell } => completions(shell),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "gradling", &mut script);
    output::print(|out| out.write_all(&script))
}
