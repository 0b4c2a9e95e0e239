//! Entries of an export.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use text::without_controls;

use crate::limits::{MAX_CONTENT_CHARS, MAX_KEY_CHARS, MAX_LINKED_BY_CHARS};
use crate::memory::{
    AgentId, CallerId, IdempotencyKey, InvalidId, Link, Memory, MemoryId, Profile, SavedReceipt,
    Superseded, clean,
};
use crate::storage::ReceiptBody;

/// Why an entry is rejected. The message names the field and never shows its value.
#[derive(Debug, thiserror::Error)]
#[error("{field} {reason}")]
pub(crate) struct InvalidEntry {
    pub(crate) field: &'static str,
    pub(crate) reason: String,
}

/// A memory in an export.
#[derive(Serialize, Deserialize)]
pub(crate) struct MemoryEntry {
    memory_id: String,
    agent_id: String,
    caller_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told_as: Option<String>,
    content: String,
    #[serde(default)]
    metadata: Map<String, Value>,
    importance: u8,
    reinforcement_count: u32,
    created_at: Timestamp,
    updated_at: Timestamp,
    happened_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    superseded_by: Option<String>,
    superseded_at: Option<Timestamp>,
}

/// A profile in an export.
#[derive(Serialize, Deserialize)]
pub(crate) struct ProfileEntry {
    agent_id: String,
    caller_id: String,
    profile_data: Map<String, Value>,
    created_at: Timestamp,
    updated_at: Timestamp,
    expires_at: Timestamp,
}

/// An idempotency key in an export.
#[derive(Serialize, Deserialize)]
pub(crate) struct ReceiptEntry {
    caller_id: String,
    key: String,
    position: i64,
    receipt: ReceiptBody,
}

/// A link in an export.
#[derive(Serialize, Deserialize)]
pub(crate) struct LinkEntry {
    caller_id: String,
    main_id: String,
    linked_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    linked_by: Option<String>,
}

impl From<&Memory> for MemoryEntry {
    fn from(memory: &Memory) -> Self {
        let superseded = memory.superseded.as_ref();
        Self {
            memory_id: memory.id.as_str().to_owned(),
            agent_id: memory.agent_id.as_str().to_owned(),
            caller_id: memory.caller_id.as_str().to_owned(),
            told_as: memory.told_as.as_ref().map(|id| id.as_str().to_owned()),
            content: memory.content.clone(),
            metadata: memory.metadata.clone(),
            importance: memory.importance,
            reinforcement_count: memory.reinforcement_count,
            created_at: memory.created_at,
            updated_at: memory.updated_at,
            happened_at: memory.happened_at,
            expires_at: memory.expires_at,
            superseded_by: superseded.map(|link| link.by.as_str().to_owned()),
            superseded_at: superseded.map(|link| link.at),
        }
    }
}

impl TryFrom<MemoryEntry> for Memory {
    type Error = InvalidEntry;

    fn try_from(entry: MemoryEntry) -> Result<Self, InvalidEntry> {
        require(
            (1..=10).contains(&entry.importance),
            "importance",
            "must be 1 to 10",
        )?;
        require(
            entry.reinforcement_count >= 1,
            "reinforcement_count",
            "must be at least 1",
        )?;
        let content = without_controls(&entry.content).into_owned();
        let length = content.chars().count();
        require(
            (1..=MAX_CONTENT_CHARS).contains(&length),
            "content",
            "must have 1 to 8000 characters",
        )?;
        Ok(Self {
            id: memory_id(&entry.memory_id)?,
            agent_id: agent_id(&entry.agent_id)?,
            caller_id: id("caller_id", CallerId::parse(&entry.caller_id))?,
            told_as: entry
                .told_as
                .map(|told_as| id("told_as", CallerId::parse(&told_as)))
                .transpose()?,
            content,
            metadata: clean(&entry.metadata),
            importance: entry.importance,
            reinforcement_count: entry.reinforcement_count,
            created_at: entry.created_at,
            updated_at: entry.updated_at,
            happened_at: entry.happened_at,
            expires_at: entry.expires_at,
            superseded: superseded(entry.superseded_by, entry.superseded_at)?,
        })
    }
}

