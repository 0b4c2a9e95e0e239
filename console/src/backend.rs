//! What the console works on: the parts of one deployment.

use std::sync::Arc;

use common::openmemory::OpenMemory;
use common::secrets::Secrets;
use common::settings::Settings;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use crate::erase_caller::EraseCaller;
use crate::{AuditSink, SharedArchive, SharedQueue};

/// The parts of one deployment.
pub struct Backend {
    /// The name shown to people: a data folder or the name of a stack.
    pub deployment: String,
    /// The memory store, as the deployment itself calls it.
    pub openmemory: OpenMemory,
    /// The same store without pseudonyms: it receives the ids that it listed itself.
    pub openmemory_by_id: OpenMemory,
    /// The deployment's settings.
    pub settings: Settings,
    /// The deployment's secrets.
    pub secrets: Secrets,
    /// The key of the callers' pseudonyms.
    pub pepper: SecretString,
    /// The archive of calls.
    pub archive: SharedArchive,
    /// The extraction queue; `None` if there is none yet.
    pub queue: Option<SharedQueue>,
    /// The health of the deployment.
    pub health: Arc<dyn HealthReport>,
    /// The audit trail.
    pub audit: Arc<dyn AuditSink>,
    /// Erases a caller.
    pub erase_caller: Arc<dyn EraseCaller>,
    /// Returns the current time.
    pub clock: fn() -> Timestamp,
}

impl Backend {
    /// Returns the current time.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// Reads the report of `/health`.
pub trait HealthReport: Send + Sync + 'static {
    /// Returns the report, or why there is none.
    fn report(&self) -> BoxFuture<'_, Result<Value, String>>;
}
