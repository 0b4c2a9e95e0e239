//! The documented contract, `/api/v1`. Fields that this system does not use are passed over.

use http::StatusCode;
use jiff::Timestamp;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Occasion, OpenMemory, Page, Remembered, Search, StoreHealth};
use crate::call::{AgentId, ConversationId};
use crate::http_client::{CallError, join, send_idempotent};
use crate::memory::{Category, Change, Importance, Memory, MemoryId, NewMemory, Source};
use crate::secrets::SecretSet;

/// In the place of a caller: the agent's own profile. No caller has this id.
pub(super) const AGENT_ITSELF: &str = "*";

pub(super) async fn get_profile<T: DeserializeOwned>(
    store: &OpenMemory,
    secrets: &SecretSet,
    agent: &AgentId,
    caller_key: &str,
) -> Result<Option<T>, CallError> {
    #[derive(Deserialize)]
    struct Profile<T> {
        agent_id: String,
        caller_id: String,
        profile_data: T,
    }
    let url = join(&store.0.base, &["api", "v1", "agents", agent.as_str(), "callers", caller_key]);
    let answer = send_idempotent(store.prepare(store.0.http.get(url), secrets)).await?;
    if answer.status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    let profile: Profile<T> = answer.success()?.json()?;
    let asked_for = profile.agent_id == agent.as_str() && profile.caller_id == caller_key;
    if asked_for { Ok(Some(profile.profile_data)) } else { Err(CallError::Unreadable) }
}

pub(super) async fn put_profile<T: Serialize + Sync>(
    store: &OpenMemory,
    secrets: &SecretSet,
    agent: &AgentId,
    caller_key: &str,
    profile_data: &T,
    ttl_hours: u32,
) -> Result<(), CallError> {
    #[derive(Serialize)]
    struct Profile<'a, T> {
        agent_id: &'a AgentId,
        caller_id: &'a str,
        profile_data: &'a T,
        ttl_hours: u32,
    }
    let body = Profile { agent_id: agent, caller_id: caller_key, profile_data, ttl_hours };
    store.post(&["agents"], secrets, &body).await?.success().map(|_| ())
}

pub(super) async fn search(
    store: &OpenMemory,
    secrets: &SecretSet,
    search: &Search<'_>,
    caller_key: &str,
) -> Result<Vec<Memory>, CallError> {
    #[derive(Serialize)]
    struct Query<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        agent_id: Option<&'a AgentId>,
        caller_id: &'a str,
        query: &'a str,
        filters: Filters,
        limit: usize,
        min_relevance: f64,
    }
    #[derive(Serialize)]
    struct Filters {
        min_importance: Importance,
    }
    let body = Query {
        agent_id: search.agent,
        caller_id: caller_key,
        query: search.query,
        filters: Filters { min_importance: search.min_importance },
        limit: search.limit,
        min_relevance: 0.0,
    };
    let found: Found = store.post(&["memories", "search"], secrets, &body).await?.success()?.json()?;
    Ok(found.of(caller_key, search.agent).take(search.limit).collect())
}

pub(super) async fn remember(
    store: &OpenMemory,
    secrets: &SecretSet,
    occasion: &Occasion<'_>,
    caller_key: &str,
    memories: &[NewMemory],
) -> Result<Vec<Remembered>, CallError> {
    #[derive(Serialize)]
    struct Batch<'a> {
        memories: Vec<Item<'a>>,
    }
    #[derive(Deserialize)]
    struct Results {
        results: Vec<ItemResult>,
    }
    #[derive(Deserialize)]
    struct ItemResult {
        memory_id: Option<MemoryId>,
        action: Option<String>,
    }
    let body = Batch { memories: memories.iter().map(|memory| Item::new(occasion, caller_key, memory)).collect() };
    let Results { results } = store.post(&["memories", "batch"], secrets, &body).await?.success()?.json()?;
    if results.len() != memories.len() {
        return Err(CallError::Unreadable);
    }
    let remembered = |result: ItemResult| match (result.memory_id, result.action.as_deref()) {
        (Some(id), Some("reinforced")) => Ok(Remembered::Reinforced(id)),
        (Some(id), _) => Ok(Remembered::Stored(id)),
        // An item of a batch is refused only where it names a memory of somebody else.
        (None, _) => Err(CallError::Refused(StatusCode::NOT_FOUND)),
    };
    results.into_iter().map(remembered).collect()
}

pub(super) async fn list(
    store: &OpenMemory,
    secrets: &SecretSet,
    agent: &AgentId,
    caller_key: &str,
    page: Page,
) -> Result<Vec<Memory>, CallError> {
    let mut url = join(&store.0.base, &["api", "v1", "agents", agent.as_str(), "callers", caller_key, "memories"]);
    url.query_pairs_mut()
        .append_pair("limit", &page.limit.to_string())
        .append_pair("offset", &page.offset.to_string())
        .append_pair("sort_by", "importance")
        .append_pair("order", "desc");
    let found: Found = send_idempotent(store.prepare(store.0.http.get(url), secrets)).await?.success()?.json()?;
    Ok(found.of(caller_key, Some(agent)).collect())
}

