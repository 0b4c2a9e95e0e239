//! The resources that exist before anything is changed.

use secrecy::SecretString;

use super::agent::ResourceIds;
use super::desired::DesiredSetup;
use super::names;
use super::tool::AgentTool;
use crate::elevenlabs::{ElevenLabs, StoredSecret, Tool, Webhook};
use crate::error::Failure;

/// What ElevenLabs and the deployment have, besides the agents.
pub(super) struct CurrentSetup {
    pub(super) secrets: Vec<StoredSecret>,
    pub(super) webhooks: Vec<Webhook>,
    pub(super) tools: Vec<Tool>,
    /// The API key of the deployment's webhooks.
    pub(super) key: Option<SecretString>,
    /// The secrets with which the deployment verifies signatures.
    pub(super) signing_secrets: Vec<SecretString>,
    /// Ids of the existing resources; filled in as resources are created.
    pub(super) ids: ResourceIds,
}

impl CurrentSetup {
    pub(super) async fn read(
        elevenlabs: &ElevenLabs,
        desired: &DesiredSetup,
    ) -> Result<Self, Failure> {
        let prefix = names::secret_prefix(&desired.name);
        let storage = &desired.storage;
        let deployment = &desired.deployment;
        let mut tools = Vec::new();
        for tool in AgentTool::ALL {
            tools.extend(elevenlabs.tools(tool.name()).await?);
        }
        Ok(Self {
            secrets: elevenlabs.secrets(&prefix).await?,
            webhooks: elevenlabs.webhooks().await?,
            tools,
            key: storage
                .list(deployment, "WEBHOOK_API_KEY")
                .await?
                .into_iter()
                .next(),
            signing_secrets: storage
                .list(deployment, "ELEVENLABS_POST_CALL_HMAC_KEY")
                .await?,
            ids: ResourceIds::default(),
        })
    }

    /// Returns the tools that have the name of one of the desired tools but belong to another
    /// service.
    pub(super) fn other_tools(&self, desired: &DesiredSetup, ids: &ResourceIds) -> Vec<Tool> {
        let is_desired = |tool: &&Tool| desired.tools().any(|ours| ours.name() == tool.name());
        let others = self.tools.iter().filter(is_desired);
        others
            .filter(|tool| !ids.tools.iter().any(|(_, id)| *id == tool.id))
            .cloned()
            .collect()
    }
}
