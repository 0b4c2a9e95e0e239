//! One line of the embedded metric format.

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::names::Metric;

/// CloudWatch's name for all figures of this project.
const NAMESPACE: &str = "ELAAOMS";

/// A line in the making. Written without a tree of values in between: it is a part of every
/// invocation.
pub(super) struct Document<'a> {
    stage: &'a str,
    function: &'a str,
    now: Timestamp,
    figures: Vec<(&'a Metric, Figure)>,
}

/// What was measured.
#[derive(Serialize)]
#[serde(untagged)]
enum Figure {
    Sum(u64),
    Values(Vec<f64>),
}

impl<'a> Document<'a> {
    pub(super) fn new(stage: &'a str, function: &'a str, now: Timestamp) -> Self {
        Self {
            stage,
            function,
            now,
            figures: Vec::new(),
        }
    }

    /// Adds a figure, unless nothing was measured.
    pub(super) fn add(&mut self, metric: &'a Metric, sum: u64, values: Vec<f64>) {
        match (sum, values.is_empty()) {
            (0, true) => {}
            (sum, true) => self.figures.push((metric, Figure::Sum(sum))),
            (_, false) => self.figures.push((metric, Figure::Values(values))),
        }
    }

    /// The line with its end, or nothing when there is no figure in it.
    pub(super) fn into_line(self) -> Option<String> {
        if self.figures.is_empty() {
            return None;
        }
        let mut line = serde_json::to_string(&self).ok()?;
        line.push('\n');
        Some(line)
    }

    fn about(&self) -> About<'_> {
        let metrics = self.figures.iter().map(|(metric, _)| Declared {
            name: metric.sent_as,
            unit: metric.unit,
        });
        let directive = Directive {
            namespace: NAMESPACE,
            dimensions: [&["Stage"], &["Stage", "Function"]],
            metrics: metrics.collect(),
        };
        About {
            timestamp: self.now.as_millisecond(),
            directives: [directive],
        }
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("_aws", &self.about())?;
        line.serialize_entry("Stage", self.stage)?;
        line.serialize_entry("Function", self.function)?;
        for (metric, figure) in &self.figures {
            line.serialize_entry(metric.sent_as, figure)?;
        }
        line.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct About<'a> {
    timestamp: i64,
    #[serde(rename = "CloudWatchMetrics")]
    directives: [Directive<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [&'a [&'a str]; 2],
    metrics: Vec<Declared<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Declared<'a> {
    name: &'a str,
    unit: &'a str,
}
