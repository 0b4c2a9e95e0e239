//! Comparison by vectors, with a fake embedding server that distinguishes four ideas.

mod distinct;

use std::time::Duration;

use axum::http::StatusCode;
use openmemory::{Embeddings, Prefixes, RemoteModel, Settings};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::database::Database;
use crate::service::{ALICE, BOB, Service, memory};

const IDEAS: [&[&str]; 4] = [
    &["express", "shipping", "quickly", "parcel"],
    &["dog", "terrier", "pet"],
    &["boston", "home", "live"],
    &["chess", "game"],
];

/// Responds with vectors that have one dimension for each idea and a small part unique to the text.
/// The model's name rotates or scales them.
struct Ideas;

impl Respond for Ideas {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = request.body_json().unwrap();
        let model = body["model"].as_str().unwrap();
        let inputs = body["input"].as_array().unwrap();
        let item = |(index, text): (usize, &Value)| json!({ "index": index, "embedding": vector(text, model) });
        let mut data: Vec<Value> = inputs.iter().enumerate().map(item).collect();
        data.reverse();
        ResponseTemplate::new(200).set_body_json(json!({ "data": data }))
    }
}

fn vector(text: &Value, model: &str) -> Vec<f64> {
    let text = text.as_str().unwrap().to_lowercase();
    let turn = usize::from(model == "second");
    let mut vector = vec![0.0; 8];
    for (at, words) in IDEAS.iter().enumerate() {
        vector[(at + turn) % 4] = f64::from(u8::from(words.iter().any(|word| text.contains(word))));
    }
    vector[4 + text.len() % 4] = 0.1;
    match model {
        "narrow" => vector.iter().map(|value| 400.0 + 40.0 * value).collect(),
        "everything is alike" => vec![1.0; 8],
        _ => vector,
    }
}

async fn server() -> MockServer {
    let server = MockServer::start().await;
    let route = Mock::given(method("POST"))
        .and(path("/v1/embeddings"))
        .and(header("authorization", "Bearer a-key"));
    route.respond_with(Ideas).mount(&server).await;
    server
}

fn embedded(server: &MockServer, name: &str) -> impl FnOnce(Settings) -> Settings {
    prefixed(server, name, Prefixes::default())
}

fn prefixed(
    server: &MockServer,
    name: &str,
    prefixes: Prefixes,
) -> impl FnOnce(Settings) -> Settings {
    let model = RemoteModel {
        url: format!("{}/v1/", server.uri()),
        key: Some("a-key".to_owned().into()),
        name: name.to_owned(),
        dimensions: 8,
        prefixes,
        plain_http_hosts: None,
    };
    move |settings| settings.with_embeddings(Embeddings::OpenAi(model))
}

async fn waits_until_found(service: &Service, query: &str, content: &str) {
    // Up to two minutes.
    for _ in 0..2400 {
        if service
            .found(ALICE, query)
            .await
            .first()
            .is_some_and(|found| found == content)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{query} does not find {content}");
}

#[tokio::test]
async fn a_question_in_other_words_finds_only_the_callers_own_memories() {
    let server = server().await;
    let service = Service::with(embedded(&server, "first")).await;
    service.store(ALICE, "Prefers express shipping").await;
    service.store(ALICE, "Has a terrier").await;
    service.store(BOB, "Wants every parcel quickly").await;
    let found = service.search(ALICE, "Should it come quickly?").await;
    assert_eq!(
        (found.len(), &found[0]["content"]),
        (1, &json!("Prefers express shipping"))
    );
    assert!(found[0]["relevance_score"].as_f64().unwrap() >= 0.7);
    assert_eq!(service.found(ALICE, "Any pet?").await, ["Has a terrier"]);
    assert!(service.found(ALICE, "chess").await.is_empty());
    let body = json!({ "caller_id": ALICE, "agent_id": "sales", "query": "pet" });
    assert_eq!(
        service.post("/api/v1/memories/search", body).await["total_count"],
        0
    );
}

#[tokio::test]
async fn health_reports_an_embedding_model_that_fails() {
    let server = server().await;
    let service = Service::with(embedded(&server, "first")).await;
    service.store(ALICE, "Has a terrier").await;
    assert_eq!(service.get("/health").await.1["embeddings"], "connected");
    server.reset().await;
    assert_eq!(service.found(ALICE, "terrier").await, ["Has a terrier"]);
    let (status, health) = service.get("/health").await;
    assert_eq!(
        (status, &health["embeddings"]),
        (StatusCode::OK, &json!("failing"))
    );
}

#[tokio::test]
async fn a_memory_among_many_is_found_by_meaning_and_by_words() {
    let server = server().await;
    let service = Service::with(embedded(&server, "first")).await;
    service.store(ALICE, "Has a terrier").await;
    service.store(ALICE, "Lost a violin on the train").await;
    let others: Vec<Value> = (0..900)
        .map(|at| memory(ALICE, &format!("Bought item {at} at the fair")))
        .collect();
    for part in others.chunks(100) {
        service.batch(part.to_vec()).await;
    }
    for (query, answer) in [
        ("Any pet?", "Has a terrier"),
        ("violin", "Lost a violin on the train"),
    ] {
        assert_eq!(
            service
                .found(ALICE, query)
                .await
                .first()
                .map(String::as_str),
            Some(answer),
            "{query}"
        );
    }
}

#[tokio::test]
async fn words_count_in_addition_to_vectors() {
    let server = server().await;
    let service = Service::with(embedded(&server, "first")).await;
    service.store(ALICE, "Order HO-7712 was a dog basket").await;
    service.store(ALICE, "Order HO-7721 was a dog collar").await;
    assert_eq!(
        service.found(ALICE, "HO-7712").await[0],
        "Order HO-7712 was a dog basket"
    );
    assert_eq!(
        service.search(ALICE, "").await.len(),
        2,
        "similar meaning, but different numbers"
    );
}

#[tokio::test]
async fn during_an_embedding_outage_words_decide_and_nothing_is_lost() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(503))
        .mount(&server)
        .await;
    let service = Service::with(embedded(&server, "first")).await;
    service.store(ALICE, "Has a terrier").await;
    assert_eq!(service.found(ALICE, "terrier").await, ["Has a terrier"]);
    assert!(service.found(ALICE, "pet").await.is_empty());
    server.reset().await;
    Mock::given(method("POST"))
        .respond_with(Ideas)
        .mount(&server)
        .await;
    waits_until_found(&service, "pet", "Has a terrier").await;
}

