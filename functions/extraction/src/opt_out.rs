//! Callers who do not want to be remembered.

use common::archive::{Archive, ArchiveError, caller_tombstone};
use common::call::CallerId;
use common::measure;

use crate::{Extraction, ExtractionError, Outcome};

impl<A: Archive> Extraction<A> {
    /// Returns whether nothing of this caller may be remembered. Without a pepper there are no
    /// pseudonyms, and so no tombstones under them.
    pub(crate) async fn is_opted_out(&self, caller: &CallerId) -> Result<bool, ArchiveError> {
        let secrets = self.secrets.current().await;
        if secrets.is_unknown() {
            let reason = "the key of the pseudonyms cannot be read".to_owned();
            return Err(ArchiveError::Unavailable(reason));
        }
        let Some(pepper) = secrets.caller_id_pepper() else {
            return Ok(false);
        };
        let tombstone = caller_tombstone(&self.archive, &caller.hash(pepper)).await?;
        Ok(tombstone.is_some_and(|tombstone| tombstone.opted_out().is_some()))
    }

    /// Leaves a call out, and deletes what was stored of its caller if the caller is named. The job
    /// is then done: it does not run again when the caller opts in.
    pub(crate) async fn leave_out(
        &self,
        stored: Option<&CallerId>,
    ) -> Result<Outcome, ExtractionError> {
        if let Some(caller) = stored {
            self.openmemory.forget_caller(caller).await?;
        }
        measure::extraction_outcome("opted_out", None);
        Ok(Outcome::OptedOut)
    }
}
