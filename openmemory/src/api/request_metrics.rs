//! Counts requests for Prometheus by method, route and status. It records nothing about callers or
//! content.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the latency histogram, in seconds.
const BOUNDS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// Requests since the start of the process.
#[derive(Debug, Default)]
pub(crate) struct RequestMetrics {
    series: Mutex<BTreeMap<Labels, Series>>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Labels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Default)]
struct Series {
    count: u64,
    seconds: f64,
    /// Requests that took at most as long as each bound.
    buckets: [u64; BOUNDS.len()],
}

impl RequestMetrics {
    /// Counts one request.
    pub(crate) fn count(&self, method: &str, route: &str, status: u16, duration: Duration) {
        let labels = Labels {
            method: method.to_owned(),
            route: route.to_owned(),
            status,
        };
        let mut all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let series = all.entry(labels).or_default();
        let seconds = duration.as_secs_f64();
        series.count += 1;
        series.seconds += seconds;
        for (count, bound) in series.buckets.iter_mut().zip(BOUNDS) {
            *count += u64::from(seconds <= bound);
        }
    }

    /// Renders all counts in the Prometheus text format.
    pub(crate) fn text(&self) -> String {
        let all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::from("# TYPE openmemory_http_request_duration_seconds histogram\n");
        for (labels, series) in &*all {
            // Writing to a String does not fail.
            let _ = write_series(&mut text, labels, series);
        }
        text.push_str("# TYPE openmemory_http_requests_total counter\n");
        for (
            Labels {
                method,
                route,
                status,
            },
            series,
        ) in &*all
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

fn write_series(text: &mut String, labels: &Labels, series: &Series) -> std::fmt::Result {
    const NAME: &str = "openmemory_http_request_duration_seconds";
    let label_text = format!(
        "method=\"{}\",route=\"{}\",status=\"{}\"",
        labels.method, labels.route, labels.status
    );
    for (count, bound) in series.buckets.iter().zip(BOUNDS) {
        writeln!(text, "{NAME}_bucket{{{label_text},le=\"{bound}\"}} {count}")?;
    }
    writeln!(
        text,
        "{NAME}_bucket{{{label_text},le=\"+Inf\"}} {}",
        series.count
    )?;
    writeln!(text, "{NAME}_sum{{{label_text}}} {}", series.seconds)?;
    writeln!(text, "{NAME}_count{{{label_text}}} {}", series.count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_counts_in_every_bucket_at_or_above_its_duration() {
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
