//! Serves a console on 127.0.0.1.

use std::io;

use bounded_server::Limits;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::{Backend, Console, address};

/// Enough for the tabs of one operator.
const CONNECTIONS: usize = 64;

/// A console that is being served. Dropping it stops the server.
pub struct RunningConsole {
    url: String,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl RunningConsole {
    /// Starts a console on this port; 0 chooses a free one.
    ///
    /// # Errors
    /// If the port is in use.
    pub async fn start(backend: Backend, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(address(port)).await?;
        let console = Console::new(backend, listener.local_addr()?.port());
        let url = console.url();
        let (stop, mut stopped) = watch::channel(false);
        let server = tokio::spawn(async move {
            let stopped = async { drop(stopped.wait_for(|stop| *stop).await) };
            bounded_server::serve(
                listener,
                console.routes(),
                Limits::new(CONNECTIONS),
                stopped,
            )
            .await;
        });
        Ok(Self { url, stop, server })
    }

    /// The URL that opens the console once.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Serves until the process ends.
    pub async fn serve(self) {
        let _keep_running = self.stop;
        let _ = self.server.await;
    }

    /// Finishes the requests in progress and stops.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.server.await;
    }
}
