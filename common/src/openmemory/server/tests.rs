use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::secrets::SecretSet;

const SECRET_KEY: &str = "not-a-real-key";

async fn store() -> MockServer {
    let store = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(200))
        .mount(&store)
        .await;
    store
}

fn server(store: &MockServer, signer: Option<Identity>) -> Server {
    let secrets =
        SecretSet::read(|name| (name == "OPENMEMORY_API_KEY").then(|| "store-key".to_owned()));
    let base = Url::parse(&store.uri()).unwrap();
    let limit = Duration::from_secs(5);
    Server::new(
        crate::http_client::build().unwrap().into(),
        base,
        Secrets::fixed(secrets),
        limit,
    )
    .with_signer(signer)
}

fn signer() -> Identity {
    Identity::new(
        "AKIDEXAMPLE",
        SECRET_KEY,
        Some("session-of-the-role".to_owned()),
        "eu-central-1",
    )
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Percent-encodes all bytes except the unreserved ones of the specification.
fn percent_encode(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if unreserved(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// Computes the `Authorization` value that AWS expects for a received request, according to the
/// specification of Signature Version 4. Except for S3, each path segment is encoded once more.
fn signature_of(request: &Request, signed_headers: &str) -> String {
    let path: Vec<String> = request.url.path().split('/').map(percent_encode).collect();
    let parameters: BTreeMap<_, _> = request
        .url
        .query_pairs()
        .map(|(name, value)| (percent_encode(&name), percent_encode(&value)))
        .collect();
    let query: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let header = |name: &str| {
        request
            .headers
            .get(name)
            .unwrap()
            .to_str()
            .unwrap()
            .trim()
            .to_owned()
    };
    let headers: String = signed_headers
        .split(';')
        .map(|name| format!("{name}:{}\n", header(name)))
        .collect();
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{signed_headers}\n{}",
        request.method,
        path.join("/"),
        query.join("&"),
        hex::encode(Sha256::digest(&request.body))
    );
    let at = header("x-amz-date");
    let day = &at[..8];
    let scope = format!("{day}/eu-central-1/lambda/aws4_request");
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{at}\n{scope}\n{}",
        hex::encode(Sha256::digest(canonical))
    );
    let key = [day, "eu-central-1", "lambda", "aws4_request"]
        .iter()
        .fold(format!("AWS4{SECRET_KEY}").into_bytes(), |key, part| {
            hmac(&key, part)
        });
    let signature = hex::encode(hmac(&key, &to_sign));
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={signed_headers}, Signature={signature}"
    )
}

fn assert_signature_is_valid(request: &Request) {
    let authorization = request.headers["authorization"].to_str().unwrap();
    let signed_headers = authorization
        .split("SignedHeaders=")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap();
    for name in ["host", "x-amz-date", "x-amz-security-token", "x-api-key"] {
        assert!(
            signed_headers.split(';').any(|header| header == name),
            "{name} is not signed: {signed_headers}"
        );
    }
    assert_eq!(
        authorization,
        signature_of(request, signed_headers),
        "{} {}",
        request.method,
        request.url
    );
}

#[tokio::test]
async fn the_signature_is_valid_for_any_path_query_and_body() {
    let store = store().await;
    let server = server(&store, Some(signer()));
    let path = |caller: &str| {
        server.url(&[
            "api", "v1", "agents", "agent_1", "callers", caller, "memories",
        ])
    };
    let mut with_query = path("*");
    with_query
        .query_pairs_mut()
        .append_pair("alias", "+12025550123")
        .append_pair("text", "a b&c=d/é");
    let body = serde_json::json!({"query": "où est né Zoë? 100 % + 1"});
    let requests = [
        server.get(server.url(&["health"])),
        server.get(path("+12025550123")),
        server.get(path("user:zoë/../a?b#c d~e")),
        server.get(with_query),
        server.delete(server.url(&["api", "v1", "memories", "mem_1"])),
        server.send_json(
            Method::POST,
            server.url(&["api", "v1", "memories", "search"]),
            &body,
        ),
        server
            .post(path("+12025550123"))
            .header("idempotency-key", "conv_1:0")
            .json(&body),
    ];
    let count = requests.len();
    for request in requests {
        server.send(request).await.unwrap().success().unwrap();
    }
    let received = store.received_requests().await.unwrap();
    assert_eq!(received.len(), count);
    assert!(
        received[1].url.path().contains("/%2B12025550123/"),
        "the path was changed: {}",
        received[1].url
    );
    let query = received[3].url.query().unwrap();
    assert!(
        query.contains("text=a%20b"),
        "a space must be %20, which AWS and the server decode alike: {query}"
    );
    received.iter().for_each(assert_signature_is_valid);
}

#[tokio::test]
async fn a_signed_request_has_the_key_only_in_x_api_key() {
    let store = store().await;
    for signer in [Some(signer()), None] {
        let is_signed = signer.is_some();
        let server = server(&store, signer);
        server
            .send(server.get(server.url(&["health"])))
            .await
            .unwrap();
        let received = store.received_requests().await.unwrap().pop().unwrap();
        assert_eq!(received.headers["x-api-key"], "store-key");
        let authorizations = received.headers.get_all("authorization");
        assert_eq!(authorizations.iter().count(), 1);
        let authorization = received.headers["authorization"].to_str().unwrap();
        assert_eq!(authorization.starts_with("AWS4-HMAC-SHA256 "), is_signed);
        assert_eq!(authorization == "Bearer store-key", !is_signed);
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_signed_is_not_sent() {
    let store = store().await;
    let server = server(&store, Some(signer()));
    let not_text = http::HeaderValue::from_bytes(b"\xff").unwrap();
    let request = server
        .get(server.url(&["health"]))
        .header("x-odd", not_text);
    let error = server.send(request).await.err();
    assert_eq!(error, Some(CallError::Unauthorised(StatusCode::FORBIDDEN)));
    assert!(store.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_headers_of_the_trace_are_sent_but_not_signed() {
    let store = store().await;
    let server = server(&store, Some(signer()));
    let request = server.get(server.url(&["health"]));
    let xray = "Root=1-5759e988-bd862e3fe1be46a994272793";
    let headers = http::HeaderMap::from_iter([(
        http::HeaderName::from_static("x-amzn-trace-id"),
        http::HeaderValue::from_static(xray),
    )]);
    let incoming = trace::IncomingTrace::read(&headers);
    trace::in_request(incoming, server.send(request))
        .await
        .unwrap();
    let received = store.received_requests().await.unwrap().pop().unwrap();
    assert_signature_is_valid(&received);
    let authorization = received.headers["authorization"].to_str().unwrap();
    assert!(!authorization.contains("trace"), "{authorization}");
    assert_eq!(received.headers["x-amzn-trace-id"], xray);
    assert!(received.headers.contains_key("traceparent"));
}
