//! Memories, caller cards and agent profiles: what is stored about a caller. All code here is pure.

mod agent_cache;
mod ask_name;
mod authority;
mod caller_names;
mod card;
mod change;
mod context;
mod distinct;
mod importance;
mod name;
mod name_parts;
mod name_value;
mod placeholder;
mod private_kind;
mod profanity;
mod retention;
mod speakable_name;
mod vocabulary;
mod welcome;

pub use agent_cache::AgentCache;
pub use ask_name::ask_who_is_speaking;
pub use authority::{MAX_CLAIM_IMPORTANCE, claims_authority, is_shareable_with};
pub use caller_names::{CallerName, MAX_CALLER_NAMES, may_be_one_person};
pub use card::{AgentProfile, CallerCard, MAX_OPEN_ISSUES, OpenIssues};
pub use change::{Change, NewMemory, Source};
pub use context::{
    CONTEXT_HEADING, MAX_LINES, SHARED_NUMBER_NOTICE, ShareableMemory, fit_lines, memory_context,
    with_heading,
};
pub use distinct::keep_distinct;
pub use importance::{Importance, ImportanceOutOfRange};
pub use name::spoken_name;
pub use name_value::names_no_person;
pub use placeholder::{
    is_bare_negation, is_placeholder, is_redacted, is_without_value, says_nothing,
    without_redactions,
};
pub use private_kind::{InvalidStoreSensitive, PrivateKind, StoreSensitive};
pub use profanity::is_profane;
pub use retention::Retention;
pub use speakable_name::speakable_name;
pub use welcome::welcome_back;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::{AgentId, Channel, ConversationId};

/// Maximum length of a memory's content, in characters.
pub const MAX_CONTENT_CHARS: usize = 300;

/// The category of a memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// A fact: a name, an order, an address.
    Factual,
    /// A preference: what the caller likes, or how they want something done.
    Preference,
    /// A problem, open or solved.
    Issue,
    /// How the caller felt.
    Emotional,
    /// The caller's relationships: family, colleagues, neighbors.
    Relational,
}

impl Category {
    /// All categories, in the order in which the prompt lists them.
    pub const ALL: [Self; 5] = [
        Self::Factual,
        Self::Preference,
        Self::Issue,
        Self::Emotional,
        Self::Relational,
    ];

    /// Returns the name used in JSON, in lower case.
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

/// The id that the memory store assigned to a memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemoryId(pub String);

/// A memory as the memory store returns it.
///
/// Contains personal data, so `Debug` does not show the content.
#[derive(Clone, PartialEq)]
pub struct Memory {
    /// The id in the memory store.
    pub id: MemoryId,
    /// One atomic statement about the caller.
    pub content: String,
    /// How well it answers the search query, from 0 to 1. Always 1 for a listed memory.
    pub relevance: f64,
    /// The importance, from 1 to 10.
    pub importance: Importance,
    /// The category, if the store returned a known one.
    pub category: Option<Category>,
    /// Other words that someone may search with. For a collected value, the first is its label.
    pub search_hints: Vec<String>,
    /// When it was said or, if that is not known, when it was stored.
    pub timestamp: Option<Timestamp>,
    /// The conversation in which it was said.
    pub conversation_id: Option<ConversationId>,
    /// The agent that the caller told it to.
    pub agent_id: Option<AgentId>,
    /// The channel of that conversation.
    pub channel: Option<Channel>,
    /// How often the caller said it.
    pub reinforcement_count: u32,
    /// Whether agents receive it at the start of every call (`"pinned": true` in its metadata).
    pub is_pinned: bool,
    /// The name of the person who said it, if they gave it in that call.
    pub speaker: Option<String>,
    /// When another memory superseded it. `None` for an active memory.
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
