//! All kinds of provider responses: what is stored, and how often a request is repeated.

use std::time::Duration;

use common::archive::Archive;
use common::archive::folder::FolderArchive;
use common::queue::ExtractionJob;
use extraction::Outcome;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;
use wiremock::ResponseTemplate;

use crate::archives::FailsSecondAttemptCount;
use crate::harness::{Bench, answer, anthropic, call, claim, openai};

const SAID: &str = "I always want express shipping.";
const CONTENT: &str = "The caller always wants express shipping.";

fn sample_call() -> Value {
    call("conv_1", 1_762_966_237, &["How shall we ship it?", SAID])
}

fn good() -> Value {
    answer(&[claim(CONTENT, 1, SAID)])
}

/// The end of a job.
#[derive(Debug, PartialEq)]
enum End {
    /// The model's memories are stored.
    ByModel,
    /// Memories from ElevenLabs' analysis are stored instead, and the record says why.
    Declined(&'static str),
    /// Nothing is stored or recorded; the job is retried without using up an attempt.
    Waits,
}

async fn end_of(bench: &Bench) -> End {
    let result = bench.extract(&sample_call()).await;
    if let Err(error) = result {
        assert!(error.is_outage(), "{error}");
        assert_eq!(bench.contents().await, Vec::<String>::new());
        return End::Waits;
    }
    let record = bench.record("conv_1").await;
    match record["declined"].as_str() {
        None => {
            assert_eq!(bench.contents().await, [CONTENT]);
            End::ByModel
        }
        Some(reason) => {
            assert_eq!(record["provider"], "none");
            assert_eq!(
                bench.contents().await,
                [format!("The caller said: “{SAID}”")]
            );
            const REASONS: [&str; 9] = [
                "unauthorised",
                "refused",
                "model_refused",
                "cut_off",
                "filtered",
                "unreadable",
                "quota_used_up",
                "timed_out",
                "interrupted",
            ];
            End::Declined(
                REASONS
                    .into_iter()
                    .find(|known| *known == reason)
                    .unwrap_or("?"),
            )
        }
    }
}

fn finish(reason: &str, message: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(
        json!({"choices": [{"message": message, "finish_reason": reason}], "usage": {}}),
    )
}

fn stop_reason(reason: &str) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_json(json!({"content": [], "stop_reason": reason, "usage": {}}))
}

