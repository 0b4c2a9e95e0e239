use axum::extract::Extension;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::*;

const BODY: &[u8] = "{\"text\":\"Grüße\"}\r\n".as_bytes();

fn event(body: &str, is_base64_encoded: bool) -> lambda_http::Request {
    let event: Value = json!({
        "version": "2.0", "routeKey": "POST /echo", "rawPath": "/echo", "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "api.example.test"},
        "requestContext": {
            "accountId": "anonymous", "apiId": "api", "domainName": "api.example.test", "domainPrefix": "api",
            "requestId": "id", "routeKey": "POST /echo", "stage": "$default", "time": "", "timeEpoch": 0,
            "http": {"method": "POST", "path": "/echo", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": ""},
        },
        "body": body, "isBase64Encoded": is_base64_encoded,
    });
    lambda_http::request::from_str(&event.to_string()).unwrap()
}

async fn echo(
    Extension(SourceIp(source)): Extension<SourceIp>,
    body: Bytes,
) -> (http::HeaderMap, Bytes) {
    let headers = http::HeaderMap::from_iter([(
        "x-source".parse().unwrap(),
        source.to_string().parse().unwrap(),
    )]);
    (headers, body)
}

async fn echo_response(request: lambda_http::Request) -> Response {
    let settings = MonitoringSettings::read(|_| None).unwrap();
    let emf = Emf::install(settings, "echo", 0);
    respond(Router::new().route("/echo", post(echo)), request, emf).await
}

#[test]
fn only_a_provisioned_instance_waits_for_its_secrets() {
    let started_as = |kind: &'static str| is_provisioned(move |_| Some(kind.to_owned()));
    assert!(started_as("provisioned-concurrency"));
    assert!(!started_as("on-demand") && !is_provisioned(|_| None));
}

#[tokio::test]
async fn a_body_arrives_byte_for_byte_as_text_or_base64() {
    let plain = event(std::str::from_utf8(BODY).unwrap(), false);
    let encoded = event(&STANDARD.encode(BODY), true);
    for request in [plain, encoded] {
        let body = axum::body::to_bytes(echo_response(request).await.into_body(), 1024)
            .await
            .unwrap();
        assert_eq!(body, BODY);
    }
}

#[tokio::test]
async fn the_source_address_comes_from_api_gateway_not_from_a_header() {
    let mut request = event("{}", false);
    request
        .headers_mut()
        .insert("x-forwarded-for", "198.51.100.1".parse().unwrap());
    assert_eq!(
        echo_response(request).await.headers()["x-source"],
        "203.0.113.7"
    );
}
