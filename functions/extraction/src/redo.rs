//! A conversation that is extracted again: what the earlier extraction remembered and the new one does not is retired.

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
        if memory.conversation_id.as_ref() == Some(&call.conversation_id) && !current.contains(&&memory.id) {
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
    let mut found = Vec::new();
    for page in 0.. {
        let memories = openmemory.list(Some(agent), caller, Page { offset: page * PAGE, limit: PAGE }).await?;
        let is_last = memories.len() < PAGE;
        found.extend(memories);
        if is_last {
            break;
        }
    }
    Ok(found)
}
