//! A model's provider at the wire, which answers what the test says, in the dialect it is asked in.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// A provider of both dialects.
pub struct Provider {
    server: MockServer,
    desk: Arc<Desk>,
}

struct Desk {
    script: Mutex<Script>,
    asked: AtomicUsize,
}

type Script = Box<dyn Fn(&Asked) -> ProviderReply + Send + Sync>;

/// What the provider does when it is asked.
pub enum ProviderReply {
    /// The model answers this JSON.
    Answer(Value),
    /// The provider answers with this status and no model is heard.
    Status(u16),
}

/// What the model was asked.
pub struct Asked {
    /// The data: what is known, the agent, the transcript.
    pub data: String,
}

/// One memory as a model claims it.
pub struct Claim {
    /// What it says.
    pub content: &'static str,
    /// The turn it claims to rest on.
    pub turn: usize,
    /// The words it claims to quote.
    pub quote: &'static str,
    /// The number of the known memory that it repeats.
    pub repeats: Option<i64>,
    /// The number of the known memory that it takes the place of.
    pub supersedes: Option<i64>,
}

impl Provider {
    /// A provider that fails until it is told what to say.
    pub async fn start() -> Self {
        let desk = Arc::new(Desk {
            script: Mutex::new(Box::new(|_| ProviderReply::Status(500))),
            asked: 0.into(),
        });
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(AtDesk(Arc::clone(&desk)))
            .mount(&server)
            .await;
        Self { server, desk }
    }

    /// Its address, for `LLM_API_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.uri()
    }

    /// What the model answers from now on.
    pub fn answers(&self, script: impl Fn(&Asked) -> Value + Send + Sync + 'static) {
        self.set(Box::new(move |asked| ProviderReply::Answer(script(asked))));
    }

    /// The status of everything that it answers from now on.
    pub fn refuses(&self, status: u16) {
        self.set(Box::new(move |_| ProviderReply::Status(status)));
    }

    /// How often a model was asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.desk.asked.load(Ordering::SeqCst)
    }

    /// The bodies of all requests to the model.
    ///
    /// # Panics
    /// Never: requests are recorded.
    pub async fn requests(&self) -> Vec<Request> {
        let requests = self.server.received_requests().await.unwrap();
        requests
            .into_iter()
            .filter(|request| request.method.as_str() == "POST")
            .collect()
    }

    fn set(&self, script: Script) {
        *self.desk.script.lock().unwrap() = script;
    }
}

impl Asked {
    /// The number under which the model is shown a known memory with these words.
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
    /// A claim about something new.
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

    /// A whole answer with these claims and this summary.
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

struct AtDesk(Arc<Desk>);

impl Respond for AtDesk {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let Some(asked) = asked(request) else {
            return self.models();
        };
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        let reply = (self.0.script.lock().unwrap())(&asked);
        match reply {
            ProviderReply::Status(status) => ResponseTemplate::new(status),
            ProviderReply::Answer(answer) if request.url.path() == "/messages" => {
                ok(&anthropic(&answer))
            }
            ProviderReply::Answer(answer) => ok(&openai(&answer)),
        }
    }
}

impl AtDesk {
    /// The list of models, by which health looks whether the provider is there.
    fn models(&self) -> ResponseTemplate {
        let nothing = Asked {
            data: String::new(),
        };
        match (self.0.script.lock().unwrap())(&nothing) {
            ProviderReply::Status(status) => ResponseTemplate::new(status),
            ProviderReply::Answer(_) => ok(&json!({"data": []})),
        }
    }
}

fn asked(request: &Request) -> Option<Asked> {
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    let data = body["messages"].as_array()?.last()?["content"]
        .as_str()?
        .to_owned();
    Some(Asked { data })
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn openai(answer: &Value) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion", "model": "scripted",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": answer.to_string(), "refusal": null}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 80, "total_tokens": 980, "prompt_tokens_details": {"cached_tokens": 600}}})
}

fn anthropic(answer: &Value) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "stop_reason": "tool_use",
        "content": [{"type": "text", "text": "I will record it."}, {"type": "tool_use", "id": "toolu_1", "name": "conversation_memories", "input": answer}],
        "usage": {"input_tokens": 300, "output_tokens": 80, "cache_read_input_tokens": 600, "cache_creation_input_tokens": 0}})
}
