//! Erases a conversation that ElevenLabs deletes, or whose retention period is zero.

use common::erasure::CallFiles;

use super::*;

impl<A: Archive, Q: ExtractionQueue> PostCall<A, Q> {
    /// Writes the conversation's tombstone, which later events of it will find, and deletes what
    /// was stored before.
    ///
    /// Memories of the call may exist already, or an extraction may be storing them now. Only the
    /// payload tells whose memories they are. So if there is one, it stays, and an erasure job that
    /// runs after the extraction deletes the memories and then the payload.
    pub(crate) async fn erase(
        &self,
        conversation: &ConversationId,
        caller: Option<CallerId>,
    ) -> Result<ExtractionStatus, WebhookError> {
        self.archive
            .put(&Key::erased(conversation), Bytes::new())
            .await?;
        let mut files = CallFiles::list(&self.archive, conversation).await?;
        let call = Key::payload(conversation, &PayloadKind::Transcription);
        let has_call = files.payloads.contains(&call);
        let caller = match caller {
            None if has_call => self.caller_of(&call).await?,
            caller => caller,
        };
        match self.delete_index_entry(conversation, caller).await? {
            Some(group) if has_call => {
                // The erasure job needs the transcription and the extraction's files.
                files.payloads.retain(|key| *key != call);
                files.extractions.clear();
                let job = ExtractionJob::new(conversation.clone(), call)
                    .with_traceparent(trace::traceparent());
                self.queue.push(Enqueued::erasure(job, group)).await?;
            }
            _ => files.warn_of_memories_without_payload(conversation),
        }
        files.delete(&self.archive).await?;
        Ok(ExtractionStatus::NothingKept)
    }

    /// Deletes the recording of an earlier delivery. The recording's own retention period is zero.
    pub(crate) async fn erase_recording(
        &self,
        conversation: &ConversationId,
    ) -> Result<ExtractionStatus, WebhookError> {
        for kind in [PayloadKind::Audio, PayloadKind::RawAudio] {
            self.archive
                .delete(&Key::payload(conversation, &kind))
                .await?;
        }
        Ok(ExtractionStatus::NothingKept)
    }

    /// Deletes the just stored payload if the conversation is erased; otherwise returns `status`.
    ///
    /// It checks after storing: if an event and an erasure run at once, either this check finds the
    /// tombstone or the erasure finds the payload.
    pub(crate) async fn unless_erased(
        &self,
        conversation: &ConversationId,
        payload: &Key,
        status: ExtractionStatus,
    ) -> Result<ExtractionStatus, WebhookError> {
        if !is_erased(&self.archive, conversation).await? {
            return Ok(status);
        }
        self.archive.delete(payload).await?;
        Ok(ExtractionStatus::NothingKept)
    }

    /// Deletes the conversation from its caller's index. Returns the pseudonym under which the
    /// caller's jobs are queued.
    async fn delete_index_entry(
        &self,
        conversation: &ConversationId,
        caller: Option<CallerId>,
    ) -> Result<Option<CallerHash>, WebhookError> {
        let Some(caller) = caller else {
            return Ok(None);
        };
        let group = self.hash(&caller).await?;
        self.archive
            .delete(&Key::caller_index(&group, conversation))
            .await?;
        Ok(Some(group))
    }

    /// Reads the caller from a stored call, for an event that does not name the caller.
    async fn caller_of(&self, call: &Key) -> Result<Option<CallerId>, WebhookError> {
        let Some(payload) = self.archive.get(call).await? else {
            return Ok(None);
        };
        Ok(match Event::read(&payload) {
            Event::Transcription(call) => call.caller(self.caller.trust_user_id),
            _ => None,
        })
    }
}
