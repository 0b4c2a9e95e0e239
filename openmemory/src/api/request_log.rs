//! One log line for each call: what and how long, never who or about what.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::start::AppState;

/// Counts and logs a call by its route pattern, and keeps answers out of caches.
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
    let (status, took) = (response.status().as_u16(), started.elapsed());
    state.metrics.count(known(&method), route, status, took);
    tracing::info!(
        %method,
        route,
        status,
        milliseconds = took.as_secs_f64() * 1_000.0,
        "answered"
    );
    response
}

/// A client may make methods up; they are not given room among the counts.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::POST
        | Method::DELETE
        | Method::PUT
        | Method::PATCH
        | Method::HEAD => method.as_str(),
        _ => "other",
    }
}
