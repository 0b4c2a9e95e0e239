//! Redo of an extraction: deletes the memories of the earlier extraction that the new one does not
//! contain.

use common::call::{AgentId, CallerId};
use common::elevenlabs::transcription::Transcription;
use common::memory::{Memory, MemoryId};
use common::openmemory::{OpenMemory, OpenMemoryError};

/// Deletes this agent's memories of the conversation, except those in `current`.
pub(crate) async fn delete_earlier(
    openmemory: &OpenMemory,
    call: &Transcription,
    agent: &AgentId,
    caller: &CallerId,
    current: &[&MemoryId],
) -> Result<(), OpenMemoryError> {
    for memory in openmemory.all_memories(Some(agent), caller).await? {
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

/// Returns the agent's memories of this call that were superseded later. The store keeps those to
/// answer questions about the past.
pub(crate) async fn superseded_in_call(
    openmemory: &OpenMemory,
    call: &Transcription,
    agent: &AgentId,
    caller: &CallerId,
) -> Result<Vec<Memory>, OpenMemoryError> {
    let mut all = openmemory.all_superseded(agent, caller).await?;
    all.retain(|memory| memory.conversation_id.as_ref() == Some(&call.conversation_id));
    Ok(all)
}
