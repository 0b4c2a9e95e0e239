//! Serves the simulated queue in the protocol of SQS.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::queue::Queue;

/// The end of the URL of the dead-letter queue.
pub(crate) const DEAD_LETTERS: &str = "dead.fifo";

/// The queue of jobs, and the number of messages that were sent to its dead-letter queue.
#[derive(Debug, Clone)]
pub(crate) struct Sqs {
    clock: Clock,
    jobs: Arc<Mutex<Queue>>,
}

impl Sqs {
    pub(crate) fn new(clock: Clock, window: usize) -> Self {
        Self {
            clock,
            jobs: Arc::new(Mutex::new(Queue::new(window))),
        }
    }

    /// Runs an operation on the queue of jobs.
    pub(crate) fn with_jobs<T>(&self, operation: impl FnOnce(&mut Queue) -> T) -> T {
        operation(&mut self.jobs.lock().unwrap())
    }

    pub(crate) fn routes(self) -> Router {
        Router::new().fallback(handle).with_state(self)
    }

    fn send(&self, request: &Value) {
        let text = |field: &str| request[field].as_str().unwrap();
        self.with_jobs(|jobs| {
            if text("QueueUrl").ends_with(DEAD_LETTERS) {
                jobs.dead += 1;
                return;
            }
            jobs.send(
                text("MessageBody"),
                text("MessageGroupId"),
                text("MessageDeduplicationId"),
                self.clock.now(),
            );
        });
    }

    fn hide(&self, request: &Value) {
        let receipt = request["ReceiptHandle"].as_str().unwrap();
        let pause = Duration::from_secs(request["VisibilityTimeout"].as_u64().unwrap());
        self.with_jobs(|jobs| jobs.hide(receipt, pause, self.clock.now()));
    }
}

async fn handle(State(sqs): State<Sqs>, headers: HeaderMap, body: String) -> Json<Value> {
    let request = serde_json::from_str(&body).unwrap();
    match headers["x-amz-target"].to_str().unwrap() {
        "AmazonSQS.SendMessage" => sqs.send(&request),
        "AmazonSQS.ChangeMessageVisibility" => sqs.hide(&request),
        other => panic!("the simulated SQS does not support {other}"),
    }
    Json(json!({"MessageId": "message"}))
}
