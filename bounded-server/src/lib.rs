//! An HTTP/1 server loop that one client cannot monopolize.
//!
//! It limits the connections in total and per peer, the size and duration of a request head, and
//! the pause between two chunks of a body. While more than half of all connections are in use, a new
//! one has less time for its head. To make room for a new connection, the server closes an idle one:
//! the one idle longest of the peer with the most connections. It never closes a connection with a
//! request in progress for another.

mod connections;
mod network;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt;
use tower_http::timeout::TimeoutBody;
use tracing::{debug, warn};

use connections::{Connections, Slot};
pub use network::network;

/// Largest request head in bytes.
const MAX_HEADER_SIZE: usize = 16 * 1024;
/// Largest read buffer of a connection in bytes. By default hyper reads up to 400 KB ahead, which
/// 1,000 clients that withhold the end of a body would fill.
const READ_AHEAD: usize = 32 * 1024;
/// Pause after a failed accept, for example when the process has too many open files.
const ACCEPT_RETRY_PAUSE: Duration = Duration::from_millis(200);

/// How long a request head may still take after the server was asked to stop.
const HEAD_SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
/// How long writing a response may take on a connection that must make room.
const LAST_WRITE_TIMEOUT: Duration = Duration::from_millis(200);

type Http1<S> = http1::Connection<TokioIo<TcpStream>, S>;

/// Limits on what clients may use.
#[derive(Clone)]
pub struct Limits {
    /// Most connections at once, at least 1.
    pub connections: usize,
    /// Most connections of one peer at once, at least 1.
    pub connections_per_peer: usize,
    /// How long a request head may take, and how long a connection may idle.
    pub header_time: Duration,
    /// The same for a connection that is opened while more than half of all are in use.
    pub header_time_under_pressure: Duration,
    /// How long a client may pause between two chunks of a body.
    pub body_pause: Duration,
    /// Whether a peer is a proxy. A proxy stands for many clients and has no limit per peer.
    pub is_proxy: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

impl Limits {
    /// Returns limits for this many connections. One peer may have a quarter of them, at least 16.
    /// A head may take 15 seconds (3 under pressure), a pause in a body 5 seconds. No peer is a
    /// proxy.
    #[must_use]
    pub fn new(connections: usize) -> Self {
        Self {
            connections,
            connections_per_peer: (connections / 4).max(16).min(connections),
            header_time: Duration::from_secs(15),
            header_time_under_pressure: Duration::from_secs(3),
            body_pause: Duration::from_secs(5),
            is_proxy: Arc::new(|_| false),
        }
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("connections", &self.connections)
            .field("connections_per_peer", &self.connections_per_peer)
            .field("header_time", &self.header_time)
            .field(
                "header_time_under_pressure",
                &self.header_time_under_pressure,
            )
            .field("body_pause", &self.body_pause)
            .finish_non_exhaustive()
    }
}

/// Serves requests until `stop` is ready, then finishes the requests in progress. Requests carry
/// the peer's address as [`ConnectInfo`]. After an error, accepting is retried.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let connections = Connections::new(&limits);
    let (stopping, stopped) = watch::channel(false);
    tokio::pin!(stop);
    loop {
        let (stream, peer, slot) = tokio::select! {
            accepted = accept(&listener, &connections) => accepted,
            () = &mut stop => break,
        };
        let slot = Arc::new(slot);
        let limits = Limits {
            header_time: connections.header_time(),
            ..limits.clone()
        };
        let connection = connection(stream, peer, routes.clone(), Arc::clone(&slot), &limits);
        tokio::spawn(run(connection, slot, stopped.clone()));
    }
    drop((listener, stopped));
    let _ = stopping.send(true);
    // Every open connection holds a receiver.
    if tokio::time::timeout(HEAD_SHUTDOWN_TIMEOUT, stopping.closed())
        .await
        .is_err()
    {
        connections.close_idle();
        stopping.closed().await;
    }
}

/// Runs a connection until it ends, must make room, or the server stops. In the latter cases it
/// finishes its request first.
async fn run<S>(connection: Http1<S>, slot: Arc<Slot>, mut stopping: watch::Receiver<bool>)
where
    S: hyper::service::HttpService<Incoming, ResBody = Body>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    tokio::pin!(connection);
    let mut is_stopping = false;
    loop {
        tokio::select! {
            ended = &mut connection => {
                if let Err(error) = ended {
                    debug!(reason = %error, "connection ended early");
                }
                return;
            }
            () = async { drop(stopping.wait_for(|stop| *stop).await) }, if !is_stopping => {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = slot.closed() => {
                connection.as_mut().graceful_shutdown();
                // The last response may not be written yet.
                let _ = tokio::time::timeout(LAST_WRITE_TIMEOUT, &mut connection).await;
                debug!("idle connection closed to make room");
                return;
            }
        }
    }
}

/// Returns the next connection once there is room for it. Until then, further ones wait in the
/// operating system's queue.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Connections>,
) -> (TcpStream, SocketAddr, Slot) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => match connections.admit(peer.ip()).await {
                Some(slot) => return (stream, peer, slot),
                None => debug!("connection rejected: its peer has too many requests in progress"),
            },
            Err(error) if is_peer_error(&error) => {}
            Err(error) => {
                warn!(reason = ?error.kind(), "could not accept a connection");
                tokio::time::sleep(ACCEPT_RETRY_PAUSE).await;
            }
        }
    }
}

fn is_peer_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Router,
    slot: Arc<Slot>,
    limits: &Limits,
) -> Http1<
    impl hyper::service::Service<
        http::Request<Incoming>,
        Response = Response,
        Error = Infallible,
        Future: Send,
    > + use<>,
> {
    // Responses are small and complete. Waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    let body_pause = limits.body_pause;
    let respond = move |request: http::Request<Incoming>| {
        let mut request = request.map(|body| Body::new(TimeoutBody::new(body_pause, body)));
        request.extensions_mut().insert(ConnectInfo(peer));
        let routes = routes.clone();
        let slot = Arc::clone(&slot);
        async move {
            let _busy = slot.busy();
            routes.oneshot(request).await
        }
    };
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_header_size(MAX_HEADER_SIZE)
        .max_buf_size(READ_AHEAD)
        .serve_connection(TokioIo::new(stream), service_fn(respond))
}

#[cfg(test)]
mod tests;
