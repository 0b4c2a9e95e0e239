//! `GET /openapi.json`: what this service takes and answers, open to everybody.

use axum::http::header;
use axum::response::IntoResponse;

/// The document as it is kept in the repository.
const DOCUMENT: &str = include_str!("../../openapi.json");

pub(super) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}
