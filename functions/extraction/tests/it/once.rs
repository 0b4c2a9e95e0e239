//! Exactly once: wherever a job dies, it ends in the same state when it comes again.

use common::archive::{Archive, Key};
use common::call::ConversationId;
use extraction::Outcome;
use serde_json::Value;
use wiremock::matchers::method;
use wiremock::{Mock, ResponseTemplate};

use crate::harness::{Bench, answer, call, claim, openai};

fn the_call() -> Value {
    call("conv_1", 1_000_000, &["How?", "I always want express shipping, and I only buy vegan leather."])
}

fn claims() -> Vec<Value> {
    vec![
        claim("The caller always wants express shipping.", 1, "I always want express shipping"),
        claim("The caller only buys vegan leather.", 1, "I only buy vegan leather"),
    ]
}

async fn bench() -> Bench {
    let bench = Bench::openai().await;
    bench.provider_answers(openai(&answer(&claims()).to_string())).await;
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
    assert!(memories.iter().all(|memory| memory.reinforcement_count == 1), "not even reinforced");
}

#[tokio::test]
async fn two_deliveries_at_once_write_one_record_and_remember_once() {
    let bench = bench().await;
    let job = bench.keep(&the_call()).await;
    let (one, other) = tokio::join!(bench.run(&job), bench.run(&job));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    assert_eq!(bench.contents().await.len(), 2);
    assert!(bench.memories().await.iter().all(|memory| memory.reinforcement_count == 1));
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
        requests.iter().filter(|request| String::from_utf8_lossy(&request.body).contains(*marker)).count()
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
            ["Go on, please.".to_owned(), format!("It is about the {marker}, {}", "as I said ".repeat(240))]
        })
        .collect();
    let turns: Vec<&str> = turns.iter().map(String::as_str).collect();
    let job = bench.keep(&call("conv_1", 1_000_000, &turns)).await;
    let respond = |down: &'static str| {
        move |request: &wiremock::Request| {
            let body = String::from_utf8_lossy(&request.body);
            let marker = MARKERS.into_iter().find(|marker| body.contains(*marker)).unwrap();
            if marker == down {
                return ResponseTemplate::new(503);
            }
            let content = format!("The caller spoke about the {marker}.");
            // Slower than the failing part gives up: an answer under way is not thrown away.
            openai(&answer(&[claim(&content, 0, &format!("It is about the {marker}"))]).to_string())
                .set_delay(std::time::Duration::from_millis(300))
        }
    };
    Mock::given(method("POST")).respond_with(respond("harbour")).mount(&bench.provider).await;
    assert!(bench.run(&job).await.unwrap_err().is_outage());
    assert_eq!(parts_asked(&bench, &MARKERS).await, [1, 3, 1]);
    assert!(bench.contents().await.is_empty(), "half a call is not remembered");

    bench.provider.reset().await;
    Mock::given(method("POST")).respond_with(respond("nothing")).mount(&bench.provider).await;
    bench.run(&job).await.unwrap();
    assert_eq!(parts_asked(&bench, &MARKERS).await, [0, 1, 0], "only the missing part is paid");
    assert_eq!(bench.contents().await.len(), 3);
    assert_eq!(bench.record("conv_1").await["usage"]["input"], 3000, "what was paid before counts");
    // Forgetting a call finds them by its name.
    let kept = bench.archive.list(&Key::extractions_of(&job.conversation_id)).await.unwrap();
    assert_eq!(kept.iter().filter(|key| key.as_str().contains(".part-")).count(), 3);
    // Another version of the extraction asks anew.
    bench.provider.reset().await;
    Mock::given(method("POST")).respond_with(respond("nothing")).mount(&bench.provider).await;
    bench.run(&common::queue::ExtractionJob { redo: Some(7), ..job }).await.unwrap();
    assert_eq!(parts_asked(&bench, &MARKERS).await, [1, 1, 1]);
}

#[tokio::test]
async fn a_job_whose_call_was_erased_meanwhile_is_finished_and_nothing_is_asked() {
    let bench = bench().await;
    let job = bench.keep(&the_call()).await;
    bench.archive.put(&Key::erased(&job.conversation_id), bytes::Bytes::new()).await.unwrap();
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::Erased);
    assert_eq!(bench.calls().await, 0);
    assert!(bench.contents().await.is_empty());
}

#[tokio::test]
async fn a_call_done_without_its_model_can_be_done_again_with_it() {
    let bench = Bench::openai().await;
    bench.provider_answers(ResponseTemplate::new(401)).await;
    let mut job = bench.keep(&the_call()).await;
    bench.run(&job).await.unwrap();
    assert_eq!(bench.record("conv_1").await["declined"], "unauthorised");
    let without_model = bench.contents().await;

    bench.provider_answers(openai(&answer(&claims()).to_string())).await;
    job.redo = Some(7);
    bench.run(&job).await.unwrap();
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::AlreadyDone);
    let contents = bench.contents().await;
    assert_eq!(contents, ["The caller always wants express shipping.", "The caller only buys vegan leather."]);
    assert!(without_model.iter().all(|memory| !contents.contains(memory)), "the earlier version is retired");
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
async fn the_store_is_asked_as_often_for_forty_memories_as_for_one() {
    for count in [1, 40] {
        let (bench, _real, proxy) = Bench::over_flaky_store(0, 0).await;
        let words: Vec<String> = (0..40).map(|number| format!("item{number} number{number}")).collect();
        let said = format!("I bought {}.", words.join(" "));
        let bought = |number| {
            let quote = format!("item{number} number{number}");
            claim(&format!("The caller bought item{number} number{number}."), 1, &quote)
        };
        bench.provider_answers(openai(&answer(&(0..count).map(bought).collect::<Vec<_>>()).to_string())).await;
        let outcome = bench.extract(&call("conv_1", 1_000_000, &["What?", &said])).await.unwrap();
        assert_eq!(outcome, Outcome::Remembered { extracted: count, stored: count, reinforced: 0 });
        let asked = proxy.passed();
        let (mut before, after) = (asked[..3].to_vec(), &asked[3..]);
        before.sort();
        let card = "GET /api/v1/agents/agent_1/callers/%2B12025550142";
        let profile = "GET /api/v1/agents/agent_1/callers/*";
        assert_eq!(before, [card, profile, "POST /api/v1/memories/search"], "at once");
        assert_eq!(after, ["POST /api/v1/memories/batch", "POST /api/v1/agents"], "after the model's answer");
    }
}
