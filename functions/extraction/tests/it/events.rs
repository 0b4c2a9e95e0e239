//! The events of a call: queued once the call is stored, and delivered with content only while the
//! call is archived.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use common::archive::{Archive, Key};
use common::call::ConversationId;
use common::events::{EventJob, Outbox, Receivers};
use common::queue::{Enqueued, ExtractionJob, ExtractionQueue, Job, QueueError};
use common::secrets::{SecretSet, Secrets};
use common::settings::Settings;
use extraction::{EventDelivery, Extraction, ExtractionError};
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::{Bench, CALLER, answer, call, claim, now, openai};

const WORDS: &str = "I always want express shipping.";
const CONTENT: &str = "The caller always wants express shipping.";

/// A queue that records what is pushed and can be unavailable.
#[derive(Clone, Default)]
struct Recorder {
    pushed: Arc<Mutex<Vec<Enqueued>>>,
    is_down: Arc<AtomicBool>,
}

impl ExtractionQueue for Recorder {
    async fn push(&self, job: Enqueued) -> Result<(), QueueError> {
        self.pushed.lock().unwrap().push(job);
        match self.is_down.load(Ordering::SeqCst) {
            true => Err(QueueError::Unavailable("down".to_owned())),
            false => Ok(()),
        }
    }
}

impl Recorder {
    fn jobs(&self) -> Vec<Enqueued> {
        self.pushed.lock().unwrap().clone()
    }
}

struct Fixture {
    bench: Bench,
    receiver: MockServer,
    queue: Recorder,
    settings: Settings,
    secrets: Secrets,
}

impl Fixture {
    async fn new() -> Self {
        let bench = Bench::openai().await;
        let claims = [claim(CONTENT, 1, WORDS)];
        bench
            .provider_answers(openai(&answer(&claims).to_string()))
            .await;
        let receiver = MockServer::start().await;
        let accepted = Mock::given(method("POST")).respond_with(ResponseTemplate::new(200));
        accepted.mount(&receiver).await;
        let url = receiver.uri();
        let store = bench.store_url();
        let lookup = |name: &str| match name {
            "OPENMEMORY_API_URL" => Some(store.clone()),
            "EVENTS_URL" => Some(url.clone()),
            "EVENTS_SECRET" => Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
            "EVENTS_CONTENT" => Some("true".to_owned()),
            "CALLER_ID_PEPPER" => Some("pepper".to_owned()),
            _ => None,
        };
        Self {
            queue: Recorder::default(),
            settings: Settings::read(lookup).unwrap(),
            secrets: Secrets::fixed(SecretSet::read(lookup)),
            bench,
            receiver,
        }
    }

    fn extraction(&self) -> Extraction<impl Archive + use<>> {
        let outbox = Outbox::new(&self.settings.events, self.queue.clone());
        let extraction = self.bench.extraction.clone();
        extraction.with_events(outbox, self.secrets.clone())
    }

    async fn store_call(&self) -> ExtractionJob {
        let turns = ["How may I help you?", WORDS];
        self.bench.store_call(&call("conv_1", 1, &turns)).await
    }

    async fn extract(&self, job: &ExtractionJob) -> Result<(), ExtractionError> {
        self.extraction().run(job, now()).await.map(|_| ())
    }

    /// Delivers what was queued and returns the data of each event.
    async fn deliver(&self) -> Vec<Value> {
        let http = common::http_client::build().unwrap();
        let receivers = Receivers::new(&http, &self.secrets, &self.settings.events);
        let archive = self.bench.archive.clone();
        let delivery = EventDelivery::new(archive, receivers, &self.settings.caller);
        for queued in self.queue.jobs() {
            delivery.run(&events(&queued), now).await.unwrap();
        }
        let requests = self.receiver.received_requests().await.unwrap();
        let bodies = requests
            .iter()
            .map(|request| serde_json::from_slice::<Value>(&request.body).unwrap());
        bodies.map(|body| body["data"].clone()).collect()
    }
}

