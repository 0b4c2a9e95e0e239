//! The outcome of a search: what the store returned, reduced to the scope's memories.

use common::call::AgentId;
use common::memory::{CallerCard, Memory, keep_distinct};

use crate::scope::Scope;

/// What the store returned for a search.
#[derive(Default)]
pub(crate) struct SearchOutcome {
    /// The memories, best first; `None` if the store failed.
    pub(crate) memories: Option<Vec<Memory>>,
    /// The agent whose memories they are, `all`, or empty if nothing was searched.
    pub(crate) searched_agents: String,
    /// The caller card, if there is one and the store returned it.
    pub(crate) card: Option<CallerCard>,
}

impl SearchOutcome {
    /// The outcome if nothing was searched.
    pub(crate) fn empty() -> Self {
        Self {
            memories: Some(Vec::new()),
            ..Self::default()
        }
    }

    /// The outcome of a search within this scope. In [`Scope::ThisAgentFirst`], only this agent's
    /// memories are kept if one of them reaches the threshold.
    pub(crate) fn within(scope: &Scope, memories: Option<Vec<Memory>>, threshold: f64) -> Self {
        let (memories, searched_agents) = match (scope, memories) {
            (Scope::ThisAgentFirst(agent), Some(memories)) => {
                prefer_own(agent, memories, threshold)
            }
            (scope, memories) => (memories, scope.searched_agents()),
        };
        Self {
            memories,
            searched_agents,
            card: None,
        }
    }

    /// Adds the caller card.
    pub(crate) fn with_card(self, card: Option<CallerCard>) -> Self {
        Self { card, ..self }
    }
}

/// Keeps only the agent's own memories if one of them reaches the threshold, otherwise all.
fn prefer_own(
    agent: &AgentId,
    memories: Vec<Memory>,
    threshold: f64,
) -> (Option<Vec<Memory>>, String) {
    let is_own = |memory: &Memory| memory.agent_id.as_ref() == Some(agent);
    let is_answered = memories
        .iter()
        .any(|memory| is_own(memory) && memory.relevance >= threshold);
    let (mut memories, searched_agents) = if is_answered {
        (
            memories.into_iter().filter(is_own).collect(),
            agent.to_string(),
        )
    } else {
        (memories, "all".to_owned())
    };
    keep_distinct(&mut memories, crate::MAX_RESULTS);
    (Some(memories), searched_agents)
}

#[cfg(test)]
mod tests {
    use common::memory::{Importance, MemoryId};

    use super::*;

    fn memory(agent: &AgentId, relevance: f64) -> Memory {
        Memory {
            id: MemoryId(String::new()),
            content: format!("Fact {relevance} of {agent}"),
            relevance,
            importance: Importance::MIDDLE,
            category: None,
            search_hints: Vec::new(),
            timestamp: None,
            conversation_id: None,
            agent_id: Some(agent.clone()),
            channel: None,
            reinforcement_count: 1,
            is_pinned: false,
            speaker: None,
            superseded_at: None,
        }
    }

    #[test]
    fn memories_of_all_agents_are_used_if_this_agents_do_not_answer() {
        let own = AgentId::parse("agent_1").unwrap();
        let other = AgentId::parse("agent_2").unwrap();
        let scope = Scope::ThisAgentFirst(own.clone());
        let searched_agents =
            |memories| SearchOutcome::within(&scope, Some(memories), 0.7).searched_agents;
        assert_eq!(
            searched_agents(vec![memory(&own, 0.9), memory(&other, 0.9)]),
            "agent_1"
        );
        assert_eq!(
            searched_agents(vec![memory(&own, 0.5), memory(&other, 0.9)]),
            "all"
        );
        assert_eq!(searched_agents(vec![memory(&other, 0.9)]), "all");
        assert_eq!(searched_agents(vec![]), "all");
        let outcome = SearchOutcome::within(
            &scope,
            Some(vec![memory(&other, 0.9), memory(&own, 0.8)]),
            0.7,
        );
        assert_eq!(
            outcome.memories.unwrap().len(),
            1,
            "the other agent's memory is left out"
        );
        assert!(SearchOutcome::within(&scope, None, 0.7).memories.is_none());
    }
}
