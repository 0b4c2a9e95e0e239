//! Enforces the rate limit for each client address.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::{ApiError, AppState};

/// Rejects requests of a client that has used up its budget.
pub(super) async fn enforce_rate_limit(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Some(limit) = &state.rate_limit {
        let client = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip());
        limit.admit(client).map_err(ApiError::TooMany)?;
    }
    Ok(next.run(request).await)
}
