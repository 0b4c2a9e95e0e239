//! Exactly once: wherever a job dies, it ends in the same state when it comes again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::archive::{Archive, Key};
use common::call::{AgentId, CallerId, ConversationId};
use common::openmemory::Page;
use common::queue::ExtractionJob;
use extraction::Outcome;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, ResponseTemplate};

use crate::harness::{AGENT, Bench, answer, anthropic, call, claim, openai};

fn the_call() -> Value {
    call(
        "conv_1",
        1_000_000,
        &[
            "How?",
            "I always want express shipping, and I only buy vegan leather.",
        ],
    )
}

fn claims() -> Vec<Value> {
    vec![
        claim(
            "The caller always wants express shipping.",
            1,
            "I always want express shipping",
        ),
        claim(
            "The caller only buys vegan leather.",
            1,
            "I only buy vegan leather",
        ),
    ]
}

async fn bench() -> Bench {
    let bench = Bench::openai().await;
    bench
        .provider_answers(openai(&answer(&claims()).to_string()))
        .await;
    bench
}

#[tokio::test]
async fn a_job_delivered_again_when_it_is_done_does_nothing() {
    let bench = bench().await;
    let job = bench.keep(&the_call()).await;
    bench.run(&job).await.unwrap();
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::AlreadyDone);
    assert_eq!(bench.calls().await, 1);
}

#[tokio::test]
async fn a_job_that_died_before_it_was_marked_done_pays_no_model_and_stores_nothing_twice() {
    let bench = bench().await;
    let job = bench.keep(&the_call()).await;
    bench.run(&job).await.unwrap();
    std::fs::remove_file(bench.folder.path().join("data/extractions/conv_1.done")).unwrap();
    bench.provider_answers(ResponseTemplate::new(500)).await;
    bench.run(&job).await.unwrap();
    assert_eq!(bench.calls().await, 0, "the record is read");
    let memories = bench.memories().await;
    assert_eq!(memories.len(), 2);
    assert!(
        memories
            .iter()
            .all(|memory| memory.reinforcement_count == 1),
        "not even reinforced"
    );
}

#[tokio::test]
async fn two_deliveries_at_once_write_one_record_and_remember_once() {
    let bench = bench().await;
    let job = bench.keep(&the_call()).await;
    let (one, other) = tokio::join!(bench.run(&job), bench.run(&job));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    assert_eq!(bench.contents().await.len(), 2);
    assert!(
        bench
            .memories()
            .await
            .iter()
            .all(|memory| memory.reinforcement_count == 1)
    );
}

#[tokio::test]
async fn a_payload_that_is_gone_is_poison_and_no_outage() {
    let bench = bench().await;
    let job = bench.keep(&the_call()).await;
    std::fs::remove_dir_all(bench.folder.path().join("data/payloads/conv_1")).unwrap();
    let error = bench.run(&job).await.unwrap_err();
    assert!(!error.is_outage(), "{error}");
    assert_eq!(bench.calls().await, 0);
}

/// The first words of the parts that a provider was asked about.
async fn parts_asked(bench: &Bench, markers: &[&str]) -> Vec<usize> {
    let requests = bench.provider.received_requests().await.unwrap();
    let asked = |marker: &&str| {
        requests
            .iter()
            .filter(|request| String::from_utf8_lossy(&request.body).contains(*marker))
            .count()
    };
    markers.iter().map(asked).collect()
}

