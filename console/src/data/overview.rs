//! All archived calls, newest first.

use common::archive::{ArchiveError, ObjectListing, StoredObject};
use common::call::ConversationId;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::{CONCURRENT_READS, Call, PAGE_SIZE, read_call};
use crate::error::PageError;
use crate::{Console, SharedArchive};

/// A call in the archive.
pub(crate) struct ArchivedCall {
    /// When the call was archived.
    pub(crate) at: Timestamp,
    pub(crate) call: Call,
}

/// A page of all archived calls.
pub(crate) struct CallPage {
    pub(crate) calls: Vec<ArchivedCall>,
    /// How many calls there are on all pages.
    pub(crate) total: usize,
}

/// Returns a page of all archived calls. Pages count from 0.
pub(crate) async fn archived_calls(console: &Console, page: usize) -> Result<CallPage, PageError> {
    let all = transcriptions(&console.backend().archive).await?;
    let total = all.len();
    let of_page: Vec<(ConversationId, Timestamp)> = all
        .iter()
        .skip(page.saturating_mul(PAGE_SIZE))
        .take(PAGE_SIZE)
        .filter_map(|object| Some((object.key.conversation()?, object.at)))
        .collect();
    let calls = stream::iter(of_page)
        .map(|(conversation, at)| async move {
            let call = read_call(console, conversation).await?;
            Ok::<_, PageError>(ArchivedCall { at, call })
        })
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    Ok(CallPage { calls, total })
}

/// Returns how many calls were archived on each of the last `days` days, the oldest first.
pub(crate) async fn calls_per_day(
    console: &Console,
    days: usize,
) -> Result<Vec<(Timestamp, usize)>, PageError> {
    const DAY: SignedDuration = SignedDuration::from_hours(24);
    let all = transcriptions(&console.backend().archive).await?;
    let now = console.backend().now();
    let mut end = now;
    let mut counts = Vec::with_capacity(days);
    for _ in 0..days {
        let start = end.checked_sub(DAY).unwrap_or(Timestamp::MIN);
        let is_in_day = |object: &&StoredObject| object.at > start && object.at <= end;
        counts.push((end, all.iter().filter(is_in_day).count()));
        end = start;
    }
    counts.reverse();
    Ok(counts)
}

/// Lists the transcriptions, the newest first.
async fn transcriptions(archive: &SharedArchive) -> Result<Vec<StoredObject>, ArchiveError> {
    let mut payloads = archive.list_objects("payloads/").await?;
    payloads.retain(|object| object.key.is_transcription());
    payloads.sort_by(|a, b| (b.at, &b.key).cmp(&(a.at, &a.key)));
    Ok(payloads)
}
