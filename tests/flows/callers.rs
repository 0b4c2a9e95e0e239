//! Caller identity: one person is one caller on every channel and in every spelling of the number,
//! and two people never share a memory.

use bytes::Bytes;
use elaaoms_tests::payload::{NURSERY, OURS};
use elaaoms_tests::{Deployment, Reply, SIGNING_SECRET, WEBHOOK_KEY, cases, now, sign};
use serde_json::{Value, json};

const BRITISH_NUMBER: &str = "+442071838750";

#[tokio::test]
async fn a_caller_is_known_by_every_spelling_of_the_number() {
    let deployment = Deployment::start().await;
    deployment
        .remember(phone_call("conv_british", BRITISH_NUMBER))
        .await;
    for case in callers("one_caller")
        .iter()
        .filter(|case| case["id"] == BRITISH_NUMBER)
    {
        for spelling in texts(case, "spellings") {
            let reply = deployment.elevenlabs.ring(NURSERY, spelling).await;
            assert_eq!(reply.variable("caller_known"), "true", "{spelling:?}");
            assert_eq!(
                search(&deployment, json!({"caller_id": spelling}))
                    .await
                    .found()
                    .len(),
                1,
                "{spelling:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_national_number_is_resolved_by_the_called_country() {
    let deployment = Deployment::start().await;
    deployment
        .remember(phone_call("conv_british", BRITISH_NUMBER))
        .await;
    let known = async |called: &str| {
        let ring =
            json!({"agent_id": NURSERY, "caller_id": "020 7183 8750", "called_number": called});
        deployment
            .elevenlabs
            .client_data(&ring)
            .await
            .variable("caller_known")
            .to_owned()
    };
    assert_eq!(known("+442071838700").await, "true");
    assert_eq!(known("+493055501000").await, "false");
    let query = json!({"caller_id": "02071838750", "called_number": "+442071838700"});
    assert_eq!(search(&deployment, query).await.found().len(), 1);
}

#[tokio::test]
async fn an_address_that_identifies_nobody_is_neither_remembered_nor_recognised() {
    let deployment = Deployment::start().await;
    for (number, case) in callers("nobody").iter().enumerate() {
        for (index, caller) in texts(case, "callers").into_iter().enumerate() {
            let reply = deployment
                .elevenlabs
                .post_call(phone_call(&format!("conv_{number}_{index}"), caller))
                .await;
            assert_eq!(reply.status, 200, "{caller:?}");
            assert_eq!(
                reply.body["data"]["memory_extraction_queued"], false,
                "{caller:?}"
            );
            let reply = deployment.elevenlabs.ring(NURSERY, caller).await;
            assert_eq!(reply.variable("caller_known"), "false", "{caller:?}");
        }
    }
}

#[tokio::test]
async fn the_same_extension_in_two_domains_is_two_callers() {
    let deployment = Deployment::start().await;
    deployment
        .remember(phone_call("conv_north", "sip:1001@office-north.example"))
        .await;
    let known = async |caller: &str| {
        deployment
            .elevenlabs
            .ring(NURSERY, caller)
            .await
            .variable("caller_known")
            .to_owned()
    };
    assert_eq!(known("sip:1001@Office-North.example:5060").await, "true");
    for other in ["sip:1001@office-south.example", "1001", "sip:1001"] {
        assert_eq!(known(other).await, "false", "{other}");
    }
}

#[tokio::test]
async fn a_telephone_number_is_the_same_caller_on_every_channel() {
    let deployment = Deployment::start().await;
    let channels = [
        (
            "phone",
            json!({"conversation_initiation_source": "twilio",
            "phone_call": {"type": "twilio", "direction": "inbound", "external_number": BRITISH_NUMBER, "agent_number": OURS}}),
        ),
        (
            "whatsapp",
            json!({"conversation_initiation_source": "whatsapp",
            "whatsapp": {"direction": "inbound", "whatsapp_user_id": "442071838750"}}),
        ),
        (
            "whatsapp",
            json!({"whatsapp": {"whatsapp_user_id": "GB.1349120865", "recipient": {"phone": BRITISH_NUMBER}}}),
        ),
        (
            "sms",
            json!({"conversation_initiation_source": "twilio_sms",
            "sms": {"direction": "inbound", "sms_user_phone_number": BRITISH_NUMBER, "agent_phone_number": OURS}}),
        ),
    ];
    for (number, (channel, metadata)) in channels.into_iter().enumerate() {
        let conversation = format!("conv_{number}");
        deployment
            .remember(call(
                &conversation,
                &metadata,
                &format!("Wants {number} pear trees."),
            ))
            .await;
        let memories = deployment.memories(NURSERY, BRITISH_NUMBER).await;
        let stored = memories
            .iter()
            .find(|memory| memory["metadata"]["conversation_id"] == conversation.as_str());
        assert_eq!(
            stored.unwrap()["metadata"]["channel"],
            channel,
            "{memories:?}"
        );
    }
    assert_eq!(deployment.memories(NURSERY, BRITISH_NUMBER).await.len(), 4);
    assert_eq!(
        deployment
            .elevenlabs
            .ring(NURSERY, BRITISH_NUMBER)
            .await
            .variable("caller_known"),
        "true"
    );
}

#[tokio::test]
async fn a_caller_with_a_hidden_number_is_known_by_the_channels_user_id() {
    let deployment = Deployment::start().await;
    let metadata = json!({"whatsapp": {"whatsapp_user_id": "GB.13491208655302741918"}});
    deployment
        .remember(call("conv_hidden", &metadata, "Wants pear trees."))
        .await;
    assert_eq!(
        deployment
            .memories(NURSERY, "whatsapp:GB.13491208655302741918")
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn a_web_session_has_no_telephone_number() {
    let deployment = Deployment::with(&[("TRUST_USER_ID", "true")]).await;
    let mut body: Value = serde_json::from_slice(&call(
        "conv_web",
        &json!({"conversation_initiation_source": "widget"}),
        "Wants pear trees.",
    ))
    .unwrap();
    body["data"]["user_id"] = json!("member-8812");
    body["data"]["conversation_initiation_client_data"] =
        json!({"dynamic_variables": {"system__caller_id": BRITISH_NUMBER}});
    deployment.remember(body.to_string()).await;
    assert_eq!(
        deployment.memories(NURSERY, "user:member-8812").await.len(),
        1
    );
    assert!(
        deployment
            .memories(NURSERY, BRITISH_NUMBER)
            .await
            .is_empty()
    );
    let query = json!({"caller_id": "{{system__caller_id}}", "user_id": "member-8812"});
    assert_eq!(search(&deployment, query).await.found().len(), 1);
}

#[tokio::test]
async fn template_braces_in_a_callers_words_are_never_sent_out() {
    let deployment = Deployment::with(&[
        ("GREETING_DELIVERY", "both"),
        ("DEFAULT_GREETING", "Hi {{secret__x}}!"),
    ])
    .await;
    let said = "Wants {{shop_name}} and {{{system__caller_id}}} painted on the pots.";
    deployment
        .remember(call("conv_braces", &phone(BRITISH_NUMBER), said))
        .await;
    let greeted = deployment.elevenlabs.ring(NURSERY, BRITISH_NUMBER).await;
    let found = search(
        &deployment,
        json!({"caller_id": BRITISH_NUMBER, "query": "painted pots"}),
    )
    .await;
    let stranger = deployment.elevenlabs.ring(NURSERY, "+12025550178").await;
    for reply in [&greeted, &found] {
        assert!(reply.text.contains("{shop_name}"), "{}", reply.text);
    }
    for reply in [greeted, found, stranger] {
        assert!(
            !reply.text.contains("{{") && !texts_in(&reply.body).contains("}}"),
            "{}",
            reply.text
        );
    }
}

#[tokio::test]
async fn a_call_with_a_wrong_clock_does_not_block_the_caller_card() {
    let deployment = Deployment::start().await;
    for (conversation, start, summary) in [
        ("conv_1", 99_999_999_999_i64, "Wants plum trees."),
        ("conv_2", 0, "Wants fig trees."),
    ] {
        let mut metadata = phone(BRITISH_NUMBER);
        metadata["start_time_unix_secs"] = json!(start);
        deployment
            .remember(call(conversation, &metadata, summary))
            .await;
        let reply = deployment.elevenlabs.ring(NURSERY, BRITISH_NUMBER).await;
        assert_eq!(reply.variable("last_call_summary"), summary);
        assert!(
            reply.variable("last_call_at").starts_with("20"),
            "{}",
            reply.text
        );
    }
}

#[tokio::test]
async fn a_key_is_accepted_whatever_other_headers_are_present() {
    let deployment = Deployment::start().await;
    let elevenlabs = &deployment.elevenlabs;
    let ring = json!({"agent_id": NURSERY, "caller_id": BRITISH_NUMBER}).to_string();
    let signature = sign(SIGNING_SECRET, now(), ring.as_bytes());
    for case in cases("keys-among-headers.json") {
        let mut request = elevenlabs.post("/webhook/client-data", ring.clone());
        for header in case["headers"].as_array().unwrap() {
            let value = header[1]
                .as_str()
                .unwrap()
                .replace("KEY", WEBHOOK_KEY)
                .replace("SIGNATURE", &signature);
            request = request.header(header[0].as_str().unwrap(), value);
        }
        assert_eq!(
            elevenlabs.send(request).await.status.as_u16(),
            case["status"],
            "{}",
            case["name"]
        );
    }
}

async fn search(deployment: &Deployment, more: Value) -> Reply {
    let mut body = json!({"query": "pear trees", "agent_id": NURSERY});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    deployment.elevenlabs.search(&body).await
}

fn phone(number: &str) -> Value {
    json!({"phone_call": {"type": "sip_trunking", "direction": "inbound", "external_number": number, "agent_number": OURS}})
}

fn phone_call(conversation: &str, number: &str) -> Bytes {
    call(conversation, &phone(number), "Wants pear trees.")
}

/// Returns a finished call with the default retention settings of an agent.
fn call(conversation: &str, metadata: &Value, summary: &str) -> Bytes {
    let mut whole = json!({"start_time_unix_secs": 1_795_773_600, "call_duration_secs": 40, "main_language": "en",
        "deletion_settings": {"deletion_time_unix_secs": 1_858_845_600, "delete_transcript_and_pii": true}});
    whole
        .as_object_mut()
        .unwrap()
        .extend(metadata.as_object().unwrap().clone());
    let body = json!({"type": "post_call_transcription", "event_timestamp": 1_795_773_700, "data": {
        "conversation_id": conversation, "agent_id": NURSERY, "status": "done", "metadata": whole,
        "transcript": [{"role": "agent", "message": "Hello, how can I help?", "time_in_call_secs": 0},
            {"role": "user", "message": "I would like some trees for my garden please.", "time_in_call_secs": 3}],
        "analysis": {"call_successful": "success", "transcript_summary": summary}}});
    Bytes::from(body.to_string())
}

/// Returns every text of a JSON value, one per line.
fn texts_in(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text}\n"),
        Value::Array(values) => values.iter().map(texts_in).collect(),
        Value::Object(fields) => fields.values().map(texts_in).collect(),
        _ => String::new(),
    }
}

fn callers(kind: &str) -> Vec<Value> {
    let cases: Value = serde_json::from_str(include_str!("../cases/callers.json")).unwrap();
    cases[kind].as_array().unwrap().clone()
}

fn texts<'a>(case: &'a Value, field: &str) -> Vec<&'a str> {
    case[field]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect()
}
