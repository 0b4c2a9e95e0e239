//! The client of the documented contract, `/api/v1`. It ignores response fields that it does not
//! use.

mod identities;
mod item;
mod operator;
mod profiles;
mod row;
mod search;
mod transfer;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use url::Url;

use super::key::CallerKey;
use super::server::Server;
use super::{Dialect, ForgetSummary, OpenMemoryError, Page, Provenance, StoreHealth, StoreOutcome};
use crate::call::AgentId;
use crate::http_client::{CallError, HttpResponse};
use crate::memory::{Change, Memory, MemoryId, NewMemory, Retention};
use item::BatchItem;
use row::MemoryList;

/// A client of the documented contract.
#[derive(Debug)]
pub(super) struct V1 {
    server: Server,
    retention: Retention,
    extensions: OnceCell<Vec<String>>,
}

impl V1 {
    pub(super) fn new(server: Server, retention: Retention) -> Self {
        Self {
            server,
            retention,
            extensions: OnceCell::new(),
        }
    }

    /// Stores all memories in one request, which the server applies as a whole.
    ///
    /// The server refuses single memories that reinforce or supersede a memory of another caller.
    /// This happens if the earlier memory is stored under another id of the same caller. A second
    /// request stores the refused memories as new.
    pub(super) async fn remember(
        &self,
        provenance: &Provenance<'_>,
        key: &CallerKey,
        memories: &[NewMemory],
    ) -> Result<Vec<StoreOutcome>, OpenMemoryError> {
        let mut results = self.batch(provenance, key, memories).await?;
        let refused: Vec<usize> = (0..results.len())
            .filter(|index| results[*index].is_none())
            .collect();
        if !refused.is_empty() {
            let retries: Vec<NewMemory> = refused
                .iter()
                .map(|index| NewMemory {
                    change: Change::New,
                    ..memories[*index].clone()
                })
                .collect();
            let retried = self.batch(provenance, key, &retries).await?;
            for (index, result) in refused.into_iter().zip(retried) {
                results[index] = result;
            }
        }
        let outcomes = results
            .into_iter()
            .collect::<Option<_>>()
            .ok_or(OpenMemoryError::WrongCaller)?;
        self.retire_superseded(memories).await?;
        Ok(outcomes)
    }

