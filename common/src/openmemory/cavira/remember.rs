//! Stores memories: executes a plan row by row.
//!
//! Each row contains the idempotency keys of the memories that created or reinforced it. After an
//! interruption the whole operation can therefore be repeated, with the same result.

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::clock::now;
use super::super::{OpenMemoryError, Provenance, StoreOutcome};
use super::Cavira;
use super::plan::{Step, plan};
use super::row::Row;
use crate::memory::{MemoryId, NewMemory};

/// Number of memories that are stored concurrently.
const CONCURRENT_WRITES: usize = 4;
/// Maximum number of idempotency keys on a row: the one that created it, and the latest others.
const MAX_KEYS: usize = 100;

impl Cavira {
    pub(in super::super) async fn remember(
        &self,
        provenance: &Provenance<'_>,
        key: &str,
        memories: &[NewMemory],
    ) -> Result<Vec<StoreOutcome>, OpenMemoryError> {
        let rows = self.rows(key).await?;
        self.delete_pending(&rows).await?;
        let ours: Vec<Row> = rows
            .into_iter()
            .filter(|row| row.belongs_to(key) && row.is_memory())
            .collect();
        let steps = plan(
            &ours,
            provenance.agent,
            memories,
            self.similarity_threshold,
            now(),
        );
        let expiry = self.retention.expires_at(provenance.at);
        self.reinforce(&ours, key, memories, &steps, expiry).await?;
        let stored = self
            .store_new(provenance, key, memories, &steps, expiry)
            .await?;
        let outcomes: Vec<StoreOutcome> = steps
            .iter()
            .zip(0..)
            .map(|(step, index)| outcome(step, index, &stored))
            .collect();
        self.retire_superseded(&ours, key, memories, &outcomes)
            .await?;
        Ok(outcomes)
    }

    /// Deletes placeholders. The calls of a caller are processed one after the other, so an
    /// existing placeholder was left by a process that died.
    async fn delete_pending(&self, rows: &[Row]) -> Result<(), OpenMemoryError> {
        let placeholders: Vec<Row> = rows
            .iter()
            .filter(|row| row.is_pending())
            .cloned()
            .collect();
        self.delete_all(&placeholders).await
    }

    async fn reinforce(
        &self,
        rows: &[Row],
        key: &str,
        memories: &[NewMemory],
        steps: &[Step],
        expiry: Option<Timestamp>,
    ) -> Result<(), OpenMemoryError> {
        for row in rows {
            let by = |(step, memory): (&Step, &NewMemory)| {
                matches!(step, Step::Reinforce(id) if *id == row.id)
                    .then(|| memory.idempotency_key.clone())
            };
            let keys: Vec<String> = steps.iter().zip(memories).filter_map(by).collect();
            if keys.is_empty() {
                continue;
            }
            let mut metadata = row.metadata.clone();
            let count = row
                .reinforcement_count()
                .saturating_add(u32::try_from(keys.len()).unwrap_or(u32::MAX));
            metadata.insert("reinforcement_count".to_owned(), json!(count));
            metadata.insert("keys".to_owned(), json!(append_keys(row.keys(), keys)));
            set_expiry(
                &mut metadata,
                expiry.map(|expiry| row.expires_at().map_or(expiry, |before| before.max(expiry))),
            );
            self.patch(&row.id, key, None, &metadata).await?;
            self.reinforce_row(&row.id).await?;
        }
        Ok(())
    }

    /// Stores the new rows. Returns their ids with the index of their memory in the batch.
    async fn store_new(
        &self,
        provenance: &Provenance<'_>,
        key: &str,
        memories: &[NewMemory],
        steps: &[Step],
        expiry: Option<Timestamp>,
    ) -> Result<Vec<(usize, MemoryId)>, OpenMemoryError> {
        let new: Vec<usize> = (0..steps.len())
            .filter(|index| steps[*index] == Step::Store)
            .collect();
        let mut stored = Vec::new();
        for some in new.chunks(CONCURRENT_WRITES) {
            let stores = some.iter().map(|index| async move {
                let mut metadata = metadata(provenance, key, memories, steps, *index);
                set_expiry(&mut metadata, expiry);
                let id = self
                    .store(key, &memories[*index].content, &metadata)
                    .await?;
                Ok::<_, OpenMemoryError>((*index, id))
            });
            // Waits for all of them before returning an error, so that no row is left half stored.
            for one in join_all(stores).await {
                stored.push(one?);
            }
        }
        Ok(stored)
    }

