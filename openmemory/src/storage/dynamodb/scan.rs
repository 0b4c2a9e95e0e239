//! Scans the whole table, for exports and background work. No request of a call does.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::operation::scan::ScanOutput;
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use aws_sdk_dynamodb::types::Select;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::error::failed;
use super::fields::{text, time};
use super::keys::{Item, MEMORIES};
use super::{Dynamo, StorageError};

/// Parts of the table that are scanned at once.
pub(super) const SEGMENTS: i32 = 4;
/// How long the number of memories is reused: counting reads the whole table.
const MAX_COUNT_AGE: Duration = Duration::from_secs(600);

/// The number of memories when they were last counted. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct CachedCount(Arc<Mutex<Option<(Instant, i64)>>>);

impl Dynamo {
    /// Counts the active memories of all callers, or returns a recent count.
    pub(super) async fn count_active(&self, now: Timestamp) -> Result<i64, StorageError> {
        let mut cached = self.active_memories.0.lock().await;
        if let Some((counted_at, count)) = *cached
            && counted_at.elapsed() < MAX_COUNT_AGE
        {
            return Ok(count);
        }
        let counts = (0..SEGMENTS).map(|segment| self.count_segment(segment, now));
        let count = try_join_all(counts).await?.into_iter().sum();
        *cached = Some((Instant::now(), count));
        Ok(count)
    }

    async fn count_segment(&self, segment: i32, now: Timestamp) -> Result<i64, StorageError> {
        let mut count = 0;
        let mut start = None;
        loop {
            let page = self
                .scan(MEMORIES, segment)
                .select(Select::Count)
                .filter_expression(ACTIVE)
                .expression_attribute_values(":now", time(now))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(failed)?;
            count += i64::from(page.count);
            start = next_start(&page);
            if start.is_none() {
                return Ok(count);
            }
        }
    }

    /// A scan of one segment for items whose sort keys begin with `prefix`.
    pub(super) fn scan(&self, prefix: &str, segment: i32) -> ScanFluentBuilder {
        self.client
            .scan()
            .table_name(&self.table)
            .segment(segment)
            .total_segments(SEGMENTS)
            .consistent_read(true)
            .filter_expression("begins_with(SK, :prefix)")
            .expression_attribute_values(":prefix", text(prefix))
    }
}

/// Where the next page starts; `None` after the last.
pub(super) fn next_start(page: &ScanOutput) -> Option<Item> {
    page.last_evaluated_key
        .clone()
        .filter(|key| !key.is_empty())
}

const ACTIVE: &str = "begins_with(SK, :prefix) AND attribute_not_exists(superseded_by) \
    AND (attribute_not_exists(expires_at) OR expires_at > :now)";
