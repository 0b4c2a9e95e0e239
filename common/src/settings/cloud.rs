//! Settings of a function deployed to AWS. The CloudFormation template sets them.

use serde::Deserialize;
use url::Url;

use super::SettingsError;
use super::reader::Reader;

/// Where calls are stored and queued.
#[derive(Debug, Clone)]
pub struct StorageSettings {
    /// `PAYLOAD_BUCKET`: the bucket.
    pub bucket: String,
    /// `EXTRACTION_QUEUE_URL`: the queue.
    pub queue: Url,
}

impl StorageSettings {
    /// Reads the settings through `lookup`.
    ///
    /// # Errors
    /// [`SettingsError`] with everything that is missing or wrong.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(&lookup);
        let settings = Self {
            bucket: reader.required("PAYLOAD_BUCKET"),
            queue: reader.required_url("EXTRACTION_QUEUE_URL"),
        };
        reader.finish(settings)
    }
}

/// Which metrics a function sends, and under which name.
#[derive(Debug, Clone)]
pub struct MonitoringSettings {
    /// `STACK`: the name of the CloudFormation stack, a dimension of all metrics.
    pub stack: String,
    /// `MONITORING`.
    pub monitoring: Monitoring,
}

/// `MONITORING`: how many metrics a function sends to CloudWatch, which charges for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Monitoring {
    /// The few metrics that say that calls are lost, answered late or expensive.
    Essential,
    /// All metrics, also for each function.
    Full,
}

impl MonitoringSettings {
    /// Reads the settings through `lookup`.
    ///
    /// # Errors
    /// [`SettingsError`] if `MONITORING` is invalid.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(&lookup);
        let settings = Self {
            stack: reader
                .text("STACK")
                .unwrap_or_else(|| "elaaoms-dev".to_owned()),
            monitoring: reader.choice("MONITORING", "essential", "essential or full"),
        };
        reader.finish(settings)
    }
}

/// Reads `PAYLOAD_BUCKET`, for a function that uses no queue.
///
/// # Errors
/// [`SettingsError`] if it is missing.
pub fn payload_bucket(lookup: impl Fn(&str) -> Option<String>) -> Result<String, SettingsError> {
    let mut reader = Reader::new(&lookup);
    let bucket = reader.required("PAYLOAD_BUCKET");
    reader.finish(bucket)
}

/// Reads `DEAD_LETTER_QUEUE_URL`, the queue for jobs that failed permanently.
///
/// # Errors
/// [`SettingsError`] if it is missing or not a URL.
pub fn dead_letter_queue(lookup: impl Fn(&str) -> Option<String>) -> Result<Url, SettingsError> {
    let mut reader = Reader::new(&lookup);
    let url = reader.required_url("DEAD_LETTER_QUEUE_URL");
    reader.finish(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_setting_is_named() {
        let error = StorageSettings::read(|_| None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "settings: PAYLOAD_BUCKET is required; EXTRACTION_QUEUE_URL is required"
        );
    }
}
