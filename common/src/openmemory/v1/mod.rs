//! The documented contract, `/api/v1`. Fields that this system does not use are passed over.

mod item;
mod profiles;
mod row;
mod transfer;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use url::Url;

use super::key::CallerKey;
use super::server::Server;
use super::{
    Dialect, ForgetSummary, OpenMemoryError, Page, Provenance, Search, StoreHealth, StoreOutcome,
};
use crate::call::AgentId;
use crate::http_client::{CallError, HttpResponse};
use crate::memory::{Change, Importance, Memory, MemoryId, NewMemory, Retention, keep_distinct};
use item::Item;
use row::Found;

/// Speaks the documented contract.
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

    /// Without a least relevance the server leaves out what has nothing to do with the question; 0
    /// asks for the best memories whatever their relevance.
    pub(super) async fn search(
        &self,
        search: &Search<'_>,
        key: &CallerKey,
        min_relevance: Option<f64>,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        #[derive(Serialize)]
        struct Query<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            agent_id: Option<&'a AgentId>,
            caller_id: &'a str,
            #[serde(skip_serializing_if = "<[String]>::is_empty")]
            caller_aliases: &'a [String],
            query: &'a str,
            filters: Filters,
            limit: usize,
            #[serde(skip_serializing_if = "Option::is_none")]
            min_relevance: Option<f64>,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            include_superseded: bool,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            distinct: bool,
        }
        #[derive(Serialize)]
        struct Filters {
            min_importance: Importance,
        }
        let body = Query {
            agent_id: search.agent,
            caller_id: &key.id,
            caller_aliases: &key.aliases,
            query: search.query,
            filters: Filters {
                min_importance: search.min_importance,
            },
            limit: search.limit,
            min_relevance,
            include_superseded: search.include_superseded,
            distinct: search.distinct,
        };
        let answer = self.post(&["memories", "search"], &body).await?.success()?;
        let mut memories: Vec<Memory> = answer
            .json::<Found<'_>>()?
            .of(key, search.agent, self.retention)
            .collect();
        if search.distinct {
            keep_distinct(&mut memories, search.limit);
        }
        memories.truncate(search.limit);
        Ok(memories)
    }

    /// One request for all: the server does all of it or nothing, but for what it refuses because
    /// it names a memory of somebody else. That was known under another name of the caller: it is
    /// stored without it, with a second request.
    pub(super) async fn remember(
        &self,
        provenance: &Provenance<'_>,
        key: &CallerKey,
        memories: &[NewMemory],
    ) -> Result<Vec<StoreOutcome>, OpenMemoryError> {
        let mut results = self.batch(provenance, key, memories).await?;
        let refused: Vec<usize> = (0..results.len())
            .filter(|place| results[*place].is_none())
            .collect();
        if !refused.is_empty() {
            let plain = |place: &usize| NewMemory {
                change: Change::New,
                ..memories[*place].clone()
            };
            let plain: Vec<NewMemory> = refused.iter().map(plain).collect();
            for (place, result) in refused
                .into_iter()
                .zip(self.batch(provenance, key, &plain).await?)
            {
                results[place] = result;
            }
        }
        let remembered = results
            .into_iter()
            .collect::<Option<_>>()
            .ok_or(OpenMemoryError::NotTheirs)?;
        self.retire_superseded(memories).await?;
        Ok(remembered)
    }

    /// What became of each memory; nothing for one that was refused.
    async fn batch(
        &self,
        provenance: &Provenance<'_>,
        key: &CallerKey,
        memories: &[NewMemory],
    ) -> Result<Vec<Option<StoreOutcome>>, OpenMemoryError> {
        #[derive(Serialize)]
        struct Batch<'a> {
            memories: Vec<Item<'a>>,
        }
        #[derive(Deserialize)]
        struct Results {
            results: Vec<ItemResult>,
        }
        let item = |memory| Item::new(provenance, key, self.retention, memory);
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
        Ok(results.into_iter().map(ItemResult::remembered).collect())
    }

    /// A server without the `supersede` extension stores the successor and leaves the earlier
    /// memory: then it is deleted.
    async fn retire_superseded(&self, memories: &[NewMemory]) -> Result<(), OpenMemoryError> {
        let superseded: Vec<&MemoryId> = memories
            .iter()
            .filter_map(|memory| memory.change.superseded())
            .collect();
        if superseded.is_empty() || self.announces("supersede").await? {
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
            None if self.announces("list-caller").await? => self
                .server
                .url(&["api", "v1", "callers", &key.id, "memories"]),
            None => return Err(OpenMemoryError::Lacks("list-caller")),
        };
        url.query_pairs_mut()
            .append_pair("limit", &page.limit.to_string())
            .append_pair("offset", &page.offset.to_string())
            .append_pair("sort_by", "importance")
            .append_pair("order", "desc");
        if superseded {
            url.query_pairs_mut().append_pair("superseded", "true");
        }
        name_aliases(&mut url, key);
        let answer = self.server.ask(self.server.get(url)).await?.success()?;
        Ok(answer
            .json::<Found<'_>>()?
            .of(key, agent, self.retention)
            .collect())
    }

    pub(super) async fn delete(&self, memory: &MemoryId) -> Result<(), OpenMemoryError> {
        let url = self.server.url(&["api", "v1", "memories", &memory.0]);
        let answer = self.server.ask(self.server.delete(url)).await?;
        if is_not_found(&answer) {
            Ok(())
        } else {
            Ok(answer.success().map(|_| ())?)
        }
    }

    pub(super) async fn forget(&self, key: &CallerKey) -> Result<ForgetSummary, OpenMemoryError> {
        #[derive(Deserialize)]
        struct Removed {
            memories_deleted: u64,
            profiles_deleted: u64,
        }
        if !self.announces("forget-caller").await? {
            return Err(OpenMemoryError::Lacks("forget-caller"));
        }
        let mut url = self.server.url(&["api", "v1", "callers", &key.id]);
        name_aliases(&mut url, key);
        let removed: Removed = self
            .server
            .ask(self.server.delete(url))
            .await?
            .success()?
            .json()?;
        Ok(ForgetSummary {
            memories: removed.memories_deleted,
            cards: removed.profiles_deleted,
        })
    }

    pub(super) async fn health(&self) -> Result<StoreHealth, OpenMemoryError> {
        #[derive(Deserialize)]
        struct Health {
            status: Option<String>,
            ok: Option<bool>,
            version: Option<String>,
            database: Option<String>,
            #[serde(default)]
            extensions: Vec<String>,
        }
        let answer = self
            .server
            .ask(self.server.get(self.server.url(&["health"])))
            .await?
            .success()?;
        let health: Health = answer.json()?;
        if health.status.is_none() && health.ok.is_some() {
            return Err(OpenMemoryError::OtherDialect("cavira"));
        }
        let Health {
            version,
            database,
            extensions,
            ..
        } = health;
        Ok(StoreHealth {
            dialect: Dialect::V1,
            version,
            database,
            extensions,
        })
    }

    /// Asked once for each process, and only when it matters.
    pub(super) async fn announces(&self, extension: &str) -> Result<bool, OpenMemoryError> {
        let known = self
            .extensions
            .get_or_try_init(async || Ok(self.health().await?.extensions));
        known
            .await
            .map(|known: &Vec<String>| known.iter().any(|one| one == extension))
    }

    /// Every call of this contract may arrive twice: reads, upserts, and batches with idempotency
    /// keys.
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
            .ask(
                self.server
                    .send_json(Method::POST, self.server.url(&segments), body),
            )
            .await
    }
}

#[derive(Deserialize)]
struct ItemResult {
    memory_id: Option<MemoryId>,
    action: Option<String>,
}

impl ItemResult {
    /// Nothing for one that was refused: it names a memory of somebody else, or its key was used
    /// for something else.
    fn remembered(self) -> Option<StoreOutcome> {
        let id = self.memory_id?;
        Some(match self.action.as_deref() {
            Some("reinforced") => StoreOutcome::Reinforced(id),
            _ => StoreOutcome::Stored(id),
        })
    }
}

/// Older ids of a caller in a query string (extension `caller-aliases`).
fn name_aliases(url: &mut Url, key: &CallerKey) {
    if !key.aliases.is_empty() {
        url.query_pairs_mut()
            .extend_pairs(key.aliases.iter().map(|alias| ("caller_aliases", alias)));
    }
}

/// The contract's own "there is no such thing"; a 404 of anything else comes from a server that
/// speaks something else.
fn is_not_found(answer: &HttpResponse) -> bool {
    #[derive(Deserialize)]
    struct Refusal {
        #[expect(dead_code, reason = "that it is there is what counts")]
        error: serde_json::Value,
    }
    answer.status == StatusCode::NOT_FOUND && answer.json::<Refusal>().is_ok()
}
