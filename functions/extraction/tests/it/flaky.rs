//! A proxy before the memory store that counts what passes and fails now and then: before it passes
//! a request on, or after, when the store has done what was asked and the answer is lost.

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
    passed: Arc<Mutex<Vec<(String, Bytes)>>>,
}

#[derive(Clone)]
struct Proxy {
    store: String,
    http: reqwest::Client,
    random: Arc<Mutex<fastrand::Rng>>,
    /// Of a hundred requests, how many fail before and how many after the store has done what was
    /// asked.
    failing: u32,
    passed: Arc<Mutex<Vec<(String, Bytes)>>>,
}

impl Flaky {
    pub(crate) async fn before(store: String, failing: u32, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let random = Arc::new(Mutex::new(fastrand::Rng::with_seed(seed)));
        let passed = Arc::default();
        let http = common::http_client::build().unwrap();
        let proxy = Proxy {
            store,
            http,
            random,
            failing,
            passed: Arc::clone(&passed),
        };
        let router = Router::new().fallback(pass_on).with_state(proxy);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, passed }
    }

    /// What was asked of the store so far, in order.
    pub(crate) fn passed(&self) -> Vec<String> {
        self.passed
            .lock()
            .unwrap()
            .iter()
            .map(|(asked, _)| asked.clone())
            .collect()
    }

    /// The bodies that came with that, as text.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.passed
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

async fn pass_on(State(proxy): State<Proxy>, request: Request) -> Response {
    let luck = proxy.random.lock().unwrap().u32(0..100);
    if luck < proxy.failing {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let asked = format!("{} {}", parts.method, parts.uri.path());
    proxy.passed.lock().unwrap().push((asked, body.clone()));
    let url = format!("{}{}", proxy.store, parts.uri);
    let request = proxy
        .http
        .request(parts.method, url)
        .header("content-type", "application/json")
        .body(body);
    let Ok(answer) = request.send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let (status, body) = (answer.status(), answer.bytes().await.unwrap_or_default());
    if luck < 2 * proxy.failing {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    (status, Body::from(body)).into_response()
}
