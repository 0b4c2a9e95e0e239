//! Describes each metric, for recorders that publish descriptions.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Describes all metrics to the recorder.
pub fn describe() {
    describe_http();
    describe_jobs();
    describe_upstream();
    describe_process();
}

fn describe_http() {
    describe_counter!("http_requests_total", "Answered requests");
    describe_histogram!(
        "http_request_duration_seconds",
        Unit::Seconds,
        "Time from the head of a request to its response"
    );
    describe_gauge!("http_requests_in_progress", "Requests in progress");
    describe_counter!(
        "webhook_validation_errors_total",
        "Webhooks that failed authentication"
    );
    describe_gauge!(
        "health_down",
        "1 if something that calls depend on was down at the last health check"
    );
    describe_counter!(
        "degraded_answers_total",
        "Responses without memories because the memory store failed or was too slow"
    );
}

fn describe_jobs() {
    describe_counter!("background_jobs_total", "Finished jobs, by outcome");
    describe_counter!(
        "background_jobs_failed_total",
        "Failed jobs; they are retried or moved to the dead-letter queue"
    );
    describe_histogram!(
        "background_jobs_duration_seconds",
        Unit::Seconds,
        "Duration of a job"
    );
    describe_gauge!("background_jobs_queued", "Jobs that wait or run");
    describe_gauge!(
        "background_jobs_dead_letters",
        "Jobs in the dead-letter queue, waiting for an operator"
    );
    describe_gauge!(
        "background_jobs_oldest_seconds",
        Unit::Seconds,
        "Age of the oldest job"
    );
    describe_counter!("memory_extraction_total", "Extracted memories");
    describe_counter!(
        "memory_extraction_errors_total",
        "Extractions that failed permanently"
    );
    describe_counter!(
        "memories_stored_total",
        "Memories that were new to the memory store"
    );
    describe_counter!(
        "memories_reinforced_total",
        "Memories that repeated a stored one"
    );
    describe_counter!(
        "memories_dropped_total",
        "Memories of the model that were dropped, by reason and category"
    );
    describe_counter!(
        "extraction_outcomes_total",
        "Extracted calls, by outcome of the model and status of the provider, and calls left out"
    );
    describe_counter!(
        "memory_verifications_total",
        "Checks of a call's memories by the model, by outcome"
    );
    describe_counter!(
        "memories_withheld_total",
        "Private memories that were not stored, by kind"
    );
    describe_counter!(
        "payloads_expired_total",
        "Payloads deleted at the end of their retention"
    );
    describe_counter!(
        "event_deliveries_total",
        "Events sent to a receiver, by receiver and outcome"
    );
    describe_counter!(
        "event_delivery_errors_total",
        "Failed requests to a receiver of events; they are retried"
    );
    describe_histogram!(
        "event_delivery_latency_seconds",
        Unit::Seconds,
        "Duration of requests to a receiver of events"
    );
}

fn describe_upstream() {
    describe_counter!(
        "llm_api_calls_total",
        "Calls to the model provider, by outcome"
    );
    describe_counter!("llm_api_errors_total", "Failed calls to the model provider");
    describe_histogram!(
        "llm_api_latency_seconds",
        Unit::Seconds,
        "Duration of calls to the model provider"
    );
    describe_counter!(
        "llm_api_tokens_total",
        "Tokens read and written by the model"
    );
    describe_counter!(
        "llm_api_cached_tokens_total",
        "Tokens read from the provider's cache"
    );
    describe_histogram!("llm_api_cost_dollars", "Cost of a model call in US dollars");
    describe_counter!(
        "openmemory_api_calls_total",
        "Calls to the memory store, by outcome"
    );
    describe_counter!(
        "openmemory_api_errors_total",
        "Failed calls to the memory store"
    );
    describe_histogram!(
        "openmemory_api_latency_seconds",
        Unit::Seconds,
        "Duration of calls to the memory store"
    );
}

fn describe_process() {
    describe_gauge!(
        "elaaoms_database_size_bytes",
        Unit::Bytes,
        "Size of a database file"
    );
    describe_gauge!("elaaoms_build_info", "The running version");
}
