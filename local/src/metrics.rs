//! `GET /metrics` for Prometheus, on a separate port. Metrics reveal how busy a business is, and a
//! proxy that publishes the webhooks must not publish the metrics by mistake.

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

/// Upper bounds of histogram buckets in seconds. They include the alert rules' thresholds (2, 3, 10
/// and 60 s), so that a quantile close to a threshold is exact.
const SECONDS_BUCKETS: [f64; 17] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0,
    120.0,
];
/// Upper bounds of histogram buckets in US dollars.
const DOLLARS_BUCKETS: [f64; 10] = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0];
/// The content type of Prometheus' text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// How often samples are moved into buckets. Until then each sample takes memory.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Exports the metrics of this process to Prometheus.
#[derive(Clone)]
pub(crate) struct Exporter {
    handle: PrometheusHandle,
    process: Collector,
    queue: EmbeddedQueue,
    databases: Arc<[(&'static str, PathBuf)]>,
}

impl Exporter {
    /// Starts recording all metrics of this process.
    ///
    /// # Errors
    /// Never, because the bucket bounds above are not empty.
    pub(crate) fn start(
        queue: EmbeddedQueue,
        databases: impl Into<Arc<[(&'static str, PathBuf)]>>,
        llm: Option<&Llm>,
    ) -> Result<Self, BuildError> {
        let handle = recorder()?;
        let process = Collector::default();
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

    pub(crate) fn routes(self) -> Router {
        Router::new().route("/metrics", get(text)).with_state(self)
    }

    /// Moves samples into buckets periodically. Never returns.
    pub(crate) async fn run_upkeep(self) {
        loop {
            tokio::time::sleep(UPKEEP_INTERVAL).await;
            self.handle.run_upkeep();
        }
    }

    /// Updates the gauges: process, queue and database sizes.
    async fn update_gauges(&self) {
        self.process.collect();
        match self.queue.load(now()).await {
            Ok(load) => measure::queue(load.waiting, load.dead, load.oldest),
            Err(error) => error!(reason = %error, "queue measurement failed"),
        }
        for (database, file) in self.databases.iter() {
            if let Some(bytes) = size_on_disk(file).await {
                measure::database_size(database, bytes);
            }
        }
    }
}

/// Returns the size in bytes of a SQLite database with its write-ahead log. `None` if there is no
/// such database.
async fn size_on_disk(file: &Path) -> Option<u64> {
    let write_ahead_log = tokio::fs::metadata(file.with_extension("db-wal"))
        .await
        .map_or(0, |metadata| metadata.len());
    Some(tokio::fs::metadata(file).await.ok()?.len() + write_ahead_log)
}

async fn text(State(exporter): State<Exporter>) -> impl IntoResponse {
    exporter.update_gauges().await;
    ([(CONTENT_TYPE, TEXT_FORMAT)], exporter.handle.render())
}

/// Returns the recorder of this process. All systems in the process share it.
fn recorder() -> Result<PrometheusHandle, BuildError> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = RECORDER.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_dollars".to_owned()), &DOLLARS_BUCKETS)?
        .build_recorder();
    Ok(RECORDER
        .get_or_init(|| {
            let handle = recorder.handle();
            // If a recorder is already installed, as in some tests, it keeps receiving the metrics.
            let _ = metrics::set_global_recorder(recorder);
            handle
        })
        .clone())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the age of a job is relative to the current time"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
