//! Where a deployed function finds what it works with. The template sets these; nobody writes them
//! by hand.

use url::Url;

use super::SettingsError;
use super::reader::Reader;

/// Where calls are kept and queued.
#[derive(Debug, Clone)]
pub struct StorageSettings {
    /// `PAYLOAD_BUCKET`: the bucket.
    pub bucket: String,
    /// `EXTRACTION_QUEUE_URL`: the queue.
    pub queue: Url,
}

impl StorageSettings {
    /// Reads them through `lookup`.
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

/// `DEAD_LETTER_QUEUE_URL`: where jobs go that can never be worked off.
///
/// # Errors
/// [`SettingsError`] when it is missing or no URL.
pub fn dead_letter_queue(lookup: impl Fn(&str) -> Option<String>) -> Result<Url, SettingsError> {
    let mut reader = Reader::new(&lookup);
    let url = reader.required_url("DEAD_LETTER_QUEUE_URL");
    reader.finish(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_missing_is_named() {
        let error = StorageSettings::read(|_| None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "settings: PAYLOAD_BUCKET is required; EXTRACTION_QUEUE_URL is required"
        );
    }
}
