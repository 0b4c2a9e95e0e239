//! A call that was remembered before its operator wanted no trace of it: what was remembered goes, the card is made anew
//! without it, and then the call itself goes, by which all that was found.

use common::archive::{Archive, ArchiveError, Key};
use common::call::CallerId;
use common::elevenlabs::event::read_transcription;
use common::elevenlabs::transcription::Transcription;
use common::memory::{CallerCard, Importance, Memory};
use common::openmemory::{OpenMemoryError, Search};
use common::queue::ExtractionJob;
use tracing::info;

use crate::redo::of_conversation;
use crate::{Extraction, ExtractionError, KNOWN};

impl<A: Archive> Extraction<A> {
    /// Removes what is left of a call, which `payload` holds as long as anything of it may be remembered.
    pub(crate) async fn erase(&self, job: &ExtractionJob, payload: Option<&[u8]>) -> Result<(), ExtractionError> {
        if let Some(call) = payload.and_then(read_transcription)
            && let Some(caller) = call.caller(self.settings.caller.trust_user_id)
        {
            let memories = self.forget(&call, &caller).await?;
            info!(conversation_id = %job.conversation_id, memories, "a call is erased");
        }
        Ok(self.remove(job).await?)
    }

    /// Says how many memories there were.
    async fn forget(&self, call: &Transcription, caller: &CallerId) -> Result<usize, OpenMemoryError> {
        let erased = of_conversation(&self.openmemory, call, caller).await?;
        for memory in &erased {
            self.openmemory.delete(&memory.id).await?;
        }
        let Some(card) = self.openmemory.card(&call.agent_id, caller).await? else { return Ok(erased.len()) };
        let agent = Some(&call.agent_id);
        let search = Search { caller, agent, query: "", min_importance: Importance::MIN, limit: KNOWN };
        let left = self.openmemory.search(search).await?;
        let is_of_this_call = card.last_conversation_id.as_ref() == Some(&call.conversation_id);
        let card = if is_of_this_call { of_no_call(card, &left) } else { card }.without(&erased, &left);
        self.openmemory.put_card(&call.agent_id, caller, &card, self.settings.memory.caller_card_ttl_hours).await?;
        Ok(erased.len())
    }

    /// The transcription last: a job that dies before comes again and needs it.
    async fn remove(&self, job: &ExtractionJob) -> Result<(), ArchiveError> {
        let mark = Key::erased(&job.conversation_id);
        let mut keys = self.archive.list(&Key::extractions_of(&job.conversation_id)).await?;
        keys.extend(self.archive.list(&Key::payloads_of(&job.conversation_id)).await?);
        keys.retain(|key| *key != mark && *key != job.payload);
        for key in keys.iter().chain([&job.payload]) {
            self.archive.delete(key).await?;
        }
        Ok(())
    }
}

/// No call was the last: whichever comes next, or is extracted again, writes the card. The name may have been given in this
/// one only.
fn of_no_call(card: CallerCard, left: &[Memory]) -> CallerCard {
    let caller_name = card.caller_name.filter(|name| left.iter().any(|memory| memory.content.contains(name)));
    CallerCard { caller_name, last_call_at: None, last_conversation_id: None, ..card }
}
