//! What requests to DynamoDB cost.

use std::collections::BTreeMap;
use std::fmt;

/// Requests to DynamoDB by operation, and their capacity units.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    requests: BTreeMap<String, usize>,
    pub(crate) read_units: f64,
    pub(crate) write_units: u64,
}

impl Usage {
    pub(crate) fn add(&mut self, operation: &str, read_units: f64, write_units: u64) {
        *self.requests.entry(operation.to_owned()).or_default() += 1;
        self.read_units += read_units;
        self.write_units += write_units;
    }
}

/// The requests, such as `1 BatchGetItem, 3 Query`.
impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests: Vec<String> = self
            .requests
            .iter()
            .map(|(operation, count)| format!("{count} `{operation}`"))
            .collect();
        f.write_str(&requests.join(", "))
    }
}
