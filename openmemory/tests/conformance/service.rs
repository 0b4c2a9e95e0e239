//! A service with its own database, and helpers to send requests to it.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use openmemory::{AppState, Settings, open, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::database::Database;
use crate::document;

pub(crate) const ALICE: &str = "+12025550101";
pub(crate) const BOB: &str = "+12025550102";

/// A service under test. Dropping it deletes its database.
pub(crate) struct Service {
    router: Router,
    state: AppState,
    database: Database,
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::with(|settings| settings).await
    }

    pub(crate) async fn with(adjust: impl FnOnce(Settings) -> Settings) -> Self {
        Self::on(Database::fresh().await, adjust).await
    }

    /// Starts another instance on the same database.
    pub(crate) async fn second_instance(&self) -> Self {
        Self::on(self.database.clone(), |settings| settings).await
    }

    /// Runs an SQL statement on its database, for states that no request can create. Returns
    /// whether the database understands SQL.
    pub(crate) async fn execute(&self, statement: &'static str) -> bool {
        self.database.execute(statement).await
    }

    /// Starts another instance with other settings on the same database.
    #[cfg(feature = "dynamodb")]
    pub(crate) async fn another_instance(&self, adjust: impl FnOnce(Settings) -> Settings) -> Self {
        Self::on(self.database.clone(), adjust).await
    }

    /// The URL of its database.
    #[cfg(feature = "dynamodb")]
    pub(crate) fn url(&self) -> String {
        self.database.url()
    }

    /// The name of its DynamoDB table.
    #[cfg(feature = "dynamodb")]
    pub(crate) fn table(&self) -> String {
        self.url().replace("dynamodb://", "")
    }

    /// Closes the service and opens another on the same database.
    pub(crate) async fn restart(self) -> Self {
        self.restart_with(|settings| settings).await
    }

    /// Closes the service and opens another with other settings on the same database.
    pub(crate) async fn restart_with(self, adjust: impl FnOnce(Settings) -> Settings) -> Self {
        self.state.close().await;
        Self::on(self.database, adjust).await
    }

    pub(crate) async fn on(database: Database, adjust: impl FnOnce(Settings) -> Settings) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let settings = Settings::new(database.url(), listen)
            .with_pool(4, 2)
            .with_table_scans(true);
        #[cfg(feature = "dynamodb")]
        let settings =
            settings.with_dynamodb_key_pepper(Some(crate::table::PEPPER.to_owned().into()));
        let state = open(&adjust(settings)).await.unwrap();
        Self {
            router: router(state.clone()),
            state,
            database,
        }
    }

    pub(crate) async fn raw(&self, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        (
            status,
            to_bytes(response.into_body(), usize::MAX)
                .await
                .unwrap()
                .to_vec(),
        )
    }

    /// Sends a request and checks the response against the OpenAPI document.
    pub(crate) async fn call(&self, request: Request<Body>) -> (StatusCode, Value) {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let (status, body) = self.raw(request).await;
        let body = serde_json::from_slice(&body)
            .unwrap_or_else(|_| panic!("the {status} response is not JSON: {body:?}"));
        document::check(&method, &path, status, &body);
        (status, body)
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        self.call(request(method, path, body, &[])).await
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call(request(Method::GET, path, &Value::Null, &[]))
            .await
    }

    pub(crate) async fn delete(&self, path: &str) -> (StatusCode, Value) {
        self.call(request(Method::DELETE, path, &Value::Null, &[]))
            .await
    }

    /// Posts and expects success.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.send(Method::POST, path, &body).await;
        assert_eq!(status, StatusCode::OK, "{path} {body} -> {answer}");
        answer
    }

    /// Posts and expects an error 400.
    pub(crate) async fn rejected(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.send(Method::POST, path, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path} -> {answer}");
        assert_eq!(answer["status"], "error");
        assert_eq!(answer["error"]["code"], "INVALID_REQUEST");
        answer
    }

    /// Posts with an idempotency key in the header and expects success.
    pub(crate) async fn post_once(&self, path: &str, key: &str, body: &Value) -> Value {
        let request = request(Method::POST, path, body, &[("idempotency-key", key)]);
        let (status, answer) = self.call(request).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    pub(crate) async fn store(&self, caller: &str, content: &str) -> Value {
        self.post("/api/v1/memories", memory(caller, content)).await
    }

    pub(crate) async fn batch(&self, memories: Vec<Value>) -> Vec<Value> {
        let answer = self
            .post("/api/v1/memories/batch", json!({ "memories": memories }))
            .await;
        answer["results"].as_array().unwrap().clone()
    }

    pub(crate) async fn search(&self, caller: &str, query: &str) -> Vec<Value> {
        let body = json!({ "caller_id": caller, "query": query, "limit": 100 });
        let answer = self.post("/api/v1/memories/search", body).await;
        answer["memories"].as_array().unwrap().clone()
    }

    /// Searches and returns the contents of the hits, best first.
    pub(crate) async fn found(&self, caller: &str, query: &str) -> Vec<String> {
        self.search(caller, query)
            .await
            .iter()
            .map(|memory| memory["content"].as_str().unwrap().to_owned())
            .collect()
    }
}

pub(crate) fn request(
    method: Method,
    path: &str,
    body: &Value,
    headers: &[(&str, &str)],
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() {
        Body::empty()
    } else {
        Body::from(body.to_string())
    };
    request
        .header("content-type", "application/json")
        .body(body)
        .unwrap()
}

/// A memory of the agent "support" with importance 5.
pub(crate) fn memory(caller: &str, content: &str) -> Value {
    json!({ "agent_id": "support", "caller_id": caller, "content": content, "importance": 5 })
}

/// The same with more fields.
pub(crate) fn memory_with(caller: &str, content: &str, more: Value) -> Value {
    let mut memory = memory(caller, content);
    for (name, value) in more.as_object().unwrap() {
        memory[name] = value.clone();
    }
    memory
}

pub(crate) fn id(result: &Value) -> String {
    result["memory_id"].as_str().unwrap().to_owned()
}
