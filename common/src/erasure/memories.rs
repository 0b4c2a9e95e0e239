//! The erasure of single memories.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::{Erased, rebuild_card};
use crate::archive::{Archive, ArchiveError, Key};
use crate::call::{AgentId, CallerId};
use crate::memory::{Memory, MemoryId};
use crate::openmemory::{OpenMemory, OpenMemoryError};

/// Why memories could not be erased. Repeating the erasure completes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EraseError {
    /// A tombstone could not be written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A card or a memory could not be changed.
    #[error(transparent)]
    Store(#[from] OpenMemoryError),
}

/// Erases single memories of a caller and rebuilds the caller cards without them. Returns the
/// number of cards.
///
/// The tombstones come first: they prevent an import or a restore from bringing a memory back.
///
/// # Errors
/// [`EraseError`]
pub async fn erase_memories<A: Archive>(
    archive: &A,
    openmemory: &OpenMemory,
    caller: &CallerId,
    memories: &[Memory],
    ttl_hours: u32,
) -> Result<u64, EraseError> {
    for memory in memories {
        archive
            .put(&Key::erased_memory(&memory.id.0), Bytes::new())
            .await?;
    }
    let cards = rebuild_cards(openmemory, caller, memories, ttl_hours).await?;
    for memory in memories {
        openmemory.delete(&memory.id).await?;
    }
    Ok(cards)
}

async fn rebuild_cards(
    openmemory: &OpenMemory,
    caller: &CallerId,
    erased: &[Memory],
    ttl_hours: u32,
) -> Result<u64, OpenMemoryError> {
    let ids: Vec<MemoryId> = erased.iter().map(|memory| memory.id.clone()).collect();
    let agents: BTreeSet<&AgentId> = erased
        .iter()
        .filter_map(|memory| memory.agent_id.as_ref())
        .collect();
    let mut cards = 0;
    for agent in agents {
        let memories = openmemory.all_memories(Some(agent), caller).await?;
        let erased = Erased::Memories(&ids);
        let card = rebuild_card(openmemory, agent, caller, erased, &memories, ttl_hours).await?;
        cards += u64::from(card.is_some());
    }
    Ok(cards)
}
