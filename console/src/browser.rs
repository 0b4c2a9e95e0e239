//! Opens the console in the operator's browser.
//!
//! The URL contains the one-time token, and other users of the machine can read the arguments of
//! every process. So the browser opens a file that only the operator can read, which leads to the
//! URL.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::NamedTempFile;

/// Opens the URL of a console. Keep the returned file until the browser has read it.
///
/// # Errors
/// If the file cannot be written, or the desktop has no program that opens files.
pub fn open_in_browser(url: &str) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix("elaaoms-console-")
        .suffix(".html")
        .tempfile()?;
    write!(
        file,
        "<!doctype html><meta charset=\"utf-8\"><title>ELAAOMS</title>\
         <meta http-equiv=\"refresh\" content=\"0; url={url}\">"
    )?;
    file.flush()?;
    opener(file.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(file)
}

/// Returns the program of the desktop that opens files.
fn opener(file: &Path) -> Command {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    let mut command = Command::new(program);
    command.arg(file);
    command
}
