//! Runs extraction with a real archive, a real memory store and a fake provider at the wire.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use common::archive::folder::FolderArchive;
use common::archive::{Archive, Key, PayloadKind};
use common::call::{AgentId, CallerId, ConversationId};
use common::elevenlabs::agents::AgentsApi;
use common::llm::Llm;
use common::memory::{CallerCard, Importance, Memory};
use common::openmemory::{OpenMemory, Search};
use common::queue::ExtractionJob;
use common::secrets::{SecretSet, Secrets};
use common::settings::Settings;
use extraction::{Extraction, ExtractionError, Outcome};
use jiff::Timestamp;
use openmemory::RunningServer;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::flaky::Flaky;

pub(crate) const CALLER: &str = "+12025550142";
pub(crate) const AGENT: &str = "agent_1";

/// An extraction with everything it needs. Stop it with [`Bench::stop`].
pub(crate) struct Bench<A = FolderArchive> {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) provider: MockServer,
    pub(crate) archive: A,
    pub(crate) store: OpenMemory,
    pub(crate) extraction: Extraction<A>,
    server: RunningServer,
}

impl Bench {
    /// Returns a bench over a store that fails at random, the bench of the real store, whose folder
    /// holds the data, and the proxy between them.
    pub(crate) async fn with_flaky_store(failing: u32, seed: u64) -> (Self, Self, Flaky) {
        Self::with_flaky_store_with(failing, seed, &[]).await
    }

    /// Like [`Bench::with_flaky_store`], with more settings.
    pub(crate) async fn with_flaky_store_with(
        failing: u32,
        seed: u64,
        more: &[(&str, &str)],
    ) -> (Self, Self, Flaky) {
        let real = Self::openai().await;
        let flaky = Flaky::before(real.store_url(), failing, seed).await;
        let url = flaky.url();
        let settings = [&[("OPENMEMORY_API_URL", url.as_str())], more].concat();
        let bench = Self::with("openai", &settings).await;
        (bench, real, flaky)
    }

    /// Returns a bench with a provider of this dialect (`openai`, `anthropic`) or `none`, and more
    /// settings.
    pub(crate) async fn with(provider_name: &str, more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = FolderArchive::open(folder.path().join("data"), None).unwrap();
        Self::over(folder, archive, provider_name, more).await
    }

    pub(crate) async fn openai() -> Self {
        Self::with("openai", &[]).await
    }
}

impl<A: Archive> Bench<A> {
    /// Like [`Bench::with`], over the given archive in the given folder.
    pub(crate) async fn over(
        folder: tempfile::TempDir,
        archive: A,
        provider_name: &str,
        more: &[(&str, &str)],
    ) -> Self {
        let database = format!("sqlite://{}", folder.path().join("openmemory.db").display());
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = openmemory::serve(openmemory::Settings::new(database, listen))
            .await
            .unwrap();
        let provider = MockServer::start().await;
        let store_url = format!("http://{}", server.local_addr());
        let llm_url = format!("{}/v1", provider.uri());
        let mut variables = vec![
            ("OPENMEMORY_API_URL", store_url.as_str()),
            ("LLM_PROVIDER", provider_name),
            ("LLM_MODEL", "gpt-4.1-mini"),
            ("LLM_API_URL", llm_url.as_str()),
            ("LLM_API_KEY", "key-1"),
            ("LLM_TIMEOUT_MS", "60000"),
            ("CALLER_ID_PEPPER", "pepper"),
        ];
        variables.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        variables.extend(more);
        let lookup = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let settings = Settings::read(lookup).unwrap();
        let secrets = Secrets::fixed(SecretSet::read(lookup));
        let http = common::http_client::build().unwrap();
        let store = OpenMemory::new(
            http.clone(),
            &settings.openmemory,
            secrets.clone(),
            settings.memory.pseudonymous_callers,
            Duration::from_secs(60),
        );
        let llm = Llm::new(http.clone(), &settings.llm, secrets.clone());
        let agents = AgentsApi::new(http, settings.elevenlabs_api_url.clone(), secrets.clone());
        let extraction = Extraction::new(
            archive.clone(),
            store.clone(),
            llm,
            agents,
            secrets,
            &settings,
        );
        Self {
            folder,
            provider,
            archive,
            store,
            extraction,
            server,
        }
    }

    /// Makes the provider answer every request with `template`.
    pub(crate) async fn provider_answers(&self, template: ResponseTemplate) {
        self.provider.reset().await;
        Mock::given(method("POST"))
            .respond_with(template)
            .mount(&self.provider)
            .await;
    }

    /// Makes the provider answer with what `model` returns for the known memories in the request.
    pub(crate) async fn model_answers(
        &self,
        model: impl Fn(&KnownMemories) -> Value + Send + Sync + 'static,
    ) {
        self.provider.reset().await;
        let respond = move |request: &wiremock::Request| {
            openai(&model(&KnownMemories::parse(&request.body)).to_string())
        };
        Mock::given(method("POST"))
            .respond_with(respond)
            .mount(&self.provider)
            .await;
    }

