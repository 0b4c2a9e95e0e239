//! Calls whose webhook came without a transcript while ElevenLabs is unavailable.

use extraction::Outcome;
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::{Bench, call};

const SUMMARY: &str = "The caller wants glossy paper.";

/// Returns a call without turns but with ElevenLabs' analysis.
fn without_transcript(analysis: Value) -> Value {
    let mut call = call("conv_1", 1_762_966_237, &[]);
    call["data"]["analysis"] = analysis;
    call
}

async fn bench_with(elevenlabs: &MockServer) -> Bench {
    let url = elevenlabs.uri();
    Bench::with(
        "none",
        &[("ELEVENLABS_API_URL", &url), ("ELEVENLABS_API_KEY", "xi-1")],
    )
    .await
}

async fn answers(elevenlabs: &MockServer, template: ResponseTemplate) {
    elevenlabs.reset().await;
    Mock::given(path("/convai/conversations/conv_1"))
        .respond_with(template)
        .mount(elevenlabs)
        .await;
}

async fn count_requests(elevenlabs: &MockServer) -> usize {
    let requests = elevenlabs.received_requests().await.unwrap();
    requests
        .iter()
        .filter(|request| request.url.path().contains("conversations"))
        .count()
}

#[tokio::test]
async fn after_five_failed_attempts_the_analysis_replaces_the_transcript() {
    let elevenlabs = MockServer::start().await;
    let bench = bench_with(&elevenlabs).await;
    answers(&elevenlabs, ResponseTemplate::new(503)).await;
    let job = bench
        .store_call(&without_transcript(json!({"transcript_summary": SUMMARY})))
        .await;
    for attempt in 1..5 {
        assert!(
            bench.run(&job).await.unwrap_err().is_outage(),
            "attempt {attempt}"
        );
        assert!(bench.contents().await.is_empty(), "attempt {attempt}");
    }
    assert_eq!(
        bench.run(&job).await.unwrap(),
        Outcome::Stored {
            extracted: 1,
            stored: 1,
            reinforced: 0
        }
    );
    assert_eq!(bench.contents().await, [SUMMARY]);
    assert_eq!(bench.record("conv_1").await["transcript_missing"], true);
    let before = count_requests(&elevenlabs).await;
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::AlreadyDone);
    assert_eq!(
        count_requests(&elevenlabs).await,
        before,
        "the transcript is not requested again"
    );
}

#[tokio::test]
async fn a_transcript_that_arrives_with_the_fifth_attempt_is_used() {
    let elevenlabs = MockServer::start().await;
    let bench = bench_with(&elevenlabs).await;
    answers(&elevenlabs, ResponseTemplate::new(503)).await;
    let job = bench.store_call(&without_transcript(Value::Null)).await;
    for _ in 1..5 {
        assert!(bench.run(&job).await.unwrap_err().is_outage());
    }
    let fetched = call(
        "conv_1",
        1_762_966_237,
        &["Which paper?", "I only buy matte paper."],
    )["data"]
        .clone();
    answers(
        &elevenlabs,
        ResponseTemplate::new(200).set_body_json(fetched),
    )
    .await;
    bench.run(&job).await.unwrap();
    assert_eq!(bench.record("conv_1").await.get("transcript_missing"), None);
    assert!(
        bench
            .contents()
            .await
            .iter()
            .any(|content| content.contains("matte paper"))
    );
}

#[tokio::test]
async fn a_memory_of_the_analysis_names_the_words_of_the_caller_that_say_it() {
    let bench = Bench::with("none", &[]).await;
    let turns = [
        "Which paper do you need?",
        "I only buy matte paper, and please deliver it before nine.",
        "Noted. Shall we call you?",
        "Text me instead.",
    ];
    let mut call = call("conv_1", 1_762_966_237, &turns);
    call["data"]["analysis"] = json!({
        "transcript_summary": "The caller buys only matte paper. The agent explained the terms of credit.",
        "data_collection_results": {"delivery_time": {"value": "before nine"}},
    });
    bench.extract(&call).await.unwrap();
    let record = bench.record("conv_1").await;
    let source = |words: &str| {
        let memories = record["memories"].as_array().unwrap();
        let memory = memories
            .iter()
            .find(|memory| memory["content"].as_str().unwrap().contains(words));
        let memory = memory.unwrap_or_else(|| panic!("{words}: {memories:?}"));
        (memory["turn"].clone(), memory["quote"].clone())
    };
    assert_eq!(
        source("matte paper"),
        (json!(1), json!("I only buy matte paper"))
    );
    assert_eq!(
        source("before nine"),
        (json!(1), json!("please deliver it before nine"))
    );
    assert_eq!(
        source("terms of credit"),
        (Value::Null, Value::Null),
        "the caller did not say it"
    );
}
