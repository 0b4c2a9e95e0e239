//! The real webhook and the real extraction, with the addresses of the fakes.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use common::batch::{Batch, JobError, Queues, for_each_job};
use common::elevenlabs::agents::AgentsApi;
use common::elevenlabs::auth::WebhookAuth;
use common::llm::Llm;
use common::openmemory::OpenMemory;
use common::queue::Job;
use common::queue::sqs::SqsQueue;
use common::secrets::{SecretSet, Secrets};
use common::settings::Settings;
use common::webhook_path::POST_CALL;
use elaaoms_tests::{PEPPER, SIGNING_SECRET, STORE_KEY, WEBHOOK_KEY, now, sign};
use extraction::Extraction;
use jiff::Timestamp;
use post_call::PostCall;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::archive::MemoryArchive;
use crate::sqs::DEAD_LETTERS;

/// Time limit of a request to the memory store, in real time.
const STORE_TIMEOUT: Duration = Duration::from_secs(240);

/// The URLs of the fakes.
pub(crate) struct Addresses {
    pub(crate) sqs: String,
    pub(crate) model: String,
    pub(crate) store: String,
}

/// The functions of the system.
pub(crate) struct System {
    webhook: Router,
    extraction: Extraction<MemoryArchive>,
    queues: Queues<MemoryArchive>,
}

impl System {
    pub(crate) fn new(addresses: &Addresses) -> Self {
        let variables = [
            ("ELEVENLABS_POST_CALL_HMAC_KEY", SIGNING_SECRET),
            ("WEBHOOK_API_KEY", WEBHOOK_KEY),
            ("CALLER_ID_PEPPER", PEPPER),
            ("OPENMEMORY_API_URL", addresses.store.as_str()),
            ("OPENMEMORY_API_KEY", STORE_KEY),
            ("LLM_PROVIDER", "openai"),
            ("LLM_MODEL", "simulated"),
            ("LLM_API_URL", addresses.model.as_str()),
            ("LLM_API_KEY", "key-of-the-model"),
            // In real time: the model answers late in virtual time only.
            ("LLM_TIMEOUT_MS", "240000"),
        ];
        let lookup = |name: &str| {
            let mut all = variables.iter();
            let found = all.find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let settings = Settings::read(lookup).unwrap();
        let secrets = Secrets::fixed(SecretSet::read(lookup));
        let archive = MemoryArchive::default();
        let queues = queues(&addresses.sqs, archive.clone());
        let auth = WebhookAuth::new(secrets.clone(), &settings.auth);
        let jobs = queues.jobs.clone();
        let state = PostCall::new(auth, secrets.clone(), archive.clone(), jobs, &settings);
        Self {
            webhook: post_call::router(state),
            extraction: extraction(&settings, secrets, archive),
            queues,
        }
    }

    /// Sends a signed webhook.
    pub(crate) async fn post_call(&self, body: &Value) -> StatusCode {
        let body = body.to_string();
        let request = Request::post(POST_CALL)
            .header("content-type", "application/json")
            .header(
                "elevenlabs-signature",
                sign(SIGNING_SECRET, now(), body.as_bytes()),
            )
            .body(Body::from(body))
            .unwrap();
        let response = self.webhook.clone().oneshot(request).await.unwrap();
        response.status()
    }

    /// Runs the extraction function on an event with one record. Returns whether the message can
    /// be deleted. `now` is the time at which the job runs.
    pub(crate) async fn extract(&self, record: Value, now: Timestamp) -> bool {
        let batch: Batch = serde_json::from_value(json!({"Records": [record]})).unwrap();
        let work = async |job: Job| {
            let call = job.extraction().unwrap();
            let outcome = self.extraction.run(call, now).await;
            outcome.map(|_| ()).map_err(JobError::from)
        };
        let response = for_each_job(batch, &self.queues, work).await;
        serde_json::to_value(&response).unwrap()["batchItemFailures"] == json!([])
    }
}

fn queues(sqs: &str, archive: MemoryArchive) -> Queues<MemoryArchive> {
    let config = aws_config(sqs);
    let queue = |name: &str| SqsQueue::new(&config, format!("{sqs}/1/{name}").parse().unwrap());
    Queues {
        jobs: queue("jobs.fifo"),
        dead_letters: queue(DEAD_LETTERS),
        archive,
    }
}

fn aws_config(sqs: &str) -> SdkConfig {
    let lookup = |name: &str| match name {
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ENDPOINT_URL" => Some(sqs.to_owned()),
        _ => None,
    };
    let credentials = Credentials::new("key", "secret", None, None, "simulation");
    common::aws::config(common::http_client::build().unwrap(), lookup)
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

fn extraction(
    settings: &Settings,
    secrets: Secrets,
    archive: MemoryArchive,
) -> Extraction<MemoryArchive> {
    let http = common::http_client::build().unwrap();
    let store = OpenMemory::new(
        http.clone(),
        &settings.openmemory,
        secrets.clone(),
        settings.memory.pseudonymous_callers,
        STORE_TIMEOUT,
    );
    let llm = Llm::new(http.clone(), &settings.llm, secrets.clone());
    let agents = AgentsApi::new(http, settings.elevenlabs_api_url.clone(), secrets.clone());
    Extraction::new(archive, store, llm, agents, secrets, settings)
}
