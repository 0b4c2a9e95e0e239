//! `GET /metrics` for Prometheus, on a port of its own: figures tell how busy a business is, and a
//! proxy that publishes the webhooks must not publish them by mistake.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use common::llm::Llm;
use common::measure;
use common::queue::embedded::EmbeddedQueue;
use jiff::Timestamp;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use tracing::error;

/// Upper bounds in seconds. The alert rules' thresholds (2, 3, 10 and 60 s) are among them, so that
/// a quantile next to one is exact.
const SECONDS: [f64; 17] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0,
    120.0,
];
/// Upper bounds in US dollars.
const DOLLARS: [f64; 10] = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0];
/// The text format of Prometheus.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// How often samples are sorted into buckets: between two scrapes they take memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// What is told to Prometheus.
#[derive(Clone)]
pub(crate) struct Exporter {
    handle: PrometheusHandle,
    process: Collector,
    queue: EmbeddedQueue,
    databases: Arc<[(&'static str, PathBuf)]>,
}

impl Exporter {
    /// Measures from now on, whatever is measured in this process.
    ///
    /// # Errors
    /// Never with the bounds above, which are not empty.
    pub(crate) fn start(
        queue: EmbeddedQueue,
        databases: impl Into<Arc<[(&'static str, PathBuf)]>>,
        llm: Option<&Llm>,
    ) -> Result<Self, BuildError> {
        let (handle, process) = (recorder()?, Collector::default());
        process.describe();
        measure::describe();
        measure::initialize_counters(llm.map(|llm| (llm.provider(), llm.model())));
        measure::build(env!("CARGO_PKG_VERSION"));
        Ok(Self {
            handle,
            process,
            queue,
            databases: databases.into(),
        })
    }

    /// The route of this endpoint.
    pub(crate) fn routes(self) -> Router {
        Router::new().route("/metrics", get(text)).with_state(self)
    }

    /// Sorts samples into buckets for as long as the process lives.
    pub(crate) async fn keep_up(self) {
        loop {
            tokio::time::sleep(UPKEEP).await;
            self.handle.run_upkeep();
        }
    }

    /// Looks up what is a level rather than an event.
    async fn look(&self) {
        self.process.collect();
        match self.queue.load(now()).await {
            Ok(load) => measure::queue(load.waiting, load.dead, load.oldest),
            Err(error) => error!(reason = %error, "the queue cannot be measured"),
        }
        for (database, file) in self.databases.iter() {
            if let Some(bytes) = size_on_disk(file).await {
                measure::database_size(database, bytes);
            }
        }
    }
}

/// A SQLite file with the changes that are not merged into it yet, if there is such a file.
async fn size_on_disk(file: &Path) -> Option<u64> {
    let changes = tokio::fs::metadata(file.with_extension("db-wal"))
        .await
        .map_or(0, |changes| changes.len());
    Some(tokio::fs::metadata(file).await.ok()?.len() + changes)
}

async fn text(State(exporter): State<Exporter>) -> impl IntoResponse {
    exporter.look().await;
    ([(CONTENT_TYPE, TEXT)], exporter.handle.render())
}

/// The recorder of this process, the same for all systems in it.
fn recorder() -> Result<PrometheusHandle, BuildError> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = RECORDER.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_dollars".to_owned()), &DOLLARS)?
        .build_recorder();
    Ok(RECORDER
        .get_or_init(|| {
            let handle = recorder.handle();
            // A recorder that was installed before, as tests may do it, keeps the figures.
            let _ = metrics::set_global_recorder(recorder);
            handle
        })
        .clone())
}

#[expect(clippy::disallowed_methods, reason = "an age is measured from now")]
fn now() -> Timestamp {
    Timestamp::now()
}
