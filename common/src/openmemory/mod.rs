//! OpenMemory, the memory store: one port, whatever dialect the server speaks.
//!
//! Every row that comes back is checked for its caller, whatever the server: one caller never sees another's memory.

mod v1;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::OnceCell;
use url::Url;

use crate::call::{AgentId, CallerId, ConversationId};
use crate::http_client::CallError;
use crate::measure;
use crate::memory::{AgentProfile, CallerCard, Importance, Memory, MemoryId, NewMemory};
use crate::secrets::{SecretSet, Secrets};
use crate::settings::OpenMemorySettings;

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenMemoryError {
    /// The store failed, refused, or could not be reached.
    #[error("OpenMemory {0}")]
    Call(#[from] CallError),
    /// Callers are to be pseudonyms, but the key of the pseudonyms is missing.
    #[error("PSEUDONYMOUS_CALLERS needs CALLER_ID_PEPPER")]
    NoPepper,
}

impl OpenMemoryError {
    /// Whether it may work later without anyone changing anything. A wrong key counts: an operator can set it right while
    /// the job waits, and nothing is lost meanwhile.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Call(error) => error.is_passing() || matches!(error, CallError::Unauthorised(_)),
            Self::NoPepper => true,
        }
    }

    /// A fixed name for metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Call(error) => error.kind(),
            Self::NoPepper => "not_set_up",
        }
    }
}

/// A question to the store.
#[derive(Clone)]
pub struct Search<'a> {
    /// Whose memories.
    pub caller: &'a CallerId,
    /// Told to which agent; `None` for all.
    pub agent: Option<&'a AgentId>,
    /// What is asked; an empty question lists by importance.
    pub query: &'a str,
    /// Nothing less important.
    pub min_importance: Importance,
    /// At most so many, best first.
    pub limit: usize,
}

/// A page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many to pass over.
    pub offset: usize,
    /// At most so many.
    pub limit: usize,
}

/// Where and when memories were said.
pub struct Occasion<'a> {
    /// To whom.
    pub agent: &'a AgentId,
    /// By whom.
    pub caller: &'a CallerId,
    /// In which conversation.
    pub conversation: &'a ConversationId,
    /// When it began.
    pub at: Timestamp,
    /// The version of what extracted them.
    pub extractor: &'a str,
}

/// What became of one memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remembered {
    /// It is new.
    Stored(MemoryId),
    /// An earlier one says the same and grew stronger.
    Reinforced(MemoryId),
}

impl Remembered {
    /// The memory that now says it.
    #[must_use]
    pub fn id(&self) -> &MemoryId {
        match self {
            Self::Stored(id) | Self::Reinforced(id) => id,
        }
    }
}

/// How the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreHealth {
    /// Its version, as it says.
    pub version: Option<String>,
    /// What its own database says of itself.
    pub database: Option<String>,
    /// What it can do beyond the documented contract.
    pub extensions: Vec<String>,
}

