use clap::Parser;
use common::archive::folder::FolderArchive;
use common::call::ConversationId;
use serde_json::json;
use wiremock::matchers::{body_partial_json, header_exists, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::commands::{Command, Task};
use crate::elevenlabs::fake::contract;
use crate::webhook::RefusedError;

/// Matches requests that conform to the OpenAPI document.
struct ConformsToContract;

impl wiremock::Match for ConformsToContract {
    fn matches(&self, request: &wiremock::Request) -> bool {
        let query = request.url.query().unwrap_or_default();
        contract::check(
            request.method.as_str(),
            request.url.path(),
            query,
            &request.body,
        )
        .is_ok()
    }
}

/// A call as the API lists it. Calls with smaller numbers began earlier.
fn listed_call(id: &str) -> serde_json::Value {
    let status = if id == "conv_6" {
        "in-progress"
    } else {
        "done"
    };
    let number: i64 = id.trim_start_matches("conv_").parse().unwrap();
    json!({"conversation_id": id, "status": status, "start_time_unix_secs": 1_793_500_000 + number})
}

/// A page of the list of conversations.
fn page(ids: &[&str], next: Option<&str>) -> ResponseTemplate {
    let calls: Vec<_> = ids.iter().map(|id| listed_call(id)).collect();
    ResponseTemplate::new(200).set_body_json(
        json!({"conversations": calls, "has_more": next.is_some(), "next_cursor": next}),
    )
}

/// Matches requests for the list of conversations with these query parameters.
fn mock_list(query: &[(&str, &str)]) -> wiremock::MockBuilder {
    let list = Mock::given(path("/v1/convai/conversations")).and(ConformsToContract);
    query.iter().fold(list, |list, (name, value)| {
        list.and(query_param(*name, *value))
    })
}

async fn mock_conversations(server: &MockServer) {
    mock_list(&[("visited_agent_ids", "agent_1")])
        .respond_with(page(&["conv_2", "conv_4", "conv_5", "conv_6"], None))
        .mount(server)
        .await;
    mock_list(&[("agent_id", "agent_1"), ("cursor", "2")])
        .respond_with(page(&["conv_7", "conv_8"], None))
        .with_priority(1)
        .mount(server)
        .await;
    mock_list(&[
        ("agent_id", "agent_1"),
        ("call_start_after_unix", "1793491200"),
    ])
    .respond_with(page(&["conv_1", "conv_2"], Some("2")))
    .mount(server)
    .await;
    // conv_8 belongs to another agent: an API version without the agent filter lists it as well.
    let calls = [
        ("conv_1", "agent_1"),
        ("conv_2", "agent_1"),
        ("conv_4", "agent_9"),
        ("conv_7", "agent_1"),
    ];
    for (id, agent, visited) in calls
        .map(|(id, agent)| (id, agent, "agent_1"))
        .into_iter()
        .chain([("conv_8", "agent_9", "agent_9")])
    {
        let call = json!({"conversation_id": id, "agent_id": agent, "status": "done", "transcript": [],
            "visited_agents": [{"agent_id": agent}, {"agent_id": visited}],
            "metadata": {"start_time_unix_secs": 1_793_500_000, "call_duration_secs": 60}});
        Mock::given(path(format!("/v1/convai/conversations/{id}")))
            .and(ConformsToContract)
            .respond_with(ResponseTemplate::new(200).set_body_json(call))
            .mount(server)
            .await;
    }
}

fn context(server: &MockServer) -> Context {
    let api = format!("{}/v1", server.uri());
    let secrets = [
        ("ELEVENLABS_API_KEY", "xi-test"),
        ("ELEVENLABS_POST_CALL_HMAC_KEY", "wsec"),
    ];
    Context::fixed(
        &[&secrets[..], &[("ELEVENLABS_API_URL", api.as_str())]].concat(),
        || jiff::Timestamp::UNIX_EPOCH,
    )
}

async fn backfill(server: &MockServer, data: &std::path::Path) -> Result<CommandOutput, Failure> {
    let url = server.uri();
    let command_line = [
        "elaaoms",
        "backfill",
        "--agent",
        "agent_1",
        "--since",
        "2026-11-01",
        "--yes",
        "--url",
        &url,
        "--data-dir",
        data.to_str().unwrap(),
    ];
    let Task::Backfill(arguments) = Command::try_parse_from(command_line).unwrap().task else {
        panic!("not a backfill")
    };
    run(&arguments, &context(server)).await
}

#[tokio::test]
async fn missing_calls_are_delivered_oldest_first_and_stored_erased_or_unfinished_ones_skipped() {
    let server = MockServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    mock_conversations(&server).await;
    let archive = FolderArchive::open(folder.path(), None).unwrap();
    let key = Key::payload(
        &ConversationId::parse("conv_1").unwrap(),
        &PayloadKind::Transcription,
    );
    archive.put(&key, "{}".into()).await.unwrap();
    let erased = Key::erased(&ConversationId::parse("conv_5").unwrap());
    archive.put(&erased, "".into()).await.unwrap();
    for id in ["conv_2", "conv_4", "conv_7"] {
        let webhook = json!({"type": "post_call_transcription", "event_timestamp": 1_793_500_060,
            "data": {"conversation_id": id}});
        Mock::given(method("POST"))
            .and(path("/webhook/post-call"))
            .and(header_exists("elevenlabs-signature"))
            .and(body_partial_json(webhook))
            .respond_with(ResponseTemplate::new(200))
            .expect(1)
            .mount(&server)
            .await;
    }
    let output = backfill(&server, folder.path()).await.unwrap();
    assert_eq!(
        output.data,
        json!({"delivered": 3, "kept": 1, "unfinished": 1, "erased": 1})
    );
    let requests = server.received_requests().await.unwrap();
    let ids: Vec<String> = requests
        .iter()
        .filter(|request| request.url.path() == "/webhook/post-call")
        .map(|request| {
            let webhook: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            webhook["data"]["conversation_id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(
        ids,
        ["conv_2", "conv_4", "conv_7"],
        "delivered oldest first"
    );
}

#[tokio::test]
async fn a_refusal_by_the_deployment_stops_the_backfill() {
    let server = MockServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    mock_conversations(&server).await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(401))
        .expect(1)
        .mount(&server)
        .await;
    let failure = backfill(&server, folder.path()).await.unwrap_err();
    let refused: &RefusedError = failure.downcast_ref().unwrap();
    assert_eq!(refused.status, 401);
}
