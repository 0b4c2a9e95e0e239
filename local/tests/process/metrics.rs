//! `/metrics` after a few calls: every metric is present and correct, and none names a caller.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::{AGENT, CALL, CONVERSATION, Process, TIMEOUT, TOMAS, wait_for_extraction};

/// Returns the metrics once they count the job. It is counted shortly after its files are written.
async fn scrape_after_the_job(process: &Process) -> String {
    let started = Instant::now();
    loop {
        let text = process.scrape().await;
        let has_ended = text
            .contains(r#"background_jobs_total{job_type="memory_extraction",outcome="ok"} 1"#)
            && text.contains(r#"background_jobs_queued{job_type="memory_extraction"} 0"#);
        if has_ended || started.elapsed() > TIMEOUT {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn every_documented_metric_is_exported_with_the_right_value() {
    let folder = tempfile::tempdir().unwrap();
    let provider = MockServer::start().await;
    let response = json!({"choices": [{"message": {"content": "no JSON"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1200, "completion_tokens": 300}});
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_json(response))
        .mount(&provider)
        .await;
    let model = [
        ("LLM_PROVIDER", "openai"),
        ("LLM_MODEL", "gpt-4.1-mini"),
        ("LLM_API_KEY", "key-of-the-model"),
    ];
    let url = provider.uri();
    let mut settings = vec![("METRICS_PORT", "0"), ("LLM_API_URL", url.as_str())];
    settings.extend(model);
    let mut process = Process::start(&folder, &settings);
    assert_eq!(process.post_call(CALL).await, StatusCode::OK);
    wait_for_extraction(&folder).await;
    process.client_data().await;
    let unauthenticated = process
        .http
        .post(format!("{}/webhook/post-call", process.base))
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(unauthenticated.status(), StatusCode::UNAUTHORIZED);
    process
        .http
        .get(format!("{}/no/such/path", process.base))
        .send()
        .await
        .unwrap();
    let text = scrape_after_the_job(&process).await;
    let requests = provider.received_requests().await.unwrap().len();
    for line in [
        r#"http_requests_total{method="POST",endpoint="/webhook/post-call",status="200"} 1"#,
        r#"http_requests_total{method="POST",endpoint="/webhook/post-call",status="401"} 1"#,
        r#"http_requests_total{method="GET",endpoint="none",status="404"} 1"#,
        r#"http_request_duration_seconds_bucket{method="POST",endpoint="/webhook/client-data",le="+Inf"} 1"#,
        "http_requests_in_progress 0",
        "webhook_validation_errors_total 1",
        r#"background_jobs_total{job_type="memory_extraction",outcome="ok"} 1"#,
        r#"background_jobs_duration_seconds_bucket{job_type="memory_extraction",le="+Inf"} 1"#,
        r#"background_jobs_failed_total{job_type="memory_extraction"} 0"#,
        r#"background_jobs_queued{job_type="memory_extraction"} 0"#,
        r#"background_jobs_dead_letters{job_type="memory_extraction"} 0"#,
        "memory_extraction_errors_total 0",
        &format!(
            r#"llm_api_calls_total{{provider="openai",model="gpt-4.1-mini",outcome="ok"}} {requests}"#
        ),
        r#"llm_api_latency_seconds_count{provider="openai",model="gpt-4.1-mini"}"#,
        r#"llm_api_errors_total{provider="openai",model="gpt-4.1-mini"} 0"#,
        &format!(
            r#"llm_api_tokens_total{{provider="openai",model="gpt-4.1-mini",kind="input"}} {}"#,
            1200 * requests
        ),
        r#"openmemory_api_calls_total{operation="remember",outcome="ok"} 1"#,
        r#"openmemory_api_latency_seconds_bucket{operation="remember",le="+Inf"} 1"#,
        r#"openmemory_api_errors_total{operation="remember"} 0"#,
        r#"elaaoms_build_info{version=""#,
        r#"elaaoms_database_size_bytes{database="queue"}"#,
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_start_time_seconds",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let extracted = text
        .lines()
        .find_map(|line| line.strip_prefix("memory_extraction_total "))
        .unwrap();
    assert!(extracted.parse::<u32>().unwrap() > 0, "{extracted}");
    for private in [TOMAS, "Tomas", AGENT, CONVERSATION] {
        assert!(!text.contains(private), "{private} in {text}");
    }
    let public = process
        .http
        .get(format!("{}/metrics", process.base))
        .send()
        .await
        .unwrap();
    assert_eq!(
        public.status(),
        StatusCode::NOT_FOUND,
        "the webhooks' port does not serve the metrics"
    );
    process.ask_to_stop();
}
