//! What each figure means, for recorders that tell it.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Tells the recorder what the figures mean.
pub fn describe() {
    describe_http();
    describe_jobs();
    describe_upstream();
    describe_process();
}

fn describe_http() {
    describe_counter!("http_requests_total", "Requests that were answered");
    describe_histogram!(
        "http_request_duration_seconds",
        Unit::Seconds,
        "From the head of a request to its answer"
    );
    describe_gauge!(
        "http_requests_in_progress",
        "Requests that are being answered"
    );
    describe_counter!(
        "webhook_validation_errors_total",
        "Requests that nothing proved to be authentic"
    );
    describe_counter!(
        "degraded_answers_total",
        "Calls that were answered without memories because the store was away"
    );
}

fn describe_jobs() {
    describe_counter!("background_jobs_total", "Jobs that ended, by how");
    describe_counter!(
        "background_jobs_failed_total",
        "Jobs that ended otherwise than well; they come again or are given up"
    );
    describe_histogram!(
        "background_jobs_duration_seconds",
        Unit::Seconds,
        "How long a job took"
    );
    describe_gauge!("background_jobs_queued", "Jobs that wait or are in work");
    describe_gauge!(
        "background_jobs_dead_letters",
        "Jobs that were given up and wait for an operator"
    );
    describe_gauge!(
        "background_jobs_oldest_seconds",
        Unit::Seconds,
        "How long the oldest job has waited"
    );
    describe_counter!("memory_extraction_total", "Memories that were extracted");
    describe_counter!(
        "memory_extraction_errors_total",
        "Extractions that failed for good"
    );
    describe_counter!(
        "memories_stored_total",
        "Memories that were new to the store"
    );
    describe_counter!(
        "memories_reinforced_total",
        "Memories that the store knew already"
    );
    describe_counter!(
        "memories_dropped_total",
        "Memories of a model that were not kept, by reason and category"
    );
    describe_counter!(
        "extraction_outcomes_total",
        "Extracted calls, by how the model did and the provider's status"
    );
    describe_counter!(
        "memory_verifications_total",
        "Calls whose memories the model was asked about once more, by how that ended"
    );
    describe_counter!(
        "memories_withheld_total",
        "Private memories that were not stored, by kind"
    );
    describe_counter!(
        "payloads_expired_total",
        "Payloads that were deleted because of their age"
    );
}

fn describe_upstream() {
    describe_counter!(
        "llm_api_calls_total",
        "Calls to the model's provider, by how they ended"
    );
    describe_counter!(
        "llm_api_errors_total",
        "Calls to the model's provider that failed"
    );
    describe_histogram!(
        "llm_api_latency_seconds",
        Unit::Seconds,
        "How long the model's provider took"
    );
    describe_counter!("llm_api_tokens_total", "Tokens that were read and written");
    describe_counter!(
        "llm_api_cached_tokens_total",
        "Of the tokens read, those that the provider had cached"
    );
    describe_histogram!(
        "llm_api_cost_dollars",
        "What a call to a model cost, in US dollars"
    );
    describe_counter!(
        "openmemory_api_calls_total",
        "Calls to the memory store, by how they ended"
    );
    describe_counter!(
        "openmemory_api_errors_total",
        "Calls to the memory store that failed"
    );
    describe_histogram!(
        "openmemory_api_latency_seconds",
        Unit::Seconds,
        "How long the memory store took"
    );
}

fn describe_process() {
    describe_gauge!(
        "elaaoms_database_size_bytes",
        Unit::Bytes,
        "Size of a database file"
    );
    describe_gauge!("elaaoms_build_info", "The version that runs");
}
