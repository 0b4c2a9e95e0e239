//! Tests what happens when DynamoDB has no capacity, with a fake of its protocol.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use wiremock::matchers::header;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::connect::{DynamoOptions, config};
use super::{Dynamo, StorageError};
use crate::memory::{AgentId, CallerId, Callers, Draft, MemoryId, Plan, Rules};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const RULES: Rules = Rules {
    similarity_threshold: 0.85,
    max_memories_per_agent: 100,
};

/// A table in the fake.
fn table(server: &MockServer) -> Dynamo {
    let lookup = |name: &str| match name {
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ENDPOINT_URL_DYNAMODB" => Some(server.uri()),
        _ => None,
    };
    let http = web::client::builder(None).unwrap().build().unwrap();
    let config = config(http, lookup)
        .credentials_provider(Credentials::new("test", "test", None, None, "a test"));
    let options = DynamoOptions {
        table: "memories".to_owned(),
        pepper: SecretString::from("a pepper for tests"),
        extra_ca_file: None,
        may_scan: false,
    };
    Dynamo::new(Client::from_conf(config.build()), options)
}

/// Answers an operation, `times` times at most.
async fn answer(server: &MockServer, operation: &str, times: u64, status: u16, body: Value) {
    Mock::given(header(
        "x-amz-target",
        format!("DynamoDB_20120810.{operation}").as_str(),
    ))
    .respond_with(ResponseTemplate::new(status).set_body_json(body))
    .up_to_n_times(times)
    .mount(server)
    .await;
}

fn error(kind: &str) -> Value {
    json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "Slow down",
    })
}

fn cancelled(reason: &str) -> Value {
    let mut body = error("TransactionCanceledException");
    body["CancellationReasons"] = json!([{ "Code": "None" }, { "Code": reason }]);
    body
}

fn caller() -> CallerId {
    CallerId::parse("+12025550101").unwrap()
}

async fn search(table: &Dynamo) -> Result<usize, StorageError> {
    let callers = Callers::new(caller(), []).unwrap();
    let found = table.active(&callers, None, NOW).await?;
    Ok(found.len())
}

async fn store(table: &Dynamo) -> Result<Plan, StorageError> {
    let draft = Draft {
        id: MemoryId::parse("one").unwrap(),
        agent_id: AgentId::parse("support").unwrap(),
        caller_id: caller(),
        aliases: Vec::new(),
        told_as: None,
        content: "Has a dog".to_owned(),
        metadata: Map::new(),
        importance: 5,
        happened_at: None,
        expires_at: None,
        key: None,
        older_fingerprints: Vec::new(),
        relation: None,
        vector: None,
    };
    table.remember(vec![draft], RULES, NOW).await
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn a_throttled_search_is_repeated() {
    for kind in [
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "InternalServerError",
    ] {
        let server = MockServer::start().await;
        let status = if kind == "InternalServerError" {
            500
        } else {
            400
        };
        answer(&server, "Query", 3, status, error(kind)).await;
        answer(&server, "Query", 1, 200, json!({ "Items": [], "Count": 0 })).await;
        assert_eq!(search(&table(&server)).await.unwrap(), 0, "{kind}");
        assert_eq!(requests(&server).await, 4, "{kind}");
    }
}

#[tokio::test]
async fn a_search_that_stays_throttled_fails_after_five_requests() {
    let server = MockServer::start().await;
    answer(&server, "Query", 100, 400, error("ThrottlingException")).await;
    search(&table(&server)).await.unwrap_err();
    assert_eq!(requests(&server).await, 5);
}

#[tokio::test]
async fn a_throttled_transaction_is_planned_again() {
    let server = MockServer::start().await;
    let nothing = json!({ "Responses": { "memories": [] }, "UnprocessedKeys": {} });
    answer(&server, "BatchGetItem", 3, 200, nothing).await;
    answer(&server, "Query", 3, 200, json!({ "Items": [], "Count": 0 })).await;
    let operation = "TransactWriteItems";
    answer(&server, operation, 1, 400, cancelled("ThrottlingError")).await;
    let reason = "ProvisionedThroughputExceeded";
    answer(&server, operation, 1, 400, cancelled(reason)).await;
    answer(&server, operation, 1, 200, json!({})).await;
    let plan = store(&table(&server)).await.unwrap();
    assert_eq!(plan.outcomes.len(), 1);
    assert_eq!(requests(&server).await, 9);
}

#[tokio::test]
async fn a_refused_transaction_is_not_repeated() {
    let server = MockServer::start().await;
    let nothing = json!({ "Responses": {}, "UnprocessedKeys": {} });
    answer(&server, "BatchGetItem", 9, 200, nothing).await;
    answer(&server, "Query", 9, 200, json!({ "Items": [], "Count": 0 })).await;
    let refused = cancelled("ValidationError");
    answer(&server, "TransactWriteItems", 9, 400, refused).await;
    assert!(store(&table(&server)).await.is_err());
    assert_eq!(requests(&server).await, 3);
}

#[tokio::test]
async fn keys_that_were_not_read_are_read_again() {
    let server = MockServer::start().await;
    let table = table(&server);
    let key = json!({ "PK": { "S": "TABLE" }, "SK": { "S": "@" } });
    let rest = json!({ "memories": { "Keys": [key] } });
    let none = json!({ "Responses": { "memories": [] }, "UnprocessedKeys": rest });
    answer(&server, "BatchGetItem", 2, 200, none).await;
    let one = json!({ "Responses": { "memories": [key] }, "UnprocessedKeys": {} });
    answer(&server, "BatchGetItem", 1, 200, one).await;
    let wanted = super::keys::table_info();
    let found = table.get([wanted.clone()]).await.unwrap();
    assert!(found.get(&wanted).is_some());
    assert_eq!(requests(&server).await, 3);
}
