//! Ids that are linked to one person (extension `link-callers`).

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::service::{BOB, Service, id, memory, memory_with};
use crate::transfer::export;

const PHONE: &str = "+12025550101";
const MOBILE: &str = "+12025550188";
const USER: &str = "user:a/b";

/// A caller id in a path.
fn encoded(caller: &str) -> String {
    caller.replace('+', "%2B").replace('/', "%2F")
}

fn identities(caller: &str) -> String {
    format!("/api/v1/callers/{}/identities", encoded(caller))
}

async fn link(service: &Service, caller: &str, other: &str) -> (StatusCode, Value) {
    let body = json!({ "caller_id": other, "linked_by": "operator" });
    service.send(Method::POST, &identities(caller), &body).await
}

async fn linked(service: &Service, caller: &str, other: &str) {
    let (status, answer) = link(service, caller, other).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

async fn unlink(service: &Service, caller: &str, other: &str) -> (StatusCode, Value) {
    let path = format!("{}/{}", identities(caller), encoded(other));
    service.delete(&path).await
}

async fn ids(service: &Service, caller: &str) -> Vec<String> {
    let (status, answer) = service.get(&identities(caller)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["identities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|identity| identity["caller_id"].as_str().unwrap().to_owned())
        .collect()
}

async fn found(service: &Service, caller: &str) -> Vec<String> {
    let mut found = service.found(caller, "").await;
    found.sort();
    found
}

async fn put_card(service: &Service, caller: &str, greeting: &str) -> Value {
    let data = json!({ "greeting": greeting });
    let body = json!({ "agent_id": "support", "caller_id": caller, "profile_data": data });
    service.post("/api/v1/agents", body).await
}

async fn card(service: &Service, caller: &str) -> (StatusCode, Value) {
    let path = format!("/api/v1/agents/support/callers/{}", encoded(caller));
    service.get(&path).await
}

#[tokio::test]
async fn linked_ids_stand_for_one_caller_in_every_request() {
    let service = Service::start().await;
    let lives = id(&service.store(PHONE, "Lives in Boston").await);
    service.store(MOBILE, "Has a dog").await;
    service.store(BOB, "Plays chess").await;
    put_card(&service, PHONE, "Hello").await;
    linked(&service, PHONE, MOBILE).await;
    for caller in [PHONE, MOBILE] {
        assert_eq!(
            found(&service, caller).await,
            ["Has a dog", "Lives in Boston"]
        );
        let hits = service.search(caller, "dog").await;
        assert_eq!(hits[0]["content"], "Has a dog");
        assert!(
            hits.iter()
                .all(|hit| hit["metadata"]["caller_id"] == caller)
        );
        let (_, card) = card(&service, caller).await;
        assert_eq!(card["profile_data"]["greeting"], "Hello");
        assert_eq!(
            (&card["caller_id"], &card["memory_count"]),
            (&json!(caller), &json!(2))
        );
        let path = format!("/api/v1/callers/{}/memories", encoded(caller));
        assert_eq!(service.get(&path).await.1["total_count"], 2);
        assert_eq!(ids(&service, caller).await, [PHONE, MOBILE]);
    }
    let repeated = service.store(MOBILE, "Lives in Boston").await;
    assert_eq!(repeated["action"], "reinforced");
    let moved = memory_with(MOBILE, "Lives in Denver", json!({ "supersedes": lives }));
    let results = service
        .batch(vec![moved, memory(PHONE, "Owns a boat")])
        .await;
    assert_eq!(results[0]["action"], "superseded", "{results:?}");
    assert_eq!(
        found(&service, PHONE).await,
        ["Has a dog", "Lives in Denver", "Owns a boat"]
    );
    let answer = put_card(&service, MOBILE, "Hello again").await;
    assert_eq!(answer["caller_id"], MOBILE);
    assert_eq!(
        card(&service, PHONE).await.1["profile_data"]["greeting"],
        "Hello again"
    );
    assert_eq!(found(&service, BOB).await, ["Plays chess"]);
}

#[tokio::test]
async fn an_edit_for_a_linked_id_names_that_id() {
    let service = Service::start().await;
    let memory = id(&service.store(MOBILE, "Has a dog").await);
    linked(&service, PHONE, MOBILE).await;
    let edit = json!({ "importance": 9 });
    for (caller, named) in [(MOBILE, MOBILE), (PHONE, PHONE), (BOB, PHONE)] {
        let path = format!("/api/v1/memories/{memory}?caller_id={}", encoded(caller));
        let (status, answer) = service.send(Method::PATCH, &path, &edit).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["memory"]["metadata"]["caller_id"], named, "{caller}");
    }
}

#[tokio::test]
async fn unlinking_moves_back_exactly_what_was_told_under_the_id() {
    let service = Service::start().await;
    service.store(PHONE, "Lives in Boston").await;
    let old = id(&service.store(MOBILE, "Has a dog").await);
    let newer = memory_with(MOBILE, "Has a cat", json!({ "supersedes": old }));
    service.post("/api/v1/memories", newer).await;
    linked(&service, PHONE, MOBILE).await;
    service.store(MOBILE, "Owns a boat").await;
    service.store(PHONE, "Plays chess").await;
    put_card(&service, PHONE, "Hello, boat owner in Boston").await;
    let (status, answer) = unlink(&service, PHONE, MOBILE).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(
        found(&service, PHONE).await,
        ["Lives in Boston", "Plays chess"]
    );
    assert_eq!(found(&service, MOBILE).await, ["Has a cat", "Owns a boat"]);
    let path = format!(
        "/api/v1/callers/{}/memories?superseded=true",
        encoded(MOBILE)
    );
    let (_, history) = service.get(&path).await;
    assert_eq!(history["memories"][0]["content"], "Has a dog", "{history}");
    for caller in [PHONE, MOBILE] {
        assert_eq!(
            card(&service, caller).await.0,
            StatusCode::NOT_FOUND,
            "no card mixes both"
        );
        assert_eq!(ids(&service, caller).await, [caller]);
    }
    service.store(MOBILE, "Sells hats").await;
    assert_eq!(
        found(&service, PHONE).await,
        ["Lives in Boston", "Plays chess"]
    );
    assert!(!export(&service).await.to_string().contains("told_as"));
}

#[tokio::test]
async fn a_memory_says_under_which_id_it_was_told() {
    let service = Service::start().await;
    service.store(PHONE, "Lives in Boston").await;
    linked(&service, PHONE, MOBILE).await;
    service.store(MOBILE, "Has a dog").await;
    for (caller, other, content) in [
        (PHONE, MOBILE, "Has a dog"),
        (MOBILE, PHONE, "Lives in Boston"),
    ] {
        for hit in service.search(caller, "").await {
            let told_as = hit["metadata"]["told_as"].as_str();
            let expected = (hit["content"] == content).then_some(other);
            assert_eq!(told_as, expected, "{hit}");
        }
    }
}

#[tokio::test]
async fn forgetting_one_id_forgets_the_person_and_the_links() {
    for caller in [PHONE, MOBILE, USER] {
        let service = Service::start().await;
        for told in [PHONE, MOBILE, USER] {
            service.store(told, &format!("Told as {told}")).await;
            put_card(&service, told, "Hello").await;
        }
        linked(&service, PHONE, MOBILE).await;
        linked(&service, MOBILE, USER).await;
        service.store(BOB, "Plays chess").await;
        let path = format!("/api/v1/callers/{}", encoded(caller));
        let (_, answer) = service.delete(&path).await;
        assert_eq!(answer["memories_deleted"], 3, "{answer}");
        let text = export(&service).await.to_string();
        for told in [PHONE, MOBILE, USER] {
            assert!(!text.contains(told), "{told} is left: {text}");
            assert_eq!(ids(&service, told).await, [told]);
        }
        service.store(MOBILE, "Has a dog").await;
        assert!(found(&service, PHONE).await.is_empty());
        assert_eq!(found(&service, BOB).await, ["Plays chess"]);
    }
}

#[tokio::test]
async fn impossible_links_are_refused_and_repeated_ones_change_nothing() {
    let service = Service::start().await;
    for wrong in [json!(PHONE), json!("*"), json!(""), json!(1), json!(null)] {
        service
            .rejected(&identities(PHONE), json!({ "caller_id": wrong }))
            .await;
    }
    service
        .rejected(
            "/api/v1/callers/*/identities",
            json!({ "caller_id": PHONE }),
        )
        .await;
    linked(&service, PHONE, MOBILE).await;
    let before = service.get(&identities(PHONE)).await;
    linked(&service, PHONE, MOBILE).await;
    linked(&service, MOBILE, PHONE).await;
    assert_eq!(service.get(&identities(PHONE)).await, before);
    linked(&service, "a", "b").await;
    let (status, answer) = link(&service, MOBILE, "b").await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::CONFLICT, &json!("CONFLICT"))
    );
    linked(&service, "c", "b").await;
    assert_eq!(
        ids(&service, "c").await,
        ["a", "b", "c"],
        "the main id stays"
    );
    for number in 0..5 {
        linked(&service, "a", &format!("more{number}")).await;
    }
    assert_eq!(link(&service, "a", "ninth").await.0, StatusCode::CONFLICT);
    assert_eq!(unlink(&service, "a", "a").await.0, StatusCode::CONFLICT);
    assert_eq!(unlink(&service, "a", PHONE).await.0, StatusCode::NOT_FOUND);
    assert_eq!(unlink(&service, MOBILE, PHONE).await.0, StatusCode::OK);
    assert_eq!(ids(&service, PHONE).await, [PHONE]);
}

