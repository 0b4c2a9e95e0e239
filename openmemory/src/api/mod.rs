//! The HTTP API: reads requests, calls the memory service, writes responses.

mod api_key;
mod body;
mod browser_guard;
mod callers;
mod database_status;
mod delete;
mod drafts;
mod edit;
mod error;
mod export;
mod fields;
mod forget;
mod health;
mod identities;
mod import;
mod list;
mod list_callers;
mod metrics;
mod openapi;
mod params;
mod profiles;
mod rate_limit;
mod rate_limiter;
mod request_log;
mod responses;
mod search;
mod service_metrics;
mod state;
mod store;
mod times;
mod transfer;

use axum::extract::DefaultBodyLimit;
use axum::routing::{self, get, post};
use axum::{Router, middleware};

use crate::limits::MAX_BODY_BYTES;
pub(crate) use browser_guard::{AllowedHosts, reject_browsers};
use error::ApiError;
pub use state::AppState;

/// Builds the router with all routes of the service.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/health", get(health::health))
        .route("/openapi.json", get(openapi::openapi))
        .merge(guarded_routes(&state))
        .fallback(async || ApiError::NoRoute)
        .method_not_allowed_fallback(async || ApiError::WrongMethod)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            request_log::log_request,
        ))
        .with_state(state)
}

/// The routes that require the key and count towards the rate limit.
fn guarded_routes(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/api/v1/agents", post(profiles::put))
        .route(
            "/api/v1/agents/{agent_id}/callers/{caller_id}",
            get(profiles::get),
        )
        .route(
            "/api/v1/agents/{agent_id}/callers/{caller_id}/memories",
            get(list::list_for_agent),
        )
        .route("/api/v1/memories", post(store::single))
        .route("/api/v1/memories/batch", post(store::batch))
        .route("/api/v1/memories/search", post(search::search))
        .route(
            "/api/v1/memories/{memory_id}",
            routing::delete(delete::delete).patch(edit::edit),
        )
        .route("/api/v1/callers", get(list_callers::list_callers))
        .route(
            "/api/v1/callers/{caller_id}",
            routing::delete(forget::forget),
        )
        .route(
            "/api/v1/callers/{caller_id}/identities",
            get(identities::list).post(identities::link),
        )
        .route(
            "/api/v1/callers/{caller_id}/identities/{identity}",
            routing::delete(identities::unlink),
        )
        .route(
            "/api/v1/callers/{caller_id}/memories",
            get(list::list_for_caller),
        )
        .route("/api/v1/export", get(export::export))
        .route("/api/v1/import", post(import::import))
        .route("/metrics", get(metrics::metrics))
        .route_layer(middleware::from_fn_with_state(
            state.clone(),
            api_key::require_api_key,
        ))
        .route_layer(middleware::from_fn_with_state(
            state.clone(),
            rate_limit::enforce_rate_limit,
        ))
}
