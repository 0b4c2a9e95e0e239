//! Errors of a download.

use std::io;
use std::path::PathBuf;

use crate::embedding::EmbedError;

/// Why a model could not be downloaded. Messages contain no token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// The hub's URL is invalid.
    #[error("HF_ENDPOINT must be an http or https address")]
    Endpoint,
    /// The HTTP client could not be created.
    #[error("could not create the HTTP client for the hub: {0}")]
    Client(#[from] web::client::ClientError),
    /// The folder is not empty.
    #[error("{} is not empty; remove it, or choose another folder with --into", .0.display())]
    FolderNotEmpty(PathBuf),
    /// The folder could not be written.
    #[error("could not write the model's folder: {0}")]
    Folder(#[source] io::Error),
    /// The hub requires a token, or another one.
    #[error(
        "the hub refused {0}: the model may not exist, or it needs a token in HF_TOKEN with access to it"
    )]
    Refused(&'static str),
    /// The hub lacks a file that every model needs.
    #[error("the hub has no {0} for this model; check the model's name and revision")]
    Missing(&'static str),
    /// The hub answered with an error status.
    #[error("the hub answered {status} for {file}")]
    Status {
        /// Name of the file.
        file: &'static str,
        /// Status of the response.
        status: u16,
    },
    /// The hub redirected too often, to no valid URL, or from https to http.
    #[error("the hub redirected {0} to an address that must not be followed")]
    Redirect(&'static str),
    /// The connection broke and retries failed as well.
    #[error("the download of {file} failed at byte {at}")]
    Broken {
        /// Name of the file.
        file: &'static str,
        /// Bytes received so far.
        at: u64,
        /// The underlying error.
        #[source]
        source: Option<reqwest::Error>,
    },
    /// The file differs from what the hub announced.
    #[error("{file} is damaged: its {what} is not what the hub announced; nothing was kept")]
    Damaged {
        /// Name of the file.
        file: &'static str,
        /// What differs: the size or the checksum.
        what: &'static str,
    },
    /// The model's architecture is not supported.
    #[error("this model is not supported: {0}")]
    Unusable(#[from] EmbedError),
}
