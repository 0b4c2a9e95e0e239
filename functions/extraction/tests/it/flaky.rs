//! A proxy in front of the memory store that records requests and fails at random: either before
//! forwarding a request, or afterwards, so that the store's response is lost.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::net::TcpListener;

#[derive(Clone)]
pub(crate) struct Flaky {
    address: std::net::SocketAddr,
    requests: Arc<Mutex<Vec<(String, Bytes)>>>,
}

#[derive(Clone)]
struct Proxy {
    store: String,
    http: reqwest::Client,
    random: Arc<Mutex<fastrand::Rng>>,
    /// The percentage of requests that fail before forwarding, and of those that fail afterwards.
    failure_percent: u32,
    requests: Arc<Mutex<Vec<(String, Bytes)>>>,
}

impl Flaky {
    pub(crate) async fn before(store: String, failure_percent: u32, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let random = Arc::new(Mutex::new(fastrand::Rng::with_seed(seed)));
        let requests = Arc::default();
        let http = common::http_client::build().unwrap();
        let proxy = Proxy {
            store,
            http,
            random,
            failure_percent,
            requests: Arc::clone(&requests),
        };
        let router = Router::new().fallback(forward).with_state(proxy);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, requests }
    }

    /// Returns the method and path of each request so far, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests
            .lock()
            .unwrap()
            .iter()
            .map(|(request, _)| request.clone())
            .collect()
    }

    /// Returns the request bodies as text.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.requests
            .lock()
            .unwrap()
            .iter()
            .map(|(_, body)| String::from_utf8_lossy(body).into_owned())
            .collect()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn forward(State(proxy): State<Proxy>, request: Request) -> Response {
    let luck = proxy.random.lock().unwrap().u32(0..100);
    if luck < proxy.failure_percent {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let summary = format!("{} {}", parts.method, parts.uri.path());
    proxy.requests.lock().unwrap().push((summary, body.clone()));
    let url = format!("{}{}", proxy.store, parts.uri);
    let request = proxy
        .http
        .request(parts.method, url)
        .header("content-type", "application/json")
        .body(body);
    let Ok(response) = request.send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let status = response.status();
    let body = response.bytes().await.unwrap_or_default();
    if luck < 2 * proxy.failure_percent {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    (status, Body::from(body)).into_response()
}
