//! The `gradling` command.
//!
//! Data go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 the run failed, 2 wrong
//! usage or input, 130 interrupted.

mod demo;
mod eval;
mod failure;
mod predict;
mod train;

use clap::{CommandFactory, Parser, Subcommand};
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
    Train(train::Args),
    Predict(predict::Args),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Predict(args) => predict::run(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "gradling", &mut std::io::stdout());
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
