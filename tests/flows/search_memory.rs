//! During a call: which memories the agent's search finds.

use elaaoms_tests::payload::{self, NURSERY, PLAIN_AGENT, PLAIN_CALLER, STRANGER, TOMAS};
use elaaoms_tests::{Deployment, Reply};
use serde_json::{Value, json};

const OTHER_AGENT: &str = "agent_4403greenfold9billing";

#[tokio::test]
async fn the_deployment_guides_requests_work() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("no-analysis")).await;
    let search = async |query: &str, caller: &str| {
        deployment
            .elevenlabs
            .search(&json!({"query": query, "caller_id": caller, "agent_id": PLAIN_AGENT}))
            .await
    };
    let order = search("order", PLAIN_CALLER).await;
    assert!(order.found()[0].contains("XYZ-789"), "{}", order.text);
    let shipping = search("shipping", PLAIN_CALLER).await;
    assert!(
        shipping.found()[0].to_lowercase().contains("express"),
        "{}",
        shipping.text
    );
    assert!(search("order", STRANGER).await.found().is_empty());
    let known = deployment.elevenlabs.ring(PLAIN_AGENT, PLAIN_CALLER).await;
    assert_eq!(known.variable("caller_known"), "true");
    assert!(known.variable("greeting").starts_with("Welcome back"));
    assert_eq!(
        deployment
            .elevenlabs
            .ring(PLAIN_AGENT, STRANGER)
            .await
            .variable("caller_known"),
        "false"
    );
}

#[tokio::test]
async fn a_search_response_has_the_shape_that_the_tool_expects() {
    let deployment = with_a_call_at_the_nursery(&[]).await;
    let reply = search(&deployment, NURSERY, None, "order number").await;
    assert_eq!(
        keys(&reply.body),
        [
            "caller",
            "memory_available",
            "results",
            "searched_agents",
            "summary"
        ]
    );
    let hit = &reply.body["results"][0];
    assert_eq!(
        keys(hit),
        [
            "agent_id",
            "conversation_id",
            "match",
            "memory",
            "relevance",
            "timestamp"
        ]
    );
    assert!(
        hit["memory"].as_str().unwrap().contains("GF-4410"),
        "{}",
        reply.text
    );
    assert_eq!(hit["agent_id"], NURSERY);
    assert_eq!(hit["conversation_id"], "conv_5501tomas1first");
    assert_eq!(
        hit["timestamp"], "2026-01-01T10:00:05Z",
        "the time of the turn that says it"
    );
    assert!((0.0..=1.0).contains(&hit["relevance"].as_f64().unwrap()));
    assert_eq!(reply.body["memory_available"], true);
    assert!(
        reply.body["summary"].as_str().unwrap().contains("GF-4410"),
        "the summary must contain the answer"
    );
}

#[tokio::test]
async fn a_search_without_a_caller_finds_nothing() {
    let deployment = with_a_call_at_the_nursery(&[]).await;
    for caller in [
        json!(null),
        json!(""),
        json!("anonymous"),
        json!("*"),
        json!("%"),
        json!("+266696687"),
    ] {
        for all in [Value::Null, json!(true), json!(false)] {
            let body = json!({"query": "order number", "agent_id": NURSERY, "caller_id": caller, "search_all_agents": all});
            let reply = deployment.elevenlabs.search(&body).await;
            assert_eq!(reply.status, 200);
            assert!(reply.found().is_empty(), "{caller}: {}", reply.text);
        }
    }
    let reply = deployment
        .elevenlabs
        .search(&json!({"query": "order number", "agent_id": NURSERY}))
        .await;
    assert!(reply.found().is_empty(), "{}", reply.text);
}

