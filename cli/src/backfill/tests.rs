use clap::Parser;
use common::archive::folder::FolderArchive;
use common::call::ConversationId;
use serde_json::json;
use wiremock::matchers::{body_partial_json, header_exists, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::command::{Command, Task};
use crate::elevenlabs::fake::contract;

/// Matches requests that the document knows.
struct Documented;

impl wiremock::Match for Documented {
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

/// A call in a list; of two calls the one with the smaller number began earlier.
fn listed_call(id: &str) -> serde_json::Value {
    let status = if id == "conv_6" {
        "in-progress"
    } else {
        "done"
    };
    let number: i64 = id.trim_start_matches("conv_").parse().unwrap();
    json!({"conversation_id": id, "status": status, "start_time_unix_secs": 1_793_500_000 + number})
}

async fn conversations(server: &MockServer) {
    let list = |ids: &[&str], next: Option<&str>| {
        let calls: Vec<_> = ids.iter().map(|id| listed_call(id)).collect();
        ResponseTemplate::new(200).set_body_json(
            json!({"conversations": calls, "has_more": next.is_some(), "next_cursor": next}),
        )
    };
    let listed = || {
        Mock::given(path("/v1/convai/conversations"))
            .and(Documented)
            .and(query_param("agent_id", "agent_1"))
    };
    let visited = Mock::given(path("/v1/convai/conversations")).and(Documented);
    let visited = visited.and(query_param("visited_agent_ids", "agent_1"));
    visited
        .respond_with(list(&["conv_2", "conv_4", "conv_5", "conv_6"], None))
        .mount(server)
        .await;
    listed()
        .and(query_param("cursor", "2"))
        .respond_with(list(&["conv_7", "conv_8"], None))
        .with_priority(1)
        .mount(server)
        .await;
    listed()
        .and(query_param("call_start_after_unix", "1793491200"))
        .respond_with(list(&["conv_1", "conv_2"], Some("2")))
        .mount(server)
        .await;
    // The last one is of another agent alone: an API that does not know how to ask by agent lists
    // it all the same.
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
        let answer = ResponseTemplate::new(200).set_body_json(call);
        let asked = Mock::given(path(format!("/v1/convai/conversations/{id}"))).and(Documented);
        asked.respond_with(answer).mount(server).await;
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
    let (url, data) = (server.uri(), data.to_str().unwrap());
    let words = [
        "elaaoms",
        "backfill",
        "--agent",
        "agent_1",
        "--since",
        "2026-11-01",
        "--yes",
        "--url",
        &url,
    ];
    let words = words.into_iter().chain(["--data-dir", data]);
    let Task::Backfill(arguments) = Command::try_parse_from(words).unwrap().task else {
        panic!("a backfill")
    };
    run(&arguments, &context(server)).await
}

#[tokio::test]
async fn earlier_and_transferred_calls_are_delivered_in_order_and_those_kept_erased_or_going_on_are_left_out()
 {
    let (server, folder) = (MockServer::start().await, tempfile::tempdir().unwrap());
    conversations(&server).await;
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
    let answer = backfill(&server, folder.path()).await.unwrap();
    assert_eq!(
        answer.data,
        json!({"delivered": 3, "kept": 1, "unfinished": 1, "erased": 1})
    );
    let posted = server.received_requests().await.unwrap();
    let posted = posted
        .iter()
        .filter(|request| request.url.path() == "/webhook/post-call");
    let ids: Vec<String> = posted
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
        "from the oldest to the newest"
    );
}

#[tokio::test]
async fn a_deployment_that_refuses_stops_it() {
    let (server, folder) = (MockServer::start().await, tempfile::tempdir().unwrap());
    conversations(&server).await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(401))
        .expect(1)
        .mount(&server)
        .await;
    assert!(matches!(
        backfill(&server, folder.path()).await,
        Err(Failure::Refused(401, _))
    ));
}
