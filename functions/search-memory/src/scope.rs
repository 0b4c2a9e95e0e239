//! The scope of a search: the memories of this agent, or of all agents.

use common::call::AgentId;

use crate::Request;

/// Which agents' memories are searched. A memory belongs to the agent of the call it was made in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Only this agent's memories.
    ThisAgent(AgentId),
    /// This agent's memories if one of them answers the query, otherwise those of all agents.
    ThisAgentFirst(AgentId),
    /// The memories of all agents.
    AllAgents,
    /// Nothing: the request names no agent, and agents may not share memories.
    Nowhere,
}

impl Scope {
    /// Returns the agent whose memories to request; `None` requests those of all agents.
    pub(crate) fn agent(&self) -> Option<&AgentId> {
        match self {
            Self::ThisAgent(agent) => Some(agent),
            Self::ThisAgentFirst(_) | Self::AllAgents | Self::Nowhere => None,
        }
    }

    /// Returns the `searched_agents` of the response.
    pub(crate) fn searched_agents(&self) -> String {
        match self {
            Self::ThisAgent(agent) | Self::ThisAgentFirst(agent) => agent.to_string(),
            Self::AllAgents => "all".to_owned(),
            Self::Nowhere => String::new(),
        }
    }

    /// Returns the scope that the request asks for, limited to what the operator allows.
    #[must_use]
    pub fn from_request(request: &Request, cross_agent: bool) -> Self {
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
        Scope::from_request(&serde_json::from_value(request).unwrap(), cross_agent)
    }

    #[test]
    fn the_request_cannot_widen_the_scope_that_the_operator_allows() {
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
