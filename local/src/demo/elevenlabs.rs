//! Plays ElevenLabs in the demo: sends the webhook requests that ElevenLabs would send.

use std::time::{Duration, Instant};

use common::elevenlabs::signature::{HEADER, sign};
use common::webhook_path;
use jiff::Timestamp;
use reqwest::StatusCode;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::DemoError;
use crate::System;

/// How long to wait for the extraction.
const EXTRACTION_TIMEOUT: Duration = Duration::from_secs(20);

pub(super) struct ElevenLabs {
    http: reqwest::Client,
    webhooks: String,
    openmemory: String,
    signing_secret: SecretString,
    key: &'static str,
    store_key: &'static str,
}

/// A response and its duration.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Value,
    pub(super) milliseconds: u128,
}

impl ElevenLabs {
    pub(super) fn new(
        system: &System,
        signing_secret: &str,
        key: &'static str,
        store_key: &'static str,
    ) -> Result<Self, DemoError> {
        Ok(Self {
            http: common::http_client::build()?,
            webhooks: format!("http://{}", system.address()),
            openmemory: system.openmemory_url().to_owned(),
            signing_secret: signing_secret.into(),
            key,
            store_key,
        })
    }

    /// Sends the conversation initiation request of an incoming call.
    pub(super) async fn client_data(&self, agent: &str, caller: &str) -> Result<Reply, DemoError> {
        let body = json!({"caller_id": caller, "agent_id": agent, "called_number": "+12025550199", "call_sid": "CA0"});
        self.post(webhook_path::CLIENT_DATA, &body, |request| {
            request.header("x-api-key", self.key)
        })
        .await
    }

    /// Calls the `search_memory` tool.
    pub(super) async fn search(
        &self,
        agent: &str,
        caller: &str,
        query: &str,
    ) -> Result<Reply, DemoError> {
        let body = json!({"query": query, "caller_id": caller, "agent_id": agent, "conversation_id": "conv_demo_2"});
        self.post(webhook_path::SEARCH_MEMORY, &body, |request| {
            request.header("x-api-key", self.key)
        })
        .await
    }

    /// Posts a signed post-call webhook.
    pub(super) async fn post_call(&self, body: &Value) -> Result<Reply, DemoError> {
        let signature = sign(body.to_string().as_bytes(), &self.signing_secret, now());
        self.post(webhook_path::POST_CALL, body, |request| {
            request.header(HEADER, signature)
        })
        .await
    }

    /// Posts a post-call webhook that is signed with a wrong secret.
    pub(super) async fn post_forged_call(&self, body: &Value) -> Result<Reply, DemoError> {
        let signature = sign(body.to_string().as_bytes(), &"guessed".into(), now());
        self.post(webhook_path::POST_CALL, body, |request| {
            request.header(HEADER, signature)
        })
        .await
    }

    /// Waits for the extraction, then returns the caller's memories.
    pub(super) async fn memories(
        &self,
        agent: &str,
        caller: &str,
    ) -> Result<Vec<String>, DemoError> {
        let url = format!(
            "{}/api/v1/agents/{agent}/callers/{caller}/memories?sort_by=importance&order=desc",
            self.openmemory
        );
        let started = Instant::now();
        loop {
            let card: StatusCode = self
                .http
                .get(format!(
                    "{}/api/v1/agents/{agent}/callers/{caller}",
                    self.openmemory
                ))
                .bearer_auth(self.store_key)
                .send()
                .await?
                .status();
            if card.is_success() || started.elapsed() > EXTRACTION_TIMEOUT {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let response: Value = self
            .http
            .get(url)
            .bearer_auth(self.store_key)
            .send()
            .await?
            .json()
            .await?;
        let contents = response["memories"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|memory| memory["content"].as_str());
        Ok(contents.map(str::to_owned).collect())
    }

    async fn post(
        &self,
        path: &str,
        body: &Value,
        authenticate: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Result<Reply, DemoError> {
        let started = Instant::now();
        let request = self
            .http
            .post(format!("{}{path}", self.webhooks))
            .header("content-type", "application/json")
            .body(body.to_string());
        let response = authenticate(request).send().await?;
        let status = response.status();
        let body = response.json().await?;
        Ok(Reply {
            status,
            body,
            milliseconds: started.elapsed().as_millis(),
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a signature contains the current time"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
