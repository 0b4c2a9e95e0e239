//! A memory store that can stop, hang and fail on request, and keeps its data meanwhile.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use openmemory::{AppState, Settings};
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::deployment;

/// A real OpenMemory with injected faults.
pub struct Store {
    address: SocketAddr,
    /// A bound socket that never listens. It reserves the port while the store is stopped.
    _reserved: TcpSocket,
    state: AppState,
    faults: Faults,
    running: Option<Running>,
    /// The address of a second server over the same data, without faults.
    direct_address: SocketAddr,
}

#[derive(Clone)]
struct Faults {
    behaviour: watch::Sender<Behaviour>,
    /// Number of requests that got an injected 500.
    failed_requests: Arc<AtomicUsize>,
    /// Number of requests to `/health`.
    health_requests: Arc<AtomicUsize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behaviour {
    Normal,
    /// Accepts connections but does not respond.
    Hanging,
    /// Responds to every request with 500.
    Failing,
    /// Responds to batches of memories with 500; everything else works.
    RefusingMemories,
}

struct Running {
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Store {
    /// Starts an empty store without faults.
    pub async fn start() -> Self {
        let state = openmemory::open(&Settings::new("sqlite::memory:", any_port()))
            .await
            .unwrap();
        let reserved = bound(any_port());
        let address = reserved.local_addr().unwrap();
        let direct = TcpListener::bind(any_port()).await.unwrap();
        let faults = Faults {
            behaviour: watch::Sender::new(Behaviour::Normal),
            failed_requests: Arc::default(),
            health_requests: Arc::default(),
        };
        let mut store = Self {
            address,
            _reserved: reserved,
            direct_address: direct.local_addr().unwrap(),
            state: state.clone(),
            faults,
            running: None,
        };
        tokio::spawn(axum::serve(direct, openmemory::router(state)).into_future());
        store.resume();
        store
    }

    /// The URL of the store, even while it is stopped.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops listening, so that connections are refused.
    pub async fn stop(&mut self) {
        let Running { stop, server } = self.running.take().unwrap();
        stop.send(()).unwrap();
        server.await.unwrap();
    }

    /// Starts listening again.
    ///
    /// # Panics
    /// If the store is not stopped.
    pub fn resume(&mut self) {
        assert!(self.running.is_none(), "the store is not stopped");
        let listener = bound(self.address).listen(128).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let router = self.faults.inject(openmemory::router(self.state.clone()));
        let serve = axum::serve(listener, router).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        self.running = Some(Running {
            stop,
            server: tokio::spawn(async { serve.await.unwrap() }),
        });
    }

    /// From now on, accepts connections but does not respond.
    pub fn hang(&self) {
        self.faults.behaviour.send_replace(Behaviour::Hanging);
    }

    /// From now on, responds to every request with 500.
    pub fn fail(&self) {
        self.faults.behaviour.send_replace(Behaviour::Failing);
    }

    /// From now on, refuses to store memories; everything else works.
    pub fn refuse_memories(&self) {
        self.faults
            .behaviour
            .send_replace(Behaviour::RefusingMemories);
    }

    /// Works normally from now on. Also responds to requests that hang.
    pub fn heal(&self) {
        self.faults.behaviour.send_replace(Behaviour::Normal);
    }

    /// Returns the number of requests that got an injected 500.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.faults.failed_requests.load(Ordering::SeqCst)
    }

    /// Returns the number of requests to `/health`.
    #[must_use]
    pub fn health_requests(&self) -> usize {
        self.faults.health_requests.load(Ordering::SeqCst)
    }

    /// Reads a caller's memories, regardless of injected faults.
    pub async fn memories(&self, agent: &str, caller: &str) -> Vec<Value> {
        let url = format!("http://{}", self.direct_address);
        deployment::memories(&url, agent, caller).await
    }

    /// Returns the contents of a caller's memories.
    pub async fn contents(&self, agent: &str, caller: &str) -> Vec<String> {
        deployment::contents(&self.memories(agent, caller).await)
    }
}

impl Faults {
    fn inject(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), apply_faults))
    }
}

async fn apply_faults(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    if request.uri().path() == "/health" {
        faults.health_requests.fetch_add(1, Ordering::SeqCst);
    }
    let mut receiver = faults.behaviour.subscribe();
    let behaviour = *receiver
        .wait_for(|behaviour| *behaviour != Behaviour::Hanging)
        .await
        .unwrap();
    let fails = match behaviour {
        Behaviour::Normal | Behaviour::Hanging => false,
        Behaviour::Failing => true,
        Behaviour::RefusingMemories => request.uri().path() == "/api/v1/memories/batch",
    };
    if !fails {
        return next.run(request).await;
    }
    faults.failed_requests.fetch_add(1, Ordering::SeqCst);
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// Binds a socket without listening. Several sockets may bind the same port.
fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.set_reuseport(true).unwrap();
    socket.bind(address).unwrap();
    socket
}
