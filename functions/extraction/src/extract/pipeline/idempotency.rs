//! Idempotency keys of memories.

use common::call::{AgentId, ConversationId};
use sha2::{Digest, Sha256};

/// Memory stores remember idempotency keys longer than memories, so each redo uses keys of its own.
pub(crate) fn idempotency_key(
    conversation: &ConversationId,
    redo: Option<u64>,
    content: &str,
) -> String {
    idempotency_key_of(conversation, None, redo, content)
}

/// Each agent that a call was transferred to has keys of its own.
pub(crate) fn idempotency_key_of(
    conversation: &ConversationId,
    agent: Option<&AgentId>,
    redo: Option<u64>,
    content: &str,
) -> String {
    let mut hash = Sha256::new();
    hash.update(conversation.as_str());
    hash.update(agent.map(|agent| format!(" {agent}")).unwrap_or_default());
    hash.update(
        redo.map(|version| format!(" {version}"))
            .unwrap_or_default(),
    );
    hash.update(b"\n");
    hash.update(content);
    hex::encode(&hash.finalize()[..16])
}
