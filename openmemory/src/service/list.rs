//! Lists the memories of one caller, and the callers.

use jiff::Timestamp;

use super::MemoryService;
use crate::memory::{
    AgentId, CallerId, CallerPage, CallerQuery, Callers, Direction, Memory, Page, SortBy,
};
use crate::ranking::{SearchHit, SearchResults};
use crate::storage::StorageError;

impl MemoryService {
    /// Lists one page of a caller's active memories, of one agent or of all, and their total
    /// number.
    pub(crate) async fn list(
        &self,
        agent: Option<&AgentId>,
        callers: &Callers,
        order: (SortBy, Direction),
        page: Page,
        now: Timestamp,
    ) -> Result<SearchResults, StorageError> {
        let (mut memories, total) = self.engine.list(callers, agent, order, page, now).await?;
        use_current_id(&mut memories, callers);
        Ok(SearchResults {
            best: memories.into_iter().map(SearchHit::without_query).collect(),
            total,
        })
    }

    /// Lists one page of a caller's superseded memories in order of creation, and their total
    /// number.
    pub(crate) async fn superseded(
        &self,
        agent: Option<&AgentId>,
        callers: &Callers,
        page: Page,
        now: Timestamp,
    ) -> Result<SearchResults, StorageError> {
        let mut memories = self.engine.superseded(callers, agent, now).await?;
        use_current_id(&mut memories, callers);
        let total = memories.len();
        let best = memories
            .into_iter()
            .skip(page.offset)
            .take(page.limit)
            .map(SearchHit::without_query)
            .collect();
        Ok(SearchResults { best, total })
    }

    /// Lists one page of the callers that have active memories or profiles.
    pub(crate) async fn callers(
        &self,
        query: &CallerQuery,
        now: Timestamp,
    ) -> Result<CallerPage, StorageError> {
        self.engine.callers(query, now).await
    }
}

/// Replaces older and linked caller ids by the requested id.
pub(super) fn use_current_id(memories: &mut [Memory], callers: &Callers) {
    for memory in memories {
        use_requested_id(memory, callers);
    }
}

/// Replaces the caller id of a memory by the requested id. What was told under a linked id still
/// says so.
pub(super) fn use_requested_id(memory: &mut Memory, callers: &Callers) {
    let stored = std::mem::replace(&mut memory.caller_id, callers.current().clone());
    let is_own = |id: &CallerId| callers.all().any(|own| own == id);
    memory.told_as = memory
        .told_as
        .take()
        .or(Some(stored))
        .filter(|told_as| !is_own(told_as));
}
