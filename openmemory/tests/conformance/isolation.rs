//! Whatever is asked in whatever order, a caller only ever meets their own memories.

use axum::http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::engine::{Service, memory_with};

const CALLERS: [&str; 3] = ["+12025550101", "+1202555010", "*user/1"];

#[derive(Clone, Debug)]
enum Step {
    Store { caller: usize, fact: usize, key: Option<u8> },
    Relate { caller: usize, fact: usize, target: usize, relation: &'static str },
    Search { caller: usize, query: usize },
    List { caller: usize },
    Delete { target: usize },
    Forget { caller: usize },
}

const FACTS: [&str; 4] = ["Has a dog", "Has 3 dogs", "Prefers express shipping", "Lives in Boston"];
const QUERIES: [&str; 4] = ["", "dog", "shipping Boston", "%' OR 1=1 --"];

fn step() -> impl Strategy<Value = Step> {
    let caller = 0..CALLERS.len();
    let fact = 0..FACTS.len();
    let target = 0..30usize;
    let relation = prop_oneof![Just("supersedes"), Just("reinforces")];
    prop_oneof![
        4 => (caller.clone(), fact.clone(), prop::option::of(0..3u8))
            .prop_map(|(caller, fact, key)| Step::Store { caller, fact, key }),
        3 => (caller.clone(), fact, target.clone(), relation)
            .prop_map(|(caller, fact, target, relation)| Step::Relate { caller, fact, target, relation }),
        3 => (caller.clone(), 0..QUERIES.len()).prop_map(|(caller, query)| Step::Search { caller, query }),
        1 => caller.clone().prop_map(|caller| Step::List { caller }),
        1 => target.prop_map(|target| Step::Delete { target }),
        1 => caller.prop_map(|caller| Step::Forget { caller }),
    ]
}

/// What a caller says carries their number, so that a stranger's words are known at sight.
fn content(caller: usize, fact: usize) -> String {
    format!("{} as caller{caller}x told us", FACTS[fact])
}

fn check(caller: usize, answer: &Value) {
    let text = answer.to_string();
    for stranger in (0..CALLERS.len()).filter(|other| *other != caller) {
        assert!(!text.contains(&format!("caller{stranger}x")), "{text}");
    }
    for memory in answer["memories"].as_array().into_iter().flatten() {
        assert_eq!(memory["metadata"]["caller_id"], CALLERS[caller]);
    }
}

async fn take(service: &Service, step: Step, ids: &mut Vec<(usize, String)>) {
    match step {
        Step::Store { caller, fact, key } => {
            let more = json!({ "idempotency_key": key.map(|key| key.to_string()) });
            remember(service, caller, fact, more, ids).await;
        }
        Step::Relate { caller, fact, target, relation } => {
            let named = ids.get(target).map_or("mem_none", |(_, id)| id).to_owned();
            remember(service, caller, fact, json!({ relation: named }), ids).await;
        }
        Step::Search { caller, query } => {
            let body = json!({ "caller_id": CALLERS[caller], "query": QUERIES[query], "limit": 100 });
            check(caller, &service.post("/api/v1/memories/search", body).await);
        }
        Step::List { caller } => {
            let caller_id = CALLERS[caller].replace('/', "%2F");
            check(caller, &service.get(&format!("/api/v1/agents/support/callers/{caller_id}/memories")).await.1);
        }
        Step::Delete { target } => {
            if let Some((_, id)) = ids.get(target) {
                service.send(Method::DELETE, &format!("/api/v1/memories/{id}"), &Value::Null).await;
            }
        }
        Step::Forget { caller } => {
            let caller_id = CALLERS[caller].replace('/', "%2F");
            service.delete(&format!("/api/v1/callers/{caller_id}")).await;
            assert!(service.search(CALLERS[caller], "").await.is_empty());
        }
    }
}

async fn remember(service: &Service, caller: usize, fact: usize, more: Value, ids: &mut Vec<(usize, String)>) {
    let results = service.batch(vec![memory_with(CALLERS[caller], &content(caller, fact), more)]).await;
    check(caller, &results[0]);
    if let Some(id) = results[0]["memory_id"].as_str() {
        let owner = ids.iter().find(|(_, known)| known == id).map(|(owner, _)| *owner);
        assert!(owner.is_none_or(|owner| owner == caller), "an id of somebody else came back");
        ids.push((caller, id.to_owned()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn no_sequence_of_calls_shows_one_caller_the_memory_of_another(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let service = Service::start().await;
            let mut ids = Vec::new();
            for step in steps {
                take(&service, step, &mut ids).await;
            }
        });
    }
}
