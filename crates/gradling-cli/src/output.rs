//! Where results and notes go: stdout for data, stderr for notes, files whole or not at all.

use crate::failure::Failure;
use anstyle::Style;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

/// Writes data to stdout. A reader that has seen enough and left, as `head` does, is no failure.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Run(format!("stdout cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Says something on stderr that is worth knowing and no error.
pub(crate) fn note(text: &str) {
    let bold = Style::new().bold();
    // Where stderr is closed there is nobody to tell.
    let _ = writeln!(anstream::stderr(), "{bold}note{bold:#}: {text}");
}

/// Writes a file whole or not at all: into a new file beside it, which then takes its place.
pub(crate) fn write_file(path: &Path, contents: impl AsRef<[u8]>) -> Result<(), Failure> {
    let contents = contents.as_ref();
    let written = match fs::metadata(path) {
        // A device or a pipe has no place to take.
        Ok(there) if !there.is_file() => fs::write(path, contents),
        // Through a link, so that the link stays one.
        Ok(_) => fs::canonicalize(path).and_then(|path| replace(&path, contents)),
        Err(_) => replace(path, contents),
    };
    written.map_err(|error| {
        Failure::Input(format!(
            "{} cannot be written: {error}; name a file in a folder that you can write to",
            path.display()
        ))
    })
}

/// Writes a file so that even if the machine goes off there is the old one or the new one, whole.
pub(crate) fn write_durably(path: &Path, contents: &[u8]) -> io::Result<()> {
    let beside = beside(path)?;
    let written = File::create(&beside)
        .and_then(|mut file| file.write_all(contents).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written?;
    // The name, too, has to reach the disk. Not every system lets a folder be opened for that.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match File::open(folder.unwrap_or(Path::new("."))) {
        Ok(folder) => folder.sync_all().or(Ok(())),
        Err(_) => Ok(()),
    }
}

/// The name under which a file is written before it takes its place.
fn beside(path: &Path) -> io::Result<std::path::PathBuf> {
    let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.new", std::process::id()));
    Ok(path.with_file_name(beside))
}

/// Whether a file was left half written by a process that was killed.
pub(crate) fn is_left_over(name: &str, of: &str) -> bool {
    let middle = name.strip_prefix('.').and_then(|rest| rest.strip_prefix(of));
    let number = middle.and_then(|rest| rest.strip_prefix('.')?.strip_suffix(".new"));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let beside = beside(path)?;
    let written = File::create_new(&beside)
        .and_then(|mut file| file.write_all(contents))
        .and_then(|()| match fs::metadata(path) {
            Ok(there) => fs::set_permissions(&beside, there.permissions()),
            Err(_) => Ok(()),
        })
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}