    /// Marks superseded rows. They are kept for history but no longer returned.
    async fn retire_superseded(
        &self,
        rows: &[Row],
        key: &str,
        memories: &[NewMemory],
        outcomes: &[StoreOutcome],
    ) -> Result<(), OpenMemoryError> {
        for (memory, by) in memories.iter().zip(outcomes) {
            let Some(earlier) = memory.change.superseded() else {
                continue;
            };
            let active = rows
                .iter()
                .find(|row| row.id == *earlier && row.id != *by.id() && !row.is_superseded());
            if let Some(row) = active {
                let mut metadata = row.metadata.clone();
                metadata.insert("superseded_by".to_owned(), json!(by.id()));
                self.patch(&row.id, key, None, &metadata).await?;
            }
        }
        Ok(())
    }
}

/// Sets the expiry in the metadata. The server does not support expiry, so the client checks it
/// when it reads rows.
fn set_expiry(metadata: &mut Map<String, Value>, expiry: Option<Timestamp>) {
    match expiry {
        Some(expiry) => metadata.insert("expires_at".to_owned(), json!(expiry)),
        None => metadata.remove("expires_at"),
    };
}

fn outcome(step: &Step, index: usize, stored: &[(usize, MemoryId)]) -> StoreOutcome {
    let stored_id = |index: usize| {
        let entry = stored.iter().find(|(own, _)| *own == index);
        entry.map_or_else(|| MemoryId(String::new()), |(_, id)| id.clone())
    };
    match step {
        Step::AlreadyStored { id, stored: true } => StoreOutcome::Stored(id.clone()),
        Step::AlreadyStored { id, stored: false } | Step::Reinforce(id) => {
            StoreOutcome::Reinforced(id.clone())
        }
        Step::Store => StoreOutcome::Stored(stored_id(index)),
        Step::RepeatsInBatch(earlier) => StoreOutcome::Reinforced(stored_id(*earlier)),
    }
}

/// Appends keys and drops the oldest ones over the limit, but never the first.
fn append_keys(mut keys: Vec<String>, new: Vec<String>) -> Vec<String> {
    keys.extend(new);
    while keys.len() > MAX_KEYS {
        keys.remove(1);
    }
    keys
}

fn metadata(
    provenance: &Provenance<'_>,
    key: &str,
    memories: &[NewMemory],
    steps: &[Step],
    index: usize,
) -> Map<String, Value> {
    let memory = &memories[index];
    let repeated = steps
        .iter()
        .zip(memories)
        .filter(|(step, _)| **step == Step::RepeatsInBatch(index));
    let own = std::iter::once(&memory.idempotency_key);
    let keys: Vec<&String> = own
        .chain(repeated.map(|(_, memory)| &memory.idempotency_key))
        .collect();
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("kind", json!("memory"));
    put("agent_id", json!(provenance.agent));
    put("caller_id", json!(key));
    if let Some(conversation) = provenance.conversation {
        put("conversation_id", json!(conversation));
    }
    put("timestamp", json!(memory.said_at.unwrap_or(provenance.at)));
    if let Some(channel) = provenance.channel {
        put("channel", json!(channel));
    }
    put("importance", json!(memory.importance));
    put("category", json!(memory.category));
    put("entities", json!(memory.entities));
    put("search_hints", json!(memory.search_hints));
    if let Some(speaker) = &memory.speaker {
        put("speaker", json!(speaker));
    }
    put("source", json!(memory.source));
    if let Some(corrected_by) = memory.corrected_by() {
        put("corrected_by", json!(corrected_by));
    }
    put("extractor", json!(provenance.extractor));
    put("turn", json!(memory.turn));
    put("quote", json!(memory.quote));
    put("reinforcement_count", json!(keys.len()));
    put("keys", json!(keys));
    fields
}
