use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::archive::{Key, PutOutcome};
use crate::aws::testing::config_for;

/// An archive in memory, or one that fails.
#[derive(Clone, Default)]
struct Notes {
    kept: Arc<Mutex<HashMap<Key, Bytes>>>,
    is_away: bool,
}

impl Archive for Notes {
    async fn put(&self, key: &Key, body: Bytes) -> Result<(), ArchiveError> {
        self.kept.lock().unwrap().insert(key.clone(), body);
        Ok(())
    }

    async fn put_if_absent(&self, _: &Key, _: Bytes) -> Result<PutOutcome, ArchiveError> {
        Ok(PutOutcome::AlreadyExists)
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>, ArchiveError> {
        match self.is_away {
            true => Err(ArchiveError::Unavailable("away".to_owned())),
            false => Ok(self.kept.lock().unwrap().get(key).cloned()),
        }
    }

    async fn contains(&self, key: &Key) -> Result<bool, ArchiveError> {
        Ok(self.kept.lock().unwrap().contains_key(key))
    }

    async fn delete(&self, key: &Key) -> Result<(), ArchiveError> {
        self.kept.lock().unwrap().remove(key);
        Ok(())
    }

    async fn list(&self, _: &str) -> Result<Vec<Key>, ArchiveError> {
        Ok(self.kept.lock().unwrap().keys().cloned().collect())
    }
}

/// Queues that take everything and remember what they were told.
async fn queues() -> (MockServer, Queues<Notes>) {
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
        archive: Notes::default(),
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

fn failures(report: &Report) -> Vec<&str> {
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

/// Receipt handles and pauses of the messages that were hidden.
async fn hidden(server: &MockServer) -> Vec<(String, u64)> {
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

async fn given_up(server: &MockServer) -> Vec<Value> {
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
async fn behind_a_failure_its_whole_group_goes_back_and_nobody_else() {
    let (server, queues) = queues().await;
    let records = [
        record("a1", "a", 1),
        record("b1", "b", 1),
        record("a2", "a", 1),
        record("a3", "a", 1),
    ];
    let worked = RefCell::new(Vec::new());
    let report = for_each_job(batch(&records), &queues, async |job: ExtractionJob| {
        worked.borrow_mut().push(job.conversation_id.to_string());
        if job.conversation_id.as_str() == "a2" {
            Err(outage())
        } else {
            Ok(())
        }
    })
    .await;
    assert_eq!(failures(&report), ["a2", "a3"]);
    let worked = worked.into_inner();
    assert!(
        worked.contains(&"b1".to_owned()) && !worked.contains(&"a3".to_owned()),
        "{worked:?}"
    );
    assert_eq!(
        hidden(&server).await,
        [("handle-a2".to_owned(), 30), ("handle-a3".to_owned(), 30)]
    );
}

#[tokio::test]
async fn an_outage_hides_a_message_longer_each_time_and_never_gives_it_up() {
    for (receives, seconds) in [(1, 30), (2, 60), (3, 120), (5, 480), (6, 900), (99, 900)] {
        let (server, queues) = queues().await;
        let report = for_each_job(batch(&[record("a1", "a", receives)]), &queues, async |_| {
            Err(outage())
        })
        .await;
        assert_eq!(failures(&report), ["a1"]);
        assert_eq!(hidden(&server).await, [("handle-a1".to_owned(), seconds)]);
        assert!(given_up(&server).await.is_empty());
    }
}

#[tokio::test]
async fn a_pause_that_was_asked_for_is_kept() {
    let (server, queues) = queues().await;
    let setback = JobError::Transient {
        reason: "throttled".to_owned(),
        at_least: Some(Duration::from_secs(300)),
    };
    for_each_job(batch(&[record("a1", "a", 1)]), &queues, async |_| {
        Err(setback.clone())
    })
    .await;
    assert_eq!(hidden(&server).await, [("handle-a1".to_owned(), 300)]);
}

#[tokio::test]
async fn poison_is_given_up_on_its_third_receive_and_those_behind_it_are_worked_on() {
    let mut poison = record("a1", "a", 2);
    poison["body"] = json!("no job");
    let (server, queues) = queues().await;
    let report = for_each_job(
        batch(&[poison.clone(), record("a2", "a", 1)]),
        &queues,
        async |_| Ok(()),
    )
    .await;
    assert_eq!(failures(&report), ["a1", "a2"], "not yet");
    assert!(given_up(&server).await.is_empty());

    poison["attributes"]["ApproximateReceiveCount"] = json!("3");
    let report = for_each_job(
        batch(&[poison, record("a2", "a", 2)]),
        &queues,
        async |_| Ok(()),
    )
    .await;
    assert_eq!(report, Report::default());
    let dead = given_up(&server).await;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0]["MessageBody"], "no job");
    assert_eq!(dead[0]["MessageGroupId"], "a");
    assert!(dead[0]["QueueUrl"].as_str().unwrap().ends_with("dead.fifo"));
}

#[tokio::test]
async fn poison_that_cannot_be_given_up_is_not_lost() {
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
        archive: Notes::default(),
    };
    for receive in 1..=4 {
        let report = for_each_job(batch(&[record("a1", "a", receive)]), &queues, broken).await;
        assert_eq!(failures(&report), ["a1"]);
    }
}

async fn broken(_: ExtractionJob) -> Result<(), JobError> {
    Err(JobError::Permanent("broken".to_owned()))
}

#[tokio::test]
async fn however_often_a_message_was_received_it_has_three_tries_of_its_own() {
    let (server, queues) = queues().await;
    for receive in [40, 41] {
        let report = for_each_job(batch(&[record("a1", "a", receive)]), &queues, broken).await;
        assert_eq!(failures(&report), ["a1"], "receive {receive}");
        for_each_job(batch(&[record("a1", "a", receive)]), &queues, async |_| {
            Err(outage())
        })
        .await;
    }
    // The same call under another message, as a replay sends it, begins anew.
    let report = for_each_job(batch(&[another_message()]), &queues, broken).await;
    assert_eq!(failures(&report), ["again"]);
    assert!(given_up(&server).await.is_empty());
    let report = for_each_job(batch(&[record("a1", "a", 42)]), &queues, broken).await;
    assert_eq!(report, Report::default());
    assert_eq!(given_up(&server).await.len(), 1);
}

fn another_message() -> Value {
    let mut again = record("a1", "a", 1);
    again["messageId"] = json!("again");
    again
}

#[tokio::test]
async fn a_failure_that_cannot_be_counted_gives_nothing_up() {
    let (server, mut queues) = queues().await;
    queues.archive.is_away = true;
    let report = for_each_job(batch(&[record("a1", "a", 9)]), &queues, broken).await;
    assert_eq!(failures(&report), ["a1"]);
    assert_eq!(hidden(&server).await, [("handle-a1".to_owned(), 900)]);
    assert!(given_up(&server).await.is_empty());
}

#[test]
fn the_report_is_written_as_lambda_reads_it() {
    let report = Report {
        batch_item_failures: vec![Failure {
            item_identifier: "1".to_owned(),
        }],
    };
    let written = serde_json::to_string(&report).unwrap();
    assert_eq!(written, r#"{"batchItemFailures":[{"itemIdentifier":"1"}]}"#);
}
