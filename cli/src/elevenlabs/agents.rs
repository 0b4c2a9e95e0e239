//! Agents and their settings.

use common::call::AgentId;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{ElevenLabs, ElevenLabsError, entry};

/// An agent as ElevenLabs keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Agent(pub(crate) Value);

impl Agent {
    pub(crate) fn id(&self) -> &str {
        self.text("/agent_id")
    }

    pub(crate) fn name(&self) -> &str {
        self.text("/name")
    }

    /// Both, for a person.
    pub(crate) fn told(&self) -> String {
        match self.name() {
            "" => format!("agent {}", self.id()),
            name => format!("agent {name} ({})", self.id()),
        }
    }

    /// What it says first; empty when it waits for the caller.
    pub(crate) fn first_message(&self) -> &str {
        self.text("/conversation_config/agent/first_message")
    }

    /// The tools it may use, by id.
    pub(crate) fn tool_ids(&self) -> Vec<&str> {
        let ids = self.at("/conversation_config/agent/prompt/tool_ids").and_then(Value::as_array);
        ids.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The stand-in for a variable that a session does not bring.
    pub(crate) fn placeholder(&self, variable: &str) -> Option<&Value> {
        self.at("/conversation_config/agent/dynamic_variables/dynamic_variable_placeholders")?.get(variable)
    }

    pub(crate) fn at(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer).filter(|value| !value.is_null())
    }

    fn text(&self, pointer: &str) -> &str {
        self.at(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

impl ElevenLabs {
    /// The ids of the workspace's agents that are in use, as ElevenLabs lists them.
    pub(crate) async fn agents(&self) -> Result<Vec<AgentId>, ElevenLabsError> {
        let query = [("archived", "false")];
        let found = self.list(&["convai", "agents"], &query, "agents", "the workspace's agents").await?;
        let listed: Vec<Listed> = found.into_iter().map(entry).collect::<Result<_, _>>()?;
        Ok(listed.into_iter().filter(|agent| !agent.archived).map(|agent| agent.agent_id).collect())
    }

    pub(crate) async fn agent(&self, id: &str) -> Result<Agent, ElevenLabsError> {
        self.get(&["convai", "agents", id], &[], &format!("the agent {id}")).await.map(Agent)
    }

    /// Changes what stands in `patch`; lists in it replace those of the agent.
    pub(crate) async fn change_agent(&self, id: &str, patch: &Value) -> Result<(), ElevenLabsError> {
        self.call(Method::PATCH, &["convai", "agents", id], Some(patch), &format!("the agent {id}")).await?;
        Ok(())
    }
}

/// An agent in a list.
#[derive(Deserialize)]
struct Listed {
    agent_id: AgentId,
    #[serde(default)]
    archived: bool,
}
