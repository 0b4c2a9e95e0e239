//! Everything that can go wrong, in words for the person at the terminal.

use std::io;
use std::path::PathBuf;

/// Why the command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{} cannot be read: {error}", file.display())]
    File { file: PathBuf, error: io::Error },
    #[error("{} is no text: deliver it with --base64", .0.display())]
    NoText(PathBuf),
    #[error("{} is no transcription with a conversation_id", .0.display())]
    NoTranscription(PathBuf),
    #[error("{0} is not set: put it into the environment or into .env")]
    NoSecret(&'static str),
    #[error("--payload is missing")]
    NoPayload,
    #[error("no connection can be made: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the deployment {0}")]
    Call(#[from] common::http_client::CallError),
    #[error("answered {0}: {1}")]
    Refused(u16, String),
    #[error("{0} is no day such as 2026-11-01 and no time such as 2026-11-01T12:00:00Z")]
    NoDate(String),
    #[error("{0:?} is no id of a conversation")]
    NoConversation(String),
    #[error("there is no {} with calls in it: name the data folder with --data-dir, or a deployment with --bucket and --queue", .0.display())]
    NoData(PathBuf),
    #[error("--dlq needs --dead-letter-queue")]
    NoDeadLetterQueue,
    #[error("the calls cannot be read: {0}")]
    Archive(#[from] common::archive::ArchiveError),
    #[error(transparent)]
    Queue(#[from] common::queue::QueueError),
    #[error("the output cannot be written: {0}")]
    Output(io::Error),
}
