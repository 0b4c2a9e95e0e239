//! ElevenLabs' agents API: what an agent is called and how it opens a call.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use crate::call::AgentId;
use crate::http_client::{CallError, send};
use crate::memory::AgentProfile;
use crate::secrets::Secrets;

/// How long ElevenLabs may take. Nobody waits for it but the extraction of a call.
const LIMIT: Duration = Duration::from_secs(10);

/// `GET {ELEVENLABS_API_URL}/convai/agents/{id}`, with the key in `xi-api-key`.
#[derive(Debug, Clone)]
pub struct AgentsApi {
    http: reqwest::Client,
    base: Url,
    secrets: Secrets,
}

/// Why an agent's profile could not be had.
#[derive(Debug, thiserror::Error)]
pub enum AgentsApiError {
    /// No `ELEVENLABS_API_KEY` is configured. The product works without: greetings then fall back to templates.
    #[error("no ELEVENLABS_API_KEY is configured")]
    NoKey,
    /// The key belongs to another workspace, or the agent is gone.
    #[error("ElevenLabs does not know this agent under this key")]
    NotFound,
    /// ElevenLabs refused or could not be reached.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl AgentsApi {
    /// A client of the API at `base`, such as `https://api.elevenlabs.io/v1`.
    #[must_use]
    pub fn new(http: reqwest::Client, base: Url, secrets: Secrets) -> Self {
        Self { http, base, secrets }
    }

    /// What is worth keeping of an agent. `refresh_after` is left to the caller.
    ///
    /// # Errors
    /// [`AgentsApiError`]; none of them should stop a call or an extraction.
    pub async fn profile(&self, agent: &AgentId) -> Result<AgentProfile, AgentsApiError> {
        let secrets = self.secrets.current().await;
        let key = secrets.elevenlabs_api_key().ok_or(AgentsApiError::NoKey)?;
        let url = crate::http_client::join(&self.base, &["convai", "agents", agent.as_str()]);
        let answer = send(self.http.get(url).header("xi-api-key", key).timeout(LIMIT)).await?;
        if answer.status == http::StatusCode::NOT_FOUND {
            return Err(AgentsApiError::NotFound);
        }
        let agent: Agent = answer.success()?.json()?;
        Ok(agent.into())
    }
}

#[derive(Deserialize)]
struct Agent {
    name: Option<String>,
    #[serde(default)]
    conversation_config: ConversationConfig,
}

#[derive(Default, Deserialize)]
struct ConversationConfig {
    #[serde(default)]
    agent: AgentConfig,
}

#[derive(Default, Deserialize)]
struct AgentConfig {
    first_message: Option<String>,
    language: Option<String>,
}

impl From<Agent> for AgentProfile {
    fn from(agent: Agent) -> Self {
        let config = agent.conversation_config.agent;
        let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Self {
            name: filled(agent.name),
            first_message: filled(config.first_message),
            language: filled(config.language),
            refresh_after: None,
        }
    }
}
