//! Calls of callers who do not want to be remembered.

use common::archive::caller_tombstone;
use common::measure;

use super::*;

impl<A: Archive, Q: ExtractionQueue> PostCall<A, Q> {
    /// Returns whether nothing of this caller's calls may be stored. The archive is asked before
    /// anything is stored, so that nothing has to be deleted.
    pub(crate) async fn is_opted_out(&self, caller: &CallerId) -> Result<bool, WebhookError> {
        let pseudonym = self.hash(caller).await?;
        let tombstone = caller_tombstone(&self.archive, &pseudonym).await?;
        Ok(tombstone.is_some_and(|tombstone| tombstone.opted_out().is_some()))
    }

    /// Stores nothing of the call but its tombstone. The recording does not name the caller, so
    /// only the tombstone can keep it away.
    pub(crate) async fn leave_out(
        &self,
        conversation: &ConversationId,
        caller: CallerId,
    ) -> Result<ExtractionStatus, WebhookError> {
        self.erase(conversation, Some(caller)).await?;
        measure::extraction_outcome("opted_out", None);
        Ok(ExtractionStatus::OptedOut)
    }
}
