//! Memories, and the pointers from their ids to them, as items.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;

use super::StorageError;
use super::fields::{EXPIRES, Fields, bytes, expiry, json, number, text, time};
use super::keys::{self, Item, Partition, SK};
use super::link_item::MAIN;
use super::quantized;
use crate::memory::{AgentId, CallerId, Memory, MemoryId, Superseded, Vector};

pub(super) const MEMORY_ID: &str = "memory_id";
pub(super) const CALLER: &str = "caller";
pub(super) const AGENT: &str = "agent";
pub(super) const CONTENT: &str = "content";
pub(super) const REINFORCEMENTS: &str = "reinforcement_count";
pub(super) const UPDATED_AT: &str = "updated_at";
pub(super) const EXPIRES_AT: &str = "expires_at";
pub(super) const SUPERSEDED_BY: &str = "superseded_by";
pub(super) const SUPERSEDED_AT: &str = "superseded_at";
pub(super) const SPACE: &str = "space";
pub(super) const VECTOR: &str = "vector";
pub(super) const METADATA: &str = "metadata";
pub(super) const IMPORTANCE: &str = "importance";
pub(super) const HAPPENED_AT: &str = "happened_at";
pub(super) const TOLD_AS: &str = "told_as";
const CREATED_AT: &str = "created_at";
const CLAIM: &str = "claim";
const PARTITION: &str = "partition";
const SEQ: &str = "seq";

/// Everything except the vector, and the main id in the item `@`.
pub(super) const WITHOUT_VECTOR: [&str; 17] = [
    SK,
    MEMORY_ID,
    CALLER,
    AGENT,
    CONTENT,
    METADATA,
    IMPORTANCE,
    REINFORCEMENTS,
    CREATED_AT,
    UPDATED_AT,
    HAPPENED_AT,
    EXPIRES_AT,
    SUPERSEDED_BY,
    SUPERSEDED_AT,
    CLAIM,
    TOLD_AS,
    MAIN,
];
/// What a comparison of vectors needs, and the main id in the item `@`.
pub(super) const VECTOR_ONLY: [&str; 8] = [
    SK,
    MEMORY_ID,
    AGENT,
    EXPIRES_AT,
    SUPERSEDED_BY,
    SPACE,
    VECTOR,
    MAIN,
];

/// A memory as it is stored.
#[derive(Clone, Debug)]
pub(super) struct StoredMemory {
    /// Sequence number, in order of creation.
    pub(super) seq: i64,
    pub(super) memory: Memory,
    /// See [`LookupKeys`](crate::matching::LookupKeys).
    pub(super) claim: String,
}

/// Where a memory is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointer {
    pub(super) partition: Partition,
    pub(super) seq: i64,
}

impl StoredMemory {
    pub(super) fn to_item(
        &self,
        partition: &Partition,
        vector: Option<&Vector>,
    ) -> Result<Item, StorageError> {
        let memory = &self.memory;
        let mut item = partition.key(&keys::memory(self.seq));
        item.extend(
            [
                (MEMORY_ID, text(memory.id.as_str())),
                (CALLER, text(memory.caller_id.as_str())),
                (AGENT, text(memory.agent_id.as_str())),
                (CONTENT, text(&memory.content)),
                (METADATA, json(&memory.metadata)?),
                (IMPORTANCE, number(memory.importance)),
                (REINFORCEMENTS, number(memory.reinforcement_count)),
                (CREATED_AT, time(memory.created_at)),
                (UPDATED_AT, time(memory.updated_at)),
                (HAPPENED_AT, time(memory.happened_at)),
                (CLAIM, text(&self.claim)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let mut add = |name: &str, value: AttributeValue| item.insert(name.to_owned(), value);
        if let Some(expires_at) = memory.expires_at {
            add(EXPIRES_AT, time(expires_at));
            add(EXPIRES, expiry(expires_at));
        }
        if let Some(told_as) = &memory.told_as {
            add(TOLD_AS, text(told_as.as_str()));
        }
        if let Some(superseded) = &memory.superseded {
            add(SUPERSEDED_BY, text(superseded.by.as_str()));
            add(SUPERSEDED_AT, time(superseded.at));
        }
        if let Some(vector) = vector {
            add(SPACE, text(&*vector.space));
            add(VECTOR, bytes(quantized::encode(vector)));
        }
        Ok(item)
    }

    /// The pointer from the memory's id to its place.
    pub(super) fn pointer(&self, partition: &Partition) -> Item {
        let mut item = keys::pointer(&self.memory.id);
        item.insert(PARTITION.to_owned(), text(partition.as_str()));
        item.insert(SEQ.to_owned(), number(self.seq));
        if let Some(expires_at) = self.memory.expires_at {
            item.insert(EXPIRES.to_owned(), expiry(expires_at));
        }
        item
    }
}

impl TryFrom<&Item> for StoredMemory {
    type Error = StorageError;

    fn try_from(item: &Item) -> Result<Self, StorageError> {
        let fields = Fields::new(item, "memory");
        let id = |text: &str| MemoryId::parse(text).map_err(|_| fields.error());
        let superseded = match fields.optional_text(SUPERSEDED_BY) {
            Some(by) => Some(Superseded {
                by: id(by)?,
                at: fields.time(SUPERSEDED_AT)?,
            }),
            None => None,
        };
        let memory = Memory {
            id: id(fields.text(MEMORY_ID)?)?,
            agent_id: AgentId::stored(fields.text(AGENT)?.to_owned()),
            caller_id: CallerId::stored(fields.text(CALLER)?.to_owned()),
            told_as: fields
                .optional_text(TOLD_AS)
                .map(|id| CallerId::stored(id.to_owned())),
            content: fields.text(CONTENT)?.to_owned(),
            metadata: fields.json(METADATA)?,
            importance: fields.number(IMPORTANCE)?,
            reinforcement_count: fields.number(REINFORCEMENTS)?,
            created_at: fields.time(CREATED_AT)?,
            updated_at: fields.time(UPDATED_AT)?,
            happened_at: fields.time(HAPPENED_AT)?,
            expires_at: fields.optional_time(EXPIRES_AT)?,
            superseded,
        };
        Ok(Self {
            seq: keys::sequence_number(fields.text(SK)?).ok_or_else(|| fields.error())?,
            memory,
            claim: fields.text(CLAIM)?.to_owned(),
        })
    }
}

impl TryFrom<&Item> for Pointer {
    type Error = StorageError;

    fn try_from(item: &Item) -> Result<Self, StorageError> {
        let fields = Fields::new(item, "pointer");
        Ok(Self {
            partition: Partition::stored(fields.text(PARTITION)?.to_owned()),
            seq: fields.number(SEQ)?,
        })
    }
}

/// The vector of a memory in an item, if it has one of this space.
pub(super) fn vector(item: &Item, space: &Arc<str>) -> Option<Vector> {
    let fields = Fields::new(item, "vector");
    (fields.optional_text(SPACE)? == &**space).then_some(())?;
    quantized::decode(space, fields.optional_bytes(VECTOR)?)
}
