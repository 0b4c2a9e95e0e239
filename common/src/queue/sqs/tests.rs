use std::collections::BTreeSet;

use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, header};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::archive::{Key, PayloadKind};
use crate::aws::testing::config_for;
use crate::call::{CallerId, ConversationId};
use crate::queue::ExtractionJob;

async fn queue_over(server: &MockServer) -> SqsQueue {
    SqsQueue::new(
        &config_for(server),
        format!("{}/123456789012/jobs.fifo", server.uri())
            .parse()
            .unwrap(),
    )
}

fn enqueued() -> Enqueued {
    let conversation_id = ConversationId::parse("conv_1").unwrap();
    let payload = Key::payload(&conversation_id, &PayloadKind::Transcription);
    let caller = CallerId::from_phone("+12025550142").unwrap();
    Enqueued::after_call(
        ExtractionJob::new(conversation_id, payload),
        caller.hash(&SecretString::from("pepper")),
    )
}

#[tokio::test]
async fn a_job_is_sent_with_its_callers_group_and_its_conversations_id() {
    let server = MockServer::start().await;
    let job = enqueued();
    Mock::given(header("x-amz-target", "AmazonSQS.SendMessage"))
        .and(body_partial_json(json!({
            "MessageGroupId": job.group.as_str(),
            "MessageDeduplicationId": "conv_1",
            "MessageBody": r#"{"conversation_id":"conv_1","payload":"payloads/conv_1/conv_1_transcription.json"}"#,
        })))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"MessageId": "1"})))
        .expect(1)
        .mount(&server)
        .await;
    queue_over(&server).await.push(job).await.unwrap();
    let sent = server.received_requests().await.unwrap().remove(0);
    assert!(
        !String::from_utf8(sent.body).unwrap().contains("2025550142"),
        "the message holds no telephone number"
    );
}

fn ok() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"MessageId": "1"}))
}

#[tokio::test]
async fn dead_letters_are_requeued_in_their_group_each_with_a_new_id() {
    let server = MockServer::start().await;
    let body =
        r#"{"conversation_id":"conv_1","payload":"payloads/conv_1/conv_1_transcription.json"}"#;
    let letters = json!({"Messages": [
        {"MessageId": "1", "ReceiptHandle": "good", "Body": body,
            "Attributes": {"MessageGroupId": "group", "MessageDeduplicationId": "conv_1"}},
        {"MessageId": "3", "ReceiptHandle": "good", "Body": body,
            "Attributes": {"MessageGroupId": "group", "MessageDeduplicationId": "erasure-1"}},
        {"MessageId": "2", "ReceiptHandle": "bad", "Body": "broken"}]});
    let receive = || header("x-amz-target", "AmazonSQS.ReceiveMessage");
    Mock::given(receive())
        .respond_with(ResponseTemplate::new(200).set_body_json(letters))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(receive())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .mount(&server)
        .await;
    Mock::given(header("x-amz-target", "AmazonSQS.SendMessage"))
        .and(body_partial_json(
            json!({"MessageGroupId": "group", "MessageBody": body}),
        ))
        .respond_with(ok())
        .expect(2)
        .mount(&server)
        .await;
    Mock::given(header("x-amz-target", "AmazonSQS.DeleteMessage"))
        .and(body_partial_json(json!({"ReceiptHandle": "good"})))
        .respond_with(ok())
        .expect(2)
        .mount(&server)
        .await;
    let dead = format!("{}/123456789012/dead.fifo", server.uri())
        .parse()
        .unwrap();
    let letters = SqsDeadLetters::new(&config_for(&server), dead, queue_over(&server).await);
    assert_eq!(
        letters.requeue(7).await.unwrap(),
        RequeueSummary {
            jobs: 2,
            unreadable: 1
        }
    );
    let sent = server.received_requests().await.unwrap();
    let ids: BTreeSet<String> = sent
        .iter()
        .filter_map(|request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            body["MessageDeduplicationId"].as_str().map(str::to_owned)
        })
        .collect();
    let expected = ["conv_1", "erasure-1"].map(|name| replay_id(name, 7));
    assert_eq!(ids, BTreeSet::from(expected), "each keeps its own name");
}

#[test]
fn the_id_of_a_replay_fits_whatever_the_conversation_is_called() {
    let id = replay_id(&"c".repeat(128), u64::MAX);
    assert!(id.len() <= 128, "{id}");
    assert_ne!(id, replay_id(&"c".repeat(128), 1));
    assert_ne!(id, replay_id(&"c".repeat(127), u64::MAX));
}

#[tokio::test]
async fn a_postponed_message_is_hidden_for_the_pause() {
    let server = MockServer::start().await;
    Mock::given(header("x-amz-target", "AmazonSQS.ChangeMessageVisibility"))
        .and(body_partial_json(
            json!({"ReceiptHandle": "handle", "VisibilityTimeout": 900}),
        ))
        .respond_with(ResponseTemplate::new(200).set_body_json(Value::Object(Default::default())))
        .expect(1)
        .mount(&server)
        .await;
    queue_over(&server)
        .await
        .postpone("handle", Duration::from_secs(900))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_missing_permission_is_not_an_outage() {
    for (status, code, is_outage) in [
        (403, "AccessDenied", false),
        (400, "QueueDoesNotExist", false),
        (400, "RequestThrottled", true),
        (503, "ServiceUnavailable", true),
    ] {
        let server = MockServer::start().await;
        let response = ResponseTemplate::new(status)
            .set_body_json(json!({"__type": format!("com.amazonaws.sqs#{code}")}));
        Mock::given(wiremock::matchers::any())
            .respond_with(response)
            .mount(&server)
            .await;
        let error = queue_over(&server)
            .await
            .push(enqueued())
            .await
            .unwrap_err();
        assert_eq!(
            matches!(error, QueueError::Unavailable(_)),
            is_outage,
            "{error}"
        );
    }
}
