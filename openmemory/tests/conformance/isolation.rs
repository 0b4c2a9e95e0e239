//! No sequence of requests shows a caller the memories of another.

use axum::http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::database::Database;
use crate::document;
use crate::service::{Service, memory_with, request};

const CALLERS: [&str; 3] = ["+12025550101", "+1202555010", "*user/1"];
/// The older ids of the same callers. One has another caller's id as its prefix.
const OLDER: [&str; 3] = ["12025550101", "0011202555010", "user/1"];

/// Another id of the same callers, which a step may link. One is the beginning of another caller's.
const LINKED: [&str; 3] = ["user/11", "user/12", "+12025550"];

/// How a request names a caller: by the older id, or by the current id with or without the older.
#[derive(Clone, Copy, Debug)]
enum Spelling {
    Older,
    Current,
    Both,
}

impl Spelling {
    fn id(self, caller: usize) -> &'static str {
        if matches!(self, Self::Older) {
            OLDER[caller]
        } else {
            CALLERS[caller]
        }
    }

    fn aliases(self, caller: usize) -> Vec<&'static str> {
        if matches!(self, Self::Both) {
            vec![OLDER[caller]]
        } else {
            Vec::new()
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Store {
        caller: usize,
        fact: usize,
        key: Option<u8>,
        spelling: Spelling,
    },
    StoreForTwo {
        callers: [usize; 2],
        fact: usize,
    },
    Relate {
        caller: usize,
        fact: usize,
        target: usize,
        relation: &'static str,
    },
    Search {
        caller: usize,
        query: usize,
        distinct: bool,
    },
    List {
        caller: usize,
        of_all_agents: bool,
    },
    PutProfile {
        caller: usize,
        spelling: Spelling,
    },
    GetProfile {
        caller: usize,
    },
    Watch,
    Delete {
        target: usize,
    },
    Link {
        caller: usize,
    },
    Unlink {
        caller: usize,
    },
    StoreLinked {
        caller: usize,
        fact: usize,
    },
    SearchLinked {
        caller: usize,
        query: usize,
    },
    Forget {
        caller: usize,
    },
}

const FACTS: [&str; 4] = [
    "Has a dog",
    "Has 3 dogs",
    "Prefers express shipping",
    "Lives in Boston",
];
const QUERIES: [&str; 5] = [
    "",
    "dog",
    "shipping Boston",
    "%' OR 1=1 --",
    "where did she live before",
];