    /// Returns the number of requests to the provider since its answer was last set.
    pub(crate) async fn calls(&self) -> usize {
        self.provider.received_requests().await.unwrap().len()
    }

    /// Stores the call in the archive and returns its job.
    pub(crate) async fn store_call(&self, call: &Value) -> ExtractionJob {
        let conversation =
            ConversationId::parse(call["data"]["conversation_id"].as_str().unwrap()).unwrap();
        let payload = Key::payload(&conversation, &PayloadKind::Transcription);
        self.archive
            .put(&payload, Bytes::from(call.to_string()))
            .await
            .unwrap();
        ExtractionJob::new(conversation, payload)
    }

    pub(crate) async fn run(&self, job: &ExtractionJob) -> Result<Outcome, ExtractionError> {
        self.extraction.run(job, now()).await
    }

    pub(crate) async fn extract(&self, call: &Value) -> Result<Outcome, ExtractionError> {
        let job = self.store_call(call).await;
        self.run(&job).await
    }

    pub(crate) async fn memories(&self) -> Vec<Memory> {
        let caller = caller();
        let search = Search {
            caller: &caller,
            agent: None,
            query: "",
            min_importance: Importance::MIN,
            limit: 100,
            include_superseded: false,
            distinct: false,
        };
        self.store.search(search).await.unwrap()
    }

    pub(crate) async fn contents(&self) -> Vec<String> {
        let mut contents: Vec<String> = self
            .memories()
            .await
            .into_iter()
            .map(|memory| memory.content)
            .collect();
        contents.sort();
        contents
    }

    pub(crate) async fn card(&self) -> Option<CallerCard> {
        self.store
            .card(&AgentId::parse(AGENT).unwrap(), &caller())
            .await
            .unwrap()
    }

    pub(crate) async fn record(&self, conversation: &str) -> Value {
        let key = Key::extraction(&ConversationId::parse(conversation).unwrap());
        serde_json::from_slice(&self.archive.get(&key).await.unwrap().unwrap()).unwrap()
    }

    pub(crate) fn store_url(&self) -> String {
        format!("http://{}", self.server.local_addr())
    }

    pub(crate) async fn stop(self) {
        self.server.shutdown().await;
    }
}

/// The known memories in a request of the OpenAI dialect.
pub(crate) struct KnownMemories(Vec<Value>);

impl KnownMemories {
    fn parse(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap();
        let user = body["messages"][1]["content"].as_str().unwrap();
        let (_, rest) = user.split_once("<known_memories>").unwrap();
        let (known, _) = rest.split_once("</known_memories>").unwrap();
        Self(serde_json::from_str(known).unwrap())
    }

    /// Returns the number of the memory that contains these words.
    pub(crate) fn number_of(&self, words: &str) -> Option<i64> {
        self.0
            .iter()
            .find(|memory| memory["memory"].as_str().unwrap().contains(words))
            .map(|memory| memory["number"].as_i64().unwrap())
    }
}

pub(crate) fn caller() -> CallerId {
    CallerId::from_phone(CALLER).unwrap()
}

pub(crate) fn now() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

/// Returns a call of the caller that began at `second`. The agent speaks the first turn, the caller
/// the second, and so on.
pub(crate) fn call(conversation: &str, second: i64, turns: &[&str]) -> Value {
    // Small seconds only order calls; move them to a date at which ElevenLabs existed.
    let second = if second < 1_000_000_000 {
        second + 1_750_000_000
    } else {
        second
    };
    let turns: Vec<Value> = turns
        .iter()
        .enumerate()
        .map(|(index, words)| json!({"role": if index % 2 == 1 { "user" } else { "agent" }, "message": words}))
        .collect();
    json!({"type": "post_call_transcription", "event_timestamp": second, "data": {
        "conversation_id": conversation, "agent_id": AGENT, "transcript": turns,
        "metadata": {"start_time_unix_secs": second, "main_language": "en", "cost": 120,
            "phone_call": {"direction": "inbound", "external_number": CALLER, "agent_number": "+12025550199"}}}})
}

/// Returns a memory as a model would answer it.
pub(crate) fn claim(content: &str, turn: usize, quote: &str) -> Value {
    json!({"content": content, "category": "preference", "importance": 7, "entities": [], "search_hints": [], "turn": turn,
        "quote": quote, "sensitive": false, "repeats": null, "supersedes": null})
}

/// Returns a complete answer of a model with these memories.
pub(crate) fn answer(memories: &[Value]) -> Value {
    json!({"memories": memories, "greeting": "Welcome back! Shall we go on where we left off?", "summary": "They spoke about shipping.",
        "open_issues": [], "caller_name": null, "language": "en"})
}

pub(crate) fn openai(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "choices": [{"message": {"role": "assistant", "content": text, "refusal": null}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 200, "prompt_tokens_details": {"cached_tokens": 400}}}))
}

pub(crate) fn anthropic(input: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "content": [{"type": "tool_use", "id": "t", "name": "conversation_memories", "input": input}], "stop_reason": "tool_use",
        "usage": {"input_tokens": 600, "output_tokens": 200, "cache_read_input_tokens": 400}}))
}
