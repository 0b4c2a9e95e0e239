//! Permanently erases all data of a caller.
//!
//! Calls are erased before memories, because the extraction of an archived call could bring
//! memories back. For each call, the tombstone is written first. It prevents a waiting job, a
//! repeated webhook, a backfill or a restored backup from bringing the call back. A call's entry in
//! the caller's index is deleted last, so that a new run completes an interrupted one.
//!
//! All linked ids of a person are erased together. The memory store comes last and forgets the links
//! too, so an interrupted run finds the same ids again.
//!
//! Memories outlive calls. A memory names the call that it comes from, and that call also gets a
//! tombstone before the memory is erased, even if it is no longer archived. Otherwise an earlier
//! backup would bring it back.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use common::archive::{ArchiveError, Key, ObjectListing, PayloadKind, mark_forgotten};
use common::call::{CallerHash, CallerId, ConversationId};
use common::erasure::CallFiles;
use serde::Serialize;
use serde_json::json;

use crate::erasures::read_archive;
use crate::{CallerData, Erasing, OperatorError, Person, forgotten_event};

/// How long to wait for running extractions.
const EXTRACTION_TIMEOUT: Duration = Duration::from_secs(30);
/// How often to check whether an extraction has finished.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Number of removed items by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ErasureCounts {
    /// Memories in the store.
    pub memories: u64,
    /// Caller cards in the store.
    pub cards: u64,
    /// Calls, also those known only from memories.
    pub calls: u64,
    /// Archived webhook bodies and recordings.
    pub payloads: u64,
    /// Extraction records and their status files.
    pub records: u64,
}

/// What was erased with a caller.
pub struct Forgotten {
    /// Number of removed items.
    pub counts: ErasureCounts,
    /// The erased calls.
    pub calls: BTreeSet<ConversationId>,
}

impl ErasureCounts {
    /// Says what was erased, in one sentence. `caller` is the caller as the operator may see them.
    #[must_use]
    pub fn describe(&self, caller: &str) -> String {
        let Self {
            memories,
            cards,
            calls,
            payloads,
            records,
        } = self;
        format!(
            "Erased {caller}: {memories} memories, {cards} cards, and {calls} calls with {payloads} payloads and {records} \
             extraction records."
        )
    }
}

impl<A: ObjectListing> Erasing<A> {
    /// Erases all data of a caller and writes the audit entry, also if the erasure fails. Then
    /// announces it to receivers of events.
    ///
    /// # Errors
    /// [`OperatorError`]. A repeated call completes the erasure.
    pub async fn forget_and_audit(&self, caller: &CallerId) -> Result<Forgotten, OperatorError> {
        let found = self.person(caller).await;
        self.forget_found(caller, found).await
    }

    /// Erases the person to whom a caller belongs. `found` is the person, or why there is none: the
    /// audit trail records that failure too.
    pub(crate) async fn forget_found(
        &self,
        caller: &CallerId,
        found: Result<Person, OperatorError>,
    ) -> Result<Forgotten, OperatorError> {
        let mut counts = ErasureCounts::default();
        let erased = match found {
            Ok(person) => {
                let calls = self.forget_person(&person, &mut counts).await;
                calls.map(|calls| (calls, person.hashes))
            }
            Err(error) => Err(error),
        };
        let outcome = if erased.is_ok() { "done" } else { "failed" };
        let subject = Person::new(caller, &self.pepper);
        self.write_audit("forget", &subject, json!(counts), outcome)
            .await?;
        let (calls, pseudonyms) = erased?;
        // A run that fails here is repeated by the operator, and announces the same caller again.
        forgotten_event::announce(&self.outbox, &pseudonyms, self.now()).await?;
        Ok(Forgotten { counts, calls })
    }

    /// Erases all data of a caller, without an audit entry and without an event.
    ///
    /// # Errors
    /// [`OperatorError::Archive`] and [`OperatorError::Store`]
    pub async fn forget(&self, caller: &CallerId) -> Result<Forgotten, OperatorError> {
        let mut counts = ErasureCounts::default();
        let person = self.person(caller).await?;
        let calls = self.forget_person(&person, &mut counts).await?;
        Ok(Forgotten { counts, calls })
    }

