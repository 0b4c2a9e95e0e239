//! Events that arrive at the same time, and deadlines.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::archive::folder::FolderArchive;
use common::archive::{ArchiveError, DeletionSchedule, PutOutcome};
use common::queue::QueueError;
use common::secrets::SecretSet;
use serde_json::json;

use super::*;

/// An archive in which a tombstone appears while the conversation's call is being stored.
#[derive(Clone)]
struct ErasedDuringPut(FolderArchive);

impl Archive for ErasedDuringPut {
    async fn put(&self, key: &Key, body: Bytes) -> Result<(), ArchiveError> {
        if let Some(conversation) = key.conversation().filter(|_| key.is_transcription()) {
            // Requests that do not wait for the call have finished by then.
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.0
                .put(&Key::erased(&conversation), Bytes::new())
                .await?;
        }
        self.0.put(key, body).await
    }

    async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, ArchiveError> {
        self.0.put_if_absent(key, body).await
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>, ArchiveError> {
        self.0.get(key).await
    }

    async fn contains(&self, key: &Key) -> Result<bool, ArchiveError> {
        self.0.contains(key).await
    }

    async fn delete(&self, key: &Key) -> Result<(), ArchiveError> {
        self.0.delete(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Key>, ArchiveError> {
        self.0.list(prefix).await
    }
}

/// A folder that, like an S3 bucket, cannot delete within two days.
#[derive(Clone)]
struct SlowLimits(FolderArchive);

impl Archive for SlowLimits {
    async fn put(&self, key: &Key, body: Bytes) -> Result<(), ArchiveError> {
        self.0.put(key, body).await
    }

    async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, ArchiveError> {
        self.0.put_if_absent(key, body).await
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>, ArchiveError> {
        self.0.get(key).await
    }

    async fn contains(&self, key: &Key) -> Result<bool, ArchiveError> {
        self.0.contains(key).await
    }

    async fn delete(&self, key: &Key) -> Result<(), ArchiveError> {
        self.0.delete(key).await
    }

    async fn delete_by(
        &self,
        _: &Key,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<DeletionSchedule, ArchiveError> {
        Ok(if until.as_second() - now.as_second() < 2 * DAY {
            DeletionSchedule::TooLate
        } else {
            DeletionSchedule::InTime
        })
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Key>, ArchiveError> {
        self.0.list(prefix).await
    }
}

const DAY: i64 = 24 * 60 * 60;
const START: i64 = 1_767_261_600;

/// Returns a webhook over this archive.
fn webhook<A: Archive>(archive: A) -> PostCall<A, RecordingQueue> {
    let variables = [
        ("OPENMEMORY_API_URL", "http://127.0.0.1:1"),
        ("CALLER_ID_PEPPER", "pepper"),
    ];
    let lookup = |name: &str| {
        variables
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    let settings = Settings::read(lookup).unwrap();
    let secrets = Secrets::fixed(SecretSet::read(lookup));
    let auth = WebhookAuth::new(secrets.clone(), &settings.auth);
    PostCall::new(auth, secrets, archive, RecordingQueue::default(), &settings)
}

/// Returns a call from this number. ElevenLabs deletes it and its recording `days` days later.
fn call(number: &str, days: i64) -> Bytes {
    let body = json!({"type": "post_call_transcription", "event_timestamp": START + 3, "data": {
        "conversation_id": "conv_1", "agent_id": "agent_1", "transcript": [{"role": "user", "message": "Hello"}],
        "metadata": {"phone_call": {"direction": "inbound", "external_number": number},
            "start_time_unix_secs": START, "call_duration_secs": 0, "deletion_settings": {
                "deletion_time_unix_secs": START + days * DAY, "delete_transcript_and_pii": true, "delete_audio": true}}}});
    body.to_string().into()
}

fn recording() -> Bytes {
    json!({"type": "post_call_audio", "data": {"conversation_id": "conv_1", "full_audio": "SUQzBA=="}})
        .to_string()
        .into()
}

async fn deliver<A: Archive>(webhook: &PostCall<A, RecordingQueue>, raw: &Bytes) -> &'static str {
    let now = Timestamp::from_second(START).unwrap();
    webhook
        .store(&Event::read(raw), raw.clone(), now)
        .await
        .unwrap()
        .as_str()
}

#[tokio::test]
async fn only_a_deadline_before_our_own_retention_is_stored() {
    for (days, is_stored) in [(7, true), (89, true), (90, false), (730, false)] {
        let folder = tempfile::tempdir().unwrap();
        let archive = FolderArchive::open(folder.path().to_owned(), None).unwrap();
        assert_eq!(
            deliver(&webhook(archive.clone()), &call("+12025550142", days)).await,
            "queued"
        );
        let deadline = Key::deadline(&ConversationId::parse("conv_1").unwrap());
        assert_eq!(
            archive.contains(&deadline).await.unwrap(),
            is_stored,
            "{days}"
        );
    }
}

#[tokio::test]
async fn a_call_without_extraction_is_deleted_at_once_if_its_deadline_is_close() {
    let conversation = ConversationId::parse("conv_1").unwrap();
    let payload = Key::payload(&conversation, &PayloadKind::Transcription);
    for (number, days, status, stays) in [
        ("+12025550142", 1, "queued", true),
        ("anonymous", 1, "no_caller", false),
        ("anonymous", 3, "no_caller", true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let archive = SlowLimits(FolderArchive::open(folder.path().to_owned(), None).unwrap());
        let webhook = webhook(archive.clone());
        assert_eq!(deliver(&webhook, &call(number, days)).await, status);
        assert_eq!(
            archive.contains(&payload).await.unwrap(),
            stays,
            "{number} {days}"
        );
    }
}

#[tokio::test]
async fn a_recording_gets_the_deadline_of_its_call_whichever_arrives_first() {
    let conversation = ConversationId::parse("conv_1").unwrap();
    let audio = Key::payload(&conversation, &PayloadKind::Audio);
    for (days, stays) in [(1, false), (3, true)] {
        for call_comes_first in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let archive = SlowLimits(FolderArchive::open(folder.path().to_owned(), None).unwrap());
            let webhook = webhook(archive.clone());
            let call = call("+12025550142", days);
            let events = if call_comes_first {
                [call, recording()]
            } else {
                [recording(), call]
            };
            for event in &events {
                deliver(&webhook, event).await;
            }
            assert_eq!(
                archive.contains(&audio).await.unwrap(),
                stays,
                "{days} {call_comes_first}"
            );
        }
    }
}

/// A queue that records the deduplication ids of its jobs.
#[derive(Clone, Default)]
struct RecordingQueue(Arc<Mutex<Vec<String>>>);

impl ExtractionQueue for RecordingQueue {
    async fn push(&self, job: Enqueued) -> Result<(), QueueError> {
        self.0.lock().unwrap().push(job.deduplication_id);
        Ok(())
    }
}

#[tokio::test]
async fn a_call_erased_while_it_is_stored_leaves_no_index_and_one_erasure_job_per_delivery() {
    let folder = tempfile::tempdir().unwrap();
    let archive = ErasedDuringPut(FolderArchive::open(folder.path().to_owned(), None).unwrap());
    let webhook = webhook(archive.clone());
    let body = json!({"type": "post_call_transcription", "data": {"conversation_id": "conv_1", "agent_id": "agent_1",
        "transcript": [], "metadata": {"phone_call": {"direction": "inbound", "external_number": "+12025550142"}}}});
    let raw = Bytes::from(body.to_string());
    for _ in 0..2 {
        let status = webhook
            .store(&Event::read(&raw), raw.clone(), Timestamp::UNIX_EPOCH)
            .await
            .unwrap();
        assert_eq!(status.as_str(), "nothing_kept");
    }
    assert_eq!(archive.list("callers/").await.unwrap(), []);
    let mut erasures = webhook.queue.0.lock().unwrap().clone();
    erasures.retain(|id| id.starts_with("erasure-"));
    erasures.dedup();
    assert_eq!(erasures.len(), 2, "{erasures:?}");
}
