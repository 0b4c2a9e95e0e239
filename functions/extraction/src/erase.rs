//! Erases a call that may have been extracted already: rewrites the caller card without it, deletes
//! its memories, and finally deletes the payload, which is needed to find them.

use common::archive::{Archive, ArchiveError, Key};
use common::call::{AgentId, CallerId};
use common::elevenlabs::event::read_transcription;
use common::elevenlabs::transcription::Transcription;
use common::memory::{CallerCard, Importance, Memory};
use common::openmemory::{OpenMemoryError, Search};
use common::queue::ExtractionJob;
use tracing::{info, warn};

use crate::redo::{active_memories, superseded_in_call};
use crate::{Extraction, ExtractionError, Outcome};

impl<A: Archive> Extraction<A> {
    /// Deletes everything stored from a call. `payload` exists as long as memories of the call may
    /// exist. The record is written before any memory, so without a record the memory store is not
    /// asked.
    pub(crate) async fn erase(
        &self,
        job: &ExtractionJob,
        payload: Option<&[u8]>,
    ) -> Result<Outcome, ExtractionError> {
        let conversation_id = &job.conversation_id;
        let mut extractions = self
            .archive
            .list(&Key::extractions_of(conversation_id))
            .await?;
        extractions.retain(|key| !key.is_tombstone());
        let is_extracted = extractions
            .iter()
            .any(|key| !key.is_counter() && !key.is_deadline());
        match payload.and_then(read_transcription) {
            Some(call) if is_extracted => self.delete_memories(&call).await?,
            None if is_extracted => warn!(
                %conversation_id,
                "call erased without its payload; delete its memories with `elaaoms memories`"
            ),
            _ => {}
        }
        self.delete_files(job, extractions).await?;
        Ok(Outcome::Erased)
    }

    /// Deletes the call's memories of every agent. If no agent knows the caller any more, the
    /// caller is forgotten too.
    async fn delete_memories(&self, call: &Transcription) -> Result<(), OpenMemoryError> {
        let Some(caller) = &call.caller(self.settings.caller.trust_user_id) else {
            return Ok(());
        };
        let mut is_last_call = true;
        for agent in call.agents() {
            is_last_call &= self.delete_memories_of_agent(&agent, call, caller).await?;
        }
        // A later call may have left nothing but a card; the caller is then still known.
        if is_last_call {
            self.forget_unknown_caller(caller).await?;
        }
        Ok(())
    }

    /// Rewrites the agent's card and deletes the call's memories. Returns whether the card was not
    /// written by a later call.
    ///
    /// The card comes first: if the job dies before the last memory is deleted, the next delivery
    /// writes the same card.
    async fn delete_memories_of_agent(
        &self,
        agent: &AgentId,
        call: &Transcription,
        caller: &CallerId,
    ) -> Result<bool, OpenMemoryError> {
        let conversation_id = &call.conversation_id;
        let (erased, left): (Vec<Memory>, Vec<Memory>) =
            active_memories(&self.openmemory, agent, caller)
                .await?
                .into_iter()
                .partition(|memory| memory.conversation_id.as_ref() == Some(conversation_id));
        let card = self.openmemory.card(agent, caller).await?;
        let last_call = card
            .as_ref()
            .and_then(|card| card.last_conversation_id.clone());
        if let Some(card) = card {
            let card = without_call(card, call, &left).without_memories(&erased, &left);
            let ttl_hours = self.settings.memory.caller_card_ttl_hours;
            self.openmemory
                .put_card(agent, caller, &card, ttl_hours)
                .await?;
        }
        let superseded = superseded_in_call(&self.openmemory, call, agent, caller).await?;
        for memory in erased.iter().chain(&superseded) {
            self.openmemory.delete(&memory.id).await?;
        }
        let memories = erased.len() + superseded.len();
        info!(%conversation_id, agent_id = %agent, memories, "call erased");
        Ok(last_call.is_none_or(|last| last == *conversation_id))
    }

    /// Deletes the caller's cards if no agent has a memory of the caller. Otherwise the card would
    /// greet a caller about whom nothing is known.
    async fn forget_unknown_caller(&self, caller: &CallerId) -> Result<(), OpenMemoryError> {
        let search = Search {
            caller,
            agent: None,
            query: "",
            min_importance: Importance::MIN,
            limit: 1,
            include_superseded: false,
            distinct: false,
        };
        if self.openmemory.search(search).await?.is_empty() {
            self.openmemory.forget_caller(caller).await?;
        }
        Ok(())
    }

    /// Deletes the call's files. The transcription comes last, because a job that dies before needs
    /// it when it is delivered again.
    async fn delete_files(
        &self,
        job: &ExtractionJob,
        extractions: Vec<Key>,
    ) -> Result<(), ArchiveError> {
        let mut payloads = self
            .archive
            .list(&Key::payloads_of(&job.conversation_id))
            .await?;
        payloads.retain(|key| *key != job.payload);
        for key in extractions.iter().chain(&payloads).chain([&job.payload]) {
            self.archive.delete(key).await?;
        }
        Ok(())
    }
}

/// Removes from a card what only the erased call may have said.
///
/// A name that no other memory contains may come from the erased call alone, even if a later call
/// used it in its greeting. If the erased call wrote the card, the fields about the last call are
/// cleared, so that any other call may write the card.
fn without_call(card: CallerCard, erased: &Transcription, left: &[Memory]) -> CallerCard {
    let caller_name = card
        .caller_name
        .clone()
        .filter(|name| left.iter().any(|memory| memory.content.contains(name)));
    if card.last_conversation_id.as_ref() != Some(&erased.conversation_id) {
        return CallerCard {
            caller_name,
            ..card
        };
    }
    CallerCard {
        caller_name,
        last_call_at: None,
        last_conversation_id: None,
        ..card
    }
}
