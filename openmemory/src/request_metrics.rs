//! What is counted for Prometheus: calls by route, never who or about what.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the latency histogram, in seconds.
const BOUNDS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// Calls since the start.
#[derive(Debug, Default)]
pub(crate) struct RequestMetrics {
    calls: Mutex<BTreeMap<Call, Series>>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Default)]
struct Series {
    count: u64,
    seconds: f64,
    /// Calls up to each bound.
    up_to: [u64; BOUNDS.len()],
}

impl RequestMetrics {
    /// Counts one call.
    pub(crate) fn count(&self, method: &str, route: &str, status: u16, took: Duration) {
        let call = Call {
            method: method.to_owned(),
            route: route.to_owned(),
            status,
        };
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let series = calls.entry(call).or_default();
        let seconds = took.as_secs_f64();
        series.count += 1;
        series.seconds += seconds;
        for (count, bound) in series.up_to.iter_mut().zip(BOUNDS) {
            *count += u64::from(seconds <= bound);
        }
    }

    /// All counts in Prometheus' text format.
    pub(crate) fn text(&self) -> String {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::from("# TYPE openmemory_http_request_duration_seconds histogram\n");
        for (call, series) in &*calls {
            // Writing to a String does not fail.
            let _ = write_series(&mut text, call, series);
        }
        text.push_str("# TYPE openmemory_http_requests_total counter\n");
        for (
            Call {
                method,
                route,
                status,
            },
            series,
        ) in &*calls
        {
            let _ = writeln!(
                text,
                "openmemory_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {}",
                series.count
            );
        }
        text
    }
}

fn write_series(text: &mut String, call: &Call, series: &Series) -> std::fmt::Result {
    const NAME: &str = "openmemory_http_request_duration_seconds";
    let labels = format!(
        "method=\"{}\",route=\"{}\",status=\"{}\"",
        call.method, call.route, call.status
    );
    for (count, bound) in series.up_to.iter().zip(BOUNDS) {
        writeln!(text, "{NAME}_bucket{{{labels},le=\"{bound}\"}} {count}")?;
    }
    writeln!(
        text,
        "{NAME}_bucket{{{labels},le=\"+Inf\"}} {}",
        series.count
    )?;
    writeln!(text, "{NAME}_sum{{{labels}}} {}", series.seconds)?;
    writeln!(text, "{NAME}_count{{{labels}}} {}", series.count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_counted_in_every_bucket_that_it_fits_in() {
        let metrics = RequestMetrics::default();
        metrics.count("GET", "/health", 200, Duration::from_millis(3));
        let text = metrics.text();
        assert!(
            text.contains("status=\"200\",le=\"0.0025\"} 0\n")
                && text.contains("status=\"200\",le=\"0.005\"} 1\n")
        );
        assert!(text.contains(
            "openmemory_http_requests_total{method=\"GET\",route=\"/health\",status=\"200\"} 1\n"
        ));
    }
}
