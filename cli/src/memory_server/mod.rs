//! The operations of the memory store that only commands use: export, import, restore. They work
//! with both dialects.

mod entries;
mod erased;
mod error;

pub(crate) use entries::StoreEntries;
pub(crate) use erased::without_erased;
pub(crate) use operator::{IncompleteExport, Origins};

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use common::call::{AgentId, CallerId, ConversationId};
use common::erasure::{Erased, rebuild_card};
use common::memory::Memory;
use common::openmemory::{ForgetSummary, ImportSummary};
use operator::{MemoryStores, REQUEST_TIMEOUT, spellings};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::deployment::Deployment;
use crate::error::Failure;
use crate::files::{FileError, write_atomically};
use crate::terminal::note;

/// The memory store of a deployment.
pub(crate) struct MemoryServer {
    pub(crate) stores: MemoryStores,
}

impl MemoryServer {
    pub(crate) fn new(deployment: &Deployment) -> Result<Self, Failure> {
        let by_pseudonym = deployment
            .get("CALLER_ID_PEPPER")
            .map(|_| deployment.openmemory_with(true, REQUEST_TIMEOUT))
            .transpose()?;
        let by_number = deployment.openmemory_with(false, REQUEST_TIMEOUT)?;
        Ok(Self {
            stores: MemoryStores {
                by_number,
                by_pseudonym,
            },
        })
    }

    /// Returns the entries of a person under every name. If the store cannot export, returns what
    /// its lists and cards show.
    pub(crate) async fn entries_of(
        &self,
        caller: &CallerId,
        names: &[String],
    ) -> Result<StoreEntries, Failure> {
        match self.stores.export_to_file().await {
            Ok(export) => Ok(StoreEntries::read(names, export)?),
            Err(failure) => {
                note(format!(
                    "The memory store cannot export its data ({failure}): superseded memories may be missing, and the document says so."
                ));
                self.listed_entries_of(caller).await
            }
        }
    }

    async fn listed_entries_of(&self, caller: &CallerId) -> Result<StoreEntries, Failure> {
        let mut entries = StoreEntries::default();
        for caller in spellings(caller) {
            for store in self.stores.iter() {
                let mut memories = store.all_memories(None, &caller).await?;
                let agents: BTreeSet<String> = memories
                    .iter()
                    .filter_map(|memory| memory.agent_id.as_ref().map(ToString::to_string))
                    .collect();
                for agent in agents.iter().filter_map(|agent| AgentId::parse(agent).ok()) {
                    memories.extend(store.all_superseded(&agent, &caller).await?);
                    let card = store.card(&agent, &caller).await?;
                    entries
                        .profiles
                        .extend(card.map(|card| json!({"agent_id": agent, "profile_data": card})));
                }
                entries.memories.extend(memories.iter().map(memory_json));
            }
        }
        Ok(entries)
    }

    /// Erases the memories that come from these calls and rebuilds the cards that may contain them.
    /// If a caller has no other entries, erases the cards too.
    pub(crate) async fn erase(
        &self,
        origins: &Origins,
        calls: &BTreeSet<ConversationId>,
        ttl_hours: u32,
    ) -> Result<ForgetSummary, Failure> {
        let mut removed = ForgetSummary::default();
        for (caller, agents) in origins.affected_callers(calls) {
            if !origins.has_other_entries(&caller, calls) {
                let forgotten = self.stores.by_number.forget_caller(&caller).await?;
                removed.memories += forgotten.memories;
                removed.cards += forgotten.cards;
                continue;
            }
            for agent in agents {
                let store = &self.stores.by_number;
                let memories = store.all_memories(Some(&agent), &caller).await?;
                let erased = Erased::Calls(calls);
                let card = rebuild_card(store, &agent, &caller, erased, &memories, ttl_hours);
                removed.cards += u64::from(card.await?.is_some());
                for memory in origins.memories_of(&caller, &agent, calls) {
                    self.stores.by_number.delete(&memory).await?;
                    removed.memories += 1;
                }
            }
        }
        Ok(removed)
    }

    /// Imports an export. Existing entries do not change.
    pub(crate) async fn import(&self, export: Vec<u8>) -> Result<ImportSummary, Failure> {
        Ok(self.stores.by_number.import(export.into()).await?)
    }
}

/// Number of entries in an export.
pub(crate) struct ExportCounts {
    pub(crate) memories: u64,
    /// Caller cards and agent profiles.
    pub(crate) profiles: u64,
}

/// Counts the entries of an export.
pub(crate) fn count_entries(export: impl Read) -> Result<ExportCounts, IncompleteExport> {
    #[derive(Deserialize)]
    struct Lists {
        memories: Vec<IgnoredAny>,
        profiles: Vec<IgnoredAny>,
    }
    let lists: Lists =
        serde_json::from_reader(BufReader::new(export)).map_err(|_| IncompleteExport)?;
    Ok(ExportCounts {
        memories: lists.memories.len() as u64,
        profiles: lists.profiles.len() as u64,
    })
}

/// Exports the memory store to a file. Returns the number of bytes.
pub(crate) async fn export_to(deployment: &Deployment, file: &Path) -> Result<u64, Failure> {
    let write = async |new: &File| {
        let mut out = BufWriter::new(new);
        let bytes = MemoryServer::new(deployment)?
            .stores
            .export(&mut out)
            .await?;
        out.flush().map_err(FileError::write(file))?;
        Ok(bytes)
    };
    write_atomically(file, write).await
}

/// Returns a memory as JSON.
pub(crate) fn memory_json(memory: &Memory) -> Value {
    json!({
        "memory_id": memory.id,
        "content": memory.content,
        "importance": memory.importance.get(),
        "relevance": memory.relevance,
        "category": memory.category,
        "said_at": memory.timestamp,
        "agent_id": memory.agent_id,
        "conversation_id": memory.conversation_id,
        "reinforcement_count": memory.reinforcement_count,
        "pinned": memory.is_pinned,
        "superseded_at": memory.superseded_at,
    })
}
