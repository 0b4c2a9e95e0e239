//! The figures by their names here and in CloudWatch. What is not in this list is not sent, and not paid for.

use metrics::Key;

/// One figure.
#[derive(Debug)]
pub(super) struct Metric {
    /// Its name in [`crate::measure`].
    name: &'static str,
    /// The `kind` that it is the figure of, where each kind has one of its own.
    kind: Option<&'static str>,
    /// Its name in CloudWatch.
    pub(super) sent_as: &'static str,
    /// Its unit in CloudWatch.
    pub(super) unit: &'static str,
}

const fn count(name: &'static str, sent_as: &'static str) -> Metric {
    Metric { name, kind: None, sent_as, unit: "Count" }
}

const fn seconds(name: &'static str, sent_as: &'static str) -> Metric {
    Metric { name, kind: None, sent_as, unit: "Seconds" }
}

const fn tokens(kind: &'static str, sent_as: &'static str) -> Metric {
    Metric { name: "llm_api_tokens", kind: Some(kind), sent_as, unit: "Count" }
}

/// All figures.
pub(super) static METRICS: [Metric; 26] = [
    count("http_requests", "HttpRequests"),
    seconds("http_request_duration_seconds", "HttpRequestDuration"),
    count("http_4xx", "Http4xx"),
    count("http_5xx", "Http5xx"),
    count("webhook_validation_errors", "WebhookValidationErrors"),
    count("degraded_answers", "DegradedAnswers"),
    count("background_jobs", "BackgroundJobs"),
    seconds("background_job_duration_seconds", "BackgroundJobDuration"),
    count("background_jobs_failed", "BackgroundJobsFailed"),
    count("memories_extracted", "MemoriesExtracted"),
    count("memories_stored", "MemoriesStored"),
    count("memories_reinforced", "MemoriesReinforced"),
    count("memories_dropped", "MemoriesDropped"),
    count("memory_extraction_errors", "MemoryExtractionErrors"),
    count("llm_api_calls", "LlmApiCalls"),
    seconds("llm_api_latency_seconds", "LlmApiLatency"),
    count("llm_api_errors", "LlmApiErrors"),
    tokens("input", "LlmApiTokensInput"),
    tokens("output", "LlmApiTokensOutput"),
    tokens("cached", "LlmApiTokensCached"),
    Metric { name: "llm_api_cost_dollars", kind: None, sent_as: "LlmApiCost", unit: "None" },
    count("openmemory_api_calls", "OpenMemoryApiCalls"),
    seconds("openmemory_api_latency_seconds", "OpenMemoryApiLatency"),
    count("openmemory_api_errors", "OpenMemoryApiErrors"),
    count("cold_starts", "ColdStart"),
    Metric { name: "memory_used_percent", kind: None, sent_as: "MemoryUsed", unit: "Percent" },
];

/// Where the figure of this key is in [`METRICS`].
pub(super) fn position(key: &Key) -> Option<usize> {
    let is_kind = |wanted: &str| key.labels().any(|label| label.key() == "kind" && label.value() == wanted);
    METRICS.iter().position(|metric| metric.name == key.name() && metric.kind.is_none_or(is_kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_that_is_measured_is_sent() {
        // Every other piece between quotation marks is a text; names are those that a macro is called with.
        let pieces: Vec<_> = include_str!("../../measure.rs").split('"').collect();
        let named = pieces.chunks(2).filter_map(|pair| match pair {
            [before, name] if before.ends_with("!(") => Some(*name),
            _ => None,
        });
        let names: Vec<_> = named.collect();
        assert!(names.len() >= METRICS.len() - 2, "{names:?}");
        for name in names {
            assert!(METRICS.iter().any(|metric| metric.name == name), "{name}");
        }
    }
}
