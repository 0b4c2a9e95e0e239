//! OpenMemory, the memory store: one port, whatever dialect the server speaks.
//!
//! Every row that comes back is checked for its caller, whatever the server: one caller never sees
//! another's memory.

mod cavira;
mod clock;
mod detect;
mod error;
mod key;
mod server;
mod terms;
mod transfer;
mod v1;

pub use error::OpenMemoryError;
pub use terms::{
    Dialect, ForgetSummary, ImportSummary, Page, Provenance, Search, StoreHealth, StoreOutcome,
};
pub use transfer::Export;

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
use key::{CallerKey, MOST_ALIASES};
use server::Server;
use v1::V1;

/// A handle on the store; cheap to clone.
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

/// The dialects, each with what it needs to speak. The larger futures of `Cavira` are boxed
/// wherever they are awaited: a call in the other dialect would carry their size, and every future
/// is copied a few times on its way.
#[derive(Debug)]
enum Adapter {
    V1(V1),
    Cavira(Cavira),
}

impl OpenMemory {
    /// A client of the store. No single call takes longer than `call_limit`.
    #[must_use]
    pub fn new(
        http: reqwest::Client,
        settings: &OpenMemorySettings,
        secrets: Secrets,
        pseudonymous_callers: bool,
        call_limit: Duration,
    ) -> Self {
        Self(Arc::new(Inner {
            server: Server::new(http, settings.url.clone(), secrets.clone(), call_limit)
                .signed_by(settings.signer.clone()),
            secrets,
            pseudonymous_callers,
            dialect: settings.dialect,
            similarity_threshold: settings.similarity_threshold,
            retention: settings.retention,
            adapter: OnceCell::new(),
        }))
    }

    /// The card by which `agent` greets `caller`, if there is one that has not expired.
    ///
    /// # Errors
    /// [`OpenMemoryError`]; never for a card that is not there.
    pub async fn card(
        &self,
        agent: &AgentId,
        caller: &CallerId,
    ) -> Result<Option<CallerCard>, OpenMemoryError> {
        let key = self.caller_key(caller).await?;
        let card: Option<CallerCard> = timed("get_card", self.get_profile(agent, &key)).await?;
        let is_over = |at| self.0.retention.is_expired(at, clock::now());
        Ok(card.filter(|card| !card.last_call_at.is_some_and(is_over)))
    }

    /// What is known of an agent itself, if anything.
    ///
    /// # Errors
    /// [`OpenMemoryError`]; never for a profile that is not there.
    pub async fn agent_profile(
        &self,
        agent: &AgentId,
    ) -> Result<Option<AgentProfile>, OpenMemoryError> {
        timed(
            "get_agent_profile",
            self.get_profile(agent, &CallerKey::AGENT_ITSELF),
        )
        .await
    }

    /// Keeps a card for `ttl_hours`, in place of the one that was there, but not longer than its
    /// last call is kept.
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

    /// Keeps what is known of an agent itself.
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
            self.put_profile(agent, &CallerKey::AGENT_ITSELF, profile, ttl_hours),
        )
        .await
    }

    /// The memories of one caller that answer a question, best first.
    ///
    /// # Errors
    /// [`OpenMemoryError`]; an outage is never an empty list.
    pub async fn search(&self, search: Search<'_>) -> Result<Vec<Memory>, OpenMemoryError> {
        self.find(search, None).await
    }

    /// The best memories of one caller for a question, whatever their relevance: those that answer
    /// it come first, then important and recent ones.
    ///
    /// # Errors
    /// [`OpenMemoryError`]; an outage is never an empty list.
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

    /// Stores, reinforces and supersedes. Sent twice, it is remembered once; interrupted, it can be
    /// sent again.
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

    /// All memories of a caller, with one agent or with all, page by page, most important first.
    ///
    /// # Errors
    /// [`OpenMemoryError`]; an outage is never an empty list.
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

    /// The memories of a caller and agent that were replaced, page by page. A server that tells no
    /// questions of them apart gives none.
    ///
    /// # Errors
    /// [`OpenMemoryError`]; an outage is never an empty list.
    pub async fn list_superseded(
        &self,
        agent: &AgentId,
        caller: &CallerId,
        page: Page,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        let key = self.caller_key(caller).await?;
        let listed = async {
            match self.adapter().await? {
                Adapter::V1(v1) if v1.announces("history").await? => {
                    v1.list(Some(agent), &key, page, true).await
                }
                // What it replaced answers no question.
                Adapter::V1(_) | Adapter::Cavira(_) => Ok(Vec::new()),
            }
        };
        timed("list", listed).await
    }

    /// Deletes one memory; one that is gone already is deleted.
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

    /// Removes every memory and card of a caller, whatever agent they were told to. Forgetting
    /// somebody unknown succeeds.
    ///
    /// # Errors
    /// [`OpenMemoryError`]; then part of it may be gone, and asking again removes the rest.
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

    /// Everything that the store holds of everybody, in the format that [`import`](Self::import)
    /// takes in either dialect.
    ///
    /// # Errors
    /// [`OpenMemoryError`] when it does not begin; see [`Export::next`] for what comes after.
    pub async fn export(&self) -> Result<Export, OpenMemoryError> {
        let begun = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.export().await.map(transfer::Source::Server),
                Adapter::Cavira(cavira) => Ok(transfer::Source::Pages(Box::new(cavira.export()))),
            }
        };
        timed("export", begun).await.map(Export)
    }

    /// Takes an export in. What is there already stays as it is, so importing twice changes
    /// nothing.
    ///
    /// # Errors
    /// [`OpenMemoryError`]; [`OpenMemoryError::NoExport`] when it is none.
    pub async fn import(&self, document: Bytes) -> Result<ImportSummary, OpenMemoryError> {
        let imported = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.import(document).await,
                Adapter::Cavira(cavira) => Box::pin(cavira.import(&document)).await,
            }
        };
        timed("import", imported).await
    }

    /// How the store is, asked for real.
    ///
    /// # Errors
    /// [`OpenMemoryError`] when it is not well, does not answer, or cannot be used.
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

    /// Who speaks to the server: as the settings say, or as it is found out once. What could not be
    /// found out is asked anew.
    async fn adapter(&self) -> Result<&Adapter, OpenMemoryError> {
        self.0.adapter.get_or_try_init(|| self.find_adapter()).await
    }

    async fn find_adapter(&self) -> Result<Adapter, OpenMemoryError> {
        let server = self.0.server.clone();
        let spoken = match self.0.dialect {
            DialectSetting::V1 => Dialect::V1,
            DialectSetting::Cavira => Dialect::Cavira,
            DialectSetting::Auto => Box::pin(detect::spoken(&server)).await?,
        };
        Ok(match spoken {
            Dialect::V1 => Adapter::V1(V1::new(server, self.0.retention)),
            Dialect::Cavira => Adapter::Cavira(Cavira::new(
                server,
                self.0.similarity_threshold,
                self.0.retention,
            )),
        })
    }

    /// The caller's ids as the store sees them.
    async fn caller_key(&self, caller: &CallerId) -> Result<CallerKey, OpenMemoryError> {
        let older = caller.older_spellings().into_iter().take(MOST_ALIASES);
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
            .ok_or(OpenMemoryError::NoPepper)?;
        let pseudonym = |caller: &CallerId| caller.hash(pepper).as_str().to_owned();
        Ok(CallerKey {
            id: pseudonym(caller).into(),
            aliases: older.map(|older| pseudonym(&older)).collect(),
        })
    }
}

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
