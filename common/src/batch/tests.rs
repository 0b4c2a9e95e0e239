use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::archive::{Key, PutOutcome};
use crate::aws::testing::config_for;

/// An archive in memory that can be made to fail.
#[derive(Clone, Default)]
struct MemoryArchive {
    objects: Arc<Mutex<HashMap<Key, Bytes>>>,
    is_unavailable: bool,
}

impl Archive for MemoryArchive {
    async fn put(&self, key: &Key, body: Bytes) -> Result<(), ArchiveError> {
        self.objects.lock().unwrap().insert(key.clone(), body);
        Ok(())
    }

    async fn put_if_absent(&self, _: &Key, _: Bytes) -> Result<PutOutcome, ArchiveError> {
        Ok(PutOutcome::AlreadyExists)
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>, ArchiveError> {
        match self.is_unavailable {
            true => Err(ArchiveError::Unavailable("away".to_owned())),
            false => Ok(self.objects.lock().unwrap().get(key).cloned()),
        }
    }

    async fn contains(&self, key: &Key) -> Result<bool, ArchiveError> {
        Ok(self.objects.lock().unwrap().contains_key(key))
    }

    async fn delete(&self, key: &Key) -> Result<(), ArchiveError> {
        self.objects.lock().unwrap().remove(key);
        Ok(())
    }

    async fn list(&self, _: &str) -> Result<Vec<Key>, ArchiveError> {
        Ok(self.objects.lock().unwrap().keys().cloned().collect())
    }
}

/// Queues that accept every request, and the mock server that records the requests.
async fn queues() -> (MockServer, Queues<MemoryArchive>) {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"MessageId": "1"})))
        .mount(&server)
        .await;
    let config = config_for(&server);
    let queue = |name: &str| {
        SqsQueue::new(
            &config,
            format!("{}/1/{name}.fifo", server.uri()).parse().unwrap(),
        )
    };
    let queues = Queues {
        jobs: queue("jobs"),
        dead_letters: queue("dead"),
        archive: MemoryArchive::default(),
    };
    (server, queues)
}

fn record(id: &str, group: &str, receives: u32) -> Value {
    let body = format!(
        r#"{{"conversation_id":"{id}","payload":"payloads/{id}/{id}_transcription.json"}}"#
    );
    json!({
        "messageId": id, "receiptHandle": format!("handle-{id}"), "body": body,
        "attributes": {"MessageGroupId": group, "ApproximateReceiveCount": receives.to_string()},
    })
}

fn batch(records: &[Value]) -> Batch {
    serde_json::from_value(json!({"Records": records})).unwrap()
}

fn failures(report: &BatchResponse) -> Vec<&str> {
    report
        .batch_item_failures
        .iter()
        .map(|failure| failure.item_identifier.as_str())
        .collect()
}

fn outage() -> JobError {
    JobError::Transient {
        reason: "away".to_owned(),
        at_least: None,
    }
}

/// Returns the receipt handles and pauses of the messages that were postponed.
async fn postponed(server: &MockServer) -> Vec<(String, u64)> {
    let requests = server.received_requests().await.unwrap();
    let bodies = requests
        .iter()
        .filter(|request| target(request) == "AmazonSQS.ChangeMessageVisibility")
        .map(body);
    bodies
        .map(|body| {
            (
                body["ReceiptHandle"].as_str().unwrap().to_owned(),
                body["VisibilityTimeout"].as_u64().unwrap(),
            )
        })
        .collect()
}

async fn dead_lettered(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .filter(|request| target(request) == "AmazonSQS.SendMessage")
        .map(body)
        .collect()
}

