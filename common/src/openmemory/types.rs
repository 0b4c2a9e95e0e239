//! Parameters and results of the memory store's operations, for all dialects.

use std::fmt;

use jiff::Timestamp;

use crate::call::{AgentId, CallerId, Channel, ConversationId};
use crate::memory::{Importance, MemoryId};

/// The parameters of a search.
#[derive(Clone)]
pub struct Search<'a> {
    /// The caller whose memories are searched.
    pub caller: &'a CallerId,
    /// Only memories with this agent. `None` searches the memories with all agents.
    pub agent: Option<&'a AgentId>,
    /// The query text. An empty one lists memories by importance.
    pub query: &'a str,
    /// Only memories of at least this importance.
    pub min_importance: Importance,
    /// Maximum number of results, at most 100.
    pub limit: usize,
    /// Whether superseded memories may be found too, if the query asks for the past.
    pub include_superseded: bool,
    /// Whether memories with the same words, each with another agent, are returned only once.
    pub distinct: bool,
}

/// A page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Number of entries to skip.
    pub offset: usize,
    /// Maximum number of entries, at most 1000.
    pub limit: usize,
}

/// Where a batch of memories comes from.
pub struct Provenance<'a> {
    /// The agent of the call.
    pub agent: &'a AgentId,
    /// The caller.
    pub caller: &'a CallerId,
    /// The conversation. `None` for what an operator adds.
    pub conversation: Option<&'a ConversationId>,
    /// When the conversation began, or the operator wrote.
    pub at: Timestamp,
    /// The channel, if known.
    pub channel: Option<Channel>,
    /// The version of the extractor, or who wrote the memories instead.
    pub extractor: &'a str,
}

/// The result of storing one memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreOutcome {
    /// It was stored as a new memory.
    Stored(MemoryId),
    /// It duplicates an earlier memory, which was reinforced.
    Reinforced(MemoryId),
}

impl StoreOutcome {
    /// Returns the id of the new or reinforced memory.
    #[must_use]
    pub fn id(&self) -> &MemoryId {
        match self {
            Self::Stored(id) | Self::Reinforced(id) => id,
        }
    }
}

/// What was deleted when a caller was forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ForgetSummary {
    /// Number of memories, including superseded ones.
    pub memories: u64,
    /// Number of caller cards.
    pub cards: u64,
}

/// What an import added and skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// Number of memories that were added.
    pub memories: u64,
    /// Number of memories that already existed.
    pub memories_skipped: u64,
    /// Number of caller cards and agent profiles that were added.
    pub profiles: u64,
    /// Number of caller cards and agent profiles that already existed.
    pub profiles_skipped: u64,
}

/// The API that a memory store speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The documented contract, `/api/v1`.
    V1,
    /// The API of the public OpenMemory (CaviraOSS).
    Cavira,
}

impl Dialect {
    /// Returns the name used in `OPENMEMORY_DIALECT`.
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

/// The health of a memory store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreHealth {
    /// The dialect that the store speaks.
    pub dialect: Dialect,
    /// The version that the store reports.
    pub version: Option<String>,
    /// The state of its database, as the store reports it.
    pub database: Option<String>,
    /// The state of its embedding model, if it reports one.
    pub embeddings: Option<String>,
    /// The extensions of the documented contract that the store supports.
    pub extensions: Vec<String>,
}
