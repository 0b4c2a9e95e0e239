//! What a conversation changes in what is remembered.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Category, Importance, MemoryId};

/// What a memory rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Words of the caller.
    Transcript,
    /// What ElevenLabs worked out after the call.
    Analysis,
}

/// How a memory of this conversation stands to what was remembered before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Said for the first time.
    New,
    /// Said again: the earlier memory grows stronger.
    Repeats(MemoryId),
    /// No longer true: the earlier memory is retired and points to this one.
    Supersedes(MemoryId),
}

impl Change {
    /// The memory that this one takes the place of.
    #[must_use]
    pub fn superseded(&self) -> Option<&MemoryId> {
        match self {
            Self::Supersedes(earlier) => Some(earlier),
            Self::New | Self::Repeats(_) => None,
        }
    }
}

/// A memory that a conversation gave, not yet in the store. Serialised into the extraction record.
///
/// Personal: `Debug` does not show its words.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct NewMemory {
    /// One atomic statement about the caller in the third person, at most
    /// [`super::MAX_CONTENT_CHARS`] characters.
    pub content: String,
    /// The kind.
    pub category: Category,
    /// 1 to 10.
    pub importance: Importance,
    /// Names, orders, places in it.
    #[serde(default)]
    pub entities: Vec<String>,
    /// Other words someone would ask with.
    #[serde(default)]
    pub search_hints: Vec<String>,
    /// The 0-based turn of the transcript it rests on; `None` for [`Source::Analysis`].
    #[serde(default)]
    pub turn: Option<usize>,
    /// The caller's words in that turn.
    #[serde(default)]
    pub quote: Option<String>,
    /// When it was said, where that is known; else the start of the call counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_at: Option<Timestamp>,
    /// What it rests on.
    pub source: Source,
    /// How it stands to what was known.
    pub change: Change,
    /// The same for the same conversation and content: stored twice, remembered once.
    pub idempotency_key: String,
}

impl fmt::Debug for NewMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewMemory")
            .field("category", &self.category)
            .field("turn", &self.turn)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