#[tokio::test]
async fn of_a_split_call_only_the_parts_are_paid_again_that_had_no_answer() {
    const MARKERS: [&str; 3] = ["lantern", "harbour", "orchard"];
    let bench = Bench::with("openai", &[("LLM_PART_TOKENS", "1000")]).await;
    let turns: Vec<String> = MARKERS
        .iter()
        .flat_map(|marker| {
            [
                "Go on, please.".to_owned(),
                format!("It is about the {marker}, {}", "as I said ".repeat(240)),
            ]
        })
        .collect();
    let turns: Vec<&str> = turns.iter().map(String::as_str).collect();
    let job = bench.keep(&call("conv_1", 1_000_000, &turns)).await;
    let respond = |down: &'static str| {
        move |request: &wiremock::Request| {
            let body = String::from_utf8_lossy(&request.body);
            let marker = MARKERS
                .into_iter()
                .find(|marker| body.contains(*marker))
                .unwrap();
            if marker == down {
                return ResponseTemplate::new(503);
            }
            let content = format!("The caller spoke about the {marker}.");
            // Slower than the failing part gives up: an answer under way is not thrown away.
            openai(&answer(&[claim(&content, 0, &format!("It is about the {marker}"))]).to_string())
                .set_delay(std::time::Duration::from_millis(300))
        }
    };
    Mock::given(method("POST"))
        .respond_with(respond("harbour"))
        .mount(&bench.provider)
        .await;
    assert!(bench.run(&job).await.unwrap_err().is_outage());
    assert_eq!(parts_asked(&bench, &MARKERS).await, [1, 3, 1]);
    assert!(
        bench.contents().await.is_empty(),
        "half a call is not remembered"
    );

    bench.provider.reset().await;
    Mock::given(method("POST"))
        .respond_with(respond("nothing"))
        .mount(&bench.provider)
        .await;
    bench.run(&job).await.unwrap();
    assert_eq!(
        parts_asked(&bench, &MARKERS).await,
        [0, 1, 0],
        "only the missing part is paid"
    );
    assert_eq!(bench.contents().await.len(), 3);
    assert_eq!(
        bench.record("conv_1").await["usage"]["input"],
        3000,
        "what was paid before counts"
    );
    // Forgetting a call finds them by its name.
    let kept = bench
        .archive
        .list(&Key::extractions_of(&job.conversation_id))
        .await
        .unwrap();
    assert_eq!(
        kept.iter()
            .filter(|key| key.as_str().contains(".part-"))
            .count(),
        3
    );
    // Another version of the extraction asks anew.
    bench.provider.reset().await;
    Mock::given(method("POST"))
        .respond_with(respond("nothing"))
        .mount(&bench.provider)
        .await;
    bench
        .run(&ExtractionJob {
            redo: Some(7),
            ..job
        })
        .await
        .unwrap();
    assert_eq!(parts_asked(&bench, &MARKERS).await, [1, 1, 1]);
}

#[tokio::test]
async fn a_job_whose_call_was_erased_meanwhile_is_finished_and_nothing_is_asked() {
    let bench = bench().await;
    let job = bench.keep(&the_call()).await;
    bench
        .archive
        .put(&Key::erased(&job.conversation_id), bytes::Bytes::new())
        .await
        .unwrap();
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::Erased);
    assert_eq!(bench.calls().await, 0);
    assert!(bench.contents().await.is_empty());
    assert!(!bench.archive.contains(&job.payload).await.unwrap());
}

#[tokio::test]
async fn a_call_done_without_its_model_can_be_done_again_with_it() {
    let bench = Bench::openai().await;
    bench.provider_answers(ResponseTemplate::new(401)).await;
    let mut job = bench.keep(&the_call()).await;
    bench.run(&job).await.unwrap();
    assert_eq!(bench.record("conv_1").await["declined"], "unauthorised");
    let without_model = bench.contents().await;

    bench
        .provider_answers(openai(&answer(&claims()).to_string()))
        .await;
    job.redo = Some(7);
    bench.run(&job).await.unwrap();
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::AlreadyDone);
    let contents = bench.contents().await;
    assert_eq!(
        contents,
        [
            "The caller always wants express shipping.",
            "The caller only buys vegan leather."
        ]
    );
    assert!(
        without_model
            .iter()
            .all(|memory| !contents.contains(memory)),
        "the earlier version is retired"
    );
    let first = bench.record("conv_1").await;
    assert_eq!(first["declined"], "unauthorised", "the first record stays");
    let again = Key::redone_extraction(&ConversationId::parse("conv_1").unwrap(), 7);
    assert!(bench.archive.contains(&again).await.unwrap());

    // And again, with the same result: nothing is lost to keys that were used before.
    job.redo = Some(8);
    bench.run(&job).await.unwrap();
    assert_eq!(bench.contents().await, contents);
}

