//! Listening, and stopping without cutting anybody off.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::middleware;
use bounded_server::Limits;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::api::{AllowedHosts, reject_browsers};
use crate::settings::Settings;
use crate::start::{AppState, StartError, open};

/// How long calls under way may take once the service is asked to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections at once.
const MAX_CONNECTIONS: usize = 1000;

/// A service that listens. It stops when this is dropped; [`shutdown`](Self::shutdown) also waits
/// for the end.
#[derive(Debug)]
pub struct RunningServer {
    address: SocketAddr,
    state: AppState,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Opens the database and starts to listen. [`StartError`] says what stands in the way.
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
    // A dropped sender asks to stop as well.
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
    /// Where it listens, with the port that was found for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more calls, finishes those under way (at most ten seconds), and closes the
    /// database.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(());
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut self.task)
            .await
            .is_err()
        {
            tracing::warn!("calls under way were cut off");
            self.task.abort();
        }
        self.state.close().await;
    }
}