    /// Sends one batch. Returns the outcome of each memory, or `None` for a refused one.
    async fn batch(
        &self,
        provenance: &Provenance<'_>,
        key: &CallerKey,
        memories: &[NewMemory],
    ) -> Result<Vec<Option<StoreOutcome>>, OpenMemoryError> {
        #[derive(Serialize)]
        struct Batch<'a> {
            memories: Vec<BatchItem<'a>>,
        }
        #[derive(Deserialize)]
        struct Results {
            results: Vec<BatchItemResult>,
        }
        let item = |memory| BatchItem::new(provenance, key, self.retention, memory);
        let body = Batch {
            memories: memories.iter().map(item).collect(),
        };
        let Results { results } = self
            .post(&["memories", "batch"], &body)
            .await?
            .success()?
            .json()?;
        if results.len() != memories.len() {
            return Err(CallError::Unreadable.into());
        }
        Ok(results.into_iter().map(BatchItemResult::outcome).collect())
    }

    /// Deletes superseded memories on servers without the `supersede` extension, which store the
    /// successor but leave the earlier memory active.
    async fn retire_superseded(&self, memories: &[NewMemory]) -> Result<(), OpenMemoryError> {
        let superseded: Vec<&MemoryId> = memories
            .iter()
            .filter_map(|memory| memory.change.superseded())
            .collect();
        if superseded.is_empty() || self.supports("supersede").await? {
            return Ok(());
        }
        for earlier in superseded {
            self.delete(earlier).await?;
        }
        Ok(())
    }

    pub(super) async fn list(
        &self,
        agent: Option<&AgentId>,
        key: &CallerKey,
        page: Page,
        superseded: bool,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        let mut url = match agent {
            Some(agent) => self.server.url(&[
                "api",
                "v1",
                "agents",
                agent.as_str(),
                "callers",
                &key.id,
                "memories",
            ]),
            None if self.supports("list-caller").await? => self
                .server
                .url(&["api", "v1", "callers", &key.id, "memories"]),
            None => return Err(OpenMemoryError::MissingExtension("list-caller")),
        };
        url.query_pairs_mut()
            .append_pair("limit", &page.limit.to_string())
            .append_pair("offset", &page.offset.to_string())
            .append_pair("sort_by", "importance")
            .append_pair("order", "desc");
        if superseded {
            url.query_pairs_mut().append_pair("superseded", "true");
        }
        append_aliases(&mut url, key);
        let response = self.server.send(self.server.get(url)).await?.success()?;
        Ok(response
            .json::<MemoryList<'_>>()?
            .into_memories(key, agent, self.retention)
            .collect())
    }

    pub(super) async fn delete(&self, memory: &MemoryId) -> Result<(), OpenMemoryError> {
        let url = self.server.url(&["api", "v1", "memories", &memory.0]);
        let response = self.server.send(self.server.delete(url)).await?;
        if is_not_found(&response) {
            Ok(())
        } else {
            Ok(response.success().map(|_| ())?)
        }
    }

    pub(super) async fn forget(&self, key: &CallerKey) -> Result<ForgetSummary, OpenMemoryError> {
        #[derive(Deserialize)]
        struct DeletionCounts {
            memories_deleted: u64,
            profiles_deleted: u64,
        }
        if !self.supports("forget-caller").await? {
            return Err(OpenMemoryError::MissingExtension("forget-caller"));
        }
        let mut url = self.server.url(&["api", "v1", "callers", &key.id]);
        append_aliases(&mut url, key);
        let deleted: DeletionCounts = self
            .server
            .send(self.server.delete(url))
            .await?
            .success()?
            .json()?;
        Ok(ForgetSummary {
            memories: deleted.memories_deleted,
            cards: deleted.profiles_deleted,
        })
    }

    pub(super) async fn health(&self) -> Result<StoreHealth, OpenMemoryError> {
        #[derive(Deserialize)]
        struct Health {
            status: Option<String>,
            ok: Option<bool>,
            version: Option<String>,
            database: Option<String>,
            embeddings: Option<String>,
            #[serde(default)]
            extensions: Vec<String>,
        }
        let response = self
            .server
            .send(self.server.get(self.server.url(&["health"])))
            .await?
            .success()?;
        let health: Health = response.json()?;
        if health.status.is_none() && health.ok.is_some() {
            return Err(OpenMemoryError::WrongDialect("cavira"));
        }
        let Health {
            version,
            database,
            embeddings,
            extensions,
            ..
        } = health;
        Ok(StoreHealth {
            dialect: Dialect::V1,
            version,
            database,
            embeddings,
            extensions,
        })
    }

    /// Returns whether the server supports an extension. Each process asks the server only once.
    pub(super) async fn supports(&self, extension: &str) -> Result<bool, OpenMemoryError> {
        let extensions: &Vec<String> = self
            .extensions
            .get_or_try_init(async || Ok::<_, OpenMemoryError>(self.health().await?.extensions))
            .await?;
        Ok(extensions.iter().any(|supported| supported == extension))
    }

    /// Sends a POST request. All of them are idempotent: reads, upserts, and batches with
    /// idempotency keys.
    async fn post(
        &self,
        path: &[&str],
        body: &(impl Serialize + Sync),
    ) -> Result<HttpResponse, CallError> {
        let segments: Vec<&str> = ["api", "v1"]
            .into_iter()
            .chain(path.iter().copied())
            .collect();
        self.server
            .send(
                self.server
                    .send_json(Method::POST, self.server.url(&segments), body),
            )
            .await
    }
}

#[derive(Deserialize)]
struct BatchItemResult {
    memory_id: Option<MemoryId>,
    action: Option<String>,
}

impl BatchItemResult {
    /// Returns `None` for a refused memory: it names a memory of another caller, or its idempotency
    /// key was used for other content.
    fn outcome(self) -> Option<StoreOutcome> {
        let id = self.memory_id?;
        Some(match self.action.as_deref() {
            Some("reinforced") => StoreOutcome::Reinforced(id),
            _ => StoreOutcome::Stored(id),
        })
    }
}

/// Adds a caller's older ids to the query string (extension `caller-aliases`).
fn append_aliases(url: &mut Url, key: &CallerKey) {
    if !key.aliases.is_empty() {
        url.query_pairs_mut()
            .extend_pairs(key.aliases.iter().map(|alias| ("caller_aliases", alias)));
    }
}

/// Returns whether this is the contract's own 404, with an error body. Any other 404 comes from
/// a proxy or from a server with another API.
fn is_not_found(response: &HttpResponse) -> bool {
    #[derive(Deserialize)]
    struct ErrorBody {
        #[expect(dead_code, reason = "only its presence matters")]
        error: serde_json::Value,
    }
    response.status == StatusCode::NOT_FOUND && response.json::<ErrorBody>().is_ok()
}
