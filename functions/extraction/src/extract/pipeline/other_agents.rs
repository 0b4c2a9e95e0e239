//! What the other agents of a transferred call may know of it.

use common::call::AgentId;
use common::memory::{NewMemory, StoreSensitive, claims_authority};

use super::collected_labels;
use super::idempotency::idempotency_key_of;
use super::speakers::keep_apart;
use crate::PriorKnowledge;
use crate::extract::redaction::private::{self, PrivatePolicy};
use crate::record::{OtherAgent, Record};

/// Returns the memories of a call for another agent that the call was transferred to, matched
/// against what that agent knew. Private facts which only the agent of the call may store are left
/// out.
pub(crate) fn memories_for_agent(
    record: &Record,
    agent: &AgentId,
    known: &PriorKnowledge,
    redo: Option<u64>,
    rules: &StoreSensitive,
) -> OtherAgent {
    let policy = PrivatePolicy { rules, agent };
    let is_shareable = |memory: &&NewMemory| {
        !policy.forbids(&memory.content) && !claims_authority(&memory.content)
    };
    let memories = record.memories.iter().filter(is_shareable).map(|memory| {
        let mut shared = NewMemory {
            idempotency_key: idempotency_key_of(
                &record.conversation_id,
                Some(agent),
                redo,
                &memory.content,
            ),
            change: collected_labels::change(
                &memory.content,
                &memory.search_hints,
                &known.memories,
                agent,
            ),
            ..memory.clone()
        };
        keep_apart(&mut shared, &known.memories);
        shared
    });
    OtherAgent {
        agent_id: agent.clone(),
        memories: memories.collect(),
    }
}

/// Returns the record as another agent of a transferred call may see it: without private facts that
/// this agent may not store, and without claims of authority.
pub(crate) fn share_with_agent(agent: &AgentId, record: Record, rules: &StoreSensitive) -> Record {
    let policy = PrivatePolicy { rules, agent };
    let retold = |text: &str| {
        private::remove_clauses_in_sentences(text, |text| {
            policy.forbids(text) || claims_authority(text)
        })
    };
    let open_issues = record
        .open_issues
        .iter()
        .map(|issue| retold(issue))
        .filter(|issue| !issue.is_empty())
        .collect();
    Record {
        summary: retold(&record.summary),
        open_issues,
        ..record
    }
}
