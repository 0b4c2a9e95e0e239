//! Agents and their settings.

use common::call::AgentId;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::client::{ElevenLabs, entry};
use super::error::ElevenLabsError;
use common::http_client::{self, CallError};

/// Pointer to the placeholders of an agent's dynamic variables.
pub(crate) const PLACEHOLDERS: &str =
    "/conversation_config/agent/dynamic_variables/dynamic_variable_placeholders";

/// An agent on one of its branches, as ElevenLabs keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub(crate) settings: Value,
    /// `None` for the main branch.
    pub(crate) branch: Option<Branch>,
}

/// A branch of an agent that takes a share of its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branch {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Agent {
    pub(crate) fn id(&self) -> &str {
        self.text("/agent_id")
    }

    pub(crate) fn name(&self) -> &str {
        self.text("/name")
    }

    /// Describes the agent by name, id and branch.
    pub(crate) fn describe(&self) -> String {
        let agent = match self.name() {
            "" => format!("agent {}", self.id()),
            name => format!("agent {name} ({})", self.id()),
        };
        match &self.branch {
            None => agent,
            Some(branch) => format!("{agent}, branch {}", branch.name),
        }
    }

    /// Returns the first message; empty if the agent waits for the caller.
    pub(crate) fn first_message(&self) -> &str {
        self.text("/conversation_config/agent/first_message")
    }

    /// Returns the ids of the agent's tools.
    pub(crate) fn tool_ids(&self) -> Vec<&str> {
        let ids = self
            .setting("/conversation_config/agent/prompt/tool_ids")
            .and_then(Value::as_array);
        ids.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// Returns the placeholder of a variable, which is used when a session does not set it.
    pub(crate) fn placeholder(&self, variable: &str) -> Option<&Value> {
        self.setting(PLACEHOLDERS)?
            .get(variable)
            .filter(|value| !value.is_null())
    }

    /// Returns the setting at this pointer, unless it is null.
    pub(crate) fn setting(&self, pointer: &str) -> Option<&Value> {
        self.settings
            .pointer(pointer)
            .filter(|value| !value.is_null())
    }

    fn text(&self, pointer: &str) -> &str {
        self.setting(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

impl ElevenLabs {
    /// Lists the ids of the workspace's agents that are not archived.
    pub(crate) async fn agents(&self) -> Result<Vec<AgentId>, ElevenLabsError> {
        let query = [("archived", "false")];
        let entries = self
            .list(
                &["convai", "agents"],
                &query,
                "agents",
                "the workspace's agents",
            )
            .await?;
        let listed: Vec<ListedAgent> = entries.into_iter().map(entry).collect::<Result<_, _>>()?;
        Ok(listed
            .into_iter()
            .filter(|agent| agent.archived != Some(true))
            .map(|agent| agent.agent_id)
            .collect())
    }

    /// Reads the agent on its main branch and on every other branch that takes calls.
    pub(crate) async fn agent_on_branches(&self, id: &str) -> Result<Vec<Agent>, ElevenLabsError> {
        let mut agents = vec![self.agent(id, None).await?];
        for branch in self.live_branches(id).await? {
            let main_pointers = ["/branch_id", "/main_branch_id"];
            if main_pointers
                .iter()
                .any(|pointer| agents[0].text(pointer) == branch.id)
            {
                continue;
            }
            agents.push(self.agent(id, Some(&branch)).await?);
        }
        Ok(agents)
    }

    /// Reads the agent on this branch, or on the main branch if there is none.
    pub(crate) async fn agent(
        &self,
        id: &str,
        branch: Option<&Branch>,
    ) -> Result<Agent, ElevenLabsError> {
        let query: Vec<(&str, &str)> = branch
            .map(|branch| ("branch_id", branch.id.as_str()))
            .into_iter()
            .collect();
        let settings = self
            .get(
                &["convai", "agents", id],
                &query,
                &format!("the agent {id}"),
            )
            .await?;
        Ok(Agent {
            settings,
            branch: branch.cloned(),
        })
    }

    /// Lists the branches that take calls. An API version without branches answers 404.
    async fn live_branches(&self, id: &str) -> Result<Vec<Branch>, ElevenLabsError> {
        let what = format!("the branches of the agent {id}");
        let mut response = match self
            .get(&["convai", "agents", id, "branches"], &[], &what)
            .await
        {
            Err(ElevenLabsError::NotFound(_)) => return Ok(Vec::new()),
            response => response?,
        };
        let Value::Array(list) = response["results"].take() else {
            return Err(CallError::Unreadable.into());
        };
        let listed: Vec<ListedBranch> = list.into_iter().map(entry).collect::<Result<_, _>>()?;
        let live = listed.into_iter().filter(|branch| {
            branch
                .current_live_percentage
                .is_some_and(|share| share > 0.0)
        });
        Ok(live
            .map(|branch| Branch {
                name: branch.name.unwrap_or_else(|| branch.id.clone()),
                id: branch.id,
            })
            .collect())
    }

    /// Applies `patch` to an agent. Lists in it replace those of the agent.
    pub(crate) async fn update_agent(
        &self,
        id: &str,
        branch: Option<&Branch>,
        patch: &Value,
    ) -> Result<(), ElevenLabsError> {
        let mut url = http_client::join(self.base(), &["convai", "agents", id]);
        if let Some(branch) = branch {
            url.query_pairs_mut().append_pair("branch_id", &branch.id);
        }
        self.send(Method::PATCH, url, Some(patch), &format!("the agent {id}"))
            .await?;
        Ok(())
    }
}

/// A branch as the API lists it.
#[derive(Deserialize)]
struct ListedBranch {
    id: String,
    name: Option<String>,
    current_live_percentage: Option<f64>,
}

/// An agent as the API lists it.
#[derive(Deserialize)]
struct ListedAgent {
    agent_id: AgentId,
    archived: Option<bool>,
}