#[tokio::test]
async fn a_caller_never_finds_another_callers_memories() {
    let deployment = with_a_call_at_the_nursery(&[]).await;
    for caller in [
        STRANGER,
        "+1202555012",
        "+120255501234",
        "user:+12025550123",
    ] {
        for query in ["order number", "Tomas", "", "Hazel Court"] {
            let body = json!({"query": query, "agent_id": NURSERY, "caller_id": caller, "search_all_agents": true});
            let reply = deployment.elevenlabs.search(&body).await;
            assert!(
                reply.found().is_empty(),
                "{caller} searched {query:?}: {}",
                reply.text
            );
        }
    }
}

#[tokio::test]
async fn the_summary_never_calls_a_known_caller_unknown() {
    let deployment = with_a_call_at_the_nursery(&[]).await;
    for query in [
        "passport photograph",
        "loyalty points",
        "xyzzy",
        "?",
        "last time",
        "previous issues",
    ] {
        let reply = search(&deployment, NURSERY, None, query).await;
        assert!(!reply.found().is_empty(), "{query}: {}", reply.text);
        assert_eq!(reply.body["memory_available"], true);
        let summary = reply.body["summary"].as_str().unwrap();
        assert!(!summary.contains("Nothing is known"), "{query}: {summary}");
    }
    let reply = search(&deployment, NURSERY, None, "passport photograph").await;
    assert_eq!(
        reply.body["results"][0]["match"], "background",
        "{}",
        reply.text
    );
    let summary = reply.body["summary"].as_str().unwrap();
    assert!(
        summary.starts_with("Nothing answers this directly; known about this caller: "),
        "{summary}"
    );
}

#[tokio::test]
async fn a_stranger_has_no_memories() {
    let deployment = with_a_call_at_the_nursery(&[]).await;
    let body = json!({"query": "order number", "caller_id": STRANGER, "agent_id": NURSERY});
    let reply = deployment.elevenlabs.search(&body).await;
    assert!(reply.found().is_empty());
    assert_eq!(
        reply.body["summary"],
        "Nothing is known about this caller from earlier calls."
    );
    assert_eq!(reply.body["caller"], Value::Null);
}

#[tokio::test]
async fn a_search_response_describes_the_caller_from_the_last_call() {
    let deployment = with_a_call_at_the_nursery(&[]).await;
    let reply = search(&deployment, NURSERY, None, "order number").await;
    let caller = &reply.body["caller"];
    assert_eq!(
        keys(caller),
        ["last_call_at", "last_call_summary", "name", "open_issues"]
    );
    assert_eq!(caller["last_call_at"], "2026-01-01T10:00:00Z");
    assert!(
        caller["name"].as_str().unwrap().contains("Tomas"),
        "{}",
        reply.text
    );
    assert!(!caller["last_call_summary"].as_str().unwrap().is_empty());
    let elsewhere = search(&deployment, OTHER_AGENT, None, "order number").await;
    assert_eq!(
        elsewhere.body["caller"],
        Value::Null,
        "this agent has no card of the caller"
    );
}

#[tokio::test]
async fn the_threshold_separates_direct_matches_from_background() {
    for (threshold, matching) in [("0.05", "direct"), ("1.0", "background")] {
        let deployment =
            with_a_call_at_the_nursery(&[("MEMORY_RELEVANCE_THRESHOLD", threshold)]).await;
        let reply = search(
            &deployment,
            NURSERY,
            None,
            "quince umbrella passport lantern carpet violin",
        )
        .await;
        let hits = reply.body["results"].as_array().unwrap();
        let hit = hits
            .iter()
            .find(|hit| hit["memory"].as_str().unwrap().contains("quince"));
        assert_eq!(
            hit.unwrap()["match"],
            matching,
            "{threshold}: {}",
            reply.text
        );
    }
}

#[tokio::test]
async fn an_agents_own_memories_answer_first() {
    let deployment = with_a_call_at_the_nursery(&[]).await;
    let reply = search(&deployment, NURSERY, None, "order GF-4410 quince trees").await;
    assert_eq!(reply.body["searched_agents"], NURSERY, "{}", reply.text);
    assert!(reply.found()[0].contains("GF-4410"));
}

