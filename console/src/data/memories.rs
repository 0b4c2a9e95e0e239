//! The memories and the caller cards of one caller.

use std::collections::BTreeSet;

use common::call::AgentId;
use common::memory::{CallerCard, Memory, MemoryId};
use common::openmemory::Page;

use super::{PAGE_SIZE, Person};
use crate::Console;
use crate::error::PageError;

/// Most agents whose cards and histories one page shows.
const MAX_AGENTS: usize = 8;

/// A page of the active memories of a caller.
pub(crate) struct MemoryPage {
    pub(crate) memories: Vec<Memory>,
    pub(crate) has_more: bool,
}

/// Returns a page of the active memories. Pages count from 0.
pub(crate) async fn memories(
    console: &Console,
    person: &Person,
    page: usize,
) -> Result<MemoryPage, PageError> {
    let page = Page {
        offset: page.saturating_mul(PAGE_SIZE),
        limit: PAGE_SIZE + 1,
    };
    let store = person.store(console.backend());
    let mut memories = store.list(None, person.id(), page).await?;
    let has_more = memories.len() > PAGE_SIZE;
    memories.truncate(PAGE_SIZE);
    Ok(MemoryPage { memories, has_more })
}

/// Returns the active memory of this caller with this id.
///
/// # Errors
/// [`PageError::UnknownMemory`] if it belongs to another caller, or does not exist.
pub(crate) async fn memory(
    console: &Console,
    person: &Person,
    id: &str,
) -> Result<Memory, PageError> {
    let id = MemoryId(id.to_owned());
    let all = person
        .store(console.backend())
        .all_memories(None, person.id())
        .await?;
    all.into_iter()
        .find(|memory| memory.id == id)
        .ok_or(PageError::UnknownMemory)
}

/// Returns the agents of these memories, at most as many as one page shows.
pub(crate) fn agents_of(memories: &[Memory]) -> BTreeSet<AgentId> {
    let agents: BTreeSet<AgentId> = memories
        .iter()
        .filter_map(|memory| memory.agent_id.clone())
        .collect();
    agents.into_iter().take(MAX_AGENTS).collect()
}

/// Returns the cards that these agents have of the caller.
pub(crate) async fn cards(
    console: &Console,
    person: &Person,
    agents: &BTreeSet<AgentId>,
) -> Result<Vec<(AgentId, CallerCard)>, PageError> {
    let store = person.store(console.backend());
    let mut cards = Vec::new();
    for agent in agents {
        let card = store.card(agent, person.id()).await?;
        cards.extend(card.map(|card| (agent.clone(), card)));
    }
    Ok(cards)
}

/// Returns the superseded memories that these agents have of the caller, the last superseded first,
/// at most one page.
pub(crate) async fn history(
    console: &Console,
    person: &Person,
    agents: &BTreeSet<AgentId>,
) -> Result<Vec<Memory>, PageError> {
    let store = person.store(console.backend());
    let page = Page {
        offset: 0,
        limit: PAGE_SIZE,
    };
    let mut history = Vec::new();
    for agent in agents {
        history.extend(store.list_superseded(agent, person.id(), page).await?);
    }
    history.sort_by_key(|memory| std::cmp::Reverse(memory.superseded_at));
    history.truncate(PAGE_SIZE);
    Ok(history)
}
