//! Fuzzes extraction with any model output: whatever the model says, extraction ends with a record,
//! and memories stay within their limits.
//!
//! The input is the model's text, wrapped in a provider's response. Everything in between is the
//! real code.
#![no_main]

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use common::archive::folder::FolderArchive;
use common::archive::{Archive, Key, PayloadKind};
use common::call::ConversationId;
use common::elevenlabs::agents::AgentsApi;
use common::llm::Llm;
use common::openmemory::OpenMemory;
use common::queue::ExtractionJob;
use common::secrets::{SecretSet, Secrets};
use common::settings::Settings;
use elaaoms_fuzz::Upstream;
use extraction::Extraction;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

const CONVERSATION: &str = "conv_1";

/// Everything that all inputs share, created once.
struct Harness {
    runtime: Runtime,
    provider: Upstream,
    archive: FolderArchive,
    extraction: Extraction<FolderArchive>,
    folder: TempDir,
}

static HARNESS: OnceLock<Harness> = OnceLock::new();

impl Harness {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (provider, store) =
            runtime.block_on(async { (Upstream::start().await, Upstream::start().await) });
        // A store without memories that rejects writes. They come after the record.
        store.set_answer(br#"{"memories":[]}"#);
        let store_url = store.url();
        let llm_url = provider.url();
        let lookup = |name: &str| match name {
            "OPENMEMORY_API_URL" => Some(store_url.clone()),
            "LLM_PROVIDER" => Some("openai".to_owned()),
            "LLM_MODEL" => Some("m".to_owned()),
            "LLM_API_KEY" | "CALLER_ID_PEPPER" => Some("k".to_owned()),
            "LLM_API_URL" => Some(llm_url.clone()),
            _ => None,
        };
        let settings = Settings::read(lookup).unwrap();
        let secrets = Secrets::fixed(SecretSet::read(lookup));
        let http = common::http_client::build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let archive = FolderArchive::open(folder.path().join("data"), None).unwrap();
        let limit = Duration::from_secs(5);
        let openmemory = OpenMemory::new(
            http.clone(),
            &settings.openmemory,
            secrets.clone(),
            false,
            limit,
        );
        let llm = Llm::new(http.clone(), &settings.llm, secrets.clone());
        let agents = AgentsApi::new(http, settings.elevenlabs_api_url.clone(), secrets);
        let extraction = Extraction::new(archive.clone(), openmemory, llm, agents, &settings);
        Self {
            runtime,
            provider,
            archive,
            extraction,
            folder,
        }
    }
}

fn call() -> Bytes {
    let call = json!({"type": "post_call_transcription", "data": {"conversation_id": CONVERSATION, "agent_id": "agent_1",
        "metadata": {"start_time_unix_secs": 1_000_000, "phone_call": {"direction": "inbound", "external_number": "+12025550142"}},
        "transcript": [{"role": "agent", "message": "How may I help?"},
            {"role": "user", "message": "I'm Zoë, and I always want the quince trees delivered after six."}]}});
    call.to_string().into()
}

fuzz_target!(|text: &str| {
    let Harness {
        runtime,
        provider,
        archive,
        extraction,
        folder,
    } = HARNESS.get_or_init(Harness::new);
    let answer = json!({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]});
    provider.set_answer(answer.to_string().as_bytes());
    let conversation = ConversationId::parse(CONVERSATION).unwrap();
    let payload = Key::payload(&conversation, &PayloadKind::Transcription);
    let record = folder
        .path()
        .join(format!("data/extractions/{CONVERSATION}.json"));
    runtime.block_on(async {
        archive.put(&payload, call()).await.unwrap();
        let _ = extraction
            .run(
                &ExtractionJob::new(conversation, payload),
                Timestamp::from_second(1_000_100).unwrap(),
            )
            .await;
    });
    if let Ok(bytes) = std::fs::read(&record) {
        let kept: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        for memory in kept["memories"].as_array().unwrap() {
            assert!(
                memory["content"].as_str().unwrap().chars().count() <= 300,
                "{memory}"
            );
        }
        std::fs::remove_file(&record).unwrap();
    }
    let _ = std::fs::remove_file(
        folder
            .path()
            .join(format!("data/extractions/{CONVERSATION}.done")),
    );
});
