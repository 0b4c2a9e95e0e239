//! Reads lists of memories to their end, page by page.

use super::{OpenMemory, OpenMemoryError, Page};
use crate::call::{AgentId, CallerId};
use crate::memory::Memory;

/// Number of memories per page.
const PAGE_SIZE: usize = 500;

impl OpenMemory {
    /// Returns all active memories of a caller with one agent or with all, most important first.
    ///
    /// # Errors
    /// [`OpenMemoryError`]
    pub async fn all_memories(
        &self,
        agent: Option<&AgentId>,
        caller: &CallerId,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        all_pages(|page| self.list(agent, caller, page)).await
    }

    /// Returns all superseded memories of a caller and agent. The list is empty if the server never
    /// returns superseded memories.
    ///
    /// # Errors
    /// [`OpenMemoryError`]
    pub async fn all_superseded(
        &self,
        agent: &AgentId,
        caller: &CallerId,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        all_pages(|page| self.list_superseded(agent, caller, page)).await
    }
}

async fn all_pages<F>(list: impl Fn(Page) -> F) -> Result<Vec<Memory>, OpenMemoryError>
where
    F: Future<Output = Result<Vec<Memory>, OpenMemoryError>>,
{
    let mut all = Vec::new();
    loop {
        let page = Page {
            offset: all.len(),
            limit: PAGE_SIZE,
        };
        let memories = list(page).await?;
        let is_last = memories.len() < PAGE_SIZE;
        all.extend(memories);
        if is_last {
            return Ok(all);
        }
    }
}