    /// Erases all data of a person and returns the erased calls. Updates `counts` as it goes, so
    /// that they are correct after an error too.
    async fn forget_person(
        &self,
        person: &Person,
        counts: &mut ErasureCounts,
    ) -> Result<BTreeSet<ConversationId>, OperatorError> {
        let calls = &self.archive;
        let CallerData {
            conversations,
            unrecognised,
            known_from_memories,
        } = self.find_data(person).await?;
        // Moves the tombstones of earlier versions to their permanent place.
        read_archive(calls).await?;
        // The caller's tombstone comes before any erasure. It prevents memories that name no call
        // from coming back.
        mark_forgotten(calls, &person.hashes, self.now()).await?;
        for key in &unrecognised {
            if let Some(tombstone) = key.tombstone() {
                calls.put(&tombstone, Bytes::new()).await?;
            }
            calls.delete(key).await?;
            counts.payloads += 1;
        }
        self.erase_calls(person, &conversations, counts).await?;
        for conversation in &known_from_memories {
            erase_call(calls, conversation, counts).await?;
        }
        self.erase_memories(person, counts).await?;
        Ok(conversations
            .into_iter()
            .chain(known_from_memories)
            .collect())
    }

    /// Erases archived calls, with what running extractions still write.
    async fn erase_calls(
        &self,
        person: &Person,
        conversations: &BTreeSet<ConversationId>,
        counts: &mut ErasureCounts,
    ) -> Result<(), ArchiveError> {
        let calls = &self.archive;
        let mut unfinished = Vec::new();
        for conversation in conversations {
            let call = Key::payload(conversation, &PayloadKind::Transcription);
            if calls.contains(&call).await? && !calls.contains(&Key::done(conversation)).await? {
                unfinished.push(conversation);
            }
            erase_call(calls, conversation, counts).await?;
            for hash in &person.hashes {
                calls.delete(&Key::caller_index(hash, conversation)).await?;
            }
        }
        self.wait_for_extractions(&unfinished).await?;
        for hash in &person.hashes {
            calls.delete(&Key::model_budget(hash)).await?;
        }
        for conversation in unfinished {
            erase_files(calls, conversation, counts).await?;
        }
        Ok(())
    }

    async fn erase_memories(
        &self,
        person: &Person,
        counts: &mut ErasureCounts,
    ) -> Result<(), OperatorError> {
        let pseudonyms = person.hashes.iter().map(CallerHash::as_caller_id);
        for id in person.callers.iter().cloned().chain(pseudonyms) {
            let removed = self.stores.forget(&id).await?;
            counts.memories += removed.memories;
            counts.cards += removed.cards;
        }
        Ok(())
    }

    /// Waits for extractions that may be running. An extraction that started before the tombstone
    /// was written runs to its end, and what it writes must be erased too. There is no way to tell
    /// whether one is running, so this waits for every call that is not extracted yet.
    async fn wait_for_extractions(
        &self,
        unfinished: &[&ConversationId],
    ) -> Result<(), ArchiveError> {
        let step = self
            .report
            .progress(None, "waiting for running extractions");
        let started = Instant::now();
        for conversation in unfinished {
            while started.elapsed() < EXTRACTION_TIMEOUT
                && !self.archive.contains(&Key::done(conversation)).await?
            {
                step();
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        }
        Ok(())
    }
}

/// Writes the tombstone of a call, then erases the call's files.
async fn erase_call<A: ObjectListing>(
    calls: &A,
    conversation: &ConversationId,
    counts: &mut ErasureCounts,
) -> Result<(), ArchiveError> {
    counts.calls += 1;
    calls.put(&Key::erased(conversation), Bytes::new()).await?;
    erase_files(calls, conversation, counts).await
}

/// Erases the payloads and extraction records of a call, but not its tombstone.
async fn erase_files<A: ObjectListing>(
    calls: &A,
    conversation: &ConversationId,
    counts: &mut ErasureCounts,
) -> Result<(), ArchiveError> {
    let files = CallFiles::list(calls, conversation).await?;
    files.delete(calls).await?;
    counts.payloads += files.payloads.len() as u64;
    counts.records += files.extractions.len() as u64;
    Ok(())
}
