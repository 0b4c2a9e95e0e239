//! Every way a webhook can be answered with other than success, and the one place that turns it
//! into a status.
//!
//! Outside goes a fixed text; the reason goes to the log, once, here.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;
use tracing::{error, warn};
use uuid::Uuid;

use crate::archive::ArchiveError;
use crate::elevenlabs::auth::AuthError;
use crate::measure;
use crate::queue::QueueError;

/// Why a webhook is not answered with success.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Nothing proves that ElevenLabs, or an agent of ours, sent it. 401, the same for all causes;
    /// 503 while the secrets cannot be read, so that no call is lost to that.
    #[error("not authentic: {0}")]
    Unproven(#[from] AuthError),
    /// Larger than the door takes. 413.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// Bytes the door takes.
        limit: usize,
    },
    /// Authentic, but not what the door asks for. 400 with this text, which holds nothing of the
    /// body.
    #[error("{0}")]
    BadRequest(String),
    /// The connection broke while the body came. 400.
    #[error("the body did not arrive whole")]
    Interrupted,
    /// The payload could not be kept. 503, so that ElevenLabs comes again.
    #[error("the archive refused: {0}")]
    Archive(#[from] ArchiveError),
    /// The payload is kept, but its extraction could not be queued. 503, so that ElevenLabs comes
    /// again.
    #[error("the queue refused: {0}")]
    Queue(#[from] QueueError),
    /// A secret that the work needs is missing. 503 until an operator sets it.
    #[error("{0} is not set")]
    NotSetUp(&'static str),
}

impl WebhookError {
    /// What a broken JSON body is answered with: where it breaks, and never its words.
    #[must_use]
    pub fn from_json(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let place = format!("line {} column {}", error.line(), error.column());
        Self::BadRequest(match error.classify() {
            serde_json::error::Category::Data if text.starts_with("missing field") => text,
            serde_json::error::Category::Data => {
                format!("a field has the wrong type or form at {place}")
            }
            _ => format!("the body is not JSON at {place}"),
        })
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unproven(AuthError::SecretsUnknown) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unproven(_) => StatusCode::UNAUTHORIZED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BadRequest(_) | Self::Interrupted => StatusCode::BAD_REQUEST,
            Self::Archive(_) | Self::Queue(_) | Self::NotSetUp(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unproven(AuthError::SecretsUnknown) => "UNAVAILABLE",
            Self::Unproven(_) => "UNAUTHORIZED",
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::BadRequest(_) | Self::Interrupted => "INVALID_REQUEST",
            Self::Archive(_) | Self::Queue(_) | Self::NotSetUp(_) => "UNAVAILABLE",
        }
    }

    /// What the outside is told.
    fn message(&self) -> String {
        match self {
            Self::Unproven(AuthError::SecretsUnknown) => {
                "The request could not be checked. Please send it again.".to_owned()
            }
            Self::Unproven(_) => "The request could not be authenticated.".to_owned(),
            Self::TooLarge { .. } | Self::BadRequest(_) | Self::Interrupted => self.to_string(),
            Self::Archive(_) | Self::Queue(_) | Self::NotSetUp(_) => {
                "The call could not be kept. Please send it again.".to_owned()
            }
        }
    }
}

impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        let (status, request_id) = (self.status(), request_id());
        match &self {
            Self::Unproven(AuthError::SecretsUnknown)
            | Self::Archive(_)
            | Self::Queue(_)
            | Self::NotSetUp(_) => {
                error!(request_id, status = status.as_u16(), reason = %self, "refused")
            }
            Self::Unproven(_) => {
                measure::webhook_validation_error();
                warn!(request_id, status = status.as_u16(), reason = %self, "refused");
            }
            Self::TooLarge { .. } | Self::BadRequest(_) | Self::Interrupted => {
                warn!(request_id, status = status.as_u16(), reason = %self, "refused")
            }
        }
        let body = json!({"status": "error", "error": {"code": self.code(), "message": self.message(), "request_id": request_id}});
        (status, Json(body)).into_response()
    }
}

/// A fresh id by which an answer is found in the log.
#[must_use]
pub fn request_id() -> String {
    format!("req_{}", Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[test]
    fn a_broken_body_is_described_without_its_words() {
        #[derive(Debug, Deserialize)]
        struct Wanted {
            #[expect(dead_code, reason = "only its type matters")]
            number: u8,
        }
        let reason = |body: &str| {
            WebhookError::from_json(&serde_json::from_str::<Wanted>(body).unwrap_err()).to_string()
        };
        assert_eq!(
            reason(r#"{"number":"+12025550142"}"#),
            "a field has the wrong type or form at line 1 column 24"
        );
        assert_eq!(reason("{}"), "missing field `number` at line 1 column 2");
        assert_eq!(
            reason("{\"number\""),
            "the body is not JSON at line 1 column 9"
        );
    }
}
