//! A conversation that is extracted again: what the earlier extraction remembered and the new one
//! does not is retired.

use common::call::{AgentId, CallerId};
use common::elevenlabs::transcription::Transcription;
use common::memory::{Memory, MemoryId};
use common::openmemory::{OpenMemory, OpenMemoryError, Page};

/// Memories that are read at once.
const PAGE: usize = 100;

/// Deletes the memories that this agent has of this conversation and that are not `current`.
pub(crate) async fn retire_earlier(
    openmemory: &OpenMemory,
    call: &Transcription,
    agent: &AgentId,
    caller: &CallerId,
    current: &[&MemoryId],
) -> Result<(), OpenMemoryError> {
    for memory in with_agent(openmemory, agent, caller).await? {
        if memory.conversation_id.as_ref() == Some(&call.conversation_id)
            && !current.contains(&&memory.id)
        {
            openmemory.delete(&memory.id).await?;
        }
    }
    for memory in superseded_of(openmemory, call, agent, caller).await? {
        if !current.contains(&&memory.id) {
            openmemory.delete(&memory.id).await?;
        }
    }
    Ok(())
}

/// What an agent remembers of the caller, most important first.
pub(crate) async fn with_agent(
    openmemory: &OpenMemory,
    agent: &AgentId,
    caller: &CallerId,
) -> Result<Vec<Memory>, OpenMemoryError> {
    all_pages(openmemory, agent, caller, false).await
}

/// What an agent was told in this conversation and was replaced later. It answers what was before.
pub(crate) async fn superseded_of(
    openmemory: &OpenMemory,
    call: &Transcription,
    agent: &AgentId,
    caller: &CallerId,
) -> Result<Vec<Memory>, OpenMemoryError> {
    let mut all = all_pages(openmemory, agent, caller, true).await?;
    all.retain(|memory| memory.conversation_id.as_ref() == Some(&call.conversation_id));
    Ok(all)
}

/// All memories that hold, or all that were replaced.
async fn all_pages(
    openmemory: &OpenMemory,
    agent: &AgentId,
    caller: &CallerId,
    superseded: bool,
) -> Result<Vec<Memory>, OpenMemoryError> {
    let mut found = Vec::new();
    for page in 0.. {
        let page = Page {
            offset: page * PAGE,
            limit: PAGE,
        };
        let memories = if superseded {
            openmemory.list_superseded(agent, caller, page).await?
        } else {
            openmemory.list(Some(agent), caller, page).await?
        };
        let is_last = memories.len() < PAGE;
        found.extend(memories);
        if is_last {
            break;
        }
    }
    Ok(found)
}
