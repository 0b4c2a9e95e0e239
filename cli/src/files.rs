//! Files that the operator names: input, and output that is complete or absent.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::error::{CommandError, Failure};

/// Maximum number of links to follow; more indicate a cycle.
const MAX_LINKS: usize = 40;

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("could not read {}: {error}", file.display())]
    Read { file: PathBuf, error: io::Error },
    #[error("could not write {}: {error}", file.display())]
    Write { file: PathBuf, error: io::Error },
}

impl CommandError for FileError {}

impl FileError {
    /// Returns a conversion for errors of reading this file.
    pub(crate) fn read(file: &Path) -> impl Fn(io::Error) -> Self + Copy {
        move |error| Self::Read {
            file: file.to_owned(),
            error,
        }
    }

    /// Returns a conversion for errors of writing this file.
    pub(crate) fn write(file: &Path) -> impl Fn(io::Error) -> Self + Copy {
        move |error| Self::Write {
            file: file.to_owned(),
            error,
        }
    }
}

/// Reads a file, or standard input for `-`.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let read = match file.to_str() {
        Some("-") => std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map(|_| bytes),
        _ => std::fs::read(file),
    };
    read.map_err(FileError::read(file))
}

/// Writes a file completely or not at all, because a partial export is unusable.
///
/// Writes to `{file}.part` first and renames it at the end. A part that a killed run left behind is
/// replaced. Only the owner can read the file.
pub(crate) async fn write_atomically<T>(
    file: &Path,
    write: impl AsyncFnOnce(&File) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let file = &resolve_links(file);
    let failed = FileError::write(file);
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let new = create_private(&part).map_err(failed)?;
    // The data must be on disk before the file gets its final name.
    let written = write(&new)
        .await
        .and_then(|written| Ok(new.sync_all().map(|()| written).map_err(failed)?));
    let moved = written.and_then(|written| {
        std::fs::rename(&part, file).map_err(failed)?;
        Ok(written)
    });
    if moved.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    moved
}

/// Returns the file that a path leads to through symbolic links.
pub(crate) fn resolve_links(file: &Path) -> PathBuf {
    let mut target = file.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(next) = std::fs::read_link(&target) else {
            break;
        };
        target = target.parent().unwrap_or(Path::new("")).join(next);
    }
    target
}

/// Creates a file that only its owner can read. Replaces an existing file.
fn create_private(file: &Path) -> io::Result<File> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}
