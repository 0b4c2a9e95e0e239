//! What the store is asked, and what it answers, in any dialect.

use std::fmt;

use jiff::Timestamp;

use crate::call::{AgentId, CallerId, Channel, ConversationId};
use crate::memory::{Importance, MemoryId};

/// A question to the store.
#[derive(Clone)]
pub struct Search<'a> {
    /// Whose memories.
    pub caller: &'a CallerId,
    /// Told to which agent; `None` for all.
    pub agent: Option<&'a AgentId>,
    /// What is asked; an empty question lists by importance.
    pub query: &'a str,
    /// Nothing less important.
    pub min_importance: Importance,
    /// At most so many, best first; 100 at most.
    pub limit: usize,
    /// Whether memories that were replaced are found too, where the question asks for what was
    /// before.
    pub include_superseded: bool,
    /// Whether memories that say the same in the same words, each told to another agent, are found
    /// once.
    pub distinct: bool,
}

/// A page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many to pass over.
    pub offset: usize,
    /// At most so many; 1000 at most.
    pub limit: usize,
}

/// Where and when memories were said.
pub struct Provenance<'a> {
    /// To whom.
    pub agent: &'a AgentId,
    /// By whom.
    pub caller: &'a CallerId,
    /// In which conversation.
    pub conversation: &'a ConversationId,
    /// When it began.
    pub at: Timestamp,
    /// Over which channel, where it is known.
    pub channel: Option<Channel>,
    /// The version of what extracted them.
    pub extractor: &'a str,
}

/// What became of one memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreOutcome {
    /// It is new.
    Stored(MemoryId),
    /// An earlier one says the same and grew stronger.
    Reinforced(MemoryId),
}

impl StoreOutcome {
    /// The memory that now says it.
    #[must_use]
    pub fn id(&self) -> &MemoryId {
        match self {
            Self::Stored(id) | Self::Reinforced(id) => id,
        }
    }
}

/// What forgetting a caller removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ForgetSummary {
    /// Memories, those that later ones took the place of included.
    pub memories: u64,
    /// Caller cards.
    pub cards: u64,
}

/// What an import brought in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// Memories that are new to the store.
    pub memories: u64,
    /// Memories that it had already.
    pub memories_skipped: u64,
    /// Caller cards and agents' profiles that are new to the store.
    pub profiles: u64,
    /// Those that it had already.
    pub profiles_skipped: u64,
}

/// The dialect that a store speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The documented contract.
    V1,
    /// The public OpenMemory's.
    Cavira,
}

impl Dialect {
    /// The word for it in `OPENMEMORY_DIALECT`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::Cavira => "cavira",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreHealth {
    /// How it is spoken to.
    pub dialect: Dialect,
    /// Its version, as it says.
    pub version: Option<String>,
    /// What its own database says of itself.
    pub database: Option<String>,
    /// What it can do beyond the documented contract.
    pub extensions: Vec<String>,
}
