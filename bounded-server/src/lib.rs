//! An HTTP/1 server loop that one client cannot take from the others.
//!
//! It limits connections in all and per peer, the size and time of a request's head, and the pause
//! between two pieces of a body. When there is no room for a new connection, the one that has been
//! idle longest is closed, first of the peer that holds the most. A connection with a request under
//! way is never closed for another.

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

use connections::{Connections, Ticket};
pub use network::network;

/// Largest head of a request, in bytes.
const MAX_HEADER_SIZE: usize = 16 * 1024;
/// Most bytes that are read ahead of a connection's request. hyper reads up to 400 KB otherwise,
/// which 1,000 clients that withhold the end of a body would fill.
const READ_AHEAD: usize = 32 * 1024;
/// How long accepting pauses when the process has too many files open.
const AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(200);

/// How long a head that has begun may take once the server is asked to stop.
const HEAD_AFTER_STOP: Duration = Duration::from_secs(1);
/// How long writing a response may take once its connection has to make room.
const LAST_WRITE: Duration = Duration::from_millis(200);

type Http1<S> = http1::Connection<TokioIo<TcpStream>, S>;

/// What clients may take.
#[derive(Clone)]
pub struct Limits {
    /// Connections at once, at least 1.
    pub connections: usize,
    /// Connections of one peer at once, at least 1.
    pub connections_per_peer: usize,
    /// How long the head of a request may take, and how long a connection may idle.
    pub header_time: Duration,
    /// How long a client may pause between two pieces of a body.
    pub body_pause: Duration,
    /// Whether a peer is a proxy, which stands for many clients: no limit of its own applies to it.
    pub is_proxy: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

impl Limits {
    /// Limits for this many connections: a quarter of them for one peer (at least 16), 15 seconds
    /// for a head, 5 seconds between two pieces of a body. No peer is a proxy.
    #[must_use]
    pub fn new(connections: usize) -> Self {
        Self {
            connections,
            connections_per_peer: (connections / 4).max(16).min(connections),
            header_time: Duration::from_secs(15),
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
            .field("body_pause", &self.body_pause)
            .finish_non_exhaustive()
    }
}

/// Serves until `stop` is ready, then finishes the requests under way. Requests carry the peer's
/// address as [`ConnectInfo`]. A listener that fails is tried again.
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
        let (stream, peer, ticket) = tokio::select! {
            accepted = accept(&listener, &connections) => accepted,
            () = &mut stop => break,
        };
        let ticket = Arc::new(ticket);
        let connection = connection(stream, peer, routes.clone(), Arc::clone(&ticket), &limits);
        tokio::spawn(run(connection, ticket, stopped.clone()));
    }
    drop((listener, stopped));
    let _ = stopping.send(true);
    // Each connection has a receiver until it ends.
    if tokio::time::timeout(HEAD_AFTER_STOP, stopping.closed())
        .await
        .is_err()
    {
        connections.close_idle();
        stopping.closed().await;
    }
}

/// Runs a connection to its end, or until it has to make room or the server stops: then it finishes
/// its request first.
async fn run<S>(connection: Http1<S>, ticket: Arc<Ticket>, mut stopping: watch::Receiver<bool>)
where
    S: hyper::service::HttpService<Incoming, ResBody = Body>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    tokio::pin!(connection);
    let mut stops = false;
    loop {
        tokio::select! {
            ended = &mut connection => {
                if let Err(error) = ended {
                    debug!(reason = %error, "connection ended early");
                }
                return;
            }
            () = async { drop(stopping.wait_for(|stops| *stops).await) }, if !stops => {
                stops = true;
                connection.as_mut().graceful_shutdown();
            }
            () = ticket.closed() => {
                connection.as_mut().graceful_shutdown();
                // The response to its last request may not be written yet.
                let _ = tokio::time::timeout(LAST_WRITE, &mut connection).await;
                debug!("idle connection closed to make room");
                return;
            }
        }
    }
}

/// The next connection, once there is room for it. Until then further ones wait in the system's own
/// queue.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Connections>,
) -> (TcpStream, SocketAddr, Ticket) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => match connections.admit(peer.ip()).await {
                Some(ticket) => return (stream, peer, ticket),
                None => debug!("connection refused: its peer has too many with requests under way"),
            },
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                warn!(reason = ?error.kind(), "connection could not be accepted");
                tokio::time::sleep(AFTER_ACCEPT_ERROR).await;
            }
        }
    }
}

fn is_of_the_peer(error: &io::Error) -> bool {
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
    ticket: Arc<Ticket>,
    limits: &Limits,
) -> Http1<
    impl hyper::service::Service<
        http::Request<Incoming>,
        Response = Response,
        Error = Infallible,
        Future: Send,
    > + use<>,
> {
    // Responses are small and whole: waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    let body_pause = limits.body_pause;
    let respond = move |request: http::Request<Incoming>| {
        let mut request = request.map(|body| Body::new(TimeoutBody::new(body_pause, body)));
        request.extensions_mut().insert(ConnectInfo(peer));
        let (routes, ticket) = (routes.clone(), Arc::clone(&ticket));
        async move {
            let _busy = ticket.busy();
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
