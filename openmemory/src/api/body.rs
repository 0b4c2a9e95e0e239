//! Extractors for request bodies.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::ApiError;

/// The bytes of a body, up to the route's limit.
pub(super) struct RawBody(pub(super) Bytes);

/// A body that is a JSON object.
pub(super) struct JsonObject(pub(super) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await;
        bytes
            .map(Self)
            .map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
                _ => invalid("The body could not be read".to_owned()),
            })
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonObject {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let RawBody(bytes) = RawBody::from_request(request, state).await?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(invalid("The body must be a JSON object".to_owned())),
            Err(error) => Err(not_json(&error)),
        }
    }
}

/// Reports where a body is not the expected JSON, without repeating any of it.
pub(super) fn not_json(error: &serde_json::Error) -> ApiError {
    invalid(format!(
        "The body is not the expected JSON (line {}, column {})",
        error.line(),
        error.column()
    ))
}

fn invalid(message: String) -> ApiError {
    ApiError::Invalid {
        message,
        details: json!({ "field": "body" }),
    }
}