#[tokio::test]
async fn changing_the_embedding_recomputes_every_vector() {
    let server = server().await;
    let database = Database::fresh().await;
    let first = Service::on(database.clone(), embedded(&server, "first")).await;
    first.store(ALICE, "Has a terrier").await;
    first.store(ALICE, "Lives in Boston").await;
    let second = Service::on(database.clone(), embedded(&server, "second")).await;
    assert_eq!(
        second.found(ALICE, "terrier").await,
        ["Has a terrier"],
        "right from the start"
    );
    waits_until_found(&second, "pet", "Has a terrier").await;
    waits_until_found(&second, "home", "Lives in Boston").await;
    let lexical = Service::on(database, |settings| settings).await;
    assert_eq!(lexical.found(ALICE, "terrier").await, ["Has a terrier"]);
    let (status, _) = lexical.delete(&format!("/api/v1/callers/{ALICE}")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(second.found(ALICE, "pet").await.is_empty());
}

#[tokio::test]
async fn imported_memories_are_found_by_meaning() {
    let server = server().await;
    let source = Service::start().await;
    source.store(ALICE, "Has a terrier").await;
    let (_, export) = source.get("/api/v1/export").await;
    let target = Service::with(embedded(&server, "first")).await;
    target.post("/api/v1/import", export).await;
    waits_until_found(&target, "pet", "Has a terrier").await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_vector_index_does_not_change_search_results() {
    let server = server().await;
    for index in ["hnsw", "ivfflat"] {
        let embedded = embedded(&server, "first");
        let service = Service::with(|settings| {
            embedded(settings).with_vector_index(openmemory::VectorIndex::parse(index))
        })
        .await;
        service.store(ALICE, "Has a terrier").await;
        assert_eq!(
            service.found(ALICE, "pet").await,
            ["Has a terrier"],
            "{index}"
        );
    }
}

#[tokio::test]
async fn questions_and_memories_have_prefixes_and_a_new_prefix_recomputes_vectors() {
    let server = server().await;
    let database = Database::fresh().await;
    let first = Service::on(database.clone(), embedded(&server, "first")).await;
    first.store(ALICE, "Has a terrier").await;
    drop(first);
    let prefixes = Prefixes {
        query: Some("query: ".to_owned()),
        passage: Some("passage: ".to_owned()),
    };
    let second = Service::on(database.clone(), prefixed(&server, "first", prefixes)).await;
    waits_until_found(&second, "pet", "Has a terrier").await;
    let sent = server.received_requests().await.unwrap();
    let sent = sent
        .iter()
        .map(|request| request.body_json::<Value>().unwrap()["input"].clone());
    let sent: Vec<Value> = sent
        .flat_map(|input| input.as_array().unwrap().clone())
        .collect();
    for text in ["Has a terrier", "passage: Has a terrier", "query: pet"] {
        assert!(sent.contains(&json!(text)), "{text}: {sent:?}");
    }
    assert!(
        !sent.contains(&json!("passage: pet")) && !sent.contains(&json!("query: Has a terrier"))
    );
}
