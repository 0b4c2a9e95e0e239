//! The HTTP server for all routers. Connections, bodies and request times are limited, so that no
//! client can lock out others. On shutdown, requests in progress are finished.

mod bodies;
mod observe;
mod source;
mod unauthenticated;

pub(crate) use unauthenticated::Unauthenticated;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use bounded_server::Limits;
use common::settings::AllowList;
use common::trace::{self, IncomingTrace};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Timeout of a request, including its body. ElevenLabs retries after a 408.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The protection of the webhooks.
pub(crate) struct Protection {
    /// Limits for unauthenticated requests.
    pub(crate) unauthenticated: Option<Arc<Unauthenticated>>,
    /// The proxies whose `X-Forwarded-For` header is trusted.
    pub(crate) trusted_proxies: Option<AllowList>,
    /// Timeout of a request: [`REQUEST_TIMEOUT`], or less in tests.
    pub(crate) request_timeout: Duration,
}

/// Wraps the webhook routes with fallbacks, limits and metrics.
pub(crate) fn webhooks(routes: Router, protection: Protection) -> Router {
    let routes = routes
        .fallback(|| async {
            refuse(
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                "This path does not exist.",
            )
        })
        .method_not_allowed_fallback(|| async {
            refuse(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "This path does not support this method.",
            )
        });
    let routes = match protection.unauthenticated {
        Some(state) => routes.layer(middleware::from_fn_with_state(
            state,
            unauthenticated::admit,
        )),
        None => routes,
    };
    routes
        .layer(middleware::from_fn_with_state(
            protection.request_timeout,
            limit_time,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::new(protection.trusted_proxies),
            source::set_source,
        ))
        .layer(middleware::from_fn(observe::observe))
        .layer(middleware::from_fn(async |request: Request, next: Next| {
            let incoming = IncomingTrace::read(request.headers());
            trace::in_request(incoming, next.run(request)).await
        }))
}

/// Serves until `stop` becomes true, then finishes the requests in progress.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    bounded_server::serve(listener, routes, limits, async move {
        drop(stop.wait_for(|stop| *stop).await)
    })
    .await;
    Ok(())
}

/// Aborts a request that exceeds the time limit, usually because its body arrives slowly.
async fn limit_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| too_slow())
}

fn too_slow() -> Response {
    refuse(
        StatusCode::REQUEST_TIMEOUT,
        "TIMEOUT",
        "The request took too long. Send it again.",
    )
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    (
        status,
        Json(json!({"status": "error", "error": {"code": code, "message": message}})),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::routing::post;
    use std::net::SocketAddr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    /// Sends these bytes and nothing more; returns the response.
    async fn response_to(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response
    }

    #[tokio::test]
    async fn a_request_with_an_incomplete_body_is_aborted_and_others_are_served() {
        let routes = Router::new().route("/words", post(async |words: Bytes| words));
        let protection = Protection {
            unauthenticated: None,
            trusted_proxies: None,
            request_timeout: Duration::from_millis(50),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(serve(
            listener,
            webhooks(routes, protection),
            Limits::new(2),
            stopped,
        ));
        let head =
            "POST /words HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\n";
        let partial = format!("{head}wo");
        let complete = format!("{head}words");
        let (aborted, served) = tokio::join!(
            response_to(address, &partial),
            response_to(address, &complete)
        );
        assert!(
            aborted.starts_with("HTTP/1.1 408") && aborted.contains("TIMEOUT"),
            "{aborted}"
        );
        assert!(
            served.starts_with("HTTP/1.1 200") && served.ends_with("words"),
            "{served}"
        );
        stop.send(true).unwrap();
        server.await.unwrap().unwrap();
    }
}
