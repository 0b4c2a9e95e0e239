//! A proxy in front of an emulator of DynamoDB. It counts requests and computes their capacity
//! units.
//!
//! Sizes are those of the items in the emulator, because requests do not contain them all: an
//! update names only what it changes, and a query returns only some attributes. The recorder
//! therefore reads written items before and after a request, and repeats a query without its
//! projection. The emulator's own figures (`ReturnConsumedCapacity`) are not used.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::access::{Access, access};
use crate::item_size::item_size;
use crate::usage::Usage;
use crate::{table, units};

const OPERATION: &str = "x-amz-target";

pub(crate) struct Recorder {
    endpoint: String,
    recorded: Arc<Mutex<Usage>>,
}

#[derive(Clone)]
struct Forwarding {
    client: reqwest::Client,
    emulator: String,
    recorded: Arc<Mutex<Usage>>,
}

impl Recorder {
    pub(crate) async fn start(emulator: String) -> Self {
        let recorded = Arc::<Mutex<Usage>>::default();
        let forwarding = Forwarding {
            client: web::client::builder(None).unwrap().build().unwrap(),
            emulator,
            recorded: recorded.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(forward).with_state(forwarding);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, recorded }
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns what was recorded since the last time.
    pub(crate) fn take(&self) -> Usage {
        std::mem::take(&mut *self.recorded.lock().unwrap())
    }
}

async fn forward(
    State(forwarding): State<Forwarding>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Bytes) {
    let target = headers[OPERATION].to_str().unwrap();
    let operation = target.rsplit('.').next().unwrap();
    let request: Value = serde_json::from_slice(&body).unwrap();
    let access = access(operation, &request)
        .unwrap_or_else(|| panic!("{operation} has no capacity units here"));
    let table = table_name(&request);
    let before = written_sizes(&access, &table).await;
    let response = forwarding.send(&headers, body).await;
    let (read, written) = match &access {
        Access::Items {
            keys,
            is_consistent,
        } => {
            let sizes = sizes(keys, &table).await.into_iter();
            (sizes.map(|size| units::read(size, *is_consistent)).sum(), 0)
        }
        Access::Page { is_consistent } => {
            (units::read(page_size(request).await, *is_consistent), 0)
        }
        Access::Writes { is_transaction, .. } => {
            let after = written_sizes(&access, &table).await;
            let pairs = before.into_iter().zip(after);
            let units = pairs.map(|(before, after)| units::write(before, after, *is_transaction));
            (0.0, units.sum())
        }
    };
    let mut recorded = forwarding.recorded.lock().unwrap();
    recorded.add(operation, read, written);
    response
}

impl Forwarding {
    async fn send(&self, headers: &HeaderMap, body: Bytes) -> (StatusCode, Bytes) {
        let names = ["content-type", "authorization", "x-amz-date", OPERATION];
        let request = names
            .into_iter()
            .filter_map(|name| Some((name, headers.get(name)?)))
            .fold(
                self.client.post(&self.emulator),
                |request, (name, value)| request.header(name, value),
            );
        let response = request.body(body).send().await.unwrap();
        (response.status(), response.bytes().await.unwrap())
    }
}

async fn written_sizes(access: &Access, table: &str) -> Vec<usize> {
    match access {
        Access::Writes { keys, .. } => sizes(keys, table).await,
        Access::Items { .. } | Access::Page { .. } => Vec::new(),
    }
}

async fn sizes(keys: &[Value], table: &str) -> Vec<usize> {
    let mut sizes = Vec::new();
    for key in keys {
        let request = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
        sizes.push(item_size(&table::call("GetItem", &request).await["Item"]));
    }
    sizes
}

/// The bytes of all items of a page of a query, with the attributes that it leaves out.
async fn page_size(mut query: Value) -> usize {
    let fields = query.as_object_mut().unwrap();
    fields.remove("ProjectionExpression");
    fields.remove("ExpressionAttributeNames");
    let page = table::call("Query", &query).await;
    page["Items"]
        .as_array()
        .unwrap()
        .iter()
        .map(item_size)
        .sum()
}

fn table_name(request: &Value) -> String {
    let first = &request["TransactItems"][0];
    let action = first.as_object().and_then(|action| action.values().next());
    let named = [Some(request), action]
        .into_iter()
        .flatten()
        .find_map(|named| named["TableName"].as_str());
    let keyed = request["RequestItems"]
        .as_object()
        .and_then(|tables| tables.keys().next());
    named.or(keyed.map(String::as_str)).unwrap().to_owned()
}
