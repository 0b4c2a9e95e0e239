//! What a load test came to.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::Reply;
use crate::terminal::{BAD, Table, styled};

/// The answers of one load test.
pub(super) struct Figures {
    /// How long each good answer took, in milliseconds, shortest first.
    pub(super) took: Vec<f64>,
    /// When each was asked for, in seconds from the start, and how long it took in milliseconds;
    /// good or not.
    pub(super) course: Vec<(f64, f64, bool)>,
    errors: BTreeMap<String, usize>,
    all: Duration,
}

impl Figures {
    pub(super) fn of(replies: Vec<Reply>, all: Duration) -> Self {
        let mut figures = Self {
            took: Vec::new(),
            course: Vec::new(),
            errors: BTreeMap::new(),
            all,
        };
        for Reply { asked, took, fault } in replies {
            let took = took.as_secs_f64() * 1000.0;
            figures
                .course
                .push((asked.as_secs_f64(), took, fault.is_none()));
            match fault {
                Some(fault) => *figures.errors.entry(fault).or_default() += 1,
                None => figures.took.push(took),
            }
        }
        figures.took.sort_by(f64::total_cmp);
        figures
    }

    /// Milliseconds that this share of the good answers took at most (nearest rank).
    pub(super) fn percentile(&self, share: f64) -> f64 {
        let rank = (share * self.took.len() as f64).ceil() as usize;
        self.took
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }

    pub(super) fn failed(&self) -> usize {
        self.errors.values().sum()
    }

    fn per_second(&self) -> f64 {
        self.course.len() as f64 / self.all.as_secs_f64().max(f64::EPSILON)
    }

    pub(super) fn text(&self) -> String {
        let mut table = Table::new(&[
            "answers", "a second", "p50", "p95", "p99", "longest", "failed",
        ]);
        let milliseconds = |value: f64| format!("{value:.1} ms");
        table.row([
            self.course.len().to_string(),
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
            "answers": self.course.len(), "per_second": self.per_second(), "seconds": self.all.as_secs_f64(),
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
    fn percentiles_are_of_good_answers_and_errors_are_counted_by_kind() {
        let reply = |milliseconds, fault: Option<&str>| Reply {
            asked: Duration::ZERO,
            took: Duration::from_millis(milliseconds),
            fault: fault.map(str::to_owned),
        };
        let replies = (1..=100).map(|n| reply(n, None)).chain([
            reply(9000, Some("status 503")),
            reply(1, Some("status 503")),
        ]);
        let figures = Figures::of(replies.collect(), Duration::from_secs(2));
        assert_eq!(
            (
                figures.percentile(0.5),
                figures.percentile(0.99),
                figures.percentile(1.0)
            ),
            (50.0, 99.0, 100.0)
        );
        assert_eq!(figures.data()["errors"]["status 503"], 2);
        assert_eq!(figures.data()["per_second"], 51.0);
        assert_eq!(Figures::of(Vec::new(), Duration::ZERO).percentile(0.5), 0.0);
    }
}
