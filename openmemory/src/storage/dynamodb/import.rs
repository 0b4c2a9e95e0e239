//! Imports an export in parts. An interrupted import is completed by the next one.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::actions::Actions;
use super::commit::Backoff;
use super::error::Written;
use super::keys;
use super::{Dynamo, StorageError};
use crate::memory::{CallerId, ImportCounts, Memory};
use crate::storage::ExportChunk;

/// Memories that are written in one transaction: each takes two actions.
const MEMORIES: usize = 45;
/// Bytes of the content and metadata of such memories.
const BYTES: usize = 1_500_000;

impl Dynamo {
    /// Adds missing entries and leaves existing ones unchanged. Adds every chunk as it arrives:
    /// chunks must come from a valid export.
    pub(crate) async fn import(
        &self,
        mut chunks: mpsc::Receiver<ExportChunk>,
        now: Timestamp,
    ) -> Result<ImportCounts, StorageError> {
        let mut added = ImportCounts::default();
        while let Some(chunk) = chunks.recv().await {
            match chunk {
                ExportChunk::Memories(memories) => {
                    for (caller, memories) in by_caller(memories) {
                        added.memories += self.add_memories(&caller, memories, now).await?;
                    }
                }
                ExportChunk::Profiles(profiles) => {
                    added.profiles += self.add_profiles(&profiles).await?;
                }
                ExportChunk::Receipts(receipts) => {
                    added.receipts += self.add_receipts(&receipts).await?;
                }
                ExportChunk::Links(links) => {
                    for link in &links {
                        added.links += u64::from(self.import_link(link, now).await?);
                    }
                }
                ExportChunk::End => return Ok(added),
            }
        }
        Err(StorageError::Interrupted)
    }

    /// Adds the memories of one caller whose ids do not exist.
    async fn add_memories(
        &self,
        caller: &CallerId,
        mut memories: Vec<Memory>,
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        let mut added = 0;
        while !memories.is_empty() {
            let rest = memories.split_off(fitting(&memories));
            added += self.add_some(caller, &memories, now).await?;
            memories = rest;
        }
        Ok(added)
    }

    async fn add_some(
        &self,
        caller: &CallerId,
        memories: &[Memory],
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        let partition = self.keys.partition(caller);
        let _locks = self.locks.lock(&[partition]).await;
        let mut backoff = Backoff::new();
        loop {
            let mut copy = self.working_copy(caller).await?;
            let main = copy.state.links.main.clone();
            if let Some(main) = &main {
                copy = self.working_copy(main).await?;
            }
            let existing = self
                .get(memories.iter().map(|memory| keys::pointer(&memory.id)))
                .await?;
            let mut added = 0;
            for memory in memories {
                if !copy.has(&memory.id) && existing.get(&keys::pointer(&memory.id)).is_none() {
                    copy.insert(&memory.clone().under(main.as_ref()), now);
                    added += 1;
                }
            }
            if added == 0 {
                return Ok(0);
            }
            let mut actions = Actions::new(&self.table);
            copy.write(&mut actions, &self.keys)?;
            if self.commit(actions).await? == Written::Yes {
                return Ok(added);
            }
            backoff.after_conflict().await?;
        }
    }
}

/// How many of the memories fit into one transaction.
fn fitting(memories: &[Memory]) -> usize {
    let mut bytes = 0;
    let fitting = memories.iter().take(MEMORIES).take_while(|memory| {
        bytes += memory.content.len() + json_size(memory);
        bytes <= BYTES
    });
    fitting.count().max(1)
}

fn json_size(memory: &Memory) -> usize {
    serde_json::to_string(&memory.metadata).map_or(0, |text| text.len())
}

/// Groups memories by caller, in the order of their first memories.
fn by_caller(memories: Vec<Memory>) -> Vec<(CallerId, Vec<Memory>)> {
    let mut groups: Vec<(CallerId, Vec<Memory>)> = Vec::new();
    let mut positions: HashMap<CallerId, usize> = HashMap::new();
    for memory in memories {
        let at = *positions
            .entry(memory.caller_id.clone())
            .or_insert_with(|| {
                groups.push((memory.caller_id.clone(), Vec::new()));
                groups.len() - 1
            });
        groups[at].1.push(memory);
    }
    groups
}
