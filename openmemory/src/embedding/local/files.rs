//! Reads the files of a model.

use std::fmt;
use std::path::Path;

use super::super::EmbedError;

/// Reads a small file of the model's folder.
pub(super) fn file(folder: &Path, name: &'static str) -> Result<Vec<u8>, EmbedError> {
    std::fs::read(folder.join(name)).map_err(|error| unreadable(name, error))
}

/// The error for a file that does not describe a supported model.
pub(super) fn unreadable(file: &'static str, error: impl fmt::Display) -> EmbedError {
    EmbedError::Model {
        file,
        reason: error.to_string(),
    }
}
