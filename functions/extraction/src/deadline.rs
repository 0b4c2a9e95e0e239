//! Deletes a call and its extraction files on time if ElevenLabs deletes the call sooner than our
//! own retention would.

use common::archive::{Archive, ArchiveError, DeletionSchedule, Key};
use common::call::Deadlines;
use common::queue::ExtractionJob;
use jiff::Timestamp;
use tracing::info;

use crate::Extraction;

/// The archive and the deadline of a call.
#[derive(Clone)]
pub(crate) struct Deadline<'a, A> {
    pub(crate) archive: &'a A,
    until: Option<Timestamp>,
    now: Timestamp,
}

impl<A: Archive> Deadline<'_, A> {
    /// Schedules a file of the call for deletion by the deadline.
    pub(crate) async fn limit(&self, key: &Key) -> Result<DeletionSchedule, ArchiveError> {
        match self.until {
            Some(until) => self.archive.delete_by(key, until, self.now).await,
            None => Ok(DeletionSchedule::InTime),
        }
    }
}

impl<A: Archive> Extraction<A> {
    /// Returns the deadline of a call, if it comes before our own retention deletes the call.
    pub(crate) fn deadline(&self, deadlines: Deadlines, now: Timestamp) -> Deadline<'_, A> {
        let own_deadline = self
            .settings
            .retention
            .map(|age| now.checked_add(age).unwrap_or(Timestamp::MAX));
        Deadline {
            archive: &self.archive,
            until: deadlines.before(own_deadline).call,
            now,
        }
    }

    /// Deletes an extracted call and its files if the archive cannot delete them in time by itself.
    /// Memories and tombstones stay. The transcription comes last, because a job that dies before
    /// needs it when it is delivered again.
    pub(crate) async fn delete_if_due(
        &self,
        job: &ExtractionJob,
        deadlines: Option<Deadlines>,
        now: Timestamp,
    ) -> Result<(), ArchiveError> {
        let Some(deadlines) = deadlines else {
            return Ok(());
        };
        if self.deadline(deadlines, now).limit(&job.payload).await? == DeletionSchedule::InTime {
            return Ok(());
        }
        let extractions = self
            .archive
            .list(&Key::extractions_of(&job.conversation_id))
            .await?;
        for key in extractions
            .iter()
            .filter(|key| key.expires_at(&deadlines).is_some())
            .chain([&job.payload])
        {
            self.archive.delete(key).await?;
        }
        info!(conversation_id = %job.conversation_id, "call deleted because of its retention period");
        Ok(())
    }
}
