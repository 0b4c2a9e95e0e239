//! The calls of one caller, newest first.

use common::archive::{Key, ObjectListing};
use common::call::ConversationId;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::{CONCURRENT_READS, ExtractionState, PAGE_SIZE, Person, state};
use crate::Console;
use crate::error::PageError;

/// A call in the caller's index.
pub(crate) struct PastCall {
    pub(crate) conversation: ConversationId,
    /// When the call was archived.
    pub(crate) at: Timestamp,
    pub(crate) state: ExtractionState,
}

/// The newest calls of a caller.
pub(crate) struct Timeline {
    /// At most one page.
    pub(crate) calls: Vec<PastCall>,
    /// How many calls there are.
    pub(crate) total: usize,
}

/// Returns the newest calls of a caller.
pub(crate) async fn timeline(console: &Console, person: &Person) -> Result<Timeline, PageError> {
    let archive = &console.backend().archive;
    let prefix = format!("callers/{}/", person.pseudonym());
    let mut index = archive.list_objects(&prefix).await?;
    index.sort_by_key(|object| std::cmp::Reverse(object.at));
    let total = index.len();
    let newest: Vec<(ConversationId, Timestamp)> = index
        .iter()
        .filter_map(|object| Some((Key::conversation(&object.key)?, object.at)))
        .take(PAGE_SIZE)
        .collect();
    let calls = stream::iter(newest)
        .map(|(conversation, at)| async move {
            let state = state(archive, &conversation).await?;
            Ok::<_, PageError>(PastCall {
                conversation,
                at,
                state,
            })
        })
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    Ok(Timeline { calls, total })
}
