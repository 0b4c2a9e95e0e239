//! The client of OpenMemory, the memory store. It hides which dialect the server speaks.
//!
//! Every returned row is checked for its caller, so that one caller never sees another's memories
//! even if the server makes a mistake.

mod cavira;
mod clock;
mod deadline;
mod detect;
mod error;
mod export;
mod identities;
mod key;
mod operator;
mod pages;
mod server;
mod transport;
mod types;
mod v1;

pub use deadline::within_deadline;
pub use error::OpenMemoryError;
pub use export::Export;
pub use identities::{Identities, Identity};
pub use operator::{CallerPage, CallerQuery, CallerSummary, ExplainedMemory, MemoryEdit};
pub use transport::Transport;
pub use types::{
    Dialect, ForgetSummary, ImportSummary, Page, Provenance, Search, StoreHealth, StoreOutcome,
};

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use crate::call::{AgentId, CallerId};
use crate::measure;
use crate::memory::{AgentProfile, CallerCard, Memory, MemoryId, NewMemory, Retention};
use crate::secrets::Secrets;
use crate::settings::{DialectSetting, OpenMemorySettings};
use cavira::Cavira;
use key::{CallerKey, MAX_ALIASES};
use server::Server;
use v1::V1;

/// A client of the memory store; cheap to clone.
#[derive(Debug, Clone)]
pub struct OpenMemory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    server: Server,
    secrets: Secrets,
    pseudonymous_callers: bool,
    dialect: DialectSetting,
    similarity_threshold: f64,
    retention: Retention,
    adapter: OnceCell<Adapter>,
}

/// The client of one dialect.
///
/// The futures of `Cavira` are large and are boxed wherever they are awaited. Otherwise calls in
/// the other dialect would have the same size, and every future is copied several times.
#[derive(Debug)]
enum Adapter {
    V1(V1),
    Cavira(Cavira),
}

impl OpenMemory {
    /// Creates a client. No single request takes longer than `call_limit`.
    #[must_use]
    pub fn new(
        transport: impl Into<Transport>,
        settings: &OpenMemorySettings,
        secrets: Secrets,
        pseudonymous_callers: bool,
        call_limit: Duration,
    ) -> Self {
        Self(Arc::new(Inner {
            server: Server::new(
                transport.into(),
                settings.url.clone(),
                secrets.clone(),
                call_limit,
            )
            .with_signer(settings.signer.clone()),
            secrets,
            pseudonymous_callers,
            dialect: settings.dialect,
            similarity_threshold: settings.similarity_threshold,
            retention: settings.retention,
            adapter: OnceCell::new(),
        }))
    }

    /// Returns the card with which `agent` greets `caller`, if there is one that has not expired.
    ///
    /// # Errors
    /// [`OpenMemoryError`], but not for a missing card.
    pub async fn card(
        &self,
        agent: &AgentId,
        caller: &CallerId,
    ) -> Result<Option<CallerCard>, OpenMemoryError> {
        let key = self.caller_key(caller).await?;
        let card: Option<CallerCard> = timed("get_card", self.get_profile(agent, &key)).await?;
        let is_expired = |at| self.0.retention.is_expired(at, clock::now());
        Ok(card.filter(|card| !card.last_call_at.is_some_and(is_expired)))
    }

    /// Returns the agent's profile, if there is one.
    ///
    /// # Errors
    /// [`OpenMemoryError`], but not for a missing profile.
    pub async fn agent_profile(
        &self,
        agent: &AgentId,
    ) -> Result<Option<AgentProfile>, OpenMemoryError> {
        timed(
            "get_agent_profile",
            self.get_profile(agent, &CallerKey::AGENT_PROFILE),
        )
        .await
    }

    /// Stores a card for `ttl_hours`, but not longer than the retention after its last call. It
    /// replaces the earlier card.
    ///
    /// # Errors
    /// [`OpenMemoryError`]
    pub async fn put_card(
        &self,
        agent: &AgentId,
        caller: &CallerId,
        card: &CallerCard,
        ttl_hours: u32,
    ) -> Result<(), OpenMemoryError> {
        let key = self.caller_key(caller).await?;
        let ttl_hours = self
            .0
            .retention
            .card_hours(card.last_call_at, ttl_hours, clock::now());
        timed("put_card", self.put_profile(agent, &key, card, ttl_hours)).await
    }

