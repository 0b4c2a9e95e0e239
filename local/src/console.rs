//! The console of this process: it uses the archive, the queue and the memory store directly.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use common::archive::folder::FolderArchive;
use common::audit::{self, Actor, AuditEntry};
use common::events::Outbox;
use common::openmemory::OpenMemory;
use common::queue::embedded::EmbeddedQueue;
use common::secrets::Secrets;
use common::settings::Settings;
use elaaoms_console::{AuditSink, Backend, HealthUrl, RunningConsole, SharedArchive, SharedQueue};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use operator::{Erasing, MemoryStores, Silent};
use secrecy::SecretString;
use url::{ParseError, Url};

use crate::healthcheck::reachable;

/// The parts of the system that the console uses.
pub(crate) struct ConsoleParts {
    pub(crate) settings: Settings,
    pub(crate) secrets: Secrets,
    pub(crate) pepper: SecretString,
    pub(crate) data_dir: PathBuf,
    pub(crate) archive: FolderArchive,
    pub(crate) queue: EmbeddedQueue,
    pub(crate) openmemory: OpenMemory,
    /// The same store without pseudonyms.
    pub(crate) openmemory_by_id: OpenMemory,
    /// The same store for erasures.
    pub(crate) stores: MemoryStores,
    pub(crate) http: reqwest::Client,
}

impl ConsoleParts {
    /// Starts the console on a free port. `webhooks` is the address of the webhooks and `/health`.
    pub(crate) async fn start(&self, webhooks: SocketAddr) -> io::Result<RunningConsole> {
        let backend = self.backend(webhooks).map_err(io::Error::other)?;
        RunningConsole::start(backend, 0).await
    }

    fn backend(&self, webhooks: SocketAddr) -> Result<Backend, ParseError> {
        let webhooks = SocketAddr::new(reachable(webhooks.ip()), webhooks.port());
        let base = Url::parse(&format!("http://{webhooks}"))?;
        Ok(Backend {
            deployment: self.data_dir.display().to_string(),
            openmemory: self.openmemory.clone(),
            openmemory_by_id: self.openmemory_by_id.clone(),
            settings: self.settings.clone(),
            secrets: self.secrets.clone(),
            pepper: self.pepper.clone(),
            archive: SharedArchive::new(self.archive.clone()),
            queue: Some(SharedQueue::new(self.queue.clone())),
            health: Arc::new(HealthUrl::new(self.http.clone(), &base)),
            audit: self.audit(),
            erase_caller: Arc::new(self.erasing()),
            clock: now,
        })
    }

    fn audit(&self) -> Arc<AuditFile> {
        Arc::new(AuditFile(self.data_dir.join("audit.log")))
    }

    fn erasing(&self) -> Erasing<FolderArchive> {
        Erasing {
            archive: self.archive.clone(),
            stores: self.stores.clone(),
            pepper: self.pepper.clone(),
            callers: self.settings.caller.clone(),
            outbox: Outbox::new(&self.settings.events, self.queue.clone()),
            audit: self.audit(),
            report: Arc::new(Silent),
            clock: now,
        }
    }
}

/// The audit trail of a data folder. The operator's command writes to the same file.
struct AuditFile(PathBuf);

impl AuditSink for AuditFile {
    fn write(&self, entry: AuditEntry) -> BoxFuture<'_, Result<(), String>> {
        let uid = rustix::process::geteuid().as_raw();
        let actor = Actor {
            who: format!("uid {uid}"),
            identified_by: "os",
            uid: Some(uid),
            unverified_sudo_user: None,
        };
        let file = self.0.clone();
        Box::pin(async move {
            let line = audit::line(now(), &actor, &entry).map_err(|error| error.to_string())?;
            let written = tokio::task::spawn_blocking(move || audit::append(&file, &line)).await;
            written
                .map_err(|error| error.to_string())?
                .map_err(|error| error.to_string())
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the pages and the audit trail name the current time"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
