//! Requires the API key.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use secrecy::ExposeSecret;

use super::ApiError;
use super::AppState;

/// Rejects requests without the key in `Authorization: Bearer` or `x-api-key`. Accepts every
/// request if no key is set.
pub(super) async fn require_api_key(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let admitted = state
        .api_key
        .as_ref()
        .is_none_or(|key| carries(request.headers(), key.expose_secret()));
    if admitted {
        Ok(next.run(request).await)
    } else {
        Err(ApiError::Unauthorized)
    }
}

fn carries(headers: &HeaderMap, key: &str) -> bool {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| bearer(value.as_bytes()));
    let plain = headers.get("x-api-key").map(|value| value.as_bytes());
    [bearer, plain]
        .into_iter()
        .flatten()
        .any(|given| web::key::is_valid(given, [key.as_bytes()]))
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, key) = value.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then_some(key.trim_ascii())
}
