//! Logs one line for each request, with route, duration and trace but without callers or content.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use web::trace::{TRACEPARENT, Trace};

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
    let trace_id = trace_id(request.headers());
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
        trace_id,
        status = status.as_u16(),
        milliseconds = (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0,
        "request finished"
    );
    response
}

/// Returns the id of the trace that the client continues, if it names one.
fn trace_id(headers: &HeaderMap) -> Option<String> {
    let traceparent = headers.get(TRACEPARENT)?.to_str().ok()?;
    Trace::parse(traceparent).map(Trace::id)
}
