//! The changes that a conversation makes to a caller's memories.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Category, Importance, MemoryId};

/// The source of a memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The caller's own words.
    Transcript,
    /// ElevenLabs' analysis after the call.
    Analysis,
    /// An operator.
    Operator,
}

/// How a new memory relates to earlier memories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The caller said it for the first time.
    New,
    /// The caller said it again. The earlier memory is reinforced.
    Repeats(MemoryId),
    /// It contradicts the earlier memory, which is superseded and then points to this one.
    Supersedes(MemoryId),
}

impl Change {
    /// Returns the memory that this one supersedes, if any.
    #[must_use]
    pub fn superseded(&self) -> Option<&MemoryId> {
        match self {
            Self::Supersedes(earlier) => Some(earlier),
            Self::New | Self::Repeats(_) => None,
        }
    }
}

/// A memory that was extracted from a conversation but is not stored yet. It is serialized into
/// the extraction record.
///
/// Contains personal data, so `Debug` does not show the text.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct NewMemory {
    /// One atomic statement about the caller in the third person, at most
    /// [`super::MAX_CONTENT_CHARS`] characters.
    pub content: String,
    /// The category.
    pub category: Category,
    /// The importance, from 1 to 10.
    pub importance: Importance,
    /// Names, orders and places that it mentions.
    #[serde(default)]
    pub entities: Vec<String>,
    /// Other words that someone may search with.
    #[serde(default)]
    pub search_hints: Vec<String>,
    /// The 0-based index of the turn that supports it. Only for [`Source::Transcript`].
    #[serde(default)]
    pub turn: Option<usize>,
    /// The caller's words in that turn.
    #[serde(default)]
    pub quote: Option<String>,
    /// When it was said. If `None`, the start of the call counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_at: Option<Timestamp>,
    /// The name of the person who said it, if they gave it in that call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// How it relates to earlier memories.
    pub change: Change,
    /// Equal for equal conversation and content, so that a repeated delivery is stored once.
    pub idempotency_key: String,
}

impl NewMemory {
    /// Returns who corrected the memory that this one supersedes, unless the caller did.
    #[must_use]
    pub fn corrected_by(&self) -> Option<Source> {
        let is_correction = self.source == Source::Operator && self.change.superseded().is_some();
        is_correction.then_some(Source::Operator)
    }
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
