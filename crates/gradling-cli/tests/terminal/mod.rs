//! Runs the command as a shell would, without colours and with a known width.

use assert_cmd::Command;

/// How a run ended.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The command, with nothing of the environment that changes what it prints.
pub(crate) fn gradling() -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("gradling");
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM"] {
        command.env_remove(name);
    }
    command.env("COLUMNS", "100");
    command
}

/// Runs it to its end.
pub(crate) fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(!err.contains("panicked"), "{err}");
    Run { code: output.status.code().unwrap(), out, err }
}
