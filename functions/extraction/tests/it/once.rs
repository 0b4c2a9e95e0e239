//! Exactly once: a job that dies anywhere ends in the same state when it is delivered again.

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

fn sample_call() -> Value {
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
async fn a_finished_job_delivered_again_does_nothing() {
    let bench = bench().await;
    let job = bench.store_call(&sample_call()).await;
    bench.run(&job).await.unwrap();
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::AlreadyDone);
    assert_eq!(bench.calls().await, 1);
}

#[tokio::test]
async fn a_job_that_died_before_its_done_marker_neither_pays_nor_stores_twice() {
    let bench = bench().await;
    let job = bench.store_call(&sample_call()).await;
    bench.run(&job).await.unwrap();
    std::fs::remove_file(bench.folder.path().join("data/extractions/conv_1.done")).unwrap();
    bench.provider_answers(ResponseTemplate::new(500)).await;
    bench.run(&job).await.unwrap();
    assert_eq!(bench.calls().await, 0, "the record is used");
    let memories = bench.memories().await;
    assert_eq!(memories.len(), 2);
    assert!(
        memories
            .iter()
            .all(|memory| memory.reinforcement_count == 1),
        "memories are not even reinforced"
    );
}

#[tokio::test]
async fn two_concurrent_deliveries_write_one_record_and_store_once() {
    let bench = bench().await;
    let job = bench.store_call(&sample_call()).await;
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
async fn a_missing_payload_is_a_permanent_error() {
    let bench = bench().await;
    let job = bench.store_call(&sample_call()).await;
    std::fs::remove_dir_all(bench.folder.path().join("data/payloads/conv_1")).unwrap();
    let error = bench.run(&job).await.unwrap_err();
    assert!(!error.is_outage(), "{error}");
    assert_eq!(bench.calls().await, 0);
}

/// Returns which parts were requested, by the markers in their text.
async fn requested_parts(bench: &Bench, markers: &[&str]) -> Vec<usize> {
    let requests = bench.provider.received_requests().await.unwrap();
    let count = |marker: &&str| {
        requests
            .iter()
            .filter(|request| String::from_utf8_lossy(&request.body).contains(*marker))
            .count()
    };
    markers.iter().map(count).collect()
}

#[tokio::test]
async fn a_retried_split_call_pays_only_for_parts_without_an_answer() {
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
    let job = bench.store_call(&call("conv_1", 1_000_000, &turns)).await;
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
            // Slower than the failing part: an answer that is under way is still used.
            openai(&answer(&[claim(&content, 0, &format!("It is about the {marker}"))]).to_string())
                .set_delay(std::time::Duration::from_millis(300))
        }
    };
    Mock::given(method("POST"))
        .respond_with(respond("harbour"))
        .mount(&bench.provider)
        .await;
    assert!(bench.run(&job).await.unwrap_err().is_outage());
    assert_eq!(requested_parts(&bench, &MARKERS).await, [1, 3, 1]);
    assert!(
        bench.contents().await.is_empty(),
        "half a call is not stored"
    );

    bench.provider.reset().await;
    Mock::given(method("POST"))
        .respond_with(respond("nothing"))
        .mount(&bench.provider)
        .await;
    bench.run(&job).await.unwrap();
    assert_eq!(
        requested_parts(&bench, &MARKERS).await,
        [0, 1, 0],
        "only the missing part is paid for"
    );
    assert_eq!(bench.contents().await.len(), 3);
    assert_eq!(
        bench.record("conv_1").await["usage"]["input"],
        3000,
        "earlier requests are included"
    );
    // Erasing a call finds the cached answers by the conversation id.
    let files = bench
        .archive
        .list(&Key::extractions_of(&job.conversation_id))
        .await
        .unwrap();
    assert_eq!(
        files
            .iter()
            .filter(|key| key.as_str().contains(".part-"))
            .count(),
        3
    );
    // Another version of the extraction sends new requests.
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
    assert_eq!(requested_parts(&bench, &MARKERS).await, [1, 1, 1]);
}

#[tokio::test]
async fn a_job_of_an_erased_call_finishes_without_a_model_request() {
    let bench = bench().await;
    let job = bench.store_call(&sample_call()).await;
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
async fn a_call_extracted_without_the_model_can_be_redone_with_it() {
    let bench = Bench::openai().await;
    bench.provider_answers(ResponseTemplate::new(401)).await;
    let mut job = bench.store_call(&sample_call()).await;
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
        "the memories of the earlier version are deleted"
    );
    let first = bench.record("conv_1").await;
    assert_eq!(
        first["declined"], "unauthorised",
        "the first record is unchanged"
    );
    let again = Key::redone_extraction(&ConversationId::parse("conv_1").unwrap(), 7);
    assert!(bench.archive.contains(&again).await.unwrap());

    // A second redo has the same result: idempotency keys of the first one suppress no memories.
    job.redo = Some(8);
    bench.run(&job).await.unwrap();
    assert_eq!(bench.contents().await, contents);
}

