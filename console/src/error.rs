//! Why a page cannot be shown, worded for the operator.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use common::archive::ArchiveError;
use common::erasure::EraseError;
use common::openmemory::OpenMemoryError;
use common::queue::QueueError;
use common::queue::replay::ReplayError;
use common::suggestions::UnreadableExport;
use http::StatusCode;
use tracing::warn;

/// Why a page cannot be shown. No message contains what was said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PageError {
    #[error("This address does not belong to the console.")]
    WrongHost,
    #[error("The request does not come from a page of the console.")]
    ForeignOrigin,
    #[error("This browser has not opened the console with the URL that the program printed.")]
    NoSession,
    #[error("This URL was used before, or is wrong.")]
    WrongToken,
    #[error("This page does not exist.")]
    NoPage,
    #[error("There is no caller with this pseudonym.")]
    UnknownCaller,
    #[error("There is no such call in the archive.")]
    UnknownCall,
    #[error("This caller has no such memory.")]
    UnknownMemory,
    #[error("This deployment has no queue yet.")]
    NoQueue,
    #[error("The memory store's data cannot be read: {0}.")]
    Export(#[from] UnreadableExport),
    #[error("{0}")]
    Invalid(String),
    #[error("The memory store cannot be used: {0}.")]
    Store(#[from] OpenMemoryError),
    #[error("The calls cannot be used: {0}.")]
    Archive(#[from] ArchiveError),
    #[error("The queue cannot be used: {0}.")]
    Queue(#[from] QueueError),
    #[error("The audit trail cannot be written: {0}.")]
    Audit(String),
    #[error("{0}")]
    Failed(String),
    #[error("The page could not be built.")]
    Template,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    status: u16,
    message: String,
    advice: &'static str,
    has_session: bool,
}

impl PageError {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::ForeignOrigin | Self::NoSession | Self::WrongToken => StatusCode::FORBIDDEN,
            Self::NoPage | Self::UnknownCaller | Self::UnknownCall | Self::UnknownMemory => {
                StatusCode::NOT_FOUND
            }
            Self::Invalid(_) | Self::NoQueue => StatusCode::BAD_REQUEST,
            Self::Store(OpenMemoryError::MissingExtension(_)) => StatusCode::NOT_IMPLEMENTED,
            Self::Store(_) | Self::Export(_) | Self::Archive(_) | Self::Queue(_) => {
                StatusCode::BAD_GATEWAY
            }
            Self::Audit(_) | Self::Failed(_) | Self::Template => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::WrongHost | Self::NoSession => {
                "Open the URL that the program prints when it starts."
            }
            Self::WrongToken => {
                "If this browser is in already, open the list of callers. Otherwise start the \
                 console again: it prints a new URL."
            }
            Self::ForeignOrigin => "Go back, reload the page and try again.",
            Self::UnknownCaller => {
                "Find the caller in the list, or search by number. The caller may have been \
                 forgotten."
            }
            Self::UnknownCall => "The call may have reached the end of its retention.",
            Self::UnknownMemory => "Go back and reload the page: it may have been deleted.",
            Self::NoQueue => "Start the system once: it creates the queue.",
            Self::Store(_) | Self::Export(_) => "The page of health says more.",
            Self::Audit(_) => "Check that this user may write to the data folder or the bucket.",
            _ => "",
        }
    }

    /// Whether the browser may be in: then the page links to the console.
    fn may_have_session(&self) -> bool {
        !matches!(self, Self::WrongHost | Self::NoSession)
    }
}

impl From<EraseError> for PageError {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::Archive(error) => Self::Archive(error),
            EraseError::Store(error) => Self::Store(error),
        }
    }
}

impl From<ReplayError> for PageError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Archive(error) => Self::Archive(error),
            ReplayError::Queue(error) => Self::Queue(error),
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            warn!(reason = %self, "console page failed");
        }
        let page = ErrorPage {
            status: status.as_u16(),
            message: self.to_string(),
            advice: self.advice(),
            has_session: self.may_have_session(),
        };
        let html = page.render().unwrap_or_default();
        (status, Html(html)).into_response()
    }
}
