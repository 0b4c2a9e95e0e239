//! The HTTP server over all routers: bounded in connections, bodies and time, so that nobody can
//! keep others out, and drained when it is asked to stop.

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
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long a whole request may take, its body included. ElevenLabs comes again after a 408.
pub(crate) const REQUEST_TIME: Duration = Duration::from_secs(30);

/// What stands before the webhooks.
pub(crate) struct Front {
    /// What requests without proof may take.
    pub(crate) unauthenticated: Option<Arc<Unauthenticated>>,
    /// Whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Option<AllowList>,
    /// How long a request may take: [`REQUEST_TIME`], or less in tests.
    pub(crate) request_time: Duration,
}

/// The webhooks behind their front.
pub(crate) fn webhooks(routes: Router, front: Front) -> Router {
    let routes = routes
        .fallback(|| async {
            refuse(
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                "There is nothing at this path.",
            )
        })
        .method_not_allowed_fallback(|| async {
            refuse(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "This path takes another method.",
            )
        });
    let routes = match front.unauthenticated {
        Some(state) => routes.layer(middleware::from_fn_with_state(
            state,
            unauthenticated::admit,
        )),
        None => routes,
    };
    routes
        .layer(middleware::from_fn_with_state(front.request_time, in_time))
        .layer(middleware::from_fn_with_state(
            Arc::new(front.trusted_proxies),
            source::told,
        ))
        .layer(middleware::from_fn(observe::observe))
}

/// Serves until `stop` becomes true, then finishes the requests under way.
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

/// Cuts off a request that takes too long: a body that trickles in, above all.
async fn in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| too_slow())
}

fn too_slow() -> Response {
    refuse(
        StatusCode::REQUEST_TIMEOUT,
        "TIMEOUT",
        "The request took too long. Please send it again.",
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

    /// What the server answers to these bytes, and then nothing more from the client.
    async fn answer(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_body_that_trickles_in_is_cut_off_and_others_are_served() {
        let routes = Router::new().route("/words", post(async |words: Bytes| words));
        let front = Front {
            unauthenticated: None,
            trusted_proxies: None,
            request_time: Duration::from_millis(50),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(serve(
            listener,
            webhooks(routes, front),
            Limits::new(2),
            stopped,
        ));
        let head =
            "POST /words HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\n";
        let (half, whole) = (format!("{head}wo"), format!("{head}words"));
        let (slow, quick) = tokio::join!(answer(address, &half), answer(address, &whole));
        assert!(
            slow.starts_with("HTTP/1.1 408") && slow.contains("TIMEOUT"),
            "{slow}"
        );
        assert!(
            quick.starts_with("HTTP/1.1 200") && quick.ends_with("words"),
            "{quick}"
        );
        stop.send(true).unwrap();
        server.await.unwrap().unwrap();
    }
}
