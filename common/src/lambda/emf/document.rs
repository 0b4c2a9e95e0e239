//! One line in the embedded metric format.

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::names::Metric;
use crate::settings::Monitoring;

/// CloudWatch namespace of all metrics of this project.
const NAMESPACE: &str = "ELAAOMS";

/// A line under construction. It is serialized directly, without a tree of JSON values, because
/// every invocation writes one.
pub(super) struct Document<'a> {
    monitoring: Monitoring,
    stack: &'a str,
    function: &'a str,
    now: Timestamp,
    values: Vec<(&'a Metric, MetricValue)>,
}

/// A measurement.
#[derive(Serialize)]
#[serde(untagged)]
enum MetricValue {
    Sum(u64),
    Values(Vec<f64>),
}

impl<'a> Document<'a> {
    pub(super) fn new(
        monitoring: Monitoring,
        stack: &'a str,
        function: &'a str,
        now: Timestamp,
    ) -> Self {
        Self {
            monitoring,
            stack,
            function,
            now,
            values: Vec::new(),
        }
    }

    /// Adds a metric, unless nothing was measured.
    pub(super) fn add(&mut self, metric: &'a Metric, sum: u64, values: Vec<f64>) {
        match (sum, values.is_empty()) {
            (0, true) => {}
            (sum, true) => self.values.push((metric, MetricValue::Sum(sum))),
            (_, false) => self.values.push((metric, MetricValue::Values(values))),
        }
    }

    /// Returns the line with its line feed, or `None` if no metric was added.
    pub(super) fn into_line(self) -> Option<String> {
        if self.values.is_empty() {
            return None;
        }
        let mut line = serde_json::to_string(&self).ok()?;
        line.push('\n');
        Some(line)
    }

    /// Returns which values are metrics, or `None` if none is.
    fn metadata(&self) -> Option<EmfMetadata<'_>> {
        let metrics: Vec<_> = self
            .values
            .iter()
            .filter(|(metric, _)| self.monitoring == Monitoring::Full || metric.is_essential)
            .map(|(metric, _)| MetricDefinition {
                name: metric.sent_as,
                unit: metric.unit,
            })
            .collect();
        let dimensions: &[&[&str]] = match self.monitoring {
            Monitoring::Full => &[&["Stack"], &["Stack", "Function"]],
            Monitoring::Essential => &[&["Stack"]],
        };
        let directive = Directive {
            namespace: NAMESPACE,
            dimensions,
            metrics,
        };
        (!directive.metrics.is_empty()).then(|| EmfMetadata {
            timestamp: self.now.as_millisecond(),
            directives: [directive],
        })
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        // Other values stay in the line for the saved queries, without the price of a metric.
        if let Some(metadata) = self.metadata() {
            line.serialize_entry("_aws", &metadata)?;
        }
        line.serialize_entry("Stack", self.stack)?;
        line.serialize_entry("Function", self.function)?;
        for (metric, figure) in &self.values {
            line.serialize_entry(metric.sent_as, figure)?;
        }
        line.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EmfMetadata<'a> {
    timestamp: i64,
    #[serde(rename = "CloudWatchMetrics")]
    directives: [Directive<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: &'a [&'a [&'a str]],
    metrics: Vec<MetricDefinition<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricDefinition<'a> {
    name: &'a str,
    unit: &'a str,
}
