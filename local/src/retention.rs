//! Calls are kept for so many days (`PAYLOAD_RETENTION_DAYS`), as the bucket's lifecycle does it on
//! AWS: payloads, and with them the callers' index and the records of extractions. A call that
//! ElevenLabs deletes sooner goes at that time. Memories stay; they have an end of their own.

use std::time::Duration;

use common::archive::ArchiveError;
use common::archive::folder::FolderArchive;
use common::measure;
use jiff::Timestamp;
use tracing::{info, warn};

/// How often it is looked for what is too old.
const PERIOD: Duration = Duration::from_secs(60 * 60);

/// Deletes what is older than `age`, and calls that are past their own deadline, at once and then
/// every hour.
pub(crate) async fn run(archive: FolderArchive, age: Option<Duration>) {
    loop {
        match expire(&archive, age, now()).await {
            Ok(0) => {}
            Ok(files) => {
                measure::payloads_expired(files);
                info!(files, "calls were deleted because of their age");
            }
            Err(error) => warn!(reason = %error, "calls that are too old could not be deleted"),
        }
        tokio::time::sleep(PERIOD).await;
    }
}

async fn expire(
    archive: &FolderArchive,
    age: Option<Duration>,
    now: Timestamp,
) -> Result<usize, ArchiveError> {
    let due = archive.expire_due(now).await?;
    let Some(age) = age else { return Ok(due) };
    Ok(due
        + archive
            .expire(now.checked_sub(age).unwrap_or(Timestamp::MIN))
            .await?)
}

#[expect(clippy::disallowed_methods, reason = "an age is measured from now")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use common::archive::{Archive, Key, PayloadKind};
    use common::call::{ConversationId, Deadlines};

    use super::*;

    #[tokio::test]
    async fn a_deadline_counts_also_where_calls_are_kept_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let archive = FolderArchive::open(folder.path(), None).unwrap();
        let conversation = ConversationId::parse("conv_1").unwrap();
        let call = Key::payload(&conversation, &PayloadKind::Transcription);
        let at = |second| Timestamp::from_second(second).unwrap();
        let deadlines = serde_json::to_vec(&Deadlines {
            call: Some(at(2000)),
            audio: None,
        })
        .unwrap();
        archive.put(&call, "{}".into()).await.unwrap();
        archive
            .put(&Key::deadline(&conversation), deadlines.into())
            .await
            .unwrap();
        assert_eq!(expire(&archive, None, at(1999)).await, Ok(0));
        assert_eq!(expire(&archive, None, at(2000)).await, Ok(1));
        assert_eq!(archive.contains(&call).await, Ok(false));
    }
}
