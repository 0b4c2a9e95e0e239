//! The model's provider, in the API format of OpenAI. It answers with the order number that the
//! caller names.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::faults::{DeathPoint, Faults};
use crate::plan::{MODEL_TIME, Plan};
use crate::traffic::{content, quote};
use crate::wire::call_in;

#[derive(Clone)]
struct Model {
    clock: Clock,
    plan: Plan,
    faults: Faults,
}

pub(crate) fn routes(clock: Clock, plan: Plan, faults: Faults) -> Router {
    Router::new().fallback(complete).with_state(Model {
        clock,
        plan,
        faults,
    })
}

async fn complete(State(model): State<Model>, body: String) -> Response {
    if model.is_down() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let request: Value = serde_json::from_str(&body).unwrap();
    // The transcript is the end of the last message.
    let prompt = request["messages"].as_array().unwrap().last().unwrap();
    let call = call_in(prompt["content"].as_str().unwrap()).unwrap();
    if model.faults.strike(DeathPoint::Model, call) {
        return std::future::pending().await;
    }
    model.clock.sleep(MODEL_TIME).await;
    if model.is_down() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    answer(call).into_response()
}

impl Model {
    fn is_down(&self) -> bool {
        self.plan.is_outage(self.clock.now())
    }
}

fn answer(call: usize) -> Json<Value> {
    let memory = json!({"content": content(call), "category": "factual", "importance": 6,
        "entities": [], "search_hints": [], "turn": 1, "quote": quote(call), "sensitive": false,
        "repeats": null, "supersedes": null});
    let output = json!({"memories": [memory], "greeting": "Welcome back!", "summary": "An order.",
        "open_issues": [], "caller_name": null, "language": "en"});
    Json(
        json!({"id": "chatcmpl-1", "object": "chat.completion", "model": "simulated",
        "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": output.to_string(), "refusal": null}}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 80, "total_tokens": 980}}),
    )
}
