//! The operations of the memory store that only an operator uses: forget a caller, export, import.
//! They work with both dialects.

mod entries;
mod erased;
mod error;
mod origins;

pub(crate) use entries::StoreEntries;
pub(crate) use erased::without_erased;
pub(crate) use error::IncompleteExport;
pub(crate) use origins::Origins;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use common::call::{AgentId, CallerId, ConversationId};
use common::erasure::{Erased, rebuild_card};
use common::memory::Memory;
use common::openmemory::{ForgetSummary, Identity, ImportSummary, OpenMemory, OpenMemoryError};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::deployment::Deployment;
use crate::error::Failure;
use crate::files::{FileError, write_atomically};
use crate::terminal::{TerminalError, note};
use crate::tombstone;

/// Timeout of a request. An export may take long; the timeout only ends dead connections.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3600);

/// The memory store of a deployment.
pub(crate) struct MemoryServer {
    by_number: OpenMemory,
    /// Set if there is a pepper: the store may then know callers by pseudonym, now or from earlier.
    by_pseudonym: Option<OpenMemory>,
}

impl MemoryServer {
    pub(crate) fn new(deployment: &Deployment) -> Result<Self, Failure> {
        let by_pseudonym = deployment
            .get("CALLER_ID_PEPPER")
            .map(|_| deployment.openmemory_with(true, REQUEST_TIMEOUT))
            .transpose()?;
        Ok(Self {
            by_number: deployment.openmemory_with(false, REQUEST_TIMEOUT)?,
            by_pseudonym,
        })
    }

    /// Forgets a caller under every name, with and without pseudonyms: `PSEUDONYMOUS_CALLERS` may
    /// have been set differently before.
    pub(crate) async fn forget(&self, caller: &CallerId) -> Result<ForgetSummary, Failure> {
        let mut removed = ForgetSummary::default();
        for caller in tombstone::spellings(caller) {
            for store in std::iter::once(&self.by_number).chain(&self.by_pseudonym) {
                let one = store.forget_caller(&caller).await?;
                removed.memories += one.memories;
                removed.cards += one.cards;
            }
        }
        Ok(removed)
    }

    /// Returns the ids that are linked to a caller, with and without pseudonyms, also the caller's
    /// own. Returns none if the store does not support links.
    pub(crate) async fn linked_ids(&self, caller: &CallerId) -> Result<Vec<CallerId>, Failure> {
        let mut ids = Vec::new();
        for store in std::iter::once(&self.by_number).chain(&self.by_pseudonym) {
            match store.identities(caller).await {
                Ok(identities) => ids.extend(identities.ids.iter().map(Identity::caller)),
                Err(OpenMemoryError::MissingExtension(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(ids)
    }

    /// Writes the store's export to `out` as it arrives. Returns the number of bytes.
    pub(crate) async fn export(&self, out: &mut impl Write) -> Result<u64, Failure> {
        let mut export = self.by_number.export().await?;
        let mut bytes = 0;
        while let Some(chunk) = export.next().await? {
            out.write_all(&chunk).map_err(TerminalError::Output)?;
            bytes += chunk.len() as u64;
        }
        Ok(bytes)
    }

    /// Writes the store's export to an unnamed temporary file, which disappears with the process.
    pub(crate) async fn export_to_file(&self) -> Result<File, Failure> {
        let mut file = tempfile::tempfile().map_err(TerminalError::Output)?;
        let mut out = BufWriter::new(&file);
        self.export(&mut out).await?;
        out.flush().map_err(TerminalError::Output)?;
        drop(out);
        file.rewind().map_err(TerminalError::Output)?;
        Ok(file)
    }

    /// Returns which calls the memories and cards come from. Includes superseded memories.
    pub(crate) async fn origins(&self) -> Result<Origins, Failure> {
        Ok(Origins::read(self.export_to_file().await?)?)
    }

    /// Returns the calls that a caller's memories and cards come from, under every name.
    ///
    /// If the store cannot export (a Lambda function's response may be too short, for example),
    /// returns the calls of active memories only, so that the caller can still be forgotten.
    pub(crate) async fn calls_of(
        &self,
        caller: &CallerId,
        names: &[String],
    ) -> Result<BTreeSet<ConversationId>, Failure> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match self.origins().await {
            Ok(origins) => Ok(origins.calls_of(&names)),
            Err(failure) => {
                note(format!(
                    "The memory store cannot export its data ({failure}): only active memories are considered."
                ));
                self.calls_of_active_memories(caller).await
            }
        }
    }

    /// Returns the entries of a person under every name. If the store cannot export, returns what
    /// its lists and cards show.
    pub(crate) async fn entries_of(
        &self,
        caller: &CallerId,
        names: &[String],
    ) -> Result<StoreEntries, Failure> {
        match self.export_to_file().await {
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
        for caller in tombstone::spellings(caller) {
            for store in std::iter::once(&self.by_number).chain(&self.by_pseudonym) {
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

    async fn calls_of_active_memories(
        &self,
        caller: &CallerId,
    ) -> Result<BTreeSet<ConversationId>, Failure> {
        let mut calls = BTreeSet::new();
        for store in std::iter::once(&self.by_number).chain(&self.by_pseudonym) {
            let memories = store.all_memories(None, caller).await?;
            calls.extend(
                memories
                    .into_iter()
                    .filter_map(|memory| memory.conversation_id),
            );
        }
        Ok(calls)
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
                let forgotten = self.by_number.forget_caller(&caller).await?;
                removed.memories += forgotten.memories;
                removed.cards += forgotten.cards;
                continue;
            }
            for agent in agents {
                let store = &self.by_number;
                let memories = store.all_memories(Some(&agent), &caller).await?;
                let erased = Erased::Calls(calls);
                let card = rebuild_card(store, &agent, &caller, erased, &memories, ttl_hours);
                removed.cards += u64::from(card.await?.is_some());
                for memory in origins.memories_of(&caller, &agent, calls) {
                    self.by_number.delete(&memory).await?;
                    removed.memories += 1;
                }
            }
        }
        Ok(removed)
    }

    /// Imports an export. Existing entries do not change.
    pub(crate) async fn import(&self, export: Vec<u8>) -> Result<ImportSummary, Failure> {
        Ok(self.by_number.import(export.into()).await?)
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
        let bytes = MemoryServer::new(deployment)?.export(&mut out).await?;
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
