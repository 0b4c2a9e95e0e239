//! The trace of a webhook continues in the requests and the extraction that it causes.

use elaaoms_tests::log::Log;
use elaaoms_tests::payload::{NURSERY, TOMAS};
use elaaoms_tests::{
    Claim, Deployment, Provider, SIGNING_SECRET, WEBHOOK_KEY, eventually, now, payload, sign,
};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const TRACEPARENT: &str = "traceparent";
const XRAY: &str = "x-amzn-trace-id";

#[tokio::test]
async fn a_trace_continues_at_the_memory_store_in_the_extraction_and_at_the_model() {
    const ID: &str = "b0de000000000000000000000000cafe";
    const INCOMING: &str = "00-b0de000000000000000000000000cafe-00f067aa0ba902b7-01";
    let log = Log::of_this_process();
    let model = Provider::start().await;
    model.answers(|_| Claim::answer(&[], "A call."));
    let elevenlabs_api = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(404))
        .mount(&elevenlabs_api)
        .await;
    let deployment = Deployment::with(&[
        ("LLM_PROVIDER", "openai"),
        ("LLM_MODEL", "m"),
        ("LLM_API_KEY", "sk-flowerpot"),
        ("LLM_API_URL", &model.url()),
        ("ELEVENLABS_API_URL", &elevenlabs_api.uri()),
        ("ELEVENLABS_API_KEY", "xi-1"),
    ])
    .await;
    let body = payload::body("first-call");
    let signature = sign(SIGNING_SECRET, now(), &body);
    let call = deployment
        .elevenlabs
        .post("/webhook/post-call", body.clone());
    let call = call
        .header("ElevenLabs-Signature", signature)
        .header(TRACEPARENT, INCOMING);
    assert_eq!(deployment.elevenlabs.send(call).await.status, 200);
    deployment.done(&payload::conversation(&body)).await;
    for line in ["webhook stored", "request finished", "call extracted"] {
        eventually(line, async || {
            log.says(&[line, &format!(r#""trace_id":"{ID}""#)])
                .then_some(())
        })
        .await;
    }
    let asked = model.requests().await;
    assert!(!asked.is_empty());
    for request in asked {
        let sent = request.headers[TRACEPARENT].to_str().unwrap();
        assert!(
            sent.starts_with(&format!("00-{ID}-")) && sent != INCOMING,
            "{sent}"
        );
    }
    let asked = elevenlabs_api.received_requests().await.unwrap();
    assert!(!asked.is_empty());
    for request in asked {
        assert!(
            !request.headers.contains_key(TRACEPARENT),
            "{}",
            request.url
        );
    }
}

#[tokio::test]
async fn the_memory_store_receives_the_x_ray_header_and_a_traceparent_of_the_same_trace() {
    const ROOT: &str = "Root=1-5759e988-bd862e3fe1be46a99427b0de";
    let store = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(404))
        .mount(&store)
        .await;
    let deployment = Deployment::with(&[("OPENMEMORY_API_URL", &store.uri())]).await;
    for malformed in [None, Some("00-zz-00f067aa0ba902b7-01"), Some("?")] {
        let body = json!({"caller_id": TOMAS, "agent_id": NURSERY}).to_string();
        let mut ring = deployment
            .elevenlabs
            .post("/webhook/client-data", body)
            .header("x-api-key", WEBHOOK_KEY)
            .header(XRAY, format!("{ROOT};Lineage=a:0"));
        if let Some(malformed) = malformed {
            ring = ring.header(TRACEPARENT, malformed);
        }
        assert_eq!(deployment.elevenlabs.send(ring).await.status, 200);
    }
    let asked = store.received_requests().await.unwrap();
    let asked: Vec<_> = asked
        .iter()
        .filter(|request| request.headers.contains_key(XRAY))
        .collect();
    assert!(asked.len() >= 3, "{}", asked.len());
    for request in asked {
        assert_eq!(request.headers[XRAY], ROOT);
        let sent = request.headers[TRACEPARENT].to_str().unwrap();
        assert!(
            sent.starts_with("00-5759e988bd862e3fe1be46a99427b0de-"),
            "{sent}"
        );
    }
}
