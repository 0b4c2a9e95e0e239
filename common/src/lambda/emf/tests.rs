use serde_json::Value;

use super::*;
use crate::measure;
use crate::settings::Monitoring;

fn measured(work: impl FnOnce()) -> (Emf, Value) {
    measured_with(Monitoring::Full, work)
}

fn measured_with(monitoring: Monitoring, work: impl FnOnce()) -> (Emf, Value) {
    let settings = MonitoringSettings {
        stack: "elaaoms-prod".to_owned(),
        monitoring,
    };
    let emf = Emf::new(settings, "post-call", 0);
    metrics::with_local_recorder(&emf, work);
    let line = emf.line(Timestamp::UNIX_EPOCH).unwrap();
    assert!(
        line.ends_with('\n') && line.lines().count() == 1,
        "one line"
    );
    let document = serde_json::from_str(&line).unwrap();
    (emf, document)
}

#[test]
fn an_invocation_is_one_line_with_metrics_by_stack_and_by_function() {
    let (emf, document) = measured(|| {
        measure::http_request(
            &http::Method::POST,
            "post-call",
            503,
            Duration::from_millis(250),
        );
        measure::openmemory_call("search", "failing", Duration::from_millis(500));
        measure::openmemory_call("get card", "ok", Duration::from_secs(1));
        measure::llm_tokens("openai", "gpt-4.1-mini", 1200, 300, 0);
    });
    assert_eq!(document["Stack"], "elaaoms-prod");
    assert_eq!(document["Function"], "post-call");
    assert_eq!(document["HttpRequests"], 1);
    assert_eq!(document["Http5xx"], 1);
    assert_eq!(document["HttpRequestDuration"], serde_json::json!([0.25]));
    assert_eq!(document["OpenMemoryApiCalls"], 2);
    assert_eq!(document["OpenMemoryApiErrors"], 1);
    assert_eq!(
        document["OpenMemoryApiLatency"],
        serde_json::json!([0.5, 1.0])
    );
    assert_eq!(document["LlmApiTokensInput"], 1200);
    assert_eq!(document["LlmApiTokensOutput"], 300);
    assert!(
        document.get("Http4xx").is_none(),
        "a metric without measurements is not sent"
    );
    let directive = &document["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Namespace"], "ELAAOMS");
    assert_eq!(
        directive["Dimensions"],
        serde_json::json!([["Stack"], ["Stack", "Function"]])
    );
    assert!(emf.line(Timestamp::UNIX_EPOCH).is_none(), "flushed");
}

#[test]
fn essential_monitoring_sends_few_metrics_and_keeps_the_other_values_in_the_line() {
    let (_, document) = measured_with(Monitoring::Essential, || {
        measure::degraded_answer("client-data");
        measure::openmemory_call("search", "failing", Duration::from_millis(500));
    });
    let directive = &document["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Dimensions"], serde_json::json!([["Stack"]]));
    assert_eq!(
        directive["Metrics"],
        serde_json::json!([{"Name": "DegradedAnswers", "Unit": "Count"}])
    );
    assert_eq!(document["OpenMemoryApiErrors"], 1);
    let essential = METRICS.iter().filter(|metric| metric.is_essential);
    assert!(essential.count() <= 10, "ten metrics are free of charge");
}

#[test]
fn a_line_without_an_essential_metric_is_an_ordinary_log_line() {
    let (_, document) = measured_with(Monitoring::Essential, measure::cold_start);
    assert_eq!(document["ColdStart"], 1);
    assert!(document.get("_aws").is_none());
}

#[test]
fn a_gauge_reports_only_its_last_value() {
    let (_, document) = measured(|| {
        measure::memory_used(12.5);
        measure::memory_used(25.0);
    });
    assert_eq!(document["MemoryUsed"], serde_json::json!([25.0]));
}
