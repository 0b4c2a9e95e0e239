//! Redo of an extraction: deletes the memories of the earlier extraction that the new one does not
//! contain.

use common::call::{AgentId, CallerId};
use common::elevenlabs::transcription::Transcription;
use common::memory::{Memory, MemoryId};
use common::openmemory::{OpenMemory, OpenMemoryError, Page};

/// Number of memories per page.
const PAGE_SIZE: usize = 100;

/// Deletes this agent's memories of the conversation, except those in `current`.
pub(crate) async fn delete_earlier(
    openmemory: &OpenMemory,
    call: &Transcription,
    agent: &AgentId,
    caller: &CallerId,
    current: &[&MemoryId],
) -> Result<(), OpenMemoryError> {
    for memory in active_memories(openmemory, agent, caller).await? {
        if memory.conversation_id.as_ref() == Some(&call.conversation_id)
            && !current.contains(&&memory.id)
        {
            openmemory.delete(&memory.id).await?;
        }
    }
    for memory in superseded_in_call(openmemory, call, agent, caller).await? {
        if !current.contains(&&memory.id) {
            openmemory.delete(&memory.id).await?;
        }
    }
    Ok(())
}

/// Returns all active memories that an agent has of the caller, most important first.
pub(crate) async fn active_memories(
    openmemory: &OpenMemory,
    agent: &AgentId,
    caller: &CallerId,
) -> Result<Vec<Memory>, OpenMemoryError> {
    all_pages(openmemory, agent, caller, false).await
}

/// Returns the agent's memories of this call that were superseded later. The store keeps those to
/// answer questions about the past.
pub(crate) async fn superseded_in_call(
    openmemory: &OpenMemory,
    call: &Transcription,
    agent: &AgentId,
    caller: &CallerId,
) -> Result<Vec<Memory>, OpenMemoryError> {
    let mut all = all_pages(openmemory, agent, caller, true).await?;
    all.retain(|memory| memory.conversation_id.as_ref() == Some(&call.conversation_id));
    Ok(all)
}

/// Returns either all superseded or all active memories.
async fn all_pages(
    openmemory: &OpenMemory,
    agent: &AgentId,
    caller: &CallerId,
    superseded: bool,
) -> Result<Vec<Memory>, OpenMemoryError> {
    let mut all = Vec::new();
    for page in 0.. {
        let page = Page {
            offset: page * PAGE_SIZE,
            limit: PAGE_SIZE,
        };
        let memories = if superseded {
            openmemory.list_superseded(agent, caller, page).await?
        } else {
            openmemory.list(Some(agent), caller, page).await?
        };
        let is_last = memories.len() < PAGE_SIZE;
        all.extend(memories);
        if is_last {
            break;
        }
    }
    Ok(all)
}
