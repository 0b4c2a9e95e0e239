//! A caller's memories while a write changes them. Pure.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::StorageError;
use super::actions::Actions;
use super::keys::{self, Keys, Partition};
use super::memory_item::StoredMemory;
use super::receipt_item;
use super::state::{CallerState, next_item};
use crate::matching::LookupKeys;
use crate::memory::{
    AgentId, Change, Edit, EvictionCandidate, Memory, MemoryId, Quota, SavedReceipt, Superseded,
    Vector,
};

/// What is stored about a caller, and what is to be written.
#[derive(Clone)]
pub(super) struct WorkingCopy {
    pub(super) partition: Partition,
    pub(super) state: CallerState,
    entries: BTreeMap<i64, Entry>,
    positions: HashMap<MemoryId, i64>,
    receipts: Vec<SavedReceipt>,
}

#[derive(Clone)]
struct Entry {
    stored: StoredMemory,
    vector: Option<Vector>,
    status: Status,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Unchanged,
    New,
    Changed {
        expiry: bool,
    },
    /// Importance or metadata changed.
    Edited,
    Deleted,
    /// New, and deleted before it was stored.
    Dropped,
}

impl WorkingCopy {
    pub(super) fn new(
        partition: Partition,
        mut state: CallerState,
        memories: impl IntoIterator<Item = StoredMemory>,
    ) -> Self {
        let entries: BTreeMap<i64, Entry> = memories
            .into_iter()
            .map(|stored| (stored.seq, Entry::stored(stored)))
            .collect();
        // The state may have expired before a memory was deleted.
        let last = entries.keys().next_back();
        state.seq = state.seq.max(last.copied().unwrap_or_default());
        Self {
            partition,
            state,
            positions: entries
                .values()
                .map(|entry| (entry.stored.memory.id.clone(), entry.stored.seq))
                .collect(),
            entries,
            receipts: Vec::new(),
        }
    }

    /// The memories that exist and have not expired.
    pub(super) fn unexpired(&self, now: Timestamp) -> impl Iterator<Item = &StoredMemory> {
        self.remaining()
            .filter(move |stored| !stored.memory.is_expired(now))
    }

    /// The memories that will be stored.
    pub(super) fn remaining(&self) -> impl Iterator<Item = &StoredMemory> + Clone {
        self.entries
            .values()
            .filter(|entry| !matches!(entry.status, Status::Deleted | Status::Dropped))
            .map(|entry| &entry.stored)
    }

    /// Whether there is anything to write.
    pub(super) fn is_changed(&self) -> bool {
        let is_unchanged =
            |entry: &Entry| matches!(entry.status, Status::Unchanged | Status::Dropped);
        !self.receipts.is_empty() || !self.entries.values().all(is_unchanged)
    }

    /// Whether a memory with this id is stored or to be stored.
    pub(super) fn has(&self, id: &MemoryId) -> bool {
        self.positions.contains_key(id)
    }

    /// The quota of an agent before `added` memories are stored.
    pub(super) fn quota(
        &self,
        agent: &AgentId,
        added: usize,
        limit: usize,
        now: Timestamp,
    ) -> Quota {
        let mut active: Vec<&StoredMemory> = self
            .unexpired(now)
            .filter(|stored| stored.memory.agent_id == *agent && stored.memory.superseded.is_none())
            .collect();
        active.sort_by_key(|stored| {
            (
                stored.memory.importance,
                stored.memory.created_at,
                stored.seq,
            )
        });
        let needed = Quota::needed(active.len(), added, limit);
        Quota {
            active: active.len(),
            eviction_candidates: active
                .iter()
                .filter(|stored| !stored.memory.is_pinned())
                .take(needed)
                .map(|stored| EvictionCandidate::from(&stored.memory))
                .collect(),
        }
    }

    /// Applies a planned change. Changes of memories that are not here have no effect.
    pub(super) fn apply(&mut self, change: &Change, now: Timestamp) {
        match change {
            Change::Insert(memory) => self.insert(memory, now),
            Change::Embed { id, vector } => {
                self.change(id, |entry| entry.vector = Some(vector.clone()));
            }
            Change::Reinforce { id, at, expires_at } => self.update(id, |memory| {
                memory.reinforcement_count = memory.reinforcement_count.saturating_add(1);
                memory.updated_at = *at;
                memory.expires_at = *expires_at;
            }),
            Change::Supersede {
                id,
                by,
                at,
                expires_at,
            } => self.update(id, |memory| {
                memory.superseded = Some(Superseded {
                    by: by.clone(),
                    at: *at,
                });
                memory.updated_at = *at;
                memory.expires_at = memory.expires_at.or(*expires_at);
            }),
            Change::TrimHistory { agent_id, most, .. } => self.trim_history(agent_id, *most),
            Change::Evict(id) => self.delete(id),
            Change::SaveReceipt(receipt) => self.receipts.push(receipt.clone()),
        }
    }

