//! Queues archived calls again that were never extracted. Runs after each start, because a process
//! may die between archiving a call and queueing it, or between two versions of the queue file.

use common::archive::folder::FolderArchive;
use common::archive::{Archive, ArchiveError, Key, ObjectListing};
use common::elevenlabs::event::Event;
use common::queue::embedded::EmbeddedQueue;
use common::queue::{Enqueued, ExtractionJob, ExtractionQueue, QueueError};
use secrecy::SecretString;
use tracing::{info, warn};

/// Why unfinished calls could not be queued.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecoveryError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Queues every call that is not extracted and whose job is neither waiting nor dead. Returns the
/// number of queued calls.
pub(crate) async fn queue_unfinished(
    archive: &FolderArchive,
    queue: &EmbeddedQueue,
    pepper: &SecretString,
    trust_user_id: bool,
) -> Result<usize, RecoveryError> {
    let mut queued = 0;
    for payload in archive
        .payloads(None)
        .await?
        .into_iter()
        .filter(Key::is_transcription)
    {
        let Some(body) = archive.get(&payload).await? else {
            continue;
        };
        let Event::Transcription(call) = Event::read(&body) else {
            continue;
        };
        let Some(caller) = call.caller(trust_user_id) else {
            continue;
        };
        let job = Enqueued::after_call(
            ExtractionJob::new(call.conversation_id.clone(), payload),
            caller.hash(pepper),
        );
        if archive.contains(&Key::done(&call.conversation_id)).await?
            || queue.contains(&job.deduplication_id).await?
        {
            continue;
        }
        queue.push(job).await?;
        queued += 1;
    }
    Ok(queued)
}

/// Queues unfinished calls in the background. This reads every payload, and no call should wait
/// for that.
pub(crate) async fn run(
    archive: FolderArchive,
    queue: EmbeddedQueue,
    pepper: SecretString,
    trust_user_id: bool,
) {
    match queue_unfinished(&archive, &queue, &pepper, trust_user_id).await {
        Ok(0) => {}
        Ok(queued) => info!(queued, "unfinished calls of an earlier run queued"),
        Err(error) => warn!(reason = %error, "search for unfinished calls failed"),
    }
}
