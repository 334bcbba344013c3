//! Where results and notes go: stdout for data, stderr for notes, files whole or not at all.

use crate::failure::Failure;
use anstyle::Style;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

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
    written.map_err(|error| not_written(path, &error))
}

/// Writes a file so that even if the machine goes off there is the old one or the new one, whole. Which of
/// them is only certain after [`sync_folder`].
pub(crate) fn write_durably(path: &Path, contents: &[u8]) -> io::Result<()> {
    let beside = beside(path)?;
    let written = File::create(&beside)
        .and_then(|mut file| file.write_all(contents).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Sees to it that the names in a folder reach the disk, where the system lets a folder be opened for that.
pub(crate) fn sync_folder(path: &Path) {
    let _ = File::open(path).and_then(|folder| folder.sync_all());
}

/// The name under which a file is written before it takes its place.
fn beside(path: &Path) -> io::Result<PathBuf> {
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
    let mut pending = Pending::new(path)?;
    pending.file.write_all(contents)?;
    pending.keep()
}

/// A new file beside the one that it is to replace. Dropped, it is gone.
struct Pending {
    path: PathBuf,
    beside: PathBuf,
    file: File,
    kept: bool,
}

impl Pending {
    fn new(path: &Path) -> io::Result<Self> {
        let beside = beside(path)?;
        let file = File::create_new(&beside)?;
        Ok(Pending { path: path.to_owned(), beside, file, kept: false })
    }

    fn keep(mut self) -> io::Result<()> {
        if let Ok(there) = fs::metadata(&self.path) {
            fs::set_permissions(&self.beside, there.permissions())?;
        }
        fs::rename(&self.beside, &self.path)?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.beside);
        }
    }
}

/// Where many data go as they come: a file, whole or not at all, or stdout, which is not written to before
/// there is much, so that an error near the beginning leaves nothing.
pub(crate) struct Stream {
    to: To,
    buffer: Vec<u8>,
    /// Whether the reader of stdout has left.
    pub(crate) left: bool,
}

enum To {
    Stdout,
    Device(PathBuf, File),
    File(PathBuf, Pending),
}

/// So much is held back from stdout.
const HELD: usize = 8 << 20;

impl Stream {
    /// To a file, or to stdout if none is given.
    pub(crate) fn new(path: Option<&Path>) -> Result<Self, Failure> {
        let to = match path {
            None => To::Stdout,
            Some(path) => {
                let opened = match fs::metadata(path) {
                    Ok(there) if !there.is_file() => {
                        File::create(path).map(|file| To::Device(path.to_owned(), file))
                    }
                    Ok(_) => fs::canonicalize(path)
                        .and_then(|to| Pending::new(&to))
                        .map(|file| To::File(path.to_owned(), file)),
                    Err(_) => Pending::new(path).map(|file| To::File(path.to_owned(), file)),
                };
                opened.map_err(|error| not_written(path, &error))?
            }
        };
        Ok(Stream { to, buffer: Vec::new(), left: false })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.buffer.extend_from_slice(bytes);
        let most = if matches!(self.to, To::Stdout) { HELD } else { 1 << 20 };
        if self.buffer.len() >= most { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let written = match &mut self.to {
            To::Stdout => match io::stdout().lock().write_all(&self.buffer) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                    self.left = true;
                    Ok(())
                }
                Err(error) => {
                    return Err(Failure::Run(format!("stdout cannot be written: {error}")));
                }
                Ok(()) => Ok(()),
            },
            To::Device(path, file) => {
                file.write_all(&self.buffer).map_err(|error| not_written(path, &error))
            }
            To::File(path, pending) => {
                pending.file.write_all(&self.buffer).map_err(|error| not_written(path, &error))
            }
        };
        self.buffer.clear();
        written
    }

    /// All is said.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.flush()?;
        match self.to {
            To::File(path, pending) => pending.keep().map_err(|error| not_written(&path, &error)),
            To::Stdout if !self.left => match io::stdout().flush() {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                    Err(Failure::Run(format!("stdout cannot be written: {error}")))
                }
                _ => Ok(()),
            },
            To::Stdout | To::Device(..) => Ok(()),
        }
    }
}

fn not_written(path: &Path, error: &io::Error) -> Failure {
    Failure::Input(format!(
        "{} cannot be written: {error}; name a file in a folder that you can write to",
        path.display()
    ))
}
