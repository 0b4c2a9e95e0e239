//! Deletes a conversation on time if ElevenLabs deletes it sooner than our own retention would.
//!
//! The transcription carries the deadlines of its whole conversation. They are stored before the
//! transcription is, and every other event looks for them after it is stored. So if both arrive at
//! once, at least one sees the other.

use common::archive::DeletionSchedule;
use common::call::Deadlines;

use super::*;

impl<A: Archive, Q: ExtractionQueue> PostCall<A, Q> {
    /// Returns the deadlines that come before our own retention deletes the call.
    pub(crate) fn effective_deadlines(&self, deadlines: Deadlines, now: Timestamp) -> Deadlines {
        let own_deadline = self
            .retention
            .map(|age| now.checked_add(age).unwrap_or(Timestamp::MAX));
        deadlines.before(own_deadline)
    }

    /// Stores the deadlines for the conversation's other events and jobs, and for the hourly sweep
    /// of a folder archive.
    pub(crate) async fn store_deadlines(
        &self,
        conversation: &ConversationId,
        deadlines: Deadlines,
    ) -> Result<(), WebhookError> {
        if deadlines.is_none() {
            return Ok(());
        }
        let body = serde_json::to_vec(&deadlines).unwrap_or_default();
        Ok(self
            .archive
            .put(&Key::deadline(conversation), body.into())
            .await?)
    }

    /// Sets the deadlines on all payloads of the conversation, including the transcription. A call
    /// that waits for its extraction stays until the extraction deletes it.
    pub(crate) async fn limit_payloads(
        &self,
        conversation: &ConversationId,
        deadlines: Deadlines,
        status: ExtractionStatus,
        now: Timestamp,
    ) -> Result<(), WebhookError> {
        if deadlines.is_none() || status == ExtractionStatus::NothingKept {
            return Ok(());
        }
        for key in self.archive.list(&Key::payloads_of(conversation)).await? {
            let waits_for_extraction = status == ExtractionStatus::Queued && key.is_transcription();
            if let Some(until) = key.expires_at(&deadlines) {
                let schedule = self.archive.delete_by(&key, until, now).await?;
                if !waits_for_extraction && (schedule == DeletionSchedule::TooLate || until <= now)
                {
                    self.archive.delete(&key).await?;
                }
            }
        }
        Ok(())
    }

    /// Deletes the just stored event again if its conversation is erased or past its deadline. The
    /// event is not a call.
    pub(crate) async fn finish_event(
        &self,
        conversation: Option<&ConversationId>,
        payload: &Key,
        now: Timestamp,
    ) -> Result<ExtractionStatus, WebhookError> {
        let Some(conversation) = conversation else {
            return self.finish_unrecognised(payload).await;
        };
        let deadline = Key::deadline(conversation);
        let (is_erased, deadlines) = tokio::try_join!(
            is_erased(&self.archive, conversation),
            self.archive.get(&deadline)
        )?;
        let deadlines: Deadlines = deadlines
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default();
        let is_over = match payload.expires_at(&deadlines) {
            Some(until) => {
                until <= now
                    || self.archive.delete_by(payload, until, now).await?
                        == DeletionSchedule::TooLate
            }
            None => false,
        };
        if !is_erased && !is_over {
            return Ok(ExtractionStatus::NotApplicable);
        }
        self.archive.delete(payload).await?;
        Ok(ExtractionStatus::NothingKept)
    }

    /// Deletes the just stored unrecognised body again if it was erased with its caller before.
    async fn finish_unrecognised(&self, payload: &Key) -> Result<ExtractionStatus, WebhookError> {
        let Some(tombstone) = payload.tombstone() else {
            return Ok(ExtractionStatus::NotApplicable);
        };
        if !self.archive.contains(&tombstone).await? {
            return Ok(ExtractionStatus::NotApplicable);
        }
        self.archive.delete(payload).await?;
        Ok(ExtractionStatus::NothingKept)
    }
}
