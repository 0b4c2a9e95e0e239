//! Deletes calls after their retention period (`PAYLOAD_RETENTION_DAYS`), like the bucket's
//! lifecycle on AWS: payloads, the callers' index, and extraction records. A call that ElevenLabs
//! deletes sooner is deleted at that time. Memories stay; they have an expiry of their own.

use std::time::Duration;

use common::archive::ArchiveError;
use common::archive::folder::FolderArchive;
use common::measure;
use jiff::Timestamp;
use tracing::{info, warn};

/// How often to look for expired calls.
const INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Deletes files older than `age` and calls past their own deadline, now and then every hour.
/// Never returns.
pub(crate) async fn run(archive: FolderArchive, age: Option<Duration>) {
    loop {
        match expire(&archive, age, now()).await {
            Ok(0) => {}
            Ok(files) => {
                measure::payloads_expired(files);
                info!(files, "expired calls deleted");
            }
            Err(error) => warn!(reason = %error, "deletion of expired calls failed"),
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Returns the number of deleted files.
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

#[expect(
    clippy::disallowed_methods,
    reason = "the age of a file is relative to the current time"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use common::archive::{Archive, Key, PayloadKind};
    use common::call::{ConversationId, Deadlines};

    use super::*;

    #[tokio::test]
    async fn a_deadline_applies_even_without_a_retention_period() {
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
