//! The HTTP server over all routers: bounded in connections, headers and time, so that nobody can keep others out by being
//! slow, and drained when it is asked to stop.

mod knocks;
mod observe;
mod source;

pub(crate) use knocks::Knocks;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use common::settings::AllowList;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;
use tracing::{debug, warn};

/// How long the head of a request may take, and how long a connection may idle.
const HEADER_TIME: Duration = Duration::from_secs(15);
/// How long a whole request may take, its body included. ElevenLabs comes again after a 408.
pub(crate) const REQUEST_TIME: Duration = Duration::from_secs(30);
/// Largest head of a request, in bytes.
const MAX_HEADER_SIZE: usize = 16 * 1024;
/// The pause after a connection could not be accepted because the process has too many files open.
const AFTER_REFUSAL: Duration = Duration::from_millis(200);

/// What stands before the webhooks.
pub(crate) struct Front {
    /// Who is slowed down, if anybody is.
    pub(crate) knocks: Option<Arc<Knocks>>,
    /// Whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Option<AllowList>,
    /// How long a request may take: [`REQUEST_TIME`], or less in tests.
    pub(crate) request_time: Duration,
}

/// The webhooks behind their front.
pub(crate) fn webhooks(routes: Router, front: Front) -> Router {
    let routes = routes
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this path.") })
        .method_not_allowed_fallback(|| async {
            refuse(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "This path takes another method.")
        })
        .layer(middleware::from_fn_with_state(front.request_time, in_time));
    let routes = match front.knocks {
        Some(knocks) => routes.layer(middleware::from_fn_with_state(knocks, knocks::admit)),
        None => routes,
    };
    routes
        .layer(middleware::from_fn_with_state(Arc::new(front.trusted_proxies), source::told))
        .layer(middleware::from_fn(observe::observe))
}

/// Serves at most so many connections at once until `stop` becomes true, then finishes what is under way.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    max_connections: usize,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let (free, under_way) = (Arc::new(Semaphore::new(max_connections)), GracefulShutdown::new());
    loop {
        let (stream, peer, permit) = tokio::select! {
            accepted = accept(&listener, &free) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let connection = under_way.watch(connection(stream, peer, routes.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(reason = %error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    under_way.shutdown().await;
    Ok(())
}

/// The next connection, once there is room for it. Until then it waits in the system's own queue.
async fn accept(listener: &TcpListener, free: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        let permit = Arc::clone(free).acquire_owned().await;
        match (permit, listener.accept().await) {
            (Ok(permit), Ok((stream, peer))) => return (stream, peer, permit),
            (_, Err(error)) if is_of_the_other_side(&error) => {}
            (_, error) => {
                warn!(reason = ?error.err().map(|error| error.kind()), "a connection could not be accepted");
                tokio::time::sleep(AFTER_REFUSAL).await;
            }
        }
    }
}

fn is_of_the_other_side(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Router,
) -> http1::Connection<
    TokioIo<TcpStream>,
    impl hyper::service::Service<
        hyper::Request<hyper::body::Incoming>,
        Response = Response,
        Error = Infallible,
        Future: Send,
    >,
> {
    // Answers are small and whole: waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    let answer = move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(source::Peer(peer.ip()));
        routes.clone().oneshot(request)
    };
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_header_size(MAX_HEADER_SIZE)
        .serve_connection(TokioIo::new(stream), service_fn(answer))
}

/// Cuts a request off that takes too long: a body that trickles in, above all.
async fn in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
        refuse(StatusCode::REQUEST_TIMEOUT, "TIMEOUT", "The request took too long. Please send it again.")
    })
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"status": "error", "error": {"code": code, "message": message}}))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::routing::post;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
        let front = Front { knocks: None, trusted_proxies: None, request_time: Duration::from_millis(50) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(serve(listener, webhooks(routes, front), 2, stopped));
        let head = "POST /words HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\n";
        let (half, whole) = (format!("{head}wo"), format!("{head}words"));
        let (slow, quick) = tokio::join!(answer(address, &half), answer(address, &whole));
        assert!(slow.starts_with("HTTP/1.1 408") && slow.contains("TIMEOUT"), "{slow}");
        assert!(quick.starts_with("HTTP/1.1 200") && quick.ends_with("words"), "{quick}");
        stop.send(true).unwrap();
        server.await.unwrap().unwrap();
    }
}
