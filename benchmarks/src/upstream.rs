//! Stubs of everything that the functions call: OpenMemory, S3, SQS, DynamoDB and a model provider. They
//! always give the same answer, at once or after a delay, and count requests. They serve plain
//! HTTP, and TLS with their own certificate.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post, put};
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::Failure;
use crate::call;
use crate::dynamodb;
use crate::tls::TlsEndpoint;

/// How the operations of DynamoDB begin.
const DYNAMODB: &str = "DynamoDB_20120810";

/// Delay of each stub's answers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pauses {
    pub(crate) openmemory: Duration,
    pub(crate) aws: Duration,
    pub(crate) model: Duration,
}

/// The stubs, all on one port.
#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    pub(crate) tls: TlsEndpoint,
    asked: Arc<RequestState>,
}

/// Delays and request counts, shared with the handlers.
#[derive(Default)]
struct RequestState {
    pauses: Mutex<Pauses>,
    counts: Mutex<BTreeMap<&'static str, u32>>,
}

impl Upstream {
    /// Starts listening on a free port.
    pub(crate) async fn start() -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let asked = Arc::<RequestState>::default();
        let routes = routes().layer(middleware::from_fn_with_state(
            Arc::clone(&asked),
            answer_after_pause,
        ));
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
            let _ = stream.set_nodelay(true);
        });
        tokio::spawn(axum::serve(listener, routes.clone()).into_future());
        Ok(Self {
            address,
            tls: TlsEndpoint::start(routes).await?,
            asked,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets the delay of all further answers.
    pub(crate) fn pause(&self, pauses: Pauses) {
        *lock(&self.asked.pauses) = pauses;
    }

    /// Returns the number of requests to each stub since the last call.
    pub(crate) fn take_counts(&self) -> BTreeMap<&'static str, u32> {
        std::mem::take(&mut *lock(&self.asked.counts))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn routes() -> Router {
    Router::new()
        .route("/api/v1/agents/{agent}/callers/{caller}", get(profile))
        .route("/api/v1/agents", post(ok))
        .route("/api/v1/memories/search", post(search))
        .route("/api/v1/memories/batch", post(batch))
        .route("/health", get(store_health))
        .route("/v1/chat/completions", post(model))
        .route("/v1/models", get(ok))
        .route("/", post(aws_json))
        .route("/bucket/{*key}", put(s3_put).get(s3_get).head(absent))
        .fallback(any(absent))
}

async fn answer_after_pause(
    State(asked): State<Arc<RequestState>>,
    request: Request,
    next: Next,
) -> Response {
    let name = name(&request);
    *lock(&asked.counts).entry(name).or_default() += 1;
    let pauses = *lock(&asked.pauses);
    let pause = match name {
        "model" => pauses.model,
        "dynamodb" | "s3 reads" | "s3 writes" | "sqs" => pauses.aws,
        _ => pauses.openmemory,
    };
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
    next.run(request).await
}

fn name(request: &Request) -> &'static str {
    match request.uri().path() {
        "/" if target(request.headers()).starts_with(DYNAMODB) => "dynamodb",
        "/" => "sqs",
        path if path.starts_with("/bucket") && request.method() == Method::PUT => "s3 writes",
        path if path.starts_with("/bucket") => "s3 reads",
        path if path.starts_with("/v1/") => "model",
        _ => "openmemory",
    }
}

async fn ok() -> Json<Value> {
    Json(json!({"status": "success", "expires_at": "2099-01-01T00:00:00Z"}))
}

async fn absent() -> StatusCode {
    StatusCode::NOT_FOUND
}

async fn store_health() -> Json<Value> {
    Json(
        json!({"status": "healthy", "version": "1.0.0", "database": "connected", "extensions": ["supersede"]}),
    )
}

/// Returns a caller card, or the agent's profile if the caller is `*`.
async fn profile(Path((agent, caller)): Path<(String, String)>) -> Json<Value> {
    let data = if caller == "*" {
        json!({"name": "Nursery", "first_message": "Good morning, how can I help?", "language": "en",
            "refresh_after": "2099-01-01T00:00:00Z"})
    } else {
        call::card()
    };
    Json(
        json!({"agent_id": agent, "caller_id": caller, "profile_data": data, "memory_count": 12,
        "expires_at": "2099-01-01T00:00:00Z", "created_at": "2026-01-01T10:00:00Z"}),
    )
}

/// Returns as many memories of the caller as requested.
async fn search(Json(asked): Json<Value>) -> Json<Value> {
    let limit = asked["limit"].as_u64().unwrap_or(5).min(10);
    let agent = asked["agent_id"].as_str().unwrap_or(call::AGENT);
    let memory = |number: u64| {
        json!({"memory_id": format!("mem_{number}"), "content": call::memory(number),
            "relevance_score": 0.95 - number as f64 / 100.0, "importance": 10 - number, "created_at": "2026-01-01T10:00:00Z",
            "metadata": {"caller_id": asked["caller_id"], "agent_id": agent, "conversation_id": "conv_earlier",
                "category": "preference", "timestamp": "2026-01-01T10:00:00Z", "reinforcement_count": 1,
                "entities": ["tree"], "tags": ["tree"], "importance": 10 - number}})
    };
    let memories: Vec<Value> = (0..limit).map(memory).collect();
    Json(
        json!({"status": "success", "total_count": memories.len(), "memories": memories, "search_time_ms": 1}),
    )
}

async fn batch(Json(asked): Json<Value>) -> Json<Value> {
    let count = asked["memories"].as_array().map_or(0, Vec::len);
    let result = |number: usize| json!({"status": "success", "memory_id": format!("mem_new_{number}"), "action": "stored"});
    Json(json!({"status": "success", "results": (0..count).map(result).collect::<Vec<_>>()}))
}

/// Returns the response of a model that extracted eight memories from the call.
async fn model() -> Json<Value> {
    Json(
        json!({"choices": [{"message": {"role": "assistant", "content": call::extracted().to_string(), "refusal": null},
            "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3200, "completion_tokens": 900, "prompt_tokens_details": {"cached_tokens": 1024}}}),
    )
}

/// Answers the services that name the operation in a header.
async fn aws_json(headers: HeaderMap, body: Bytes) -> Response {
    let target = target(&headers);
    let answer = match target.rsplit_once('.') {
        Some((DYNAMODB, operation)) => {
            let request = serde_json::from_slice(&body).unwrap_or_default();
            dynamodb::answer(operation, &request)
        }
        Some((_, "SendMessage")) => json!({
            "MD5OfMessageBody": "d41d8cd98f00b204e9800998ecf8427e",
            "MessageId": "00000000-0000-4000-8000-000000000002",
        }),
        _ => json!({}),
    };
    let json = [("content-type", "application/x-amz-json-1.0")];
    (json, answer.to_string()).into_response()
}

fn target(headers: &HeaderMap) -> &str {
    headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default()
}

async fn s3_put(_: Bytes) -> impl IntoResponse {
    [("etag", "\"d41d8cd98f00b204e9800998ecf8427e\"")]
}

/// Transcriptions exist, but results of earlier extractions do not, so that each invocation does
/// all of its work.
async fn s3_get(Path(key): Path<String>) -> Response {
    if key.starts_with("payloads/") {
        return call::body().into_response();
    }
    let missing = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>It is not there.</Message></Error>";
    (StatusCode::NOT_FOUND, missing).into_response()
}
