//! A complete system in a temporary folder.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use elaaoms_local::{Environment, Options, System};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::elevenlabs::{ElevenLabs, Reply};
use crate::log::Log;
use crate::{eventually, payload};

/// The secret of the post-call webhook.
pub const SIGNING_SECRET: &str = "wsec_pear-and-quince";
/// The key of the other webhooks.
pub const WEBHOOK_KEY: &str = "key-under-the-third-flowerpot";
/// The key of the embedded memory store.
pub const STORE_KEY: &str = "key-of-the-embedded-store";
/// The pepper of callers' pseudonyms.
pub const PEPPER: &str = "pepper-of-the-tests";

/// A running system with a client that plays ElevenLabs.
pub struct Deployment {
    /// Sends requests to the webhooks.
    pub elevenlabs: ElevenLabs,
    system: System,
    stopped: Stopped,
}

/// A stopped system: a folder and settings. It can be started repeatedly.
pub struct Stopped {
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
}

impl Deployment {
    /// Starts a system with an embedded memory store and without a model.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts a system with additional settings.
    pub async fn with(settings: &[(&'static str, &str)]) -> Self {
        Stopped::new(settings).start().await
    }

    /// Stops the system gracefully, as Ctrl-C does. Keeps all persistent data.
    pub async fn stop(self) -> Stopped {
        self.system.stop().await;
        self.stopped
    }

    /// The data folder.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.stopped.data_dir()
    }

    /// Base URL of the webhooks.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.system.address())
    }

    /// Base URL of the memory store.
    #[must_use]
    pub fn openmemory_url(&self) -> &str {
        self.system.openmemory_url()
    }

    /// Returns all files in the data folder and next to it, relative to the temporary folder.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        self.stopped.files()
    }

    /// Returns whether any file contains these words, including the databases.
    #[must_use]
    pub fn holds(&self, words: &str) -> bool {
        self.stopped.holds(words)
    }

    /// Reads a file of the archive by its key, such as `payloads/conv_1/conv_1_audio.mp3`.
    #[must_use]
    pub fn kept(&self, key: &str) -> Option<Bytes> {
        std::fs::read(self.data_dir().join(key))
            .ok()
            .map(Bytes::from)
    }

    /// Returns the extraction record of a call, if there is one.
    #[must_use]
    pub fn record(&self, conversation: &str) -> Option<Value> {
        self.kept(&format!("extractions/{conversation}.json"))
            .map(|record| serde_json::from_slice(&record).unwrap())
    }

    /// Returns whether the extraction of a call has finished.
    #[must_use]
    pub fn is_done(&self, conversation: &str) -> bool {
        self.kept(&format!("extractions/{conversation}.done"))
            .is_some()
    }

    /// Returns whether the call has a tombstone.
    #[must_use]
    pub fn is_erased(&self, conversation: &str) -> bool {
        self.kept(&format!("erased/{conversation}")).is_some()
    }

    /// Posts a finished call and waits until its memories are stored.
    ///
    /// # Panics
    /// If the call is rejected, or not extracted in time.
    pub async fn remember(&self, body: impl Into<Bytes>) -> Reply {
        let body = body.into();
        let reply = self.elevenlabs.post_call(body.clone()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        self.done(&payload::conversation(&body)).await;
        reply
    }

    /// Waits until a call is extracted.
    ///
    /// # Panics
    /// If the call is not extracted in time.
    pub async fn done(&self, conversation: &str) {
        eventually("the call is extracted", async || {
            self.is_done(conversation).then_some(())
        })
        .await;
    }

    /// The API key of the memory store.
    #[must_use]
    pub fn store_key(&self) -> &str {
        let mut keys = self
            .stopped
            .settings
            .iter()
            .filter(|(name, _)| *name == "OPENMEMORY_API_KEY");
        keys.next_back().map_or(STORE_KEY, |(_, key)| key)
    }

    /// Builds a request that goes directly to the embedded memory store.
    ///
    /// # Panics
    /// If the HTTP client cannot be built.
    pub fn ask_store(&self, method: Method, path: &str) -> RequestBuilder {
        let http = common::http_client::build().unwrap();
        http.request(method, format!("{}{path}", self.openmemory_url()))
            .header("x-api-key", STORE_KEY)
    }

    /// Makes one person of two callers in the memory store.
    ///
    /// # Panics
    /// If the store refuses.
    pub async fn link(&self, caller: &str, other: &str) {
        let caller = caller.replace('+', "%2B");
        let path = format!("/api/v1/callers/{caller}/identities");
        let request = self
            .ask_store(Method::POST, &path)
            .header("content-type", "application/json");
        let body = json!({"caller_id": other, "linked_by": "operator"});
        let response = request.body(body.to_string()).send().await.unwrap();
        assert!(response.status().is_success(), "{}", response.status());
    }

    /// Reads a caller's memories directly from the memory store.
    pub async fn memories(&self, agent: &str, caller: &str) -> Vec<Value> {
        memories(self.system.openmemory_url(), agent, caller).await
    }

    /// Returns the contents of a caller's memories.
    pub async fn contents(&self, agent: &str, caller: &str) -> Vec<String> {
        contents(&self.memories(agent, caller).await)
    }
}

