//! Several calls of one caller.

use common::call::AgentId;
use extraction::Outcome;
use serde_json::json;
use wiremock::matchers::{header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::{AGENT, Bench, CALLER, answer, call, caller, claim, openai};

const EXPRESS: &str = "The caller always wants express shipping.";

#[tokio::test]
async fn three_calls_leave_one_address_and_one_memory_reinforced_twice() {
    let bench = Bench::openai().await;
    bench
        .model_answers(|shown| {
            let mut express = claim(EXPRESS, 1, "always express shipping");
            express["repeats"] = json!(shown.number_of("express shipping"));
            answer(&[
                claim(
                    "The caller lives at nine Mill Lane.",
                    1,
                    "I live at nine Mill Lane",
                ),
                express,
            ])
        })
        .await;
    let first = call(
        "conv_1",
        1_000_000,
        &[
            "Where to?",
            "I live at nine Mill Lane, and always express shipping please.",
        ],
    );
    assert_eq!(
        bench.extract(&first).await.unwrap(),
        Outcome::Stored {
            extracted: 2,
            stored: 2,
            reinforced: 0
        }
    );

    bench
        .model_answers(|shown| {
            let mut moved = claim(
                "The caller lives at fourteen Quay Street.",
                1,
                "I moved to fourteen Quay Street",
            );
            moved["supersedes"] = json!(shown.number_of("Mill Lane"));
            let mut express = claim(
                "Wants express shipping again.",
                1,
                "always express shipping",
            );
            express["repeats"] = json!(shown.number_of("express shipping"));
            answer(&[moved, express])
        })
        .await;
    for (conversation, second, stored) in [("conv_2", 2_000_000, 1), ("conv_3", 3_000_000, 0)] {
        let words = "I moved to fourteen Quay Street, always express shipping.";
        let outcome = bench
            .extract(&call(conversation, second, &["Where to?", words]))
            .await
            .unwrap();
        assert_eq!(
            outcome,
            Outcome::Stored {
                extracted: 2,
                stored,
                reinforced: 2 - stored
            },
            "{conversation}"
        );
    }

    assert_eq!(
        bench.contents().await,
        [EXPRESS, "The caller lives at fourteen Quay Street."]
    );
    let memories = bench.memories().await;
    let express = memories
        .iter()
        .find(|memory| memory.content == EXPRESS)
        .unwrap();
    assert_eq!(
        express.reinforcement_count, 3,
        "said once and reinforced twice"
    );
    let context = bench.card().await.unwrap().memory_context;
    assert!(
        context.contains("Quay Street") && !context.contains("Mill Lane"),
        "{context}"
    );
}

#[tokio::test]
async fn an_earlier_call_extracted_later_supersedes_no_later_memory() {
    let bench = Bench::openai().await;
    let moved = claim(
        "The caller lives at fourteen Quay Street.",
        1,
        "I moved to fourteen Quay Street",
    );
    bench
        .provider_answers(openai(&answer(&[moved]).to_string()))
        .await;
    bench
        .extract(&call(
            "conv_2",
            2_000_000,
            &["Where to?", "I moved to fourteen Quay Street."],
        ))
        .await
        .unwrap();
    bench
        .model_answers(|shown| {
            let mut lane = claim(
                "The caller lives at nine Mill Lane.",
                1,
                "I live at nine Mill Lane",
            );
            lane["supersedes"] = json!(shown.number_of("Quay Street"));
            answer(&[lane])
        })
        .await;
    bench
        .extract(&call(
            "conv_1",
            1_000_000,
            &["Where to?", "I live at nine Mill Lane."],
        ))
        .await
        .unwrap();
    assert_eq!(
        bench.contents().await,
        ["The caller lives at fourteen Quay Street."]
    );
    assert_eq!(
        bench.record("conv_1").await["dropped"],
        json!({"outdated": 1})
    );
}

#[tokio::test]
async fn a_new_memory_that_the_model_calls_a_repetition_is_stored() {
    let bench = Bench::openai().await;
    bench
        .provider_answers(openai(
            &answer(&[claim(EXPRESS, 1, "always express shipping")]).to_string(),
        ))
        .await;
    bench
        .extract(&call(
            "conv_1",
            1_000_000,
            &["How?", "Please always express shipping."],
        ))
        .await
        .unwrap();
    bench
        .model_answers(|shown| {
            let mut bees = claim("The caller keeps bees.", 1, "I keep bees now");
            bees["repeats"] = json!(shown.number_of("express shipping"));
            answer(&[bees])
        })
        .await;
    let outcome = bench
        .extract(&call("conv_2", 2_000_000, &["And?", "I keep bees now."]))
        .await
        .unwrap();
    assert_eq!(
        outcome,
        Outcome::Stored {
            extracted: 1,
            stored: 1,
            reinforced: 0
        }
    );
    assert_eq!(bench.contents().await, [EXPRESS, "The caller keeps bees."]);
}

#[tokio::test]
async fn numbers_of_unknown_memories_in_an_answer_are_ignored() {
    let bench = Bench::openai().await;
    let mut wild = claim(EXPRESS, 1, "always express shipping");
    wild["repeats"] = json!(7);
    wild["supersedes"] = json!(-3);
    bench
        .provider_answers(openai(&answer(&[wild]).to_string()))
        .await;
    bench
        .extract(&call(
            "conv_1",
            1_000_000,
            &["How?", "Please always express shipping."],
        ))
        .await
        .unwrap();
    assert_eq!(bench.contents().await, [EXPRESS]);
}

#[tokio::test]
async fn without_a_model_a_changed_address_also_leaves_one_address() {
    let bench = Bench::with("none", &[]).await;
    for (conversation, second, address) in [
        ("conv_1", 1_000_000, "9 Mill Lane"),
        ("conv_2", 2_000_000, "14 Quay Street"),
        ("conv_3", 3_000_000, "14 Quay Street"),
    ] {
        let mut call = call(conversation, second, &["Where to?", "As I said."]);
        call["data"]["analysis"] = json!({"transcript_summary": "Dana gave an address.", "data_collection_results": {"address": {"value": address}, "first_name": {"value": "Dana"}}});
        bench.extract(&call).await.unwrap();
    }
    let contents = bench.contents().await;
    let addresses: Vec<_> = contents
        .iter()
        .filter(|content| content.contains("address:"))
        .collect();
    assert_eq!(addresses, ["The caller’s address: 14 Quay Street"]);
    let card = bench.card().await.unwrap();
    assert_eq!(
        (card.caller_name.as_deref(), card.greeting.as_str()),
        (
            Some("Dana"),
            "Welcome back, Dana! How can I help you today?"
        )
    );
    assert_eq!(
        bench
            .memories()
            .await
            .iter()
            .find(|memory| memory.content.contains("address:"))
            .unwrap()
            .reinforcement_count,
        2
    );
}

#[tokio::test]
async fn the_card_is_of_the_latest_call_in_whatever_order_calls_are_extracted() {
    let bench = Bench::openai().await;
    for (conversation, second) in [
        ("conv_2", 2_000_000),
        ("conv_1", 1_000_000),
        ("conv_3", 3_000_000),
        ("conv_0", 500_000),
    ] {
        let mut answer = answer(&[]);
        answer["summary"] = json!(format!("About {conversation}."));
        bench.provider_answers(openai(&answer.to_string())).await;
        bench
            .extract(&call(conversation, second, &["Hello?", "Hello."]))
            .await
            .unwrap();
    }
    let card = bench.card().await.unwrap();
    assert_eq!(
        (
            card.last_summary.as_str(),
            card.last_conversation_id.unwrap().as_str()
        ),
        ("About conv_3.", "conv_3")
    );
}

#[tokio::test]
async fn a_safe_greeting_is_kept_in_the_callers_language() {
    let bench = Bench::openai().await;
    let mut spanish = call(
        "conv_1",
        1_000_000,
        &[
            "¿En qué puedo ayudarle?",
            "Soy Pilar, quiero cambiar mi cita al lunes.",
        ],
    );
    spanish["data"]["metadata"]["main_language"] = json!("es");
    let mut in_spanish = answer(&[claim(
        "Pilar cambió su cita al lunes.",
        1,
        "quiero cambiar mi cita al lunes",
    )]);
    in_spanish["greeting"] = json!("¡Hola de nuevo, Pilar! ¿Qué tal fue la cita?");
    in_spanish["caller_name"] = json!("Pilar");
    in_spanish["language"] = json!("es");
    bench
        .provider_answers(openai(&in_spanish.to_string()))
        .await;
    bench.extract(&spanish).await.unwrap();
    let card = bench.card().await.unwrap();
    assert_eq!(
        card.greeting,
        "¡Hola de nuevo, Pilar! ¿Qué tal fue la cita?"
    );
    // A greeting with an order number is replaced by the template.
    in_spanish["greeting"] = json!("¡Hola Pilar! Su pedido 7712 está listo.");
    bench
        .provider_answers(openai(&in_spanish.to_string()))
        .await;
    spanish["data"]["conversation_id"] = json!("conv_2");
    spanish["data"]["metadata"]["start_time_unix_secs"] = json!(2_000_000);
    bench.extract(&spanish).await.unwrap();
    assert_eq!(
        bench.card().await.unwrap().greeting,
        "¡Hola de nuevo, Pilar! ¿En qué puedo ayudarle hoy?"
    );
}

#[tokio::test]
async fn an_agents_first_message_is_fetched_once_sent_to_the_model_and_stored() {
    let elevenlabs = MockServer::start().await;
    let agent = json!({"name": "Harbor Outfitters", "conversation_config": {"agent": {"first_message": "Ahoy!", "language": "en"}}});
    Mock::given(path("/v1/convai/agents/agent_1"))
        .and(header("xi-api-key", "xi-1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(agent))
        .expect(1)
        .mount(&elevenlabs)
        .await;
    let api = format!("{}/v1", elevenlabs.uri());
    let bench = Bench::with(
        "openai",
        &[("ELEVENLABS_API_URL", &api), ("ELEVENLABS_API_KEY", "xi-1")],
    )
    .await;
    bench
        .provider_answers(openai(&answer(&[]).to_string()))
        .await;
    for (conversation, second) in [("conv_1", 1_000_000), ("conv_2", 2_000_000)] {
        bench
            .extract(&call(conversation, second, &["Ahoy!", "Hello."]))
            .await
            .unwrap();
    }
    let requests = bench.provider.received_requests().await.unwrap();
    assert!(
        requests
            .iter()
            .all(|request| String::from_utf8_lossy(&request.body).contains("Ahoy!"))
    );
    let stored = bench
        .store
        .agent_profile(&AgentId::parse(AGENT).unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (stored.first_message.as_deref(), stored.name.as_deref()),
        (Some("Ahoy!"), Some("Harbor Outfitters"))
    );
    assert!(stored.refresh_after.is_some());
}

#[tokio::test]
async fn a_call_of_three_hours_is_split_extracted_in_parts_and_merged() {
    let bench = Bench::with("openai", &[("LLM_PART_TOKENS", "1000")]).await;
    let turns: Vec<String> = (0..400)
        .map(|turn| {
            format!("This is turn number {turn}, and the reference is LX-{}, which matters a lot to me.", 1000 + turn)
        })
        .collect();
    let turns: Vec<&str> = turns.iter().map(String::as_str).collect();
    let same = claim(
        "The caller cares about reference LX-1001.",
        1,
        "the reference is LX-1001, which matters a lot",
    );
    bench
        .provider_answers(openai(&answer(&[same]).to_string()))
        .await;
    bench
        .extract(&call("conv_1", 1_000_000, &turns))
        .await
        .unwrap();
    let calls = bench.calls().await;
    assert!((10..40).contains(&calls), "{calls}");
    assert_eq!(
        bench.contents().await.len(),
        1,
        "the same words in every part are one memory"
    );
    let usage = bench.record("conv_1").await["usage"]["input"]
        .as_u64()
        .unwrap();
    assert_eq!(usage, calls as u64 * 1000);
}

#[tokio::test]
async fn the_store_receives_only_a_pseudonym_if_configured() {
    let bench = Bench::with("none", &[("PSEUDONYMOUS_CALLERS", "true")]).await;
    bench
        .extract(&call(
            "conv_1",
            1_000_000,
            &["How?", "I always want express shipping."],
        ))
        .await
        .unwrap();
    assert_eq!(
        bench.contents().await.len(),
        1,
        "the memory is found by the pseudonym"
    );
    let url = format!("{}/api/v1/export", bench.store_url());
    let everything = common::http_client::build()
        .unwrap()
        .get(url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(everything.contains("express shipping"));
    assert!(
        !everything.contains(CALLER.trim_start_matches('+')),
        "{everything}"
    );
    assert!(everything.contains(caller().hash(&"pepper".into()).as_str()));
}

/// Earlier versions stored a collected value without its label as a search hint.
#[tokio::test]
async fn a_value_stored_without_its_label_by_an_earlier_version_is_replaced_if_certain() {
    let bench = Bench::with("none", &[]).await;
    let http = common::http_client::build().unwrap();
    for content in [
        "The caller’s address: 9 Mill Lane",
        "The caller’s note: to neighbours: ring twice",
    ] {
        let memory = json!({"agent_id": AGENT, "caller_id": CALLER, "content": content, "importance": 7,
            "metadata": {"conversation_id": "conv_0", "timestamp": "2025-06-01T10:00:00Z"}});
        let url = format!("{}/api/v1/memories", bench.store_url());
        assert!(
            http.post(url)
                .json(&memory)
                .send()
                .await
                .unwrap()
                .status()
                .is_success()
        );
    }
    let mut call = call("conv_1", 1_762_966_237, &["Where to?", "As I said."]);
    call["data"]["analysis"] = json!({"data_collection_results":
        {"address": {"value": "14 Quay Street"}, "note": {"value": "fragile"}}});
    bench.extract(&call).await.unwrap();
    let expected = [
        "The caller’s address: 14 Quay Street",
        "The caller’s note: fragile",
        "The caller’s note: to neighbours: ring twice",
    ];
    assert_eq!(
        bench.contents().await,
        expected,
        "\"note: to neighbours\" may be a longer label"
    );
}
