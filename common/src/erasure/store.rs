//! The steps of an erasure in the memory store.

use crate::call::{AgentId, CallerId};
use crate::memory::{CallerCard, Memory};
use crate::openmemory::{OpenMemory, OpenMemoryError};

use super::Erased;

/// Rebuilds an agent's card without what is erased. Call it before the memories are deleted.
/// `memories` are all active memories that the agent has of the caller.
///
/// Returns the card as it was before, or `None` if there is no card.
///
/// # Errors
/// [`OpenMemoryError`]
pub async fn rebuild_card(
    openmemory: &OpenMemory,
    agent: &AgentId,
    caller: &CallerId,
    erased: Erased<'_>,
    memories: &[Memory],
    ttl_hours: u32,
) -> Result<Option<CallerCard>, OpenMemoryError> {
    let card = openmemory.card(agent, caller).await?;
    if let Some(card) = card.clone() {
        let card = erased.card_after(card, memories);
        openmemory.put_card(agent, caller, &card, ttl_hours).await?;
    }
    Ok(card)
}