pub(super) async fn delete(store: &OpenMemory, secrets: &SecretSet, memory: &MemoryId) -> Result<(), CallError> {
    let url = join(&store.0.base, &["api", "v1", "memories", &memory.0]);
    let answer = send_idempotent(store.prepare(store.0.http.delete(url), secrets)).await?;
    if answer.status == StatusCode::NOT_FOUND { Ok(()) } else { answer.success().map(|_| ()) }
}

pub(super) async fn health(store: &OpenMemory, secrets: &SecretSet) -> Result<StoreHealth, CallError> {
    #[derive(Deserialize)]
    struct Health {
        version: Option<String>,
        database: Option<String>,
        #[serde(default)]
        extensions: Vec<String>,
    }
    let request = store.0.http.get(join(&store.0.base, &["health"]));
    let health: Health = send_idempotent(store.prepare(request, secrets)).await?.success()?.json()?;
    Ok(StoreHealth { version: health.version, database: health.database, extensions: health.extensions })
}

impl OpenMemory {
    /// Every call of this contract may arrive twice: reads, upserts, and batches with idempotency keys.
    async fn post(
        &self,
        path: &[&str],
        secrets: &SecretSet,
        body: &(impl Serialize + Sync),
    ) -> Result<crate::http_client::Answer, CallError> {
        let segments: Vec<&str> = ["api", "v1"].into_iter().chain(path.iter().copied()).collect();
        let request = self.0.http.post(join(&self.0.base, &segments)).json(body);
        send_idempotent(self.prepare(request, secrets)).await
    }

    fn prepare(&self, request: RequestBuilder, secrets: &SecretSet) -> RequestBuilder {
        let request = request.timeout(self.0.call_limit);
        match secrets.openmemory_api_key() {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }
}

/// A memory on its way to the store.
#[derive(Serialize)]
struct Item<'a> {
    agent_id: &'a AgentId,
    caller_id: &'a str,
    content: &'a str,
    metadata: ItemMetadata<'a>,
    importance: Importance,
    idempotency_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    supersedes: Option<&'a MemoryId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reinforces: Option<&'a MemoryId>,
}

#[derive(Serialize)]
struct ItemMetadata<'a> {
    conversation_id: &'a ConversationId,
    timestamp: Timestamp,
    importance: Importance,
    category: Category,
    tags: &'a [String],
    entities: &'a [String],
    search_hints: &'a [String],
    source: Source,
    extractor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    turn: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<&'a str>,
}

impl<'a> Item<'a> {
    fn new(occasion: &'a Occasion<'_>, caller_key: &'a str, memory: &'a NewMemory) -> Self {
        let (supersedes, reinforces) = match &memory.change {
            Change::New => (None, None),
            Change::Supersedes(earlier) => (Some(earlier), None),
            Change::Repeats(earlier) => (None, Some(earlier)),
        };
        Self {
            agent_id: occasion.agent,
            caller_id: caller_key,
            content: &memory.content,
            metadata: ItemMetadata {
                conversation_id: occasion.conversation,
                timestamp: occasion.at,
                importance: memory.importance,
                category: memory.category,
                tags: &memory.entities,
                entities: &memory.entities,
                search_hints: &memory.search_hints,
                source: memory.source,
                extractor: occasion.extractor,
                turn: memory.turn,
                quote: memory.quote.as_deref(),
            },
            importance: memory.importance,
            idempotency_key: &memory.idempotency_key,
            supersedes,
            reinforces,
        }
    }
}

/// Memories as they come back.
#[derive(Deserialize)]
struct Found {
    memories: Vec<Row>,
}

impl Found {
    /// Only what belongs to this caller, and to this agent where one was named, whatever the server sent.
    fn of<'a>(self, caller_key: &'a str, agent: Option<&'a AgentId>) -> impl Iterator<Item = Memory> + 'a {
        let ours = move |row: &Row| {
            row.metadata.caller_id.as_deref() == Some(caller_key)
                && agent.is_none_or(|agent| row.metadata.agent_id.as_ref() == Some(agent))
        };
        self.memories.into_iter().filter(ours).map(Memory::from)
    }
}

/// A memory as it comes back.
#[derive(Deserialize)]
struct Row {
    memory_id: MemoryId,
    content: String,
    #[serde(default)]
    relevance_score: Option<f64>,
    #[serde(default)]
    importance: Option<f64>,
    metadata: RowMetadata,
    #[serde(default)]
    created_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct RowMetadata {
    caller_id: Option<String>,
    agent_id: Option<AgentId>,
    #[serde(default)]
    conversation_id: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    reinforcement_count: Option<u32>,
}

impl From<Row> for Memory {
    fn from(row: Row) -> Self {
        let metadata = row.metadata;
        let category = metadata
            .category
            .as_deref()
            .and_then(|name| Category::ALL.into_iter().find(|category| category.as_str() == name));
        let importance = row.importance.map_or(Importance::MIDDLE, |number| Importance::clamped(number.round() as i64));
        Self {
            id: row.memory_id,
            content: row.content,
            relevance: row.relevance_score.filter(|score| score.is_finite()).map_or(1.0, |score| score.clamp(0.0, 1.0)),
            importance,
            category,
            timestamp: metadata.timestamp.and_then(|text| text.parse().ok()).or(row.created_at),
            conversation_id: metadata.conversation_id.and_then(|id| ConversationId::parse(id).ok()),
            agent_id: metadata.agent_id,
            reinforcement_count: metadata.reinforcement_count.unwrap_or(1),
        }
    }
}
