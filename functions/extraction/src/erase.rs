//! Erases a call that may have been extracted already: rewrites the caller card without it, deletes
//! its memories, and finally deletes the payload, which is needed to find them.

use std::collections::BTreeSet;

use common::archive::Archive;
use common::call::{AgentId, CallerId};
use common::elevenlabs::event::read_transcription;
use common::elevenlabs::transcription::Transcription;
use common::erasure::{CallFiles, Erased, rebuild_card};
use common::memory::{Importance, Memory};
use common::openmemory::{OpenMemoryError, Search};
use common::queue::ExtractionJob;
use tracing::info;

use crate::redo::superseded_in_call;
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
        let files = CallFiles::list(&self.archive, conversation_id).await?;
        match payload.and_then(read_transcription) {
            Some(call) if files.may_have_memories() => self.delete_memories(&call).await?,
            Some(_) => {}
            None => files.warn_of_memories_without_payload(conversation_id),
        }
        files.delete(&self.archive).await?;
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
        let memories = self.openmemory.all_memories(Some(agent), caller).await?;
        let erased_calls = BTreeSet::from([conversation_id.clone()]);
        let erased = Erased::Calls(&erased_calls);
        let ttl_hours = self.settings.memory.caller_card_ttl_hours;
        let card = rebuild_card(
            &self.openmemory,
            agent,
            caller,
            erased,
            &memories,
            ttl_hours,
        )
        .await?;
        let last_call = card.and_then(|card| card.last_conversation_id);
        let superseded = superseded_in_call(&self.openmemory, call, agent, caller).await?;
        let active = memories.iter().filter(|memory| erased.includes(memory));
        let deleted: Vec<&Memory> = active.chain(&superseded).collect();
        for memory in &deleted {
            self.openmemory.delete(&memory.id).await?;
        }
        let memories = deleted.len();
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
}