#[tokio::test]
async fn older_ids_of_both_callers_move_to_the_main_id() {
    let service = Service::start().await;
    service.store("12025550101", "Lives in Boston").await;
    service.store("12025550188", "Has a dog").await;
    let path = format!("{}?caller_aliases=12025550101", identities(PHONE));
    let body = json!({ "caller_id": MOBILE, "caller_aliases": ["12025550188"] });
    service.post(&path, body).await;
    assert_eq!(
        found(&service, MOBILE).await,
        ["Has a dog", "Lives in Boston"]
    );
    service.store("12025550188", "Owns a boat").await;
    let more = json!({ "caller_aliases": ["12025550188"] });
    service
        .post("/api/v1/memories", memory_with(MOBILE, "Plays chess", more))
        .await;
    assert_eq!(found(&service, PHONE).await.len(), 4);
    unlink(&service, PHONE, MOBILE).await;
    assert_eq!(found(&service, PHONE).await, ["Lives in Boston"]);
}

#[tokio::test]
async fn a_person_is_listed_once_and_found_by_each_id() {
    let service = Service::start().await;
    service.store(PHONE, "Lives in Boston").await;
    service.store(USER, "Has a dog").await;
    service.store(BOB, "Plays chess").await;
    linked(&service, PHONE, USER).await;
    for (query, count) in [("", 2), ("user%3Aa", 1), ("%2B12025550101", 1)] {
        let (_, page) = service.get(&format!("/api/v1/callers?q={query}")).await;
        let callers = page["callers"].as_array().unwrap();
        assert_eq!(callers.len(), count, "{query}: {page}");
        assert!(callers.iter().all(|caller| caller["caller_id"] != USER));
    }
}

