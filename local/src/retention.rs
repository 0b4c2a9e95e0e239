//! Calls are kept for so many days (`PAYLOAD_RETENTION_DAYS`), as the bucket's lifecycle does it on AWS: payloads, and with
//! them the callers' index and the records of extractions. Memories stay; they have an end of their own.

use std::time::Duration;

use common::archive::folder::FolderArchive;
use common::measure;
use jiff::Timestamp;
use tracing::{info, warn};

/// How often it is looked for what is too old.
const PERIOD: Duration = Duration::from_secs(60 * 60);

/// Deletes what is older than `age`, at once and then every hour.
pub(crate) async fn run(archive: FolderArchive, age: Duration) {
    loop {
        let limit = now().checked_sub(age).unwrap_or(Timestamp::MIN);
        match archive.expire(limit).await {
            Ok(0) => {}
            Ok(files) => {
                measure::payloads_expired(files);
                info!(files, "calls were deleted because of their age");
            }
            Err(error) => warn!(reason = %error, "calls that are too old could not be deleted"),
        }
        tokio::time::sleep(PERIOD).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "an age is measured from now")]
fn now() -> Timestamp {
    Timestamp::now()
}
