//! An emulator of Lambda's Runtime API. It sends events to one function and receives the responses.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// Deadline of invocations, in milliseconds since the epoch: far in the future.
const DEADLINE: &str = "9999999999999";

/// The emulator for one function. Dropping it stops the server.
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    polls: UnboundedReceiver<Instant>,
    responses: UnboundedReceiver<FunctionResponse>,
    events: UnboundedSender<Bytes>,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// Response of the function to an event.
pub(crate) struct FunctionResponse {
    pub(crate) at: Instant,
    /// False if the function reported an error.
    pub(crate) is_response: bool,
    pub(crate) body: Bytes,
}

/// State shared with the handlers of the server.
struct Shared {
    polled: UnboundedSender<Instant>,
    answered: UnboundedSender<FunctionResponse>,
    events: Mutex<UnboundedReceiver<Bytes>>,
    sent_at: Lock<Option<Instant>>,
}

impl RuntimeApi {
    /// Starts listening on a free port.
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (polled, polls) = unbounded_channel();
        let (answered, responses) = unbounded_channel();
        let (events, waiting) = unbounded_channel();
        let shared = Arc::new(Shared {
            polled,
            answered,
            events: Mutex::new(waiting),
            sent_at: Lock::default(),
        });
        let server = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            polls,
            responses,
            events,
            shared,
            server,
        })
    }

    /// Waits until the function asks for an event, and returns when it did.
    pub(crate) async fn polled(&mut self) -> Option<Instant> {
        self.polls.recv().await
    }

    /// Sends an event and waits for the response. Returns when the event was sent, and the
    /// response.
    pub(crate) async fn invoke(&mut self, event: Bytes) -> Option<(Instant, FunctionResponse)> {
        self.events.send(event).ok()?;
        let answer = self.responses.recv().await?;
        let sent_at = *self
            .shared
            .sent_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Some((sent_at?, answer))
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let invocation = "/2018-06-01/runtime/invocation";
    let router = Router::new()
        .route(&format!("{invocation}/next"), get(next))
        .route(&format!("{invocation}/{{id}}/response"), post(response))
        .route(&format!("{invocation}/{{id}}/error"), post(error))
        .route("/2018-06-01/runtime/init/error", post(error))
        .with_state(shared);
    // If the server stops, the measurement ends with its own error.
    let _ = axum::serve(
        NoDelay(listener),
        router.layer(axum::extract::DefaultBodyLimit::disable()),
    )
    .await;
}

/// Sends responses without delay, as Lambda does.
struct NoDelay(TcpListener);

impl axum::serve::Listener for NoDelay {
    type Io = tokio::net::TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            if let Ok((stream, address)) = self.0.accept().await {
                let _ = stream.set_nodelay(true);
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let _ = shared.polled.send(Instant::now());
    let Some(event) = shared.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("content-type", "application/json"),
        (
            "lambda-runtime-aws-request-id",
            "00000000-0000-4000-8000-000000000001",
        ),
        ("lambda-runtime-deadline-ms", DEADLINE),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:benchmark",
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-65000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
        ),
    ];
    *shared
        .sent_at
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    (headers, event).into_response()
}

async fn response(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    answered(&shared, true, body)
}

async fn error(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    answered(&shared, false, body)
}

fn answered(shared: &Shared, is_response: bool, body: Bytes) -> StatusCode {
    let _ = shared.answered.send(FunctionResponse {
        at: Instant::now(),
        is_response,
        body,
    });
    StatusCode::ACCEPTED
}
