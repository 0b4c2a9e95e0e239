//! Counts and times every request by its route.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use common::measure::{self, InProgress};

/// The label of all unknown paths. Clients can invent paths, and each label is a time series.
const NO_ROUTE: &str = "none";

pub(super) async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
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
