//! The errors of the API and their responses.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::storage::StorageError;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// A field is missing or invalid; the details name it.
    #[error("{message}")]
    Invalid { message: String, details: Value },
    /// The body exceeds the limit.
    #[error("The body is too large")]
    TooLarge,
    /// The API key is missing or wrong.
    #[error("Invalid or missing API key")]
    Unauthorized,
    /// The client exceeded its rate limit; it may retry after this time.
    #[error("Too many requests; try again later")]
    TooMany(Duration),
    /// The requested object does not exist; the details name it.
    #[error("{message}")]
    NotFound {
        message: &'static str,
        details: Value,
    },
    /// The idempotency key was used before with another body.
    #[error("This idempotency key was used before with another body; nothing was stored")]
    KeyReused,
    /// The state of the callers does not allow the change.
    #[error("{message}")]
    Conflict { message: String },
    /// The service listens on loopback and the `Host` header is not allowed.
    #[error(
        "The Host header is not allowed; if it names this machine, add it to OPENMEMORY_ALLOWED_HOSTS"
    )]
    WrongHost,
    /// A web page of another origin sent the request.
    #[error("Requests from web pages are not allowed")]
    CrossOrigin,
    /// The body is not declared as JSON.
    #[error("The body must have the content type application/json")]
    NotJson,
    /// No route matches the path.
    #[error("No such route")]
    NoRoute,
    /// The route does not support this method.
    #[error("This route does not support this method")]
    WrongMethod,
    /// Storage failed.
    #[error("The database operation failed; try again")]
    Storage(#[source] StorageError),
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            #[cfg(feature = "dynamodb")]
            StorageError::TooLarge => Self::TooLarge,
            error => Self::Storage(error),
        }
    }
}

impl ApiError {
    /// An error about a field of the request.
    pub(crate) fn field(field: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        let field = field.into();
        Self::Invalid {
            message: format!("{field} {reason}"),
            details: json!({ "field": field }),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Invalid { .. } => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NotFound { .. } | Self::NoRoute => StatusCode::NOT_FOUND,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::WrongHost | Self::CrossOrigin => StatusCode::FORBIDDEN,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Storage(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } | Self::TooLarge | Self::WrongMethod | Self::NotJson => {
                "INVALID_REQUEST"
            }
            Self::WrongHost | Self::CrossOrigin => "FORBIDDEN",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::TooMany(_) => "RATE_LIMITED",
            Self::NotFound { .. } | Self::NoRoute => "NOT_FOUND",
            Self::Conflict { .. } => "CONFLICT",
            Self::KeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::Storage(_) => "INTERNAL_ERROR",
        }
    }

    /// The `error` object of the response.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({ "code": self.code(), "message": self.to_string() });
        if let Self::Invalid { details, .. } | Self::NotFound { details, .. } = self {
            body["details"] = details.clone();
        }
        body
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut error = self.body();
        if let Self::Storage(cause) = &self {
            let request_id = format!("req_{}", uuid::Uuid::new_v4().simple());
            tracing::error!(request_id, error = %chain(cause), "request failed");
            error["request_id"] = Value::String(request_id);
        }
        let body = Json(json!({ "status": "error", "error": error }));
        let mut response = (self.status(), body).into_response();
        if matches!(self, Self::Unauthorized) {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Self::TooMany(wait) = self {
            let seconds = HeaderValue::from(wait.as_secs().saturating_add(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// Joins an error and its sources into one text.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
