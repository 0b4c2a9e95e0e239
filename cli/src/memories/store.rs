//! What only an operator asks of the memory store: to forget somebody, to give everything out, to
//! take it in. Either dialect will do.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::time::Duration;

use common::call::{AgentId, CallerHash, CallerId, ConversationId};
use common::memory::{CallerCard, Memory};
use common::openmemory::{ForgetSummary, ImportSummary, OpenMemory, OpenMemoryError, Page};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::kept::Person;
use super::origins::Origins;
use super::subject::StoreEntries;
use super::{delete, list, tombstone};
use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::terminal::note;

/// An export is as long as it is; this only ends a connection that is dead.
const LIMIT: Duration = Duration::from_secs(3600);

/// Memories that are asked for at once.
const PAGE: usize = 500;

/// The memory store of a deployment.
pub(crate) struct MemoryServer {
    by_number: OpenMemory,
    /// Where there is a pepper, callers may be pseudonyms there, or may have been.
    by_pseudonym: Option<OpenMemory>,
}

impl MemoryServer {
    pub(crate) fn of(deployment: &Deployment) -> Result<Self, Failure> {
        let by_pseudonym = deployment
            .get("CALLER_ID_PEPPER")
            .map(|_| deployment.openmemory_as(true, LIMIT))
            .transpose()?;
        Ok(Self {
            by_number: deployment.openmemory_as(false, LIMIT)?,
            by_pseudonym,
        })
    }

    /// Forgets a caller under every name, whatever `PSEUDONYMOUS_CALLERS` is now: it may have been
    /// otherwise before.
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

    /// Writes everything that the store holds, piece by piece as it comes; how many bytes.
    pub(crate) async fn export(&self, out: &mut impl Write) -> Result<u64, Failure> {
        let mut export = self.by_number.export().await?;
        let mut bytes = 0;
        while let Some(piece) = export.next().await? {
            out.write_all(&piece).map_err(Failure::Output)?;
            bytes += piece.len() as u64;
        }
        Ok(bytes)
    }

    /// The same in a file without a name: whatever becomes of this process, nothing of it stays.
    pub(crate) async fn exported(&self) -> Result<File, Failure> {
        let mut file = tempfile::tempfile().map_err(Failure::Output)?;
        let mut out = BufWriter::new(&file);
        self.export(&mut out).await?;
        out.flush().map_err(Failure::Output)?;
        drop(out);
        file.rewind().map_err(Failure::Output)?;
        Ok(file)
    }

    /// Which calls the memories and cards rest on, those included that later memories took the
    /// place of.
    pub(crate) async fn origins(&self) -> Result<Origins, Failure> {
        Origins::read(self.exported().await?)
    }

    /// The calls that anything of a caller rests on, under either name. Where the store gives out
    /// no export, a function whose answers may not be as long, say, nobody stays remembered because
    /// of it: then those that living memories rest on.
    pub(crate) async fn calls_of(
        &self,
        caller: &CallerId,
        hashes: &[CallerHash],
    ) -> Result<BTreeSet<ConversationId>, Failure> {
        let spellings = tombstone::spellings(caller);
        let names: Vec<&str> = spellings
            .iter()
            .map(CallerId::as_str)
            .chain(hashes.iter().map(CallerHash::as_str))
            .collect();
        match self.origins().await {
            Ok(origins) => Ok(origins.calls_of(&names)),
            Err(failure) => {
                note(format!(
                    "The memory store gives out no export ({failure}): only memories that are in use are looked at."
                ));
                self.calls_of_living(caller).await
            }
        }
    }

    /// What the store holds of a person under every name. Where it gives out no export: what its
    /// lists and cards show.
    pub(super) async fn entries_of(&self, person: &Person<'_>) -> Result<StoreEntries, Failure> {
        match self.exported().await {
            Ok(export) => StoreEntries::of(&person.names(), export),
            Err(failure) => {
                note(format!(
                    "The memory store gives out no export ({failure}): replaced memories may be missing, and the document says so."
                ));
                self.listed_entries_of(person.caller).await
            }
        }
    }

    async fn listed_entries_of(&self, caller: &CallerId) -> Result<StoreEntries, Failure> {
        let mut entries = StoreEntries::default();
        for caller in tombstone::spellings(caller) {
            for store in std::iter::once(&self.by_number).chain(&self.by_pseudonym) {
                let mut memories = all_pages(|page| store.list(None, &caller, page)).await?;
                let agents: BTreeSet<String> = memories
                    .iter()
                    .filter_map(|memory| memory.agent_id.as_ref().map(ToString::to_string))
                    .collect();
                for agent in agents.iter().filter_map(|agent| AgentId::parse(agent).ok()) {
                    memories.extend(
                        all_pages(|page| store.list_superseded(&agent, &caller, page)).await?,
                    );
                    let card = store.card(&agent, &caller).await?;
                    entries
                        .profiles
                        .extend(card.map(|card| json!({"agent_id": agent, "profile_data": card})));
                }
                entries.memories.extend(memories.iter().map(list::row));
            }
        }
        Ok(entries)
    }

