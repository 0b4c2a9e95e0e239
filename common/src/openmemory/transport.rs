//! How requests reach the memory store: over the network or, if the store runs in this process, as a
//! function call.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use reqwest::RequestBuilder;
use tower::ServiceExt;

use crate::http_client::{CallError, HttpResponse, send_idempotent};

/// The way to the memory store; cheap to clone.
#[derive(Debug, Clone)]
pub struct Transport {
    http: reqwest::Client,
    service: Option<Router>,
}

impl Transport {
    /// Calls `service`, the routes of a store in this process, without a connection. Exports and
    /// imports, whose bodies are streams, still go to the store's URL through `http`.
    #[must_use]
    pub fn in_process(http: reqwest::Client, service: Router) -> Self {
        Self {
            http,
            service: Some(service),
        }
    }

    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Sends an idempotent request and reads the whole response, whatever its status. The request
    /// may arrive twice. A store in this process gets at most `limit`; other requests have their
    /// own.
    pub(super) async fn send(
        &self,
        request: RequestBuilder,
        limit: Duration,
    ) -> Result<HttpResponse, CallError> {
        let Some(service) = &self.service else {
            return send_idempotent(request).await;
        };
        let call = Box::pin(call(service.clone(), request));
        tokio::time::timeout(limit, call)
            .await
            .unwrap_or(Err(CallError::TimedOut))
    }
}

impl From<reqwest::Client> for Transport {
    fn from(http: reqwest::Client) -> Self {
        Self {
            http,
            service: None,
        }
    }
}

async fn call(service: Router, request: RequestBuilder) -> Result<HttpResponse, CallError> {
    let request = request
        .build()
        .and_then(http::Request::<reqwest::Body>::try_from)
        .map_err(|error| CallError::from_reqwest(&error))?;
    let Ok(response) = service.oneshot(request.map(Body::new)).await;
    HttpResponse::read(response).await
}

#[cfg(test)]
mod tests {
    use axum::extract::Path;
    use axum::http::StatusCode;
    use axum::routing::{get, post};

    use super::*;
    use crate::http_client::build;

    const LIMIT: Duration = Duration::from_secs(5);

    fn transport(service: Router) -> Transport {
        Transport::in_process(build().unwrap(), service)
    }

    /// Returns a request to an address at which nothing listens.
    fn request(transport: &Transport, method: http::Method, path: &str) -> RequestBuilder {
        let url = format!("http://127.0.0.1:1{path}");
        transport.http().request(method, url)
    }

    #[tokio::test]
    async fn a_store_in_this_process_gets_the_request_without_a_connection() {
        let echo = async |Path(name): Path<String>, body: String| format!("{name}: {body}");
        let transport = transport(Router::new().route("/callers/{name}", post(echo)));
        let request = request(&transport, http::Method::POST, "/callers/%2B1555").body("text");
        let response = transport.send(request, LIMIT).await.unwrap();
        assert_eq!(response.status, StatusCode::OK);
        assert_eq!(response.body(), b"+1555: text");
    }

    #[tokio::test]
    async fn an_error_status_of_a_store_in_this_process_is_not_an_error_of_the_transport() {
        let overloaded = async || (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")]);
        let transport = transport(Router::new().route("/", get(overloaded)));
        let request = request(&transport, http::Method::GET, "/");
        let error = transport.send(request, LIMIT).await.unwrap().error();
        let pause = Duration::from_secs(7);
        assert_eq!(error, Some(CallError::Throttled(Some(pause))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_in_this_process_that_hangs_times_out() {
        let transport = transport(Router::new().route("/", get(std::future::pending::<()>)));
        let request = request(&transport, http::Method::GET, "/");
        let error = transport.send(request, LIMIT).await.err();
        assert_eq!(error, Some(CallError::TimedOut));
    }
}
