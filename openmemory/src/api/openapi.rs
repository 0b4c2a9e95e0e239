//! `GET /openapi.json`: the OpenAPI document of this service, readable without a key.

use axum::http::header;
use axum::response::IntoResponse;

/// The document from the repository.
const DOCUMENT: &str = include_str!("../../openapi.json");

pub(super) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}