    async fn calls_of_living(
        &self,
        caller: &CallerId,
    ) -> Result<BTreeSet<ConversationId>, Failure> {
        let mut calls = BTreeSet::new();
        for store in std::iter::once(&self.by_number).chain(&self.by_pseudonym) {
            let memories = all_pages(|page| store.list(None, caller, page)).await?;
            calls.extend(
                memories
                    .into_iter()
                    .filter_map(|memory| memory.conversation_id),
            );
        }
        Ok(calls)
    }

    /// Erases what rests on these calls. A card that may tell of it is made anew; with the last of
    /// a caller's memories it goes as well.
    pub(crate) async fn erase(
        &self,
        origins: &Origins,
        calls: &BTreeSet<ConversationId>,
        ttl_hours: u32,
    ) -> Result<ForgetSummary, Failure> {
        let mut removed = ForgetSummary::default();
        for (caller, agents) in origins.touched(calls) {
            if !origins.rests_on_others(&caller, calls) {
                let gone = self.by_number.forget_caller(&caller).await?;
                removed.memories += gone.memories;
                removed.cards += gone.cards;
                continue;
            }
            for agent in agents {
                let mut erased = delete::of(&self.by_number, &caller, Some(&agent)).await?;
                erased.retain(|memory| {
                    memory
                        .conversation_id
                        .as_ref()
                        .is_some_and(|call| calls.contains(call))
                });
                for memory in origins.memories_of(&caller, &agent, calls) {
                    self.by_number.delete(&memory).await?;
                    removed.memories += 1;
                }
                removed.cards += u64::from(
                    self.rewrite(&caller, &agent, (&erased, calls), ttl_hours)
                        .await?,
                );
            }
        }
        Ok(removed)
    }

    /// Makes a card anew, of what is left; whether there was one.
    async fn rewrite(
        &self,
        caller: &CallerId,
        agent: &AgentId,
        (erased, calls): (&[Memory], &BTreeSet<ConversationId>),
        ttl_hours: u32,
    ) -> Result<bool, Failure> {
        let Some(mut card) = self.by_number.card(agent, caller).await? else {
            return Ok(false);
        };
        let left = delete::of(&self.by_number, caller, Some(agent)).await?;
        if card
            .last_conversation_id
            .as_ref()
            .is_some_and(|last| calls.contains(last))
        {
            // The name may have been given in this call only.
            let caller_name = card
                .caller_name
                .filter(|name| left.iter().any(|memory| memory.content.contains(name)));
            card = CallerCard {
                caller_name,
                last_call_at: None,
                last_conversation_id: None,
                ..card
            };
        }
        self.by_number
            .put_card(
                agent,
                caller,
                &card.without_memories(erased, &left),
                ttl_hours,
            )
            .await?;
        Ok(true)
    }

    /// Takes an export in; what is there already stays.
    pub(crate) async fn import(&self, export: Vec<u8>) -> Result<ImportSummary, Failure> {
        Ok(self.by_number.import(export.into()).await?)
    }
}

/// Every memory of a list that comes in pages.
async fn all_pages<F>(list: impl Fn(Page) -> F) -> Result<Vec<Memory>, Failure>
where
    F: Future<Output = Result<Vec<Memory>, OpenMemoryError>>,
{
    let mut all = Vec::new();
    loop {
        let page = list(Page {
            offset: all.len(),
            limit: PAGE,
        })
        .await?;
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// How much an export holds.
pub(crate) struct Remembered {
    pub(crate) memories: u64,
    /// Cards, and the profiles of agents.
    pub(crate) profiles: u64,
}

/// Counts what is in an export.
pub(crate) fn remembered_in(export: impl Read) -> Result<Remembered, Failure> {
    #[derive(Deserialize)]
    struct Lists {
        memories: Vec<IgnoredAny>,
        profiles: Vec<IgnoredAny>,
    }
    let lists: Lists =
        serde_json::from_reader(BufReader::new(export)).map_err(|_| Failure::IncompleteExport)?;
    Ok(Remembered {
        memories: lists.memories.len() as u64,
        profiles: lists.profiles.len() as u64,
    })
}
