//! Logs one line for each request, with route and duration but without callers or content.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::AppState;

/// Counts and logs a request by its route pattern. Forbids caching of the response.
pub(super) async fn log_request(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let route = route.as_deref().unwrap_or("none");
    let status = response.status();
    let duration = started.elapsed();
    state
        .metrics
        .count_request(&method, route, status, duration);
    tracing::info!(
        %method,
        route,
        status = status.as_u16(),
        milliseconds = duration.as_secs_f64() * 1_000.0,
        "request finished"
    );
    response
}
