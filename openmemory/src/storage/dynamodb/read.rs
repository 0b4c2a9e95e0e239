//! Reads a caller's memories. Every read queries the caller's partition and selects in this
//! process.
//!
//! A query costs the same whatever it returns, so all memories are compared exactly and nothing is
//! selected by terms.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::fields::Fields;
use super::keys::{Item, MEMORIES};
use super::link_item::MAIN;
use super::memory_item::{
    AGENT, EXPIRES_AT, MEMORY_ID, SUPERSEDED_BY, StoredMemory, VECTOR_ONLY, WITHOUT_VECTOR, vector,
};
use super::{Dynamo, StorageError};
use crate::memory::{
    AgentId, CallerId, Callers, Direction, Memory, MemoryId, Outline, Page, SortBy, Vector,
    VectorSimilarity,
};

impl Dynamo {
    /// Loads a caller's active memories, in order of creation. `agent` limits them to one agent.
    pub(crate) async fn active(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Memory>, StorageError> {
        let active = self.active_with_positions(callers, agent, now).await?;
        Ok(active.into_iter().map(|(_, memory)| memory).collect())
    }

    /// Loads all active memories: every one may contain a search term.
    pub(crate) async fn matching(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        _: &[String],
        now: Timestamp,
    ) -> Result<(Vec<Memory>, usize), StorageError> {
        let active = self.active(callers, agent, now).await?;
        let total = active.len();
        Ok((active, total))
    }

    /// Returns false: a query loads all memories in any case, so all are compared exactly.
    pub(crate) async fn has_more_than(
        &self,
        _: usize,
        _: &Callers,
        _: Option<&AgentId>,
        _: Timestamp,
    ) -> Result<bool, StorageError> {
        Ok(false)
    }

    /// Loads the outlines of a caller's active memories. Without terms, each of them is compared.
    pub(crate) async fn outlines(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Outline>, StorageError> {
        let active = self.active_with_positions(callers, agent, now).await?;
        let outline = |(seq, memory): (i64, Memory)| Outline {
            seq,
            importance: memory.importance,
            happened_at: memory.happened_at,
            terms: None,
        };
        Ok(active.into_iter().map(outline).collect())
    }

    /// Loads the caller's active memories with these sequence numbers.
    pub(crate) async fn at_positions(
        &self,
        callers: &Callers,
        places: &[i64],
        now: Timestamp,
    ) -> Result<Vec<(i64, Memory)>, StorageError> {
        let wanted: HashSet<i64> = places.iter().copied().collect();
        let mut active = self.active_with_positions(callers, None, now).await?;
        active.retain(|(seq, _)| wanted.contains(seq));
        Ok(active)
    }

    /// Loads the caller's active memories with these ids.
    pub(crate) async fn by_ids(
        &self,
        callers: &Callers,
        ids: &[MemoryId],
        now: Timestamp,
    ) -> Result<Vec<(i64, Memory)>, StorageError> {
        let wanted: HashSet<&MemoryId> = ids.iter().collect();
        let mut active = self.active_with_positions(callers, None, now).await?;
        active.retain(|(_, memory)| wanted.contains(&memory.id));
        Ok(active)
    }

    /// Loads one page of a caller's active memories, and counts them all.
    pub(crate) async fn list(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        (by, direction): (SortBy, Direction),
        page: Page,
        now: Timestamp,
    ) -> Result<(Vec<Memory>, usize), StorageError> {
        let mut active = self.active_with_positions(callers, agent, now).await?;
        let total = active.len();
        active.sort_by(|one, other| {
            let ascending = compare(one, other, by);
            match direction {
                Direction::Ascending => ascending,
                Direction::Descending => ascending.reverse(),
            }
        });
        let memories = active.into_iter().skip(page.offset).take(page.limit);
        Ok((memories.map(|(_, memory)| memory).collect(), total))
    }

    /// Loads a caller's superseded memories, in order of creation.
    pub(crate) async fn superseded(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Memory>, StorageError> {
        let mut stored = self.stored(callers, agent, now).await?;
        stored.retain(|stored| stored.memory.superseded.is_some());
        Ok(stored.into_iter().map(|stored| stored.memory).collect())
    }

    /// Compares a vector with the caller's active memories that have a vector of the same space.
    pub(crate) async fn closeness(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        asked: &Vector,
        now: Timestamp,
    ) -> Result<HashMap<MemoryId, VectorSimilarity>, StorageError> {
        let mut vectors = Vec::new();
        for item in self.items(callers, &VECTOR_ONLY).await? {
            if is_active(&item, agent, now)?
                && let Some(vector) = vector(&item, &asked.space)
            {
                let fields = Fields::new(&item, "memory");
                let id = MemoryId::parse(fields.text(MEMORY_ID)?).map_err(|_| fields.error())?;
                vectors.push((id, vector));
            }
        }
        Ok(VectorSimilarity::compare_all(vectors, asked)
            .into_iter()
            .collect())
    }

    async fn active_with_positions(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<(i64, Memory)>, StorageError> {
        let mut stored = self.stored(callers, agent, now).await?;
        stored.retain(|stored| stored.memory.superseded.is_none());
        let position = |stored: StoredMemory| (stored.seq, stored.memory);
        Ok(stored.into_iter().map(position).collect())
    }

    /// Loads a caller's memories that have not expired, in order of creation. A memory that is
    /// moved to another id of the caller at this moment is returned once.
    async fn stored(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<StoredMemory>, StorageError> {
        let items = self.items(callers, &WITHOUT_VECTOR).await?;
        let mut stored: Vec<StoredMemory> = items
            .iter()
            .map(StoredMemory::try_from)
            .collect::<Result<_, _>>()?;
        stored.retain(|stored| {
            !stored.memory.is_expired(now)
                && agent.is_none_or(|agent| stored.memory.agent_id == *agent)
        });
        stored.sort_by_key(|stored| stored.seq);
        let mut seen = HashSet::new();
        stored.retain(|stored| seen.insert(stored.memory.id.clone()));
        Ok(stored)
    }

    /// Queries all partitions of a caller at once. If one of the ids is linked, then queries that of
    /// the main id.
    async fn items(&self, callers: &Callers, fields: &[&str]) -> Result<Vec<Item>, StorageError> {
        let queries = callers.all().map(async |caller| {
            self.query_with_state(&self.keys.partition(caller), fields)
                .await
        });
        let partitions = try_join_all(queries).await?;
        let mut items: Vec<Item> = partitions.into_iter().flatten().collect();
        let main_ids: HashSet<CallerId> = items.iter().filter_map(main_id).collect();
        items.retain(|item| item.contains_key(MEMORY_ID));
        for main in main_ids {
            if callers.all().all(|caller| *caller != main) {
                let partition = self.keys.partition(&main);
                items.extend(self.query(&partition, MEMORIES, fields).await?);
            }
        }
        Ok(items)
    }
}

fn main_id(item: &Item) -> Option<CallerId> {
    let main = Fields::new(item, "link").optional_text(MAIN)?;
    Some(CallerId::stored(main.to_owned()))
}

fn is_active(item: &Item, agent: Option<&AgentId>, now: Timestamp) -> Result<bool, StorageError> {
    let fields = Fields::new(item, "memory");
    let expires_at = fields.optional_time(EXPIRES_AT)?;
    Ok(!item.contains_key(SUPERSEDED_BY)
        && expires_at.is_none_or(|expiry| expiry > now)
        && agent.is_none_or(|agent| fields.optional_text(AGENT) == Some(agent.as_str())))
}

fn compare((seq, one): &(i64, Memory), (other_seq, other): &(i64, Memory), by: SortBy) -> Ordering {
    let by_importance = one.importance.cmp(&other.importance);
    let by_count = one.reinforcement_count.cmp(&other.reinforcement_count);
    let by_time = one
        .created_at
        .cmp(&other.created_at)
        .then(seq.cmp(other_seq));
    match by {
        SortBy::CreatedAt => by_time,
        SortBy::Importance => by_importance.then(by_time),
        SortBy::Relevance => by_importance.then(by_count).then(by_time),
    }
}