fn spelling() -> impl Strategy<Value = Spelling> {
    prop_oneof![
        Just(Spelling::Older),
        Just(Spelling::Current),
        Just(Spelling::Both)
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let caller = 0..CALLERS.len();
    let fact = 0..FACTS.len();
    let target = 0..30usize;
    let relation = prop_oneof![Just("supersedes"), Just("reinforces")];
    prop_oneof![
        4 => (caller.clone(), fact.clone(), prop::option::of(0..3u8), spelling())
            .prop_map(|(caller, fact, key, spelling)| Step::Store { caller, fact, key, spelling }),
        3 => (caller.clone(), fact, target.clone(), relation)
            .prop_map(|(caller, fact, target, relation)| Step::Relate { caller, fact, target, relation }),
        3 => (caller.clone(), 0..QUERIES.len(), any::<bool>())
            .prop_map(|(caller, query, distinct)| Step::Search { caller, query, distinct }),
        2 => (caller.clone(), caller.clone(), 0..FACTS.len())
            .prop_map(|(one, other, fact)| Step::StoreForTwo { callers: [one, other], fact }),
        2 => (caller.clone(), any::<bool>())
            .prop_map(|(caller, of_all_agents)| Step::List { caller, of_all_agents }),
        1 => (caller.clone(), spelling()).prop_map(|(caller, spelling)| Step::PutProfile { caller, spelling }),
        2 => caller.clone().prop_map(|caller| Step::GetProfile { caller }),
        1 => Just(Step::Watch),
        1 => target.prop_map(|target| Step::Delete { target }),
        1 => caller.clone().prop_map(|caller| Step::Link { caller }),
        1 => caller.clone().prop_map(|caller| Step::Unlink { caller }),
        2 => (caller.clone(), 0..FACTS.len())
            .prop_map(|(caller, fact)| Step::StoreLinked { caller, fact }),
        2 => (caller.clone(), 0..QUERIES.len())
            .prop_map(|(caller, query)| Step::SearchLinked { caller, query }),
        1 => caller.prop_map(|caller| Step::Forget { caller }),
    ]
}

/// Each memory contains its caller's number, so that a foreign memory is recognized.
fn content(caller: usize, fact: usize) -> String {
    format!("{} as caller{caller}x told us", FACTS[fact])
}

fn check(caller: usize, answer: &Value) {
    check_as(caller, CALLERS[caller], answer);
}

/// Checks an answer to a request for `id`, which is an id of this caller.
fn check_as(caller: usize, id: &str, answer: &Value) {
    let text = answer.to_string();
    for stranger in (0..CALLERS.len()).filter(|other| *other != caller) {
        assert!(!text.contains(&format!("caller{stranger}x")), "{text}");
    }
    for memory in answer["memories"].as_array().into_iter().flatten() {
        assert_eq!(
            memory["metadata"]["caller_id"], id,
            "the caller id of the request"
        );
    }
}

async fn take(service: &Service, step: Step, ids: &mut Vec<(usize, String)>) {
    match step {
        Step::Store {
            caller,
            fact,
            key,
            spelling,
        } => {
            let aliases = spelling.aliases(caller);
            let more = json!({ "idempotency_key": key.map(|key| key.to_string()), "caller_aliases": aliases });
            let stored = memory_with(spelling.id(caller), &content(caller, fact), more);
            let (_, answer) = service
                .send(Method::POST, "/api/v1/memories", &stored)
                .await;
            record(caller, &answer, ids);
        }
        Step::StoreForTwo { callers, fact } => {
            let memories = callers
                .map(|caller| memory_with(CALLERS[caller], &content(caller, fact), json!({})));
            for (caller, result) in callers
                .into_iter()
                .zip(service.batch(memories.to_vec()).await)
            {
                record(caller, &result, ids);
            }
        }
        Step::Relate {
            caller,
            fact,
            target,
            relation,
        } => {
            let named = ids.get(target).map_or("mem_none", |(_, id)| id).to_owned();
            let results = service
                .batch(vec![memory_with(
                    CALLERS[caller],
                    &content(caller, fact),
                    json!({ relation: named }),
                )])
                .await;
            record(caller, &results[0], ids);
        }
        Step::Search {
            caller,
            query,
            distinct,
        } => {
            let (id, aliases, query) = (CALLERS[caller], [OLDER[caller]], QUERIES[query]);
            let body = json!({
                "caller_id": id, "caller_aliases": aliases, "query": query, "limit": 100, "distinct": distinct,
                "include_superseded": distinct,
            });
            check(caller, &service.post("/api/v1/memories/search", body).await);
        }
        Step::List {
            caller,
            of_all_agents,
        } => {
            let agent = if of_all_agents { "" } else { "/agents/support" };
            let path = format!(
                "/api/v1{agent}/callers/{}/memories?{}",
                in_path(caller),
                in_query(caller)
            );
            check(caller, &service.get(&path).await.1);
        }
        Step::PutProfile { caller, spelling } => {
            let (id, aliases) = (spelling.id(caller), spelling.aliases(caller));
            let data = json!({ "greeting": content(caller, 0) });
            let body = json!({ "agent_id": "support", "caller_id": id, "caller_aliases": aliases, "profile_data": data });
            check(caller, &service.post("/api/v1/agents", body).await);
        }
        Step::GetProfile { caller } => {
            let path = format!(
                "/api/v1/agents/support/callers/{}?{}",
                in_path(caller),
                in_query(caller)
            );
            check(caller, &service.get(&path).await.1);
        }
        Step::Watch => {
            for path in PUBLIC {
                let (_, shown) = service
                    .raw(request(Method::GET, path, &Value::Null, &[]))
                    .await;
                let shown = String::from_utf8(shown).unwrap();
                assert!(
                    (0..CALLERS.len()).all(|caller| !shown.contains(&format!("caller{caller}x"))),
                    "{path}"
                );
            }
        }
        Step::Delete { target } => {
            if let Some((_, id)) = ids.get(target) {
                service
                    .send(
                        Method::DELETE,
                        &format!("/api/v1/memories/{id}"),
                        &Value::Null,
                    )
                    .await;
            }
        }
        Step::Link { caller } => {
            let path = format!("/api/v1/callers/{}/identities", in_path(caller));
            let body = json!({ "caller_id": LINKED[caller] });
            let person = service.post(&path, body).await;
            check_ids(caller, &person);
            check_ids(caller, &service.get(&path).await.1);
        }
        Step::Unlink { caller } => {
            let path = format!(
                "/api/v1/callers/{}/identities/{}",
                in_path(caller),
                LINKED[caller].replace('/', "%2F")
            );
            check_ids(caller, &service.delete(&path).await.1);
        }
        Step::StoreLinked { caller, fact } => {
            let stored = service.store(LINKED[caller], &content(caller, fact)).await;
            record(caller, &stored, ids);
        }
        Step::SearchLinked { caller, query } => {
            let body =
                json!({ "caller_id": LINKED[caller], "query": QUERIES[query], "limit": 100 });
            let found = service.post("/api/v1/memories/search", body).await;
            check_as(caller, LINKED[caller], &found);
        }
        Step::Forget { caller } => {
            service
                .delete(&format!(
                    "/api/v1/callers/{}?{}",
                    in_path(caller),
                    in_query(caller)
                ))
                .await;
            assert!(service.search(CALLERS[caller], "").await.is_empty());
            assert!(service.search(OLDER[caller], "").await.is_empty());
        }
    }
}

/// Checks that a person has no id of another caller.
fn check_ids(caller: usize, person: &Value) {
    let own = [CALLERS[caller], OLDER[caller], LINKED[caller]];
    for identity in person["identities"].as_array().into_iter().flatten() {
        let id = identity["caller_id"].as_str().unwrap();
        assert!(own.contains(&id), "{id} belongs to another caller");
    }
}

/// Checks the result of storing a memory and records its id.
fn record(caller: usize, result: &Value, ids: &mut Vec<(usize, String)>) {
    check(caller, result);
    if let Some(id) = result["memory_id"].as_str() {
        let owner = ids
            .iter()
            .find(|(_, known)| known == id)
            .map(|(owner, _)| *owner);
        assert!(
            owner.is_none_or(|owner| owner == caller),
            "the id belongs to another caller"
        );
        ids.push((caller, id.to_owned()));
    }
}

fn in_path(caller: usize) -> String {
    CALLERS[caller].replace('/', "%2F")
}

fn in_query(caller: usize) -> String {
    format!("caller_aliases={}", OLDER[caller].replace('/', "%2F"))
}

/// Routes that show no memories.
const PUBLIC: [&str; 3] = ["/health", "/metrics", "/openapi.json"];
/// Routes about all callers. The tests in `callers` and `transfer` cover them.
const OPERATOR: [&str; 3] = ["/api/v1/callers", "/api/v1/export", "/api/v1/import"];
/// Routes that the steps cover.
const COVERED: [&str; 11] = [
    "/api/v1/agents",
    "/api/v1/agents/{agent_id}/callers/{caller_id}",
    "/api/v1/agents/{agent_id}/callers/{caller_id}/memories",
    "/api/v1/callers/{caller_id}",
    "/api/v1/callers/{caller_id}/identities",
    "/api/v1/callers/{caller_id}/identities/{identity}",
    "/api/v1/callers/{caller_id}/memories",
    "/api/v1/memories",
    "/api/v1/memories/batch",
    "/api/v1/memories/search",
    "/api/v1/memories/{memory_id}",
];

#[test]
fn the_steps_cover_every_documented_route() {
    for path in document::paths() {
        let is_covered =
            PUBLIC.contains(&path) || OPERATOR.contains(&path) || COVERED.contains(&path);
        assert!(is_covered, "no step covers {path}");
    }
}

/// The number of sequences: fewer on an emulator of DynamoDB, which is slow.
fn cases() -> u32 {
    if Database::is_dynamodb() { 6 } else { 24 }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn no_sequence_of_requests_shows_a_caller_the_memory_of_another(steps in prop::collection::vec(step(), 1..40)) {
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