    /// Stores the agent's profile for `ttl_hours`.
    ///
    /// # Errors
    /// [`OpenMemoryError`]
    pub async fn put_agent_profile(
        &self,
        agent: &AgentId,
        profile: &AgentProfile,
        ttl_hours: u32,
    ) -> Result<(), OpenMemoryError> {
        timed(
            "put_agent_profile",
            self.put_profile(agent, &CallerKey::AGENT_PROFILE, profile, ttl_hours),
        )
        .await
    }

    /// Returns the memories of one caller that answer the query, best first.
    ///
    /// # Errors
    /// [`OpenMemoryError`]. An outage is an error, never an empty list.
    pub async fn search(&self, search: Search<'_>) -> Result<Vec<Memory>, OpenMemoryError> {
        self.find(search, None).await
    }

    /// Returns the best memories of one caller, whatever their relevance to the query. Those that
    /// answer it come first, then important and recent ones.
    ///
    /// # Errors
    /// [`OpenMemoryError`]. An outage is an error, never an empty list.
    pub async fn recall(&self, search: Search<'_>) -> Result<Vec<Memory>, OpenMemoryError> {
        self.find(search, Some(0.0)).await
    }

    async fn find(
        &self,
        search: Search<'_>,
        min_relevance: Option<f64>,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        let key = self.caller_key(search.caller).await?;
        let found = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.search(&search, &key, min_relevance).await,
                Adapter::Cavira(cavira) => Box::pin(cavira.search(&search, &key.id)).await,
            }
        };
        timed("search", found).await
    }

    /// Stores new memories, and reinforces or supersedes earlier ones.
    ///
    /// The operation is idempotent: it can be repeated after an interruption.
    ///
    /// # Errors
    /// [`OpenMemoryError`]
    pub async fn remember(
        &self,
        provenance: &Provenance<'_>,
        memories: &[NewMemory],
    ) -> Result<Vec<StoreOutcome>, OpenMemoryError> {
        if memories.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.caller_key(provenance.caller).await?;
        let remembered = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.remember(provenance, &key, memories).await,
                Adapter::Cavira(cavira) => {
                    Box::pin(cavira.remember(provenance, &key.id, memories)).await
                }
            }
        };
        timed("remember", remembered).await
    }

    /// Returns a page of a caller's memories with one agent or with all, most important first.
    ///
    /// # Errors
    /// [`OpenMemoryError`]. An outage is an error, never an empty list.
    pub async fn list(
        &self,
        agent: Option<&AgentId>,
        caller: &CallerId,
        page: Page,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        let key = self.caller_key(caller).await?;
        let listed = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.list(agent, &key, page, false).await,
                Adapter::Cavira(cavira) => Box::pin(cavira.list(agent, &key, page)).await,
            }
        };
        timed("list", listed).await
    }

    /// Returns a page of the superseded memories of a caller and agent. The list is empty if the
    /// server never returns superseded memories.
    ///
    /// # Errors
    /// [`OpenMemoryError`]. An outage is an error, never an empty list.
    pub async fn list_superseded(
        &self,
        agent: &AgentId,
        caller: &CallerId,
        page: Page,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        let key = self.caller_key(caller).await?;
        let listed = async {
            match self.adapter().await? {
                Adapter::V1(v1) if v1.supports("history").await? => {
                    v1.list(Some(agent), &key, page, true).await
                }
                // These servers never return superseded memories.
                Adapter::V1(_) | Adapter::Cavira(_) => Ok(Vec::new()),
            }
        };
        timed("list", listed).await
    }

    /// Deletes one memory. Succeeds if the memory does not exist.
    ///
    /// # Errors
    /// [`OpenMemoryError`]
    pub async fn delete(&self, memory: &MemoryId) -> Result<(), OpenMemoryError> {
        let deleted = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.delete(memory).await,
                Adapter::Cavira(cavira) => Box::pin(cavira.delete(memory)).await,
            }
        };
        timed("delete", deleted).await
    }

    /// Deletes all memories and cards of a caller, with all agents. Succeeds if there are none.
    ///
    /// # Errors
    /// [`OpenMemoryError`]. Part of the data may then be deleted; a retry deletes the rest.
    pub async fn forget_caller(&self, caller: &CallerId) -> Result<ForgetSummary, OpenMemoryError> {
        let key = self.caller_key(caller).await?;
        let forgotten = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.forget(&key).await,
                Adapter::Cavira(cavira) => Box::pin(cavira.forget(&key)).await,
            }
        };
        timed("forget_caller", forgotten).await
    }

    /// Starts an export of the data of all callers, in the format that [`import`](Self::import)
    /// accepts.
    ///
    /// # Errors
    /// [`OpenMemoryError`] if the export cannot start. [`Export::next`] returns later errors.
    pub async fn export(&self) -> Result<Export, OpenMemoryError> {
        let begun = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.export().await.map(export::ExportSource::Server),
                Adapter::Cavira(cavira) => {
                    Ok(export::ExportSource::Pages(Box::new(cavira.export())))
                }
            }
        };
        timed("export", begun).await.map(Export)
    }

    /// Imports an export. Existing entries are kept unchanged, so importing twice has no effect.
    ///
    /// # Errors
    /// [`OpenMemoryError`], in particular [`OpenMemoryError::InvalidExport`].
    pub async fn import(&self, document: Bytes) -> Result<ImportSummary, OpenMemoryError> {
        let imported = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.import(document).await,
                Adapter::Cavira(cavira) => Box::pin(cavira.import(&document)).await,
            }
        };
        timed("import", imported).await
    }

    /// Asks the store for its health.
    ///
    /// # Errors
    /// [`OpenMemoryError`] if it is unhealthy, does not respond or cannot be used.
    pub async fn health(&self) -> Result<StoreHealth, OpenMemoryError> {
        let health = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.health().await,
                Adapter::Cavira(cavira) => Box::pin(cavira.health()).await,
            }
        };
        timed("health", health).await
    }

    async fn get_profile<T: DeserializeOwned>(
        &self,
        agent: &AgentId,
        key: &CallerKey,
    ) -> Result<Option<T>, OpenMemoryError> {
        match self.adapter().await? {
            Adapter::V1(v1) => v1.get_profile(agent, key).await,
            Adapter::Cavira(cavira) => Box::pin(cavira.get_profile(agent, &key.id)).await,
        }
    }

    async fn put_profile<T: Serialize + Sync>(
        &self,
        agent: &AgentId,
        key: &CallerKey,
        profile: &T,
        ttl_hours: u32,
    ) -> Result<(), OpenMemoryError> {
        match self.adapter().await? {
            Adapter::V1(v1) => v1.put_profile(agent, key, profile, ttl_hours).await,
            Adapter::Cavira(cavira) => {
                Box::pin(cavira.put_profile(agent, &key.id, profile, ttl_hours)).await
            }
        }
    }

    /// Returns the client of the server's dialect, which the settings name or which is detected
    /// once. A failed detection is repeated with the next call.
    async fn adapter(&self) -> Result<&Adapter, OpenMemoryError> {
        self.0.adapter.get_or_try_init(|| self.find_adapter()).await
    }

    async fn find_adapter(&self) -> Result<Adapter, OpenMemoryError> {
        let server = self.0.server.clone();
        let dialect = match self.0.dialect {
            DialectSetting::V1 => Dialect::V1,
            DialectSetting::Cavira => Dialect::Cavira,
            DialectSetting::Auto => Box::pin(detect::dialect(&server)).await?,
        };
        Ok(match dialect {
            Dialect::V1 => Adapter::V1(V1::new(server, self.0.retention)),
            Dialect::Cavira => Adapter::Cavira(Cavira::new(
                server,
                self.0.similarity_threshold,
                self.0.retention,
            )),
        })
    }

    /// Returns the ids under which the store knows the caller: pseudonyms if the settings ask for
    /// them.
    async fn caller_key(&self, caller: &CallerId) -> Result<CallerKey, OpenMemoryError> {
        let older = caller.older_spellings().into_iter().take(MAX_ALIASES);
        if !self.0.pseudonymous_callers {
            let aliases = older.map(|older| older.as_str().to_owned()).collect();
            return Ok(CallerKey {
                id: caller.as_str().to_owned().into(),
                aliases,
            });
        }
        let secrets = self.0.secrets.current().await;
        let pepper = secrets
            .caller_id_pepper()
            .ok_or(OpenMemoryError::PepperMissing)?;
        let pseudonym = |caller: &CallerId| caller.hash(pepper).as_str().to_owned();
        Ok(CallerKey {
            id: pseudonym(caller).into(),
            aliases: older.map(|older| pseudonym(&older)).collect(),
        })
    }
}

/// Runs an operation and records its duration and outcome as metrics.
async fn timed<T>(
    operation: &'static str,
    call: impl Future<Output = Result<T, OpenMemoryError>>,
) -> Result<T, OpenMemoryError> {
    let started = Instant::now();
    let result = call.await;
    measure::openmemory_call(
        operation,
        result.as_ref().err().map_or("ok", OpenMemoryError::kind),
        started.elapsed(),
    );
    result
}
