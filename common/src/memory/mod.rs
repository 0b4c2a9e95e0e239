//! What is remembered of a caller.

mod authority;
mod by_agent;
mod card;
mod change;
mod context;
mod importance;
mod name;
mod placeholder;
mod private_kind;
mod profanity;
mod retention;
mod welcome;
mod words;

pub use authority::{MAX_IMPORTANCE_OF_A_CLAIM, claims_authority, is_told_to};
pub use by_agent::ByAgent;
pub use card::{AgentProfile, CallerCard, MAX_OPEN_ISSUES, OpenIssues};
pub use change::{Change, NewMemory, Source};
pub use context::{
    CONTEXT_HEADING, MAX_LINES, ShareableMemory, fit_lines, memory_context, with_heading,
};
pub use importance::{Importance, ImportanceOutOfRange};
pub use name::spoken_name;
pub use placeholder::{
    is_nobody, is_placeholder, is_placeholder_for, is_redacted, is_without_value,
    without_redactions,
};
pub use private_kind::{InvalidKinds, PrivateKind, StoreSensitive};
pub use profanity::is_profane;
pub use retention::Retention;
pub use welcome::{speakable_name, welcome_back};
pub use words::{Words, keep_distinct};

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::{AgentId, Channel, ConversationId};

/// Longest content of a memory, in characters.
pub const MAX_CONTENT_CHARS: usize = 300;

/// The kind of thing a memory says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// A fact: a name, an order, an address.
    Factual,
    /// What the caller likes or wants done in a certain way.
    Preference,
    /// A problem, open or solved.
    Issue,
    /// How the caller felt.
    Emotional,
    /// Who the caller is to others: family, colleagues, neighbours.
    Relational,
}

impl Category {
    /// All categories, in the order in which they are named to a model.
    pub const ALL: [Self; 5] = [
        Self::Factual,
        Self::Preference,
        Self::Issue,
        Self::Emotional,
        Self::Relational,
    ];

    /// The lower-case name used on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Factual => "factual",
            Self::Preference => "preference",
            Self::Issue => "issue",
            Self::Emotional => "emotional",
            Self::Relational => "relational",
        }
    }
}

/// The id that the memory store gave a memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemoryId(pub String);

/// A memory as the store gives it back.
///
/// Personal: `Debug` does not show its content.
#[derive(Clone, PartialEq)]
pub struct Memory {
    /// The store's id.
    pub id: MemoryId,
    /// One atomic statement about the caller.
    pub content: String,
    /// How well it answers the question it was found by, 0 to 1; 1 for a memory that was listed,
    /// not searched.
    pub relevance: f64,
    /// 1 to 10.
    pub importance: Importance,
    /// The kind, where the store still knows it.
    pub category: Option<Category>,
    /// Other words to ask with; the first of a collected value is its label.
    pub search_hints: Vec<String>,
    /// When it was said, or failing that when it was stored.
    pub timestamp: Option<Timestamp>,
    /// The conversation in which it was said.
    pub conversation_id: Option<ConversationId>,
    /// The agent to whom it was said.
    pub agent_id: Option<AgentId>,
    /// The channel over which it was said.
    pub channel: Option<Channel>,
    /// How often it was said.
    pub reinforcement_count: u32,
    /// Whether agents are told it at the start of every call: `"pinned": true` in its metadata.
    pub is_pinned: bool,
    /// When another took its place; `None` while it holds.
    pub superseded_at: Option<Timestamp>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("id", &self.id)
            .field("relevance", &self.relevance)
            .finish_non_exhaustive()
    }
}
