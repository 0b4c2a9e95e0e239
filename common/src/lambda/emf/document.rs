//! One line of the embedded metric format.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::names::Metric;

/// CloudWatch's name for all figures of this project.
const NAMESPACE: &str = "ELAAOMS";

/// A line in the making.
pub(super) struct Document<'a> {
    stage: &'a str,
    function: &'a str,
    now: Timestamp,
    declared: Vec<Value>,
    values: Map<String, Value>,
}

impl<'a> Document<'a> {
    pub(super) fn new(stage: &'a str, function: &'a str, now: Timestamp) -> Self {
        Self { stage, function, now, declared: Vec::new(), values: Map::new() }
    }

    /// Adds a figure, unless nothing was measured.
    pub(super) fn add(&mut self, metric: &Metric, sum: u64, values: Vec<f64>) {
        let value = match (sum, values.is_empty()) {
            (0, true) => return,
            (sum, true) => sum.into(),
            (_, false) => values.into(),
        };
        self.declared.push(json!({"Name": metric.sent_as, "Unit": metric.unit}));
        self.values.insert(metric.sent_as.to_owned(), value);
    }

    /// The line with its end, or nothing when there is no figure in it.
    pub(super) fn into_line(mut self) -> Option<String> {
        if self.declared.is_empty() {
            return None;
        }
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [["Stage"], ["Stage", "Function"]],
            "Metrics": self.declared,
        });
        let about = json!({"Timestamp": self.now.as_millisecond(), "CloudWatchMetrics": [directive]});
        self.values.insert("_aws".to_owned(), about);
        self.values.insert("Stage".to_owned(), self.stage.into());
        self.values.insert("Function".to_owned(), self.function.into());
        Some(format!("{}\n", Value::Object(self.values)))
    }
}
