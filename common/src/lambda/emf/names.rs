//! Maps metric names to their names in CloudWatch. A metric that is not listed is not sent, and so
//! not paid for. With `MONITORING=essential`, only those marked as essential are sent.

use metrics::Key;

/// A metric.
#[derive(Debug)]
pub(super) struct Metric {
    /// Its name in [`crate::measure`].
    name: &'static str,
    /// The label that a measurement must have to count, and the prefix of the label's value.
    only: Option<(&'static str, &'static str)>,
    /// Its name in CloudWatch.
    pub(super) sent_as: &'static str,
    /// Its unit in CloudWatch.
    pub(super) unit: &'static str,
    /// Whether `MONITORING=essential` includes it: calls are lost or answered late, or cost money.
    pub(super) is_essential: bool,
}

const fn metric(name: &'static str, sent_as: &'static str, unit: &'static str) -> Metric {
    Metric {
        name,
        only: None,
        sent_as,
        unit,
        is_essential: false,
    }
}

const fn count(name: &'static str, sent_as: &'static str) -> Metric {
    metric(name, sent_as, "Count")
}

const fn count_of(
    name: &'static str,
    label: &'static str,
    value: &'static str,
    sent_as: &'static str,
) -> Metric {
    Metric {
        name,
        only: Some((label, value)),
        sent_as,
        unit: "Count",
        is_essential: false,
    }
}

const fn seconds(name: &'static str, sent_as: &'static str) -> Metric {
    metric(name, sent_as, "Seconds")
}

/// All metrics.
pub(super) static METRICS: [Metric; 36] = [
    count("http_requests_total", "HttpRequests"),
    seconds("http_request_duration_seconds", "HttpRequestDuration"),
    count_of("http_requests_total", "status", "4", "Http4xx"),
    count_of("http_requests_total", "status", "5", "Http5xx"),
    metric("health_down", "HealthDown", "None").essential(),
    count("webhook_validation_errors_total", "WebhookValidationErrors").essential(),
    count("degraded_answers_total", "DegradedAnswers").essential(),
    count("background_jobs_total", "BackgroundJobs"),
    seconds("background_jobs_duration_seconds", "BackgroundJobDuration"),
    count("background_jobs_failed_total", "BackgroundJobsFailed"),
    count("memory_extraction_total", "MemoriesExtracted"),
    count("memories_stored_total", "MemoriesStored").essential(),
    count("memories_reinforced_total", "MemoriesReinforced"),
    count("memories_dropped_total", "MemoriesDropped"),
    count("memories_withheld_total", "MemoriesWithheld"),
    count("memory_verifications_total", "MemoryVerifications"),
    count("memory_extraction_errors_total", "MemoryExtractionErrors").essential(),
    count_of(
        "extraction_outcomes_total",
        "outcome",
        "unreadable",
        "ModelUnreadable",
    ),
    count_of(
        "extraction_outcomes_total",
        "outcome",
        "timed_out",
        "ModelTimedOut",
    ),
    count_of(
        "extraction_outcomes_total",
        "outcome",
        "refused",
        "ModelRefused",
    ),
    count_of(
        "extraction_outcomes_total",
        "outcome",
        "declined",
        "ModelDeclined",
    ),
    count("llm_api_calls_total", "LlmApiCalls"),
    seconds("llm_api_latency_seconds", "LlmApiLatency"),
    count("llm_api_errors_total", "LlmApiErrors").essential(),
    count_of("llm_api_tokens_total", "kind", "input", "LlmApiTokensInput"),
    count_of(
        "llm_api_tokens_total",
        "kind",
        "output",
        "LlmApiTokensOutput",
    ),
    count("llm_api_cached_tokens_total", "LlmApiTokensCached"),
    metric("llm_api_cost_dollars", "LlmApiCost", "None").essential(),
    count("openmemory_api_calls_total", "OpenMemoryApiCalls"),
    seconds("openmemory_api_latency_seconds", "OpenMemoryApiLatency"),
    count("openmemory_api_errors_total", "OpenMemoryApiErrors"),
    count("event_deliveries_total", "EventDeliveries"),
    seconds("event_delivery_latency_seconds", "EventDeliveryLatency"),
    count("event_delivery_errors_total", "EventDeliveryErrors"),
    count("cold_starts_total", "ColdStart"),
    metric("memory_used_percent", "MemoryUsed", "Percent"),
];

/// Returns the positions in [`METRICS`] of the metrics that a measurement with this key counts
/// towards.
pub(super) fn positions(key: &Key) -> impl Iterator<Item = usize> {
    METRICS
        .iter()
        .enumerate()
        .filter(move |(_, metric)| metric.counts(key))
        .map(|(position, _)| position)
}

impl Metric {
    const fn essential(mut self) -> Self {
        self.is_essential = true;
        self
    }

    fn counts(&self, key: &Key) -> bool {
        let has = |(name, start): (&str, &str)| {
            key.labels()
                .any(|label| label.key() == name && label.value().starts_with(start))
        };
        self.name == key.name() && self.only.is_none_or(has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metrics of a long-running process. A Lambda instance serves one request at a time, and SQS
    /// and S3 have metrics of their own.
    const ONE_MACHINE: [&str; 7] = [
        "http_requests_in_progress",
        "background_jobs_queued",
        "background_jobs_dead_letters",
        "background_jobs_oldest_seconds",
        "payloads_expired_total",
        "elaaoms_database_size_bytes",
        "elaaoms_build_info",
    ];

    #[test]
    fn every_recorded_metric_is_sent() {
        // Every second piece between quotation marks is a string literal. Metric names are the
        // literals that open a macro's arguments.
        let pieces: Vec<_> = include_str!("../../measure.rs").split('"').collect();
        let literals = pieces.chunks(2).filter_map(|pair| {
            let [before, name] = pair else { return None };
            // rustfmt may put the literal on its own line.
            let code = before.trim_end();
            (code.ends_with("!(") && !code.ends_with("format!(")).then_some(*name)
        });
        let names: Vec<_> = literals.collect();
        for metric in &METRICS {
            assert!(
                names.contains(&metric.name),
                "nothing measures {}",
                metric.name
            );
        }
        for name in names.iter().filter(|name| !ONE_MACHINE.contains(name)) {
            assert!(
                METRICS.iter().any(|metric| metric.name == *name),
                "{name} is not sent"
            );
        }
    }
}
