//! Until when a call and what is made of it may be kept, where ElevenLabs deletes it sooner than we
//! would.

use common::archive::{Archive, ArchiveError, DeletionSchedule, Key};
use common::call::Deadlines;
use common::queue::ExtractionJob;
use jiff::Timestamp;
use tracing::info;

use crate::Extraction;

/// The archive, and the deadline of the call that is worked on.
#[derive(Clone)]
pub(crate) struct Deadline<'a, A> {
    pub(crate) archive: &'a A,
    until: Option<Timestamp>,
    now: Timestamp,
}

impl<A: Archive> Deadline<'_, A> {
    /// Limits something that was made of the call.
    pub(crate) async fn limit(&self, key: &Key) -> Result<DeletionSchedule, ArchiveError> {
        match self.until {
            Some(until) => self.archive.delete_by(key, until, self.now).await,
            None => Ok(DeletionSchedule::InTime),
        }
    }
}

impl<A: Archive> Extraction<A> {
    /// The deadline of a call, if it comes before our own retention deletes it.
    pub(crate) fn deadline(&self, deadlines: Deadlines, now: Timestamp) -> Deadline<'_, A> {
        let own = self
            .settings
            .retention
            .map(|age| now.checked_add(age).unwrap_or(Timestamp::MAX));
        Deadline {
            archive: &self.archive,
            until: deadlines.before(own).call,
            now,
        }
    }

    /// Deletes a call that is remembered, and what was made of it, when the archive cannot do so in
    /// time. Memories and marks stay. The transcription goes last: a job that dies before comes
    /// again and needs it.
    pub(crate) async fn let_go(
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
        let made = self
            .archive
            .list(&Key::extractions_of(&job.conversation_id))
            .await?;
        for key in made
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
