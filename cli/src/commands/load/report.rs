//! The results of a load test.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::terminal::{BAD, Table, styled};

/// The measurement of one request.
pub(super) struct Sample {
    /// When the request was sent, counted from the start of the test.
    pub(super) sent_at: Duration,
    pub(super) duration: Duration,
    /// Why the request failed; `None` if it succeeded.
    pub(super) error: Option<String>,
}

/// The results of one load test.
pub(super) struct Report {
    /// Durations of the successful requests in milliseconds, shortest first.
    durations: Vec<f64>,
    /// All requests, in the order they were collected.
    pub(super) points: Vec<Point>,
    /// Number of failed requests by error.
    errors: BTreeMap<String, usize>,
    total_time: Duration,
}

/// One request on the timeline of the test.
pub(super) struct Point {
    /// Seconds from the start of the test.
    pub(super) sent_at: f64,
    pub(super) milliseconds: f64,
    pub(super) succeeded: bool,
}

impl Report {
    pub(super) fn new(samples: Vec<Sample>, total_time: Duration) -> Self {
        let mut report = Self {
            durations: Vec::new(),
            points: Vec::new(),
            errors: BTreeMap::new(),
            total_time,
        };
        for sample in samples {
            let milliseconds = sample.duration.as_secs_f64() * 1000.0;
            report.points.push(Point {
                sent_at: sample.sent_at.as_secs_f64(),
                milliseconds,
                succeeded: sample.error.is_none(),
            });
            match sample.error {
                Some(error) => *report.errors.entry(error).or_default() += 1,
                None => report.durations.push(milliseconds),
            }
        }
        report.durations.sort_by(f64::total_cmp);
        report
    }

    /// Returns the percentile of the successful requests' durations, in milliseconds (nearest
    /// rank). `share` is between 0 and 1.
    pub(super) fn percentile(&self, share: f64) -> f64 {
        let rank = (share * self.durations.len() as f64).ceil() as usize;
        self.durations
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }

    pub(super) fn failed(&self) -> usize {
        self.errors.values().sum()
    }

    fn per_second(&self) -> f64 {
        self.points.len() as f64 / self.total_time.as_secs_f64().max(f64::EPSILON)
    }

    pub(super) fn text(&self) -> String {
        let mut table = Table::new(&[
            "responses",
            "per second",
            "p50",
            "p95",
            "p99",
            "longest",
            "failed",
        ]);
        let milliseconds = |value: f64| format!("{value:.1} ms");
        table.row([
            self.points.len().to_string(),
            format!("{:.0}", self.per_second()),
            milliseconds(self.percentile(0.5)),
            milliseconds(self.percentile(0.95)),
            milliseconds(self.percentile(0.99)),
            milliseconds(self.percentile(1.0)),
            self.failed().to_string(),
        ]);
        let errors = self
            .errors
            .iter()
            .map(|(kind, count)| format!("\n{}", styled(BAD, format!("{count} × {kind}"))));
        table.text() + &errors.collect::<String>()
    }

    pub(super) fn data(&self) -> Value {
        json!({
            "answers": self.points.len(), "per_second": self.per_second(), "seconds": self.total_time.as_secs_f64(),
            "milliseconds": {"p50": self.percentile(0.5), "p95": self.percentile(0.95), "p99": self.percentile(0.99),
                "longest": self.percentile(1.0)},
            "failed": self.failed(), "errors": self.errors,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_cover_successful_requests_and_errors_are_counted_by_kind() {
        let sample = |milliseconds, error: Option<&str>| Sample {
            sent_at: Duration::ZERO,
            duration: Duration::from_millis(milliseconds),
            error: error.map(str::to_owned),
        };
        let samples = (1..=100).map(|n| sample(n, None)).chain([
            sample(9000, Some("status 503")),
            sample(1, Some("status 503")),
        ]);
        let report = Report::new(samples.collect(), Duration::from_secs(2));
        assert_eq!(report.percentile(0.5), 50.0);
        assert_eq!(report.percentile(0.99), 99.0);
        assert_eq!(report.percentile(1.0), 100.0);
        assert_eq!(report.data()["errors"]["status 503"], 2);
        assert_eq!(report.data()["per_second"], 51.0);
        assert_eq!(Report::new(Vec::new(), Duration::ZERO).percentile(0.5), 0.0);
    }
}
