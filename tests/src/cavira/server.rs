//! The HTTP server of the fake.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::rows::{Row, Rows};

/// The API key that the server requires.
const KEY: &str = "key-of-the-public-server";
/// The only user that the newest build allows for the key.
const TENANT: &str = "e5df5989c22e3986";

/// The build of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// The latest release.
    V130,
    /// A build of the main branch, which allows only one user per key.
    Newest,
    /// A build without support for users.
    Old,
}

/// A response to all requests except for `/health`, if set.
type InjectedFailure = Option<(StatusCode, String)>;

/// A running fake server.
#[derive(Clone)]
pub struct Cavira(Arc<Inner>);

struct Inner {
    address: std::net::SocketAddr,
    build: Build,
    rows: Mutex<Rows>,
    failure: Mutex<InjectedFailure>,
    refuses_patches: Mutex<bool>,
    calls: Mutex<Vec<String>>,
}

impl Cavira {
    /// Starts an empty server of this build.
    pub async fn start(build: Build) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = Self(Arc::new(Inner {
            address: listener.local_addr().unwrap(),
            build,
            rows: Mutex::default(),
            failure: Mutex::default(),
            refuses_patches: Mutex::default(),
            calls: Mutex::default(),
        }));
        tokio::spawn(axum::serve(listener, router(server.clone())).into_future());
        server
    }

    /// The URL of the server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// The API key that the server requires.
    #[must_use]
    pub fn key(&self) -> &'static str {
        KEY
    }

    /// Returns all rows.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.data().all.clone()
    }

    /// Returns the number of rows of a user.
    #[must_use]
    pub fn rows_of(&self, user: &str) -> usize {
        self.data()
            .all
            .iter()
            .filter(|row| row.user == user)
            .count()
    }

    /// Adds a row directly, as another program would.
    pub fn put(&self, user: &str, content: &str, metadata: Value) {
        self.data().add(user, content, metadata);
    }

    /// From now on, returns this response to all requests except for `/health`.
    pub fn fail(&self, status: u16, body: &str) {
        *self.0.failure.lock().unwrap() =
            Some((StatusCode::from_u16(status).unwrap(), body.to_owned()));
    }

    /// Refuses to update rows, so that placeholders can be added but not filled.
    pub fn refuse_patches(&self, refuses: bool) {
        *self.0.refuses_patches.lock().unwrap() = refuses;
    }

    /// Works normally from now on.
    pub fn heal(&self) {
        *self.0.failure.lock().unwrap() = None;
    }

    /// Returns the method and path of each request so far.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.0.calls.lock().unwrap().clone()
    }

    fn data(&self) -> MutexGuard<'_, Rows> {
        self.0.rows.lock().unwrap()
    }
}

fn router(server: Cavira) -> Router {
    let mut router = Router::new()
        .route("/memory/add", post(add))
        .route("/memory/query", post(query))
        .route("/memory/reinforce", post(reinforce))
        .route("/memory/all", get(list_all))
        .route("/memory/{id}", delete(remove).merge(patch(change)));
    if server.0.build != Build::Old {
        router = router.route("/users/{user}/memories", get(list));
    }
    router
        .route("/health", get(health))
        .fallback(async || (StatusCode::NOT_FOUND, "404: Not Found"))
        .layer(DefaultBodyLimit::max(1_000_000))
        .layer(middleware::from_fn_with_state(server.clone(), admit))
        .with_state(server)
}

/// Records the request, returns the injected failure if there is one, and checks the key.
async fn admit(State(server): State<Cavira>, request: Request, next: Next) -> Response {
    server
        .0
        .calls
        .lock()
        .unwrap()
        .push(format!("{} {}", request.method(), request.uri().path()));
    if request.uri().path() == "/health" {
        return next.run(request).await;
    }
    let failure = server.0.failure.lock().unwrap().clone();
    if let Some((status, body)) = failure {
        return (status, body).into_response();
    }
    match key_of(&request).as_deref() {
        None => said(
            401,
            json!({"error": "authentication_required", "message": "API key required"}),
        ),
        Some(KEY) => next.run(request).await,
        Some(_) => said(403, json!({"error": "invalid_api_key"})),
    }
}

fn key_of(request: &Request) -> Option<String> {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    header("x-api-key").or(bearer).map(str::to_owned)
}

