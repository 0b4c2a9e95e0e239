//! Records the metrics. All names and labels are defined here. The process decides where metrics go
//! by installing a recorder: CloudWatch on Lambda, Prometheus on one machine. The names follow
//! Prometheus' conventions and the deployment guide.
//!
//! No label ever holds a caller, a conversation or an agent. Each label value is a time series that
//! costs money.

mod descriptions;

pub use descriptions::describe;

use std::time::Duration;

use http::Method;
use metrics::{SharedString, counter, gauge, histogram};

use crate::webhook_path;

/// The kind of background job that is measured as one. Deliveries of events have metrics of their
/// own, so that a receiver that is down does not look like calls that cannot be extracted.
const MEMORY_EXTRACTION: &str = "memory_extraction";

/// Records a request that was answered with `status`.
pub fn http_request(
    method: &Method,
    endpoint: impl Into<SharedString>,
    status: u16,
    took: Duration,
) {
    let labels = [
        ("method", method_label(method).into()),
        ("endpoint", endpoint.into()),
        ("status", SharedString::from(status.to_string())),
    ];
    histogram!("http_request_duration_seconds", &labels[..2]).record(took);
    counter!("http_requests_total", &labels).increment(1);
}

/// Counts a request as in progress until it is dropped.
#[derive(Debug)]
pub struct InProgress(());

impl InProgress {
    /// Starts counting a request.
    #[must_use]
    pub fn begin() -> Self {
        gauge!("http_requests_in_progress").increment(1);
        Self(())
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        gauge!("http_requests_in_progress").decrement(1);
    }
}

/// Records the first request of a function instance.
pub fn cold_start() {
    counter!("cold_starts_total").increment(1);
}

/// Records a function's peak memory usage in percent.
pub fn memory_used(percent: f64) {
    gauge!("memory_used_percent").set(percent);
}

/// Records a webhook that failed authentication.
pub fn webhook_validation_error() {
    counter!("webhook_validation_errors_total").increment(1);
}

/// Records a call to the memory store. `outcome` is `"ok"` or the kind of the error.
pub fn openmemory_call(operation: &'static str, outcome: &'static str, took: Duration) {
    counter!("openmemory_api_calls_total", "operation" => operation, "outcome" => outcome)
        .increment(1);
    counter!("openmemory_api_errors_total", "operation" => operation)
        .increment(error_count(outcome));
    histogram!("openmemory_api_latency_seconds", "operation" => operation).record(took);
}

/// Records a call to the model provider. `outcome` is `"ok"` or the kind of the error.
pub fn llm_call(provider: &'static str, model: &str, outcome: &'static str, took: Duration) {
    let labels = model_labels(provider, model);
    counter!("llm_api_calls_total", "provider" => provider, "model" => model.to_owned(), "outcome" => outcome)
        .increment(1);
    counter!("llm_api_errors_total", &labels).increment(error_count(outcome));
    histogram!("llm_api_latency_seconds", &labels).record(took);
}

/// Records the tokens of a model call. Tokens that the provider had cached are part of the input.
pub fn llm_tokens(provider: &'static str, model: &str, input: u64, output: u64, cached: u64) {
    for (kind, tokens) in [("input", input), ("output", output)] {
        counter!("llm_api_tokens_total", "provider" => provider, "model" => model.to_owned(), "kind" => kind)
            .increment(tokens);
    }
    counter!(
        "llm_api_cached_tokens_total",
        &model_labels(provider, model)
    )
    .increment(cached);
}

/// Records the cost of a model call in US dollars. Nothing is recorded if the price is unknown.
pub fn llm_cost(provider: &'static str, model: &str, dollars: f64) {
    if dollars > 0.0 {
        histogram!("llm_api_cost_dollars", &model_labels(provider, model)).record(dollars);
    }
}

/// Records the memories of one extraction.
pub fn extraction(extracted: usize, stored: usize, reinforced: usize) {
    counter!("memory_extraction_total").increment(extracted as u64);
    counter!("memories_stored_total").increment(stored as u64);
    counter!("memories_reinforced_total").increment(reinforced as u64);
}

/// Records how the model handled a call: `ok`, `none` without a model, `unreadable`, `timed_out`,
/// `refused`, or `declined` by the provider, with its status; then the memories come from
/// ElevenLabs' analysis. `opted_out` counts calls that are left out, because their callers do not
/// want to be remembered.
pub fn extraction_outcome(outcome: &'static str, status: Option<u16>) {
    let status = status.map_or_else(String::new, |status| status.to_string());
    counter!("extraction_outcomes_total", "outcome" => outcome, "status" => status).increment(1);
}

/// Records a check of a call's memories by the model. `outcome` is `"ok"`, or why the check failed;
/// then the memories are stored unchecked.
pub fn memory_verification(outcome: &'static str) {
    counter!("memory_verifications_total", "outcome" => outcome).increment(1);
}

