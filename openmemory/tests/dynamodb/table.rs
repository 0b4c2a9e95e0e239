//! Tables in an emulator of DynamoDB. The tests of several programs share this file.

use std::time::Duration;

use serde_json::{Value, json};

/// The pepper of all tests.
pub(crate) const PEPPER: &str = "a pepper for tests alone";

/// The endpoint of the emulator to test on, if the tests run on DynamoDB.
pub(crate) fn endpoint() -> Option<String> {
    variable("OPENMEMORY_TEST_DYNAMODB")?;
    variable("AWS_ENDPOINT_URL_DYNAMODB")
}

/// Creates a table with the keys and the time to live of the template. Returns its name.
pub(crate) async fn create() -> String {
    let name = format!("memories-{}", uuid::Uuid::new_v4().simple());
    let attributes =
        ["PK", "SK"].map(|name| json!({ "AttributeName": name, "AttributeType": "S" }));
    let schema = [("PK", "HASH"), ("SK", "RANGE")]
        .map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind }));
    let table = json!({
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes, "KeySchema": schema,
    });
    call("CreateTable", &table).await;
    let expiry = json!({ "AttributeName": "expires", "Enabled": true });
    let expiry = json!({ "TableName": name, "TimeToLiveSpecification": expiry });
    call("UpdateTimeToLive", &expiry).await;
    name
}

/// Calls an operation of DynamoDB. The emulators do not check signatures.
pub(crate) async fn call(operation: &str, request: &Value) -> Value {
    let client = web::client::builder(None)
        .unwrap()
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap();
    let response = client
        .post(endpoint().unwrap())
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header("authorization", AUTHORIZATION)
        .body(request.to_string())
        .send()
        .await
        .unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{operation}: {text}");
    serde_json::from_str(&text).unwrap()
}

const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 \
    Credential=test/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests have no settings")]
    std::env::var(name).ok()
}
