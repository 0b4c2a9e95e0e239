//! Reads what events of a call say, for operators who let receivers have it. Nothing is left of an
//! erased call or memory, so its events are delivered without content.

use common::archive::{Archive, ArchiveError, Key};
use common::call::CallerId;
use common::elevenlabs::event::read_transcription;
use common::events::{ContentSource, Event, EventContent, EventData, MemoryContent, StoredMemory};

use crate::record::Record;

/// The content of a call's events.
#[derive(Default)]
pub(super) struct CallContent {
    caller_id: Option<CallerId>,
    record: Option<Record>,
}

impl CallContent {
    /// Reads the content. It is empty if the call is no longer archived.
    pub(super) async fn read<A: Archive>(
        archive: &A,
        source: &ContentSource,
        trust_user_id: bool,
    ) -> Result<Self, ArchiveError> {
        let (payload, record) =
            tokio::try_join!(archive.get(&source.payload), archive.get(&source.record))?;
        let call = payload.as_deref().and_then(read_transcription);
        Ok(Self {
            caller_id: call.and_then(|call| call.caller(trust_user_id)),
            record: record.and_then(|record| Record::read(&record).ok()),
        })
    }

    /// Returns the content of one event.
    pub(super) async fn of<A: Archive>(
        &self,
        archive: &A,
        event: &Event,
    ) -> Result<EventContent, ArchiveError> {
        let memory = match &event.data {
            EventData::MemoryStored(stored) => self.memory(archive, stored).await?,
            _ => None,
        };
        Ok(EventContent {
            caller_id: self.caller_id.clone(),
            memory,
        })
    }

    async fn memory<A: Archive>(
        &self,
        archive: &A,
        stored: &StoredMemory,
    ) -> Result<Option<MemoryContent>, ArchiveError> {
        let Some(record) = &self.record else {
            return Ok(None);
        };
        let tombstone = Key::erased_memory(&stored.memory_id.0);
        if archive.contains(&tombstone).await? {
            return Ok(None);
        }
        let memories = record.for_agent(&stored.agent_id).memories;
        let memory = memories.into_iter().nth(stored.position);
        Ok(memory.map(|memory| MemoryContent {
            content: memory.content,
            category: memory.category,
            importance: memory.importance,
        }))
    }
}
