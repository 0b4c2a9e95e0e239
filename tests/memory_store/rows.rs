//! Rows that a server of the documented contract may send but the client must not show.

use common::memory::{Importance, Retention};
use common::openmemory::Search;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::{agent, caller, client_with_retention};

fn at(days: i64) -> Timestamp {
    Timestamp::from_second(elaaoms_tests::now()).unwrap() + SignedDuration::from_hours(24 * days)
}

/// Returns a row of caller 1 from a call this many days ago, with additional fields.
fn row(content: &str, days_ago: i64, more: Value) -> Value {
    let mut row = json!({"memory_id": format!("mem_{content}"), "content": content, "created_at": at(-days_ago),
        "metadata": {"caller_id": caller(1).as_str(), "agent_id": "support", "timestamp": at(-days_ago)}});
    merge(&mut row, more);
    row
}

fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            more.into_iter()
                .for_each(|(name, value)| merge(into.entry(name).or_insert(Value::Null), value));
        }
        (into, more) => *into = more,
    }
}

fn rows() -> Vec<Value> {
    vec![
        row("recent", 10, json!({})),
        row("old", 40, json!({})),
        row("old, and it ends later", 40, json!({"expires_at": at(5)})),
        row(
            "recent, and it has ended",
            10,
            json!({"expires_at": at(-1)}),
        ),
        row(
            "old, and confirmed lately",
            40,
            json!({"updated_at": at(-3), "metadata": {"reinforcement_count": 2}}),
        ),
        row(
            "old, and changed lately",
            40,
            json!({"updated_at": at(-3), "metadata": {"reinforcement_count": 1}}),
        ),
        row(
            "another caller",
            10,
            json!({"metadata": {"caller_id": caller(2).as_str()}}),
        ),
        row("no caller", 10, json!({"metadata": {"caller_id": null}})),
        row(
            "another agent",
            10,
            json!({"metadata": {"agent_id": "sales"}}),
        ),
    ]
}

/// Returns the contents that the client shows with a retention of this many days; 0 for none.
async fn shown(days: u32) -> Vec<String> {
    let server = MockServer::start().await;
    let healthy =
        ResponseTemplate::new(200).set_body_json(json!({"status": "healthy", "version": "1"}));
    Mock::given(path("/health"))
        .respond_with(healthy)
        .mount(&server)
        .await;
    let found =
        ResponseTemplate::new(200).set_body_json(json!({"status": "success", "memories": rows()}));
    Mock::given(path("/api/v1/memories/search"))
        .respond_with(found)
        .mount(&server)
        .await;
    let client = client_with_retention(&server.uri(), "", Retention::from_days(days));
    let caller = caller(1);
    let agent = agent("support");
    let search = Search {
        caller: &caller,
        agent: Some(&agent),
        query: "",
        min_importance: Importance::MIN,
        limit: 100,
        include_superseded: false,
        distinct: false,
    };
    client
        .search(search)
        .await
        .unwrap()
        .into_iter()
        .map(|memory| memory.content)
        .collect()
}

#[tokio::test]
async fn rows_of_other_callers_or_agents_and_expired_rows_are_never_shown() {
    assert_eq!(
        shown(30).await,
        [
            "recent",
            "old, and it ends later",
            "old, and confirmed lately"
        ]
    );
}

#[tokio::test]
async fn without_a_retention_the_server_alone_decides_what_has_expired() {
    let all = shown(0).await;
    assert_eq!(all.len(), 6, "{all:?}");
    assert!(
        all.iter()
            .all(|content| !content.contains("another") && content != "no caller"),
        "{all:?}"
    );
}
