//! Until when a conversation is kept that ElevenLabs deletes sooner than we would.
//!
//! The transcription says so for all of its conversation. Its deadlines are written down before it
//! is kept, and each other event looks for them after it is kept: of two at once at least one sees
//! the other.

use super::*;
use common::archive::DeletionSchedule;

impl<A: Archive, Q: ExtractionQueue> PostCall<A, Q> {
    /// Those that come before our own retention deletes the call.
    pub(crate) fn own_deadlines(&self, deadlines: Deadlines, now: Timestamp) -> Deadlines {
        deadlines.before(
            self.retention
                .map(|age| now.checked_add(age).unwrap_or(Timestamp::MAX)),
        )
    }

    /// Writes them down for the events and jobs of the conversation, and for the folder that
    /// deletes by them.
    pub(crate) async fn announce(
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

    /// Limits what is kept of the conversation, the transcription included. A call that waits for
    /// its extraction stays until that has deleted it.
    pub(crate) async fn limit_received(
        &self,
        conversation: &ConversationId,
        deadlines: Deadlines,
        outcome: Extraction,
        now: Timestamp,
    ) -> Result<(), WebhookError> {
        if deadlines.is_none() || outcome == Extraction::NothingKept {
            return Ok(());
        }
        for key in self.archive.list(&Key::payloads_of(conversation)).await? {
            let waits = outcome == Extraction::Queued && key.is_transcription();
            if let Some(until) = key.expires_at(&deadlines) {
                let limit = self.archive.delete_by(&key, until, now).await?;
                if !waits && (limit == DeletionSchedule::TooLate || until <= now) {
                    self.archive.delete(&key).await?;
                }
            }
        }
        Ok(())
    }

    /// What becomes of an event that is no call and was just kept: it goes again where its
    /// conversation is erased or over.
    pub(crate) async fn keep_event(
        &self,
        conversation: Option<&ConversationId>,
        kept: &Key,
        now: Timestamp,
    ) -> Result<Extraction, WebhookError> {
        let Some(conversation) = conversation else {
            return self.keep_unrecognised(kept).await;
        };
        let deadline = Key::deadline(conversation);
        let (is_erased, deadlines) = tokio::try_join!(
            is_erased(&self.archive, conversation),
            self.archive.get(&deadline)
        )?;
        let deadlines: Deadlines = deadlines
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default();
        let is_over = match kept.expires_at(&deadlines) {
            Some(until) => {
                until <= now
                    || self.archive.delete_by(kept, until, now).await? == DeletionSchedule::TooLate
            }
            None => false,
        };
        if !is_erased && !is_over {
            return Ok(Extraction::NotApplicable);
        }
        self.archive.delete(kept).await?;
        Ok(Extraction::NothingKept)
    }

    /// A body that could not be recognised and was erased with its caller goes again when it comes
    /// again.
    async fn keep_unrecognised(&self, kept: &Key) -> Result<Extraction, WebhookError> {
        let Some(tombstone) = kept.tombstone() else {
            return Ok(Extraction::NotApplicable);
        };
        if !self.archive.contains(&tombstone).await? {
            return Ok(Extraction::NotApplicable);
        }
        self.archive.delete(kept).await?;
        Ok(Extraction::NothingKept)
    }
}