/// A handle on the store; cheap to clone.
#[derive(Debug, Clone)]
pub struct OpenMemory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    base: Url,
    secrets: Secrets,
    pseudonymous_callers: bool,
    call_limit: Duration,
    supersede_announced: OnceCell<bool>,
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
            http,
            base: settings.url.clone(),
            secrets,
            pseudonymous_callers,
            call_limit,
            supersede_announced: OnceCell::new(),
        }))
    }

    /// The card by which `agent` greets `caller`, if there is one that has not expired.
    ///
    /// # Errors
    /// [`OpenMemoryError`]; never for a card that is not there.
    pub async fn card(&self, agent: &AgentId, caller: &CallerId) -> Result<Option<CallerCard>, OpenMemoryError> {
        let secrets = self.0.secrets.current().await;
        let key = self.caller_key(caller, &secrets)?;
        timed("get_card", v1::get_profile(self, &secrets, agent, &key)).await
    }

    /// What is known of an agent itself, if anything.
    ///
    /// # Errors
    /// [`OpenMemoryError`]; never for a profile that is not there.
    pub async fn agent_profile(&self, agent: &AgentId) -> Result<Option<AgentProfile>, OpenMemoryError> {
        let secrets = self.0.secrets.current().await;
        timed("get_agent_profile", v1::get_profile(self, &secrets, agent, v1::AGENT_ITSELF)).await
    }

    /// Keeps a card for `ttl_hours`, in place of the one that was there.
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
        let secrets = self.0.secrets.current().await;
        let key = self.caller_key(caller, &secrets)?;
        timed("put_card", v1::put_profile(self, &secrets, agent, &key, card, ttl_hours)).await
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
        let secrets = self.0.secrets.current().await;
        timed("put_agent_profile", v1::put_profile(self, &secrets, agent, v1::AGENT_ITSELF, profile, ttl_hours)).await
    }

    /// The memories of one caller that answer a question, best first.
    ///
    /// # Errors
    /// [`OpenMemoryError`]; an outage is never an empty list.
    pub async fn search(&self, search: Search<'_>) -> Result<Vec<Memory>, OpenMemoryError> {
        let secrets = self.0.secrets.current().await;
        let key = self.caller_key(search.caller, &secrets)?;
        timed("search", v1::search(self, &secrets, &search, &key)).await
    }

    /// Stores, reinforces and supersedes in one request; all of it or nothing. Sent twice, it is remembered once.
    ///
    /// # Errors
    /// [`OpenMemoryError`]
    pub async fn remember(
        &self,
        occasion: &Occasion<'_>,
        memories: &[NewMemory],
    ) -> Result<Vec<Remembered>, OpenMemoryError> {
        if memories.is_empty() {
            return Ok(Vec::new());
        }
        let secrets = self.0.secrets.current().await;
        let key = self.caller_key(occasion.caller, &secrets)?;
        let remembered = timed("remember", v1::remember(self, &secrets, occasion, &key, memories)).await?;
        self.retire_superseded(memories).await?;
        Ok(remembered)
    }

    /// A server without the `supersede` extension stores the successor and leaves the earlier memory: then it is deleted.
    async fn retire_superseded(&self, memories: &[NewMemory]) -> Result<(), OpenMemoryError> {
        let superseded: Vec<&MemoryId> = memories.iter().filter_map(|memory| memory.change.superseded()).collect();
        if superseded.is_empty() || self.supersedes_by_itself().await? {
            return Ok(());
        }
        for earlier in superseded {
            self.delete(earlier).await?;
        }
        Ok(())
    }

    /// Asked once for each process, and only when something is superseded.
    async fn supersedes_by_itself(&self) -> Result<bool, OpenMemoryError> {
        let announced = self.0.supersede_announced.get_or_try_init(|| async {
            Ok::<_, OpenMemoryError>(self.health().await?.extensions.iter().any(|extension| extension == "supersede"))
        });
        announced.await.copied()
    }

    /// All memories of a caller with one agent, page by page, most important first.
    ///
    /// # Errors
    /// [`OpenMemoryError`]; an outage is never an empty list.
    pub async fn list(&self, agent: &AgentId, caller: &CallerId, page: Page) -> Result<Vec<Memory>, OpenMemoryError> {
        let secrets = self.0.secrets.current().await;
        let key = self.caller_key(caller, &secrets)?;
        timed("list", v1::list(self, &secrets, agent, &key, page)).await
    }

    /// Deletes one memory; one that is gone already is deleted.
    ///
    /// # Errors
    /// [`OpenMemoryError`]
    pub async fn delete(&self, memory: &MemoryId) -> Result<(), OpenMemoryError> {
        let secrets = self.0.secrets.current().await;
        timed("delete", v1::delete(self, &secrets, memory)).await
    }

    /// How the store is.
    ///
    /// # Errors
    /// [`OpenMemoryError`] when it is not well, or does not answer.
    pub async fn health(&self) -> Result<StoreHealth, OpenMemoryError> {
        let secrets = self.0.secrets.current().await;
        timed("health", v1::health(self, &secrets)).await
    }

    /// The caller's id as the store sees it.
    fn caller_key(&self, caller: &CallerId, secrets: &SecretSet) -> Result<String, OpenMemoryError> {
        if !self.0.pseudonymous_callers {
            return Ok(caller.as_str().to_owned());
        }
        let pepper = secrets.caller_id_pepper().ok_or(OpenMemoryError::NoPepper)?;
        Ok(caller.hash(pepper).as_str().to_owned())
    }
}

async fn timed<T>(
    operation: &'static str,
    call: impl Future<Output = Result<T, CallError>>,
) -> Result<T, OpenMemoryError> {
    let started = Instant::now();
    let result = call.await;
    measure::openmemory_call(operation, result.as_ref().err().map_or("ok", CallError::kind), started.elapsed());
    Ok(result?)
}