impl From<&Profile> for ProfileEntry {
    fn from(profile: &Profile) -> Self {
        Self {
            agent_id: profile.agent_id.as_str().to_owned(),
            caller_id: profile.caller_id.as_str().to_owned(),
            profile_data: profile.data.clone(),
            created_at: profile.created_at,
            updated_at: profile.updated_at,
            expires_at: profile.expires_at,
        }
    }
}

impl TryFrom<ProfileEntry> for Profile {
    type Error = InvalidEntry;

    fn try_from(entry: ProfileEntry) -> Result<Self, InvalidEntry> {
        Ok(Self {
            agent_id: agent_id(&entry.agent_id)?,
            caller_id: id("caller_id", CallerId::parse_or_any(&entry.caller_id))?,
            data: clean(&entry.profile_data),
            created_at: entry.created_at,
            updated_at: entry.updated_at,
            expires_at: entry.expires_at,
        })
    }
}

impl From<&SavedReceipt> for ReceiptEntry {
    fn from(kept: &SavedReceipt) -> Self {
        Self {
            caller_id: kept.caller_id.as_str().to_owned(),
            key: kept.key.key.clone(),
            position: kept.key.position,
            receipt: ReceiptBody::from(kept),
        }
    }
}

impl TryFrom<ReceiptEntry> for SavedReceipt {
    type Error = InvalidEntry;

    fn try_from(entry: ReceiptEntry) -> Result<Self, InvalidEntry> {
        let length = entry.key.chars().count();
        require(
            (1..=MAX_KEY_CHARS).contains(&length),
            "key",
            "must have 1 to 256 characters",
        )?;
        require(
            !entry.key.chars().any(char::is_control),
            "key",
            "must be printable",
        )?;
        Ok(Self {
            caller_id: id("caller_id", CallerId::parse(&entry.caller_id))?,
            key: IdempotencyKey {
                key: entry.key,
                position: entry.position,
            },
            fingerprint: entry.receipt.fingerprint(),
            receipt: id("memory_id", entry.receipt.try_into())?,
        })
    }
}

impl From<&Link> for LinkEntry {
    fn from(link: &Link) -> Self {
        Self {
            caller_id: link.caller_id.as_str().to_owned(),
            main_id: link.main_id.as_str().to_owned(),
            linked_at: link.linked_at,
            linked_by: link.linked_by.clone(),
        }
    }
}

impl TryFrom<LinkEntry> for Link {
    type Error = InvalidEntry;

    fn try_from(entry: LinkEntry) -> Result<Self, InvalidEntry> {
        let is_other = entry.caller_id != entry.main_id;
        require(is_other, "main_id", "must be another id")?;
        let linked_by = entry.linked_by.as_deref();
        let length = linked_by.map_or(0, |text| text.chars().count());
        require(
            length <= MAX_LINKED_BY_CHARS,
            "linked_by",
            "must have at most 64 characters",
        )?;
        Ok(Self {
            caller_id: id("caller_id", CallerId::parse(&entry.caller_id))?,
            main_id: id("main_id", CallerId::parse(&entry.main_id))?,
            linked_at: entry.linked_at,
            linked_by: linked_by.map(|text| without_controls(text).into_owned()),
        })
    }
}

fn memory_id(text: &str) -> Result<MemoryId, InvalidEntry> {
    id("memory_id", MemoryId::parse(text))
}

fn agent_id(text: &str) -> Result<AgentId, InvalidEntry> {
    id("agent_id", AgentId::parse(text))
}

fn id<T>(field: &'static str, parsed: Result<T, InvalidId>) -> Result<T, InvalidEntry> {
    parsed.map_err(|error| InvalidEntry {
        field,
        reason: error.to_string(),
    })
}

fn superseded(
    by: Option<String>,
    at: Option<Timestamp>,
) -> Result<Option<Superseded>, InvalidEntry> {
    match (by, at) {
        (None, None) => Ok(None),
        (Some(by), Some(at)) => Ok(Some(Superseded {
            by: id("superseded_by", MemoryId::parse(&by))?,
            at,
        })),
        _ => Err(InvalidEntry {
            field: "superseded_by",
            reason: "must come with superseded_at".to_owned(),
        }),
    }
}

fn require(holds: bool, field: &'static str, reason: &str) -> Result<(), InvalidEntry> {
    if holds {
        Ok(())
    } else {
        Err(InvalidEntry {
            field,
            reason: reason.to_owned(),
        })
    }
}