#[tokio::test]
async fn an_agent_without_an_answer_searches_all_agents_unless_told_not_to() {
    let deployment = with_a_call_at_the_nursery(&[]).await;
    for (all, searched, finds) in [
        (None, "all", true),
        (Some(true), "all", true),
        (Some(false), OTHER_AGENT, false),
    ] {
        let reply = search(&deployment, OTHER_AGENT, all, "order number").await;
        assert_eq!(reply.body["searched_agents"], searched, "{all:?}");
        assert_eq!(
            reply
                .found()
                .iter()
                .any(|memory| memory.contains("GF-4410")),
            finds,
            "{all:?}: {}",
            reply.text
        );
    }
}

#[tokio::test]
async fn without_sharing_an_agent_finds_only_its_own_memories() {
    let deployment = with_a_call_at_the_nursery(&[("CROSS_AGENT_MEMORY", "false")]).await;
    for all in [None, Some(true), Some(false)] {
        let elsewhere = search(&deployment, OTHER_AGENT, all, "order number").await;
        assert!(elsewhere.found().is_empty(), "{all:?}: {}", elsewhere.text);
        assert_eq!(elsewhere.body["searched_agents"], OTHER_AGENT);
        let own = search(&deployment, NURSERY, all, "order number").await;
        assert!(own.found()[0].contains("GF-4410"), "{all:?}: {}", own.text);
    }
    let anybody = json!({"query": "order number", "caller_id": TOMAS, "search_all_agents": true});
    assert!(
        deployment
            .elevenlabs
            .search(&anybody)
            .await
            .found()
            .is_empty(),
        "the request names no agent"
    );
}

#[tokio::test]
async fn search_results_of_our_own_tool_are_not_remembered_again() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("second-call")).await;
    let contents = deployment.contents(NURSERY, TOMAS).await;
    assert!(
        !contents.iter().any(|content| content.contains("beehives")),
        "{contents:?}"
    );
}

#[tokio::test]
async fn a_superseded_address_answers_a_question_about_the_past() {
    let deployment = with_a_call_at_the_nursery(&[]).await;
    deployment.remember(payload::body("second-call")).await;
    let before = search(&deployment, NURSERY, None, "previous delivery address").await;
    assert!(
        before.found()[0].contains("3 Hazel Court"),
        "{}",
        before.text
    );
    assert!(
        before.body["results"][0]["until"].is_string(),
        "{}",
        before.text
    );
    let now = search(&deployment, NURSERY, None, "delivery address").await;
    assert!(!now.text.contains("3 Hazel Court"), "{}", now.text);
}

#[tokio::test]
async fn a_search_returns_at_most_five_memories() {
    let deployment = Deployment::start().await;
    let body = payload::edited(
        "no-analysis",
        &[(
            "/data/transcript",
            (1..9)
                .map(|n| json!({"role": "user", "message": format!("I own pear tree number {n} of variety {n}{n}")}))
                .collect(),
        )],
    );
    deployment.remember(body).await;
    let reply = deployment
        .elevenlabs
        .search(&json!({"query": "pear tree variety", "caller_id": PLAIN_CALLER, "agent_id": PLAIN_AGENT}))
        .await;
    assert_eq!(reply.found().len(), 5, "{}", reply.text);
}

async fn with_a_call_at_the_nursery(settings: &[(&'static str, &str)]) -> Deployment {
    let deployment = Deployment::with(settings).await;
    deployment.remember(payload::body("first-call")).await;
    deployment
}

async fn search(deployment: &Deployment, agent: &str, all: Option<bool>, query: &str) -> Reply {
    let mut body = json!({"query": query, "caller_id": TOMAS, "agent_id": agent});
    if let Some(all) = all {
        body["search_all_agents"] = json!(all);
    }
    let reply = deployment.elevenlabs.search(&body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}
