//! The HTTP face: reads requests, calls the service, writes answers.

mod access;
mod body;
mod browser;
mod caller;
mod callers;
mod clock;
mod document;
mod drafts;
mod export;
mod failure;
mod fields;
mod forget;
mod health;
mod import;
mod memory;
mod metrics;
mod observe;
mod pace;
mod profiles;
mod search;
mod segments;
mod store;
mod times;
mod views;

use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post};
use axum::{Router, middleware};

use crate::limits::MAX_BODY_BYTES;
use crate::start::AppState;
pub(crate) use browser::{Hosts, no_browser};
pub(crate) use clock::now;
use failure::Failure;
pub(crate) use health::Database;

/// Every route of the service, ready to be served or called in a test.
pub fn router(state: AppState) -> Router {
    let guarded = Router::new()
        .route("/api/v1/agents", post(profiles::put))
        .route(
            "/api/v1/agents/{agent_id}/callers/{caller_id}",
            get(profiles::get),
        )
        .route(
            "/api/v1/agents/{agent_id}/callers/{caller_id}/memories",
            get(caller::list),
        )
        .route("/api/v1/memories", post(store::one))
        .route("/api/v1/memories/batch", post(store::batch))
        .route("/api/v1/memories/search", post(search::search))
        .route("/api/v1/memories/{memory_id}", delete(memory::delete))
        .route("/api/v1/callers/{caller_id}", delete(forget::forget))
        .route(
            "/api/v1/callers/{caller_id}/memories",
            get(caller::list_all),
        )
        .route("/api/v1/export", get(export::export))
        .route("/api/v1/import", post(import::import))
        .route("/metrics", get(metrics::metrics))
        .route_layer(middleware::from_fn_with_state(
            state.clone(),
            access::with_key,
        ))
        .route_layer(middleware::from_fn_with_state(
            state.clone(),
            pace::within_budget,
        ));
    Router::new()
        .route("/health", get(health::health))
        .route("/openapi.json", get(document::document))
        .merge(guarded)
        .fallback(async || Failure::NoRoute)
        .method_not_allowed_fallback(async || Failure::WrongMethod)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            observe::observe,
        ))
        .with_state(state)
}
