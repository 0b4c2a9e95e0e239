//! The JSON responses about memories.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::ApiError;
use crate::memory::{Action, MemoryId, Outcome, Receipt, SimilarMemory};
use crate::ranking::{ScoreParts, SearchHit};

/// The result for one memory of a request.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum ItemView {
    Accepted(Box<AcceptedView>),
    Rejected { status: &'static str, error: Value },
}

#[derive(Serialize)]
pub(super) struct AcceptedView {
    status: &'static str,
    memory_id: String,
    action: Action,
    created_at: Timestamp,
    deduplication: DeduplicationView,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evicted: Vec<String>,
}

#[derive(Serialize)]
struct DeduplicationView {
    is_duplicate: bool,
    similar_memories: Vec<SimilarView>,
}

#[derive(Serialize)]
struct SimilarView {
    memory_id: String,
    similarity: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    reinforcement_count: u32,
}

/// A memory in a list or in search results.
#[derive(Serialize)]
pub(super) struct MemoryView {
    memory_id: String,
    content: String,
    relevance_score: f64,
    importance: u8,
    metadata: Map<String, Value>,
    created_at: Timestamp,
    /// When it was last reinforced.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// When another memory replaced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    superseded_at: Option<Timestamp>,
    /// What its ranking score consists of.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<ScoreView>,
}

/// A ranking score. It compares the memories of one search and has no absolute scale.
#[derive(Serialize)]
struct ScoreView {
    total: f64,
    #[serde(flatten)]
    parts: ScoreParts,
}

/// The error for a memory id that does not exist or belongs to another caller.
pub(super) fn no_such_memory(id: &MemoryId) -> ApiError {
    ApiError::NotFound {
        message: "Memory not found",
        details: json!({ "memory_id": id.as_str() }),
    }
}

/// Parses the memory id of a path. A text that cannot be an id names no memory.
pub(super) fn parse_memory_id(text: &str) -> Result<MemoryId, ApiError> {
    MemoryId::parse(text).map_err(|_| ApiError::NotFound {
        message: "Memory not found",
        details: json!({ "memory_id": text }),
    })
}

impl ItemView {
    pub(super) fn new(outcome: &Outcome, contents: &HashMap<MemoryId, String>) -> Self {
        match outcome {
            Outcome::Accepted(receipt) => Self::accepted(receipt, contents),
            Outcome::NoSuchMemory(id) => Self::rejected(&no_such_memory(id)),
            Outcome::KeyReused => Self::rejected(&ApiError::KeyReused),
        }
    }

    fn rejected(failure: &ApiError) -> Self {
        Self::Rejected {
            status: "error",
            error: failure.body(),
        }
    }

    pub(super) fn accepted(receipt: &Receipt, contents: &HashMap<MemoryId, String>) -> Self {
        let similar = |similar: &SimilarMemory| SimilarView {
            memory_id: similar.memory_id.as_str().to_owned(),
            similarity: similar.similarity,
            content: contents.get(&similar.memory_id).cloned(),
            reinforcement_count: similar.reinforcement_count,
        };
        Self::Accepted(Box::new(AcceptedView {
            status: "success",
            memory_id: receipt.memory_id.as_str().to_owned(),
            action: receipt.action,
            created_at: receipt.created_at,
            deduplication: DeduplicationView {
                is_duplicate: receipt.action == Action::Reinforced,
                similar_memories: receipt.similar.iter().map(similar).collect(),
            },
            evicted: receipt
                .evicted
                .iter()
                .map(|id| id.as_str().to_owned())
                .collect(),
        }))
    }
}

impl MemoryView {
    /// Adds what the ranking score consists of.
    pub(super) fn with_score(self, parts: Option<ScoreParts>) -> Self {
        let score = parts.map(|parts| ScoreView {
            total: parts.total(),
            parts,
        });
        Self { score, ..self }
    }
}

impl From<SearchHit> for MemoryView {
    fn from(hit: SearchHit) -> Self {
        let memory = hit.memory;
        let mut metadata = memory.metadata;
        metadata.insert("agent_id".to_owned(), memory.agent_id.as_str().into());
        metadata.insert("caller_id".to_owned(), memory.caller_id.as_str().into());
        if let Some(told_as) = memory.told_as {
            metadata.insert("told_as".to_owned(), told_as.as_str().into());
        }
        metadata.insert(
            "reinforcement_count".to_owned(),
            memory.reinforcement_count.into(),
        );
        Self {
            memory_id: memory.id.as_str().to_owned(),
            content: memory.content,
            relevance_score: hit.relevance,
            importance: memory.importance,
            metadata,
            created_at: memory.created_at,
            updated_at: (memory.updated_at != memory.created_at).then_some(memory.updated_at),
            expires_at: memory.expires_at,
            superseded_at: memory.superseded.map(|superseded| superseded.at),
            score: None,
        }
    }
}
