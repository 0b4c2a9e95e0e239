//! What the store gave, and which agent's memories of it are the answer.

use common::call::AgentId;
use common::memory::{CallerCard, Memory, keep_distinct};

use crate::scope::Scope;

/// What the store gave.
#[derive(Default)]
pub(crate) struct Found {
    /// Best first; `None` when the store gave nothing because it failed.
    pub(crate) memories: Option<Vec<Memory>>,
    /// The agent whose memories they are, `all`, or empty where nothing was searched.
    pub(crate) searched: String,
    /// The caller card, where there is one and the store gave it.
    pub(crate) card: Option<CallerCard>,
}

impl Found {
    /// Nothing was looked for.
    pub(crate) fn nothing() -> Self {
        Self {
            memories: Some(Vec::new()),
            ..Self::default()
        }
    }

    /// What a search within this scope gave. Where this agent comes first, its memories are the
    /// answer as soon as one of them reaches the threshold.
    pub(crate) fn within(scope: &Scope, memories: Option<Vec<Memory>>, threshold: f64) -> Self {
        let (memories, searched) = match (scope, memories) {
            (Scope::ThisAgentFirst(agent), Some(memories)) => choose(agent, memories, threshold),
            (scope, memories) => (memories, scope.searched()),
        };
        Self {
            memories,
            searched,
            card: None,
        }
    }

    /// The same with the caller's card.
    pub(crate) fn with_card(self, card: Option<CallerCard>) -> Self {
        Self { card, ..self }
    }
}

fn choose(agent: &AgentId, memories: Vec<Memory>, threshold: f64) -> (Option<Vec<Memory>>, String) {
    let is_own = |memory: &Memory| memory.agent_id.as_ref() == Some(agent);
    let is_answered = memories
        .iter()
        .any(|memory| is_own(memory) && memory.relevance >= threshold);
    let (mut memories, searched) = if is_answered {
        (
            memories.into_iter().filter(is_own).collect(),
            agent.to_string(),
        )
    } else {
        (memories, "all".to_owned())
    };
    keep_distinct(&mut memories, crate::BEST);
    (Some(memories), searched)
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
            superseded_at: None,
        }
    }

    #[test]
    fn all_agents_are_heard_when_this_one_has_no_answer() {
        let (own, other) = (
            AgentId::parse("agent_1").unwrap(),
            AgentId::parse("agent_2").unwrap(),
        );
        let scope = Scope::ThisAgentFirst(own.clone());
        let searched = |memories| Found::within(&scope, Some(memories), 0.7).searched;
        assert_eq!(
            searched(vec![memory(&own, 0.9), memory(&other, 0.9)]),
            "agent_1"
        );
        assert_eq!(
            searched(vec![memory(&own, 0.5), memory(&other, 0.9)]),
            "all"
        );
        assert_eq!(searched(vec![memory(&other, 0.9)]), "all");
        assert_eq!(searched(vec![]), "all");
        let found = Found::within(
            &scope,
            Some(vec![memory(&other, 0.9), memory(&own, 0.8)]),
            0.7,
        );
        assert_eq!(
            found.memories.unwrap().len(),
            1,
            "what other agents were told is left out"
        );
        assert!(Found::within(&scope, None, 0.7).memories.is_none());
    }
}
