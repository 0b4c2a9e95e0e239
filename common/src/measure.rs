//! The measuring points. Names and labels are here and nowhere else; where figures go is the choice of the process, which
//! installs a recorder.
//!
//! No label ever names a caller, a conversation or an agent: each value of a label is a time series that somebody pays for.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

/// A request was answered with this status.
pub fn http_request(status: u16, took: Duration) {
    counter!("http_requests").increment(1);
    histogram!("http_request_duration_seconds").record(took);
    match status {
        400..500 => counter!("http_4xx").increment(1),
        500.. => counter!("http_5xx").increment(1),
        _ => {}
    }
}

/// An instance of a function answered for the first time.
pub fn cold_start() {
    counter!("cold_starts").increment(1);
}

/// How much of its memory a function uses, in percent.
pub fn memory_used(percent: f64) {
    gauge!("memory_used_percent").set(percent);
}

/// A webhook was refused because nothing proved where it came from.
pub fn webhook_validation_error() {
    counter!("webhook_validation_errors").increment(1);
}

/// A call to the memory store ended. `outcome` is `"ok"` or the kind of the error.
pub fn openmemory_call(operation: &'static str, outcome: &'static str, took: Duration) {
    counter!("openmemory_api_calls", "operation" => operation).increment(1);
    histogram!("openmemory_api_latency_seconds", "operation" => operation).record(took);
    if outcome != "ok" {
        counter!("openmemory_api_errors", "kind" => outcome).increment(1);
    }
}

/// A call to a model's provider ended.
pub fn llm_call(provider: &'static str, outcome: &'static str, took: Duration) {
    counter!("llm_api_calls", "provider" => provider).increment(1);
    histogram!("llm_api_latency_seconds", "provider" => provider).record(took);
    if outcome != "ok" {
        counter!("llm_api_errors", "kind" => outcome).increment(1);
    }
}

/// Tokens of one answered call to a model.
pub fn llm_tokens(input: u64, output: u64, cached: u64) {
    counter!("llm_api_tokens", "kind" => "input").increment(input);
    counter!("llm_api_tokens", "kind" => "output").increment(output);
    counter!("llm_api_tokens", "kind" => "cached").increment(cached);
}

/// What one answered call to a model cost, in US dollars; nothing where the model's price is not known.
pub fn llm_cost(dollars: f64) {
    if dollars > 0.0 {
        histogram!("llm_api_cost_dollars").record(dollars);
    }
}

/// What one extraction gave.
pub fn extraction(extracted: usize, stored: usize, reinforced: usize) {
    counter!("memories_extracted").increment(extracted as u64);
    counter!("memories_stored").increment(stored as u64);
    counter!("memories_reinforced").increment(reinforced as u64);
}

/// A background job ended. `outcome` is `"ok"` or the kind of the failure.
pub fn background_job(outcome: &'static str, took: Duration) {
    counter!("background_jobs").increment(1);
    histogram!("background_job_duration_seconds").record(took);
    if outcome != "ok" {
        counter!("background_jobs_failed", "kind" => outcome).increment(1);
    }
}

/// An extraction could not be done.
pub fn extraction_error(kind: &'static str) {
    counter!("memory_extraction_errors", "kind" => kind).increment(1);
}

/// A caller was answered without memories because the store did not answer in time or at all.
pub fn degraded_answer(webhook: &'static str) {
    counter!("degraded_answers", "webhook" => webhook).increment(1);
}

/// Memories of a model that were not kept, and why.
pub fn memories_dropped(reason: &'static str, count: usize) {
    if count > 0 {
        counter!("memories_dropped", "reason" => reason).increment(count as u64);
    }
}
