//! The measuring points. Names and labels are here and nowhere else; where figures go is the choice
//! of the process, which installs a recorder: one for CloudWatch on Lambda, one for Prometheus on
//! one machine. The names are Prometheus' habit and those of the deployment guide.
//!
//! No label ever names a caller, a conversation or an agent: each value of a label is a time series
//! that somebody pays for.

mod meaning;

pub use meaning::describe;

use std::time::Duration;

use http::Method;
use metrics::{SharedString, counter, gauge, histogram};

/// The one kind of background job.
const MEMORY_EXTRACTION: &str = "memory_extraction";

/// A request of this method to this route was answered with this status.
pub fn http_request(
    method: &Method,
    endpoint: impl Into<SharedString>,
    status: u16,
    took: Duration,
) {
    let (method, endpoint, status) = (known(method), endpoint.into(), status.to_string());
    let labels = [
        ("method", method.into()),
        ("endpoint", endpoint),
        ("status", SharedString::from(status)),
    ];
    histogram!("http_request_duration_seconds", &labels[..2]).record(took);
    counter!("http_requests_total", &labels).increment(1);
}

/// A request that is being answered; it counts as long as this lives.
#[derive(Debug)]
pub struct InProgress(());

impl InProgress {
    /// One more.
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

/// An instance of a function answered for the first time.
pub fn cold_start() {
    counter!("cold_starts_total").increment(1);
}

/// How much of its memory a function uses, in percent.
pub fn memory_used(percent: f64) {
    gauge!("memory_used_percent").set(percent);
}

/// A webhook was refused because nothing proved where it came from.
pub fn webhook_validation_error() {
    counter!("webhook_validation_errors_total").increment(1);
}

/// A call to the memory store ended. `outcome` is `"ok"` or the kind of the error.
pub fn openmemory_call(operation: &'static str, outcome: &'static str, took: Duration) {
    counter!("openmemory_api_calls_total", "operation" => operation, "outcome" => outcome)
        .increment(1);
    counter!("openmemory_api_errors_total", "operation" => operation).increment(failed(outcome));
    histogram!("openmemory_api_latency_seconds", "operation" => operation).record(took);
}

/// A call to a model's provider ended. `outcome` is `"ok"` or the kind of the error.
pub fn llm_call(provider: &'static str, model: &str, outcome: &'static str, took: Duration) {
    let labels = of_model(provider, model);
    counter!("llm_api_calls_total", "provider" => provider, "model" => model.to_owned(), "outcome" => outcome)
        .increment(1);
    counter!("llm_api_errors_total", &labels).increment(failed(outcome));
    histogram!("llm_api_latency_seconds", &labels).record(took);
}

/// Tokens of one answered call to a model. Those that the provider had cached are part of the
/// input.
pub fn llm_tokens(provider: &'static str, model: &str, input: u64, output: u64, cached: u64) {
    for (kind, tokens) in [("input", input), ("output", output)] {
        counter!("llm_api_tokens_total", "provider" => provider, "model" => model.to_owned(), "kind" => kind)
            .increment(tokens);
    }
    counter!("llm_api_cached_tokens_total", &of_model(provider, model)).increment(cached);
}

/// What one answered call to a model cost, in US dollars; nothing where the model's price is not
/// known.
pub fn llm_cost(provider: &'static str, model: &str, dollars: f64) {
    if dollars > 0.0 {
        histogram!("llm_api_cost_dollars", &of_model(provider, model)).record(dollars);
    }
}

/// What one extraction gave.
pub fn extraction(extracted: usize, stored: usize, reinforced: usize) {
    counter!("memory_extraction_total").increment(extracted as u64);
    counter!("memories_stored_total").increment(stored as u64);
    counter!("memories_reinforced_total").increment(reinforced as u64);
}

/// How the model did with one call: `ok`, `none` without a model, `unreadable`, `timed_out`,
/// `refused`, or `declined` by the provider, with its status. All but the first two are extracted
/// from ElevenLabs' analysis.
pub fn extraction_outcome(outcome: &'static str, status: Option<u16>) {
    let status = status.map_or_else(String::new, |status| status.to_string());
    counter!("extraction_outcomes_total", "outcome" => outcome, "status" => status).increment(1);
}

/// The model was asked whether the words of a call support the memories of it. `outcome` is `"ok"`,
/// or why there was no answer: then the memories are kept.
pub fn memory_verification(outcome: &'static str) {
    counter!("memory_verifications_total", "outcome" => outcome).increment(1);
}

/// A background job ended. `outcome` is `"ok"` or the kind of the failure.
pub fn background_job(outcome: &'static str, took: Duration) {
    counter!("background_jobs_total", "job_type" => MEMORY_EXTRACTION, "outcome" => outcome)
        .increment(1);
    counter!("background_jobs_failed_total", "job_type" => MEMORY_EXTRACTION)
        .increment(failed(outcome));
    histogram!("background_jobs_duration_seconds", "job_type" => MEMORY_EXTRACTION).record(took);
}

/// An extraction could not be done, and waiting will not help.
pub fn extraction_error() {
    counter!("memory_extraction_errors_total").increment(1);
}

/// How many jobs wait or are in work, how many were given up, and how long the oldest has been
/// there.
pub fn queue(waiting: u32, dead: u32, oldest: Duration) {
    gauge!("background_jobs_queued", "job_type" => MEMORY_EXTRACTION).set(waiting);
    gauge!("background_jobs_dead_letters", "job_type" => MEMORY_EXTRACTION).set(dead);
    gauge!("background_jobs_oldest_seconds", "job_type" => MEMORY_EXTRACTION).set(oldest);
}

/// A caller was answered without memories because the store did not answer in time or at all.
pub fn degraded_answer(webhook: &'static str) {
    counter!("degraded_answers_total", "endpoint" => format!("/webhook/{webhook}")).increment(1);
}

/// Memories of a model that were not kept: why, and of which category.
pub fn memories_dropped(reason: &'static str, category: &'static str, count: usize) {
    if count > 0 {
        counter!("memories_dropped_total", "reason" => reason, "category" => category)
            .increment(count as u64);
    }
}

/// Private memories that were not stored, by kind.
pub fn memories_withheld(kind: &'static str, count: usize) {
    if count > 0 {
        counter!("memories_withheld_total", "kind" => kind).increment(count as u64);
    }
}

/// Payloads that were deleted because they are older than they may be.
pub fn payloads_expired(count: usize) {
    counter!("payloads_expired_total").increment(count as u64);
}

/// How large a database file is.
pub fn database_size(database: &'static str, bytes: u64) {
    #[expect(clippy::cast_precision_loss, reason = "exact up to nine petabytes")]
    gauge!("elaaoms_database_size_bytes", "database" => database).set(bytes as f64);
}

/// Which version runs.
pub fn build(version: &'static str) {
    gauge!("elaaoms_build_info", "version" => version).set(1);
}

/// Lets counters start at nothing instead of appearing with their first event, which no rate would
/// see. `model` is the provider and the model that will be asked.
pub fn begin(model: Option<(&'static str, &str)>) {
    counter!("webhook_validation_errors_total").increment(0);
    counter!("memory_extraction_errors_total").increment(0);
    counter!("background_jobs_failed_total", "job_type" => MEMORY_EXTRACTION).increment(0);
    gauge!("http_requests_in_progress").increment(0);
    extraction(0, 0, 0);
    payloads_expired(0);
    for webhook in ["client-data", "search-memory"] {
        counter!("degraded_answers_total", "endpoint" => format!("/webhook/{webhook}"))
            .increment(0);
    }
    if let Some((provider, model)) = model {
        for outcome in ["ok", "unreadable", "timed_out", "refused", "declined"] {
            counter!("extraction_outcomes_total", "outcome" => outcome, "status" => "")
                .increment(0);
        }
        counter!("llm_api_errors_total", &of_model(provider, model)).increment(0);
        llm_tokens(provider, model, 0, 0, 0);
    }
}

fn of_model(provider: &'static str, model: &str) -> [(&'static str, SharedString); 2] {
    [
        ("provider", provider.into()),
        ("model", SharedString::from(model.to_owned())),
    ]
}

fn failed(outcome: &str) -> u64 {
    u64::from(outcome != "ok")
}

/// Anybody can make methods up; they are not given time series.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