async fn health() -> Json<Value> {
    Json(
        json!({"ok": true, "version": "2.0-hsg-tiered", "tier": "hybrid", "dim": 1536, "cache": 3,
        "embedding": {"provider": "synthetic", "dimensions": 1536, "mode": "simple"}}),
    )
}

async fn add(State(server): State<Cavira>, Json(body): Json<Value>) -> Response {
    let Some(content) = body["content"]
        .as_str()
        .filter(|content| !content.is_empty())
    else {
        return said(400, json!({"err": "content"}));
    };
    match server.user(body["user_id"].as_str()) {
        Ok(user) => {
            Json(server.data().add(&user, content, body["metadata"].clone())).into_response()
        }
        Err(refusal) => refusal,
    }
}

async fn query(State(server): State<Cavira>, Json(body): Json<Value>) -> Response {
    let k = usize::try_from(body["k"].as_u64().unwrap_or(8)).unwrap();
    let query = body["query"].as_str().unwrap_or_default();
    match server.user(body["filters"]["user_id"].as_str()) {
        Ok(user) => Json(json!({"query": query, "matches": server.data().query(query, k, &user)}))
            .into_response(),
        Err(refusal) => refusal,
    }
}

async fn reinforce(State(server): State<Cavira>, Json(body): Json<Value>) -> Response {
    match server.data().row(body["id"].as_str().unwrap_or_default()) {
        Some(_) => Json(json!({"ok": true})).into_response(),
        None => said(404, json!({"err": "nf"})),
    }
}

async fn change(
    State(server): State<Cavira>,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    if *server.0.refuses_patches.lock().unwrap() {
        return said(500, json!({"err": "internal"}));
    }
    let mut data = server.data();
    let Some(row) = data.row(&id) else {
        return said(404, json!({"err": "nf"}));
    };
    if body["user_id"]
        .as_str()
        .is_some_and(|user| user != row.user)
    {
        return said(403, json!({"err": "forbidden"}));
    }
    if let Some(content) = body["content"].as_str() {
        content.clone_into(&mut row.content);
    }
    if body["metadata"].is_object() {
        row.metadata = body["metadata"].clone();
    }
    Json(json!({"id": id, "updated": true})).into_response()
}

async fn remove(State(server): State<Cavira>, Path(id): Path<String>, _body: Bytes) -> Response {
    let mut data = server.data();
    let before = data.all.len();
    data.all.retain(|row| row.id != id);
    if data.all.len() < before {
        Json(json!({"ok": true})).into_response()
    } else {
        said(404, json!({"err": "nf"}))
    }
}

async fn list(
    State(server): State<Cavira>,
    Path(user): Path<String>,
    Query(query): Query<HashMap<String, usize>>,
) -> Response {
    // A real server takes a while to list thousands of rows.
    tokio::time::sleep(Duration::from_millis(2)).await;
    match server.user(Some(&user)) {
        Ok(user) => {
            let items = server
                .data()
                .list(Some(&user), limit(&query), offset(&query));
            Json(json!({"user_id": user, "items": items})).into_response()
        }
        Err(refusal) => refusal,
    }
}

async fn list_all(
    State(server): State<Cavira>,
    Query(query): Query<HashMap<String, usize>>,
) -> Json<Value> {
    Json(json!({"items": server.data().list(None, limit(&query), offset(&query))}))
}

fn limit(query: &HashMap<String, usize>) -> usize {
    query.get("l").copied().unwrap_or(100)
}

fn offset(query: &HashMap<String, usize>) -> usize {
    query.get("u").copied().unwrap_or(0)
}

fn said(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

impl Cavira {
    #[expect(
        clippy::result_large_err,
        reason = "the error is the complete response"
    )]
    fn user(&self, requested: Option<&str>) -> Result<String, Response> {
        match (self.0.build, requested) {
            (Build::V130, requested) => Ok(requested.unwrap_or("anonymous").to_owned()),
            (Build::Old, _) => Ok("anonymous".to_owned()),
            (Build::Newest, None | Some(TENANT)) => Ok(TENANT.to_owned()),
            (Build::Newest, Some(_)) => Err(said(
                403,
                json!({"error": "tenant_mismatch", "message": "user_id does not match authenticated tenant"}),
            )),
        }
    }
}
