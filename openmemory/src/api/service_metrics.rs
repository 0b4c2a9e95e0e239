//! The metrics of one service. They contain nothing about callers or content.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};
use tokio::task::JoinHandle;

use crate::storage::StorageMetrics;

const REQUEST_DURATION: &str = "openmemory_http_request_duration_seconds";
/// Upper bounds of the latency histogram, in seconds.
const SECONDS_BUCKETS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];
/// How often samples are moved into buckets. Until then each sample takes memory.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Records the metrics of one service.
///
/// The recorder is not the global one of the process: several services in one process, or a service
/// embedded in a program with metrics of its own, do not mix their metrics.
#[derive(Debug)]
pub(super) struct ServiceMetrics {
    recorder: PrometheusRecorder,
    upkeep: JoinHandle<()>,
}

impl ServiceMetrics {
    /// Starts with empty metrics.
    pub(super) fn start() -> Self {
        let recorder = recorder();
        let handle = recorder.handle();
        let upkeep = tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP_INTERVAL).await;
                handle.run_upkeep();
            }
        });
        Self { recorder, upkeep }
    }

    /// Counts one request by its method, route and status.
    pub(super) fn count_request(
        &self,
        method: &Method,
        route: &str,
        status: StatusCode,
        duration: Duration,
    ) {
        let labels = [
            ("method", method_label(method).to_owned()),
            ("route", route.to_owned()),
            ("status", status.as_str().to_owned()),
        ];
        with_local_recorder(&self.recorder, || {
            histogram!(REQUEST_DURATION, &labels).record(duration);
            counter!("openmemory_http_requests_total", &labels).increment(1);
        });
    }

    /// Renders all metrics in the Prometheus text format, with these current values.
    pub(super) fn text(&self, stored: StorageMetrics, uptime: Duration) -> String {
        with_local_recorder(&self.recorder, || {
            // A table would have to be read as a whole to count them.
            if let Some(memories) = stored.memories {
                gauge!("openmemory_memories").set(memories as f64);
            }
            gauge!("openmemory_database_connections", "state" => "open")
                .set(f64::from(stored.connections));
            gauge!("openmemory_database_connections", "state" => "idle")
                .set(stored.idle_connections as f64);
            gauge!("openmemory_uptime_seconds").set(uptime.as_secs() as f64);
        });
        self.recorder.handle().render()
    }
}

impl Drop for ServiceMetrics {
    fn drop(&mut self) {
        self.upkeep.abort();
    }
}

#[expect(
    clippy::expect_used,
    reason = "only an empty list of bounds is an error"
)]
fn recorder() -> PrometheusRecorder {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(REQUEST_DURATION.to_owned()), &SECONDS_BUCKETS)
        .expect("the list of bounds is not empty")
        .build_recorder()
}

/// Replaces unknown methods by `other`, because clients could create unlimited label values.
fn method_label(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::POST
        | Method::DELETE
        | Method::PUT
        | Method::PATCH
        | Method::HEAD => method.as_str(),
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: StorageMetrics = StorageMetrics {
        memories: Some(3),
        connections: 2,
        idle_connections: 1,
    };

    fn text(metrics: &ServiceMetrics) -> String {
        metrics.text(STORED, Duration::from_millis(7_900))
    }

    #[tokio::test]
    async fn a_request_counts_in_every_bucket_at_or_above_its_duration() {
        let metrics = ServiceMetrics::start();
        let duration = Duration::from_millis(3);
        metrics.count_request(&Method::GET, "/health", StatusCode::OK, duration);
        let text = text(&metrics);
        let labels = "method=\"GET\",route=\"/health\",status=\"200\"";
        for line in [
            format!("{REQUEST_DURATION}_bucket{{{labels},le=\"0.0025\"}} 0\n"),
            format!("{REQUEST_DURATION}_bucket{{{labels},le=\"0.005\"}} 1\n"),
            format!("{REQUEST_DURATION}_bucket{{{labels},le=\"5\"}} 1\n"),
            format!("{REQUEST_DURATION}_bucket{{{labels},le=\"+Inf\"}} 1\n"),
            format!("{REQUEST_DURATION}_sum{{{labels}}} 0.003\n"),
            format!("{REQUEST_DURATION}_count{{{labels}}} 1\n"),
            format!("# TYPE {REQUEST_DURATION} histogram\n"),
            format!("openmemory_http_requests_total{{{labels}}} 1\n"),
            "# TYPE openmemory_http_requests_total counter\n".to_owned(),
        ] {
            assert!(text.contains(&line), "{line} is missing in {text}");
        }
    }

    #[tokio::test]
    async fn gauges_show_the_current_values() {
        let text = text(&ServiceMetrics::start());
        for lines in [
            "# TYPE openmemory_memories gauge\nopenmemory_memories 3\n",
            "# TYPE openmemory_database_connections gauge\n",
            "openmemory_database_connections{state=\"open\"} 2\n",
            "openmemory_database_connections{state=\"idle\"} 1\n",
            "# TYPE openmemory_uptime_seconds gauge\nopenmemory_uptime_seconds 7\n",
        ] {
            assert!(text.contains(lines), "{lines} is missing in {text}");
        }
    }

    #[tokio::test]
    async fn services_of_one_process_count_their_own_requests() {
        let counting = ServiceMetrics::start();
        let other = ServiceMetrics::start();
        let duration = Duration::from_millis(1);
        counting.count_request(&Method::TRACE, "none", StatusCode::NOT_FOUND, duration);
        assert!(text(&counting).contains("method=\"other\""));
        assert!(!text(&other).contains("openmemory_http_requests_total{"));
    }
}
