//! The log: ids, and nothing that a person said or is.

use std::io;
use std::sync::{Arc, Mutex};

use elaaoms_tests::payload::{self, CALLED, INES, NURSERY, TOMAS};
use elaaoms_tests::{Claim, Deployment, PEPPER, Provider, SIGNING_SECRET, Store, WEBHOOK_KEY, eventually};
use serde_json::json;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Words of the payloads, their people's names and numbers, and every secret of the tests.
const PERSONAL: [&str; 30] = [
    "Tomas",
    "Berglind",
    "Inés",
    "Carballo",
    "quince",
    "Quince",
    "Hazel",
    "Orchard",
    "GF-4410",
    "after six",
    "trunk",
    "embrague",
    "furgoneta",
    "fig tree",
    "beehives",
    "shade",
    "balcony",
    "lemon",
    "director",
    "Saturday",
    "scripted answer",
    "2025550123",
    "2025550134",
    "2025550156",
    "member-8812",
    "5550145",
    SIGNING_SECRET,
    WEBHOOK_KEY,
    PEPPER,
    "sk-flowerpot",
];

#[tokio::test]
async fn no_log_line_holds_what_a_person_said_or_is() {
    let log = Log::default();
    log.listen();
    a_day_of_calls(&log).await;
    let lines = log.text();
    for expected in
        ["a webhook is kept", "a call is remembered", "refused", "waits to be remembered", "conv_5501tomas1first"]
    {
        assert!(lines.contains(expected), "the log was not heard: {expected} is not in {lines}");
    }
    let lines = lines.replace("conv_5501tomas1first", "").replace("conv_5501tomas2second", "");
    for personal in PERSONAL {
        let line = lines.lines().find(|line| line.contains(personal));
        assert_eq!(line, None, "{personal}");
    }
}

/// Everything that can be logged about: calls, searches, refusals, outages of store and model.
async fn a_day_of_calls(log: &Log) {
    let (mut store, model) = (Store::start().await, Provider::start().await);
    let deployment = Deployment::with(&[
        ("OPENMEMORY_API_URL", &store.url()),
        ("LLM_PROVIDER", "openai"),
        ("LLM_MODEL", "m"),
        ("LLM_API_KEY", "sk-flowerpot"),
        ("LLM_API_URL", &model.url()),
        ("CLIENT_DATA_DEADLINE_MS", "200"),
        ("SEARCH_DEADLINE_MS", "200"),
        ("TRUST_USER_ID", "true"),
    ])
    .await;
    model.answers(|_| Claim::answer(&[Claim::new("A scripted answer.", 1, "quince trees")], "A scripted answer."));
    for name in ["first-call", "second-call", "spanish", "injection", "outbound", "web-user-id"] {
        deployment.remember(payload::body(name)).await;
    }
    for name in ["audio", "failure-twilio", "failure-sip", "withheld", "web-no-caller"] {
        deployment.elevenlabs.post_call(payload::body(name)).await;
    }
    knock(&deployment).await;
    store.stop().await;
    knock(&deployment).await;
    deployment.elevenlabs.post_call(waiting("conv_waiting")).await;
    eventually("a call waits", async || log.says("conv_waiting", "waits to be remembered").then_some(())).await;
    store.resume();
    model.refuses(401);
    deployment.done("conv_waiting").await;
    deployment.stop().await;
}

/// Good, bad and unproven requests at every door.
async fn knock(deployment: &Deployment) {
    let elevenlabs = &deployment.elevenlabs;
    for caller in [TOMAS, INES, CALLED] {
        elevenlabs.ring(NURSERY, caller).await;
        elevenlabs.search(&json!({"query": "Hazel Court quince", "caller_id": caller, "agent_id": NURSERY})).await;
    }
    for path in ["/webhook/client-data", "/webhook/search-memory"] {
        elevenlabs.keyed(path, json!({"query": {"Hazel": TOMAS}, "agent_id": "Orchard Row"}).to_string()).await;
        elevenlabs.send(elevenlabs.post(path, "{}").header("x-api-key", format!("{WEBHOOK_KEY}x"))).await;
    }
    elevenlabs.post_call_with(payload::body("first-call"), Some(&format!("t=1,v0={SIGNING_SECRET}"))).await;
    elevenlabs.post_call(format!("Tomas {TOMAS} is not JSON")).await;
    elevenlabs.health().await;
}

fn waiting(conversation: &str) -> bytes::Bytes {
    payload::edited("second-call", &[("/data/conversation_id", json!(conversation))])
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Hears every thread of this process from now on, the other tests' too, at the level at which our own crates say most.
    fn listen(&self) {
        let ours = [
            "client_data",
            "common",
            "elaaoms_local",
            "extraction",
            "health",
            "openmemory",
            "post_call",
            "search_memory",
        ];
        let filter = ours.iter().fold("warn".to_owned(), |filter, name| format!("{filter},{name}=trace"));
        let subscriber =
            tracing_subscriber::fmt().json().with_env_filter(EnvFilter::new(filter)).with_writer(self.clone()).finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    }

    /// Whether one line holds both.
    fn says(&self, id: &str, words: &str) -> bool {
        self.text().lines().any(|line| line.contains(id) && line.contains(words))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