#[tokio::test]
async fn a_later_extraction_is_never_followed_by_an_earlier_one() {
    let bench = bench().await;
    let job = bench.keep(&the_call()).await;
    let redo = |version| ExtractionJob {
        redo: Some(version),
        ..job.clone()
    };
    bench.run(&redo(8)).await.unwrap();
    let contents = bench.contents().await;
    // The first job comes out of the dead letters, and a redo that had waited longer.
    bench
        .provider_answers(openai(
            &answer(&[claim("The caller hates leather.", 1, "vegan leather")]).to_string(),
        ))
        .await;
    for earlier in [job.clone(), redo(7), redo(8)] {
        assert_eq!(bench.run(&earlier).await.unwrap(), Outcome::AlreadyDone);
    }
    assert_eq!((bench.calls().await, bench.contents().await), (0, contents));
    bench.run(&redo(9)).await.unwrap();
    assert_eq!(bench.contents().await, ["The caller hates leather."]);
}

#[tokio::test]
async fn what_a_call_supersedes_may_be_gone_or_somebody_elses_and_nothing_of_the_call_is_lost() {
    let bench = bench().await;
    let job = bench.keep(&the_call()).await;
    bench.run(&job).await.unwrap();
    let mut others = call(
        "conv_other",
        1_000_000,
        &["How?", "I always want express shipping"],
    );
    others["data"]["metadata"]["phone_call"]["external_number"] = "+34915550117".into();
    bench
        .provider_answers(openai(&answer(&claims()[..1]).to_string()))
        .await;
    bench.extract(&others).await.unwrap();
    let other = CallerId::from_phone("+34915550117").unwrap();
    let agent = AgentId::parse(AGENT).unwrap();
    let page = Page {
        offset: 0,
        limit: 10,
    };
    let foreign = bench
        .store
        .list(Some(&agent), &other, page)
        .await
        .unwrap()
        .remove(0)
        .id;
    // The record of a call that was stopped before it was stored, and what happened meanwhile.
    for memory in bench.memories().await {
        bench.store.delete(&memory.id).await.unwrap();
    }
    let mut record = bench.record("conv_1").await;
    record["memories"][0]["change"] = json!({"supersedes": "mem_00000000000000000000000000000000"});
    record["memories"][1]["change"] = json!({"supersedes": foreign});
    for (index, memory) in record["memories"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .enumerate()
    {
        memory["idempotency_key"] = json!(format!("key-{index}"));
    }
    let data = bench.folder.path().join("data/extractions");
    std::fs::write(data.join("conv_1.json"), record.to_string()).unwrap();
    std::fs::remove_file(data.join("conv_1.done")).unwrap();
    assert_eq!(
        bench.run(&job).await.unwrap(),
        Outcome::StoreOutcome {
            extracted: 2,
            stored: 2,
            reinforced: 0
        }
    );
    assert_eq!(bench.contents().await.len(), 2);
    assert_eq!(
        bench
            .store
            .list(Some(&agent), &other, page)
            .await
            .unwrap()
            .len(),
        1,
        "nobody else's is touched"
    );
}

#[tokio::test]
async fn a_part_that_was_cut_off_is_not_paid_again_when_the_job_comes_again() {
    const MARKERS: [&str; 2] = ["lantern", "harbour"];
    let bench = Bench::openai().await;
    let turns: Vec<String> = MARKERS
        .iter()
        .map(|marker| format!("It is about the {marker}, {}", "as I said ".repeat(600)))
        .collect();
    let turns: Vec<&str> = ["Go on.", &turns[0], "And?", &turns[1]].to_vec();
    let job = bench.keep(&call("conv_1", 1_000_000, &turns)).await;
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let respond = move |request: &wiremock::Request| {
        let body = String::from_utf8_lossy(&request.body);
        let asked: Vec<&str> = MARKERS
            .into_iter()
            .filter(|marker| body.contains(*marker))
            .collect();
        match asked[..] {
            ["harbour"] if down.load(Ordering::SeqCst) => ResponseTemplate::new(503),
            [marker] => {
                let content = format!("The caller spoke about the {marker}.");
                openai(
                    &answer(&[claim(&content, 0, &format!("It is about the {marker}"))])
                        .to_string(),
                )
            }
            _ => ResponseTemplate::new(200).set_body_json(json!({
                "choices": [{"message": {"content": "{"}, "finish_reason": "length"}],
                "usage": {"prompt_tokens": 5000, "completion_tokens": 8000}})),
        }
    };
    Mock::given(method("POST"))
        .respond_with(respond)
        .mount(&bench.provider)
        .await;
    assert!(bench.run(&job).await.unwrap_err().is_outage());
    assert_eq!(
        parts_asked(&bench, &MARKERS).await,
        [2, 1 + 3],
        "the whole, the first half, and the second in vain"
    );
    is_down.store(false, Ordering::SeqCst);
    bench.run(&job).await.unwrap();
    assert_eq!(
        parts_asked(&bench, &MARKERS).await,
        [2, 1 + 3 + 1],
        "only the second half is paid"
    );
    assert_eq!(bench.contents().await.len(), 2);
    assert_eq!(
        bench.record("conv_1").await["usage"]["output"],
        8000 + 2 * 200,
        "what was cut off was paid too"
    );
}

#[tokio::test]
async fn a_call_that_is_too_long_for_its_model_is_halved_until_it_fits() {
    for (provider, refusal) in [
        (
            "openai",
            json!({"error": {"code": "context_length_exceeded"}}),
        ),
        (
            "openai",
            json!({"message": "This model's maximum context length is 8 tokens. You requested 9.", "code": 400}),
        ),
        (
            "anthropic",
            json!({"error": {"type": "invalid_request_error", "message": "prompt is too long: 9 > 8"}}),
        ),
    ] {
        let bench = Bench::with(provider, &[]).await;
        let turns = [
            "Go on.",
            "It is about the lantern, as I said.",
            "And?",
            "It is about the harbour, as I said.",
        ];
        let respond = move |request: &wiremock::Request| {
            let body = String::from_utf8_lossy(&request.body);
            match (body.contains("the lantern"), body.contains("the harbour")) {
                (true, true) => ResponseTemplate::new(400).set_body_json(&refusal),
                (lantern, _) => {
                    let word = if lantern { "lantern" } else { "harbour" };
                    let quote = format!("It is about the {word}");
                    let answer = answer(&[claim(
                        &format!("The caller spoke about the {word}."),
                        0,
                        &quote,
                    )]);
                    if provider == "openai" {
                        openai(&answer.to_string())
                    } else {
                        anthropic(&answer)
                    }
                }
            }
        };
        Mock::given(method("POST"))
            .respond_with(respond)
            .mount(&bench.provider)
            .await;
        bench
            .extract(&call("conv_1", 1_000_000, &turns))
            .await
            .unwrap();
        assert_eq!(
            (bench.contents().await.len(), bench.calls().await),
            (2, 3),
            "{provider}"
        );
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_call_that_was_remembered_and_shall_leave_no_trace_is_forgotten_with_its_record() {
    let bench = bench().await;
    let earlier = call(
        "conv_0",
        500_000,
        &["Hello?", "I always want express shipping, really."],
    );
    bench
        .provider_answers(openai(&answer(&claims()[..1]).to_string()))
        .await;
    bench.extract(&earlier).await.unwrap();
    let job = bench.keep(&the_call()).await;
    let mut secret = answer(&[claim(
        "The caller only buys vegan leather.",
        1,
        "I only buy vegan leather",
    )]);
    secret["summary"] = json!("They spoke about vegan leather.");
    bench.provider_answers(openai(&secret.to_string())).await;
    bench.run(&job).await.unwrap();
    bench
        .archive
        .put(&Key::erased(&job.conversation_id), bytes::Bytes::new())
        .await
        .unwrap();
    for _ in 0..2 {
        assert_eq!(bench.run(&job).await.unwrap(), Outcome::Erased);
        assert_eq!(
            bench.contents().await,
            ["The caller always wants express shipping."]
        );
        let card = bench.card().await.unwrap();
        assert!(
            !serde_json::to_string(&card).unwrap().contains("leather"),
            "{}",
            card.memory_context
        );
        assert_eq!(
            (card.last_call_at, card.memory_context.contains("express")),
            (None, true)
        );
        assert_eq!(bench.archive.list("extractions/conv_1.").await.unwrap(), []);
        assert!(
            bench
                .archive
                .contains(&Key::erased(&job.conversation_id))
                .await
                .unwrap()
        );
        assert!(!bench.archive.contains(&job.payload).await.unwrap());
    }
}

#[tokio::test]
async fn a_call_that_is_marked_while_it_is_extracted_is_forgotten_by_its_own_job() {
    let bench = Bench::openai().await;
    let job = bench.keep(&the_call()).await;
    let mark = bench.folder.path().join("data/erased/conv_1");
    let payload = bench
        .folder
        .path()
        .join("data/payloads/conv_1/conv_1_transcription.json");
    bench
        .model_answers(move |_| {
            // The mark is set, and somebody else deletes the call.
            std::fs::create_dir_all(mark.parent().unwrap()).unwrap();
            std::fs::write(&mark, b"").unwrap();
            std::fs::remove_file(&payload).unwrap();
            answer(&claims())
        })
        .await;
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::Erased);
    assert_eq!(
        (bench.contents().await, bench.card().await),
        (Vec::new(), None)
    );
    assert_eq!(bench.archive.list("extractions/conv_1.").await.unwrap(), []);
    assert!(
        bench
            .archive
            .contains(&Key::erased(&job.conversation_id))
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_name_that_only_an_erased_call_gave_leaves_a_later_calls_card_wherever_the_erasure_died()
{
    let bench = Bench::openai().await;
    let named = call(
        "conv_1",
        1_000_000,
        &["How?", "This is Dana. I only buy vegan leather."],
    );
    let mut answered = answer(&[claim(
        "The caller only buys vegan leather.",
        1,
        "I only buy vegan leather",
    )]);
    answered["caller_name"] = json!("Dana");
    bench.provider_answers(openai(&answered.to_string())).await;
    let job = bench.keep(&named).await;
    bench.run(&job).await.unwrap();
    bench
        .provider_answers(openai(&answer(&claims()[..1]).to_string()))
        .await;
    let later = call(
        "conv_2",
        2_000_000,
        &["How?", "I always want express shipping, please."],
    );
    bench.extract(&later).await.unwrap();
    assert_eq!(
        bench.card().await.unwrap().caller_name.as_deref(),
        Some("Dana"),
        "a later call knows it too"
    );
    // An erasure that died when the memories were gone.
    for memory in bench.memories().await {
        if memory.conversation_id.as_ref() == Some(&job.conversation_id) {
            bench.store.delete(&memory.id).await.unwrap();
        }
    }
    bench
        .archive
        .put(&Key::erased(&job.conversation_id), bytes::Bytes::new())
        .await
        .unwrap();
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::Erased);
    let card = bench.card().await.unwrap();
    assert_eq!(card.caller_name, None);
    assert!(
        !card.greeting.contains("Dana") && card.memory_context.contains("express"),
        "{}",
        card.memory_context
    );
    assert_eq!(
        card.last_conversation_id,
        ConversationId::parse("conv_2").ok(),
        "the later call stays the last"
    );
}

#[tokio::test]
async fn an_erasure_makes_the_card_anew_before_the_memories_are_gone() {
    let (bench, _real, proxy) = Bench::over_flaky_store(0, 0).await;
    bench
        .provider_answers(openai(&answer(&claims()).to_string()))
        .await;
    let job = bench.keep(&the_call()).await;
    bench.run(&job).await.unwrap();
    bench
        .archive
        .put(&Key::erased(&job.conversation_id), bytes::Bytes::new())
        .await
        .unwrap();
    let before = proxy.passed().len();
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::Erased);
    let asked: Vec<String> = proxy.passed().split_off(before);
    let first = |start: &str| asked.iter().position(|one| one.starts_with(start));
    let (card, memory) = (
        first("POST /api/v1/agents"),
        first("DELETE /api/v1/memories/"),
    );
    assert!(card.is_some() && card < memory, "{asked:?}");
    // Nothing else is known of the caller.
    assert!(
        asked.last().unwrap().starts_with("DELETE /api/v1/callers/"),
        "{asked:?}"
    );
    assert_eq!(bench.card().await, None);
}

#[tokio::test]
async fn a_later_call_of_which_nothing_was_remembered_keeps_its_card_when_an_earlier_one_is_erased()
{
    let bench = bench().await;
    let job = bench.keep(&the_call()).await;
    bench.run(&job).await.unwrap();
    bench
        .provider_answers(openai(&answer(&[]).to_string()))
        .await;
    bench
        .extract(&call(
            "conv_2",
            2_000_000,
            &["How?", "Never mind, thank you."],
        ))
        .await
        .unwrap();
    bench
        .archive
        .put(&Key::erased(&job.conversation_id), bytes::Bytes::new())
        .await
        .unwrap();
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::Erased);
    assert!(bench.contents().await.is_empty());
    let card = bench.card().await.unwrap();
    assert_eq!(
        (card.last_conversation_id, card.memory_context.as_str()),
        (ConversationId::parse("conv_2").ok(), "")
    );
}

#[tokio::test]
async fn the_store_is_asked_as_often_for_forty_memories_as_for_one() {
    for count in [1, 40] {
        let (bench, _real, proxy) = Bench::over_flaky_store(0, 0).await;
        let words: Vec<String> = (0..40)
            .map(|number| format!("item{number} number{number}"))
            .collect();
        let said = format!("I bought {}.", words.join(" "));
        let bought = |number| {
            let quote = format!("item{number} number{number}");
            claim(
                &format!("The caller bought item{number} number{number}."),
                1,
                &quote,
            )
        };
        bench
            .provider_answers(openai(
                &answer(&(0..count).map(bought).collect::<Vec<_>>()).to_string(),
            ))
            .await;
        let outcome = bench
            .extract(&call("conv_1", 1_000_000, &["What?", &said]))
            .await
            .unwrap();
        assert_eq!(
            outcome,
            Outcome::StoreOutcome {
                extracted: count,
                stored: count,
                reinforced: 0
            }
        );
        let asked = proxy.passed();
        let (mut before, after) = (asked[..3].to_vec(), &asked[3..]);
        before.sort();
        let card = "GET /api/v1/agents/agent_1/callers/%2B12025550142";
        let profile = "GET /api/v1/agents/agent_1/callers/*";
        assert_eq!(
            before,
            [card, profile, "POST /api/v1/memories/search"],
            "at once"
        );
        assert_eq!(
            after,
            ["POST /api/v1/memories/batch", "POST /api/v1/agents"],
            "after the model's answer"
        );
    }
}

#[tokio::test]
async fn of_an_erased_call_nothing_is_left_that_a_later_call_replaced() {
    let bench = bench().await;
    let job = bench.keep(&the_call()).await;
    bench.run(&job).await.unwrap();
    let old = bench.memories().await.remove(0);
    let http = common::http_client::build().unwrap();
    let replacing = json!({"memories": [{"agent_id": old.agent_id, "caller_id": crate::harness::caller().as_str(), "supersedes": old.id.0,
        "content": "Lives in Denver now.", "metadata": {"conversation_id": "conv_2"}}]});
    let stored = http
        .post(format!("{}/api/v1/memories/batch", bench.store_url()))
        .json(&replacing)
        .send()
        .await
        .unwrap();
    assert!(stored.status().is_success(), "{}", stored.status());
    let export = async || {
        http.get(format!("{}/api/v1/export", bench.store_url()))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };
    assert!(export().await.contains(&old.content));
    bench
        .archive
        .put(&Key::erased(&job.conversation_id), bytes::Bytes::new())
        .await
        .unwrap();
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::Erased);
    assert!(
        !export().await.contains(&old.content),
        "it could still answer what was before"
    );
    assert_eq!(bench.contents().await, ["Lives in Denver now."]);
}