impl Drop for Stopped {
    /// Fails a successful test if private data was logged.
    fn drop(&mut self) {
        let leaks = Log::of_this_process().leaks();
        assert!(
            leaks.is_empty() || std::thread::panicking(),
            "logged by this test or one that runs concurrently: {leaks:#?}"
        );
    }
}

impl Stopped {
    /// Creates an empty temporary folder and starts nothing yet.
    #[must_use]
    pub fn new(settings: &[(&'static str, &str)]) -> Self {
        let defaults = [
            ("ELEVENLABS_POST_CALL_HMAC_KEY", SIGNING_SECRET),
            ("WEBHOOK_API_KEY", WEBHOOK_KEY),
            ("CALLER_ID_PEPPER", PEPPER),
            ("OPENMEMORY_API_KEY", STORE_KEY),
            // A busy machine takes longer than a caller would wait.
            ("CLIENT_DATA_DEADLINE_MS", "9000"),
            ("SEARCH_DEADLINE_MS", "9000"),
        ];
        // A later value of the same setting overrides an earlier one.
        let settings = defaults
            .iter()
            .chain(settings)
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        Self {
            folder: tempfile::tempdir().unwrap(),
            settings,
        }
    }

    /// Adds a setting.
    #[must_use]
    pub fn set(mut self, name: &'static str, value: &str) -> Self {
        self.settings.push((name, value.to_owned()));
        self
    }

    /// Starts a system in the folder, on free ports.
    pub async fn start(self) -> Deployment {
        Log::of_this_process();
        let options = Options {
            host: None,
            port: Some(0),
            openmemory_port: Some(0),
            data_dir: self.folder.path().join("data"),
        };
        let system = System::start(&options, Environment::only(self.settings.clone()))
            .await
            .unwrap();
        let elevenlabs = ElevenLabs::new(format!("http://{}", system.address()));
        Deployment {
            elevenlabs,
            system,
            stopped: self,
        }
    }

    /// The data folder.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Writes a file of the archive, as an earlier run would have.
    pub fn keep(&self, key: &str, body: &[u8]) {
        let file = self.data_dir().join(key);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, body).unwrap();
    }

    /// Returns whether any file contains these words, including the databases.
    #[must_use]
    pub fn holds(&self, words: &str) -> bool {
        self.files().iter().any(|file| {
            std::fs::read(self.folder.path().join(file)).is_ok_and(|bytes| {
                bytes
                    .windows(words.len())
                    .any(|window| window == words.as_bytes())
            })
        })
    }

    /// Returns all files, relative to the temporary folder.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        collect(self.folder.path(), self.folder.path(), &mut files);
        files.sort();
        files
    }
}

pub(crate) async fn memories(store: &str, agent: &str, caller: &str) -> Vec<Value> {
    let url = format!("{store}/api/v1/agents/{agent}/callers/{caller}/memories");
    let http = common::http_client::build().unwrap();
    let response: Value = http
        .get(url)
        .header("x-api-key", STORE_KEY)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    response["memories"]
        .as_array()
        .unwrap_or_else(|| panic!("no memories in {response}"))
        .clone()
}

pub(crate) fn contents(memories: &[Value]) -> Vec<String> {
    memories
        .iter()
        .map(|memory| memory["content"].as_str().unwrap().to_owned())
        .collect()
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) {
    // The running system may have removed a file or folder since it was listed.
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(root, &path, files);
        } else {
            files.push(
                path.strip_prefix(root)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned(),
            );
        }
    }
}
