//! A conversation that is extracted again: what the earlier extraction remembered and the new one does not is retired.

use common::call::CallerId;
use common::elevenlabs::transcription::Transcription;
use common::memory::MemoryId;
use common::openmemory::{OpenMemory, OpenMemoryError, Page};

/// Memories that are read at once.
const PAGE: usize = 100;

/// Deletes the memories of this conversation that are not `current`.
pub(crate) async fn retire_earlier(
    openmemory: &OpenMemory,
    call: &Transcription,
    caller: &CallerId,
    current: &[&MemoryId],
) -> Result<(), OpenMemoryError> {
    let mut earlier = Vec::new();
    for page in 0.. {
        let memories = openmemory.list(Some(&call.agent_id), caller, Page { offset: page * PAGE, limit: PAGE }).await?;
        let full = memories.len() == PAGE;
        let of_this_call =
            memories.into_iter().filter(|memory| memory.conversation_id.as_ref() == Some(&call.conversation_id));
        earlier.extend(of_this_call.map(|memory| memory.id).filter(|id| !current.contains(&id)));
        if !full {
            break;
        }
    }
    for memory in &earlier {
        openmemory.delete(memory).await?;
    }
    Ok(())
}
