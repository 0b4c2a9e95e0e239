//! ElevenLabs' agents API. Fetches an agent's name and first message.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::api::{Api, ApiError};
use super::conversations::ConversationsApi;
use super::lenient;
use crate::call::AgentId;
use crate::http_client::CallError;
use crate::memory::AgentProfile;
use crate::secrets::Secrets;

/// Timeout of one request. Only an extraction waits for it, never a caller.
const TIMEOUT: Duration = Duration::from_secs(10);

/// `GET {ELEVENLABS_API_URL}/convai/agents/{id}`, with the key in `xi-api-key`.
#[derive(Debug, Clone)]
pub struct AgentsApi(Api);

/// Why an agent's profile could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum AgentsApiError {
    /// No `ELEVENLABS_API_KEY` is configured. The key is optional: without it, greetings use
    /// templates.
    #[error("no ELEVENLABS_API_KEY is configured")]
    NoKey,
    /// The key belongs to another workspace, or the agent was deleted.
    #[error("ElevenLabs does not know this agent under this key")]
    NotFound,
    /// ElevenLabs failed or was unreachable.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl From<ApiError> for AgentsApiError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::NoKey => Self::NoKey,
            ApiError::Call(error) => Self::Call(error),
        }
    }
}

impl AgentsApi {
    /// Returns a client of the API at `base`, such as `https://api.elevenlabs.io/v1`.
    #[must_use]
    pub fn new(http: reqwest::Client, base: Url, secrets: Secrets) -> Self {
        Self(Api::new(http, base, secrets))
    }

    /// Returns a client of the conversations API of the same workspace.
    #[must_use]
    pub fn conversations(&self) -> ConversationsApi {
        ConversationsApi::of(self.0.clone())
    }

    /// Fetches an agent's profile, without a `refresh_after`.
    ///
    /// # Errors
    /// [`AgentsApiError`]. None of them should fail a call or an extraction.
    pub async fn profile(&self, agent: &AgentId) -> Result<AgentProfile, AgentsApiError> {
        let response = self.0.get("agents", agent.as_str(), TIMEOUT).await?;
        if response.status == http::StatusCode::NOT_FOUND {
            return Err(AgentsApiError::NotFound);
        }
        let agent: Agent = response.success()?.json()?;
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
    #[serde(default, deserialize_with = "lenient::or_default")]
    dynamic_variables: DynamicVariables,
}

#[derive(Default, Deserialize)]
struct DynamicVariables {
    #[serde(default, deserialize_with = "lenient::or_default")]
    dynamic_variable_placeholders: Placeholders,
}

#[derive(Default, Deserialize)]
struct Placeholders {
    #[serde(default, deserialize_with = "lenient::option")]
    greeting: Option<String>,
}

impl AgentConfig {
    /// Returns the agent's own first message, empty if the agent waits for the caller to speak. If
    /// it is a template with our `greeting`, returns that variable's placeholder. ElevenLabs would
    /// read a template inside a greeting aloud, braces included.
    fn own_first_message(&self) -> Option<String> {
        let plain = |text: &&String| !text.contains("{{");
        let placeholder = self
            .dynamic_variables
            .dynamic_variable_placeholders
            .greeting
            .as_ref();
        let own = self.first_message.as_ref()?;
        Some(own)
            .filter(plain)
            .or_else(|| placeholder.filter(plain))
            .map(|text| text.trim().to_owned())
    }
}

impl From<Agent> for AgentProfile {
    fn from(agent: Agent) -> Self {
        let config = agent.conversation_config.agent;
        let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Self {
            name: filled(agent.name),
            first_message: config.own_first_message(),
            language: filled(config.language),
            refresh_after: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn first_message(agent: Value) -> Option<String> {
        let text = json!({"conversation_config": {"agent": agent}}).to_string();
        let agent: Agent = serde_json::from_str(&text).unwrap();
        AgentProfile::from(agent).first_message
    }

    #[test]
    fn an_agent_that_opens_with_our_greeting_has_the_placeholder_as_first_message() {
        let placeholders =
            json!({"dynamic_variable_placeholders": {"greeting": "Bike shop, hello!"}});
        let agent = json!({"first_message": "{{greeting}}", "dynamic_variables": placeholders});
        assert_eq!(first_message(agent).as_deref(), Some("Bike shop, hello!"));
    }

    #[test]
    fn an_agent_that_waits_for_the_caller_has_an_empty_first_message_not_an_unknown_one() {
        assert_eq!(
            first_message(json!({"first_message": ""})).as_deref(),
            Some("")
        );
        assert_eq!(
            first_message(json!({"first_message": "  "})).as_deref(),
            Some("")
        );
        let placeholders = json!({"dynamic_variable_placeholders": {"greeting": ""}});
        let connected = json!({"first_message": "{{greeting}}", "dynamic_variables": placeholders});
        assert_eq!(first_message(connected).as_deref(), Some(""));
        assert_eq!(first_message(json!({"first_message": null})), None);
        assert_eq!(first_message(json!({})), None);
    }

    #[test]
    fn a_template_is_never_a_greeting() {
        assert_eq!(
            first_message(json!({"first_message": "{{greeting}}"})),
            None
        );
        assert_eq!(
            first_message(
                json!({"first_message": "Hi {{caller_name}}", "dynamic_variables": null})
            ),
            None
        );
        assert_eq!(
            first_message(json!({"first_message": "Hello!"})).as_deref(),
            Some("Hello!")
        );
    }
}
