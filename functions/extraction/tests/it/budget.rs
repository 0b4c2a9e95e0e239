//! The limits of model requests per caller and day, and per call.

use common::archive::Archive;
use extraction::Outcome;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::harness::{Bench, answer, call, caller, claim, now, openai};

const COUNT_PREFIX: &str = "extractions/budget/";
const SAID: &str = "I always want express shipping.";
const CONTENT: &str = "The caller always wants express shipping.";

fn good() -> ResponseTemplate {
    openai(&answer(&[claim(CONTENT, 1, SAID)]).to_string())
}

/// Returns a call with an analysis, from which memories can be extracted without a model.
fn sample_call(conversation: &str, from: &str) -> Value {
    let mut call = call(
        conversation,
        1_762_966_237,
        &["How shall we ship it?", SAID],
    );
    call["data"]["metadata"]["phone_call"]["external_number"] = json!(from);
    call["data"]["analysis"] =
        json!({"transcript_summary": "The caller asked for express shipping."});
    call
}

async fn provider_of(bench: &Bench, conversation: &str) -> (String, Option<String>) {
    let record = bench.record(conversation).await;
    (
        record["provider"].as_str().unwrap().to_owned(),
        record["declined"].as_str().map(str::to_owned),
    )
}

#[tokio::test]
async fn beyond_the_daily_budget_only_this_callers_calls_are_extracted_without_the_model() {
    const OTHER: &str = "+12025550188";
    let this = caller().as_str().to_owned();
    let bench = Bench::with("openai", &[("LLM_DAILY_CALLS_PER_CALLER", "2")]).await;
    bench.provider_answers(good()).await;
    for conversation in ["conv_1", "conv_2"] {
        bench
            .extract(&sample_call(conversation, &this))
            .await
            .unwrap();
        assert_eq!(
            provider_of(&bench, conversation).await,
            ("openai".to_owned(), None)
        );
    }
    let outcome = bench.extract(&sample_call("conv_3", &this)).await.unwrap();
    assert_eq!(
        outcome,
        Outcome::Stored {
            extracted: 1,
            stored: 1,
            reinforced: 0
        },
        "the memories are stored"
    );
    assert_eq!(
        provider_of(&bench, "conv_3").await,
        ("none".to_owned(), Some("daily_budget".to_owned()))
    );
    bench.extract(&sample_call("conv_4", OTHER)).await.unwrap();
    assert_eq!(
        provider_of(&bench, "conv_4").await,
        ("openai".to_owned(), None)
    );
    assert_eq!(bench.calls().await, 3);
    let tomorrow = now() + jiff::SignedDuration::from_hours(24);
    let job = bench.store_call(&sample_call("conv_5", &this)).await;
    bench.extraction.run(&job, tomorrow).await.unwrap();
    assert_eq!(
        provider_of(&bench, "conv_5").await,
        ("openai".to_owned(), None),
        "the next day has a new budget"
    );
    let mut counts = Vec::new();
    for key in bench.archive.list(COUNT_PREFIX).await.unwrap() {
        assert!(
            key.as_str().len() == COUNT_PREFIX.len() + 64 && key.conversation().is_none(),
            "a pseudonym: {key}"
        );
        counts.push(
            String::from_utf8(bench.archive.get(&key).await.unwrap().unwrap().to_vec()).unwrap(),
        );
    }
    counts.sort();
    let count = |day: &str| format!(r#"{{"day":"{day}","requests":1}}"#);
    assert_eq!(
        counts,
        [count("2026-11-23"), count("2026-11-24")],
        "the counts contain no phone number"
    );
}

#[tokio::test]
async fn an_outage_uses_no_budget_and_zero_means_no_limit() {
    let bench = Bench::with("openai", &[("LLM_DAILY_CALLS_PER_CALLER", "1")]).await;
    bench
        .provider_answers(ResponseTemplate::new(429).insert_header("retry-after", "120"))
        .await;
    let job = bench
        .store_call(&sample_call("conv_1", caller().as_str()))
        .await;
    for _ in 0..3 {
        assert!(bench.run(&job).await.unwrap_err().is_outage());
    }
    bench.provider_answers(good()).await;
    bench.run(&job).await.unwrap();
    assert_eq!(
        provider_of(&bench, "conv_1").await,
        ("openai".to_owned(), None)
    );

    let free = Bench::with("openai", &[("LLM_DAILY_CALLS_PER_CALLER", "0")]).await;
    free.provider_answers(good()).await;
    for conversation in ["conv_1", "conv_2", "conv_3"] {
        free.extract(&sample_call(conversation, caller().as_str()))
            .await
            .unwrap();
        assert_eq!(
            provider_of(&free, conversation).await,
            ("openai".to_owned(), None)
        );
    }
    assert!(free.archive.list(COUNT_PREFIX).await.unwrap().is_empty());
}

/// Six hundred kilobytes in parts of a tenth of the usual size make as many parts as six megabytes.
#[tokio::test]
async fn a_call_of_forty_parts_sends_a_bounded_number_of_requests() {
    let bench = Bench::with(
        "openai",
        &[("LLM_TIMEOUT_MS", "20000"), ("LLM_PART_TOKENS", "6000")],
    )
    .await;
    bench.provider_answers(good()).await;
    let long =
        "And then there is the parcel that came last week with a broken corner. ".repeat(145);
    let mut turns = vec!["How shall we ship it?", SAID];
    turns.extend(std::iter::repeat_n(long.as_str(), 60));
    let mut call = call("conv_1", 1_762_966_237, &turns);
    call["data"]["analysis"] =
        json!({"transcript_summary": "The caller complained about a broken corner."});
    assert!(call.to_string().len() > 600_000);
    bench.extract(&call).await.unwrap();
    assert_eq!(bench.calls().await, 20);
    assert_eq!(
        provider_of(&bench, "conv_1").await,
        ("openai".to_owned(), None)
    );
    let contents = bench.contents().await;
    assert!(
        contents.iter().any(|content| content == CONTENT),
        "by the model, from the beginning: {contents:?}"
    );
    assert!(
        contents
            .iter()
            .any(|content| content.contains("broken corner")),
        "from the analysis: {contents:?}"
    );
}

#[tokio::test]
async fn the_rest_of_the_daily_budget_limits_the_parts_of_a_call() {
    let more = [
        ("LLM_DAILY_CALLS_PER_CALLER", "3"),
        ("LLM_PART_TOKENS", "1000"),
    ];
    let bench = Bench::with("openai", &more).await;
    bench.provider_answers(good()).await;
    let long = "And then there is the parcel that came last week with a broken corner. ".repeat(20);
    let mut turns = vec!["How shall we ship it?", SAID];
    turns.extend(std::iter::repeat_n(long.as_str(), 20));
    bench
        .extract(&call("conv_1", 1_762_966_237, &turns))
        .await
        .unwrap();
    assert_eq!(bench.calls().await, 3);
    assert!(bench.contents().await.contains(&CONTENT.to_owned()));
    bench
        .extract(&sample_call("conv_2", caller().as_str()))
        .await
        .unwrap();
    assert_eq!(
        provider_of(&bench, "conv_2").await.1.as_deref(),
        Some("daily_budget")
    );
}