#[tokio::test]
async fn an_export_carries_links_without_loss_and_an_import_applies_them() {
    let source = Service::start().await;
    source.store(PHONE, "Lives in Boston").await;
    source.store(MOBILE, "Has a dog").await;
    linked(&source, PHONE, MOBILE).await;
    let before = export(&source).await;
    let target = Service::start().await;
    let answer = target.post("/api/v1/import", before.clone()).await;
    assert_eq!(answer["links_imported"], 1);
    assert_eq!(export(&target).await, before);
    target.post("/api/v1/import", before.clone()).await;
    assert_eq!(export(&target).await, before);
    let filled = Service::start().await;
    filled.store(MOBILE, "Owns a boat").await;
    filled.post("/api/v1/import", before).await;
    assert_eq!(found(&filled, PHONE).await.len(), 3);
    unlink(&filled, PHONE, MOBILE).await;
    assert_eq!(found(&filled, MOBILE).await, ["Has a dog", "Owns a boat"]);
    let old =
        json!({ "format": "openmemory/1", "memories": [], "profiles": [], "idempotency_keys": [] });
    assert_eq!(
        filled.post("/api/v1/import", old).await["links_imported"],
        0
    );
}

#[tokio::test]
async fn nothing_is_lost_while_ids_are_linked_and_unlinked() {
    let service = Service::start().await;
    let words = [
        "Adelaide", "Boston", "Cairo", "Denver", "Essen", "Fargo", "Geneva", "Hanoi", "Izmir",
        "Jena", "Kyoto", "Lima", "Miami", "Nairobi", "Oslo", "Paris", "Quito", "Rome", "Seoul",
        "Tunis",
    ];
    let writes = words.iter().enumerate().map(async |(number, city)| {
        let caller = if number % 2 == 0 { PHONE } else { MOBILE };
        service.store(caller, &format!("Was in {city}")).await;
    });
    let linking = async {
        linked(&service, PHONE, MOBILE).await;
        unlink(&service, PHONE, MOBILE).await;
        linked(&service, PHONE, MOBILE).await;
    };
    tokio::join!(futures_util::future::join_all(writes), linking);
    assert_eq!(found(&service, PHONE).await.len(), words.len());
    assert_eq!(found(&service, MOBILE).await.len(), words.len());
    unlink(&service, PHONE, MOBILE).await;
    assert_eq!(found(&service, PHONE).await.len(), words.len() / 2);
    assert_eq!(found(&service, MOBILE).await.len(), words.len() / 2);
}

#[tokio::test]
async fn a_repeated_key_is_known_under_every_id() {
    let service = Service::start().await;
    let body = memory(MOBILE, "Has a dog");
    let first = service.post_once("/api/v1/memories", "k", &body).await;
    linked(&service, PHONE, MOBILE).await;
    assert_eq!(
        service.post_once("/api/v1/memories", "k", &body).await,
        first
    );
}