#[tokio::test]
async fn an_earlier_extraction_never_replaces_a_later_one() {
    let bench = bench().await;
    let job = bench.store_call(&sample_call()).await;
    let redo = |version| ExtractionJob {
        redo: Some(version),
        ..job.clone()
    };
    bench.run(&redo(8)).await.unwrap();
    let contents = bench.contents().await;
    // The first job and an older redo return from the dead-letter queue.
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
async fn a_call_is_stored_even_if_the_memory_it_supersedes_is_gone_or_another_callers() {
    let bench = bench().await;
    let job = bench.store_call(&sample_call()).await;
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
    // The job stopped after writing the record, and the store changed in the meantime.
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
        Outcome::Stored {
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
        "memories of other callers are unchanged"
    );
}

#[tokio::test]
async fn a_part_that_was_cut_off_is_not_paid_for_again_after_a_retry() {
    const MARKERS: [&str; 2] = ["lantern", "harbour"];
    let bench = Bench::openai().await;
    let turns: Vec<String> = MARKERS
        .iter()
        .map(|marker| format!("It is about the {marker}, {}", "as I said ".repeat(600)))
        .collect();
    let turns: Vec<&str> = ["Go on.", &turns[0], "And?", &turns[1]].to_vec();
    let job = bench.store_call(&call("conv_1", 1_000_000, &turns)).await;
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
        requested_parts(&bench, &MARKERS).await,
        [2, 1 + 3],
        "the whole call, the first half, and the failed second half"
    );
    is_down.store(false, Ordering::SeqCst);
    bench.run(&job).await.unwrap();
    assert_eq!(
        requested_parts(&bench, &MARKERS).await,
        [2, 1 + 3 + 1],
        "only the second half is paid for"
    );
    assert_eq!(bench.contents().await.len(), 2);
    assert_eq!(
        bench.record("conv_1").await["usage"]["output"],
        8000 + 2 * 200,
        "the answer that was cut off is included"
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
async fn erasing_an_extracted_call_deletes_its_memories_and_its_record() {
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
    let job = bench.store_call(&sample_call()).await;
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
async fn a_call_erased_during_its_extraction_is_deleted_by_its_own_job() {
    let bench = Bench::openai().await;
    let job = bench.store_call(&sample_call()).await;
    let mark = bench.folder.path().join("data/erased/conv_1");
    let payload = bench
        .folder
        .path()
        .join("data/payloads/conv_1/conv_1_transcription.json");
    bench
        .model_answers(move |_| {
            // A tombstone is written, and another process deletes the call.
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
async fn a_name_only_the_erased_call_gave_leaves_a_later_card_wherever_the_erasure_died() {
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
    let job = bench.store_call(&named).await;
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
        "the name is on the later call's card"
    );
    // The erasure died after deleting the memories.
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
        "the later call is still the last call"
    );
}

#[tokio::test]
async fn an_erasure_rewrites_the_card_before_it_deletes_the_memories() {
    let (bench, _real, proxy) = Bench::with_flaky_store(0, 0).await;
    bench
        .provider_answers(openai(&answer(&claims()).to_string()))
        .await;
    let job = bench.store_call(&sample_call()).await;
    bench.run(&job).await.unwrap();
    bench
        .archive
        .put(&Key::erased(&job.conversation_id), bytes::Bytes::new())
        .await
        .unwrap();
    let before = proxy.requests().len();
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::Erased);
    let asked: Vec<String> = proxy.requests().split_off(before);
    let first = |start: &str| asked.iter().position(|one| one.starts_with(start));
    let (card, memory) = (
        first("POST /api/v1/agents"),
        first("DELETE /api/v1/memories/"),
    );
    assert!(card.is_some() && card < memory, "{asked:?}");
    // Nothing else is known about the caller.
    assert!(
        asked.last().unwrap().starts_with("DELETE /api/v1/callers/"),
        "{asked:?}"
    );
    assert_eq!(bench.card().await, None);
}

#[tokio::test]
async fn a_later_call_without_memories_keeps_its_card_when_an_earlier_call_is_erased() {
    let bench = bench().await;
    let job = bench.store_call(&sample_call()).await;
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
async fn forty_memories_need_as_many_store_requests_as_one() {
    for count in [1, 40] {
        let (bench, _real, proxy) = Bench::with_flaky_store(0, 0).await;
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
            Outcome::Stored {
                extracted: count,
                stored: count,
                reinforced: 0
            }
        );
        let asked = proxy.requests();
        let (mut before, after) = (asked[..3].to_vec(), &asked[3..]);
        before.sort();
        let card = "GET /api/v1/agents/agent_1/callers/%2B12025550142";
        let profile = "GET /api/v1/agents/agent_1/callers/*";
        assert_eq!(
            before,
            [card, profile, "POST /api/v1/memories/search"],
            "the first requests run at once"
        );
        assert_eq!(
            after,
            ["POST /api/v1/memories/batch", "POST /api/v1/agents"],
            "the last requests follow the model's answer"
        );
    }
}

#[tokio::test]
async fn an_erasure_also_deletes_memories_that_a_later_call_superseded() {
    let bench = bench().await;
    let job = bench.store_call(&sample_call()).await;
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
        "superseded memories are deleted too"
    );
    assert_eq!(bench.contents().await, ["Lives in Denver now."]);
}