#[tokio::test]
async fn every_openai_response_has_the_expected_end() {
    let good = good().to_string();
    let claims = good_claims();
    let cases: Vec<(&str, ResponseTemplate, End, usize)> = vec![
        ("good", openai(&good), End::ByModel, 1),
        (
            "fenced",
            openai(&format!("```json\n{good}\n```")),
            End::ByModel,
            1,
        ),
        ("bare array", openai(&claims), End::ByModel, 1),
        (
            "wrapped",
            openai(&format!(r#"{{"results":{claims}}}"#)),
            End::ByModel,
            1,
        ),
        (
            "truncated text",
            openai(&good[..good.len() / 2]),
            End::Declined("unreadable"),
            2,
        ),
        (
            "garbage",
            openai("I am sorry, here are the memories."),
            End::Declined("unreadable"),
            2,
        ),
        (
            "cut off",
            finish("length", &json!({"content": "{"})),
            End::Declined("cut_off"),
            2,
        ),
        (
            "filtered",
            finish("content_filter", &json!({"content": null})),
            End::Declined("filtered"),
            1,
        ),
        (
            "refusal",
            finish("stop", &json!({"content": null, "refusal": "No."})),
            End::Declined("model_refused"),
            1,
        ),
        (
            "400 whatever the schema",
            ResponseTemplate::new(400),
            End::Declined("refused"),
            2,
        ),
        (
            "401",
            ResponseTemplate::new(401),
            End::Declined("unauthorised"),
            1,
        ),
        (
            "404 whatever the schema",
            ResponseTemplate::new(404),
            End::Declined("refused"),
            2,
        ),
        (
            "quota",
            ResponseTemplate::new(429)
                .set_body_json(json!({"error": {"code": "insufficient_quota"}})),
            End::Declined("quota_used_up"),
            1,
        ),
        ("408", ResponseTemplate::new(408), End::Waits, 3),
        ("409", ResponseTemplate::new(409), End::Waits, 3),
        (
            "429",
            ResponseTemplate::new(429).insert_header("retry-after", "0"),
            End::Waits,
            3,
        ),
        (
            "429 for long",
            ResponseTemplate::new(429).insert_header("retry-after", "120"),
            End::Waits,
            1,
        ),
        ("500", ResponseTemplate::new(500), End::Waits, 3),
        ("503", ResponseTemplate::new(503), End::Waits, 3),
        (
            "no JSON at all",
            ResponseTemplate::new(200).set_body_string("<html>"),
            End::Declined("unreadable"),
            2,
        ),
        (
            "empty",
            ResponseTemplate::new(200),
            End::Declined("unreadable"),
            2,
        ),
        (
            "another shape",
            ResponseTemplate::new(200).set_body_json(json!({"output": []})),
            End::Declined("unreadable"),
            2,
        ),
    ];
    for (name, template, expected, calls) in cases {
        let bench = Bench::openai().await;
        bench.provider_answers(template).await;
        assert_eq!(end_of(&bench).await, expected, "{name}");
        assert_eq!(bench.calls().await, calls, "{name}");
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_call_whose_provider_is_too_slow_waits() {
    let bench = Bench::with("openai", &[("LLM_TIMEOUT_MS", "2000")]).await;
    bench.provider_answers(never()).await;
    assert_eq!(end_of(&bench).await, End::Waits);
    assert_eq!(bench.calls().await, 1);
}

#[tokio::test]
async fn the_record_has_the_status_with_which_the_provider_declined() {
    let unknown =
        json!({"error": {"message": "The model `m` does not exist", "code": "model_not_found"}});
    for (template, reason, status) in [
        (ResponseTemplate::new(401), "unauthorised", Some(401)),
        (ResponseTemplate::new(400), "refused", Some(400)),
        (
            ResponseTemplate::new(404).set_body_json(unknown),
            "unknown_model",
            Some(404),
        ),
        (ResponseTemplate::new(402), "quota_used_up", Some(429)),
        (openai("no"), "unreadable", None),
    ] {
        let bench = Bench::openai().await;
        bench.provider_answers(template).await;
        bench.extract(&sample_call()).await.unwrap();
        let record = bench.record("conv_1").await;
        assert_eq!(record["declined"], reason);
        assert_eq!(record["declined_status"].as_u64(), status, "{reason}");
        bench.stop().await;
    }
}

#[tokio::test]
async fn dropped_memories_are_counted_by_reason_and_category() {
    let bench = Bench::openai().await;
    let mut fact = claim("The caller owns a bakery in Rome.", 1, SAID);
    fact["category"] = json!("factual");
    let answer = answer(&[
        claim(CONTENT, 1, SAID),
        claim("The caller hates tea.", 1, "I hate tea."),
        fact,
        Value::Null,
    ]);
    bench.provider_answers(openai(&answer.to_string())).await;
    bench.extract(&sample_call()).await.unwrap();
    let record = bench.record("conv_1").await;
    let sum: u64 = record["dropped"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(
        (sum, &record["dropped"]["unreadable"]),
        (3, &json!(1)),
        "{record}"
    );
    let of = |category: &str| -> u64 {
        let reasons = record["dropped_by_category"].as_object().unwrap().values();
        reasons
            .filter_map(|categories| categories[category].as_u64())
            .sum()
    };
    assert_eq!((of("preference"), of("factual")), (1, 1), "{record}");
}

#[tokio::test]
async fn every_anthropic_response_has_the_expected_end() {
    let text = |text: &str| json!({"content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "usage": {}});
    let cases: Vec<(&str, ResponseTemplate, End, usize)> = vec![
        ("good", anthropic(&good()), End::ByModel, 1),
        (
            "in words",
            ResponseTemplate::new(200).set_body_json(text(&format!("```json\n{}\n```", good()))),
            End::ByModel,
            1,
        ),
        (
            "wrapped",
            anthropic(&json!({"data": [claim(CONTENT, 1, SAID)]})),
            End::ByModel,
            1,
        ),
        (
            "garbage",
            anthropic(&json!({"thoughts": "none"})),
            End::Declined("unreadable"),
            2,
        ),
        (
            "cut off",
            stop_reason("max_tokens"),
            End::Declined("cut_off"),
            2,
        ),
        (
            "refusal",
            stop_reason("refusal"),
            End::Declined("model_refused"),
            1,
        ),
        (
            "400 whatever the format",
            ResponseTemplate::new(400),
            End::Declined("refused"),
            2,
        ),
        (
            "no JSON at all",
            ResponseTemplate::new(200).set_body_string("<html>"),
            End::Declined("unreadable"),
            2,
        ),
        (
            "401",
            ResponseTemplate::new(401),
            End::Declined("unauthorised"),
            1,
        ),
        (
            "429",
            ResponseTemplate::new(429).insert_header("retry-after", "0"),
            End::Waits,
            3,
        ),
        ("500", ResponseTemplate::new(500), End::Waits, 3),
        ("529", ResponseTemplate::new(529), End::Waits, 3),
    ];
    for (name, template, expected, calls) in cases {
        let bench = Bench::with("anthropic", &[]).await;
        bench.provider_answers(template).await;
        assert_eq!(end_of(&bench).await, expected, "{name}");
        assert_eq!(bench.calls().await, calls, "{name}");
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_call_that_waited_for_its_provider_is_extracted_after_the_outage() {
    let bench = Bench::openai().await;
    bench.provider_answers(ResponseTemplate::new(500)).await;
    let job = bench.store_call(&sample_call()).await;
    assert!(bench.run(&job).await.unwrap_err().is_outage());
    bench.provider_answers(openai(&good().to_string())).await;
    assert_eq!(
        bench.run(&job).await.unwrap(),
        Outcome::Stored {
            extracted: 1,
            stored: 1,
            reinforced: 0
        }
    );
    assert_eq!(bench.calls().await, 1);
}

#[tokio::test]
async fn after_the_last_timed_out_attempt_a_call_is_extracted_without_the_model() {
    for (max, waits) in [("3", 2), ("1", 0)] {
        let bench = Bench::with(
            "openai",
            &[("LLM_MAX_ATTEMPTS", max), ("LLM_TIMEOUT_MS", "1000")],
        )
        .await;
        bench.provider_answers(never()).await;
        for _ in 0..waits {
            assert_eq!(end_of(&bench).await, End::Waits);
        }
        assert_eq!(end_of(&bench).await, End::Declined("timed_out"));
        assert_eq!(bench.calls().await, waits + 1);
        bench.stop().await;
    }
}

/// A response that comes later than any timeout.
fn never() -> ResponseTemplate {
    openai(&good().to_string()).set_delay(Duration::from_secs(600))
}

/// Runs the job until the model has the request, and drops it there.
async fn dies_while_the_model_answers(bench: &Bench, job: &ExtractionJob) {
    bench.provider_answers(never()).await;
    let has_request = async {
        while bench.calls().await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        outcome = bench.run(job) => panic!("the job ended: {outcome:?}"),
        () = has_request => {}
    }
}

#[tokio::test]
async fn an_attempt_counts_if_the_process_dies_but_not_after_an_outage() {
    let bench = Bench::openai().await;
    let job = bench.store_call(&sample_call()).await;
    for _ in 0..2 {
        dies_while_the_model_answers(&bench, &job).await;
        for _ in 0..3 {
            bench
                .provider_answers(ResponseTemplate::new(429).insert_header("retry-after", "120"))
                .await;
            assert!(bench.run(&job).await.unwrap_err().is_outage());
        }
    }
    dies_while_the_model_answers(&bench, &job).await;
    bench.provider_answers(openai(&good().to_string())).await;
    assert_eq!(end_of(&bench).await, End::Declined("interrupted"));
    assert_eq!(bench.calls().await, 0);
    // A redo has its own attempts.
    let redo = ExtractionJob {
        redo: Some(7),
        ..job
    };
    bench.run(&redo).await.unwrap();
    let record = bench.archive.get(&redo.record()).await.unwrap().unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&record).unwrap()["provider"],
        "openai"
    );
}

#[tokio::test]
async fn a_provider_that_refuses_connections_costs_no_attempt() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{nobody}/v1");
    let bench = Bench::with(
        "openai",
        &[("LLM_API_URL", &url), ("LLM_MAX_ATTEMPTS", "1")],
    )
    .await;
    for _ in 0..2 {
        assert_eq!(end_of(&bench).await, End::Waits);
    }
}

/// Endless nesting, and an answer behind more broken brackets than are examined.
#[tokio::test]
async fn an_answer_of_only_brackets_is_unreadable_and_does_not_crash() {
    let behind = format!("{}{}", "[x ".repeat(5000), good());
    for text in ["[".repeat(300_000), "{\"a\":".repeat(100_000), behind] {
        let bench = Bench::openai().await;
        bench.provider_answers(openai(&text)).await;
        assert_eq!(end_of(&bench).await, End::Declined("unreadable"));
        bench.stop().await;
    }
}

/// The archive fails when the attempt is undone: the job is retried, and the count is one too high.
#[tokio::test]
async fn an_attempt_that_cannot_be_undone_counts_and_the_call_is_retried() {
    let folder = tempfile::tempdir().unwrap();
    let archive = FailsSecondAttemptCount::new(
        FolderArchive::open(folder.path().join("data"), None).unwrap(),
    );
    let bench = Bench::over(
        folder,
        archive.clone(),
        "openai",
        &[("LLM_MAX_ATTEMPTS", "2")],
    )
    .await;
    bench.provider_answers(ResponseTemplate::new(503)).await;
    let job = bench.store_call(&sample_call()).await;
    assert!(bench.run(&job).await.unwrap_err().is_outage());
    archive.heal();
    bench.provider_answers(openai(&good().to_string())).await;
    assert_eq!(
        bench.run(&job).await.unwrap(),
        Outcome::Stored {
            extracted: 1,
            stored: 1,
            reinforced: 0
        }
    );
    assert_eq!(
        bench.record("conv_1").await["provider"],
        "openai",
        "one of two attempts remained"
    );
}

/// Compares the raw body, because comparing JSON ignores the order of fields.
#[tokio::test]
async fn the_request_has_instructions_evidence_memory_and_greeting_in_this_order() {
    for provider in ["openai", "anthropic"] {
        let bench = Bench::with(provider, &[]).await;
        let good = if provider == "openai" {
            openai(&good().to_string())
        } else {
            anthropic(&good())
        };
        bench.provider_answers(good).await;
        bench.extract(&sample_call()).await.unwrap();
        let request = bench.provider.received_requests().await.unwrap().remove(0);
        let body = String::from_utf8(request.body).unwrap();
        let place = |text: &str| {
            body.find(text)
                .unwrap_or_else(|| panic!("{provider}: no {text} in {body}"))
        };
        assert!(
            place("You keep the long-term memory") < place("<transcript>\\n[{\\\"turn\\\":0,"),
            "{body}"
        );
        assert!(place("\\\"date\\\":\\\"2025-11-12\\\",\\\"weekday\\\":\\\"Wednesday\\\"") > 0);
        let fields = ["quote", "content", "importance", "summary", "greeting"];
        let places: Vec<usize> = fields
            .iter()
            .map(|name| place(&format!(r#""{name}":{{"type":"#)))
            .collect();
        assert!(places.is_sorted(), "{provider}: {places:?}");
    }
}

/// Each prompt fits into three quarters of the context, at three bytes per token. The rest is for
/// the answer.
#[tokio::test]
async fn a_call_is_split_to_fit_the_known_context_length() {
    let bench = Bench::with("openai", &[("LLM_CONTEXT_TOKENS", "4096")]).await;
    bench.provider_answers(openai(&good().to_string())).await;
    let mut turns = vec!["How shall we ship it?", SAID];
    let long =
        "And then there is the matter of the parcel that came last week with a broken corner. "
            .repeat(6);
    turns.extend(std::iter::repeat_n(long.as_str(), 10));
    bench
        .extract(&call("conv_1", 1_762_966_237, &turns))
        .await
        .unwrap();
    let requests = bench.provider.received_requests().await.unwrap();
    assert!(requests.len() > 2, "{}", requests.len());
    for request in &requests {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let texts = ["/messages/0/content", "/messages/1/content"]
            .map(|path| body.pointer(path).unwrap().as_str());
        let schema = body
            .pointer("/response_format/json_schema/schema")
            .unwrap()
            .to_string();
        let bytes = texts.into_iter().flatten().map(str::len).sum::<usize>() + schema.len();
        assert!(bytes / 3 <= 4096 * 3 / 4 + 200, "{bytes}");
    }
    assert_eq!(bench.record("conv_1").await["provider"], "openai");
}

#[tokio::test]
async fn memories_the_model_marks_as_assumed_or_not_about_the_caller_are_dropped() {
    let cases: Vec<Value> = serde_json::from_str(include_str!(
        "../../../../tests/cases/unfounded-claims.json"
    ))
    .unwrap();
    for case in cases {
        let bench = Bench::openai().await;
        let mut memory = claim(CONTENT, 1, SAID);
        for field in ["basis", "subject"]
            .into_iter()
            .filter(|field| case.get(field).is_some())
        {
            memory[field] = case[field].clone();
        }
        bench
            .provider_answers(openai(&answer(&[memory]).to_string()))
            .await;
        bench.extract(&sample_call()).await.unwrap();
        let record = bench.record("conv_1").await;
        let kept = case["kept"] == true;
        assert_eq!(bench.contents().await.len(), usize::from(kept), "{case}");
        assert_eq!(record["dropped"]["unsupported"] == 1, !kept, "{case}");
        bench.stop().await;
    }
}

/// The cases are in `tests/cases/model-answers.json`. In `content` and `response`, GOOD stands for
/// a valid memory and ANSWER for a complete answer with it.
#[tokio::test]
async fn the_readable_parts_of_an_answer_are_used_whatever_surrounds_them() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../../../tests/cases/model-answers.json")).unwrap();
    let bench = Bench::openai().await;
    for (index, case) in cases.iter().enumerate() {
        let name = case["name"].as_str().unwrap();
        let response = match case.get("response") {
            Some(response) => filled_in(response),
            None => {
                let choice = json!({"message": {"content": filled_in(&case["content"])}, "finish_reason": "stop"});
                json!({"choices": [choice], "usage": case.get("usage").unwrap_or(&json!({}))})
            }
        };
        bench
            .provider_answers(ResponseTemplate::new(200).set_body_json(response))
            .await;
        let conversation = format!("conv_{index}");
        let the_call = call(
            &conversation,
            1_762_966_237 + i64::try_from(index).unwrap(),
            &["How shall we ship it?", SAID],
        );
        bench.extract(&the_call).await.unwrap();
        let record = bench.record(&conversation).await;
        let kept = record["memories"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|memory| memory["content"] == CONTENT)
            .count();
        let expected = &case["expected"];
        if expected == "unreadable" {
            assert_eq!(
                (&record["provider"], &record["declined"]),
                (&json!("none"), &json!("unreadable")),
                "{name}"
            );
            assert_eq!(bench.calls().await, 2, "{name}");
            continue;
        }
        assert_eq!(
            (&record["provider"], record["declined"].as_str()),
            (&json!("openai"), None),
            "{name}"
        );
        assert_eq!(json!(kept), expected["kept"], "{name}: {record}");
        let dropped = record["dropped"]["unreadable"].as_u64().unwrap_or_default();
        assert_eq!(
            dropped,
            expected["dropped"].as_u64().unwrap_or_default(),
            "{name}"
        );
        assert_eq!(bench.calls().await, 1, "{name}");
        if let Some(issues) = expected.get("open_issues") {
            assert_eq!(&record["open_issues"], issues, "{name}");
        }
        if let Some(importance) = expected.get("importance") {
            assert_eq!(&record["memories"][0]["importance"], importance, "{name}");
        }
    }
}

/// Transcript and model may use different normal forms. Names are stored in normal form C.
#[tokio::test]
async fn a_quote_and_a_name_match_in_another_normal_form() {
    let composed = |text: &str| text.nfc().collect::<String>();
    let decomposed = |text: &str| text.nfd().collect::<String>();
    let bench = Bench::openai().await;
    let cases = [
        (
            "Nguyễn Thị Ánh",
            "Tôi là Nguyễn Thị Ánh, tôi muốn giấy mờ cho bức ảnh.",
            "Muốn giấy mờ cho bức ảnh.",
        ),
        (
            "Jürgen Müller",
            "Hier ist Jürgen Müller, ich möchte mattes Papier für Fotos.",
            "Möchte mattes Papier für Fotos.",
        ),
        (
            "Zoë Brontë",
            "This is Zoë Brontë, I only want matte paper.",
            "The caller wants only matte paper.",
        ),
        (
            "김하은",
            "저는 김하은 입니다, 무광 용지를 원해요.",
            "무광 용지를 원한다.",
        ),
    ];
    for (index, (name, said, content)) in cases.into_iter().enumerate() {
        for (direction, turn, model) in [
            (0, decomposed(said), composed(said)),
            (1, composed(said), decomposed(said)),
        ] {
            let in_models_form = |text: &str| {
                if direction == 0 {
                    composed(text)
                } else {
                    decomposed(text)
                }
            };
            let mut answer = answer(&[claim(&in_models_form(content), 1, &model)]);
            answer["caller_name"] = json!(in_models_form(name));
            bench.provider_answers(openai(&answer.to_string())).await;
            let conversation = format!("conv_{index}_{direction}");
            let second = 1_762_966_237 + i64::try_from(2 * index + direction).unwrap();
            bench
                .extract(&call(&conversation, second, &["Hello?", &turn]))
                .await
                .unwrap();
            let record = bench.record(&conversation).await;
            assert_eq!(
                record["memories"][0]["content"],
                composed(content),
                "{direction}: {record}"
            );
            assert_eq!(record["caller_name"], composed(name), "{direction}");
        }
    }
}

fn filled_in(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let text = text.replace("ANSWER", &good().to_string());
            json!(text.replace("GOOD", &claim(CONTENT, 1, SAID).to_string()))
        }
        Value::Array(values) => values.iter().map(filled_in).collect(),
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| (name.clone(), filled_in(value)))
            .collect(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn the_cost_of_a_conversation_is_in_its_record() {
    let bench = Bench::openai().await;
    bench.provider_answers(openai(&good().to_string())).await;
    bench.extract(&sample_call()).await.unwrap();
    let record = bench.record("conv_1").await;
    assert_eq!(
        record["usage"],
        json!({"input": 1000, "output": 200, "cached": 400})
    );
    // 600 uncached, 400 cached and 200 output tokens of gpt-4.1-mini.
    let dollars = record["cost_dollars"].as_f64().unwrap();
    assert!(
        (dollars - (600.0 * 0.4 + 400.0 * 0.1 + 200.0 * 1.6) / 1e6).abs() < 1e-9,
        "{dollars}"
    );
}

#[tokio::test]
async fn unusable_answers_are_included_in_the_cost() {
    let usage = json!({"prompt_tokens": 1000, "completion_tokens": 50});
    let reply = |reason: &str, message: Value| {
        let choice =
            json!({"choices": [{"message": message, "finish_reason": reason}], "usage": usage});
        ResponseTemplate::new(200).set_body_json(choice)
    };
    // An unreadable answer is requested twice. The whole call and its first half are cut off, and a
    // single turn cannot be halved.
    for (template, times) in [
        (reply("stop", json!({"content": "I am sorry."})), 2),
        (reply("stop", json!({"content": null})), 2),
        (reply("stop", json!({"content": null, "refusal": "No."})), 1),
        (reply("content_filter", json!({"content": "{"})), 1),
        (reply("length", json!({"content": "{"})), 2),
    ] {
        let bench = Bench::openai().await;
        bench.provider_answers(template).await;
        bench.extract(&sample_call()).await.unwrap();
        let record = bench.record("conv_1").await;
        assert_eq!(record["provider"], "none");
        assert_eq!(bench.calls().await, times);
        let expected = json!({"input": 1000 * times, "output": 50 * times, "cached": 0});
        assert_eq!(record["usage"], expected, "{}", record["declined"]);
        assert!(record["cost_dollars"].as_f64().unwrap() > 0.0);
        bench.stop().await;
    }
}

#[tokio::test]
async fn only_the_needed_webhook_fields_go_to_the_model() {
    let bench = Bench::openai().await;
    bench.provider_answers(openai(&good().to_string())).await;
    bench.extract(&sample_call()).await.unwrap();
    let request = &bench.provider.received_requests().await.unwrap()[0];
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    insta::assert_snapshot!(
        "user_message",
        body["messages"][1]["content"].as_str().unwrap()
    );
    assert_eq!(
        body["messages"][0]["role"], "system",
        "the instructions come first"
    );
}

fn good_claims() -> String {
    json!([claim(CONTENT, 1, SAID)]).to_string()
}
