//! A fake model provider over HTTP. It returns the outputs that a test scripts, in the API format
//! of the request.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// A provider that supports the API formats of OpenAI and Anthropic.
pub struct Provider {
    server: MockServer,
    state: Arc<ProviderState>,
}

struct ProviderState {
    script: Mutex<Script>,
    request_count: AtomicUsize,
}

type Script = Box<dyn Fn(&ModelRequest) -> ProviderReply + Send + Sync>;

/// The provider's response to a request.
pub enum ProviderReply {
    /// The model returns this JSON.
    Output(Value),
    /// The provider returns this status without asking a model.
    Status(u16),
}

/// A request to the model.
pub struct ModelRequest {
    /// The data of the prompt: known memories, the agent, the transcript.
    pub data: String,
}

/// A memory in a scripted model output.
pub struct Claim {
    /// The text of the memory.
    pub content: &'static str,
    /// The turn that it comes from, according to the model.
    pub turn: usize,
    /// The words that it quotes, according to the model.
    pub quote: &'static str,
    /// The number of the known memory that it repeats.
    pub repeats: Option<i64>,
    /// The number of the known memory that it supersedes.
    pub supersedes: Option<i64>,
}

impl Provider {
    /// Starts a provider that fails with status 500 until a test scripts its responses.
    pub async fn start() -> Self {
        let state = Arc::new(ProviderState {
            script: Mutex::new(Box::new(|_| ProviderReply::Status(500))),
            request_count: 0.into(),
        });
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(Responder(Arc::clone(&state)))
            .mount(&server)
            .await;
        Self { server, state }
    }

    /// The URL of the provider, for `LLM_API_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.uri()
    }

    /// Sets the model's outputs from now on.
    pub fn answers(&self, script: impl Fn(&ModelRequest) -> Value + Send + Sync + 'static) {
        self.set(Box::new(move |request| {
            ProviderReply::Output(script(request))
        }));
    }

    /// Responds with this status from now on.
    pub fn refuses(&self, status: u16) {
        self.set(Box::new(move |_| ProviderReply::Status(status)));
    }

    /// Returns the number of requests to a model.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.state.request_count.load(Ordering::SeqCst)
    }

    /// Returns all requests to a model.
    ///
    /// # Panics
    /// Never, because requests are recorded.
    pub async fn requests(&self) -> Vec<Request> {
        let requests = self.server.received_requests().await.unwrap();
        requests
            .into_iter()
            .filter(|request| request.method.as_str() == "POST")
            .collect()
    }

    fn set(&self, script: Script) {
        *self.state.script.lock().unwrap() = script;
    }
}

impl ModelRequest {
    /// Returns the number of the known memory in the prompt that contains these words.
    #[must_use]
    pub fn number_of(&self, words: &str) -> Option<i64> {
        let known = self
            .data
            .split("<known_memories>")
            .nth(1)?
            .split("</known_memories>")
            .next()?;
        let known: Vec<Value> = serde_json::from_str(known).unwrap();
        let memory = known.iter().find(|memory| {
            memory["memory"]
                .as_str()
                .is_some_and(|text| text.contains(words))
        })?;
        memory["number"].as_i64()
    }
}

impl Claim {
    /// Creates a memory that neither repeats nor supersedes another.
    #[must_use]
    pub fn new(content: &'static str, turn: usize, quote: &'static str) -> Self {
        Self {
            content,
            turn,
            quote,
            repeats: None,
            supersedes: None,
        }
    }

    /// Returns a complete model output with these memories and this summary.
    #[must_use]
    pub fn answer(claims: &[Self], summary: &str) -> Value {
        let memories: Vec<Value> = claims.iter().map(Self::to_json).collect();
        json!({"memories": memories, "greeting": "Welcome back to Greenfold Nursery!", "summary": summary,
            "open_issues": [], "caller_name": null, "language": "en"})
    }

    fn to_json(&self) -> Value {
        json!({"content": self.content, "category": "preference", "importance": 7, "entities": [], "search_hints": [],
            "turn": self.turn, "quote": self.quote, "sensitive": false, "repeats": self.repeats, "supersedes": self.supersedes})
    }
}

struct Responder(Arc<ProviderState>);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let Some(model_request) = parse(request) else {
            return self.models();
        };
        self.0.request_count.fetch_add(1, Ordering::SeqCst);
        let reply = (self.0.script.lock().unwrap())(&model_request);
        match reply {
            ProviderReply::Status(status) => ResponseTemplate::new(status),
            ProviderReply::Output(output) if request.url.path() == "/messages" => {
                ok(&anthropic(&output))
            }
            ProviderReply::Output(output) => ok(&openai(&output)),
        }
    }
}

impl Responder {
    /// Responds to a request for the list of models, by which `/health` checks the provider.
    fn models(&self) -> ResponseTemplate {
        let empty = ModelRequest {
            data: String::new(),
        };
        match (self.0.script.lock().unwrap())(&empty) {
            ProviderReply::Status(status) => ResponseTemplate::new(status),
            ProviderReply::Output(_) => ok(&json!({"data": []})),
        }
    }
}

/// Parses a request to the model. `None` for any other request.
fn parse(request: &Request) -> Option<ModelRequest> {
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    let data = body["messages"].as_array()?.last()?["content"]
        .as_str()?
        .to_owned();
    Some(ModelRequest { data })
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn openai(output: &Value) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion", "model": "scripted",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": output.to_string(), "refusal": null}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 80, "total_tokens": 980, "prompt_tokens_details": {"cached_tokens": 600}}})
}

fn anthropic(output: &Value) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "stop_reason": "tool_use",
        "content": [{"type": "text", "text": "I will record it."}, {"type": "tool_use", "id": "toolu_1", "name": "conversation_memories", "input": output}],
        "usage": {"input_tokens": 300, "output_tokens": 80, "cache_read_input_tokens": 600, "cache_creation_input_tokens": 0}})
}
