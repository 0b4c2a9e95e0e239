//! Carrying a plan out, row by row. Interrupted anywhere and done again, it ends in the same rows:
//! each row holds the idempotency keys of what it says.

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::clock::now;
use super::super::{OpenMemoryError, Provenance, StoreOutcome};
use super::Cavira;
use super::plan::{Step, plan};
use super::profiles::expires_at;
use super::row::Row;
use crate::memory::{MemoryId, NewMemory};

/// Memories that are stored side by side.
const WRITERS: usize = 4;
/// The most idempotency keys that a row keeps: the first, by which it was stored, and the latest.
const MOST_KEYS: usize = 100;

impl Cavira {
    pub(in super::super) async fn remember(
        &self,
        provenance: &Provenance<'_>,
        key: &str,
        memories: &[NewMemory],
    ) -> Result<Vec<StoreOutcome>, OpenMemoryError> {
        let rows = self.rows(key).await?;
        self.sweep(&rows).await?;
        let ours: Vec<Row> = rows
            .into_iter()
            .filter(|row| row.is_of(key) && row.is_memory())
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
        let remembered: Vec<StoreOutcome> = steps
            .iter()
            .zip(0..)
            .map(|(step, at)| outcome(step, at, &stored))
            .collect();
        self.retire(&ours, key, memories, &remembered).await?;
        Ok(remembered)
    }

    /// A caller's calls are worked on one after the other, so a placeholder that is there now was
    /// left by one that died.
    async fn sweep(&self, rows: &[Row]) -> Result<(), OpenMemoryError> {
        let left: Vec<Row> = rows
            .iter()
            .filter(|row| row.is_pending())
            .cloned()
            .collect();
        self.delete_all(&left).await
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
            metadata.insert("keys".to_owned(), json!(kept_keys(row.keys(), keys)));
            set_expiry(
                &mut metadata,
                expiry.map(|expiry| expires_at(row).map_or(expiry, |before| before.max(expiry))),
            );
            self.patch(&row.id, key, None, &metadata).await?;
            self.reinforce_row(&row.id).await?;
        }
        Ok(())
    }

    /// The ids of the new rows, by the place of their memory in the batch.
    async fn store_new(
        &self,
        provenance: &Provenance<'_>,
        key: &str,
        memories: &[NewMemory],
        steps: &[Step],
        expiry: Option<Timestamp>,
    ) -> Result<Vec<(usize, MemoryId)>, OpenMemoryError> {
        let new: Vec<usize> = (0..steps.len())
            .filter(|place| steps[*place] == Step::Store)
            .collect();
        let mut stored = Vec::new();
        for some in new.chunks(WRITERS) {
            let stores = some.iter().map(|place| async move {
                let mut metadata = metadata(provenance, key, memories, steps, *place);
                set_expiry(&mut metadata, expiry);
                let id = self
                    .store(key, &memories[*place].content, &metadata)
                    .await?;
                Ok::<_, OpenMemoryError>((*place, id))
            });
            // All of them end before one failure is told: what is stored is stored whole.
            for one in join_all(stores).await {
                stored.push(one?);
            }
        }
        Ok(stored)
    }

    /// What was superseded is kept for history and no longer shown.
    async fn retire(
        &self,
        rows: &[Row],
        key: &str,
        memories: &[NewMemory],
        remembered: &[StoreOutcome],
    ) -> Result<(), OpenMemoryError> {
        for (memory, by) in memories.iter().zip(remembered) {
            let Some(earlier) = memory.change.superseded() else {
                continue;
            };
            let living = rows
                .iter()
                .find(|row| row.id == *earlier && row.id != *by.id() && !row.is_superseded());
            if let Some(row) = living {
                let mut metadata = row.metadata.clone();
                metadata.insert("superseded_by".to_owned(), json!(by.id()));
                self.patch(&row.id, key, None, &metadata).await?;
            }
        }
        Ok(())
    }
}

/// The server knows no expiry, so it stands in the metadata and is looked at when rows are read.
fn set_expiry(metadata: &mut Map<String, Value>, expiry: Option<Timestamp>) {
    match expiry {
        Some(expiry) => metadata.insert("expires_at".to_owned(), json!(expiry)),
        None => metadata.remove("expires_at"),
    };
}

fn outcome(step: &Step, place: usize, stored: &[(usize, MemoryId)]) -> StoreOutcome {
    let at = |place: usize| {
        let found = stored.iter().find(|(own, _)| *own == place);
        found.map_or_else(|| MemoryId(String::new()), |(_, id)| id.clone())
    };
    match step {
        Step::Known { id, stored: true } => StoreOutcome::Stored(id.clone()),
        Step::Known { id, stored: false } | Step::Reinforce(id) => {
            StoreOutcome::Reinforced(id.clone())
        }
        Step::Store => StoreOutcome::Stored(at(place)),
        Step::Repeats(earlier) => StoreOutcome::Reinforced(at(*earlier)),
    }
}

fn kept_keys(mut keys: Vec<String>, new: Vec<String>) -> Vec<String> {
    keys.extend(new);
    while keys.len() > MOST_KEYS {
        keys.remove(1);
    }
    keys
}

fn metadata(
    provenance: &Provenance<'_>,
    key: &str,
    memories: &[NewMemory],
    steps: &[Step],
    place: usize,
) -> Map<String, Value> {
    let memory = &memories[place];
    let repeated = steps
        .iter()
        .zip(memories)
        .filter(|(step, _)| **step == Step::Repeats(place));
    let own = std::iter::once(&memory.idempotency_key);
    let keys: Vec<&String> = own
        .chain(repeated.map(|(_, memory)| &memory.idempotency_key))
        .collect();
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("kind", json!("memory"));
    put("agent_id", json!(provenance.agent));
    put("caller_id", json!(key));
    put("conversation_id", json!(provenance.conversation));
    put("timestamp", json!(memory.said_at.unwrap_or(provenance.at)));
    if let Some(channel) = provenance.channel {
        put("channel", json!(channel));
    }
    put("importance", json!(memory.importance));
    put("category", json!(memory.category));
    put("entities", json!(memory.entities));
    put("search_hints", json!(memory.search_hints));
    put("source", json!(memory.source));
    put("extractor", json!(provenance.extractor));
    put("turn", json!(memory.turn));
    put("quote", json!(memory.quote));
    put("reinforcement_count", json!(keys.len()));
    put("keys", json!(keys));
    fields
}