/// Records a background job. `outcome` is `"ok"` or the kind of the failure.
pub fn background_job(outcome: &'static str, took: Duration) {
    counter!("background_jobs_total", "job_type" => MEMORY_EXTRACTION, "outcome" => outcome)
        .increment(1);
    counter!("background_jobs_failed_total", "job_type" => MEMORY_EXTRACTION)
        .increment(error_count(outcome));
    histogram!("background_jobs_duration_seconds", "job_type" => MEMORY_EXTRACTION).record(took);
}

/// Records an extraction that failed permanently.
pub fn extraction_error() {
    counter!("memory_extraction_errors_total").increment(1);
}

/// Records the delivery of events in one request. `receiver` is `"webhook"` or `"bus"`, and
/// `outcome` is `"ok"`, `"gone"`, or the kind of the error.
pub fn event_delivery(
    receiver: &'static str,
    outcome: &'static str,
    events: usize,
    took: Duration,
) {
    let is_error = !matches!(outcome, "ok" | "gone");
    counter!("event_deliveries_total", "receiver" => receiver, "outcome" => outcome)
        .increment(events as u64);
    counter!("event_delivery_errors_total", "receiver" => receiver).increment(u64::from(is_error));
    histogram!("event_delivery_latency_seconds", "receiver" => receiver).record(took);
}

/// Records the jobs that wait or run, the dead letters, and the age of the oldest job.
pub fn queue(waiting: u32, dead: u32, oldest: Duration) {
    gauge!("background_jobs_queued", "job_type" => MEMORY_EXTRACTION).set(waiting);
    gauge!("background_jobs_dead_letters", "job_type" => MEMORY_EXTRACTION).set(dead);
    gauge!("background_jobs_oldest_seconds", "job_type" => MEMORY_EXTRACTION).set(oldest);
}

/// Records the result of a health check.
pub fn health(is_down: bool) {
    gauge!("health_down").set(u8::from(is_down));
}

/// Records a response without memories because the store failed or was too slow. `webhook` is its
/// path.
pub fn degraded_answer(webhook: &'static str) {
    counter!("degraded_answers_total", "endpoint" => webhook).increment(1);
}

/// Records memories of a model that were dropped, by reason and category.
pub fn memories_dropped(reason: &'static str, category: &'static str, count: usize) {
    if count > 0 {
        counter!("memories_dropped_total", "reason" => reason, "category" => category)
            .increment(count as u64);
    }
}

/// Records private memories that were not stored, by kind.
pub fn memories_withheld(kind: &'static str, count: usize) {
    if count > 0 {
        counter!("memories_withheld_total", "kind" => kind).increment(count as u64);
    }
}

/// Records payloads that were deleted because their retention ended.
pub fn payloads_expired(count: usize) {
    counter!("payloads_expired_total").increment(count as u64);
}

/// Records the size of a database file.
pub fn database_size(database: &'static str, bytes: u64) {
    #[expect(clippy::cast_precision_loss, reason = "exact up to nine petabytes")]
    gauge!("elaaoms_database_size_bytes", "database" => database).set(bytes as f64);
}

/// Records the running version.
pub fn build(version: &'static str) {
    gauge!("elaaoms_build_info", "version" => version).set(1);
}

/// Initializes counters to zero. A counter that appears with its first event shows no rate for that
/// event. `model` holds the configured provider and model.
pub fn initialize_counters(model: Option<(&'static str, &str)>) {
    counter!("webhook_validation_errors_total").increment(0);
    counter!("memory_extraction_errors_total").increment(0);
    counter!("background_jobs_failed_total", "job_type" => MEMORY_EXTRACTION).increment(0);
    gauge!("http_requests_in_progress").increment(0);
    extraction(0, 0, 0);
    payloads_expired(0);
    for webhook in [
        webhook_path::CLIENT_DATA,
        webhook_path::SEARCH_MEMORY,
        webhook_path::DO_NOT_REMEMBER,
    ] {
        counter!("degraded_answers_total", "endpoint" => webhook).increment(0);
    }
    if let Some((provider, model)) = model {
        for outcome in ["ok", "unreadable", "timed_out", "refused", "declined"] {
            counter!("extraction_outcomes_total", "outcome" => outcome, "status" => "")
                .increment(0);
        }
        counter!("llm_api_errors_total", &model_labels(provider, model)).increment(0);
        llm_tokens(provider, model, 0, 0, 0);
    }
}

fn model_labels(provider: &'static str, model: &str) -> [(&'static str, SharedString); 2] {
    [
        ("provider", provider.into()),
        ("model", SharedString::from(model.to_owned())),
    ]
}

fn error_count(outcome: &str) -> u64 {
    u64::from(outcome != "ok")
}

/// Clients can invent methods; unknown ones share one time series.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