    /// Edits a stored memory that has not expired, and returns it.
    pub(super) fn edit(&mut self, id: &MemoryId, edit: &Edit, now: Timestamp) -> Option<Memory> {
        let entry = self.entries.get_mut(self.positions.get(id)?)?;
        if entry.stored.memory.is_expired(now) {
            return None;
        }
        edit.apply(&mut entry.stored.memory);
        entry.status = Status::Edited;
        Some(entry.stored.memory.clone())
    }

    /// Adds a memory after all others.
    pub(super) fn insert(&mut self, memory: &Memory, now: Timestamp) {
        self.state.seq = (self.state.seq + 1).max(now.as_microsecond());
        let stored = StoredMemory {
            seq: self.state.seq,
            memory: memory.clone(),
            claim: LookupKeys::new(&memory.content, &memory.metadata).claim_hash,
        };
        self.positions.insert(memory.id.clone(), stored.seq);
        let entry = Entry {
            status: Status::New,
            ..Entry::stored(stored)
        };
        self.entries.insert(self.state.seq, entry);
    }

    /// The actions that write the changes.
    pub(super) fn write(&self, actions: &mut Actions, keys: &Keys) -> Result<(), StorageError> {
        let memories = self.remaining().map(|stored| &stored.memory);
        let item = next_item(&self.partition, &self.state, memories, keys)?;
        actions.put_state(item, self.state.version.as_deref())?;
        for entry in self.entries.values() {
            entry.write(&self.partition, actions)?;
        }
        for saved in &self.receipts {
            let expires_at = self.expiry(&saved.receipt.memory_id);
            actions.put_new(receipt_item::to_item(saved, keys, expires_at)?)?;
        }
        Ok(())
    }

    fn expiry(&self, id: &MemoryId) -> Option<Timestamp> {
        let entry = self.entries.get(self.positions.get(id)?)?;
        entry.stored.memory.expires_at
    }

    fn trim_history(&mut self, agent: &AgentId, most: usize) {
        let mut history: Vec<(Timestamp, i64, MemoryId)> = self
            .remaining()
            .filter(|stored| stored.memory.agent_id == *agent)
            .filter_map(|stored| {
                let superseded = stored.memory.superseded.as_ref()?;
                Some((superseded.at, stored.seq, stored.memory.id.clone()))
            })
            .collect();
        history.sort();
        let surplus = history.len().saturating_sub(most);
        for (_, _, id) in history.into_iter().take(surplus) {
            self.delete(&id);
        }
    }

    fn delete(&mut self, id: &MemoryId) {
        self.change(id, |entry| {
            entry.status = match entry.status {
                Status::New | Status::Dropped => Status::Dropped,
                Status::Unchanged | Status::Changed { .. } | Status::Edited | Status::Deleted => {
                    Status::Deleted
                }
            };
        });
    }

    fn update(&mut self, id: &MemoryId, change: impl FnOnce(&mut Memory)) {
        self.change(id, |entry| {
            let before = entry.stored.memory.expires_at;
            change(&mut entry.stored.memory);
            let expiry = entry.stored.memory.expires_at != before;
            entry.status = match entry.status {
                Status::Unchanged => Status::Changed { expiry },
                Status::Changed { expiry: earlier } => Status::Changed {
                    expiry: expiry || earlier,
                },
                other => other,
            };
        });
    }

    fn change(&mut self, id: &MemoryId, change: impl FnOnce(&mut Entry)) {
        if let Some(seq) = self.positions.get(id)
            && let Some(entry) = self.entries.get_mut(seq)
        {
            change(entry);
        }
    }
}

impl Entry {
    fn stored(stored: StoredMemory) -> Self {
        Self {
            stored,
            vector: None,
            status: Status::Unchanged,
        }
    }

    fn write(&self, partition: &Partition, actions: &mut Actions) -> Result<(), StorageError> {
        match self.status {
            Status::Unchanged | Status::Dropped => Ok(()),
            Status::New => {
                actions.put_new(self.stored.to_item(partition, self.vector.as_ref())?)?;
                actions.put_new(self.stored.pointer(partition))
            }
            Status::Changed { expiry } => {
                actions.update_memory(partition, &self.stored)?;
                if expiry {
                    actions.put(self.stored.pointer(partition))?;
                }
                Ok(())
            }
            Status::Edited => actions.edit_memory(partition, &self.stored),
            Status::Deleted => {
                actions.delete(partition.key(&keys::memory(self.stored.seq)))?;
                actions.delete(keys::pointer(&self.stored.memory.id))
            }
        }
    }
}

#[cfg(test)]
mod tests;
