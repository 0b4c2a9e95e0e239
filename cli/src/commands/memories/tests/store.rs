//! A fake of the memory store, and the data folder of a deployment.

use clap::Parser;
use serde_json::{Value, json};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::run;
use super::CALLER;
use crate::commands::{Command, Task};
use crate::context::Context;
use crate::error::Failure;
use crate::terminal::CommandOutput;

/// A store with one memory and one caller card, and the data folder of a deployment.
pub(super) struct Store {
    server: MockServer,
    folder: tempfile::TempDir,
}

impl Store {
    pub(super) async fn start() -> Self {
        Self::with_extensions(&["list-caller", "supersede", "history", "edit-memory"]).await
    }

    pub(super) async fn with_extensions(extensions: &[&str]) -> Self {
        let store = Self {
            server: MockServer::start().await,
            folder: tempfile::tempdir().unwrap(),
        };
        let health = json!({"status": "healthy", "extensions": extensions});
        store.answer("GET", "^/health$", health).await;
        let list = json!({"memories": [memory(false)]});
        store.answer("GET", "/memories$", list).await;
        let card = json!({
            "agent_id": "agent_1", "caller_id": CALLER,
            "profile_data": {"greeting": "How is Boston?", "memory_context": "- Lives in Boston"},
        });
        store
            .answer("GET", "^/api/v1/agents/agent_1/callers/[^/]+$", card)
            .await;
        store
            .answer("POST", "^/api/v1/agents$", json!({"status": "success"}))
            .await;
        let results = json!({"results": [{"memory_id": "mem_2", "action": "stored"}]});
        store.answer("POST", "/memories/batch$", results).await;
        store
    }

    async fn answer(&self, verb: &str, route: &str, body: Value) {
        Mock::given(method(verb))
            .and(path_regex(route))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&self.server)
            .await;
    }

    /// Answers edits of a memory.
    pub(super) async fn accept_edits(&self, id: &str, pinned: bool) {
        Mock::given(method("PATCH"))
            .and(path(format!("/api/v1/memories/{id}")))
            .respond_with(
                ResponseTemplate::new(200)
                    .set_body_json(json!({"status": "success", "memory": memory(pinned)})),
            )
            .mount(&self.server)
            .await;
    }

    /// Runs a command.
    pub(super) async fn run(&self, words: &[&str]) -> Result<CommandOutput, Failure> {
        self.run_with(words, Some("pepper")).await
    }

    pub(super) async fn run_with(
        &self,
        words: &[&str],
        pepper: Option<&str>,
    ) -> Result<CommandOutput, Failure> {
        let url = self.server.uri();
        let mut variables = vec![
            ("OPENMEMORY_API_URL", url.as_str()),
            ("OPENMEMORY_DIALECT", "v1"),
        ];
        variables.extend(pepper.map(|pepper| ("CALLER_ID_PEPPER", pepper)));
        let context = Context::fixed(&variables, || jiff::Timestamp::UNIX_EPOCH);
        let data_dir = self.folder.path().to_str().unwrap();
        let words = ["elaaoms", "memories"]
            .into_iter()
            .chain(words.iter().copied())
            .chain(["--data-dir", data_dir]);
        let Task::Memories(arguments) = Command::try_parse_from(words).unwrap().task else {
            panic!("not the memories command")
        };
        run(&arguments, &context).await
    }

    /// The methods and last path segments of the requests that change something, in order.
    pub(super) async fn changes(&self) -> Vec<String> {
        let requests = self.server.received_requests().await.unwrap();
        requests
            .iter()
            .filter(|request| request.method.as_str() != "GET")
            .map(|request| {
                let last = request.url.path().rsplit('/').next().unwrap_or_default();
                format!("{} {last}", request.method)
            })
            .collect()
    }

    /// The bodies of all requests with this method whose path ends like this.
    pub(super) async fn bodies(&self, verb: &str, end: &str) -> Vec<Value> {
        let requests = self.server.received_requests().await.unwrap();
        requests
            .iter()
            .filter(|request| request.method.as_str() == verb && request.url.path().ends_with(end))
            .map(|request| request.body_json().unwrap())
            .collect()
    }

    /// The only line of the audit trail.
    pub(super) fn audited(&self) -> Value {
        let trail = std::fs::read_to_string(self.folder.path().join("audit.log")).unwrap();
        assert!(!trail.contains("2025550142"), "{trail}");
        serde_json::from_str(&trail).unwrap()
    }

    pub(super) fn is_audited(&self) -> bool {
        self.folder.path().join("audit.log").exists()
    }
}

fn memory(pinned: bool) -> Value {
    json!({
        "memory_id": "mem_1", "content": "Lives in Boston", "relevance_score": 1, "importance": 5,
        "metadata": {
            "agent_id": "agent_1", "caller_id": CALLER, "reinforcement_count": 1,
            "category": "factual", "conversation_id": "conv_1",
            "timestamp": "2026-11-20T10:00:00Z", "pinned": pinned,
        },
        "created_at": "2026-11-20T10:05:00Z",
    })
}
