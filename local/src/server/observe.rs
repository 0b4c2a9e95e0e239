//! Counts and times every request by its route, whoever sent it.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use common::measure::{self, InProgress};

/// Anybody can make paths up; they are not given time series.
const NO_ROUTE: &str = "none";

pub(super) async fn observe(request: Request, next: Next) -> Response {
    let (started, method) = (Instant::now(), request.method().clone());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or(NO_ROUTE, MatchedPath::as_str)
        .to_owned();
    let in_progress = InProgress::begin();
    let response = next.run(request).await;
    drop(in_progress);
    measure::http_request(
        &method,
        route,
        response.status().as_u16(),
        started.elapsed(),
    );
    response
}
