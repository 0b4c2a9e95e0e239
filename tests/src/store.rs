//! A memory store that can be stopped, can hang and can fail, and comes back with everything it
//! had.

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

/// A real OpenMemory behind a door that the test holds.
pub struct Store {
    address: SocketAddr,
    /// Bound and never listening: the port stays ours while nobody listens on it.
    _reserved: TcpSocket,
    state: AppState,
    door: Door,
    running: Option<Running>,
    honest: SocketAddr,
}

#[derive(Clone)]
struct Door {
    mood: watch::Sender<Mood>,
    refused: Arc<AtomicUsize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    /// Connections are accepted and nothing is answered.
    Hanging,
    /// Every answer is a 500.
    Failing,
    /// Reads and profiles work, batches of memories get a 500.
    RefusingMemories,
}

struct Running {
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Store {
    /// An empty store that is well.
    pub async fn start() -> Self {
        let state = openmemory::open(&Settings::new("sqlite::memory:", any_port()))
            .await
            .unwrap();
        let reserved = bound(any_port());
        let address = reserved.local_addr().unwrap();
        let honest = TcpListener::bind(any_port()).await.unwrap();
        let door = Door {
            mood: watch::Sender::new(Mood::Well),
            refused: Arc::default(),
        };
        let mut store = Self {
            address,
            _reserved: reserved,
            honest: honest.local_addr().unwrap(),
            state: state.clone(),
            door,
            running: None,
        };
        tokio::spawn(axum::serve(honest, openmemory::router(state)).into_future());
        store.resume();
        store
    }

    /// Its address, whether it listens or not.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops listening: connections are refused.
    pub async fn stop(&mut self) {
        let Running { stop, server } = self.running.take().unwrap();
        stop.send(()).unwrap();
        server.await.unwrap();
    }

    /// Listens again.
    ///
    /// # Panics
    /// When it listens already.
    pub fn resume(&mut self) {
        assert!(self.running.is_none(), "it is not stopped");
        let listener = bound(self.address).listen(128).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let router = self.door.before(openmemory::router(self.state.clone()));
        let serve = axum::serve(listener, router).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        self.running = Some(Running {
            stop,
            server: tokio::spawn(async { serve.await.unwrap() }),
        });
    }

    /// Accepts connections from now on and never answers.
    pub fn hang(&self) {
        self.door.mood.send_replace(Mood::Hanging);
    }

    /// Answers everything with a 500 from now on.
    pub fn fail(&self) {
        self.door.mood.send_replace(Mood::Failing);
    }

    /// Takes no memories from now on, and everything else.
    pub fn refuse_memories(&self) {
        self.door.mood.send_replace(Mood::RefusingMemories);
    }

    /// Is well again; who was left hanging is answered.
    pub fn heal(&self) {
        self.door.mood.send_replace(Mood::Well);
    }

    /// How many requests it answered with a 500.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.door.refused.load(Ordering::SeqCst)
    }

    /// What it holds of a caller, whatever its mood.
    pub async fn memories(&self, agent: &str, caller: &str) -> Vec<Value> {
        deployment::memories(&format!("http://{}", self.honest), agent, caller).await
    }

    /// The words of those memories.
    pub async fn contents(&self, agent: &str, caller: &str) -> Vec<String> {
        deployment::contents(&self.memories(agent, caller).await)
    }
}

impl Door {
    fn before(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), pass))
    }
}

async fn pass(State(door): State<Door>, request: Request, next: Next) -> Response {
    let mut mood = door.mood.subscribe();
    let mood = *mood.wait_for(|mood| *mood != Mood::Hanging).await.unwrap();
    let refused = match mood {
        Mood::Well | Mood::Hanging => false,
        Mood::Failing => true,
        Mood::RefusingMemories => request.uri().path() == "/api/v1/memories/batch",
    };
    if !refused {
        return next.run(request).await;
    }
    door.refused.fetch_add(1, Ordering::SeqCst);
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.set_reuseport(true).unwrap();
    socket.bind(address).unwrap();
    socket
}
