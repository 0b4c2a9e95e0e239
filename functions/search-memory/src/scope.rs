//! Whose memories are searched: those told to this agent, or to any.

use common::call::AgentId;

use crate::Request;

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// What was told to this agent only.
    ThisAgent(AgentId),
    /// What was told to this agent, and where that does not answer the question, to any.
    ThisAgentFirst(AgentId),
    /// What was told to any agent.
    AllAgents,
    /// No agent asks, and agents may not share memories.
    Nowhere,
}

impl Scope {
    /// The agent whose memories are asked for; `None` asks for those of all.
    pub(crate) fn agent(&self) -> Option<&AgentId> {
        match self {
            Self::ThisAgent(agent) => Some(agent),
            Self::ThisAgentFirst(_) | Self::AllAgents | Self::Nowhere => None,
        }
    }

    /// Whose memories a search in this scope is said to look at.
    pub(crate) fn searched(&self) -> String {
        match self {
            Self::ThisAgent(agent) | Self::ThisAgentFirst(agent) => agent.to_string(),
            Self::AllAgents => "all".to_owned(),
            Self::Nowhere => String::new(),
        }
    }

    /// The scope that a request asks for, within what the operator allows.
    #[must_use]
    pub fn of(request: &Request, cross_agent: bool) -> Self {
        match (
            request.agent_id.clone(),
            request.search_all_agents,
            cross_agent,
        ) {
            (Some(agent), _, false) | (Some(agent), Some(false), true) => Self::ThisAgent(agent),
            (Some(agent), None, true) => Self::ThisAgentFirst(agent),
            (Some(_), Some(true), true) | (None, _, true) => Self::AllAgents,
            (None, _, false) => Self::Nowhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(agent: Option<&str>, all: Option<bool>, cross_agent: bool) -> Scope {
        let request =
            serde_json::json!({"query": "x", "agent_id": agent, "search_all_agents": all});
        Scope::of(&serde_json::from_value(request).unwrap(), cross_agent)
    }

    #[test]
    fn the_request_chooses_within_what_the_operator_allows() {
        let agent = || AgentId::parse("a").unwrap();
        assert_eq!(scope(Some("a"), None, true), Scope::ThisAgentFirst(agent()));
        assert_eq!(
            scope(Some("a"), Some(false), true),
            Scope::ThisAgent(agent())
        );
        assert_eq!(scope(Some("a"), Some(true), true), Scope::AllAgents);
        assert_eq!(scope(None, None, true), Scope::AllAgents);
        for all in [None, Some(true), Some(false)] {
            assert_eq!(scope(Some("a"), all, false), Scope::ThisAgent(agent()));
            assert_eq!(scope(None, all, false), Scope::Nowhere);
        }
    }
}
