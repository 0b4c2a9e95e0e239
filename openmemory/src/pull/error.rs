//! Why a model was not downloaded.

use std::io;
use std::path::PathBuf;

use crate::embedding::EmbedError;

/// Why a model was not downloaded. The text holds no token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// The hub's address makes no sense.
    #[error("HF_ENDPOINT must be an http or https address")]
    Endpoint,
    /// No client can be built.
    #[error("no client for the hub can be built")]
    Client,
    /// The folder holds something.
    #[error("{} is not empty; remove it, or choose another folder with --into", .0.display())]
    FolderNotEmpty(PathBuf),
    /// The folder cannot be written.
    #[error("the folder of the model cannot be written: {0}")]
    Folder(#[source] io::Error),
    /// The hub wants a token, or another one.
    #[error(
        "the hub refused {0}: the model may not exist, or it needs a token in HF_TOKEN with access to it"
    )]
    Refused(&'static str),
    /// A file is missing without which there is no model.
    #[error("the hub has no {0} for this model; check the model's name and revision")]
    Missing(&'static str),
    /// The hub answered with an error.
    #[error("the hub answered {status} for {file}")]
    Status {
        /// The file that was asked for.
        file: &'static str,
        /// The status of the answer.
        status: u16,
    },
    /// The hub sent the client elsewhere too often, nowhere, or from https to http.
    #[error("the hub redirected {0} to an address that is not followed")]
    Redirect(&'static str),
    /// The connection broke, also when it was tried again.
    #[error("the download of {file} broke off at byte {at}")]
    Broken {
        /// The file.
        file: &'static str,
        /// How far it came.
        at: u64,
        /// What happened.
        #[source]
        source: Option<reqwest::Error>,
    },
    /// What came is not what the hub announced.
    #[error("{file} is damaged: its {what} is not what the hub announced; nothing was kept")]
    Damaged {
        /// The file.
        file: &'static str,
        /// What differs.
        what: &'static str,
    },
    /// The model is of a kind that cannot be run.
    #[error("this model cannot be run: {0}")]
    Unusable(#[from] EmbedError),
}
