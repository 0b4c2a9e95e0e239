//! A call that was remembered before its operator wanted no trace of it: what was remembered goes,
//! the card is made anew without it, and then the call itself goes, by which all that was found.

use common::archive::{Archive, ArchiveError, Key};
use common::call::{AgentId, CallerId};
use common::elevenlabs::event::read_transcription;
use common::elevenlabs::transcription::Transcription;
use common::memory::{CallerCard, Importance, Memory};
use common::openmemory::{OpenMemoryError, Search};
use common::queue::ExtractionJob;
use tracing::{info, warn};

use crate::redo::{superseded_of, with_agent};
use crate::{Extraction, ExtractionError, Outcome};

impl<A: Archive> Extraction<A> {
    /// Removes what is left of a call, which `payload` holds as long as anything of it may be
    /// remembered. Nothing is remembered before its record is kept; without one nobody is asked.
    pub(crate) async fn erase(
        &self,
        job: &ExtractionJob,
        payload: Option<&[u8]>,
    ) -> Result<Outcome, ExtractionError> {
        let conversation_id = &job.conversation_id;
        let mut made = self
            .archive
            .list(&Key::extractions_of(conversation_id))
            .await?;
        made.retain(|key| !key.is_tombstone());
        let is_extracted = made
            .iter()
            .any(|key| !key.is_counter() && !key.is_deadline());
        match payload.and_then(read_transcription) {
            Some(call) if is_extracted => self.forget(&call).await?,
            None if is_extracted => {
                warn!(%conversation_id, "a call is erased that was extracted and is kept no more: its memories are left to elaaoms memories")
            }
            _ => {}
        }
        self.remove(job, made).await?;
        Ok(Outcome::Erased)
    }

    /// Every agent of the call forgets it. Then whoever is known to no agent any more is forgotten
    /// whole.
    async fn forget(&self, call: &Transcription) -> Result<(), OpenMemoryError> {
        let Some(caller) = &call.caller(self.settings.caller.trust_user_id) else {
            return Ok(());
        };
        let mut is_last_call = true;
        for agent in call.agents() {
            is_last_call &= self.forget_with(&agent, call, caller).await?;
        }
        // A later call, of which nothing was to be remembered, is known by its card alone.
        if is_last_call {
            self.forget_stranger(caller).await?;
        }
        Ok(())
    }

    /// The card first: a job that dies before the last memory is deleted comes again and makes the
    /// same card. Whether no later call has written that card.
    async fn forget_with(
        &self,
        agent: &AgentId,
        call: &Transcription,
        caller: &CallerId,
    ) -> Result<bool, OpenMemoryError> {
        let conversation_id = &call.conversation_id;
        let is_of_this_call =
            |memory: &Memory| memory.conversation_id.as_ref() == Some(conversation_id);
        let memories = with_agent(&self.openmemory, agent, caller).await?;
        let (erased, left): (Vec<Memory>, Vec<Memory>) =
            memories.into_iter().partition(is_of_this_call);
        let card = self.openmemory.card(agent, caller).await?;
        let last_call = card
            .as_ref()
            .and_then(|card| card.last_conversation_id.clone());
        if let Some(card) = card {
            let (card, ttl) = (
                of_no_call(card, call, &left),
                self.settings.memory.caller_card_ttl_hours,
            );
            self.openmemory
                .put_card(agent, caller, &card.without(&erased, &left), ttl)
                .await?;
        }
        let superseded = superseded_of(&self.openmemory, call, agent, caller).await?;
        for memory in erased.iter().chain(&superseded) {
            self.openmemory.delete(&memory.id).await?;
        }
        info!(%conversation_id, agent_id = %agent, memories = erased.len() + superseded.len(), "a call is erased");
        Ok(last_call.is_none_or(|last| last == *conversation_id))
    }

    /// Of whom no agent remembers anything no card is left either: it would greet somebody whom
    /// nobody knows.
    async fn forget_stranger(&self, caller: &CallerId) -> Result<(), OpenMemoryError> {
        let anything = Search {
            caller,
            agent: None,
            query: "",
            min_importance: Importance::MIN,
            limit: 1,
            include_superseded: false,
            distinct: false,
        };
        if self.openmemory.search(anything).await?.is_empty() {
            self.openmemory.forget_caller(caller).await?;
        }
        Ok(())
    }

    /// The transcription last: a job that dies before comes again and needs it.
    async fn remove(&self, job: &ExtractionJob, made: Vec<Key>) -> Result<(), ArchiveError> {
        let mut received = self
            .archive
            .list(&Key::payloads_of(&job.conversation_id))
            .await?;
        received.retain(|key| *key != job.payload);
        for key in made.iter().chain(&received).chain([&job.payload]) {
            self.archive.delete(key).await?;
        }
        Ok(())
    }
}

/// A name that nothing else says may have been given in the erased call only, even if a later one
/// greeted by it. Of the last call itself nothing stays: whichever comes next, or is extracted
/// again, writes the card.
fn of_no_call(card: CallerCard, erased: &Transcription, left: &[Memory]) -> CallerCard {
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