fn events(queued: &Enqueued) -> EventJob {
    match &queued.job {
        Job::Events(job) => job.clone(),
        Job::Extraction(_) => panic!("an extraction was queued"),
    }
}

#[tokio::test]
async fn a_call_whose_events_cannot_be_queued_runs_again_and_queues_the_same_without_the_model() {
    let fixture = Fixture::new().await;
    let job = fixture.store_call().await;
    fixture.queue.is_down.store(true, Ordering::SeqCst);
    let error = fixture.extract(&job).await.unwrap_err();
    assert!(error.is_outage(), "{error}");
    assert!(!fixture.bench.archive.contains(&job.done()).await.unwrap());
    fixture.queue.is_down.store(false, Ordering::SeqCst);
    fixture
        .bench
        .provider_answers(ResponseTemplate::new(500))
        .await;
    fixture.extract(&job).await.unwrap();
    assert_eq!(fixture.bench.calls().await, 0, "the record is used");
    let jobs = fixture.queue.jobs();
    assert_eq!(jobs.len(), 2);
    assert_eq!(jobs[0], jobs[1]);
}

#[tokio::test]
async fn a_finished_call_queues_nothing_again_and_a_redo_has_events_of_its_own() {
    let fixture = Fixture::new().await;
    let job = fixture.store_call().await;
    fixture.extract(&job).await.unwrap();
    fixture.extract(&job).await.unwrap();
    let redo = ExtractionJob {
        redo: Some(1),
        ..job
    };
    fixture.extract(&redo).await.unwrap();
    let jobs = fixture.queue.jobs();
    assert_eq!(jobs.len(), 2);
    let last_ids: Vec<String> = jobs
        .iter()
        .map(|queued| {
            let last = events(queued).events.list.pop().unwrap();
            last.id.as_str().to_owned()
        })
        .collect();
    assert_ne!(last_ids[0], last_ids[1]);
}

#[tokio::test]
async fn the_queue_holds_no_content_and_an_erased_call_is_delivered_without_it() {
    let fixture = Fixture::new().await;
    let job = fixture.store_call().await;
    fixture.extract(&job).await.unwrap();
    let queued = serde_json::to_string(&fixture.queue.jobs()[0].job).unwrap();
    assert!(!queued.contains("express") && !queued.contains("2025550142"));
    let with_content = fixture.deliver().await;
    assert_eq!(with_content[0]["content"], CONTENT);
    assert_eq!(with_content[0]["caller_id"], CALLER);
    for key in [&job.payload, &job.record()] {
        fixture.bench.archive.delete(key).await.unwrap();
    }
    let all = fixture.deliver().await;
    let without = &all[with_content.len()];
    assert_eq!(without["memory_id"], with_content[0]["memory_id"]);
    assert_eq!(without.get("content").or(without.get("caller_id")), None);
}

#[tokio::test]
async fn an_erased_memory_is_delivered_without_content() {
    let fixture = Fixture::new().await;
    let job = fixture.store_call().await;
    fixture.extract(&job).await.unwrap();
    let memory = fixture.bench.memories().await.remove(0);
    let tombstone = Key::erased_memory(&memory.id.0);
    fixture
        .bench
        .archive
        .put(&tombstone, bytes::Bytes::new())
        .await
        .unwrap();
    let delivered = fixture.deliver().await;
    assert_eq!(delivered[0]["memory_id"], json!(memory.id.0));
    assert_eq!(delivered[0].get("content"), None);
}

#[tokio::test]
async fn an_erased_call_announces_nothing() {
    let fixture = Fixture::new().await;
    let job = fixture.store_call().await;
    let tombstone = Key::erased(&ConversationId::parse("conv_1").unwrap());
    fixture
        .bench
        .archive
        .put(&tombstone, bytes::Bytes::new())
        .await
        .unwrap();
    fixture.extract(&job).await.unwrap();
    assert_eq!(fixture.queue.jobs(), []);
}
