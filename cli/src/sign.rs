//! `elaaoms sign`

use std::path::Path;

use jiff::Timestamp;

use crate::command::SignArguments;
use crate::failure::Failure;
use crate::webhook::Webhook;

/// The header, name and value.
pub(crate) fn header(
    arguments: &SignArguments,
    now: Timestamp,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<String, Failure> {
    let (name, value) = Webhook::PostCall.proof(&read(&arguments.file)?, now, lookup)?;
    Ok(format!("{name}: {value}"))
}

/// A file's bytes.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| Failure::File { file: file.to_owned(), error })
}
