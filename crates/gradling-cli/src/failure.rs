//! What can go wrong, and the exit code that says so.

use anstyle::{AnsiColor, Style};
use gradling_data::DataError;
use std::io::Write;
use std::process::ExitCode;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Wrong usage or input, with its place and the fix: exit code 2.
    Input(String),
    /// The run itself failed, as when training diverged: exit code 1.
    Run(String),
    /// Interrupted by the user, after saving what there was: exit code 130.
    Interrupted,
}

impl Failure {
    /// The same with the name of the part it happened in, where the part is not the whole.
    pub(crate) fn within(self, part: &str) -> Self {
        match self {
            Failure::Run(message) => Failure::Run(format!("{part}: {message}")),
            other => other,
        }
    }

    /// Says so on stderr.
    pub(crate) fn report(&self) -> ExitCode {
        let (message, code) = match self {
            Failure::Input(message) => (message.as_str(), 2),
            Failure::Run(message) => (message.as_str(), 1),
            Failure::Interrupted => ("interrupted", 130),
        };
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        // Errors of other crates may begin with the word already.
        let message = message.strip_prefix("error: ").unwrap_or(message);
        // Where stderr is closed, the exit code has to do.
        let _ = writeln!(anstream::stderr(), "{red}error{red:#}: {}", message.trim_end());
        ExitCode::from(code)
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Failure::Input(error.to_string())
    }
}
