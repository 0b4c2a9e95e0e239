//! Listens for requests and shuts down gracefully.

mod settings;
mod start;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::middleware;
use bounded_server::Limits;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::api::{AllowedHosts, AppState, reject_browsers};
pub use settings::{InvalidSetting, Settings};
pub use start::{StartError, open};

/// How long requests in progress may take after the shutdown began.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum simultaneous connections.
const MAX_CONNECTIONS: usize = 1000;

/// A listening service. Dropping it stops the service; [`shutdown`](Self::shutdown) also waits
/// until it has stopped.
#[derive(Debug)]
pub struct RunningServer {
    address: SocketAddr,
    state: AppState,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Opens the database and starts to listen.
///
/// # Errors
/// [`StartError`] says what is wrong.
pub async fn serve(settings: Settings) -> Result<RunningServer, StartError> {
    let state = open(&settings).await?;
    let listener = TcpListener::bind(settings.listen())
        .await
        .map_err(StartError::Listen)?;
    let address = listener.local_addr().map_err(StartError::Listen)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let hosts = AllowedHosts::new(address, settings.allowed_hosts());
    let routes = crate::router(state.clone()).layer(middleware::from_fn_with_state(
        Arc::new(hosts),
        reject_browsers,
    ));
    // Dropping the sender stops the server as well.
    let server = bounded_server::serve(listener, routes, Limits::new(MAX_CONNECTIONS), async {
        drop(stopped.await)
    });
    let task = tokio::spawn(server);
    Ok(RunningServer {
        address,
        state,
        stop,
        task,
    })
}

impl RunningServer {
    /// The address it listens on, with the actual port if the setting was port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The routes, for callers in the same process. They need no connection, but the API key.
    pub fn service(&self) -> axum::Router {
        crate::router(self.state.clone())
    }

    /// Accepts no more requests, waits up to ten seconds for those in progress, and closes the
    /// database.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(());
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut self.task)
            .await
            .is_err()
        {
            tracing::warn!("requests were aborted at shutdown");
            self.task.abort();
        }
        self.state.close().await;
    }
}
