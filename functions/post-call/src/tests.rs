//! What two events at once come to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::archive::folder::FolderArchive;
use common::archive::{ArchiveError, Put};
use common::queue::QueueError;
use common::secrets::SecretSet;
use serde_json::json;

use super::*;

/// An archive in which a conversation is marked as erased while its call is on its way there.
#[derive(Clone)]
struct MarkedMeanwhile(FolderArchive);

impl Archive for MarkedMeanwhile {
    async fn put(&self, key: &Key, body: Bytes) -> Result<(), ArchiveError> {
        if let Some(conversation) = key.conversation().filter(|_| key.is_transcription()) {
            // Whatever does not wait for the call has been answered by then.
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.0.put(&Key::erased(&conversation), Bytes::new()).await?;
        }
        self.0.put(key, body).await
    }

    async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<Put, ArchiveError> {
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

/// The names under which jobs were queued.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<Vec<String>>>);

impl ExtractionQueue for Names {
    async fn push(&self, job: Enqueued) -> Result<(), QueueError> {
        self.0.lock().unwrap().push(job.deduplication_id);
        Ok(())
    }
}

#[tokio::test]
async fn a_call_that_is_marked_while_it_is_kept_leaves_no_index_and_a_job_that_is_no_double() {
    let folder = tempfile::tempdir().unwrap();
    let archive = MarkedMeanwhile(FolderArchive::open(folder.path().to_owned(), None).unwrap());
    let variables = [("OPENMEMORY_API_URL", "http://127.0.0.1:1"), ("CALLER_ID_PEPPER", "pepper")];
    let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let (settings, secrets) = (Settings::read(lookup).unwrap(), Secrets::fixed(SecretSet::read(lookup)));
    let (doors, names) = (Doors::new(secrets.clone(), &settings.doors), Names::default());
    let webhook = PostCall::new(doors, secrets, archive.clone(), names.clone(), &settings);
    let body = json!({"type": "post_call_transcription", "data": {"conversation_id": "conv_1", "agent_id": "agent_1",
        "transcript": [], "metadata": {"phone_call": {"direction": "inbound", "external_number": "+12025550142"}}}});
    let raw = Bytes::from(body.to_string());
    for _ in 0..2 {
        let outcome = webhook.keep(&Event::read(&raw), raw.clone()).await.unwrap();
        assert_eq!(outcome.as_str(), "nothing_kept");
    }
    assert_eq!(archive.list("callers/").await.unwrap(), []);
    let mut erasures = names.0.lock().unwrap().clone();
    erasures.retain(|name| name.starts_with("erasure-"));
    erasures.dedup();
    assert_eq!(erasures.len(), 2, "{erasures:?}");
}
