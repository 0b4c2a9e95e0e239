//! The error responses of webhooks, and the one place that maps errors to status codes.
//!
//! The response holds a fixed text. The reason is logged once, here.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;
use tracing::{error, warn};

use crate::archive::ArchiveError;
use crate::measure;
use crate::queue::QueueError;
use crate::trace;

/// Why a webhook request failed.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The request is not authenticated. 401, with the same response for all causes. Holds the cause
    /// for the log.
    #[error("not authenticated: {0}")]
    Unauthenticated(String),
    /// The secrets cannot be read, so the request cannot be authenticated. 503, so that no call is
    /// lost.
    #[error("not authenticated: the secrets cannot be read")]
    SecretsUnavailable,
    /// The body is larger than the webhook accepts. 413.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// Largest accepted body in bytes.
        limit: usize,
    },
    /// The request is authenticated but invalid. 400 with this text, which holds nothing of the
    /// body.
    #[error("{0}")]
    BadRequest(String),
    /// The connection broke before the whole body arrived. 400.
    #[error("the connection broke before the whole body arrived")]
    Interrupted,
    /// The payload could not be stored. 503, so that ElevenLabs sends it again.
    #[error("could not store the payload: {0}")]
    Archive(#[from] ArchiveError),
    /// The caller's wish could not be recorded. 503, so that the agent asks again.
    #[error("could not record the caller's wish: {0}")]
    NotRecorded(ArchiveError),
    /// The payload is stored, but its extraction could not be queued. 503, so that ElevenLabs sends
    /// it again.
    #[error("could not queue the extraction: {0}")]
    Queue(#[from] QueueError),
    /// A required secret is missing. 503 until an operator sets it.
    #[error("{0} is not set")]
    MissingSecret(&'static str),
}

impl WebhookError {
    /// Describes a JSON error by its place, without any content of the body.
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
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BadRequest(_) | Self::Interrupted => StatusCode::BAD_REQUEST,
            Self::SecretsUnavailable
            | Self::Archive(_)
            | Self::NotRecorded(_)
            | Self::Queue(_)
            | Self::MissingSecret(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "UNAUTHORIZED",
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::BadRequest(_) | Self::Interrupted => "INVALID_REQUEST",
            Self::SecretsUnavailable
            | Self::Archive(_)
            | Self::NotRecorded(_)
            | Self::Queue(_)
            | Self::MissingSecret(_) => "UNAVAILABLE",
        }
    }

    /// Returns the message of the response.
    fn message(&self) -> String {
        match self {
            Self::SecretsUnavailable => {
                "The request could not be checked. Please send it again.".to_owned()
            }
            Self::Unauthenticated(_) => "The request could not be authenticated.".to_owned(),
            Self::TooLarge { .. } | Self::BadRequest(_) | Self::Interrupted => self.to_string(),
            Self::NotRecorded(_) => {
                "The request could not be recorded. Please send it again.".to_owned()
            }
            Self::Archive(_) | Self::Queue(_) | Self::MissingSecret(_) => {
                "The call could not be stored. Please send it again.".to_owned()
            }
        }
    }
}

impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        let status = self.status();
        let request_id = trace::request_id();
        match &self {
            Self::SecretsUnavailable
            | Self::Archive(_)
            | Self::NotRecorded(_)
            | Self::Queue(_)
            | Self::MissingSecret(_) => {
                error!(status = status.as_u16(), reason = %self, "request refused")
            }
            Self::Unauthenticated(_) => {
                measure::webhook_validation_error();
                warn!(status = status.as_u16(), reason = %self, "request refused");
            }
            Self::TooLarge { .. } | Self::BadRequest(_) | Self::Interrupted => {
                warn!(status = status.as_u16(), reason = %self, "request refused")
            }
        }
        let error = json!({
            "code": self.code(),
            "message": self.message(),
            "request_id": request_id,
        });
        let body = json!({"status": "error", "error": error});
        (status, Json(body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[test]
    fn an_invalid_body_is_described_without_its_content() {
        #[derive(Debug, Deserialize)]
        struct Body {
            #[expect(dead_code, reason = "only its type matters")]
            number: u8,
        }
        let describe = |body: &str| {
            WebhookError::from_json(&serde_json::from_str::<Body>(body).unwrap_err()).to_string()
        };
        assert_eq!(
            describe(r#"{"number":"+12025550142"}"#),
            "a field has the wrong type or form at line 1 column 24"
        );
        assert_eq!(describe("{}"), "missing field `number` at line 1 column 2");
        assert_eq!(
            describe("{\"number\""),
            "the body is not JSON at line 1 column 9"
        );
    }
}
