//! The JSON form in which a memory is sent to the store.

use jiff::Timestamp;
use serde::Serialize;

use super::super::Provenance;
use super::super::key::CallerKey;
use crate::call::{AgentId, Channel, ConversationId};
use crate::memory::{Category, Change, Importance, MemoryId, NewMemory, Retention, Source};

/// A memory as it is sent to the store, in a batch.
#[derive(Serialize)]
pub(super) struct BatchItem<'a> {
    agent_id: &'a AgentId,
    caller_id: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    caller_aliases: &'a [String],
    content: &'a str,
    metadata: BatchItemMetadata<'a>,
    importance: Importance,
    idempotency_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    supersedes: Option<&'a MemoryId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reinforces: Option<&'a MemoryId>,
}

#[derive(Serialize)]
struct BatchItemMetadata<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<&'a ConversationId>,
    timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    importance: Importance,
    category: Category,
    tags: &'a [String],
    entities: &'a [String],
    search_hints: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    speaker: Option<&'a str>,
    source: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected_by: Option<Source>,
    extractor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    turn: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<&'a str>,
}

impl<'a> BatchItem<'a> {
    pub(super) fn new(
        provenance: &'a Provenance<'_>,
        key: &'a CallerKey,
        retention: Retention,
        memory: &'a NewMemory,
    ) -> Self {
        let (supersedes, reinforces) = match &memory.change {
            Change::New => (None, None),
            Change::Supersedes(earlier) => (Some(earlier), None),
            Change::Repeats(earlier) => (None, Some(earlier)),
        };
        Self {
            agent_id: provenance.agent,
            caller_id: &key.id,
            caller_aliases: &key.aliases,
            content: &memory.content,
            metadata: BatchItemMetadata {
                conversation_id: provenance.conversation,
                timestamp: memory.said_at.unwrap_or(provenance.at),
                channel: provenance.channel,
                importance: memory.importance,
                category: memory.category,
                tags: &memory.entities,
                entities: &memory.entities,
                search_hints: &memory.search_hints,
                speaker: memory.speaker.as_deref(),
                source: memory.source,
                corrected_by: memory.corrected_by(),
                extractor: provenance.extractor,
                turn: memory.turn,
                quote: memory.quote.as_deref(),
            },
            importance: memory.importance,
            idempotency_key: &memory.idempotency_key,
            expires_at: retention.expires_at(provenance.at),
            supersedes,
            reinforces,
        }
    }
}