fn target(request: &Request) -> &str {
    request.headers["x-amz-target"].to_str().unwrap()
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[tokio::test]
async fn after_a_failure_only_the_rest_of_its_group_returns_to_the_queue() {
    let (server, queues) = queues().await;
    let records = [
        record("a1", "a", 1),
        record("b1", "b", 1),
        record("a2", "a", 1),
        record("a3", "a", 1),
    ];
    let recorder = RefCell::new(Vec::new());
    let report = for_each_job(batch(&records), &queues, async |job: Job| {
        recorder.borrow_mut().push(job.describe());
        if job.describe() == "a2" {
            Err(outage())
        } else {
            Ok(())
        }
    })
    .await;
    assert_eq!(failures(&report), ["a2", "a3"]);
    let processed = recorder.into_inner();
    assert!(
        processed.contains(&"b1".to_owned()) && !processed.contains(&"a3".to_owned()),
        "{processed:?}"
    );
    assert_eq!(
        postponed(&server).await,
        [("handle-a2".to_owned(), 30), ("handle-a3".to_owned(), 30)]
    );
}

#[tokio::test]
async fn an_outage_postpones_a_message_longer_each_time_and_never_dead_letters_it() {
    for (receives, seconds) in [(1, 30), (2, 60), (3, 120), (5, 480), (6, 900), (99, 900)] {
        let (server, queues) = queues().await;
        let report = for_each_job(batch(&[record("a1", "a", receives)]), &queues, async |_| {
            Err(outage())
        })
        .await;
        assert_eq!(failures(&report), ["a1"]);
        assert_eq!(
            postponed(&server).await,
            [("handle-a1".to_owned(), seconds)]
        );
        assert!(dead_lettered(&server).await.is_empty());
    }
}

#[tokio::test]
async fn a_requested_pause_is_respected() {
    let (server, queues) = queues().await;
    let error = JobError::Transient {
        reason: "throttled".to_owned(),
        at_least: Some(Duration::from_secs(300)),
    };
    for_each_job(batch(&[record("a1", "a", 1)]), &queues, async |_| {
        Err(error.clone())
    })
    .await;
    assert_eq!(postponed(&server).await, [("handle-a1".to_owned(), 300)]);
}

#[tokio::test]
async fn an_unreadable_message_is_dead_lettered_on_its_third_receive_and_later_ones_are_processed()
{
    let mut unreadable = record("a1", "a", 2);
    unreadable["body"] = json!("no job");
    let (server, queues) = queues().await;
    let report = for_each_job(
        batch(&[unreadable.clone(), record("a2", "a", 1)]),
        &queues,
        async |_| Ok(()),
    )
    .await;
    assert_eq!(failures(&report), ["a1", "a2"], "not yet");
    assert!(dead_lettered(&server).await.is_empty());

    unreadable["attributes"]["ApproximateReceiveCount"] = json!("3");
    let third_report = for_each_job(
        batch(&[unreadable, record("a2", "a", 2)]),
        &queues,
        async |_| Ok(()),
    )
    .await;
    assert_eq!(third_report, BatchResponse::default());
    let dead = dead_lettered(&server).await;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0]["MessageBody"], "no job");
    assert_eq!(dead[0]["MessageGroupId"], "a");
    assert!(dead[0]["QueueUrl"].as_str().unwrap().ends_with("dead.fifo"));
}

#[tokio::test]
async fn a_message_that_cannot_be_dead_lettered_is_not_lost() {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(403))
        .mount(&server)
        .await;
    let config = config_for(&server);
    let queue = SqsQueue::new(
        &config,
        format!("{}/1/q.fifo", server.uri()).parse().unwrap(),
    );
    let queues = Queues {
        jobs: queue.clone(),
        dead_letters: queue,
        archive: MemoryArchive::default(),
    };
    for receive in 1..=4 {
        let report = for_each_job(batch(&[record("a1", "a", receive)]), &queues, broken).await;
        assert_eq!(failures(&report), ["a1"]);
    }
}

async fn broken(_: Job) -> Result<(), JobError> {
    Err(JobError::Permanent("broken".to_owned()))
}

#[tokio::test]
async fn a_message_has_three_attempts_of_its_own_however_often_it_was_received() {
    let (server, queues) = queues().await;
    for receive in [40, 41] {
        let report = for_each_job(batch(&[record("a1", "a", receive)]), &queues, broken).await;
        assert_eq!(failures(&report), ["a1"], "receive {receive}");
        for_each_job(batch(&[record("a1", "a", receive)]), &queues, async |_| {
            Err(outage())
        })
        .await;
    }
    // The count starts anew for another message about the same call, such as a replay.
    let last_report = for_each_job(batch(&[another_message()]), &queues, broken).await;
    assert_eq!(failures(&last_report), ["again"]);
    assert!(dead_lettered(&server).await.is_empty());
    let report = for_each_job(batch(&[record("a1", "a", 42)]), &queues, broken).await;
    assert_eq!(report, BatchResponse::default());
    assert_eq!(dead_lettered(&server).await.len(), 1);
}

fn another_message() -> Value {
    let mut again = record("a1", "a", 1);
    again["messageId"] = json!("again");
    again
}

#[tokio::test]
async fn a_failure_that_cannot_be_counted_dead_letters_nothing() {
    let (server, mut queues) = queues().await;
    queues.archive.is_unavailable = true;
    let report = for_each_job(batch(&[record("a1", "a", 9)]), &queues, broken).await;
    assert_eq!(failures(&report), ["a1"]);
    assert_eq!(postponed(&server).await, [("handle-a1".to_owned(), 900)]);
    assert!(dead_lettered(&server).await.is_empty());
}

#[test]
fn the_response_has_lambdas_format() {
    let report = BatchResponse {
        batch_item_failures: vec![Failure {
            item_identifier: "1".to_owned(),
        }],
    };
    let written = serde_json::to_string(&report).unwrap();
    assert_eq!(written, r#"{"batchItemFailures":[{"itemIdentifier":"1"}]}"#);
}
