//! The real memory store on SQLite, behind a server that can be down.

use std::collections::HashMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use openmemory::{AppState, Settings};
use serde_json::Value;
use tower::ServiceExt;

use crate::clock::Clock;
use crate::faults::{DeathPoint, Faults};
use crate::plan::Plan;
use crate::wire::call_in;

/// A path whose requests store memories.
const BATCH: &str = "/api/v1/memories/batch";

/// A memory store. It has no faults when it is read.
#[derive(Clone)]
pub(crate) struct Store(AppState);

#[derive(Clone)]
struct Outside {
    clock: Clock,
    plan: Plan,
    faults: Faults,
}

impl Store {
    pub(crate) async fn open() -> Self {
        let settings = Settings::new("sqlite::memory:", ([127, 0, 0, 1], 0).into());
        Self(openmemory::open(&settings).await.unwrap())
    }

    /// Returns the routes with faults.
    pub(crate) fn routes(&self, clock: Clock, plan: Plan, faults: Faults) -> Router {
        let outside = Outside {
            clock,
            plan,
            faults,
        };
        openmemory::router(self.0.clone()).layer(middleware::from_fn_with_state(outside, pass))
    }

    /// Returns how many memories each call has in the store.
    pub(crate) async fn memories_by_call(&self) -> HashMap<usize, usize> {
        let request = Request::get("/api/v1/export").body(Body::empty()).unwrap();
        let response = openmemory::router(self.0.clone()).oneshot(request).await;
        let body = to_bytes(response.unwrap().into_body(), usize::MAX).await;
        let export: Value = serde_json::from_slice(&body.unwrap()).unwrap();
        let mut counts = HashMap::new();
        for memory in export["memories"].as_array().unwrap() {
            let call = call_in(memory["content"].as_str().unwrap()).unwrap();
            *counts.entry(call).or_default() += 1;
        }
        counts
    }
}

/// Passes a request on, unless the store is down. The worker of a call may die when its memories
/// are stored.
async fn pass(State(outside): State<Outside>, request: Request, next: Next) -> Response {
    if outside.plan.is_outage(outside.clock.now()) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if request.uri().path() != BATCH {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let call = call_in(std::str::from_utf8(&body).unwrap()).unwrap();
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if outside.faults.strike(DeathPoint::Stored, call) {
        return std::future::pending().await;
    }
    response
}
